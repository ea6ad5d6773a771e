/* SPDX-License-Identifier: Apache-2.0 */
/* The self-test's measuring, in steps of the main loop; logic/self_test.h says what is good. */
#ifndef RIG_CHECK_H
#define RIG_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "logic/power.h"
#include "logic/self_test.h"

/* `bus`: whether the I2C is free for it. `serial_good`: as identity_read said. */
void check_begin(bool bus, bool serial_good);
/* One step; each takes at most 2.2 ms, and begins when time has come. Returns true once, when all are made. */
bool check_step(uint64_t now, struct self_test_readings *readings);
bool check_runs(void);
/* Where it is; OUT1 may be high. */
void check_end(void);
/* Whether an INA228 answers, now: at most 10 ms, before the main loop begins. */
bool check_power_part(void);

#endif
