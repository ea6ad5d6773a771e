/*
 * polled: the life, from start to stop, of a device that is asked for values (or sends them by itself) and has no event that tells of its
 * updates: when it is asked, when a value gets its time, what is a gap, and the way back after a failure. What one instrument has of its
 * own stands in struct polled_ops; its driver keeps a struct polled and calls the functions below from its own start, step and stop.
 *
 * POLLED_CHANGES. The instrument renews its values at a pace of its own (`period`); an update is what changes them.
 *
 *      asked           asked            asked
 *   U,I,P -> a      U,I,P -> a       U,I,P -> b        the windows of b ended, and were shown, in between
 *                   |<---- the update ---->|
 *
 *   An update that changes nothing goes unseen; when the next is due it is taken to have come, within half a period, unless that goes on
 *   (GAP_STALLED).
 *
 * POLLED_ANEW. Each answer is a reading made for the question, at some instant between sending it and getting it: registers, counters,
 *   gauges. Asked each `period`; questions that could not be asked in time are GAP_MISSED, and not asked in a burst.
 *
 * POLLED_PUSHED. The instrument sends a message for each update by itself: `read` waits for one, in short slices (IO_TIMEOUT: it is not
 *   complete yet; what has come of it must be kept, as link_line does). It was complete between the last look that found none and now;
 *   its update was then, or earlier by no more than `push_most`: the time that it takes on its way, from the first byte on at least.
 *   After a late wake-up several may have waited: each is taken for the next one at the instrument's pace, within half a period. No
 *   message for as long as `patience` and three periods is a timeout.
 *
 * A failure is a gap on each channel; then `link_clear` and `meet` (a question whose answer cannot be mistaken), then link_reopen, at a
 * bounded pace. The same instrument is set up again; another one is no replacement. No allocation, no lock, no log.
 */
#ifndef JOULERIG_DRIVERS_METERS_POLLED_H
#define JOULERIG_DRIVERS_METERS_POLLED_H

#include "device.h"
#include "meters/pace.h"

#define POLLED_CHANNELS_MAX 16

struct polled_reading {
	struct polled_value {
		double value;   /* channels of NUMBER_F64; NAN together with a flag. Above its channel's power_max it is flagged here. */
		uint64_t count; /* channels of NUMBER_U64 */
		uint32_t flags;
		bool absent;    /* this answer has none for this channel: nothing is emitted, and nothing is missing */
	} of[POLLED_CHANNELS_MAX];
	uint32_t flags; /* for all of them */
	/* POLLED_CHANGES: differs from the last one's if the instrument has renewed anything in between; polled_mark of what it said. Of a
	 * counter that moves on at instants of its own it knows nothing. */
	uint64_t mark;
	/* POLLED_ANEW, POLLED_PUSHED: updates that the instrument says, or its numbers show, were lost before this one. */
	uint32_t lost;
};
uint64_t polled_mark(const void *bytes, size_t size);

/* `device` is the driver's own struct. All deadlines absolute. IO_GARBLED: an answer that cannot be decoded. They run per sample: the
 * structure test walks from functions whose names end as these do. */
struct polled_ops {
	enum io (*read)(void *device, struct polled_reading *reading, int64_t deadline);
	/* Who is there? Called on a cleared link. `same`: the instrument that was opened. */
	enum io (*meet)(void *device, bool *same, int64_t deadline);
	/* Optional: sets again what does not outlive a power cycle, once `meet` has found it. Ranges are only looked at. */
	enum io (*set_up)(void *device, int64_t deadline);
	/* Optional: POLLED_CHANGES, after an update was seen: what else tells of it (a status), as flags for all its values but those that
	 * are only observed. */
	enum io (*status)(void *device, uint32_t *flags, int64_t deadline);
	/* Optional: are the ranges those that were set? Asked each second. What does not hold is said as a RANGE record, and its values
	 * are flagged FLAG_RANGE_CHANGED until they hold again. Of a PUSHED one only in
	 * polled_look, on the way back and in the end: it stops the messages, and lets them begin anew. */
	enum io (*ranges_hold)(void *device, bool *hold, int64_t deadline);
};

enum polled_mode { POLLED_CHANGES, POLLED_ANEW, POLLED_PUSHED };
enum polled_state {
	POLLED_MEASURING,
	POLLED_CONFUSED, /* a timeout or garbage: what comes next may belong to an earlier question */
	POLLED_LOST,     /* the connection is gone, or another instrument is at its end */
};

struct polled {
	/* The driver's, before polled_start. */
	const struct polled_ops *ops;
	void *device;
	struct link *link; /* NULL: the driver opens what it reads itself; after a failure `meet` alone is asked */
	struct timebase *timebase;
	const struct channel *channels; /* as driver->channels gives them */
	int n_channels;
	enum polled_mode mode;
	int64_t period;    /* ns: its updates, or (anew) the questions */
	int64_t patience;  /* ns for one answer; 0: one second */
	int64_t set_up_patience; /* ns for ops->set_up and the look at the ranges, once it is found again; 0: two seconds */
	int64_t push_most; /* POLLED_PUSHED; may be changed between messages */
	/* POLLED_PUSHED: when it was last told to send, before polled_start or by set_up and ranges_hold: no message is older, and any may
	 * wait already. 0: when those were done. */
	int64_t told;
	/* POLLED_PUSHED: none is ever lost on its way. One that is not at the instrument's pace, and does not say why, was late, or those
	 * before it were: a failure, so that it begins anew. Else it is the pace that is taken to have changed, or some to be lost. */
	bool steady;
	int range_channel; /* RANGE records belong to it; -1: none are made */
	struct record_range ranges; /* that are set */

	/* polled.c's. */
	struct sink *sink;
	enum polled_state state;
	enum gap_reason reason; /* of the last failure */
	bool sense;             /* something was read since it was found again */
	struct pace pace;
	uint64_t mark;    /* CHANGES: of what is shown now */
	bool seen;        /* there is something */
	bool resumed;     /* CHANGES: nothing was renewed since it was found again; the pace is from before */
	int64_t no_since; /* when the last question was sent, or the last look began, that told of nothing new */
	int64_t next;     /* ANEW: when the next question is due */
	int64_t heard;    /* PUSHED: when the last message was there */
	int asked, unchanged;
	uint32_t status;  /* flags of the last update: values may be of the one before */
	int64_t accounted;/* everything up to here is in values or gaps */
	bool range_changed;
	int64_t ranges_checked;
};

/* Everything is set up: measuring begins. The first RANGE record is emitted here. */
void polled_start(struct polled *polled, struct sink *sink);
int64_t polled_step(struct polled *polled); /* what driver->step returns */
/* One reading now, flagged FLAG_REQUESTED, which moves no deadline: for driver->sample. POLLED_ANEW only. */
void polled_sample(struct polled *polled);
/* POLLED_PUSHED: a look at the ranges, for driver->prepare. What is not sent meanwhile is a gap, and the pace is found anew. */
void polled_look(struct polled *polled, int64_t deadline);
/* Before the settings are put back: looks at the ranges a last time, or finds the way back. IO_GONE: there is nobody to give them to. */
enum io polled_end(struct polled *polled, int64_t deadline);
/* What the driver itself asked of the instrument between steps has failed: as a failure of a step. */
void polled_failed(struct polled *polled, enum io io);

#endif
