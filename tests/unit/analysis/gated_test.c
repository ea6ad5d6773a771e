/* An integrator that counts while its gate is open: what is taken off and added at both ends, what is charged, what is refused. */
#include "gated.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "energy.h"
#include "unit.h"

#define MS NS_PER_MS
#define START (10 * NS_PER_S)
#define STOP (11 * NS_PER_S)
#define IDLE 60.0
#define LOAD 180.0
#define AFTER 70.0
#define COUNTS 120
#define SCALE 3.6e-6 /* J: nWh */

/* A bench: the power steps at both edges, the meter heeds its gate `reaction` late. */
static struct {
	struct channel channel;
	int64_t t[COUNTS], u_t[COUNTS];
	uint32_t flags[COUNTS];
	double value[COUNTS];
	uint64_t count[COUNTS];
	struct series series;
	struct bracket bracket;
	struct energy quiet;
	struct gate gate;
	struct energy_options options;
} bench;

static double joules(int64_t from, int64_t to)
{
	static const struct {
		int64_t until;
		double power;
	} steps[] = { { START, IDLE }, { STOP, LOAD }, { INT64_MAX, AFTER } };
	double sum = 0;
	int64_t at = from;
	for (size_t i = 0; i < 3 && at < to; i++) {
		int64_t end = to < steps[i].until ? to : steps[i].until;
		sum += end > at ? steps[i].power * (double)(end - at) * 1e-9 : 0;
		at = end > at ? end : at;
	}
	return sum;
}

/* Counts from `first` on, shown 250 ms later, each 200 ms from 5 s to 16 s. */
static void plant_counts(uint64_t first, uint64_t step)
{
	int64_t open = bench.gate.opened + bench.channel.latency, close = bench.gate.closed + bench.channel.latency;
	bench.series.n = 0;
	for (size_t i = 0; i < 55; i++) {
		int64_t t = 5 * NS_PER_S + (int64_t)i * 200 * MS, shown = t - 250 * MS;
		uint64_t joule = shown <= open ? 0 : (uint64_t)llround(joules(open, shown < close ? shown : close) / SCALE);
		bench.t[i] = t;
		bench.u_t[i] = 5 * MS;
		bench.flags[i] = 0;
		bench.count[i] = (first + joule + step / 2) / step * step;
		bench.series.n++;
	}
}

static void plant(int64_t lead, int64_t lag)
{
	memset(&bench, 0, sizeof bench);
	bench.channel = (struct channel){
		.name = "wall.energy", .kind = CHANNEL_COUNTER, .role = ROLE_INTEGRAL, .unit = UNIT_JOULE, .number = NUMBER_U64, .scale = SCALE,
		.refresh = 200 * MS, .latency = 2 * MS, .u_latency = MS / 5, .gated = true, .factor = { -1, -1 },
	};
	bench.bracket = (struct bracket){ .start = START, .stop = STOP, .u_start = 20000, .u_stop = 20000 };
	bench.gate = (struct gate){ .opened = START + lead, .closed = STOP + lag, .u_opened = 50000, .u_closed = 50000, .quiet = &bench.quiet };
	bench.quiet.idle_before = IDLE;
	bench.quiet.u_idle_before = 0.01;
	bench.quiet.idle_after = AFTER;
	bench.options = (struct energy_options){ .quiet_from = 5 * NS_PER_S, .quiet_to = 16 * NS_PER_S, .gate = &bench.gate };
	bench.series = (struct series){
		.channel = &bench.channel, .t = bench.t, .u_t = bench.u_t, .flags = bench.flags, .value = bench.value, .count = bench.count,
	};
	plant_counts(0, 1);
}

static struct energy measured(void)
{
	struct energy energy;
	energy_of(&bench.series, &bench.bracket, &bench.options, &energy);
	return energy;
}

static double u_of(const struct joules *joules, const char *term)
{
	const struct budget_term *found = budget_term(&joules->budget, term);
	return found ? found->u : 0;
}

