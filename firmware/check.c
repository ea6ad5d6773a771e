/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "bus.h"
#include "clocks.h"
#include "lines.h"
#include "logic/crc.h"
#include "rp2040/cortex.h"
#include "sampler.h"
#include "watchdog.h"

#include <string.h>

#define TIMER_CHECK_US 20000u
#define CODE_CHUNK 2048u /* 0.2 ms */
#define MEMORY_WORDS 1024u
#define TEMPERATURES 16u
#define SETTLE_US 1000u  /* of an output, its opto-coupler and what it is wired to */
#define MANUFACTURER UINT32_C(0x5449) /* "TI" */
#define DEVICE UINT32_C(0x228)        /* and 4 bits of revision below */
#define STACK_UNUSED UINT32_C(0x5afe57ac) /* reset.S */

extern const uint8_t code_start[], code_end[];
extern const uint32_t image_start[];
extern uint32_t unset_end[], sram_end[], stack_start[];
enum { VECTOR_IMAGE_CHECK = 8 };

enum step { IDLE, CODE, MEMORY, CLOCK_BEGIN, CLOCK_END, TEMPERATURE, OUTPUT_LOW, OUTPUT_RISE, OUTPUT_HIGH, OUTPUT_FALL, PART_BEGIN, PART_END, ALL };
static struct {
	enum step step;
	uint64_t due;
	const uint8_t *code;
	uint32_t timer, systick;
	bool bus;
	struct i2c_transfer transfer;
	struct self_test_readings readings;
} check;

void check_begin(bool bus, bool serial_good)
{
	memset(&check, 0, sizeof check);
	check.step = CODE;
	check.code = code_start;
	check.bus = bus;
	check.readings.made = RIG_CHECK_SERIAL;
	check.readings.serial_good = serial_good;
}

bool check_runs(void)
{
	return check.step != IDLE;
}

void check_end(void)
{
	CORTEX->syst_csr = 0;
	if (check.transfer.state == I2C_RUNS)
		bus_abandon(NULL);
	check.transfer.state = I2C_DONE;
	check.step = IDLE;
}

static void code(void)
{
	size_t left = (size_t)(code_end - check.code);
	size_t size = left < CODE_CHUNK ? left : CODE_CHUNK;
	check.readings.code_crc = crc32_of(check.readings.code_crc, check.code, size);
	check.code += size;
	if (check.code < code_end)
		return;
	check.readings.code_crc_expected = image_start[VECTOR_IMAGE_CHECK];
	check.readings.made |= RIG_CHECK_CODE;
	check.step = MEMORY;
}

/* Each word holds what differs from its neighbours', then the opposite. Of the memory between the buffers and the end: nobody's. */
static bool memory_holds(volatile uint32_t *words, uint32_t n, uint32_t flip)
{
	for (uint32_t i = 0; i < n; i++)
		words[i] = (i * UINT32_C(0x9e3779b9)) ^ flip;
	bool holds = true;
	for (uint32_t i = 0; i < n; i++)
		holds = holds && words[i] == ((i * UINT32_C(0x9e3779b9)) ^ flip);
	return holds;
}

static void memory(void)
{
	uint32_t n = (uint32_t)(sram_end - unset_end);
	n = n < MEMORY_WORDS ? n : MEMORY_WORDS;
	check.readings.memory_held = memory_holds(unset_end, n, 0) && memory_holds(unset_end, n, UINT32_MAX);
	check.readings.made |= n > 0 ? RIG_CHECK_MEMORY : 0;
	check.step = CLOCK_BEGIN;
}

static void clock_begin(uint64_t now)
{
	CORTEX->syst_rvr = SYSTICK_MAX;
	CORTEX->syst_cvr = 0;
	CORTEX->syst_csr = SYSTICK_ENABLE | SYSTICK_FROM_CPU;
	check.systick = CORTEX->syst_cvr;
	check.timer = ticks_low();
	check.due = now + TIMER_CHECK_US;
	check.step = CLOCK_END;
}

/* SysTick counts down, 24 bits of it: 134 ms. */
static void clock_end(void)
{
	check.readings.systick_cycles = (check.systick - CORTEX->syst_cvr) & SYSTICK_MAX;
	check.readings.timer_us = ticks_low() - check.timer;
	check.readings.systick_hz = CLK_SYS_HZ;
	check.readings.made |= RIG_CHECK_TIMER;
	check.step = TEMPERATURE;
}

