#include "html.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "plain.h"

/* ---- what is written ---- */

static void add_escaped(struct text *out, const char *string)
{
	for (size_t length; *string; string += length) {
		length = strcspn(string, "&<>\"'");
		text_add_bytes(out, string, length);
		if (string[length] == '\0')
			return;
		switch (string[length++]) {
		case '&': text_add(out, "&amp;"); break;
		case '<': text_add(out, "&lt;"); break;
		case '>': text_add(out, "&gt;"); break;
		case '"': text_add(out, "&quot;"); break;
		default: text_add(out, "&#39;"); break;
		}
	}
}

/* The one way of any text, and of any value, onto the page. */
static void add_harmless(struct html *html, const char *string)
{
	struct text plain = TEXT_INIT;
	plain_add(&plain, string);
	add_escaped(html->out, text_string(&plain));
	html->out->failed |= plain.failed;
	text_free(&plain);
}

static void end_tag(struct html *html)
{
	if (html->in_tag)
		text_add(html->out, ">");
	html->in_tag = false;
}

/* So that the page can be read, and compared line by line. */
static bool ends_line(const char *name)
{
	static const char *const names[] = { "p", "tr", "table", "thead", "tbody", "section", "div", "figure", "figcaption", "details", "summary",
		"ul", "ol", "li", "dl", "dd", "h1", "h2", "h3", "h4", "header", "footer", "nav", "main", "title", "style", "head", "body", "html",
		"pre", "article", NULL };
	for (const char *const *known = names; *known; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

void html_open_literal(struct html *html, const char *name)
{
	end_tag(html);
	if (html->depth == HTML_DEPTH) {
		html->broken = true;
		return;
	}
	html->open[html->depth++] = name;
	text_addf(html->out, "<%s", name);
	html->in_tag = true;
}

void html_void_literal(struct html *html, const char *name)
{
	end_tag(html);
	text_addf(html->out, "<%s", name);
	html->in_tag = true; /* its attributes; the next element or text ends it */
}

void html_attribute_literal(struct html *html, const char *name, const char *value)
{
	html->broken |= !html->in_tag;
	text_addf(html->out, " %s=\"", name);
	add_harmless(html, value);
	text_add(html->out, "\"");
}

void html_close(struct html *html)
{
	end_tag(html);
	if (html->depth == 0) {
		html->broken = true;
		return;
	}
	const char *name = html->open[--html->depth];
	text_addf(html->out, "</%s>%s", name, ends_line(name) ? "\n" : "");
}

void html_text(struct html *html, const char *string)
{
	end_tag(html);
	add_harmless(html, string);
}

static void add_formatted(struct text *text, const char *format, va_list arguments)
{
	char *string = NULL;
	if (vasprintf(&string, format, arguments) < 0)
		text->failed = true;
	else
		text_add(text, string);
	free(string);
}

void html_textf(struct html *html, const char *format, ...)
{
	struct text text = TEXT_INIT;
	va_list arguments;
	va_start(arguments, format);
	add_formatted(&text, format, arguments);
	va_end(arguments);
	html_text(html, text_string(&text));
	html->out->failed |= text.failed;
	text_free(&text);
}

void html_attributef_literal(struct html *html, const char *name, const char *format, ...)
{
	struct text text = TEXT_INIT;
	va_list arguments;
	va_start(arguments, format);
	add_formatted(&text, format, arguments);
	va_end(arguments);
	html_attribute_literal(html, name, text_string(&text));
	html->out->failed |= text.failed;
	text_free(&text);
}

void html_lines(struct html *html, const char *string)
{
	end_tag(html);
	for (size_t length; *string; string += length) {
		struct text part = TEXT_INIT;
		length = strcspn(string, "\n\t");
		text_add_bytes(&part, string, length);
		add_harmless(html, text_string(&part));
		html->out->failed |= part.failed;
		text_free(&part);
		if (string[length])
			text_add_bytes(html->out, &string[length++], 1);
	}
}

/* ---- numbers ---- */

static void add_digits(struct html *html, const char *name, double value)
{
	if (isfinite(value))
		html_attributef_literal(html, name, "%.17g", value);
}

static void begin_data(struct html *html, const char *figure, double value)
{
	html_open(html, "data");
	add_digits(html, "value", value);
	html_attribute(html, "data-figure", figure);
}

/* Composes by `text`, which is emptied. */
static void end_data(struct html *html, struct text *text)
{
	html_text(html, text_string(text));
	html_close(html);
	html->out->failed |= text->failed;
	text_free(text);
}

static bool is_known(struct html *html, double value)
{
	if (!isfinite(value))
		html_text(html, NUMBER_UNKNOWN);
	return isfinite(value);
}

void html_energy(struct html *html, const char *figure, double joules, double U)
{
	struct text text = TEXT_INIT;
	if (!is_known(html, joules))
		return;
	number_energy(&text, joules, U);
	begin_data(html, figure, joules);
	add_digits(html, "data-u", U);
	end_data(html, &text);
}

void html_quantity(struct html *html, const char *figure, double value, double U, const char *unit)
{
	struct text text = TEXT_INIT;
	if (!is_known(html, value))
		return;
	number_quantity(&text, value, U, unit);
	begin_data(html, figure, value);
	add_digits(html, "data-u", U);
	end_data(html, &text);
}

void html_power(struct html *html, const char *figure, double watts, double U)
{
	struct text text = TEXT_INIT;
	if (!is_known(html, watts))
		return;
	number_power(&text, watts, U);
	begin_data(html, figure, watts);
	end_data(html, &text);
}

void html_time(struct html *html, const char *figure, double seconds)
{
	struct text text = TEXT_INIT;
	if (!is_known(html, seconds))
		return;
	number_time(&text, seconds);
	begin_data(html, figure, seconds);
	end_data(html, &text);
}

void html_interval(struct html *html, const char *figure, const struct interval *interval, const char *words)
{
	if (!is_known(html, interval->estimate))
		return;
	begin_data(html, figure, interval->estimate);
	add_digits(html, "data-low", interval->low);
	add_digits(html, "data-high", interval->high);
	html_text(html, words);
	html_close(html);
}

void html_ratio(struct html *html, const char *figure, const struct interval *ratio)
{
	struct text text = TEXT_INIT;
	number_ratio(&text, ratio);
	html_interval(html, figure, ratio, text_string(&text));
	html->out->failed |= text.failed;
	text_free(&text);
}

void html_percent(struct html *html, const char *figure, double fraction)
{
	struct text text = TEXT_INIT;
	if (!is_known(html, fraction))
		return;
	number_percent(&text, fraction);
	begin_data(html, figure, fraction);
	end_data(html, &text);
}

void html_number(struct html *html, const char *figure, double value, const char *words)
{
	if (!is_known(html, value))
		return;
	begin_data(html, figure, value);
	html_text(html, words);
	html_close(html);
}

/* ---- drawings and style ---- */

/* One tag of a drawing: <name attributes>. What stands between tags is text, which may say anything. */
struct tag {
	const char *begin, *end; /* at its `<`, and at its `>` */
};

/* The next from `at`; false: there is none. Of one that does not end, `end` is NULL. Quoted values may hold a `>`. */
static bool next_tag(const char *at, struct tag *tag)
{
	char quote = '\0';
	*tag = (struct tag){ .begin = strchr(at, '<') };
	for (at = tag->begin; at && *at && tag->end == NULL; at++) {
		if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '>')
			tag->end = at;
	}
	return tag->begin != NULL;
}

/* Of those that a figure is told in (figures/svg.c), and that can only be seen. */
static bool is_shape(const struct tag *tag)
{
	static const char *const shapes[] = { "svg", "title", "desc", "g", "path", "polygon", "use", "text", NULL };
	const char *name = tag->begin + 1 + (tag->begin[1] == '/');
	size_t length = strcspn(name, " \t\r\n/>");
	for (const char *const *shape = shapes; *shape; shape++)
		if (strlen(*shape) == length && strncmp(name, *shape, length) == 0)
			return true;
	return false;
}

/* An attribute that acts, or that brings something from elsewhere: a link is to what is in the drawing itself, only. */
static bool acts(const struct tag *tag)
{
	for (const char *at = tag->begin + 1; at < tag->end; at++) {
		if (strncasecmp(at, "url(", 4) == 0 || strncasecmp(at, "style", 5) == 0)
			return true;
		if (strchr(" \t\r\n'\"/", at[0]) && strncasecmp(at + 1, "on", 2) == 0)
			return true;
		if (strncasecmp(at, "href", 4) == 0 && strncmp(at + 4, "='#", 3) != 0 && strncmp(at + 4, "=\"#", 3) != 0)
			return true;
	}
	return false;
}

/* Whatever else might have come into a drawing is refused, not repaired. */
static bool is_still(const char *svg)
{
	struct tag tag;
	for (const char *at = svg; next_tag(at, &tag); at = tag.end)
		if (tag.end == NULL || !is_shape(&tag) || acts(&tag))
			return false;
	return true;
}

static bool is_one_drawing(const char *svg)
{
	const char *end = strstr(svg, "</svg>");
	return strncmp(svg, "<svg", 4) == 0 && end && end[6 + strspn(end + 6, " \t\r\n")] == '\0';
}

int html_svg(struct html *html, const char *svg)
{
	if (!is_one_drawing(svg) || !is_still(svg))
		return -1;
	end_tag(html);
	text_add(html->out, svg);
	return 0;
}

void html_rule(struct html *html, const char *rule)
{
	end_tag(html);
	text_add(html->out, rule);
	text_add(html->out, "\n");
}
