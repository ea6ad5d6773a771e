/* verified: what joulerig verify finds of a directory; apart, since another layer has findings of its own. */
#ifndef JOULERIG_TESTS_SIMULATION_VERIFIED_H
#define JOULERIG_TESTS_SIMULATION_VERIFIED_H

#include <stddef.h>

/* The number of problems and notes, each told on stderr; `runs` is set to that of the runs. */
size_t verified(const char *directory, size_t *runs);

#endif
