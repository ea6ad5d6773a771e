/* Samples into frames: every one at its place, or counted as lost. */
#include "unit.h"

#include "inbox.h"
#include "packer.h"

static struct packer packer;
static struct outbox outbox;
static struct outbox_slot slots[16];
static struct inbox inbox;
static uint16_t samples[PACKER_SAMPLES_MAX];

static int begin(void **state)
{
	(void)state;
	memset(&inbox, 0, sizeof inbox);
	outbox_init(&outbox, slots, 16);
	for (uint32_t i = 0; i < PACKER_SAMPLES_MAX; i++)
		samples[i] = (uint16_t)(i * 2654435761u >> 20);
	return 0;
}

/* As the header of the wire says it. */
static unsigned sample_at(const uint8_t *packed, uint32_t i)
{
	const uint8_t *b = packed + i / 2 * 3;
	return i % 2 == 0 ? b[0] | (b[1] & 15u) << 8 : (unsigned)b[1] >> 4 | (unsigned)b[2] << 4;
}

static const struct rig_samples *next(void)
{
	inbox_drain(&inbox, &outbox, 0);
	const struct inbox_frame *frame = inbox_next(&inbox);
	if (frame == NULL)
		return NULL;
	const struct rig_samples *out = (const void *)frame->payload;
	uint32_t n = out->sets * (out->channels == 3 ? 2u : 1u);
	assert_int_equal(frame->head.type, RIG_SAMPLES);
	assert_int_equal(frame->head.tag, 0);
	assert_int_equal(frame->size, sizeof *out + (3 * n + 1) / 2);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(sample_at((const uint8_t *)(out + 1), i), samples[i] & 0xfff);
	return out;
}

static void every_number_of_samples_is_packed(void **state)
{
	(void)state;
	for (uint8_t channels = 1; channels <= 3; channels++) {
		uint32_t each = channels == 3 ? 2 : 1;
		uint64_t first = 0;
		packer_begin(&packer, channels);
		for (uint32_t n = each; n <= PACKER_SAMPLES_MAX; n += each) {
			inbox.n_frames = inbox.at = 0;
			packer_block(&packer, &outbox, samples, n, 77 + n, NULL);
			const struct rig_samples *out = next();
			assert_int_equal(out->first, first);
			assert_int_equal(out->ticks, 77 + n);
			assert_int_equal(out->sets, n / each);
			assert_int_equal(out->channels, channels);
			assert_int_equal(out->lost, 0);
			assert_true(out->errors[0] == 0 && out->errors[1] == 0);
			if (n % 2) /* the odd last one: the half byte behind it is zero */
				assert_int_equal(((const uint8_t *)(out + 1))[(3 * n + 1) / 2 - 1] >> 4, 0);
			first += n / each;
		}
	}
}

static void packed_bytes_are_those_of_the_wire(void **state)
{
	static const uint16_t three[] = { 0x123, 0x456, 0x789 };
	uint8_t out[8] = {0};
	uint32_t errors[2];
	(void)state;
	packer_pack(out, three, 3, 1, errors);
	assert_memory_equal(out, "\x23\x61\x45\x89\x07\0\0\0", 8);
}

static void failed_conversions_are_counted_by_channel(void **state)
{
	(void)state;
	samples[0] |= 0x8000;
	samples[3] |= 0x8000;
	samples[5] |= 0x8000;
	packer_begin(&packer, 3);
	packer_block(&packer, &outbox, samples, 10, 0, NULL);
	const struct rig_samples *out = next();
	assert_true(out->errors[0] == 1 && out->errors[1] == 2);
	packer_begin(&packer, 1);
	packer_block(&packer, &outbox, samples, 5, 0, NULL);
	out = next();
	assert_true(out->errors[0] == 2 && out->errors[1] == 0);
	packer_begin(&packer, 2);
	samples[4] |= 0x8000; /* the odd last one */
	packer_block(&packer, &outbox, samples, 5, 0, NULL);
	out = next();
	assert_true(out->errors[0] == 0 && out->errors[1] == 3);
	for (uint32_t i = 0; i < PACKER_SAMPLES_MAX; i++)
		samples[i] |= 0x8000;
	packer_begin(&packer, 1);
	packer_block(&packer, &outbox, samples, PACKER_SAMPLES_MAX, 0, NULL);
	assert_int_equal(next()->errors[0], PACKER_SAMPLES_MAX);
}

