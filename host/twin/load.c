#include "load.h"

#include <math.h>

#define PLAYED_PER_PERIOD 0.5

void load_init(struct load *load, const struct load_step *steps, size_t n, int64_t start)
{
	*load = (struct load){ .script = { .steps = steps, .n = n }, .start = start };
}

void load_used(struct load *load, double core_seconds, double period)
{
	load->store += core_seconds;
	load->rate = load->store * PLAYED_PER_PERIOD / period;
}

static double play_store(struct load *load, int64_t length)
{
	double seconds = (double)length * 1e-9;
	double part = fmin(load->rate * seconds, load->store);
	load->store -= part;
	return part / seconds;
}

static struct demand between(struct demand from, struct demand to, double part)
{
	return (struct demand){
		.cores = from.cores + (to.cores - from.cores) * part,
		.power = from.power + (to.power - from.power) * part,
		.platform = from.platform + (to.platform - from.platform) * part,
	};
}

static struct demand scripted(struct load_script *script, int64_t since)
{
	while (script->current < script->n && script->steps[script->current].at <= since)
		script->current++;
	if (script->current == 0)
		return (struct demand){ 0 };
	const struct load_step *step = &script->steps[script->current - 1];
	if (since >= step->at + step->ramp)
		return step->demand;
	struct demand before = script->current > 1 ? step[-1].demand : (struct demand){ 0 };
	return between(before, step->demand, (double)(since - step->at) / (double)step->ramp);
}

struct demand load_demand(struct load *load, int64_t t, int64_t length)
{
	struct demand demand = scripted(&load->script, t - load->start);
	if (load->workload.n > 0) {
		struct demand more = scripted(&load->workload, t - load->start);
		demand.cores += more.cores;
		demand.power += more.power;
		demand.platform += more.platform;
	}
	demand.cores += play_store(load, length);
	return demand;
}
