/* The self-test of a trigger: from stamps of children, and what its input told, to what each path is worth. */
#include <string.h>

#include "edge_lags.h"
#include "unit.h"

#define US INT64_C(1000)
#define MS NS_PER_MS
#define APART (6 * MS)

static struct launch_lag lags[EDGE_LAGS];
static struct edge_lags_seen seen;
static const struct line_out output = { .kind = LINE_GPIO };

static void see(int64_t t, bool rise)
{
	seen.edges[seen.n].t = t;
	seen.edges[seen.n++].rise = rise;
}

/* Child i is 2 us early at its start stamp, 20 us + i late at its stop; its line's edges are stamped 30 us and 50 us late. */
static void plan(void)
{
	seen.n = 0;
	for (int i = 0; i < EDGE_LAGS; i++) {
		int64_t entry = NS_PER_S + i * 20 * MS, end = entry + 7 * MS;
		lags[i] = (struct launch_lag){
			.raise = entry - 40 * US, .start = entry - 2 * US, .entry = entry, .end = end, .stop = end + 20 * US + i,
			.lowered = end + 70 * US,
		};
		see(entry + 30 * US, true);
		see(end + 50 * US, false);
	}
}

static struct trigger_figure figure(bool wired)
{
	const struct bench_trigger trigger = {
		.device = "lines", .source = EDGE_KERNEL, .output = &output, .has_input = wired, .apart = APART,
	};
	struct trigger_figure found;
	struct error error = ERROR_INIT;
	assert_int_equal(edge_lags_figure(lags, &seen, &trigger, &found, &error), 0);
	return found;
}

static void both_paths(void **state)
{
	(void)state;
	plan();
	struct trigger_figure f = figure(true);
	assert_int_equal(f.own.start.lag, -2 * US);
	assert_int_equal(f.own.stop.lag, 20 * US + EDGE_LAGS / 2 - 1);
	assert_int_equal(f.own.stop.u, EDGE_LAGS_U_LEAST);
	assert_int_equal(f.own.start.u, 2236); /* all alike: no better than what they were held against, 2 us, and half of the way, 1 us */
	assert_int_equal(f.line.start.u, 2236);
	assert_int_equal(f.own.start.worst, 2236);
	assert_int_equal(f.line.source, EDGE_KERNEL);
	assert_int_equal(f.line.start.lag, 30 * US);
	assert_int_equal(f.line.stop.lag, 50 * US);
	assert_int_equal(f.line.latency.n, 2 * EDGE_LAGS);
	assert_int_equal(f.line.latency.max, 70 * US);
	assert_int_equal(f.line.lost, 0);
}

/* The largest distance from the median, and a third of it. */
static void the_half_width(void **state)
{
	(void)state;
	plan();
	for (int i = 0; i < EDGE_LAGS; i++)
		lags[i].stop = lags[i].end + 20 * US;
	lags[7].stop += 8 * US;
	struct trigger_figure f = figure(true);
	assert_int_equal(f.own.stop.lag, 20 * US);
	assert_int_equal(f.own.stop.u, 8 * US + 8 * US / 3);
	assert_int_equal(f.own.stop.worst, 8 * US + 8 * US / 3);
}

/* What the lags scatter, and half of the way that nobody knows, are added in squares; at the stop there is no such way. */
static void the_way_into_the_kernel(void **state)
{
	(void)state;
	plan();
	for (int i = 0; i < EDGE_LAGS; i++)
		lags[i].start = lags[i].entry - 8 * US;
	lags[5].start -= 2250;
	struct trigger_figure f = figure(true);
	assert_int_equal(f.own.start.lag, -8 * US);
	assert_int_equal(f.own.start.u, 5 * US);
	assert_int_equal(f.own.start.worst, 5 * US);
	assert_int_equal(f.line.start.u, 4472);
	assert_int_equal(f.line.stop.u, EDGE_LAGS_U_LEAST);
}

/* A device 7000 s ahead and 20 ppm fast. */
static void plan_clock(int64_t way_there, int64_t way_back)
{
	plan();
	for (int i = 0; i < seen.n; i++) {
		seen.edges[i].received = seen.edges[i].t + MS;
		seen.edges[i].t += seen.edges[i].t / 50000 + 7000 * NS_PER_S;
	}
	seen.n_syncs = 0;
	for (int i = 0; i < 40; i++) {
		int64_t sent = NS_PER_S + i * 20 * MS - 100 * MS, there = sent + way_there + (i % 4 ? 40 * US : 0);
		seen.syncs[seen.n_syncs++] = (struct record_sync){
			.sent = sent, .received = there + 10 * US + way_back + i % 3 * 20 * US, .arrived = there + there / 50000 + 7000 * NS_PER_S,
			.answered = there + 10 * US + (there + 10 * US) / 50000 + 7000 * NS_PER_S,
		};
	}
	edge_lags_on_host_time(&seen);
}

