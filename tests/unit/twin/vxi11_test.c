/* The twin's VXI-11 service, call by call, in simulated time. */
#include "rig.h"
#include "vxi11.h"

static const char *const bench = "load: {source: script}\nmeter: {response: 1 ms, links: {vxi11: 0}}\n";

struct words {
	uint8_t bytes[4096];
	size_t size;
};

static struct rig *rig;
static struct vxi11 service;
static struct words heard;

static void add(struct words *words, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		words->bytes[words->size++] = (uint8_t)(value >> shift);
}

static uint32_t word(size_t index)
{
	const uint8_t *b = heard.bytes + 4 * index;
	assert_true(4 * index + 4 <= heard.size);
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void add_text(struct words *words, const char *text)
{
	add(words, (uint32_t)strlen(text));
	memcpy(words->bytes + words->size, text, strlen(text));
	words->size += strlen(text);
	while (words->size % 4)
		words->bytes[words->size++] = 0;
}

static struct words begin(uint32_t xid, uint32_t program, uint32_t procedure)
{
	const uint32_t head[] = { 0, xid, 0, 2, program, 1, procedure, 0, 0, 0, 0 };
	struct words call = { .size = 0 };
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		add(&call, head[i]);
	return call;
}

static bool feed(struct words *call)
{
	size_t size = call->size;
	call->size = 0;
	add(call, 0x80000000u + (uint32_t)size - 4);
	return vxi11_feed(&service, rig->now, (const char *)call->bytes, size);
}

/* Whatever is ready; the number of bytes. */
static size_t hear(void)
{
	heard.size = vxi11_take(&service, (char *)heard.bytes, sizeof heard.bytes);
	return heard.size;
}

static void pass(double seconds)
{
	rig_wait(rig, seconds);
	assert_true(vxi11_advance(&service, rig->now));
}

static int open_service(void **state)
{
	(void)state;
	rig = rig_open(bench);
	vxi11_init(&service, &rig->twin.session, 1234);
	struct words call = begin(1, 0x0607AF, 10);
	add(&call, 1);
	add(&call, 0);
	add(&call, 1000);
	add_text(&call, "inst0");
	return feed(&call) && hear() == 4 * 11 && word(7) == 0 && word(8) == 1 && word(10) == 1024 ? 0 : -1;
}

static int close_service(void **state)
{
	(void)state;
	vxi11_free(&service);
	rig_close(rig);
	return 0;
}

static void write_line(uint32_t xid, uint32_t link, const char *line, bool end)
{
	struct words call = begin(xid, 0x0607AF, 11);
	add(&call, link);
	add(&call, 1000);
	add(&call, 1000);
	add(&call, end ? 8 : 0);
	add_text(&call, line);
	assert_true(feed(&call));
}

static void ask_read(uint32_t xid, uint32_t link, uint32_t wanted, uint32_t timeout)
{
	struct words call = begin(xid, 0x0607AF, 12);
	add(&call, link);
	add(&call, wanted);
	add(&call, timeout);
	add(&call, timeout);
	add(&call, 0);
	add(&call, 0);
	assert_true(feed(&call));
}

static void query_in_pieces(void **state)
{
	(void)state;
	write_line(2, 1, "*ID", false);
	assert_int_equal(hear(), 4 * 9);
	assert_int_equal(word(0), 0x80000000 + 32);
	assert_int_equal(word(1), 2);
	assert_int_equal(word(8), 3);
	write_line(3, 1, "N?", true); /* END stands for the newline */
	hear();
	ask_read(4, 1, 8, 1000);
	assert_int_equal(hear(), 0); /* the meter takes its time */
	pass(0.5e-3);
	assert_int_equal(hear(), 0);
	pass(0.6e-3);
	assert_int_equal(hear(), 4 * 12);
	assert_int_equal(word(1), 4);
	assert_int_equal(word(8), 1); /* as many as were wanted */
	assert_int_equal(word(9), 8);
	assert_memory_equal(heard.bytes + 40, "YOKOGAWA", 8);
	ask_read(5, 1, 4096, 1000);
	assert_true(hear() > 40);
	assert_int_equal(word(8), 4); /* END */
	assert_memory_equal(heard.bytes + 40, ",WT310E,", 8);
}

static void read_times_out(void **state)
{
	(void)state;
	ask_read(2, 1, 100, 30);
	write_line(3, 1, "*OPT?\n", true); /* has to wait until the read is over */
	pass(29e-3);
	assert_int_equal(hear(), 0);
	assert_int_equal(vxi11_next(&service), rig->now + NS_PER_MS);
	pass(1e-3);
	assert_int_equal(hear(), 4 * (10 + 9));
	assert_int_equal(word(7), 15);
	assert_int_equal(word(11), 3);
	assert_int_equal(vxi11_next(&service), NEVER);
}

static void clear_drops_the_answer(void **state)
{
	(void)state;
	write_line(2, 1, "*IDN?", true);
	hear();
	pass(2e-3);
	struct words call = begin(3, 0x0607AF, 15);
	for (uint32_t i = 0; i < 4; i++)
		add(&call, i == 0 ? 1 : 0);
	assert_true(feed(&call));
	assert_int_equal(hear(), 4 * 8);
	assert_int_equal(word(7), 0);
	ask_read(4, 1, 100, 0);
	hear();
	assert_int_equal(word(7), 15);
}

static void refusals(void **state)
{
	(void)state;
	write_line(2, 9, "*IDN?", true);
	hear();
	assert_int_equal(word(7), 4); /* no such link */
	ask_read(3, 9, 10, 0);
	assert_int_equal(hear(), 40);
	assert_int_equal(word(7), 4);
	struct words call = begin(4, 0x0607AF, 99);
	assert_true(feed(&call) && hear() == 28);
	assert_int_equal(word(6), 3); /* no such procedure */
	call = begin(5, 77, 1);
	assert_true(feed(&call) && hear() == 28);
	assert_int_equal(word(6), 1); /* no such program */
	call = begin(6, 0x0607AF, 11);
	add(&call, 1);
	add(&call, 0);
	add(&call, 0);
	add(&call, 8);
	add(&call, 4000); /* and nothing of it */
	assert_true(feed(&call) && hear() == 36);
	assert_int_equal(word(7), 5);
	call = begin(7, 0x0607AF, 10);
	add(&call, 1);
	add(&call, 0);
	add(&call, 0);
	add_text(&call, "inst1");
	assert_true(feed(&call));
	hear();
	assert_int_equal(word(7), 3); /* no such device */
	call = begin(8, 0x0607AF, 23);
	call.bytes[11] = 1; /* a reply */
	assert_false(feed(&call));
}

static void portmapper(void **state)
{
	(void)state;
	struct words call = begin(2, 100000, 3);
	add(&call, 0x0607AF);
	add(&call, 1);
	add(&call, 6);
	add(&call, 0);
	assert_true(feed(&call) && hear() == 32);
	assert_int_equal(word(7), 1234);
	call = begin(3, 100000, 3);
	add(&call, 5);
	assert_true(feed(&call));
	hear();
	assert_int_equal(word(7), 0);
}

static void fragments_and_floods(void **state)
{
	(void)state;
	struct words call = begin(2, 100000, 3), split = { .size = 0 };
	add(&call, 0x0607AF);
	add(&split, 10);
	memcpy(split.bytes + 4, call.bytes + 4, 10);
	split.size += 10;
	add(&split, 0x80000000u + (uint32_t)call.size - 14);
	memcpy(split.bytes + split.size, call.bytes + 14, call.size - 14);
	split.size += call.size - 14;
	for (size_t i = 0; i < split.size; i++) {
		assert_int_equal(hear(), 0);
		assert_true(vxi11_feed(&service, rig->now, (const char *)split.bytes + i, 1));
	}
	assert_int_equal(hear(), 32);
	assert_int_equal(word(1), 2);
	assert_false(vxi11_feed(&service, rig->now, "\x7f\xff\xff\xff", 4));
	vxi11_reset(&service);
	bool well = true;
	for (int i = 0; i < 100 && well; i++) /* fragments of 1000 bytes, none the last */
		well = vxi11_feed(&service, rig->now, "\0\0\3\350", 4) && vxi11_feed(&service, rig->now, (const char *)split.bytes, 1000);
	assert_false(well);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_service, close_service)
	const struct CMUnitTest tests[] = {
		TEST(query_in_pieces), TEST(read_times_out), TEST(clear_drops_the_answer), TEST(refusals),
		TEST(portmapper), TEST(fragments_and_floods),
	};
	return cmocka_run_group_tests_name("vxi11", tests, NULL, NULL);
}
