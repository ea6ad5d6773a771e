/*
 * ptdaemon: SPEC PTDaemon with an analyzer behind it, as clients of it expect it to be: lines of text, each answered by at least one.
 * While it measures it takes a sample each second of its own clock, the mean power of that second, and keeps those that nobody has read.
 * RL with none unread waits for the next one, for a second. It says that it runs on SIM joulerig-twin, which no operating system is called.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "instrument.h"

#define SECOND INT64_C(1000000000)
#define UNREAD_MOST 64
#define EPOCH INT64_C(1780000000) /* its wall clock at the twin's 0, s since 1970 */

struct ptdaemon {
	struct instrument base;
	bool measuring, waits;      /* an RL waits for a sample */
	int64_t until;              /* it waits no longer */
	int64_t began, n;           /* the measurement, its samples so far */
	char mark[40];
	char unread[UNREAD_MOST][240];
	int n_unread;
	double amperes_range, volts_range; /* 0: automatic */
};

static void say(struct ptdaemon *self, int64_t now, const char *line)
{
	instrument_answer(&self->base, now, line, "\r\n");
}

/* ---- samples ---- */

static void format_time(int64_t at, char text[40])
{
	time_t seconds = (time_t)(EPOCH + at / SECOND);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	size_t length = strftime(text, 32, "%d-%m-%Y %H:%M:%S", &tm);
	snprintf(text + length, 40 - length, ".%03d", (int)(at % SECOND / 1000000));
}

static void format_values(struct ptdaemon *self, int64_t from, int64_t to, char text[120])
{
	struct front_values v = front_over(&self->base.front, from, to);
	double watts = v.watts + front_noise(&self->base.front, 1);
	if (instrument_fault(&self->base, FAULT_NAN, to))
		snprintf(text, 120, "Watts,-1.000000,Volts,-1.000000,Amps,-1.000000,PF,-1.000000");
	else if (instrument_fault(&self->base, FAULT_INF, to))
		snprintf(text, 120, "Watts,inf,Volts,%.6f,Amps,inf,PF,-1.000000", v.volts);
	else
		snprintf(text, 120, "Watts,%.6f,Volts,%.6f,Amps,%.6f,PF,%.6f", watts, v.volts, v.amperes, v.power_factor);
}

static void keep(struct ptdaemon *self, const char *line)
{
	if (self->n_unread == UNREAD_MOST)
		memmove(self->unread[0], self->unread[1], sizeof self->unread - sizeof self->unread[0]);
	else
		self->n_unread++;
	snprintf(self->unread[self->n_unread - 1], sizeof self->unread[0], "%s", line);
}

static int64_t tick(const struct ptdaemon *self, int64_t n)
{
	return front_tick(&self->base.front, self->began, n, 1);
}

static void take_sample(struct ptdaemon *self, int64_t now)
{
	char values[120], wall[40], line[240];
	int64_t from = tick(self, self->n), to = tick(self, self->n + 1);
	self->n++;
	self->base.updates++;
	if (instrument_fault(&self->base, FAULT_STALL, now))
		return;
	format_values(self, from, to, values);
	format_time(to, wall);
	snprintf(line, sizeof line, "Time,%s,%s,Mark,%s", wall, values, self->mark);
	keep(self, line);
}

static void say_unread(struct ptdaemon *self, int64_t now)
{
	char line[40];
	snprintf(line, sizeof line, "Last %d samples", self->n_unread);
	say(self, now, line);
	for (int i = 0; i < self->n_unread; i++)
		say(self, now, self->unread[i]);
	self->n_unread = 0;
	self->waits = false;
}

static void say_none(struct ptdaemon *self, int64_t now)
{
	self->waits = false;
	say(self, now, "No unread samples available");
}

static void leave_range(struct ptdaemon *self, int64_t now)
{
	if (instrument_fault_once(&self->base, FAULT_RANGE_CHANGE, now))
		self->amperes_range = 0;
}

/* A sample is there when its latency has passed. */
static void advance(struct instrument *base, int64_t now)
{
	struct ptdaemon *self = (struct ptdaemon *)base;
	leave_range(self, now);
	while (self->measuring && tick(self, self->n + 1) + llround(self->base.front.latency * 1e9) <= now)
		take_sample(self, now);
	if (self->waits && self->n_unread > 0)
		say_unread(self, now);
	else if (self->waits && now >= self->until)
		say_none(self, now);
}

