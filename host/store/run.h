/*
 * run: all that is known raw about one run, in memory; from a journal, to and from a run file (NNNNNN.h5).
 *
 * Live path, crash recovery and replay are one path: journal -> run -> run file; analysis always reads the run file.
 */
#ifndef JOULERIG_STORE_RUN_H
#define JOULERIG_STORE_RUN_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "error.h"
#include "record.h"

/* One channel's records, flattened: one entry per value. Arrays of n. */
struct run_channel {
	struct channel channel;
	char device[32];
	size_t n, capacity;
	int64_t *t, *u_t;
	uint32_t *flags, *seq;
	union { /* by channel.number, native: values are widened, never scaled */
		double *f64;
		uint64_t *u64;
		int64_t *i64; /* I32 and I16 */
	} values;
	struct record_gap *gaps;
	size_t n_gaps, gaps_capacity;
};

struct run_edge {
	int64_t t, u_t;
	struct record_edge edge;
};
struct run_range {
	int64_t t;
	uint16_t channel;
	struct record_range range;
};

struct run {
	json_t *header; /* as in the journal: identity of the run, its slot, devices, channels */
	json_t *notes;  /* object: every note merged, later ones win (status, exit, rusage, facts…) */
	struct run_channel *channels;
	size_t n_channels;
	struct run_edge *edges;
	size_t n_edges;
	struct clock_anchor *anchors;
	size_t n_anchors;
	struct run_range *ranges;
	size_t n_ranges;
	uint64_t damage; /* bytes of the journal that could not be used: the run was cut short */
};

/* The channel list inside a run header: written by the campaign, read back here. */
json_t *channel_to_json(const struct channel *channel, const char *device);
int channel_from_json(const json_t *json, struct channel *channel, char device[32], struct error *error);

int run_from_journal(const char *path, struct run *run, struct error *error);
/* Writes `path`.part, syncs, re-reads it and compares, renames to `path`, syncs the directory. */
int run_write(const struct run *run, const char *path, struct error *error);
int run_read(const char *path, struct run *run, struct error *error);
void run_free(struct run *run); /* and zeroes it */

/* Edge lookup: the first edge of this kind (and name, unless NULL); NULL if none. */
const struct run_edge *run_edge(const struct run *run, enum edge_what what, const char *name);

#endif
