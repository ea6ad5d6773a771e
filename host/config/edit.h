/*
 * edit: gives scalars of a map in a YAML text new values, and leaves everything else as its writer wrote it: comments, order,
 * layout.
 */
#ifndef JOULERIG_CONFIG_EDIT_H
#define JOULERIG_CONFIG_EDIT_H

#include "document.h"
#include "text.h"

struct edit {
	const char *key, *value; /* as written in YAML: plain, without line ends */
};

#define EDITS_MAX 8

/* Into `text` goes the text of `document` with each key of `map` set: in the place of its present value, or behind the last
 * key that has a value of its own line (or stands in the same braces). ERROR_UNSUPPORTED where it is written in a way that cannot be
 * edited. Check the outcome with document_differs. */
int document_edit(const struct document *document, const struct node *map, const struct edit *edits, size_t n, struct text *text,
		  struct error *error);

/* Do two documents differ in anything but these keys of the map at `path` (names joined with '/'), in which b has their values? */
bool document_differs(const struct document *a, const struct document *b, const char *path, const struct edit *edits, size_t n);

#endif
