/*
 * chroma: Chroma's 66202, and the mainframes 66203 and 66204, whose first channel measures and whose others have nothing connected.
 * Written from the manual of the 66203/66204: windows that follow each other, FETCh? tells the last one, MEASure? answers when the
 * one that goes on is complete. Items come in the order of the manual's list, however they were asked for: nobody has shown that they
 * come otherwise. Without a value it says -1, after a range change -2, above its range -3, and remembers an alarm.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "instrument.h"
#include "scpi.h"

#define CREST 4      /* of a current range */
#define OVERLOAD 1.1 /* of a voltage range */
#define PENDING 4

enum { OVR = 1, OCR = 2, RCE = 8 };

struct shown {
	int64_t ready;
	double watts, volts, amperes;
	int code; /* -1, -2, -3; 0: values */
	bool nan;
};

struct chroma {
	struct instrument instrument;
	bool header, terminator;
	int separator, channel;
	double window, integration;
	char mode[8], trigger[8], shunt[8], voltage[8], current[8];
	unsigned alarms;
	int64_t origin, last;
	int64_t ticks;
	struct shown shown, pending[PENDING];
	int n_pending;
};

static const struct range {
	const char *word;
	double value;
} voltages[] = { { "V150", 150 }, { "V300", 300 }, { "V500", 500 } },
  currents[] = { { "A001", 0.01 }, { "A01", 0.1 }, { "A04", 0.4 }, { "A2L", 2 }, { "A02", 0.2 }, { "A2H", 2 }, { "A8", 8 }, { "A20", 20 } };
#define COUNT(array) (sizeof(array) / sizeof *(array))

static int inputs(const struct chroma *c)
{
	const char *model = c->instrument.config->model;
	return strncmp(model, "66203", 5) == 0 ? 3 : strncmp(model, "66204", 5) == 0 ? 4 : 1;
}

/* AUTO: the smallest that holds `needed`. */
static double range_of(const struct range *ranges, size_t n, const char *word, double needed)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(word, ranges[i].word) == 0)
			return ranges[i].value;
	double best = ranges[n - 1].value;
	for (size_t i = 0; i < n; i++)
		if (ranges[i].value >= needed && ranges[i].value < best)
			best = ranges[i].value;
	return best;
}

/* ---- windows ---- */

static void begin_windows(struct chroma *c, int64_t now)
{
	c->origin = c->last = now;
	c->ticks = 0;
	c->n_pending = 0;
	c->shown = (struct shown){ .code = -1 };
}

static int64_t next_tick(const struct chroma *c)
{
	return front_tick(&c->instrument.front, c->origin, c->ticks + 1, c->window);
}

static void judge(struct chroma *c, const struct front_values *v, struct shown *s)
{
	unsigned over = 0;
	if (v->volts > OVERLOAD * range_of(voltages, COUNT(voltages), c->voltage, v->volts))
		over |= OVR;
	if (v->amperes_peak > CREST * range_of(currents, COUNT(currents), c->current, v->amperes))
		over |= OCR;
	if (over)
		s->code = -3;
	c->alarms |= over;
}

static void end_window(struct chroma *c, int64_t at)
{
	struct instrument *self = &c->instrument;
	struct front_values v = front_over(&self->front, c->last, at);
	struct shown next = {
		.ready = at + front_latency(&self->front), .watts = v.watts + front_noise(&self->front, c->window), .volts = v.volts, .amperes = v.amperes,
	};
	judge(c, &v, &next);
	if (instrument_fault(self, FAULT_INF, at)) {
		next.code = -3;
		c->alarms |= OCR;
	}
	if (instrument_fault(self, FAULT_NAN, at))
		next.code = -1;
	if (instrument_fault_once(self, FAULT_RANGE_CHANGE, at))
		snprintf(c->current, sizeof c->current, "AUTO");
	c->last = at;
	c->ticks++;
	if (c->n_pending < PENDING && !instrument_fault(self, FAULT_STALL, at))
		c->pending[c->n_pending++] = next;
}

static void show(struct chroma *c, int64_t now)
{
	while (c->n_pending > 0 && c->pending[0].ready <= now) {
		c->shown = c->pending[0];
		c->instrument.updates++;
		memmove(c->pending, c->pending + 1, (size_t)--c->n_pending * sizeof *c->pending);
	}
}

