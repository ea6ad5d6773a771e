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

static char *read_fd(int fd, size_t size, const char *path, struct error *error)
{
	char *text = malloc(size + 1);
	ssize_t length = text ? read_all(fd, text, size) : -1;
	if (length >= 0 && memchr(text, '\0', (size_t)length) == NULL) {
		text[length] = '\0';
		return text;
	}
	if (length < 0)
		error_errno(error, errno, path, NULL, "cannot read a file of the campaign");
	else
		error_set(error, ERROR_CORRUPT, path, NULL, "it is no text: there is a NUL in it");
	free(text);
	return NULL;
}

char *text_file_read(const char *path, struct error *error)
{
	struct stat status;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer is no reason to wait */
	if (fd < 0 || fstat(fd, &status) != 0)
		error_errno(error, errno, path, NULL, "cannot open a file of the campaign");
	else if (!S_ISREG(status.st_mode) || status.st_size > TEXT_FILE_MAX)
		error_set(error, ERROR_CORRUPT, path, NULL, "not a text, or one that is far too long");
	else
		text = read_fd(fd, (size_t)status.st_size, path, error);
	if (fd >= 0)
		close(fd);
	return text;
}
