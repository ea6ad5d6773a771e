#include "schedule.h"

#include <stdlib.h>

/* splitmix64 (Steele, Lea, Flood 2014): written out here because the order must be the same with every library version. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Fisher-Yates; the modulo's bias is below 2^-50 for any block that fits a lifetime. */
static void shuffle(struct slot *block, size_t n, uint64_t *state)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = next_random(state) % i;
		struct slot swapped = block[i - 1];
		block[i - 1] = block[k];
		block[k] = swapped;
	}
}

static size_t slots_per_block(const struct plan *plan)
{
	size_t n = 0;
	for (int w = 0; w < plan->n_workloads; w++)
		n += (size_t)plan_points(&plan->workloads[w]) * (size_t)plan->n_arms;
	return n;
}

static void fill_block(const struct plan *plan, uint32_t repetition, struct slot *block)
{
	bool backwards = plan->order == ORDER_ABBA && repetition % 2 == 1;
	for (int w = 0; w < plan->n_workloads; w++)
		for (int p = 0; p < plan_points(&plan->workloads[w]); p++)
			for (int a = 0; a < plan->n_arms; a++)
				*block++ = (struct slot){
					.repetition = repetition, .block = repetition, .workload = w, .point = p,
					.arm = backwards ? plan->n_arms - 1 - a : a, .attempt = 1,
				};
}

struct slot *schedule_make(const struct plan *plan, size_t *n, struct error *error)
{
	size_t per_block = slots_per_block(plan);
	*n = per_block * (size_t)plan->repetitions;
	struct slot *slots = calloc(*n ? *n : 1, sizeof *slots);
	if (slots == NULL) {
		error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for %zu slots", *n);
		return NULL;
	}
	uint64_t state = plan->seed;
	for (int r = 0; r < plan->repetitions; r++) {
		struct slot *block = slots + (size_t)r * per_block;
		fill_block(plan, (uint32_t)r, block);
		if (plan->order == ORDER_RANDOM)
			shuffle(block, per_block, &state);
		for (size_t i = 0; i < per_block; i++) {
			block[i].index = (uint32_t)((size_t)r * per_block + i);
			block[i].order = (uint32_t)i;
		}
	}
	return slots;
}
