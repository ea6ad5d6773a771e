/*
 * Counters against arithmetic done by hand: 1 mJ a count, 10 W idle, 110 W from 1 s to 3 s, read each 50 ms from 0 to 5 s.
 */
#include "unit.h"

#include "planted.h"

static struct channel channel;
static struct samples samples;
static struct bracket bracket;
static struct energy_options options;
static struct energy energy;

/* Whole millijoules at each read: the arithmetic is exact. */
static uint64_t millijoules(double t)
{
	double run = fmin(fmax(t - 1, 0), 2);
	return (uint64_t)llround(10000 * t + 100000 * run);
}

static void set_up(uint64_t first, uint64_t wrap)
{
	channel = (struct channel){.name = "package-0.energy",
				   .kind = CHANNEL_COUNTER,
				   .role = ROLE_PACKAGE,
				   .number = NUMBER_U64,
				   .scale = 1e-3,
				   .wrap = wrap,
				   .power_max = 150};
	bracket = (struct bracket){.start = ns(1), .stop = ns(3)};
	options = (struct energy_options){
		.idle_from = 0, .idle_to = ns(0.9), .quiet_from = 0, .quiet_to = ns(5), .tail_settled = 0.5};
	samples.n = 0;
	for (int k = 0; k <= 100; k++) {
		uint64_t count = first + millijoules(0.05 * k);
		if (wrap)
			count %= wrap;
		samples_add(&samples, ns(0.05 * k), 0, (double)count * 1e-3, count);
	}
}

static const struct energy *measure(void)
{
	energy_of(samples_series(&samples, &channel), &bracket, &options, &energy);
	return &energy;
}

static void refused_for(const char *reason)
{
	measure();
	if (energy.status != ENERGY_REFUSED || !strstr(energy.reason, reason))
		print_error("status %s: %s\n", energy_status_name(energy.status), energy.reason);
	assert_int_equal(energy.status, ENERGY_REFUSED);
	assert_non_null(strstr(energy.reason, reason));
	assert_true(isnan(energy.gross.value));
}

static void measured(double gross, unsigned wraps)
{
	measure();
	if (energy.status == ENERGY_REFUSED)
		print_error("%s\n", energy.reason);
	assert_near(energy.gross.value, gross, 1e-9);
	assert_near(energy.net.value, gross - 20, 1e-9);
	assert_near(energy.caused.value, gross - 20, 1e-9);
	assert_int_equal(energy.wraps, wraps);
}

static double term(const struct joules *joules, const char *name)
{
	const struct budget_term *found = budget_term(&joules->budget, name);
	return found ? found->u : 0;
}

/* A register that moves more rarely than the quiet lasts shows no power there, or too much: that there is none is no level. */
static void a_register_slower_than_the_quiet(void **state)
{
	(void)state;
	set_up(0, 0);
	channel.update_jitter = ns(1.5); /* 1 s of quiet before, 2 s after */
	refused_for("steps of 1.5 s");
	set_up(0, 0);
	options.quiet_to = ns(4);
	options.quiet_from = ns(-1);
	channel.update_jitter = ns(1.2);
	refused_for("quiet of 1 s");
	set_up(0, 0);
	channel.update_jitter = ns(0.5);
	measure();
	assert_int_equal(energy.status, ENERGY_OK);
}

/* Steps of 50 J: in the second of quiet before the run there is none of them, and its level is not 0 W +- 0. */
static void steps_that_the_quiet_does_not_show(void **state)
{
	(void)state;
	set_up(0, 0);
	channel.accuracy.quantum = 50;
	for (size_t i = 0; i < samples.n; i++)
		samples.count[i] = samples.count[i] / 50000 * 50000;
	options.idle_to = options.idle_from;
	bracket.start = ns(0.97); /* so that slices are left beside the reads */
	bracket.stop = ns(3.02);
	measure();
	assert_true(energy.status != ENERGY_REFUSED);
	assert_near(term(&energy.gross, "slope-steps"), 50 * hypot(0.02 / 0.95, 0.03 / 1) / sqrt(3), 0.05);
	assert_near(energy.gross.value, 220.5, energy.gross.expanded.U);
}

