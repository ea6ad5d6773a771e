/*
 * planted: a bench with planted errors whose true energies are known in closed form, for the Monte-Carlo tests of analysis. A
 * load steps up and down, a fan follows with its time constant, the supply delays both; a meter averages between zero crossings,
 * refreshes by its own clock, errs within its specification, and is polled by a host that sometimes is late.
 */
#ifndef JOULERIG_TESTS_PLANTED_H
#define JOULERIG_TESTS_PLANTED_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "energy.h"

#define SAMPLES 4096

/* splitmix64 (Steele, Lea, Flood 2014): small, seeded, good enough to plant errors. */
struct dice {
	uint64_t state;
};

static inline uint64_t dice_bits(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline double dice_unit(struct dice *dice)
{
	return (double)(dice_bits(dice) >> 11) * 0x1p-53;
}

static inline double dice_between(struct dice *dice, double low, double high)
{
	return low + (high - low) * dice_unit(dice);
}

static inline double dice_normal(struct dice *dice)
{
	double u = 1 - dice_unit(dice), v = dice_unit(dice);
	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

/* The load and what it does to the wall. Seconds, watts. */
struct load {
	double idle, step;   /* W */
	double start, stop;  /* s */
	double lag;          /* s: of the supply */
	double fan, fan_tau; /* W, s */
	const double *walk;  /* J: what power that fluctuates during the run added up to, each WALK_STEP; or NULL */
	const struct load *next; /* a further load; its idle is added as well */
};

#define WALK_STEP 0.002
#define WALK_POINTS 40000

static inline void walk_draw(double *walk, double density, struct dice *dice)
{
	double sum = 0;
	for (int i = 0; i < WALK_POINTS; i++) {
		walk[i] = sum;
		sum += sqrt(density * WALK_STEP) * dice_normal(dice);
	}
}

static inline double walk_at(const double *walk, double t)
{
	double place = fmax(0, t / WALK_STEP);
	int i = (int)place;
	double part = place - i;
	return walk[i] * (1 - part) + walk[i + 1] * part;
}

/* Integral of the wall's power from 0 to t. */
static inline double load_energy(const struct load *load, double t)
{
	double x = t - load->start - load->lag, length = load->stop - load->start, energy = load->idle * t;
	if (load->next)
		energy += load_energy(load->next, t);
	if (x <= 0)
		return energy;
	double on = fmin(x, length), tau = load->fan_tau;
	if (load->walk)
		energy += walk_at(load->walk, on);
	energy += load->step * on + load->fan * (on - tau * (1 - exp(-on / tau)));
	if (x > length)
		energy += load->fan * (1 - exp(-length / tau)) * tau * (1 - exp(-(x - length) / tau));
	return energy;
}

static inline double load_tail(const struct load *load, double after_stop)
{
	return load->fan * (1 - exp(-(load->stop - load->start) / load->fan_tau)) * exp(-after_stop / load->fan_tau);
}

struct truth {
	double gross, net, caused;
};

static inline struct truth load_truth(const struct load *load, double until)
{
	double gross = load_energy(load, load->stop) - load_energy(load, load->start);
	return (struct truth){
		.gross = gross,
		.net = gross - load->idle * (load->stop - load->start),
		.caused = load_energy(load, until) - load_energy(load, load->start) - load->idle * (until - load->start),
	};
}

/* The arrays behind a series. */
struct samples {
	size_t n;
	int64_t t[SAMPLES], u_t[SAMPLES];
	uint32_t flags[SAMPLES];
	double value[SAMPLES];
	uint64_t count[SAMPLES];
	struct series series;
};

static inline const struct series *samples_series(struct samples *samples, const struct channel *channel)
{
	samples->series = (struct series){
		.channel = channel,
		.n = samples->n,
		.t = samples->t,
		.u_t = samples->u_t,
		.flags = samples->flags,
		.value = samples->value,
		.count = channel->kind == CHANNEL_COUNTER ? samples->count : NULL,
	};
	return &samples->series;
}

static inline void samples_add(struct samples *samples, int64_t t, int64_t u_t, double value, uint64_t count)
{
	if (samples->n == SAMPLES)
		return;
	samples->t[samples->n] = t;
	samples->u_t[samples->n] = u_t;
	samples->flags[samples->n] = 0;
	samples->value[samples->n] = value;
	samples->count[samples->n++] = count;
}

static inline int64_t ns(double seconds)
{
	return llround(seconds * 1e9);
}

/* A meter's planted errors. */
struct meter {
	double window;             /* s */
	double rate;               /* its clock's relative error */
	double phase;              /* s: end of its first window */
	double cycle, cycle_phase; /* s: zero crossings; cycle 0: none, windows are whole */
	double latency, jitter;    /* s: from window end to readable; the jitter of each update */
	double gain, offset, bend, noise, quantum;
	double poll, poll_jitter, late; /* s, s, probability of a poll that is 3 polls late */
	double smoothing;               /* weight of the previous value: exponential averaging left on; 0: off */
};

static inline double meter_reads(const struct meter *meter, double power, struct dice *dice)
{
	double value = power * (1 + meter->gain) + meter->offset + meter->bend * sin(power * (2 * 3.14159265358979 / 600)) +
		       meter->noise * dice_normal(dice);
	return meter->quantum > 0 ? rint(value / meter->quantum) * meter->quantum : value;
}

static inline double meter_window(const struct meter *meter, const struct load *load, double from, double to)
{
	if (meter->cycle > 0) {
		from = meter->cycle_phase + ceil((from - meter->cycle_phase) / meter->cycle) * meter->cycle;
		to = meter->cycle_phase + floor((to - meter->cycle_phase) / meter->cycle) * meter->cycle;
	}
	return (load_energy(load, to) - load_energy(load, from)) / (to - from);
}

/* Polls until `end` s; every update is seen by the first poll after it is readable. */
static inline void meter_record(const struct meter *meter, const struct load *load, double end, struct dice *dice,
				struct samples *samples)
{
	double before = 0, poll = 0, width = meter->window * (1 + meter->rate);
	double shown = NAN;
	samples->n = 0;
	for (int k = 0;; k++) {
		double to = meter->phase + width * (k + 1);
		double readable = to + meter->latency + meter->jitter * (2 * dice_unit(dice) - 1);
		while (poll < readable) {
			before = poll;
			poll += meter->poll + meter->poll_jitter * dice_unit(dice) +
				(dice_unit(dice) < meter->late ? 3 * meter->poll : 0);
		}
		if (poll > end)
			return;
		double power = meter_window(meter, load, to - width, to);
		shown = isnan(shown) ? power : meter->smoothing * shown + (1 - meter->smoothing) * power;
		samples_add(samples, ns((before + poll) / 2), ns((poll - before) / 2), meter_reads(meter, shown, dice), 0);
	}
}

/* A RAPL-like register: moves each `step` s, counts in `unit` J, turns at `wrap`; and power that wanders at random. */
struct counter {
	double step, phase, unit, read, read_jitter;
	uint64_t wrap, first;
	double walk[WALK_POINTS]; /* J: what the wandering added up to, each WALK_STEP */
};

static inline double counter_energy(const struct counter *counter, const struct load *load, double t)
{
	return load_energy(load, t) + walk_at(counter->walk, t);
}

static inline uint64_t counter_shows(const struct counter *counter, const struct load *load, double t)
{
	double moved = counter->phase + floor((t - counter->phase) / counter->step) * counter->step;
	uint64_t turned = counter->first + (uint64_t)(counter_energy(counter, load, moved) / counter->unit);
	return counter->wrap ? turned % counter->wrap : turned;
}

static inline void counter_read(const struct counter *counter, const struct load *load, double t, struct samples *samples)
{
	uint64_t count = counter_shows(counter, load, t);
	samples_add(samples, ns(t), 3000, (double)count * counter->unit, count);
}

/* Reads at a steady pace, and one more just before the start edge and just after the stop edge. */
static inline void counter_record(const struct counter *counter, const struct load *load, double end, struct dice *dice,
				  struct samples *samples)
{
	double before = load->start - dice_between(dice, 0.0008, 0.003), after = load->stop + dice_between(dice, 0.0008, 0.003);
	samples->n = 0;
	for (double t = 0.1, last = 0; t < end; last = t, t += counter->read + counter->read_jitter * dice_unit(dice)) {
		if (before > last && before < t)
			counter_read(counter, load, before, samples);
		if (after > last && after < t)
			counter_read(counter, load, after, samples);
		counter_read(counter, load, t, samples);
	}
}

#endif
