/*
 * run: all that is known raw about one run, in memory; from a journal, to and from a run file (NNNNNN.h5).
 *
 * Live path, crash recovery and replay are one path: journal -> run -> run file; analysis always reads the run file.
 */
#ifndef JOULERIG_STORE_RUN_H
#define JOULERIG_STORE_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "error.h"
#include "journal.h"
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
struct run_sync {
	uint16_t channel; /* one of the clock's */
	struct record_sync sync;
};

struct run {
	json_t *header; /* as in the journal: identity of the run, its slot, devices, channels */
	json_t *notes;  /* object: all notes merged, key by key, one level deep; later ones win (status, exit, rusage…) */
	struct run_channel *channels;
	size_t n_channels;
	struct run_edge *edges;
	size_t n_edges;
	struct clock_anchor *anchors;
	size_t n_anchors;
	struct run_range *ranges;
	size_t n_ranges;
	struct run_sync *syncs; /* in the order in which they ended */
	size_t n_syncs;
	uint64_t damage; /* bytes of the journal that could not be used: the run was cut short */
};

/* The channel list inside a run header: written by the campaign, read back here, without loss (schemas/layout.md). New
 * reference; NULL when memory is short. */
json_t *channel_to_json(const struct channel *channel, const char *device);
int channel_from_json(const json_t *json, struct channel *channel, char device[32], struct error *error);

/* journal_note for a JSON object of any length, in several records where it must be; a single member (of the object, or of an
 * object in it) is at most RECORD_PAYLOAD_MAX bytes of text. */
int run_note(struct journal *journal, int64_t t, const json_t *note, struct error *error);

/* Records that make no sense (an unknown channel, a wrong size) are left out and counted in `damage`; a header that makes none
 * is ERROR_CORRUPT. On failure `run` is empty. */
int run_from_journal(const char *path, struct run *run, struct error *error);
/* Writes `path`.part, syncs, re-reads it and compares, renames to `path`, syncs the directory. A finished run is never replaced:
 * ERROR_EXISTS. On failure neither `path` nor `path`.part is left. */
int run_write(const struct run *run, const char *path, struct error *error);
/* ERROR_CORRUPT says what is missing, of the wrong shape, or not what its checksum says. On failure `run` is empty. */
int run_read(const char *path, struct run *run, struct error *error);
/* As run_read, run `number` of a packed campaign (pack.h). */
int run_read_packed(const char *path, uint32_t number, struct run *run, struct error *error);
void run_free(struct run *run); /* and zeroes it */
/* NULL when nothing differs, else what does. Byte for byte. */
const char *run_difference(const struct run *a, const struct run *b);

/* Edge lookup: the first edge of this kind (and name, unless NULL); NULL if none. */
const struct run_edge *run_edge(const struct run *run, enum edge_what what, const char *name);

/* A channel that is the product of two others of its device (channel.factor), and has no values of its own. */
bool run_is_product(const struct channel *channel);
/* Factors are numbered within their device; NULL: it has no such channel. */
const struct run_channel *run_factor(const struct run *run, const struct run_channel *product, int which);
/* NULL: they are a voltage and a current, sampled at once, and what is wrong otherwise. */
const char *run_product_fault(const struct run *run, const struct run_channel *product);

#endif
