/* crosscheck_rows: rows on their way into a crosscheck_set; for the files that make one. */
#ifndef JOULERIG_REPORT_CROSSCHECK_ROWS_H
#define JOULERIG_REPORT_CROSSCHECK_ROWS_H

#include "crosscheck_set.h"

struct crosscheck_row {
	struct crosscheck_point point; /* its class is filled in */
	char class[CROSSCHECK_LABEL], spot[CROSSCHECK_LABEL], arm[CROSSCHECK_LABEL];
	double shared_wall;
	size_t group, order; /* filled in */
};

/* Orders the rows. On failure the set is to be freed. */
int crosscheck_set_of_rows(const char *name, struct crosscheck_row *rows, size_t n, const char *reference, struct crosscheck_set *set,
			   struct error *error);

#endif
