/*
 * plain: text of unknown origin (names, reasons, models) made harmless, and measured, for a terminal or a file.
 *
 * All strings are NUL-terminated UTF-8; bytes that are not come out as U+FFFD.
 */
#ifndef JOULERIG_REPORT_PLAIN_H
#define JOULERIG_REPORT_PLAIN_H

#include <stddef.h>

#include "text.h"

/* Control, bidirectional and other invisible characters become `\x1b`, `\u202e`: nothing in a name can move the cursor. */
void plain_add(struct text *out, const char *string);

/* The same characters, with only what is not UTF-8 replaced: for JSON and CSV, which have escapes of their own. */
void plain_add_utf8(struct text *out, const char *string);

/* For terminals without UTF-8: the signs that joulerig uses are spelt in ASCII (± is +/-), anything else is `?`. */
void plain_add_ascii(struct text *out, const char *string);

size_t plain_width(const char *string); /* terminal columns */

#endif
