/*
 * The integrator of a meter against arithmetic done by hand: 1 nWh a count, told with each update of 100 ms and 30 ms late; 36 W
 * idle and 360 W from 4.95 s to 7.95 s, which are 10 and 100 million counts a second; 10 s in all.
 */
#include <stdio.h>

#include "unit.h"

#include "closure.h"
#include "planted.h"
#include "result.h"

#define UPDATES 100
#define LATENCY 0.03

static struct channel channel;
static struct samples samples;
static struct bracket bracket;
static struct energy_options options;
static struct energy energy;

/* No power of ten divides what is counted in an update. */
#define IDLE (10000123.7 * 3.6e-6) /* W */
#define LOAD (90004567.1 * 3.6e-6)

static double neighbour; /* another load lasts until then, s */

static uint64_t counted(double t)
{
	return (uint64_t)llround((IDLE * t + LOAD * (fmin(fmax(t - 4.95, 0), 3) + fmin(t, neighbour))) / 3.6e-6);
}

static void set_up_with(uint64_t step, bool (*lost)(int update))
{
	channel = (struct channel){
		.name = "wall.energy",
		.kind = CHANNEL_COUNTER,
		.role = ROLE_INTEGRAL,
		.number = NUMBER_U64,
		.scale = 3.6e-6,
		.window = 100 * NS_PER_MS,
		.refresh = 100 * NS_PER_MS,
		.latency = ns(LATENCY),
		.u_latency = NS_PER_MS,
		.power_max = 1000,
	};
	bracket = (struct bracket){.start = ns(4.95), .stop = ns(7.95)};
	options = (struct energy_options){
		.idle_from = 0, .idle_to = ns(3), .quiet_from = 0, .quiet_to = ns(10), .guard = ns(0.5), .tail_settled = 1};
	samples.n = 0;
	for (int k = 0; k <= UPDATES; k++) {
		uint64_t count = counted(0.1 * k) / step * step;
		if (lost == NULL || !lost(k))
			samples_add(&samples, ns(0.1 * k + LATENCY), NS_PER_MS, (double)count * 3.6e-6, count);
	}
}

static void set_up(void)
{
	set_up_with(1, NULL);
}

static void measure(void)
{
	energy_of(samples_series(&samples, &channel), &bracket, &options, &energy);
}

#define GROSS (3 * (IDLE + LOAD))

static double term(const char *name)
{
	const struct budget_term *found = budget_term(&energy.gross.budget, name);
	return found ? fabs(found->u) : 0;
}

static void refused_for(const char *reason)
{
	measure();
	assert_int_equal(energy.status, ENERGY_REFUSED);
	if (!strstr(energy.reason, reason))
		fail_msg("%s", energy.reason);
}

static void counts_are_energy(void **state)
{
	(void)state;
	set_up();
	measure();
	assert_int_equal(energy.status, ENERGY_OK);
	assert_near(energy.gross.value, GROSS, 1e-4);
	assert_near(energy.net.value, GROSS - 3 * IDLE, 1e-4);
	assert_near(energy.caused.value, GROSS - 3 * IDLE, 1e-4);
	assert_near(energy.idle_before, IDLE, 1e-4);
	assert_near(term("zero-cross"), 0, 0); /* nothing of a window goes unmeasured */
	assert_true(energy.gross.expanded.U < 0.1);
}

static bool lost_in_the_run(int update)
{
	return update > 60 && update < 65;
}

static bool lost_at_the_edge(int update)
{
	return update > 48 && update < 51;
}

static bool lost_in_the_idle(int update)
{
	return update == 12 || update == 90;
}

static void a_lost_update_loses_nothing(void **state)
{
	(void)state;
	set_up_with(1, lost_in_the_run);
	measure();
	assert_int_equal(energy.status, ENERGY_OK);
	assert_near(energy.gross.value, GROSS, 1e-4);
	assert_int_equal(energy.missing, 0);
	set_up_with(1, lost_in_the_idle);
	measure();
	assert_int_equal(energy.status, ENERGY_OK);
	assert_near(energy.net.value, GROSS - 3 * IDLE, 1e-4);
	set_up_with(1, lost_at_the_edge); /* how its energy lies about the edge is not known */
	refused_for("no valid sample at the start edge");
}

