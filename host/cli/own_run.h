/*
 * own_run: one run whose workload is joulerig itself, in the mode load-pattern: an ordinary campaign, whose run file is the
 * evidence for what is concluded from it.
 */
#ifndef JOULERIG_CLI_OWN_RUN_H
#define JOULERIG_CLI_OWN_RUN_H

#include "bench.h"
#include "launcher.h"
#include "run.h"

struct own_run {
	const char *title, *directory;
	const struct bench_config *bench;
	struct launcher *launcher;
	double seconds; /* that it will take, about */
	const char *arguments[16]; /* of load-pattern; NULL-terminated */
	bool quiet;
};

/* Fills `run` with what its file holds. -1 also when the workload failed. */
int own_run(const struct own_run *request, struct run *run, struct error *error);

/* "PREFIX-YYYYMMDD-HHMMSS" */
void own_directory(const char *prefix, char *path, size_t size);

/* The bench file's name with another ending: a file of the same bench. Returns `path`. */
const char *beside_bench(const char *bench, const char *ending, char *path, size_t size);

#endif
