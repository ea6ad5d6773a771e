/* A run whose wall energy is that of an integrator gated by the trigger's output: when the gate was open, and who is believed. */
#include "planned_run.h"

#define US 1000
#define REACTION 0.002
#define LEAD 0.0007
#define LAG 0.0004

static struct run run;

static struct run_edge *add(enum edge_what what, const char *name, double t, int64_t u)
{
	struct run_edge *edge = &run.edges[run.n_edges++];
	*edge = (struct run_edge){ .t = SECONDS(t), .u_t = u, .edge = { .what = what, .source = EDGE_SOFTWARE, .received = SECONDS(t) } };
	snprintf(edge->edge.name, sizeof edge->edge.name, "%s", name);
	return edge;
}

/* Counts while the gate is open, and shows it a quarter of a second later. */
static void plan_counts(double opened, double closed)
{
	struct channel channel = {
		.name = "wall.energy", .kind = CHANNEL_COUNTER, .role = ROLE_INTEGRAL, .unit = UNIT_JOULE, .number = NUMBER_U64, .scale = 3.6e-6,
		.refresh = SECONDS(0.2), .latency = SECONDS(REACTION), .u_latency = 100 * US, .gated = true, .factor = { -1, -1 },
		.accuracy = { .reading = 0.001 },
	};
	struct run_channel *c = planned_channel(&run, &channel);
	snprintf(c->device, sizeof c->device, "wall");
	double from = opened + REACTION, until = closed + REACTION;
	for (double t = 0.1; t < PLANNED_LAST; t += 0.2, c->n++) {
		double shown = fmin(t - 0.25, until);
		c->t[c->n] = SECONDS(t);
		c->u_t[c->n] = SECONDS(0.005);
		c->values.u64[c->n] = shown > from ? (uint64_t)llround(planned_between(from, shown) / 3.6e-6) : 0;
	}
}

static void plan_bare(void)
{
	planned_run_bare(&run);
	planned_meter(&run, "wall.power", ROLE_WALL, 1);
	snprintf(run.channels[0].device, sizeof run.channels[0].device, "wall");
	plan_counts(PLANNED_START + LEAD, PLANNED_STOP + LAG);
	json_object_set_new(json_object_get(run.header, "options"), "wall", json_string("integrator"));
}

static void plan(void)
{
	plan_bare();
	add(EDGE_RISE, "lines.output", PLANNED_START + LEAD, 10 * US);
	add(EDGE_FALL, "lines.output", PLANNED_STOP + LAG, 10 * US);
}

/* The output is another's; what saw it stamps by its own clock. */
static void plan_device(void)
{
	plan_bare();
	planned_meter(&run, "rig.level", ROLE_NONE, 1);
	size_t level = run.n_channels - 1;
	run.channels[level].channel.kind = CHANNEL_OBSERVE;
	snprintf(run.channels[level].device, sizeof run.channels[level].device, "rig");
	planned_own_clock(&run, level);
	add(EDGE_RISE, "rig.output", PLANNED_START, 10 * US); /* told, and not yet done */
	add(EDGE_FALL, "rig.output", PLANNED_STOP, 10 * US);
	add(EDGE_RISE, "rig.input", PLANNED_START + LEAD, US);
	add(EDGE_FALL, "rig.input", PLANNED_STOP + LAG, US);
	for (size_t i = run.n_edges - 2; i < run.n_edges; i++)
		run.edges[i].t = planned_device_time(run.edges[i].t);
	json_object_set_new(run.header, "line",
			    json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "device", "rig", "source", EDGE_HARDWARE, "start_lag_ns", 700 * US,
				      "start_u_ns", 7 * US, "start_worst_ns", 9 * US, "stop_lag_ns", 400 * US, "stop_u_ns", 5 * US,
				      "stop_worst_ns", 6 * US));
}

static struct result *evaluate(size_t *n)
{
	struct error error = ERROR_INIT;
	struct result *results;
	assert_int_equal(evaluate_run(&run, &results, n, &error), 0);
	return results;
}

