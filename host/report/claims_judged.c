#include "claims_judged.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims_caution.h"
#include "claims_figures.h"
#include "claims_needs.h"
#include "claims_points.h"
#include "claims_reasons.h"
#include "facts.h"

#define CONFIDENCE 0.95
#define FIGURE(work, point, quantity) ((work)->figures[(point) * CLAIM_QUANTITIES + (quantity)])

static const struct interval unknown = { NAN, NAN, NAN };

const struct claim_figure *claim_work_figure(const struct claim_work *work, size_t point, size_t quantity)
{
	return &FIGURE(work, point, quantity);
}

static bool is_slope(const struct claim *claim)
{
	return claim->metric == CLAIM_ELASTICITY;
}

/* ---- the figures of each point ---- */

static int reserve(const struct claim_judged *judged, struct claim_work *work)
{
	work->figures = calloc(judged->n_points * CLAIM_QUANTITIES + 1, sizeof *work->figures);
	work->times = calloc(judged->n_points + 1, sizeof *work->times);
	return work->figures && work->times ? 0 : -1;
}

/* Of an elasticity: powers, and the times beside them. */
static int take_figures(const struct claims_data *data, const struct claim_judged *judged, struct claim_work *work)
{
	const struct claim *claim = judged->claim;
	int failed = 0;
	for (size_t i = 0; i < judged->n_points; i++) {
		const struct claim_point *point = &judged->points[i];
		for (size_t q = 0; !point->absent && q < judged->n_quantities; q++)
			failed |= claims_figure(data, claim, is_slope(claim) ? CLAIM_POWER : claim->metric, (enum claim_quantity)q, point->workload,
						point->point, &FIGURE(work, i, q));
		if (!point->absent && is_slope(claim))
			failed |= claims_figure(data, claim, CLAIM_TIME, CLAIM_GROSS, point->workload, point->point, &work->times[i]);
	}
	return failed ? -1 : 0;
}

static struct claim_judgement nothing(size_t point, const char *reason)
{
	struct claim_judgement judgement = { .verdict = CLAIM_NOT_TESTABLE, .interval = unknown, .point = point, .p = CLAIM_P_NONE, .adjusted = NAN,
					     .more_runs = NAN };
	snprintf(judgement.reason, sizeof judgement.reason, "%s", reason);
	return judgement;
}

static void judge_point(const struct claim *claim, const struct claim_work *work, const struct claim_figure *figure, struct claim_judgement *judgement)
{
	if (figure->reason[0] || is_slope(claim)) {
		snprintf(judgement->reason, sizeof judgement->reason, "%s", figure->reason[0] ? figure->reason : "one point has no slope");
		return;
	}
	judgement->interval = estimate_interval(&figure->estimate, CONFIDENCE);
	if (work->unmet[0])
		snprintf(judgement->reason, sizeof judgement->reason, "%s", work->unmet);
	else
		judgement->p = claim_p_of(&figure->estimate, &work->bounds);
}

static void judge_points(struct claim_judged *judged, struct claim_work *work)
{
	for (size_t i = 0; i < judged->n_points; i++) {
		struct claim_point *point = &judged->points[i];
		struct claim_judgement absent = point->quantities[0]; /* its reason */
		point->n_arm = FIGURE(work, i, 0).n_arm;
		point->n_over = FIGURE(work, i, 0).n_over;
		for (size_t q = 0; q < judged->n_quantities; q++) {
			point->quantities[q] = nothing(i, point->absent ? absent.reason : "");
			if (point->absent)
				snprintf(FIGURE(work, i, q).reason, sizeof FIGURE(work, i, q).reason, "%s", absent.reason);
			else
				judge_point(judged->claim, work, &FIGURE(work, i, q), &point->quantities[q]);
		}
	}
}

/* ---- the points of a claim together ---- */