static void advance(struct instrument *self, int64_t now)
{
	struct chroma *c = (struct chroma *)self;
	for (int64_t at = next_tick(c); at <= now; at = next_tick(c)) {
		show(c, at);
		end_window(c, at);
	}
	show(c, now);
}

/* ---- its language ---- */

static void say_header(const struct chroma *c, const char *header, struct text *reply)
{
	if (c->header)
		text_addf(reply, ":%s ", header);
}

/* Five digits, as a display has them; a number that would be a code where there is one is told with its zeros, like any other. */
static void say_number(double value, double range, struct text *reply)
{
	int decimals = 4 - (int)floor(log10(range));
	text_addf(reply, "%.*f", decimals < 0 ? 0 : decimals, value);
}

static void say_item(const struct chroma *c, const char *item, struct text *reply)
{
	const struct shown *s = &c->shown;
	double u = range_of(voltages, COUNT(voltages), c->voltage, s->volts), i = range_of(currents, COUNT(currents), c->current, s->amperes);
	bool other = c->channel > 1;
	bool watts = *item == 'W', volts = *item == 'V';
	if (s->code)
		text_addf(reply, "%d", s->code);
	else
		say_number(other ? 0 : watts ? s->watts : volts ? s->volts : s->amperes, watts ? u * i : volts ? u : i, reply);
}

static bool fetch(struct chroma *c, char *items, struct text *reply)
{
	static const char *const list[] = { "V", "I", "W" };
	char *parts[10];
	int n = scpi_split(items, parts, 10), said = 0;
	c->instrument.queries++;
	for (size_t k = 0; k < COUNT(list); k++)
		for (int i = 0; i < n; i++) {
			if (strcasecmp(parts[i], list[k]) != 0)
				continue;
			if (said++ > 0)
				text_add(reply, c->separator ? ";" : ",");
			say_item(c, list[k], reply);
		}
	return n > 0 && said == n;
}

static bool word_setting(struct chroma *c, const struct scpi_unit *unit, const char *header, char value[8], struct text *reply)
{
	if (unit->query) {
		say_header(c, header, reply);
		text_add(reply, value);
	} else {
		snprintf(value, 8, "%.*s", 7, unit->arguments);
	}
	return true;
}

static bool number_setting(struct chroma *c, const struct scpi_unit *unit, const char *header, double *value, double least, double most,
			   struct text *reply)
{
	double number;
	if (unit->query) {
		say_header(c, header, reply);
		text_addf(reply, "%.4f", *value);
		return true;
	}
	if (!scpi_number(unit->arguments, "", &number) || !(number >= least && number <= most))
		return false;
	*value = number;
	return true;
}

static bool range_setting(struct chroma *c, const struct scpi_unit *unit, bool voltage, struct text *reply)
{
	const struct range *ranges = voltage ? voltages : currents;
	bool known = unit->query || strcasecmp(unit->arguments, "AUTO") == 0;
	for (size_t i = 0; i < (voltage ? COUNT(voltages) : COUNT(currents)); i++)
		known = known || strcasecmp(unit->arguments, ranges[i].word) == 0;
	return known && word_setting(c, unit, voltage ? "VOLTAGE:RANGE" : "CURRENT:RANGE", voltage ? c->voltage : c->current, reply);
}

static bool say_alarms(const struct chroma *c, struct text *reply)
{
	say_header(c, "PROTECTION", reply);
	text_addf(reply, "%u", c->alarms);
	for (int i = 1; i < inputs(c); i++)
		text_add(reply, ",0");
	return true;
}

static bool set_window(struct chroma *c, int64_t now, const struct scpi_unit *unit, struct text *reply)
{
	if (!number_setting(c, unit, "MEASURE:WINDOW", &c->window, 0.1, 10, reply))
		return false;
	if (!unit->query)
		begin_windows(c, now);
	return true;
}

static bool set_channel(struct chroma *c, const struct scpi_unit *unit, struct text *reply)
{
	double number;
	if (inputs(c) == 1)
		return false;
	if (unit->query) {
		say_header(c, "CHANNEL", reply);
		text_addf(reply, "%d", c->channel);
		return true;
	}
	if (!scpi_number(unit->arguments, "", &number) || !(number >= 1 && number <= inputs(c)))
		return false;
	c->channel = (int)number;
	return true;
}

