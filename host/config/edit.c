#include "edit.h"

#include <string.h>

#include "node_tree.h"

/* One change of the text: bytes [from, to) give way to what `edit` says. */
struct change {
	size_t from, to;
	const struct edit *edit;
	const struct node *beside; /* the pair's key that it is put behind; NULL: it takes the place of a value */
	int indent;                /* spaces before a new line's key; -1: within braces */
};

/* The byte at a line and column as libyaml counts them: in characters, without a byte order mark. */
static size_t offset_of(const char *text, int line, int column)
{
	size_t i = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	for (; line > 1 && text[i]; i++)
		line -= text[i] == '\n';
	for (; column > 1 && text[i]; column--)
		for (i++; ((unsigned char)text[i] & 0xc0) == 0x80;)
			i++;
	return i;
}

static size_t line_end(const char *text, size_t from)
{
	size_t end = from + strcspn(text + from, "\n");
	return end > from && text[end - 1] == '\r' ? end - 1 : end;
}

static bool is_own_line(const struct node *key, const struct node *value)
{
	return value->kind == NODE_SCALAR && key->line == value->line && value->line == value->end_line &&
	       value->end_column > value->column;
}

/* The last pair behind which a new one can be put; -1: none. */
static long place_for_new(const struct node *map)
{
	for (size_t i = map->n / 2; i-- > 0;)
		if (is_own_line(map->children[2 * i], map->children[2 * i + 1]))
			return (long)i;
	return -1;
}

static int find_change(const char *text, const struct node *map, const struct edit *edit, struct change *change, struct error *error)
{
	const struct node *value = node_get(NULL, map, edit->key);
	*change = (struct change){ .edit = edit };
	if (value && value->kind == NODE_SCALAR && value->end_column > value->column && value->line == value->end_line) {
		change->from = offset_of(text, value->line, value->column);
		change->to = offset_of(text, value->end_line, value->end_column);
		return 0;
	}
	long pair = place_for_new(map);
	if (value || pair < 0)
		return error_set(error, ERROR_UNSUPPORTED, NULL, "write it yourself", "the file is not written in a way in which '%s' can be set",
				 edit->key);
	const struct node *key = map->children[2 * pair], *last = map->children[2 * pair + 1];
	size_t behind = offset_of(text, last->end_line, last->end_column);
	change->beside = key;
	change->indent = map->flow ? -1 : key->column - 1;
	change->from = change->to = map->flow ? behind : line_end(text, behind);
	return 0;
}

/* As the line at `from` ends; where that is the last one and has no end, as the first does. */
static const char *line_break(const char *text, size_t from)
{
	size_t end = from + strcspn(text + from, "\n");
	if (text[end] == '\0')
		end = strcspn(text, "\n");
	return end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

static void add_change(const struct change *change, const char *line_break, struct text *text)
{
	const char *quote = change->beside && change->beside->quoted ? "\"" : "";
	if (change->beside == NULL)
		text_add(text, change->edit->value);
	else if (change->indent < 0)
		text_addf(text, ", %s%s%s: %s%s%s", quote, change->edit->key, quote, quote, change->edit->value, quote);
	else
		text_addf(text, "%s%*s%s: %s", line_break, change->indent, "", change->edit->key, change->edit->value);
}

static void sort_changes(struct change *changes, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && changes[j].from < changes[j - 1].from; j--) {
			struct change swap = changes[j];
			changes[j] = changes[j - 1];
			changes[j - 1] = swap;
		}
}

int document_edit(const struct document *document, const struct node *map, const struct edit *edits, size_t n, struct text *text,
		  struct error *error)
{
	const char *old = document_text(document);
	struct change changes[EDITS_MAX];
	size_t done = 0;
	if (!node_is_map(map) || n > EDITS_MAX)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "nothing can be set there");
	for (size_t i = 0; i < n; i++)
		if (find_change(old, map, &edits[i], &changes[i], error) != 0)
			return -1;
	sort_changes(changes, n);
	for (size_t i = 0; i < n; i++) {
		text_add_bytes(text, old + done, changes[i].from - done);
		add_change(&changes[i], line_break(old, changes[i].from), text);
		done = changes[i].to;
	}
	text_add(text, old + done);
	return text_failed(text) ? error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory") : 0;
}

/* ---- comparison ---- */

static const struct edit *edit_of(const struct edit *edits, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(edits[i].key, key) == 0)
			return &edits[i];
	return NULL;
}

static bool nodes_differ(const struct node *a, const struct node *b, const char *path, const struct edit *edits, size_t n);

/* What lies behind `key` on the path; NULL: the path does not go there. */
static const char *path_behind(const char *path, const char *key)
{
	size_t length = strlen(key);
	if (path == NULL || strncmp(path, key, length) != 0)
		return NULL;
	return path[length] == '/' ? path + length + 1 : path[length] == '\0' ? path + length : NULL;
}

static bool maps_differ(const struct node *a, const struct node *b, const char *path, const struct edit *edits, size_t n)
{
	bool here = path && *path == '\0';
	size_t ia = 0, ib = 0;
	for (;;) { /* in the order in which they stand, without the keys that were set */
		while (here && ia < a->n && edit_of(edits, n, node_text(a->children[ia], "")))
			ia += 2;
		while (here && ib < b->n && edit_of(edits, n, node_text(b->children[ib], "")))
			ib += 2;
		if (ia >= a->n || ib >= b->n)
			break;
		const char *key = node_text(a->children[ia], "");
		if (strcmp(key, node_text(b->children[ib], "")) != 0 ||
		    nodes_differ(a->children[ia + 1], b->children[ib + 1], here ? NULL : path_behind(path, key), edits, n))
			return true;
		ia += 2;
		ib += 2;
	}
	for (size_t i = 0; here && i < n; i++)
		if (strcmp(node_text(node_get(NULL, b, edits[i].key), ""), edits[i].value) != 0)
			return true;
	return ia < a->n || ib < b->n;
}

static bool nodes_differ(const struct node *a, const struct node *b, const char *path, const struct edit *edits, size_t n)
{
	if (a->kind != b->kind)
		return true;
	if (a->kind == NODE_MAP)
		return maps_differ(a, b, path, edits, n);
	if (a->kind != NODE_LIST)
		return strcmp(node_text(a, ""), node_text(b, "")) != 0;
	if (a->n != b->n)
		return true;
	for (size_t i = 0; i < a->n; i++)
		if (nodes_differ(a->children[i], b->children[i], NULL, edits, n))
			return true;
	return false;
}

bool document_differs(const struct document *a, const struct document *b, const char *path, const struct edit *edits, size_t n)
{
	return nodes_differ(document_root(a), document_root(b), path, edits, n);
}
