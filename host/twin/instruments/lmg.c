/*
 * lmg: ZES ZIMMER's LMG95, LMG450, LMG500, LMG670. It has cycles of its own; while it is told to (INIT:CONT ON, or cont on in SHORT), what
 * its action asks for is sent at the end of each, a line with `;` between. Written from what programs that run one send and take.
 *
 * As the true one it bears no channel that it does not have: asked for one it hangs, and nothing but being switched off ends that. It does
 * not take numbers with needless zeros behind their point. Its keys are its user's until it is spoken to, and after `gtl`.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "instrument.h"
#include "scpi.h"

#define NOT_A_NUMBER 9.91e37
#define INFINITE 9.9e37
#define OVERLOAD 1.3 /* of a range */
#define CREST 3
#define ACTION 256
#define PENDING 8

struct shown {
	int64_t ready;
	double watts, volts, amperes;
	int64_t count;
};

struct lmg {
	struct instrument instrument;
	bool shorthand, continuous, hung, remote;
	char action[ACTION]; /* queries, in the language in which they were said */
	bool action_shorthand;
	int errors;
	double cycle, zero, volts_range, amperes_range, volts_auto, amperes_auto;
	int64_t origin, last, ticks, count;
	struct shown shown, pending[PENDING];
	int n_pending;
};

static const double volts_ranges[] = { 6, 12.5, 25, 60, 130, 250, 400, 600 };
static const double amperes_ranges[] = { 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10, 20 };
#define COUNT(array) (sizeof(array) / sizeof *(array))

static int channels(const struct lmg *l)
{
	const char *model = l->instrument.config->model;
	return strcmp(model, "LMG450") == 0 ? 4 : strcmp(model, "LMG500") == 0 ? 8 : strcmp(model, "LMG670") == 0 ? 7 : 1;
}

/* ---- cycles ---- */

static void begin_cycles(struct lmg *l, int64_t now)
{
	l->origin = l->last = now;
	l->ticks = 0;
	l->n_pending = 0;
}

static int64_t next_tick(const struct lmg *l)
{
	return front_tick(&l->instrument.front, l->origin, l->ticks + 1, l->cycle);
}

static double smallest(const double *ranges, size_t n, double needed)
{
	for (size_t i = 0; i < n; i++)
		if (ranges[i] * OVERLOAD >= needed)
			return ranges[i];
	return ranges[n - 1];
}

static void choose_ranges(struct lmg *l, const struct front_values *v)
{
	if (l->volts_auto != 0)
		l->volts_range = smallest(volts_ranges, COUNT(volts_ranges), v->volts);
	if (l->amperes_auto != 0)
		l->amperes_range = smallest(amperes_ranges, COUNT(amperes_ranges), v->amperes);
}

static void end_cycle(struct lmg *l, int64_t at)
{
	struct instrument *self = &l->instrument;
	struct front_values v = front_over(&self->front, l->last, at);
	struct shown next = {
		.ready = at + front_latency(&self->front), .watts = v.watts + front_noise(&self->front, l->cycle), .volts = v.volts, .amperes = v.amperes,
		.count = ++l->count,
	};
	if (v.volts > OVERLOAD * l->volts_range)
		next.watts = next.volts = INFINITE;
	if (v.amperes_peak > CREST * l->amperes_range)
		next.watts = next.amperes = INFINITE;
	choose_ranges(l, &v);
	if (instrument_fault(self, FAULT_INF, at))
		next.watts = next.amperes = -INFINITE;
	if (instrument_fault(self, FAULT_NAN, at))
		next.watts = next.volts = next.amperes = NOT_A_NUMBER;
	if (instrument_fault_once(self, FAULT_RANGE_CHANGE, at)) {
		l->amperes_auto = 1;
		l->amperes_range = 20;
	}
	l->last = at;
	l->ticks++;
	if (l->n_pending < PENDING && !instrument_fault(self, FAULT_STALL, at))
		l->pending[l->n_pending++] = next;
}

/* ---- values ---- */

/* False: it hangs. `suffix` -1: none is given. */
static bool has_channel(struct lmg *l, int suffix)
{
	if (suffix <= channels(l) && suffix != 0)
		return true;
	l->hung = true;
	return false;
}

static void say_value(double value, bool first, struct text *reply)
{
	text_addf(reply, fabs(value) >= 1e37 ? "%.2E" : "%.5E", first ? value : 0);
}

/* Nothing is connected to any channel but the first. */
static bool fetch_scpi(struct lmg *l, const char *header, struct text *reply)
{
	const struct shown *s = &l->shown;
	int suffix;
	bool p = scpi_match(":FETCh:POWer:ACTive<x>", header, &suffix);
	bool u = !p && scpi_match(":FETCh:VOLTage:TRMS<x>", header, &suffix);
	bool i = !p && !u && scpi_match(":FETCh:CURRent:TRMS<x>", header, &suffix);
	if ((!p && !u && !i) || !has_channel(l, suffix))
		return false;
	say_value(p ? s->watts : u ? s->volts : s->amperes, suffix == 1 || suffix == -1, reply);
	return true;
}

