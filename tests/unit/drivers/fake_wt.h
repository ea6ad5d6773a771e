/*
 * fake_wt: a scripted WT310E for driver tests, in process and on a clock of the test's own.
 *
 * It is a link: what the driver sends is executed at once, and time passes only by answering (`response`) and by waiting. It
 * knows just enough of the language, and stores any setting as text. The power of its kth update is 100 + k watts, so that a
 * value tells which update it was read from; updates happen at `phase` + k x `period`. The true twin is host/twin's.
 */
#ifndef JOULERIG_TESTS_DRIVERS_FAKE_WT_H
#define JOULERIG_TESTS_DRIVERS_FAKE_WT_H

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "collect.h"

struct fake_setting {
	char header[64], value[32];
};

struct fake_wt {
	struct link link;
	struct fake_time *time;
	char idn[120];
	struct fake_setting settings[64];
	int n_settings;
	int64_t phase, period, response;
	int64_t (*jitter)(struct fake_wt *fake); /* added to a response; may be NULL */
	int64_t read_index;                      /* the last update whose event was read */
	const char *values;                      /* text of the answer to VAL?, instead of the true one */
	unsigned condition;
	int64_t stall_from, stall_to;   /* no updates */
	int64_t silent_from, silent_to; /* takes commands, answers nothing */
	int64_t late_from, late_to, late; /* answers, so much later */
	int64_t gone_from, gone_to;     /* the connection is broken, and refuses to come back */
	bool broken;                    /* it was in that time, and has not been reopened since */
	const char *garbage;            /* the next answer, instead of the true one */
	const char *senseless;          /* every answer to "updated?" and to what asks for values, likewise */
	int64_t delay_values;           /* once: passes between the event register and the values */
	const char *refuses;            /* a header whose setting it ignores */
	const char *leaves_range_at;    /* a header at whose setting it leaves its current range by itself */
	bool integrating, starts_not;   /* the integrator runs; it does not start */
	int starts, integration_errors; /* of the integrator; commands and settings refused because of its state */
	int64_t integrating_since, integrated; /* ns */
	char out[2048];
	size_t out_size;
	int64_t out_at; /* when `out` can be read */
	char in[512];
	size_t in_size;
	size_t at_once, at_once_max; /* bytes sent since the last answer: a WT on RS-232 keeps 256 */
	int commands, queries, orders, reopens, closes; /* orders: what is no question */
	char last_command[64];
};

static inline int64_t fake_index(const struct fake_wt *fake, int64_t at)
{
	int64_t index = at < fake->phase ? -1 : (at - fake->phase) / fake->period;
	int64_t tick = fake->phase + index * fake->period;
	if (tick >= fake->stall_from && tick < fake->stall_to)
		return (fake->stall_from - fake->phase) / fake->period;
	return index;
}

static inline int64_t fake_update_time(const struct fake_wt *fake, int64_t index)
{
	return fake->phase + index * fake->period;
}

static inline struct fake_setting *fake_setting(struct fake_wt *fake, const char *header)
{
	for (int i = 0; i < fake->n_settings; i++)
		if (strcmp(fake->settings[i].header, header) == 0)
			return &fake->settings[i];
	assert_true(fake->n_settings < 64);
	struct fake_setting *setting = &fake->settings[fake->n_settings++];
	snprintf(setting->header, sizeof setting->header, "%s", header);
	return setting;
}

static inline void fake_put(struct fake_wt *fake, const char *header, const char *value)
{
	struct fake_setting *setting = fake_setting(fake, header);
	snprintf(setting->value, sizeof setting->value, "%s", value);
}

static inline const char *fake_get(struct fake_wt *fake, const char *header)
{
	return fake_setting(fake, header)->value;
}

