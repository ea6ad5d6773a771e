/* The driver of the MCP39F511N against its twin, one of whose replies in 100 is malformed. */
#include "small_meter.h"

#define CYCLE (1 / 49.98)

static void measures(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: MCP39F511N, link: pty, baud: 115200, noise: 0.2 W", "load: {source: script, steps: [{at: 3 s, cores: 1}]}\n", ROLE_CHECK, 0);
	small_meter_run(&m, 30);
	int power = small_meter_channel(&m, "power"), all;
	assert_near((double)m.channels[power].window * 1e-9, 16 * CYCLE, 0.0001); /* as it was set */
	assert_int_equal(small_meter_flagged(&m, power, 0, 30, FLAG_INVALID, &all), 0);
	assert_in_range(all, 30 / (16 * CYCLE) - 3, 30 / (16 * CYCLE));
	assert_int_equal(small_meter_gaps(&m, power), 0);
	assert_near(small_meter_mean(&m, power, 10, 29.8), small_meter_truth(&m, 9.6, 29.6), 0.2);
	assert_near(small_meter_mean(&m, small_meter_channel(&m, "power-2"), 0, 30), 0, 0);
	assert_near(small_meter_mean(&m, small_meter_channel(&m, "voltage"), 0, 30), 230, 0.1);
	assert_near(m.channels[power].accuracy.quantum, 0.0025, 1e-9); /* range 17 */
	assert_true(m.driver->identity(m.device)->simulated && m.channels[power].simulated && m.channels[power].role == ROLE_CHECK);
	assert_int_equal(m.channels[small_meter_channel(&m, "energy")].kind, CHANNEL_OBSERVE);
	assert_int_equal(m.driver->stop(m.device, &m.error), 0);
	small_meter_close(&m);
}

/* N is set, kept across a run, and put back. */
static void interval(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: MCP39F511N, noise: 0.2 W", "", ROLE_CHECK, 0.04);
	small_meter_run(&m, 10);
	int power = small_meter_channel(&m, "power"), all;
	small_meter_flagged(&m, power, 0, 10, FLAG_INVALID, &all);
	assert_in_range(all, 10 / (2 * CYCLE) - 8, 10 / (2 * CYCLE) + 1);
	assert_int_equal(m.driver->stop(m.device, &m.error), 0);
	m.driver->close(m.device);
	m.config.update = 0;
	m.device = m.driver->open(&m.config, m.link, twin_bench_timebase(m.bench), &m.error);
	assert_non_null(m.device);
	m.channels = m.driver->channels(m.device, &m.n);
	assert_near((double)m.channels[power].window * 1e-9, 16 * CYCLE, 0.0001);
	small_meter_close(&m);
}

static void its_counter(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: MCP39F511N, options: \"energy_count: 1.8 J\"", "load: {source: script, steps: [{at: 1 s, power: 200 W}]}\n", ROLE_CHECK, 0);
	small_meter_run(&m, 21);
	int energy = small_meter_channel(&m, "energy");
	const struct collected *first = NULL, *last = NULL;
	for (int i = 0; i < m.collect->n; i++)
		if (m.collect->list[i].record.channel == energy && m.collect->list[i].record.kind == RECORD_BLOCK) {
			first = first ? first : &m.collect->list[i];
			last = &m.collect->list[i];
		}
	assert_non_null(first);
	assert_true(m.channels[energy].kind == CHANNEL_COUNTER && m.channels[energy].role == ROLE_INTEGRAL);
	double from = (double)(first->record.t - m.began) * 1e-9, to = (double)(last->record.t - m.began) * 1e-9;
	assert_near((double)(last->count - first->count) * 1.8, small_meter_truth(&m, from, to) * (to - from), 0.5 * small_meter_truth(&m, to - 1, to));
	small_meter_close(&m);
}

static void expect_refusal(const char *instrument, const char *rest, enum channel_role role, double update, enum error_code code, const char *words)
{
	struct small_meter m = small_meter_open(instrument, rest, role, update);
	assert_null(m.device);
	assert_int_equal(m.error.code, code);
	if (strstr(m.error.what, words) == NULL)
		fail_msg("'%s' does not say '%s'", m.error.what, words);
	small_meter_close(&m);
}

