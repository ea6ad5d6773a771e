/* The WT310E as a meter: when it measures, what it makes of it, and when one can read it. */
#include "rig.h"

#define PULSED "load: {source: script, steps: [{at: 1.037 s, power: 100 W}, {at: 2.111 s}, {at: 2.6 s, power: 60 W}]}\n"

static const struct wt *meter(const struct rig *rig)
{
	return &rig->twin.meter;
}

static double read_power(struct rig *rig)
{
	return strtod(rig_ask(rig, ":NUM:NORM:VAL?"), NULL);
}

/* Waits for the next update; returns the instant at which it was seen. */
static int64_t next_update(struct rig *rig)
{
	int64_t before = meter(rig)->updates;
	while (meter(rig)->updates == before)
		rig_wait(rig, 10e-6);
	return rig->now;
}

/* Each value is the true mean between the first and the last rising zero crossing inside its update interval, rounded. */
static void mean_between_zero_crossings(void **state)
{
	(void)state;
	struct rig *rig = rig_open(PULSED "meter: {" RIG_EXACT "}\n");
	rig_set_up(rig);
	next_update(rig);
	double period = 1e9 / 49.98;
	for (int i = 0; i < 40; i++) {
		next_update(rig);
		const struct wt_dataset *d = &meter(rig)->published;
		double from = (double)(d->window_start - d->tick + 100 * NS_PER_MS), to = (double)(d->tick - d->window_end);
		assert_true(from >= 0 && from < period + 1 && to >= 0 && to < period + 1);
		double turns = (double)(d->window_end - d->window_start) / period;
		assert_near(turns, 4, 1e-6);
		double mean = (rig_energy(rig, QUANTITY_WALL, d->window_end) - rig_energy(rig, QUANTITY_WALL, d->window_start)) /
			      ((double)(d->window_end - d->window_start) * 1e-9);
		assert_near(read_power(rig), mean, 0.0050001);
	}
	rig_close(rig);
}

/* Updates come by the meter's own clock and can be read `latency` after their tick. */
static void latency_and_pace(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {latency: 30 ms, noise: 0 W, latency_jitter: 0 s, "
				   "errors: {timebase: 40 ppm, latency: 3 ms}}\n");
	rig_set_up(rig);
	int64_t seen = next_update(rig), first = meter(rig)->published.tick;
	assert_true(seen - first >= 33 * NS_PER_MS && seen - first <= 33 * NS_PER_MS + 10000);
	for (int i = 0; i < 100; i++)
		next_update(rig);
	assert_near((double)(meter(rig)->published.tick - first), 1e10 / (1 + 40e-6), 2);
	rig_close(rig);
}

/* EESR bit 0 latches the end of an update, once, until it is read. */
static void latched_updates(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {" RIG_EXACT "}\n");
	rig_set_up(rig);
	next_update(rig);
	assert_string_equal(rig_ask(rig, ":STAT:EESR?"), "1");
	assert_string_equal(rig_ask(rig, ":STAT:EESR?"), "0");
	rig_wait(rig, 0.35);
	assert_string_equal(rig_ask(rig, ":STAT:EESR?"), "1");
	rig_send(rig, ":STAT:FILT1 NEV");
	rig_wait(rig, 0.35);
	assert_string_equal(rig_ask(rig, ":STAT:EESR?"), "0");
	rig_send(rig, ":STAT:FILT1 FALL");
	int64_t updates = meter(rig)->updates;
	rig_send(rig, ":COMM:WAIT 1;:STAT:EESR?");
	assert_string_equal(rig_hear(rig), "1");
	assert_int_equal(meter(rig)->updates, updates + 1);
	rig_close(rig);
}

static void hold_freezes(void **state)
{
	(void)state;
	struct rig *rig = rig_open(PULSED "meter: {" RIG_EXACT "}\n");
	rig_set_up(rig);
	rig_wait(rig, 0.5);
	rig_send(rig, ":SAMP:HOLD ON");
	double before = read_power(rig);
	rig_wait(rig, 1);
	assert_near(read_power(rig), before, 0);
	rig_send(rig, ":SAMP:HOLD OFF");
	assert_true(read_power(rig) > before + 50);
	rig_close(rig);
}

