/* Conversations that go wrong, by the host's fault or by the script's. */
#include "rig.h"

static const char *const bench = "load: {source: script}\nmeter: {" RIG_EXACT "}\n";

static void replies_take_a_while(void **state)
{
	(void)state;
	struct rig *rig = rig_open(bench);
	char byte;
	rig_send(rig, "*IDN?");
	assert_int_equal(session_take(&rig->twin.session, rig->now, &byte, 1), 0);
	assert_int_equal(session_next(&rig->twin.session), rig->now + NS_PER_MS);
	rig_wait(rig, 1e-3);
	assert_int_equal(session_take(&rig->twin.session, rig->now, &byte, 1), 1);
	assert_int_equal(byte, 'Y');
	rig_close(rig);
}

/* A command before the reply was taken: the reply is lost, and the error says so. */
static void interrupted(void **state)
{
	(void)state;
	struct rig *rig = rig_open(bench);
	rig_send(rig, ":COMM:HEAD OFF");
	rig_send(rig, "*IDN?");
	rig_send(rig, "*OPT?");
	assert_string_equal(rig_hear(rig), "0");
	assert_string_equal(rig_ask(rig, ":STAT:ERR?"), "410,\"Query INTERRUPTED\"");
	rig_send(rig, "*OPT?");
	rig_wait(rig, 1);
	rig_send(rig, "*CLS");
	rig_wait(rig, 1);
	assert_int_equal(rig->twin.session.out.length, 0);
	rig_close(rig);
}

static void odd_lines(void **state)
{
	(void)state;
	struct rig *rig = rig_open(bench);
	struct session *s = &rig->twin.session;
	char longer[SESSION_LINE + 500];
	memset(longer, 'A', sizeof longer);
	rig_send(rig, "");
	rig_send(rig, "  \r");
	assert_string_equal(rig_ask(rig, "*OPT?\r"), "0");
	session_feed(s, rig->now, "*O", 2);
	session_feed(s, rig->now, "PT?", 3);
	assert_string_equal(rig_ask(rig, ""), "0");
	session_feed(s, rig->now, longer, sizeof longer);
	rig_send(rig, "*OPT?"); /* the end of the long line */
	assert_string_equal(rig_ask(rig, ":COMM:HEAD OFF;:STAT:ERR?"), "108,\"Parameter not allowed\"");
	session_feed(s, rig->now, "*OPT?\0\n", 7); /* a NUL ends a line's text */
	assert_string_equal(rig_hear(rig), "0");
	rig_close(rig);
}

static void silence_noise_and_delay(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {" RIG_EXACT "}\n"
				   "faults: [{what: silent, at: 1 s, for: 1 s}, {what: garbage, at: 3 s, for: 1 s}, "
				   "{what: cut, at: 5 s, for: 1 s}, {what: slow, at: 7 s, for: 1 s, by: 700 ms}]\n");
	char bytes[256];
	rig_wait(rig, 1.5);
	rig_send(rig, "*IDN?");
	rig_wait(rig, 1);
	assert_int_equal(session_take(&rig->twin.session, rig->now, bytes, sizeof bytes), 0);
	assert_int_equal(strncmp(rig_ask(rig, "*IDN?"), "YOKOGAWA", 8), 0);
	rig_wait(rig, 1);
	assert_int_not_equal(strncmp(rig_ask(rig, "*IDN?"), "YOKOGAWA", 8), 0);
	rig_wait(rig, 2);
	assert_string_equal(rig_ask(rig, "*IDN?"), "YOKOGAWA,WT310E,"); /* half of it, and no newline */
	rig_wait(rig, 2);
	int64_t before = rig->now;
	assert_string_equal(rig_ask(rig, "*OPT?"), "0");
	assert_near((double)(rig->now - before) * 1e-9, 0.701, 0.002);
	rig_close(rig);
}

/* Another client starts afresh: no half line, no old reply. */
static void next_client(void **state)
{
	(void)state;
	struct rig *rig = rig_open(bench);
	rig_send(rig, "*IDN?");
	session_feed(&rig->twin.session, rig->now, "*ID", 3);
	session_reset(&rig->twin.session);
	assert_string_equal(rig_ask(rig, "*OPT?"), "0");
	rig_close(rig);
}

/* Ten minutes of ten updates a second: what simulated time is for. */
static void runs_fast(void **state)
{
	(void)state;
	struct rig *rig = rig_open(bench);
	rig_set_up(rig);
	int64_t began = clock_now(CLOCK_ID_MONOTONIC), from = rig->now;
	while (rig->now - from < 600 * NS_PER_S) {
		rig_send(rig, ":COMM:WAIT 1;:STAT:EESR?;:NUM:NORM:VAL?");
		while (session_next(&rig->twin.session) > rig->now)
			rig_wait(rig, (double)(session_next(&rig->twin.session) - rig->now) * 1e-9);
		char reply[64];
		size_t n = session_take(&rig->twin.session, rig->now, reply, sizeof reply);
		assert_true(n > 4 && reply[0] == '1' && reply[1] == ';');
	}
	double speed = (double)(rig->now - from) / (double)(clock_now(CLOCK_ID_MONOTONIC) - began);
	print_message("simulated time runs %.0f times faster than real time\n", speed);
	assert_true(speed > 50); /* thousands, but for sanitizers and busy machines */
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_take_a_while), cmocka_unit_test(interrupted), cmocka_unit_test(odd_lines),
		cmocka_unit_test(silence_noise_and_delay), cmocka_unit_test(next_client), cmocka_unit_test(runs_fast),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
