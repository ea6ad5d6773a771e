/*
 * accuracy_tally: what many verdicts say together.
 */
#ifndef JOULERIG_TESTS_ACCURACY_TALLY_H
#define JOULERIG_TESTS_ACCURACY_TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "accuracy_bench.h"

struct tally {
	size_t n, capacity;       /* with a number */
	size_t refused, degraded; /* degraded ones are in n as well */
	size_t covered, silent;   /* silent: |error| > U, and status ok */
	size_t oracle_covered;
	double *error, *of_U, *over_oracle, *relative; /* J, |error| / U, U / oracle, error / truth */
	double worst_silent;                           /* |error| / U */
};

void tally_add(struct tally *tally, const struct verdict *verdict);
void tally_join(struct tally *into, const struct tally *from);
void tally_free(struct tally *tally);

double tally_percentile(const double *values, size_t n, double part); /* NAN for none */
double tally_mean(const double *values, size_t n);
double tally_rms(const double *values, size_t n);
double tally_error_of_mean(const double *values, size_t n);
double tally_share(size_t k, size_t n); /* NAN for none */

#endif
