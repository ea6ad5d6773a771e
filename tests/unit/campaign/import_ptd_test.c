/* Logs of PTDaemon, imported: spans become runs that analysis, and whoever reads a campaign, takes as any. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign_folder.h"
#include "import_ptd.h"
#include "ptd_log.h"
#include "rebuild.h"
#include "run.h"
#include "text.h"
#include "unit.h"

struct lab {
	char directory[64], log[96], output[96];
	struct text text;
	int64_t second; /* of the next line, after 15:20:00 */
	struct error error;
	struct campaign_file file;
	size_t runs;
};

static void open_lab(struct lab *lab)
{
	*lab = (struct lab){ .directory = "/tmp/joulerig-import-XXXXXX" };
	assert_non_null(mkdtemp(lab->directory));
	snprintf(lab->log, sizeof lab->log, "%s/ptd.log", lab->directory);
	snprintf(lab->output, sizeof lab->output, "%s/out", lab->directory);
}

static void close_lab(struct lab *lab)
{
	char command[128];
	campaign_file_free(&lab->file);
	text_free(&lab->text);
	snprintf(command, sizeof command, "rm -r %s", lab->directory);
	assert_int_equal(system(command), 0);
}

static void line(struct lab *lab, const char *values, const char *mark)
{
	int s = (int)lab->second++;
	text_addf(&lab->text, "Time,28-12-2020 15:%02d:%02d.682,%s%s%s\r\n", 20 + s / 60, s % 60, values, mark[0] ? ",Mark," : "", mark);
}

/* Alternates by a little: as noise does. */
static void seconds(struct lab *lab, int n, double watts, const char *mark)
{
	for (int i = 0; i < n; i++) {
		char values[120];
		snprintf(values, sizeof values, "Watts,%.6f,Volts,228.570000,Amps,%.6f,PF,0.980000", watts + (i % 2 ? 0.1 : -0.1) + 0.02 * (i % 3),
			 watts / 224);
		line(lab, values, mark);
	}
}

static int import(struct lab *lab, int64_t utc_offset)
{
	const char *logs[] = { lab->log };
	struct import_request request = {
		.logs = logs, .n_logs = 1, .directory = lab->output, .idle = "idle", .utc_offset = utc_offset, .version = "test",
		.accuracy = { .reading = 0.001, .range = 0.0005, .range_value = 600 },
	};
	FILE *file = fopen(lab->log, "w");
	assert_non_null(file);
	fputs(text_string(&lab->text), file);
	fclose(file);
	lab->error = (struct error)ERROR_INIT;
	int result = import_ptd(&request, &lab->runs, &lab->error);
	return result == 0 ? campaign_file_read(lab->output, &lab->file, &lab->error) : result;
}

static void must_import(struct lab *lab, int64_t utc_offset)
{
	if (import(lab, utc_offset) != 0)
		fail_msg("%s: %s", lab->error.on, lab->error.what);
}

static const struct energy *wall_of(const struct lab *lab, size_t i)
{
	const struct source_result *wall = result_source(&lab->file.results[i], "wall");
	assert_non_null(wall);
	return &wall->energy;
}

static struct run run_of(const struct lab *lab, uint32_t number)
{
	char path[PATH_MAX];
	struct run run;
	struct error error = ERROR_INIT;
	campaign_folder_run_path(lab->output, number, ".h5", path, sizeof path);
	assert_int_equal(run_read(path, &run, &error), 0);
	return run;
}

static void spans_become_runs(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	text_add(&lab.text, "PTDaemon 1.9.1\n");
	seconds(&lab, 30, 50, "idle");
	seconds(&lab, 60, 150, "load 100 %");
	seconds(&lab, 30, 50, "idle");
	seconds(&lab, 60, 100, "load 50 %");
	seconds(&lab, 20, 50, "notset");
	seconds(&lab, 60, 150, "load 100 %");
	seconds(&lab, 20, 50, "");
	must_import(&lab, 3600 * NS_PER_S);
	assert_int_equal(lab.runs, 3);
	assert_int_equal(lab.file.n_results, 3);
	static const double watts[] = { 150, 100, 150 };
	for (size_t i = 0; i < 3; i++) {
		const struct result *r = &lab.file.results[i];
		const struct energy *wall = wall_of(&lab, i);
		assert_int_equal(r->status, RUN_OK);
		assert_string_equal(r->workload, i == 1 ? "load 50 %" : "load 100 %");
		assert_int_equal(r->repetition, i == 2 ? 2 : 1);
		assert_near((double)(r->stop - r->start), 60e9, 1);
		assert_int_equal(r->u_start, NS_PER_S);
		assert_int_equal(r->u_stop, NS_PER_S);
		assert_near(wall->gross.value, 60 * watts[i], 5);
		assert_true(wall->gross.expanded.U > 1.1 * watts[i]); /* the edges: a second of the load at either end */
		assert_non_null(strstr(r->reason, "no trigger (edges to ± 1 s), no RAPL"));
		assert_int_equal(strstr(r->reason, "no idle before it") != NULL, i == 2);
		assert_int_equal(isnan(wall->net.value), i == 2);
		assert_null(result_source(r, "rapl"));
	}
	assert_near(wall_of(&lab, 0)->net.value, 60 * 100, 10);
	/* 15:20:30 an hour before UTC's, less the window of the first sample. */
	assert_true(lab.file.results[0].start_realtime == INT64_C(1609165229682) * NS_PER_MS);
	assert_true(json_is_true(json_object_get(lab.file.facts, "imported")));
	close_lab(&lab);
}

