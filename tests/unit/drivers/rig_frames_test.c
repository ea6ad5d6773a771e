/* The rig's frames: what is written is as the wire's description says, by a codec of the test's own; what is read survives anything. */
#include <stdlib.h>

#include "fake_rig.h"
#include "rig/rig_frames.h"

static struct fake_rig peer;
static struct fake_time now_time = FAKE_TIME_INIT;

static void begin(void)
{
	now_time = (struct fake_time)FAKE_TIME_INIT;
	fake_rig_begin(&peer, &now_time);
}

/* The next frame of `n` bytes from `*at` on; false when they are used up. */
static bool next_frame(struct rig_decoder *decoder, const uint8_t *bytes, size_t n, size_t *at, struct rig_frame *frame)
{
	while (*at < n) {
		size_t taken = 0;
		bool good = rig_decode(decoder, bytes + *at, n - *at, &taken, frame);
		assert_true(taken > 0 && taken <= n - *at);
		*at += taken;
		if (good)
			return true;
	}
	return false;
}

/* HELLO, tag 0x01020304, magic, 1.0: made from the specification with zlib's CRC-32. */
static void test_a_frame_as_it_must_be(void **state)
{
	static const uint8_t expected[] = { 0, 2, 1, 1, 1, 10, 4, 3, 2, 1, 'J', 'R', 'I', 'G', 1, 1, 1, 5, 231, 221, 150, 189, 0 };
	const struct rig_hello hello = { .magic = RIG_MAGIC, .wire_major = 1, .wire_minor = 0 };
	uint8_t out[RIG_WRITTEN_MAX];
	(void)state;
	assert_int_equal(rig_frame_write(out, RIG_HELLO, 0x01020304, &hello, sizeof hello), sizeof expected);
	assert_memory_equal(out, expected, sizeof expected);
}

/* IEEE 802.3's check value is that of "123456789". */
static void test_checksum(void **state)
{
	(void)state;
	assert_int_equal(fake_rig_crc((const uint8_t *)"123456789", 9), 0xcbf43926);
}

/* Every length, and bytes with and without zeros: out and through the peer's reader. */
static void test_what_is_written_is_read_by_the_peer(void **state)
{
	(void)state;
	begin();
	for (size_t size = 0; size <= RIG_PAYLOAD_MAX; size++)
		for (int fill = 0; fill < 3; fill++) {
			uint8_t payload[RIG_PAYLOAD_MAX], out[RIG_WRITTEN_MAX];
			for (size_t i = 0; i < size; i++)
				payload[i] = (uint8_t)(fill == 0 ? 0 : fill == 1 ? 255 : i % 5 * i);
			size_t n = rig_frame_write(out, (enum rig_type)0x20, 1, payload, size);
			assert_in_range(n, size + 15, RIG_WRITTEN_MAX);
			fake_rig_feed(&peer, out, n);
		}
	assert_int_equal(peer.bad, 0);
	assert_int_equal(peer.commands[0x20], 3 * (RIG_PAYLOAD_MAX + 1));
}

static void test_nothing(void **state)
{
	struct rig_decoder decoder = { .n = 3 };
	struct rig_frame frame;
	size_t taken = 9;
	(void)state;
	assert_false(rig_decode(&decoder, NULL, 0, &taken, &frame));
	assert_int_equal(taken, 0);
	assert_int_equal(decoder.n, 3);
}

static void test_too_long_to_be_written(void **state)
{
	static const uint8_t payload[RIG_PAYLOAD_MAX + 1];
	uint8_t out[RIG_WRITTEN_MAX];
	(void)state;
	assert_int_equal(rig_frame_write(out, RIG_HELLO, 1, payload, sizeof payload), 0);
}

/* What the peer writes, in pieces of every size. */
static void test_what_the_peer_writes_is_read(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 300; piece += 7) {
		struct rig_decoder decoder = { .n = 0 };
		struct rig_frame frame;
		size_t seen = 0;
		begin();
		for (size_t size = 0; size <= RIG_PAYLOAD_MAX; size++) {
			uint8_t payload[RIG_PAYLOAD_MAX];
			memset(payload, (int)(size % 3), sizeof payload);
			fake_rig_send(&peer, 0x83, 0, payload, size);
		}
		for (size_t from = 0; from < peer.out_size; from += piece) {
			size_t at = 0, n = peer.out_size - from < piece ? peer.out_size - from : piece;
			while (next_frame(&decoder, peer.out + from, n, &at, &frame)) {
				assert_int_equal(frame.head.type, 0x83);
				assert_int_equal(frame.head.sequence, seen);
				assert_int_equal(frame.size, seen);
				for (size_t i = 0; i < frame.size; i++)
					assert_int_equal(frame.payload[i], seen % 3);
				seen++;
			}
		}
		assert_int_equal(seen, RIG_PAYLOAD_MAX + 1);
		assert_int_equal(decoder.garbled, 0);
	}
}

