#include "drawing.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"

/* ---- text and numbers ---- */

/* The bytes of `string` that are at most `columns` wide, whole characters. */
static size_t fitting(const char *string, size_t columns)
{
	size_t length = strlen(string);
	char *part = malloc(length + 1);
	if (part == NULL)
		return 0;
	memcpy(part, string, length + 1);
	while (length > 0 && plain_width(part) > columns) {
		do
			length--;
		while (length > 0 && ((unsigned char)string[length] & 0xc0) == 0x80);
		part[length] = '\0';
	}
	free(part);
	return length;
}

static bool is_harmless(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != '\0' && strchr(" _=.,:;+-/()[]", c) != NULL);
}

void drawing_quote(struct text *out, const char *string, size_t columns)
{
	struct text plain = TEXT_INIT;
	plain_add(&plain, string);
	const char *safe = text_string(&plain);
	bool whole = plain_width(safe) <= columns;
	size_t length = whole ? strlen(safe) : fitting(safe, columns - 1);
	text_add(out, "\"");
	for (size_t i = 0; i < length; i++)
		if (is_harmless(safe[i]))
			text_add_bytes(out, &safe[i], 1);
		else
			text_addf(out, "\\%03o", (unsigned)(unsigned char)safe[i]);
	text_add(out, whole ? "\"" : "\\342\\200\\246\""); /* an ellipsis */
	out->failed |= plain.failed;
	text_free(&plain);
}

void drawing_number(struct text *out, double number)
{
	if (isfinite(number))
		text_addf(out, "%.17g", number);
	else
		text_add(out, "NaN");
}

/* ---- blocks, settings, layers ---- */

void drawing_begin(struct drawing *drawing, const char *block)
{
	text_addf(&drawing->data, "$%s << END\n", block);
}

void drawing_row(struct drawing *drawing, const double *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_add(&drawing->data, i ? " " : "");
		drawing_number(&drawing->data, numbers[i]);
	}
	text_add(&drawing->data, "\n");
}

void drawing_break(struct drawing *drawing)
{
	text_add(&drawing->data, "\n");
}

void drawing_end(struct drawing *drawing)
{
	text_add(&drawing->data, "END\n");
}

static void add_formatted(struct text *out, const char *format, va_list arguments)
{
	char line[1024];
	int length = vsnprintf(line, sizeof line, format, arguments);
	out->failed |= length < 0 || (size_t)length >= sizeof line;
	text_add(out, line);
}

void drawing_set(struct drawing *drawing, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	text_add(&drawing->settings, "set ");
	add_formatted(&drawing->settings, format, arguments);
	text_add(&drawing->settings, "\n");
	va_end(arguments);
}

void drawing_layer(struct drawing *drawing, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	text_add(&drawing->layers, drawing->layers.length ? ", " : "plot ");
	add_formatted(&drawing->layers, format, arguments);
	va_end(arguments);
}

void drawing_margins(struct drawing *drawing, double left, double right, double top, double bottom)
{
	drawing->left = left;
	drawing->right = right;
	drawing->top = top;
	drawing->bottom = bottom;
	drawing_set(drawing, "lmargin at screen %.6f", left / FIGURE_WIDTH);
	drawing_set(drawing, "rmargin at screen %.6f", 1 - right / FIGURE_WIDTH);
	drawing_set(drawing, "tmargin at screen %.6f", 1 - top / drawing->height);
	drawing_set(drawing, "bmargin at screen %.6f", bottom / drawing->height);
}

void drawing_label(struct drawing *drawing, const char *string, size_t columns, const char *place, const char *options)
{
	text_add(&drawing->settings, "set label ");
	drawing_quote(&drawing->settings, string, columns);
	text_addf(&drawing->settings, " at %s %s\n", place, options);
}

void drawing_axis(struct drawing *drawing, char axis, const char *title)
{
	char place[64];
	double across = (drawing->left + FIGURE_WIDTH - drawing->right) / 2, up = (drawing->bottom + drawing->height - drawing->top) / 2;
	if (axis == 'x')
		snprintf(place, sizeof place, "screen %.6f,%.6f", across / FIGURE_WIDTH, 12.0 / drawing->height);
	else
		snprintf(place, sizeof place, "screen %.6f,%.6f", 14.0 / FIGURE_WIDTH, up / drawing->height);
	drawing_label(drawing, title, 60, place, axis == 'x' ? "center textcolor rgb ink" : "center rotate by 90 textcolor rgb ink");
}

