/* From a run's raw data to its results: brackets, sources, totals, status. */
#include "planned_run.h"

struct results {
	struct result *list;
	size_t n;
};

static struct results evaluate(const struct run *run)
{
	struct results results;
	struct error error = ERROR_INIT;
	assert_int_equal(evaluate_run(run, &results.list, &results.n, &error), 0);
	return results;
}

static const struct result *phase(const struct results *results, const char *name)
{
	for (size_t i = 0; i < results->n; i++)
		if (strcmp(results->list[i].phase, name) == 0)
			return &results->list[i];
	fail_msg("no result for phase \"%s\"", name);
	return NULL;
}

static const struct energy *source(const struct result *result, const char *name)
{
	const struct source_result *found = result_source(result, name);
	if (found == NULL)
		fail_msg("no source \"%s\"", name);
	return &found->energy;
}

static void assert_energy(const struct energy *energy, double gross, double net)
{
	if (energy->status != ENERGY_OK)
		fail_msg("%s: %s", energy_status_name(energy->status), energy->reason);
	assert_near(energy->gross.value, gross, 1e-3 * gross);
	assert_near(energy->net.value, net, 2e-3 * gross);
	assert_true(energy->gross.expanded.U > 0);
	assert_near(energy->gross.value, gross, energy->gross.expanded.U);
}

/* ---- brackets ---- */

static void whole_run_and_phase(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 2);
	assert_string_equal(results.list[0].phase, "");
	double gross = planned_between(PLANNED_START, PLANNED_STOP), length = PLANNED_STOP - PLANNED_START;
	assert_energy(source(&results.list[0], "wall"), gross, gross - 60 * length);
	const struct result *measured = phase(&results, "measured");
	assert_energy(source(measured, "wall"), 1000, 700);
	assert_int_equal(results.list[0].status, RUN_OK);
	assert_int_equal(measured->status, RUN_OK);
	assert_int_equal(results.list[0].start, SECONDS(PLANNED_START));
	assert_int_equal(results.list[0].stop, SECONDS(PLANNED_STOP));
	assert_int_equal(results.list[0].u_stop, SECONDS(2e-5));
	assert_int_equal(results.list[0].start_realtime, SECONDS(1000 + PLANNED_START));
	assert_int_equal(measured->start, SECONDS(PLANNED_BEGIN));
	assert_int_equal(measured->u_start, 2000); /* of a campaign that has one half-width for all stamps */
	free(results.list);
	json_t *options = json_object_get(run.header, "options");
	json_object_set_new(options, "mark_u_ns", json_integer(2000));
	json_object_set_new(options, "start_u_ns", json_integer(150000)); /* what is known of the launcher's child says nothing of marks */
	results = evaluate(&run);
	assert_int_equal(phase(&results, "measured")->u_start, 2000);
	assert_int_equal(phase(&results, "measured")->u_stop, 2000);
	free(results.list);
	run_free(&run);
}

/* Stamped by the meter's own clock, the same run has the same energies; where that clock began anew, it says so, and what has no host
 * time is missing. */
static void a_meter_with_its_own_clock(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	planned_own_clock(&run, 0);
	struct results results = evaluate(&run);
	double gross = planned_between(PLANNED_START, PLANNED_STOP), length = PLANNED_STOP - PLANNED_START;
	assert_energy(source(&results.list[0], "wall"), gross, gross - 60 * length);
	assert_energy(source(phase(&results, "measured"), "wall"), 1000, 700);
	assert_string_equal(results.list[0].reason, "");
	free(results.list);
	planned_reset(&run, 50); /* at 25 s, behind the run */
	for (size_t i = 0; i < run.channels[0].n; i++)
		if (run.channels[0].t[i] > planned_device_time(SECONDS(24.9)))
			run.channels[0].t[i] -= SECONDS(7000);
	results = evaluate(&run);
	if (strstr(results.list[0].reason, "its clock stepped 1 times") == NULL)
		fail_msg("reason: %s", results.list[0].reason);
	free(results.list);
	run.n_syncs = 0;
	results = evaluate(&run);
	assert_int_equal(results.list[0].status, RUN_UNMEASURED);
	free(results.list);
	run_free(&run);
}

/* The meter had run for `before` s when the host's clock began, and begins anew when that shows `at`: it shows times again that it has
 * shown before. */
