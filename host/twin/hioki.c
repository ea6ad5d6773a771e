#include "hioki.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "scpi.h"

#define WINDOW 0.2 /* s */
#define PEAK 6.0   /* of a range, instantaneous */
#define OVER 1.52  /* of a range, shown */

enum { COMMAND_ERROR = 32, EXECUTION_ERROR = 16 };
enum { PEAK_U = 1 << 0, PEAK_I = 1 << 4, OVER_U = 1 << 8, OVER_I = 1 << 12 };

bool hioki_is_model(const char *model)
{
	return strncmp(model, "PW3335", 6) == 0 || strncmp(model, "PW3336", 6) == 0 || strncmp(model, "PW3337", 6) == 0;
}

static bool has_inputs(const struct twin_hioki *h)
{
	return strncmp(h->front->config->model, "PW3335", 6) != 0;
}

void hioki_init(struct twin_hioki *h, const struct hioki_config *config, struct wt *front, uint64_t seed, int64_t now)
{
	*h = (struct twin_hioki){ .config = config, .front = front, .header = true, .voltage_auto = true, .current_auto = true, .separator = ';' };
	h->random = random_stream(seed, "hioki");
	h->origin = h->last_tick = now - (int64_t)(random_uniform(&h->random) * WINDOW * 1e9);
	h->reaction = config->reaction + random_between(&h->random, -0.5, 0.5) * config->u_reaction;
	h->heeded = now - NS_PER_S;
	h->shown.watts = NAN;
}

/* ---- counting ---- */

static void add(struct twin_hioki *h, int64_t from, int64_t to, int sign)
{
	double seconds = sign * (double)(to - from) * 1e-9 * (1 + h->front->errors.timebase);
	if (to <= from)
		return;
	struct wt_truth truth = wt_truth(h->front, 0, from, to);
	h->joules += wt_with_errors(h->front, 0, &truth) * seconds;
	h->seconds += seconds;
}

static void count_to(struct twin_hioki *h, int64_t to)
{
	if (to <= h->counted)
		return;
	if (h->counting)
		add(h, h->counted, to, 1);
	h->counted = to;
}

/* From `t` on; who tells of it late is told so that nothing is missing, or too much, in the end. */
static void turn(struct twin_hioki *h, int64_t t, bool on)
{
	count_to(h, t);
	if (h->counting != on)
		add(h, t, h->counted, on ? 1 : -1);
	h->counting = on;
}

void hioki_gate(void *context, int64_t t, bool high)
{
	struct twin_hioki *h = context;
	double reaction = h->reaction + random_between(&h->random, -0.5, 0.5) * h->config->u_reaction;
	if (!h->config->gated || h->n_gates == HIOKI_GATES || t - h->heeded < (int64_t)(h->config->apart * 1e9))
		return;
	h->heeded = t;
	h->gates[h->n_gates].t = t + (int64_t)llround(fmax(0, reaction) * 1e9);
	h->gates[h->n_gates++].open = high;
}

/* Those that are heeded by `to`. */
static void heed_gates(struct twin_hioki *h, int64_t to)
{
	while (h->n_gates > 0 && h->gates[0].t <= to) {
		turn(h, h->gates[0].t, h->gates[0].open);
		memmove(h->gates, h->gates + 1, (size_t)--h->n_gates * sizeof *h->gates);
	}
}

/* ---- windows ---- */

static uint32_t status_of(const struct twin_hioki *h, const struct wt_truth *t)
{
	const struct wt *front = h->front;
	uint32_t status = 0;
	status |= t->u * M_SQRT2 > PEAK * front->voltage_range ? PEAK_U : 0;
	status |= t->i * front->config->crest > PEAK * front->current_range ? PEAK_I : 0;
	status |= t->u > OVER * front->voltage_range ? OVER_U : 0;
	return status | (t->i > OVER * front->current_range ? OVER_I : 0);
}

