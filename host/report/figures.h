/*
 * figures: what a campaign looks like. Each figure is gnuplot's: its data and commands stand in one text, without a terminal or an
 * output, so that one program draws it for the page (SVG, in colours that the page decides) and for papers (SVG, PDF).
 *
 * The numbers in a figure are those of summary.h, crosscheck.h and the claims: nothing is computed here that a table would have
 * otherwise. Text that comes from plans and instruments is quoted for gnuplot and shown as it is, whatever markup it may hold.
 */
#ifndef JOULERIG_REPORT_FIGURES_H
#define JOULERIG_REPORT_FIGURES_H

#include <stdint.h>

#include "campaign_file.h"
#include "crosscheck.h"
#include "crosscheck_set.h"
#include "error.h"
#include "summary.h"

struct claims_judged; /* claims_judged.h */

enum figure_section {
	FIGURE_RATIOS,    /* forest plots: published claims, and ratios to the reference arm with the intervals that are claimed for them */
	FIGURE_RAPL,      /* RAPL against the wall, with the fit */
	FIGURE_RESIDUALS, /* of that fit, by class */
	FIGURE_AGREEMENT, /* Bland-Altman */
	FIGURE_THREADS,   /* energy over threads, a figure a workload */
	FIGURE_PARETO,    /* energy over time */
	FIGURE_BUDGET,    /* uncertainty budgets as stacked bars */
	FIGURE_TRACE,     /* power of one run, with bracket, marks, gaps and tail */
	FIGURE_SECTIONS
};

#define FIGURE_WIDTH 640 /* px of its own; shown as wide as its column */

struct figure {
	enum figure_section section;
	uint32_t run;      /* FIGURE_TRACE: its number; else 0 */
	char name[64];     /* unique, fit for a file's name and an id: "trace-000012" */
	char *caption;     /* plain UTF-8, not escaped */
	char *alternative; /* what it shows, in words, likewise */
	char *script;      /* gnuplot's */
	unsigned height;   /* of its canvas, px; all are FIGURE_WIDTH wide */
	size_t marks;      /* points, bars and curves that it draws at least: what an empty plot would not have */
	char *svg;         /* after figures_draw for the page: one <svg> element; NULL before */
};

struct figures {
	struct figure *list; /* by section, then in the order of the campaign's table */
	size_t n;
};

/* What figures are made of; NULL where there is none of it. Figures keep no reference to any of it. */
struct figures_of {
	const char *place; /* of the campaign: its run files are read for traces; NULL: no traces */
	const struct campaign_file *file;
	const struct summary *summary;
	const struct crosscheck_set *set;
	const struct crosscheck *check;
	const struct claims_judged *claims;
};

/* A figure that would have nothing to show is not made. -1 when memory is short or a run file cannot be read. */
int figures_make(const struct figures_of *of, struct figures *figures, struct error *error);
/* Draws all by one gnuplot and sets each `svg`, sized by its viewBox, whose colours are the page's var(--ink) (lines, text), var(--paper),
 * var(--grid) (what stands back: bands, shades) and var(--c1) to var(--c8). What shows data has class="mark": `marks` of them at least, or
 * it is ERROR_INTERNAL. The same figures give the same bytes. */
int figures_draw_page(struct figures *figures, struct error *error);
/* Writes NAME.svg and NAME.pdf of each into `directory`, which must exist. */
int figures_draw_files(const struct figures *figures, const char *directory, struct error *error);
void figures_free(struct figures *figures); /* and zeroes it */

#endif
