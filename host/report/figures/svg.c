#include "svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drawing.h"
#include "plain.h"

/* ---- colours ---- */

/* After M. Okabe, K. Ito, Color Universal Design (2008); their yellow is too pale for a line on paper, and is darker here. */
static const struct colour {
	const char *name, *property, *print;
} colours[] = {
	{ "ink", "--ink", "#1a1a1a" },   { "paper", "--paper", "#ffffff" }, { "grid", "--grid", "#c8c8c8" }, { "c1", "--c1", "#0072b2" },
	{ "c2", "--c2", "#d55e00" },     { "c3", "--c3", "#009e73" },       { "c4", "--c4", "#b2578a" },     { "c5", "--c5", "#c98900" },
	{ "c6", "--c6", "#3f97cf" },     { "c7", "--c7", "#8f8300" },       { "c8", "--c8", "#6b6b6b" },
};
#define COLOURS (sizeof colours / sizeof *colours)

/* The name that marks data: mink, mgrid, m1… */
static void mark_name(const struct colour *colour, char name[8])
{
	snprintf(name, 8, "m%s", colour->name[0] == 'c' ? colour->name + 1 : colour->name);
}

void svg_variables(enum svg_use use, struct text *script)
{
	char name[8];
	for (unsigned i = 0; i < COLOURS; i++) {
		mark_name(&colours[i], name);
		if (use == SVG_PRINT)
			text_addf(script, "%s = '%s'; %s = '%s'\n", colours[i].name, colours[i].print, name, colours[i].print);
		else
			text_addf(script, "%s = '#0001%02x'; %s = '#0002%02x'\n", colours[i].name, i, name, i);
	}
}

/* ---- pieces of the text ---- */

struct piece {
	const char *at;
	size_t length;
};

static bool is(struct piece piece, const char *string)
{
	return piece.length == strlen(string) && memcmp(piece.at, string, piece.length) == 0;
}

static bool begins(struct piece piece, const char *string)
{
	return piece.length >= strlen(string) && memcmp(piece.at, string, strlen(string)) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* <name attributes>, without its brackets. */
struct tag {
	struct piece name, attributes;
	bool closes, empty; /* </name>; <name/> */
};

/* Where the tag ends that begins at `at`: behind its `>`; NULL: it does not. Quoted values may hold one. */
static const char *end_of_tag(const char *at)
{
	char quote = '\0';
	for (; *at; at++) {
		if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '>')
			return at + 1;
	}
	return NULL;
}

static struct tag tag_of(const char *at, const char *end)
{
	struct tag tag = { .closes = at[1] == '/', .empty = end[-2] == '/' };
	const char *name = at + 1 + tag.closes, *after = name, *last = end - 1 - (tag.empty && end - 2 > name);
	while (after < last && !is_space(*after))
		after++;
	tag.name = (struct piece){ name, (size_t)(after - name) };
	tag.attributes = (struct piece){ after, (size_t)(last - after) };
	return tag;
}

/* Its value without the quotes; length 0: it has none of that name. */
static struct piece attribute(const struct tag *tag, const char *name)
{
	const char *at = tag->attributes.at, *end = at + tag->attributes.length;
	while (at < end) {
		while (at < end && is_space(*at))
			at++;
		const char *key = at;
		while (at < end && *at != '=' && !is_space(*at))
			at++;
		struct piece found = { key, (size_t)(at - key) };
		while (at < end && *at != '"' && *at != '\'')
			at++;
		const char *value = at + 1, *close = value < end ? memchr(value, *at, (size_t)(end - value)) : NULL;
		if (close == NULL)
			break;
		if (is(found, name))
			return (struct piece){ value, (size_t)(close - value) };
		at = close + 1;
	}
	return (struct piece){ end, 0 };
}

/* ---- what is in force ---- */

