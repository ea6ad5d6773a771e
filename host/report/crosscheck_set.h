/*
 * crosscheck_set: what RAPL and the wall said of each run, from a campaign or from a table of somebody else's, for
 * analysis/crosscheck.h; and who is compared with whom.
 */
#ifndef JOULERIG_REPORT_CROSSCHECK_SET_H
#define JOULERIG_REPORT_CROSSCHECK_SET_H

#include "campaign_file.h"
#include "crosscheck.h"
#include "error.h"

#define CROSSCHECK_LABEL 64

/* Points of one class, point and arm follow each other. */
struct crosscheck_set {
	struct crosscheck_point *points; /* n */
	size_t n;
	struct crosscheck_group {
		char class[CROSSCHECK_LABEL], point[CROSSCHECK_LABEL], arm[CROSSCHECK_LABEL];
		size_t first, n;
		bool is_reference;
		double shared_wall; /* relative standard uncertainty of its wall ratio to the reference: what does not cancel */
	} *groups;
	size_t n_groups;
	char classes[CROSSCHECK_CLASSES_MAX][CROSSCHECK_LABEL];
	size_t n_classes;
	size_t left_out; /* runs without both figures */
	bool compares;
};

/* Classes are workloads. Runs count as in the campaign's table; each needs the wall and RAPL. */
int crosscheck_set_campaign(const struct campaign_file *file, struct crosscheck_set *set, struct error *error);

/*
 * A table (RFC 4180) whose first line names its columns, in any order: wall and rapl (J; with `power` W), time (s; with `power` it may be
 * missing), and where known class, point, arm, u_wall and u_rapl (as wall and rapl; standard). Other columns are left alone. `reference`: the arm that others are compared with; NULL:
 * the first that appears. What is no positive number is refused with its line and column. `name` is for messages.
 */
int crosscheck_set_csv(const char *name, const char *text, size_t length, bool power, const char *reference, struct crosscheck_set *set,
		       struct error *error);

const struct crosscheck_group *crosscheck_set_reference(const struct crosscheck_set *set, const struct crosscheck_group *group);
void crosscheck_set_free(struct crosscheck_set *set); /* and zeroes it */

#endif