/* Where the log has nothing around a span the bracket is inside it. */
static void span_alone(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	seconds(&lab, 80, 120, "testing");
	must_import(&lab, 0);
	const struct result *r = &lab.file.results[0];
	assert_int_equal(r->status, RUN_OK);
	assert_near((double)(r->stop - r->start), 60e9, 1);
	assert_near(wall_of(&lab, 0)->power, 120, 0.1);
	assert_non_null(strstr(r->reason, "of a part of the span only"));
	close_lab(&lab);
	open_lab(&lab);
	seconds(&lab, 15, 120, "short");
	must_import(&lab, 0);
	assert_int_equal(wall_of(&lab, 0)->status, ENERGY_REFUSED);
	close_lab(&lab);
}

/* Energy of the whole is within U, and none above idle is told where the end of the record is not quiet. */
static void assert_part(const struct lab *lab, size_t i, double watts, double seconds)
{
	const struct energy *wall = wall_of(lab, i);
	const struct result *r = &lab->file.results[i];
	assert_non_null(strstr(r->reason, "of a part of the span only"));
	assert_near((double)(r->stop - r->start), seconds * 1e9, 1);
	assert_near(wall->gross.value, seconds * watts, wall->gross.expanded.U);
	assert_true(isnan(wall->net.value) && isnan(wall->caused.value));
}

static void span_beside_another(void **state)
{
	(void)state;
	static const double levels[][2] = { { 200, 300 }, { 300, 100 }, { 200, 60 } };
	for (int i = 0; i < 3; i++) {
		struct lab lab;
		open_lab(&lab);
		seconds(&lab, 30, 50, "idle");
		seconds(&lab, 30, levels[i][0], "a");
		seconds(&lab, 30, levels[i][1], "b");
		seconds(&lab, 30, 50, "idle");
		must_import(&lab, 0);
		assert_part(&lab, 0, levels[i][0], 20);
		assert_part(&lab, 1, levels[i][1], 20);
		close_lab(&lab);
	}
}

/* A mark that was set while the load ran, and taken away before its end: by so little as the edges are known to, or by more. */
static void load_beyond_its_mark(void **state)
{
	(void)state;
	for (int beyond = 1; beyond <= 3; beyond++) {
		struct lab lab;
		open_lab(&lab);
		seconds(&lab, 30, 50, "idle");
		seconds(&lab, beyond, 200, "");
		seconds(&lab, 30, 200, "load");
		seconds(&lab, beyond, 200, "");
		seconds(&lab, 30, 50, "idle");
		must_import(&lab, 0);
		assert_part(&lab, 0, 200, 10);
		close_lab(&lab);
	}
	struct lab lab;
	open_lab(&lab);
	seconds(&lab, 30, 50, "idle");
	seconds(&lab, 1, 110, "");
	seconds(&lab, 30, 200, "load");
	seconds(&lab, 1, 110, "");
	seconds(&lab, 30, 50, "idle");
	must_import(&lab, 0);
	const struct energy *wall = wall_of(&lab, 0);
	assert_near(wall->gross.value, 6000, wall->gross.expanded.U);
	assert_near(wall->net.value, 4500, wall->net.expanded.U);
	assert_near(wall->caused.value, 4500, wall->caused.expanded.U);
	close_lab(&lab);
}

/* Idle that lies behind another span is not right before this one, however short that is. */
static void idle_behind_another(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	seconds(&lab, 30, 50, "idle");
	seconds(&lab, 2, 50, "short");
	seconds(&lab, 30, 200, "load");
	seconds(&lab, 30, 50, "idle");
	must_import(&lab, 0);
	assert_part(&lab, 1, 200, 20);
	close_lab(&lab);
}

