/*
 * fake_hioki: a scripted PW3336 for driver tests, in process and on a clock of the test's own. What the driver sends is executed at once,
 * and time passes only by answering (`response`) and by waiting. It knows just enough of the language. The power of its kth update, which
 * is at `phase` + k x 200 ms, is 100.00 + k / 100 watts. The true twin is host/twin's.
 */
#ifndef JOULERIG_TESTS_DRIVERS_FAKE_HIOKI_H
#define JOULERIG_TESTS_DRIVERS_FAKE_HIOKI_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "collect.h"

#define FAKE_HIOKI_PERIOD (200 * NS_PER_MS)

struct fake_hioki {
	struct link link;
	struct fake_time *time;
	char idn[80], separator;
	bool header, confirms, header_stuck; /* :HEADer is refused */
	char voltage[12], current[12], voltage_auto[4], current_auto[4];
	const char *refuses; /* an order that it does not take */
	bool status, no_status, external, integrating;
	unsigned status_bits, events;
	int64_t phase, response, counted, since; /* ns that it has counted; since when it does */
	int64_t frozen_from, frozen_to; /* no update */
	int64_t silent_from, silent_to, gone_from, gone_to;
	bool broken;
	const char *power, *garbage; /* instead of the true one; of the next answer */
	double watts;       /* that it integrates */
	int resets, starts, stops, orders, reopens;
	char out[512], in[256];
	size_t out_size, in_size;
};

static inline bool fake_hioki_is(const char *line, const char *start)
{
	return strncasecmp(line, start, strlen(start)) == 0;
}

static inline int64_t fake_hioki_index(const struct fake_hioki *f, int64_t at)
{
	int64_t index = (at - f->phase) / FAKE_HIOKI_PERIOD, tick = f->phase + index * FAKE_HIOKI_PERIOD;
	return tick >= f->frozen_from && tick < f->frozen_to ? (f->frozen_from - f->phase) / FAKE_HIOKI_PERIOD : index;
}

static inline int64_t fake_hioki_seconds(const struct fake_hioki *f)
{
	return f->counted + (f->integrating ? f->time->now - f->since : 0);
}

static inline void fake_hioki_gate(struct fake_hioki *f, bool open)
{
	f->counted = fake_hioki_seconds(f);
	f->integrating = open;
	f->since = f->time->now;
}

static inline void fake_hioki_say(struct fake_hioki *f, const char *header, const char *value)
{
	f->out_size += (size_t)snprintf(f->out + f->out_size, sizeof f->out - f->out_size, "%s%s%s", f->header ? header : "", f->header && header[0] ? " " : "",
					value);
}

/* `item` of a :MEAS?, without its channel's number. */
static inline void fake_hioki_value(struct fake_hioki *f, const char *item)
{
	char value[32];
	double wh = f->watts * (double)(fake_hioki_seconds(f) / FAKE_HIOKI_PERIOD * FAKE_HIOKI_PERIOD) * 1e-9 / 3600;
	if (fake_hioki_is(item, "TIME"))
		snprintf(value, sizeof value, "%05d,%02d,%02d", 0, (int)(fake_hioki_seconds(f) / NS_PER_S / 60), (int)(fake_hioki_seconds(f) / NS_PER_S % 60));
	else if (fake_hioki_is(item, "WP"))
		snprintf(value, sizeof value, "%+08.4fE+0", wh);
	else if (fake_hioki_is(item, "P"))
		snprintf(value, sizeof value, "+%06.2fE+0", 100 + (double)fake_hioki_index(f, f->time->now) / 100);
	else if (fake_hioki_is(item, "U"))
		snprintf(value, sizeof value, "+230.12E+0");
	else
		snprintf(value, sizeof value, "+0.4532E+0");
	fake_hioki_say(f, item, fake_hioki_is(item, "P") && f->power ? f->power : value);
}

