/*
 * budget: an uncertainty budget after the GUM (JCGM 100:2008): terms, their degrees of freedom, the combined standard
 * uncertainty, Welch-Satterthwaite, and the expanded uncertainty U = k * u_c at 95 % coverage.
 *
 * Terms say what they share with other runs, so that averaging and ratios treat them rightly: a gain error common to all runs
 * with one meter and range is never averaged down by sqrt(n), and cancels in a ratio.
 */
#ifndef JOULERIG_ANALYSIS_BUDGET_H
#define JOULERIG_ANALYSIS_BUDGET_H

#include <stdbool.h>

enum share {
	SHARE_NONE,     /* independent from run to run */
	SHARE_RELATIVE, /* same relative error in every run with this meter and range: gain, timebase */
	SHARE_ABSOLUTE, /* one cause in every run that is not relative: offset and non-linearity's bound (same error in watts),
			   supply lag, window phase, an idle that moved; does not cancel in a ratio by itself */
	SHARE_BESIDE,   /* no part of U: by how much another definition of the quantity would differ (VIM 2.27, of what is not
			   measured here); listed so that nobody overlooks it */
	SHARES
};

#define BUDGET_TERMS_MAX 24
#define TERM_NAME_SIZE 32

struct budget_term {
	char name[TERM_NAME_SIZE]; /* "gain", "range", "window-edge", "start-edge", "idle-noise"… */
	double u;  /* standard uncertainty of the result due to this term, J (signed: the sensitivity's sign for shared terms) */
	double nu; /* degrees of freedom; INFINITY for type B */
	char type; /* 'A' or 'B' */
	enum share share;
};

/* True for "certificate-line-2" and "certificate-line-3": names that differ in a number at their end alone. Such a cause has parts, and
 * how much they have in common is not known: all of it in a mean or a sum, nothing in a ratio, whichever is worse (statistics.h). */
bool budget_same_family(const char *a, const char *b);

struct budget {
	struct budget_term terms[BUDGET_TERMS_MAX];
	int n;
	bool overflowed; /* more terms than fit: a defect, the result must be refused */
};

/* A term of u = 0 is not listed. A u that is not finite marks the budget as overflowed: no U can be stated. */
void budget_add(struct budget *budget, const char *name, char type, double u, double nu, enum share share);
const struct budget_term *budget_term(const struct budget *budget, const char *name); /* NULL if absent */

struct expanded {
	double u;  /* combined standard uncertainty */
	double nu; /* effective degrees of freedom (INFINITY possible) */
	double k;  /* t quantile at 97.5 % for nu */
	double U;  /* k * u */
};

/* GUM clauses 5.1.2, G.4.1 (Welch-Satterthwaite), G.3.2. U is NAN for an overflowed budget. */
struct expanded budget_expand(const struct budget *budget);

#endif
