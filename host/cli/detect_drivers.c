/* The table of drivers, as it is printed. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "detect.h"
#include "device.h"

static bool wanted(const struct driver *driver, char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(driver->name, names[i]) == 0)
			return true;
	return n == 0;
}

static void add_links(const struct driver *driver, struct text *text)
{
	for (const char *const *scheme = driver->schemes; *scheme; scheme++)
		text_addf(text, "%s%s", scheme == driver->schemes ? "" : " ", *scheme);
	if (*driver->schemes == NULL)
		text_add(text, "none");
}

static size_t links_width(const struct driver *driver)
{
	struct text links = TEXT_INIT;
	add_links(driver, &links);
	size_t width = links.length;
	text_free(&links);
	return width;
}

struct widths {
	size_t name, maturity, links;
};

static void widen(size_t *width, size_t needed)
{
	if (needed > *width)
		*width = needed;
}

static struct widths widths_of(char *const *names, int n)
{
	struct widths widths = { 0 };
	for (const struct driver *const *d = drivers; *d; d++) {
		if (!wanted(*d, names, n))
			continue;
		widen(&widths.name, strlen((*d)->name));
		widen(&widths.maturity, strlen(maturity_name((*d)->maturity)));
		widen(&widths.links, links_width(*d));
	}
	return widths;
}

static void add_driver(const struct driver *driver, const struct widths *widths, struct text *text)
{
	text_addf(text, "%-*s  %-*s  ", (int)widths->name, driver->name, (int)widths->maturity, maturity_name(driver->maturity));
	add_links(driver, text);
	text_addf(text, "%*s  %s\n", (int)(widths->links - links_width(driver)), "", driver->gives);
}

static void add_details(const struct driver *driver, struct text *text)
{
	text_addf(text, "    %s\n", driver->summary);
	for (const struct option_spec *o = driver->options; o && o->name; o++)
		text_addf(text, "    option %-14s %s%s%s\n", o->name, o->summary, o->fallback ? "; default " : "", o->fallback ? o->fallback : "");
}

void detect_drivers(char *const *names, int n, struct text *text)
{
	struct widths widths = widths_of(names, n);
	for (const struct driver *const *d = drivers; *d; d++) {
		if (!wanted(*d, names, n))
			continue;
		add_driver(*d, &widths, text);
		if (n > 0)
			add_details(*d, text);
	}
}

/* ---- JSON ---- */

static json_t *options_json(const struct driver *driver)
{
	json_t *array = json_array();
	for (const struct option_spec *o = driver->options; o && o->name; o++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s?}", "name", o->name, "summary", o->summary, "default", o->fallback));
	return array;
}

static json_t *driver_json(const struct driver *driver)
{
	json_t *links = json_array();
	for (const char *const *scheme = driver->schemes; *scheme; scheme++)
		json_array_append_new(links, json_string(*scheme));
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o}", "name", driver->name, "maturity", maturity_name(driver->maturity), "links", links,
			 "channels", driver->gives, "summary", driver->summary, "options", options_json(driver));
}

void detect_drivers_json(char *const *names, int n, struct text *text)
{
	json_t *list = json_array();
	for (const struct driver *const *d = drivers; *d; d++)
		if (wanted(*d, names, n))
			json_array_append_new(list, driver_json(*d));
	json_t *root = json_pack("{s:o}", "drivers", list);
	char *dump = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	json_decref(root);
	if (dump)
		text_addf(text, "%s\n", dump);
	free(dump);
}
