#include <stdlib.h>
#include <string.h>

#include "emphasis.h"
#include "layout.h"
#include "plain.h"

#define GAP 2
#define INDENT 2

struct grid_row {
	char *heading; /* NULL: cells */
	struct text cells[GRID_COLUMNS_MAX];
};

/* How wide a column is; for ALIGN_SIGN, what stands before the sign and what stands from it on. */
struct measure {
	size_t width, before, after;
	bool shown;
};

void grid_column(struct grid *grid, const char *title, enum align align, int rank)
{
	if (grid->n_columns == GRID_COLUMNS_MAX)
		grid->failed = true;
	else
		grid->columns[grid->n_columns++] = (struct grid_column){ title, align, rank };
}

void grid_row(struct grid *grid)
{
	if (grid->failed)
		return;
	if (grid->n_rows == grid->capacity) {
		size_t capacity = grid->capacity ? 2 * grid->capacity : 16;
		struct grid_row *rows = realloc(grid->rows, capacity * sizeof *rows);
		if (rows == NULL) {
			grid->failed = true;
			return;
		}
		grid->rows = rows;
		grid->capacity = capacity;
	}
	grid->rows[grid->n_rows++] = (struct grid_row){ .heading = NULL };
}

void grid_heading(struct grid *grid, const char *heading)
{
	grid_row(grid);
	if (grid->failed)
		return;
	struct grid_row *row = &grid->rows[grid->n_rows - 1];
	row->heading = strdup(heading);
	grid->failed = row->heading == NULL;
}

struct text *grid_cell(struct grid *grid, int column)
{
	static _Thread_local struct text nowhere;
	if (!grid->failed && grid->n_rows)
		return &grid->rows[grid->n_rows - 1].cells[column];
	nowhere = (struct text){ .failed = true };
	return &nowhere;
}

void grid_free(struct grid *grid)
{
	for (size_t i = 0; i < grid->n_rows; i++) {
		free(grid->rows[i].heading);
		for (int c = 0; c < GRID_COLUMNS_MAX; c++)
			text_free(&grid->rows[i].cells[c]);
	}
	free(grid->rows);
	*grid = (struct grid)GRID_INIT;
}

static size_t spelt_width(const struct table_options *options, const char *string)
{
	struct text spelt = TEXT_INIT;
	layout_spelt(&spelt, options, string);
	size_t width = plain_width(text_string(&spelt));
	text_free(&spelt);
	return width;
}

/* Width of what stands before the ±; all of it if there is none. */
static size_t width_before_sign(const struct table_options *options, const char *cell)
{
	const char *sign = strstr(cell, "±");
	if (sign == NULL)
		return spelt_width(options, cell);
	struct text before = TEXT_INIT;
	text_add_bytes(&before, cell, (size_t)(sign - cell));
	size_t width = spelt_width(options, text_string(&before));
	text_free(&before);
	return width;
}

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void measure_cell(const struct table_options *options, enum align align, const char *cell, struct measure *measure)
{
	size_t width = spelt_width(options, cell);
	measure->shown |= width > 0;
	measure->width = max_size(measure->width, width);
	if (align != ALIGN_SIGN)
		return;
	size_t before = width_before_sign(options, cell);
	measure->before = max_size(measure->before, before);
	measure->after = max_size(measure->after, width - before);
	measure->width = max_size(measure->width, measure->before + measure->after);
}

static void measure_column(const struct grid *grid, const struct table_options *options, int column, struct measure *measure)
{
	const struct grid_column *c = &grid->columns[column];
	*measure = (struct measure){ 0 };
	for (size_t i = 0; i < grid->n_rows; i++)
		if (grid->rows[i].heading == NULL)
			measure_cell(options, c->align, text_string(&grid->rows[i].cells[column]), measure);
	measure->width = max_size(measure->width, spelt_width(options, c->title));
}

static size_t indent_of(const struct grid *grid)
{
	for (size_t i = 0; i < grid->n_rows; i++)
		if (grid->rows[i].heading)
			return INDENT;
	return 0;
}

