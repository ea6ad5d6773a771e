/*
 * descriptors: gives a process exactly the descriptors it should have, by number.
 */
#ifndef JOULERIG_DUT_DESCRIPTORS_H
#define JOULERIG_DUT_DESCRIPTORS_H

/* Afterwards descriptor i is what wanted[i] was (closed where that is -1), close-on-exec if bit i of `cloexec` is set, and no
 * descriptor from `n` on is open. For use in a process that was just forked: it closes what others of it may still use.
 * At most 16. 0, or an errno value. */
int descriptors_arrange(const int *wanted, int n, unsigned cloexec);

/* Closes those that are not -1. */
void descriptors_close(const int *descriptors, int n);

#endif
