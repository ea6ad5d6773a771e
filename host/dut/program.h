/*
 * program: which file a command means, as execvp(3) would find it.
 *
 * Done ahead of time, so that nothing but execve stands between a start edge and the program.
 */
#ifndef JOULERIG_DUT_PROGRAM_H
#define JOULERIG_DUT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* A command with a slash means itself; any other is looked up on the PATH of `environment` (without one: /usr/bin:/bin).
 * 0, or an errno value: ENOENT, EACCES if all that was found may not be executed, ENAMETOOLONG. */
int program_find(const char *command, const char *const *environment, char *path, size_t size);

/* A regular file that this process may execute. */
bool program_is_executable(const char *path);

/* The value of NAME in `environment`, or NULL. */
const char *environment_get(const char *const *environment, const char *name);

#endif
