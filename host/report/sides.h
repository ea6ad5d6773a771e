/*
 * sides: campaigns of different machines side by side, at each workload and point that two of them have done the same work at.
 *
 * One arm stands for each campaign. The same work is the same workload, point, phase, checksum and amount of work: who has another phase
 * than the first that has the point, or another checksum or amount than the first that tells one, is left out of it, with the reason; so
 * is who told several amounts. Ratios are to the first that has the point, its baseline.
 */
#ifndef JOULERIG_REPORT_SIDES_H
#define JOULERIG_REPORT_SIDES_H

#include "between.h"
#include "pareto.h"
#include "summary.h"

#define SIDES_MAX 8

enum side_quantity { SIDE_GROSS, SIDE_NET, SIDE_CAUSED, SIDE_TIME, SIDE_EDP, SIDE_QUANTITIES };
const char *side_quantity_name(enum side_quantity quantity); /* for files: "gross", "net", "caused", "time", "edp" */

/* One campaign. */
struct side {
	char label; /* 'A', 'B' … in the order given */
	const struct campaign_file *file;
	const char *arm;
	struct summary summary;
	char *certificate; /* of its wall meter, JSON; "" if none */
};

/* One campaign at one point. */
struct side_at {
	const struct summary_group *group; /* NULL: the campaign has no such point */
	char refused[200];                 /* why it is not compared here; "" if it is */
	struct mean_energy mean[SIDE_QUANTITIES]; /* J; time in s, EDP in J s */
	double power, idle;                /* W, means of the runs */
	double when;                       /* years since 1970, likewise; NAN: unknown */
	double work;                       /* units of work in one run; NAN: not told */
	const char *unit;                  /* borrowed */
	struct mean_energy per_unit;       /* J; .n is 0 where no unit is told */
	struct between_meter meter;
	/* Over the baseline; of itself 1 exactly: */
	struct interval ratio[SIDE_QUANTITIES];
	double years;                 /* from the baseline's runs */
	struct between_shared shared; /* of the ratio of gross energies */
	const char *difference;       /* of the meters; NULL: they are one */
	struct pareto_p p;
	enum pareto front;            /* among the verdicts of all points */
};

struct sides_point {
	const char *workload, *point, *phase;
	size_t baseline;   /* a side */
	size_t n_compared; /* sides that are not refused */
	struct side_at at[SIDES_MAX];
};

struct sides {
	struct side list[SIDES_MAX];
	size_t n;
	struct sides_point *points; /* those that are compared, or refused; by the first campaign's order, then the others' */
	size_t n_points;
	size_t alone; /* points that only one of several campaigns has */
};

/* Files outlive `sides`. `arms`: NULL stands for a campaign's reference arm. Refused: an arm that is not there, a campaign without
 * wall energy, the same campaign twice. On failure `sides` is empty. */
int sides_make(const struct campaign_file *files, const char *const *arms, size_t n, struct sides *sides, struct error *error);
void sides_free(struct sides *sides); /* and zeroes it */

bool side_has_stopped(const struct side *side); /* by its plan's rule, before all repetitions were made */
bool side_is_compared(const struct side_at *at);

/* What a run told of its work (sides_work.c). */
struct side_work {
	double amount;
	const char *unit; /* borrowed; NULL: it told nothing */
};
struct side_work side_work_of(const struct side *side, const struct result *result);
struct side_work side_work_told(const struct side *side, const struct summary_group *group); /* by the first run that tells */
bool side_work_varies(const struct side *side, const struct summary_group *group);          /* runs tell of different work */

/* Figures of all points whose groups are there (sides_figures.c). -1: no memory. */
int sides_figure(struct sides *sides);

/* The meter behind a side's runs at a point; certificate as in side (sides_meter.c). */
void side_meter(const struct side *side, const struct summary_group *group, struct between_meter *meter);
char *side_certificate(const struct side *side); /* a new string; NULL: no memory */

#endif
