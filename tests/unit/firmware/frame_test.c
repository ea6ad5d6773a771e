/* Frames into bodies and back, against codes written as their definitions read, and against bytes from elsewhere. */
#include "unit.h"

#include "crc.h"
#include "frame.h"
#include "oracle.h"

static struct decoder decoder;
static int commands, malformed;

static void feed(const uint8_t *bytes, size_t size)
{
	enum decoded what;
	for (size_t n = 0; n < size;) {
		n += decoder_span(&decoder, bytes + n, size - n, &what);
		commands += what == DECODED_COMMAND;
		malformed += what == DECODED_MALFORMED;
	}
}

static int begin(void **state)
{
	(void)state;
	memset(&decoder, 0xaa, sizeof decoder);
	decoder_reset(&decoder);
	commands = malformed = 0;
	return 0;
}

static void expect(int good, int bad)
{
	assert_int_equal(commands, good);
	assert_int_equal(malformed, bad);
	begin(NULL);
}

static void crc_is_zlibs(void **state)
{
	uint8_t bytes[256];
	(void)state;
	assert_int_equal(crc32_of(0, "123456789", 9), 0xcbf43926); /* the check value of the CRC catalogue */
	assert_int_equal(crc32_of(0, NULL, 0), 0);
	assert_int_equal(crc32_of(crc32_of(0, "1234", 4), "56789", 5), 0xcbf43926);
	for (unsigned i = 0; i < 256; i++) {
		bytes[0] = (uint8_t)i;
		assert_int_equal(crc32_of(0, bytes, 1), oracle_crc(bytes, 1)); /* each entry of the table */
	}
	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (uint8_t)(i * 37 + 1);
	assert_int_equal(crc32_of(0, bytes, 256), oracle_crc(bytes, 256));
}

static void a_known_frame_is_read(void **state)
{
	/* HELLO with tag 0x0301, magic "JRIG", version 1.0; put together by hand with zlib's CRC */
	static const uint8_t bytes[] = { 0x02, 0x01, 0x01, 0x01, 0x03, 0x01, 0x03, 0x01, 0x06, 'J', 'R', 'I', 'G', 0x01,
					 0x01, 0x01, 0x05, 0x89, 0x6e, 0xbb, 0x36, 0x00 };
	(void)state;
	feed(bytes, sizeof bytes);
	assert_int_equal(decoder.head.type, RIG_HELLO);
	assert_int_equal(decoder.head.tag, 0x0301);
	assert_int_equal(decoder.size, sizeof(struct rig_hello));
	assert_int_equal(((const struct rig_hello *)(const void *)decoder.payload)->magic, RIG_MAGIC);
	expect(1, 0);
}

static void every_size_is_read_and_written(void **state)
{
	(void)state;
	for (size_t size = 0; size <= RIG_PAYLOAD_MAX; size++)
		for (unsigned pattern = 0; pattern < 4; pattern++) {
			uint8_t payload[RIG_PAYLOAD_MAX], bytes[300];
			struct frame frame = { .head = { .type = 0x11, .tag = 0x01020304 } };
			for (size_t i = 0; i < size; i++) /* without a zero, all zeros, a zero at times, at the end */
				payload[i] = pattern == 0 ? 0xff : pattern == 1 ? 0 : pattern == 2 ? i % 7 != 0 : i + 1 != size;
			size_t n = oracle_encode(0x11, 0x01020304, payload, size, bytes);
			assert_int_equal(n, size + 14);
			feed(bytes, n);
			assert_int_equal(decoder.size, size);
			assert_int_equal(decoder.head.type, 0x11);
			assert_int_equal(decoder.head.tag, 0x01020304);
			assert_memory_equal(decoder.payload, payload, size);
			memcpy(frame.payload, payload, size);
			assert_int_equal(frame_finish(&frame, size), n);
			assert_memory_equal(frame_bytes(&frame), bytes, n);
			expect(1, 0);
		}
}

static void an_empty_frame_means_nothing(void **state)
{
	static const uint8_t ends[5] = {0};
	uint8_t bytes[300];
	(void)state;
	feed(ends, sizeof ends);
	feed(bytes, oracle_encode(RIG_SYNC, 1, NULL, 0, bytes));
	feed(ends, sizeof ends);
	feed(bytes, oracle_encode(RIG_SYNC, 1, NULL, 0, bytes));
	expect(2, 0);
}

/* Each of these is dropped and counted once, and what follows it is read. */
static void expect_dropped(const uint8_t *bytes, size_t size)
{
	uint8_t good[300];
	feed(bytes, size);
	feed(good, oracle_encode(RIG_SYNC, 1, NULL, 0, good));
	expect(1, 1);
}

static void any_changed_byte_is_malformed(void **state)
{
	uint8_t payload[20] = { 1, 2, 0, 3 }, bytes[300];
	size_t n = oracle_encode(RIG_SYNC, 7, payload, sizeof payload, bytes);
	(void)state;
	for (size_t i = 0; i + 1 < n; i++)
		for (int bit = 0; bit < 8; bit++) {
			uint8_t kept = bytes[i];
			bytes[i] ^= (uint8_t)(1 << bit);
			if (bytes[i] != 0) /* else they are two frames */
				expect_dropped(bytes, n);
			bytes[i] = kept;
		}
}