static inline void fake_defaults(struct fake_wt *fake)
{
	static const char *const defaults[][2] = {
		{ ":COMM:HEAD", "1" }, { ":COMM:VERB", "1" }, { ":COMM:REM", "0" }, { ":INP:CFAC", "3" }, { ":INP:MODE", "RMS" },
		{ ":INP:SYNC", "CURRENT" }, { ":INP:FILT:LINE", "0" }, { ":INP:SCAL:STAT", "0" }, { ":INP:VOLT:AUTO", "1" },
		{ ":INP:VOLT:RANG", "600.0E+00" }, { ":INP:CURR:AUTO", "1" }, { ":INP:CURR:RANG", "20.0E+00" },
		{ ":MEAS:AVER:STATE", "1" }, { ":MEAS:MHOL", "1" }, { ":HOLD", "1" }, { ":INP:FILT:FREQ", "1" }, { ":RATE", "250.0E-03" },
		{ ":NUM:FORM", "ASCII" }, { ":NUM:NORM:NUM", "10" }, { ":STAT:FILT1", "NEV" }, { ":NUM:NORM:ITEM1", "U,1" },
		{ ":NUM:NORM:ITEM2", "I,1" }, { ":NUM:NORM:ITEM3", "P,1" }, { ":INTEG:MODE", "CONT" }, { ":INTEG:TIM", "1,30,0" },
	};
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		fake_put(fake, defaults[i][0], defaults[i][1]);
}

/* 120 W on each of the items that are WH; whole seconds for TIME. As the setting of the items says. */
static inline void fake_answer_integrals(struct fake_wt *fake, char *reply, size_t size)
{
	double seconds = (double)(fake->integrated + (fake->integrating ? fake->time->now - fake->integrating_since : 0)) * 1e-9;
	for (int i = 4; i < 8; i++) {
		char header[24];
		snprintf(header, sizeof header, ":NUM:NORM:ITEM%d", i);
		if (strncmp(fake_get(fake, header), "WH", 2) == 0)
			snprintf(reply + strlen(reply), size - strlen(reply), ",%.5fE+00", seconds / 30);
		if (strncmp(fake_get(fake, header), "TIME", 4) == 0)
			snprintf(reply + strlen(reply), size - strlen(reply), ",%.0f", floor(seconds));
	}
}

static inline void fake_answer_values(struct fake_wt *fake, char *reply, size_t size)
{
	fake->time->now += fake->delay_values;
	fake->delay_values = 0;
	if (fake->values)
		snprintf(reply, size, "%s", fake->values);
	else
		snprintf(reply, size, "%.1fE+00,230.12E+00,%.4fE+00", 100.0 + (double)fake_index(fake, fake->time->now), 0.4532);
	fake_answer_integrals(fake, reply, size);
}

static inline void fake_answer_events(struct fake_wt *fake, char *reply, size_t size)
{
	int64_t index = fake_index(fake, fake->time->now);
	bool latched = index > fake->read_index && strcasecmp(fake_get(fake, ":STAT:FILT1"), "FALL") == 0;
	fake->read_index = index;
	snprintf(reply, size, "%d", latched);
}

static inline bool fake_locked(const struct fake_wt *fake, const char *header)
{
	return fake->integrating && (strncmp(header, ":INP:", 5) == 0 || strncmp(header, ":INTEG:", 7) == 0 ||
				     strncmp(header, ":MEAS:AVER", 10) == 0 || strcmp(header, ":RATE") == 0);
}

/* 300V, 0.5A, 0.1S, OFF -> as the instrument would say it. */
static inline void fake_set(struct fake_wt *fake, const char *header, const char *argument)
{
	char *unit;
	double number = strtod(argument, &unit);
	char value[32];
	fake->integration_errors += fake_locked(fake, header);
	if ((fake->refuses && strcmp(fake->refuses, header) == 0) || fake_locked(fake, header))
		return;
	if (strcmp(argument, "ON") == 0 || strcmp(argument, "OFF") == 0)
		snprintf(value, sizeof value, "%d", argument[1] == 'N');
	else if (unit != argument && strlen(argument) > 1 && strchr(argument, ',') == NULL)
		snprintf(value, sizeof value, "%.3E", number);
	else
		snprintf(value, sizeof value, "%s", argument);
	fake_put(fake, header, value);
	if (strcmp(header, ":INP:VOLT:RANG") == 0) /* a range that is set by hand is kept */
		fake_put(fake, ":INP:VOLT:AUTO", "0");
	if (strcmp(header, ":INP:CURR:RANG") == 0)
		fake_put(fake, ":INP:CURR:AUTO", "0");
	if (strcmp(header, ":RATE") == 0 && unit != argument)
		fake->period = llround(number * 1e9);
}

