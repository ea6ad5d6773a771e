/*
 * planning: how many runs does a comparison need, and what can it find with those it has? Pure; everything relative, on logarithms.
 *
 * A ratio of two arms is *found* when its 95 % interval (estimate_ratio, estimate_interval) lies wholly on one side of 1. The minimum
 * detectable effect is the ratio that is found with a probability of PLANNING_POWER. It is computed, not approximated, for runs whose
 * logarithms are normal: given the variances that the arms happen to show, the chance is normal; it is averaged over their distributions
 * (chi-square, n - 1) by quadrature. That includes Welch's degrees of freedom, which are of these variances, and what does not cancel
 * between the arms, which no number of runs makes smaller. For equal arms, nothing shared and Student's pooled variance in place of
 * Welch's it would be the noncentral t.
 */
#ifndef JOULERIG_ANALYSIS_PLANNING_H
#define JOULERIG_ANALYSIS_PLANNING_H

#include <stdbool.h>
#include <stddef.h>

#include "estimate.h"

#define PLANNING_POWER 0.8
#define PLANNING_RUNS_MAX 100000 /* nobody makes more: as good as never */

struct comparison_design {
	double cv_a, cv_b; /* scatter of one run's energy over its mean (to be exact: that of its logarithm), in either arm */
	double shared;     /* standard uncertainty of the ratio, relative, by what does not cancel (statistics_shared_ratio) */
};

/* Probability that n runs per arm find it, were the true ratio `ratio`: with the interval wholly on the ratio's own side of 1. */
double planning_power(const struct comparison_design *design, size_t n, double ratio);

/* The minimum detectable effect of n runs per arm, as a ratio above 1 (its inverse is found as well). INFINITY for fewer than two. */
double planning_detectable(const struct comparison_design *design, size_t n);

/* Runs per arm that find `ratio` with PLANNING_POWER; 0: no number of runs does (what is shared is too large, or it is 1). */
size_t planning_runs_to_find(const struct comparison_design *design, double ratio);

/* Runs per arm, of which there are `n` now, that would put the whole interval within ]low, high[ or wholly outside of it with
 * PLANNING_POWER, if the truth is what the estimate says now; 0: no number of runs would. `low` may be 0 and `high` INFINITY. The
 * estimate may be of one ratio, or joined of several (estimate_mean, estimate_over), each of n runs per arm. Less than or equal to n: it
 * has been bad luck, the next few may do. */
size_t planning_runs_to_decide(const struct estimate *now, size_t n, double low, double high);

/*
 * ---- stopping: planned before the first run, so that looking at the data does not spoil the interval more than is known ----
 *
 * What is reported is the interval of all runs, as if their number had been planned. How often that holds the truth, and with how many
 * runs per arm, was measured (planning_test --measure: 4000 campaigns a figure, standard deviation 0.0034; half-width 1 %):
 *
 *   scatter of a run    n_min    Stein: one ratio  four        width: one ratio  four
 *   1 %                   3      0.937 (22 runs)   0.956 (40)  0.930 (9 runs)    0.950 (12)
 *                         5      0.944 (12)        0.949 (19)  0.941 (9)         0.948 (12)
 *                        10      0.951 (11)        0.947 (13)  0.950 (11)        0.954 (12)
 *                        20      0.947 (20)        0.949 (20)  0.947 (20)        0.950 (20)
 *   2 %                   3      0.939 (84)        0.952 (157) 0.950 (32)        0.950 (38)
 *                         5      0.945 (47)        0.949 (72)  0.944 (32)        0.952 (38)
 *                        10      0.941 (37)        0.947 (50)  0.943 (32)        0.950 (38)
 *                        20      0.947 (34)        0.949 (42)  0.943 (32)        0.948 (38)
 *   3 %                  10      0.943 (82)        0.960 (111) 0.948 (71)        0.952 (80)
 *                        20      0.950 (76)        0.946 (94)  0.951 (71)        0.951 (79)
 *
 * So STOPPING_WIDTH from STOPPING_RUNS_MIN on loses at most 1 % of coverage, and makes as few runs as will do; of several ratios, which
 * all go on until the last is narrow, none. Stein's first look at few runs is dear: a scatter that is badly known asks for many.
 */

enum stopping {
	STOPPING_STEIN,  /* n_min runs, then as many as their scatter asks for, fixed from then on (C. Stein, Ann. Math. Stat. 16 (1945) 243) */
	STOPPING_WIDTH,  /* from n_min on: until the interval is as narrow as wanted */
};
#define STOPPING_RUNS_MIN 10 /* fewer at the first look, and STOPPING_WIDTH stops on luck: it does not cover what it says */

struct stopping_rule {
	enum stopping kind;
	double half_width; /* of the 95 % interval, relative: 0.01 for a ratio known to 1 % */
	size_t n_min, n_max; /* runs per arm; n_min is at least 2, STOPPING_RUNS_MIN is advised */
};

enum stopping_answer {
	STOPPING_GO_ON,
	STOPPING_ENOUGH,      /* every ratio is as narrow as wanted, or (Stein) has the runs that were found necessary */
	STOPPING_AT_MOST,     /* n_max runs, not all are */
	STOPPING_OUT_OF_REACH /* what is left are ratios that no number of runs makes so narrow: what does not cancel is too much */
};

struct stopping_advice {
	enum stopping_answer answer;
	size_t runs;  /* per arm, in all: what the rule expects to need by now, n_max at most */
	size_t worst; /* which of the ratios needs most */
};

/* After `n` runs of each arm. `ratios`: of all n runs; `first`: the same ratios of the first n_min runs only (Stein decides by those;
 * may be NULL for STOPPING_WIDTH). */
struct stopping_advice stopping_advise(const struct stopping_rule *rule, const struct estimate *ratios, const struct estimate *first,
				       size_t n_ratios, size_t n);

#endif
