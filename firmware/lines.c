/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include "board.h"
#include "clocks.h"
#include "isr.h"
#include "logic/edges.h"
#include "rp2040/cortex.h"
#include "rp2040/gpio.h"
#include "rp2040/system.h"
#include "wake.h"

#define BURST_MAX 1024u /* edges between two rounds of the main loop: four times what the queue holds */

static const uint8_t inputs[RIG_INPUTS] = { PIN_IN1, PIN_IN2, PIN_IN3, PIN_IN4 };
static const uint8_t outputs[RIG_OUTPUTS] = { PIN_OUT1, PIN_OUT2 };
#define BANK_USED(n) (PIN_IN1 / 8 == (n) || PIN_IN2 / 8 == (n) || PIN_IN3 / 8 == (n) || PIN_IN4 / 8 == (n))

static struct {
	void (*told)(uint32_t stamp, uint8_t line, bool high);
	uint32_t levels;         /* of inputs, by pin, after the last edge told; isr_lines' */
	volatile uint32_t burst; /* edges since lines_poll */
	volatile uint32_t on;    /* inputs watched, bit 0: IN1 */
} lines;

static void pin_input(unsigned pin, uint32_t pull)
{
	PADS_BANK0->gpio[pin] = PAD_INPUT | PAD_SCHMITT | PAD_NO_OUTPUT | pull;
	IO_BANK0->gpio[pin].ctrl = GPIO_FUNCTION_SIO;
}

static void pin_output(unsigned pin, uint32_t drive)
{
	SIO->gpio_out_clr = BIT(pin);
	SIO->gpio_oe_set = BIT(pin);
	PADS_BANK0->gpio[pin] = PAD_INPUT | drive;
	IO_BANK0->gpio[pin].ctrl = GPIO_FUNCTION_SIO;
}

void lines_open(void (*told)(uint32_t stamp, uint8_t line, bool high))
{
	lines.told = told;
	reset_cycle(RESET_IO_BANK0 | RESET_PADS_BANK0);
	for (unsigned n = 0; n < RIG_INPUTS; n++)
		pin_input(inputs[n], PAD_PULL_UP); /* an opto-coupler pulls down */
	for (unsigned n = 0; n < RIG_OUTPUTS; n++)
		pin_output(outputs[n], PAD_DRIVE_12MA);
	pin_input(PIN_SENSE, PAD_PULL_DOWN);
	pin_output(PIN_LED, PAD_DRIVE_4MA);
	irq_priority(IRQ_IO_BANK0, 0);
	irq_enable(IRQ_IO_BANK0);
}

static void interrupts_on(unsigned pin, bool on)
{
	uint32_t both = (GPIO_FALL | GPIO_RISE) << 4 * (pin % 8);
	if (on)
		register_set(&IO_BANK0->proc0.inte[pin / 8], both);
	else
		register_clear(&IO_BANK0->proc0.inte[pin / 8], both);
}

/* The level of a pin with no edge latched: if it moves in between, it is looked at again. */
static uint32_t level_from_now(unsigned pin)
{
	uint32_t both = (GPIO_FALL | GPIO_RISE) << 4 * (pin % 8), level;
	int tries = 0;
	do {
		IO_BANK0->intr[pin / 8] = both;
		level = SIO->gpio_in & BIT(pin);
	} while (IO_BANK0->intr[pin / 8] & both && ++tries < 8);
	return level;
}

void lines_watch(uint8_t line, bool on)
{
	unsigned pin = inputs[line];
	irq_hold(IRQ_IO_BANK0);
	interrupts_on(pin, false);
	lines.on &= ~BIT(line);
	if (on) {
		lines.levels = (lines.levels & ~BIT(pin)) | level_from_now(pin);
		lines.on |= BIT(line);
		interrupts_on(pin, true);
	}
	irq_release(IRQ_IO_BANK0);
}

/* One line's latched edges, one by one: each way is latched once, however often it was gone, and what the levels before and after say must
 * have been there too is told with them. A pulse of less than a microsecond has one stamp for both its edges. */
static inline void tell(uint32_t stamp, unsigned line, uint32_t events, uint32_t pins)
{
	uint32_t pin = BIT(inputs[line]), before = lines.levels & pin;
	bool both = events == (GPIO_FALL | GPIO_RISE);
	uint32_t after = both ? pins & pin : events & GPIO_RISE ? pin : 0;
	bool high = before != 0;
	for (unsigned left = (both || after == before ? 2u : 0u) + (after != before); left > 0; left--) {
		high = !high;
		lines.told(stamp, (uint8_t)line, high);
		lines.burst++;
	}
	lines.levels = (lines.levels & ~pin) | after;
}

/* Edges of inputs: 100 cycles for one, 60 for each more; goes before all else. The stamp comes after the latches are read, so that it is
 * never before an edge. */
void isr_lines(void)
{
	uint32_t events[4], pins;
	for (unsigned n = 0; n < 4; n++)
		events[n] = BANK_USED(n) ? IO_BANK0->proc0.ints[n] : 0;
	uint32_t stamp = ticks_low();
	pins = SIO->gpio_in;
	for (unsigned n = 0; n < 4; n++)
		if (BANK_USED(n))
			IO_BANK0->intr[n] = events[n];
	for (unsigned line = 0; line < RIG_INPUTS; line++) {
		uint32_t latched = events[inputs[line] / 8] >> 4 * (inputs[line] % 8) & (GPIO_FALL | GPIO_RISE);
		if (latched != 0)
			tell(stamp, line, latched, pins);
	}
	if (lines.burst > BURST_MAX)
		for (unsigned line = 0; line < RIG_INPUTS; line++)
			interrupts_on(inputs[line], false);
	wake();
}

void lines_poll(void)
{
	irq_hold(IRQ_IO_BANK0);
	bool off = lines.burst > BURST_MAX;
	lines.burst = 0;
	irq_release(IRQ_IO_BANK0);
	for (uint8_t line = 0; off && line < RIG_INPUTS; line++)
		if (lines.on & BIT(line))
			lines_watch(line, true);
}

/* Interrupts are off for some 40 cycles, with the edge's way into its queue. */
uint64_t lines_set_output(uint8_t line, bool high)
{
	uint32_t pin = BIT(outputs[line - RIG_OUT1]);
	__asm__ volatile("cpsid i" ::: "memory");
	bool was = SIO->gpio_out & pin;
	uint32_t stamp = ticks_low();
	if (high)
		SIO->gpio_out_set = pin;
	else
		SIO->gpio_out_clr = pin;
	if (was != high)
		lines.told(stamp, line, high);
	__asm__ volatile("cpsie i" ::: "memory");
	wake();
	return ticks_near(ticks_now(), stamp);
}

bool lines_input(uint8_t line)
{
	return SIO->gpio_in & BIT(inputs[line]);
}

bool lines_sense(void)
{
	return SIO->gpio_in & BIT(PIN_SENSE);
}

void lines_led(bool on)
{
	if (on)
		SIO->gpio_out_set = BIT(PIN_LED);
	else
		SIO->gpio_out_clr = BIT(PIN_LED);
}

void lines_all_low(void)
{
	SIO->gpio_out_clr = BIT(PIN_OUT1) | BIT(PIN_OUT2);
}