/* Seconds that are missing are a gap; -1 is no power. */
static void holes_and_codes(void **state)
{
	(void)state;
	struct lab lab;
	open_lab(&lab);
	seconds(&lab, 30, 50, "idle");
	seconds(&lab, 30, 150, "load");
	lab.second += 2;
	seconds(&lab, 10, 150, "load");
	line(&lab, "Watts,-1.000000,Volts,228.570000,Amps,-1.000000,PF,-1.000000", "load");
	seconds(&lab, 60, 150, "load");
	seconds(&lab, 30, 50, "idle");
	must_import(&lab, 0);
	const struct energy *wall = wall_of(&lab, 0);
	assert_int_equal(wall->status, ENERGY_DEGRADED);
	assert_int_equal(wall->missing, 2);
	assert_int_equal(wall->invalid, 1);
	assert_near(wall->gross.value, 150 * 103, 20);
	struct run run = run_of(&lab, 1);
	assert_int_equal(run.channels[0].n_gaps, 1);
	assert_int_equal(run.channels[0].gaps[0].values, 2);
	assert_int_equal(run.channels[0].gaps[0].reason, GAP_MISSED);
	size_t invalid = 0;
	for (size_t i = 0; i < run.channels[0].n; i++)
		if (run.channels[0].flags[i] & FLAG_INVALID) {
			assert_true(isnan(run.channels[0].values.f64[i]));
			invalid++;
		}
	assert_int_equal(invalid, 1);
	assert_int_equal(run.damage, 0);
	run_free(&run);
	close_lab(&lab);
}

static void analysis_gives_the_same(void **state)
{
	(void)state;
	struct lab lab;
	struct campaign_file again;
	open_lab(&lab);
	seconds(&lab, 30, 50, "idle");
	seconds(&lab, 60, 150, "load");
	seconds(&lab, 30, 50, "idle");
	must_import(&lab, 0);
	assert_int_equal(rebuild_directory(lab.output, &again, &lab.error), 0);
	double then = wall_of(&lab, 0)->gross.value, now = result_source(&again.results[0], "wall")->energy.gross.value;
	assert_memory_equal(&then, &now, sizeof now);
	campaign_file_free(&again);
	assert_int_equal(import(&lab, 0), -1); /* it is taken */
	assert_int_equal(lab.error.code, ERROR_EXISTS);
	close_lab(&lab);
}

static void assert_refused(const char *extra, const char *said)
{
	struct lab lab;
	open_lab(&lab);
	seconds(&lab, 10, 50, "idle");
	text_add(&lab.text, extra);
	assert_int_equal(import(&lab, 0), -1);
	if (strstr(lab.error.what, said) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", lab.error.what, said);
	assert_int_equal(lab.error.code, ERROR_CONFIG);
	close_lab(&lab);
}

static void bad_logs(void **state)
{
	(void)state;
	assert_refused("Time,28-12-2020 15:20:05.682,Watts,5\n", "in line 11 time goes back");
	assert_refused("Time,28-12-2020 15:21:05.682,Watts,five\n", "line 11 is no sample: Time,28-12-2020 15:21:05.682,Watts,five");
	assert_refused("Time,12-28-2020 15:21:05.682,Watts,5\n", "line 11 is no sample");
	assert_refused("", "no span with a mark");
	struct lab lab;
	open_lab(&lab);
	seconds(&lab, 3, 50, "load");
	assert_int_equal(import(&lab, 0), -1);
	assert_non_null(strstr(lab.error.what, "it has 3 samples: too few"));
	assert_int_equal(access(lab.output, F_OK), -1);
	close_lab(&lab);
}

static void log_and_its_spans(void **state)
{
	(void)state;
	struct lab lab;
	struct ptd_log log;
	struct ptd_span span;
	open_lab(&lab);
	seconds(&lab, 5, 50, "");
	seconds(&lab, 3, 50, "a");
	seconds(&lab, 2, 50, "b");
	text_add(&lab.text, "Uncertainty 1.20% which is above 1.00% limit\n\n");
	seconds(&lab, 2, 50, "notset");
	seconds(&lab, 1, 50, "b");
	FILE *file = fopen(lab.log, "w");
	fputs(text_string(&lab.text), file);
	fclose(file);
	assert_int_equal(ptd_log_read(lab.log, &log, &lab.error), 0);
	assert_int_equal(log.n, 13);
	assert_int_equal(log.others, 1);
	assert_int_equal(log.period, NS_PER_S);
	static const size_t expected[3][2] = { { 5, 8 }, { 8, 10 }, { 12, 13 } };
	size_t at = 0;
	for (int i = 0; i < 3; i++, at = span.end) {
		assert_true(ptd_log_span(&log, at, &span));
		assert_int_equal(span.first, expected[i][0]);
		assert_int_equal(span.end, expected[i][1]);
	}
	assert_false(ptd_log_span(&log, at, &span));
	ptd_log_free(&log);
	close_lab(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_become_runs), cmocka_unit_test(span_alone), cmocka_unit_test(span_beside_another),
		cmocka_unit_test(load_beyond_its_mark), cmocka_unit_test(idle_behind_another), cmocka_unit_test(holes_and_codes),
		cmocka_unit_test(analysis_gives_the_same), cmocka_unit_test(bad_logs), cmocka_unit_test(log_and_its_spans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
