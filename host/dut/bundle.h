/*
 * bundle: a command line, an environment and a directory, carried to the launcher in a memory file. They may be megabytes.
 */
#ifndef JOULERIG_DUT_BUNDLE_H
#define JOULERIG_DUT_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct bundle_size {
	uint32_t arguments, variables; /* how many */
	uint64_t bytes;                /* of all strings with their NULs: directory, arguments, variables */
};

/* A memory file (the caller closes it), or -1. `directory` may be NULL. */
int bundle_pack(const char *const *argv, const char *const *environment, const char *directory, struct bundle_size *size,
		struct error *error);

struct bundle {
	char **argv, **environment; /* NULL-terminated; `environment` has room for BUNDLE_SPARE more */
	const char *directory;      /* NULL when none */
	char *bytes;
};
#define BUNDLE_SPARE 2

/* 0, or an errno value. */
int bundle_unpack(int file, const struct bundle_size *size, struct bundle *bundle);
void bundle_free(struct bundle *bundle);

/* Sets one variable ("NAME=value", kept by reference) in place of any of that name. At most BUNDLE_SPARE new ones. */
void bundle_set(struct bundle *bundle, const char *variable);

#endif
