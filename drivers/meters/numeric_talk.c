/* The conversation with an instrument of the `:NUMeric` dialect: how it is opened, put into step, and ended. */
#include <string.h>

#include "meters/numeric_parts.h"

#define OPEN_PATIENCE (2 * NS_PER_S) /* to be identified */

#define STALE_PATIENCE (100 * NS_PER_MS) /* for an answer that somebody else has asked for, at least */

/* ---- who is there ---- */

/* An identity that somebody else asked for looks like ours, and ours comes behind it, within `patience`. What has begun to come is awaited
 * to its end: its tail would be the next answer. */
static enum io drain(struct numeric_meter *meter, int64_t patience, int64_t deadline)
{
	char reply[NUMERIC_REPLY_SIZE];
	enum io io = IO_OK;
	while (io == IO_OK || io == IO_GARBLED || (io == IO_TIMEOUT && meter->link->pending_size > 0)) {
		int64_t at = numeric_now(meter);
		if (at >= deadline)
			return IO_TIMEOUT;
		io = link_line(meter->link, reply, sizeof reply, at + patience);
	}
	return io == IO_TIMEOUT ? link_clear(meter->link, deadline) : io;
}

static enum io ask_identity(struct numeric_meter *meter, struct idn *idn, int64_t deadline)
{
	char reply[NUMERIC_REPLY_SIZE]; /* a reading that comes late is one line too */
	/* What is left of earlier answers may come first, so this is no link_query: go on until something is an identity, or nothing
	 * more comes. */
	enum io io = settings_command(meter->link, "*IDN?", deadline);
	if (io == IO_OK)
		io = link_line(meter->link, reply, sizeof reply, deadline);
	while (io == IO_OK && idn_decode_padded(reply, idn) != 0) {
		io = numeric_now(meter) < deadline ? link_line(meter->link, reply, sizeof reply, deadline) : IO_TIMEOUT;
		if (io == IO_TIMEOUT)
			return IO_GARBLED;
	}
	return io;
}

enum io numeric_ask_identity(struct numeric_meter *meter, struct idn *idn, int64_t deadline)
{
	int64_t asked = numeric_now(meter);
	enum io io = ask_identity(meter, idn, deadline);
	int64_t took = numeric_now(meter) - asked; /* over a slow line another one is as long on its way */
	return io == IO_OK && meter->stale ? drain(meter, took > STALE_PATIENCE ? took : STALE_PATIENCE, deadline) : io;
}

/* A lone newline ends a command that was cut off; the first *CLS may be lost to an old reply that is still pending. */
enum io numeric_quiet(struct numeric_meter *meter, int64_t deadline)
{
	enum io io = link_clear(meter->link, deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, "", deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, "*CLS", deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, "*CLS", deadline);
	return io;
}

/* How asking for it went. */
static int met(struct numeric_meter *meter, enum io io, struct error *error)
{
	if (io != IO_OK)
		return settings_link_error(io, meter->config->endpoint.text, "asking *IDN?", error);
	idn_tell(&meter->idn, &meter->identity);
	return 0;
}

int numeric_meter_begin(struct numeric_meter *meter, struct error *error)
{
	int64_t deadline = numeric_now(meter) + OPEN_PATIENCE;
	enum io io = numeric_quiet(meter, deadline);
	if (io == IO_OK)
		io = numeric_ask_identity(meter, &meter->idn, deadline);
	return met(meter, io, error);
}

/* The first question may be lost to an old reply that is still pending. */
int numeric_meter_meet(struct numeric_meter *meter, struct error *error)
{
	enum io io = IO_TIMEOUT;
	for (int i = 0; i < 2 && (io == IO_TIMEOUT || io == IO_GARBLED); i++) {
		int64_t deadline = numeric_now(meter) + NUMERIC_PATIENCE;
		io = link_clear(meter->link, deadline);
		if (io == IO_OK)
			io = settings_command(meter->link, "", deadline);
		if (io == IO_OK)
			io = numeric_ask_identity(meter, &meter->idn, deadline);
	}
	return met(meter, io, error);
}

