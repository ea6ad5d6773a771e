/* Frames through slots and packets: nothing lost but what was dropped, and that leaves a hole. */
#include "unit.h"

#include "inbox.h"
#include "outbox.h"

#define SLOTS 16

static struct outbox outbox;
static struct outbox_slot slots[SLOTS];
static struct inbox inbox;

static int begin(void **state)
{
	(void)state;
	memset(slots, 0xaa, sizeof slots);
	memset(&inbox, 0, sizeof inbox);
	outbox_init(&outbox, slots, SLOTS);
	return 0;
}

static bool put(enum outbox_class what, uint8_t type, size_t size)
{
	uint8_t *payload = outbox_begin(&outbox, what);
	if (payload == NULL)
		return false;
	memset(payload, type, size);
	outbox_commit(&outbox, type, 5, size, OUTBOX_NO_STAMP);
	return true;
}

static void frames_come_out_as_they_went_in(void **state)
{
	uint16_t sequence = 0;
	(void)state;
	for (size_t size = 0; size <= RIG_PAYLOAD_MAX; size++) {
		assert_true(outbox_empty(&outbox));
		assert_true(put(OUTBOX_REPLY, (uint8_t)size, size));
		assert_true(put(OUTBOX_REPLY, 1, 3));
		assert_false(outbox_empty(&outbox));
		inbox_drain(&inbox, &outbox, 0);
		const struct inbox_frame *frame = inbox_next(&inbox);
		assert_non_null(frame);
		assert_int_equal(frame->size, size);
		assert_int_equal(frame->head.type, (uint8_t)size);
		assert_int_equal(frame->head.tag, 5);
		assert_int_equal(frame->head.sequence, sequence++);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(frame->payload[i], (uint8_t)size);
		frame = inbox_next(&inbox);
		assert_int_equal(frame->head.sequence, sequence++);
		assert_int_equal(frame->size, 3);
		assert_null(inbox_next(&inbox));
	}
}

static void packets_are_full_while_there_is_more(void **state)
{
	uint8_t packet[64];
	int n, bytes = 1; /* the end that goes first */
	(void)state;
	for (int i = 0; i < 7; i++) {
		put(OUTBOX_REPLY, 9, 50);
		bytes += 64;
	}
	for (int i = 0; i < 7; i++) {
		assert_int_equal(outbox_packet(&outbox, packet, 64, 0), 64);
		if (i == 0)
			assert_int_equal(packet[0], 0);
		bytes -= 64;
	}
	assert_int_equal(bytes, 1);
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), 1);
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), -1); /* the last was short: that was its end */
	put(OUTBOX_REPLY, 9, 50);
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), 64);
	assert_true(outbox_empty(&outbox));
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), 0); /* a host that asked for more would wait on */
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), -1);
	put(OUTBOX_REPLY, 9, 50);
	put(OUTBOX_REPLY, 9, 0);
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), 64);
	n = outbox_packet(&outbox, packet, 64, 0);
	assert_int_equal(n, 14); /* and no empty one where something follows */
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), -1);
}