/* Planted errors: exactly what was given; drawn ones stay within the specification and differ between seeds. */
static void planted_errors(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {noise: 0 W, "
				   "errors: {gain: 0.1 %, offset: 0.05 %, nonlinearity: 0, power_factor: 0}}\n");
	rig_set_up(rig);
	next_update(rig);
	next_update(rig);
	double true_power = (double)model_power(rig->twin.model, QUANTITY_WALL) * 1e-6;
	assert_near(read_power(rig), true_power * 1.001 + 600 * 0.0005, 0.0050001);
	rig_close(rig);
	double sum = 0, squares = 0;
	for (int seed = 0; seed < 200; seed++) {
		char text[64];
		snprintf(text, sizeof text, "seed: %d\nmeter: {}\n", seed);
		rig = rig_open(text);
		const struct wt_errors *e = &meter(rig)->errors;
		assert_true(fabs(e->gain) <= 0.001 && fabs(e->offset) + fabs(e->nonlinearity) <= 0.0005);
		assert_true(fabs(e->timebase) <= 50e-6 && fabs(e->latency) <= 5e-3);
		sum += e->gain;
		squares += e->gain * e->gain;
		rig_close(rig);
	}
	assert_near(sum / 200, 0, 0.001 / sqrt(3) / sqrt(200) * 4);
	assert_near(sqrt(squares / 200), 0.001 / sqrt(3), 0.0001);
}

/* Scaling multiplies what passes the terminals: U by the VT ratio, I by the CT ratio, P by both and the factor; WH as P. */
static void scaling(void **state)
{
	(void)state;
	double before[4], after[4];
	struct rig *rig = rig_open("meter: {" RIG_EXACT "}\n");
	rig_set_up(rig);
	rig_send(rig, ":NUM:NORM:NUM 4;ITEM1 U,1;ITEM2 I,1;ITEM3 P,1;ITEM4 WH,1");
	rig_send(rig, ":INP:SCAL:VT 2;CT 10;SFAC 0.5");
	assert_string_equal(rig_ask(rig, ":INP:SCAL:STAT?"), "0");
	rig_send(rig, ":INTEG:STAR");
	rig_wait(rig, 20);
	sscanf(rig_ask(rig, ":NUM:NORM:VAL?"), "%lf,%lf,%lf,%lf", &before[0], &before[1], &before[2], &before[3]);
	rig_send(rig, ":INP:SCAL ON");
	assert_string_equal(rig_ask(rig, ":SCAL?"), "0"); /* not while it integrates */
	rig_send(rig, ":INTEG:STOP;:INP:SCAL ON");
	assert_string_equal(rig_ask(rig, ":SCALING:STATE?"), "1");
	next_update(rig);
	next_update(rig);
	sscanf(rig_ask(rig, ":NUM:NORM:VAL?"), "%lf,%lf,%lf,%lf", &after[0], &after[1], &after[2], &after[3]);
	static const double ratios[] = { 2, 10, 10, 10 };
	for (int i = 0; i < 4; i++)
		assert_near(after[i] / before[i], ratios[i], 0.02 * ratios[i]);
	rig_send(rig, "*CLS;:INP:SCAL:CT 0;:INP:SCAL:VT x");
	assert_string_equal(rig_ask(rig, ":STAT:ERR?"), "222,\"Data out of range\"");
	assert_string_equal(rig_ask(rig, ":STAT:ERR?"), "108,\"Parameter not allowed\"");
	rig_send(rig, "*RST");
	assert_string_equal(rig_ask(rig, ":COMM:HEAD OFF;:INP:SCAL?"), "0");
	rig_close(rig);
}

static void noise_is_white(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {noise: 1 W, errors: {gain: 0, offset: 0, nonlinearity: 0, power_factor: 0}}\n");
	rig_set_up(rig);
	double true_power = (double)model_power(rig->twin.model, QUANTITY_WALL) * 1e-6, squares = 0;
	next_update(rig);
	for (int i = 0; i < 400; i++) {
		next_update(rig);
		double error = meter(rig)->published.element[0].value[WT_P] - true_power;
		squares += error * error;
	}
	assert_near(sqrt(squares / 400), sqrt(0.1 * 49.98 / 4), 0.15); /* in a window of 4 periods instead of 100 ms */
	rig_close(rig);
}

static void over_range(void **state)
{
	(void)state;
	struct rig *rig = rig_open("load: {source: script, steps: [{at: 0 s, power: 300 W}]}\nmeter: {" RIG_EXACT "}\n");
	rig_set_up(rig);
	rig_send(rig, ":INP:CURR:RANG 1A;:NUM:NORM:NUM 4;ITEM2 U,1;ITEM3 LAMBDA,1;ITEM4 NONE");
	next_update(rig);
	next_update(rig);
	assert_string_equal(rig_ask(rig, ":NUM:NORM:VAL?"), "INF,230.00E+00,NAN,NAN");
	assert_int_equal(strtol(rig_ask(rig, ":STAT:COND?"), NULL, 10) & WT_OVR1, WT_OVR1);
	rig_send(rig, ":INP:CURR:RANG 2A");
	next_update(rig);
	next_update(rig);
	assert_true(read_power(rig) > 350);
	assert_int_equal(strtol(rig_ask(rig, ":STAT:COND?"), NULL, 10) & WT_OVR1, 0);
	rig_close(rig);
}