static inline void fake_hioki_measure(struct fake_hioki *f, const char *items)
{
	char list[80], status[16];
	const char separator[2] = { f->separator, '\0' };
	snprintf(list, sizeof list, "%.70s", items);
	for (char *rest = list, *item; (item = strsep(&rest, ",")) != NULL;) {
		fake_hioki_value(f, item);
		if (rest)
			f->out_size += (size_t)snprintf(f->out + f->out_size, sizeof f->out - f->out_size, "%s", separator);
	}
	snprintf(status, sizeof status, "%08X", f->status_bits);
	if (strcmp(items, "U1,TIME") == 0 && f->status) { /* as a bare question */
		f->out_size += (size_t)snprintf(f->out + f->out_size, sizeof f->out - f->out_size, "%s", separator);
		fake_hioki_say(f, "STATUS", status);
	}
}

static inline void fake_hioki_integrate(struct fake_hioki *f, const char *what)
{
	f->starts += fake_hioki_is(what, "START");
	f->stops += fake_hioki_is(what, "STOP");
	bool start = fake_hioki_is(what, "START"), reset = fake_hioki_is(what, "RESET");
	if (f->external || (start && f->integrating) || (reset && f->integrating))
		f->events |= 16;
	else if (reset)
		f->counted = 0;
	else
		fake_hioki_gate(f, start);
	f->resets += reset && !f->external;
}

static inline void fake_hioki_set(struct fake_hioki *f, char *setting, size_t size, const char *value)
{
	if (f->integrating)
		f->events |= 16;
	else
		snprintf(setting, size, "%s", value);
}

static inline void fake_hioki_question(struct fake_hioki *f, const char *line)
{
	char number[8];
	snprintf(number, sizeof number, "%u", f->events);
	if (fake_hioki_is(line, "*IDN?")) {
		f->out_size += (size_t)snprintf(f->out, sizeof f->out, "%s", f->idn);
	} else if (fake_hioki_is(line, "*ESR?")) {
		f->events = 0;
		f->out_size += (size_t)snprintf(f->out, sizeof f->out, "%s", number);
	} else if (fake_hioki_is(line, ":MEAS?")) {
		fake_hioki_measure(f, line[6] ? line + 7 : "U1,TIME");
	} else if (fake_hioki_is(line, ":VOLT1:RANG?")) {
		fake_hioki_say(f, ":VOLTAGE1:RANGE", f->voltage);
	} else if (fake_hioki_is(line, ":CURR1:RANG?")) {
		fake_hioki_say(f, ":CURRENT1:RANGE", f->current);
	} else if (fake_hioki_is(line, ":VOLT1:AUTO?")) {
		fake_hioki_say(f, ":VOLTAGE1:AUTO", f->voltage_auto);
	} else if (fake_hioki_is(line, ":CURR1:AUTO?")) {
		fake_hioki_say(f, ":CURRENT1:AUTO", f->current_auto);
	} else if (fake_hioki_is(line, ":INTEG:STAT?")) {
		fake_hioki_say(f, ":INTEGRATE:STATE", f->integrating ? "START" : f->counted ? "STOP" : "RESET");
	} else {
		f->events |= 32;
		return;
	}
	if (f->garbage)
		f->out_size = (size_t)snprintf(f->out, sizeof f->out, "%s", f->garbage);
	f->garbage = NULL;
	f->out_size += (size_t)snprintf(f->out + f->out_size, sizeof f->out - f->out_size, "\r\n");
}

static inline void fake_hioki_execute(struct fake_hioki *f, const char *line)
{
	f->orders += strchr(line, '?') == NULL;
	if (strchr(line, '?')) {
		fake_hioki_question(f, line);
		return;
	}
	if (f->refuses && fake_hioki_is(line, f->refuses))
		f->events |= 16;
	else if (fake_hioki_is(line, ":HEAD "))
		f->header = fake_hioki_is(line + 6, "ON") && !f->header_stuck;
	else if (fake_hioki_is(line, ":MEAS:ITEM:STAT:INST "))
		f->status = line[21] == '1' && !f->no_status;
	else if (fake_hioki_is(line, ":VOLT1:RANG "))
		fake_hioki_set(f, f->voltage, sizeof f->voltage, line + 12);
	else if (fake_hioki_is(line, ":CURR1:RANG "))
		fake_hioki_set(f, f->current, sizeof f->current, line + 12);
	else if (fake_hioki_is(line, ":VOLT1:AUTO "))
		fake_hioki_set(f, f->voltage_auto, sizeof f->voltage_auto, line + 12);
	else if (fake_hioki_is(line, ":CURR1:AUTO "))
		fake_hioki_set(f, f->current_auto, sizeof f->current_auto, line + 12);
	else if (fake_hioki_is(line, ":INTEG:STAT "))
		fake_hioki_integrate(f, line + 12);
	else
		f->events |= 32;
}

