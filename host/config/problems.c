#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_tree.h"
#include "problem_list.h"

/* Nobody reads more; and a hostile file shall not make us allocate without end. */
#define LISTED_MAX 1000

void problems_free(struct problems *problems)
{
	free(problems->list);
	*problems = (struct problems)PROBLEMS_INIT;
}

const char *problem_line(const struct problems *problems, size_t index, char *line, size_t size)
{
	const struct problem *problem = &problems->list[index];
	snprintf(line, size, "%s:%d:%d: %s", problems->file, problem->line, problem->column, problem->text);
	return line;
}

/* Room for one more, behind those at the same position or before it; NULL when it is not to be had. */
static struct problem *insert_place(struct problems *problems, int line, int column)
{
	if (problems->n >= LISTED_MAX)
		return NULL;
	struct problem *list = realloc(problems->list, (problems->n + 1) * sizeof *list);
	if (list == NULL)
		return NULL;
	problems->list = list;
	size_t at = problems->n++;
	while (at > 0 && (list[at - 1].line > line || (list[at - 1].line == line && list[at - 1].column > column)))
		at--;
	memmove(list + at + 1, list + at, (problems->n - 1 - at) * sizeof *list);
	return list + at;
}

__attribute__((format(printf, 5, 0)))
static void insert(struct problems *problems, int line, int column, const char *label, const char *format, va_list arguments)
{
	struct problem *place = insert_place(problems, line, column);
	if (place == NULL) {
		problems->omitted++;
		return;
	}
	place->line = line;
	place->column = column;
	int length = label[0] ? snprintf(place->text, sizeof place->text, "%s: ", label) : 0;
	if (length >= 0 && (size_t)length < sizeof place->text)
		vsnprintf(place->text + length, sizeof place->text - (size_t)length, format, arguments);
}

void problem_at(struct problems *problems, int line, int column, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	insert(problems, line, column, "", format, arguments);
	va_end(arguments);
}

void problem_of(struct problems *problems, const struct node *node, const char *label, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	insert(problems, node->line, node->column, label, format, arguments);
	va_end(arguments);
}

void problems_add(struct problems *problems, const struct document *document, const struct node *node, const char *format, ...)
{
	if (node == NULL && document != NULL)
		node = document_root(document);
	va_list arguments;
	va_start(arguments, format);
	insert(problems, node ? node->line : 1, node ? node->column : 1, "", format, arguments);
	va_end(arguments);
}

int problems_check(struct problems *problems, struct error *error)
{
	size_t n = problems->n + problems->omitted;
	if (n == 0)
		return 0;
	return error_set(error, ERROR_CONFIG, NULL, NULL, "%zu mistake%s in %s", n, n == 1 ? "" : "s", problems->file);
}

static size_t character_size(const unsigned char *c)
{
	size_t size = 1;
	while ((c[size] & 0xc0) == 0x80)
		size++;
	return size;
}

/* C0, DEL and C1 (which YAML's escapes can spell): a terminal might obey them. */
static bool is_control(const unsigned char *c)
{
	return *c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0);
}

const char *excerpt(char out[EXCERPT_SIZE], const char *text)
{
	static const char ellipsis[] = "…";
	size_t length = 0;
	const unsigned char *c = (const unsigned char *)text;
	while (*c) {
		size_t size = character_size(c);
		if (length + size + sizeof ellipsis > EXCERPT_SIZE) {
			memcpy(out + length, ellipsis, sizeof ellipsis);
			return out;
		}
		memcpy(out + length, is_control(c) ? (const void *)"?" : c, is_control(c) ? 1 : size);
		length += is_control(c) ? 1 : size;
		c += size;
	}
	out[length] = '\0';
	return out;
}
