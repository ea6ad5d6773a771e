/*
 * drawing: one figure as it is composed: data, settings and layers of a gnuplot script.
 *
 * Nothing in it depends on a terminal: places are shares of the canvas or of the axes, colours are the names of gnuplot variables that
 * whoever draws has set (gnuplot.h). `c1` to `c8` with `ink`, `paper` and `grid` are what helps to read; `m1` to `m8`, `mink` and `mgrid`,
 * of the same colours, are data: what is drawn in them counts as a mark.
 *
 * Text is quoted by drawing_quote alone: whatever is no letter, digit or blank is written by its number, so that nothing in a name can be
 * anything to gnuplot. (In single quotes it takes doubled ones for one only in some places: behind another character, and not twice.)
 */
#ifndef JOULERIG_REPORT_FIGURES_DRAWING_H
#define JOULERIG_REPORT_FIGURES_DRAWING_H

#include <stdint.h>

#include "figures.h"
#include "text.h"

#define DRAWING_FONT 17     /* px of the canvas */
#define DRAWING_COLUMN 10.0 /* px: a character's mean width in a wide font */
#define DRAWING_LINE 23     /* px from one line of text to the next */
#define DRAWING_COLOURS 8

struct drawing {
	struct text data, settings, layers, caption, alternative;
	unsigned height; /* px */
	double left, right, top, bottom; /* px from the canvas' edges to the axes */
	size_t marks;
};
#define DRAWING_INIT { .height = 400 }

/* At most `columns` wide (cut with an ellipsis), on one line, harmless. */
void drawing_quote(struct text *out, const char *string, size_t columns);
void drawing_number(struct text *out, double number); /* 17 digits; NaN where there is none */

/* A row of `n` numbers of a data block. */
void drawing_begin(struct drawing *drawing, const char *block);
void drawing_row(struct drawing *drawing, const double *numbers, size_t n);
void drawing_break(struct drawing *drawing); /* what follows is not joined to what went before */
void drawing_end(struct drawing *drawing);

void drawing_set(struct drawing *drawing, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One more layer: what follows `plot`. */
void drawing_layer(struct drawing *drawing, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Where the axes stand: px from the canvas' edges. Before drawing_axis. */
void drawing_margins(struct drawing *drawing, double left, double right, double top, double bottom);
/* Text at `place` (gnuplot's), followed by gnuplot's `options`. */
void drawing_label(struct drawing *drawing, const char *string, size_t columns, const char *place, const char *options);
void drawing_axis(struct drawing *drawing, char axis, const char *title);

/* A range that holds `low` to `high`, and its tics. Explicit: gnuplot's own leave logarithmic axes of less than a decade bare. */
void drawing_linear(struct drawing *drawing, char axis, double low, double high);
void drawing_logarithmic(struct drawing *drawing, char axis, double low, double high);

/* What symbols and colours mean, above the axes, from left to right in as many lines as that takes. */
struct legend {
	struct {
		char text[128];
		char colour[8];
		int symbol; /* gnuplot's `pt`; 0: none, the text itself is coloured */
	} entries[72];
	size_t n;
};
void legend_add(struct legend *legend, const char *text, const char *colour, int symbol);
unsigned legend_lines(const struct legend *legend);
/* From `top` px below the upper edge of the canvas, whose height must be known. */
void legend_draw(const struct legend *legend, struct drawing *drawing, double top);

/* Shapes and colours that are told apart without one another, by a running number. */
int drawing_filled(size_t i);
int drawing_open(size_t i);
unsigned drawing_colour(size_t i); /* 1 to DRAWING_COLOURS */

/* Takes the drawing, whatever comes of it: a figure more, unless it has no marks. -1 when memory is short. `name` as in struct figure. */
int drawing_finish(struct drawing *drawing, struct figures *figures, enum figure_section section, uint32_t run, const char *name);
void drawing_drop(struct drawing *drawing); /* makes none of it; harmless after drawing_finish */

#endif
