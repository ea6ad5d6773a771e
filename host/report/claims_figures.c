#include "claims_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims_excluded.h"
#include "facts.h"
#include "point_label.h"
#include "view.h"

#define NOTHING ((struct estimate){ NAN, NAN, NAN, NAN })

/* What the runs of a group say of one metric. */
struct sample {
	double *values;               /* n, all positive */
	const struct joules **joules; /* n, or none */
	size_t n, without;            /* runs that have it, and that do not (or not a positive one) */
	bool has_joules;
};

static const struct joules *joules_of(const struct result *result, enum claim_quantity quantity)
{
	const struct energy *energy = view_energy(result, quantity == CLAIM_RAPL ? "rapl" : "wall");
	if (energy == NULL)
		return NULL;
	return quantity == CLAIM_NET ? &energy->net : quantity == CLAIM_CAUSED ? &energy->caused : &energy->gross;
}

static double value_of(const struct result *result, enum claim_metric metric, const struct joules *joules)
{
	switch (metric) {
	case CLAIM_ENERGY: return joules ? joules->value : NAN;
	case CLAIM_POWER: return joules ? joules->value / view_duration(result) : NAN;
	case CLAIM_TIME:
	case CLAIM_SPEED_UP: return view_duration(result);
	case CLAIM_CPU_TIME: return result->cpu_seconds;
	case CLAIM_PEAK_RSS: return result->peak_rss;
	case CLAIM_PEAK_VMS: return result->peak_vms;
	case CLAIM_VMS_OVER_RSS: return result->peak_vms / result->peak_rss;
	default: return NAN;
	}
}

static void sample_free(struct sample *sample)
{
	free(sample->values);
	free(sample->joules);
}

static int sample_take(const struct summary_group *group, enum claim_metric metric, enum claim_quantity quantity, struct sample *sample)
{
	*sample = (struct sample){ .has_joules = metric == CLAIM_ENERGY || metric == CLAIM_POWER };
	sample->values = calloc(group->n + 1, sizeof *sample->values);
	sample->joules = calloc(group->n + 1, sizeof *sample->joules);
	if (sample->values == NULL || sample->joules == NULL)
		return -1;
	for (size_t i = 0; i < group->n; i++) {
		const struct joules *joules = sample->has_joules ? joules_of(group->members[i], quantity) : NULL;
		double value = value_of(group->members[i], metric, joules);
		if (isfinite(value) && value > 0) {
			sample->joules[sample->n] = joules;
			sample->values[sample->n++] = value;
		} else {
			sample->without++;
		}
	}
	return 0;
}

/* ---- why there is no figure ---- */

const char *claims_skipped(const struct campaign_file *file, const char *workload, const char *arm)
{
	size_t i;
	json_t *entry;
	json_array_foreach(facts_at(file, "skipped"), i, entry) {
		const char *its_workload = json_string_value(json_object_get(entry, "workload"));
		const char *its_arm = json_string_value(json_object_get(entry, "arm")), *reason = json_string_value(json_object_get(entry, "reason"));
		if (its_workload && its_arm && strcmp(its_workload, workload) == 0 && strcmp(its_arm, arm) == 0)
			return reason ? reason : "no reason is known";
	}
	return NULL;
}

const struct summary_group *claims_group(const struct summary *summary, const char *workload, const char *point, const char *arm)
{
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (strcmp(group->workload, workload) == 0 && strcmp(group->point, point) == 0 && strcmp(group->arm, arm) == 0)
			return group;
	}
	return NULL;
}

static void say_absent(const struct claims_data *data, const char *workload, const char *point, const char *arm, char *reason, size_t size)
{
	const char *skipped = claims_skipped(data->file, workload, arm);
	if (skipped)
		snprintf(reason, size, "%s was skipped under arm %s: %s", workload, arm, skipped);
	else
		snprintf(reason, size, "no run of %s%s%s under arm %s", workload, point[0] ? " " : "", point, arm);
}

static void say_excluded(const struct claims_data *data, const struct summary_group *group, char *reason, size_t size)
{
	const struct summary *summary = data->summary;
	for (size_t i = 0; i < summary->n_exclusions; i++)
		if (&summary->groups[summary->exclusions[i].group] == group) {
			snprintf(reason, size, "none of the %zu runs of %s counts: %s", group->n_excluded, claims_title(group).text,
				 summary->exclusions[i].reason);
			return;
		}
	snprintf(reason, size, "no run of %s", claims_title(group).text);
}

static const char *name_of(enum claim_metric metric, enum claim_quantity quantity)
{
	if (metric == CLAIM_ENERGY)
		return quantity == CLAIM_NET ? "net energy" : quantity == CLAIM_CAUSED ? "caused energy" : "energy";
	if (metric == CLAIM_POWER)
		return quantity == CLAIM_NET ? "net power" : quantity == CLAIM_CAUSED ? "caused power" : "power";
	return claim_metric_name(metric);
}

static void say_without(const struct claims_data *data, const struct summary_group *group, const struct sample *sample, enum claim_metric metric,
			enum claim_quantity quantity, char *reason, size_t size)
{
	if (group->n == 0)
		say_excluded(data, group, reason, size);
	else if (sample->has_joules && quantity == CLAIM_RAPL && !data->summary->has_rapl)
		snprintf(reason, size, "RAPL was not read");
	else if (sample->has_joules && quantity != CLAIM_RAPL && !data->summary->has_wall)
		snprintf(reason, size, "there was no meter at the wall");
	else if (sample->without && group->n > 1)
		snprintf(reason, size, "%zu of %zu runs of %s have no %s above zero, and those that have are no fair choice", sample->without, group->n,
			 claims_title(group).text, name_of(metric, quantity));
	else
		snprintf(reason, size, "one run of %s: nothing is known of its scatter", claims_title(group).text);
}

