#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "profile.h"

#define BATCHES 16

int profile_add(struct profile *profile, const struct segment *segment)
{
	if (profile->n == profile->capacity) {
		size_t capacity = profile->capacity ? profile->capacity * 2 : 256;
		struct segment *grown = realloc(profile->segments, capacity * sizeof *grown);
		if (!grown)
			return -1;
		profile->segments = grown;
		profile->capacity = capacity;
	}
	profile->segments[profile->n++] = *segment;
	return 0;
}

void profile_free(struct profile *profile)
{
	free(profile->segments);
	*profile = (struct profile){.n = 0};
}

double segment_seconds(const struct segment *segment)
{
	return (double)(segment->to - segment->from) / (double)NS_PER_S;
}

double segment_power(const struct segment *segment)
{
	return segment->joules / segment_seconds(segment);
}

/* The first segment that begins at `t` or later. */
static size_t first_from(const struct profile *profile, int64_t t)
{
	size_t low = 0, high = profile->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (profile->segments[middle].from < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct span profile_span(const struct profile *profile, int64_t from, int64_t to)
{
	struct span span = {.first = first_from(profile, from)};
	span.end = first_from(profile, to);
	if (span.end > 0 && profile->segments[span.end - 1].to > to)
		span.end--;
	if (span.end < span.first)
		span.end = span.first;
	return span;
}

size_t span_valid(const struct profile *profile, struct span span)
{
	size_t n = 0;
	for (size_t i = span.first; i < span.end; i++)
		n += profile->segments[i].valid;
	return n;
}

double span_seconds(const struct profile *profile, struct span span)
{
	int64_t sum = 0;
	for (size_t i = span.first; i < span.end; i++)
		if (profile->segments[i].valid)
			sum += profile->segments[i].to - profile->segments[i].from;
	return (double)sum / (double)NS_PER_S;
}

double span_joules(const struct profile *profile, struct span span)
{
	double sum = 0;
	for (size_t i = span.first; i < span.end; i++)
		if (profile->segments[i].valid)
			sum += profile->segments[i].joules;
	return sum;
}

double span_power(const struct profile *profile, struct span span)
{
	return span_valid(profile, span) > 0 ? span_joules(profile, span) / span_seconds(profile, span) : NAN;
}

static struct level level_start(const struct profile *profile, struct span span)
{
	struct level level = {.n = span_valid(profile, span), .power = span_power(profile, span), .u = NAN, .nu = NAN};
	if (span.end > span.first) {
		level.from = profile->segments[span.first].from;
		level.to = profile->segments[span.end - 1].to;
	}
	return level;
}

struct level level_of_windows(const struct profile *profile, struct span span)
{
	struct level level = level_start(profile, span);
	if (level.n < 2)
		return level;
	double squares = 0, products = 0, before = 0;
	for (size_t i = span.first; i < span.end; i++) {
		if (!profile->segments[i].valid)
			continue;
		double d = segment_power(&profile->segments[i]) - level.power;
		squares += d * d;
		products += d * before;
		before = d;
	}
	double n = (double)level.n, r1 = squares > 0 ? products / squares : 0;
	/* An r1 within its own noise (2 / sqrt n) would only add noise to u. */
	r1 = r1 > 2 / sqrt(n) ? fmin(r1, 0.95) : 0;
	double n_eff = fmax(2, n * (1 - r1) / (1 + r1));
	level.u = sqrt(squares / (n - 1) / n_eff);
	level.nu = n_eff - 1;
	return level;
}

/* Batch means: the level of each batch of about equal time, whose scatter contains noise of any correlation shorter than it. */
struct level level_of_reads(const struct profile *profile, struct span span)
{
	struct level level = level_start(profile, span);
	if (level.n < 4)
		return level;
	size_t batches = level.n / 2 < BATCHES ? level.n / 2 : BATCHES, done = 0;
	double length = span_seconds(profile, span) / (double)batches, elapsed = 0, seconds = 0, joules = 0, sum = 0, squares = 0;
	for (size_t i = span.first; i < span.end; i++) {
		const struct segment *segment = &profile->segments[i];
		if (!segment->valid)
			continue;
		elapsed += segment_seconds(segment);
		seconds += segment_seconds(segment);
		joules += segment->joules;
		if (elapsed < (double)(done + 1) * length - segment_seconds(segment) / 2)
			continue;
		double d = joules / seconds - level.power;
		sum += d;
		squares += d * d;
		seconds = joules = 0;
		done++;
	}
	double n = (double)done;
	if (done < 2)
		return level;
	level.u = sqrt(fmax(0, squares - sum * sum / n) / (n - 1) / n);
	level.nu = n - 1;
	return level;
}

struct density density_of(const struct profile *profile, struct span span, double shortest)
{
	double sum = 0;
	size_t n = 0;
	for (size_t i = span.first + 1; i < span.end; i++) {
		const struct segment *a = &profile->segments[i - 1], *b = &profile->segments[i];
		if (!a->valid || !b->valid || segment_seconds(a) < shortest || segment_seconds(b) < shortest)
			continue;
		/* White noise of density S in a mean over t has variance S / t: E(d^2) = S (1 / t_a + 1 / t_b). */
		double d = segment_power(b) - segment_power(a);
		sum += d * d / (1 / segment_seconds(a) + 1 / segment_seconds(b));
		n++;
	}
	if (n < 2)
		return (struct density){.value = NAN, .nu = NAN};
	/* Each value enters two differences: about 2/3 of them count (von Neumann 1941). */
	return (struct density){.value = sum / (double)n, .nu = fmax(1, 2.0 * (double)n / 3)};
}
