/* Times that no arithmetic can bear make a run unmeasured; those at the limits are reckoned with. */
#include "sanity.h"

#include "planned_run.h"

#define UPTIME_MAX (INT64_C(1) << 59)

static struct run run;

static int64_t *guard(void)
{
	static int64_t value; /* goes into the header by set_guard */
	return &value;
}

static void set_guard(void)
{
	json_object_set_new(json_object_get(run.header, "options"), "guard_ns", json_integer(*guard()));
}

struct place {
	const char *name, *says;
	int64_t *at;
	int64_t most, beyond;
};

static void a_sound_run_is_sane(void **state)
{
	(void)state;
	assert_null(sanity_fault(&run));
}

static void each_time_has_its_limits(void **state)
{
	(void)state;
	struct run_channel *wall = &run.channels[0];
	struct run_range range = {.t = 0};
	struct record_gap gap = {.reason = GAP_TIMEOUT};
	run.ranges = &range;
	run.n_ranges = 1;
	wall->gaps = &gap;
	wall->n_gaps = 1;
	*guard() = SECONDS(0.4);
	const struct place places[] = {
		{"t", "samples", &wall->t[3], -UPTIME_MAX, INT64_MIN},
		{"t", "samples", &wall->t[3], UPTIME_MAX, UPTIME_MAX + 1},
		{"u_t", "samples", &wall->u_t[0], UPTIME_MAX, -1},
		{"gap", "samples", &gap.to, UPTIME_MAX, INT64_MAX},
		{"edge", "edges", &run.edges[2].t, UPTIME_MAX, INT64_MAX},
		{"edge's u", "edges", &run.edges[2].u_t, UPTIME_MAX, -1},
		{"received", "edges", &run.edges[10].edge.received, UPTIME_MAX, INT64_MIN},
		{"range", "edges", &range.t, UPTIME_MAX, INT64_MAX},
		{"anchor", "anchors", &run.anchors[0].monotonic, UPTIME_MAX, INT64_MIN},
		{"boottime", "anchors", &run.anchors[0].boottime, UPTIME_MAX, INT64_MAX},
		{"date", "anchors", &run.anchors[0].realtime, INT64_C(1) << 62, INT64_MAX},
		{"width", "anchors", &run.anchors[0].width, UPTIME_MAX, -1},
		{"window", "description", &wall->channel.window, INT64_C(1) << 50, -1},
		{"latency", "description", &wall->channel.latency, INT64_C(1) << 50, INT64_MAX},
		{"guard", "options", guard(), INT64_C(1) << 50, INT64_MAX},
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int64_t before = *places[i].at;
		*places[i].at = places[i].most;
		set_guard();
		assert_null(sanity_fault(&run));
		*places[i].at = places[i].beyond;
		set_guard();
		const char *fault = sanity_fault(&run);
		if (fault == NULL || strstr(fault, places[i].says) == NULL)
			fail_msg("%s: '%s'", places[i].name, fault ? fault : "");
		*places[i].at = before;
		set_guard();
	}
	run.ranges = NULL;
	wall->gaps = NULL;
	wall->n_gaps = run.n_ranges = 0;
}

static void such_a_run_is_unmeasured(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct result *results;
	size_t n;
	run.edges[2].t = INT64_MIN;
	assert_int_equal(evaluate_run(&run, &results, &n, &error), 0);
	assert_int_equal(n, 2); /* the whole, and the phase that the plan measures */
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(results[i].status, RUN_UNMEASURED);
		assert_string_equal(results[i].reason, "edges have times that make no sense");
		assert_int_equal(results[i].n_sources, 0);
	}
	free(results);
}

static int make(void **state)
{
	(void)state;
	planned_run(&run);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	run_free(&run);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_sound_run_is_sane, make, drop),
		cmocka_unit_test_setup_teardown(each_time_has_its_limits, make, drop),
		cmocka_unit_test_setup_teardown(such_a_run_is_unmeasured, make, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