/* Points without a figure are not left out: what they would say is not known. The first one's reason, and how many there are. */
static size_t count_missing(const struct claim_judged *judged, const struct claim_work *work, size_t q, char *reason, size_t size)
{
	size_t missing = 0;
	for (size_t i = 0; i < judged->n_points; i++) {
		const char *why = FIGURE(work, i, q).reason[0] ? FIGURE(work, i, q).reason : work->times[i].reason;
		if (why[0] && missing++ == 0)
			snprintf(reason, size, "%s", why);
	}
	return missing;
}

/* The first point of the same workload. */
static size_t workload_of(const struct claim_judged *judged, size_t point)
{
	size_t first = 0;
	while (strcmp(judged->points[first].workload, judged->points[point].workload) != 0)
		first++;
	return first;
}

static int join_figures(const struct claim_judged *judged, const struct claim_work *work, size_t q, struct estimate *joined)
{
	size_t n = judged->n_points, *workloads = malloc((n + 1) * sizeof *workloads);
	struct estimate *parts = malloc((n + 1) * sizeof *parts), *beside = malloc((n + 1) * sizeof *beside);
	bool failed = parts == NULL || beside == NULL || workloads == NULL;
	for (size_t i = 0; !failed && i < n; i++) {
		parts[i] = FIGURE(work, i, q).estimate;
		beside[i] = work->times[i].estimate;
		workloads[i] = workload_of(judged, i);
	}
	if (!failed)
		*joined = is_slope(judged->claim) ? claim_elasticity(beside, parts, workloads, n) : estimate_mean(parts, n);
	free(parts);
	free(beside);
	free(workloads);
	return failed ? -1 : 0;
}

/* One figure of all points. */
static int judge_joined(struct claim_judged *judged, struct claim_work *work, size_t q)
{
	struct claim_judgement *judgement = &judged->quantities[q];
	char why[CLAIM_REASON_SIZE] = "";
	size_t missing = count_missing(judged, work, q, why, sizeof why);
	if (missing) {
		if (judged->n_points > 1)
			snprintf(judgement->reason, sizeof judgement->reason, "%.300s (%zu of %zu points)", why, missing, judged->n_points);
		else
			memcpy(judgement->reason, why, sizeof judgement->reason);
		return 0;
	}
	if (join_figures(judged, work, q, &work->joined[q]) != 0)
		return -1;
	if (isnan(work->joined[q].value)) {
		snprintf(judgement->reason, sizeof judgement->reason, "a slope needs three points of one workload, or two of each of two, whose times differ by more than they scatter");
		return 0;
	}
	judgement->interval = is_slope(judged->claim) ? claim_elasticity_interval(&work->joined[q], CONFIDENCE) : estimate_interval(&work->joined[q], CONFIDENCE);
	judgement->p = claim_p_of(&work->joined[q], &work->bounds);
	return 0;
}

static int judge_separate(struct claim_judged *judged, struct claim_work *work, size_t q)
{
	struct claim_judgement *judgement = &judged->quantities[q];
	struct claim_p *p = malloc((judged->n_points + 1) * sizeof *p);
	char why[CLAIM_REASON_SIZE] = "";
	size_t deciding = 0;
	if (p == NULL)
		return -1;
	for (size_t i = 0; i < judged->n_points; i++)
		p[i] = judged->points[i].quantities[q].p;
	judgement->p = claim_p_of_points(p, judged->n_points, judged->claim->quantifier, &deciding);
	free(p);
	if (isnan(judgement->p.inside)) {
		count_missing(judged, work, q, why, sizeof why);
		snprintf(judgement->reason, sizeof judgement->reason, "%s", why);
		return 0;
	}
	judgement->point = deciding;
	judgement->interval = judged->points[deciding].quantities[q].interval;
	return 0;
}