/* ---- the link ---- */

static inline bool fake_hioki_gone(struct fake_hioki *f)
{
	int64_t now = f->time->now;
	f->broken = f->broken || (now >= f->gone_from && now < f->gone_to);
	return f->broken;
}

static inline enum io fake_hioki_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct fake_hioki *f = (struct fake_hioki *)link;
	(void)deadline;
	if (fake_hioki_gone(f))
		return IO_GONE;
	for (size_t i = 0; i < size; i++) {
		char c = ((const char *)bytes)[i];
		if (c != '\n') {
			assert_true(f->in_size + 1 < sizeof f->in);
			f->in[f->in_size++] = c;
			continue;
		}
		assert_true(f->in_size > 0 && f->in[f->in_size - 1] == '\r'); /* it wants CR LF */
		f->in[f->in_size - 1] = '\0';
		f->in_size = 0;
		f->out_size = 0;
		fake_hioki_execute(f, f->in);
		if (f->time->now >= f->silent_from && f->time->now < f->silent_to)
			f->out_size = 0;
	}
	return IO_OK;
}

static inline enum io fake_hioki_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct fake_hioki *f = (struct fake_hioki *)link;
	*got = 0;
	*end = false;
	if (fake_hioki_gone(f))
		return IO_GONE;
	if (f->out_size == 0) {
		fake_wait(&f->time->timebase, deadline);
		return IO_TIMEOUT;
	}
	f->time->now += f->response;
	*got = f->out_size < size ? f->out_size : size;
	memcpy(bytes, f->out, *got);
	f->out_size -= *got;
	memmove(f->out, f->out + *got, f->out_size);
	return IO_OK;
}

static inline enum io fake_hioki_clear(struct link *link, int64_t deadline)
{
	struct fake_hioki *f = (struct fake_hioki *)link;
	(void)deadline;
	f->out_size = f->in_size = 0;
	return fake_hioki_gone(f) ? IO_GONE : IO_OK;
}

static inline enum io fake_hioki_reopen(struct link *link, int64_t deadline)
{
	struct fake_hioki *f = (struct fake_hioki *)link;
	(void)deadline;
	f->reopens++;
	f->broken = false;
	return fake_hioki_gone(f) ? IO_GONE : IO_OK;
}

static inline void fake_hioki_begin(struct fake_hioki *f, struct fake_time *time)
{
	static const struct link_ops ops = {
		.scheme = "fake", .reopen = fake_hioki_reopen, .send = fake_hioki_send, .recv = fake_hioki_recv, .clear = fake_hioki_clear,
	};
	*f = (struct fake_hioki){
		.link = { .ops = &ops, .timebase = &time->timebase }, .time = time, .idn = "HIOKI,PW3336,SIM123456,V1.00", .separator = ';', .header = true,
		.voltage = "600", .current = "20", .voltage_auto = "ON", .current_auto = "ON", .phase = time->now - 730 * NS_PER_MS, .response = 2 * NS_PER_MS,
		.watts = 120,
	};
}

static inline struct device_config fake_hioki_config(void)
{
	return (struct device_config){
		.name = "wall", .driver = "hioki_pw333x", .measures = ROLE_WALL, .voltage_range = 300, .current_range = 1, .latency = NAN, .u_latency = NAN,
	};
}

static inline void fake_hioki_option(struct device_config *config, const char *name, const char *text, double number)
{
	struct option_value *option = &config->options[config->n_options++];
	snprintf(option->name, sizeof option->name, "%s", name);
	snprintf(option->text, sizeof option->text, "%s", text);
	option->number = number;
}

#endif