/* ---- axes ---- */

#define TIC_OFFSET " offset 0,0.4" /* labels nearer to the axis than gnuplot would have them */

static double nice_step(double span, double most)
{
	static const double mantissas[] = { 1, 2, 2.5, 5, 10 };
	double decade = pow(10, floor(log10(span / most)));
	for (size_t i = 0; i < sizeof mantissas / sizeof *mantissas; i++)
		if (mantissas[i] * decade * most >= span * (1 - 1e-12))
			return mantissas[i] * decade;
	return 10 * decade;
}

static void tic(struct drawing *drawing, bool first, double at)
{
	text_addf(&drawing->settings, "%s'%.10g' %.17g", first ? "" : ", ", fabs(at) < 1e-300 ? 0 : at, at);
}

/* Tics at whole steps between the ends of a range. */
static void steps(struct drawing *drawing, char axis, double low, double high)
{
	double step = nice_step(high - low, axis == 'x' ? 6 : 5);
	bool first = true;
	text_addf(&drawing->settings, "set %ctics (", axis);
	for (double i = ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++, first = false)
		tic(drawing, first, i * step + 0.0); /* no -0 */
	text_addf(&drawing->settings, ")%s\n", axis == 'x' ? TIC_OFFSET : "");
}

static void range(struct drawing *drawing, char axis, double low, double high)
{
	drawing_set(drawing, "%crange [%.17g:%.17g]", axis, low, high);
}

void drawing_linear(struct drawing *drawing, char axis, double low, double high)
{
	if (!(high > low)) {
		double about = fmax(fabs(low) / 10, 1e-3);
		low -= about;
		high = low + 2 * about;
	}
	range(drawing, axis, low, high);
	steps(drawing, axis, low, high);
}

/* Which tenths of a decade's begin have a tic in so many decades. */
static bool has_tic(int tenths, double decades)
{
	bool few = tenths == 20 || tenths == 50, more = tenths == 30 || tenths == 70;
	bool most = tenths == 12 || tenths == 15 || tenths == 25 || tenths == 40 || tenths == 60 || tenths == 80;
	return tenths == 10 || (few && decades < 3) || (more && decades < 1.1 && (decades >= 0.6 || tenths == 30)) || (most && decades < 0.6);
}

static void decades(struct drawing *drawing, char axis, double low, double high)
{
	bool first = true;
	text_addf(&drawing->settings, "set %ctics (", axis);
	for (double decade = floor(log10(low)); decade <= ceil(log10(high)); decade++)
		for (int tenths = 10; tenths < 100; tenths++) {
			double at = tenths * pow(10, decade - 1);
			if (at < low * (1 - 1e-9) || at > high * (1 + 1e-9) || !has_tic(tenths, log10(high / low)))
				continue;
			tic(drawing, first, at);
			first = false;
		}
	text_addf(&drawing->settings, ")%s\n", axis == 'x' ? TIC_OFFSET : "");
}

void drawing_logarithmic(struct drawing *drawing, char axis, double low, double high)
{
	if (!(high > low * 1.02)) {
		low /= 1.05;
		high *= 1.05;
	}
	drawing_set(drawing, "logscale %c", axis);
	range(drawing, axis, low, high);
	if (high < 3 * low)
		steps(drawing, axis, low, high);
	else
		decades(drawing, axis, low, high);
}

/* ---- legend ---- */

#define LEGEND_LEFT 10
#define LEGEND_GAP 12   /* px between entries */
#define LEGEND_SYMBOL 18
#define LEGEND_COLUMNS 28 /* of a text, at most */

static double entry_width(const struct legend *legend, size_t i)
{
	size_t columns = plain_width(legend->entries[i].text);
	double text = DRAWING_COLUMN * (double)(columns < LEGEND_COLUMNS ? columns : LEGEND_COLUMNS);
	return text + (legend->entries[i].symbol ? LEGEND_SYMBOL : 0) + LEGEND_GAP;
}

/* Moves (x, line) behind an entry, or to the line in which it has room. */
static void place_entry(const struct legend *legend, size_t i, double *x, unsigned *line)
{
	if (*x > LEGEND_LEFT && *x + entry_width(legend, i) > FIGURE_WIDTH) {
		*x = LEGEND_LEFT;
		(*line)++;
	}
}