static int judge_claim(const struct claims_data *data, struct claim_judged *judged, struct claim_work *work)
{
	const struct claim *claim = judged->claim;
	work->bounds = is_slope(claim) ? (struct claim_bounds){ claim->low, claim->high } : claim_bounds_of_ratio(claim->low, claim->high);
	claims_need_unmet(data, claim, work->unmet, sizeof work->unmet);
	if (claims_points(data, judged) != 0 || reserve(judged, work) != 0 || take_figures(data, judged, work) != 0)
		return -1;
	claims_caution(data->file, judged, work);
	judge_points(judged, work);
	int failed = 0;
	for (size_t q = 0; q < judged->n_quantities; q++) {
		judged->quantities[q] = nothing(SIZE_MAX, work->unmet);
		if (!work->unmet[0])
			failed |= claim->quantifier == CLAIM_MEAN ? judge_joined(judged, work, q) : judge_separate(judged, work, q);
	}
	return failed ? -1 : 0;
}

/* ---- the claims of a file together ---- */

static size_t quantity_of(const struct claim_judged *judged, size_t column)
{
	return judged->n_quantities > column ? column : 0;
}

/* `column`: a quantity, as if the reader looked at no other; CLAIM_QUANTITIES: what each verdict is about. */
static size_t column_of(const struct claim_judged *judged, size_t column)
{
	return column == CLAIM_QUANTITIES ? judged->quantity : quantity_of(judged, column);
}

static double smaller(const struct claim_p *p)
{
	return fmin(p->inside, p->outside);
}

/* Holm's procedure; returns how many claims it ran over, or SIZE_MAX when memory is short. What it says of a claim is kept where the
 * column is the one that shall be: the claim's own, or one beside it. */
static size_t hold_together(struct claims_judged *judged, struct claim_work *work, size_t column)
{
	double p[CLAIMS_MAX], adjusted[CLAIMS_MAX];
	size_t tested = 0, decided = 0;
	for (size_t i = 0; i < judged->n; i++) {
		p[i] = smaller(&judged->list[i].quantities[column_of(&judged->list[i], column)].p);
		tested += !isnan(p[i]);
	}
	if (claim_holm(p, judged->n, adjusted) != 0)
		return SIZE_MAX;
	for (size_t i = 0; i < judged->n; i++)
		decided += adjusted[i] <= CLAIM_FALSE_AT_MOST;
	for (size_t i = 0; i < judged->n; i++) {
		size_t q = column_of(&judged->list[i], column);
		if (column < CLAIM_QUANTITIES && (q != column || q == judged->list[i].quantity))
			continue;
		judged->list[i].quantities[q].adjusted = adjusted[i];
		work[i].n_tested = tested;
		work[i].factor[q] = adjusted[i] <= CLAIM_FALSE_AT_MOST ? p[i] > 0 ? adjusted[i] / p[i] : (double)tested : (double)(tested - decided);
	}
	return tested;
}

static struct claim_p times(const struct claim_p *p, double inside, double outside)
{
	return (struct claim_p){ p->inside * inside, p->outside * outside };
}

static void settle(struct claim_judgement *judgement, double inside, double outside)
{
	struct claim_p p = times(&judgement->p, inside, outside);
	if (isnan(p.inside))
		return;
	judgement->verdict = claim_decide(&p, CLAIM_FALSE_AT_MOST);
	judgement->adjusted = fmin(1, smaller(&p));
}

/* Bonferroni over the points where one of them decides; none where it takes all. */
static void settle_points(struct claim_judged *judged, size_t q, double factor)
{
	enum claim_quantifier quantifier = judged->claim->quantifier;
	double n = 0;
	for (size_t i = 0; i < judged->n_points; i++)
		n += !isnan(judged->points[i].quantities[q].p.inside);
	for (size_t i = 0; i < judged->n_points; i++)
		settle(&judged->points[i].quantities[q], factor * (quantifier == CLAIM_EACH ? 1 : n), factor * (quantifier == CLAIM_ANY ? 1 : n));
}

