/*
 * document: a YAML file held against a JSON Schema, every mistake with its line and column.
 *
 * The schema is the file in schemas/ (built into the program), a subset of JSON Schema 2020-12: type, properties, required,
 * dependentRequired, additionalProperties, patternProperties, propertyNames, minProperties, maxProperties, items, minItems,
 * maxItems, uniqueItems, enum, const, minimum, maximum, minLength, maxLength, pattern (POSIX extended), oneOf and anyOf,
 * $ref to #/$defs (keywords beside a $ref override those behind it). Editors use the same file; four keywords are ours:
 *
 *   x-quantity   the scalar is a number with a unit of this dimension ("time", "power", … of core/units.h); decides in place
 *                of type and pattern, which are there for editors
 *   x-minimum    least value of an x-quantity, as a quantity: "0.5 s"
 *   x-maximum    greatest value, likewise
 *   x-expected   what a message says was expected ("a date such as 2026-01-15") where the other keywords say it badly
 *
 * Scalars are what YAML 1.2 (so an editor) takes them for: quoted ones are text, plain ones a number, true or false, nothing
 * (empty, ~, null) or else text; on, off, yes and no are booleans too where the schema wants a boolean.
 * All mistakes are collected; a document with any is not given out. Not thread-safe; nodes belong to their document.
 */
#ifndef JOULERIG_CONFIG_DOCUMENT_H
#define JOULERIG_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "units.h"

struct problem {
	int line, column; /* from 1; columns count characters, not bytes */
	char text[320];   /* what is wrong and what was expected */
};
/* Starts zeroed; may not be NULL where it is asked for. */
struct problems {
	char file[256];
	struct problem *list; /* in order of position */
	size_t n;
	size_t omitted; /* found, but not listed: too many, or no memory */
};
#define PROBLEMS_INIT { .list = NULL }
void problems_free(struct problems *problems); /* and makes it empty again */
/* Writes "FILE:LINE:COLUMN: text" of problem `index` into `line`. Returns `line`. */
const char *problem_line(const struct problems *problems, size_t index, char *line, size_t size);

struct document;
struct node; /* a scalar, list or map of the document */

/* Reads and checks. NULL with `problems` filled when the file has mistakes (error: ERROR_CONFIG, "N mistakes in FILE"), or
 * with `error` alone when it cannot be read (too long: ERROR_CONFIG). `schema` is JSON text. */
struct document *document_load(const char *path, const char *schema, struct problems *problems, struct error *error);
struct document *document_parse(const char *name, const char *text, size_t length, const char *schema,
				struct problems *problems, struct error *error);
const struct node *document_root(const struct document *document);
const char *document_text(const struct document *document); /* as read */
void document_free(struct document *document);

/* Adds a mistake that no schema can express (an unknown name, an impossible combination) at a node's position; at the
 * document's beginning when `node` is NULL. */
void problems_add(struct problems *problems, const struct document *document, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* 0 if there are none; else -1 and ERROR_CONFIG "N mistakes in FILE", problems sorted by position. */
int problems_check(struct problems *problems, struct error *error);

/* Access. All take NULL nodes (an absent key) and give the fallback; types were checked by the schema. */
const struct node *node_get(const struct document *document, const struct node *map, const char *key);
size_t node_count(const struct document *document, const struct node *node); /* items of a list, pairs of a map; else 0 */
const struct node *node_item(const struct document *document, const struct node *list, size_t index);
const struct node *node_pair(const struct document *document, const struct node *map, size_t index, const struct node **key);
const char *node_text(const struct node *node, const char *fallback); /* a scalar as written */
double node_quantity(const struct node *node, enum dimension dimension, double fallback);
double node_number(const struct node *node, double fallback);
long long node_integer(const struct node *node, long long fallback);
bool node_boolean(const struct node *node, bool fallback); /* true/false, on/off, yes/no */
bool node_is_map(const struct node *node);
bool node_is_list(const struct node *node);
int node_line(const struct node *node);
int node_column(const struct node *node);

#endif
