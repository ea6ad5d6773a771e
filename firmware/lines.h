/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trigger lines: inputs whose edges an interrupt stamps, outputs whose edges are stamped where they are made.
 *
 * How far a stamp may be from the edge at the pin (LINES_STAMP_U_NS, told to the host), in cycles of 8 ns:
 *
 *	  3	the pin's synchroniser, and the interrupt's way to the core
 *	 16	exception entry (15, and one for a jump that was under way)
 *	 20	the handler up to the stamp: pushes, two reads of APB of 4 cycles each
 *	 12	waits behind DMA for a bank of memory: at most each of its accesses, and those only if all collide
 *	 60	interrupts are off: set_output, 40; before WFI, 12; and what could not be counted
 *	100	this handler is running already, for another line's edge: it goes round once more, from its stamp to the next
 *	---
 *	211	1.69 us later than the edge, at most; and at least 0.2 us, the way of an undisturbed one
 *
 * No other interrupt is of its priority, and none but these switches interrupts off. The stamp is a whole microsecond, of which the edge is
 * 0 to 1 us before: a stamp s means that the edge was in (s - 1.69, s + 0.8] us. A half-width of 1.7 us holds both ends.
 */
#ifndef RIG_LINES_H
#define RIG_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "rig_wire.h"

#define LINES_STAMP_U_NS 1700u

/* Called from the main loop, in the order of time: low half of the ticks, enum rig_line, level of the pin after it, the set that was being
 * converted or RIG_NO_SAMPLE. */
typedef void (*lines_told)(uint32_t stamp, uint8_t line, bool high, uint32_t sample);

/* Outputs are low, no input is watched. */
void lines_open(lines_told told);
/* Both edges of an input, from now on or no longer. */
void lines_watch(uint8_t line, bool on);
/* Returns the ticks at which it was set; tells the edge if it is one. */
uint64_t lines_set_output(uint8_t line, bool high);
/* Untold and at once, for when nothing else works any more. */
void lines_all_low(void);
bool lines_input(uint8_t line);
bool lines_sense(void);
void lines_led(bool on);

/* Tells what was noted. Of the main loop, each time round, and before the ADC is started or stopped. */
void lines_poll(void);

#endif
