/*
 * YAML text to a tree of nodes, through libyaml's events: they carry the same marks as its documents do, and also tell an
 * explicit tag, an anchor and an alias apart from what they stand for, so that each can be refused where it is written.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "node_tree.h"
#include "problem_list.h"

#define DEPTH_MAX 32 /* ours need 6 */

struct builder {
	yaml_parser_t parser;
	struct problems *problems;
	struct node *root;
	struct node *open[DEPTH_MAX]; /* lists and maps that have begun and not ended */
	int depth, documents;
	bool stopped; /* by a problem after which nothing sensible can be said */
	bool no_memory;
};

void node_free(struct node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->n; i++)
		node_free(node->children[i]);
	free(node->children);
	free(node->text);
	free(node);
}

static void problem_at_mark(struct builder *builder, yaml_mark_t mark, const char *text)
{
	problem_at(builder->problems, (int)mark.line + 1, (int)mark.column + 1, "%s", text);
}

static int append(struct node *parent, struct node *child)
{
	if (parent->n == parent->capacity) {
		size_t capacity = parent->capacity ? parent->capacity * 2 : 8;
		struct node **children = realloc(parent->children, capacity * sizeof(struct node *));
		if (children == NULL)
			return -1;
		parent->children = children;
		parent->capacity = capacity;
	}
	parent->children[parent->n++] = child;
	return 0;
}

/* A new node in its place in the tree; NULL when memory is short. */
static struct node *add_node(struct builder *builder, enum node_kind kind, yaml_mark_t mark)
{
	struct node *node = calloc(1, sizeof *node);
	if (node == NULL)
		goto fail;
	node->kind = kind;
	node->line = (int)mark.line + 1;
	node->column = (int)mark.column + 1;
	if (builder->depth == 0)
		builder->root = node;
	else if (append(builder->open[builder->depth - 1], node) != 0)
		goto fail;
	return node;

fail:
	free(node);
	builder->no_memory = true;
	return NULL;
}

static void refuse_properties(struct builder *builder, const yaml_event_t *event, const yaml_char_t *anchor,
			      const yaml_char_t *tag)
{
	if (anchor)
		problem_at_mark(builder, event->start_mark, "anchors (&) are not supported; write the value out");
	if (tag)
		problem_at_mark(builder, event->start_mark, "tags (!) are not supported; write the plain value");
}

static void take_scalar(struct builder *builder, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	struct node *node = add_node(builder, NODE_SCALAR, event->start_mark);
	if (node == NULL)
		return;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->end_line = (int)event->end_mark.line + 1;
	node->end_column = (int)event->end_mark.column + 1;
	node->text = strndup(value, length);
	builder->no_memory |= node->text == NULL;
	refuse_properties(builder, event, event->data.scalar.anchor, event->data.scalar.tag);
	if (memchr(value, '\0', length) != NULL) {
		problem_at_mark(builder, event->start_mark, "the text holds a NUL character, which is not supported");
		node->kind = NODE_REFUSED;
	}
}

static void take_alias(struct builder *builder, const yaml_event_t *event)
{
	problem_at_mark(builder, event->start_mark, "aliases (*) are not supported; write the value out");
	add_node(builder, NODE_REFUSED, event->start_mark);
}

static void open_node(struct builder *builder, const yaml_event_t *event, enum node_kind kind)
{
	if (builder->depth == DEPTH_MAX) {
		problem_at_mark(builder, event->start_mark, "nested too deeply; at most 32 levels of lists and maps");
		builder->stopped = true;
		return;
	}
	struct node *node = add_node(builder, kind, event->start_mark);
	if (node)
		node->flow = kind == NODE_MAP && event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	if (node)
		builder->open[builder->depth++] = node;
}

static void take_document(struct builder *builder, const yaml_event_t *event)
{
	if (++builder->documents == 1)
		return;
	problem_at_mark(builder, event->start_mark, "a second document begins here; expected one document in the file");
	builder->stopped = true;
}

static void take_event(struct builder *builder, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		take_document(builder, event);
		break;
	case YAML_ALIAS_EVENT:
		take_alias(builder, event);
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(builder, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		refuse_properties(builder, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
		open_node(builder, event, NODE_LIST);
		break;
	case YAML_MAPPING_START_EVENT:
		refuse_properties(builder, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
		open_node(builder, event, NODE_MAP);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		builder->depth--;
		break;
	default:
		break;
	}
}

/* The reader (bytes to characters) knows an offset only. */
static void report_encoding(struct builder *builder, const char *text, size_t length)
{
	size_t offset = builder->parser.problem_offset < length ? builder->parser.problem_offset : length;
	int line = 1, column = 1;
	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	problem_at(builder->problems, line, column, "%s; expected a text file in UTF-8", builder->parser.problem);
}

static void report_syntax(struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	int line = (int)parser->problem_mark.line + 1, column = (int)parser->problem_mark.column + 1;
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	if (parser->context)
		problem_at(builder->problems, line, column, "not valid YAML: %s %s that begins on line %d", problem,
			   parser->context, (int)parser->context_mark.line + 1);
	else
		problem_at(builder->problems, line, column, "not valid YAML: %s", problem);
}

static void report_failure(struct builder *builder, const char *text, size_t length)
{
	builder->stopped = true;
	if (builder->parser.error == YAML_MEMORY_ERROR)
		builder->no_memory = true;
	else if (builder->parser.error == YAML_READER_ERROR)
		report_encoding(builder, text, length);
	else
		report_syntax(builder);
}

static void take_events(struct builder *builder, const char *text, size_t length)
{
	bool ended = false;
	while (!ended && !builder->stopped && !builder->no_memory) {
		yaml_event_t event;
		if (!yaml_parser_parse(&builder->parser, &event)) {
			report_failure(builder, text, length);
			return;
		}
		take_event(builder, &event);
		ended = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
}

/* The tree, or NULL with the reason reported. */
static struct node *finish(struct builder *builder, struct error *error)
{
	if (builder->no_memory)
		error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory to read %s", builder->problems->file);
	else if (!builder->stopped && builder->root == NULL)
		problem_at(builder->problems, 1, 1, "the file is empty; expected a map");
	if (!builder->no_memory && !builder->stopped)
		return builder->root;
	node_free(builder->root);
	return NULL;
}

struct node *yaml_tree_read(const char *text, size_t length, struct problems *problems, struct error *error)
{
	struct builder builder = { .problems = problems };
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark would count as a column */
		text += 3;
		length -= 3;
	}
	if (yaml_parser_initialize(&builder.parser)) {
		yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, length);
		take_events(&builder, text, length);
		yaml_parser_delete(&builder.parser);
	} else {
		builder.no_memory = true;
	}
	return finish(&builder, error);
}
