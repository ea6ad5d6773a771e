/* A run as a file that is complete, or absent. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"
#include "h5.h"
#include "iso_time.h"
#include "run_model.h"
#include "run_view.h"

#define PATH_SIZE 4096

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void note_given(struct h5 *h5, const char *group, const char *name, const char *text)
{
	if (text[0] != '\0')
		h5_put_document(h5, group, name, text);
}

static void put_root(struct h5 *h5, const struct run *run)
{
	h5_note_text(h5, "/", "NX_class", "NXroot");
	h5_note_text(h5, "/", "default", "entry");
	h5_note_text(h5, "/", "creator", "joulerig");
	h5_note_text(h5, "/", "layout", RUN_LAYOUT);
	h5_note_i64(h5, "/", "layout_version", RUN_LAYOUT_VERSION);
	h5_make_group(h5, "/entry", "NXentry");
	if (json_is_true(json_object_get(run->header, "simulated"))) {
		h5_note_flag(h5, "/", "simulated");
		h5_note_flag(h5, "/entry", "simulated");
	}
}

static void put_title(struct h5 *h5, const struct run *run)
{
	char title[256];
	snprintf(title, sizeof title, "%s%s %s %s, run %lld",
		 json_is_true(json_object_get(run->header, "simulated")) ? "SIMULATED: " : "", text_of(run->header, "workload"),
		 text_of(run->header, "point"), text_of(run->header, "arm"),
		 (long long)json_integer_value(json_object_get(run->header, "run")));
	h5_put_document(h5, "/entry", "title", title);
}

static uint64_t distance(int64_t a, int64_t b)
{
	return a < b ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b;
}

/* REALTIME at a MONOTONIC instant, by the anchor nearest to it. False without anchors. */
static bool realtime_of(const struct run *run, int64_t t, int64_t *realtime)
{
	const struct clock_anchor *nearest = NULL;
	for (size_t i = 0; i < run->n_anchors; i++) {
		const struct clock_anchor *anchor = &run->anchors[i];
		if (nearest == NULL || distance(anchor->monotonic, t) < distance(nearest->monotonic, t))
			nearest = anchor;
	}
	if (nearest != NULL)
		*realtime = (int64_t)((uint64_t)nearest->realtime + (uint64_t)t - (uint64_t)nearest->monotonic);
	return nearest != NULL;
}

static void put_time(struct h5 *h5, const struct run *run, enum edge_what what, const char *name)
{
	char text[ISO_TIME_SIZE];
	int64_t realtime;
	const struct run_edge *edge = run_edge(run, what, NULL);
	if (edge != NULL && realtime_of(run, edge->t, &realtime))
		h5_put_document(h5, "/entry", name, iso_time(realtime, text));
}

static void put_entry(struct h5 *h5, const struct run *run)
{
	put_title(h5, run);
	put_time(h5, run, EDGE_START, "start_time");
	put_time(h5, run, EDGE_STOP, "end_time");
	note_given(h5, "/entry", "entry_identifier_uuid", text_of(run->header, "uuid"));
	note_given(h5, "/entry", "collection_identifier", text_of(run->header, "campaign"));
	h5_put_document(h5, "/entry", "program_name", "joulerig");
	if (text_of(run->header, "version")[0] != '\0')
		h5_note_text(h5, "/entry/program_name", "version", text_of(run->header, "version"));
	h5_put_document(h5, "/entry", "definition_local", RUN_LAYOUT);
	h5_note_text(h5, "/entry/definition_local", "version", "1");
}

static void put_json(struct h5 *h5, const char *group, const char *name, const json_t *json)
{
	char path[H5_PATH_SIZE];
	char *text = json_dumps(json, JSON_COMPACT);
	if (text == NULL) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for the text of %s", name);
		return;
	}
	h5_put_document(h5, group, name, text);
	h5_note_text(h5, h5_join(group, name, path), "type", "application/json");
	free(text);
}

