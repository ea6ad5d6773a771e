/*
 * result: what analysis says of one run, in the form that campaign.h5, tables and exports share.
 */
#ifndef JOULERIG_ANALYSIS_RESULT_H
#define JOULERIG_ANALYSIS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "energy.h"

enum run_status {
	RUN_OK,
	RUN_FAILED,      /* exit status not zero */
	RUN_SIGNALLED,   /* ended by a signal of its own */
	RUN_TIMEOUT,     /* ended by us at its time limit */
	RUN_INTERRUPTED, /* ended by us because the user asked, or found after a crash */
	RUN_MISMATCH,    /* the result's checksum differs from that of the other runs of the workload */
	RUN_WRONG_GIL,   /* the interpreter's GIL state is not what the arm claims */
	RUN_UNMEASURED,  /* the workload went well, but no trustworthy energy was measured: `reason` */
	RUN_NOT_STARTED, /* the command could not be executed */
	RUN_STATUSES
};
const char *run_status_name(enum run_status status);
int run_status_parse(const char *name); /* the enum, or -1 */

/* One energy source over one bracket: the wall, or RAPL's total, or a single channel. */
struct source_result {
	char name[CHANNEL_NAME_SIZE]; /* "wall", "rapl", or the channel's name */
	enum channel_role role;
	bool is_total; /* "wall" and "rapl"; the rest are their parts */
	struct energy energy;
};
#define RESULT_SOURCES_MAX 16

struct result {
	uint32_t run; /* number of the run file */
	uint32_t slot, attempt, repetition, block, order;
	char workload[48]; /* "mandelbrot threads=2" is workload "mandelbrot", point "threads=2" */
	char point[64];
	char arm[32];
	char phase[40]; /* "" for the whole run */
	enum run_status status;
	char reason[160];
	char checksum[72];
	int32_t exit_code, signal;
	int64_t start, stop;       /* MONOTONIC ns, as corrected */
	int64_t u_start, u_stop;   /* half-widths */
	int64_t start_realtime;    /* ns since 1970 UTC */
	double cpu_seconds;        /* user + system of the whole tree; NAN unknown */
	double peak_rss, peak_vms; /* bytes; NAN unknown */
	double overhead_cpu;       /* s: CPU time joulerig itself used within the bracket */
	bool simulated;
	struct source_result sources[RESULT_SOURCES_MAX];
	int n_sources;
	/* RAPL against the wall: */
	double rapl_fraction; /* RAPL gross / wall gross; NAN */
	bool gate_failed;     /* RAPL says more than the wall: impossible */
};

/* Whether two channels are one device's: they are named DEVICE.QUANTITY. */
bool result_same_device(const char *a, const char *b);

/* What the integrator of the meter says whose sum of powers is `samples`, all elements together. False if it has none. */
bool result_integral(const struct result *result, const struct source_result *samples, struct energy *integral);

const struct source_result *result_source(const struct result *result, const char *name); /* NULL if absent */

#endif