#define DEPTH 32
struct context {
	struct piece fill, stroke, color, width, transform, anchor, size;
};
struct telling {
	enum svg_use use;
	const char *figure;
	struct context stack[DEPTH];
	size_t depth;
	size_t marks;
	struct text *out;
	struct error *error;
	bool failed;
};

static void fail(struct telling *telling, const char *what, struct piece piece)
{
	error_set(telling->error, ERROR_INTERNAL, telling->figure, NULL, "%s: %.*s", what, (int)(piece.length < 60 ? piece.length : 60), piece.at);
	telling->failed = true;
}

static void take(struct piece *into, const struct tag *tag, const char *name)
{
	struct piece value = attribute(tag, name);
	if (value.length)
		*into = value;
}

static struct context within(const struct telling *telling, const struct tag *tag)
{
	struct context context = telling->stack[telling->depth];
	take(&context.fill, tag, "fill");
	take(&context.stroke, tag, "stroke");
	take(&context.color, tag, "color");
	take(&context.width, tag, "stroke-width");
	take(&context.transform, tag, "transform");
	take(&context.anchor, tag, "text-anchor");
	take(&context.size, tag, "font-size");
	return context;
}

/* ---- values ---- */

/* Coordinates and transformations only. */
static void add_attribute(struct telling *telling, const char *name, struct piece value)
{
	static const char allowed[] = "0123456789 .,()+-eMLZHVCmlzhvcatrnseo\n\t"; /* and the letters of translate, rotate, scale */
	text_addf(telling->out, " %s=\"", name);
	bool space = true;
	for (size_t i = 0; i < value.length; i++) {
		if (strchr(allowed, value.at[i]) == NULL)
			return fail(telling, "what is drawn has no numbers", value);
		if (is_space(value.at[i]) && !space)
			text_add(telling->out, " ");
		space = is_space(value.at[i]);
		if (!space)
			text_add_bytes(telling->out, &value.at[i], 1);
	}
	text_add(telling->out, "\"");
}

/* rgb( 0,   1,  12) or a name; NULL: none. Sets *mark if it is one of data. */
static const struct colour *colour_of(struct telling *telling, const struct context *context, struct piece value, bool *mark)
{
	unsigned red, family, number;
	char copy[32];
	if (is(value, "currentColor"))
		value = context->color;
	if (value.length == 0 || is(value, "black"))
		return &colours[0];
	if (is(value, "white"))
		return &colours[1];
	snprintf(copy, sizeof copy, "%.*s", (int)value.length, value.at);
	if (sscanf(copy, "rgb(%u,%u,%u)", &red, &family, &number) == 3 && red == 0 && (family == 1 || family == 2) && number < COLOURS) {
		*mark |= family == 2;
		return &colours[number];
	}
	fail(telling, "it is drawn in a colour that is none of the page's", value);
	return &colours[0];
}

static void add_colour(struct telling *telling, const char *name, const struct colour *colour)
{
	if (telling->use == SVG_PAGE)
		text_addf(telling->out, " %s=\"var(%s)\"", name, colour->property);
	else
		text_addf(telling->out, " %s=\"%s\"", name, colour->print);
}

/* ---- shapes ---- */

static void begin_shape(struct telling *telling, const char *name, bool mark)
{
	text_addf(telling->out, "<%s%s", name, mark ? " class=\"mark\"" : "");
	telling->marks += mark;
}