static void began_anew(struct run *run, double before, double at)
{
	struct run_channel *c = &run->channels[0];
	int64_t last = planned_device_time(SECONDS(at));
	for (size_t i = 0; i < c->n; i++)
		c->t[i] -= SECONDS(7000) + (c->t[i] < last ? -SECONDS(before) : SECONDS(at));
	for (size_t i = 0; i < run->n_syncs; i++) {
		struct record_sync *sync = &run->syncs[i].sync;
		int64_t shift = SECONDS(7000) + (sync->arrived < last ? -SECONDS(before) : SECONDS(at));
		sync->arrived -= shift;
		sync->answered -= shift;
	}
	c->gaps = calloc(1, sizeof *c->gaps);
	assert_non_null(c->gaps);
	c->gaps[c->n_gaps++] = (struct record_gap){ .reason = GAP_RESET, .values = 1, .from = SECONDS(at - 0.3), .to = SECONDS(at + 0.3) };
}

/* Each of its lives is put where it was. */
static void a_meter_that_began_anew(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	planned_own_clock(&run, 0);
	began_anew(&run, 3, 8.1); /* before the run: nothing is wrong with it */
	struct results results = evaluate(&run);
	double gross = planned_between(PLANNED_START, PLANNED_STOP), length = PLANNED_STOP - PLANNED_START;
	assert_energy(source(&results.list[0], "wall"), gross, gross - 60 * length);
	free(results.list);
	run_free(&run);
	planned_run(&run);
	planned_own_clock(&run, 0);
	began_anew(&run, 0.5, 10.6); /* most of what it shows from then on it had shown before */
	results = evaluate(&run);
	assert_energy(source(phase(&results, "measured"), "wall"), 1000, 700);
	free(results.list);
	run_free(&run);
	planned_run(&run);
	planned_own_clock(&run, 0);
	snprintf(run.channels[0].device, sizeof run.channels[0].device, "wall");
	began_anew(&run, 3, 18.1);
	results = evaluate(&run);
	assert_int_equal(results.list[0].status, RUN_UNMEASURED);
	if (strstr(results.list[0].reason, "wall began anew in the run") == NULL)
		fail_msg("reason: %s", results.list[0].reason);
	free(results.list);
	run_free(&run);
}

/* What it counted before it began anew is lost, even where its counts do not show that. */
static void a_counter_that_began_anew(void **state)
{
	(void)state;
	static const struct {
		double from, to;
		bool refused;
	} gaps[] = { { 18, 18.6, true }, { 14.4, 14.6, true }, { 23.4, 23.6, true }, { 2, 3, false } };
	for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
		struct run run;
		planned_run(&run);
		struct run_channel *c = &run.channels[0];
		while (c->channel.kind != CHANNEL_COUNTER)
			c++;
		c->gaps = calloc(1, sizeof *c->gaps);
		assert_non_null(c->gaps);
		c->gaps[c->n_gaps++] = (struct record_gap){ .reason = GAP_RESET, .values = 1, .from = SECONDS(gaps[i].from), .to = SECONDS(gaps[i].to) };
		struct results results = evaluate(&run);
		const struct energy *energy = source(&results.list[0], c->channel.name);
		assert_int_equal(energy->status == ENERGY_REFUSED, gaps[i].refused);
		assert_int_equal(strstr(energy->reason, "began anew") != NULL, gaps[i].refused);
		free(results.list);
		run_free(&run);
	}
}

/* The quiet round a phase is that between its barriers, no more: start-up and end of the run (120 W) are outside. With more of
 * it the baselines would be too high; with less there would be none. */
static void quiet_windows_end_at_the_barriers(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	struct results results = evaluate(&run);
	const struct energy *wall = source(phase(&results, "measured"), "wall");
	assert_near(wall->idle_after, 60, 0.1);
	assert_near(wall->caused.value, 700, 2);
	assert_near(wall->tail, 0, 2);
	assert_true(wall->settled);
	const struct energy *whole = source(&results.list[0], "wall");
	assert_near(whole->idle_before, 60, 0.1);
	assert_near(whole->idle_after, 60, 0.1);
	assert_true(whole->settled);
	free(results.list);
	run_free(&run);
}

/* A mark between the barrier and the phase changes nothing. */
static void marks_do_not_end_the_quiet(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	struct results plain = evaluate(&run);
	memmove(&run.edges[6], &run.edges[5], 6 * sizeof *run.edges);
	run.n_edges++;
	run.edges[5].edge.what = EDGE_MARK;
	struct results marked = evaluate(&run);
	assert_int_equal(marked.n, 2);
	assert_memory_equal(&source(phase(&plain, "measured"), "wall")->net.value,
			    &source(phase(&marked, "measured"), "wall")->net.value, sizeof(double));
	free(plain.list);
	free(marked.list);
	run_free(&run);
}

