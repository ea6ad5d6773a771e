/* SPDX-License-Identifier: Apache-2.0 */
#include "self_test.h"

#include <string.h>

int32_t self_test_temperature_mc(uint32_t raw_sum, uint32_t n)
{
	/* 1 LSB is 3.3 V / 4096; 64 bits, as this is rare */
	int64_t uv = n == 0 ? 0 : (int64_t)raw_sum * 3300000 / (4096 * (int64_t)n);
	return (int32_t)(27000 - (uv - 706000) * 1000 / 1721);
}

/* cycles / hz against us / 10^6, to 1 %. */
static bool clocks_agree(const struct self_test_readings *readings)
{
	uint64_t a = (uint64_t)readings->systick_cycles * 1000000, b = (uint64_t)readings->timer_us * readings->systick_hz;
	return b > 0 && (a > b ? a - b : b - a) <= b / 100;
}

static bool loop_holds(const struct self_test_readings *readings)
{
	for (int i = 0; i < 2; i++)
		if (readings->loop_delay_ns[i] < 0 || readings->loop_delay_ns[i] > SELF_TEST_LOOP_MAX_NS)
			return false;
	return true;
}

static void put(struct rig_self_test *result, const struct self_test_readings *readings, uint32_t check, bool holds)
{
	if (readings->made & check)
		*(holds ? &result->passed : &result->failed) |= check;
}

void self_test_evaluate(const struct self_test_readings *r, struct rig_self_test *result)
{
	memset(result, 0, sizeof *result);
	result->temperature_mc = self_test_temperature_mc(r->temperature_raw, r->temperature_n);
	result->stack_left = r->stack_left;
	result->loop_delay_ns[0] = r->loop_wired ? r->loop_delay_ns[0] : INT32_MIN;
	result->loop_delay_ns[1] = r->loop_wired ? r->loop_delay_ns[1] : INT32_MIN;
	put(result, r, RIG_CHECK_CODE, r->code_crc == r->code_crc_expected);
	put(result, r, RIG_CHECK_MEMORY, r->memory_held);
	put(result, r, RIG_CHECK_TIMER, clocks_agree(r));
	put(result, r, RIG_CHECK_ADC, r->temperature_n > 0 && result->temperature_mc >= -40000 && result->temperature_mc <= 125000);
	put(result, r, RIG_CHECK_OUT1, r->out1_low_sensed_low && r->out1_high_sensed_high);
	if (r->loop_wired)
		put(result, r, RIG_CHECK_LOOP, loop_holds(r));
	put(result, r, RIG_CHECK_POWER, r->power_identified);
	put(result, r, RIG_CHECK_SERIAL, r->serial_good);
}
