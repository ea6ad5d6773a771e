/* parts: the kinds of figures, each made by one file; and what they have in common. All return -1 when memory is short. */
#ifndef JOULERIG_REPORT_FIGURES_PARTS_H
#define JOULERIG_REPORT_FIGURES_PARTS_H

#include "drawing.h"
#include "figures.h"

int figures_claims(const struct figures_of *of, struct figures *figures);
int figures_ratios(const struct figures_of *of, struct figures *figures);
int figures_rapl(const struct figures_of *of, struct figures *figures);      /* with residuals and agreement */
int figures_threads(const struct figures_of *of, struct figures *figures);
int figures_pareto(const struct figures_of *of, struct figures *figures);
int figures_budget(const struct figures_of *of, struct figures *figures);
int figures_traces(const struct figures_of *of, struct figures *figures, struct error *error); /* a run file may be unreadable */

/* The place of a group's arm among the arms that the campaign has, for colours and symbols: the same in every figure. */
size_t parts_arm(const struct summary *summary, const char *arm);
const char *parts_arm_name(const char *arm); /* of a campaign without arms: its command */

/* What the campaign goes by: the wall, or RAPL where there is no wall. */
const struct mean_energy *parts_energy(const struct summary *summary, const struct summary_group *group);
const char *parts_energy_name(const struct summary *summary); /* "energy at the wall", "energy by RAPL" */

/* A point such as "threads=2 scale=0.25" is one of a family: the same but for the threads. */
struct family {
	double threads; /* NAN: the point does not say */
	char rest[64];  /* "scale=0.25" */
};
struct family parts_family(const char *point);
bool parts_same_family(const struct summary_group *a, const struct summary_group *b);

/* kJ where joules would be long. */
struct unit_scale {
	double per;       /* J */
	const char *name; /* "kJ" */
};
struct unit_scale parts_joules(double most);

/* Lines for groups, below one another, as tables have them: a heading for each workload, with what all its points have in common; its
 * points, by what they have not, and arms below. */
#define ROWS_MAX 34 /* lines of one figure: higher ones are no figures */
struct row {
	const struct summary_group *group; /* NULL: a heading */
	const char *heading;               /* its workload */
	bool first_of_point;
};
struct rows {
	const struct summary *summary;
	struct row list[ROWS_MAX];
	size_t n;
};
/* Takes as many of the groups from *next on as fit, and as `wanted` says; *next goes behind them. */
void rows_take(const struct summary *summary, bool (*wanted)(const struct summary *, const struct summary_group *), size_t *next,
	       struct rows *rows);
/* Their names left of axes that begin at `left` px, and their range on the y axis: row i is at i + 1, downwards. */
void rows_label(const struct rows *rows, struct drawing *drawing, double left);
/* A text right of the axes, in line with row i. */
void rows_note(struct drawing *drawing, size_t i, const char *text, size_t columns);
unsigned rows_height(const struct rows *rows); /* px, of the axes */

#endif