static void what_is_refused(void **state)
{
	(void)state;
	expect_refusal("model: MCP39F511N", "", ROLE_WALL, 0, ERROR_CONFIG, "wall");
	expect_refusal("model: MCP39F511N", "", ROLE_CHECK, 0.1, ERROR_CONFIG, "0.1 s");
	expect_refusal("model: MCP39F511N", "", ROLE_CHECK, CYCLE, ERROR_CONFIG, "2, 4, 8"); /* N = 0 */
	expect_refusal("model: MCP39F511N, options: \"outlet: 3\"", "", ROLE_CHECK, 0, ERROR_CONFIG, "outlet");
	expect_refusal("model: MCP39F511N", "faults: [{what: garbage, at: 0 s}]\n", ROLE_CHECK, 0, ERROR_WRONG_DEVICE, "not its protocol");
	expect_refusal("model: MCP39F511N", "faults: [{what: silent, at: 0 s}]\n", ROLE_CHECK, 0, ERROR_TIMEOUT, "no answer");
}

/* The chip with one outlet has something else at the same addresses: it does not fit together, and nothing is taken for power. */
static void another_chip(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: MCP39F511N", "faults: [{what: other_model, at: 0 s}]\n", ROLE_CHECK, 0);
	assert_non_null(m.device); /* nothing has been measured yet */
	small_meter_run(&m, 3);
	small_meter_expect_all(&m, small_meter_channel(&m, "power"), 1, 3, FLAG_IMPLAUSIBLE);
	m.driver->close(m.device);
	m.device = m.driver->open(&m.config, m.link, twin_bench_timebase(m.bench), &m.error);
	assert_null(m.device);
	assert_int_equal(m.error.code, ERROR_WRONG_DEVICE);
	small_meter_close(&m);
}

static void no_value(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: MCP39F511N", "faults: [{what: inf, at: 4 s, for: 3 s}]\n", ROLE_CHECK, 0);
	small_meter_run(&m, 10);
	int power = small_meter_channel(&m, "power");
	small_meter_expect_none(&m, power, 0, 3.9, FLAG_INVALID);
	small_meter_expect_all(&m, power, 5, 6.9, FLAG_IMPLAUSIBLE);
	small_meter_expect_none(&m, power, 8, 10, FLAG_INVALID);
	small_meter_close(&m);
}

static void range_changed(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: MCP39F511N", "faults: [{what: range_change, at: 4 s}]\n", ROLE_CHECK, 0);
	small_meter_run(&m, 10);
	int power = small_meter_channel(&m, "power");
	const struct collected *range = collect_nth(m.collect, RECORD_RANGE, (unsigned)power, 1);
	assert_true(range && range->range.changed);
	small_meter_expect_none(&m, power, 0, 3.9, FLAG_INVALID | FLAG_RANGE_CHANGED);
	small_meter_expect_all(&m, power, 6, 10, FLAG_RANGE_CHANGED);
	small_meter_expect_none(&m, power, 6, 10, FLAG_INVALID); /* by the scale of that range */
	assert_near(small_meter_mean(&m, power, 6, 10), small_meter_truth(&m, 5.7, 9.7), 0.2);
	small_meter_close(&m);
}

static void stalled(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: MCP39F511N, noise: 0.5 W", "faults: [{what: stall, at: 4 s, for: 20 s}]\n", ROLE_CHECK, 0);
	small_meter_run(&m, 30);
	int power = small_meter_channel(&m, "power"), all;
	unsigned missing = collect_missing(m.collect, (unsigned)power, GAP_STALLED);
	small_meter_flagged(&m, power, 0, 30, 0, &all);
	assert_in_range(missing, (20 - 12 * 16 * CYCLE) / (16 * CYCLE) - 2, 20 / (16 * CYCLE)); /* ten unchanged ones were taken for true */
	assert_in_range(all + (int)missing, 30 / (16 * CYCLE) - 4, 30 / (16 * CYCLE) + 1);
	small_meter_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures), cmocka_unit_test(interval), cmocka_unit_test(its_counter), cmocka_unit_test(what_is_refused), cmocka_unit_test(another_chip),
		cmocka_unit_test(no_value), cmocka_unit_test(range_changed), cmocka_unit_test(stalled),
	};
	return cmocka_run_group_tests_name("mcp39f511n_device", tests, NULL, NULL);
}