static void conclude(struct claims_judged *all, struct claim_judged *judged, struct claim_work *work)
{
	for (size_t q = 0; q < judged->n_quantities; q++) {
		settle(&judged->quantities[q], work->factor[q], work->factor[q]);
		settle_points(judged, q, work->factor[q]);
		claims_explain(judged, work, q);
	}
	judged->verdict = judged->quantities[judged->quantity].verdict;
	judged->reason = judged->quantities[judged->quantity].reason;
	claims_disagree(judged);
	all->n_verdicts[judged->verdict]++;
}

static int judge_all(const struct claims_data *data, struct claims_judged *judged, struct claim_work *work)
{
	for (size_t i = 0; i < judged->n; i++)
		if (judge_claim(data, &judged->list[i], &work[i]) != 0)
			return -1;
	for (size_t column = 0; column <= CLAIM_QUANTITIES; column++) {
		judged->n_tested = hold_together(judged, work, column);
		if (judged->n_tested == SIZE_MAX)
			return -1;
	}
	for (size_t i = 0; i < judged->n; i++)
		conclude(judged, &judged->list[i], &work[i]);
	return 0;
}

static int begin(const struct claims *claims, const struct campaign_file *file, struct claims_judged *judged)
{
	*judged = (struct claims_judged){ .claims = claims, .simulated = facts_simulated(file) != SIMULATED_NONE };
	judged->list = calloc(claims->n + 1, sizeof *judged->list);
	if (judged->list == NULL)
		return -1;
	for (judged->n = 0; judged->n < claims->n; judged->n++) {
		const struct claim *claim = &claims->list[judged->n];
		bool many = claim_metric_has_quantities(claim->metric);
		judged->list[judged->n] = (struct claim_judged){ .claim = claim, .quantity = many ? claim->quantity : CLAIM_GROSS,
								 .n_quantities = many ? CLAIM_QUANTITIES : 1 };
	}
	return 0;
}

static void free_work(struct claim_work *work, size_t n)
{
	for (size_t i = 0; work && i < n; i++) {
		free(work[i].figures);
		free(work[i].times);
	}
	free(work);
}

int claims_judge(const struct claims *claims, const struct campaign_file *file, struct claims_judged *judged, struct error *error)
{
	struct summary summary;
	struct claim_work *work = calloc(claims->n + 1, sizeof *work);
	struct text doubt = TEXT_INIT;
	*judged = (struct claims_judged){ .n = 0 };
	if (work == NULL || summary_make(file, &summary) != 0) {
		free(work);
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	}
	facts_rapl_doubt(file, &doubt);
	const struct claims_data data = { file, &summary, text_string(&doubt) };
	int failed = doubt.failed || begin(claims, file, judged) != 0 || judge_all(&data, judged, work) != 0;
	text_free(&doubt);
	free_work(work, claims->n);
	summary_free(&summary);
	if (!failed)
		return 0;
	claims_judged_free(judged);
	return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

void claims_judged_free(struct claims_judged *judged)
{
	for (size_t i = 0; i < judged->n; i++)
		free(judged->list[i].points);
	free(judged->list);
	*judged = (struct claims_judged){ .n = 0 };
}

static size_t add_name(const char *name, const char **names, size_t found, size_t n)
{
	for (size_t i = 0; i < found; i++)
		if (strcmp(names[i], name) == 0)
			return found;
	if (found < n)
		names[found++] = name;
	return found;
}

/* Of the plan; and those that runs have, where a campaign was made of somebody else's logs. */
size_t claims_arms(const struct campaign_file *file, const char **names, size_t n)
{
	size_t i, found = 0;
	json_t *entry;
	json_array_foreach(facts_at(file, "arms"), i, entry) {
		const char *name = json_string_value(json_is_object(entry) ? json_object_get(entry, "name") : entry);
		found = name ? add_name(name, names, found, n) : found;
	}
	for (i = 0; i < file->n_results; i++)
		found = add_name(file->results[i].arm, names, found, n);
	return found;
}
