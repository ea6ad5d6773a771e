#include "rig.h"

#define BYTE (10 * NS_PER_S / 9600)

static void at_its_pace(void **state)
{
	(void)state;
	static struct wire wire;
	char bytes[16];
	wire_init(&wire, 9600);
	assert_true(wire_next(&wire) == NEVER);
	wire_put(&wire, &wire.to_meter, 1000, "AB\nCD", 5);
	assert_int_equal(wire_next(&wire), 1000 + 3 * BYTE); /* a line's end is what a meter waits for */
	assert_int_equal(wire_get(&wire, &wire.to_meter, 1000 + BYTE - 1, bytes, sizeof bytes), 0);
	assert_int_equal(wire_get(&wire, &wire.to_meter, 1000 + BYTE, bytes, sizeof bytes), 1);
	wire_put(&wire, &wire.to_meter, 1000 + 2 * BYTE, "E", 1); /* queues behind what is under way */
	assert_int_equal(wire_get(&wire, &wire.to_meter, 1000 + 4 * BYTE, bytes, sizeof bytes), 3);
	assert_memory_equal(bytes, "B\nC", 3);
	assert_int_equal(wire_next(&wire), 1000 + 6 * BYTE);
	assert_int_equal(wire_get(&wire, &wire.to_meter, 1000 + 6 * BYTE, bytes, 1), 1);
	assert_int_equal(wire_get(&wire, &wire.to_meter, 1000 + 6 * BYTE, bytes, sizeof bytes), 1);
	wire_put(&wire, &wire.to_host, 0, "x", 1); /* the other way is another pair of wires */
	assert_int_equal(wire_next(&wire), BYTE);
}

static void at_once(void **state)
{
	(void)state;
	static struct wire wire;
	char bytes[16];
	wire_init(&wire, 0);
	wire_put(&wire, &wire.to_host, 5, "ABC", 3);
	assert_int_equal(wire_next(&wire), 5);
	assert_int_equal(wire_get(&wire, &wire.to_host, 5, bytes, sizeof bytes), 3);
}

static void overflow_is_lost(void **state)
{
	(void)state;
	static struct wire wire;
	static char much[WIRE_QUEUE + 100], back[WIRE_QUEUE + 100];
	memset(much, 'x', sizeof much);
	wire_init(&wire, 1000000);
	wire_put(&wire, &wire.to_meter, 0, much, sizeof much);
	assert_int_equal(wire_get(&wire, &wire.to_meter, NS_PER_S, back, sizeof back), WIRE_QUEUE);
}

/* Question and answer over 9600 baud: as late as their bytes are many, beside the meter's own millisecond. */
static void conversation(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {links: {pty: on, baud: 9600}, response: 1 ms}\n");
	char reply[128];
	size_t n = 0;
	int64_t asked = rig->now;
	twin_serial_feed(&rig->twin, rig->now, "*IDN?\r\n", 7);
	while (n == 0 || reply[n - 1] != '\n') {
		int64_t next = twin_next(&rig->twin);
		assert_true(next > rig->now && next != NEVER);
		rig->now = next;
		twin_advance(&rig->twin, rig->now);
		n += twin_serial_take(&rig->twin, rig->now, reply + n, sizeof reply - n);
	}
	assert_memory_equal(reply, "YOKOGAWA,WT310E,", 16);
	int64_t expected = 7 * BYTE + NS_PER_MS + (int64_t)n * BYTE;
	assert_in_range(rig->now - asked, expected, expected + NS_PER_US);
	/* A line that is hung up forgets what was under way. */
	twin_serial_feed(&rig->twin, rig->now, "*IDN?\n*ID", 9);
	twin_serial_reset(&rig->twin);
	rig_wait(rig, 1);
	assert_true(twin_next(&rig->twin) == NEVER);
	rig_close(rig);
}

static void configured(void **state)
{
	(void)state;
	static const char both[] = "joulerig: twin 1\nmeter:\n  links: {pty: on, tty: /dev/ttyGS0}\n";
	struct twin_config c;
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	assert_int_equal(twin_config_parse("t", both, sizeof both - 1, &c, &problems, &error), -1);
	assert_int_equal(problems.n, 1);
	assert_int_equal(problems.list[0].line, 3);
	problems_free(&problems);
	struct rig *rig = rig_open("meter: {links: {tty: /dev/ttyGS0, baud: 9600}}\n");
	assert_string_equal(rig->config.tty, "/dev/ttyGS0");
	assert_int_equal(rig->twin.wire.byte, BYTE);
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_its_pace), cmocka_unit_test(at_once), cmocka_unit_test(overflow_is_lost),
		cmocka_unit_test(conversation), cmocka_unit_test(configured),
	};
	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
