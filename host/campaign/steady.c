#include "steady.h"

#include <math.h>

void steady_span(struct steady *steady, int64_t longest)
{
	steady->step = longest / (STEADY_VALUES / 2);
}

static bool joins_newest(const struct steady *steady, int64_t t)
{
	return steady->n && t - steady->from < steady->step && steady->from > steady->since;
}

void steady_add(struct steady *steady, int64_t t, double power)
{
	if (!joins_newest(steady, t)) {
		steady->entries[steady->head] = (struct steady_entry){ .n = 0 };
		steady->head = (steady->head + 1) % STEADY_VALUES;
		steady->from = t;
		if (steady->n < STEADY_VALUES)
			steady->n++;
	}
	struct steady_entry *newest = &steady->entries[(steady->head + STEADY_VALUES - 1) % STEADY_VALUES];
	newest->t = t;
	newest->sum += power;
	newest->n++;
}

void steady_forget(struct steady *steady, int64_t now)
{
	steady->since = now;
}

struct part {
	unsigned n;
	double sum;
};

static struct part part_between(const struct steady *steady, int64_t from, int64_t to)
{
	struct part part = { .n = 0 };
	for (unsigned i = 0; i < steady->n; i++) {
		const struct steady_entry *entry = &steady->entries[i];
		if (entry->t > from && entry->t <= to && entry->t > steady->since) {
			part.n += entry->n;
			part.sum += entry->sum;
		}
	}
	return part;
}

bool steady_settled(const struct steady *steady, int64_t now, int64_t during, double within, double level)
{
	if (now - during < steady->since)
		return false;
	struct part early = part_between(steady, now - during, now - during / 2);
	struct part late = part_between(steady, now - during / 2, now);
	if (early.n < 2 || late.n < 2)
		return false;
	double a = early.sum / early.n, b = late.sum / late.n;
	return fabs(a - b) < within && (isnan(level) || fabs((a + b) / 2 - level) < within);
}

double steady_mean(const struct steady *steady, int64_t now, int64_t during)
{
	struct part part = part_between(steady, now - during, now);
	return part.n ? part.sum / part.n : NAN;
}
