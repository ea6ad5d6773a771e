/* A run file into memory. The header's JSON says which channels there are; their numbers come from the columns. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h5.h"
#include "run_model.h"

static void expect_length(struct h5 *h5, const char *group, const char *name, size_t n, size_t expected)
{
	if (!h5->failed && n != expected)
		h5_fail(h5, ERROR_CORRUPT, "%s/%s has %zu values, not %zu", group, name, n, expected);
}

/* Sets channel->n, from which the other columns' lengths follow. */
static void get_values(struct h5 *h5, const char *group, struct run_channel *channel)
{
	enum number_type number = channel->channel.number;
	size_t size = number_size(number), n = 0;
	unsigned char *stored = h5_get_array(h5, group, "value", run_stored(number), size, &n);
	if (stored == NULL)
		return;
	channel->values.u64 = malloc((n + 1) * sizeof *channel->values.u64);
	if (channel->values.u64 == NULL)
		h5_fail(h5, ERROR_INTERNAL, "no memory for the values of %s", group);
	for (size_t i = 0; !h5->failed && i < n; i++)
		channel->values.u64[i] = run_widened(number, stored + i * size);
	channel->n = channel->capacity = n;
	free(stored);
}

/* The columns of a time axis: one entry per value, or per block of values. */
struct axis {
	size_t n;
	int64_t *t, *u_t;
	uint32_t *flags, *seq, *lengths;
};

static struct axis get_axis(struct h5 *h5, const char *group, bool affine)
{
	struct axis axis = { .n = 0 };
	size_t n_u_t = 0, n_flags = 0, n_seq = 0, n_lengths = 0;
	axis.t = h5_get_array(h5, group, "t", STORED_I64, sizeof *axis.t, &axis.n);
	axis.u_t = h5_get_array(h5, group, "u_t", STORED_I64, sizeof *axis.u_t, &n_u_t);
	axis.flags = h5_get_array(h5, group, "flags", STORED_U32, sizeof *axis.flags, &n_flags);
	axis.seq = h5_get_array(h5, group, "seq", STORED_U32, sizeof *axis.seq, &n_seq);
	if (affine)
		axis.lengths = h5_get_array(h5, group, "n", STORED_U32, sizeof *axis.lengths, &n_lengths);
	expect_length(h5, group, "u_t", n_u_t, axis.n);
	expect_length(h5, group, "flags", n_flags, axis.n);
	expect_length(h5, group, "seq", n_seq, axis.n);
	if (affine)
		expect_length(h5, group, "n", n_lengths, axis.n);
	return axis;
}

static void free_axis(struct axis *axis)
{
	free(axis->t);
	free(axis->u_t);
	free(axis->flags);
	free(axis->seq);
	free(axis->lengths);
}

static bool allocate_axis(struct run_channel *channel)
{
	channel->t = malloc((channel->n + 1) * sizeof *channel->t);
	channel->u_t = malloc((channel->n + 1) * sizeof *channel->u_t);
	channel->flags = malloc((channel->n + 1) * sizeof *channel->flags);
	channel->seq = malloc((channel->n + 1) * sizeof *channel->seq);
	return channel->t && channel->u_t && channel->flags && channel->seq;
}

static void expand_block(const struct axis *axis, size_t block, size_t at, struct run_channel *channel)
{
	for (size_t i = 0; i < axis->lengths[block]; i++, at++) {
		channel->t[at] = (int64_t)((uint64_t)axis->t[block] + i * (uint64_t)channel->channel.refresh);
		channel->u_t[at] = axis->u_t[block];
		channel->flags[at] = axis->flags[block];
		channel->seq[at] = axis->seq[block];
	}
}

