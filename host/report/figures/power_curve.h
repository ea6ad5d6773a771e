/*
 * power_curve: what a channel of a run says of power over time, to be looked at: a mean holds over its window, whose ends are those that
 * analysis finds (lattice.h); a counter's power holds from one read to the next (0 W where it never
 * stepped, and is none at the wall); a point sample until the next one. What is not known is
 * not there.
 */
#ifndef JOULERIG_REPORT_FIGURES_POWER_CURVE_H
#define JOULERIG_REPORT_FIGURES_POWER_CURVE_H

#include "drawing.h"
#include "energy.h"

struct power_step {
	double from, to; /* s since `origin` */
	double watts;
};
struct power_curve {
	struct power_step *list; /* n, in order of time */
	size_t n;
};

/* All return -1 when memory is short. Free the curve also then. */
int power_curve_make(const struct series *series, int64_t origin, struct power_curve *curve);
/* Mean power of all curves together in steps of `width` s, where all are known. */
int power_curve_sum(const struct power_curve *curves, size_t n, double from, double to, double width, struct power_curve *sum);
void power_curve_free(struct power_curve *curve);

/* What lies between `from` and `to`, at most POWER_CURVE_BINS steps as they are; of more, the least and the greatest in each of so many
 * parts of the time, so that no spike is lost. Returns how many points there are; `extent` is widened by their powers. */
struct power_extent {
	double least, most; /* W */
};
#define POWER_CURVE_BINS 300
#define POWER_CURVE_JOINED 1e-6 /* s: steps that are so close together follow each other */
#define POWER_CURVE_UPDATES 20 /* of a counter's register, at least, between reads that power is told from: else it would be the register's steps */
size_t power_curve_draw(const struct power_curve *curve, double from, double to, struct drawing *drawing, struct power_extent *extent);

#endif