/* Too much for a small range: by itself it goes to 1 A and auto. In auto it climbs until the reading fits. */
static void ranges_by_itself(void **state)
{
	(void)state;
	struct rig *rig = rig_open("load: {source: script, steps: [{at: 5 s, power: 235 W}]}\nmeter: {" RIG_EXACT "}\n");
	rig_set_up(rig);
	rig_send(rig, ":INP:CURR:RANG 0.1A");
	next_update(rig);
	assert_string_equal(rig_ask(rig, ":INP:CURR:RANG?;AUTO?"), "1.000E+00;1");
	rig_wait(rig, 1);
	assert_string_equal(rig_ask(rig, ":INP:CURR:RANG?"), "500.0E-03");
	rig_wait(rig, 6);
	assert_string_equal(rig_ask(rig, ":INP:CURR:RANG?"), "2.000E+00");
	rig_close(rig);
}

/* WH counts the true energy with the meter's gain; TIME its seconds. */
static void integrates(void **state)
{
	(void)state;
	struct rig *rig = rig_open(PULSED "meter: {latency: 10 ms, noise: 0 W, latency_jitter: 0 s, "
					  "errors: {gain: 0.05 %, offset: 0, nonlinearity: 0, power_factor: 0, timebase: 0, latency: 0 s}}\n");
	rig_set_up(rig);
	rig_send(rig, ":NUM:NORM:NUM 2;ITEM1 WH,1;ITEM2 TIME,1");
	rig_wait(rig, 0.8);
	int64_t start = rig->now;
	rig_send(rig, ":INTEG:STAR");
	rig_wait(rig, 20);
	int64_t stop = rig->now;
	rig_send(rig, ":INTEG:STOP");
	rig_wait(rig, 1);
	double joules = rig_energy(rig, QUANTITY_WALL, stop) - rig_energy(rig, QUANTITY_WALL, start);
	const char *reply = rig_ask(rig, ":NUM:NORM:VAL?");
	assert_near(strtod(reply, NULL) * 3600, joules * 1.0005, 0.5e-5 * 3600 + 1e-6);
	assert_string_equal(strchr(reply, ',') + 1, "20");
	rig_close(rig);
}

/* Three phases, each with its part of the load, its own errors and its own zero crossings. */
static void elements(void **state)
{
	(void)state;
	struct rig *rig = rig_open("load: {source: script, steps: [{at: 0 s, power: 100 W}]}\n"
				   "meter: {model: WT333E, shares: [0.6, 0.3, 0.1], " RIG_EXACT "}\n");
	double p[3], wh[3], total = 0;
	rig_set_up(rig);
	rig_send(rig, ":NUM:NORM:NUM 7;ITEM1 P,1;ITEM2 P,2;ITEM3 P,3;ITEM4 WH,1;ITEM5 WH,2;ITEM6 WH,3;ITEM7 I,3");
	rig_wait(rig, 20);
	rig_send(rig, ":INTEG:STAR");
	rig_wait(rig, 36);
	double power = (double)model_power(rig->twin.model, QUANTITY_WALL) * 1e-6;
	const char *reply = rig_ask(rig, ":NUM:NORM:VAL?");
	char *rest;
	p[0] = strtod(reply, &rest);
	for (int i = 1; i < 3; i++)
		p[i] = strtod(rest + 1, &rest);
	for (int i = 0; i < 3; i++)
		total += wh[i] = strtod(rest + 1, &rest);
	assert_near(p[0] + p[1] + p[2], power, 0.02);
	assert_near(p[1] / p[2], 3, 0.01);
	assert_near(wh[0] / wh[1], 2, 0.01);
	assert_near(total * 3600, power * 36, power * 0.2);
	assert_true(strtod(rest + 1, NULL) < 0.1 * power / 200);
	rig_send(rig, ":INTEG:STOP;:INTEG:RES;:INP:CURR:RANG 500MA;:INP:VOLT:RANG 60V");
	rig_wait(rig, 1);
	assert_string_equal(rig_ask(rig, ":STAT:COND?"), "14016"); /* U of all three over its range and its peak, I of none */
	rig_close(rig);
}

static void two_elements(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {model: WT332E, " RIG_EXACT "}\n");
	rig_set_up(rig);
	rig_send(rig, ":NUM:NORM:ITEM1 P,2");
	assert_string_equal(rig_ask(rig, ":STAT:ERR?"), "108,\"Parameter not allowed\"");
	rig_send(rig, ":NUM:NORM:NUM 2;ITEM1 P,1;ITEM2 P,3");
	rig_wait(rig, 1);
	char *rest;
	double first = strtod(rig_ask(rig, ":NUM:NORM:VAL?"), &rest);
	assert_true(first > 10);
	assert_near(strtod(rest + 1, NULL), first, 0.02);
	rig_close(rig);
}

