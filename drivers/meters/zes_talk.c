#include "meters/zes_talk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "meters/zes_wire.h"

#define ERRORS ":SYST:ERR:ALL?"

static enum io say(struct link *link, const char *text, int64_t deadline)
{
	return link_send(link, text, strlen(text), deadline);
}

enum io zes_ask_identity(struct link *link, struct timebase *timebase, struct idn *idn, int64_t deadline)
{
	char line[256];
	enum io io = link_send(link, "*idn?\n", 6, deadline);
	if (io == IO_OK)
		io = link_line(link, line, sizeof line, deadline);
	while (io == IO_OK && idn_decode(line, idn) != 0) {
		io = timebase->now(timebase) < deadline ? link_line(link, line, sizeof line, deadline) : IO_TIMEOUT;
		if (io == IO_TIMEOUT)
			return IO_GARBLED;
	}
	return io;
}

enum io zes_stop_sending(struct link *link, struct timebase *timebase, const struct zes_languages *languages, bool shorthand, int64_t deadline)
{
	char line[256];
	enum io io = shorthand ? say(link, "cont off\n", deadline) : IO_OK;
	if (io == IO_OK)
		io = say(link, languages->to_scpi, deadline);
	if (io == IO_OK)
		io = say(link, ":INIT:CONT OFF;*opc?\n", deadline);
	do {
		if (io == IO_OK)
			io = link_line(link, line, sizeof line, deadline);
	} while (io == IO_OK && strcmp(line, "1") != 0 && timebase->now(timebase) < deadline);
	if (io == IO_OK && strcmp(line, "1") != 0)
		return IO_TIMEOUT;
	return io == IO_OK ? link_query(link, ERRORS, line, sizeof line, deadline) : io;
}

enum io zes_begin_sending(struct link *link, const struct zes_languages *languages, bool shorthand, const char *action, int64_t deadline)
{
	char line[256];
	enum io io = shorthand ? say(link, languages->to_short, deadline) : IO_OK;
	if (io == IO_OK)
		io = say(link, action, deadline);
	if (shorthand)
		return io == IO_OK ? say(link, "cont on\n", deadline) : io;
	if (io == IO_OK)
		io = link_query(link, ERRORS, line, sizeof line, deadline);
	if (io == IO_OK && !zes_no_error(line))
		return IO_GARBLED;
	return io == IO_OK ? say(link, ":INIT:CONT ON\n", deadline) : io;
}

/* ---- settings ---- */

void zes_setting_make(struct zes_setting *setting, const char *label, const char *command, int channel, double want)
{
	char suffix[4] = "";
	if (channel > 0)
		snprintf(suffix, sizeof suffix, "%d", channel % 10);
	*setting = (struct zes_setting){ .label = label, .want = want, .before = NAN };
	snprintf(setting->command, sizeof setting->command, "%.24s%.3s", command, suffix);
	snprintf(setting->question, sizeof setting->question, "%.24s%.3s?", command, suffix);
	snprintf(setting->order, sizeof setting->order, "%.24s%.3s %.6g;" ERRORS, command, suffix, want);
}

bool zes_setting_is(double want, double got)
{
	return fabs(want - got) <= 1e-3 * fabs(want);
}

enum io zes_setting_read(const struct zes_setting *s, struct link *link, double *number, int64_t deadline)
{
	char line[64];
	struct zes_value value;
	enum io io = link_query(link, s->question, line, sizeof line, deadline);
	if (io == IO_OK && (zes_value_decode(line, strlen(line), &value) != 0 || value.flags))
		io = IO_GARBLED;
	if (io == IO_OK)
		*number = value.value;
	return io;
}

enum io zes_setting_apply(struct zes_setting *s, struct link *link, double *got, char *reason, size_t size, int64_t deadline)
{
	enum io io = zes_setting_read(s, link, got, deadline);
	if (io != IO_OK || zes_setting_is(s->want, *got))
		return io;
	if (isnan(s->before))
		s->before = *got;
	io = link_query(link, s->order, reason, size, deadline);
	return io == IO_OK ? zes_setting_read(s, link, got, deadline) : io;
}

enum io zes_setting_restore(struct zes_setting *s, struct link *link, int64_t deadline)
{
	char order[80], line[128];
	double got = NAN;
	if (isnan(s->before))
		return IO_OK;
	snprintf(order, sizeof order, "%s %.6g;" ERRORS, s->command, s->before);
	enum io io = link_query(link, order, line, sizeof line, deadline);
	if (io == IO_OK)
		io = zes_setting_read(s, link, &got, deadline);
	if (io == IO_OK && !zes_setting_is(s->before, got))
		io = IO_GARBLED;
	if (io == IO_OK)
		s->before = NAN;
	return io;
}
