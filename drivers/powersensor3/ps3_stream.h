/*
 * ps3_stream: sets become records: the device's microseconds, of which a set shows ten bits, unwrapped into a time axis that nothing
 * shortens.
 *
 * Whole sets can go missing: bytes are lost, or the device finds nobody who takes them. What is missing shows in the step from one stamp
 * to the next, as far as whole turns of 1024 us do not. A step that looks right may hide some (with a set each 50 us the loss of 41 does),
 * and so may one that shows a hole. What settles it is when sets arrive:
 *
 *   lag = arrival of a batch's last set - its time on the axis     is never less than the way takes, and often not much more
 *
 *   A turn that was lost makes all later lags longer by a turn or more, for good. So sets are held until a batch arrives with a lag near
 *   the least of the last second (by less than a turn: PS3_LAG_SLACK); then no turn is missing up to there, and they become records. If
 *   none arrives so within PS3_HELD_MOST, turns may be missing, nobody knows where: what is held is dropped, a gap tells of it, and the
 *   axis begins anew, far ahead of the old one, joined to the host's clock by exchanges of its own (analysis/time_map.h sees the step).
 *
 * Blocks lie on an affine axis: it is theirs as long as the stamps are within PS3_SLIP_MOST of it, and their u_t says how far.
 */
#ifndef JOULERIG_DRIVERS_POWERSENSOR3_PS3_STREAM_H
#define JOULERIG_DRIVERS_POWERSENSOR3_PS3_STREAM_H

#include "device.h"
#include "powersensor3/ps3_wire.h"

#define PS3_LAG_SLACK 600                    /* us: a turn, less what the way varies and clocks drift apart in a second */
#define PS3_HELD_MOST (250 * NS_PER_MS)
#define PS3_HELD 16384                       /* sets */
#define PS3_SLIP_MOST (5 * NS_PER_US)
#define PS3_STEP_SLACK 4                     /* us: from a step to a whole number of periods */

struct ps3_stream {
	/* The driver's. */
	int64_t period;             /* ns from set to set; also the channels' refresh */
	int channels[PS3_SENSORS];  /* of the device; -1: not in use */

	bool begun;                 /* there is a set to step from */
	uint16_t stamp;             /* its */
	int64_t clock;              /* us: its time */
	int64_t heard;              /* MONOTONIC ns up to which everything is in values or gaps */
	int64_t held_since;         /* MONOTONIC ns: arrival of the first batch that is still held */
	bool said_any;              /* of this axis… */
	int64_t said;               /* …and the time of the last set that became values */

	bool least_known;
	int64_t least[2];           /* us: lags of the window before, and of this one */
	int64_t window_began;       /* MONOTONIC ns */

	struct {
		bool held;
		struct record_sync sync;
	} exchange;
	int n;
	int64_t times[PS3_HELD];    /* us */
	bool garbled[PS3_HELD];     /* bytes were dropped before it */
	int16_t levels[PS3_SENSORS][PS3_HELD];
};

/* The next set begins an axis, ahead of what was before. `now`: MONOTONIC ns. */
void ps3_stream_begin(struct ps3_stream *stream, int64_t now);
/* True: the set has a time, `stream->clock`, and is held. */
bool ps3_stream_take(struct ps3_stream *stream, const struct ps3_set *set);
/* A batch has been taken; its last set was here at `arrived`. True: no turn is missing, and what was held may be flushed. */
bool ps3_stream_settled(struct ps3_stream *stream, int64_t arrived);
/* Turns may be missing, for all that came up to now: what is held is no use. */
bool ps3_stream_lost(const struct ps3_stream *stream, int64_t now);
/* What is held becomes records, with gaps where sets are missing, and the exchange. Everything up to `arrived` is accounted for. */
void ps3_stream_flush(struct ps3_stream *stream, struct sink *sink, int64_t arrived);
/* What is held is dropped; nothing is known since `heard`. */
void ps3_stream_gap(struct ps3_stream *stream, struct sink *sink, enum gap_reason reason, int64_t now);

/* The period, ns, of sets that follow each other, by their stamps; 0: they do not come evenly. */
int64_t ps3_period(const uint16_t *stamps, size_t n);

#endif