static int lost_from, lost_to;

static bool lost_between(int update)
{
	return update >= lost_from && update < lost_to;
}

/* Another load ends at 3.2 s, and the quiet before the bracket begins. What is lost about that instant must not make the load a part
 * of the quiet: the energy is covered, or refused. */
static void a_stretch_across_the_end_of_another_load(void **state)
{
	(void)state;
	int told = 0;
	neighbour = 3.2;
	for (lost_from = 26; lost_from < 34; lost_from++)
		for (lost_to = lost_from + 1; lost_to < 49; lost_to++) {
			set_up_with(1, lost_between);
			options.idle_to = 0;
			options.quiet_from = ns(3.2);
			measure();
			if (energy.status == ENERGY_REFUSED)
				continue;
			told++;
			if (!(fabs(energy.gross.value - GROSS) <= energy.gross.expanded.U))
				fail_msg("%d to %d: %.3f J +- %.3f J", lost_from, lost_to, energy.gross.value - GROSS, energy.gross.expanded.U);
		}
	neighbour = 0;
	assert_true(told > 60);
}

/* Values that the instrument flagged: as if they had not been read; but power that left the range was not counted. */
static void flags(void **state)
{
	(void)state;
	set_up();
	samples.flags[62] = FLAG_NO_DATA;
	measure();
	assert_int_equal(energy.status, ENERGY_OK);
	assert_near(energy.gross.value, GROSS, 1e-4);
	samples.flags[62] = FLAG_OVER_RANGE;
	refused_for("power left the meter's range");
	samples.flags[62] = FLAG_PEAK_OVER;
	refused_for("peaks exceeded");
	samples.flags[62] = FLAG_RANGE_CHANGED;
	refused_for("left its range by itself");
	samples.flags[62] = 0;
	samples.flags[20] = FLAG_OVER_RANGE; /* long before the run */
	measure();
	assert_int_equal(energy.status, ENERGY_OK);
}

/* Somebody reset it: within the run, or at its edge, there is no energy to be had. */
static void resets(void **state)
{
	(void)state;
	set_up();
	for (size_t i = 70; i < samples.n; i++)
		samples.count[i] -= counted(6.9);
	measure();
	assert_true(energy.status != ENERGY_OK); /* one window of 30: missing, and charged */
	assert_true(fabs(energy.gross.value - GROSS) <= energy.gross.expanded.U);
	assert_true(term("missing") > 0 || energy.missing + energy.invalid > 0);
	set_up();
	for (size_t i = 50; i < samples.n; i++)
		samples.count[i] -= counted(4.95);
	refused_for("no valid sample at the start edge");
	set_up();
	for (size_t i = 0; i < samples.n; i++)
		samples.count[i] = 12345;
	refused_for("stands still");
	set_up();
	samples.n = 1;
	refused_for("");
}

/* The display's steps are taken from the counts: of both ends, each by its own decade. */
static void steps(void **state)
{
	(void)state;
	static const uint64_t step[] = {1, 1000, 100000, 1000000};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		set_up_with(step[i], NULL);
		measure();
		double u = sqrt(2) * (double)step[i] * 3.6e-6 / sqrt(12);
		assert_near(term("quantum"), u, 0.01 * u);
		assert_true(fabs(energy.gross.value - GROSS) <= energy.gross.expanded.U);
	}
	/* Six digits: 10 uWh below 1 Wh, ten times that above, which is reached within the run. */
	set_up();
	for (size_t i = 0; i < samples.n; i++) {
		uint64_t whole = samples.count[i] + 850000000, unit = whole < 1000000000 ? 1000 : 10000;
		samples.count[i] = whole / unit * unit;
	}
	measure();
	double a = 1000 * 3.6e-6, b = 10000 * 3.6e-6;
	assert_near(term("quantum"), hypot(hypot(a, b) / sqrt(12), (b - a) / 2 / sqrt(3)), 1e-6);
}