static void what_the_gate_misses_and_adds(void **state)
{
	(void)state;
	static const int64_t offs[] = { -40 * MS, -3 * MS, -MS, 0, MS, 7 * MS, 40 * MS };
	for (size_t i = 0; i < sizeof offs / sizeof *offs; i++)
		for (size_t k = 0; k < sizeof offs / sizeof *offs; k++) {
			plant(offs[i], offs[k]);
			struct energy energy = measured();
			assert_int_equal(energy.status, ENERGY_OK);
			assert_near(energy.gross.value, LOAD, 0.01); /* the mean over the count holds some of the quiet, or lacks some load */
			assert_near(energy.net.value, LOAD - IDLE, 0.01);
			assert_near(energy.power, LOAD, 0.01);
			assert_true(isnan(energy.caused.value) && isnan(energy.tail));
			assert_true(energy.gross.expanded.U > 0 && energy.net.expanded.U >= energy.gross.expanded.U);
		}
}

static void what_is_charged(void **state)
{
	(void)state;
	plant(MS, 3 * MS);
	struct energy energy = measured();
	assert_near(u_of(&energy.gross, "gate-open"), LOAD * hypot(20e-6, 50e-6) / sqrt(3), 1e-5);
	assert_near(u_of(&energy.gross, "gate-close"), AFTER * hypot(20e-6, 50e-6) / sqrt(3), 1e-5);
	assert_near(u_of(&energy.gross, "reaction"), hypot(LOAD, AFTER) * 0.2e-3 / sqrt(3), 1e-5);
	assert_near(u_of(&energy.gross, "gate-power"), hypot((LOAD - IDLE) * 3e-3, (LOAD - AFTER) * 5e-3) / sqrt(3), 1e-4);
	assert_near(u_of(&energy.net, "idle-noise"), 0.01, 1e-9);
	assert_near(u_of(&energy.gross, "idle-noise"), 0, 0);
	assert_int_equal(budget_term(&energy.net.budget, "definition")->share, SHARE_BESIDE);
	/* Of a gate that opens before the run and closes before its end it is the other powers. */
	plant(-5 * MS, -5 * MS);
	energy = measured();
	assert_near(u_of(&energy.gross, "gate-open"), IDLE * hypot(20e-6, 50e-6) / sqrt(3), 1e-5);
	assert_near(u_of(&energy.gross, "gate-close"), LOAD * hypot(20e-6, 50e-6) / sqrt(3), 1e-5);
}

static void the_meters_own_limits(void **state)
{
	(void)state;
	plant(0, 0);
	bench.channel.accuracy = (struct accuracy){ .reading = 0.001, .range = 0.0005, .range_value = 300, .timebase = 0.0002 };
	struct energy energy = measured();
	assert_near(u_of(&energy.gross, "gain"), LOAD * 0.001 / sqrt(3), 1e-3);
	assert_near(u_of(&energy.net, "gain"), (LOAD - IDLE) * 0.001 / sqrt(3), 1e-3);
	assert_near(u_of(&energy.gross, "range"), 0.15 / sqrt(3), 1e-9);
	assert_near(u_of(&energy.gross, "integrator-clock"), LOAD * 0.0002 / sqrt(3), 1e-4);
	/* Six digits of Wh: from nothing, and from what was there before. */
	plant_counts(0, 100000);
	energy = measured();
	assert_true(u_of(&energy.gross, "quantum") >= 0.36 / sqrt(12) && u_of(&energy.gross, "quantum") < 0.2);
	assert_true(fabs(energy.gross.value - LOAD) < 0.19);
	plant_counts(UINT64_C(700000000), 100000);
	energy = measured();
	assert_true(u_of(&energy.gross, "quantum") >= 0.36 / sqrt(6) - 1e-9);
	assert_true(fabs(energy.gross.value - LOAD) < 0.37);
}

/* The supply passes on a step up to so much later: then the lead misses idle power, and the lag holds the load's. */
static void what_the_supply_holds_back(void **state)
{
	(void)state;
	plant(0, 0);
	double before = measured().gross.value;
	bench.options.supply_lag = 8 * MS;
	struct energy energy = measured();
	double held = 2e-3 - 2e-3 * 2e-3 / 16e-3;
	assert_near(energy.gross.value - before, -(LOAD - IDLE) * held - (LOAD - AFTER) * held, 0.01);
	assert_near(u_of(&energy.gross, "gate-close"), LOAD * hypot(20e-6, 50e-6) / sqrt(3), 1e-4);
}

