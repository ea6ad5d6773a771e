/*
 * wt: a Yokogawa WT310E, WT332E (elements 1 and 3) or WT333E, from its terminals to its command language. Pure: told the time, it says what it would say.
 *
 * Its own clock makes the update ticks. At each tick it takes the true mean of the wall power between the first and the last
 * rising zero crossing of the mains inside the update interval, adds its errors, quantises to five digits of its range, and
 * makes the data set readable `latency` later. What is a choice here and not a documented fact:
 *  - digits: resolution is 10^(floor(log10 range) - 4) for U, I and P (300 V x 2 A -> 0.01 W); Wh and Ah have six digits, not
 *    finer than 1e-5; NR3 is in engineering notation;
 *  - WH sums every sample (the vendor's equation), without the gaps of the windows that P is a mean of, with the errors of P;
 *  - elements have ranges in common, and each its own phase of the mains, of which it takes the zero crossings;
 *  - condition bit UPD is set for the last millisecond before a data set becomes readable;
 *  - after power-on: header and verbose on, auto ranges, 250 ms updates;
 *  - error numbers other than the documented ones (813, 842, 844, 845): 113 undefined header, 108/109 parameter, 131 suffix,
 *    141 character data, 222 out of range, 350 queue overflow, 410 query interrupted.
 */
#ifndef JOULERIG_TWIN_WT_H
#define JOULERIG_TWIN_WT_H

#include <stdbool.h>
#include <stdint.h>

#include "faults.h"
#include "model.h"
#include "random.h"
#include "text.h"

#define WT_ELEMENTS 3

/* Planted errors, fixed for the instrument's life. NAN in a configuration: draw it within the specification. */
struct wt_errors {
	double gain;         /* relative */
	double offset;       /* of the power range */
	double nonlinearity; /* of the power range: amplitude of a curve through zero */
	double phase;        /* of P tan(phi): power-factor influence */
	double timebase;     /* relative: the meter's second against the true one */
	double latency;      /* s, beside the stated latency */
	double noise;        /* W sd at a 100 ms window; white */
};

struct wt_config {
	char maker[24], model[24], serial[24], firmware[24];
	struct wt_errors errors; /* NAN: drawn */
	double spec_reading, spec_range, spec_phase, spec_timebase, spec_latency; /* limits that errors are drawn within */
	double latency, latency_jitter;        /* s; half-width s, from update to update */
	double response;                       /* s from a command to its reply */
	double voltage, frequency;             /* mains: V, Hz */
	double reactive, distortion, crest;    /* the load: var; D/P; I peak / I rms */
	double initial_update;                 /* s */
	double initial_voltage_range, initial_current_range; /* 0: auto */
	int initial_averaging;                 /* 0: off; else the exponential's count: smoothing that somebody left on */
	bool forces_range;                     /* leaves ranges up to 200 mA by itself when overloaded */
	double shares[WT_ELEMENTS];            /* of the load, by element that the model has; they add up to 1 */
};

enum wt_function {
	WT_NONE, WT_U, WT_I, WT_P, WT_S, WT_Q, WT_LAMBDA, WT_PHI, WT_FU, WT_FI, WT_UPPEAK, WT_UMPEAK, WT_IPPEAK, WT_IMPEAK,
	WT_PPPEAK, WT_PMPEAK, WT_WH, WT_WHP, WT_WHM, WT_AH, WT_AHP, WT_AHM, WT_TIME, WT_MATH, WT_URANGE, WT_IRANGE,
	WT_FUNCTIONS
};

/* Condition register, as the manual numbers its bits. */
enum {
	WT_UPD = 1 << 0, WT_ITG = 1 << 1, WT_ITM = 1 << 2, WT_FOV = 1 << 4, WT_OVR1 = 1 << 6, WT_POV1 = 1 << 7, WT_POA1 = 1 << 8,
	WT_ELEMENT_BITS = 3, /* so many further up are those of the next element */
	WT_MEASURED = WT_FOV | 0777 << 6,
};
enum wt_filter { WT_NEVER, WT_RISE, WT_FALL, WT_BOTH };

enum wt_error {
	WT_PARAMETER = 108, WT_MISSING = 109, WT_UNDEFINED = 113, WT_SUFFIX = 131, WT_CHARACTER = 141, WT_OUT_OF_RANGE = 222,
	WT_OVERFLOW = 350, WT_INTERRUPTED = 410, WT_INTEGRATING = 813, WT_START_RUNNING = 842, WT_STOP_IDLE = 844,
	WT_RESET_RUNNING = 845,
};
const char *wt_error_text(int code);

struct wt_dataset {
	int64_t window_start, window_end; /* what was averaged, twin's clock */
	int64_t tick, ready;
	struct wt_values {
		double value[WT_FUNCTIONS];
		int exponent[WT_FUNCTIONS]; /* resolution is 10^exponent */
	} element[WT_ELEMENTS];
	unsigned condition;         /* WT_MEASURED bits */
};

