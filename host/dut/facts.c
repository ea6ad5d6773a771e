#include "facts.h"

#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "units.h"

bool facts_read(const struct facts_root *root, const char *path, char *text, size_t size)
{
	char full[4096];
	snprintf(full, sizeof full, "%s%s", root->path, path);
	int file = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		return false;
	size_t length = 0;
	ssize_t got;
	while (length < size - 1 && (got = read(file, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	close(file);
	while (length > 0 && (isspace((unsigned char)text[length - 1]) || text[length - 1] == '\0'))
		length--;
	text[length] = '\0';
	return length > 0;
}

bool facts_read_integer(const struct facts_root *root, const char *path, long long *value)
{
	char text[64];
	return facts_read(root, path, text, sizeof text) && integer_parse(text, value) == 0;
}

/* What is not UTF-8 is not text. */
void facts_add_text(json_t *object, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(object, key, json_string(text));
}

void facts_add_file(json_t *object, const char *key, const struct facts_root *root, const char *path)
{
	char text[4096];
	if (facts_read(root, path, text, sizeof text))
		facts_add_text(object, key, text);
}

void facts_add_integer(json_t *object, const char *key, const struct facts_root *root, const char *path, long long multiply)
{
	long long value;
	if (facts_read_integer(root, path, &value))
		json_object_set_new(object, key, json_integer(value * multiply));
}

void facts_each(const struct facts_root *root, const char *pattern,
		void (*visit)(const struct facts_root *root, const char *path, void *context), void *context)
{
	char full[4096];
	glob_t matches;
	snprintf(full, sizeof full, "%s%s", root->path, pattern);
	if (glob(full, 0, NULL, &matches) != 0)
		return;
	for (size_t i = 0; i < matches.gl_pathc; i++)
		visit(root, matches.gl_pathv[i] + strlen(root->path), context);
	globfree(&matches);
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* The text after "KEY SEPARATOR" if this line is it, else NULL. */
static const char *value_of(const char *line, const char *key, char separator)
{
	size_t length = strlen(key);
	if (strncmp(line, key, length) != 0)
		return NULL;
	const char *at = skip_blanks(line + length);
	return *at == separator ? skip_blanks(at + 1) : NULL;
}

bool facts_field(const char *lines, const char *key, char separator, char *value, size_t size)
{
	for (const char *line = lines; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *start = value_of(line, key, separator);
		if (start == NULL)
			continue;
		size_t length = strcspn(start, "\n");
		if (length >= 2 && start[0] == '"' && start[length - 1] == '"') {
			start++;
			length -= 2;
		}
		snprintf(value, size, "%.*s", (int)length, start);
		return *value != '\0';
	}
	return false;
}

void facts_add_object(json_t *object, const char *key, json_t *member)
{
	if (json_object_size(member) > 0)
		json_object_set_new(object, key, member);
	else
		json_decref(member);
}
