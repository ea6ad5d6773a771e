/* random: streams of numbers that are the same for the same seed, on every machine. One stream for each use, so that a draw
 * more in one place moves nothing in another. */
#ifndef JOULERIG_TWIN_RANDOM_H
#define JOULERIG_TWIN_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

struct random random_stream(uint64_t seed, const char *use); /* `use` names the stream */
uint64_t random_u64(struct random *random);
double random_uniform(struct random *random); /* [0, 1) */
double random_between(struct random *random, double low, double high);
double random_normal(struct random *random); /* mean 0, sd 1 */

/* A number that depends on the two arguments alone: for jitter that must not depend on who looks when. [-1, 1) */
double random_hashed(uint64_t seed, uint64_t index);

#endif
