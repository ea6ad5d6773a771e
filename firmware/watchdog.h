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

/* Once each turn of the main loop: so it says that the loop goes round, and nothing of the blocks of hardware. */
void watchdog_feed(void);

_Noreturn void watchdog_reset(enum rig_reset_to to);
/* Whether there is a ROM that has a bootloader: not in an emulator. */
bool bootloader_present(void);

#endif
