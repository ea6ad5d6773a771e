/*
 * Mean-power windows against arithmetic done by hand: 100 W idle, a step of 200 W, windows of 100 ms that end on whole tenths and
 * are readable 30 ms later. Quiet from 2 s, start near 5 s, stop near 7 s, quiet to 10 s, idle window 0..4 s.
 */
#include "unit.h"

#include "planted.h"

struct bench {
	struct channel channel;
	struct load load;
	struct meter meter;
	struct samples samples;
	struct bracket bracket;
	struct energy_options options;
	struct energy energy;
};

static struct bench bench;

static void set_up(double start, double stop)
{
	bench.channel = (struct channel){.name = "wall.power",
					 .kind = CHANNEL_MEAN,
					 .role = ROLE_WALL,
					 .scale = 1,
					 .window = ns(0.1),
					 .refresh = ns(0.1),
					 .latency = ns(0.03)};
	bench.load = (struct load){.idle = 100, .step = 200, .start = start, .stop = stop, .fan_tau = 1};
	bench.meter = (struct meter){.window = 0.1, .latency = 0.03};
	bench.bracket = (struct bracket){.start = ns(start), .stop = ns(stop)};
	bench.options = (struct energy_options){
		.idle_from = 0, .idle_to = ns(4), .quiet_from = ns(2), .quiet_to = ns(10), .guard = ns(0.3), .tail_settled = 1};
}

/* Window k ends at (k + 1) * 0.1 s; its stamp is exact. `noise` alternates +-: it has no mean over two windows. */
static void record(double noise)
{
	bench.samples.n = 0;
	for (int k = 0; k < 101; k++) {
		double from = 0.1 * k, to = 0.1 * (k + 1);
		double power = (load_energy(&bench.load, to) - load_energy(&bench.load, from)) / 0.1;
		samples_add(&bench.samples, ns(to + 0.03), ns(0.001), power + (k % 2 ? noise : -noise), 0);
	}
}

static const struct energy *measure(void)
{
	energy_of(samples_series(&bench.samples, &bench.channel), &bench.bracket, &bench.options, &bench.energy);
	return &bench.energy;
}

static double term(const struct joules *joules, const char *name)
{
	const struct budget_term *found = budget_term(&joules->budget, name);
	return found ? found->u : 0;
}

static void refused_for(const char *reason)
{
	const struct energy *energy = measure();
	if (energy->status != ENERGY_REFUSED || !strstr(energy->reason, reason))
		print_error("status %s: %s\n", energy_status_name(energy->status), energy->reason);
	assert_int_equal(energy->status, ENERGY_REFUSED);
	assert_non_null(strstr(energy->reason, reason));
	assert_true(isnan(energy->gross.value) && isnan(energy->net.value) && isnan(energy->gross.expanded.U));
}

static void a_step_between_window_ends(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0.01);
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_OK);
	assert_near(energy->duration, 2.05, 1e-12);
	assert_near(energy->gross.value, 615, 0.01);
	assert_near(energy->net.value, 410, 0.03);
	assert_near(energy->caused.value, 410, 0.06);
	assert_near(energy->tail, 0, 0.06);
	assert_near(energy->power, 300, 0.005);
	assert_near(energy->idle_before, 100, 0.01);
	assert_near(energy->idle_after, 100, 0.02);
	assert_true(energy->settled);
	assert_int_equal(energy->invalid + energy->missing, 0);
	assert_int_equal(energy->used, 24); /* A = 4.7, B = 7.1 */
	/* Naive: whole windows have 300 W, times 2.05 s; pro rata 0.07 s of 240 W, 1.9 s of 300 W, 0.08 s of 260 W. */
	assert_near(energy->naive_mean, 615, 0.01);
	assert_near(energy->naive_prorata, 607.6, 0.01);
}

