/* problem_list: how config's own files report mistakes. Private to config. */
#ifndef JOULERIG_CONFIG_PROBLEM_LIST_H
#define JOULERIG_CONFIG_PROBLEM_LIST_H

#include "document.h"

void problem_at(struct problems *problems, int line, int column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* At a node, "label: …"; no label when it is empty. */
void problem_of(struct problems *problems, const struct node *node, const char *label, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The beginning of a text from a file, fit for a message: cut with an ellipsis, control characters made harmless. */
#define EXCERPT_SIZE 64
const char *excerpt(char out[EXCERPT_SIZE], const char *text);

#endif
