/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trigger lines: inputs whose edges an interrupt stamps, outputs whose edges are stamped where they are made.
 *
 * How far a stamp may be from the edge at the pin (LINES_STAMP_U_NS, told to the host). In cycles of 8 ns, an edge that meets a core at
 * rest or in other code:
 *
 *	  3	the pin's synchroniser, and the latch's way to the core
 *	 16	exception entry (15 and a jump, or the rest of an instruction that cannot be broken off)
 *	 11	the handler up to the stamp, with one read of APB
 *
 * Nothing else has its priority. One of these can make it wait: interrupts are off (set_output: 66 cycles; inputs_again: 30; before WFI: 12), or the handler
 * has just looked at the latches for another edge, and then takes
 *
 *	100	to end that turn, with the inputs in one bank of 8 pins and the ADC's place read twice, should a block end there
 *	 12	its end, beyond the next entry, above
 *	 24	for APB's waits and DMA's accesses to the same bank of memory, where each of the 12 that could collide does so
 *
 * That is 166 cycles, 1.33 us. The stamp is taken before the latches are read; an edge in between, at most 24 cycles and their waits, is
 * stamped up to 0.3 us too early. The stamp is a whole microsecond that began 0 to 1 us before it was taken, so a stamp s says that
 * the edge was in (s - 1.33, s + 1.3] us. 1.7 us hold that, with a fifth to spare for what silicon may add. Each further bank that inputs
 * are in has the handler take 20 cycles more, and 3 accesses of APB: 0.25 us with their waits, and as much to spare.
 *
 * In the emulator, which has neither synchroniser nor waits, of 3000 pairs of edges under full load the latest stamp came 1.06 us after its
 * edge (1.49 with pins in four banks), the earliest 0.06 us before (0.24); an undisturbed one takes 0.21 us.
 */
#ifndef RIG_LINES_H
#define RIG_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "rig_wire.h"

#define LINES_IN_BANK(n) (PIN_IN1 / 8 == (n) || PIN_IN2 / 8 == (n) || PIN_IN3 / 8 == (n) || PIN_IN4 / 8 == (n))
#define LINES_BANKS ((unsigned)LINES_IN_BANK(0) + LINES_IN_BANK(1) + LINES_IN_BANK(2) + LINES_IN_BANK(3))
#define LINES_STAMP_U_NS (1700u + 250u * (LINES_BANKS - 1u))

/* Called from the main loop, in the order of time: low half of the ticks, enum rig_line, level of the pin after it, the set that was being
 * converted or RIG_NO_SAMPLE. */
typedef void (*lines_told)(uint32_t stamp, uint8_t line, bool high, uint32_t sample);

/* An input moved while it was switched off, as it had come too fast: at least once, at most who knows. */
typedef void (*lines_lost)(uint8_t line);

/* Outputs are low, no input is watched. */
void lines_open(lines_told told, lines_lost lost);
/* Both edges of an input, from now on or no longer. */
void lines_watch(uint8_t line, bool on);
/* Returns the ticks at which it was set; tells the edge if it is one. */
uint64_t lines_set_output(uint8_t line, bool high);
/* The same, told only by the next lines_poll: for who looks at once what comes of it. Low half of the ticks. */
uint32_t lines_move_output(uint8_t line, bool high);
/* Untold and at once, for when nothing else works any more. */
void lines_all_low(void);
/* SysTick, where it runs, when an output was last set. */
uint32_t lines_output_cycle(void);
bool lines_input(uint8_t line);
bool lines_sense(void);
void lines_led(bool on);

/* Tells what was noted. Of the main loop, each time round, and before the ADC is started or stopped. */
void lines_poll(void);

#endif
