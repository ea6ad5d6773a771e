/* Which of the edges that were told of a run are taken, and when a line is not believed. */
#include "planned_run.h"
#include "run_edges.h"

#define US 1000

static struct run run;

static struct run_edge *add(enum edge_what what, enum edge_source source, const char *name, int64_t t)
{
	run.edges = realloc(run.edges, (run.n_edges + 1) * sizeof *run.edges);
	assert_non_null(run.edges);
	struct run_edge *edge = &run.edges[run.n_edges++];
	*edge = (struct run_edge){ .t = t, .u_t = 1, .edge = { .what = what, .source = source, .received = t } };
	snprintf(edge->edge.name, sizeof edge->edge.name, "%s", name);
	return edge;
}

/* A line whose rise is stamped 50 us after the edge it stands for, and its fall 80 us after. */
static void plan_line(enum edge_source source)
{
	planned_run(&run);
	add(EDGE_RISE, EDGE_SOFTWARE, "lines.output", SECONDS(PLANNED_START));
	add(EDGE_FALL, EDGE_SOFTWARE, "lines.output", SECONDS(PLANNED_STOP));
	add(EDGE_RISE, source, "lines.input", SECONDS(PLANNED_START) + 53 * US);
	add(EDGE_FALL, source, "lines.input", SECONDS(PLANNED_STOP) + 81 * US);
	json_object_set_new(run.header, "line",
			    json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "device", "lines", "source", (int)source, "start_lag_ns",
				      50 * US, "start_u_ns", 7 * US, "start_worst_ns", 9 * US, "stop_lag_ns", 80 * US, "stop_u_ns", 5 * US,
				      "stop_worst_ns", 6 * US));
}

static struct run_ends ends(void)
{
	struct run_ends found;
	struct device_times times;
	assert_int_equal(device_times_make(&run, &times, NULL), 0);
	assert_true(run_ends(&run, &times, &found));
	device_times_free(&times);
	return found;
}

static void assert_own(const char *remark)
{
	struct run_ends found = ends();
	assert_int_equal(found.start.source, EDGE_SOFTWARE);
	assert_int_equal(found.start.t, SECONDS(PLANNED_START));
	assert_int_equal(found.stop.t, SECONDS(PLANNED_STOP));
	assert_int_equal(found.start.u, SECONDS(2e-5));
	if (strstr(found.remark, remark) == NULL || (remark[0] == '\0' && found.remark[0]))
		fail_msg("remark: %s", found.remark);
}

static void no_line(void **state)
{
	(void)state;
	planned_run(&run);
	assert_own("");
	add(EDGE_RISE, EDGE_KERNEL, "lines.input", SECONDS(PLANNED_START) + 50); /* of a line that nobody has tested */
	add(EDGE_FALL, EDGE_KERNEL, "lines.input", SECONDS(PLANNED_STOP) + 50);
	assert_own("");
	run_free(&run);
}

static void the_kernels_edges_win(void **state)
{
	(void)state;
	plan_line(EDGE_KERNEL);
	struct run_ends found = ends();
	assert_string_equal(found.remark, "");
	assert_int_equal(found.start.source, EDGE_KERNEL);
	assert_int_equal(found.start.t, SECONDS(PLANNED_START) + 3 * US);
	assert_int_equal(found.start.u, 7 * US);
	assert_int_equal(found.stop.t, SECONDS(PLANNED_STOP) + 1 * US);
	assert_int_equal(found.stop.u, 5 * US);
	run_free(&run);
}

/* A line is no better for being a line, whoever stamps it: what is known better wins, at each edge. */
static void the_better_known_wins(void **state)
{
	(void)state;
	for (int source = EDGE_SOFTWARE; source <= EDGE_HARDWARE; source++) {
		plan_line((enum edge_source)source);
		assert_int_equal(ends().start.u, 7 * US); /* the host's own: 20 us */
		json_object_set_new(json_object_get(run.header, "line"), "stop_u_ns", json_integer(5200 * US));
		assert_int_equal(ends().start.source, source);
		assert_int_equal(ends().stop.source, EDGE_SOFTWARE);
		json_object_set_new(json_object_get(run.header, "line"), "start_u_ns", json_integer(21 * US));
		assert_own("");
		run_free(&run);
	}
}

/* It stays a witness: one that contradicts is told of, though it would not have won. */
static void a_witness_that_contradicts(void **state)
{
	(void)state;
	plan_line(EDGE_HARDWARE);
	json_object_set_new(json_object_get(run.header, "line"), "start_u_ns", json_integer(5200 * US));
	json_object_set_new(json_object_get(run.header, "line"), "stop_u_ns", json_integer(5200 * US));
	run.edges[run.n_edges - 1].t += EDGES_APART;
	assert_own("contradicts");
	run_free(&run);
}

static void a_line_that_contradicts(void **state)
{
	(void)state;
	plan_line(EDGE_KERNEL);
	struct run_edge *fall = &run.edges[run.n_edges - 1];
	fall->t = SECONDS(PLANNED_STOP) + 80 * US + 6 * US + EDGES_APART / 2; /* the host's own figure claims no worst */
	assert_string_equal(ends().remark, "");
	fall->t++;
	assert_own("contradicts");
	run_free(&run);
}

