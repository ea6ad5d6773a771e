/* Bounds of the self-test, each from both sides. */
#include "unit.h"

#include "self_test.h"

#define ALL 0xffu

static struct self_test_readings good(void)
{
	return (struct self_test_readings){
		.made = ALL, .code_crc = 5, .code_crc_expected = 5, .memory_held = true,
		.timer_us = 10000, .systick_cycles = 1250000, .systick_hz = 125000000,
		.temperature_raw = 876 * 16, .temperature_n = 16, /* 27 degC is 876.3 */
		.out1_low_sensed_low = true, .out1_high_sensed_high = true,
		.loop_wired = true, .loop_delay_ns = { 1500, 40000 }, .power_identified = true, .serial_good = true, .stack_left = 900,
	};
}

static void expect_failed(const struct self_test_readings *readings, uint32_t failed)
{
	struct rig_self_test result;
	memset(&result, 0xaa, sizeof result);
	self_test_evaluate(readings, &result);
	assert_int_equal(result.failed, failed);
	assert_int_equal(result.passed, ALL & ~failed);
}

static void all_is_well(void **state)
{
	struct self_test_readings r = good();
	struct rig_self_test result;
	(void)state;
	expect_failed(&r, 0);
	self_test_evaluate(&r, &result);
	assert_int_equal(result.stack_left, 900);
	assert_int_equal(result.loop_delay_ns[0], 1500);
	assert_int_equal(result.loop_delay_ns[1], 40000);
	assert_in_range(result.temperature_mc, 26000, 28000);
}

#define BREAKS(check, change)                                                                                                 \
	do {                                                                                                                  \
		struct self_test_readings r = good();                                                                         \
		change;                                                                                                       \
		expect_failed(&r, check);                                                                                     \
	} while (0)

static void each_check_fails_alone(void **state)
{
	(void)state;
	BREAKS(RIG_CHECK_CODE, r.code_crc++);
	BREAKS(RIG_CHECK_MEMORY, r.memory_held = false);
	BREAKS(RIG_CHECK_TIMER, r.timer_us = 10102);
	BREAKS(RIG_CHECK_TIMER, r.timer_us = 9900);
	BREAKS(RIG_CHECK_TIMER, r.timer_us = 0);
	BREAKS(RIG_CHECK_TIMER, r.timer_us = r.systick_cycles = 0); /* both stand still */
	BREAKS(RIG_CHECK_TIMER, r.systick_hz = 12000000); /* the crystal's clock taken for the PLL's */
	BREAKS(0, r.timer_us = 10099);
	BREAKS(0, r.timer_us = 9902);
	BREAKS(RIG_CHECK_ADC, r.temperature_raw = 0);
	BREAKS(RIG_CHECK_ADC, r.temperature_raw = 4095 * 16);
	BREAKS(RIG_CHECK_ADC, r.temperature_n = 0);
	BREAKS(RIG_CHECK_OUT1, r.out1_low_sensed_low = false);
	BREAKS(RIG_CHECK_OUT1, r.out1_high_sensed_high = false);
	BREAKS(RIG_CHECK_LOOP, r.loop_delay_ns[0] = -1);
	BREAKS(RIG_CHECK_LOOP, r.loop_delay_ns[1] = SELF_TEST_LOOP_MAX_NS + 1);
	BREAKS(0, r.loop_delay_ns[1] = SELF_TEST_LOOP_MAX_NS);
	BREAKS(RIG_CHECK_POWER, r.power_identified = false);
	BREAKS(RIG_CHECK_SERIAL, r.serial_good = false);
}

static void what_was_not_made_is_in_neither_word(void **state)
{
	(void)state;
	for (uint32_t check = 1; check < ALL; check *= 2) {
		struct self_test_readings r = { .made = check };
		struct rig_self_test result;
		self_test_evaluate(&r, &result);
		assert_int_equal(result.passed | result.failed, check == RIG_CHECK_LOOP ? 0 : check);
		assert_int_equal(result.loop_delay_ns[0], INT32_MIN);
	}
}

/* The data sheet's example: 0.706 V at 27 degC, 1.721 mV less for each degree. */
static void temperature_is_the_data_sheets(void **state)
{
	(void)state;
	for (int celsius = -40; celsius <= 125; celsius++) {
		double volt = 0.706 - (celsius - 27) * 0.001721;
		uint32_t sum = (uint32_t)(volt / 3.3 * 4096 * 64 + 0.5);
		assert_near(self_test_temperature_mc(sum, 64), celsius * 1000.0, 10);
	}
	assert_true(self_test_temperature_mc(4095, 1) < -1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_well),
		cmocka_unit_test(each_check_fails_alone),
		cmocka_unit_test(what_was_not_made_is_in_neither_word),
		cmocka_unit_test(temperature_is_the_data_sheets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
