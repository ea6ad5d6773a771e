#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *environment_get(const char *const *environment, const char *name)
{
	size_t length = strlen(name);
	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* 0, ENOENT or EACCES */
static int try_file(const char *path)
{
	struct stat status;
	if (stat(path, &status) < 0)
		return errno == EACCES ? EACCES : ENOENT;
	if (!S_ISREG(status.st_mode))
		return EACCES;
	return access(path, X_OK) == 0 ? 0 : EACCES;
}

bool program_is_executable(const char *path)
{
	return try_file(path) == 0;
}

/* An empty folder means the working directory, as ever. */
static int compose(const char *folder, size_t length, const char *command, char *path, size_t size)
{
	int needed = length ? snprintf(path, size, "%.*s/%s", (int)length, folder, command) : snprintf(path, size, "%s", command);
	return needed < 0 || (size_t)needed >= size ? ENAMETOOLONG : 0;
}

static int search(const char *folders, const char *command, char *path, size_t size)
{
	int failure = ENOENT;
	for (;;) {
		size_t length = strcspn(folders, ":");
		int result = compose(folders, length, command, path, size);
		if (result == 0)
			result = try_file(path);
		if (result == 0)
			return 0;
		if (result != ENOENT)
			failure = result;
		if (folders[length] == '\0')
			return failure;
		folders += length + 1;
	}
}

int program_find(const char *command, const char *const *environment, char *path, size_t size)
{
	if (*command == '\0')
		return ENOENT;
	if (strchr(command, '/')) {
		int failure = compose("", 0, command, path, size);
		return failure ? failure : try_file(path);
	}
	const char *folders = environment_get(environment, "PATH");
	return search(folders ? folders : "/usr/bin:/bin", command, path, size);
}
