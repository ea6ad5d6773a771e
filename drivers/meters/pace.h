/*
 * pace: when to ask a meter whether it has new values. Pure.
 *
 * A meter renews its values at a steady pace of its own. The pace learns the phase, sleeps through most of a period and asks
 * often only round the instant at which the next values are due: at 100 ms about 3 questions an update instead of 20, each
 * update still being seen within `step`. Before the first update, and while an update is overdue, it asks at every step; after
 * some periods without any it slows down to four a period.
 */
#ifndef JOULERIG_DRIVERS_METERS_PACE_H
#define JOULERIG_DRIVERS_METERS_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	int64_t period, step; /* ns */
	int64_t lead;         /* so long before the predicted update the asking begins */
	int64_t last, u_last; /* MONOTONIC ns of the last update seen, and its half-width; meaningful if `known` */
	int64_t awake;        /* when the search for updates began (again) */
	bool known;
};

struct pace pace_begin(int64_t period, int64_t now);
int64_t pace_next(const struct pace *pace, int64_t now); /* when to ask again; later than now */
/* An update happened between `from` and `to`. `asked`: how often the question was answered "no" since the last update. */
void pace_seen(struct pace *pace, int64_t from, int64_t to, int asked);
void pace_search(struct pace *pace, int64_t now); /* the phase may have been lost */
/* Updates between the last one seen and another that happened between `from` and `to`: 0 when it is the next. */
uint32_t pace_missed(const struct pace *pace, int64_t from, int64_t to);

#endif