/* Without barriers there is no quiet next to the phase: no energy of the phase can be told from a meter with windows. */
/* Nor do transitions of a trigger's lines, which may stand anywhere among the other edges. */
static void lines_do_not_end_the_quiet(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	struct results plain = evaluate(&run);
	struct run_edge *among = calloc(2 * run.n_edges, sizeof *among);
	assert_non_null(among);
	for (size_t i = 0; i < run.n_edges; i++) {
		among[2 * i] = run.edges[i];
		among[2 * i + 1] = run.edges[i];
		among[2 * i + 1].edge.what = i % 2 ? EDGE_FALL : EDGE_RISE;
		among[2 * i + 1].edge.source = EDGE_KERNEL;
	}
	free(run.edges);
	run.edges = among;
	run.n_edges *= 2;
	struct results results = evaluate(&run);
	assert_int_equal(results.n, plain.n);
	for (size_t i = 0; i < plain.n; i++) {
		const struct energy *before = source(&plain.list[i], "wall"), *after = source(&results.list[i], "wall");
		assert_int_equal(after->status, ENERGY_OK);
		assert_memory_equal(&before->net.value, &after->net.value, sizeof before->net.value);
		assert_memory_equal(&before->net.expanded.U, &after->net.expanded.U, sizeof before->net.expanded.U);
	}
	free(plain.list);
	free(results.list);
	run_free(&run);
}

static void phase_without_barriers_is_not_measured(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	for (size_t i = 0; i < run.n_edges; i++)
		if (run.edges[i].edge.what == EDGE_BARRIER || run.edges[i].edge.what == EDGE_GO)
			run.edges[i].edge.what = EDGE_MARK;
	struct results results = evaluate(&run);
	const struct result *measured = phase(&results, "measured");
	assert_int_equal(source(measured, "wall")->status, ENERGY_REFUSED);
	assert_int_equal(measured->status, RUN_UNMEASURED);
	assert_string_equal(measured->reason, source(measured, "wall")->reason);
	assert_int_equal(results.list[0].status, RUN_OK);
	free(results.list);
	run_free(&run);
}

/* A phase that comes again is a phase of its own, numbered from the second on; one that does not end is none. */
static void repeated_phases_are_numbered(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	run.n_edges = 0;
	planned_edge(&run, EDGE_START, "", PLANNED_START);
	for (int i = 0; i < 3; i++) {
		planned_edge(&run, EDGE_BEGIN, "measured", 16 + i);
		planned_edge(&run, EDGE_END, "measured", 16.5 + i);
	}
	planned_edge(&run, EDGE_BEGIN, "other", 20);
	planned_edge(&run, EDGE_END, "another", 21);
	planned_edge(&run, EDGE_STOP, "", PLANNED_STOP);
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 4);
	assert_int_equal(phase(&results, "measured")->start, SECONDS(16));
	assert_int_equal(phase(&results, "measured#2")->start, SECONDS(17));
	assert_int_equal(phase(&results, "measured#2")->stop, SECONDS(17.5));
	assert_int_equal(phase(&results, "measured#3")->start, SECONDS(18));
	free(results.list);
	run_free(&run);
}

static void more_phases_than_there_is_room_for(void **state)
{
	(void)state;
	struct run run;
	planned_run_bare(&run);
	run.n_edges = 0;
	planned_edge(&run, EDGE_START, "", PLANNED_START);
	for (int i = 0; i < 90; i++) {
		planned_edge(&run, EDGE_BEGIN, "measured", 15 + i * 0.01);
		planned_edge(&run, EDGE_END, "measured", 15.005 + i * 0.01);
	}
	planned_edge(&run, EDGE_STOP, "", PLANNED_STOP);
	struct results results = evaluate(&run);
	assert_in_range(results.n, 10, 100);
	assert_string_equal(results.list[0].phase, "");
	free(results.list);
	run_free(&run);
}

/* ---- sources ---- */

