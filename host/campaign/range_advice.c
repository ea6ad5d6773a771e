#include "range_advice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "campaign_folder.h"
#include "evaluate.h"
#include "lattice.h"
#include "range_needs.h"
#include "run.h"

#define OFFERS_MAX 256
#define FULLEST 3.0 /* a range that is overfilled by more is not worth a row */

struct advising {
	const char *directory;
	const struct device_config *config;
	struct campaign_file file;
	struct range_advice *advice;
	double voltage_in_use, current_in_use;
	double *ratios; /* U / gross: [row][workload][run], NAN where there is none */
};

/* ---- the runs, one after another ---- */

/* Calls `visit` for each run file of the campaign. */
static int each_run(struct advising *a, int (*visit)(struct advising *, struct run *, size_t index, struct error *), struct error *error)
{
	size_t index = 0;
	int result = 0;
	for (size_t i = 0; result == 0 && i < a->file.n_results; i++) {
		char path[PATH_MAX];
		struct run run = { .header = NULL };
		if (i > 0 && a->file.results[i].run == a->file.results[i - 1].run)
			continue;
		campaign_folder_run_path(a->directory, a->file.results[i].run, ".h5", path, sizeof path);
		if (run_read(path, &run, error) != 0)
			return -1;
		result = visit(a, &run, index++, error);
		run_free(&run);
	}
	a->advice->n_runs = index;
	return result;
}

static struct run_channel *channel_of(struct run *run, const char *device, enum unit unit)
{
	for (size_t i = 0; i < run->n_channels; i++)
		if (run->channels[i].channel.unit == unit && strcmp(run->channels[i].device, device) == 0 &&
		    run->channels[i].channel.number == NUMBER_F64)
			return &run->channels[i];
	return NULL;
}

/* ---- what the loads need ---- */

static void take_identity(const struct run *run, struct range_advice *advice)
{
	size_t i;
	const json_t *facts, *devices = json_object_get(json_object_get(run->header, "bench"), "devices");
	json_array_foreach(devices, i, facts) {
		const char *name = json_string_value(json_object_get(facts, "name"));
		if (name == NULL || strcmp(name, advice->device) != 0)
			continue;
		const char *model = json_string_value(json_object_get(facts, "model")), *serial = json_string_value(json_object_get(facts, "serial"));
		snprintf(advice->model, sizeof advice->model, "%s", model ? model : "");
		snprintf(advice->serial, sizeof advice->serial, "%s", serial ? serial : "");
		advice->simulated = json_is_true(json_object_get(facts, "simulated"));
	}
}

static double larger(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

static void take_needs(struct advising *a, const struct run *run)
{
	struct range_need needs[RANGE_DEVICES_MAX];
	size_t n = range_needs_of(run, needs);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(needs[i].device, a->advice->device) != 0)
			continue;
		a->advice->voltage = larger(a->advice->voltage, needs[i].voltage);
		a->advice->current = larger(a->advice->current, needs[i].current);
		a->advice->peaks_over += needs[i].peaks_over;
		a->voltage_in_use = needs[i].voltage_range;
		a->current_in_use = needs[i].current_range;
	}
}

static void take_power(struct range_advice *advice, const struct run_channel *power)
{
	for (size_t i = 0; i < power->n; i++)
		if (!(power->flags[i] & FLAG_INVALID))
			advice->power = larger(advice->power, fabs(power->values.f64[i] * power->channel.scale + power->channel.offset));
}

static int see_needs(struct advising *a, struct run *run, size_t index, struct error *error)
{
	struct range_advice *advice = a->advice;
	(void)index;
	const struct run_channel *power = channel_of(run, advice->device, UNIT_WATT);
	if (power == NULL)
		return error_set(error, ERROR_CONFIG, a->directory, NULL, "the campaign has no device \"%s\" that gives mean power", advice->device);
	take_identity(run, advice);
	take_needs(a, run);
	take_power(advice, power);
	return 0;
}

/* ---- which ranges are worth a look ---- */

static double filled(const struct range_advice *advice, const struct range_offer *offer)
{
	double voltage = fmax(advice->voltage / offer->voltage, RANGE_CREST_SINE * advice->voltage / offer->voltage_peak);
	double current = fmax(advice->current / offer->current, RANGE_CREST * advice->current / offer->current_peak);
	return fmax(voltage, current);
}

static bool same_range(double a, double b)
{
	return fabs(a - b) <= 1e-6 * fabs(a);
}

