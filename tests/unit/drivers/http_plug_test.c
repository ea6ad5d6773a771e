/* The driver of plugs against their twin: each kind, what is refused and in what words, and what is flagged. */
#include "small_meter.h"

static void each_kind(void **state)
{
	(void)state;
	static const struct {
		const char *instrument, *model;
		double quantum, count; /* of its power, W; of its energy, J; 0: it has none */
	} kinds[] = {
		{ "model: SNSW-001P16EU", "SNSW-001P16EU", 0.1, 3.6 }, { "model: SNPM-001PCEU16", "SNPM-001PCEU16", 0.1, 3.6 },
		{ "model: SPEM-003CEBEU", "SPEM-003CEBEU", 0.1, 0 },   { "model: SHPLG-S", "SHPLG-S", 0.01, 60 },
		{ "model: Tasmota", "Tasmota", 1, 3600 },              { "model: Tasmota, options: \"kind: tasmota\"", "Tasmota", 1, 3600 },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct small_meter m = small_meter_open(kinds[i].instrument, "", ROLE_CHECK, 0);
		small_meter_run(&m, 25);
		const struct identity *identity = m.driver->identity(m.device);
		assert_string_equal(identity->model, kinds[i].model);
		assert_true(identity->simulated && strncmp(identity->serial, "SIM", 3) == 0);
		int power = small_meter_channel(&m, "power"), all;
		assert_true(m.channels[power].role == ROLE_CHECK && m.channels[power].simulated);
		assert_near(m.channels[power].accuracy.quantum, kinds[i].quantum, 1e-9);
		assert_int_equal(m.channels[power].unmeasured, m.channels[power].window);
		assert_int_equal(small_meter_flagged(&m, power, 0, 25, FLAG_INVALID, &all), 0);
		assert_in_range(all, 24, 26);
		assert_int_equal(small_meter_gaps(&m, power), 0);
		assert_near(small_meter_mean(&m, power, 5, 25), small_meter_truth(&m, 5, 25), kinds[i].quantum);
		assert_int_equal(m.n, kinds[i].count == 0 || i == 3 ? i == 3 ? 2 : 3 : 4);
		if (kinds[i].count > 0) {
			const struct channel *energy = &m.channels[small_meter_channel(&m, "energy")];
			assert_true(energy->kind == CHANNEL_COUNTER && energy->role == ROLE_INTEGRAL && energy->update_jitter == 60 * NS_PER_S);
			assert_near(energy->accuracy.quantum, kinds[i].count, 1e-6);
			assert_near(energy->scale, kinds[i].count == 3600 ? 3.6 : kinds[i].count == 60 ? 60e-6 : 3600e-6, 1e-12);
		}
		assert_int_equal(m.driver->stop(m.device, &m.error), 0);
		small_meter_close(&m);
	}
}

static void its_counter(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: SNSW-001P16EU", "load: {source: script, steps: [{at: 1 s, power: 400 W}]}\n", ROLE_WALL, 0);
	assert_null(m.device); /* no accuracy */
	small_meter_close(&m);
	m = small_meter_open("model: SNSW-001P16EU, accuracy: {reading: 0.1 %}", "load: {source: script, steps: [{at: 1 s, power: 400 W}]}\n", ROLE_WALL, 0);
	small_meter_run(&m, 41);
	int energy = small_meter_channel(&m, "energy");
	const struct collected *first = NULL, *last = NULL;
	for (int i = 0; i < m.collect->n; i++)
		if (m.collect->list[i].record.channel == energy && m.collect->list[i].record.kind == RECORD_BLOCK) {
			first = first ? first : &m.collect->list[i];
			last = &m.collect->list[i];
		}
	assert_non_null(first);
	double watts = small_meter_truth(&m, 35, 41);
	double joules = (double)(last->count - first->count) * m.channels[energy].scale;
	assert_in_range((int)watts, 400, 1000);
	assert_near(joules, 35 * watts, 10 * watts); /* behind by one of its steps of 10 s, or two */
	small_meter_close(&m);
}

static void expect_refusal(const char *instrument, const char *rest, enum error_code code, const char *words)
{
	struct small_meter m = small_meter_open(instrument, rest, ROLE_CHECK, 0);
	assert_null(m.device);
	assert_int_equal(m.error.code, code);
	if (strstr(m.error.what, words) == NULL)
		fail_msg("'%s' does not say '%s'", m.error.what, words);
	small_meter_close(&m);
}

