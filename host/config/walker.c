#include "walker.h"

#include <string.h>

#define REFERENCES_MAX 8 /* a chain of $ref longer than this goes in a circle */

static const json_t *referenced(const struct walker *walker, const json_t *schema)
{
	static const char prefix[] = "#/$defs/";
	const char *reference = json_string_value(json_object_get(schema, "$ref"));
	if (reference == NULL || strncmp(reference, prefix, sizeof prefix - 1) != 0)
		return NULL;
	return json_object_get(json_object_get(walker->root, "$defs"), reference + sizeof prefix - 1);
}

const json_t *keyword(const struct walker *walker, const json_t *schema, const char *name)
{
	for (int i = 0; schema && i < REFERENCES_MAX; i++) {
		const json_t *value = json_object_get(schema, name);
		if (value)
			return value;
		schema = referenced(walker, schema);
	}
	return NULL;
}

const char *keyword_string(const struct walker *walker, const json_t *schema, const char *name)
{
	return json_string_value(keyword(walker, schema, name));
}

size_t keyword_count(const struct walker *walker, const json_t *schema, const char *name, size_t fallback)
{
	const json_t *value = keyword(walker, schema, name);
	return json_is_integer(value) ? (size_t)json_integer_value(value) : fallback;
}

static bool scalar_has_type(const struct node *scalar, const char *type)
{
	enum scalar_type is = scalar_type(scalar);
	bool boolean;
	if (strcmp(type, "string") == 0)
		return is == SCALAR_STRING;
	if (strcmp(type, "integer") == 0)
		return is == SCALAR_INTEGER;
	if (strcmp(type, "number") == 0)
		return is == SCALAR_INTEGER || is == SCALAR_NUMBER;
	if (strcmp(type, "boolean") == 0)
		return !scalar->quoted && boolean_parse(scalar->text, &boolean) == 0;
	return strcmp(type, "null") == 0 && is == SCALAR_NULL;
}

static bool node_has_type(const struct node *node, const char *type)
{
	switch (node->kind) {
	case NODE_MAP:
		return strcmp(type, "object") == 0;
	case NODE_LIST:
		return strcmp(type, "array") == 0;
	case NODE_SCALAR:
		return scalar_has_type(node, type);
	default:
		return true;
	}
}

bool type_allows(const struct walker *walker, const json_t *schema, const struct node *node)
{
	const json_t *type = keyword(walker, schema, "type"), *one;
	if (type == NULL) /* the values of ours are scalars */
		return node->kind == NODE_SCALAR || !(keyword(walker, schema, "enum") || keyword(walker, schema, "const"));
	if (json_is_string(type))
		return node_has_type(node, json_string_value(type));
	size_t i;
	json_array_foreach(type, i, one)
		if (node_has_type(node, json_string_value(one)))
			return true;
	return false;
}

bool type_names(const struct walker *walker, const json_t *schema, const char *name)
{
	const json_t *type = keyword(walker, schema, "type"), *one;
	if (json_is_string(type))
		return strcmp(json_string_value(type), name) == 0;
	size_t i;
	json_array_foreach(type, i, one)
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	return false;
}

static const json_t *alternatives_of(const struct walker *walker, const json_t *schema)
{
	const json_t *one_of = keyword(walker, schema, "oneOf");
	return one_of ? one_of : keyword(walker, schema, "anyOf");
}

static bool accepts(const struct walker *walker, const json_t *schema, const struct node *node)
{
	struct problems found = PROBLEMS_INIT;
	struct walker trial = { .root = walker->root, .problems = &found };
	walk(&trial, schema, node, "");
	bool accepted = found.n + found.omitted == 0;
	problems_free(&found);
	return accepted;
}

/* The alternatives are told apart by type, so that the mistakes of the one that was meant are reported. Where the type leaves
 * several (or none), one of them must accept the node as it is. */
static void walk_alternatives(const struct walker *walker, const json_t *schema, const struct node *node, const char *label)
{
	const json_t *alternatives = alternatives_of(walker, schema), *one, *meant = NULL;
	size_t i, n = 0;
	json_array_foreach(alternatives, i, one) {
		if (!type_allows(walker, one, node))
			continue;
		meant = one;
		n++;
	}
	if (n == 1) {
		walk(walker, meant, node, label);
		return;
	}
	json_array_foreach(alternatives, i, one)
		if (accepts(walker, one, node))
			return;
	report_mismatch(walker, schema, node, label);
}

void walk(const struct walker *walker, const json_t *schema, const struct node *node, const char *label)
{
	if (node->kind == NODE_REFUSED || !json_is_object(schema))
		return;
	if (alternatives_of(walker, schema))
		walk_alternatives(walker, schema, node, label);
	else if (keyword(walker, schema, "x-quantity"))
		walk_quantity(walker, schema, node, label);
	else if (!type_allows(walker, schema, node))
		report_mismatch(walker, schema, node, label);
	else if (node->kind == NODE_MAP)
		walk_map(walker, schema, node, label);
	else if (node->kind == NODE_LIST)
		walk_list(walker, schema, node, label);
	else
		walk_scalar(walker, schema, node, label);
}