static double power_range(const struct range_row *row)
{
	return row->voltage * row->current;
}

static int compare_rows(const void *a, const void *b)
{
	double x = power_range(a), y = power_range(b);
	if (x != y)
		return x < y ? -1 : 1;
	return ((const struct range_row *)a)->voltage < ((const struct range_row *)b)->voltage ? -1 : 1;
}

/* The smallest voltage range that the mains do not overfill. */
static double best_voltage(const struct advising *a, const struct range_offer *offers, size_t n)
{
	double best = INFINITY;
	for (size_t i = 0; i < n; i++)
		if (a->advice->voltage <= RANGE_MARGIN * offers[i].voltage &&
		    RANGE_CREST_SINE * a->advice->voltage <= RANGE_MARGIN * offers[i].voltage_peak)
			best = fmin(best, offers[i].voltage);
	return best;
}

/* A peak went over the range in use, which of the two is not told: of the current, unless the mains overfill the voltage range, of
 * which `needed` is the smallest that they do not. */
static bool mends_peaks(const struct advising *a, const struct range_row *row, double needed)
{
	if (same_range(row->current, a->current_in_use))
		return a->voltage_in_use < needed && !same_range(a->voltage_in_use, needed) && row->voltage > a->voltage_in_use;
	return row->current > a->current_in_use;
}

static int choose_rows(struct advising *a, const struct range_offer *offers, size_t n, struct error *error)
{
	struct range_advice *advice = a->advice;
	double voltage = best_voltage(a, offers, n);
	for (size_t i = 0; i < n && advice->n_rows < RANGE_ROWS_MAX; i++) {
		struct range_row row = {
			.voltage = offers[i].voltage, .current = offers[i].current, .accuracy = offers[i].accuracy,
			.filled = filled(advice, &offers[i]),
		};
		row.in_use = same_range(row.voltage, a->voltage_in_use) && same_range(row.current, a->current_in_use);
		bool of_voltage = same_range(row.voltage, voltage) || same_range(row.voltage, a->voltage_in_use);
		if (!row.in_use && (!of_voltage || row.filled > FULLEST))
			continue;
		row.fits = row.filled <= RANGE_MARGIN && (advice->peaks_over == 0 || mends_peaks(a, &row, voltage));
		row.U = calloc(RANGE_WORKLOADS_MAX, sizeof *row.U);
		if (row.U == NULL)
			return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
		advice->rows[advice->n_rows++] = row;
	}
	qsort(advice->rows, (size_t)advice->n_rows, sizeof *advice->rows, compare_rows);
	for (int i = advice->n_rows; i-- > 0;)
		if (advice->rows[i].fits)
			advice->best = i;
	return 0;
}

/* ---- the same runs under another accuracy ---- */

static int workload_index(struct range_advice *advice, const struct result *result)
{
	char name[sizeof advice->workloads[0]];
	snprintf(name, sizeof name, "%s%s%s", result->workload, result->point[0] ? " " : "", result->point);
	for (size_t i = 0; i < advice->n_workloads; i++)
		if (strcmp(advice->workloads[i], name) == 0)
			return (int)i;
	if (advice->n_workloads == RANGE_WORKLOADS_MAX) {
		advice->more_workloads = true;
		return -1;
	}
	memcpy(advice->workloads[advice->n_workloads], name, sizeof name);
	return (int)advice->n_workloads++;
}

static double *ratio_at(const struct advising *a, int row, int workload, size_t run)
{
	return &a->ratios[((size_t)row * RANGE_WORKLOADS_MAX + (size_t)workload) * a->advice->n_runs + run];
}

/* U / gross of the phase that stands for the workload, as this channel sees it. */
static void take_ratio(struct advising *a, const struct run *run, const char *channel, const struct result *results, size_t n, int row,
		       size_t index)
{
	const char *measure = json_string_value(json_object_get(run->header, "measure"));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(results[i].phase, measure ? measure : "") != 0)
			continue;
		int workload = workload_index(a->advice, &results[i]);
		for (int j = 0; j < results[i].n_sources && workload >= 0; j++) {
			const struct source_result *source = &results[i].sources[j];
			if (!source->is_total && strcmp(source->name, channel) == 0 && source->energy.status != ENERGY_REFUSED)
				*ratio_at(a, row, workload, index) = source->energy.gross.expanded.U / fabs(source->energy.gross.value);
		}
	}
}

