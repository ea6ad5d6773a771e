/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interrupt handlers, each in the file of its block, and their order. They only stamp, move and queue: nothing waits in one.
 *
 *   0  lines   edges; nothing else may make them wait (lines.c says how long that is)
 *   1  dma     a block of samples is complete: stamped, counted
 *   2  usb     packets in and out, control requests
 *   3  timer wakes the main loop; bus looks whether an I2C transfer has ended
 */
#ifndef RIG_ISR_H
#define RIG_ISR_H

void isr_lines(void);
void isr_dma(void);
void isr_usb(void);
void isr_timer(void);
void isr_bus(void);
void isr_fault(void);

#endif
