/*
 * front: the analogue side of a simple instrument: what of the model it measures, over which window, how wrongly. Errors are drawn
 * within the stated limits once and stay, as of one instrument; noise is new each time. Pure.
 *
 * AC: a sinusoidal voltage and a load with some reactive power. DC (frequency 0): a rail that sags by `sag` ohms.
 */
#ifndef JOULERIG_TWIN_FRONT_H
#define JOULERIG_TWIN_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "random.h"

/* NAN: drawn within its limit. */
struct front_config {
	int quantity;      /* of the model: QUANTITY_WALL, QUANTITY_PLATFORM, QUANTITY_PACKAGE… */
	double share;      /* of it: 1 unless the quantity divides among several instruments */
	double voltage;    /* V, rms or DC */
	double frequency;  /* Hz; 0: DC */
	double reactive;   /* var */
	double crest;      /* peak / rms of the current */
	double sag;        /* ohm */
	double spec_reading, spec_range, range_value; /* limits of P: relative to reading, to range_value (W) */
	double spec_timebase;                         /* relative */
	double latency, spec_latency, latency_jitter; /* s from a window's end to its value being readable; half-widths */
	double gain, offset, timebase, latency_error; /* planted: relative; of range_value; relative; s. NAN: drawn */
	double noise;      /* W sd of a window of 100 ms, white */
	double volts_gain, amperes_gain; /* planted, for what makes P of them itself; NAN: drawn as half of spec_reading each */
};

struct front {
	const struct front_config *config;
	struct model *model;
	struct random random;
	double gain, offset, timebase, latency, volts_gain, amperes_gain; /* of this instrument: offset in W, latency in s */
};

struct front_values {
	double joules;   /* true, of the window */
	double watts;    /* with errors, but for the noise */
	double volts, amperes, volt_amperes, vars, power_factor, hertz; /* with errors; DC: hertz 0, power_factor 1 */
	double volts_peak, amperes_peak;
};

void front_init(struct front *front, const struct front_config *config, struct model *model, uint64_t seed, const char *name);
/* Means over [from, to] of the twin's clock, from < to, at most MODEL_MEMORY ago. */
struct front_values front_over(const struct front *front, int64_t from, int64_t to);
double front_noise(struct front *front, double window); /* W: of a window of so many s */
/* The latency of an update: its own, with this one's jitter, ns. */
int64_t front_latency(struct front *front);
/* An instrument's n-th tick after `origin` at a nominal period (s) of its own clock. */
int64_t front_tick(const struct front *front, int64_t origin, int64_t n, double period);

#endif
