/*
 * plants: what is planted in a campaign, what has to be said of it, and what must not be. Each trial makes one campaign (made.h) and asks
 * the functions that users reach: summary_make, claims_judge, crosscheck_set_campaign with crosscheck_fit and crosscheck_conclude,
 * flags_find.
 */
#ifndef JOULERIG_TESTS_JUDGEMENT_PLANTS_H
#define JOULERIG_TESTS_JUDGEMENT_PLANTS_H

#include "claim.h"
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
/* Of verdicts on a boundary those of either side: 5 % are promised, and a test that hardly ever decides keeps that, too. */
#define DEFINITELY(at_most) { "definite, of either side", 0.025, at_most }
#define NOT_ONCE(what) { what, 0, 0 }

struct plant {
	const char *name, *text; /* text: what is true in it */
	/* One campaign: bit i is set if figure i came true in it. `number`: of the trial, from 0. */
	unsigned (*trial)(struct dice *dice, size_t number, struct made *made);
	struct figure figures[FIGURES_MAX];
};
extern const struct plant plants[], claim_plants[]; /* claim_plants: of few runs, of several points, and of runs that say little */
extern const struct plant close_plants[];           /* which cost little, and whose bars are close: for many more campaigns */
extern const size_t n_plants, n_claim_plants, n_close_plants;

#define BIT(figure) (1u << (figure))
enum { SAID_REPRODUCED, SAID_CONTRADICTED };
static inline unsigned verdict_bits(enum claim_verdict verdict)
{
	return (verdict == CLAIM_REPRODUCED ? BIT(SAID_REPRODUCED) : 0) | (verdict == CLAIM_CONTRADICTED ? BIT(SAID_CONTRADICTED) : 0);
}

#endif
