#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void folder_file(const struct folder *folder, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", folder->path, name);
}

static int resolve(struct folder *folder, const char *path, struct error *error)
{
	char absolute[PATH_MAX];
	if (realpath(path, absolute) == NULL)
		return error_errno(error, errno, path, NULL, "cannot resolve the twin's folder");
	if (strlen(absolute) >= sizeof folder->path)
		return error_set(error, ERROR_CONFIG, path, "give --directory a shorter path", "the folder's path is too long");
	strcpy(folder->path, absolute);
	return 0;
}

int folder_take(struct folder *folder, const char *path, struct error *error)
{
	char lock[256];
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return error_errno(error, errno, path, "make its parent folder first", "cannot make the twin's folder");
	if (resolve(folder, path, error) != 0)
		return -1;
	folder_file(folder, "lock", lock, sizeof lock);
	folder->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (folder->lock < 0)
		return error_errno(error, errno, lock, "give --directory a folder that can be written",
				   "cannot create the lock file");
	if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0) {
		close(folder->lock);
		return error_set(error, ERROR_EXISTS, folder->path, "end that one, or give another --directory",
				 "another twin is running in this folder");
	}
	return 0;
}

void folder_leave(struct folder *folder)
{
	close(folder->lock);
}
