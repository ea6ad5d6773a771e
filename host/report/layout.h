/*
 * layout: lines that wrap and columns that align, in a given width, with or without colour and Unicode.
 *
 * Strings given here are UTF-8 and harmless already (plain_add); with `unicode` off they are spelt in ASCII on the way out.
 */
#ifndef JOULERIG_REPORT_LAYOUT_H
#define JOULERIG_REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum emphasis { EMPHASIS_NONE, EMPHASIS_STRONG, EMPHASIS_FAINT, EMPHASIS_CAUTION, EMPHASIS_ALARM };

struct table_options {
	int columns;  /* width to fit in; 0: no limit */
	bool colour;  /* ANSI escapes */
	bool unicode; /* the terminal shows UTF-8 */
	/* Takes each paragraph as it is, where no terminal is meant; NULL: it is laid out. */
	void (*paragraph)(void *context, enum emphasis emphasis, const char *paragraph);
	void *context;
};

/* One paragraph: wrapped between words at the width, further lines indented by `hanging` spaces. Ends in a newline. */
void layout_paragraph(struct text *out, const struct table_options *options, enum emphasis emphasis, int hanging,
		      const char *paragraph);

enum align {
	ALIGN_LEFT,
	ALIGN_RIGHT,
	ALIGN_SIGN, /* so that the ± of a column stand below each other */
};

struct grid_column {
	const char *title; /* not owned */
	enum align align;
	int rank; /* 0: always shown; else columns that do not fit are left out, the highest rank first */
};
#define GRID_COLUMNS_MAX 16

struct grid_row; /* cells, or one heading across all columns */
struct grid {
	struct grid_column columns[GRID_COLUMNS_MAX];
	int n_columns;
	struct grid_row *rows;
	size_t n_rows, capacity;
	bool failed; /* memory was short: rendering fails `out` */
};
#define GRID_INIT { .n_columns = 0 }

void grid_column(struct grid *grid, const char *title, enum align align, int rank); /* all columns before the first row */
void grid_heading(struct grid *grid, const char *heading);
void grid_row(struct grid *grid);
struct text *grid_cell(struct grid *grid, int column); /* of the last row, to be filled by the caller */

/* A column without a single filled cell is not shown. The titles of columns that had no room are appended to `left_out`
 * (comma-separated) unless it is NULL. Cells of a row are indented by two spaces if the grid has headings. */
void grid_render(const struct grid *grid, const struct table_options *options, struct text *out, struct text *left_out);
void grid_free(struct grid *grid);

#endif