/* What it missed while its input was beyond the range no later count makes good; out of the bracket it does not matter. */
static void an_input_that_left_its_range(void **state)
{
	(void)state;
	set_up(0, 0);
	samples.flags[40] = FLAG_OVER_RANGE;
	refused_for("left its range");
	set_up(0, 0);
	samples.flags[10] = samples.flags[90] = FLAG_OVER_RANGE;
	measured(220, 0);
	set_up(0, 0);
	samples.flags[40] = FLAG_IMPLAUSIBLE; /* a read that failed */
	measured(220, 0);
}

static void a_difference(void **state)
{
	(void)state;
	set_up(0, 0);
	measured(220, 0);
	assert_int_equal(energy.status, ENERGY_OK);
	assert_near(energy.idle_before, 10, 1e-9);
	assert_int_equal(energy.used, 41);
	assert_near(term(&energy.gross, "quantum"), 1e-3 / sqrt(6), 1e-12);
	assert_null(budget_term(&energy.gross.budget, "gain")); /* reading only */
	assert_true(isnan(energy.naive_mean));
}

/* A turn of 100 J takes 0.67 s at 150 W. */
static void wraps_twice_in_a_run(void **state)
{
	(void)state;
	set_up(55000, 100000);
	measured(220, 2);
	assert_int_equal(energy.status, ENERGY_OK);
	set_up(85000, 100000);
	measured(220, 3);
	/* The greatest 32-bit counter, just before its turn. */
	set_up((UINT64_C(1) << 32) - 100000, UINT64_C(1) << 32);
	measured(220, 1);
	/* A 64-bit counter beyond what a double holds exactly. */
	set_up((UINT64_C(1) << 60) + 1, 0);
	measured(220, 0);
}

static void edges_between_reads_cost_their_slices(void **state)
{
	(void)state;
	set_up(0, 0);
	bracket = (struct bracket){.start = ns(0.98), .stop = ns(3.01), .u_start = ns(0.003), .u_stop = ns(0.006)};
	measure();
	/* 220 J, and 10 W over 0.02 s and 0.01 s, less 0.15 ms of the load's 100 W behind its edge. A = 0.95, B = 3.05. */
	assert_near(energy.gross.value, 220.3 - 0.015, 1e-9);
	assert_near(term(&energy.gross, "stop-power"), 100 * 0.0003 / sqrt(12), 1e-6);
	assert_near(term(&energy.gross, "start-edge"), -10 * 0.003 / sqrt(3), 1e-9);
	assert_near(term(&energy.gross, "stop-edge"), 10 * 0.006 / sqrt(3), 1e-9);
	assert_near(term(&energy.net, "start-edge"), 0, 1e-9);
}

/* A read right at an edge that is known to 3 ms: up to 3 ms of the step lie on the wrong side of it. */
static void an_edge_may_lie_beyond_its_read(void **state)
{
	(void)state;
	set_up(0, 0);
	bracket.u_start = ns(0.003);
	measure();
	assert_near(energy.gross.value, 220, 1e-9);
	assert_near(term(&energy.gross, "read-time"), 100 * 0.003 / sqrt(3), 1e-9);
	bracket.start = ns(1.004); /* 4 ms after the read: no more */
	assert_near(term(&measure()->gross, "read-time"), 0, 0);
}

/* The register shows what was up to J = 10 ms ago. Read at once, 100 W of step and 10 W of quiet stand over l in [0, J]; read
 * after J only the quiet does. */
static void the_register_lags(void **state)
{
	(void)state;
	set_up(0, 0);
	channel.update_jitter = ns(0.010);
	measure();
	/* pre J / 2 - (post J / 2 + step J / 2) = -0.5 J was missing in the mean, and is added */
	assert_near(energy.gross.value, 220.5, 1e-9);
	assert_near(term(&energy.gross, "update-jitter"), hypot(10, 110) * 0.010 / sqrt(12), 1e-9);
	bracket.stop = ns(2.995); /* B = 3.0 is 5 ms after: (J - d)^2 / (2 J) of the step, 100 W * 1.25 ms */
	measure();
	/* E(A, B) = 220, less 10 W * 5 ms after the stop; what was behind is 0.125 J. The load's end is taken from 2.8..2.95. Of what
	 * lasts 0.3 ms at most B shows, in the half of all cases that are not behind, 0.1 ms (if it came in that time) or 0.15 ms. */
	assert_near(energy.gross.value, 220 - 0.05 + 0.125 - 100 * (0.06 * 0.0001 + 0.94 * 0.00015) / 2, 1e-4);
	bracket.stop = ns(2.96); /* 40 ms: nothing of the step is behind */
	measure();
	assert_near(energy.gross.value, 220 - 0.4 - 0.015, 1e-9);
	assert_near(term(&energy.gross, "update-jitter"), hypot(10, 10) * 0.010 / sqrt(12), 1e-9);
}

