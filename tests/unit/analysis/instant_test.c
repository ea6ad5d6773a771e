/* Point samples: 50 W, 150 W from 1 s to 2 s. */
#include "unit.h"

#include "planted.h"

static struct channel channel;
static struct samples samples;
static struct bracket bracket;
static struct energy_options options;
static struct energy energy;

static void set_up(double step)
{
	channel = (struct channel){
		.name = "rail.power", .kind = CHANNEL_INSTANT, .role = ROLE_RAIL, .scale = 1, .refresh = ns(step)};
	bracket = (struct bracket){.start = ns(1), .stop = ns(2)};
	options = (struct energy_options){
		.idle_from = 0, .idle_to = ns(0.9), .quiet_from = 0, .quiet_to = ns(3), .guard = ns(0.1), .tail_settled = 1};
	samples.n = 0;
	for (int64_t k = 0; k * ns(step) <= ns(3) && samples.n < SAMPLES; k++) {
		int64_t t = k * ns(step);
		samples_add(&samples, t, 0, t >= ns(1) && t < ns(2) ? 150 : 50, 0);
	}
}

static const struct energy *measure(void)
{
	energy_of(samples_series(&samples, &channel), &bracket, &options, &energy);
	return &energy;
}

static double term(const char *name)
{
	const struct budget_term *found = budget_term(&energy.gross.budget, name);
	return found ? found->u : 0;
}

static void fast_samples_integrate(void **state)
{
	(void)state;
	set_up(0.001);
	measure();
	assert_int_equal(energy.status, ENERGY_OK);
	assert_near(energy.gross.value, 150, 1e-6);
	assert_near(energy.net.value, 100, 1e-6);
	assert_near(energy.caused.value, 100, 1e-6);
	assert_near(term("sampling"), hypot(100, 100) * 0.001 / sqrt(12), 1e-4);
}

/* Two samples a year apart are not three thousand million segments. */
static void silence_costs_no_memory(void **state)
{
	(void)state;
	set_up(0.001);
	samples.n = 1;
	samples_add(&samples, ns(3e7), 0, 50, 0);
	options.quiet_to = ns(4e7);
	bracket.stop = ns(2e7);
	measure();
	assert_int_equal(energy.status, ENERGY_REFUSED);
	assert_string_equal(energy.reason, "the meter was silent for most of the time");
}

static void slow_samples_are_marked(void **state)
{
	(void)state;
	set_up(0.01);
	for (size_t i = 0; i < samples.n; i++) /* 40 W of ripple that the samples meet by chance */
		samples.value[i] += samples.value[i] > 100 ? (i % 2 ? 40 : -40) : 0;
	measure();
	assert_int_equal(energy.status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy.reason, "1 kHz"));
	assert_near(term("aliasing"), 40.2 * 1 / sqrt(101), 0.5);
}

static void holes(void **state)
{
	(void)state;
	set_up(0.001);
	samples.flags[1505] = FLAG_NO_DATA; /* within one segment of 10 ms */
	measure();
	assert_int_equal(energy.status, ENERGY_DEGRADED);
	assert_near(energy.gross.value, 150, 1e-6);
	assert_near(energy.missing_fraction, 0.01, 1e-9);
	set_up(0.001);
	for (size_t i = 1503; i < 1507; i++) /* lost without a flag: the time between neighbours tells */
		samples.t[i] = ns(1.5021) + (int64_t)(i - 1503);
	measure();
	assert_int_equal(energy.status, ENERGY_DEGRADED);
	assert_near(energy.missing_fraction, 0.01, 1e-9);
	set_up(0.001);
	samples.flags[1000] = FLAG_NO_DATA;
	measure();
	assert_int_equal(energy.status, ENERGY_REFUSED);
	assert_non_null(strstr(energy.reason, "start edge"));
	set_up(0.001);
	for (size_t i = 1500; i < 1560; i++)
		samples.flags[i] = FLAG_OVER_RANGE;
	measure();
	assert_int_equal(energy.status, ENERGY_REFUSED);
}

static void refusals(void **state)
{
	(void)state;
	set_up(0.001);
	samples.n = 1;
	assert_int_equal(measure()->status, ENERGY_REFUSED);
	set_up(0.001);
	samples.t[7] = samples.t[6];
	assert_int_equal(measure()->status, ENERGY_REFUSED);
	set_up(0.001);
	samples.n = 1800;
	assert_int_equal(measure()->status, ENERGY_REFUSED);
	set_up(0.001);
	channel.refresh = 0;
	assert_int_equal(measure()->status, ENERGY_REFUSED);
}

/* Times that are known badly are charged at both edges, by the step there; beyond the guard nothing is known. */
static void badly_known_times(void **state)
{
	(void)state;
	static const struct {
		double at, u;
		double charged; /* s */
	} cases[] = { { 1.5, 0.003, 0.003 }, { 1.5, 0.0999, 0.0999 }, { 0.2, 0.05, 0 } };
	for (size_t i = 0; i < 3; i++) {
		set_up(0.001);
		samples.u_t[(size_t)(cases[i].at * 1000)] = ns(cases[i].u);
		measure();
		assert_int_equal(energy.status, ENERGY_OK);
		assert_near(term("sample-time"), hypot(100, 100) * cases[i].charged / sqrt(3), 1e-4);
	}
	samples.u_t[1500] = ns(0.1001);
	measure();
	assert_int_equal(energy.status, ENERGY_REFUSED);
	assert_non_null(strstr(energy.reason, "times are known to 0.1 s only"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fast_samples_integrate),
		cmocka_unit_test(silence_costs_no_memory),
		cmocka_unit_test(slow_samples_are_marked),
		cmocka_unit_test(holes),
		cmocka_unit_test(badly_known_times), cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