static bool set_header(struct chroma *c, const struct scpi_unit *unit, struct text *reply)
{
	if (!unit->query)
		return scpi_boolean(unit->arguments, &c->header);
	say_header(c, "SYSTEM:HEADER", reply);
	text_add(reply, c->header ? "ON" : "OFF");
	return true;
}

static bool identify(const struct chroma *c, int64_t now, struct text *reply)
{
	bool other = instrument_fault(&c->instrument, FAULT_OTHER_MODEL, now);
	text_addf(reply, "Chroma ATE,%s,%s,1.20", other ? "63600" : c->instrument.config->model, c->instrument.config->serial);
	return true;
}

static bool perform(struct chroma *c, int64_t now, struct scpi_unit *unit, struct text *reply)
{
	const char *h = unit->header;
	int none;
	if (strcasecmp(h, "*IDN") == 0)
		return unit->query && identify(c, now, reply);
	if (scpi_match(":FETCh", h, &none))
		return unit->query && fetch(c, unit->arguments, reply);
	if (scpi_match(":SYSTem:HEADer", h, &none))
		return set_header(c, unit, reply);
	if (scpi_match(":CHANnel", h, &none))
		return set_channel(c, unit, reply);
	if (scpi_match("[:SOURce]:PROTection", h, &none))
		return unit->query && say_alarms(c, reply);
	if (scpi_match("[:SOURce]:PROTection:CLEar", h, &none)) {
		c->alarms = 0;
		return !unit->query;
	}
	if (scpi_match("[:SOURce]:POWer:INTegrate", h, &none))
		return number_setting(c, unit, "POWER:INTEGRATE", &c->integration, 0, 9999, reply);
	if (scpi_match("[:SOURce]:MEASure:MODE", h, &none))
		return word_setting(c, unit, "MEASURE:MODE", c->mode, reply);
	if (scpi_match("[:SOURce]:MEASure:WINDow", h, &none))
		return set_window(c, now, unit, reply);
	if (scpi_match("[:SOURce]:TRIGger:MODE", h, &none))
		return word_setting(c, unit, "TRIGGER:MODE", c->trigger, reply);
	if (scpi_match("[:SOURce]:CURRent:SHUNt", h, &none))
		return word_setting(c, unit, "CURRENT:SHUNT", c->shunt, reply);
	if (scpi_match("[:SOURce]:VOLTage:RANGe", h, &none))
		return range_setting(c, unit, true, reply);
	return scpi_match("[:SOURce]:CURRent:RANGe", h, &none) && range_setting(c, unit, false, reply);
}

static void heard(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	struct chroma *c = (struct chroma *)self;
	struct scpi_unit unit;
	char path[96] = "";
	const char *cursor = bytes;
	(void)size;
	while (scpi_next(&cursor, &unit)) {
		struct text reply = TEXT_INIT;
		scpi_resolve(&unit, path);
		if (perform(c, now, &unit, &reply) && unit.query && !text_failed(&reply))
			instrument_answer(self, now, text_string(&reply), c->terminator ? "\r\n" : "\n");
		text_free(&reply);
	}
}

static int init(struct instrument *self, int64_t now, struct error *error)
{
	struct chroma *c = (struct chroma *)self;
	(void)error;
	c->header = true;
	c->separator = 1;
	c->channel = 1;
	c->window = 1;
	snprintf(c->mode, sizeof c->mode, "AVERAGE");
	snprintf(c->trigger, sizeof c->trigger, "ENERGY");
	snprintf(c->shunt, sizeof c->shunt, "AUTO");
	snprintf(c->voltage, sizeof c->voltage, "AUTO");
	snprintf(c->current, sizeof c->current, "AUTO");
	begin_windows(c, now - (int64_t)(random_uniform(&self->random) * 0.9e9));
	return 0;
}

static const char *const models[] = { "66202", "66203", "66204", NULL };

const struct instrument_family instrument_chroma = {
	.name = "chroma",
	.models = models,
	.driver = "chroma_662xx",
	.framing = INSTRUMENT_LINES,
	.size = sizeof(struct chroma),
	.init = init,
	.advance = advance,
	.heard = heard,
};
