#include "claims_reasons.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "planning.h"

/* ---- how many more runs ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Planning is for a 95 % interval; with more claims, or points, it is a wider one that has to fit. */
static struct estimate widened(const struct estimate *estimate, double factor)
{
	double nu = estimate_nu(estimate), half = (1 - CLAIM_FALSE_AT_MOST / factor) / 2;
	double by = statistics_t_quantile(0.5 + half, nu) / statistics_t_quantile(1 - CLAIM_FALSE_AT_MOST / 2, nu);
	struct estimate wide = *estimate;
	wide.scatter *= by;
	wide.shared *= by;
	return wide;
}

static double more_for(const struct claim *claim, const struct estimate *estimate, size_t n, double factor)
{
	struct estimate wide = widened(estimate, factor);
	size_t needed = planning_runs_to_decide(&wide, n, claim->low, claim->high);
	return needed == 0 ? INFINITY : needed > n ? (double)(needed - n) : 1;
}

static bool lies_inside(const struct claim_judgement *at, const struct claim *claim)
{
	return at->interval.estimate >= claim->low && at->interval.estimate <= claim->high;
}

/* Each: if some point lies outside, the one that would soonest be known to; else the last that would be known to lie inside. Any: the
 * other way round. */
static double more_of_points(const struct claim_judged *judged, const struct claim_work *work, size_t q)
{
	const struct claim *claim = judged->claim;
	bool each = claim->quantifier == CLAIM_EACH;
	double soonest = NAN, last = NAN;
	for (size_t i = 0; i < judged->n_points; i++) {
		const struct claim_judgement *at = &judged->points[i].quantities[q];
		const struct claim_figure *figure = claim_work_figure(work, i, q);
		size_t n = least(figure->n_arm, figure->n_over);
		if (lies_inside(at, claim) != each)
			soonest = fmin(soonest, more_for(claim, &figure->estimate, n, work->factor[q] * (double)judged->n_points));
		else if (at->verdict == CLAIM_UNDECIDED)
			last = fmax(last, more_for(claim, &figure->estimate, n, work->factor[q]));
	}
	return isnan(soonest) ? last : soonest;
}

static double more_of_mean(const struct claim_judged *judged, const struct claim_work *work, size_t q)
{
	size_t n = SIZE_MAX;
	for (size_t i = 0; i < judged->n_points; i++)
		n = least(n, least(claim_work_figure(work, i, q)->n_arm, claim_work_figure(work, i, q)->n_over));
	return more_for(judged->claim, &work->joined[q], n, work->factor[q]);
}

static double more_runs(const struct claim_judged *judged, const struct claim_work *work, size_t q)
{
	if (judged->claim->metric == CLAIM_ELASTICITY)
		return NAN; /* it is points that it lacks */
	return judged->claim->quantifier == CLAIM_MEAN ? more_of_mean(judged, work, q) : more_of_points(judged, work, q);
}

/* ---- why ---- */

static bool is_across(const struct interval *interval, double end)
{
	return isfinite(end) && interval->low <= end && interval->high >= end;
}

static void say_why(const struct claim_judged *judged, const struct claim_work *work, const struct claim_judgement *judgement, struct text *said)
{
	const struct claim *claim = judged->claim;
	const struct interval *interval = &judgement->interval;
	if (judged->n_points > 1 && judgement->point != SIZE_MAX)
		text_addf(said, "at %s%s%s ", judged->points[judgement->point].workload, judged->points[judgement->point].point[0] ? " " : "",
			  judged->points[judgement->point].point);
	if (is_across(interval, claim->low) && is_across(interval, claim->high))
		text_addf(said, "the interval holds both %.4g and %.4g", claim->low, claim->high);
	else if (is_across(interval, claim->low) || is_across(interval, claim->high))
		text_addf(said, "the interval holds %.4g", is_across(interval, claim->low) ? claim->low : claim->high);
	else if (fmin(judgement->p.inside, judgement->p.outside) <= CLAIM_FALSE_AT_MOST)
		text_addf(said, "by itself it would be %s, but that does not stand among %zu claims (Holm: p = %.2g)",
			  claim_verdict_name(judgement->p.inside < judgement->p.outside ? CLAIM_REPRODUCED : CLAIM_CONTRADICTED), work->n_tested,
			  judgement->adjusted);
	else
		text_addf(said, "the interval does not decide by itself, and of %zu points one may come out so by chance", judged->n_points);
}

static void say_more(double more, struct text *said)
{
	if (isinf(more))
		text_add(said, "; no number of runs would decide it as it stands");
	else if (!isnan(more))
		text_addf(said, "; about %.0f more run%s per arm would probably decide", more, more == 1 ? "" : "s");
}

/* What a point that could not be tested would say decides. */
static bool say_missing(const struct claim_judged *judged, const struct claim_work *work, size_t q, struct text *said)
{
	size_t missing = 0;
	for (size_t i = 0; i < judged->n_points; i++) {
		const char *reason = claim_work_figure(work, i, q)->reason;
		if (reason[0] && missing++ == 0)
			text_add(said, reason);
	}
	if (missing > 1)
		text_addf(said, " (%zu of %zu points)", missing, judged->n_points);
	return missing > 0;
}

void claims_explain(struct claim_judged *judged, const struct claim_work *work, size_t quantity)
{
	struct claim_judgement *judgement = &judged->quantities[quantity];
	struct text said = TEXT_INIT;
	if (judgement->verdict != CLAIM_UNDECIDED)
		return;
	if (say_missing(judged, work, quantity, &said)) {
		judgement->verdict = CLAIM_NOT_TESTABLE;
		judgement->point = SIZE_MAX;
		judgement->interval = (struct interval){ NAN, NAN, NAN };
	} else {
		judgement->more_runs = more_runs(judged, work, quantity);
		say_why(judged, work, judgement, &said);
		say_more(judgement->more_runs, &said);
	}
	snprintf(judgement->reason, sizeof judgement->reason, "%s", text_string(&said));
	text_free(&said);
}

/* ---- where quantities disagree ---- */

static bool dissents(const struct claim_judged *judged, size_t q, enum claim_verdict verdict)
{
	return judged->quantities[q].verdict == verdict && verdict != judged->verdict && verdict != CLAIM_NOT_TESTABLE;
}

static void say_dissenters(const struct claim_judged *judged, enum claim_verdict verdict, struct text *said)
{
	static const char *const names[CLAIM_QUANTITIES] = { "gross", "net", "caused", "RAPL" };
	const char *separator = said->length ? ", " : "";
	bool any = false;
	for (size_t q = 0; q < judged->n_quantities; q++)
		if (dissents(judged, q, verdict)) {
			text_addf(said, "%s%s", separator, names[q]);
			separator = " and ";
			any = true;
		}
	if (any)
		text_addf(said, ": %s", claim_verdict_name(verdict));
}

void claims_disagree(struct claim_judged *judged)
{
	struct text said = TEXT_INIT;
	size_t n[CLAIM_VERDICTS] = { 0 };
	for (size_t q = 0; q < judged->n_quantities; q++)
		n[judged->quantities[q].verdict]++;
	judged->conflict = n[CLAIM_REPRODUCED] && n[CLAIM_CONTRADICTED];
	for (int verdict = 0; verdict < CLAIM_VERDICTS; verdict++)
		say_dissenters(judged, (enum claim_verdict)verdict, &said);
	snprintf(judged->disagreement, sizeof judged->disagreement, "%s", text_string(&said));
	text_free(&said);
}