/* Up to a range that holds it, where it may. */
static void choose_ranges(struct twin_hioki *h, const struct wt_truth *t)
{
	static const double volts[] = { 15, 30, 60, 150, 300, 600, 1000 }, amperes[] = { 0.2, 0.5, 1, 2, 5, 10, 20, 50 };
	for (size_t i = 0; h->voltage_auto && i < sizeof volts / sizeof *volts; i++)
		if (volts[i] * 1.3 > t->u) {
			h->front->voltage_range = volts[i];
			break;
		}
	for (size_t i = 0; h->current_auto && i < sizeof amperes / sizeof *amperes; i++)
		if (amperes[i] * 1.3 > t->i) {
			h->front->current_range = amperes[i];
			break;
		}
}

static int64_t latency(struct twin_hioki *h)
{
	const struct wt_config *c = h->front->config;
	return (int64_t)llround(fmax(0, c->latency + h->front->errors.latency + random_between(&h->random, -1, 1) * c->latency_jitter) * 1e9);
}

static void tick(struct twin_hioki *h, int64_t at)
{
	struct wt *front = h->front;
	int64_t from, to;
	double noise = front->errors.noise > 0 ? front->errors.noise * sqrt(0.1 / WINDOW) * random_normal(&h->random) : 0;
	heed_gates(h, at);
	count_to(h, at);
	wt_window(front, 0, h->last_tick, at, &from, &to);
	struct wt_truth t = wt_truth(front, 0, from, to);
	struct hioki_shown next = {
		.ready = at + latency(h), .volts = t.u * (1 + front->own[0].gain / 2), .amperes = t.i * (1 + front->own[0].gain / 2),
		.watts = wt_with_errors(front, 0, &t) + noise, .joules = h->joules, .seconds = h->seconds, .status = status_of(h, &t),
	};
	h->last_tick = at;
	h->ticks++;
	choose_ranges(h, &t);
	if (fault_active(front->faults, FAULT_NAN, NULL, at))
		next.watts = next.volts = next.amperes = NAN;
	if (fault_take(front->faults, FAULT_RANGE_CHANGE, at)) {
		front->current_range *= 2;
		h->current_auto = true;
	}
	if (h->n_pending < HIOKI_PENDING && !fault_active(front->faults, FAULT_STALL, NULL, at))
		h->pending[h->n_pending++] = next;
}

static int64_t next_tick(const struct twin_hioki *h)
{
	return h->origin + (int64_t)llround((double)(h->ticks + 1) * WINDOW * 1e9 / (1 + h->front->errors.timebase));
}

static void publish(struct twin_hioki *h, int64_t now)
{
	while (h->n_pending > 0 && h->pending[0].ready <= now) {
		h->shown = h->pending[0];
		h->front->updates++;
		memmove(h->pending, h->pending + 1, (size_t)--h->n_pending * sizeof *h->pending);
	}
}

void hioki_advance(struct twin_hioki *h, int64_t now)
{
	for (int64_t at = next_tick(h); at <= now; at = next_tick(h)) {
		publish(h, at);
		tick(h, at);
	}
	heed_gates(h, now);
	publish(h, now);
}

/* ---- its language ---- */

static void say_header(const struct twin_hioki *h, const char *name, struct text *reply)
{
	if (h->header)
		text_addf(reply, "%s ", name);
}

/* `characters` beside the sign, the point one of them, `before` of them before it at least; thousands go into the exponent. */
static void say_number(double value, int before, int characters, bool over, struct text *reply)
{
	int exponent = 0;
	if (isnan(value) || over) {
		text_addf(reply, "%s%.*s.%sE+9", value < 0 ? "-" : "+", characters - 3, over ? "999999" : "777777", over ? "99" : "77");
		return;
	}
	while ((before > 3 || fabs(value) >= 999.9) && exponent < 6) {
		value /= 1000;
		before -= 3;
		exponent += 3;
	}
	before = before < 1 ? 1 : before;
	while (fabs(value) >= pow(10, before) * (1 - 1e-9))
		before++;
	text_addf(reply, "%+0*.*fE+%d", characters + 1, characters - 1 - before, value, exponent);
}

