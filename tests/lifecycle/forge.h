/*
 * forge: a link in front of another that answers a question itself, byte for byte as it is told to, for as long as it is told to. To who
 * is not asked it changes what comes by itself.
 */
#ifndef JOULERIG_TESTS_LIFECYCLE_FORGE_H
#define JOULERIG_TESTS_LIFECYCLE_FORGE_H

#include "link.h"

struct forge {
	struct link link; /* first: drivers see only this */
	struct link_ops ops;
	struct link *real;
	const char *asked, *said; /* bytes that a question has in it; the answer to it, in place of the instrument's */
	size_t n_asked, n_said;
	void (*change)(void *bytes, size_t size); /* NULL: nothing is changed of what comes */
	int64_t from, to;         /* MONOTONIC ns: when it does so */
	size_t waiting;           /* bytes of `said` that have not been received */
	int forged;               /* how often */
};

/* Puts it in front of `real`. Forges nothing until `asked` or `change`, from and to are set. */
struct link *forge_begin(struct forge *forge, struct link *real);

#endif