static void expand_axis(struct h5 *h5, const char *group, const struct axis *axis, struct run_channel *channel)
{
	size_t at = 0, block = 0;
	if (!allocate_axis(channel)) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for the time axis of %s", group);
		return;
	}
	for (; block < axis->n && axis->lengths[block] <= channel->n - at; block++) {
		expand_block(axis, block, at, channel);
		at += axis->lengths[block];
	}
	if (block < axis->n || at != channel->n)
		h5_fail(h5, ERROR_CORRUPT, "%s/n does not add up to the %zu values there are", group, channel->n);
}

/* The stored columns are the run's own: they change hands. */
static void adopt_axis(struct h5 *h5, const char *group, struct axis *axis, struct run_channel *channel)
{
	expect_length(h5, group, "value", channel->n, axis->n);
	if (h5->failed)
		return;
	channel->t = axis->t;
	channel->u_t = axis->u_t;
	channel->flags = axis->flags;
	channel->seq = axis->seq;
	*axis = (struct axis){ .n = 0 };
}

static void get_channel(struct h5 *h5, struct run_channel *channel)
{
	char group[RUN_GROUP_SIZE], gaps[H5_PATH_SIZE];
	bool affine = run_is_affine(&channel->channel);
	run_channel_group(channel, group);
	get_values(h5, group, channel);
	struct axis axis = get_axis(h5, group, affine);
	if (!h5->failed && affine)
		expand_axis(h5, group, &axis, channel);
	else if (!h5->failed)
		adopt_axis(h5, group, &axis, channel);
	free_axis(&axis);
	h5_join(group, "gaps", gaps);
	channel->gaps = h5_get_columns(h5, gaps, run_gap_fields, run_gap_n_fields, sizeof *channel->gaps, &channel->n_gaps);
	channel->gaps_capacity = channel->n_gaps;
}

void run_read_from(struct h5 *h5, struct run *run)
{
	h5_expect_layout(h5, RUN_LAYOUT, RUN_LAYOUT_VERSION);
	run->header = h5_get_json(h5, RUN_LOG_GROUP, "header");
	run->notes = h5_get_json(h5, RUN_LOG_GROUP, "notes");
	run->damage = (uint64_t)h5_read_i64(h5, RUN_LOG_GROUP, "journal_damage");
	if (!h5->failed && run_make_channels(run, h5->path, h5->error) != 0)
		h5->failed = true;
	for (size_t i = 0; i < run->n_channels && !h5->failed; i++)
		get_channel(h5, &run->channels[i]);
	run->edges = h5_get_columns(h5, RUN_EDGES_GROUP, run_edge_fields, run_edge_n_fields, sizeof *run->edges, &run->n_edges);
	run->anchors = h5_get_columns(h5, RUN_CLOCK_GROUP, run_anchor_fields, run_anchor_n_fields, sizeof *run->anchors,
				      &run->n_anchors);
	run->ranges = h5_get_columns(h5, RUN_RANGES_GROUP, run_range_fields, run_range_n_fields, sizeof *run->ranges,
				     &run->n_ranges);
	if (!h5->failed && h5_has(h5, "/entry", "syncs")) /* files from before there were devices with a clock have none */
		run->syncs = h5_get_columns(h5, RUN_SYNCS_GROUP, run_sync_fields, run_sync_n_fields, sizeof *run->syncs,
					    &run->n_syncs);
}

static int read_run(const char *path, const char *entry, struct run *run, struct error *error)
{
	struct h5 h5;
	memset(run, 0, sizeof *run);
	if (h5_open(&h5, path, error) == 0) {
		h5.entry = entry;
		run_read_from(&h5, run);
	}
	h5_close(&h5);
	if (h5.failed)
		run_free(run);
	return h5.failed ? -1 : 0;
}

int run_read(const char *path, struct run *run, struct error *error)
{
	return read_run(path, NULL, run, error);
}

int run_read_packed(const char *path, uint32_t number, struct run *run, struct error *error)
{
	char entry[32];
	snprintf(entry, sizeof entry, "/runs/%06u", number);
	return read_run(path, entry, run, error);
}
