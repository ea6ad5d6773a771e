/* Remote procedure calls as bytes, against octets written down by hand from RFC 5531, RFC 1833 and VXI-11. */
#include "links/vxi11_wire.h"
#include "unit.h"

#define WORD(n) ((n) >> 24 & 255), ((n) >> 16 & 255), ((n) >> 8 & 255), ((n)&255)

static uint8_t buffer[256];

static struct xdr_writer writing(size_t room)
{
	memset(buffer, 0xee, sizeof buffer);
	return (struct xdr_writer){ .bytes = buffer, .room = room };
}

static void expect(struct xdr_writer *writer, const uint8_t *bytes, size_t size)
{
	assert_true(rpc_call_end(writer));
	assert_int_equal(writer->size, size);
	assert_memory_equal(writer->bytes, bytes, size);
}
#define EXPECT(writer, ...) expect(writer, (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ })

/* From the mark to the empty credentials. */
#define HEAD(bytes, xid, program, version, procedure)                                                                         \
	WORD(0x80000000u | (bytes)), WORD(xid), WORD(0), WORD(2), WORD(program), WORD(version), WORD(procedure), WORD(0), WORD(0),   \
		WORD(0), WORD(0)

static void test_calls(void **state)
{
	(void)state;
	struct xdr_writer writer = writing(sizeof buffer);
	portmapper_put_question(&writer, 0x01020304, VXI11_PROGRAM, 1);
	EXPECT(&writer, HEAD(56, 0x01020304, 100000, 2, 3), WORD(0x0607AF), WORD(1), WORD(6), WORD(0));
	writer = writing(sizeof buffer);
	vxi11_put_create(&writer, 9, "inst0", 1500);
	EXPECT(&writer, HEAD(64, 9, 0x0607AF, 1, 10), WORD(0x4a52), WORD(0), WORD(1500), WORD(5), 'i', 'n', 's', 't', '0', 0, 0, 0);
	writer = writing(sizeof buffer);
	vxi11_put_write(&writer, 10, 7, 800, true, "*IDN?\n\n\n", 8);
	EXPECT(&writer, HEAD(68, 10, 0x0607AF, 1, 11), WORD(7), WORD(800), WORD(800), WORD(8), WORD(8), '*', 'I', 'D', 'N', '?', '\n', '\n',
	       '\n');
	writer = writing(sizeof buffer);
	vxi11_put_write(&writer, 10, 7, 800, false, "x", 1);
	EXPECT(&writer, HEAD(64, 10, 0x0607AF, 1, 11), WORD(7), WORD(800), WORD(800), WORD(0), WORD(1), 'x', 0, 0, 0);
	writer = writing(sizeof buffer);
	vxi11_put_read(&writer, 11, 7, 800, 4096);
	EXPECT(&writer, HEAD(64, 11, 0x0607AF, 1, 12), WORD(7), WORD(4096), WORD(800), WORD(800), WORD(0), WORD(0));
	writer = writing(sizeof buffer);
	vxi11_put_clear(&writer, 12, 7, 800);
	EXPECT(&writer, HEAD(56, 12, 0x0607AF, 1, 15), WORD(7), WORD(0), WORD(800), WORD(800));
	writer = writing(sizeof buffer);
	vxi11_put_destroy(&writer, 13, 7);
	EXPECT(&writer, HEAD(44, 13, 0x0607AF, 1, 23), WORD(7));
}

static void test_no_room(void **state)
{
	(void)state;
	for (size_t room = 0; room < 68; room++) {
		struct xdr_writer writer = writing(room);
		vxi11_put_create(&writer, 9, "inst0", 1500);
		assert_false(rpc_call_end(&writer));
		for (size_t i = room; i < sizeof buffer; i++)
			assert_int_equal(buffer[i], 0xee);
	}
}