static void implausible_reads_are_left_out(void **state)
{
	(void)state;
	set_up(55000, 100000);
	samples.count[30] = 99999; /* backwards would be a turn in 50 ms: 2 kW */
	measured(220, 2);
	assert_int_equal(energy.status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy.reason, "1 implausible"));
	assert_int_equal(energy.invalid, 1);
	set_up(0, 0);
	samples.count[0] = 5000000; /* the first of all */
	options.idle_from = ns(0.05);
	measured(220, 0);
	set_up(0, 0);
	samples.count[40] = 0; /* a failed read that became a zero: CodeCarbon's 138 kJ */
	measured(220, 0);
	set_up(0, 0);
	channel.power_max = 500;
	samples.count[40] = samples.count[39] - 1; /* a step back, from which the next read goes on quite plausibly */
	measured(220, 0);
	assert_non_null(strstr(energy.reason, "1 implausible"));
}

static void flagged_reads_cost_nothing_between_the_edges(void **state)
{
	(void)state;
	set_up(55000, 100000);
	for (int k = 25; k < 30; k++) {
		samples.flags[k] = FLAG_NO_DATA;
		samples.count[k] = 0;
	}
	measured(220, 2);
	assert_int_equal(energy.status, ENERGY_OK);
	assert_int_equal(energy.invalid, 5);
}

static void a_long_silence_is_ambiguous(void **state)
{
	(void)state;
	set_up(55000, 100000);
	for (int k = 25; k < 38; k++) /* 0.7 s, in which 150 W make 105 J: a turn and more */
		samples.flags[k] = FLAG_NO_DATA;
	refused_for("ambiguous");
	set_up(55000, 100000);
	for (int k = 25; k < 37; k++) /* 0.65 s: 97.5 J */
		samples.flags[k] = FLAG_NO_DATA;
	measured(220, 2);
}

static void a_reset_is_refused_inside_and_harmless_outside(void **state)
{
	(void)state;
	set_up(0, 0);
	for (size_t k = 40; k < samples.n; k++)
		samples.count[k] -= samples.count[39];
	refused_for("reset within the bracket");
	set_up(50000, 0);
	for (size_t k = 4; k < samples.n; k++)
		samples.count[k] -= 52000;
	options.idle_from = ns(0.2);
	options.quiet_from = ns(0.2);
	measured(220, 0);
}

static void what_cannot_be_measured_is_refused(void **state)
{
	(void)state;
	set_up(0, 0);
	for (size_t k = 0; k < samples.n; k++)
		samples.count[k] = 77;
	refused_for("stands still");
	set_up(0, 0);
	for (size_t k = 0; k < samples.n; k++)
		samples.flags[k] = FLAG_NO_DATA;
	refused_for("no valid reading");
	set_up(0, 0);
	samples.n = 60;
	refused_for("not read after the stop edge");
	set_up(0, 0);
	options.quiet_to = ns(2.99);
	refused_for("not read in the quiet after");
	set_up(0, 0);
	for (size_t k = 0; k <= 20; k++)
		samples.flags[k] = FLAG_NO_DATA;
	refused_for("not read before the start edge");
	set_up(0, 0);
	for (size_t k = 1; k <= 20; k++)
		samples.flags[k] = FLAG_NO_DATA;
	refused_for("read only once");
	set_up(0, 0);
	options.quiet_from = ns(1.01);
	bracket.u_start = ns(0.01);
	refused_for("not read in the quiet before");
	set_up(0, 0);
	samples.t[50] = samples.t[49];
	refused_for("time does not move on");
}

