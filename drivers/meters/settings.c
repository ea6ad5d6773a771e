#include "settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "meters/numeric.h"
#include "units.h"

#define SETTING_COMMAND_SIZE 64

enum io settings_command(struct link *link, const char *command, int64_t deadline)
{
	char line[SETTING_COMMAND_SIZE + 2];
	int length = snprintf(line, sizeof line, "%s%s", command, link->crlf ? "\r\n" : "\n");
	if (length < 0 || (size_t)length >= sizeof line)
		return IO_GARBLED;
	return link_send(link, line, (size_t)length, deadline);
}

int settings_link_error(enum io io, const char *on, const char *doing, struct error *error)
{
	switch (io) {
	case IO_TIMEOUT:
		return error_set(error, ERROR_TIMEOUT, on, "check that the instrument is on, and that nothing else talks to it",
				 "no answer while %s", doing);
	case IO_GONE:
		return error_set(error, ERROR_GONE, on, "check the cable and the instrument's power",
				 "the connection broke while %s", doing);
	default:
		return error_set(error, ERROR_PROTOCOL, on, "check the endpoint: is this the right port and line speed?",
				 "an answer that makes no sense while %s", doing);
	}
}

/* "RMS" and "rms", "VOLT" and "VOLTAGE": one may be the short form of the other. "P,1" and "P": where there is one element, or none,
 * it need not be told. */
static bool same_word(const char *want, const char *got)
{
	size_t length = strlen(want);
	if (length > 2 && strcmp(want + length - 2, ",1") == 0 && strlen(got) == length - 2)
		return strncasecmp(want, got, length - 2) == 0;
	size_t shorter = strlen(want) < strlen(got) ? strlen(want) : strlen(got);
	if (strlen(want) != strlen(got) && (shorter < 3 || strchr(want, ',') || strchr(got, ',')))
		return false;
	return shorter > 0 && strncasecmp(want, got, shorter) == 0;
}

static bool same_number(double want, const char *got)
{
	double number;
	return number_parse(got, &number) == 0 && fabs(number - want) <= 1e-4 * fabs(want);
}

static bool same_numbers(const char *want, const char *got)
{
	for (;;) {
		char *after_want, *after_got;
		if (strtod(want, &after_want) != strtod(got, &after_got) || *after_want != *after_got || after_got == got)
			return false;
		if (*after_want == '\0')
			return true;
		want = after_want + 1;
		got = after_got + 1;
	}
}

/* As it can be set again. */
static const char *settable(const struct setting *setting, const char *value)
{
	return setting->type == SETTING_ITEM ? numeric_item_name(value) : value;
}

/* With HEADer still on, the value follows the last space. */
static const char *value_of(const char *reply)
{
	const char *space = strrchr(reply, ' ');
	return space ? space + 1 : reply;
}

bool setting_matches(const struct setting *setting, const char *reply)
{
	const char *got = value_of(reply);
	switch (setting->type) {
	case SETTING_NUMBER:
		return same_number(setting->number, got);
	case SETTING_BOOLEAN:
		return strcmp(got, strcmp(setting->want, "ON") == 0 ? "1" : "0") == 0;
	case SETTING_NUMBERS:
		return same_numbers(setting->want, got);
	case SETTING_ITEM:
		return strcasecmp(setting->want, numeric_item_name(got)) == 0;
	default:
		return same_word(setting->want, got);
	}
}

static enum io read_setting(const struct setting *setting, struct link *link, char *reply, size_t size, int64_t deadline)
{
	char query[SETTING_COMMAND_SIZE];
	snprintf(query, sizeof query, "%s?", setting->command);
	return link_query(link, query, reply, size, deadline);
}

enum io settings_read(struct link *link, const char *command, char *value, size_t size, int64_t deadline)
{
	struct setting setting = { .label = "" };
	snprintf(setting.command, sizeof setting.command, "%s", command);
	enum io io = read_setting(&setting, link, value, size, deadline);
	if (io == IO_OK)
		memmove(value, value_of(value), strlen(value_of(value)) + 1);
	return io;
}