static void put_log(struct h5 *h5, const struct run *run)
{
	h5_make_group(h5, RUN_LOG_GROUP, "NXcollection");
	put_json(h5, RUN_LOG_GROUP, "header", run->header);
	put_json(h5, RUN_LOG_GROUP, "notes", run->notes);
	h5_note_i64(h5, RUN_LOG_GROUP, "journal_damage", (int64_t)run->damage);
}

/* What the bench's facts say of this device becomes its attributes. */
static void note_identity(struct h5 *h5, const struct run *run, const char *device, const char *group)
{
	size_t i;
	json_t *facts;
	json_array_foreach(json_object_get(json_object_get(run->header, "bench"), "devices"), i, facts)
		if (strcmp(text_of(facts, "name"), device) == 0) {
			h5_note_json(h5, group, facts);
			return;
		}
}

static void put_device(struct h5 *h5, const struct run *run, const struct run_channel *channel)
{
	char group[RUN_GROUP_SIZE];
	snprintf(group, sizeof group, "/entry/instrument/%s", channel->device);
	if (h5_has(h5, "/entry/instrument", channel->device))
		return;
	h5_make_group(h5, group, "NXsensor");
	note_identity(h5, run, channel->device, group);
	if (channel->channel.simulated)
		h5_note_flag(h5, group, "simulated");
}

/* Of each block of evenly spaced values, the index of its first; *n of them. NULL when memory is short. */
static size_t *block_starts(const struct run_channel *channel, size_t *n)
{
	size_t *starts = malloc((channel->n + 1) * sizeof *starts);
	*n = 0;
	for (size_t i = 0; starts != NULL && i < channel->n; i++)
		if (i == 0 || !run_continues(channel, i) || i - starts[*n - 1] == UINT32_MAX)
			starts[(*n)++] = i;
	return starts;
}

/* One element of `size` bytes for each index. */
static void put_picked(struct h5 *h5, const char *group, const struct field *field, const void *array, const size_t *starts,
		       size_t n)
{
	unsigned char *picked = malloc(n * field->size + 1);
	if (picked == NULL) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for %s/%s", group, field->name);
		return;
	}
	for (size_t i = 0; i < n; i++)
		memcpy(picked + i * field->size, (const unsigned char *)array + starts[i] * field->size, field->size);
	h5_put_array(h5, group, field->name, field->type, field->size, n, picked, field->units);
	free(picked);
}

static void put_lengths(struct h5 *h5, const char *group, const size_t *starts, size_t n, size_t end)
{
	uint32_t *lengths = malloc((n + 1) * sizeof *lengths);
	if (lengths == NULL) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for %s/n", group);
		return;
	}
	for (size_t i = 0; i < n; i++)
		lengths[i] = (uint32_t)((i + 1 < n ? starts[i + 1] : end) - starts[i]);
	h5_put_array(h5, group, "n", STORED_U32, sizeof *lengths, n, lengths, NULL);
	free(lengths);
}

static const struct field column_t = { "t", "ns", STORED_I64, 0, 8 }, column_u_t = { "u_t", "ns", STORED_I64, 0, 8 },
			  column_flags = { "flags", NULL, STORED_U32, 0, 4 }, column_seq = { "seq", NULL, STORED_U32, 0, 4 };

static void put_affine_axis(struct h5 *h5, const char *group, const struct run_channel *channel)
{
	size_t n;
	size_t *starts = block_starts(channel, &n);
	if (starts == NULL) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for the time axis of %s", channel->channel.name);
		return;
	}
	put_picked(h5, group, &column_t, channel->t, starts, n);
	put_picked(h5, group, &column_u_t, channel->u_t, starts, n);
	put_picked(h5, group, &column_flags, channel->flags, starts, n);
	put_picked(h5, group, &column_seq, channel->seq, starts, n);
	put_lengths(h5, group, starts, n, channel->n);
	free(starts);
}

