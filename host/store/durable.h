/*
 * durable: writing so that what has a file's final name is always complete, also after a power cut.
 */
#ifndef JOULERIG_STORE_DURABLE_H
#define JOULERIG_STORE_DURABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* All of `bytes`, past short writes and EINTR. 0, or -1 with errno. */
int durable_write_all(int fd, const void *bytes, size_t length);

/* Creates or replaces `path` with these bytes and syncs it; removes it again on failure. */
int durable_write_file(const char *path, const void *bytes, size_t length, struct error *error);

/* Gives `from` the name `to` in the same directory, which is synced. Without `replace` an existing `to` is ERROR_EXISTS. */
int durable_rename(const char *from, const char *to, bool replace, struct error *error);

/* What another process has written to `path`, and not synced. */
int durable_sync_file(const char *path, struct error *error);

/* Syncs the directory that `path` is in, so that its name is on disk too. */
int durable_sync_directory_of(const char *path, struct error *error);

#define REMEDY_NO_SPACE "free some space, then resume: what was recorded so far is kept"
const char *durable_remedy(int errno_value); /* REMEDY_NO_SPACE where it applies, else NULL */

#endif