static size_t total_width(const struct grid *grid, const struct measure *measures)
{
	size_t total = indent_of(grid), shown = 0;
	for (int c = 0; c < grid->n_columns; c++)
		if (measures[c].shown) {
			total += measures[c].width + (shown ? GAP : 0);
			shown++;
		}
	return total;
}

/* The shown column of highest rank, or -1 when all that is left must stay. */
static int most_dispensable(const struct grid *grid, const struct measure *measures)
{
	int found = -1, rank = 0;
	for (int c = 0; c < grid->n_columns; c++)
		if (measures[c].shown && grid->columns[c].rank > rank) {
			rank = grid->columns[c].rank;
			found = c;
		}
	return found;
}

static void leave_out(const struct grid *grid, const struct table_options *options, struct measure *measures,
		      struct text *left_out)
{
	while (options->columns > 0 && total_width(grid, measures) > (size_t)options->columns) {
		int column = most_dispensable(grid, measures);
		if (column < 0)
			return;
		measures[column].shown = false;
		if (left_out)
			text_addf(left_out, "%s%s", left_out->length ? ", " : "", grid->columns[column].title);
	}
}

static void pad(struct text *out, size_t spaces)
{
	text_addf(out, "%*s", (int)spaces, "");
}

/* Appends a cell with its padding; the padding that follows is owed, so that no line ends in spaces. */
static size_t render_cell(const struct table_options *options, enum align align, const struct measure *measure,
			  const char *cell, size_t owed, struct text *out)
{
	size_t width = spelt_width(options, cell), before = 0;
	if (align == ALIGN_RIGHT)
		before = measure->width - width;
	else if (align == ALIGN_SIGN && strstr(cell, "±"))
		before = measure->width - measure->after - width_before_sign(options, cell);
	if (width == 0)
		return owed + measure->width;
	pad(out, owed + before);
	layout_spelt(out, options, cell);
	return measure->width - before - width;
}

static void render_titles(const struct grid *grid, const struct table_options *options, const struct measure *measures,
			  struct text *out)
{
	size_t owed = indent_of(grid);
	text_add(out, emphasis_begin(options, EMPHASIS_FAINT));
	for (int c = 0; c < grid->n_columns; c++)
		if (measures[c].shown) {
			enum align align = grid->columns[c].align == ALIGN_RIGHT ? ALIGN_RIGHT : ALIGN_LEFT;
			owed = GAP + render_cell(options, align, &measures[c], grid->columns[c].title, owed, out);
		}
	text_addf(out, "%s\n", emphasis_end(options, EMPHASIS_FAINT));
}

static void render_row(const struct grid *grid, const struct table_options *options, const struct measure *measures,
		       const struct grid_row *row, struct text *out)
{
	size_t owed = indent_of(grid);
	for (int c = 0; c < grid->n_columns; c++) {
		const char *cell = text_string(&row->cells[c]);
		if (measures[c].shown)
			owed = GAP + render_cell(options, grid->columns[c].align, &measures[c], cell, owed, out);
	}
	text_add(out, "\n");
}

static bool any_failed(const struct grid *grid)
{
	for (size_t i = 0; i < grid->n_rows; i++)
		for (int c = 0; c < grid->n_columns; c++)
			if (grid->rows[i].cells[c].failed)
				return true;
	return grid->failed;
}

void grid_render(const struct grid *grid, const struct table_options *options, struct text *out, struct text *left_out)
{
	if (any_failed(grid)) {
		out->failed = true;
		return;
	}
	struct measure measures[GRID_COLUMNS_MAX];
	for (int c = 0; c < grid->n_columns; c++)
		measure_column(grid, options, c, &measures[c]);
	leave_out(grid, options, measures, left_out);
	render_titles(grid, options, measures, out);
	for (size_t i = 0; i < grid->n_rows; i++) {
		const struct grid_row *row = &grid->rows[i];
		if (row->heading)
			layout_paragraph(out, options, EMPHASIS_STRONG, INDENT, row->heading);
		else
			render_row(grid, options, measures, row, out);
	}
}