/* Each is followed by a good frame, which must come through. */
static void test_what_is_no_frame(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		unsigned garbled;
	} cases[] = {
		{ "\0", 1, 0 }, { "\0\0\0", 3, 0 },         /* empty frames mean nothing */
		{ "\1\0", 2, 1 }, { "\2\1\0", 3, 1 },       /* too short for a head */
		{ "\5ab\0", 4, 1 }, { "\xff" "abc\0", 5, 1 }, /* a run longer than what is there */
		{ "\3ab\2c\7\0", 7, 1 },
		{ "*IDN?\n\0", 7, 1 },
		{ "\1\1\1\1\1\1\1\1\1\1\1\1\1\0", 14, 1 },  /* a body of zeros: its checksum is not */
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig_decoder decoder = { .n = 0 };
		struct rig_frame frame = { .size = 99 };
		size_t at = 0;
		begin();
		fake_rig_put(&peer, cases[i].bytes, cases[i].n);
		fake_rig_send(&peer, 0x84, 7, "xyz", 3);
		assert_true(next_frame(&decoder, peer.out, peer.out_size, &at, &frame));
		assert_int_equal(frame.head.type, 0x84);
		assert_int_equal(frame.head.tag, 7);
		assert_memory_equal(frame.payload, "xyz", 3);
		assert_int_equal(at, peer.out_size);
		assert_int_equal(decoder.garbled, cases[i].garbled);
	}
}

/* One byte more than the longest, in one piece and in many; and what goes on for ever. */
static void test_too_long(void **state)
{
	static const size_t lengths[] = { RIG_FRAME_MAX, RIG_FRAME_MAX + 1, 1000, 100000 };
	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (size_t piece = 1; piece <= lengths[i]; piece *= 10) {
			struct rig_decoder decoder = { .n = 0 };
			struct rig_frame frame;
			uint8_t *noise = malloc(lengths[i]);
			size_t taken;
			assert_non_null(noise);
			memset(noise, 'x', lengths[i]);
			for (size_t at = 0; at < lengths[i]; at += taken) {
				size_t n = lengths[i] - at < piece ? lengths[i] - at : piece;
				assert_false(rig_decode(&decoder, noise + at, n, &taken, &frame));
			}
			free(noise);
			begin();
			fake_rig_put(&peer, "", 1);
			fake_rig_send(&peer, 0x84, 7, "xyz", 3);
			size_t at = 0;
			assert_true(next_frame(&decoder, peer.out, peer.out_size, &at, &frame));
			assert_int_equal(decoder.garbled, 1);
		}
}

/* Every bit of a frame that falls over is noticed, but for those that end it early or late: then two frames are noticed. */
static void test_every_bit_counts(void **state)
{
	uint8_t good[64];
	(void)state;
	begin();
	fake_rig_send(&peer, RIG_EDGES, 0, "0123456789abcdef", 16);
	size_t n = peer.out_size;
	memcpy(good, peer.out, n);
	for (size_t bit = 0; bit < (n - 1) * 8; bit++) {
		struct rig_decoder decoder = { .n = 0 };
		struct rig_frame frame;
		uint8_t bytes[64];
		size_t at = 0;
		memcpy(bytes, good, n);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(next_frame(&decoder, bytes, n, &at, &frame));
		assert_true(decoder.garbled >= 1);
	}
}

static void test_a_checksum_that_is_wrong(void **state)
{
	struct rig_decoder decoder = { .n = 0 };
	struct rig_frame frame;
	size_t at = 0;
	(void)state;
	begin();
	peer.corrupt = 2;
	for (int i = 0; i < 3; i++)
		fake_rig_send(&peer, RIG_LOST, 0, &peer.lost, sizeof peer.lost);
	assert_true(next_frame(&decoder, peer.out, peer.out_size, &at, &frame));
	assert_int_equal(frame.head.sequence, 2);
	assert_int_equal(decoder.garbled, 2);
}

/* A body longer than the wire has: the frame is too long, whatever is in it. */
static void test_a_payload_that_is_too_long(void **state)
{
	static const uint8_t zeros[RIG_PAYLOAD_MAX + 1];
	struct rig_decoder decoder = { .n = 0 };
	struct rig_frame frame;
	size_t at = 0;
	(void)state;
	begin();
	fake_rig_send(&peer, RIG_LOST, 0, zeros, sizeof zeros);
	assert_false(next_frame(&decoder, peer.out, peer.out_size, &at, &frame));
	assert_int_equal(decoder.garbled, 1);
}

static void test_payloads(void **state)
{
	struct rig_frame frame = { .size = sizeof(struct rig_sync) + 5 };
	struct rig_sync sync = { .sent = 9 };
	(void)state;
	memset(frame.payload, 1, sizeof frame.payload);
	assert_true(rig_payload(&frame, &sync, sizeof sync)); /* longer: from one that knows more */
	assert_true(sync.sent == UINT64_C(0x0101010101010101));
	frame.size = sizeof sync - 1;
	sync.sent = 9;
	assert_false(rig_payload(&frame, &sync, sizeof sync));
	assert_true(sync.sent == 9);
}

static void test_samples(void **state)
{
	static const uint8_t packed[] = { 0x34, 0x12, 0xab, 0xff, 0x0f };
	(void)state;
	assert_int_equal(rig_sample_at(packed, 0), 0x234);
	assert_int_equal(rig_sample_at(packed, 1), 0xab1);
	assert_int_equal(rig_sample_at(packed, 2), 0xfff);
	static const size_t sizes[] = { 0, 2, 3, 5, 6, 8 };
	for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
		assert_int_equal(rig_packed_size(n), sizes[n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_frame_as_it_must_be),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_what_is_written_is_read_by_the_peer),
		cmocka_unit_test(test_too_long_to_be_written),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_what_the_peer_writes_is_read),
		cmocka_unit_test(test_what_is_no_frame),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_a_checksum_that_is_wrong),
		cmocka_unit_test(test_a_payload_that_is_too_long),
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_samples),
	};
	return cmocka_run_group_tests_name("rig_frames", tests, NULL, NULL);
}