static void totals_count_everything_once(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	struct results results = evaluate(&run);
	double wall = planned_between(PLANNED_START, PLANNED_STOP), net = wall - 60 * (PLANNED_STOP - PLANNED_START);
	const struct result *whole = &results.list[0];
	assert_energy(source(whole, "wall.power"), wall, net);
	assert_energy(source(whole, "rapl.package-0"), wall * PLANNED_PACKAGE, net * PLANNED_PACKAGE);
	assert_energy(source(whole, "rapl.package-0.dram"), wall * PLANNED_DRAM, net * PLANNED_DRAM);
	assert_energy(source(whole, "rapl"), wall * (PLANNED_PACKAGE + PLANNED_DRAM), net * (PLANNED_PACKAGE + PLANNED_DRAM));
	assert_energy(source(whole, "rapl.package-0.core"), wall * 0.5, net * 0.5);
	assert_non_null(result_source(whole, "rapl.psys"));
	assert_int_equal(source(whole, "rapl.package-0")->wraps, 1);
	assert_null(result_source(whole, "wall.frequency"));
	assert_null(result_source(whole, "wall.temperature"));
	int totals = 0;
	for (int i = 0; i < whole->n_sources; i++)
		totals += whole->sources[i].is_total;
	assert_int_equal(totals, 2);
	assert_int_equal(whole->n_sources, 8);
	free(results.list);
	run_free(&run);
}

/* The same meter's integrator stands beside the sum of its samples, never in it; which of the two counts the plan says. */
static void integrator_is_never_added(void **state)
{
	(void)state;
	static const char *const wanted[] = {NULL, "samples", "integrator"};
	for (int i = 0; i < 3; i++) {
		struct run run;
		planned_run_bare(&run);
		planned_meter(&run, "wall.power", ROLE_WALL, 1);
		planned_integral(&run, "wall.energy-1", 0.75);
		planned_integral(&run, "wall.energy-3", 0.2504);
		planned_counter(&run, "rapl.package-0", ROLE_PACKAGE, PLANNED_PACKAGE);
		if (wanted[i])
			json_object_set_new(json_object_get(run.header, "options"), "wall", json_string(wanted[i]));
		struct results results = evaluate(&run);
		double wall = planned_between(PLANNED_START, PLANNED_STOP);
		assert_near(source(&results.list[0], "wall.power")->gross.value, wall, wall * 1e-4);
		assert_near(source(&results.list[0], "wall.energy-1")->gross.value, wall * 0.75, wall * 1e-4);
		assert_near(source(&results.list[0], "wall")->gross.value, wall * (i == 2 ? 1.0004 : 1), wall * 1e-4);
		assert_near(results.list[0].rapl_fraction, PLANNED_PACKAGE / (i == 2 ? 1.0004 : 1), 1e-4);
		assert_string_equal(results.list[0].reason, "");
		free(results.list);
		run_free(&run);
	}
}

static void integrator_that_is_not_there(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	json_object_set_new(json_object_get(run.header, "options"), "wall", json_string("integrator"));
	struct results results = evaluate(&run);
	assert_int_equal(source(&results.list[0], "wall")->status, ENERGY_REFUSED);
	assert_int_equal(results.list[0].status, RUN_UNMEASURED);
	assert_non_null(strstr(results.list[0].reason, "the plan takes the integrator's energy"));
	free(results.list);
	run_free(&run);
}

/* More apart than 0.1 % and what each has for itself: said, and the run stands. */
static void figures_that_do_not_close_are_said(void **state)
{
	(void)state;
	struct run run;
	planned_run_bare(&run);
	planned_meter(&run, "wall.power", ROLE_WALL, 1);
	planned_integral(&run, "wall.energy", 0.98);
	struct results results = evaluate(&run);
	assert_int_equal(results.list[0].status, RUN_OK);
	assert_non_null(strstr(results.list[0].reason, "wall.power: the integrator's energy is -2.00 % off"));
	free(results.list);
	run_free(&run);
}

/* A range that the meter left is told of its power alone, and counts for all that it gives. */
static void range_counts_for_the_device(void **state)
{
	(void)state;
	struct run run;
	planned_run_bare(&run);
	planned_meter(&run, "wall.power", ROLE_WALL, 1);
	planned_integral(&run, "wall.energy", 1);
	planned_meter(&run, "check.power", ROLE_CHECK, 1);
	for (size_t i = 0; i < run.n_channels; i++)
		snprintf(run.channels[i].device, sizeof run.channels[i].device, "%s", i < 2 ? "wall" : "check");
	struct run_range range = {.channel = 0, .t = SECONDS(20), .range = {.voltage = 300, .current = 5, .changed = 1}};
	run.ranges = &range;
	run.n_ranges = 1;
	struct results results = evaluate(&run);
	assert_int_equal(source(&results.list[0], "wall.power")->status, ENERGY_REFUSED);
	assert_int_equal(source(&results.list[0], "wall.energy")->status, ENERGY_REFUSED);
	assert_int_equal(source(&results.list[0], "check.power")->status, ENERGY_OK);
	free(results.list);
	run.ranges = NULL;
	run_free(&run);
}

