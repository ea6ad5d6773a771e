/*
 * html: a page as it is written. Nothing gets onto it but by these functions: names of elements and attributes are string literals
 * (anything else does not compile), text and values are escaped here and nowhere else, and what is opened is closed by its own name.
 *
 *   html_open(&html, "p");
 *   html_attribute(&html, "class", "lede");
 *   html_text(&html, title);
 *   html_close(&html);
 *
 * Text of unknown origin is also made harmless as plain.h has it: control and bidirectional characters are shown, not obeyed.
 */
#ifndef JOULERIG_REPORT_HTML_H
#define JOULERIG_REPORT_HTML_H

#include <stdbool.h>

#include "statistics.h"
#include "text.h"

#define HTML_DEPTH 32

struct html {
	struct text *out; /* the caller's; its `failed` says that memory was short */
	const char *open[HTML_DEPTH];
	int depth;
	bool in_tag; /* attributes may follow */
	bool broken; /* nested too deeply, or an attribute in the wrong place: a defect */
};

#define html_open(html, name) html_open_literal((html), "" name "")
#define html_void(html, name) html_void_literal((html), "" name "") /* no content, no end: meta, br */
#define html_attribute(html, name, value) html_attribute_literal((html), "" name "", (value))
#define html_element(html, name, text) (html_open((html), name), html_text((html), (text)), html_close(html))
#define html_attributef(html, name, ...) html_attributef_literal((html), "" name "", __VA_ARGS__)
/* One with a class: html_classed(&html, "p", "note", text). */
#define html_classed(html, name, class_name, text) \
	(html_open((html), name), html_attribute((html), "class", (class_name)), html_text((html), (text)), html_close(html))

void html_text(struct html *html, const char *string);
void html_textf(struct html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));
void html_lines(struct html *html, const char *string); /* newlines and tabs stay: for <pre> */
void html_close(struct html *html);

/* Numbers as number.h has them, in <data> with all their digits: value, and where there are, data-u, data-low, data-high. `figure` says
 * which it is, to who compares. What is not known is `–` alone. */
void html_energy(struct html *html, const char *figure, double joules, double U);
void html_power(struct html *html, const char *figure, double watts, double U);
void html_quantity(struct html *html, const char *figure, double value, double U, const char *unit);
void html_time(struct html *html, const char *figure, double seconds);
void html_ratio(struct html *html, const char *figure, const struct interval *ratio);
void html_percent(struct html *html, const char *figure, double fraction);
/* Any other: `words` as composed with number.h. */
void html_number(struct html *html, const char *figure, double value, const char *words);
void html_interval(struct html *html, const char *figure, const struct interval *interval, const char *words);

/* A drawing of figures.h, as it is. 0, or -1 when it is none: not one <svg> alone, or something in it that could do more than be seen. */
int html_svg(struct html *html, const char *svg);
/* The style sheet. Rules are literals of the page's. */
void html_rule(struct html *html, const char *rule);

/* Used by the macros. */
void html_open_literal(struct html *html, const char *name);
void html_void_literal(struct html *html, const char *name);
void html_attribute_literal(struct html *html, const char *name, const char *value);
void html_attributef_literal(struct html *html, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
