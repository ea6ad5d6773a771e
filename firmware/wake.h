/* SPDX-License-Identifier: Apache-2.0 */
/* How the main loop sleeps, and is woken. */
#ifndef RIG_WAKE_H
#define RIG_WAKE_H

#include <stdbool.h>
#include <stdint.h>

extern volatile bool woken;

/* From an interrupt: the main loop goes round once more. */
static inline void wake(void)
{
	woken = true;
}

void wake_open(void);
/* Returns at `deadline` (ticks), or as soon as there was a wake() since the last return, or at once if either has been. */
void sleep_until(uint64_t deadline);

#endif