void legend_add(struct legend *legend, const char *text, const char *colour, int symbol)
{
	struct text plain = TEXT_INIT; /* as wide as it will be shown */
	if (legend->n == sizeof legend->entries / sizeof *legend->entries)
		return;
	plain_add(&plain, text);
	snprintf(legend->entries[legend->n].text, sizeof legend->entries->text, "%s", text_string(&plain));
	text_free(&plain);
	snprintf(legend->entries[legend->n].colour, sizeof legend->entries->colour, "%s", colour);
	legend->entries[legend->n++].symbol = symbol;
}

unsigned legend_lines(const struct legend *legend)
{
	double x = LEGEND_LEFT;
	unsigned line = 0;
	for (size_t i = 0; i < legend->n; i++) {
		place_entry(legend, i, &x, &line);
		x += entry_width(legend, i);
	}
	return legend->n ? line + 1 : 0;
}

void legend_draw(const struct legend *legend, struct drawing *drawing, double top)
{
	double x = LEGEND_LEFT;
	unsigned line = 0;
	char place[64], symbol[96];
	for (size_t i = 0; i < legend->n; i++) {
		const char *colour = legend->entries[i].colour;
		place_entry(legend, i, &x, &line);
		double y = 1 - (top + DRAWING_LINE * (line + 0.5)) / drawing->height, left = x + (legend->entries[i].symbol ? LEGEND_SYMBOL : 0);
		if (legend->entries[i].symbol) {
			snprintf(place, sizeof place, "screen %.6f,%.6f", (x + 7) / FIGURE_WIDTH, y);
			snprintf(symbol, sizeof symbol, "point pt %d ps 0.9 lc rgb %s", legend->entries[i].symbol, colour);
			drawing_label(drawing, "", 1, place, symbol);
		}
		snprintf(place, sizeof place, "screen %.6f,%.6f", left / FIGURE_WIDTH, y);
		drawing_label(drawing, legend->entries[i].text, LEGEND_COLUMNS, place, "left textcolor rgb ink");
		x += entry_width(legend, i);
	}
}

/* ---- symbols ---- */

int drawing_filled(size_t i)
{
	static const int symbols[] = { 7, 5, 9, 13, 11 }; /* circle, square, triangle, diamond, triangle on its tip */
	return symbols[(i + i / DRAWING_COLOURS) % (sizeof symbols / sizeof *symbols)];
}

int drawing_open(size_t i)
{
	return drawing_filled(i) - 1;
}

unsigned drawing_colour(size_t i)
{
	return (unsigned)(i % DRAWING_COLOURS) + 1;
}

/* ---- the figure ---- */

static char *taken(struct text *text)
{
	char *bytes = text_failed(text) ? NULL : text->bytes;
	if (bytes == NULL)
		free(text->bytes);
	*text = (struct text)TEXT_INIT;
	return bytes;
}

static char *script_of(struct drawing *drawing)
{
	struct text script = TEXT_INIT;
	text_add(&script, text_string(&drawing->data));
	text_add(&script, text_string(&drawing->settings));
	text_add(&script, text_string(&drawing->layers));
	text_add(&script, "\n");
	script.failed |= drawing->data.failed || drawing->settings.failed || drawing->layers.failed;
	return taken(&script);
}

static struct figure *room(struct figures *figures)
{
	struct figure *list = realloc(figures->list, (figures->n + 1) * sizeof *list);
	if (list == NULL)
		return NULL;
	figures->list = list;
	return &list[figures->n];
}

void drawing_drop(struct drawing *drawing)
{
	text_free(&drawing->data);
	text_free(&drawing->settings);
	text_free(&drawing->layers);
	text_free(&drawing->caption);
	text_free(&drawing->alternative);
}

static int add(const struct drawing *drawing, struct figure made, struct figures *figures, const char *name)
{
	struct figure *figure = room(figures);
	if (figure == NULL || made.script == NULL || made.caption == NULL || made.alternative == NULL) {
		free(made.script);
		free(made.caption);
		free(made.alternative);
		return -1;
	}
	*figure = made;
	figure->height = drawing->height;
	figure->marks = drawing->marks;
	snprintf(figure->name, sizeof figure->name, "%s", name);
	figures->n++;
	return 0;
}

int drawing_finish(struct drawing *drawing, struct figures *figures, enum figure_section section, uint32_t run, const char *name)
{
	int result = 0;
	if (drawing->marks > 0) {
		struct figure made = { .section = section, .run = run, .script = script_of(drawing), .caption = taken(&drawing->caption),
				       .alternative = taken(&drawing->alternative) };
		result = add(drawing, made, figures, name);
	}
	drawing_drop(drawing);
	return result;
}