static void specification_terms(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	bench.channel.accuracy = (struct accuracy){.reading = 0.001, .range = 0.0005, .range_value = 600, .power_factor = 0.001};
	bench.bracket.u_start = ns(0.002);
	bench.bracket.u_stop = ns(0.001);
	bench.options.power_factor = 0.8;
	record(0);
	const struct energy *energy = measure();
	double r3 = sqrt(3);
	assert_near(term(&energy->gross, "gain"), 0.615 / r3, 1e-4);
	assert_near(term(&energy->net, "gain"), 0.410 / r3, 1e-4);
	assert_near(term(&energy->caused, "gain"), 0.410 / r3, 1e-4);
	assert_near(term(&energy->gross, "range"), 0.3 * 2.05 / r3, 1e-9);
	assert_near(term(&energy->net, "range"), 0.3 * 2.05 / r3, 1e-9);
	assert_near(term(&energy->gross, "power-factor"), 0.615 * 0.75 / r3, 1e-4); /* tan phi = 0.6 / 0.8 */
	assert_near(term(&energy->gross, "start-edge"), -100 * 0.002 / r3, 1e-6);
	assert_near(term(&energy->gross, "stop-edge"), 100 * 0.001 / r3, 1e-6);
	assert_near(term(&energy->net, "start-edge"), 0, 1e-6);
	assert_int_equal(budget_term(&energy->gross.budget, "gain")->share, SHARE_RELATIVE);
	assert_int_equal(budget_term(&energy->gross.budget, "range")->share, SHARE_ABSOLUTE);
	bench.channel.accuracy.coverage = 2;
	assert_near(term(&measure()->gross, "gain"), 0.615 / 2, 1e-4);
}

static void no_specification_no_gain(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0);
	const struct energy *energy = measure();
	assert_null(budget_term(&energy->gross.budget, "gain"));
	assert_null(budget_term(&energy->gross.budget, "range"));
	assert_null(budget_term(&energy->gross.budget, "power-factor"));
}

/* Half the bound is what was corrected for: a lag of just that gives the wall's energy in the bracket exactly. */
static void supply_lag_shifts_energy_past_the_stop(void **state)
{
	(void)state;
	set_up(5.03, 7.03);
	bench.options.supply_lag = ns(0.04);
	bench.load.lag = 0.02;
	record(0);
	const struct energy *energy = measure();
	assert_near(energy->gross.value, 100 * 0.02 + 300 * 1.98, 1e-3);
	assert_near(energy->caused.value, 400, 1e-3);
	assert_near(term(&energy->gross, "supply-lag"), -200 * 0.04 / sqrt(12), 1e-3);
	assert_near(term(&energy->caused, "supply-lag"), 0, 0);
	assert_near(energy->tail, 200 * 0.02, 1e-3);
	bench.channel.role = ROLE_RAIL; /* behind the supply: no lag to correct */
	assert_near(measure()->gross.value, 600, 1e-3);
}

static void zero_cross_term(void **state)
{
	(void)state;
	set_up(5, 5.5);
	bench.channel.unmeasured = ns(0.02);
	record(0);
	/* One phase for both edges, moved by |f| = 0.02 Hz * 0.5 s * sqrt(2 / pi) of a cycle: f (1 - f) z^2 of variance. */
	double f = 0.01 * sqrt(2 / 3.14159265358979), edges = 200 * 200 * (2 * 0.02 * 0.02 / 12 + 0.02 * 0.02 * f * (1 - f));
	assert_near(term(&measure()->gross, "zero-cross"), sqrt(edges), 1e-3);
	set_up(5, 5.03);
	bench.channel.unmeasured = ns(0.02);
	record(0);
	refused_for("shorter than twice");
}

static void fan_tail_is_told_apart(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	bench.load.fan = 15;
	bench.load.fan_tau = 1;
	record(0);
	const struct energy *energy = measure();
	struct truth truth = load_truth(&bench.load, 10);
	assert_near(energy->gross.value, truth.gross, 0.1);
	assert_near(energy->net.value, truth.net, 0.1);
	assert_near(energy->caused.value, truth.caused, 0.1);
	assert_true(fabs(energy->gross.value - truth.gross) < energy->gross.expanded.U);
	double after = 15 * (1 - exp(-2.05));
	assert_near(energy->idle_after, 100 + after, 1);
	assert_near(term(&energy->net, "definition"), after * 2.05 / (2 * sqrt(3)), 0.6);
	assert_true(energy->net.expanded.U < 2 * term(&energy->net, "definition")); /* beside U, not in it */
	assert_true(energy->settled); /* 15 W after 2.92 s: 0.7 W */
	bench.options.tail_settled = 0.1;
	energy = measure();
	assert_false(energy->settled);
	double left =
		(load_tail(&bench.load, 1.92) - load_tail(&bench.load, 2.92)) * bench.load.fan_tau; /* mean of the last second */
	assert_near(term(&energy->caused, "settling"), left * 1.0 / sqrt(3), 0.15 * left);
}

