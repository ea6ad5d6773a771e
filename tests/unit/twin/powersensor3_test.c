/* The twin's PowerSensor3: its commands, its sets, their stamps, what they say of the rail. */
#include <math.h>
#include <stdlib.h>

#include "rig.h"

struct table {
	struct rig *rig;
	struct instrument *rail;
};

/* A bench with one, whose load is `cores` from the start. */
static struct table table_open(const char *rail, const char *rest)
{
	struct text text = TEXT_INIT;
	text_addf(&text,
		  "seed: 3\nload: {source: script, steps: [{at: 0 s, cores: 2}]}\nmachine: {packages: 1, cores: 2, idle: 12 W, per_core: 38 W}\n"
		  "instruments: {rail: {model: F411, quantity: platform, measures: rail%s%s}}\n%s",
		  rail[0] ? ", " : "", rail, rest);
	struct table t = { .rig = rig_open(text_string(&text)) };
	t.rail = twin_instrument(&t.rig->twin, "rail");
	assert_non_null(t.rail);
	text_free(&text);
	return t;
}

static void feed(struct table *t, const char *text)
{
	instrument_feed(t->rail, t->rig->now, text, strlen(text));
}

static unsigned char all[1 << 22];
static size_t take(struct table *t, double seconds)
{
	size_t n = 0;
	for (int64_t end = t->rig->now + (int64_t)(seconds * 1e9); t->rig->now < end; rig_wait(t->rig, 0.2e-3))
		n += instrument_take(t->rail, t->rig->now, (char *)all + n, sizeof all - n);
	return n;
}

static unsigned number(const unsigned char *pair) { return (pair[0] & 15u) << 6 | (pair[1] & 63u); }

static void who_it_is(void **state)
{
	(void)state;
	struct table t = table_open("", "");
	feed(&t, "V");
	size_t n = take(&t, 5e-3);
	assert_int_equal(n, strlen("F411-1.6.1-SIM000003\r\n"));
	assert_memory_equal(all, "F411-1.6.1-SIM", 14);
	feed(&t, "R");
	assert_int_equal(take(&t, 5e-3), 41);
	float vref, sensitivity;
	memcpy(&vref, all + 32, 4);
	memcpy(&sensitivity, all + 36, 4);
	assert_near((double)vref, 1.65, 1.01 * 3.3 / 1023);
	assert_near((double)sensitivity, 1.65 / 30, 1e-6);
	assert_int_equal(all[40], 1);
	for (int i = 1; i < 8; i++) {
		feed(&t, "s");
		assert_int_equal(take(&t, 5e-3), 41);
		assert_int_equal(all[40], i < 2);
	}
	feed(&t, "s");
	assert_int_equal(take(&t, 5e-3), 1);
	assert_int_equal(all[0], 'D');
	feed(&t, "R"); /* and nobody asks on: it resets itself after 2 s */
	take(&t, 2.1);
	feed(&t, "V");
	assert_int_equal(take(&t, 5e-3), n);
	rig_close(t.rig);
}

/* Nine pairs, in order; stamps by 50 us; the rail's power within what its converter's steps make of it. */
static void sets(void **state)
{
	(void)state;
	struct table t = table_open("errors: {timebase: 0, gain: 0, offset: 0, voltage: 0, current: 0}", "");
	rig_wait(t.rig, 2);
	int64_t from = t.rig->now;
	feed(&t, "S");
	size_t n = take(&t, 1);
	int64_t energy = model_energy(t.rig->twin.model, QUANTITY_PLATFORM, t.rig->now) - model_energy(t.rig->twin.model, QUANTITY_PLATFORM, from);
	assert_int_equal(n % 18, 0);
	assert_near((double)n / 18, 20000, 25);
	double sum = 0;
	for (size_t at = 0; at < n; at += 18) {
		for (size_t i = 0; i < 9; i++) {
			assert_int_equal(all[at + 2 * i] >> 4, i == 0 ? 0xf : 8 + i - 1);
			assert_int_equal(all[at + 2 * i + 1] >> 6, i == 0);
		}
		if (at > 0)
			assert_near((number(all + at) - number(all + at - 18)) & 1023, 50, 1);
		sum += (number(all + at + 2) + 5. / 12 - 511.5) * 30 / 511.5 * (number(all + at + 4) + 5. / 12) / 1023 * 15;
	}
	assert_near(sum / ((double)n / 18), (double)energy * 1e-9, 0.02);
	rig_close(t.rig);
}