enum wt_integration_state { WT_RESET, WT_START, WT_STOP, WT_TIMEUP, WT_ERROR };
struct wt_integration {
	enum wt_integration_state state;
	bool continuous;
	int hours, minutes, seconds;
	int64_t ends;    /* of the present stretch; INT64_MAX without a timer */
	int64_t counted; /* up to here everything is in the sums */
	double length;   /* s */
	double joules[WT_ELEMENTS], coulombs[WT_ELEMENTS]; /* as the meter counts */
};

#define WT_ITEMS 255
#define WT_ERROR_QUEUE 16
#define WT_PENDING 8
#define WT_AVERAGE_MAX 64

struct wt {
	const struct wt_config *config;
	struct model *model;
	struct faults *faults;
	struct random noise;
	struct wt_errors errors;              /* timebase and latency; the rest is element 1's */
	struct wt_errors own[WT_ELEMENTS];    /* each element's gain, offset, nonlinearity and phase */
	unsigned elements;                    /* bit 0: element 1 */
	double line_phase; /* ns: one rising zero crossing of the mains, on the twin's clock */

	int64_t origin, ticks; /* update ticks are at origin + n x update, n = ticks so far */
	int64_t last_tick;
	int64_t updates, queries; /* data sets published, value queries answered: for the fault script */

	/* Settings. */
	bool header, verbose, remote, lock, key_lock, messages, hold, max_hold, line_filter, frequency_filter;
	bool voltage_auto, current_auto, average_linear, averaging, floating, scaling;
	double vt, ct, scaling_factor; /* of all elements, while `scaling` is on */
	int crest_factor, mode, sync, wiring, average_count, items, dialect;
	double update, voltage_range, current_range;
	struct {
		enum wt_function function;
		int element;
	} item[WT_ITEMS];

	struct wt_integration integration;

	unsigned condition, events, event_mask, standard_events, standard_mask, service_mask;
	enum wt_filter filter[16];
	unsigned wait_mask; /* :COMM:WAIT in progress; 0: none */
	int error[WT_ERROR_QUEUE], n_errors;

	struct wt_dataset published, held, pending[WT_PENDING];
	int n_pending;
	struct wt_average {
		double kept[3], moving[WT_AVERAGE_MAX][3];
		int averaged;
	} average[WT_ELEMENTS];
};

void wt_init(struct wt *wt, const struct wt_config *config, struct model *model, struct faults *faults, uint64_t seed,
	     int64_t now);
/* Power-on state, also *RST. */
void wt_reset(struct wt *wt, int64_t now);
/* Lets everything happen that is due up to `now`; the model must have come as far. */
void wt_advance(struct wt *wt, int64_t now);
int64_t wt_next(const struct wt *wt); /* when something happens next */

/* Executes the next unit of a line at `*cursor`; adds its reply (if any) to `reply`. False at the end of the line. `path` is
 * the line's current path ("" at its start). When the unit was a :COMM:WAIT that has to wait, `wait_mask` is set. */
bool wt_execute(struct wt *wt, int64_t now, const char **cursor, char path[96], struct text *reply);

void wt_push_error(struct wt *wt, int code);
int wt_take_error(struct wt *wt); /* 0: none */
void wt_set_condition(struct wt *wt, unsigned condition); /* latches events */

/* wt_range.c */
#define WT_RANGES 16
int wt_ranges(const struct wt *wt, bool voltage, double list[WT_RANGES]); /* ascending */
bool wt_range_valid(const struct wt *wt, bool voltage, double range, double *exact);
void wt_auto_range(struct wt *wt, double volts, double amperes);
void wt_change_range(struct wt *wt); /* by itself, as the instrument does when a small range is overloaded */

/* wt_measure.c */
struct wt_truth {
	double u, i, p, s, q, lambda;
};
struct wt_truth wt_truth(const struct wt *wt, int element, int64_t from, int64_t to); /* means over [from, to] */
double wt_with_errors(const struct wt *wt, int element, const struct wt_truth *truth); /* W, but for the noise */
void wt_measure(struct wt *wt, int64_t from, int64_t to, struct wt_dataset *dataset);
/* An element's zero-cross window inside [from, to]; the whole interval when it holds fewer than two crossings. */
void wt_window(const struct wt *wt, int element, int64_t from, int64_t to, int64_t *start, int64_t *end);
bool wt_has(const struct wt *wt, int element); /* from 0 */

/* wt_average.c */
void wt_average(struct wt *wt, int element, double *volts, double *amperes, double *watts);
void wt_average_forget(struct wt *wt);

/* wt_integrate.c: 0 or the error number */
int wt_integrate_start(struct wt *wt, int64_t now);
int wt_integrate_stop(struct wt *wt, int64_t now);
int wt_integrate_reset(struct wt *wt);
void wt_integrate_advance(struct wt *wt, int64_t now); /* ends a stretch whose timer is up */
/* Counts [counted, to]; `noise` (W, of each element) is that of the update that ends there, NULL: none does. */
void wt_integrate_count(struct wt *wt, int64_t to, const double *noise);

#endif
