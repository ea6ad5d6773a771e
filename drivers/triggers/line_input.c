#include "triggers/line_input.h"

#include <stdio.h>
#include <string.h>

void line_input_describe(struct line_input *input, const char *device, enum edge_source source, bool simulated)
{
	memset(input, 0, sizeof *input);
	input->channel = (struct channel){
		.kind = CHANNEL_OBSERVE, .role = ROLE_NONE, .unit = UNIT_NONE, .number = NUMBER_U64, .clock = CLOCK_ID_MONOTONIC,
		.scale = 1, .refresh = LINE_LOOK_EVERY, .factor = { -1, -1 }, .simulated = simulated,
	};
	snprintf(input->channel.name, sizeof input->channel.name, "%.31s.level", device);
	snprintf(input->edge.name, sizeof input->edge.name, "%.31s.input", device);
	input->edge.source = source;
}

void line_input_begin(struct line_input *input, int64_t now, bool high)
{
	input->high = high;
	input->doubtful = false;
	input->last = now;
}

static void lose(struct line_input *input, struct sink *sink, uint32_t edges, int64_t until)
{
	if (edges > 0)
		sink_gap(sink, 0, GAP_MISSED, edges, input->last, until > input->last ? until : input->last);
}

void line_input_edge(struct line_input *input, struct sink *sink, int64_t t, int64_t u_t, bool rise, uint32_t missing)
{
	if (missing == 0 && rise == input->high)
		missing = 1;
	lose(input, sink, missing, t);
	input->edge.what = rise ? EDGE_RISE : EDGE_FALL;
	sink_edge(sink, 0, t, u_t, &input->edge);
	input->high = rise;
	input->doubtful = false;
	input->last = t;
}

void line_input_look(struct line_input *input, struct sink *sink, int64_t now, uint32_t flags, bool high)
{
	bool differs = high != input->high, lost = differs && input->doubtful;
	input->doubtful = differs && !lost;
	if (lost) {
		lose(input, sink, 1, now);
		input->high = high;
	}
	if (!differs)
		input->last = now;
	sink_count(sink, 0, now, 0, flags, high);
}

void line_input_away(struct line_input *input, struct sink *sink, int64_t now)
{
	sink_gap(sink, 0, GAP_GONE, 1, input->last, now);
	input->last = now;
}
