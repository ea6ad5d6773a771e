/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include "board.h"
#include "clocks.h"
#include "isr.h"
#include "logic/edges.h"
#include "rp2040/cortex.h"
#include "rp2040/gpio.h"
#include "rp2040/system.h"
#include "sampler.h"
#include "wake.h"

#define NOTED 512u /* between two turns of the main loop, the longest of which is 2 ms */

static const uint8_t inputs[RIG_INPUTS] = { PIN_IN1, PIN_IN2, PIN_IN3, PIN_IN4 };
static const uint8_t outputs[RIG_OUTPUTS] = { PIN_OUT1, PIN_OUT2 };
#define BANKS 4 /* of 8 pins */

/* What the interrupt found, or what set_output did. */
struct note {
	uint32_t stamp;
	uint32_t pins;          /* levels after it; of an output: not 0 is high */
	uint32_t events[BANKS]; /* latched, before */
	uint32_t again[BANKS];  /* and since: another interrupt tells them */
	struct sampler_place place;
	uint32_t output;        /* RIG_OUT1 or RIG_OUT2; 0: it was inputs */
};

static struct {
	uint32_t output_cycle;   /* SysTick when an output was last set */
	struct note *next;       /* that will be written: with isr_lines held, or by it */
	struct note *read;       /* that will be read, by the main loop */
	volatile bool full;      /* inputs are off, until the notes are read */
	lines_told told;
	lines_lost lost;
	uint32_t levels;         /* of inputs, by pin, after the last edge told */
	uint32_t on;             /* inputs watched, bit 0: IN1 */
} lines;
static struct note notes[NOTED] __attribute__((section(".unset")));

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

void lines_open(lines_told told, lines_lost lost)
{
	lines.told = told;
	lines.lost = lost;
	lines.next = lines.read = notes;
	reset_cycle(RESET_IO_BANK0 | RESET_PADS_BANK0);
	for (unsigned n = 0; n < RIG_INPUTS; n++)
		pin_input(inputs[n], PAD_PULL_DOWN); /* a coupler that is missing is dark */
	for (unsigned n = 0; n < RIG_OUTPUTS; n++)
		pin_output(outputs[n], PAD_DRIVE_12MA);
	pin_input(PIN_SENSE, PAD_PULL_DOWN);
	pin_output(PIN_LED, PAD_DRIVE_4MA);
	irq_priority(IRQ_IO_BANK0, 0);
	irq_enable(IRQ_IO_BANK0);
}

/* Inputs that are watched interrupt, all of them from one moment on; none does while the notes are full. Interrupts are off for some 30
 * cycles: one that comes in between could fill the notes, and switch off what is then switched on. */
static void interrupts_apply(void)
{
	uint32_t mask[BANKS] = { 0 };
	for (unsigned line = 0; line < RIG_INPUTS; line++)
		if (lines.on & BIT(line))
			mask[inputs[line] / 8] |= (GPIO_FALL | GPIO_RISE) << 4 * (inputs[line] % 8);
	__asm__ volatile("cpsid i" ::: "memory");
	for (unsigned n = 0; n < BANKS; n++)
		if (LINES_IN_BANK(n))
			IO_BANK0->proc0.inte[n] = lines.full ? 0 : mask[n];
	__asm__ volatile("cpsie i" ::: "memory");
}

/* Begins anew with the level of a pin that has no edge latched: if it moves in between, it is looked at again. Returns whether it has
 * moved since it was last told of. */
static bool level_from_now(unsigned pin)
{
	uint32_t both = (GPIO_FALL | GPIO_RISE) << 4 * (pin % 8), level, was = lines.levels & BIT(pin);
	bool moved = false;
	for (int tries = 0; tries < 8; tries++) {
		moved = moved || IO_BANK0->intr[pin / 8] & both;
		IO_BANK0->intr[pin / 8] = both;
		level = SIO->gpio_in & BIT(pin);
		if (!(IO_BANK0->intr[pin / 8] & both))
			break;
	}
	lines.levels = (lines.levels & ~BIT(pin)) | level;
	return moved || level != was;
}

void lines_watch(uint8_t line, bool on)
{
	unsigned pin = inputs[line];
	lines.on &= ~BIT(line);
	interrupts_apply();
	lines_poll();
	if (!on)
		return;
	level_from_now(pin);
	lines.on |= BIT(line);
	interrupts_apply();
}

static inline struct note *after(struct note *note)
{
	return note + 1 == notes + NOTED ? notes : note + 1;
}

/* Edges of inputs: goes before all else; lines.h says how long it takes. The stamp comes first, and so is as late wherever the pins are. What
 * the edges mean is left to the main loop. The last note that there is room for switches the inputs off. */
