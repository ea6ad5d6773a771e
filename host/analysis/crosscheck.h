/*
 * crosscheck: does RAPL tell the truth? What the wall says and what RAPL says over the same brackets, held against each other. Pure.
 *
 * A point is a run: W joules at the wall, E joules by RAPL, T seconds, of a class (its workload). The supply passes the processor's
 * energy on with a loss, and the rest of the machine draws its own:
 *
 *      W = A T + B E + C E^2 / T        that is, in power:  w = A + B e + C e^2
 *
 * It is fitted in power, each point alike. C stands in only where the data demand it: where its 99 % interval excludes zero, and the
 * curve rises over all of the points.
 *
 * What a fit is worth. Between classes the residual is no noise of a meter but what RAPL does not see (memory, say), and it stays as one
 * class is run again: intervals are those of a jackknife over whole classes (t with classes - 1), where there are CROSSCHECK_CLASSES
 * of them, else those of least squares, and `clustered` says so. Least squares are given both ways, since RAPL is no exact abscissa
 * either: the slope lies between them. Deming's slope takes both uncertainties as they are stated, and means something only where they
 * explain the scatter: where the reduced chi-square lies within its own 95 % interval about 1.
 *
 * Sources: W. E. Deming, Statistical Adjustment of Data (1943); P. K. Sen, JASA 63 (1968) 1379 (its interval, too); J. M. Bland, D. G.
 * Altman, Lancet 1 (1986) 307; B. Efron, The Jackknife (1982), ch. 3.
 */
#ifndef JOULERIG_ANALYSIS_CROSSCHECK_H
#define JOULERIG_ANALYSIS_CROSSCHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "statistics.h"

#define CROSSCHECK_CLASSES 5      /* from so many on, intervals are those between classes */
#define CROSSCHECK_CLASSES_MAX 64
#define CROSSCHECK_POINTS 6       /* fewer are not fitted */
#define CROSSCHECK_IMPOSSIBLE 0.97 /* of the wall: no supply lets RAPL have more */
#define CROSSCHECK_SPREAD 1.15    /* the largest mean power by RAPL is at least so many times the least, or there is no line to fit */

struct crosscheck_point {
	double wall, rapl; /* J, both positive */
	double time;       /* s */
	double u_wall, u_rapl; /* J, standard, of what varies from run to run; NAN: not stated */
	unsigned class;    /* < CROSSCHECK_CLASSES_MAX */
};

struct crosscheck_class {
	size_t n;
	struct interval residual; /* relative: (wall - fit) / wall, its mean over the class */
	double left_out;          /* mean of |the same|, predicted by a fit without this class; NAN: no such fit */
};

struct crosscheck {
	size_t n, n_classes;
	size_t impossible;           /* points at which RAPL says more than CROSSCHECK_IMPOSSIBLE of the wall */
	double least_share, most_share; /* of the wall, by RAPL */
	const char *refused;         /* why there is no fit; NULL: there is one */

	bool clustered, curved;
	struct interval A, B, C;     /* W, 1, 1/W; C is 0 [0, 0] unless curved */
	double r_squared, rms;       /* 1, W */
	double error;                /* mean of |wall - fit| / wall */
	double left_out;             /* the same, each class predicted by the others; NAN: too few classes */
	struct crosscheck_class classes[CROSSCHECK_CLASSES_MAX];

	double slope;                /* dw/de by least squares of w on e, without C… */
	double slope_inverse;        /* …of e on w, turned round: never less */
	struct interval theil_sen;   /* median of the slopes between any two points */
	const char *no_deming;       /* why there is none; NULL: it is allowed */
	double deming, chi_square;   /* slope; reduced; NAN where unknown */

	/* Bland-Altman, in W, of wall - fit. */
	double bias, scatter;        /* mean; standard deviation */
	struct interval lower, upper; /* limits of agreement: bias -+ 1.96 scatter, with their own intervals */
	struct interval trend;       /* slope of the difference on the mean of the two */

	double jackknife[CROSSCHECK_CLASSES_MAX][3]; /* A, B, C without each class; for crosscheck_conclude */
};

/* Never fails: what cannot be fitted has `refused`, and what does not depend on a fit is there all the same. */
void crosscheck_fit(const struct crosscheck_point *points, size_t n, struct crosscheck *check);

/* W at the wall that goes with E by RAPL in T. */
double crosscheck_predict(const struct crosscheck *check, double rapl, double time);

enum crosscheck_verdict {
	CROSSCHECK_AGREE,         /* both see the same sign, or neither sees any */
	CROSSCHECK_WALL_ONLY,     /* the wall tells the arms apart, RAPL does not */
	CROSSCHECK_RAPL_ONLY,     /* RAPL does, the wall does not */
	CROSSCHECK_SIGN_CONFLICT, /* each tells them apart, the other way round */
	CROSSCHECK_RAPL_INVALID,  /* RAPL says what cannot be, or falls as the wall rises */
	CROSSCHECK_UNDECIDED,     /* too few runs, or too few other classes for a fit that does not rest on these runs */
	CROSSCHECK_VERDICTS
};
const char *crosscheck_verdict_name(enum crosscheck_verdict verdict); /* "SIGN-CONFLICT" */

/* One comparison of two arms of one class: energy of `a` over energy of `b`. RAPL's is the ratio of what a fit predicts for either, time
 * and all (an elasticity about one arm would give false conflicts where the arms differ much in time). The fit is the one without this
 * class: a line through the arms' own points would agree with them whatever RAPL says. What the fit does to the ratio is known as well as
 * there are other classes: it has classes - 2 degrees of freedom beside those of the runs' scatter (Welch-Satterthwaite). */
struct crosscheck_conclusion {
	struct interval wall, rapl;
	double rapl_alone; /* the ratio of RAPL's own energies */
	bool size_differs; /* they agree, but their intervals do not meet */
	enum crosscheck_verdict verdict;
};
/* `shared_wall`: relative standard uncertainty of the wall's ratio by what does not cancel between the arms. */
void crosscheck_conclude(const struct crosscheck *check, const struct crosscheck_point *a, size_t n_a, const struct crosscheck_point *b,
			 size_t n_b, double shared_wall, struct crosscheck_conclusion *conclusion);

#endif
