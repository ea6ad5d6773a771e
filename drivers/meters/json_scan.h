/*
 * json_scan: what stands at given places of a JSON text (RFC 8259). Pure; bytes in, places out, nothing is copied.
 *
 * Why not libjansson, which the host has: a plug is asked by step, once a second for weeks, and what runs per sample does not allocate. Nor
 * does a number parsed into a double tell how many decimals were shown, which is the step of its values.
 *
 * The whole text is held against the grammar, whatever is looked for: half a reply is no reply. Stricter than the grammar in two ways: a
 * place that is there twice is an error, and so is nesting deeper than JSON_DEPTH.
 */
#ifndef JOULERIG_DRIVERS_METERS_JSON_SCAN_H
#define JOULERIG_DRIVERS_METERS_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH 16

enum json_type { JSON_IS_ABSENT, JSON_IS_NULL, JSON_IS_FALSE, JSON_IS_TRUE, JSON_IS_NUMBER, JSON_IS_STRING, JSON_IS_ARRAY, JSON_IS_OBJECT };

/* `path`: names and numbers (of an array's elements, from 0) with slashes between: "meters/0/power". A name in the text that has a slash, a
 * backslash or more than 40 characters is never found. The rest is filled: what stands there, a string without its quotes and as it is
 * escaped. */
struct json_place {
	const char *path;
	enum json_type type;
	const char *text;
	size_t length;
};
/* 0, or -1 for what is no JSON. */
int json_scan(const char *bytes, size_t size, struct json_place *places, size_t n);

/* A number as it was written: digits x 10^-decimals. At most 18 digits; -1 for anything else. */
struct json_decimal {
	int64_t digits;
	int decimals; /* negative: zeros that were not written */
};
int json_decimal(const struct json_place *place, struct json_decimal *decimal);

/* A string of printable ASCII without escapes, cut to `size`. False: there is none. */
bool json_text(const struct json_place *place, char *text, size_t size);

#endif