static void what_is_refused(void **state)
{
	(void)state;
	expect_refusal("model: SNSW-001X16EU", "", ERROR_UNSUPPORTED, "reports no power"); /* which is not 0 W */
	expect_refusal("model: SNSW-001P16EU password", "", ERROR_UNSUPPORTED, "status 401");
	expect_refusal("model: SHPLG-S password", "", ERROR_UNSUPPORTED, "digest");
	expect_refusal("model: Tasmota password", "", ERROR_UNSUPPORTED, "password");
	expect_refusal("model: SHPLG-S, options: \"kind: pm1\"", "", ERROR_WRONG_DEVICE, "no such meter");
	expect_refusal("model: SHPLG-S, options: \"kind: tasmota\"", "", ERROR_WRONG_DEVICE, "neither");
	expect_refusal("model: SHPLG-S, options: \"kind: socket\"", "", ERROR_CONFIG, "kind cannot be 'socket'");
	expect_refusal("model: SHPLG-S, options: \"channel: 8\"", "", ERROR_CONFIG, "channel");
	expect_refusal("model: SHPLG-S, options: \"channel: 1\"", "", ERROR_UNSUPPORTED, "meter 1");
	expect_refusal("model: SHPLG-S, options: \"energy_step: 2 h\"", "", ERROR_CONFIG, "energy_step");
	expect_refusal("model: SHPLG-S", "faults: [{what: garbage, at: 0 s}]\n", ERROR_WRONG_DEVICE, "neither");
	expect_refusal("model: SHPLG-S", "faults: [{what: silent, at: 0 s}]\n", ERROR_TIMEOUT, "no answer");
	/* More often than it renews its values: the same again is no other window. */
	struct small_meter m = small_meter_open("model: SHPLG-S", "", ROLE_CHECK, 0.5);
	assert_true(m.device == NULL && m.error.code == ERROR_CONFIG);
	assert_non_null(strstr(m.error.what, "once a second"));
	small_meter_close(&m);
}

static void another_serial(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: SHPLG-S", "", ROLE_CHECK, 0);
	assert_non_null(m.device);
	m.driver->close(m.device);
	strcpy(m.config.serial, "C8C9A3B18C12");
	m.device = m.driver->open(&m.config, m.link, twin_bench_timebase(m.bench), &m.error);
	assert_null(m.device);
	assert_int_equal(m.error.code, ERROR_WRONG_DEVICE);
	small_meter_close(&m);
}

static void no_data(void **state)
{
	(void)state;
	static const char *const models[] = { "model: SNSW-001P16EU", "model: SPEM-003CEBEU", "model: SHPLG-S", "model: Tasmota" };
	for (int i = 0; i < 4; i++) {
		struct small_meter m = small_meter_open(models[i], "faults: [{what: nan, at: 6 s, for: 4 s}]\n", ROLE_CHECK, 0);
		small_meter_run(&m, 15);
		int power = small_meter_channel(&m, "power");
		small_meter_expect_all(&m, power, 7, 9, FLAG_NO_DATA);
		small_meter_expect_none(&m, power, 0, 5, FLAG_NO_DATA);
		small_meter_expect_none(&m, power, 11, 15, FLAG_NO_DATA);
		small_meter_close(&m);
	}
}

static void over_range(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: SPEM-003CEBEU", "faults: [{what: inf, at: 6 s, for: 4 s}]\n", ROLE_CHECK, 0);
	small_meter_run(&m, 15);
	int power = small_meter_channel(&m, "power");
	small_meter_expect_all(&m, power, 7, 9, FLAG_OVER_RANGE);
	small_meter_expect_none(&m, power, 11, 15, FLAG_OVER_RANGE);
	small_meter_close(&m);
}

/* Its web page answers, its meter does not: known once its counter must have moved. */
static void stalled(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: SNSW-001P16EU, noise: 0.5 W, options: \"energy_step: 15 s\"", "faults: [{what: stall, at: 20 s, for: 150 s}]\n",
						ROLE_CHECK, 0);
	small_meter_run(&m, 200);
	int power = small_meter_channel(&m, "power"), energy = small_meter_channel(&m, "energy");
	small_meter_expect_none(&m, power, 0, 90, FLAG_IMPLAUSIBLE);
	small_meter_expect_all(&m, power, 100, 168, FLAG_IMPLAUSIBLE);
	small_meter_expect_all(&m, energy, 100, 168, FLAG_IMPLAUSIBLE);
	small_meter_expect_none(&m, power, 175, 200, FLAG_IMPLAUSIBLE);
	small_meter_close(&m);
}

static void probed(void **state)
{
	(void)state;
	struct small_meter m = small_meter_open("model: Tasmota", "", ROLE_CHECK, 0);
	struct device_config config = m.config;
	struct identity identity;
	config.serial[0] = '\0';
	assert_int_equal(m.driver->probe(m.link, twin_bench_timebase(m.bench), &config, &identity, &m.error), 0);
	assert_string_equal(identity.maker, "Tasmota");
	assert_true(identity.simulated && strcmp(config.serial, identity.serial) == 0);
	small_meter_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind), cmocka_unit_test(its_counter), cmocka_unit_test(what_is_refused), cmocka_unit_test(another_serial),
		cmocka_unit_test(no_data), cmocka_unit_test(over_range), cmocka_unit_test(stalled), cmocka_unit_test(probed),
	};
	return cmocka_run_group_tests_name("http_plug", tests, NULL, NULL);
}
