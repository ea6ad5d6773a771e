/* The life of a numeric_meter from start to stop, and the way back after a failure. */
#include <string.h>

#include "meters/numeric_parts.h"

#define ZERO_PATIENCE (30 * NS_PER_S)   /* how long a calibration of the zero takes is not written anywhere */
#define SETUP_PATIENCE (8 * NS_PER_S)   /* all settings: 9600 baud takes 2 s */
#define RECOVER_PATIENCE (4 * NS_PER_S) /* the same, where little has to be set again */
#define RETRY NS_PER_S                  /* from one attempt to recover to the next */
/* From one read-back of the ranges to the next: so soon that a change in a run is known before its tail has been recorded, which
 * lasts half a second more than two of the meter's windows. Over a slow line they take at most a quarter of the time. */
#define RANGE_CHECK (400 * NS_PER_MS)
#define RANGE_SHARE 4
#define STALLED_AFTER 5                 /* periods without an update */

/* ---- start ---- */

static void begin_measuring(struct numeric_meter *meter, int64_t at)
{
	meter->state = NUMERIC_MEASURING;
	meter->sense = true;
	meter->value_at = at;
	meter->accounted = at;
	meter->gap_values = 0;
	meter->ranges_checked = at;
	meter->range_changed = !numeric_same_ranges(&meter->ranges, &meter->ranges_set);
	meter->pace = pace_begin(meter->update, at);
}

/* The zero's offset under the ranges that have just been set. */
static int calibrate_zero(struct numeric_meter *meter, struct error *error)
{
	const char *on = meter->config->endpoint.text;
	char reply[32];
	enum io io = link_query(meter->link, "*CAL?", reply, sizeof reply, numeric_now(meter) + ZERO_PATIENCE);
	if (io != IO_OK)
		return settings_link_error(io, on, "calibrating its zero", error);
	if (strcmp(reply, "0") != 0)
		return error_set(error, ERROR_PROTOCOL, on, "try it on the front panel, or leave the option 'zero_calibration' out",
				 "the calibration of its zero failed: it says %.20s", reply);
	meter->zeroed = timebase_anchor(meter->timebase).realtime;
	return 0;
}

/* Begins to integrate, from zero, and sees that it does. */
static int integrate(struct numeric_meter *meter, int64_t deadline, struct error *error)
{
	const char *on = meter->config->endpoint.text;
	bool running = false;
	enum io io = numeric_integrate_begin(meter, deadline);
	numeric_wait_quiet(meter);
	if (io == IO_OK)
		io = numeric_integrating(meter, &running, deadline);
	if (io == IO_OK)
		io = numeric_clear_events(meter, deadline);
	if (io != IO_OK)
		return settings_link_error(io, on, "starting the integrator", error);
	return running ? 0 : error_set(error, ERROR_PROTOCOL, on, "try it on the front panel, or leave the option 'integrator' out",
				       "the integrator does not start");
}

int numeric_meter_start(struct numeric_meter *meter, struct sink *sink, struct error *error)
{
	enum io io = IO_OK;
	meter->sink = sink;
	if (numeric_set_up(meter, numeric_now(meter) + SETUP_PATIENCE, &io, error) < 0 ||
	    (meter->calibrates && calibrate_zero(meter, error) < 0) ||
	    (meter->integrates && integrate(meter, numeric_now(meter) + SETUP_PATIENCE, error) < 0))
		goto give_back;
	if (meter->calibrates && (io = numeric_clear_events(meter, numeric_now(meter) + SETUP_PATIENCE)) != IO_OK) {
		settings_link_error(io, meter->config->endpoint.text, "clearing its events", error);
		goto give_back;
	}
	io = numeric_ask_ranges(meter, &meter->ranges);
	if (io != IO_OK) {
		settings_link_error(io, meter->config->endpoint.text, "reading the ranges back", error);
		goto give_back;
	}
	/* Not what was read back: it may have left them since they were set, and the channels state the accuracy of these. */
	meter->ranges_set = (struct numeric_ranges){ .voltage = meter->config->voltage_range, .current = meter->config->current_range };
	begin_measuring(meter, numeric_now(meter));
	numeric_report_ranges(meter, meter->range_changed, meter->accounted, meter->accounted);
	return 0;
give_back:
	numeric_give_back(meter);
	return -1;
}

/* ---- failures while measuring, and the way back ---- */

static enum gap_reason reason_of(enum io io)
{
	return io == IO_TIMEOUT ? GAP_TIMEOUT : io == IO_GARBLED ? GAP_GARBLED : GAP_GONE;
}

/* Returns the next deadline. A connection of which nothing sensible comes is made anew, at a bounded pace; one that tells who is there and
 * no values keeps the pace, too. */
static int64_t fail(struct numeric_meter *meter, enum io io)
{
	int64_t at = numeric_now(meter);
	bool again = meter->state != NUMERIC_MEASURING;
	numeric_report_failure(meter, reason_of(io), at);
	meter->state = again || io == IO_GONE ? NUMERIC_LOST : NUMERIC_CONFUSED;
	return again || !meter->sense ? at + RETRY : at;
}

