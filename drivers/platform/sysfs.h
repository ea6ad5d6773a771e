/* sysfs: the kernel's one-line text files. For open, not for step: these calls open and close. */
#ifndef JOULERIG_DRIVERS_PLATFORM_SYSFS_H
#define JOULERIG_DRIVERS_PLATFORM_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first line of directory/file, without its newline. False when there is none, or it is empty. */
bool sysfs_text(const char *directory, const char *file, char *text, size_t size);
/* Its number; false also for what is none. */
bool sysfs_integer(const char *directory, const char *file, int64_t *value);

/* A decimal integer of at most 19 digits, perhaps negative, perhaps with a newline, and nothing else. Pure. */
bool sysfs_integer_decode(const char *text, size_t length, int64_t *value);

/* A driver of the kernel that was loaded anew has new files under the old names: closes *fd, unless it is -1, and opens `path`; -1 when it
 * cannot. Only after a failure. */
void sysfs_reopen(int *fd, const char *path);

/* `path` lies in the kernel's own sysfs: what it says comes from this machine, not from a twin. */
bool sysfs_is_real(const char *path);

#endif
