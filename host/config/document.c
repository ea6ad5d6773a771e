#include "document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node_tree.h"
#include "walker.h"

#define FILE_MAX ((size_t)1 << 20) /* nobody writes a longer plan; a longer file is a mistake */

struct document {
	char *text;
	struct node *root;
};

const struct node *document_root(const struct document *document)
{
	return document->root;
}

const char *document_text(const struct document *document)
{
	return document->text;
}

void document_free(struct document *document)
{
	if (document == NULL)
		return;
	node_free(document->root);
	free(document->text);
	free(document);
}

/* Reads until the end or until the buffer is full. Returns the length, or -1. */
static ssize_t read_up_to(int fd, char *buffer, size_t size)
{
	size_t length = 0;
	while (length < size) {
		ssize_t n = read(fd, buffer + length, size - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

static int refuse_length(const char *name, struct error *error)
{
	return error_set(error, ERROR_CONFIG, name, NULL, "the file is longer than 1 MiB; that is not a plan or bench file");
}

/* The whole file, malloc'ed; NULL on failure. */
static char *read_file(const char *path, size_t *length, struct error *error)
{
	char *buffer = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		error_errno(error, errno, path, NULL, "cannot open the file");
		return NULL;
	}
	buffer = malloc(FILE_MAX + 1);
	if (buffer == NULL) {
		error_set(error, ERROR_INTERNAL, path, NULL, "no memory to read the file");
		goto close_file;
	}
	ssize_t n = read_up_to(fd, buffer, FILE_MAX + 1);
	if (n < 0) {
		error_errno(error, errno, path, NULL, "cannot read the file");
		goto free_buffer;
	}
	if ((size_t)n > FILE_MAX) {
		refuse_length(path, error);
		goto free_buffer;
	}
	*length = (size_t)n;
	close(fd);
	return buffer;

free_buffer:
	free(buffer);
close_file:
	close(fd);
	return NULL;
}

static json_t *schema_parse(const char *schema, struct error *error)
{
	json_error_t where;
	json_t *root = json_loads(schema, JSON_REJECT_DUPLICATES, &where);
	if (root == NULL)
		error_set(error, ERROR_INTERNAL, NULL, NULL, "the built-in schema is not valid JSON, line %d: %s", where.line,
			  where.text);
	return root;
}

static struct document *document_new(const char *text, size_t length, struct error *error)
{
	struct document *document = calloc(1, sizeof *document);
	char *copy = malloc(length + 1);
	if (document == NULL || copy == NULL) {
		free(document);
		free(copy);
		error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for a document of %zu bytes", length);
		return NULL;
	}
	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	document->text = copy;
	return document;
}

/* Fills the tree and finds every mistake. */
static int check(struct document *document, size_t length, const char *schema, struct problems *problems, struct error *error)
{
	json_t *root = schema_parse(schema, error);
	if (root == NULL)
		return -1;
	document->root = yaml_tree_read(document->text, length, problems, error);
	if (document->root) {
		struct walker walker = { .root = root, .problems = problems };
		walk(&walker, root, document->root, "");
	}
	json_decref(root);
	if (problems_check(problems, error) != 0)
		return -1;
	return document->root ? 0 : -1;
}

struct document *document_parse(const char *name, const char *text, size_t length, const char *schema,
				struct problems *problems, struct error *error)
{
	snprintf(problems->file, sizeof problems->file, "%s", name);
	if (length > FILE_MAX) {
		refuse_length(name, error);
		return NULL;
	}
	struct document *document = document_new(text, length, error);
	if (document && check(document, length, schema, problems, error) != 0) {
		document_free(document);
		return NULL;
	}
	return document;
}

struct document *document_load(const char *path, const char *schema, struct problems *problems, struct error *error)
{
	size_t length;
	snprintf(problems->file, sizeof problems->file, "%s", path);
	char *text = read_file(path, &length, error);
	if (text == NULL)
		return NULL;
	struct document *document = document_parse(path, text, length, schema, problems, error);
	free(text);
	return document;
}
