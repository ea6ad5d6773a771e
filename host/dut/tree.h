/*
 * tree: finds all processes below this one, through /proc. A child subreaper finds orphans and daemons there as well.
 */
#ifndef JOULERIG_DUT_TREE_H
#define JOULERIG_DUT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A list of process ids; all zero is empty. */
struct pids {
	pid_t *list;
	size_t n, capacity;
};
bool pids_add(struct pids *pids, pid_t pid); /* false: it was there already, or memory is short */
void pids_clear(struct pids *pids);          /* keeps the memory */
void pids_free(struct pids *pids);

/* All living descendants of the calling (single-threaded) process; zombies are not living. A tree that changes meanwhile may
 * hide some: call again until nothing new is found. */
void tree_find(struct pids *found);

/* Stops every descendant, again and again until no pass finds one that was not stopped yet: what is stopped forks no more, and
 * keeps the place it takes under a process limit. Then kills them all. `found` is who they were. */
void tree_kill(struct pids *found);

#endif
