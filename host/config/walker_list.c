#include <stdio.h>
#include <string.h>

#include "walker.h"

#define UNIQUE_MAX 1000 /* items that are compared with each other */

static bool same_scalar(const struct node *a, const struct node *b)
{
	if (a->kind != NODE_SCALAR || b->kind != NODE_SCALAR)
		return false;
	return scalar_type(a) == scalar_type(b) && strcmp(a->text, b->text) == 0;
}

static void report_repeated(const struct walker *walker, const struct node *list, const char *label)
{
	for (size_t i = 1; i < list->n && i < UNIQUE_MAX; i++) {
		size_t first = 0;
		while (!same_scalar(list->children[first], list->children[i]) && first < i)
			first++;
		char shown[EXCERPT_SIZE];
		if (first < i)
			problem_of(walker->problems, list->children[i], label, "\"%s\" is given twice; expected each value once",
				   excerpt(shown, list->children[i]->text));
	}
}

void walk_list(const struct walker *walker, const json_t *schema, const struct node *list, const char *label)
{
	size_t least = keyword_count(walker, schema, "minItems", 0), most = keyword_count(walker, schema, "maxItems", SIZE_MAX);
	if (list->n < least)
		problem_of(walker->problems, list, label, "%zu items are too few; expected at least %zu", list->n, least);
	if (list->n > most)
		problem_of(walker->problems, list, label, "%zu items are too many; expected at most %zu", list->n, most);
	if (json_is_true(keyword(walker, schema, "uniqueItems")))
		report_repeated(walker, list, label);
	const json_t *items = keyword(walker, schema, "items");
	for (size_t i = 0; items && i < list->n; i++) {
		char name[LABEL_SIZE];
		snprintf(name, sizeof name, "%.64s[%zu]", label, i + 1);
		walk(walker, items, list->children[i], name);
	}
}