static void what_is_cut_short_is_malformed(void **state)
{
	uint8_t bytes[300];
	size_t n = oracle_encode(RIG_SYNC, 7, "0123456789", 10, bytes);
	(void)state;
	for (size_t cut = 1; cut + 1 < n; cut++) {
		uint8_t part[300];
		memcpy(part, bytes, cut);
		part[cut] = 0;
		expect_dropped(part, cut + 1);
	}
	for (size_t size = 1; size < 12; size++) { /* whole, but shorter than head and checksum; the last even with a right one */
		uint8_t body[12] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, part[14] = { (uint8_t)(size + 1) };
		if (size > 4)
			for (uint32_t crc = oracle_crc(body, size - 4), i = 0; i < 4; i++)
				body[size - 4 + i] = (uint8_t)(crc >> 8 * i);
		memcpy(part + 1, body, size);
		assert_null(memchr(part, 0, size + 1));
		part[size + 1] = 0;
		expect_dropped(part, size + 2);
	}
}

static void a_head_that_is_none_is_malformed(void **state)
{
	uint8_t bytes[300];
	(void)state;
	expect_dropped(bytes, oracle_encode(RIG_SYNC, 0, NULL, 0, bytes));
	expect_dropped(bytes, oracle_encode(RIG_SYNC, RIG_QUIET, NULL, 0, bytes));
	struct frame frame = { .head = { .type = RIG_SYNC, .zero = 1, .tag = 1 } };
	size_t n = frame_finish(&frame, 0);
	expect_dropped(frame_bytes(&frame), n);
	feed(bytes, oracle_encode(RIG_SYNC, RIG_QUIET | 1, NULL, 0, bytes));
	assert_int_equal(decoder.head.tag, RIG_QUIET | 1);
	expect(1, 0);
}

static void too_long_is_told_before_its_end(void **state)
{
	uint8_t payload[400], bytes[600];
	(void)state;
	memset(payload, 0x55, sizeof payload);
	expect_dropped(bytes, oracle_encode(RIG_SYNC, 1, payload, RIG_PAYLOAD_MAX + 1, bytes)); /* sound otherwise */
	memset(payload, 0, sizeof payload);
	expect_dropped(bytes, oracle_encode(RIG_SYNC, 1, payload, RIG_PAYLOAD_MAX + 1, bytes));
	memset(bytes, 0x55, sizeof bytes);
	for (int i = 0; i < 100; i++) /* an end that never comes */
		feed(bytes, sizeof bytes);
	assert_int_equal(malformed, 1);
	bytes[0] = 0;
	feed(bytes, 1);
	feed(bytes, oracle_encode(RIG_SYNC, 1, NULL, 0, bytes));
	expect(1, 1);
	memset(bytes, 0xff, 254);
	bytes[254] = 0;
	expect_dropped(bytes, 255);
	memset(bytes, 0xff, 253);
	bytes[253] = 0; /* as long as a frame may be, and its code byte says more */
	expect_dropped(bytes, 254);
}

static void what_the_host_left_is_forgotten(void **state)
{
	uint8_t bytes[300];
	size_t n = oracle_encode(RIG_SYNC, 9, "abc", 3, bytes);
	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		feed(bytes, cut);
		decoder_reset(&decoder);
		feed(bytes, n);
		expect(1, 0);
	}
	memset(bytes, 1, sizeof bytes);
	feed(bytes, sizeof bytes);
	decoder_reset(&decoder); /* also while it drops */
	feed(bytes, oracle_encode(RIG_SYNC, 9, "abc", 3, bytes));
	expect(1, 1);
}

static void a_span_ends_at_each_frame(void **state)
{
	uint8_t bytes[600];
	enum decoded what;
	size_t first = oracle_encode(RIG_SYNC, 1, "abc", 3, bytes), both = first + oracle_encode(RIG_STOP, 2, NULL, 0, bytes + first);
	(void)state;
	assert_int_equal(decoder_span(&decoder, bytes, both, &what), first);
	assert_int_equal(what, DECODED_COMMAND);
	assert_int_equal(decoder.head.type, RIG_SYNC);
	assert_memory_equal(decoder.payload, "abc", 3);
	assert_int_equal(decoder_span(&decoder, bytes + first, both - first - 1, &what), both - first - 1);
	assert_int_equal(what, DECODED_NOTHING);
	assert_int_equal(decoder_span(&decoder, bytes + both - 1, 1, &what), 1);
	assert_int_equal(what, DECODED_COMMAND);
	assert_int_equal(decoder.head.type, RIG_STOP);
	assert_int_equal(decoder_span(&decoder, bytes, 0, &what), 0);
	assert_int_equal(what, DECODED_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_zlibs),
		cmocka_unit_test_setup(a_known_frame_is_read, begin),
		cmocka_unit_test_setup(every_size_is_read_and_written, begin),
		cmocka_unit_test_setup(an_empty_frame_means_nothing, begin),
		cmocka_unit_test_setup(any_changed_byte_is_malformed, begin),
		cmocka_unit_test_setup(what_is_cut_short_is_malformed, begin),
		cmocka_unit_test_setup(a_head_that_is_none_is_malformed, begin),
		cmocka_unit_test_setup(too_long_is_told_before_its_end, begin),
		cmocka_unit_test_setup(what_the_host_left_is_forgotten, begin),
		cmocka_unit_test_setup(a_span_ends_at_each_frame, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