static void put_stamped_axis(struct h5 *h5, const char *group, const struct run_channel *channel)
{
	h5_put_array(h5, group, "t", STORED_I64, sizeof(int64_t), channel->n, channel->t, "ns");
	h5_put_array(h5, group, "u_t", STORED_I64, sizeof(int64_t), channel->n, channel->u_t, "ns");
	h5_put_array(h5, group, "flags", STORED_U32, sizeof(uint32_t), channel->n, channel->flags, NULL);
	h5_put_array(h5, group, "seq", STORED_U32, sizeof(uint32_t), channel->n, channel->seq, NULL);
}

static void *narrowed(const struct run_channel *channel)
{
	size_t size = number_size(channel->channel.number);
	unsigned char *values = malloc(channel->n * size + 1);
	for (size_t i = 0; values != NULL && i < channel->n; i++)
		memcpy(values + i * size, &channel->values.u64[i], size); /* little-endian: the low bytes come first */
	return values;
}

static void put_values(struct h5 *h5, const char *group, const struct run_channel *channel)
{
	char path[H5_PATH_SIZE];
	const struct channel *c = &channel->channel;
	void *values = narrowed(channel);
	if (values == NULL) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for the values of %s", c->name);
		return;
	}
	h5_put_array(h5, group, "value", run_stored(c->number), number_size(c->number), channel->n, values, unit_symbol(c->unit));
	h5_join(group, "value", path);
	h5_note_text(h5, path, "long_name", c->name);
	h5_note_f64(h5, path, "scale", c->scale);
	h5_note_f64(h5, path, "offset", c->offset);
	free(values);
}

static void describe_channel(struct h5 *h5, const char *group, size_t number, const struct run_channel *channel)
{
	json_t *description = channel_to_json(&channel->channel, channel->device);
	if (description == NULL)
		h5_fail(h5, ERROR_INTERNAL, "no memory to describe %s", channel->channel.name);
	h5_note_json(h5, group, description);
	json_decref(description);
	h5_note_i64(h5, group, "channel", (int64_t)number);
	h5_note_text(h5, group, "axis", run_is_affine(&channel->channel) ? "affine" : "stamped");
}

static void note_clock(struct h5 *h5, const char *group, const char *name, enum clock_id clock)
{
	char path[H5_PATH_SIZE];
	h5_note_text(h5, h5_join(group, name, path), "clock", clock_name(clock));
}

/* Always of the host's clock, which must be said where the values beside them are not. */
static void put_gaps(struct h5 *h5, const char *group, const struct run_channel *channel)
{
	char path[H5_PATH_SIZE];
	h5_make_group(h5, h5_join(group, "gaps", path), "NXcollection");
	h5_put_columns(h5, path, run_gap_fields, run_gap_n_fields, channel->gaps, sizeof *channel->gaps, channel->n_gaps);
	if (channel->channel.clock != CLOCK_ID_DEVICE)
		return;
	note_clock(h5, path, "from", CLOCK_ID_MONOTONIC);
	note_clock(h5, path, "to", CLOCK_ID_MONOTONIC);
}

static void put_syncs(struct h5 *h5, const struct run *run)
{
	h5_make_group(h5, RUN_SYNCS_GROUP, "NXcollection");
	h5_put_columns(h5, RUN_SYNCS_GROUP, run_sync_fields, run_sync_n_fields, run->syncs, sizeof *run->syncs, run->n_syncs);
	note_clock(h5, RUN_SYNCS_GROUP, "sent", CLOCK_ID_MONOTONIC);
	note_clock(h5, RUN_SYNCS_GROUP, "received", CLOCK_ID_MONOTONIC);
	note_clock(h5, RUN_SYNCS_GROUP, "arrived", CLOCK_ID_DEVICE);
	note_clock(h5, RUN_SYNCS_GROUP, "answered", CLOCK_ID_DEVICE);
}

