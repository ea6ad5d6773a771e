/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog, why the board began, and how it begins anew. What is carried over stands in the watchdog's scratch registers 2
 * and 3 (the bootloader uses 0 and 1, the ROM 4 to 7) and, as a reset by the RUN pin clears those, in memory that nobody clears. */
#ifndef RIG_WATCHDOG_H
#define RIG_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "rig_wire.h"

#define WATCHDOG_US 250000u

/* Why it began, and how often it has since power came. Once, first of all. */
enum rig_boot watchdog_boot(uint32_t *boots);
void watchdog_start(void);

enum part { PART_USB = 1 << 0, PART_RIG = 1 << 1, PART_LINES = 1 << 2, PART_SELF_TEST = 1 << 3, PARTS = 15 };
/* A part of the main loop has done its turn; once all have, the watchdog is fed. */
void watchdog_part(enum part part);

_Noreturn void watchdog_reset(enum rig_reset_to to);
/* Whether there is a ROM that has a bootloader: not in an emulator. */
bool bootloader_present(void);

#endif
