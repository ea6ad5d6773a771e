/*
 * line_input: what a trigger's input line tells, and what it should have told and did not. Common to all drivers of lines.
 *
 * Edges go out as RECORD_EDGE named DEVICE.input, rise or fall, stamped by the driver's source. The one channel, DEVICE.level,
 * holds the level at each look; a gap on it is edges that were lost. They show in four ways: the kernel's sequence numbers jump;
 * two edges of a kind follow each other; the level is not what the last edge left; and, where all else agrees (an even number of
 * them, too close together), fewer edges are told of than were made: that one is for whoever made them (campaign/run_edges.h).
 */
#ifndef JOULERIG_DRIVERS_TRIGGERS_LINE_INPUT_H
#define JOULERIG_DRIVERS_TRIGGERS_LINE_INPUT_H

#include "device.h"

#define LINE_LOOK_EVERY NS_PER_S      /* at the level */
#define LINE_STEP_EVERY (50 * NS_PER_MS) /* edges wait in the kernel; this is how late they are heard of */

struct line_input {
	struct channel channel;
	struct record_edge edge; /* source and name are filled */
	bool high;               /* as the last edge left it */
	bool doubtful;           /* the last look found another level, and no edge has come since */
	int64_t last;            /* of the last edge or look, ns */
};

void line_input_describe(struct line_input *input, const char *device, enum edge_source source, bool simulated);
/* The level before any edge, as read at `now`. */
void line_input_begin(struct line_input *input, int64_t now, bool high);
/* `missing`: edges that the kernel's numbers say were lost before this one. */
void line_input_edge(struct line_input *input, struct sink *sink, int64_t t, int64_t u_t, bool rise, uint32_t missing);
/* The level as read at `now`, after all edges had been taken. An edge may just then be on its way: what contradicts the last edge
 * is a loss at the second look. */
void line_input_look(struct line_input *input, struct sink *sink, int64_t now, uint32_t flags, bool high);
/* In place of a look, when the line is there no more: nobody knows what it has done since the last. Each run's file has such gaps
 * then, so that a line that is away is not taken for one that was quiet. */
void line_input_away(struct line_input *input, struct sink *sink, int64_t now);

#endif
