#include "marks.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

/* Copies the next word; returns what follows it and one space, or NULL if there is none or it does not fit. */
static const char *take_word(const char *from, char *word, size_t size)
{
	size_t length = strcspn(from, " ");
	if (length == 0 || length >= size)
		return NULL;
	memcpy(word, from, length);
	word[length] = '\0';
	return from[length] == ' ' ? from + length + 1 : from + length;
}

static bool is_plain_name(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_' && *name != '.' && *name != '-')
			return false;
	return true;
}

/* The instants that joulerig marks itself in every run: a second "tail-end" would move the end of the recorded quiet. */
static bool is_reserved(const char *name)
{
	return strcmp(name, "idle-begin") == 0 || strcmp(name, "idle-end") == 0 || strcmp(name, "tail-end") == 0;
}

static bool decode_edge(const char *rest, enum edge_what what, struct mark *mark)
{
	long long t;
	rest = take_word(rest, mark->name, sizeof mark->name);
	if (rest == NULL || !is_plain_name(mark->name) || is_reserved(mark->name) || integer_parse(rest, &t) != 0 || t <= 0)
		return false;
	mark->kind = MARK_EDGE;
	mark->what = what;
	mark->t = t;
	return true;
}

static bool decode_fact(const char *rest, struct mark *mark)
{
	rest = take_word(rest, mark->name, sizeof mark->name);
	if (rest == NULL || !is_plain_name(mark->name) || rest[0] == '\0' || strlen(rest) >= sizeof mark->value)
		return false;
	for (const char *c = rest; *c; c++)
		if (!isprint((unsigned char)*c))
			return false;
	mark->kind = MARK_FACT;
	snprintf(mark->value, sizeof mark->value, "%s", rest);
	return true;
}

static bool decode_checksum(const char *rest, struct mark *mark)
{
	size_t length = strspn(rest, "0123456789abcdefABCDEF");
	if (length == 0 || length > 64 || rest[length] != '\0')
		return false;
	mark->kind = MARK_CHECKSUM;
	snprintf(mark->value, sizeof mark->value, "%s", rest);
	return true;
}

bool mark_decode(const char *line, struct mark *mark)
{
	static const struct {
		const char *verb;
		enum edge_what what;
	} edges[] = { { "begin", EDGE_BEGIN }, { "end", EDGE_END }, { "mark", EDGE_MARK }, { "barrier", EDGE_BARRIER } };
	memset(mark, 0, sizeof *mark);
	char verb[16];
	const char *rest = take_word(line, verb, sizeof verb);
	if (rest == NULL)
		return false;
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
		if (strcmp(verb, edges[i].verb) == 0)
			return decode_edge(rest, edges[i].what, mark);
	if (strcmp(verb, "fact") == 0)
		return decode_fact(rest, mark);
	return strcmp(verb, "checksum") == 0 && decode_checksum(rest, mark);
}

static void finish_line(struct mark_lines *lines, void (*take)(void *, const struct mark *), void *context)
{
	struct mark mark;
	lines->bytes[lines->used] = '\0';
	if (lines->overlong || memchr(lines->bytes, '\0', lines->used) || !mark_decode(lines->bytes, &mark))
		lines->rejected++;
	else
		take(context, &mark);
	lines->used = 0;
	lines->overlong = false;
}

void mark_lines_feed(struct mark_lines *lines, const char *bytes, size_t size, void (*take)(void *, const struct mark *), void *context)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n')
			finish_line(lines, take, context);
		else if (lines->used + 1 < sizeof lines->bytes)
			lines->bytes[lines->used++] = bytes[i];
		else
			lines->overlong = true;
	}
}
