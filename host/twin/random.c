#include "random.h"

#include <math.h>

/* splitmix64 (Steele, Lea, Flood 2014): one 64-bit word of state, every seed is a good one. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

struct random random_stream(uint64_t seed, const char *use)
{
	uint64_t state = mix(seed + UINT64_C(0x9e3779b97f4a7c15));
	for (const char *c = use; *c != '\0'; c++)
		state = mix(state ^ ((uint64_t)(unsigned char)*c + UINT64_C(0x9e3779b97f4a7c15)));
	return (struct random){ state };
}

uint64_t random_u64(struct random *random)
{
	random->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(random->state);
}

double random_uniform(struct random *random)
{
	return (double)(random_u64(random) >> 11) * 0x1p-53;
}

double random_between(struct random *random, double low, double high)
{
	return low + (high - low) * random_uniform(random);
}

double random_normal(struct random *random)
{
	double radius = sqrt(-2 * log(1 - random_uniform(random)));
	return radius * cos(2 * M_PI * random_uniform(random));
}

double random_hashed(uint64_t seed, uint64_t index)
{
	return (double)(mix(seed + index * UINT64_C(0x9e3779b97f4a7c15)) >> 11) * 0x1p-52 - 1;
}