/* 100 us there and 300 us back: its edges come to the host's time, 100 us late, which is in the lag; those that came when the clock had
 * not been asked yet are lost. */
static void a_device_with_a_clock(void **state)
{
	(void)state;
	plan_clock(100 * US, 300 * US);
	assert_int_equal(seen.n, 2 * EDGE_LAGS);
	assert_true(seen.u_clock > 2 * US && seen.u_clock < 20 * US);
	struct trigger_figure f = figure(true);
	assert_near((double)f.line.start.lag, 30e3 + 100e3, 10e3);
	assert_near((double)f.line.start.u, hypot((double)f.own.start.u, seen.u_clock), 1e3);
	assert_true(f.line.trip >= 400 * US && f.line.trip < 410 * US); /* there and back */
	seen.n_syncs = 7;
	edge_lags_on_host_time(&seen);
	assert_int_equal(seen.n, 0);
	assert_true(figure(true).line.lost > 0);
	seen.u_clock = 0;
	seen.early = 0;
}

/* The other way round they seem to lie before what made them. */
static void edges_that_seem_early(void **state)
{
	(void)state;
	plan_clock(400 * US, 100 * US);
	struct trigger_figure f = figure(true);
	assert_int_equal(f.line.lost, 0);
	assert_near((double)f.line.start.lag, 30e3 - 150e3, 15e3);
	seen.early = 0; /* from a device on the host's own clock that is no edge of this child's */
	assert_true(figure(true).line.lost > 0);
	seen.u_clock = 0;
}

/* As those of a campaign's runs: none is let go at once, none ends at once, some compute; lines get the time they want. */
static void times_of_children(void **state)
{
	int64_t all = 0;
	int busy = 0;
	(void)state;
	for (int i = 0; i < EDGE_LAGS; i++) {
		const struct lag_times times = edge_lags_times(0, i), wide = edge_lags_times(100 * MS, i);
		assert_true(times.held >= 30 * MS && times.lasting >= 20 * MS);
		assert_true(wide.held >= 100 * MS && wide.lasting >= 100 * MS);
		all += times.held + times.lasting;
		busy += times.busy;
	}
	assert_int_equal(busy, EDGE_LAGS / 2);
	assert_true(all < 4 * NS_PER_S);
}

static void an_input_that_is_not_there(void **state)
{
	(void)state;
	plan();
	struct trigger_figure f = figure(false);
	assert_int_equal(f.own.start.n, EDGE_LAGS);
	assert_int_equal(f.line.start.n, 0);
	assert_int_equal(f.line.lost, 0);
}

static void assert_lost(int n)
{
	struct trigger_figure f = figure(true);
	assert_int_equal(f.line.lost, n);
	assert_int_equal(f.line.start.n, n ? 0 : EDGE_LAGS);
	assert_int_equal(f.own.stop.n, EDGE_LAGS);
}

static void edges_that_are_lost_or_too_many(void **state)
{
	(void)state;
	plan();
	seen.n--;
	assert_lost(1);
	seen.n = 0;
	assert_lost(2 * EDGE_LAGS);
	plan();
	see(lags[3].entry + 3 * MS, true); /* a second one beside a good one: neither is believed */
	assert_lost(1);
	plan();
	see(lags[3].lowered + APART - 1, true);
	assert_lost(1);
	plan();
	see(lags[3].lowered + APART, true); /* of whatever comes next */
	see(lags[3].raise - 1, false);
	assert_lost(0);
	plan();
	seen.edges[6].rise = false; /* of the wrong kind */
	assert_lost(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_paths),
		cmocka_unit_test(the_half_width),
		cmocka_unit_test(a_device_with_a_clock),
		cmocka_unit_test(the_way_into_the_kernel),
		cmocka_unit_test(edges_that_seem_early),
		cmocka_unit_test(times_of_children),
		cmocka_unit_test(an_input_that_is_not_there),
		cmocka_unit_test(edges_that_are_lost_or_too_many),
	};
	return cmocka_run_group_tests_name("edge_lags", tests, NULL, NULL);
}
