#include "bench_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "run_certificates.h"

/* ---- mean power ---- */

void run_serial(const struct run *run, const char *device, char serial[48])
{
	size_t i;
	const json_t *facts, *devices = json_object_get(json_object_get(run->header, "bench"), "devices");
	serial[0] = '\0';
	json_array_foreach(devices, i, facts) {
		const char *name = json_string_value(json_object_get(facts, "name"));
		const char *text = json_string_value(json_object_get(facts, "serial"));
		if (name && text && strcmp(name, device) == 0)
			snprintf(serial, 48, "%s", text);
	}
}

static const struct run_channel *power_of(const struct run *run, const char *device)
{
	for (size_t i = 0; i < run->n_channels; i++) {
		const struct run_channel *c = &run->channels[i];
		if (c->channel.kind == CHANNEL_MEAN && c->channel.unit == UNIT_WATT && strcmp(c->device, device) == 0)
			return c;
	}
	return NULL;
}

static const struct energy *energy_in(const struct result *result, const char *channel)
{
	for (int i = 0; i < result->n_sources; i++)
		if (!result->sources[i].is_total && strcmp(result->sources[i].name, channel) == 0)
			return &result->sources[i].energy;
	return NULL;
}

static int correct(const struct run *run, const struct run_channel *source, struct run_series *series, struct error *error)
{
	struct run_certificates certificates;
	struct certificate_refusals own = { .n = 0 };
	if (run_certificates_make(run, &own, &certificates, error) != 0)
		return -1;
	const struct run_certificate *certificate = run_certificate_of(&certificates, source);
	if (certificate) {
		struct certified certified = run_certificate_for(certificate, source);
		run_certificate_correct(&certified, series);
	}
	run_certificates_free(&certificates);
	return 0;
}

static int mean_of_result(const struct run *run, const struct run_channel *source, const struct device_times *times,
			  const struct result *result, struct mean_power *mean, struct error *error)
{
	struct run_series made;
	struct bracket bracket = { .start = result->start, .stop = result->stop, .u_start = result->u_start, .u_stop = result->u_stop };
	const struct energy *energy = energy_in(result, source->channel.name);
	if (energy == NULL)
		return error_set(error, ERROR_CONFIG, source->device, "say what it measures: wall, or check",
				 "the bench file says that it measures nothing");
	if (energy->status != ENERGY_OK)
		return error_set(error, ERROR_PROTOCOL, source->device, NULL, "its power cannot be trusted: %s", energy->reason);
	if (run_series_make(run, source, times, &made, error) != 0)
		return -1;
	if (correct(run, source, &made, error) != 0) {
		run_series_free(&made);
		return -1;
	}
	int found = mean_power_of(&made.series, &bracket, energy, mean);
	run_series_free(&made);
	return found == 0 ? 0 : error_set(error, ERROR_PROTOCOL, source->device, "measure for longer", "it gave too few values");
}

int bench_check_mean(const struct run *run, const char *device, struct mean_power *mean, struct error *error)
{
	struct device_times times;
	struct result *results;
	size_t n;
	const struct run_channel *source = power_of(run, device);
	if (source == NULL)
		return error_set(error, ERROR_CONFIG, device, NULL, "there is no device by this name that gives mean power");
	if (evaluate_run(run, &results, &n, error) != 0)
		return -1;
	int result = device_times_make(run, &times, error);
	if (result == 0) {
		result = mean_of_result(run, source, &times, &results[0], mean, error);
		device_times_free(&times);
	}
	free(results);
	return result;
}

/* ---- certificates ---- */

static void widen(double value, double *low, double *high)
{
	if (isfinite(value)) {
		*low = fmin(*low, value);
		*high = fmax(*high, value);
	}
}

int campaign_loads(const struct campaign_file *file, const char *device, double *low, double *high)
{
	size_t length = strlen(device);
	*low = INFINITY;
	*high = -INFINITY;
	for (size_t i = 0; i < file->n_results; i++)
		for (int j = 0; j < file->results[i].n_sources; j++) {
			const struct source_result *source = &file->results[i].sources[j];
			if (source->is_total || strncmp(source->name, device, length) != 0 || source->name[length] != '.' ||
			    source->energy.status == ENERGY_REFUSED)
				continue;
			widen(source->energy.idle_before, low, high);
			widen(source->energy.power, low, high);
		}
	return *low <= *high ? 0 : -1;
}

/* What the points say so far: the largest |error| + U and the largest |error| - U, against the limit, and where. */
struct judged {
	double most, least;
	struct certificate_verdict most_at, least_at;
};

static void look_at(const struct accuracy *accuracy, struct certificate_point at, struct judged *judged)
{
	double limit = accuracy->reading * at.power + accuracy->range * accuracy->range_value;
	struct certificate_verdict here = { .power = at.power, .error = at.error, .U = at.U, .limit = limit };
	double most = (fabs(at.error) + at.U) / limit, least = (fabs(at.error) - at.U) / limit;
	if (!(most <= judged->most)) {
		judged->most = most;
		judged->most_at = here;
	}
	if (!(least <= judged->least)) {
		judged->least = least;
		judged->least_at = here;
	}
}

void certificate_judge(const struct certificate *c, const struct accuracy *accuracy, double low, double high,
		       struct certificate_verdict *verdict)
{
	const struct certificate_verdict none = { .verdict = CERTIFICATE_OPEN, .limit = NAN, .error = NAN, .U = NAN, .power = NAN };
	struct judged judged = { .most = -INFINITY, .least = -INFINITY, .most_at = none, .least_at = none };
	double first = c->points[0].power, last = c->points[c->n - 1].power;
	*verdict = none;
	if (!(accuracy->reading > 0 || accuracy->range * accuracy->range_value > 0)) {
		snprintf(verdict->reason, sizeof verdict->reason, "no accuracy is claimed");
		return;
	}
	if (first <= low && low <= last)
		look_at(accuracy, certificate_at(c, low), &judged);
	if (first <= high && high <= last)
		look_at(accuracy, certificate_at(c, high), &judged);
	for (int i = 0; i < c->n; i++)
		if (c->points[i].power >= low && c->points[i].power <= high)
			look_at(accuracy, c->points[i], &judged);
	bool outside = judged.least > 1;
	*verdict = outside ? judged.least_at : judged.most_at;
	verdict->verdict = outside ? CERTIFICATE_OUTSIDE : CERTIFICATE_OPEN;
	if (outside)
		return;
	if (low < first || high > last)
		snprintf(verdict->reason, sizeof verdict->reason, "the loads go from %.4g W to %.4g W, the points from %.4g W to %.4g W", low, high,
			 first, last);
	else if (judged.most <= 1)
		verdict->verdict = CERTIFICATE_WITHIN;
	else
		snprintf(verdict->reason, sizeof verdict->reason, "the certificate's own uncertainty does not tell");
}
