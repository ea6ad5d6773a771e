/* fixture: made-up campaigns for the tests of report/: real structures, invented numbers. */
#ifndef JOULERIG_TESTS_UNIT_REPORT_FIXTURE_H
#define JOULERIG_TESTS_UNIT_REPORT_FIXTURE_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "campaign_file.h"
#include "clock.h"
#include "unit.h"

#define FIXTURE_RUNS 64

static inline struct joules fixture_joules(double value, double noise, double gain, double offset)
{
	struct joules joules = { .value = value };
	budget_add(&joules.budget, "noise", 'A', noise, 19, SHARE_NONE);
	budget_add(&joules.budget, "gain", 'B', gain * value, INFINITY, SHARE_RELATIVE);
	budget_add(&joules.budget, "range", 'B', offset, INFINITY, SHARE_ABSOLUTE);
	joules.expanded = budget_expand(&joules.budget);
	return joules;
}

static inline struct energy fixture_energy(double gross, double duration, double idle, double gain)
{
	return (struct energy){
		.status = ENERGY_OK,
		.gross = fixture_joules(gross, 0.2, gain, 0.1 * duration),
		.net = fixture_joules(gross - idle * duration, 0.3, gain, 0),
		.caused = fixture_joules(gross - idle * duration + 2, 0.4, gain, 0),
		.tail = 2,
		.duration = duration,
		.power = gross / duration,
		.idle_before = idle,
		.idle_after = idle + 0.2,
		.u_idle_before = 0.05,
		.used = 34,
		.naive_mean = 0.98 * gross,
		.naive_prorata = 0.99 * gross,
	};
}

static inline void fixture_source(struct result *result, const char *name, enum channel_role role, bool total,
				  struct energy energy)
{
	struct source_result *source = &result->sources[result->n_sources++];
	*source = (struct source_result){ .role = role, .is_total = total, .energy = energy };
	snprintf(source->name, sizeof source->name, "%s", name);
}

/* A new result at the end of `file`, of run n + 1, that went well and has no sources yet. */
static inline struct result *fixture_bare(struct campaign_file *file, const char *workload, const char *point, const char *arm,
					  double seconds)
{
	assert_true(file->n_results < FIXTURE_RUNS);
	struct result *result = &file->results[file->n_results++];
	uint32_t run = (uint32_t)file->n_results;
	*result = (struct result){ .run = run, .slot = run, .attempt = 1, .repetition = 1, .block = 1, .order = run,
		.status = RUN_OK, .start = 1000 * NS_PER_S, .u_start = 12000, .u_stop = 40000,
		.start_realtime = 1763780584123456789,
		.cpu_seconds = 1.9 * seconds, .peak_rss = 35e6, .peak_vms = NAN, .overhead_cpu = 0.01, .rapl_fraction = NAN };
	result->stop = result->start + (int64_t)(seconds * NS_PER_S);
	snprintf(result->workload, sizeof result->workload, "%s", workload);
	snprintf(result->point, sizeof result->point, "%s", point);
	snprintf(result->arm, sizeof result->arm, "%s", arm);
	snprintf(result->checksum, sizeof result->checksum, "%s", "5f3a");
	return result;
}

/* With a wall meter and RAPL that says 60 % of it. */
static inline struct result *fixture_run(struct campaign_file *file, const char *workload, const char *point, const char *arm,
					 double seconds, double joules)
{
	struct result *result = fixture_bare(file, workload, point, arm, seconds);
	fixture_source(result, "wall", ROLE_WALL, true, fixture_energy(joules, seconds, 60, 0.001));
	fixture_source(result, "rapl", ROLE_NONE, true, fixture_energy(0.6 * joules, seconds, 20, 0));
	fixture_source(result, "package-0.energy", ROLE_PACKAGE, false, fixture_energy(0.5 * joules, seconds, 15, 0));
	fixture_source(result, "dram-0.energy", ROLE_DRAM, false, fixture_energy(0.1 * joules, seconds, 5, 0));
	result->rapl_fraction = 0.6;
	return result;
}

static inline struct campaign_file fixture_empty(void)
{
	struct campaign_file file = { .results = calloc(FIXTURE_RUNS, sizeof *file.results) };
	file.facts = json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:s, s:[s,s,s], s:b, s:{s:s}, s:{s:f, s:f}, s:{s:s, s:[{s:s,s:s,s:s,s:s,s:b}]},"
		" s:{s:{s:s, s:i}}, s:{s:{s:s, s:b}, s:{s:s, s:b}}, s:{s:s}}",
		"title", "first light", "seed", 42, "uuid", "0b21", "version", "0.1.0", "started", "2025-11-22T03:00:00Z",
		"reference", "gil", "arms", "gil", "ft", "ft-gil-on", "simulated", 0, "measures", "mandelbrot", "", "overhead",
		"cpu_s", 0.41, "wall_s", 34.2, "bench", "name", "desk", "devices", "name", "wall", "maker", "YOKOGAWA",
		"model", "WT310E", "serial", "C3XE01", "simulated", 0, "machine", "cpu", "model", "Made-up CPU", "cores", 2,
		"interpreters", "gil", "version", "3.13.5", "gil_enabled", 1, "ft", "version", "3.13.5", "gil_enabled", 0,
		"trigger", "name", "software");
	assert_non_null(file.facts);
	return file;
}

/* mandelbrot threads=2: gil about 400 J in 3.4 s, ft about 200 J in 1.7 s, five runs each, interleaved. */
static inline struct campaign_file fixture_campaign(void)
{
	struct campaign_file file = fixture_empty();
	for (int i = 0; i < 5; i++) {
		fixture_run(&file, "mandelbrot", "threads=2", "ft", 1.70 + 0.01 * i, 200 + i);
		fixture_run(&file, "mandelbrot", "threads=2", "gil", 3.40 + 0.01 * i, 400 + 2 * i);
	}
	return file;
}

static inline void fixture_simulate(struct campaign_file *file)
{
	json_object_set_new(file->facts, "simulated", json_true());
	for (size_t i = 0; i < file->n_results; i++)
		file->results[i].simulated = true;
}

static inline void fixture_free(struct campaign_file *file)
{
	json_decref(file->facts);
	free(file->results);
}

#endif