/* From `from` to `to` the count of then is read; `catches_up`: what was due comes with the next read, else it is lost. */
static void stand_still(double from, double to, bool catches_up)
{
	size_t first = 0;
	while (samples.t[first] < ns(from))
		first++;
	for (size_t i = first, last = first; i < samples.n; i++) {
		if (samples.t[i] <= ns(to)) {
			last = i;
			continue;
		}
		if (catches_up)
			break;
		samples.count[i] -= samples.count[last] - samples.count[first];
	}
	uint64_t count = samples.count[first];
	for (size_t i = first; i < samples.n && samples.t[i] <= ns(to); i++)
		samples.count[i] = count;
}

static void a_stall_is_refused_wherever_it_stands(void **state)
{
	(void)state;
	static const struct {
		double from, to;
	} stalls[] = {{0.5, 1.5}, {0.6, 1.02}, {1.5, 2.5}, {2.2, 3.2}, {2.5, 3.5}, {2.5, 9}, {0.2, 0.7}, {3.5, 4.5}, {4, 9}};
	for (size_t i = 0; i < 2 * sizeof stalls / sizeof *stalls; i++) {
		set_up(55000, 0);
		channel.power_max = 20000; /* what is caught up is not implausible */
		stand_still(stalls[i / 2].from, stalls[i / 2].to, i % 2);
		refused_for("stood still for");
		set_up(55000, 100000);
		channel.power_max = 1900;
		stand_still(stalls[i / 2].from, stalls[i / 2].to, i % 2);
		measure();
		assert_int_equal(energy.status, ENERGY_REFUSED);
	}
}

/* A domain that nobody uses when idle, and one that is used for a moment now and then. */
static void what_is_idle_may_stand_still(void **state)
{
	(void)state;
	set_up(0, 0);
	for (size_t i = 0; i < samples.n; i++)
		samples.count[i] = (uint64_t)llround(100000 * fmin(fmax((double)samples.t[i] * 1e-9 - 1, 0), 2));
	measure();
	assert_true(energy.status != ENERGY_REFUSED);
	assert_near(energy.gross.value, 200, 1e-9);
	for (size_t i = 0; i < samples.n; i++) /* four reads of each fourteen */
		samples.count[i] += 7 * (4 * (i / 14) + (i % 14 < 4 ? i % 14 : 4));
	measure();
	assert_true(energy.status != ENERGY_REFUSED);
}

/* Now and then, by chance, something uses a domain that draws nothing else: each time a step of it, or of many steps. */
static void draw_by_chance(struct dice *dice)
{
	double rate = exp(dice_between(dice, log(0.3), log(15))), used = 0;
	uint64_t least = dice_bits(dice) % 2 ? 1 : 1000, count = 0;
	set_up(0, 0);
	options.quiet_from = options.idle_from = ns(-8);
	options.quiet_to = ns(12);
	channel.scale = 1.0 / (double)least;
	channel.power_max = 1e4;
	samples.n = 0;
	for (double t = -8; t <= 12; t += 0.05) {
		for (; used < t + 8; used -= log(1 - dice_unit(dice)) / rate)
			count += least;
		samples_add(&samples, ns(t), 0, (double)count * channel.scale, count);
	}
}

static void what_is_used_by_chance_is_not_stalled(void **state)
{
	(void)state;
	struct dice dice = {5};
	int taken = 0;
	for (int i = 0; i < 3000; i++) {
		draw_by_chance(&dice);
		measure();
		taken += strstr(energy.reason, "stood still") != NULL;
	}
	print_message("    %d of 3000 that move by chance alone are taken for stalled\n", taken);
	assert_true(taken <= 6); /* by chance, too */
}

/* A healthy counter: read every so often and somewhat late, of steps small or great, renewed every so often, its power a walk.
 * The time, s, that it may take to its next step, or to the read of it. */