/* Somebody left the averaging on: a step comes late. */
static void smoothing(void **state)
{
	(void)state;
	struct rig *rig = rig_open("load: {source: script, steps: [{at: 2 s, power: 100 W}]}\n"
				   "meter: {power_on: {averaging: 8}, " RIG_EXACT "}\n");
	rig_set_up(rig);
	rig_wait(rig, 1.9);
	double idle = read_power(rig);
	rig_wait(rig, 0.4);
	double soon = read_power(rig);
	rig_wait(rig, 10);
	double late = read_power(rig);
	assert_true(late > idle + 100 && soon > idle + 10 && soon < idle + 0.5 * (late - idle));
	rig_close(rig);
}

static void float_format(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {" RIG_EXACT "}\n");
	rig_set_up(rig);
	next_update(rig);
	next_update(rig);
	double ascii = read_power(rig);
	rig_send(rig, ":NUM:FORM FLOAT;:NUM:NORM:NUM 2;ITEM2 NONE");
	const unsigned char *block = (const unsigned char *)rig_ask(rig, ":NUM:NORM:VAL?");
	assert_memory_equal(block, "#40008", 6);
	uint32_t bits = (uint32_t)block[6] << 24 | (uint32_t)block[7] << 16 | (uint32_t)block[8] << 8 | block[9];
	float value;
	memcpy(&value, &bits, sizeof value);
	assert_near((double)value, ascii, 1e-5);
	assert_memory_equal(block + 10, "\x7e\x95\x1b\xee", 4);
	rig_close(rig);
}

static void faults(void **state)
{
	(void)state;
	struct rig *rig = rig_open("meter: {" RIG_EXACT "}\n"
				   "faults: [{what: nan, at: 1 s, for: 500 ms}, {what: inf, at: 2 s, for: 500 ms}, "
				   "{what: stall, at: 3 s, for: 1 s}, {what: range_change, at: 5 s}, "
				   "{what: other_model, after_updates: 60}]\n");
	rig_set_up(rig);
	double idle = (double)model_power(rig->twin.model, QUANTITY_WALL) * 1e-6;
	rig_wait(rig, 0.5);
	assert_near(read_power(rig), idle, 0.006);
	rig_wait(rig, 0.9);
	assert_string_equal(rig_ask(rig, ":NUM:NORM:VAL?"), "NAN");
	rig_wait(rig, 0.4);
	assert_near(read_power(rig), idle, 0.006);
	rig_wait(rig, 0.6);
	assert_string_equal(rig_ask(rig, ":NUM:NORM:VAL?"), "INF");
	rig_wait(rig, 0.8);
	int64_t updates = meter(rig)->updates;
	rig_wait(rig, 0.6);
	assert_int_equal(meter(rig)->updates, updates);
	rig_wait(rig, 0.6);
	assert_true(meter(rig)->updates > updates);
	assert_string_equal(rig_ask(rig, ":INP:CURR:RANG?;AUTO?"), "2.000E+00;0");
	rig_wait(rig, 0.7);
	assert_string_equal(rig_ask(rig, ":INP:CURR:AUTO?"), "1");
	assert_int_equal(strncmp(rig_ask(rig, "*IDN?"), "YOKOGAWA,WT310E", 15), 0);
	rig_wait(rig, 2);
	assert_int_not_equal(strncmp(rig_ask(rig, "*IDN?"), "YOKOGAWA,WT310E", 15), 0);
	rig_close(rig);
}

/* The same seed gives the same readings to the last digit. */
static void deterministic(void **state)
{
	(void)state;
	struct text said[2] = { TEXT_INIT, TEXT_INIT };
	for (int k = 0; k < 2; k++) {
		struct rig *rig = rig_open(PULSED "seed: 7\nmeter: {}\n");
		rig_set_up(rig);
		for (int i = 0; i < 50; i++) {
			rig_wait(rig, 0.0917);
			text_add(&said[k], rig_ask(rig, ":NUM:NORM:VAL?"));
		}
		rig_close(rig);
	}
	assert_string_equal(text_string(&said[0]), text_string(&said[1]));
	text_free(&said[0]);
	text_free(&said[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mean_between_zero_crossings), cmocka_unit_test(latency_and_pace),
		cmocka_unit_test(latched_updates),
		cmocka_unit_test(hold_freezes), cmocka_unit_test(planted_errors), cmocka_unit_test(noise_is_white),
		cmocka_unit_test(scaling),
		cmocka_unit_test(over_range), cmocka_unit_test(ranges_by_itself), cmocka_unit_test(integrates),
		cmocka_unit_test(elements), cmocka_unit_test(two_elements), cmocka_unit_test(smoothing), cmocka_unit_test(float_format), cmocka_unit_test(faults),
		cmocka_unit_test(deterministic),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
