/* judged: the product's word on a made campaign, in the form that plants ask for. Whatever fails ends the program: it is no verdict. */
#ifndef JOULERIG_TESTS_JUDGEMENT_JUDGED_H
#define JOULERIG_TESTS_JUDGEMENT_JUDGED_H

#include "claims_judged.h"
#include "crosscheck_set.h"
#include "flags.h"
#include "made.h"
#include "summary.h"

/* A claims file in which claim c<i> is about workload w<i>: `statement` is what stands below each ("quantity: net", "interval: [1, open]"). */
struct claims *judged_claims(const char *statement, size_t n);
/* A claims file of these claims, as they stand below "claims:". */
struct claims *judged_claims_file(const char *list);
struct claims_judged judged_by(const struct claims *claims, const struct made *made);
/* The same of one claim: its verdict alone. */
enum claim_verdict judged_verdict(const struct claims *claims, const struct made *made);

/* ft / gil of gross energy at the wall, as the campaign's table has it. */
struct interval judged_ratio(const struct made *made, const char *workload);

bool judged_table_says(const struct made *made, const char *part);

/* RAPL held against the wall. */
struct cross_checked {
	bool refused;            /* RAPL is not held against the wall at all: */
	char why[240];
	enum crosscheck_verdict verdict; /* of workload w0; CROSSCHECK_UNDECIDED if refused */
};
struct cross_checked judged_crosscheck(const struct made *made);

struct flags judged_flags(const struct made *made, struct summary *summary); /* free both */

#endif
