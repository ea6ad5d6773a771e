#include "ranges_text.h"

#include <math.h>

#include "c_locale.h"
#include "plain.h"

static void add_heading(const struct range_advice *a, struct text *out)
{
	if (a->simulated)
		text_add(out, "SIMULATED  ");
	plain_add(out, a->device);
	text_add(out, " = ");
	plain_add(out, a->model);
	if (a->serial[0]) {
		text_add(out, " no. ");
		plain_add(out, a->serial);
	}
	text_addf(out, ": %zu runs; largest %.4g W, %.4g V, %.3g A (means over a window; peaks in it are not seen)\n", a->n_runs, a->power,
		  a->voltage, a->current);
	if (a->peaks_over)
		text_addf(out, "%zu values came with a peak or a mean beyond the range in use: a larger one is needed\n", a->peaks_over);
}

static void add_columns(const struct range_advice *a, struct text *out)
{
	text_add(out, "  voltage  current  filled  fits ");
	for (size_t w = 0; w < a->n_workloads; w++)
		text_addf(out, "     U %-3zu", w + 1);
	text_add(out, "\n");
}

static void add_row(const struct range_advice *a, int i, struct text *out)
{
	const struct range_row *row = &a->rows[i];
	text_addf(out, "  %5g V  %5g A  %4.0f %%   %-5s", row->voltage, row->current, 100 * row->filled, row->fits ? "yes" : "no");
	for (size_t w = 0; w < a->n_workloads; w++) {
		if (row->fits && !isnan(row->U[w]))
			text_addf(out, "  %5.2f %%", 100 * row->U[w]);
		else
			text_add(out, "       –");
		text_add(out, " ");
	}
	text_addf(out, "%s%s\n", row->in_use ? " in use" : "", i == a->best ? " <- best" : "");
}

static void add_workloads(const struct range_advice *a, struct text *out)
{
	text_add(out, "U: of one run's gross energy at 95 %, median over its runs, with the accuracy of that range:\n");
	for (size_t w = 0; w < a->n_workloads; w++) {
		text_addf(out, "  %zu  ", w + 1);
		plain_add(out, a->workloads[w]);
		text_add(out, "\n");
	}
	if (a->more_workloads)
		text_addf(out, "The campaign has more workloads: only the first %d are looked at.\n", RANGE_WORKLOADS_MAX);
}

static void add_advice(const struct range_advice *a, struct text *out)
{
	if (a->best < 0) {
		text_add(out, "no range of this meter is large enough\n");
		return;
	}
	const struct range_row *best = &a->rows[a->best];
	text_addf(out, "the smallest range that these loads fill to no more than %.0f %%: ranges: { voltage: %g V, current: %g A }%s\n",
		  100 * RANGE_MARGIN, best->voltage, best->current, best->in_use ? ", the one in use" : "");
}

int report_ranges(const struct range_advice *advice, struct text *out)
{
	struct c_locale scope;
	c_locale_enter(&scope);
	add_heading(advice, out);
	add_columns(advice, out);
	for (int i = 0; i < advice->n_rows; i++)
		add_row(advice, i, out);
	add_workloads(advice, out);
	add_advice(advice, out);
	c_locale_leave(&scope);
	return text_failed(out) ? -1 : 0;
}
