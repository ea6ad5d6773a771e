/*
 * question: runs a program that should answer with a few bytes, and survives one that does not.
 */
#ifndef JOULERIG_DUT_QUESTION_H
#define JOULERIG_DUT_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Runs `path` with `argv` under `environment` in a process group of its own, without input and with its complaints dropped,
 * and stores what it prints as a string. It must exit with 0 before `limit` ns have passed, having printed less than `size`
 * bytes; it is killed with its group otherwise, and at the end in any case. May be called from any thread. */
int question_ask(const char *path, const char *const *argv, const char *const *environment, int64_t limit, char *answer,
		 size_t size, struct error *error);

#endif
