/* The modelled Hioki by itself: its language, its digits, its integrator and the line that gates it. */
#include "rig.h"

static struct rig *rig;

/* 230 V, and a machine that has nothing to do. */
static void begin(const char *meter)
{
	char text[600];
	snprintf(text, sizeof text, "load: {source: script}\nmachine: {cores: 4}\nrig: {}\nmeter: {model: PW3336, " RIG_EXACT "%s}\n", meter);
	rig = rig_open(text);
	rig_wait(rig, 1);
}

static const char *ask(const char *line)
{
	static char reply[512];
	snprintf(reply, sizeof reply, "%.500s", rig_ask(rig, line));
	size_t length = strlen(reply);
	assert_true(length > 0 && reply[length - 1] == '\r');
	reply[length - 1] = '\0';
	return reply;
}

static void gate(bool high)
{
	twin_line_set(&rig->twin.rig.outputs[1], rig->now, high);
}

static void fixed_ranges(void)
{
	rig_send(rig, ":VOLT1:RANG 300\r");
	rig_send(rig, ":CURR1:RANG 1\r");
	rig_wait(rig, 1);
}

static void what_it_says(void **state)
{
	(void)state;
	begin("");
	assert_string_equal(ask("*IDN?"), "HIOKI,PW3336,SIM000001,V1.00");
	fixed_ranges();
	assert_string_equal(ask(":VOLT1:RANG?"), ":VOLTAGE1:RANGE 300");
	assert_string_equal(ask(":VOLTAGE1:AUTO?"), ":VOLTAGE1:AUTO OFF");
	assert_string_equal(ask(":INTEG:STAT?"), ":INTEGRATE:STATE RESET");
	const char *values = ask(":MEAS? U1,I1,P1,WP1,TIME");
	assert_int_equal(strncmp(values, "U1 +230.00E+0;I1 +0.", 20), 0);
	assert_non_null(strstr(values, ";WP1 +00.0000E+0;TIME 00000,00,00"));
	rig_send(rig, ":HEADER OFF");
	assert_string_equal(ask(":curr1:rang?"), "1");
	rig_send(rig, ":TRAN:SEP 1");
	assert_int_equal(strncmp(ask(":MEAS? U1,P1"), "+230.00E+0,+0", 13), 0);
	rig_send(rig, ":HEAD ON");
	rig_send(rig, ":MEAS:ITEM:STAT:INST 1");
	assert_non_null(strstr(ask(":MEAS?"), ",STATUS 00000000"));
	assert_string_equal(ask("*ESR?"), "0");
	rig_close(rig);
}

static void what_it_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *line, *events;
	} bad[] = {
		{ ":VOLT:RANG 300", "32" }, { ":VOLTA1:RANG 300", "32" }, { ":NONSENSE", "32" }, { ":CURR1:RANG much", "32" }, { ":MEAS? U", "16" },
		{ ":INTEG:STAT STOP", "16" }, { ":INTEG:STAT NOW", "32" },
	};
	begin("");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		rig_send(rig, bad[i].line);
		rig_wait(rig, 0.1);
		assert_string_equal(ask("*ESR?"), bad[i].events);
	}
	rig_send(rig, ":INTEG:STAT START");
	assert_string_equal(ask("*ESR?"), "0");
	rig_send(rig, ":INTEG:STAT START"); /* twice */
	assert_string_equal(ask("*ESR?"), "16");
	rig_send(rig, ":CURR1:RANG 1");
	assert_string_equal(ask("*ESR?"), "16");
	rig_send(rig, ":INTEG:STAT RESET");
	assert_string_equal(ask("*ESR?"), "16");
	rig_close(rig);
}

static void values_that_are_none(void **state)
{
	(void)state;
	begin("");
	fixed_ranges();
	rig_send(rig, ":CURR1:RANG 0.02"); /* a machine's current is ten times that */
	rig_wait(rig, 1);
	assert_non_null(strstr(ask(":MEAS? U1,I1,P1"), ";I1 +999.99E+9;P1 +999.99E+9"));
	rig_send(rig, ":MEAS:ITEM:STAT:INST 1");
	assert_non_null(strstr(ask(":MEAS?"), "STATUS 00001010"));
	rig_close(rig);
}

static double shown_wh(void)
{
	const char *value = strstr(ask(":MEAS? WP1"), "WP1 ");
	assert_non_null(value);
	return strtod(value + 4, NULL);
}

/* It counts what passes between the instants at which it heeds its input. */
static void counting_while_the_line_is_high(void **state)
{
	(void)state;
	begin(", start_stop: {reaction: 3 ms, uncertainty: 0 ms}");
	fixed_ranges();
	for (int i = 0; i < 3; i++) {
		int64_t from = rig->now;
		gate(true);
		rig_wait(rig, 0.6 + 0.37 * i);
		int64_t to = rig->now;
		gate(false);
		rig_wait(rig, 1);
		double joules = rig_energy(rig, QUANTITY_WALL, to + 3 * NS_PER_MS) - rig_energy(rig, QUANTITY_WALL, from + 3 * NS_PER_MS);
		assert_near(shown_wh(), joules / 3600, 0.51e-4);
		rig_wait(rig, 2);
		assert_near(shown_wh(), joules / 3600, 0.51e-4);
		rig_send(rig, ":INTEG:STAT START");
		assert_string_equal(ask("*ESR?"), "16"); /* its input has the say */
		rig_send(rig, ":INTEG:STAT RESET");
		assert_string_equal(ask("*ESR?"), "0");
		assert_near(shown_wh(), 0, 0);
	}
	rig_close(rig);
}

static void edges_within_400_ms(void **state)
{
	(void)state;
	begin(", start_stop: {refuses_reset: on}");
	fixed_ranges();
	gate(true);
	rig_wait(rig, 0.3);
	gate(false); /* not heeded */
	rig_wait(rig, 3);
	double first = shown_wh();
	assert_true(first > 2.5 * 50 / 3600);
	gate(true);
	rig_wait(rig, 1);
	gate(false);
	rig_wait(rig, 1);
	double last = shown_wh();
	rig_wait(rig, 1);
	assert_true(last > first && shown_wh() == last);
	rig_send(rig, ":INTEG:STAT RESET");
	assert_string_equal(ask("*ESR?"), "16");
	assert_true(shown_wh() == last);
	rig_close(rig);
}

static void started_by_command(void **state)
{
	(void)state;
	begin("");
	fixed_ranges();
	rig_send(rig, ":INTEG:STAT START");
	rig_wait(rig, 100);
	rig_send(rig, ":INTEG:STAT STOP");
	rig_wait(rig, 1);
	assert_non_null(strstr(ask(":MEAS? TIME,WP1"), "TIME 00000,01,40;"));
	assert_string_equal(ask(":INTEG:STAT?"), ":INTEGRATE:STATE STOP");
	gate(true); /* wired to nothing */
	rig_wait(rig, 1);
	assert_string_equal(ask(":INTEG:STAT?"), ":INTEGRATE:STATE STOP");
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says), cmocka_unit_test(what_it_refuses), cmocka_unit_test(values_that_are_none),
		cmocka_unit_test(counting_while_the_line_is_high), cmocka_unit_test(edges_within_400_ms), cmocka_unit_test(started_by_command),
	};
	return cmocka_run_group_tests_name("hioki", tests, NULL, NULL);
}
