/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig_board: what the trigger rig's board does to an edge between its terminals and the microcontroller's pins, by design. For host
 * and firmware; a board that was calibrated says so itself (rig_wire.h: input_delay_ns, output_delay_ns), and then its own figures hold.
 *
 * All in nanoseconds. A delay is the middle of what ngspice finds over supply, levels, part tolerances and 0 to 50 degrees C
 * (hardware/rig.cir, hardware/tolerances.csv); U is the half-width around it that holds all of them, so it is a limit, to be taken as
 * a rectangular distribution, and not a standard uncertainty. tests/hardware_test.py holds these figures against the simulation:
 * too small fails, and so does too large.
 *
 * Rise and fall are the pin's. An input pin is high while current flows into IN+, out of IN- (a source that drives both ways, of
 * 3.3 V, 5 V, 24 V or RS-232 levels, is assumed; a contact has its cable to charge: hardware/README.md). An output pin high closes
 * the contact between OUT+ and OUT-: a line that its input pulls up to 5 V goes low, which starts a meter's integration.
 */
#ifndef JOULERIG_RIG_BOARD_H
#define JOULERIG_RIG_BOARD_H

#define RIG_INPUT_INVERTED 0 /* for struct rig_input: the optocouplers are buffers, light gives high */

/* Terminal to pin: to be taken off a stamp. */
#define RIG_INPUT_DELAY_RISE_NS 200
#define RIG_INPUT_DELAY_FALL_NS 165
#define RIG_INPUT_DELAY_U_NS    180

/* Pin to terminal: to be added. The line's pull-up is 4.7 to 100 kohm, and its threshold 0.8 to 2 V. */
#define RIG_OUTPUT_DELAY_RISE_NS 22000
#define RIG_OUTPUT_DELAY_FALL_NS 27000
#define RIG_OUTPUT_DELAY_U_NS    26000

/* OUT1's pin to IN1's pin with OUT1 wired to IN1 through AUX: what a self-test has to find. */
#define RIG_LOOP_DELAY_RISE_NS 19000
#define RIG_LOOP_DELAY_FALL_NS 16500
#define RIG_LOOP_DELAY_U_NS    18500

#endif
