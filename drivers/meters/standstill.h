/*
 * standstill: an instrument whose processor answers while its metering has hung says the same for ever. While power is drawn, some digit
 * moves within a time; when none has, what it says is no value. Pure. For what is read anew (POLLED_ANEW), where no update is missed.
 */
#ifndef JOULERIG_DRIVERS_METERS_STANDSTILL_H
#define JOULERIG_DRIVERS_METERS_STANDSTILL_H

#include <stdint.h>

struct standstill {
	uint64_t mark;
	int64_t since; /* when it first said what it says now; 0: it has said nothing */
	double least;  /* s in which something moves, whatever the power… */
	double step;   /* …and J: its counter's step (0: it has none), in three of which at that power as well */
};
/* `mark` is of all that it says; `watts` of these. Returns flags for all its values. */
uint32_t standstill_judge(struct standstill *standstill, uint64_t mark, double watts, int64_t now);

#endif
