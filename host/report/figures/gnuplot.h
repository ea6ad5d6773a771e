/*
 * gnuplot: the program that draws, run once for any number of figures, in a directory of its own that is gone afterwards.
 */
#ifndef JOULERIG_REPORT_FIGURES_GNUPLOT_H
#define JOULERIG_REPORT_FIGURES_GNUPLOT_H

#include <stdint.h>

#include "error.h"
#include "text.h"

/* A new directory below TMPDIR, or /tmp. */
struct scratch {
	char path[256];
};
int scratch_make(struct scratch *scratch, struct error *error);
void scratch_remove(const struct scratch *scratch); /* with all files in it */

/* Feeds `script` to gnuplot, which works in `scratch`, heeds no user's settings and has ended when this returns: by itself, or after
 * `limit` ns. ERROR_NOT_FOUND: it is not installed. What it complains of is in the error. */
int gnuplot_run(const struct scratch *scratch, const struct text *script, int64_t limit, struct error *error);

#endif
