/* From the mains to a data set: the zero-cross window, the meter's errors, its ranges and digits. */
#include <math.h>

#include "wt.h"

#define NS 1e9
#define OVER_RANGE 1.4       /* reading over range that is still shown, CF3 and CF6 */
#define PEAK_OVER (10. / 3)  /* samples clip here, CF3; twice that at CF6 */
#define SHOWN_FROM 0.005     /* of range: below, U and I read 0 */

void wt_window(const struct wt *wt, int element, int64_t from, int64_t to, int64_t *start, int64_t *end)
{
	double period = NS / wt->config->frequency, phase = wt->line_phase + element * period / WT_ELEMENTS;
	double first = ceil(((double)from - phase) / period), last = floor(((double)to - phase) / period);
	*start = from;
	*end = to;
	if (last - first < 1)
		return;
	*start = (int64_t)llround(phase + first * period);
	*end = (int64_t)llround(phase + last * period);
}

/* Supplies draw reactive and distortion power beside P: lambda rises with the load. */
static struct wt_truth mains(const struct wt_config *c, double share, double p)
{
	struct wt_truth t = { .u = c->voltage, .p = p, .q = share * c->reactive };
	double distortion = c->distortion * p;
	t.s = sqrt(p * p + t.q * t.q + distortion * distortion);
	t.i = t.s / t.u;
	t.lambda = t.s > 0 ? p / t.s : NAN;
	return t;
}

/* The one element of a WT310E has it all. */
static double share_of(const struct wt *wt, int element)
{
	return wt->elements == 1 ? element == 0 : wt_has(wt, element) ? wt->config->shares[element] : 0;
}

struct wt_truth wt_truth(const struct wt *wt, int element, int64_t from, int64_t to)
{
	double share = share_of(wt, element), length = (double)(to - from); /* nJ / ns is W */
	int64_t energy = model_energy(wt->model, QUANTITY_WALL, to) - model_energy(wt->model, QUANTITY_WALL, from);
	return mains(wt->config, share, share * (double)energy / length);
}

/* A curve through zero that stays within +-1: what is left of a converter's non-linearity after adjustment. */
static double bend(double x)
{
	return sin(3 * M_PI * x);
}

double wt_with_errors(const struct wt *wt, int element, const struct wt_truth *truth)
{
	const struct wt_errors *e = &wt->own[element];
	double range = wt->voltage_range * wt->current_range, p = truth->p;
	return p * (1 + e->gain) + range * (e->offset + e->nonlinearity * bend(p / range)) + e->phase * fabs(truth->q);
}

static double draw_noise(struct wt *wt, double seconds)
{
	return wt->errors.noise > 0 ? wt->errors.noise * sqrt(0.1 / seconds) * random_normal(&wt->noise) : 0;
}

static void put(struct wt_values *d, enum wt_function function, double value, int exponent)
{
	d->value[function] = value;
	d->exponent[function] = exponent;
}

static int digits(double range, int shown)
{
	return (int)floor(log10(range) + 1e-9) - (shown - 1);
}

static unsigned overload(const struct wt *wt, const struct wt_truth *t)
{
	double peak = PEAK_OVER * (wt->crest_factor == 6 ? 2 : 1);
	unsigned condition = 0;
	if (t->u > OVER_RANGE * wt->voltage_range || t->i > OVER_RANGE * wt->current_range)
		condition |= WT_OVR1;
	if (t->u * M_SQRT2 > peak * wt->voltage_range)
		condition |= WT_POV1;
	if (t->i * wt->config->crest > peak * wt->current_range)
		condition |= WT_POA1;
	return condition;
}

/* Whatever is over its range has no number, nor has what is computed from it. */
static double limited(double value, bool over)
{
	return over ? INFINITY : value;
}

static void put_power(struct wt *wt, struct wt_values *d, double u, double i, double p)
{
	bool u_over = u > OVER_RANGE * wt->voltage_range, i_over = i > OVER_RANGE * wt->current_range, over = u_over || i_over;
	double least = SHOWN_FROM * (wt->crest_factor == 6 ? 2 : 1);
	u = u < least * wt->voltage_range ? 0 : u;
	i = i < least * wt->current_range ? 0 : i;
	if (u == 0 || i == 0)
		p = 0;
	double s = u * i, lambda = s > 0 ? fmin(1, p / s) : NAN;
	int power_digits = digits(wt->voltage_range * wt->current_range, 5);
	put(d, WT_U, limited(u, u_over), digits(wt->voltage_range, 5));
	put(d, WT_I, limited(i, i_over), digits(wt->current_range, 5));
	put(d, WT_P, limited(p, over), power_digits);
	put(d, WT_S, limited(s, over), power_digits);
	put(d, WT_Q, limited(sqrt(fmax(0, s * s - p * p)), over), power_digits);
	put(d, WT_LAMBDA, over ? NAN : lambda, -4);
	put(d, WT_PHI, over ? NAN : acos(lambda) * 180 / M_PI, -2);
}

