/*
 * server: a twin on the real clock: one thread, one poll loop for sockets, pty, file system, CPU use and signals.
 */
#ifndef JOULERIG_TWIN_SERVER_H
#define JOULERIG_TWIN_SERVER_H

#include "error.h"
#include "twin.h"

struct server_options {
	const char *directory;  /* made if it is not there; sockets, counters and bench.yaml go there */
	const char *truth_path; /* NULL: none */
	/* Everything answers; `bench` is the bench file's path. Called once. */
	void (*ready)(void *context, const char *bench);
	void *context;
};

/* Runs until SIGTERM or SIGINT. 0, or -1 when it could not start or go on. */
int server_run(const struct twin_config *config, const struct server_options *options, struct error *error);

#endif