static void an_idle_that_moved_is_said(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0);
	bench.options.quiet_from = ns(4);
	for (size_t i = 0; i < bench.samples.n && bench.samples.t[i] < ns(4); i++)
		bench.samples.value[i] += 20;
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "idle power moved by -20.00 W"));
	assert_near(energy->gross.value, 615, 0.01);
	assert_near(energy->net.value, 615 - 120 * 2.05, 0.01);
	assert_near(fabs(term(&energy->net, "idle-moved")), 20 * 2.05 / sqrt(3), 0.01);
	assert_true(fabs(energy->net.value - 410) < energy->net.expanded.U);
}

/* Readable 180 ms late instead of 30: the window behind the stop still holds the load. The guard keeps it inside the bracket. */
static void a_latency_that_is_not_what_it_says_is_said(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0.01);
	for (size_t i = 0; i < bench.samples.n; i++)
		bench.samples.t[i] += ns(0.15);
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "not quiet right after the stop edge"));
	assert_near(energy->gross.value, 615, 0.1);
	assert_true(term(&energy->gross, "leak") > 0 && term(&energy->caused, "leak") == 0);
}

/* All that is late lies in the window of the stop itself: 300 W for 60 ms more. */
static void a_load_that_ends_late_is_said(void **state)
{
	(void)state;
	set_up(5.03, 7.02);
	bench.channel.unmeasured = ns(0.02);
	bench.load.lag = 0.06;
	record(0.01);
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "power fell 60 ms later than the stop edge explains"));
	assert_near(term(&energy->gross, "late"), 200 * 0.060 / sqrt(2), 0.02);
	bench.options.supply_lag = ns(0.06);
	assert_int_equal(measure()->status, ENERGY_OK);
}

/* Window k is sample k. Three of the guard's windows lie between A = 4.7 and the start: 10 W more in the last two. */
static void a_step_just_before_the_start_is_said(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0.01);
	bench.samples.value[48] += 10;
	bench.samples.value[49] += 10;
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "right before the start edge: it changed by +10.0"));
	assert_near(term(&energy->gross, "early"), 2 / sqrt(3), 0.1);
	assert_near(term(&energy->net, "early"), hypot(2, 20.5) / sqrt(3), 0.05);
}

/* What ran before a phase left 6 W behind. Net stands against the idle before the run all the same. */
static void net_of_a_phase_keeps_its_definition(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0.01);
	bench.options.idle_to = ns(2);
	bench.options.quiet_from = ns(2.5);
	for (size_t i = 0; i < 20; i++)
		bench.samples.value[i] -= 6;
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_OK);
	assert_near(energy->net.value, 615 - 94 * 2.05, 0.05);
	assert_null(budget_term(&energy->net.budget, "idle-moved"));
	assert_near(fabs(term(&energy->net, "definition")), 6 * 2.05 / 2 / sqrt(3), 0.05);
	bench.options.quiet_from = bench.options.idle_to; /* a run: something began within its quiet */
	energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_near(fabs(term(&energy->net, "idle-moved")), 6 * 2.05 / sqrt(3), 0.1);
}

static void a_rise_in_the_tail_is_said(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0.01);
	for (size_t i = 82; i < 92; i++)
		bench.samples.value[i] += 10;
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "power rose again by"));
	assert_true(fabs(energy->caused.value - 410) < energy->caused.expanded.U);
	assert_true(term(&energy->gross, "rise") == 0);
}

static void drop(size_t i)
{
	struct samples *s = &bench.samples;
	for (s->n--; i < s->n; i++) {
		s->t[i] = s->t[i + 1];
		s->u_t[i] = s->u_t[i + 1];
		s->flags[i] = s->flags[i + 1];
		s->value[i] = s->value[i + 1];
	}
}

