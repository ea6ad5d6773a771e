#include "summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "summary_groups.h"
#include "view.h"

static const struct interval unknown = { NAN, NAN, NAN };
static const struct interval exactly_one = { 1, 1, 1 };

/* The joules of one quantity over the members of a group that have it. */
enum quantity { GROSS, NET, CAUSED };
struct sample {
	const struct joules **joules;
	double *values;
	size_t n;
};

static const struct joules *joules_of(const struct energy *energy, enum quantity quantity)
{
	return quantity == GROSS ? &energy->gross : quantity == NET ? &energy->net : &energy->caused;
}

static int sample_take(const struct summary_group *group, const char *source, enum quantity quantity, struct sample *sample)
{
	*sample = (struct sample){ .n = 0 };
	sample->joules = calloc(group->n + 1, sizeof *sample->joules);
	sample->values = calloc(group->n + 1, sizeof *sample->values);
	if (sample->joules == NULL || sample->values == NULL)
		return -1;
	for (size_t i = 0; i < group->n; i++) {
		const struct energy *energy = view_energy(group->members[i], source);
		if (energy == NULL || !isfinite(joules_of(energy, quantity)->value))
			continue;
		sample->joules[sample->n] = joules_of(energy, quantity);
		sample->values[sample->n++] = joules_of(energy, quantity)->value;
	}
	return 0;
}

static void sample_free(struct sample *sample)
{
	free(sample->joules);
	free(sample->values);
}

static int mean_of(const struct summary_group *group, const char *source, enum quantity quantity, struct mean_energy *mean)
{
	struct sample sample;
	int status = sample_take(group, source, quantity, &sample);
	*mean = (struct mean_energy){ 0, NAN, NAN, NAN, { NAN, NAN, NAN, NAN } };
	if (status == 0 && sample.n)
		statistics_mean(sample.joules, sample.n, mean);
	sample_free(&sample);
	return status;
}

/* Mean of what `number` says of the members, over those for which it is known. */
static double mean_over(const struct summary_group *group, const char *source,
			double (*number)(const struct result *, const struct energy *))
{
	double sum = 0;
	size_t n = 0;
	for (size_t i = 0; i < group->n; i++) {
		const struct energy *energy = view_energy(group->members[i], source);
		double x = energy ? number(group->members[i], energy) : NAN;
		if (isfinite(x)) {
			sum += x;
			n++;
		}
	}
	return n ? sum / (double)n : NAN;
}

static double power_of(const struct result *result, const struct energy *energy)
{
	(void)result;
	return energy->power;
}

static double fraction_of(const struct result *result, const struct energy *energy)
{
	(void)energy;
	return result->rapl_fraction;
}

static double *durations(const struct summary_group *group)
{
	double *values = calloc(group->n + 1, sizeof *values);
	for (size_t i = 0; values && i < group->n; i++)
		values[i] = view_duration(group->members[i]);
	return values;
}

static int describe_time(struct summary_group *group)
{
	group->time = unknown;
	if (group->n == 0)
		return 0;
	double *values = durations(group);
	if (values == NULL)
		return -1;
	statistics_interval(values, group->n, &group->time);
	free(values);
	return 0;
}

static int describe(struct summary_group *group)
{
	group->wall_power = mean_over(group, "wall", power_of);
	group->rapl_power = mean_over(group, "rapl", power_of);
	group->rapl_fraction = mean_over(group, "rapl", fraction_of);
	group->ratio_time = group->ratio_wall = group->ratio_rapl = group->ratio_net = group->ratio_caused = unknown;
	int failed = describe_time(group);
	failed |= mean_of(group, "wall", GROSS, &group->wall_gross);
	failed |= mean_of(group, "wall", NET, &group->wall_net);
	failed |= mean_of(group, "wall", CAUSED, &group->wall_caused);
	failed |= mean_of(group, "rapl", GROSS, &group->rapl_gross);
	failed |= mean_of(group, "rapl", NET, &group->rapl_net);
	return failed ? -1 : 0;
}

static int energy_ratio(const struct summary_group *a, const struct summary_group *b, const char *source, enum quantity quantity,
			struct interval *ratio)
{
	struct sample over = { 0 }, under = { 0 };
	int status = sample_take(a, source, quantity, &over) | sample_take(b, source, quantity, &under);
	if (status == 0 && over.n && under.n) {
		double shared = statistics_shared_ratio(over.joules, over.n, under.joules, under.n);
		statistics_ratio(over.values, over.n, under.values, under.n, shared, ratio);
	}
	sample_free(&over);
	sample_free(&under);
	return status;
}

static int time_ratio(const struct summary_group *a, const struct summary_group *b, struct interval *ratio)
{
	double *over = durations(a), *under = durations(b);
	int status = over && under ? 0 : -1;
	if (status == 0 && a->n && b->n)
		statistics_ratio(over, a->n, under, b->n, 0, ratio);
	free(over);
	free(under);
	return status;
}

const struct summary_group *summary_reference(const struct summary *summary, const struct summary_group *group)
{
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *other = &summary->groups[i];
		if (other->is_reference && strcmp(other->workload, group->workload) == 0 &&
		    strcmp(other->point, group->point) == 0)
			return other;
	}
	return NULL;
}

static int compare_with_reference(struct summary *summary, struct summary_group *group)
{
	const struct summary_group *reference = summary_reference(summary, group);
	if (reference == NULL)
		return 0;
	if (reference == group) {
		group->ratio_time = group->n ? exactly_one : unknown;
		group->ratio_wall = group->wall_gross.n ? exactly_one : unknown;
		group->ratio_rapl = group->rapl_gross.n ? exactly_one : unknown;
		group->ratio_net = group->wall_net.n ? exactly_one : unknown;
		group->ratio_caused = group->wall_caused.n ? exactly_one : unknown;
		return 0;
	}
	summary->compares = true;
	int failed = time_ratio(group, reference, &group->ratio_time);
	failed |= energy_ratio(group, reference, "wall", GROSS, &group->ratio_wall);
	failed |= energy_ratio(group, reference, "wall", NET, &group->ratio_net);
	failed |= energy_ratio(group, reference, "wall", CAUSED, &group->ratio_caused);
	failed |= energy_ratio(group, reference, "rapl", GROSS, &group->ratio_rapl);
	return failed ? -1 : 0;
}

int summary_make(const struct campaign_file *file, struct summary *summary)
{
	*summary = (struct summary){ 0 };
	int failed = summary_group_runs(file, summary);
	for (size_t i = 0; failed == 0 && i < summary->n_groups; i++)
		failed = describe(&summary->groups[i]);
	for (size_t i = 0; failed == 0 && i < summary->n_groups; i++)
		failed = compare_with_reference(summary, &summary->groups[i]);
	if (failed)
		summary_free(summary);
	return failed ? -1 : 0;
}

void summary_free(struct summary *summary)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		free(summary->groups[i].members);
	free(summary->groups);
	free(summary->exclusions);
	*summary = (struct summary){ 0 };
}
