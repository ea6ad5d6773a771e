/* accuracy_trigger: what a trigger's edges are worth, in joules: `accuracy --trigger`. */
#ifndef JOULERIG_TESTS_ACCURACY_TRIGGER_H
#define JOULERIG_TESTS_ACCURACY_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

int accuracy_trigger(uint64_t seed, bool quick); /* the exit status */

#endif