static double draw_healthy(struct dice *dice)
{
	double every = exp(dice_between(dice, log(0.01), log(0.3))), renewed = dice_bits(dice) % 2 ? exp(dice_between(dice, log(0.001), 0)) : 0;
	double idle = exp(dice_between(dice, log(0.01), log(100))), load = idle * dice_between(dice, 0.2, 20);
	double quantum = exp(dice_between(dice, log(1e-5), log(50))), noise = dice_between(dice, 0, 0.9);
	double quiet = dice_between(dice, 1, 20), run = dice_between(dice, 0.5, 20), joules = 0, shown = 0, t = 0, swing = 0;
	channel = (struct channel){.name = "healthy", .kind = CHANNEL_COUNTER, .role = ROLE_PACKAGE, .number = NUMBER_U64, .scale = quantum,
				   .power_max = 1e5, .update_jitter = ns(renewed)};
	bracket = (struct bracket){.start = ns(quiet), .stop = ns(quiet + run)};
	options = (struct energy_options){.idle_from = 0, .idle_to = ns(0.9 * quiet), .quiet_from = 0, .quiet_to = ns(2 * quiet + run),
					  .tail_settled = 0.5};
	samples.n = 0;
	double next_read = 0, next_renewal = 0, tick = 0.005;
	for (; t < 2 * quiet + run + 0.5 && samples.n < SAMPLES; t += tick) {
		swing += tick * (-swing / 0.3) + noise * sqrt(2 * tick / 0.3) * dice_normal(dice);
		joules += tick * (t >= quiet && t < quiet + run ? load : idle) * exp(swing);
		if (t >= next_renewal) {
			shown = joules;
			next_renewal += renewed;
		}
		if (t < next_read)
			continue;
		uint64_t count = (uint64_t)(shown / quantum);
		samples_add(&samples, ns(t), 0, (double)count * quantum, count);
		next_read += every * (dice_bits(dice) % 50 == 0 ? dice_between(dice, 1, 12) : dice_between(dice, 0.9, 1.1));
	}
	return 12 * every + renewed + quantum / idle;
}

static void no_healthy_counter_is_taken_for_a_stalled_one(void **state)
{
	(void)state;
	struct dice dice = {11};
	int judged = 0, planted = 0;
	for (int i = 0; i < 3000; i++) {
		double wait = draw_healthy(&dice);
		measure();
		if (strstr(energy.reason, "stood still"))
			fail_msg("the healthy counter %d: %s", i, energy.reason);
		if (energy.status == ENERGY_REFUSED)
			continue;
		judged++;
		double stall = 10 * wait, start = (double)bracket.start * 1e-9;
		if (stall > start)
			continue;
		stand_still(start - 0.7 * stall, start + 0.6 * stall, dice_bits(&dice) % 2);
		refused_for("still"); /* at all, where all of a short run is in it */
		planted++;
	}
	print_message("    %d healthy counters, none refused; %d stalls, all told\n", judged, planted);
	assert_true(judged > 1500 && planted > 500);
}

/* A meter's Wh as a number: no integer counts, a specification, and the wall's lag. */
static void a_wall_counter_has_a_specification(void **state)
{
	(void)state;
	set_up(0, 0);
	channel.role = ROLE_WALL;
	channel.number = NUMBER_F64;
	channel.accuracy = (struct accuracy){.reading = 0.001, .quantum = 0.36};
	struct series series = *samples_series(&samples, &channel);
	series.count = NULL;
	energy_of(&series, &bracket, &options, &energy);
	assert_near(energy.gross.value, 220, 1e-9);
	assert_near(term(&energy.gross, "gain"), 0.22 / sqrt(3), 1e-9);
	assert_near(term(&energy.gross, "quantum"), 0.36 / sqrt(6), 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_input_that_left_its_range),
		cmocka_unit_test(a_difference),
		cmocka_unit_test(wraps_twice_in_a_run),
		cmocka_unit_test(edges_between_reads_cost_their_slices),
		cmocka_unit_test(an_edge_may_lie_beyond_its_read),
		cmocka_unit_test(the_register_lags),
		cmocka_unit_test(implausible_reads_are_left_out),
		cmocka_unit_test(flagged_reads_cost_nothing_between_the_edges),
		cmocka_unit_test(a_long_silence_is_ambiguous),
		cmocka_unit_test(a_reset_is_refused_inside_and_harmless_outside),
		cmocka_unit_test(what_cannot_be_measured_is_refused),
		cmocka_unit_test(a_stall_is_refused_wherever_it_stands),
		cmocka_unit_test(what_is_idle_may_stand_still),
		cmocka_unit_test(what_is_used_by_chance_is_not_stalled),
		cmocka_unit_test(no_healthy_counter_is_taken_for_a_stalled_one),
		cmocka_unit_test(a_wall_counter_has_a_specification),
		cmocka_unit_test(a_register_slower_than_the_quiet),
		cmocka_unit_test(steps_that_the_quiet_does_not_show),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
