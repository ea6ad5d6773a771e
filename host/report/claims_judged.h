/*
 * claims_judged: what a campaign says of published claims (campaign/claims_file.h), one verdict each, and what it rests on.
 *
 * Runs count as in the campaign's table. Ratios are those of the table, made by analysis/estimate.h; verdicts by analysis/claim.h.
 * Holm's procedure runs over the claims of the file that can be tested, for each quantity by itself. On a twin every verdict is a
 * rehearsal: `simulated` is set and nobody may show a verdict without saying so (claims_verdict_text does).
 */
#ifndef JOULERIG_REPORT_CLAIMS_JUDGED_H
#define JOULERIG_REPORT_CLAIMS_JUDGED_H

#include "campaign_file.h"
#include "claim.h"
#include "claims_file.h"
#include "error.h"
#include "text.h"

#define CLAIM_REASON_SIZE 400

/* One quantity of one point, or of a whole claim. Metrics without quantities have theirs in the first place (CLAIM_GROSS). */
struct claim_judgement {
	enum claim_verdict verdict;
	struct interval interval; /* the figure with its 95 % interval, on the scale of the claim's: a ratio, or a slope; NAN: none.
				     Of a claim for each or any of several points: that of the point it rests on */
	size_t point;     /* index of that point; SIZE_MAX: all together */
	struct claim_p p; /* before, … */
	double adjusted;  /* … and after what several points and claims ask for: the smaller of both; NAN: not tested */
	double more_runs; /* undecided: runs per arm and point, beside those there are, that would decide if the figure stays; INFINITY:
			     none would; NAN: not undecided, or cannot be said */
	char reason[CLAIM_REASON_SIZE]; /* why it is not testable, or undecided; "" */
};

struct claim_point {
	char workload[48], point[64]; /* as in the campaign; of one that it does not have: as the claim names it */
	bool absent;                  /* the campaign does not have it: nothing but a reason below */
	size_t n_arm, n_over;         /* runs that count on each side */
	struct claim_judgement quantities[CLAIM_QUANTITIES]; /* of an elasticity without a figure: a point has no slope */
};

struct claim_judged {
	const struct claim *claim; /* id, says, source, firmness, metric, low, high… */
	struct claim_judgement quantities[CLAIM_QUANTITIES]; /* of the whole claim */
	enum claim_quantity quantity;    /* the verdict of the claim is that of this one: */
	enum claim_verdict verdict;      /* = quantities[quantity].verdict */
	const char *reason;              /* = quantities[quantity].reason */
	size_t n_quantities;             /* CLAIM_QUANTITIES, or 1 where the metric has only one figure */
	bool conflict;                   /* some quantity's definite verdict is the opposite of the claim's, or of another's */
	char disagreement[CLAIM_REASON_SIZE];          /* which quantities do not say what the verdict says; "" */
	char caution[CLAIM_REASON_SIZE];               /* the source's interpreter, or amount of work, was another; runs without a figure; "" */
	struct claim_point *points;      /* in the order of the claim's selections, then of the campaign's table */
	size_t n_points;
};

struct claims_judged {
	const struct claims *claims; /* title, source */
	bool simulated;              /* some of it came from a twin: rehearsals all */
	struct claim_judged *list;   /* n, in the order of the file */
	size_t n;
	size_t n_tested;                  /* that Holm's procedure runs over */
	size_t n_verdicts[CLAIM_VERDICTS];
};

/* `claims` and `file` must outlive `judged`. An arm that the campaign does not have makes its claims not testable (who loads claims for
 * a user checks them with claims_check_arms before). -1 when memory is short; `judged` is then empty. */
int claims_judge(const struct claims *claims, const struct campaign_file *file, struct claims_judged *judged, struct error *error);
void claims_judged_free(struct claims_judged *judged); /* and zeroes it */

/* "reproduced", or of a twin "rehearsal: would be reproduced". Appends to `out`. */
void claims_verdict_text(struct text *out, const struct claims_judged *judged, enum claim_verdict verdict);
/* The same without "rehearsal: ": only where that stands above. */
const char *claims_verdict_words(const struct claims_judged *judged, enum claim_verdict verdict);
/* What the claim says, in figures: "energy ft / gil in [1.13, 1.43]", "… at least 1". Appends to `out`, harmless for a terminal. */
void claims_statement_text(struct text *out, const struct claim *claim);
/* "in [1.13, 1.43]", "at most 0.3", "equal within 5 %". */
void claims_bounds_text(struct text *out, const struct claim *claim);
const char *claims_place_text(enum claim_verdict verdict); /* of one point: "inside", "outside", "open", "not tested" */
/* The arms of the campaign, for claims_check_arms: at most n names, borrowed from the file; returns how many. */
size_t claims_arms(const struct campaign_file *file, const char **names, size_t n);

#endif
