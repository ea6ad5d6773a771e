#include "check_log.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iso_time.h"
#include "line_log.h"
#include "text.h"

/* ---- one entry ---- */

static const struct member {
	const char *name;
	enum { NUMBER, TEXT, TRUTH } type;
	size_t offset, size;
} members[] = {
#define MEMBER(type, name, field) { name, type, offsetof(struct check_entry, field), sizeof ((struct check_entry *)0)->field }
	MEMBER(TEXT, "kind", kind), MEMBER(NUMBER, "time_s", time), MEMBER(TEXT, "bench", bench), MEMBER(TEXT, "device", device),
	MEMBER(TEXT, "serial", serial), MEMBER(TEXT, "against", against), MEMBER(NUMBER, "value_W", value), MEMBER(NUMBER, "U_W", U),
	MEMBER(NUMBER, "reference_W", reference), MEMBER(NUMBER, "reference_U_W", U_reference),
	MEMBER(NUMBER, "difference_U_W", U_difference), MEMBER(NUMBER, "En", En), MEMBER(TRUTH, "passed", passed),
	MEMBER(TRUTH, "simulated", simulated), MEMBER(TEXT, "campaign", campaign), MEMBER(TEXT, "when", when),
	MEMBER(TEXT, "evidence", evidence),
};
#define MEMBERS (sizeof members / sizeof *members)

/* Bytes of the character of UTF-8 that `text` begins with; 0: it is none. */
static size_t character_length(const char *text)
{
	for (size_t length = 1; length <= 4 && text[length - 1]; length++) {
		json_t *character = json_stringn(text, length);
		json_decref(character);
		if (character)
			return length;
	}
	return 0;
}

/* At the end of a text that was cut to fit its place. */
static bool is_cut_character(const char *text)
{
	unsigned char lead = (unsigned char)text[0];
	size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2, length = 1;
	while (((unsigned char)text[length] & 0xc0) == 0x80)
		length++;
	return lead >= 0xc2 && lead < 0xf5 && length < whole && text[length] == '\0';
}

/* A file's name may hold any bytes, JSON may not: '?' stands for each that is no character. */
static json_t *text_to_json(const char *text)
{
	struct text clean = TEXT_INIT;
	while (*text && !is_cut_character(text)) {
		size_t length = character_length(text);
		text_add_bytes(&clean, length ? text : "?", length ? length : 1);
		text += length ? length : 1;
	}
	json_t *json = text_failed(&clean) ? NULL : json_string(text_string(&clean));
	text_free(&clean);
	return json;
}

static json_t *member_to_json(const struct member *member, const struct check_entry *entry)
{
	const void *field = (const char *)entry + member->offset;
	if (member->type == TEXT)
		return text_to_json(field);
	if (member->type == TRUTH)
		return json_boolean(*(const bool *)field);
	double number = *(const double *)field;
	return isfinite(number) ? json_real(number) : json_null();
}

static bool member_from_json(const struct member *member, const json_t *json, struct check_entry *entry)
{
	void *field = (char *)entry + member->offset;
	if (member->type == TEXT) {
		snprintf(field, member->size, "%s", json_is_string(json) ? json_string_value(json) : "");
		return json_is_string(json);
	}
	if (member->type == TRUTH) {
		*(bool *)field = json_is_true(json);
		return json_is_boolean(json);
	}
	*(double *)field = json_is_number(json) ? json_number_value(json) : NAN;
	return json_is_number(json) || json_is_null(json);
}

static char *line_of(const struct check_entry *entry)
{
	char time[ISO_TIME_SIZE];
	json_t *json = json_object();
	bool whole = json_object_set_new(json, "time", json_string(iso_time((int64_t)(entry->time * 1e9), time))) == 0;
	for (size_t i = 0; i < MEMBERS; i++)
		whole = json_object_set_new(json, members[i].name, member_to_json(&members[i], entry)) == 0 && whole;
	char *text = whole ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

static bool entry_of(const char *line, size_t length, struct check_entry *entry)
{
	json_t *json = json_loadb(line, length, 0, NULL);
	bool good = json_is_object(json);
	for (size_t i = 0; good && i < MEMBERS; i++)
		good = member_from_json(&members[i], json_object_get(json, members[i].name), entry);
	json_decref(json);
	return good;
}

/* ---- the file ---- */

int check_log_append(const char *path, const struct check_entry *entry, struct error *error)
{
	char *line = line_of(entry);
	if (line == NULL)
		return error_set(error, ERROR_INTERNAL, path, NULL, "the check cannot be written as JSON");
	int result = line_log_append(path, "the chart file", line, error);
	free(line);
	return result;
}

static int take_line(const char *line, size_t length, struct check_entry **entries, size_t *n, size_t *damaged)
{
	struct check_entry entry, *grown;
	if (length == 0)
		return 0;
	if (!entry_of(line, length, &entry)) {
		++*damaged;
		return 0;
	}
	grown = realloc(*entries, (*n + 1) * sizeof *grown);
	if (grown == NULL)
		return -1;
	*entries = grown;
	grown[(*n)++] = entry;
	return 0;
}

static int read_lines(FILE *file, struct check_entry **entries, size_t *n, size_t *damaged)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	int result = 0;
	while (result == 0 && (length = getline(&line, &capacity, file)) > 0)
		result = take_line(line, (size_t)length - (line[length - 1] == '\n'), entries, n, damaged);
	free(line);
	return result == 0 && !ferror(file) ? 0 : -1;
}

int check_log_read(const char *path, struct check_entry **entries, size_t *n, size_t *damaged, struct error *error)
{
	*entries = NULL;
	*n = *damaged = 0;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return errno == ENOENT ? 0 : error_errno(error, errno, path, NULL, "cannot open the chart file");
	int result = read_lines(file, entries, n, damaged);
	fclose(file);
	if (result == 0)
		return 0;
	free(*entries);
	*entries = NULL;
	*n = 0;
	return error_set(error, ERROR_IO, path, NULL, "cannot read the chart file");
}
