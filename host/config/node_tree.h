/* node_tree: the nodes of a document, as the YAML reader builds them and the walker sees them. Private to config. */
#ifndef JOULERIG_CONFIG_NODE_TREE_H
#define JOULERIG_CONFIG_NODE_TREE_H

#include "document.h"

enum node_kind {
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAP,
	NODE_REFUSED, /* stands for something that has been reported already; nothing more is said of it */
};

struct node {
	enum node_kind kind;
	bool quoted;            /* scalar: not plain */
	bool flow;              /* map: written in braces */
	int line, column;       /* from 1 */
	int end_line, end_column; /* scalar: just behind it */
	char *text;             /* scalar: UTF-8, without NUL inside */
	struct node **children; /* list: its items; map: key, value, key, value… */
	size_t n, capacity;     /* of children */
};

/* What YAML 1.2 takes a scalar for. */
enum scalar_type { SCALAR_NULL, SCALAR_BOOLEAN, SCALAR_INTEGER, SCALAR_NUMBER, SCALAR_STRING };
enum scalar_type scalar_type(const struct node *scalar);
int boolean_parse(const char *text, bool *value); /* -1 if it is none of true, false, on, off, yes, no */

/* The tree of a YAML text that holds one document. NULL with what is wrong in `problems`, or in `error` if memory is short.
 * A tree may come with problems too: those that do not hinder looking for more. */
struct node *yaml_tree_read(const char *text, size_t length, struct problems *problems, struct error *error);
void node_free(struct node *node); /* and all below it; NULL is fine */

#endif
