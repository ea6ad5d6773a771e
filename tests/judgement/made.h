/*
 * made: campaigns as a bench would have measured them, whose truths are known: results with joules, budgets and sources, in the order in
 * which a plan's blocks run them. A meter's gain and offset are drawn once for a bench, within its specification; runs scatter; nothing
 * here knows what is concluded from it.
 */
#ifndef JOULERIG_TESTS_JUDGEMENT_MADE_H
#define JOULERIG_TESTS_JUDGEMENT_MADE_H

#include "campaign_file.h"
#include "plan.h"
#include "unit/analysis/planted.h" /* dice */

#define MADE_WORKLOADS 8
#define MADE_ARMS 2 /* "ft", over the reference "gil" */
enum { FT, GIL };

/* What a workload does under an arm. Powers are means over the run, of what each zone would have to say. */
struct demand {
	double time, wall; /* s, W */
	double tail;       /* J above idle after the run */
	double package, second, dram; /* W by RAPL; second: another package, 0: there is none */
};

enum dram { DRAM_COUNTS, DRAM_DEAD };

struct made_bench {
	double idle;          /* W at the wall */
	double gain, offset;  /* limits of the meter's error: relative, W */
	double cv;            /* scatter of a run's energy, which the wall and RAPL both see */
	double noise;         /* relative: of measuring it, of either by itself */
	double drift;         /* relative, over the whole campaign */
	bool one_sided;       /* scatter is that of what delays: most runs near the least, some far above */
	enum dram dram;
	bool mirrored;        /* the second package shows the first one's counter */
	enum plan_order order;
	size_t workloads, repetitions;
};

struct made {
	struct campaign_file file;
	struct result *room; /* for results; allocated once */
	size_t capacity;
};

/* "w0", "w1"… under both arms. Takes the room of the campaign that was there before. */
void made_campaign(struct dice *dice, const struct made_bench *bench, struct demand demands[][MADE_ARMS], struct made *made);
void made_free(struct made *made);

/* The energy of a run's sources is multiplied: it is another run than was planned. */
void made_multiply(struct result *result, double factor);
void made_lengthen(struct result *result, double factor); /* at the same power */
void made_unmeasure(struct result *result);               /* its energy is not known */
void made_time_out(struct result *result);
/* The wall's energies are shown in steps of `quantum`, J, and the budget says so. */
void made_round(struct result *result, double quantum);
/* Each n workloads are one workload's points: "w0 threads=1"… */
void made_points(struct made *made, size_t n);

#endif
