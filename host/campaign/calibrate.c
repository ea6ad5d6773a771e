#include "calibrate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable.h"
#include "edit.h"
#include "run_edges.h"
#include "run_series.h"
#include "schemas.h"

/* ---- from a run ---- */

static int64_t option_of(const struct run *run, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(run->header, "options"), key));
}

/* The pattern's steps, malloc'ed; two marks of the same kind in a row (one was lost) count once. */
static struct load_edge *pattern_of(const struct run *run, size_t *n)
{
	struct load_edge *edges = calloc(run->n_edges + 1, sizeof *edges);
	*n = 0;
	for (size_t i = 0; edges && i < run->n_edges; i++) {
		const struct run_edge *edge = &run->edges[i];
		bool busy = strcmp(edge->edge.name, PATTERN_BUSY) == 0;
		if (edge->edge.what != EDGE_MARK || (!busy && strcmp(edge->edge.name, PATTERN_IDLE) != 0))
			continue;
		if (*n ? edges[*n - 1].busy != busy && edge->t > edges[*n - 1].t : busy)
			edges[(*n)++] = (struct load_edge){ .t = edge->t, .u_t = run_mark_u(run), .busy = busy };
	}
	return edges;
}

static int calibrate_channel(const struct run *run, const struct run_channel *source, const struct device_times *times,
			     struct calibration *found, struct error *error)
{
	size_t n;
	struct run_series made;
	struct load_edge *edges = pattern_of(run, &n);
	if (edges == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	int result = run_series_make(run, source, times, &made, error);
	if (result == 0) {
		snprintf(found->device, sizeof found->device, "%s", source->device);
		latency_of(&made.series, edges, n, option_of(run, "supply_lag_ns"), &found->latency);
		run_series_free(&made);
	}
	free(edges);
	return result;
}

static bool is_asked(const struct run_channel *source, const char *device)
{
	return source->channel.kind == CHANNEL_MEAN && source->channel.unit == UNIT_WATT &&
	       (device == NULL || strcmp(device, source->device) == 0);
}

int calibrate(const struct run *run, const char *device, struct calibration found[CALIBRATIONS_MAX], struct error *error)
{
	struct device_times times;
	int n = 0, result = 0;
	if (device_times_make(run, &times, error) != 0)
		return -1;
	for (size_t i = 0; i < run->n_channels && n < CALIBRATIONS_MAX && result == 0; i++)
		if (is_asked(&run->channels[i], device))
			result = calibrate_channel(run, &run->channels[i], &times, &found[n++], error);
	device_times_free(&times);
	if (result == 0 && n == 0)
		return error_set(error, ERROR_CONFIG, device, NULL, "there is no device on the bench that gives mean power over windows%s",
				 device ? " by this name" : "");
	return result == 0 ? n : -1;
}

static const json_t *facts_of(const struct run *run, const char *device)
{
	size_t i;
	const json_t *facts, *devices = json_object_get(json_object_get(run->header, "bench"), "devices");
	json_array_foreach(devices, i, facts) {
		const char *name = json_string_value(json_object_get(facts, "name"));
		if (name && strcmp(name, device) == 0)
			return facts;
	}
	return NULL;
}

static bool says(const json_t *facts, const char *key, const char *text)
{
	const char *found = json_string_value(json_object_get(facts, key));
	return found && strcmp(found, text) == 0;
}

static bool same_options(const json_t *facts, const struct device_config *config)
{
	const json_t *options = json_object_get(facts, "options");
	if (json_object_size(options) != (size_t)config->n_options)
		return false;
	for (int i = 0; i < config->n_options; i++)
		if (!says(options, config->options[i].name, config->options[i].text))
			return false;
	return true;
}

/* NULL: nothing differs. */
static const char *difference_of(const json_t *facts, const struct device_config *config)
{
	const json_t *update = json_object_get(facts, "update_s");
	if (facts == NULL)
		return "the run has none by this name";
	if (!says(facts, "driver", config->driver))
		return "the run's has another driver";
	if (!json_is_number(update) || fabs(json_number_value(update) - config->update) > 1e-9)
		return "the run's was set to another update interval";
	if (!same_options(facts, config))
		return "the run's had other options";
	if (config->serial[0])
		return says(facts, "serial", config->serial) ? NULL : "the run's has another serial number";
	return says(facts, "endpoint", config->endpoint.text) ? NULL : "the run's had another endpoint, and the bench file gives no serial number";
}

int calibration_check_device(const struct run *run, const struct device_config *config, struct error *error)
{
	const json_t *facts = facts_of(run, config->name);
	const char *difference = difference_of(facts, config);
	if (difference == NULL)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "calibrate on this bench, without --from", "it is not the device that was calibrated: %s%s",
			 difference, json_is_true(json_object_get(facts, "simulated")) ? " (it was a simulated one)" : "");
}

