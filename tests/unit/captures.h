/*
 * captures: what instruments were heard to say, and what a decoder makes of it: the files of tests/captures/NAME.
 *
 *   # where these bytes come from
 *   "U +110.14E+0;P +000.00E+0\r\n"
 *   	U 110.14
 *   	P 0
 *
 * A line that begins with a quote has bytes, with C's \r \n \t \" \\ and \xNN; those of several such lines in a row are one message. The
 * lines after it, each indented by a tab, are what the decoder's printer is to say of it. `#` begins a comment, anywhere but in a quote.
 */
#ifndef JOULERIG_TESTS_UNIT_CAPTURES_H
#define JOULERIG_TESTS_UNIT_CAPTURES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"
#include "unit.h"

/* Adds what the decoder made of the bytes, a line each, without tabs. */
typedef void captures_print(const char *bytes, size_t size, struct text *text);

static inline size_t captures_unescape(const char *from, char *to)
{
	size_t n = 0;
	for (from++; *from && *from != '"'; from++) {
		if (*from != '\\') {
			to[n++] = *from;
			continue;
		}
		from++;
		char hex[3] = { 0 };
		switch (*from) {
		case 'r': to[n++] = '\r'; break;
		case 'n': to[n++] = '\n'; break;
		case 't': to[n++] = '\t'; break;
		case 'x':
			memcpy(hex, from + 1, 2);
			to[n++] = (char)strtol(hex, NULL, 16);
			from += 2;
			break;
		default: to[n++] = *from;
		}
	}
	return n;
}

static inline void captures_compare(const char *path, int line, captures_print *print, const char *bytes, size_t size, struct text *golden)
{
	struct text said = TEXT_INIT;
	char *copy = malloc(size + 1); /* as long as it is, for a sanitizer */
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	print(copy, size, &said);
	if (strcmp(text_string(&said), text_string(golden)) != 0)
		fail_msg("%s:%d: decoded as\n%snot\n%s", path, line, text_string(&said), text_string(golden));
	free(copy);
	text_free(&said);
	text_free(golden);
}

/* Returns how many messages the file has. */
static inline int captures_replay_file(const char *path, captures_print *print)
{
	char line[8192], bytes[16384];
	struct text golden = TEXT_INIT;
	size_t size = 0;
	int number = 0, count = 0, at = 0;
	bool open = false, more = false;
	FILE *file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s cannot be opened", path);
	while (fgets(line, sizeof line, file)) {
		number++;
		if (line[0] == '"' && !more) {
			if (open)
				captures_compare(path, at, print, bytes, size, &golden);
			at = number;
			size = 0;
			open = true;
			count++;
		}
		more = line[0] == '"';
		if (line[0] == '"')
			size += captures_unescape(line, bytes + size);
		else if (line[0] == '\t')
			text_add(&golden, line + 1);
		else
			assert_true(line[0] == '#' || line[0] == '\n');
	}
	if (open)
		captures_compare(path, at, print, bytes, size, &golden);
	fclose(file);
	return count;
}

static inline void captures_replay(const char *name, captures_print *print)
{
	char folder[512], path[1024];
	int count = 0;
	snprintf(folder, sizeof folder, "%s/tests/captures/%s", TEST_SOURCE_DIR, name);
	DIR *directory = opendir(folder);
	if (directory == NULL)
		fail_msg("%s cannot be opened", folder);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		count += captures_replay_file(path, print);
	}
	closedir(directory);
	assert_true(count > 0);
}

#endif
