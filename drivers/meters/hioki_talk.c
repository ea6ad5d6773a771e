#include "meters/hioki_talk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "units.h"

#define REFUSALS (7u << 3) /* command, execution, device-dependent error (IEEE 488.2) */

enum io hioki_order(struct link *link, const char *text, int64_t deadline)
{
	return link_send(link, text, strlen(text), deadline);
}

enum io hioki_ask(struct link *link, const char *question, char *reply, size_t size, int64_t deadline)
{
	return link_query(link, question, reply, size, deadline);
}

enum io hioki_ask_identity(struct link *link, struct timebase *timebase, struct idn *identity, int64_t deadline)
{
	char reply[HIOKI_REPLY_SIZE];
	enum io io = hioki_order(link, "*IDN?\r\n", deadline);
	if (io == IO_OK)
		io = link_line(link, reply, sizeof reply, deadline);
	while (io == IO_OK && idn_decode(reply, identity) != 0) {
		io = timebase->now(timebase) < deadline ? link_line(link, reply, sizeof reply, deadline) : IO_TIMEOUT;
		if (io == IO_TIMEOUT)
			return IO_GARBLED;
	}
	return io;
}

enum io hioki_refused(struct link *link, bool *refused, int64_t deadline)
{
	char reply[64], *end;
	enum io io = hioki_ask(link, "*ESR?\r", reply, sizeof reply, deadline);
	if (io != IO_OK)
		return io;
	const char *number = hioki_argument(reply);
	unsigned long events = strtoul(number, &end, 10);
	*refused = events & REFUSALS;
	return end == number || *end != '\0' || events > 255 ? IO_GARBLED : IO_OK;
}

static bool is_as_wanted(const struct hioki_setting *setting, const char *value)
{
	double number;
	if (setting->is_word)
		return strcasecmp(value, setting->word) == 0;
	return number_parse(value, &number) == 0 && fabs(number - setting->number) <= 1e-4 * setting->number;
}

enum io hioki_setting_read(const struct hioki_setting *setting, struct link *link, char *value, size_t size, bool *as_wanted, int64_t deadline)
{
	enum io io = hioki_ask(link, setting->question, value, size, deadline);
	if (io != IO_OK)
		return io;
	const char *argument = hioki_argument(value);
	memmove(value, argument, strlen(argument) + 1);
	*as_wanted = is_as_wanted(setting, value);
	return IO_OK;
}

static void remember(struct hioki_setting *setting, const char *value)
{
	if (setting->before[0] != '\0' || strlen(value) >= sizeof setting->before)
		return;
	memcpy(setting->before, value, strlen(value) + 1);
}

enum io hioki_setting_apply(struct hioki_setting *setting, struct link *link, bool *as_wanted, int64_t deadline)
{
	char value[64];
	enum io io = hioki_setting_read(setting, link, value, sizeof value, as_wanted, deadline);
	if (io != IO_OK || *as_wanted)
		return io;
	remember(setting, value);
	io = hioki_order(link, setting->order, deadline);
	return io == IO_OK ? hioki_setting_read(setting, link, value, sizeof value, as_wanted, deadline) : io;
}
