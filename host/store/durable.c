#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

const char *durable_remedy(int errno_value)
{
	return errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG ? REMEDY_NO_SPACE : NULL;
}

int durable_write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;
	while (length > 0) {
		ssize_t written = write(fd, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		at += written;
		length -= (size_t)written;
	}
	return 0;
}

static int sync_fd(int fd)
{
	int result;
	do
		result = fsync(fd);
	while (result != 0 && errno == EINTR);
	return result;
}

static int write_and_sync(int fd, const void *bytes, size_t length)
{
	if (durable_write_all(fd, bytes, length) != 0 || sync_fd(fd) != 0) {
		int cause = errno;
		close(fd);
		errno = cause;
		return -1;
	}
	return close(fd);
}

int durable_write_file(const char *path, const void *bytes, size_t length, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(error, errno, path, durable_remedy(errno), "cannot create the file");
	if (write_and_sync(fd, bytes, length) != 0) {
		int cause = errno;
		unlink(path);
		return error_errno(error, cause, path, durable_remedy(cause), "cannot write the file");
	}
	return 0;
}

static int sync_path(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	int result = fd < 0 ? -1 : sync_fd(fd);
	int cause = errno;
	if (fd >= 0)
		close(fd);
	errno = cause;
	return result;
}

int durable_sync_file(const char *path, struct error *error)
{
	return sync_path(path, 0) == 0 ? 0 : error_errno(error, errno, path, durable_remedy(errno), "cannot sync the file");
}

int durable_sync_directory_of(const char *path, struct error *error)
{
	char copy[PATH_SIZE];
	if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
		return error_errno(error, ENAMETOOLONG, path, NULL, "cannot sync its directory");
	/* Some file systems cannot sync a directory, and have nothing to sync there. */
	if (sync_path(dirname(copy), O_DIRECTORY) != 0 && errno != EINVAL)
		return error_errno(error, errno, path, durable_remedy(errno), "cannot sync its directory");
	return 0;
}

static int rename_new(const char *from, const char *to)
{
	int result = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
	if (result == 0 || errno != EINVAL)
		return result;
	/* The file system cannot do it in one step: one writer per directory makes two steps good enough. */
	if (access(to, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

int durable_rename(const char *from, const char *to, bool replace, struct error *error)
{
	if ((replace ? rename(from, to) : rename_new(from, to)) != 0)
		return error_errno(error, errno, to, durable_remedy(errno), "cannot give %s its final name", from);
	return durable_sync_directory_of(to, error);
}
