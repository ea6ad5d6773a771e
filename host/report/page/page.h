/*
 * page: a campaign as one self-contained HTML page: verdicts first, then results, figures, notes, traces of all runs, uncertainty, and
 * what it was measured with. It loads nothing, runs nothing, and holds no date of its own: the same campaign gives the same bytes.
 *
 * Its numbers are those of summary.h, as in tables and exports, each in <data> with all its digits.
 */
#ifndef JOULERIG_REPORT_PAGE_H
#define JOULERIG_REPORT_PAGE_H

#include "campaign_file.h"
#include "claims_judged.h"
#include "crosscheck.h"
#include "crosscheck_set.h"
#include "error.h"
#include "factors_file.h"
#include "figures.h"
#include "summary.h"
#include "text.h"

struct page_of {
	const struct campaign_file *file;
	const struct summary *summary;
	const struct crosscheck_set *set;   /* both NULL where the wall or RAPL is missing */
	const struct crosscheck *check;
	const struct claims_judged *claims; /* NULL: none were given */
	const struct factors *factors;      /* of cost and emissions; NULL: none were given */
	const struct figures *figures;      /* drawn for the page; NULL: none */
	const char *version;                /* of the joulerig that makes the page */
};

/* Appends to `out`. -1: a drawing cannot be shown, or memory is short. */
int report_page(const struct page_of *of, struct text *out, struct error *error);

#endif
