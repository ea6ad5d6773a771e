/* SPDX-License-Identifier: Apache-2.0 */
/* self_test: what the board measured on itself, held against bounds. The measuring is the hardware side's. */
#ifndef JOULERIG_FIRMWARE_SELF_TEST_H
#define JOULERIG_FIRMWARE_SELF_TEST_H

#include <stdbool.h>

#include "rig_wire.h"

struct self_test_readings {
	uint32_t made;              /* enum rig_check: the readings below that were made */
	uint32_t code_crc, code_crc_expected;
	bool memory_held;           /* each pattern was read back as written */
	uint32_t timer_us;          /* of the 64-bit timer, while SysTick counted */
	uint32_t systick_cycles;    /* of a clock of */
	uint32_t systick_hz;
	uint32_t temperature_raw;   /* sum of ADC readings of the sensor */
	uint32_t temperature_n;     /* how many */
	bool out1_low_sensed_low, out1_high_sensed_high;
	bool loop_wired;            /* IN1 followed OUT1 at least once; if not, RIG_CHECK_LOOP is in neither word */
	int32_t loop_delay_ns[2];
	bool power_identified;
	bool serial_good;           /* identity_read */
	uint32_t stack_left;        /* bytes */
};
#define SELF_TEST_LOOP_MAX_NS 1000000 /* an opto-coupler is a thousand times slower than a wire, and ten times faster than this */

void self_test_evaluate(const struct self_test_readings *readings, struct rig_self_test *result);

/* RP2040 data sheet 4.9.5: 27 degC - (V - 0.706 V) / 1.721 mV/K, of a mean of `n` readings against 3.3 V; 1/1000 degC. */
int32_t self_test_temperature_mc(uint32_t raw_sum, uint32_t n);

#endif
