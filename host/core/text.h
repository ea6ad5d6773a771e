/*
 * text: a string that grows, for everything that is composed before it is printed or stored (only cli/ prints).
 *
 * An allocation failure is remembered and makes later additions no-ops: check text_failed once, at the end.
 */
#ifndef JOULERIG_CORE_TEXT_H
#define JOULERIG_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes; /* NUL-terminated, or NULL while empty */
	size_t length, capacity;
	bool failed;
};
#define TEXT_INIT { .bytes = NULL }

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_string(const struct text *text); /* never NULL */
bool text_failed(const struct text *text);
void text_free(struct text *text); /* and makes it empty again */

#endif
