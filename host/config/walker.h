/* walker: holds a tree of nodes against a schema and reports every mismatch. Private to config. */
#ifndef JOULERIG_CONFIG_WALKER_H
#define JOULERIG_CONFIG_WALKER_H

#include <jansson.h>
#include <stdint.h>

#include "node_tree.h"
#include "problem_list.h"
#include "text.h"

struct walker {
	const json_t *root; /* of the schema: where $ref looks */
	struct problems *problems;
};

/* `label` names the node in messages: its key, "threads[2]" for an item, empty for the root. Labels are at most this long. */
#define LABEL_SIZE (EXCERPT_SIZE + 24)
void walk(const struct walker *walker, const json_t *schema, const struct node *node, const char *label);
void walk_map(const struct walker *walker, const json_t *schema, const struct node *map, const char *label);
void walk_list(const struct walker *walker, const json_t *schema, const struct node *list, const char *label);
void walk_scalar(const struct walker *walker, const json_t *schema, const struct node *scalar, const char *label);
void walk_quantity(const struct walker *walker, const json_t *schema, const struct node *node, const char *label);

/* The value of a keyword in a schema or, unless it is there, behind its $ref; NULL if it is nowhere. */
const json_t *keyword(const struct walker *walker, const json_t *schema, const char *name);
const char *keyword_string(const struct walker *walker, const json_t *schema, const char *name); /* or NULL */
/* Of a count such as minItems; `fallback` if there is none. */
size_t keyword_count(const struct walker *walker, const json_t *schema, const char *name, size_t fallback);

/* Whether the schema's type (if it has one) allows the node; or a type of that name. */
bool type_allows(const struct walker *walker, const json_t *schema, const struct node *node);
bool type_names(const struct walker *walker, const json_t *schema, const char *name);

/* minLength, maxLength and pattern. */
bool text_fits(const struct walker *walker, const json_t *schema, const char *text);
bool pattern_matches(const char *pattern, const char *text);

/* Reports "FOUND is not EXPECTED". */
void report_mismatch(const struct walker *walker, const json_t *schema, const struct node *node, const char *label);
/* Adds what the schema wants, with its article: "an integer from 1 to 1000". */
void expected_add(const struct walker *walker, const json_t *schema, struct text *text);

/* The key of `properties` that `key` may be a misspelling of; NULL if none is near. */
const char *suggest(const json_t *properties, const char *key);

#endif