static void test_opaque(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[12];
		size_t size, length;
		bool bad;
	} cases[] = {
		{ { WORD(0) }, 4, 0, false },
		{ { WORD(3), 1, 2, 3, 0 }, 8, 3, false },
		{ { WORD(4), 1, 2, 3, 4 }, 8, 4, false },
		{ { WORD(3), 1, 2, 3 }, 7, 0, true },           /* without its padding */
		{ { WORD(5), 1, 2, 3, 4 }, 8, 0, true },
		{ { WORD(0xffffffff), 1, 2, 3, 4 }, 8, 0, true }, /* its padding would wrap a 32-bit size */
		{ { WORD(0xfffffffd), 1, 2, 3, 4 }, 8, 0, true },
		{ { 0, 0 }, 2, 0, true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct xdr_reader reader = { .bytes = cases[i].bytes, .left = cases[i].size };
		size_t length = 99;
		const uint8_t *bytes = xdr_get_opaque(&reader, &length);
		assert_int_equal(reader.bad, cases[i].bad);
		assert_int_equal(bytes == NULL, cases[i].bad);
		assert_int_equal(length, cases[i].length);
		assert_int_equal(xdr_get(&reader), 0); /* nothing is left */
		assert_true(reader.bad);
	}
}

/* Feeds bytes in pieces of `piece`; what became of the last one. */
static enum rpc_progress feed(struct rpc_record *record, const uint8_t *bytes, size_t size, size_t piece)
{
	enum rpc_progress progress = RPC_MORE;
	while (size > 0 && progress == RPC_MORE) {
		size_t room;
		uint8_t *into = rpc_record_room(record, &room);
		assert_true(room > 0);
		assert_true(into >= (uint8_t *)record && into + room <= (uint8_t *)(record + 1));
		size_t n = size < piece ? size : piece;
		n = n < room ? n : room;
		memcpy(into, bytes, n);
		progress = rpc_record_took(record, n);
		bytes += n;
		size -= n;
	}
	return progress;
}

static void test_records(void **state)
{
	(void)state;
	static const uint8_t two[] = { WORD(3), 'a', 'b', 'c', WORD(0x80000002), 'd', 'e' }, one[] = { WORD(0x80000001), 'z' };
	static struct rpc_record record;
	for (size_t piece = 1; piece < 12; piece++) {
		assert_int_equal(feed(&record, two, sizeof two, piece), RPC_COMPLETE);
		assert_int_equal(record.size, 5);
		assert_memory_equal(record.bytes, "abcde", 5);
		assert_int_equal(feed(&record, one, sizeof one, piece), RPC_COMPLETE);
		assert_int_equal(record.size, 1);
	}
	static const uint8_t none[] = { WORD(0x80000000) }, empty[] = { WORD(0) };
	assert_int_equal(feed(&record, none, 4, 4), RPC_COMPLETE);
	assert_int_equal(record.size, 0);
	assert_int_equal(feed(&record, empty, 4, 4), RPC_BROKEN);
}

static void test_long_records(void **state)
{
	(void)state;
	static uint8_t bytes[RPC_RECORD_MAX + 8];
	static struct rpc_record record;
	const uint8_t most[] = { WORD(0x80000000u | RPC_RECORD_MAX) }, more[] = { WORD(0x80000001u + RPC_RECORD_MAX) };
	memcpy(bytes, most, 4);
	assert_int_equal(feed(&record, bytes, 4 + RPC_RECORD_MAX, 1000), RPC_COMPLETE);
	memcpy(bytes, more, 4);
	assert_int_equal(feed(&record, bytes, sizeof bytes, 1000), RPC_BROKEN);
	/* Short fragments, too many of them. */
	static const uint8_t some[104] = { WORD(100) };
	enum rpc_progress progress = RPC_MORE;
	record = (struct rpc_record){ .size = 0 };
	for (int i = 0; i < 100 && progress == RPC_MORE; i++)
		progress = feed(&record, some, sizeof some, sizeof some);
	assert_int_equal(progress, RPC_BROKEN);
	assert_true(record.size <= RPC_RECORD_MAX);
}

