/* Access to a checked document's nodes. */
#include <string.h>

#include "node_tree.h"

const struct node *node_get(const struct document *document, const struct node *map, const char *key)
{
	(void)document;
	if (!node_is_map(map))
		return NULL;
	for (size_t i = 0; i + 1 < map->n; i += 2)
		if (map->children[i]->text && strcmp(map->children[i]->text, key) == 0)
			return map->children[i + 1];
	return NULL;
}

size_t node_count(const struct document *document, const struct node *node)
{
	(void)document;
	if (node == NULL)
		return 0;
	return node->kind == NODE_MAP ? node->n / 2 : node->n;
}

const struct node *node_item(const struct document *document, const struct node *list, size_t index)
{
	(void)document;
	return node_is_list(list) && index < list->n ? list->children[index] : NULL;
}

const struct node *node_pair(const struct document *document, const struct node *map, size_t index, const struct node **key)
{
	bool exists = node_is_map(map) && index < node_count(document, map);
	if (key)
		*key = exists ? map->children[2 * index] : NULL;
	return exists ? map->children[2 * index + 1] : NULL;
}

static bool is_scalar(const struct node *node)
{
	return node && node->kind == NODE_SCALAR;
}

const char *node_text(const struct node *node, const char *fallback)
{
	return is_scalar(node) ? node->text : fallback;
}

double node_quantity(const struct node *node, enum dimension dimension, double fallback)
{
	double value;
	return is_scalar(node) && quantity_parse(node->text, dimension, &value) == 0 ? value : fallback;
}

double node_number(const struct node *node, double fallback)
{
	double value;
	return is_scalar(node) && number_parse(node->text, &value) == 0 ? value : fallback;
}

long long node_integer(const struct node *node, long long fallback)
{
	long long value;
	return is_scalar(node) && integer_parse(node->text, &value) == 0 ? value : fallback;
}

bool node_boolean(const struct node *node, bool fallback)
{
	bool value;
	return is_scalar(node) && boolean_parse(node->text, &value) == 0 ? value : fallback;
}

bool node_is_map(const struct node *node)
{
	return node && node->kind == NODE_MAP;
}

bool node_is_list(const struct node *node)
{
	return node && node->kind == NODE_LIST;
}

int node_line(const struct node *node)
{
	return node ? node->line : 1;
}

int node_column(const struct node *node)
{
	return node ? node->column : 1;
}