static void the_last_slots_are_for_replies(void **state)
{
	int n = 0;
	(void)state;
	while (put(OUTBOX_SAMPLES, 1, 200))
		n++;
	assert_int_equal(n, SLOTS - 8);
	while (put(OUTBOX_EVENT, 2, 10))
		n++;
	assert_int_equal(n, SLOTS - 4);
	while (outbox_ready(&outbox)) {
		assert_true(put(OUTBOX_REPLY, 3, 10));
		n++;
	}
	assert_int_equal(n, SLOTS);
	assert_false(put(OUTBOX_REPLY, 3, 10));
	assert_int_equal(outbox.dropped, 0);
	inbox_drain(&inbox, &outbox, 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(inbox_next(&inbox)->head.sequence, i);
	assert_null(inbox_next(&inbox));
	assert_true(put(OUTBOX_SAMPLES, 1, 200));
}

static void a_dropped_frame_leaves_a_hole(void **state)
{
	(void)state;
	put(OUTBOX_SAMPLES, 1, 1);
	outbox_begin(&outbox, OUTBOX_SAMPLES); /* given up without a word: nothing has happened */
	outbox_drop(&outbox);
	outbox_drop(&outbox);
	put(OUTBOX_SAMPLES, 1, 1);
	inbox_drain(&inbox, &outbox, 0);
	assert_int_equal(inbox_next(&inbox)->head.sequence, 0);
	assert_int_equal(inbox_next(&inbox)->head.sequence, 3);
	assert_int_equal(outbox.dropped, 2);
	outbox.sequence = 0xffff;
	put(OUTBOX_SAMPLES, 1, 1);
	put(OUTBOX_SAMPLES, 1, 1);
	inbox_drain(&inbox, &outbox, 0);
	assert_int_equal(inbox_next(&inbox)->head.sequence, 0xffff);
	assert_int_equal(inbox_next(&inbox)->head.sequence, 0);
}

/* What says when it went out says when its first byte did, not when it was put in. */
static void a_stamp_is_of_the_hand_over(void **state)
{
	uint8_t packet[64];
	uint64_t *payload;
	(void)state;
	put(OUTBOX_REPLY, 1, 100);
	payload = outbox_begin(&outbox, OUTBOX_REPLY);
	payload[0] = 11;
	payload[1] = 22;
	outbox_commit(&outbox, 2, 7, 16, 8);
	inbox_bytes(&inbox, packet, (size_t)outbox_packet(&outbox, packet, 64, 1000));
	assert_int_equal(inbox.n_frames, 0);
	inbox_bytes(&inbox, packet, (size_t)outbox_packet(&outbox, packet, 64, UINT64_C(0x200000005))); /* both frames' bytes are in it */
	inbox_drain(&inbox, &outbox, 3000);
	assert_int_equal(inbox_next(&inbox)->size, 100);
	const struct inbox_frame *frame = inbox_next(&inbox);
	assert_int_equal(frame->size, 16);
	memcpy(packet, frame->payload, 16);
	assert_int_equal(((const uint64_t *)(const void *)frame->payload)[0], 11);
	assert_int_equal(((const uint64_t *)(const void *)frame->payload)[1], UINT64_C(0x200000005));
}

static void a_new_host_gets_whole_frames(void **state)
{
	uint8_t packet[64];
	(void)state;
	put(OUTBOX_REPLY, 1, 200);
	put(OUTBOX_REPLY, 1, 200);
	outbox_packet(&outbox, packet, 64, 0);
	inbox_bytes(&inbox, packet, 64);
	outbox_clear(&outbox);
	assert_true(outbox_empty(&outbox));
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), -1);
	put(OUTBOX_REPLY, 2, 10);
	memset(&inbox, 0, sizeof inbox); /* it has lost what came before; and an old one's rest is no part of it: */
	inbox_bytes(&inbox, (const uint8_t *)"\x10rest of a frame", 10);
	inbox_drain(&inbox, &outbox, 0);
	const struct inbox_frame *frame = inbox_next(&inbox);
	assert_int_equal(frame->head.type, 2);
	assert_int_equal(frame->head.sequence, 2);
	assert_null(inbox_next(&inbox));
	put(OUTBOX_REPLY, 1, 49); /* fills its packet with the end before it */
	outbox_clear(&outbox);
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), -1);
	assert_true(put(OUTBOX_REPLY, 1, 49));
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), 64);
	outbox_clear(&outbox);
	assert_int_equal(outbox_packet(&outbox, packet, 64, 0), -1); /* no empty packet is due to a new host */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(frames_come_out_as_they_went_in, begin),
		cmocka_unit_test_setup(packets_are_full_while_there_is_more, begin),
		cmocka_unit_test_setup(the_last_slots_are_for_replies, begin),
		cmocka_unit_test_setup(a_dropped_frame_leaves_a_hole, begin),
		cmocka_unit_test_setup(a_stamp_is_of_the_hand_over, begin),
		cmocka_unit_test_setup(a_new_host_gets_whole_frames, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