static void only_counters(void **state)
{
	(void)state;
	struct run run;
	planned_run_bare(&run);
	planned_counter(&run, "rapl.package-0", ROLE_PACKAGE, PLANNED_PACKAGE);
	struct results results = evaluate(&run);
	assert_null(result_source(&results.list[0], "wall"));
	assert_energy(source(phase(&results, "measured"), "rapl"), 600, 420);
	assert_true(isnan(results.list[0].rapl_fraction));
	assert_false(results.list[0].gate_failed);
	assert_int_equal(results.list[0].status, RUN_OK);
	free(results.list);
	run_free(&run);
}

static void no_device_measured_energy(void **state)
{
	(void)state;
	struct run run;
	planned_run_bare(&run);
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 2);
	assert_int_equal(results.list[0].n_sources, 0);
	assert_int_equal(results.list[0].status, RUN_UNMEASURED);
	assert_string_equal(results.list[0].reason, "no device measured energy");
	free(results.list);
	run_free(&run);
}

/* The wall decides: without it the run is not measured, however well the counters did. */
static void a_meter_that_gave_nothing(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	run.channels[0].n = 0;
	struct results results = evaluate(&run);
	assert_int_equal(results.list[0].status, RUN_UNMEASURED);
	assert_string_equal(results.list[0].reason, "no samples");
	assert_true(isnan(results.list[0].rapl_fraction));
	free(results.list);
	run_free(&run);
}

/* Sub-zones come after what is counted, so that a big machine loses detail and not energy. */
static void crowded_machines_lose_detail_only(void **state)
{
	(void)state;
	struct run run;
	char name[32];
	planned_run_bare(&run);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 5; k++) {
			snprintf(name, sizeof name, "rapl.package-%d.%d", i, k);
			planned_counter(&run, name, k == 0 ? ROLE_PACKAGE : ROLE_SUBZONE, 0.1);
		}
	planned_meter(&run, "wall.power", ROLE_WALL, 1);
	struct results results = evaluate(&run);
	assert_energy(source(phase(&results, "measured"), "wall"), 1000, 700);
	assert_energy(source(phase(&results, "measured"), "rapl"), 400, 280);
	assert_int_equal(results.list[0].n_sources, RESULT_SOURCES_MAX);
	assert_int_equal(results.list[0].status, RUN_OK);
	free(results.list);
	run_free(&run);
}

static void sum_that_lacks_a_part_is_refused(void **state)
{
	(void)state;
	struct run run;
	char name[32];
	planned_run_bare(&run);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "rapl.package-%d", i);
		planned_counter(&run, name, ROLE_PACKAGE, 0.2);
	}
	struct results results = evaluate(&run);
	assert_int_equal(source(&results.list[0], "rapl")->status, ENERGY_REFUSED);
	assert_energy(source(phase(&results, "measured"), "rapl.package-13"), 200, 140);
	assert_string_equal(source(&results.list[0], "rapl")->reason, "there are more than 14 channels to add up");
	assert_true(isnan(source(&results.list[0], "rapl")->gross.value));
	assert_int_equal(results.list[0].status, RUN_UNMEASURED);
	free(results.list);
	run_free(&run);
}

static void rapl_is_held_against_the_wall(void **state)
{
	(void)state;
	static const struct {
		double share;
		bool impossible;
	} cases[] = {{0.7, false}, {0.95, false}, {0.99, true}, {1.4, true}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run run;
		planned_run_bare(&run);
		planned_meter(&run, "wall.power", ROLE_WALL, 1);
		planned_counter(&run, "rapl.package-0", ROLE_PACKAGE, cases[i].share);
		struct results results = evaluate(&run);
		for (size_t k = 0; k < results.n; k++) {
			assert_near(results.list[k].rapl_fraction, cases[i].share, 2e-3);
			assert_int_equal(results.list[k].gate_failed, cases[i].impossible);
		}
		free(results.list);
		run_free(&run);
	}
}

/* ---- identity and status ---- */

static void identity_is_carried_over(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	struct results results = evaluate(&run);
	for (size_t i = 0; i < results.n; i++) {
		const struct result *r = &results.list[i];
		assert_int_equal(r->run, 7);
		assert_int_equal(r->slot, 6);
		assert_int_equal(r->attempt, 1);
		assert_int_equal(r->repetition, 2);
		assert_int_equal(r->block, 2);
		assert_int_equal(r->order, 3);
		assert_string_equal(r->workload, "nbody");
		assert_string_equal(r->point, "threads=2");
		assert_string_equal(r->arm, "ft");
		assert_string_equal(r->checksum, "abc123");
		assert_near(r->cpu_seconds, 8, 0);
		assert_near(r->peak_rss, 102400, 0);
		assert_near(r->peak_vms, 204800, 0);
		assert_near(r->overhead_cpu, 0.05, 0);
		assert_true(r->simulated);
	}
	free(results.list);
	run_free(&run);
}