/* ---- into the bench file ---- */

void calibration_texts(const struct calibration *calibration, char latency[32], char uncertainty[32])
{
	const struct latency *l = &calibration->latency;
	snprintf(latency, 32, "%.1f ms", fmax(0, l->value) * 1e3);
	snprintf(uncertainty, 32, "%.1f ms", ceil(l->expanded.U * 1e4) / 10);
}

static int check_edited(const struct document *before, const struct text *edited, const char *path, const char *place,
			const struct edit *edits, struct error *error)
{
	struct problems problems = PROBLEMS_INIT;
	struct document *after = document_parse(path, edited->bytes, edited->length, schema_bench, &problems, NULL);
	bool good = after && !document_differs(before, after, place, edits, 2);
	document_free(after);
	problems_free(&problems);
	return good ? 0 : error_set(error, ERROR_UNSUPPORTED, path, "write the two lines yourself",
				    "the file is not written in a way in which the latency can be set");
}

/* Like the file that it will replace; another owner only where that is permitted. */
static int write_like(int fd, const struct stat *old, const struct text *text)
{
	if (fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM)
		return -1;
	return fchmod(fd, old->st_mode & 07777) != 0 || durable_write_all(fd, text->bytes, text->length) != 0 ? -1 : fsync(fd);
}

/* Under a new name in the same directory, also behind a symbolic link. */
static int replace_file(const char *path, const struct text *text, struct error *error)
{
	char real[PATH_MAX], aside[PATH_MAX + 8];
	struct stat old;
	if (realpath(path, real) == NULL || stat(real, &old) != 0)
		return error_errno(error, errno, path, NULL, "cannot find the bench file");
	snprintf(aside, sizeof aside, "%s.XXXXXX", real);
	int fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return error_errno(error, errno, path, durable_remedy(errno), "cannot make a file beside it");
	int cause = write_like(fd, &old, text) == 0 ? 0 : errno;
	if (close(fd) != 0 && cause == 0)
		cause = errno;
	if (cause != 0)
		error_errno(error, cause, aside, durable_remedy(cause), "cannot write the file");
	else if (durable_rename(aside, real, true, error) == 0)
		return 0;
	unlink(aside);
	return -1;
}

static int edit_bench(const struct calibration *calibration, const struct document *document, const char *path, struct error *error)
{
	char latency[32], uncertainty[32], place[64];
	struct text text = TEXT_INIT;
	const struct edit edits[] = { { "latency", latency }, { "latency_uncertainty", uncertainty } };
	const struct node *devices = node_get(document, document_root(document), "devices");
	calibration_texts(calibration, latency, uncertainty);
	snprintf(place, sizeof place, "devices/%s", calibration->device);
	int result = document_edit(document, node_get(document, devices, calibration->device), edits, 2, &text, error);
	if (result == 0)
		result = check_edited(document, &text, path, place, edits, error);
	if (result == 0)
		result = replace_file(path, &text, error);
	text_free(&text);
	return result;
}

int calibration_write(const struct calibration *calibration, const char *path, struct error *error)
{
	struct problems problems = PROBLEMS_INIT;
	struct document *document = document_load(path, schema_bench, &problems, error);
	int result = document ? edit_bench(calibration, document, path, error) : -1;
	document_free(document);
	problems_free(&problems);
	return result;
}
