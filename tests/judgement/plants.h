/*
 * plants: what is planted in a campaign, what has to be said of it, and what must not be. Each trial makes one campaign (made.h) and asks
 * the functions that users reach: summary_make, claims_judge, crosscheck_set_campaign with crosscheck_fit and crosscheck_conclude,
 * flags_find.
 */
#ifndef JOULERIG_TESTS_JUDGEMENT_PLANTS_H
#define JOULERIG_TESTS_JUDGEMENT_PLANTS_H

#include "made.h"

#define FIGURES_MAX 6

/* A share of the trials, and what it has to be. */
struct figure {
	const char *says; /* NULL: no more figures */
	double at_least, at_most;
};
#define FOUND_AT_LEAST 0.958
#define FALSE_AT_MOST 0.042
#define FOUND(what) { what, FOUND_AT_LEAST, 1 }
#define FALSELY(what) { what, 0, FALSE_AT_MOST }
#define NOT_ONCE(what) { what, 0, 0 }

struct plant {
	const char *name, *text; /* text: what is true in it */
	/* One campaign: bit i is set if figure i came true in it. `number`: of the trial, from 0. */
	unsigned (*trial)(struct dice *dice, size_t number, struct made *made);
	struct figure figures[FIGURES_MAX];
};
extern const struct plant plants[];
extern const size_t n_plants;

#endif