bool setting_holds(const struct setting *setting, struct link *link, int64_t deadline)
{
	char reply[64];
	return read_setting(setting, link, reply, sizeof reply, deadline) == IO_OK && setting_matches(setting, reply);
}

static enum io write_setting(const struct setting *setting, struct link *link, const char *argument, int64_t deadline)
{
	char command[SETTING_COMMAND_SIZE];
	snprintf(command, sizeof command, "%s %s", setting->command, argument);
	return settings_command(link, command, deadline);
}

static void remember(struct setting *setting, const char *reply)
{
	if (setting->before[0] == '\0')
		snprintf(setting->before, sizeof setting->before, "%.*s", (int)sizeof setting->before - 1, settable(setting, value_of(reply)));
}

/* Noise is not remembered, to be put back in the end. */
static bool makes_sense(const struct setting *setting, const char *reply)
{
	const char *got = value_of(reply);
	for (const char *c = got; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return setting->type == SETTING_BOOLEAN ? strcmp(got, "0") == 0 || strcmp(got, "1") == 0 : true;
}

static int refused(const struct setting *setting, const char *reply, struct link *link, int64_t deadline, const char *on,
		   struct error *error)
{
	char reason[96] = "it gives no reason";
	enum io io = link_query(link, ":STAT:ERR?", reason, sizeof reason, deadline);
	return error_set(error, ERROR_PROTOCOL, on, "end a running integration, or set it on the front panel, and try again",
			 "the %s stays at %.40s when set to %s: %s", setting->label, reply, setting->want,
			 io == IO_OK ? reason : io_name(io));
}

static int apply_one(struct setting *setting, struct link *link, int64_t deadline, const char *on, enum io *io,
		     struct error *error)
{
	char reply[64], doing[64];
	snprintf(doing, sizeof doing, "setting the %s", setting->label);
	*io = read_setting(setting, link, reply, sizeof reply, deadline);
	if (*io != IO_OK)
		return settings_link_error(*io, on, doing, error);
	if (setting_matches(setting, reply))
		return 0;
	if (!makes_sense(setting, reply)) {
		*io = IO_GARBLED;
		return settings_link_error(*io, on, doing, error);
	}
	remember(setting, reply);
	*io = write_setting(setting, link, setting->want, deadline);
	if (*io == IO_OK)
		*io = read_setting(setting, link, reply, sizeof reply, deadline);
	if (*io != IO_OK)
		return settings_link_error(*io, on, doing, error);
	return setting_matches(setting, reply) ? 0 : refused(setting, reply, link, deadline, on, error);
}

int settings_apply(struct setting *settings, int count, bool unlocked, struct link *link, int64_t deadline, const char *on,
		   enum io *io, struct error *error)
{
	for (int i = 0; i < count; i++)
		if (!(unlocked && settings[i].locked) && apply_one(&settings[i], link, deadline, on, io, error) < 0)
			return -1;
	return 0;
}

/* Read back before the next one is sent: a meter on a serial line keeps 256 bytes and throws away what comes beyond. */
static enum io restore_one(const struct setting *setting, struct link *link, int64_t deadline)
{
	char reply[64] = "";
	enum io io = write_setting(setting, link, setting->before, deadline);
	if (io == IO_OK)
		io = read_setting(setting, link, reply, sizeof reply, deadline);
	const char *now = settable(setting, value_of(reply));
	if (io == IO_OK && strcasecmp(now, setting->before) != 0 && !same_numbers(setting->before, now))
		io = IO_GARBLED;
	return io;
}

enum io settings_restore(struct setting *settings, int count, struct link *link, int64_t deadline)
{
	enum io worst = IO_OK;
	for (int i = count - 1; i >= 0; i--) {
		if (settings[i].before[0] == '\0')
			continue;
		enum io io = restore_one(&settings[i], link, deadline);
		if (io == IO_TIMEOUT || io == IO_GONE)
			return io;
		if (io == IO_OK) {
			settings[i].before[0] = '\0';
			continue;
		}
		worst = io; /* the others may still be */
		link_clear(link, deadline);
	}
	return worst;
}