static void put_peaks(struct wt *wt, struct wt_values *d, const struct wt_truth *t)
{
	double u = t->u * M_SQRT2, i = t->i * wt->config->crest;
	put(d, WT_UPPEAK, u, digits(wt->voltage_range, 4));
	put(d, WT_UMPEAK, -u, digits(wt->voltage_range, 4));
	put(d, WT_IPPEAK, i, digits(wt->current_range, 4));
	put(d, WT_IMPEAK, -i, digits(wt->current_range, 4));
	put(d, WT_PPPEAK, u * i, digits(wt->voltage_range * wt->current_range, 4));
	put(d, WT_PMPEAK, 0, digits(wt->voltage_range * wt->current_range, 4));
}

static int six_digits(double value)
{
	int exponent = value != 0 ? (int)floor(log10(fabs(value)) + 1e-9) - 5 : -5;
	return exponent < -5 ? -5 : exponent;
}

static void put_integrals(struct wt *wt, int element, struct wt_values *d)
{
	double wh = wt->integration.joules[element] / 3600, ah = wt->integration.coulombs[element] / 3600;
	put(d, WT_WH, wh, six_digits(wh));
	put(d, WT_WHP, fmax(wh, 0), six_digits(wh));
	put(d, WT_WHM, fmin(wh, 0), six_digits(wh));
	put(d, WT_AH, ah, six_digits(ah));
	put(d, WT_AHP, ah, six_digits(ah));
	put(d, WT_AHM, 0, -5);
	put(d, WT_TIME, floor(wt->integration.length), 0);
}

static void put_settings(struct wt *wt, struct wt_values *d)
{
	put(d, WT_NONE, NAN, 0);
	put(d, WT_MATH, NAN, 0);
	put(d, WT_FU, wt->config->frequency, -3);
	put(d, WT_FI, wt->config->frequency, -3);
	put(d, WT_URANGE, wt->voltage_range, digits(wt->voltage_range, 4));
	put(d, WT_IRANGE, wt->current_range, digits(wt->current_range, 4));
}

/* Transformers before the terminals: what they divide is multiplied again. */
static double ratio_of(const struct wt *wt, int function)
{
	switch (function) {
	case WT_U: case WT_UPPEAK: case WT_UMPEAK:
		return wt->vt;
	case WT_I: case WT_IPPEAK: case WT_IMPEAK: case WT_AH: case WT_AHP: case WT_AHM:
		return wt->ct;
	case WT_P: case WT_S: case WT_Q: case WT_PPPEAK: case WT_PMPEAK: case WT_WH: case WT_WHP: case WT_WHM:
		return wt->vt * wt->ct * wt->scaling_factor;
	default:
		return 1;
	}
}

static void scale(const struct wt *wt, struct wt_values *d)
{
	for (int f = 0; wt->scaling && f < WT_FUNCTIONS; f++) {
		double ratio = ratio_of(wt, f);
		d->value[f] *= ratio;
		d->exponent[f] += (int)floor(log10(ratio) + 1e-9);
	}
}

static void spoil(const struct wt *wt, struct wt_dataset *d)
{
	bool nan = fault_active(wt->faults, FAULT_NAN, NULL, d->tick) != NULL;
	bool inf = fault_active(wt->faults, FAULT_INF, NULL, d->tick) != NULL;
	for (int e = 0; (nan || inf) && e < WT_ELEMENTS; e++) {
		for (int f = WT_U; f <= WT_Q; f++)
			d->element[e].value[f] = nan ? NAN : INFINITY;
		d->element[e].value[WT_LAMBDA] = d->element[e].value[WT_PHI] = NAN;
	}
	if (inf)
		d->condition |= WT_OVR1;
}

static void measure_element(struct wt *wt, int element, const struct wt_truth *t, double noise, struct wt_dataset *d)
{
	const struct wt_errors *own = &wt->own[element];
	struct wt_values *values = &d->element[element];
	double u = t->u * (1 + own->gain / 2), i = t->i * (1 + own->gain / 2), p = wt_with_errors(wt, element, t) + noise;
	wt_average(wt, element, &u, &i, &p);
	d->condition |= overload(wt, t) << (element * WT_ELEMENT_BITS);
	put_settings(wt, values);
	put_power(wt, values, u, i, p);
	put_peaks(wt, values, t);
}

void wt_measure(struct wt *wt, int64_t from, int64_t to, struct wt_dataset *d)
{
	double noise[WT_ELEMENTS] = { 0 }, amperes = 0;
	*d = (struct wt_dataset){ .tick = to };
	for (int e = 0; e < WT_ELEMENTS; e++) {
		if (!wt_has(wt, e))
			continue;
		wt_window(wt, e, from, to, &d->window_start, &d->window_end);
		struct wt_truth t = wt_truth(wt, e, d->window_start, d->window_end);
		noise[e] = draw_noise(wt, (double)(d->window_end - d->window_start) / NS);
		measure_element(wt, e, &t, noise[e], d);
		amperes = fmax(amperes, t.i);
	}
	wt_integrate_count(wt, to, noise);
	for (int e = 0; e < WT_ELEMENTS; e++) {
		put_integrals(wt, e, &d->element[e]);
		scale(wt, &d->element[e]);
	}
	spoil(wt, d);
	wt_auto_range(wt, wt->config->voltage, amperes);
}