static void test_replies(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[40];
		size_t size;
		bool reply, success;
	} cases[] = {
		{ { WORD(7), WORD(1), WORD(0), WORD(0), WORD(0), WORD(0), WORD(42) }, 28, true, true },
		{ { WORD(7), WORD(1), WORD(0), WORD(0), WORD(3), 1, 2, 3, 0, WORD(0), WORD(42) }, 32, true, true },
		{ { WORD(7), WORD(1), WORD(0), WORD(0), WORD(0), WORD(1) }, 24, true, false },
		{ { WORD(7), WORD(1), WORD(1), WORD(0), WORD(2), WORD(2) }, 24, true, false },
		{ { WORD(7), WORD(1), WORD(1) }, 12, true, false },
		{ { WORD(7), WORD(0), WORD(0), WORD(0), WORD(0), WORD(0) }, 24, false, false },
		{ { WORD(7), WORD(1), WORD(2), WORD(0), WORD(0), WORD(0) }, 24, false, false },
		{ { WORD(7), WORD(1), WORD(0), WORD(0), WORD(500), WORD(0) }, 24, false, false },
		{ { WORD(7), WORD(1), WORD(0), WORD(0), WORD(0), WORD(0) }, 23, false, false },
		{ { WORD(7), WORD(1) }, 8, false, false },
		{ { WORD(7) }, 4, false, false },
		{ { 0 }, 0, false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rpc_reply reply;
		bool well = rpc_reply_decode(cases[i].bytes, cases[i].size, &reply);
		assert_int_equal(well, cases[i].reply);
		assert_int_equal(well && reply.success, cases[i].success);
		if (!well)
			continue;
		assert_int_equal(reply.xid, 7);
		if (reply.success)
			assert_int_equal(portmapper_port(reply.results), 42);
	}
}

static void test_results(void **state)
{
	(void)state;
	static const uint8_t words[] = { WORD(0), WORD(7), WORD(9), WORD(1024) }, read[] = { WORD(0), WORD(5), WORD(2), 'h', 'i', 0, 0 };
	struct vxi11_created created;
	struct vxi11_read got;
	uint32_t error, taken;
	for (size_t size = 0; size <= sizeof words; size++) {
		struct xdr_reader results = { .bytes = words, .left = size };
		assert_int_equal(vxi11_get_created(results, &created), size == 16);
		assert_int_equal(vxi11_get_written(results, &error, &taken), size >= 8);
		assert_int_equal(vxi11_get_error(results, &error), size >= 4);
	}
	assert_int_equal(created.link, 7);
	assert_int_equal(created.largest, 1024);
	assert_int_equal(taken, 7);
	for (size_t size = 0; size <= sizeof read; size++)
		assert_int_equal(vxi11_get_read((struct xdr_reader){ .bytes = read, .left = size }, &got), size == 16);
	assert_true(got.end && got.size == 2 && memcmp(got.data, "hi", 2) == 0);
	assert_int_equal(portmapper_port((struct xdr_reader){ .bytes = words + 12, .left = 4 }), 1024);
	assert_int_equal(portmapper_port((struct xdr_reader){ .bytes = words + 12, .left = 3 }), -1);
	assert_int_equal(portmapper_port((struct xdr_reader){ .bytes = (const uint8_t[]){ WORD(65536) }, .left = 4 }), -1);
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(vxi11_meaning(0), IO_OK);
	assert_int_equal(vxi11_meaning(15), IO_TIMEOUT);
	assert_int_equal(vxi11_meaning(11), IO_TIMEOUT);
	assert_int_equal(vxi11_meaning(4), IO_GONE);
	assert_int_equal(vxi11_meaning(17), IO_GONE);
	assert_int_equal(vxi11_meaning(2), IO_GARBLED);
	assert_string_equal(vxi11_error_text(17), "I/O error");
	assert_string_equal(vxi11_error_text(2), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),	 cmocka_unit_test(test_no_room), cmocka_unit_test(test_opaque),
		cmocka_unit_test(test_records),	 cmocka_unit_test(test_long_records), cmocka_unit_test(test_replies),
		cmocka_unit_test(test_results),	 cmocka_unit_test(test_errors),
	};
	return cmocka_run_group_tests_name("onc_rpc", tests, NULL, NULL);
}
