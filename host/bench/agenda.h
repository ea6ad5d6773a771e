/*
 * agenda: which of a few things is due next: a binary heap of deadlines. Of equal ones the lower number comes first, so that the
 * order does not depend on how they got there.
 */
#ifndef JOULERIG_BENCH_AGENDA_H
#define JOULERIG_BENCH_AGENDA_H

#include <stdint.h>

#define AGENDA_MAX 64

struct agenda {
	struct agenda_entry {
		int64_t due; /* ns; NEVER is a deadline like any other */
		int who;
	} heap[AGENDA_MAX];
	int n;
};

/* Starts empty (all zero). At most AGENDA_MAX entries. */
void agenda_add(struct agenda *agenda, int who, int64_t due);
int64_t agenda_due(const struct agenda *agenda); /* of the next one; NEVER when there is none */
int agenda_who(const struct agenda *agenda);     /* of the next one; -1 when there is none */
/* Gives the next one another deadline. */
void agenda_postpone(struct agenda *agenda, int64_t due);

#endif