static bool fetch_short(struct lmg *l, const char *header, struct text *reply)
{
	const struct shown *s = &l->shown;
	char name[16];
	size_t length = strcspn(header, "0123456789");
	int suffix = header[length] ? atoi(header + length) : -1;
	snprintf(name, sizeof name, "%.*s", (int)(length < 15 ? length : 15), header);
	bool p = strcasecmp(name, ":p") == 0, u = strcasecmp(name, ":utrms") == 0, i = strcasecmp(name, ":itrms") == 0;
	if (strcasecmp(header, ":count") == 0) {
		text_addf(reply, "%lld", (long long)s->count);
		return true;
	}
	if ((!p && !u && !i) || !has_channel(l, suffix))
		return false;
	say_value(p ? s->watts : u ? s->volts : s->amperes, suffix == 1 || suffix == -1, reply);
	return true;
}

static void act(struct lmg *l, int64_t now)
{
	struct scpi_unit unit;
	struct text line = TEXT_INIT;
	char path[96] = "";
	const char *cursor = l->action;
	while (scpi_next(&cursor, &unit) && !l->hung) {
		size_t before = line.length;
		scpi_resolve(&unit, path);
		if (before > 0)
			text_add(&line, ";");
		if (!(l->action_shorthand ? fetch_short : fetch_scpi)(l, unit.header, &line))
			l->errors++;
		if (l->action_shorthand)
			path[0] = '\0';
	}
	if (line.length > 0 && !text_failed(&line)) {
		text_add(&line, "\n");
		instrument_say(&l->instrument, now, now, text_string(&line), line.length);
	}
	text_free(&line);
}

static void show(struct lmg *l, int64_t now)
{
	while (l->n_pending > 0 && l->pending[0].ready <= now) {
		l->shown = l->pending[0];
		l->instrument.updates++;
		memmove(l->pending, l->pending + 1, (size_t)--l->n_pending * sizeof *l->pending);
		if (l->continuous && !l->hung)
			act(l, l->shown.ready);
	}
}

static void advance(struct instrument *self, int64_t now)
{
	struct lmg *l = (struct lmg *)self;
	for (int64_t at = next_tick(l); at <= now; at = next_tick(l)) {
		show(l, at);
		end_cycle(l, at);
	}
	show(l, now);
}

static int64_t next(const struct instrument *self)
{
	const struct lmg *l = (const struct lmg *)self;
	int64_t tick = next_tick(l);
	if (!l->continuous || l->hung)
		return NEVER;
	return l->n_pending > 0 && l->pending[0].ready < tick ? l->pending[0].ready : tick;
}

/* ---- its languages ---- */

/* 0.05 and 2.5 are taken, 0.050000 is not. */
static bool read_number(const char *text, double *number)
{
	const char *point = strchr(text, '.');
	if (point && strlen(point) > 1 && text[strlen(text) - 1] == '0' && strpbrk(text, "eE") == NULL)
		return false;
	return scpi_number(text, "", number);
}

static bool number_setting(const struct scpi_unit *unit, double *value, struct text *reply)
{
	if (!unit->query)
		return read_number(unit->arguments, value);
	text_addf(reply, "%.4E", *value);
	return true;
}

static bool range_setting(const struct scpi_unit *unit, const double *ranges, size_t n, double *range, double *automatic, struct text *reply)
{
	double wanted = *range;
	if (!number_setting(unit, &wanted, reply))
		return false;
	for (size_t i = 0; i < n && !unit->query; i++)
		if (fabs(ranges[i] - wanted) <= 1e-6 * wanted) {
			*range = wanted;
			*automatic = 0;
			return true;
		}
	return unit->query;
}

static bool set_cycle(struct lmg *l, int64_t now, const struct scpi_unit *unit, struct text *reply)
{
	double wanted = l->cycle;
	if (!number_setting(unit, &wanted, reply) || !(wanted >= 0.05 && wanted <= 60))
		return false;
	if (!unit->query && wanted != l->cycle) {
		l->cycle = wanted;
		begin_cycles(l, now);
	}
	return true;
}

static bool of_channel(struct lmg *l, const char *pattern, const char *header)
{
	int suffix;
	return scpi_match(pattern, header, &suffix) && has_channel(l, suffix);
}

