#include "line_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "durable.h"
#include "text.h"

static bool ends_with_line(int fd)
{
	char last;
	off_t end = lseek(fd, 0, SEEK_END);
	return end <= 0 || (pread(fd, &last, 1, end - 1) == 1 && last == '\n');
}

static int append(int fd, const char *lines)
{
	struct text text = TEXT_INIT;
	text_addf(&text, "%s%s\n", ends_with_line(fd) ? "" : "\n", lines);
	int result = -1;
	if (text_failed(&text))
		errno = ENOMEM;
	else
		result = durable_write_all(fd, text.bytes, text.length);
	text_free(&text);
	return result == 0 ? fsync(fd) : -1;
}

int line_log_append(const char *path, const char *what, const char *lines, struct error *error)
{
	int result = -1, fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		error_errno(error, errno, path, durable_remedy(errno), "cannot open %s", what);
	else if (append(fd, lines) != 0)
		error_errno(error, errno, path, durable_remedy(errno), "cannot add to %s", what);
	else
		result = durable_sync_directory_of(path, error);
	if (fd >= 0)
		close(fd);
	return result;
}

int line_log_append_objects(const char *path, const char *what, const json_t *list, struct error *error)
{
	struct text lines = TEXT_INIT;
	size_t i;
	const json_t *object;
	json_array_foreach(list, i, object) {
		char *line = json_dumps(object, JSON_COMPACT);
		lines.failed |= line == NULL;
		text_addf(&lines, "%s%s", i ? "\n" : "", line ? line : "");
		free(line);
	}
	int result = 0;
	if (text_failed(&lines))
		result = error_set(error, ERROR_INTERNAL, path, NULL, "out of memory");
	else if (lines.length)
		result = line_log_append(path, what, text_string(&lines), error);
	text_free(&lines);
	return result;
}

static bool take_line(const char *line, size_t length, json_t *list, size_t *damaged)
{
	if (length == 0)
		return true;
	json_t *object = json_loadb(line, length, 0, NULL);
	if (json_is_object(object))
		return json_array_append_new(list, object) == 0;
	json_decref(object);
	++*damaged;
	return true;
}

json_t *line_log_read(const char *path, const char *what, size_t *damaged, struct error *error)
{
	json_t *list = json_array();
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	bool whole = list != NULL;
	*damaged = 0;
	FILE *file = fopen(path, "re");
	if (file == NULL && errno != ENOENT) {
		error_errno(error, errno, path, NULL, "cannot open %s", what);
		json_decref(list);
		return NULL;
	}
	while (whole && file && (length = getline(&line, &capacity, file)) > 0)
		whole = take_line(line, (size_t)length - (line[length - 1] == '\n'), list, damaged);
	whole = whole && !(file && ferror(file));
	free(line);
	if (file)
		fclose(file);
	if (whole)
		return list;
	json_decref(list);
	error_set(error, ERROR_IO, path, NULL, "cannot read %s", what);
	return NULL;
}
