/* From the mains to a data set: the zero-cross window, the meter's errors, its ranges and digits. */
#include <math.h>

#include "wt.h"

#define NS 1e9
#define OVER_RANGE 1.4       /* reading over range that is still shown, CF3 and CF6 */
#define PEAK_OVER (10. / 3)  /* samples clip here, CF3; twice that at CF6 */
#define SHOWN_FROM 0.005     /* of range: below, U and I read 0 */

void wt_window(const struct wt *wt, int64_t from, int64_t to, int64_t *start, int64_t *end)
{
	double period = NS / wt->config->frequency;
	double first = ceil(((double)from - wt->line_phase) / period), last = floor(((double)to - wt->line_phase) / period);
	*start = from;
	*end = to;
	if (last - first < 1)
		return;
	*start = (int64_t)llround(wt->line_phase + first * period);
	*end = (int64_t)llround(wt->line_phase + last * period);
}

struct truth {
	double u, i, p, s, q, lambda;
};

/* Supplies draw reactive and distortion power beside P: lambda rises with the load. */
static struct truth mains(const struct wt_config *c, double p)
{
	struct truth t = { .u = c->voltage, .p = p, .q = c->reactive };
	double distortion = c->distortion * p;
	t.s = sqrt(p * p + t.q * t.q + distortion * distortion);
	t.i = t.s / t.u;
	t.lambda = t.s > 0 ? p / t.s : NAN;
	return t;
}

/* A curve through zero that stays within +-1: what is left of a converter's non-linearity after adjustment. */
static double bend(double x)
{
	return sin(3 * M_PI * x);
}

static double with_errors(struct wt *wt, const struct truth *true_values, double seconds)
{
	const struct wt_errors *e = &wt->errors;
	double range = wt->voltage_range * wt->current_range, p = true_values->p;
	double noise = e->noise > 0 ? e->noise * sqrt(0.1 / seconds) * random_normal(&wt->noise) : 0;
	double influence = e->phase * fabs(true_values->q);
	return p * (1 + e->gain) + range * (e->offset + e->nonlinearity * bend(p / range)) + influence + noise;
}

static void put(struct wt_dataset *d, enum wt_function function, double value, int exponent)
{
	d->value[function] = value;
	d->exponent[function] = exponent;
}

static int digits(double range, int shown)
{
	return (int)floor(log10(range) + 1e-9) - (shown - 1);
}

static unsigned overload(const struct wt *wt, const struct truth *t)
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

static void put_power(struct wt *wt, struct wt_dataset *d, double u, double i, double p)
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

static void put_peaks(struct wt *wt, struct wt_dataset *d, const struct truth *t)
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

static void put_integrals(struct wt *wt, struct wt_dataset *d)
{
	double wh = wt_integrate_joules(wt, d->tick) / 3600, ah = wt->integration.coulombs / 3600;
	put(d, WT_WH, wh, six_digits(wh));
	put(d, WT_WHP, fmax(wh, 0), six_digits(wh));
	put(d, WT_WHM, fmin(wh, 0), six_digits(wh));
	put(d, WT_AH, ah, six_digits(ah));
	put(d, WT_AHP, ah, six_digits(ah));
	put(d, WT_AHM, 0, -5);
	put(d, WT_TIME, floor(wt_integrate_seconds(wt, d->tick)), 0);
}

static void put_settings(struct wt *wt, struct wt_dataset *d)
{
	put(d, WT_NONE, NAN, 0);
	put(d, WT_MATH, NAN, 0);
	put(d, WT_FU, wt->config->frequency, -3);
	put(d, WT_FI, wt->config->frequency, -3);
	put(d, WT_URANGE, wt->voltage_range, digits(wt->voltage_range, 4));
	put(d, WT_IRANGE, wt->current_range, digits(wt->current_range, 4));
}

static void spoil(const struct wt *wt, struct wt_dataset *d)
{
	bool nan = fault_active(wt->faults, FAULT_NAN, NULL, d->tick) != NULL;
	bool inf = fault_active(wt->faults, FAULT_INF, NULL, d->tick) != NULL;
	if (!nan && !inf)
		return;
	for (int f = WT_U; f <= WT_Q; f++)
		d->value[f] = nan ? NAN : INFINITY;
	d->value[WT_LAMBDA] = d->value[WT_PHI] = NAN;
	if (inf)
		d->condition |= WT_OVR1;
}

void wt_measure(struct wt *wt, int64_t from, int64_t to, struct wt_dataset *d)
{
	*d = (struct wt_dataset){ .tick = to };
	wt_window(wt, from, to, &d->window_start, &d->window_end);
	int64_t energy = model_energy(wt->model, QUANTITY_WALL, d->window_end) -
			 model_energy(wt->model, QUANTITY_WALL, d->window_start);
	double length = (double)(d->window_end - d->window_start); /* nJ / ns is W */
	struct truth t = mains(wt->config, (double)energy / length);

	double p = with_errors(wt, &t, length / NS);
	double u = t.u * (1 + wt->errors.gain / 2), i = t.i * (1 + wt->errors.gain / 2);
	wt_average(wt, &u, &i, &p);
	d->condition = overload(wt, &t);
	put_settings(wt, d);
	put_power(wt, d, u, i, p);
	put_peaks(wt, d, &t);
	if (wt->integration.state == WT_START)
		wt->integration.coulombs += t.i * (double)(to - from) / NS;
	put_integrals(wt, d);
	spoil(wt, d);
	wt_auto_range(wt, t.u, t.i);
}
