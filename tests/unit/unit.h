/* What every unit test includes: cmocka, and a comparison of doubles that does not cast to float. */
#ifndef JOULERIG_TESTS_UNIT_H
#define JOULERIG_TESTS_UNIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(actual, expected, tolerance)                                                                              \
	do {                                                                                                                  \
		double near_a = (actual), near_e = (expected), near_t = (tolerance);                                          \
		if (!(fabs(near_a - near_e) <= near_t)) {                                                                     \
			print_error("%s: %.17g is not within %.3g of %.17g\n", #actual, near_a, near_t, near_e);              \
			fail();                                                                                               \
		}                                                                                                             \
	} while (0)

#endif
