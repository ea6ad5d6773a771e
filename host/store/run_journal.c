/* From a journal to a run: records sorted by what they are. What cannot be used is counted as damage, not a reason to lose
 * the rest. */
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "run_model.h"

/* 0: taken; 1: it makes no sense in this run; -1: no memory. */
enum { TAKEN, USELESS, NO_MEMORY = -1 };

static int reserve(struct run_channel *channel, size_t more)
{
	if (channel->n + more <= channel->capacity)
		return TAKEN;
	size_t capacity = channel->capacity < 256 ? 256 : channel->capacity * 2;
	while (capacity < channel->n + more)
		capacity *= 2;
	struct {
		void **array;
		size_t size;
	} arrays[] = {
		{ (void **)&channel->t, sizeof *channel->t }, { (void **)&channel->u_t, sizeof *channel->u_t },
		{ (void **)&channel->flags, sizeof *channel->flags }, { (void **)&channel->seq, sizeof *channel->seq },
		{ (void **)&channel->values.u64, sizeof *channel->values.u64 },
	};
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
		void *grown = realloc(*arrays[i].array, capacity * arrays[i].size);
		if (grown == NULL)
			return NO_MEMORY;
		*arrays[i].array = grown;
	}
	channel->capacity = capacity;
	return TAKEN;
}

static int take_block(struct run *run, const struct record *record, const void *payload)
{
	struct run_channel *channel = &run->channels[record->channel];
	enum number_type number = channel->channel.number;
	if (reserve(channel, record->n) != TAKEN)
		return NO_MEMORY;
	for (size_t i = 0; i < record->n; i++) {
		size_t at = channel->n + i;
		channel->t[at] = (int64_t)((uint64_t)record->t + i * (uint64_t)channel->channel.refresh);
		channel->u_t[at] = record->u_t;
		channel->flags[at] = record->flags;
		channel->seq[at] = record->seq;
		channel->values.u64[at] = run_widened(number, (const char *)payload + i * number_size(number));
	}
	channel->n += record->n;
	return TAKEN;
}

static int take_gap(struct run *run, const struct record *record, const void *payload)
{
	struct run_channel *channel = &run->channels[record->channel];
	if (run_grow((void **)&channel->gaps, channel->n_gaps, sizeof *channel->gaps) != 0)
		return NO_MEMORY;
	memcpy(&channel->gaps[channel->n_gaps++], payload, sizeof *channel->gaps);
	return TAKEN;
}

static int take_edge(struct run *run, const struct record *record, const void *payload)
{
	if (run_grow((void **)&run->edges, run->n_edges, sizeof *run->edges) != 0)
		return NO_MEMORY;
	struct run_edge *edge = &run->edges[run->n_edges++];
	edge->t = record->t;
	edge->u_t = record->u_t;
	memcpy(&edge->edge, payload, sizeof edge->edge);
	return TAKEN;
}

static int take_anchor(struct run *run, const struct record *record, const void *payload)
{
	(void)record;
	if (run_grow((void **)&run->anchors, run->n_anchors, sizeof *run->anchors) != 0)
		return NO_MEMORY;
	memcpy(&run->anchors[run->n_anchors++], payload, sizeof *run->anchors);
	return TAKEN;
}

static int take_range(struct run *run, const struct record *record, const void *payload)
{
	if (run_grow((void **)&run->ranges, run->n_ranges, sizeof *run->ranges) != 0)
		return NO_MEMORY;
	struct run_range *range = &run->ranges[run->n_ranges++];
	range->t = record->t;
	range->channel = record->channel;
	memcpy(&range->range, payload, sizeof range->range);
	return TAKEN;
}

static int take_sync(struct run *run, const struct record *record, const void *payload)
{
	if (run_grow((void **)&run->syncs, run->n_syncs, sizeof *run->syncs) != 0)
		return NO_MEMORY;
	struct run_sync *sync = &run->syncs[run->n_syncs++];
	sync->channel = record->channel;
	memcpy(&sync->sync, payload, sizeof sync->sync);
	return TAKEN;
}

/* Key by key, the later note wins; of two objects under one key, the members are merged in the same way. */
static int merge(json_t *notes, json_t *news)
{
	const char *key;
	json_t *value;
	json_object_foreach(news, key, value) {
		json_t *old = json_object_get(notes, key);
		int result = json_is_object(old) && json_is_object(value) ? json_object_update(old, value)
									  : json_object_set(notes, key, value);
		if (result != 0)
			return NO_MEMORY;
	}
	return TAKEN;
}

static int take_note(struct run *run, const struct record *record, const void *payload)
{
	json_t *news = json_loadb(payload, record->n, JSON_REJECT_DUPLICATES, NULL);
	int result = json_is_object(news) ? merge(run->notes, news) : USELESS;
	json_decref(news);
	return result;
}

static int take(struct run *run, const struct record *record, const void *payload, uint32_t size)
{
	bool of_channel = record->kind == RECORD_BLOCK || record->kind == RECORD_GAP || record->kind == RECORD_RANGE ||
			  record->kind == RECORD_SYNC;
	if (of_channel && record->channel >= run->n_channels)
		return USELESS;
	enum number_type number = of_channel ? run->channels[record->channel].channel.number : NUMBER_F64;
	if (record_payload_size(record, number) != size)
		return USELESS;
	switch (record->kind) {
	case RECORD_BLOCK: return take_block(run, record, payload);
	case RECORD_EDGE: return take_edge(run, record, payload);
	case RECORD_GAP: return take_gap(run, record, payload);
	case RECORD_ANCHOR: return take_anchor(run, record, payload);
	case RECORD_RANGE: return take_range(run, record, payload);
	case RECORD_SYNC: return take_sync(run, record, payload);
	case RECORD_NOTE: return take_note(run, record, payload);
	default: return USELESS;
	}
}

static int take_header(struct run *run, struct journal_reader *reader, const char *path, struct error *error)
{
	json_error_t wrong;
	run->header = json_loads(journal_header(reader), JSON_REJECT_DUPLICATES, &wrong);
	run->notes = json_object();
	if (!json_is_object(run->header))
		return error_set(error, ERROR_CORRUPT, path, NULL, "the journal's header is not a JSON object: %s",
				 run->header ? "something else" : wrong.text);
	return run_make_channels(run, path, error);
}

static int take_records(struct run *run, struct journal_reader *reader, const char *path, struct error *error)
{
	const struct record *record;
	const void *payload;
	uint32_t size;
	int more;
	while ((more = journal_next(reader, &record, &payload, &size, error)) == 1) {
		int result = take(run, record, payload, size);
		if (result == NO_MEMORY)
			return error_set(error, ERROR_INTERNAL, path, NULL, "no memory for the run");
		if (result == USELESS)
			run->damage += sizeof *record + size;
	}
	run->damage += journal_damage(reader);
	return more;
}

int run_from_journal(const char *path, struct run *run, struct error *error)
{
	memset(run, 0, sizeof *run);
	struct journal_reader *reader = journal_open(path, error);
	if (reader == NULL)
		return -1;
	int result = take_header(run, reader, path, error);
	if (result == 0)
		result = take_records(run, reader, path, error);
	journal_reader_close(reader);
	if (result != 0)
		run_free(run);
	return result;
}