static int64_t next(const struct instrument *base)
{
	const struct ptdaemon *self = (const struct ptdaemon *)base;
	int64_t sample = self->measuring ? tick(self, self->n + 1) + llround(self->base.front.latency * 1e9) : NEVER;
	return !self->waits ? NEVER : sample < self->until ? sample : self->until;
}

/* ---- commands ---- */

static void identify(struct ptdaemon *self, int64_t now)
{
	bool other = instrument_fault(&self->base, FAULT_OTHER_MODEL, now);
	char line[200];
	snprintf(line, sizeof line, "%s,1000,1,1,1,1,0,0,0,version=1.9.1-1fee1ded-20190102,OS=SIM joulerig-twin,mode=power,1,1,1,0,no_cal_date,na",
		 other ? "HIOKI3334" : "YokogawaWT310");
	say(self, now, line);
}

static void tell_ranges(struct ptdaemon *self, int64_t now)
{
	char line[80];
	snprintf(line, sizeof line, "Ranges,%d,%.6f,%d,%.6f", self->amperes_range == 0, self->amperes_range == 0 ? -1 : self->amperes_range,
		 self->volts_range == 0, self->volts_range == 0 ? -1 : self->volts_range);
	say(self, now, line);
}

static void set_range(struct ptdaemon *self, int64_t now, const char *what)
{
	char line[40];
	double *range = what[0] == 'A' ? &self->amperes_range : what[0] == 'V' ? &self->volts_range : NULL;
	if (range == NULL || what[1] != ',') {
		say(self, now, "Invalid parameter");
		return;
	}
	*range = strcmp(what + 2, "Auto") == 0 ? 0 : atof(what + 2);
	snprintf(line, sizeof line, "Range %c changed", what[0]);
	say(self, now, line);
}

static void begin(struct ptdaemon *self, int64_t now, const char *parameters)
{
	int interval = 0, ramp = 0, at = 0;
	if (self->measuring) {
		say(self, now, "Error: a measurement is already in progress");
		return;
	}
	sscanf(parameters, "%d,%d,%n", &interval, &ramp, &at);
	snprintf(self->mark, sizeof self->mark, "%.39s", at > 0 ? parameters + at : "");
	self->measuring = true;
	self->began = now;
	self->n = self->n_unread = 0;
	say(self, now, "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples");
}

static void read_unread(struct ptdaemon *self, int64_t now)
{
	self->base.queries++;
	if (self->n_unread > 0)
		say_unread(self, now);
	else if (!self->measuring)
		say_none(self, now);
	else {
		self->waits = true;
		self->until = now + SECOND;
	}
}

static void end(struct ptdaemon *self, int64_t now)
{
	say(self, now, self->measuring ? "Stopping untimed measurement" : "Error: no measurement in progress");
	self->measuring = false;
}

static void heard(struct instrument *base, int64_t now, const char *line, size_t size)
{
	struct ptdaemon *self = (struct ptdaemon *)base;
	(void)size;
	advance(base, now);
	if (strcmp(line, "Hello") == 0)
		say(self, now, "Hello, PTDaemon here!");
	else if (strcmp(line, "Identify") == 0)
		identify(self, now);
	else if (strcmp(line, "RR") == 0)
		tell_ranges(self, now);
	else if (strncmp(line, "SR,", 3) == 0)
		set_range(self, now, line + 3);
	else if (strncmp(line, "Go,", 3) == 0)
		begin(self, now, line + 3);
	else if (strcmp(line, "RL") == 0)
		read_unread(self, now);
	else if (strcmp(line, "Uncertainty") == 0)
		say(self, now, self->n ? "Uncertainty,0.412300,0.401000,0.450000,100,0,100,0" : "Uncertainty,-1.000000,-1.000000,-1.000000,0,0,0,0");
	else if (strcmp(line, "Stop") == 0)
		end(self, now);
	else
		say(self, now, "Unknown command");
}

static void hung_up(struct instrument *base)
{
	((struct ptdaemon *)base)->waits = false;
}

static int init(struct instrument *base, int64_t now, struct error *error)
{
	(void)base; /* as it is found: automatic ranges, nothing measured */
	(void)now;
	(void)error;
	return 0;
}

static const char *const models[] = { "ptdaemon", NULL };

const struct instrument_family instrument_ptdaemon = {
	.name = "ptdaemon", .models = models, .driver = "ptdaemon", .framing = INSTRUMENT_LINES, .size = sizeof(struct ptdaemon), .init = init,
	.advance = advance, .heard = heard, .next = next, .hung_up = hung_up,
};
