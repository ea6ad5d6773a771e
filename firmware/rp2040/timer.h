/* SPDX-License-Identifier: Apache-2.0 */
/* The 64-bit microsecond timer (datasheet 4.6) and the watchdog, which makes its tick (4.7). */
#ifndef RP2040_TIMER_H
#define RP2040_TIMER_H

#include "rp2040/register.h"

struct rp_timer {
	reg32 timehw, timelw, timehr, timelr, alarm[4], armed, timerawh, timerawl, dbgpause, pause, intr, inte, intf, ints;
};
AT(rp_timer, alarm, 0x10);
AT(rp_timer, timerawl, 0x28);
AT(rp_timer, intr, 0x34);
AT(rp_timer, inte, 0x38);
#define TIMER ((struct rp_timer *)0x40054000u)

struct rp_watchdog {
	reg32 ctrl, load, reason, scratch[8], tick;
};
AT(rp_watchdog, scratch, 0x0c);
AT(rp_watchdog, tick, 0x2c);
#define WATCHDOG ((struct rp_watchdog *)0x40058000u)
#define WATCHDOG_TRIGGER BIT(31)
#define WATCHDOG_ENABLE BIT(30)
#define WATCHDOG_PAUSE_DEBUG (BIT(24) | BIT(25) | BIT(26))
#define WATCHDOG_LOAD_MAX 0xffffffu
#define WATCHDOG_TICK_ENABLE BIT(9)
#define WATCHDOG_REASON_TIMER BIT(0)
#define WATCHDOG_REASON_FORCE BIT(1)

#endif