static void ends_and_markers(void **state)
{
	(void)state;
	struct table t = table_open("", "");
	feed(&t, "S");
	take(&t, 0.01);
	feed(&t, "M");
	size_t n = take(&t, 0.01), marked = 0;
	for (size_t at = 0; at + 18 <= n; at += 18)
		if (all[at + 3] & 0x40)
			marked += at < 45 * 18 ? 1 : 100; /* behind what waited to be taken */
	assert_int_equal(marked, 1);
	feed(&t, "X");
	n = take(&t, 0.05);
	assert_int_equal(n % 18, 0);
	n = take(&t, 0.1);
	assert_int_equal(n, 4);
	assert_memory_equal(all, "\xff\x3f\xff\x3f", 4);
	feed(&t, "S");
	take(&t, 0.01);
	feed(&t, "T");
	take(&t, 0.01);
	assert_int_equal(take(&t, 0.5), 0);
	feed(&t, "I");
	assert_int_equal(take(&t, 0.01), 18);
	rig_close(t.rig);
}

static void what_goes_wrong(void **state)
{
	(void)state;
	struct table t = table_open("", "faults: [{what: nan, at: 1 s, for: 1 s, device: rail}, {what: inf, at: 3 s, for: 1 s, device: rail},\n"
					"  {what: stall, at: 5 s, for: 1 s, device: rail}, {what: other_model, at: 7 s, device: rail}]\n");
	feed(&t, "S");
	take(&t, 1.5);
	size_t n = take(&t, 0.01);
	assert_true(n > 0 && number(all + 2) == 0 && number(all + 4) == 0);
	take(&t, 1.8);
	n = take(&t, 0.01);
	assert_true(n > 0 && number(all + 2) == 1023 && number(all + 4) == 1023);
	take(&t, 1.8);
	assert_int_equal(take(&t, 0.01), 0);
	take(&t, 1);
	assert_true(take(&t, 0.01) > 0);
	take(&t, 1.5);
	feed(&t, "X");
	take(&t, 0.2);
	feed(&t, "V");
	take(&t, 0.01);
	assert_memory_equal(all, "Marlin", 6);
	rig_close(t.rig);
}

/* Its crystal is its own, and its errors are: each seed has others. */
static void no_two_are_alike(void **state)
{
	(void)state;
	struct table t = table_open("errors: {timebase: 30 ppm}", "");
	feed(&t, "S");
	take(&t, 0.05);
	size_t n = take(&t, 10);
	double us = 0;
	for (size_t at = 18; at < sizeof all && at < n; at += 18)
		us += (number(all + at) - number(all + at - 18)) & 1023;
	assert_near((double)n / 18, 200000 * (1 + 30e-6), 2);
	assert_near(us / ((double)n / 18 - 1), 50, 1e-3); /* by its own clock always the same */
	rig_close(t.rig);
}

static void no_rail(void **state)
{
	(void)state;
	struct twin_config config;
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	static struct twin twin;
	static const char text[] = "joulerig: twin 1\ninstruments: {rail: {model: F411}}\n";
	assert_int_equal(twin_config_parse("twin", text, strlen(text), &config, &problems, &error), 0);
	assert_int_equal(twin_init(&twin, &config, &error), -1);
	assert_non_null(strstr(error.what, "measures a rail"));
	twin_config_free(&config);
	problems_free(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_it_is), cmocka_unit_test(sets), cmocka_unit_test(ends_and_markers), cmocka_unit_test(what_goes_wrong),
		cmocka_unit_test(no_two_are_alike), cmocka_unit_test(no_rail),
	};
	return cmocka_run_group_tests_name("twin powersensor3", tests, NULL, NULL);
}