/* Where a window ends within the last mains period is not known: of the quiet power at both ends. */
static void window_ends(void **state)
{
	(void)state;
	set_up();
	channel.update_jitter = 20 * NS_PER_MS;
	measure();
	assert_near(term("update-jitter"), IDLE * sqrt(2) * 0.02 / sqrt(12), 1e-4);
	assert_near(term("supply-lag"), 0, 0);
	options.supply_lag = 10 * NS_PER_MS; /* it stands at the wall, as the samples do */
	measure();
	assert_near(term("supply-lag"), LOAD * 0.01 / sqrt(12), 1e-3);
	options.supply_lag = 0;
	channel.accuracy.timebase = 2e-4;
	measure();
	assert_near(term("integrator-clock"), GROSS * 2e-4 / sqrt(3), 1e-6);
}

/* ---- closure ---- */

static struct energy figure(double gross, const char *name, double u, enum share share)
{
	struct energy figure = {.status = ENERGY_OK, .gross = {.value = gross}};
	budget_add(&figure.gross.budget, "gain", 'B', 50, INFINITY, SHARE_RELATIVE);
	budget_add(&figure.gross.budget, "start-edge", 'B', 50, INFINITY, SHARE_NONE);
	budget_add(&figure.gross.budget, name, 'B', u, INFINITY, share);
	return figure;
}

static void closure(void **state)
{
	(void)state;
	struct energy samples_sum = figure(10000, "zero-cross", 3, SHARE_NONE);
	struct energy integral = figure(10019, "integrator-clock", 4, SHARE_RELATIVE);
	struct closure found = closure_of(&integral, &samples_sum);
	assert_true(found.known && !found.fails);
	assert_near(found.difference, 19, 1e-9);
	assert_near(found.relative, 0.0019, 1e-12);
	assert_near(found.expected, 10, 1e-9); /* not what both have in common, though that is far more */
	integral.gross.value = 10021;
	assert_true(closure_of(&integral, &samples_sum).fails);
	integral.gross.value = 9979;
	assert_true(closure_of(&integral, &samples_sum).fails);
	integral.status = ENERGY_REFUSED;
	assert_false(closure_of(&integral, &samples_sum).known);
	assert_false(closure_of(&integral, &samples_sum).fails);
}

static void add_source(struct result *result, const char *name, enum channel_role role, double gross)
{
	struct source_result *source = &result->sources[result->n_sources++];
	*source = (struct source_result){.role = role, .energy = figure(gross, "noise", 3, SHARE_NONE)};
	snprintf(source->name, sizeof source->name, "%s", name);
}

/* By the name of the device; elements together, and their independent terms as if they had one cause. */
static void integral_of_a_meter(void **state)
{
	(void)state;
	static struct result result;
	struct energy found;
	result.n_sources = 0;
	add_source(&result, "wall.power", ROLE_WALL, 600);
	add_source(&result, "wall.energy-1", ROLE_INTEGRAL, 100);
	add_source(&result, "wall.energy-3", ROLE_INTEGRAL, 501);
	add_source(&result, "wall2.energy", ROLE_INTEGRAL, 7);
	add_source(&result, "wall2.power", ROLE_CHECK, 8);
	add_source(&result, "rig.power", ROLE_WALL, 9);
	assert_true(result_integral(&result, &result.sources[0], &found));
	assert_near(found.gross.value, 601, 1e-9);
	assert_near(budget_term(&found.gross.budget, "noise")->u, 6, 1e-9);
	assert_near(budget_term(&found.gross.budget, "gain")->u, 100, 1e-9);
	assert_true(result_integral(&result, &result.sources[4], &found));
	assert_near(found.gross.value, 7, 1e-9);
	assert_false(result_integral(&result, &result.sources[5], &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_energy), cmocka_unit_test(a_lost_update_loses_nothing), cmocka_unit_test(a_stretch_across_the_end_of_another_load), cmocka_unit_test(flags),
		cmocka_unit_test(resets),            cmocka_unit_test(steps),                       cmocka_unit_test(window_ends),
		cmocka_unit_test(closure),           cmocka_unit_test(integral_of_a_meter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
