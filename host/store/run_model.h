/*
 * run_model: what the files that make, write and read runs share.
 */
#ifndef JOULERIG_STORE_RUN_MODEL_H
#define JOULERIG_STORE_RUN_MODEL_H

#include <stdbool.h>

#include "fields.h"
#include "h5.h"
#include "run.h"

/* run.c: room for one more behind n elements of *array, doubling. 0, or -1 when memory is short. */
int run_grow(void **array, size_t n, size_t size);
/* Makes run->channels from run->header's "channels". `path` is for messages. */
int run_make_channels(struct run *run, const char *path, struct error *error);

/* run_write.c: a run file's whole content, into a file being composed. */
void run_compose(struct h5 *h5, const struct run *run);
/* run_read.c: from a run file, or from where h5->entry says; `run` is zero before. Failures are h5's; run_free in any case. */
void run_read_from(struct h5 *h5, struct run *run);

/* run_layout.c: what is where in a run file; drawn in schemas/layout.md. */
#define RUN_LAYOUT "joulerig run"
#define RUN_LAYOUT_VERSION 1
#define RUN_GROUP_SIZE 160
/* "/entry/instrument/DEVICE/QUANTITY": a channel "wall.power" of device "wall" has the quantity "power". */
const char *run_channel_group(const struct run_channel *channel, char group[RUN_GROUP_SIZE]);
#define RUN_TRIGGER_GROUP "/entry/instrument/trigger"
#define RUN_EDGES_GROUP RUN_TRIGGER_GROUP "/edges"
#define RUN_CLOCK_GROUP "/entry/clock"
#define RUN_RANGES_GROUP "/entry/ranges"
#define RUN_SYNCS_GROUP "/entry/syncs"
#define RUN_LOG_GROUP "/entry/raw_log"

extern const struct field run_edge_fields[], run_anchor_fields[], run_range_fields[], run_gap_fields[], run_sync_fields[];
extern const size_t run_edge_n_fields, run_anchor_n_fields, run_range_n_fields, run_gap_n_fields, run_sync_n_fields;

/* How the values of a channel are stored; in memory they are widened to 8 bytes. */
enum stored run_stored(enum number_type number);
/* True where t is stored per block of evenly spaced values, not per value. */
bool run_is_affine(const struct channel *channel);
/* Entry i continues the block that entry i - 1 is in. */
bool run_continues(const struct run_channel *channel, size_t i);
/* A native value, as stored, widened to 8 bytes. */
uint64_t run_widened(enum number_type number, const void *native);

#endif