/* Whatever comes before the identity belongs to the past. */
enum io numeric_meet_again(struct numeric_meter *meter, bool *same, int64_t deadline)
{
	struct idn found;
	enum io io = numeric_quiet(meter, deadline);
	if (io == IO_OK)
		io = numeric_ask_identity(meter, &found, deadline);
	*same = io == IO_OK && idn_same(&found, &meter->idn);
	return io;
}

/* ---- taking it over, and giving it back ---- */

enum io numeric_take_control(struct numeric_meter *meter, int64_t deadline)
{
	enum io io = IO_OK;
	for (const char *const *command = meter->control; *command && io == IO_OK; command++)
		io = settings_command(meter->link, *command, deadline);
	return io;
}

enum io numeric_give_back(struct numeric_meter *meter)
{
	struct idn idn;
	int64_t deadline = numeric_now(meter) + 10 * NUMERIC_PATIENCE; /* all settings at 1200 baud take 8 s */
	enum io io = link_clear(meter->link, deadline); /* whatever it was that failed before */
	if (io == IO_OK && meter->integrates)
		io = numeric_integrate_end(meter, deadline);
	if (io == IO_OK)
		io = settings_restore(meter->settings, meter->n_settings, meter->link, deadline);
	if (io == IO_TIMEOUT || io == IO_GONE)
		return io;
	/* An answer proves that everything before has been taken in. */
	enum io released = meter->locks ? numeric_ask_identity(meter, &idn, deadline) : IO_OK;
	if (released == IO_OK)
		released = settings_command(meter->link, ":COMM:REM OFF", deadline);
	if (released == IO_OK && !meter->locks)
		released = numeric_ask_identity(meter, &idn, deadline);
	return io == IO_OK ? released : io;
}

int numeric_end(struct numeric_meter *meter, enum io io, struct error *error)
{
	if (io != IO_GONE)
		io = numeric_give_back(meter);
	if (io == IO_OK)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_GONE, meter->config->endpoint.text,
			 "set ranges and update interval on its front panel",
			 "the instrument's earlier settings could not be put back (%s)", io_name(io));
}

/* Events from before are read away: the next one is an update since `no_since`. */
enum io numeric_clear_events(struct numeric_meter *meter, int64_t deadline)
{
	char reply[32];
	unsigned events;
	meter->no_since = numeric_now(meter);
	meter->asked = 0;
	enum io io = link_query(meter->link, ":STAT:EESR?", reply, sizeof reply, deadline);
	return io == IO_OK && numeric_register_decode(reply, &events) < 0 ? IO_GARBLED : io;
}

/* The error queue must be empty: it was, before the set-up. */
static int check_errors(struct numeric_meter *meter, int64_t deadline, enum io *io, struct error *error)
{
	char reply[96];
	int code = 0;
	const char *on = meter->config->endpoint.text;
	*io = link_query(meter->link, ":STAT:ERR?", reply, sizeof reply, deadline);
	if (*io == IO_OK && numeric_error_decode(reply, &code) < 0)
		*io = IO_GARBLED;
	if (*io != IO_OK)
		return settings_link_error(*io, on, "checking the set-up", error);
	return code == 0 ? 0 : error_set(error, ERROR_PROTOCOL, on, NULL, "the instrument reports error %s", reply);
}

int numeric_set_up(struct numeric_meter *meter, int64_t deadline, enum io *io, struct error *error)
{
	const char *on = meter->config->endpoint.text;
	*io = numeric_take_control(meter, deadline);
	if (*io != IO_OK)
		return settings_link_error(*io, on, "taking control", error);
	if (meter->integrates && (*io = numeric_integrate_end(meter, deadline)) != IO_OK)
		return settings_link_error(*io, on, "ending an integration", error);
	if (settings_apply(meter->settings, meter->n_settings, false, meter->link, deadline, on, io, error) < 0 ||
	    check_errors(meter, deadline, io, error) < 0)
		return -1;
	*io = meter->no_events ? IO_OK : numeric_clear_events(meter, deadline);
	return *io == IO_OK ? 0 : settings_link_error(*io, on, "reading the event register", error);
}