/* Refused in the wrong state, as 842, 844 and 845 say. */
static inline bool fake_integrate(struct fake_wt *fake, const char *header)
{
	bool start = strcmp(header, ":INTEG:STAR") == 0, stop = strcmp(header, ":INTEG:STOP") == 0, reset = strcmp(header, ":INTEG:RES") == 0;
	if (!start && !stop && !reset)
		return false;
	if (stop != fake->integrating) {
		fake->integration_errors++;
		return true;
	}
	if (reset)
		fake->integrated = 0;
	if (stop)
		fake->integrated += fake->time->now - fake->integrating_since;
	if (start) {
		fake->starts++;
		fake->integrating_since = fake->time->now;
	}
	fake->integrating = start && !fake->starts_not;
	return true;
}

static inline bool fake_unit(struct fake_wt *fake, const char *unit, char *reply, size_t size)
{
	char header[64];
	reply[0] = '\0';
	size_t length = strcspn(unit, " ?");
	snprintf(header, sizeof header, "%.*s", (int)length, unit);
	if (unit[length] == '\0' && fake_integrate(fake, header)) {
		fake->orders++;
		return false;
	}
	if (unit[length] == ' ')
		fake_set(fake, header, unit + length + 1);
	if (fake->leaves_range_at && strcmp(fake->leaves_range_at, header) == 0) {
		fake_put(fake, ":INP:CURR:RANG", "5.000E+00");
		fake_put(fake, ":INP:CURR:AUTO", "1");
		fake->leaves_range_at = NULL;
	}
	if (unit[length] != '?') {
		fake->orders += unit[0] != '\0';
		return false;
	}
	fake->queries++;
	if (strcmp(header, "*IDN") == 0)
		snprintf(reply, size, "%s", fake->idn);
	else if (strcmp(header, ":STAT:EESR") == 0)
		fake_answer_events(fake, reply, size);
	else if (strcmp(header, ":STAT:COND") == 0)
		snprintf(reply, size, "%u", fake->condition | (fake->integrating ? 2u : 0));
	else if (strcmp(header, ":INTEG:STAT") == 0)
		snprintf(reply, size, "%s%s", strcmp(fake_get(fake, ":COMM:HEAD"), "1") == 0 ? ":INTEG:STAT " : "",
			 fake->integrating ? "START" : fake->integrated > 0 ? "STOP" : "RESET");
	else if (strcmp(header, ":STAT:ERR") == 0)
		snprintf(reply, size, "0,\"NO ERROR\"");
	else if (strcmp(header, ":NUM:NORM:VAL") == 0)
		fake_answer_values(fake, reply, size);
	else if (strcmp(fake_get(fake, ":COMM:HEAD"), "1") == 0)
		snprintf(reply, size, "%s %s", header, fake_get(fake, header));
	else
		snprintf(reply, size, "%s", fake_get(fake, header));
	return true;
}

static inline void fake_say(struct fake_wt *fake, const char *text)
{
	size_t length = strlen(text);
	assert_true(fake->out_size + length + 1 <= sizeof fake->out);
	memcpy(fake->out + fake->out_size, text, length);
	fake->out_size += length;
	fake->out[fake->out_size++] = '\n';
}

static inline void fake_line(struct fake_wt *fake, char *line)
{
	char answer[512] = "", part[128];
	bool any = false;
	char *rest = line;
	fake->commands++;
	snprintf(fake->last_command, sizeof fake->last_command, "%.63s", line);
	for (char *unit = strsep(&rest, ";"); unit; unit = strsep(&rest, ";")) {
		if (!fake_unit(fake, unit, part, sizeof part))
			continue;
		snprintf(answer + strlen(answer), sizeof answer - strlen(answer), "%s%s", any ? ";" : "", part);
		any = true;
	}
	if (!any)
		return;
	fake->at_once = 0;
	if (fake->senseless && strstr(fake->last_command, ":NUM:NORM:VAL?"))
		fake->garbage = fake->senseless;
	else if (fake->senseless && strcmp(fake->last_command, ":STAT:EESR?") == 0)
		fake->garbage = "1";
	fake_say(fake, fake->garbage ? fake->garbage : answer);
	fake->garbage = NULL;
}

