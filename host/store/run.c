#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "run_model.h"

int run_grow(void **array, size_t n, size_t size)
{
	if (n != 0 && (n < 16 || (n & (n - 1)) != 0))
		return 0;
	void *grown = realloc(*array, (n < 16 ? 16 : 2 * n) * size);
	if (grown == NULL)
		return -1;
	*array = grown;
	return 0;
}

static int duplicate(const struct run *run, const struct run_channel *channel)
{
	char mine[RUN_GROUP_SIZE], other[RUN_GROUP_SIZE];
	run_channel_group(channel, mine);
	for (const struct run_channel *c = run->channels; c < channel; c++)
		if (strcmp(run_channel_group(c, other), mine) == 0 || strcmp(c->channel.name, channel->channel.name) == 0)
			return 1;
	return 0;
}

int run_make_channels(struct run *run, const char *path, struct error *error)
{
	const json_t *list = json_object_get(run->header, "channels");
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n > UINT16_MAX)
		return error_set(error, ERROR_CORRUPT, path, NULL, "the run's header has no list of channels");
	run->channels = calloc(n + 1, sizeof *run->channels);
	if (run->channels == NULL)
		return error_set(error, ERROR_INTERNAL, path, NULL, "no memory for %zu channels", n);
	for (run->n_channels = 0; run->n_channels < n; run->n_channels++) {
		struct run_channel *channel = &run->channels[run->n_channels];
		if (channel_from_json(json_array_get(list, run->n_channels), &channel->channel, channel->device, error) != 0)
			return -1;
		if (duplicate(run, channel))
			return error_set(error, ERROR_CORRUPT, path, NULL, "two channels are called %s", channel->channel.name);
	}
	return 0;
}

static void free_channel(struct run_channel *channel)
{
	free(channel->t);
	free(channel->u_t);
	free(channel->flags);
	free(channel->seq);
	free(channel->values.u64);
	free(channel->gaps);
}

void run_free(struct run *run)
{
	for (size_t i = 0; i < run->n_channels; i++)
		free_channel(&run->channels[i]);
	free(run->channels);
	free(run->edges);
	free(run->anchors);
	free(run->ranges);
	free(run->syncs);
	json_decref(run->header);
	json_decref(run->notes);
	memset(run, 0, sizeof *run);
}

const struct run_edge *run_edge(const struct run *run, enum edge_what what, const char *name)
{
	for (size_t i = 0; i < run->n_edges; i++) {
		const struct record_edge *edge = &run->edges[i].edge;
		if (edge->what == (uint32_t)what && (name == NULL || strncmp(edge->name, name, sizeof edge->name) == 0))
			return &run->edges[i];
	}
	return NULL;
}

static bool same_description(const struct run_channel *a, const struct run_channel *b)
{
	json_t *left = channel_to_json(&a->channel, a->device), *right = channel_to_json(&b->channel, b->device);
	bool same = left != NULL && json_equal(left, right);
	json_decref(left);
	json_decref(right);
	return same;
}

static bool same_bytes(const void *a, const void *b, size_t length)
{
	return length == 0 || memcmp(a, b, length) == 0;
}

static bool same_samples(const struct run_channel *a, const struct run_channel *b)
{
	return a->n == b->n && same_bytes(a->t, b->t, a->n * sizeof *a->t) && same_bytes(a->u_t, b->u_t, a->n * sizeof *a->u_t) &&
	       same_bytes(a->flags, b->flags, a->n * sizeof *a->flags) && same_bytes(a->seq, b->seq, a->n * sizeof *a->seq) &&
	       same_bytes(a->values.u64, b->values.u64, a->n * sizeof *a->values.u64);
}

static bool same_gaps(const struct run_channel *a, const struct run_channel *b)
{
	return a->n_gaps == b->n_gaps &&
	       field_equal(run_gap_fields, run_gap_n_fields, a->gaps, b->gaps, sizeof *a->gaps, a->n_gaps);
}

static const char *channel_difference(const struct run *a, const struct run *b)
{
	for (size_t i = 0; i < a->n_channels; i++) {
		const struct run_channel *left = &a->channels[i], *right = &b->channels[i];
		if (!same_description(left, right) || !same_samples(left, right) || !same_gaps(left, right))
			return left->channel.name;
	}
	return NULL;
}

const char *run_difference(const struct run *a, const struct run *b)
{
	if (!json_equal(a->header, b->header))
		return "the header";
	if (!json_equal(a->notes, b->notes))
		return "the notes";
	if (a->n_channels != b->n_channels || a->damage != b->damage)
		return "the number of channels or of damaged bytes";
	if (a->n_edges != b->n_edges ||
	    !field_equal(run_edge_fields, run_edge_n_fields, a->edges, b->edges, sizeof *a->edges, a->n_edges))
		return "the edges";
	if (a->n_anchors != b->n_anchors ||
	    !field_equal(run_anchor_fields, run_anchor_n_fields, a->anchors, b->anchors, sizeof *a->anchors, a->n_anchors))
		return "the clock anchors";
	if (a->n_ranges != b->n_ranges ||
	    !field_equal(run_range_fields, run_range_n_fields, a->ranges, b->ranges, sizeof *a->ranges, a->n_ranges))
		return "the ranges";
	if (a->n_syncs != b->n_syncs ||
	    !field_equal(run_sync_fields, run_sync_n_fields, a->syncs, b->syncs, sizeof *a->syncs, a->n_syncs))
		return "the exchanges with devices' clocks";
	return channel_difference(a, b);
}

/* ---- products ---- */

bool run_is_product(const struct channel *channel)
{
	return channel->kind == CHANNEL_INSTANT && (channel->factor[0] >= 0 || channel->factor[1] >= 0);
}

const struct run_channel *run_factor(const struct run *run, const struct run_channel *product, int which)
{
	int index = product->channel.factor[which];
	for (size_t i = 0; index >= 0 && i < run->n_channels; i++)
		if (strcmp(run->channels[i].device, product->device) == 0 && index-- == 0)
			return &run->channels[i];
	return NULL;
}

static bool is_volts_and_amperes(const struct channel *a, const struct channel *b)
{
	return (a->unit == UNIT_VOLT && b->unit == UNIT_AMPERE) || (a->unit == UNIT_AMPERE && b->unit == UNIT_VOLT);
}

static bool is_sampled_alike(const struct channel *a, const struct channel *b)
{
	return a->kind == CHANNEL_INSTANT && a->clock == b->clock && a->refresh == b->refresh && a->number != NUMBER_U64;
}

const char *run_product_fault(const struct run *run, const struct run_channel *product)
{
	const struct run_channel *a = run_factor(run, product, 0), *b = run_factor(run, product, 1);
	const struct channel *c = &product->channel;
	if (a == NULL || b == NULL)
		return "one of its factors is no channel of its device";
	if (run_is_product(&a->channel) || run_is_product(&b->channel))
		return "one of its factors is a product itself";
	if (c->unit != UNIT_WATT || !is_volts_and_amperes(&a->channel, &b->channel))
		return "it is not the power of a voltage and a current";
	if (!is_sampled_alike(&a->channel, c) || !is_sampled_alike(&b->channel, c))
		return "its factors are not sampled at once, as it is";
	return product->n == 0 ? NULL : "it has values of its own";
}
