#include "counter.h"

#include <math.h>

#include "random.h"

static int64_t update_instant(const struct counter *c, int64_t k)
{
	return c->phase + k * c->period + (int64_t)((double)c->jitter * random_hashed(c->seed, (uint64_t)k));
}

int64_t counter_updated(const struct counter *c, int64_t t)
{
	int64_t k = (t - c->phase) / c->period + 1;
	while (update_instant(c, k) > t)
		k--;
	return update_instant(c, k);
}

static uint64_t microjoules(const struct counter *c, uint64_t counts)
{
	return (uint64_t)floor((double)counts * c->unit * 1e6);
}

uint64_t counter_read(const struct counter *c, const struct model *model, int64_t t)
{
	double joules = (double)model_energy(model, c->quantity, counter_updated(c, t)) * 1e-9 * (1 + c->gain);
	uint64_t counts = c->initial + (uint64_t)floor(joules / c->unit);
	return microjoules(c, counts % c->turn);
}

uint64_t counter_range(const struct counter *c)
{
	return microjoules(c, c->turn - 1);
}

uint64_t counter_turn(double joules, double unit)
{
	double counts = floor(joules / unit);
	return counts < 1 ? 2 : (uint64_t)counts + 1;
}
