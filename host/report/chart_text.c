#include "chart_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "c_locale.h"
#include "chart.h"
#include "plain.h"

#define WIDTH 31        /* of a line's picture, -3 sigma to 3 sigma in its middle 19 */
#define RESOLUTION 1e-6 /* relative: no meter repeats better */
#define SHOWN 60        /* newest points */
#define DAY 86400.

/* One series: same kind, device, instrument and reference, all simulated or none. Deviations are relative to the reference. */
struct line {
	const struct check_entry **points;
	double *t, *deviation; /* days, relative */
	size_t n;
	struct chart chart;
};

static bool same_series(const struct check_entry *a, const struct check_entry *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcmp(a->device, b->device) == 0 && strcmp(a->serial, b->serial) == 0 &&
	       strcmp(a->against, b->against) == 0 && a->simulated == b->simulated;
}

static bool is_charted(const struct check_entry *entry)
{
	return isfinite(entry->value) && isfinite(entry->reference) && entry->reference != 0;
}

static void add_stamp(struct text *out, double seconds)
{
	char stamp[24];
	struct tm tm;
	gmtime_r(&(time_t){ (time_t)seconds }, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%MZ", &tm);
	text_add(out, stamp);
}

static void add_picture(const struct chart *chart, double value, unsigned signals, struct text *out)
{
	char picture[WIDTH + 1];
	memset(picture, ' ', WIDTH);
	picture[WIDTH] = '\0';
	if (chart->base == 0)
		return;
	double place = (value - chart->centre) / chart->sigma * 3 + WIDTH / 2; /* three columns a sigma */
	picture[WIDTH / 2] = '|';
	picture[WIDTH / 2 - 9] = picture[WIDTH / 2 + 9] = ':';
	picture[(int)fmin(fmax(rint(place), 0), WIDTH - 1)] = signals ? 'X' : 'o';
	text_addf(out, "  %s", picture);
}

static void add_signals(unsigned signals, struct text *out)
{
	if (signals & CHART_BEYOND)
		text_add(out, " beyond 3 sigma");
	if (signals & CHART_TWO_OF_THREE)
		text_add(out, " 2 of 3 beyond 2 sigma");
	if (signals & CHART_ONE_SIDE)
		text_add(out, " 8 on one side");
}

static void add_points(const struct line *line, struct text *out)
{
	for (size_t i = line->n > SHOWN ? line->n - SHOWN : 0; i < line->n; i++) {
		const struct check_entry *e = line->points[i];
		unsigned signals = chart_signals(&line->chart, line->deviation, i);
		text_add(out, "  ");
		add_stamp(out, e->time);
		text_addf(out, "  %-6s %10.4f W  %+9.4f %%  En %+6.2f%s", e->when, e->value, 100 * line->deviation[i], e->En,
			  e->passed ? " " : "!");
		add_picture(&line->chart, line->deviation[i], signals, out);
		add_signals(signals, out);
		text_add(out, "\n");
	}
}

static bool add_verdict(const struct line *line, struct text *out)
{
	const struct chart *c = &line->chart;
	if (c->base == 0) {
		text_addf(out, "  %zu of %d points: too few for a verdict\n", line->n, CHART_LEAST);
		return true;
	}
	unsigned signals = chart_signals(c, line->deviation, line->n - 1);
	text_addf(out, "  centre %+.4f %%, limits %+.4f %% to %+.4f %% (3 sigma, from the first %zu points", 100 * c->centre, 100 * c->lower,
		  100 * c->upper, c->base);
	if (c->left_out)
		text_addf(out, " without %zu far off", c->left_out);
	text_addf(out, "), slope %+.5f %% a day\n", 100 * c->slope);
	text_addf(out, "  %s", signals || c->drifting ? "OUT OF CONTROL:" : "in control");
	add_signals(signals, out);
	if (c->drifting)
		text_add(out, " a slow drift");
	text_add(out, "\n");
	return signals == 0 && !c->drifting;
}

static void add_heading(const struct check_entry *of, struct text *out)
{
	if (of->simulated)
		text_add(out, "SIMULATED  ");
	plain_add(out, of->device);
	if (of->serial[0]) {
		text_add(out, " no. ");
		plain_add(out, of->serial);
	}
	text_addf(out, " against %s ", strcmp(of->kind, "series") == 0 ? "device" : "the reference");
	plain_add(out, of->against);
	text_add(out, ":\n");
}

static int add_series(const struct check_entry *entries, size_t n, const struct check_entry *of, struct text *out, bool *in_control)
{
	struct line line = { .points = malloc(n * sizeof(struct check_entry *)), .t = malloc(n * sizeof(double)),
			     .deviation = malloc(n * sizeof(double)) };
	int result = -1;
	if (line.points == NULL || line.t == NULL || line.deviation == NULL)
		goto free_line;
	for (size_t i = 0; i < n; i++)
		if (is_charted(&entries[i]) && same_series(&entries[i], of)) {
			line.points[line.n] = &entries[i];
			line.t[line.n] = entries[i].time / DAY;
			line.deviation[line.n++] = (entries[i].value - entries[i].reference) / entries[i].reference;
		}
	result = chart_of(line.t, line.deviation, line.n, RESOLUTION, &line.chart);
	if (result == 0) {
		add_heading(of, out);
		add_points(&line, out);
		*in_control &= add_verdict(&line, out);
	}
free_line:
	free(line.points);
	free(line.t);
	free(line.deviation);
	return result;
}

static bool is_first_of_series(const struct check_entry *entries, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_charted(&entries[j]) && same_series(&entries[i], &entries[j]))
			return false;
	return is_charted(&entries[i]);
}

int report_charts(const struct check_entry *entries, size_t n, const struct check_entry *of, struct text *out, bool *in_control)
{
	struct c_locale scope;
	int result = 0;
	*in_control = true;
	c_locale_enter(&scope);
	for (size_t i = 0; result == 0 && i < n; i++)
		if (is_first_of_series(entries, i) && (of == NULL || same_series(&entries[i], of)))
			result = add_series(entries, n, &entries[i], out, in_control);
	c_locale_leave(&scope);
	return result == 0 && !text_failed(out) ? 0 : -1;
}