static inline bool within(int64_t at, int64_t from, int64_t to)
{
	return at >= from && at < to;
}

static inline bool fake_broken(struct fake_wt *fake)
{
	fake->broken |= within(fake->time->now, fake->gone_from, fake->gone_to);
	return fake->broken;
}

static inline enum io fake_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct fake_wt *fake = (struct fake_wt *)link;
	(void)deadline;
	if (fake_broken(fake))
		return IO_GONE;
	fake->time->now += fake->response / 2 + (fake->jitter ? fake->jitter(fake) : 0);
	fake->at_once += size;
	if (fake->at_once > fake->at_once_max)
		fake->at_once_max = fake->at_once;
	for (size_t i = 0; i < size; i++) {
		char c = ((const char *)bytes)[i];
		if (c != '\n') {
			assert_true(fake->in_size < sizeof fake->in - 1);
			fake->in[fake->in_size++] = c;
			continue;
		}
		fake->in[fake->in_size] = '\0';
		fake->in_size = 0;
		if (!within(fake->time->now, fake->silent_from, fake->silent_to))
			fake_line(fake, fake->in);
	}
	bool late = within(fake->time->now, fake->late_from, fake->late_to);
	fake->time->now += fake->response / 2 + (fake->jitter ? fake->jitter(fake) : 0);
	fake->out_at = fake->time->now + (late ? fake->late : 0);
	return IO_OK;
}

static inline enum io fake_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct fake_wt *fake = (struct fake_wt *)link;
	*end = false;
	if (fake_broken(fake))
		return IO_GONE;
	bool ready = fake->out_size > 0 && fake->out_at <= deadline;
	fake_wait(&fake->time->timebase, ready ? fake->out_at : deadline);
	if (!ready)
		return fake_broken(fake) ? IO_GONE : IO_TIMEOUT;
	*got = size < fake->out_size ? size : fake->out_size;
	if (*got > 7) /* in pieces, as networks do */
		*got = 7;
	memcpy(bytes, fake->out, *got);
	fake->out_size -= *got;
	memmove(fake->out, fake->out + *got, fake->out_size);
	return IO_OK;
}

static inline enum io fake_clear(struct link *link, int64_t deadline)
{
	struct fake_wt *fake = (struct fake_wt *)link;
	(void)deadline;
	if (fake_broken(fake))
		return IO_GONE;
	fake->time->now += 20 * NS_PER_MS;
	if (fake->out_at <= fake->time->now)
		fake->out_size = 0;
	return IO_OK;
}

static inline enum io fake_reopen(struct link *link, int64_t deadline)
{
	struct fake_wt *fake = (struct fake_wt *)link;
	(void)deadline;
	fake->reopens++;
	fake->out_size = fake->in_size = 0;
	fake->broken = within(fake->time->now, fake->gone_from, fake->gone_to);
	return fake->broken ? IO_GONE : IO_OK;
}

static inline void fake_close(struct link *link)
{
	((struct fake_wt *)link)->closes++;
}

static const struct link_ops fake_ops = {
	.scheme = "fake", .summary = "scripted", .reopen = fake_reopen, .send = fake_send, .recv = fake_recv, .clear = fake_clear,
	.close = fake_close,
};

static inline void fake_begin(struct fake_wt *fake, struct fake_time *time)
{
	*fake = (struct fake_wt){
		.link = { .ops = &fake_ops, .timebase = &time->timebase }, .time = time, .idn = "YOKOGAWA,WT310E,SIM0001,F1.04",
		.phase = time->now + 33 * NS_PER_MS, .period = 250 * NS_PER_MS, .response = NS_PER_MS, .read_index = -1,
	};
	fake_defaults(fake);
}

static inline struct device_config fake_config(void)
{
	return (struct device_config){
		.name = "wall", .driver = "yokogawa_wt", .measures = ROLE_WALL,
		.endpoint = { .text = "fake://wt", .scheme = "fake" },
		.voltage_range = 300, .current_range = 2, .update = 0.1, .latency = NAN, .u_latency = NAN, .line_frequency = 50,
	};
}

#endif
