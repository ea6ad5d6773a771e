#include "config_figures.h"

#include <stdio.h>
#include <string.h>

const struct node *node_at(const struct document *doc, const struct node *node, const char *path)
{
	char word[64];
	while (*path != '\0' && node != NULL) {
		size_t length = strcspn(path, ".");
		snprintf(word, sizeof word, "%.*s", (int)length, path);
		node = node_get(doc, node, word);
		path += length + (path[length] == '.');
	}
	return node;
}

void figures_read(const struct document *doc, const struct node *root, const struct figure *figures, size_t n, void *into)
{
	for (const struct figure *f = figures; f < figures + n; f++) {
		const struct node *node = node_at(doc, root, f->path);
		double *field = (double *)(void *)((char *)into + f->offset);
		*field = f->dimension == FIGURES_PLAIN ? node_number(node, f->fallback) : node_quantity(node, f->dimension, f->fallback);
	}
}
