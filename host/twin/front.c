#include "front.h"

#include <math.h>

#define NS 1e9
#define NOISE_WINDOW 0.1 /* s: front_config.noise is stated for this one */

static double drawn(double given, struct random *random, double limit)
{
	double value = random_between(random, -limit, limit); /* drawn always, so that a given error moves no other */
	return isnan(given) ? value : given;
}

void front_init(struct front *front, const struct front_config *c, struct model *model, uint64_t seed, const char *name)
{
	*front = (struct front){ .config = c, .model = model, .random = random_stream(seed, name) };
	struct random errors = random_stream(random_u64(&front->random), "front errors");
	front->gain = drawn(c->gain, &errors, c->spec_reading);
	front->offset = drawn(c->offset, &errors, c->spec_range) * c->range_value;
	front->timebase = drawn(c->timebase, &errors, c->spec_timebase);
	front->latency = c->latency + drawn(c->latency_error, &errors, c->spec_latency);
	front->volts_gain = drawn(c->volts_gain, &errors, c->spec_reading / 2);
	front->amperes_gain = drawn(c->amperes_gain, &errors, c->spec_reading / 2);
}

/* The current at which a rail that sags gives `watts`; beyond what it can give, the most that it can. */
static double rail_amperes(const struct front_config *c, double watts)
{
	if (c->sag <= 0)
		return watts / c->voltage;
	return (c->voltage - sqrt(fmax(0, c->voltage * c->voltage - 4 * c->sag * watts))) / (2 * c->sag);
}

static void set_rail(const struct front *front, double watts, struct front_values *v)
{
	const struct front_config *c = front->config;
	double amperes = rail_amperes(c, watts);
	v->volts = (c->voltage - c->sag * amperes) * (1 + front->volts_gain);
	v->amperes = amperes * (1 + front->amperes_gain);
	v->volts_peak = v->volts;
}

static void set_mains(const struct front *front, double watts, struct front_values *v)
{
	const struct front_config *c = front->config;
	v->volts = c->voltage * (1 + front->volts_gain);
	v->amperes = hypot(watts, c->share * c->reactive) / c->voltage * (1 + front->amperes_gain);
	v->volts_peak = v->volts * M_SQRT2;
	v->hertz = c->frequency / (1 + front->timebase);
}

struct front_values front_over(const struct front *front, int64_t from, int64_t to)
{
	const struct front_config *c = front->config;
	int64_t energy = model_energy(front->model, c->quantity, to) - model_energy(front->model, c->quantity, from);
	double truth = c->share * (double)energy / (double)(to - from); /* nJ / ns is W */
	struct front_values v = { .joules = c->share * (double)energy / NS, .watts = truth * (1 + front->gain) + front->offset };
	if (c->frequency > 0)
		set_mains(front, truth, &v);
	else
		set_rail(front, truth, &v);
	v.amperes_peak = v.amperes * c->crest;
	v.volt_amperes = v.volts * v.amperes;
	v.vars = sqrt(fmax(0, v.volt_amperes * v.volt_amperes - v.watts * v.watts));
	v.power_factor = c->frequency > 0 && v.volt_amperes > 0 ? fmin(1, v.watts / v.volt_amperes) : 1;
	return v;
}

double front_noise(struct front *front, double window)
{
	double sd = front->config->noise;
	return sd > 0 && window > 0 ? sd * sqrt(NOISE_WINDOW / window) * random_normal(&front->random) : 0;
}

int64_t front_latency(struct front *front)
{
	double jitter = random_between(&front->random, -1, 1) * front->config->latency_jitter;
	return (int64_t)llround(fmax(0, front->latency + jitter) * NS);
}

int64_t front_tick(const struct front *front, int64_t origin, int64_t n, double period)
{
	return origin + (int64_t)llround((double)n * period * NS / (1 + front->timebase));
}
