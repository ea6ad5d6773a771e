#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Past short reads and EINTR; the length, or -1 with errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	while (length < size) {
		ssize_t got = read(fd, text + length, size - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static char *read_fd(int fd, const char *path, struct error *error)
{
	struct stat status;
	char *text = fstat(fd, &status) == 0 ? malloc((size_t)status.st_size + 1) : NULL;
	ssize_t length = text ? read_all(fd, text, (size_t)status.st_size) : -1;
	if (length < 0) {
		error_errno(error, errno, path, NULL, "cannot read it");
		goto free_text;
	}
	if (memchr(text, '\0', (size_t)length) != NULL) {
		error_set(error, ERROR_CORRUPT, path, NULL, "it is no text");
		goto free_text;
	}
	text[length] = '\0';
	return text;

free_text:
	free(text);
	return NULL;
}

char *text_file_read(const char *path, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		error_errno(error, errno, path, NULL, "cannot open it");
		return NULL;
	}
	char *text = read_fd(fd, path, error);
	close(fd);
	return text;
}
