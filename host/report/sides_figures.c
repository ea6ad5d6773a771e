/* Means, ratios and fronts of sides. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "clock.h"
#include "derived.h"
#include "estimate.h"
#include "facts.h"
#include "sides.h"
#include "view.h"

#define SECONDS_A_YEAR (365.25 * 86400)

/* ---- one quantity of one side's runs ---- */

struct sample {
	struct joules *runs; /* n */
	const struct joules **list;
	double *values;
	size_t n;
};

static const struct energy *wall_of(const struct result *result)
{
	return view_energy(result, "wall");
}

static void take(const struct result *result, enum side_quantity quantity, struct joules *joules)
{
	const struct energy *wall = wall_of(result);
	double seconds = view_duration(result);
	switch (quantity) {
	case SIDE_NET: *joules = wall->net; break;
	case SIDE_CAUSED: *joules = wall->caused; break;
	case SIDE_TIME: derived_time(&wall->gross, seconds, joules); break;
	case SIDE_EDP: derived_edp(&wall->gross, seconds, joules); break;
	default: *joules = wall->gross;
	}
}

static int sample_make(const struct summary_group *group, enum side_quantity quantity, struct sample *sample)
{
	*sample = (struct sample){ .runs = calloc(group->n + 1, sizeof *sample->runs), .list = calloc(group->n + 1, sizeof *sample->list),
				   .values = calloc(group->n + 1, sizeof *sample->values) };
	if (sample->runs == NULL || sample->list == NULL || sample->values == NULL)
		return -1;
	for (size_t i = 0; i < group->n; i++) {
		struct joules *joules = &sample->runs[sample->n];
		take(group->members[i], quantity, joules);
		if (!isfinite(joules->value))
			continue;
		sample->list[sample->n] = joules;
		sample->values[sample->n++] = joules->value;
	}
	return 0;
}

static void sample_free(struct sample *sample)
{
	free(sample->runs);
	free(sample->list);
	free(sample->values);
}

/* ---- one side ---- */

/* All runs must have told it; that it is the same, who is compared has been asked already (sides.c). */
static void find_work(const struct side *side, struct side_at *at)
{
	at->work = NAN;
	at->unit = "";
	for (size_t i = 0; i < at->group->n; i++)
		if (side_work_of(side, at->group->members[i]).unit == NULL)
			return;
	struct side_work work = side_work_told(side, at->group);
	if (work.unit && work.amount > 0) {
		at->work = work.amount;
		at->unit = work.unit;
	}
}

static void find_levels(struct side_at *at)
{
	double power = 0, idle = 0, when = 0, n = (double)at->group->n;
	for (size_t i = 0; i < at->group->n; i++) {
		int64_t start = at->group->members[i]->start_realtime;
		when += start > 0 ? (double)start / (double)NS_PER_S / SECONDS_A_YEAR / n : NAN;
		power += wall_of(at->group->members[i])->power / n;
		idle += wall_of(at->group->members[i])->idle_before / n;
	}
	at->power = power;
	at->idle = idle;
	at->when = when;
}

static void find_per_unit(struct sample *gross, struct side_at *at)
{
	at->per_unit.n = 0;
	if (isnan(at->work))
		return;
	for (size_t i = 0; i < gross->n; i++) {
		struct joules whole = gross->runs[i];
		derived_scaled(&whole, 1 / at->work, &gross->runs[i]);
	}
	statistics_mean(gross->list, gross->n, &at->per_unit);
}

static int describe(const struct side *side, struct side_at *at)
{
	int failed = 0;
	for (int q = 0; failed == 0 && q < SIDE_QUANTITIES; q++) {
		struct sample sample;
		failed = sample_make(at->group, (enum side_quantity)q, &sample);
		if (failed == 0)
			statistics_mean(sample.list, sample.n, &at->mean[q]);
		if (failed == 0 && q == SIDE_GROSS) {
			find_work(side, at);
			find_per_unit(&sample, at);
		}
		sample_free(&sample);
	}
	find_levels(at);
	side_meter(side, at->group, &at->meter);
	return failed;
}

/* ---- two sides ---- */

static const struct estimate nothing = { NAN, NAN, NAN, NAN };

