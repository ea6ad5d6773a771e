#include "clocks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "padded.h"

#define STEP_LEAST NS_PER_MS              /* of REALTIME, which only dates a run: less is no news */
#define ANCHOR_OVERDUE (130 * NS_PER_S)   /* one is taken each minute */
/* MONOTONIC_RAW is a crystal that nobody disciplines, good to about 50 ppm; where MONOTONIC keeps with it that closely, neither
 * can be told to be wrong, and 50 ppm is a twentieth of the best meter's gain. Beyond, either NTP slews (adjtime(3): 500 ppm)
 * or the crystal is bad: the truth lies between the two. */
#define RATE_USUAL 50e-6
#define RATE_SAID 200e-6

/* ---- events ---- */

/* How far `a` has moved against `b` from one anchor to the next; 0 within what the anchors can tell. */
static int64_t moved(const struct clock_anchor *before, const struct clock_anchor *after, int64_t a, int64_t b, int64_t least)
{
	int64_t by = a - b, tolerance = before->width + after->width;
	return llabs(by) <= (tolerance > least ? tolerance : least) ? 0 : by;
}

/* The greatest one stays. */
static void keep(struct clock_event *event, int64_t by, const struct clock_anchor *before, const struct clock_anchor *after)
{
	if (llabs(by) > llabs(event->by))
		*event = (struct clock_event){.by = by, .from = before->monotonic, .to = after->monotonic};
}

static void compare(const struct clock_anchor *before, const struct clock_anchor *after, struct clock_marks *marks)
{
	int64_t monotonic = after->monotonic - before->monotonic, boottime = after->boottime - before->boottime;
	int64_t slept = moved(before, after, boottime, monotonic, 0);
	int64_t stepped = moved(before, after, after->realtime - before->realtime, boottime, STEP_LEAST);
	int64_t tai = moved(before, after, after->tai - before->tai, boottime, STEP_LEAST);
	marks->suspends += slept != 0;
	keep(&marks->suspend, slept, before, after);
	if (stepped != 0 && tai == 0) {
		keep(&marks->leap, stepped, before, after);
	} else {
		marks->steps += stepped != 0;
		keep(&marks->step, stepped, before, after);
	}
	if (monotonic > ANCHOR_OVERDUE)
		keep(&marks->silence, monotonic, before, after);
}

/* A clock that reads 0 was not read: anchors of an older file, or of a simulation. */
static bool comparable(const struct clock_anchor *before, const struct clock_anchor *after)
{
	return after->monotonic > before->monotonic && before->boottime != 0 && after->boottime != 0 && before->realtime != 0 &&
	       after->realtime != 0;
}

struct clock_marks clocks_compare(const struct clock_anchor *anchors, size_t n)
{
	struct clock_marks marks = {.suspends = 0};
	for (size_t i = 1; i < n; i++)
		if (comparable(&anchors[i - 1], &anchors[i]))
			compare(&anchors[i - 1], &anchors[i], &marks);
	return marks;
}

/* ---- words ---- */

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

const char *clocks_fault(const struct clock_marks *marks, int64_t start, char text[CLOCKS_TEXT_SIZE])
{
	const struct clock_event *e = &marks->suspend;
	text[0] = '\0';
	if (e->by != 0)
		snprintf(text, CLOCKS_TEXT_SIZE, "the machine was suspended for %.3g s%s, between %+.1f s and %+.1f s from the start edge",
			 seconds(e->by), marks->suspends > 1 ? " (and more than once)" : "", seconds(e->from - start), seconds(e->to - start));
	return text;
}

const char *clocks_remark(const struct clock_marks *marks, int64_t start, char text[CLOCKS_TEXT_SIZE])
{
	const struct clock_event *step = &marks->step, *silence = &marks->silence;
	text[0] = '\0';
	if (step->by != 0)
		snprintf(text, CLOCKS_TEXT_SIZE, "the clock of day was set by %+.3g s%s, %+.1f s to %+.1f s from the start edge: dates in this "
			 "run are off by that", seconds(step->by), marks->steps > 1 ? " and again" : "", seconds(step->from - start),
			 seconds(step->to - start));
	else if (silence->by != 0)
		snprintf(text, CLOCKS_TEXT_SIZE, "joulerig was held up: no clock anchor for %.0f s from %+.1f s after the start edge",
			 seconds(silence->by), seconds(silence->from - start));
	else if (marks->leap.by != 0)
		snprintf(text, CLOCKS_TEXT_SIZE, "a leap second passed: dates behind it count %+.0f s", seconds(marks->leap.by));
	return text;
}

/* ---- rate ---- */

double clocks_rate(const struct clock_anchor *anchors, size_t n, int64_t from, int64_t to)
{
	double worst = 0;
	for (size_t i = 1; i < n; i++) {
		const struct clock_anchor *before = &anchors[i - 1], *after = &anchors[i];
		int64_t raw = after->raw - before->raw, monotonic = after->monotonic - before->monotonic;
		if (after->monotonic < from || before->monotonic > to || raw <= 0 || monotonic <= 0 || before->raw == 0)
			continue;
		double rate = (double)(monotonic - raw) / (double)raw, noise = (double)(before->width + after->width) / (double)raw;
		if (fabs(rate) - noise > RATE_USUAL && fabs(rate) > fabs(worst))
			worst = rate;
	}
	return worst;
}

/* One state of the clock may last for many runs, so the term is not averaged down. It has the rate's sign: in a ratio equal rates
 * cancel, and opposite ones add. */
void clocks_charge(double rate, enum channel_kind kind, struct energy *energy)
{
	if (rate == 0 || kind == CHANNEL_COUNTER || energy->status == ENERGY_REFUSED)
		return;
	double u = rate / sqrt(3);
	struct effect effect = {energy->gross.value * u, energy->net.value * u, energy->caused.value * u};
	energy_charge(energy, "host-clock", 'B', INFINITY, SHARE_ABSOLUTE, effect);
	energy_expand(energy);
	if (fabs(rate) > RATE_SAID)
		energy_degrade(energy, "the host's clock ran %+.0f ppm against its crystal, as NTP slewed it: U covers that", rate * 1e6);
}
