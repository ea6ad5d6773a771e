/* numeric_parts: what the files of a numeric_meter share; nothing for drivers. */
#ifndef JOULERIG_DRIVERS_METERS_NUMERIC_PARTS_H
#define JOULERIG_DRIVERS_METERS_NUMERIC_PARTS_H

#include "meters/numeric_meter.h"

#define NUMERIC_PATIENCE NS_PER_S /* for one answer while measuring */
#define NUMERIC_START_PAUSE (250 * NS_PER_MS) /* after the integrator was started; 0.2 s are asked for */

static inline int64_t numeric_now(const struct numeric_meter *meter)
{
	return meter->timebase->now(meter->timebase);
}

/* ---- numeric_talk.c ---- */

enum io numeric_quiet(struct numeric_meter *meter, int64_t deadline); /* nothing of before is left, in either direction */
enum io numeric_ask_identity(struct numeric_meter *meter, struct idn *idn, int64_t deadline);
/* Brings the conversation back into step. `same`: it is the instrument that was opened. */
enum io numeric_meet_again(struct numeric_meter *meter, bool *same, int64_t deadline);
enum io numeric_take_control(struct numeric_meter *meter, int64_t deadline);
enum io numeric_clear_events(struct numeric_meter *meter, int64_t deadline);
/* Control, all settings, an empty error queue, no event pending. `error` may be NULL. */
int numeric_set_up(struct numeric_meter *meter, int64_t deadline, enum io *io, struct error *error);
enum io numeric_give_back(struct numeric_meter *meter);
/* Gives back, unless `io` says that there is nobody (IO_GONE): what driver->stop returns. */
int numeric_end(struct numeric_meter *meter, enum io io, struct error *error);

/* ---- numeric_ranges.c ---- */

enum io numeric_ask_ranges(struct numeric_meter *meter, struct numeric_ranges *ranges);
bool numeric_same_ranges(const struct numeric_ranges *a, const struct numeric_ranges *b);
/* The record's t and u_t enclose the instant of the change: between `from` and `to`. */
void numeric_report_ranges(struct numeric_meter *meter, bool changed, int64_t from, int64_t to);
enum io numeric_check_ranges(struct numeric_meter *meter); /* reads back; what differs is reported */

/* ---- numeric_integrate.c ---- */

enum io numeric_integrating(struct numeric_meter *meter, bool *running, int64_t deadline);
/* From zero, whatever it was doing. Nothing may be asked before quiet_until. */
enum io numeric_integrate_begin(struct numeric_meter *meter, int64_t deadline);
enum io numeric_integrate_end(struct numeric_meter *meter, int64_t deadline); /* stopped, and reset */
void numeric_wait_quiet(struct numeric_meter *meter);

/* ---- numeric_values.c ---- */

/* The values up to `to` are missing, on every channel. */
void numeric_report_gap(struct numeric_meter *meter, enum gap_reason reason, uint32_t values, int64_t to);
void numeric_report_failure(struct numeric_meter *meter, enum gap_reason reason, int64_t at);
struct numeric_value numeric_value_of(const struct numeric_source *source, const struct numeric_reading *reading);
/* Asks whether there is an update, and if so reads it. `over`: the instrument says that a range was exceeded. */
enum io numeric_read_update(struct numeric_meter *meter, bool *read, bool *over);

#endif
