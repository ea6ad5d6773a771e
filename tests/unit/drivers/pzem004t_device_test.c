/* The driver of the PZEM-004T against its twin. */
#include "small_meter.h"

static void measures(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: PZEM-004T, link: pty, baud: 9600", "load: {source: script, steps: [{at: 3 s, cores: 1}]}\n", ROLE_CHECK, 0);
	small_meter_run(&m, 30);
	int power = small_meter_channel(&m, "power"), energy = small_meter_channel(&m, "energy"), all;
	assert_int_equal(small_meter_flagged(&m, power, 0, 30, FLAG_INVALID, &all), 0);
	assert_in_range(all, 29, 31);
	assert_int_equal(small_meter_gaps(&m, power), 0);
	assert_near(small_meter_mean(&m, power, 10, 30), small_meter_truth(&m, 10, 30), 0.2);
	assert_near(small_meter_mean(&m, small_meter_channel(&m, "voltage"), 0, 30), 230, 0.1);
	assert_true(m.driver->identity(m.device)->simulated && m.channels[power].simulated && m.channels[power].role == ROLE_CHECK);
	assert_true(m.channels[energy].kind == CHANNEL_COUNTER && m.channels[energy].scale == 3600 && m.channels[energy].role == ROLE_INTEGRAL);
	assert_near(m.channels[power].accuracy.quantum, 1, 0); /* it may reach 1000 W */
	assert_int_equal(m.driver->stop(m.device, &m.error), 0);
	small_meter_close(&m);
}

static void its_counter(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: PZEM-004T, power_max: 900 W, options: \"address: 248\"", "load: {source: script, steps: [{at: 1 s, power: 400 W}]}\n",
						ROLE_NONE, 0);
	small_meter_run(&m, 100);
	int energy = small_meter_channel(&m, "energy");
	uint64_t first = UINT64_MAX, last = 0;
	for (int i = 0; i < m.collect->n; i++)
		if (m.collect->list[i].record.channel == energy && m.collect->list[i].record.kind == RECORD_BLOCK) {
			first = first < m.collect->list[i].count ? first : m.collect->list[i].count;
			last = m.collect->list[i].count;
		}
	assert_near((double)(last - first) * 3600, 98 * small_meter_truth(&m, 75, 100), 2 * 3600);
	assert_near(m.channels[small_meter_channel(&m, "power")].accuracy.quantum, 0.1, 1e-12);
	assert_int_equal(m.channels[energy].role, ROLE_NONE);
	small_meter_close(&m);
}

static void expect_refusal(const char *instrument, const char *rest, enum channel_role role, enum error_code code, const char *words)
{
	struct small_meter m = small_meter_open(instrument, rest, role, 0);
	assert_null(m.device);
	assert_int_equal(m.error.code, code);
	if (strstr(m.error.what, words) == NULL)
		fail_msg("'%s' does not say '%s'", m.error.what, words);
	small_meter_close(&m);
}

static void what_is_refused(void **state)
{
	(void)state;
	expect_refusal("model: PZEM-004T, options: \"address: 7\"", "", ROLE_CHECK, ERROR_TIMEOUT, "address 7");
	expect_refusal("model: PZEM-004T, options: \"address: 249\"", "", ROLE_CHECK, ERROR_CONFIG, "249");
	expect_refusal("model: PZEM-004T, options: \"energy_step: 2 h\"", "", ROLE_CHECK, ERROR_CONFIG, "energy_step");
	expect_refusal("model: PZEM-004T, ranges: {voltage: 230 V, current: 20 A}", "", ROLE_CHECK, ERROR_CONFIG, "20 A");
	expect_refusal("model: PZEM-004T", "", ROLE_WALL, ERROR_CONFIG, "0.5 %");
	expect_refusal("model: PZEM-004T", "faults: [{what: other_model, at: 0 s}]\n", ROLE_CHECK, ERROR_WRONG_DEVICE, "refuses its registers");
	expect_refusal("model: PZEM-004T", "faults: [{what: garbage, at: 0 s}]\n", ROLE_CHECK, ERROR_WRONG_DEVICE, "not its Modbus");
	/* More often than it renews its values: the same again is no other window. */
	struct small_meter m = small_meter_open("model: PZEM-004T", "", ROLE_CHECK, 0.5);
	assert_true(m.device == NULL && m.error.code == ERROR_CONFIG);
	assert_non_null(strstr(m.error.what, "once a second"));
	small_meter_close(&m);
}

static void no_data_and_over_range(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: PZEM-004T", "faults: [{what: nan, at: 6 s, for: 4 s}, {what: inf, at: 14 s, for: 4 s}]\n", ROLE_CHECK, 0);
	small_meter_run(&m, 24);
	int power = small_meter_channel(&m, "power"), energy = small_meter_channel(&m, "energy");
	small_meter_expect_none(&m, power, 0, 5.5, FLAG_INVALID);
	small_meter_expect_all(&m, power, 7.5, 9.5, FLAG_NO_DATA);
	small_meter_expect_none(&m, power, 11.5, 13.5, FLAG_INVALID);
	small_meter_expect_all(&m, power, 15.5, 17.5, FLAG_OVER_RANGE);
	small_meter_expect_all(&m, energy, 15.5, 17.5, FLAG_OVER_RANGE); /* what it counts then is too little */
	small_meter_expect_none(&m, power, 19.5, 24, FLAG_INVALID);
	small_meter_close(&m);
}

/* A refusal has no registers in it, let alone 0 W. */
static void refused_while_it_measures(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: PZEM-004T", "faults: [{what: other_model, at: 6 s, for: 4 s}]\n", ROLE_CHECK, 0);
	small_meter_run(&m, 16);
	int power = small_meter_channel(&m, "power");
	assert_true(collect_missing(m.collect, (unsigned)power, GAP_GARBLED) + collect_missing(m.collect, (unsigned)power, GAP_GONE) >= 3);
	for (int i = 0; i < m.collect->n; i++) {
		double at = (double)(m.collect->list[i].record.t - m.began) * 1e-9;
		assert_false(m.collect->list[i].record.kind == RECORD_BLOCK && at > 6.1 && at < 9.9);
	}
	small_meter_expect_none(&m, power, 13, 16, FLAG_INVALID);
	small_meter_close(&m);
}

static void stalled(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: PZEM-004T, noise: 0.5 W, power_max: 900 W",
						"load: {source: script, steps: [{at: 1 s, power: 400 W}]}\nfaults: [{what: stall, at: 20 s, for: 150 s}]\n", ROLE_CHECK, 0);
	small_meter_run(&m, 200);
	int power = small_meter_channel(&m, "power");
	small_meter_expect_none(&m, power, 0, 89, FLAG_INVALID);
	small_meter_expect_all(&m, power, 120, 168, FLAG_IMPLAUSIBLE);
	small_meter_expect_none(&m, power, 175, 200, FLAG_INVALID);
	small_meter_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures), cmocka_unit_test(its_counter), cmocka_unit_test(what_is_refused), cmocka_unit_test(no_data_and_over_range),
		cmocka_unit_test(stalled), cmocka_unit_test(refused_while_it_measures),
	};
	return cmocka_run_group_tests_name("pzem004t_device", tests, NULL, NULL);
}