/* Another instrument is no replacement for the one that went. */
static enum io find_again(struct numeric_meter *meter, int64_t deadline)
{
	bool same = false;
	if (meter->state == NUMERIC_LOST && link_reopen(meter->link, deadline) != IO_OK)
		return IO_GONE;
	enum io io = numeric_meet_again(meter, &same, deadline);
	return io == IO_OK && !same ? IO_GONE : io;
}

/* It was never off, so what cannot be changed now is as it was, but for a range that the instrument itself has left. */
static enum io go_on_integrating(struct numeric_meter *meter, int64_t deadline)
{
	enum io io = IO_OK;
	if (settings_apply(meter->settings, meter->n_settings, true, meter->link, deadline, "", &io, NULL) < 0)
		return io == IO_OK ? IO_GARBLED : io;
	return numeric_clear_events(meter, deadline);
}

/* A power cycle may have changed what was set: only what differs is set again, and reported. */
static enum io set_up_again(struct numeric_meter *meter, int64_t deadline)
{
	enum io io = numeric_take_control(meter, deadline);
	if (io != IO_OK)
		return io;
	if (settings_apply(meter->settings, meter->reply_settings, false, meter->link, deadline, "", &io, NULL) < 0)
		return io == IO_OK ? IO_GARBLED : io;
	io = numeric_check_ranges(meter); /* as it came back */
	if (io != IO_OK)
		return io;
	bool integrating = false;
	if (meter->integrates && (io = numeric_integrating(meter, &integrating, deadline)) != IO_OK)
		return io;
	if (integrating)
		return go_on_integrating(meter, deadline);
	if (numeric_set_up(meter, deadline, &io, NULL) < 0)
		return io == IO_OK ? IO_GARBLED : io;
	io = numeric_check_ranges(meter); /* as it is now */
	return io == IO_OK && meter->integrates ? numeric_integrate_begin(meter, deadline) : io;
}

/* The event filter does not outlive a power cycle; while it is as it was set, so is all else but what changes by itself. */
static bool still_set_up(struct numeric_meter *meter, int64_t deadline)
{
	return setting_holds(&meter->settings[meter->n_settings - 1], meter->link, deadline);
}

static enum io go_on(struct numeric_meter *meter, int64_t deadline)
{
	enum io io = numeric_check_ranges(meter);
	return io == IO_OK ? numeric_clear_events(meter, deadline) : io;
}

static int64_t recover(struct numeric_meter *meter)
{
	int64_t deadline = numeric_now(meter) + RECOVER_PATIENCE;
	bool connected = meter->state == NUMERIC_CONFUSED;
	enum io io = find_again(meter, deadline);
	if (io == IO_OK)
		io = connected && still_set_up(meter, deadline) ? go_on(meter, deadline) : set_up_again(meter, deadline);
	if (io != IO_OK)
		return fail(meter, io);
	int64_t at = numeric_now(meter);
	meter->state = NUMERIC_MEASURING;
	meter->sense = false;
	numeric_report_failure(meter, meter->gap_reason, at);
	pace_search(&meter->pace, at);
	return at;
}

/* ---- measuring ---- */

static void check_stalled(struct numeric_meter *meter, int64_t at)
{
	if (at - meter->accounted > STALLED_AFTER * meter->update)
		numeric_report_failure(meter, GAP_STALLED, at);
}

static bool ranges_are_due(const struct numeric_meter *meter)
{
	int64_t since = numeric_now(meter) - meter->ranges_checked;
	return since >= RANGE_CHECK && since >= RANGE_SHARE * meter->ranges_took;
}

static int64_t measure(struct numeric_meter *meter)
{
	bool read, over;
	enum io io = numeric_read_update(meter, &read, &over);
	if (io == IO_OK && read && (over || ranges_are_due(meter)))
		io = numeric_check_ranges(meter);
	if (io != IO_OK)
		return fail(meter, io);
	int64_t at = numeric_now(meter);
	check_stalled(meter, at);
	return pace_next(&meter->pace, at);
}

int64_t numeric_meter_step(struct numeric_meter *meter)
{
	if (numeric_now(meter) < meter->quiet_until)
		return meter->quiet_until;
	return meter->state == NUMERIC_MEASURING ? measure(meter) : recover(meter);
}

/* What was told of the energy up to here belongs to no run. */
void numeric_meter_prepare(struct numeric_meter *meter)
{
	int64_t deadline = numeric_now(meter) + NUMERIC_PATIENCE;
	if (!meter->integrates || meter->state != NUMERIC_MEASURING)
		return;
	enum io io = numeric_integrate_begin(meter, deadline);
	numeric_wait_quiet(meter);
	if (io == IO_OK)
		io = numeric_clear_events(meter, deadline);
	if (io != IO_OK) {
		fail(meter, io);
		return;
	}
	int64_t at = numeric_now(meter);
	numeric_report_gap(meter, GAP_MISSED, 1, at); /* not silently, should it come too late and fall into a run */
	meter->value_at = at;
	meter->gap_values = 0;
	meter->pace = pace_begin(meter->update, at);
}

/* ---- stop ---- */

int numeric_meter_stop(struct numeric_meter *meter, struct error *error)
{
	enum io io = meter->state == NUMERIC_MEASURING ? numeric_check_ranges(meter)
						       : find_again(meter, numeric_now(meter) + NUMERIC_PATIENCE);
	return numeric_end(meter, io, error);
}