/* Evaluates after `change`; returns the status of both results, which must be the same, and checks their reason. */
static void assert_status(void (*change)(struct run *run), enum run_status status, const char *reason)
{
	struct run run;
	planned_run(&run);
	change(&run);
	struct results results = evaluate(&run);
	for (size_t i = 0; i < results.n; i++) {
		assert_string_equal(run_status_name(results.list[i].status), run_status_name(status));
		assert_string_equal(results.list[i].reason, reason);
	}
	free(results.list);
	run_free(&run);
}

static void note(struct run *run, const char *key, json_t *value)
{
	assert_int_equal(json_object_set_new(run->notes, key, value), 0);
}

static void fact(struct run *run, const char *key, const char *value)
{
	assert_int_equal(json_object_set_new(json_object_get(run->notes, "facts"), key, json_string(value)), 0);
}

static void gil_on_at_start(struct run *run)
{
	fact(run, "gil_start", "1");
}

/* Importing an extension without support for it turns the GIL on again. */
static void gil_on_at_end(struct run *run)
{
	fact(run, "gil_end", "1");
}

static void gil_off_though_claimed_on(struct run *run)
{
	json_object_set_new(run->header, "gil", json_integer(1));
}

static void gil_not_claimed(struct run *run)
{
	json_object_set_new(run->header, "gil", json_integer(-1));
	fact(run, "gil_start", "1");
}

static void gil_not_told(struct run *run)
{
	json_object_del(json_object_get(run->notes, "facts"), "gil_start");
	json_object_del(json_object_get(run->notes, "facts"), "gil_end");
}

static void gil_is_held_against_the_claim(void **state)
{
	(void)state;
	assert_status(gil_on_at_start, RUN_WRONG_GIL, "arm ft claims the GIL is off, but at the start of the run it was on");
	assert_status(gil_on_at_end, RUN_WRONG_GIL, "arm ft claims the GIL is off, but at the end of the run it was on");
	assert_status(gil_off_though_claimed_on, RUN_WRONG_GIL,
		      "arm ft claims the GIL is on, but at the start of the run it was off");
	assert_status(gil_not_claimed, RUN_OK, "");
	assert_status(gil_not_told, RUN_OK, "");
}

static void no_checksum(struct run *run)
{
	note(run, "checksum", json_string(""));
}

static void no_checksum_but_optional(struct run *run)
{
	no_checksum(run);
	json_object_set_new(run->header, "checksum", json_string("optional"));
}

static void required_checksum(void **state)
{
	(void)state;
	assert_status(no_checksum, RUN_MISMATCH, "the workload gave no checksum, and the plan requires one");
	assert_status(no_checksum_but_optional, RUN_OK, "");
}

static void checksum_not_looked_at(struct run *run)
{
	json_object_set_new(run->header, "checksum", json_string("none"));
}

/* A plan that says "none" means it: results must not be compared later either. */
static void unwanted_checksum(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	checksum_not_looked_at(&run);
	struct results results = evaluate(&run);
	assert_string_equal(results.list[0].checksum, "");
	assert_int_equal(results.list[0].status, RUN_OK);
	free(results.list);
	run_free(&run);
}

static void failed(struct run *run)
{
	note(run, "status", json_string("failed"));
	note(run, "reason", json_string("exit status 3"));
	note(run, "exit_code", json_integer(3));
}

static void timed_out_and_more(struct run *run)
{
	note(run, "status", json_string("timeout"));
	note(run, "reason", json_string("ended at its time limit of 60 s"));
	no_checksum(run);
	gil_on_at_start(run);
}

static void status_comes_from_the_notes_first(void **state)
{
	(void)state;
	assert_status(failed, RUN_FAILED, "exit status 3");
	assert_status(timed_out_and_more, RUN_TIMEOUT, "ended at its time limit of 60 s");
}

/* ---- what is missing ---- */