/* A path or a polygon: `where` is the attribute that holds its points. */
static void tell_shape(struct telling *telling, const struct tag *tag, const char *name, const char *where)
{
	struct context context = within(telling, tag);
	bool filled = !is(context.fill, "none"), drawn = !is(context.stroke, "none"), mark = false;
	struct piece points = attribute(tag, where), opacity = attribute(tag, "fill-opacity"), dashes = attribute(tag, "stroke-dasharray");
	const struct colour *fill = filled ? colour_of(telling, &context, context.fill, &mark) : NULL;
	const struct colour *stroke = drawn ? colour_of(telling, &context, context.stroke, &mark) : NULL;
	if (points.length == 0 || (!filled && !drawn))
		return;
	begin_shape(telling, name, mark);
	add_attribute(telling, where, points);
	if (filled)
		add_colour(telling, "fill", fill);
	if (filled && opacity.length)
		add_attribute(telling, "fill-opacity", opacity);
	if (drawn)
		add_colour(telling, "stroke", stroke);
	if (drawn && !is(context.width, "1.00"))
		add_attribute(telling, "stroke-width", context.width);
	if (drawn && dashes.length)
		add_attribute(telling, "stroke-dasharray", dashes);
	text_add(telling->out, "/>\n");
}

/* gnuplot's symbols, by the number in its reference (one less than `pt`): open, then filled. */
static const struct symbol {
	const char *reference, *shape;
	bool filled;
} symbols[] = {
	{ "#gpPt3", "M-1,-1h2v2h-2z", false },       { "#gpPt4", "M-1,-1h2v2h-2z", true },
	{ "#gpPt5", "M-1,0a1,1 0 1 0 2,0a1,1 0 1 0 -2,0z", false }, { "#gpPt6", "M-1,0a1,1 0 1 0 2,0a1,1 0 1 0 -2,0z", true },
	{ "#gpPt7", "M0,-1.33L-1.33,.67L1.33,.67z", false }, { "#gpPt8", "M0,-1.33L-1.33,.67L1.33,.67z", true },
	{ "#gpPt9", "M0,1.33L-1.33,-.67L1.33,-.67z", false }, { "#gpPt10", "M0,1.33L-1.33,-.67L1.33,-.67z", true },
	{ "#gpPt11", "M0,-1.4L1.4,0L0,1.4L-1.4,0z", false }, { "#gpPt12", "M0,-1.4L1.4,0L0,1.4L-1.4,0z", true },
};

static const struct symbol *symbol_of(struct piece reference)
{
	for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
		if (is(reference, symbols[i].reference))
			return &symbols[i];
	return NULL;
}

static void tell_symbol(struct telling *telling, const struct tag *tag)
{
	struct context context = within(telling, tag);
	struct piece reference = attribute(tag, "xlink:href");
	const struct symbol *symbol = symbol_of(reference.length ? reference : attribute(tag, "href"));
	bool mark = false;
	if (symbol == NULL)
		return;
	const struct colour *colour = colour_of(telling, &context, context.color, &mark);
	begin_shape(telling, "path", mark);
	text_addf(telling->out, " d=\"%s\"", symbol->shape);
	add_attribute(telling, "transform", attribute(tag, "transform"));
	add_colour(telling, "fill", symbol->filled ? colour : &colours[1]);
	if (!symbol->filled) {
		add_colour(telling, "stroke", colour);
		text_add(telling->out, " stroke-width=\".3\"");
	}
	text_add(telling->out, "/>\n");
}

/* Its words stand between here and the next tag, and gnuplot has escaped them. */
static void tell_text(struct telling *telling, const struct tag *tag, const char *words)
{
	struct context context = within(telling, tag);
	bool mark = false;
	const struct colour *colour = colour_of(telling, &context, context.fill, &mark);
	char font[16];
	snprintf(font, sizeof font, "%d.00", DRAWING_FONT);
	text_add(telling->out, "<text");
	add_attribute(telling, "transform", context.transform);
	add_colour(telling, "fill", colour);
	if (begins(context.anchor, "middle") || begins(context.anchor, "end"))
		text_addf(telling->out, " text-anchor=\"%s\"", begins(context.anchor, "end") ? "end" : "middle");
	if (context.size.length && !is(context.size, font))
		add_attribute(telling, "font-size", context.size);
	text_add(telling->out, ">");
	text_add_bytes(telling->out, words, strcspn(words, "<"));
	text_add(telling->out, "</text>\n");
}

