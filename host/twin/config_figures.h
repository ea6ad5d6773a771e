/* config_figures: numbers of the twin's file by a table: where each stands, where it goes, what it is when it is not given. Private to config. */
#ifndef JOULERIG_TWIN_CONFIG_FIGURES_H
#define JOULERIG_TWIN_CONFIG_FIGURES_H

#include "document.h"

struct figure {
	const char *path;         /* below a node: "fan.tau" */
	enum dimension dimension; /* DIMENSIONS: a plain number */
	size_t offset;            /* of a double, in the struct that is filled */
	double fallback;
};
#define FIGURES_PLAIN DIMENSIONS

/* The node at "fan.tau" below `node`, or NULL. */
const struct node *node_at(const struct document *document, const struct node *node, const char *path);
void figures_read(const struct document *document, const struct node *node, const struct figure *figures, size_t n, void *into);

#endif
