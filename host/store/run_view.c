#include "run_view.h"

#include <math.h>
#include <stdlib.h>

#include "run_model.h"

#define POINTS_MAX 200000 /* of a longer channel every k-th value is shown */
#define VIEW_GROUP "/entry/data"

static const struct run_channel *find(const struct run *run, enum channel_kind kind, bool wall)
{
	for (size_t i = 0; i < run->n_channels; i++) {
		const struct run_channel *channel = &run->channels[i];
		if (channel->channel.kind == kind && channel->n > 0 && (!wall || channel->channel.role == ROLE_WALL) &&
		    channel->channel.clock != CLOCK_ID_DEVICE)
			return channel;
	}
	return NULL;
}

/* Wall power, else any power, else an energy counter; by a device's own clock none, since the start edge is by the host's. */
static const struct run_channel *most_telling(const struct run *run)
{
	const struct run_channel *channel = find(run, CHANNEL_MEAN, true);
	if (channel == NULL)
		channel = find(run, CHANNEL_INSTANT, true);
	if (channel == NULL)
		channel = find(run, CHANNEL_MEAN, false);
	return channel != NULL ? channel : find(run, CHANNEL_COUNTER, false);
}

static double native(const struct run_channel *channel, size_t i)
{
	switch (channel->channel.number) {
	case NUMBER_F64: return channel->values.f64[i];
	case NUMBER_U64: return (double)channel->values.u64[i];
	case NUMBER_I32: case NUMBER_I16: break;
	}
	return (double)channel->values.i64[i];
}

/* What a counter has counted from value i to value j, over at most half a turn: more is a step back, of one that began anew, and nobody
 * knows what it had counted by then (NAN). */
static double counted(const struct run_channel *channel, size_t i, size_t j)
{
	if (channel->channel.number != NUMBER_U64)
		return native(channel, j) - native(channel, i);
	uint64_t from = channel->values.u64[i], to = channel->values.u64[j], wrap = channel->channel.wrap;
	if (to >= from)
		return (double)(to - from);
	return from < wrap && wrap - from + to <= wrap / 2 ? (double)(wrap - from + to) : NAN;
}

struct view {
	size_t n, stride;
	double *time, *value;
};

static void fill_times(const struct run_channel *channel, int64_t start, struct view *view)
{
	for (size_t i = 0; i < view->n; i++)
		view->time[i] = (double)(int64_t)((uint64_t)channel->t[i * view->stride] - (uint64_t)start) / 1e9;
}

/* Scaled values; what is invalid is not shown. A counter is shown unwrapped, from zero. */
static void fill_values(const struct run_channel *channel, struct view *view)
{
	bool counter = channel->channel.kind == CHANNEL_COUNTER;
	double sum = 0;
	size_t last = channel->n; /* the last valid value; none yet */
	for (size_t i = 0; i < channel->n; i++) {
		bool valid = (channel->flags[i] & FLAG_INVALID) == 0;
		if (counter && valid) {
			sum += last < channel->n ? counted(channel, last, i) : 0;
			last = i;
		}
		double value = counter ? sum * channel->channel.scale
				       : native(channel, i) * channel->channel.scale + channel->channel.offset;
		if (i % view->stride == 0)
			view->value[i / view->stride] = valid ? value : NAN;
	}
}

static void put_arrays(struct h5 *h5, const struct run_channel *channel, const char *signal, const struct view *view)
{
	char path[H5_PATH_SIZE];
	h5_put_array(h5, VIEW_GROUP, "time", STORED_F64, sizeof(double), view->n, view->time, "s");
	h5_note_text(h5, VIEW_GROUP "/time", "long_name", "time since the start edge (s)");
	h5_put_array(h5, VIEW_GROUP, signal, STORED_F64, sizeof(double), view->n, view->value,
		     unit_symbol(channel->channel.unit));
	h5_note_text(h5, h5_join(VIEW_GROUP, signal, path), "long_name", channel->channel.name);
}

static void describe(struct h5 *h5, const struct run_channel *channel, const char *signal, const struct view *view)
{
	char source[RUN_GROUP_SIZE];
	h5_make_group(h5, VIEW_GROUP, "NXdata");
	h5_note_text(h5, "/entry", "default", "data");
	h5_note_text(h5, VIEW_GROUP, "signal", signal);
	h5_note_texts(h5, VIEW_GROUP, "axes", (const char *const[]){ "time" }, 1);
	h5_note_text(h5, VIEW_GROUP, "view_of", run_channel_group(channel, source));
	h5_note_i64(h5, VIEW_GROUP, "view_stride", (int64_t)view->stride);
}

void run_put_view(struct h5 *h5, const struct run *run)
{
	const struct run_channel *channel = most_telling(run);
	if (channel == NULL)
		return;
	const struct run_edge *start = run_edge(run, EDGE_START, NULL);
	const char *signal = channel->channel.kind == CHANNEL_COUNTER ? "energy" : "power";
	struct view view = { .stride = (channel->n - 1) / POINTS_MAX + 1 };
	view.n = (channel->n - 1) / view.stride + 1;
	view.time = malloc(view.n * sizeof *view.time);
	view.value = malloc(view.n * sizeof *view.value);
	if (view.time == NULL || view.value == NULL) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for the plot");
	} else {
		fill_times(channel, start ? start->t : channel->t[0], &view);
		fill_values(channel, &view);
		describe(h5, channel, signal, &view);
		put_arrays(h5, channel, signal, &view);
	}
	free(view.time);
	free(view.value);
}