static void temperature(uint64_t now)
{
	check.readings.temperature_n = TEMPERATURES;
	if (sampler_temperature(TEMPERATURES, &check.readings.temperature_raw))
		check.readings.made |= RIG_CHECK_ADC;
	lines_set_output(RIG_OUT1, false);
	check.due = now + SETTLE_US;
	check.step = OUTPUT_LOW;
}

/* OUT1 moves; how long until IN1 follows, in ns, or INT32_MIN if it does not. SysTick runs. IN1 is inverted by its opto-coupler or is not,
 * so any change is one. */
static int32_t loop_delay(bool high)
{
	bool before = lines_input(RIG_IN1);
	uint32_t most = SELF_TEST_LOOP_MAX_NS / (1000000000u / CLK_SYS_HZ), passed;
	lines_move_output(RIG_OUT1, high);
	do
		passed = (lines_output_cycle() - CORTEX->syst_cvr) & SYSTICK_MAX;
	while (lines_input(RIG_IN1) == before && passed < most);
	return passed < most ? (int32_t)(passed * (1000000000u / CLK_SYS_HZ)) : INT32_MIN;
}

static void output_moves(uint64_t now, bool high)
{
	check.readings.loop_delay_ns[high ? 0 : 1] = loop_delay(high);
	check.due = now + 2 * SETTLE_US;
	check.step++;
}

static void output_ends(void)
{
	check.readings.loop_wired = check.readings.loop_delay_ns[0] != INT32_MIN || check.readings.loop_delay_ns[1] != INT32_MIN;
	check.readings.made |= RIG_CHECK_OUT1 | RIG_CHECK_LOOP;
	CORTEX->syst_csr = 0;
	check.step = check.bus ? PART_BEGIN : ALL;
}

static void part_asked(uint8_t reg)
{
	check.transfer = (struct i2c_transfer){ .reg = reg, .size = 2 };
	bus_begin(NULL, &check.transfer);
}

/* Of a transfer that has ended or is late. */
static bool part_says(uint32_t what, unsigned shift)
{
	if (check.transfer.state == I2C_RUNS)
		bus_abandon(NULL);
	return check.transfer.state == I2C_DONE && power_unsigned(check.transfer.bytes, 2) >> shift == what;
}

static void part(uint64_t now)
{
	if (check.step == PART_BEGIN) {
		part_asked(INA228_MANUFACTURER_ID);
		check.step = PART_END;
	} else if (check.transfer.reg == INA228_MANUFACTURER_ID) {
		check.readings.power_identified = part_says(MANUFACTURER, 0);
		part_asked(INA228_DEVICE_ID);
	} else {
		check.readings.power_identified = part_says(DEVICE, 4) && check.readings.power_identified;
		check.readings.made |= RIG_CHECK_POWER;
		check.step = ALL;
	}
	check.due = now + POWER_TRANSFER_US;
}

static uint32_t stack_left(void)
{
	uint32_t words = 0;
	while (stack_start[words] == STACK_UNUSED)
		words++;
	return 4 * words;
}

bool check_step(uint64_t now, struct self_test_readings *readings)
{
	if (check.step == IDLE || now < check.due)
		return false;
	switch (check.step) {
	case IDLE:
		break;
	case CODE:
		code();
		break;
	case MEMORY:
		memory();
		break;
	case CLOCK_BEGIN:
		clock_begin(now);
		break;
	case CLOCK_END:
		clock_end();
		break;
	case TEMPERATURE:
		temperature(now);
		break;
	case OUTPUT_LOW:
		check.readings.out1_low_sensed_low = !lines_sense();
		check.step = OUTPUT_RISE;
		break;
	case OUTPUT_RISE:
		output_moves(now, true);
		break;
	case OUTPUT_HIGH:
		check.readings.out1_high_sensed_high = lines_sense();
		check.step = OUTPUT_FALL;
		break;
	case OUTPUT_FALL:
		output_moves(now, false);
		output_ends();
		break;
	case PART_BEGIN:
	case PART_END:
		part(now);
		break;
	case ALL:
		check.readings.stack_left = stack_left();
		*readings = check.readings;
		check.step = IDLE;
		return true;
	}
	return false;
}

static bool part_answers(uint8_t reg, uint32_t what, unsigned shift)
{
	part_asked(reg);
	uint64_t end = ticks_now() + POWER_TRANSFER_US;
	while (check.transfer.state == I2C_RUNS && ticks_now() < end)
		;
	return part_says(what, shift);
}

bool check_power_part(void)
{
	return part_answers(INA228_MANUFACTURER_ID, MANUFACTURER, 0) && part_answers(INA228_DEVICE_ID, DEVICE, 4);
}