static void without_levels(void **state)
{
	(void)state;
	plant(0, 3 * MS);
	bench.gate.quiet = NULL;
	struct energy energy = measured();
	assert_int_equal(energy.status, ENERGY_OK);
	assert_true(isnan(energy.net.value));
	assert_true(fabs(energy.gross.value - LOAD) < energy.gross.expanded.U);
	assert_true(u_of(&energy.gross, "gate-power") > LOAD * 5e-3 / sqrt(3) * 0.99);
	plant(0, 3 * MS);
	bench.quiet.status = ENERGY_REFUSED;
	assert_true(isnan(measured().net.value));
}

static void assert_refused(const char *reason)
{
	struct energy energy = measured();
	if (energy.status != ENERGY_REFUSED || strstr(energy.reason, reason) == NULL)
		fail_msg("%s: %s", energy_status_name(energy.status), energy.reason);
	assert_true(isnan(energy.gross.value) && isnan(energy.net.value));
}

static void gates_that_are_no_gates(void **state)
{
	(void)state;
	plant(0, 0);
	bench.gate.fault = "it rusted";
	assert_refused("it rusted");
	plant(0, 0);
	bench.options.gate = NULL;
	assert_refused("nothing is known");
	plant(0, -NS_PER_S);
	assert_refused("closed before it opened");
	plant(-51 * MS, 0);
	assert_refused("another bracket");
	plant(0, 51 * MS);
	assert_refused("another bracket");
	plant(50 * MS, -50 * MS);
	assert_int_equal(measured().status, ENERGY_OK);
	bench.bracket.stop = START + 100 * MS; /* of a short run less counts */
	bench.gate.closed = bench.bracket.stop + 6 * MS;
	assert_refused("another bracket");
}

static void counts_that_do_not_rest(void **state)
{
	(void)state;
	plant(0, 0);
	for (size_t i = 20; i < bench.series.n; i++) /* before the run */
		bench.count[i] += 5;
	assert_refused("closed, before the run");
	plant(0, 0);
	bench.count[bench.series.n - 1] += 5;
	bench.count[bench.series.n - 2] += 5;
	assert_refused("closed, after the run");
	plant(0, 0);
	bench.series.n = 32; /* 11.2 s: one value behind the gate */
	assert_refused("not seen to rest after");
	plant(0, 0);
	bench.options.quiet_from = START - 150 * MS;
	assert_refused("not seen to rest before");
}

static void counts_that_are_none(void **state)
{
	(void)state;
	plant(0, 0);
	for (size_t i = 0; i < bench.series.n; i++)
		bench.count[i] = 7;
	assert_refused("did not count");
	plant(0, 0);
	for (size_t i = 0; i < bench.series.n; i++)
		bench.count[i] = bench.t[i] < STOP ? 70000000 : 7;
	assert_refused("began anew");
	plant(0, 0);
	bench.series.count = NULL;
	assert_refused("no whole numbers");
}

static void values_that_enter_no_sum(void **state)
{
	(void)state;
	plant(0, 0);
	for (size_t i = 0; i < bench.series.n; i++)
		if (i % 7 == 3) {
			bench.flags[i] = FLAG_NO_DATA; /* what stands there says nothing */
			bench.count[i] = 999;
		}
	struct energy energy = measured();
	assert_int_equal(energy.status, ENERGY_OK);
	assert_near(energy.gross.value, LOAD, 0.01);
	static const struct {
		uint32_t flag;
		const char *reason;
	} flags[] = { { FLAG_OVER_RANGE, "left the meter's range" }, { FLAG_PEAK_OVER, "peaks" }, { FLAG_RANGE_CHANGED, "by itself" } };
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		plant(0, 0);
		bench.flags[5] = flags[i].flag; /* long before */
		assert_int_equal(measured().status, ENERGY_OK);
		bench.flags[28] = flags[i].flag;
		assert_refused(flags[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_gate_misses_and_adds),
		cmocka_unit_test(what_is_charged),
		cmocka_unit_test(the_meters_own_limits),
		cmocka_unit_test(what_the_supply_holds_back),
		cmocka_unit_test(without_levels),
		cmocka_unit_test(gates_that_are_no_gates),
		cmocka_unit_test(counts_that_do_not_rest),
		cmocka_unit_test(counts_that_are_none),
		cmocka_unit_test(values_that_enter_no_sum),
	};
	return cmocka_run_group_tests_name("gated", tests, NULL, NULL);
}