static void put_channel(struct h5 *h5, const struct run *run, size_t number)
{
	char group[RUN_GROUP_SIZE];
	const struct run_channel *channel = &run->channels[number];
	run_channel_group(channel, group);
	put_device(h5, run, channel);
	h5_make_group(h5, group, "NXlog");
	describe_channel(h5, group, number, channel);
	if (run_is_affine(&channel->channel))
		put_affine_axis(h5, group, channel);
	else
		put_stamped_axis(h5, group, channel);
	note_clock(h5, group, "t", channel->channel.clock);
	put_values(h5, group, channel);
	put_gaps(h5, group, channel);
}

/* Only a bench with lines has the last two: files from before there were any still are what is composed of them. */
static const char *edge_kinds(const struct run *run)
{
	for (size_t i = 0; i < run->n_edges; i++)
		if (run->edges[i].edge.what == EDGE_RISE || run->edges[i].edge.what == EDGE_FALL)
			return "1 start, 2 stop, 3 begin, 4 end, 5 mark, 6 barrier, 7 go, 8 rise, 9 fall";
	return "1 start, 2 stop, 3 begin, 4 end, 5 mark, 6 barrier, 7 go";
}

static void put_trigger(struct h5 *h5, const struct run *run)
{
	h5_make_group(h5, RUN_TRIGGER_GROUP, "NXsensor");
	h5_make_group(h5, RUN_EDGES_GROUP, "NXcollection");
	h5_put_columns(h5, RUN_EDGES_GROUP, run_edge_fields, run_edge_n_fields, run->edges, sizeof *run->edges, run->n_edges);
	h5_note_text(h5, RUN_EDGES_GROUP "/t", "clock", "monotonic");
	h5_note_text(h5, RUN_EDGES_GROUP "/what", "meaning", edge_kinds(run));
	h5_note_text(h5, RUN_EDGES_GROUP "/source", "meaning", "1 software, 2 kernel, 3 hardware");
}

void run_compose(struct h5 *h5, const struct run *run)
{
	put_root(h5, run);
	put_entry(h5, run);
	h5_make_group(h5, "/entry/instrument", "NXinstrument");
	for (size_t i = 0; i < run->n_channels; i++)
		put_channel(h5, run, i);
	put_trigger(h5, run);
	h5_make_group(h5, RUN_CLOCK_GROUP, "NXcollection");
	h5_put_columns(h5, RUN_CLOCK_GROUP, run_anchor_fields, run_anchor_n_fields, run->anchors, sizeof *run->anchors,
		       run->n_anchors);
	h5_make_group(h5, RUN_RANGES_GROUP, "NXcollection");
	h5_put_columns(h5, RUN_RANGES_GROUP, run_range_fields, run_range_n_fields, run->ranges, sizeof *run->ranges,
		       run->n_ranges);
	if (run->n_syncs > 0)
		put_syncs(h5, run);
	put_log(h5, run);
	run_put_view(h5, run);
}

/* The file as a reader will find it, against what it was made from. */
static int verify(const struct run *run, const char *part, struct error *error)
{
	struct run stored;
	if (run_read(part, &stored, error) != 0)
		return -1;
	const char *difference = run_difference(run, &stored);
	run_free(&stored);
	if (difference != NULL)
		return error_set(error, ERROR_CORRUPT, part, "check the disk; the journal is kept",
				 "the file just written reads back differently: %s", difference);
	return 0;
}

int run_write(const struct run *run, const char *path, struct error *error)
{
	struct h5 h5;
	char part[PATH_SIZE];
	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return error_set(error, ERROR_USAGE, path, NULL, "the path is too long");
	if (h5_create(&h5, part, error) == 0)
		run_compose(&h5, run);
	if (h5_save(&h5, part) != 0)
		return -1;
	if (verify(run, part, error) != 0 || durable_rename(part, path, false, error) != 0) {
		unlink(part);
		return -1;
	}
	return 0;
}