static void numbers_pass_32_bits(void **state)
{
	(void)state;
	packer_begin(&packer, 3);
	packer.next = UINT32_MAX - 10;
	packer_block(&packer, &outbox, samples, 138, 0, NULL);
	packer_block(&packer, &outbox, samples, 138, 0, NULL);
	assert_true(next()->first == UINT32_MAX - 10);
	assert_true(next()->first == UINT64_C(0xffffffff) - 10 + 69);
}

static void what_finds_no_room_is_dropped_and_counted(void **state)
{
	int sent = 0;
	(void)state;
	packer_begin(&packer, 3);
	for (; outbox_begin(&outbox, OUTBOX_SAMPLES) != NULL; sent++)
		packer_block(&packer, &outbox, samples, 138, 0, NULL);
	assert_int_equal(sent, 8);
	assert_int_equal(packer.lost, 0);
	packer_block(&packer, &outbox, samples, 138, 0, NULL);
	packer_block(&packer, &outbox, samples, 10, 0, NULL);
	assert_int_equal(packer.lost, 69 + 5);
	assert_int_equal(outbox.dropped, 2);
	for (int i = 0; i < sent; i++)
		assert_int_equal(next()->lost, 0);
	assert_null(next());
	packer_skip(&packer, 6);
	packer_block(&packer, &outbox, samples, 138, 0, NULL);
	const struct rig_samples *out = next();
	assert_int_equal(out->lost, 69 + 5 + 6);
	assert_int_equal(out->first, 69 * (uint64_t)sent + 69 + 5 + 6);
	assert_int_equal(inbox.frames[inbox.at - 1].head.sequence, sent + 2);
}

static void what_was_overwritten_is_not_sent(void **state)
{
	struct blocks blocks;
	uint32_t place, skipped;
	uint64_t stamp;
	(void)state;
	blocks_begin(&blocks, 4);
	blocks_done(&blocks, 0);
	blocks_take(&blocks, &place, &stamp, &skipped);
	packer_begin(&packer, 1);
	packer_block(&packer, &outbox, samples, 100, 0, &blocks);
	assert_int_equal(next()->sets, 100);
	blocks_done(&blocks, 0);
	blocks_done(&blocks, 0);
	packer_block(&packer, &outbox, samples, 100, 0, &blocks);
	assert_null(next());
	assert_int_equal(packer.lost, 100);
	assert_int_equal(packer.next, 200);
	assert_int_equal(outbox.dropped, 0); /* no frame was wished for */
}

static void blocks_are_a_frame_or_20_ms(void **state)
{
	(void)state;
	assert_int_equal(packer_block_sets(200000, 1), 138);
	assert_int_equal(packer_block_sets(200000, 3), 69);
	assert_int_equal(packer_block_sets(50000, 2), 138);
	assert_int_equal(packer_block_sets(1000, 1), 20);
	assert_int_equal(packer_block_sets(1000, 3), 20);
	assert_int_equal(packer_block_sets(3450, 3), 69);
	assert_int_equal(packer_block_sets(3400, 3), 68);
	assert_int_equal(packer_block_sets(49, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_number_of_samples_is_packed, begin),
		cmocka_unit_test_setup(packed_bytes_are_those_of_the_wire, begin),
		cmocka_unit_test_setup(failed_conversions_are_counted_by_channel, begin),
		cmocka_unit_test_setup(numbers_pass_32_bits, begin),
		cmocka_unit_test_setup(what_finds_no_room_is_dropped_and_counted, begin),
		cmocka_unit_test_setup(what_was_overwritten_is_not_sent, begin),
		cmocka_unit_test_setup(blocks_are_a_frame_or_20_ms, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
