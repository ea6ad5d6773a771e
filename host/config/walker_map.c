#include <stdlib.h>
#include <string.h>

#include "walker.h"

static const struct node *find(const struct node *map, const char *key)
{
	for (size_t i = 0; i + 1 < map->n; i += 2)
		if (map->children[i]->kind == NODE_SCALAR && strcmp(map->children[i]->text, key) == 0)
			return map->children[i];
	return NULL;
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *left = *(const struct node *const *)a, *right = *(const struct node *const *)b;
	int order = strcmp(left->text, right->text);
	if (order == 0)
		order = (left->line > right->line) - (left->line < right->line);
	return order ? order : (left->column > right->column) - (left->column < right->column);
}

/* Sorted, since comparing each with each takes minutes on a hostile file. */
static void report_duplicates(const struct walker *walker, const struct node *map)
{
	const struct node **keys = malloc((map->n / 2 + 1) * sizeof(struct node *));
	if (keys == NULL) {
		walker->problems->omitted++; /* cannot be ruled out */
		return;
	}
	size_t n = 0;
	for (size_t i = 0; i + 1 < map->n; i += 2)
		if (map->children[i]->kind == NODE_SCALAR)
			keys[n++] = map->children[i];
	qsort(keys, n, sizeof(struct node *), compare_keys);
	for (size_t i = 1; i < n; i++) {
		char shown[EXCERPT_SIZE];
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
			problem_of(walker->problems, keys[i], "",
				   "duplicate key \"%s\" (already on line %d); expected each key once",
				   excerpt(shown, keys[i]->text), keys[i - 1]->line);
	}
	free(keys);
}

/* The schema of a key's value: an object, `true`, or `false` for a key that is not allowed. */
static const json_t *value_schema(const struct walker *walker, const json_t *schema, const char *key)
{
	const json_t *value = json_object_get(keyword(walker, schema, "properties"), key);
	if (value)
		return value;
	const json_t *patterns = keyword(walker, schema, "patternProperties");
	for (void *i = json_object_iter((json_t *)patterns); i; i = json_object_iter_next((json_t *)patterns, i))
		if (pattern_matches(json_object_iter_key(i), key))
			return json_object_iter_value(i);
	value = keyword(walker, schema, "additionalProperties");
	return value ? value : json_true();
}

static void add_known_keys(const struct walker *walker, const json_t *schema, struct text *text)
{
	const char *separator = "; expected one of ", *key;
	json_t *value, *properties = (json_t *)keyword(walker, schema, "properties");
	json_object_foreach(properties, key, value) {
		text_addf(text, "%s%s", separator, key);
		separator = ", ";
	}
}

static void report_unknown(const struct walker *walker, const json_t *schema, const struct node *key)
{
	struct text text = TEXT_INIT;
	const char *near = suggest(keyword(walker, schema, "properties"), key->text);
	if (near)
		text_addf(&text, " (did you mean \"%s\"?)", near);
	else
		add_known_keys(walker, schema, &text);
	char shown[EXCERPT_SIZE];
	problem_of(walker->problems, key, "", "unknown key \"%s\"%s", excerpt(shown, key->text), text_string(&text));
	text_free(&text);
}

static void check_name(const struct walker *walker, const json_t *schema, const struct node *key)
{
	const json_t *names = keyword(walker, schema, "propertyNames");
	if (names == NULL || text_fits(walker, names, key->text))
		return;
	struct text expected = TEXT_INIT;
	expected_add(walker, names, &expected);
	char shown[EXCERPT_SIZE];
	problem_of(walker->problems, key, "", "\"%s\" is not %s", excerpt(shown, key->text), text_string(&expected));
	text_free(&expected);
}

static void walk_pair(const struct walker *walker, const json_t *schema, const struct node *map, size_t index)
{
	const struct node *key = map->children[index], *value = map->children[index + 1];
	if (key->kind == NODE_REFUSED)
		return;
	if (key->kind != NODE_SCALAR) {
		problem_of(walker->problems, key, "", "a list or map is not a key; expected text");
		return;
	}
	const json_t *allowed = value_schema(walker, schema, key->text);
	if (json_is_false(allowed)) {
		report_unknown(walker, schema, key);
		return;
	}
	check_name(walker, schema, key);
	char label[EXCERPT_SIZE];
	walk(walker, allowed, value, excerpt(label, key->text));
}

static void report_missing(const struct walker *walker, const json_t *schema, const struct node *map, const char *label)
{
	const json_t *required = keyword(walker, schema, "required"), *name;
	size_t i;
	json_array_foreach(required, i, name)
		if (find(map, json_string_value(name)) == NULL)
			problem_of(walker->problems, map, label, "missing key \"%s\"", json_string_value(name));
}

/* `dependentRequired`: a key that makes sense beside another only. */
static void report_dependent(const struct walker *walker, const json_t *schema, const struct node *map)
{
	json_t *dependent = (json_t *)keyword(walker, schema, "dependentRequired"), *needed, *name;
	const char *key;
	size_t i;
	json_object_foreach(dependent, key, needed) {
		const struct node *given = find(map, key);
		json_array_foreach(needed, i, name)
			if (given && find(map, json_string_value(name)) == NULL)
				problem_of(walker->problems, given, key, "is allowed only together with key \"%s\"",
					   json_string_value(name));
	}
}

void walk_map(const struct walker *walker, const json_t *schema, const struct node *map, const char *label)
{
	report_duplicates(walker, map);
	for (size_t i = 0; i + 1 < map->n; i += 2)
		walk_pair(walker, schema, map, i);
	report_missing(walker, schema, map, label);
	report_dependent(walker, schema, map);
	size_t n = map->n / 2, least = keyword_count(walker, schema, "minProperties", 0),
	       most = keyword_count(walker, schema, "maxProperties", SIZE_MAX);
	if (n < least)
		problem_of(walker->problems, map, label, "%zu entries are too few; expected at least %zu", n, least);
	if (n > most)
		problem_of(walker->problems, map, label, "%zu entries are too many; expected at most %zu", n, most);
}