static void missing_phase_has_its_row(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	json_object_set_new(run.header, "measure", json_string("inner"));
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 3);
	const struct result *inner = phase(&results, "inner");
	assert_int_equal(inner->status, RUN_UNMEASURED);
	assert_string_equal(inner->reason, "the workload marked no phase \"inner\"");
	assert_string_equal(inner->workload, "nbody");
	assert_int_equal(inner->n_sources, 0);
	assert_int_equal(results.list[0].status, RUN_OK);
	free(results.list);
	run_free(&run);
}

/* A workload that failed before its phase has failed: that is the reason to give. */
static void missing_phase_of_a_failed_run(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	json_object_set_new(run.header, "measure", json_string("inner"));
	failed(&run);
	struct results results = evaluate(&run);
	assert_int_equal(phase(&results, "inner")->status, RUN_FAILED);
	assert_string_equal(phase(&results, "inner")->reason, "exit status 3");
	free(results.list);
	run_free(&run);
}

/* A crash of joulerig or the machine: the journal ends somewhere in the phase. */
static void run_that_was_cut_short(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	json_object_clear(run.notes);
	run.n_edges = 6; /* up to the beginning of the phase */
	run.damage = 100;
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 2);
	assert_string_equal(results.list[0].phase, "");
	assert_string_equal(results.list[1].phase, "measured");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(results.list[i].status, RUN_INTERRUPTED);
		assert_int_not_equal(results.list[i].reason[0], '\0');
		assert_int_equal(results.list[i].n_sources, 0);
		assert_true(isnan(results.list[i].rapl_fraction));
		assert_true(isnan(results.list[i].cpu_seconds));
	}
	free(results.list);
	run_free(&run);
}

/* Cut short after the phase: the phase is complete and shown, but the run is not to be trusted. */
static void cut_short_after_the_phase(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	json_object_clear(run.notes);
	run.n_edges = 9;
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 2);
	assert_int_equal(phase(&results, "measured")->status, RUN_INTERRUPTED);
	assert_energy(source(phase(&results, "measured"), "wall"), 1000, 700);
	free(results.list);
	run_free(&run);
}

static void command_that_could_not_be_started(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	run.n_edges = 2;
	note(&run, "status", json_string("not-started"));
	note(&run, "reason", json_string("xyz could not be executed"));
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 2);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(run_status_name(results.list[i].status), run_status_name(RUN_NOT_STARTED));
		assert_string_equal(results.list[i].reason, "xyz could not be executed");
	}
	free(results.list);
	run_free(&run);
}

static void a_line_that_could_not_be_set_is_told(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	note(&run, "line_error", json_string("Input/output error"));
	struct results results = evaluate(&run);
	for (size_t i = 0; i < results.n; i++) {
		assert_int_equal(results.list[i].status, RUN_OK);
		assert_string_equal(results.list[i].reason, "the trigger's line could not be set: Input/output error");
	}
	free(results.list);
	run_free(&run);
}

/* The same file gives the same bits. */
static void evaluation_is_repeatable(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	struct results once = evaluate(&run), again = evaluate(&run);
	assert_int_equal(once.n, again.n);
	for (size_t i = 0; i < once.n; i++)
		for (int k = 0; k < once.list[i].n_sources; k++) {
			const struct energy *a = &once.list[i].sources[k].energy, *b = &again.list[i].sources[k].energy;
			assert_memory_equal(&a->gross.value, &b->gross.value, sizeof(double));
			assert_memory_equal(&a->net.expanded.U, &b->net.expanded.U, sizeof(double));
		}
	free(once.list);
	free(again.list);
	run_free(&run);
}

/* ---- clocks ---- */

/* Anchors at idle's begin, the start edge and the tail's end, as a session takes them; all clocks go alike. */
static void plan_anchors(struct run *run)
{
	static const double at[] = {10, PLANNED_START, PLANNED_LAST};
	free(run->anchors);
	run->n_anchors = 3;
	run->anchors = calloc(3, sizeof *run->anchors);
	assert_non_null(run->anchors);
	for (int i = 0; i < 3; i++) {
		int64_t t = SECONDS(at[i]), date = t + SECONDS(1000);
		run->anchors[i] = (struct clock_anchor){.monotonic = t, .raw = t, .boottime = t, .realtime = date, .tai = date, .width = 500};
	}
}

static void a_suspend_within_the_run(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	plan_anchors(&run);
	run.anchors[2].boottime += SECONDS(3);
	run.anchors[2].realtime += SECONDS(3);
	run.anchors[2].tai += SECONDS(3);
	struct results results = evaluate(&run);
	assert_int_equal(results.n, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(results.list[i].status, RUN_UNMEASURED);
		assert_string_equal(results.list[i].reason,
				    "the machine was suspended for 3 s, between +0.0 s and +12.5 s from the start edge");
	}
	free(results.list);
	note(&run, "status", json_string("failed")); /* what the workload did is said first */
	note(&run, "reason", json_string("exit status 3"));
	results = evaluate(&run);
	assert_string_equal(results.list[0].reason, "exit status 3");
	free(results.list);
	run_free(&run);
}