static bool perform_scpi(struct lmg *l, int64_t now, const struct scpi_unit *unit, struct text *reply)
{
	const char *h = unit->header;
	int none;
	bool on;
	if (scpi_match(":INITiate:CONTinuous", h, &none)) {
		bool known = !unit->query && scpi_boolean(unit->arguments, &on);
		l->continuous = known ? on : l->continuous;
		return known;
	}
	if (scpi_match(":SYSTem:ERRor:ALL", h, &none)) {
		text_add(reply, l->errors ? "-113,\"Undefined header\"" : "0,\"No error\"");
		l->errors = 0;
		return unit->query;
	}
	if (scpi_match(":SYSTem:LANGuage", h, &none) && strcasecmp(unit->arguments, "short") == 0)
		return l->shorthand = true;
	if (scpi_match(":SENSe:ZPReject", h, &none) || scpi_match(":SENSe:ZPR", h, &none))
		return number_setting(unit, &l->zero, reply);
	if (scpi_match(":SENSe:SWEep:TIME", h, &none))
		return set_cycle(l, now, unit, reply);
	if (of_channel(l, ":SENSe:VOLTage:RANGe:AUTO<x>", h))
		return number_setting(unit, &l->volts_auto, reply);
	if (of_channel(l, ":SENSe:CURRent:RANGe:AUTO<x>", h))
		return number_setting(unit, &l->amperes_auto, reply);
	if (of_channel(l, ":SENSe:VOLTage:RANGe<x>", h))
		return range_setting(unit, volts_ranges, COUNT(volts_ranges), &l->volts_range, &l->volts_auto, reply);
	if (of_channel(l, ":SENSe:CURRent:RANGe<x>", h))
		return range_setting(unit, amperes_ranges, COUNT(amperes_ranges), &l->amperes_range, &l->amperes_auto, reply);
	return unit->query && fetch_scpi(l, h, reply);
}

static bool perform_short(struct lmg *l, const struct scpi_unit *unit, struct text *reply)
{
	const char *h = unit->header;
	if (strcasecmp(h, ":lang") == 0 && strcasecmp(unit->arguments, "scpi") == 0) {
		l->shorthand = false;
		return true;
	}
	if (strcasecmp(h, ":cont") == 0)
		return scpi_boolean(unit->arguments, &l->continuous);
	return unit->query && fetch_short(l, h, reply);
}

static bool perform_common(struct lmg *l, int64_t now, const struct scpi_unit *unit, struct text *reply)
{
	const struct instrument_config *config = l->instrument.config;
	if (strcasecmp(unit->header, "*IDN") == 0 && unit->query) {
		bool other = instrument_fault(&l->instrument, FAULT_OTHER_MODEL, now);
		text_addf(reply, "ZES ZIMMER Electronic Systems GmbH,%s,%s,3.001", other ? "COM3" : config->model, config->serial);
		return true;
	}
	if (strcasecmp(unit->header, "*OPC") == 0 && unit->query) {
		text_add(reply, "1");
		return true;
	}
	if (strcasecmp(unit->header, "*ZLANG") != 0 || channels(l) != 7)
		return false;
	l->shorthand = strcasecmp(unit->arguments, "short") == 0;
	return true;
}

/* The rest of a line that begins with it. */
static bool takes_action(struct lmg *l, const struct scpi_unit *unit, const char *rest)
{
	int none;
	if (unit->query || (l->shorthand ? strcasecmp(unit->header, ":actn") != 0 : !scpi_match(":TRIGger:ACTion", unit->header, &none)))
		return false;
	snprintf(l->action, sizeof l->action, "%.*s", ACTION - 1, rest);
	l->action_shorthand = l->shorthand;
	return true;
}

static bool perform(struct lmg *l, int64_t now, const struct scpi_unit *unit, struct text *reply)
{
	l->remote = strcasecmp(unit->header, ":gtl") != 0;
	if (!l->remote)
		return true;
	if (unit->header[0] == '*')
		return perform_common(l, now, unit, reply);
	return l->shorthand ? perform_short(l, unit, reply) : perform_scpi(l, now, unit, reply);
}

static void heard(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	struct lmg *l = (struct lmg *)self;
	struct text line = TEXT_INIT;
	struct scpi_unit unit;
	char path[96] = "";
	const char *cursor = bytes;
	(void)size;
	while (!l->hung && scpi_next(&cursor, &unit)) {
		struct text reply = TEXT_INIT;
		scpi_resolve(&unit, path);
		if (takes_action(l, &unit, cursor))
			break;
		if (!perform(l, now, &unit, &reply))
			l->errors++;
		if (reply.length > 0)
			text_addf(&line, "%s%s", line.length > 0 ? ";" : "", text_string(&reply));
		self->queries += reply.length > 0;
		text_free(&reply);
	}
	if (line.length > 0 && !l->hung && !text_failed(&line))
		instrument_answer(self, now, text_string(&line), "\n");
	text_free(&line);
}

static int init(struct instrument *self, int64_t now, struct error *error)
{
	struct lmg *l = (struct lmg *)self;
	(void)error;
	l->cycle = 0.5;
	l->zero = l->volts_auto = l->amperes_auto = 1;
	l->volts_range = 250;
	l->amperes_range = 5;
	begin_cycles(l, now - (int64_t)(random_uniform(&self->random) * 0.4e9));
	l->shown = (struct shown){ .watts = NOT_A_NUMBER, .volts = NOT_A_NUMBER, .amperes = NOT_A_NUMBER };
	return 0;
}

static const char *const models[] = { "LMG95", "LMG450", "LMG500", "LMG670", NULL };

const struct instrument_family instrument_lmg = {
	.name = "lmg",
	.models = models,
	.driver = "zes_lmg",
	.framing = INSTRUMENT_LINES,
	.size = sizeof(struct lmg),
	.init = init,
	.advance = advance,
	.heard = heard,
	.next = next,
};
