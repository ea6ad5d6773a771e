/*
 * candidates: files that may be Python interpreters, by where they are and what they are called.
 */
#ifndef JOULERIG_DUT_CANDIDATES_H
#define JOULERIG_DUT_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct candidate {
	char *path;
	dev_t device; /* with `inode`: one binary by two names is one candidate; */
	ino_t inode;  /* in a virtual environment, those of the folder, since the binary is another's */
};
struct candidates {
	struct candidate *list;
	size_t n, capacity;
};

/* Each adds what it finds and what is not there yet, best names first. */
void candidates_from_cache(struct candidates *candidates);   /* joulerig's own: scripts/get-pythons installs there */
void candidates_from_machine(struct candidates *candidates); /* PATH, pyenv, uv */
void candidates_free(struct candidates *candidates);

/* python3, python3.N, python3.Nt; with `plain` also python. */
bool candidate_name(const char *name, bool plain);

#endif