/* 20 ms of each 100 ms window go unmeasured: a burst within a window costs d^2 / 2 W z for each of its two differences; a step is no
 * burst. */
static void bursts_are_charged_as_what_may_be_missed(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	bench.channel.unmeasured = ns(0.02);
	record(0);
	bench.samples.value[60] += 3.5;
	assert_near(term(&measure()->gross, "fluctuation"), 3.5 * sqrt(0.1 * 0.02), 1e-3);
	record(0);
	for (size_t i = 60; i < 70; i++)
		bench.samples.value[i] += 3.5;
	const struct energy *energy = measure();
	for (int i = 0; i < energy->gross.budget.n; i++)
		assert_true(strcmp(energy->gross.budget.terms[i].name, "fluctuation") != 0 || energy->gross.budget.terms[i].u < 1e-6);
}

/* Window k is sample k: [0.1 k, 0.1 (k + 1)]. */
static void a_hole_enlarges_U(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0);
	drop(60);
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "1 samples missing, 0 invalid"));
	assert_near(energy->gross.value, 615, 0.01);
	assert_near(energy->missing_fraction, 0.1 / 2.05, 1e-6);
	record(0);
	bench.samples.flags[60] = FLAG_NO_DATA;
	bench.samples.value[60] = NAN;
	for (size_t i = 61; i < 70; i++) /* the load rises behind the hole: 20 W of step, 10 W either way, over 0.1 s */
		bench.samples.value[i] += 20;
	energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_int_equal(energy->invalid, 1);
	assert_near(energy->gross.value, 615 + 18 + 1, 0.01);
	assert_true(term(&energy->gross, "missing") >= 10 * 0.1 / sqrt(3) - 1e-6);
	assert_true(term(&energy->gross, "missing") <= 20 * 0.1);
}

/* Their neighbours cannot stand for windows that are invalid because power was high. */
static void power_beyond_the_range_is_not_filled_in(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0);
	bench.samples.flags[60] = FLAG_OVER_RANGE;
	bench.samples.value[60] = 9.9e37;
	refused_for("left the meter's range");
	bench.samples.flags[60] = FLAG_IMPLAUSIBLE;
	refused_for("left the meter's range");
}

static void holes_that_cannot_be_bounded_are_refused(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0);
	bench.samples.flags[50] = FLAG_NO_DATA;
	refused_for("no valid sample at the start edge");
	record(0);
	drop(70);
	refused_for("no valid sample at the stop edge");
	record(0);
	bench.samples.value[60] = NAN;
	bench.samples.value[64] = NAN;
	refused_for("9.8 % of the bracket");
	record(0);
	for (size_t i = 0; i < bench.samples.n; i++)
		bench.samples.flags[i] = FLAG_NO_DATA;
	refused_for("too little quiet before");
}

static void flags_that_void_a_value_that_is_there(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0.01);
	bench.samples.flags[60] = FLAG_PEAK_OVER;
	refused_for("peaks exceeded");
	bench.samples.flags[60] = FLAG_RANGE_CHANGED;
	assert_non_null(strstr(measure()->reason, "left its range"));
	assert_int_equal(bench.energy.status, ENERGY_REFUSED);
	bench.samples.flags[60] = FLAG_REQUESTED;
	assert_int_equal(measure()->status, ENERGY_OK);
}

static void what_cannot_be_measured_is_refused(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0);
	bench.samples.n = 0;
	refused_for("no samples");
	record(0);
	bench.samples.n = 60; /* the meter died in the run */
	refused_for("too little quiet after the stop edge");
	record(0);
	bench.options.quiet_to = ns(7.1);
	refused_for("too little quiet after the stop edge");
	set_up(5.03, 7.08);
	bench.options.quiet_from = ns(4.95);
	refused_for("too little quiet before the start edge");
	set_up(5.03, 7.08);
	bench.bracket.stop = bench.bracket.start;
	refused_for("stop edge does not come after");
	set_up(5.03, 7.08);
	bench.bracket.u_start = ns(1.5);
	refused_for("shorter than its edges are known");
	set_up(5.03, 7.08);
	bench.samples.t[40] = bench.samples.t[39];
	refused_for("time does not move on");
	set_up(5.03, 7.08);
	bench.channel.kind = CHANNEL_OBSERVE;
	refused_for("measures no energy");
}

