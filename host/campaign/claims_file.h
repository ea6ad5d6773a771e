/*
 * claims_file: published statements as data, to be held against a campaign (schemas/claims.schema.json).
 *
 * A claim says: this figure, of these points, as a contrast of two arms, lies in this interval. All strings belong to the claims and
 * live until claims_free.
 */
#ifndef JOULERIG_CAMPAIGN_CLAIMS_FILE_H
#define JOULERIG_CAMPAIGN_CLAIMS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "claim.h"
#include "error.h"

struct document; /* config/document.h */
struct node;
struct problems;

#define CLAIMS_MAX 64
#define CLAIM_SELECTIONS_MAX 32
#define CLAIM_VARIABLES_MAX 6
#define CLAIM_VALUES_MAX 64
#define CLAIM_ARMS_MAX 8

/* What is contrasted. Energy and power have four quantities (claims_judged.h), the others one. */
enum claim_metric {
	CLAIM_ENERGY,
	CLAIM_POWER,
	CLAIM_ELASTICITY, /* slope of ln(energy contrast) over ln(time contrast), within each workload: four quantities too */
	CLAIM_TIME,
	CLAIM_SPEED_UP,   /* the reciprocal of time: 2 is twice as fast */
	CLAIM_CPU_TIME,
	CLAIM_PEAK_RSS,
	CLAIM_PEAK_VMS,
	CLAIM_VMS_OVER_RSS, /* peak_vms / peak_rss of each run: above 1 where virtual memory grows more than resident */
	CLAIM_METRICS
};
const char *claim_metric_name(enum claim_metric metric); /* as in the file */
bool claim_metric_has_quantities(enum claim_metric metric);

enum claim_quantity { CLAIM_GROSS, CLAIM_NET, CLAIM_CAUSED, CLAIM_RAPL, CLAIM_QUANTITIES };
const char *claim_quantity_name(enum claim_quantity quantity); /* "gross", "net", "caused", "rapl" */

enum claim_firmness { CLAIM_FIRM, CLAIM_PROVISIONAL };

struct claim_variable { /* of a point: threads=8 */
	const char *name;
	size_t n; /* 0: any value */
	const char *values[CLAIM_VALUES_MAX];
};

/* Some points of one workload, or of all: those that have these variables at these values. Others may have any. */
struct claim_selection {
	const char *workload; /* NULL: all of the campaign */
	size_t n_variables;
	struct claim_variable variables[CLAIM_VARIABLES_MAX];
};

struct claim_arm_need { /* of requires: gil, python */
	const char *arm;
	int gil;            /* 1 on, 0 off, -1 does not matter */
	const char *python; /* "3.14": that version or a later part of it (3.14.2); NULL does not matter */
};

struct claim {
	const char *id, *says, *source, *note; /* note: what to know of the verdict; "" */
	enum claim_firmness firmness;
	enum claim_metric metric;
	enum claim_quantity quantity; /* that the verdict is about; CLAIM_GROSS unless the claim says otherwise */
	enum claim_quantifier quantifier;
	const char *arm, *over; /* the contrast: arm / over */
	struct claim_selection baseline; /* variables of the points that `over` is taken at, where they are others; n_variables 0: the same */
	const char *against; /* NULL, or the workload whose contrast at equal points it is divided by */
	size_t n_selections;
	struct claim_selection *selections;
	double low, high; /* 0 and INFINITY: open (-INFINITY for an elasticity) */
	double margin;    /* of an equivalence, from which low and high are; NAN for an interval */
	int min_cores;    /* 0: no need */
	double min_memory; /* bytes; 0 */
	bool needs_wall;   /* always for the wall's quantities; here of any other metric */
	size_t n_needs;
	struct claim_arm_need needs[CLAIM_ARMS_MAX];
	const char *published_python; /* that the source used, "3.14.2"; "" unknown: a verdict under another is told so */
	const struct node *arm_node, *over_node, *needs_node[CLAIM_ARMS_MAX];
};

struct claims {
	const char *title, *source;
	size_t n;
	struct claim *list; /* in the order of the file */
	struct document *document;
};

/* Read and check; every mistake goes into `problems` with its line and column. */
int claims_load(const char *path, struct claims *claims, struct problems *problems, struct error *error);
/* The same of a text in memory; `name` is for messages. */
int claims_parse(const char *name, const char *text, size_t length, struct claims *claims, struct problems *problems, struct error *error);
/* Arms that a claim names must be arms of the campaign (names[n]): those that are not are mistakes of the file. A workload or a
 * point that the campaign does not have is none: the claim cannot be tested there. */
int claims_check_arms(const struct claims *claims, const char *const *names, size_t n, struct problems *problems, struct error *error);
void claims_free(struct claims *claims); /* and zeroes it */

#endif