static void a_clock_step_is_remarked(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	plan_anchors(&run);
	struct results plain = evaluate(&run);
	run.anchors[2].realtime -= SECONDS(2.5);
	run.anchors[2].tai -= SECONDS(2.5);
	note(&run, "reason", json_string("2 processes outlived it"));
	struct results results = evaluate(&run);
	assert_string_equal(plain.list[0].reason, "");
	for (int i = 0; i < 2; i++) {
		const struct joules *before = &result_source(&plain.list[i], "wall")->energy.gross;
		const struct joules *after = &result_source(&results.list[i], "wall")->energy.gross;
		assert_int_equal(results.list[i].status, RUN_OK);
		assert_non_null(strstr(results.list[i].reason, "2 processes outlived it; the clock of day was set by -2.5 s"));
		assert_memory_equal(&before->value, &after->value, sizeof before->value);
		assert_memory_equal(&before->expanded.U, &after->expanded.U, sizeof before->expanded.U);
	}
	free(plain.list);
	free(results.list);
	run_free(&run);
}

static void a_slewed_clock_is_charged(void **state)
{
	(void)state;
	struct run run;
	planned_run(&run);
	plan_anchors(&run);
	run.anchors[2].raw -= SECONDS(0.005); /* 400 ppm of 12.5 s */
	struct results results = evaluate(&run);
	const struct energy *wall = &result_source(&results.list[0], "wall")->energy;
	const struct energy *rapl = &result_source(&results.list[0], "rapl")->energy;
	assert_near(budget_term(&wall->gross.budget, "host-clock")->u, 400e-6 * wall->gross.value / sqrt(3), 1e-3);
	assert_null(budget_term(&rapl->gross.budget, "host-clock"));
	assert_int_equal(results.list[0].status, RUN_OK);
	assert_int_equal(wall->status, ENERGY_DEGRADED);
	assert_int_equal(rapl->status, ENERGY_OK);
	free(results.list);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_run_and_phase),
		cmocka_unit_test(a_meter_with_its_own_clock),
		cmocka_unit_test(a_meter_that_began_anew),
		cmocka_unit_test(a_counter_that_began_anew),
		cmocka_unit_test(quiet_windows_end_at_the_barriers),
		cmocka_unit_test(marks_do_not_end_the_quiet),
		cmocka_unit_test(lines_do_not_end_the_quiet),
		cmocka_unit_test(phase_without_barriers_is_not_measured),
		cmocka_unit_test(repeated_phases_are_numbered),
		cmocka_unit_test(more_phases_than_there_is_room_for),
		cmocka_unit_test(totals_count_everything_once),
		cmocka_unit_test(integrator_is_never_added),
		cmocka_unit_test(integrator_that_is_not_there),
		cmocka_unit_test(figures_that_do_not_close_are_said),
		cmocka_unit_test(range_counts_for_the_device),
		cmocka_unit_test(only_counters),
		cmocka_unit_test(no_device_measured_energy),
		cmocka_unit_test(a_meter_that_gave_nothing),
		cmocka_unit_test(crowded_machines_lose_detail_only),
		cmocka_unit_test(sum_that_lacks_a_part_is_refused),
		cmocka_unit_test(rapl_is_held_against_the_wall),
		cmocka_unit_test(identity_is_carried_over),
		cmocka_unit_test(gil_is_held_against_the_claim),
		cmocka_unit_test(required_checksum),
		cmocka_unit_test(unwanted_checksum),
		cmocka_unit_test(status_comes_from_the_notes_first),
		cmocka_unit_test(missing_phase_has_its_row),
		cmocka_unit_test(missing_phase_of_a_failed_run),
		cmocka_unit_test(run_that_was_cut_short),
		cmocka_unit_test(cut_short_after_the_phase),
		cmocka_unit_test(command_that_could_not_be_started),
		cmocka_unit_test(a_suspend_within_the_run),
		cmocka_unit_test(a_clock_step_is_remarked),
		cmocka_unit_test(a_slewed_clock_is_charged),
		cmocka_unit_test(a_line_that_could_not_be_set_is_told),
		cmocka_unit_test(evaluation_is_repeatable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