static void edges_that_are_missing_or_too_many(void **state)
{
	(void)state;
	plan_line(EDGE_KERNEL);
	run.n_edges--;
	assert_own("missed edges");
	run_free(&run);
	plan_line(EDGE_KERNEL);
	add(EDGE_RISE, EDGE_KERNEL, "lines.input", SECONDS(PLANNED_BEGIN));
	assert_own("did not make");
	run_free(&run);
	plan_line(EDGE_KERNEL);
	for (int i = 0; i < 4; i++) /* never raised */
		run.n_edges--;
	assert_own("not raised");
	run_free(&run);
}

static void edges_that_were_told_to_be_lost(void **state)
{
	(void)state;
	plan_line(EDGE_KERNEL);
	struct run_channel *channel = &run.channels[0];
	channel->gaps = calloc(1, sizeof *channel->gaps);
	assert_non_null(channel->gaps);
	channel->n_gaps = 1;
	assert_string_equal(ends().remark, ""); /* of another device */
	snprintf(channel->device, sizeof channel->device, "lines");
	assert_string_equal(ends().remark, ""); /* of its other channels */
	snprintf(channel->channel.name, sizeof channel->channel.name, "lines.adc0");
	assert_string_equal(ends().remark, "");
	snprintf(channel->channel.name, sizeof channel->channel.name, "lines.level");
	assert_own("lost edges");
	run_free(&run);
}

/* A line whose device has a clock of its own: its edges count once they are in the host's time. */
static void plan_device_line(void)
{
	plan_line(EDGE_HARDWARE);
	struct run_channel *level = &run.channels[run.n_channels - 1];
	snprintf(level->device, sizeof level->device, "lines");
	planned_own_clock(&run, run.n_channels - 1);
	for (size_t i = run.n_edges - 2; i < run.n_edges; i++)
		run.edges[i].t = planned_device_time(run.edges[i].t);
	json_object_set_new(json_object_get(run.header, "line"), "trip_ns", json_integer(200 * US)); /* as that of each exchange */
}

/* The way back is longer than in the self-test, by a hub or by load: edges are off by half of that, and that is in u. */
static void a_way_that_has_changed(void **state)
{
	(void)state;
	static const int64_t longer[] = { 0, 5 * US, 40 * US, 3000 * US };
	for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
		plan_device_line();
		for (size_t k = 0; k < run.n_syncs; k++)
			run.syncs[k].sync.received += longer[i];
		struct run_ends found = ends();
		if (longer[i] > 26 * US) { /* 7 us and half of that: the host's own, which has 20 us */
			assert_own("");
		} else {
			assert_int_equal(found.start.source, EDGE_HARDWARE);
			assert_near((double)found.start.u, 7e3 + (double)longer[i] / 2, 100);
			assert_true(llabs(found.start.t - SECONDS(PLANNED_START)) <= found.start.u);
		}
		run_free(&run);
	}
	plan_device_line(); /* of a campaign that did not keep it */
	json_object_del(json_object_get(run.header, "line"), "trip_ns");
	assert_own("");
	run_free(&run);
}

static void a_devices_edges_in_the_hosts_time(void **state)
{
	(void)state;
	plan_device_line();
	struct run_ends found = ends();
	assert_string_equal(found.remark, "");
	assert_int_equal(found.start.source, EDGE_HARDWARE);
	assert_near((double)(found.start.t - SECONDS(PLANNED_START)), 3 * US, 100);
	assert_near((double)(found.stop.t - SECONDS(PLANNED_STOP)), 1 * US, 100);
	assert_near((double)found.start.u, 7 * US, 100);
	for (size_t i = 0; i < run.n_syncs; i++) /* every second answer is late: the map is less certain, and so are the edges */
		run.syncs[i].sync.received += (int64_t)(i * 7919 % 400) * US;
	assert_true(ends().start.u > 8 * US);
	run_free(&run);
}

static void a_devices_edges_without_a_clock(void **state)
{
	(void)state;
	plan_device_line();
	run.n_syncs = TIME_MAP_EXCHANGES_MIN - 1;
	assert_own("cannot be joined");
	run_free(&run);
	plan_device_line();
	planned_reset(&run, 30); /* at 15 s, between the edges; the fall was told of in the time before */
	run.edges[run.n_edges - 1].t -= SECONDS(7000);
	assert_own("began anew");
	run_free(&run);
}

/* The output is one device's, the input another's. */
static void two_devices(void **state)
{
	(void)state;
	plan_line(EDGE_HARDWARE);
	for (size_t i = 0; i < run.n_edges; i++)
		if (strcmp(run.edges[i].edge.name, "lines.output") == 0)
			snprintf(run.edges[i].edge.name, sizeof run.edges[i].edge.name, "port.output");
	assert_own("edges that its output did not make");
	json_object_set_new(json_object_get(run.header, "line"), "output", json_string("port"));
	assert_int_equal(ends().start.source, EDGE_HARDWARE);
	assert_string_equal(ends().remark, "");
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_line),
		cmocka_unit_test(the_kernels_edges_win),
		cmocka_unit_test(the_better_known_wins),
		cmocka_unit_test(a_witness_that_contradicts),
		cmocka_unit_test(a_line_that_contradicts),
		cmocka_unit_test(edges_that_are_missing_or_too_many),
		cmocka_unit_test(edges_that_were_told_to_be_lost),
		cmocka_unit_test(a_devices_edges_in_the_hosts_time),
		cmocka_unit_test(a_devices_edges_without_a_clock),
		cmocka_unit_test(a_way_that_has_changed),
		cmocka_unit_test(two_devices),
	};
	return cmocka_run_group_tests_name("run_edges", tests, NULL, NULL);
}