/* ---- from top to bottom ---- */

static bool is_passed_over(const struct tag *tag)
{
	static const char *const names[] = { "title", "desc", "defs", "style", "script", "filter", "clipPath" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is(tag->name, names[i]))
			return true;
	return false;
}

static const char *behind(const struct tag *tag, const char *at)
{
	char close[32];
	snprintf(close, sizeof close, "</%.*s>", (int)tag->name.length, tag->name.at);
	const char *end = strstr(at, close);
	return end ? end + strlen(close) : at + strlen(at);
}

static void tell_group(struct telling *telling, const struct tag *tag)
{
	if (tag->closes && telling->depth > 0)
		telling->depth--;
	else if (!tag->closes && telling->depth + 1 < DEPTH) {
		struct context context = within(telling, tag);
		telling->stack[++telling->depth] = context;
	} else
		fail(telling, "its groups do not close", tag->name);
}

/* Returns where to go on. */
static const char *tell_tag(struct telling *telling, const struct tag *tag, const char *after)
{
	if (is(tag->name, "g") && !tag->empty)
		tell_group(telling, tag);
	else if (tag->closes || tag->name.at[0] == '?' || tag->name.at[0] == '!')
		return after;
	else if (is_passed_over(tag) && !tag->empty)
		return behind(tag, after);
	else if (is(tag->name, "path"))
		tell_shape(telling, tag, "path", "d");
	else if (is(tag->name, "polygon"))
		tell_shape(telling, tag, "polygon", "points");
	else if (is(tag->name, "use"))
		tell_symbol(telling, tag);
	else if (is(tag->name, "text"))
		tell_text(telling, tag, after);
	return after;
}

static void tell_body(struct telling *telling, const char *drawn)
{
	for (const char *at = strchr(drawn, '<'); at && !telling->failed; at = strchr(at, '<')) {
		const char *end = end_of_tag(at);
		if (end == NULL)
			return fail(telling, "what gnuplot wrote is cut short", (struct piece){ at, strlen(at) });
		struct tag tag = tag_of(at, end);
		at = tell_tag(telling, &tag, end);
	}
}

static void add_escaped(struct text *out, const char *string)
{
	struct text plain = TEXT_INIT;
	plain_add(&plain, string);
	for (const char *c = text_string(&plain); *c; c++)
		switch (*c) {
		case '&': text_add(out, "&amp;"); break;
		case '<': text_add(out, "&lt;"); break;
		case '>': text_add(out, "&gt;"); break;
		default: text_add_bytes(out, c, 1);
		}
	out->failed |= plain.failed;
	text_free(&plain);
}

static void add_head(const struct figure *figure, enum svg_use use, struct text *out)
{
	text_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" role=\"img\" font-size=\"%d\"", FIGURE_WIDTH, figure->height,
		  DRAWING_FONT);
	if (use == SVG_PRINT)
		text_add(out, " font-family=\"Helvetica, Arial, sans-serif\"");
	text_add(out, " fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n<title>");
	add_escaped(out, figure->caption);
	text_add(out, "</title>\n<desc>");
	add_escaped(out, figure->alternative);
	text_add(out, "</desc>\n");
}

int svg_retell(const char *drawn, const struct figure *figure, enum svg_use use, struct text *out, struct error *error)
{
	struct telling telling = { .use = use, .figure = figure->name, .out = out, .error = error };
	telling.stack[0] = (struct context){ .fill = { "none", 4 }, .stroke = { "none", 4 }, .width = { "1.00", 4 } };
	add_head(figure, use, out);
	tell_body(&telling, drawn);
	text_add(out, "</svg>\n");
	if (telling.failed)
		return -1;
	if (text_failed(out))
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	if (telling.marks < figure->marks)
		return error_set(error, ERROR_INTERNAL, figure->name, NULL, "%zu marks were to be drawn, and %zu were", figure->marks, telling.marks);
	return 0;
}
