/*
 * line_log: a file of JSON objects, one a line, only ever added to. What was added is on disk when the call returns. A last line that a
 * crash cut short is passed over, and ended by the next one.
 */
#ifndef JOULERIG_STORE_LINE_LOG_H
#define JOULERIG_STORE_LINE_LOG_H

#include <jansson.h>
#include <stddef.h>

#include "error.h"

/* `lines`: whole lines, but for the last one's end. In one piece, so that those of two who add at the same time do not mix. `what`
 * names the file in an error: "the chart file". */
int line_log_append(const char *path, const char *what, const char *lines, struct error *error);

/* A line for each object of the list; nothing for an empty one. */
int line_log_append_objects(const char *path, const char *what, const json_t *list, struct error *error);
/* A new list of all objects there are; an empty one when there is no file. `damaged`: lines that are none. NULL on failure. */
json_t *line_log_read(const char *path, const char *what, size_t *damaged, struct error *error);

#endif