static void a_stalled_meter_is_not_believed(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	record(0.3);
	bench.channel.accuracy.quantum = 0.01;
	assert_int_equal(measure()->status, ENERGY_OK);
	for (size_t i = 48; i < bench.samples.n; i++)
		bench.samples.value[i] = bench.samples.value[48];
	refused_for("stood still");
	record(0);
	for (size_t i = 0; i < bench.samples.n; i++)
		bench.samples.value[i] = 100;
	assert_int_equal(measure()->status, ENERGY_DEGRADED);
	assert_non_null(strstr(bench.energy.reason, "identical"));
	record(0.3);
	for (size_t i = 0; i < bench.samples.n; i++) /* updates as they please */
		bench.samples.t[i] += (int64_t)((i * 7919) % 97) * 1000000;
	refused_for("irregular");
}

static void without_an_idle_window_there_is_no_net(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	bench.options.idle_to = 0;
	record(0);
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_OK);
	assert_near(energy->gross.value, 615, 0.01);
	assert_true(isfinite(energy->gross.expanded.U));
	assert_true(isnan(energy->net.value) && isnan(energy->caused.value) && isnan(energy->net.expanded.U));
	set_up(5.03, 7.08);
	bench.options.idle_to = ns(0.7); /* only one window outside the guards */
	energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "no net"));
	assert_near(energy->gross.value, 615, 0.01);
}

/* 60 ms of latency that the bench file does not know of: with the guard nothing is lost, and it is said. */
static void power_that_leaks_past_the_stop_is_caught(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	bench.load.lag = 0.06;
	record(0.01);
	const struct energy *energy = measure();
	assert_int_equal(energy->status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy->reason, "not quiet right after the stop edge"));
	assert_near(energy->net.value, 410, 0.1);
}

static void the_same_input_gives_the_same_bits(void **state)
{
	(void)state;
	set_up(5.03, 7.08);
	bench.channel.accuracy = (struct accuracy){.reading = 0.001, .range = 0.0005, .range_value = 600};
	record(0.17);
	struct energy first = *measure();
	struct energy second = *measure();
	assert_memory_equal(&first.gross, &second.gross, sizeof first.gross);
	assert_memory_equal(&first.net, &second.net, sizeof first.net);
	assert_memory_equal(&first.caused, &second.caused, sizeof first.caused);
	bench.samples.value[60] += 0.01;
	assert_true(measure()->gross.value > first.gross.value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_between_window_ends),
		cmocka_unit_test(specification_terms),
		cmocka_unit_test(no_specification_no_gain),
		cmocka_unit_test(supply_lag_shifts_energy_past_the_stop),
		cmocka_unit_test(zero_cross_term),
		cmocka_unit_test(fan_tail_is_told_apart),
		cmocka_unit_test(an_idle_that_moved_is_said),
		cmocka_unit_test(a_latency_that_is_not_what_it_says_is_said),
		cmocka_unit_test(a_load_that_ends_late_is_said),
		cmocka_unit_test(a_step_just_before_the_start_is_said),
		cmocka_unit_test(net_of_a_phase_keeps_its_definition),
		cmocka_unit_test(a_rise_in_the_tail_is_said),
		cmocka_unit_test(bursts_are_charged_as_what_may_be_missed),
		cmocka_unit_test(a_hole_enlarges_U),
		cmocka_unit_test(power_beyond_the_range_is_not_filled_in),
		cmocka_unit_test(holes_that_cannot_be_bounded_are_refused),
		cmocka_unit_test(flags_that_void_a_value_that_is_there),
		cmocka_unit_test(what_cannot_be_measured_is_refused),
		cmocka_unit_test(a_stalled_meter_is_not_believed),
		cmocka_unit_test(without_an_idle_window_there_is_no_net),
		cmocka_unit_test(power_that_leaks_past_the_stop_is_caught),
		cmocka_unit_test(the_same_input_gives_the_same_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
