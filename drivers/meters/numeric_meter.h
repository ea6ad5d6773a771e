/*
 * numeric_meter: an instrument of the `:NUMeric` dialect under measurement: identified, set up, read at each of its updates,
 * found again after a failure, given back. What one family has of its own (models, ranges, settings, items, channels) is the
 * driver's; it fills the struct between numeric_meter_begin and start, and its descriptor calls the functions below.
 *
 * How a value gets its time: the event filter latches the end of each data update in bit 0 of the extended event register, and
 * reading the register clears it (the level bit in the condition register can be missed at every poll). So
 *
 *      asked           asked            asked                one line, answered as one
 *   EESR? -> 0      EESR? -> 0       EESR? -> 1     COND?;VAL?;EESR? -> 0;230.1E+00,…;0
 *                   |<---- the update ---->|                             `- no further update meanwhile: the values are
 *                   t - u_t          t + u_t                                those of the update seen
 *
 * When the trailing event bit is set another update slipped in between: the values are read again, for that one, and the one
 * before becomes a gap by its absence.
 *
 * numeric.c decodes, settings.c sets and restores, pace.c decides when to ask; numeric_talk.c holds the conversation together,
 * numeric_ranges.c watches the ranges, numeric_integrate.c has the integrator, numeric_values.c turns replies into records, numeric_meter.c is the life from start to
 * stop with the way back after a failure.
 */
#ifndef JOULERIG_DRIVERS_METERS_NUMERIC_METER_H
#define JOULERIG_DRIVERS_METERS_NUMERIC_METER_H

#include "device.h"
#include "meters/idn.h"
#include "meters/numeric.h"
#include "meters/pace.h"
#include "meters/settings.h"

#define NUMERIC_SETTINGS_MAX 48
#define NUMERIC_CHANNELS_MAX 16

/* Where a channel's value comes from: the sum of `n` items that follow each other. */
struct numeric_source {
	int first, n;
	unsigned over, peak; /* bits of the condition register that say: over range, peak over */
	double plausible;    /* the largest magnitude that it may have */
	double count;        /* a counter of the integrator: native counts for 1 of the item; 0: no counter */
};

enum numeric_state {
	NUMERIC_MEASURING,
	NUMERIC_CONFUSED, /* a timeout or garbage: what comes next may belong to an earlier question */
	NUMERIC_LOST,     /* the connection is gone, or another instrument is at its end */
};

struct numeric_meter {
	/* The driver's. */
	const struct device_config *config;
	struct link *link;
	struct timebase *timebase;
	const char *const *control; /* commands that take control; NULL-terminated */
	/* In the order in which they are set; the last one does not outlive a power cycle: the event filter. */
	struct setting settings[NUMERIC_SETTINGS_MAX];
	int n_settings;
	int reply_settings;       /* so many of the first decide what replies look like */
	struct channel channels[NUMERIC_CHANNELS_MAX];
	struct numeric_source sources[NUMERIC_CHANNELS_MAX];
	int n_channels, n_items;
	int range_channel; /* RANGE records belong to it */
	int64_t update;    /* ns */
	bool calibrates;   /* its zero, at the start */
	bool integrates;   /* the integrator is to run; some items are its own */
	bool no_events;    /* its event register is not to be asked: numeric_changes.h */
	bool locks;        /* any command takes control, a question too: it is given back last */
	bool stale;        /* answers to those who asked before may come late, behind what seemed to be ours */

	/* By numeric_meter_begin. */
	struct idn idn;
	struct identity identity;
	int64_t zeroed;           /* REALTIME ns: its zero was calibrated; 0: it was not */

	/* From start to stop. */
	struct sink *sink;
	enum numeric_state state;
	bool sense;          /* values were read since it was found again */
	struct pace pace;
	int64_t no_since;    /* when the last question was sent that was answered "no update since" */
	int64_t yes_sent;    /* when the one was sent that was answered "updated" */
	int64_t yes_at;      /* when that answer was there */
	int asked;           /* answers "no" since the last update */
	int64_t value_at;    /* t of the last value; at first, when measuring began */
	int64_t accounted;   /* everything up to here is in values or gaps */
	uint32_t gap_values; /* reported as missing since the last value */
	enum gap_reason gap_reason;
	struct numeric_ranges ranges; /* in force */
	int64_t ranges_checked, ranges_took; /* ns that the last read-back took */
	struct numeric_ranges ranges_set; /* that it was given: fixed ones */
	int64_t quiet_until; /* nothing is asked before: the integrator was started */
	bool range_changed; /* in force is another one: what the channel says of its accuracy does not hold */
};

/* Empties what is left of earlier conversations and asks who is there. */
int numeric_meter_begin(struct numeric_meter *meter, struct error *error);

/* The same, but sends nothing that changes anything, an error queue included. */
int numeric_meter_meet(struct numeric_meter *meter, struct error *error);

/* As in struct driver. `start` undoes what it changed when it fails. */
int numeric_meter_start(struct numeric_meter *meter, struct sink *sink, struct error *error);
int64_t numeric_meter_step(struct numeric_meter *meter);
void numeric_meter_prepare(struct numeric_meter *meter);
int numeric_meter_stop(struct numeric_meter *meter, struct error *error);

#endif