static void assert_measured(void)
{
	size_t n;
	struct result *results = evaluate(&n);
	const struct energy *wall = &result_source(results, "wall")->energy, *samples = &result_source(results, "wall.power")->energy;
	double truth = planned_between(PLANNED_START, PLANNED_STOP);
	assert_int_equal(results->status, RUN_OK);
	assert_near(wall->gross.value, truth, 0.1); /* the load at the start is 24 W below its mean: 2.7 ms of it */
	assert_near(wall->net.value, truth - 60 * (PLANNED_STOP - PLANNED_START), 0.1);
	assert_true(fabs(wall->gross.value - truth) < wall->gross.expanded.U);
	assert_near(samples->gross.value, truth, 0.5);
	assert_true(isnan(wall->caused.value));
	assert_non_null(strstr(results->reason, "no caused energy: the integrator's gate closes with the run"));
	/* The phase within the run has no gate of its own. */
	assert_string_equal(results[1].phase, "measured");
	assert_int_equal(results[1].status, RUN_UNMEASURED);
	assert_non_null(strstr(results[1].reason, "another bracket"));
	assert_int_equal(result_source(&results[1], "wall.power")->energy.status, ENERGY_OK);
	free(results);
	run_free(&run);
}

static void assert_unmeasured(const char *reason)
{
	size_t n;
	struct result *results = evaluate(&n);
	assert_int_equal(results->status, RUN_UNMEASURED);
	if (strstr(results->reason, reason) == NULL)
		fail_msg("%s", results->reason);
	assert_int_equal(result_source(results, "wall.power")->energy.status, ENERGY_OK);
	free(results);
	run_free(&run);
}

static void by_the_hosts_stamps(void **state)
{
	(void)state;
	plan();
	assert_measured();
}

static void by_a_devices_clock(void **state)
{
	(void)state;
	plan_device();
	assert_measured();
}

/* Beside the samples, it is no more than that. */
static void where_the_plan_takes_samples(void **state)
{
	(void)state;
	size_t n;
	plan();
	json_object_set_new(json_object_get(run.header, "options"), "wall", json_string("samples"));
	struct result *results = evaluate(&n);
	assert_true(result_source(results, "wall")->energy.gross.value == result_source(results, "wall.power")->energy.gross.value);
	assert_string_equal(results->reason, "");
	assert_int_equal(results[1].status, RUN_OK);
	free(results);
	run_free(&run);
}

static void gates_that_open_never_or_twice(void **state)
{
	(void)state;
	plan_bare();
	assert_unmeasured("nothing tells when the integrator's gate opened");
	plan();
	run.n_edges--;
	assert_unmeasured("exactly once");
	plan();
	add(EDGE_RISE, "lines.output", PLANNED_BEGIN, 10 * US);
	assert_unmeasured("exactly once");
	plan();
	run.edges[run.n_edges - 1].edge.what = EDGE_RISE;
	assert_unmeasured("exactly once");
	plan();
	run.edges[run.n_edges - 1].t = SECONDS(PLANNED_START);
	assert_unmeasured("closed before it opened");
}

static void gates_that_nobody_saw(void **state)
{
	(void)state;
	plan_device(); /* what set the output returned before it was set */
	json_object_set_new(run.header, "line", json_null());
	assert_unmeasured("no input that is wired to it");
	plan_device();
	run.n_syncs = 3;
	assert_unmeasured("cannot be joined");
	plan_device();
	run.n_edges--;
	assert_unmeasured("exactly once");
	plan_device();
	struct run_channel *level = &run.channels[run.n_channels - 1];
	level->gaps = calloc(1, sizeof *level->gaps);
	level->n_gaps = 1;
	assert_unmeasured("were lost");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_hosts_stamps),
		cmocka_unit_test(by_a_devices_clock),
		cmocka_unit_test(where_the_plan_takes_samples),
		cmocka_unit_test(gates_that_open_never_or_twice),
		cmocka_unit_test(gates_that_nobody_saw),
	};
	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