/* a / b; what they share in `shared` if it is not NULL. */
static int ratio_of(const struct side_at *a, const struct side_at *b, enum side_quantity quantity, struct estimate *ratio,
		    struct between_shared *shared)
{
	struct sample over = { 0 }, under = { 0 };
	int failed = sample_make(a->group, quantity, &over) | sample_make(b->group, quantity, &under);
	struct between_how how = {
		.one_meter = between_difference(&a->meter, &b->meter) == NULL,
		.years = fabs(a->when - b->when),
		.above_idle = quantity == SIDE_NET || quantity == SIDE_CAUSED,
	};
	*ratio = nothing;
	if (!failed && over.n && under.n) {
		struct between_shared both = between_shared(over.list, over.n, under.list, under.n, how);
		*ratio = estimate_ratio(over.values, over.n, under.values, under.n, hypot(both.meter, both.machine));
		if (shared)
			*shared = both;
	}
	sample_free(&over);
	sample_free(&under);
	return failed;
}

static int compare_with_baseline(struct sides_point *point, size_t i)
{
	struct side_at *at = &point->at[i];
	const struct side_at *first = &point->at[point->baseline];
	int failed = 0;
	at->difference = between_difference(&at->meter, &first->meter);
	at->years = fabs(at->when - first->when);
	if (at->difference == NULL && isnan(at->years))
		at->difference = "when either was measured is not known";
	for (int q = 0; q < SIDE_QUANTITIES; q++) {
		struct estimate ratio;
		failed |= ratio_of(at, first, (enum side_quantity)q, &ratio, q == SIDE_GROSS ? &at->shared : NULL);
		at->ratio[q] = i == point->baseline ? (struct interval){ 1, 1, 1 } : estimate_interval(&ratio, 0.95);
	}
	return failed;
}

static int hold_against_rivals(const struct sides *sides, struct sides_point *point, size_t i)
{
	struct estimate energy[SIDES_MAX], time[SIDES_MAX];
	size_t n = 0;
	int failed = 0;
	for (size_t j = 0; j < sides->n; j++) {
		if (j == i || !side_is_compared(&point->at[j]))
			continue;
		failed |= ratio_of(&point->at[i], &point->at[j], SIDE_GROSS, &energy[n], NULL);
		failed |= ratio_of(&point->at[i], &point->at[j], SIDE_TIME, &time[n], NULL);
		n++;
	}
	point->at[i].p = pareto_p_of(energy, time, n);
	return failed;
}

static int figure_point(const struct sides *sides, struct sides_point *point)
{
	int failed = 0;
	for (size_t i = 0; i < sides->n; i++)
		if (side_is_compared(&point->at[i]))
			failed |= describe(&sides->list[i], &point->at[i]);
	for (size_t i = 0; failed == 0 && i < sides->n; i++)
		if (side_is_compared(&point->at[i]))
			failed = compare_with_baseline(point, i) | hold_against_rivals(sides, point, i);
	return failed;
}

/* ---- the front ---- */

static bool is_judged(const struct sides_point *point, size_t i)
{
	return point->n_compared > 1 && side_is_compared(&point->at[i]);
}

/* The more verdicts, the more chances that one of them is wrong. */
static int place_on_fronts(struct sides *sides)
{
	size_t n = sides->n_points * SIDES_MAX;
	double *p = malloc((n + 1) * sizeof *p), *adjusted = malloc((n + 1) * sizeof *adjusted);
	int failed = p == NULL || adjusted == NULL;
	for (size_t i = 0; !failed && i < n; i++) {
		const struct sides_point *point = &sides->points[i / SIDES_MAX];
		p[i] = is_judged(point, i % SIDES_MAX) ? pareto_least(&point->at[i % SIDES_MAX].p) : NAN;
	}
	failed = failed || claim_holm(p, n, adjusted) != 0;
	for (size_t i = 0; !failed && i < n; i++) {
		struct side_at *at = &sides->points[i / SIDES_MAX].at[i % SIDES_MAX];
		at->front = pareto_decide(&at->p, adjusted[i]);
	}
	free(adjusted);
	free(p);
	return failed ? -1 : 0;
}

int sides_figure(struct sides *sides)
{
	int failed = 0;
	for (size_t i = 0; failed == 0 && i < sides->n_points; i++)
		failed = figure_point(sides, &sides->points[i]);
	return failed ? -1 : place_on_fronts(sides);
}
