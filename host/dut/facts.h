/*
 * facts: from one-line files of /proc and /sys to members of a JSON object. What is not there is left out, without a word.
 */
#ifndef JOULERIG_DUT_FACTS_H
#define JOULERIG_DUT_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* All paths are below this ("" for the machine itself). */
struct facts_root {
	const char *path;
};

/* The whole file, at most size - 1 bytes, as a string without white space (or NULs) at its end. False when it cannot be read. */
bool facts_read(const struct facts_root *root, const char *path, char *text, size_t size);
bool facts_read_integer(const struct facts_root *root, const char *path, long long *value);

/* Add to `object` what the file says; an empty text is nothing. */
void facts_add_text(json_t *object, const char *key, const char *text);
void facts_add_file(json_t *object, const char *key, const struct facts_root *root, const char *path);
void facts_add_integer(json_t *object, const char *key, const struct facts_root *root, const char *path, long long multiply);

/* Calls `visit` for each path below root that matches the pattern; paths come without root. */
void facts_each(const struct facts_root *root, const char *pattern,
		void (*visit)(const struct facts_root *root, const char *path, void *context), void *context);

/* The value that follows "KEY:" or "KEY=" (white space aside) on the first such line; quotes round it are taken off. */
bool facts_field(const char *lines, const char *key, char separator, char *value, size_t size);

/* Adds a member object unless it is empty. Takes `member` over. */
void facts_add_object(json_t *object, const char *key, json_t *member);

#endif