static int digits(double range)
{
	return (int)floor(log10(range) + 1e-9) + 1;
}

static bool say_item(const struct twin_hioki *h, const char *item, struct text *reply)
{
	const struct hioki_shown *s = &h->shown;
	const struct wt *front = h->front;
	char name[8] = "", plain[8];
	snprintf(name, sizeof name, "%.7s", item);
	for (char *c = name; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	size_t length = strcspn(name, "123");
	snprintf(plain, sizeof plain, "%.*s", (int)length, name);
	bool time = strcmp(plain, "TIME") == 0, wp = strcmp(plain, "WP") == 0 || strcmp(plain, "WH") == 0;
	if (!time && (name[length] != '\0') != has_inputs(h))
		return false;
	say_header(h, wp ? has_inputs(h) ? "WP1" : "WP" : name, reply);
	double power = front->voltage_range * front->current_range;
	int whole = (int)floor(s->seconds);
	if (time)
		text_addf(reply, "%05d,%02d,%02d", whole / 3600, whole / 60 % 60, whole % 60);
	else if (wp)
		say_number(s->joules / 3600, digits(power) - 1, 7, false, reply);
	else if (strcmp(plain, "P") == 0)
		say_number(s->watts, digits(power), 6, s->status & (OVER_U | OVER_I), reply);
	else if (strcmp(plain, "U") == 0)
		say_number(s->volts, digits(front->voltage_range), 6, s->status & OVER_U, reply);
	else if (strcmp(plain, "I") == 0)
		say_number(s->amperes, digits(front->current_range), 6, s->status & OVER_I, reply);
	else
		return false;
	return true;
}

static void separate(const struct twin_hioki *h, struct text *reply)
{
	text_add_bytes(reply, &h->separator, 1);
}

/* Those that are asked for; or those that it tells unasked, with its status where that was asked for once. */
static int measure(struct twin_hioki *h, char *items, struct text *reply)
{
	static char some[] = "U,I,P", numbered[] = "U1,I1,P1";
	char list[16], *parts[HIOKI_PENDING * 4];
	bool bare = items[0] == '\0';
	snprintf(list, sizeof list, "%s", has_inputs(h) ? numbered : some);
	int n = scpi_split(bare ? list : items, parts, (int)(sizeof parts / sizeof *parts));
	h->front->queries++;
	for (int i = 0; i < n; i++) {
		if (i > 0)
			separate(h, reply);
		if (!say_item(h, parts[i], reply))
			return EXECUTION_ERROR;
	}
	if (bare && h->status) {
		separate(h, reply);
		say_header(h, "STATUS", reply);
		text_addf(reply, "%08X", h->shown.status);
	}
	return 0;
}

static int integrate(struct twin_hioki *h, int64_t now, const char *what)
{
	bool start = scpi_word("START", what), stop = scpi_word("STOP", what), reset = scpi_word("RESET", what);
	if (!start && !stop && !reset)
		return COMMAND_ERROR;
	if (reset ? h->config->refuses_reset || h->counting : h->config->gated || h->counting == start)
		return EXECUTION_ERROR;
	count_to(h, now);
	h->counting = start;
	if (!reset)
		return 0;
	h->joules = h->seconds = h->shown.joules = h->shown.seconds = 0;
	for (int i = 0; i < h->n_pending; i++)
		h->pending[i].joules = h->pending[i].seconds = 0;
	return 0;
}

static void say_setting(const struct twin_hioki *h, const char *name, const char *value, struct text *reply)
{
	char header[32];
	snprintf(header, sizeof header, ":%s%s:%s", strncmp(name, "VOLT", 4) == 0 ? "VOLTAGE" : "CURRENT", has_inputs(h) ? "1" : "", name + 4);
	say_header(h, header, reply);
	text_add(reply, value);
}

/* A range, or whether it is chosen by itself, of the voltage or the current. */
static int range_setting(struct twin_hioki *h, const struct scpi_unit *unit, bool voltage, bool automatic, struct text *reply)
{
	double *range = voltage ? &h->front->voltage_range : &h->front->current_range, wanted;
	bool *chosen = voltage ? &h->voltage_auto : &h->current_auto;
	char value[16];
	snprintf(value, sizeof value, "%g", *range);
	if (unit->query && automatic)
		say_setting(h, voltage ? "VOLTAUTO" : "CURRAUTO", *chosen ? "ON" : "OFF", reply);
	else if (unit->query)
		say_setting(h, voltage ? "VOLTRANGE" : "CURRRANGE", value, reply);
	else if (h->counting)
		return EXECUTION_ERROR;
	else if (automatic)
		return scpi_boolean(unit->arguments, chosen) ? 0 : COMMAND_ERROR;
	else if (!scpi_number(unit->arguments, "", &wanted) || !(wanted > 0))
		return COMMAND_ERROR;
	else
		*range = wanted, *chosen = false;
	return 0;
}

static int common(struct twin_hioki *h, int64_t now, const struct scpi_unit *unit, struct text *reply)
{
	const struct wt_config *c = h->front->config;
	if (strcasecmp(unit->header, "*IDN") == 0 && unit->query) {
		bool other = fault_active(h->front->faults, FAULT_OTHER_MODEL, NULL, now) != NULL;
		text_addf(reply, "HIOKI,%s,%s,%s", other ? "PW6001" : c->model, c->serial, c->firmware);
	} else if (strcasecmp(unit->header, "*ESR") == 0 && unit->query) {
		text_addf(reply, "%u", h->events);
		h->events = 0;
	} else if (strcasecmp(unit->header, "*CLS") == 0) {
		h->events = 0;
	} else {
		return COMMAND_ERROR;
	}
	return 0;
}

static int perform(struct twin_hioki *h, int64_t now, struct scpi_unit *unit, struct text *reply)
{
	int input;
	const char *header = unit->header;
	if (header[0] == '*')
		return common(h, now, unit, reply);
	if (scpi_match(":MEASure[:POWer]", header, &input))
		return unit->query ? measure(h, unit->arguments, reply) : COMMAND_ERROR;
	if (scpi_match(":MEASure:ITEM:STATus:INSTant", header, &input))
		return scpi_boolean(unit->arguments, &h->status) ? 0 : COMMAND_ERROR;
	if (scpi_match(":HEADer", header, &input) && !unit->query)
		return scpi_boolean(unit->arguments, &h->header) ? 0 : COMMAND_ERROR;
	if (scpi_match(":TRANsmit:SEParator", header, &input) && !unit->query) {
		h->separator = unit->arguments[0] == '1' ? ',' : ';';
		return 0;
	}
	if (scpi_match(":RS232:ANSWer", header, &input))
		return 0;
	if (scpi_match(":INTEGrate:STATe", header, &input)) {
		if (!unit->query)
			return integrate(h, now, unit->arguments);
		say_header(h, ":INTEGRATE:STATE", reply);
		text_add(reply, h->counting ? "START" : h->seconds > 0 ? "STOP" : "RESET");
		return 0;
	}
	static const char *const patterns[] = { ":VOLTage<x>:RANGe", ":VOLTage<x>:AUTO", ":CURRent<x>:RANGe", ":CURRent<x>:AUTO" };
	for (int i = 0; i < 4; i++)
		if (scpi_match(patterns[i], header, &input) && input == (has_inputs(h) ? 1 : -1))
			return range_setting(h, unit, i < 2, i % 2, reply);
	return COMMAND_ERROR;
}

void hioki_execute(struct twin_hioki *h, int64_t now, const char *line, struct text *reply)
{
	struct scpi_unit unit;
	char path[96] = "";
	for (const char *cursor = line; scpi_next(&cursor, &unit);) {
		size_t before = reply->length;
		if (unit.header[0] == '\0')
			continue;
		scpi_resolve(&unit, path);
		if (before > 0 && unit.query)
			text_add(reply, ";");
		int failed = perform(h, now, &unit, reply);
		h->events |= (unsigned)failed;
		if (failed) /* what could not be answered is not answered in part */
			text_free(reply);
	}
}