static int evaluate_again(struct advising *a, struct run *run, size_t index, struct error *error)
{
	struct run_channel *power = channel_of(run, a->advice->device, UNIT_WATT);
	for (int row = 0; row < a->advice->n_rows; row++) {
		struct result *results;
		size_t n;
		if (!a->advice->rows[row].fits)
			continue;
		double timebase = power->channel.accuracy.timebase;
		power->channel.accuracy = a->advice->rows[row].accuracy;
		power->channel.accuracy.timebase = timebase;
		if (evaluate_run(run, &results, &n, error) != 0)
			return -1;
		take_ratio(a, run, power->channel.name, results, n, row, index);
		free(results);
	}
	return 0;
}

static void find_medians(struct advising *a)
{
	for (int row = 0; row < a->advice->n_rows; row++)
		for (size_t w = 0; w < a->advice->n_workloads; w++) {
			double *ratios = ratio_at(a, row, (int)w, 0);
			size_t n = 0;
			for (size_t run = 0; run < a->advice->n_runs; run++)
				if (!isnan(ratios[run]))
					ratios[n++] = ratios[run];
			a->advice->rows[row].U[w] = median_of(ratios, n);
		}
}

static int evaluate_all(struct advising *a, struct error *error)
{
	size_t n = (size_t)a->advice->n_rows * RANGE_WORKLOADS_MAX * a->advice->n_runs;
	a->ratios = malloc((n + 1) * sizeof *a->ratios);
	if (a->ratios == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	for (size_t i = 0; i < n; i++)
		a->ratios[i] = NAN;
	int result = each_run(a, evaluate_again, error);
	if (result == 0)
		find_medians(a);
	free(a->ratios);
	return result;
}

/* ---- the whole ---- */

static int choose_device(const struct bench_config *bench, const char *device, struct advising *a, struct error *error)
{
	for (int i = 0; i < bench->n_devices && a->config == NULL; i++)
		if (device ? strcmp(bench->devices[i].name, device) == 0 : bench->devices[i].measures == ROLE_WALL)
			a->config = &bench->devices[i];
	if (a->config == NULL)
		return error_set(error, ERROR_CONFIG, device, "name one with --device", device ? "the bench has no device by this name"
											      : "no device of the bench measures the wall");
	snprintf(a->advice->device, sizeof a->advice->device, "%s", a->config->name);
	const struct driver *driver = driver_find(a->config->driver);
	if (driver == NULL || driver->ranges == NULL)
		return error_set(error, ERROR_UNSUPPORTED, a->config->name, NULL, "driver %s has no ranges to choose from", a->config->driver);
	return 0;
}

static int list_offers(const struct advising *a, struct range_offer *offers, size_t *n, struct error *error)
{
	*n = driver_find(a->config->driver)->ranges(a->advice->model, a->config, offers, OFFERS_MAX);
	if (*n == 0 || *n > OFFERS_MAX)
		return error_set(error, ERROR_UNSUPPORTED, a->config->name, NULL, "the ranges of a \"%s\" are not known", a->advice->model);
	if (isnan(a->advice->voltage) || isnan(a->advice->current))
		return error_set(error, ERROR_CONFIG, a->directory, NULL, "no voltage and current were recorded: what the loads need is not known");
	return 0;
}

static int advise(struct advising *a, struct error *error)
{
	struct range_offer offers[OFFERS_MAX];
	size_t n;
	if (each_run(a, see_needs, error) != 0)
		return -1;
	if (a->advice->n_runs == 0)
		return error_set(error, ERROR_CONFIG, a->directory, NULL, "the campaign has no runs");
	if (list_offers(a, offers, &n, error) != 0 || choose_rows(a, offers, n, error) != 0)
		return -1;
	return evaluate_all(a, error);
}

int range_advise(const char *directory, const struct bench_config *bench, const char *device, struct range_advice *advice,
		 struct error *error)
{
	struct advising a = { .directory = directory, .advice = advice };
	memset(advice, 0, sizeof *advice);
	advice->power = advice->voltage = advice->current = NAN;
	advice->best = -1;
	if (choose_device(bench, device, &a, error) != 0 || campaign_file_read(directory, &a.file, error) != 0)
		return -1;
	int result = advise(&a, error);
	campaign_file_free(&a.file);
	return result;
}

void range_advice_free(struct range_advice *advice)
{
	for (int i = 0; i < advice->n_rows; i++)
		free(advice->rows[i].U);
	memset(advice, 0, sizeof *advice);
}