void isr_lines(void)
{
	struct note *here = lines.next;
	here->stamp = ticks_low();
	for (unsigned n = 0; n < BANKS; n++)
		if (LINES_IN_BANK(n))
			here->events[n] = IO_BANK0->proc0.ints[n];
	for (unsigned n = 0; n < BANKS; n++)
		if (LINES_IN_BANK(n))
			IO_BANK0->intr[n] = here->events[n];
	here->pins = SIO->gpio_in;
	for (unsigned n = 0; n < BANKS; n++)
		if (LINES_IN_BANK(n))
			here->again[n] = IO_BANK0->proc0.ints[n];
	here->output = 0;
	sampler_note(&here->place);
	lines.next = after(here);
	wake();
	if (after(after(lines.next)) != lines.read) /* room for this one's follower, and an output's */
		return;
	lines.full = true;
	for (unsigned n = 0; n < BANKS; n++)
		if (LINES_IN_BANK(n))
			IO_BANK0->proc0.inte[n] = 0;
}

static inline void note_output(uint8_t line, bool high, uint32_t stamp)
{
	struct note *here = lines.next;
	here->stamp = stamp;
	here->pins = high;
	here->output = line;
	sampler_note(&here->place);
	lines.next = after(here);
}

/* Interrupts are off for some 66 cycles. */
uint32_t lines_move_output(uint8_t line, bool high)
{
	uint32_t pin = BIT(outputs[line - RIG_OUT1]);
	lines_poll(); /* so that there is room for one more */
	__asm__ volatile("cpsid i" ::: "memory");
	bool was = SIO->gpio_out & pin;
	uint32_t stamp = ticks_low();
	lines.output_cycle = CORTEX->syst_cvr;
	if (high)
		SIO->gpio_out_set = pin;
	else
		SIO->gpio_out_clr = pin;
	if (was != high)
		note_output(line, high, stamp);
	__asm__ volatile("cpsie i" ::: "memory");
	return stamp;
}

uint64_t lines_set_output(uint8_t line, bool high)
{
	uint32_t stamp = lines_move_output(line, high);
	lines_poll();
	return ticks_near(ticks_now(), stamp);
}

static uint32_t latched(const uint32_t *banks, unsigned pin)
{
	return banks[pin / 8] >> 4 * (pin % 8) & (GPIO_FALL | GPIO_RISE);
}

/* The level when the latches had just been cleared. An edge since then is another note's, even where the level has it already; where there
 * were two, the level was read between them or not, and is what was expected. */
static bool level_after(const struct note *noted, unsigned pin, bool expected)
{
	bool high = noted->pins & BIT(pin);
	uint32_t again = latched(noted->again, pin);
	if (again == (GPIO_FALL | GPIO_RISE))
		return expected;
	return again == (high ? GPIO_RISE : GPIO_FALL) ? !high : high;
}

/* One input's edges, as few as there must have been: each way is latched once, however often it was gone, so what the levels before and
 * after say is told, too. A pulse of less than a microsecond has one stamp for both its edges. */
static void tell_input(const struct note *noted, unsigned line, uint32_t sample)
{
	unsigned pin = inputs[line];
	uint32_t events = latched(noted->events, pin);
	if (events == 0)
		return;
	bool before = lines.levels & BIT(pin), both = events == (GPIO_FALL | GPIO_RISE), last = both ? before : events == GPIO_RISE;
	bool after = level_after(noted, pin, last);
	unsigned edges = (both || before == last ? 2u : 1u) + (after != last);
	for (bool high = !before; edges > 0; edges--, high = !high)
		lines.told(noted->stamp, (uint8_t)line, high, sample);
	lines.levels = (lines.levels & ~BIT(pin)) | (after ? BIT(pin) : 0);
}

static void tell(const struct note *noted)
{
	uint32_t sample = sampler_set(&noted->place);
	if (noted->output != 0)
		lines.told(noted->stamp, (uint8_t)noted->output, noted->pins != 0, sample);
	else
		for (unsigned line = 0; line < RIG_INPUTS; line++)
			tell_input(noted, line, sample);
}

/* Inputs that came faster than they could be told are on again, all at once. Of one that has moved since, nothing more is known. */
static void inputs_again(void)
{
	for (uint8_t line = 0; line < RIG_INPUTS; line++)
		if (lines.on & BIT(line) && level_from_now(inputs[line]))
			lines.lost(line);
	lines.full = false;
	interrupts_apply();
}

/* What comes while this goes on is left to the next turn: an input that swings does not hold the main loop. */
void lines_poll(void)
{
	bool full = lines.full;
	const struct note *end = *(struct note *volatile *)&lines.next;
	while (lines.read != end) {
		tell(lines.read);
		lines.read = after(lines.read);
	}
	if (full)
		inputs_again();
}

uint32_t lines_output_cycle(void)
{
	return lines.output_cycle;
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
