/*
 * svg: what gnuplot's svg terminal wrote, told again: the same shapes and texts at the same places, and nothing else. What comes out is
 * one <svg> element without ids, references, scripts, styles or fonts of its own, so that any number of them stand in one page.
 *
 * Colours: a script's variables (drawing.h) hold colours that nobody would see in one another's place; they become the page's custom
 * properties (SVG_PAGE), or those of print (SVG_PRINT). Black and white are ink and paper. Any other colour is a defect.
 */
#ifndef JOULERIG_REPORT_FIGURES_SVG_H
#define JOULERIG_REPORT_FIGURES_SVG_H

#include "figures.h"
#include "text.h"

enum svg_use { SVG_PAGE, SVG_PRINT };

/* Appends to `out`. ERROR_INTERNAL when it has fewer marks than the figure promises. */
int svg_retell(const char *drawn, const struct figure *figure, enum svg_use use, struct text *out, struct error *error);

/* The variables, set for the svg terminal, or to the colours of print for any other. */
void svg_variables(enum svg_use use, struct text *script);

#endif