/* ---- estimates ---- */

static double shared_of(const struct sample *a, const struct sample *b)
{
	return a->has_joules ? statistics_shared_ratio(a->joules, a->n, b->joules, b->n) : 0;
}

static bool is_enough(const struct summary_group *group, const struct sample *sample)
{
	return group->n >= 2 && sample->n >= 2 && sample->without == 0;
}

/* Whether all runs of both sides that should have been there stand for the rest. */
static bool is_fair(const struct claims_data *data, const struct summary_group *a, const struct summary_group *b, struct claim_figure *figure)
{
	const struct summary *summary = data->summary;
	if (!claims_unmeasured(summary, a, figure->caution, sizeof figure->caution))
		claims_unmeasured(summary, b, figure->caution, sizeof figure->caution);
	return !claims_censored(summary, a, figure->reason, sizeof figure->reason) &&
	       !claims_censored(summary, b, figure->reason, sizeof figure->reason);
}

/* Runs without the figure are not left out: those of the smallest net energy would be. */
static int contrast(const struct claims_data *data, const struct summary_group *a, const struct summary_group *b, enum claim_metric metric,
		    enum claim_quantity quantity, struct claim_figure *figure)
{
	struct sample over = { 0 }, under = { 0 };
	int status = sample_take(a, metric, quantity, &over) | sample_take(b, metric, quantity, &under);
	figure->n_arm = over.n;
	figure->n_over = under.n;
	if (status == 0 && a->n && b->n && !is_fair(data, a, b, figure))
		figure->estimate = NOTHING;
	else if (status == 0 && !is_enough(a, &over))
		say_without(data, a, &over, metric, quantity, figure->reason, sizeof figure->reason);
	else if (status == 0 && !is_enough(b, &under))
		say_without(data, b, &under, metric, quantity, figure->reason, sizeof figure->reason);
	else if (status == 0)
		figure->estimate = estimate_ratio(over.values, over.n, under.values, under.n, shared_of(&over, &under));
	if (status == 0 && !figure->reason[0] && isnan(estimate_u(&figure->estimate)))
		snprintf(figure->reason, sizeof figure->reason, "its uncertainty is not known");
	if (metric == CLAIM_SPEED_UP)
		figure->estimate.value = -figure->estimate.value;
	sample_free(&over);
	sample_free(&under);
	return status;
}

/* The group of `over`, at the same point or at the claim's baseline. */
static const struct summary_group *denominator(const struct claims_data *data, const struct claim *claim, const char *workload, const char *point)
{
	if (claim->baseline.n_variables == 0)
		return claims_group(data->summary, workload, point, claim->over);
	for (size_t i = 0; i < data->summary->n_groups; i++) {
		const struct summary_group *group = &data->summary->groups[i];
		if (strcmp(group->workload, workload) == 0 && strcmp(group->arm, claim->over) == 0 &&
		    point_label_differs_by(point, group->point, &claim->baseline))
			return group;
	}
	return NULL;
}

static int figure_at(const struct claims_data *data, const struct claim *claim, enum claim_metric metric, enum claim_quantity quantity,
		     const char *workload, const char *point, struct claim_figure *figure)
{
	const struct summary_group *a = claims_group(data->summary, workload, point, claim->arm), *b = denominator(data, claim, workload, point);
	*figure = (struct claim_figure){ .estimate = NOTHING };
	if (quantity == CLAIM_RAPL && data->rapl_doubt[0])
		snprintf(figure->reason, sizeof figure->reason, "%s", data->rapl_doubt);
	else if (a == NULL)
		say_absent(data, workload, point, claim->arm, figure->reason, sizeof figure->reason);
	else if (b == NULL && claim->baseline.n_variables)
		snprintf(figure->reason, sizeof figure->reason, "%s has no point to hold %s against under arm %s", workload, point, claim->over);
	else if (b == NULL)
		say_absent(data, workload, point, claim->over, figure->reason, sizeof figure->reason);
	else
		return contrast(data, a, b, metric, quantity, figure);
	return 0;
}

/* The point of another workload that has the same variables at the same values. */
static const char *equal_point(const struct summary *summary, const char *workload, const char *point)
{
	static const struct claim_selection nothing = { 0 };
	for (size_t i = 0; i < summary->n_groups; i++)
		if (strcmp(summary->groups[i].workload, workload) == 0 && point_label_differs_by(point, summary->groups[i].point, &nothing))
			return summary->groups[i].point;
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int divide_by_other(const struct claims_data *data, const struct claim *claim, enum claim_metric metric, enum claim_quantity quantity,
			   const char *point, struct claim_figure *figure)
{
	struct claim_figure other;
	const char *equal = equal_point(data->summary, claim->against, point);
	if (figure_at(data, claim, metric, quantity, claim->against, equal ? equal : point, &other) != 0)
		return -1;
	if (!figure->reason[0])
		snprintf(figure->reason, sizeof figure->reason, "%s", other.reason);
	if (!figure->caution[0])
		snprintf(figure->caution, sizeof figure->caution, "%s", other.caution);
	figure->estimate = figure->reason[0] ? NOTHING : estimate_over(&figure->estimate, &other.estimate);
	figure->n_arm = least(figure->n_arm, other.n_arm);
	figure->n_over = least(figure->n_over, other.n_over);
	return 0;
}

int claims_figure(const struct claims_data *data, const struct claim *claim, enum claim_metric metric, enum claim_quantity quantity,
		  const char *workload, const char *point, struct claim_figure *figure)
{
	if (figure_at(data, claim, metric, quantity, workload, point, figure) != 0)
		return -1;
	return claim->against ? divide_by_other(data, claim, metric, quantity, point, figure) : 0;
}
