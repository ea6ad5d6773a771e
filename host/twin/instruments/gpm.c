/*
 * gpm: the modelled GW Instek GPM-8213, GPM-8310, GPM-8320 or GPM-8330, from its terminals to its command language. The machine is at its
 * first input.
 *
 * Each update interval of its own clock it averages the window that ends; what it shows changes `latency` later. What is a choice here, and
 * not a documented fact:
 *  - windows follow each other without gaps; a value has five digits, the last at a ten thousandth of its range's leading digit;
 *  - :RATE, holds and the status registers are those of a WT300; averaging is a setting that averages nothing;
 *  - headers: the short form, without the optional :INPut and :NORMal of :VALue; none for :INTEGrate:STATe? and :STATus:ERRor?;
 *  - preset 4 has, of each input, 20 items of which the third is P;
 *  - when a client has gone, whoever comes next gets the first identity twice: an answer that was late;
 *  - power-on: headers on, short replies, automatic ranges, items U, I and P, 250 ms.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"
#include "scpi.h"

#define ITEMS 60
#define INPUTS 3
#define PENDING 8
#define ERRORS 8
#define OVER 1.4   /* of a range, shown */

enum { UPD = 1 << 0, ITG = 1 << 1, OVR = 1 << 6, POV = 1 << 7, POA = 1 << 8 };
enum { LARGE_U = 1 << 2, PEAK_U = 1 << 3, LARGE_I = 1 << 6, PEAK_I = 1 << 7 }; /* of :INPut:CRANge? */
enum { PARAMETER = 108, MISSING = 109, UNDEFINED = 113, CHARACTER = 141, OUT_OF_RANGE = 222, INTEGRATING = 813, START_RUNNING = 842,
       STOP_IDLE = 844, RESET_RUNNING = 845 };

enum function { NONE, U, I, P, S, Q, LAMBDA, PHI, FU, FI, UPP, UMP, IPP, IMP, PPP, PMP, WH, WHP, WHM, TIME, URANGE, IRANGE, FUNCTIONS };
static const struct {
	const char *pattern, *shown;
} functions[FUNCTIONS] = {
	{ "NONE", "NONE" }, { "U", "Urms" }, { "I", "Irms" }, { "P", "P" }, { "S", "S" }, { "Q", "Q" }, { "LAMBda", "PF" }, { "PHI", "PHI" },
	{ "FU", "fU" }, { "FI", "fI" }, { "UPPeak", "U+pk" }, { "UMPeak", "U-pk" }, { "IPPeak", "I+pk" }, { "IMPeak", "I-pk" },
	{ "PPPeak", "P+pk" }, { "PMPeak", "P-pk" }, { "WH", "WH" }, { "WHP", "WH+" }, { "WHM", "WH-" }, { "TIME", "TIME" }, { "URANge", "Urange" },
	{ "IRANge", "Irange" },
};

struct shown {
	int64_t ready;
	double value[FUNCTIONS];
	unsigned condition, range_check;
};

enum state { RESET, START, STOP };

struct gpm {
	struct instrument instrument;
	char serial[24];
	int64_t origin, ticks, last_tick;
	bool whole; /* the window that is under way has all its length: not the first one after power-on */
	bool header, verbose, remote, released; /* by the line that is executed */
	double crest; /* 3 or 6 */
	int mode, sync;
	bool line_filter, frequency_filter, scaling, averaging, max_hold, hold;
	bool voltage_auto, current_auto;
	double voltage_range, current_range, rate;
	int items[ITEMS], inputs[ITEMS], number;
	bool falls; /* FILTer1 FALL */
	unsigned events;
	int errors[ERRORS], n_errors;
	bool late; /* an answer is still under way to one who has gone */

	enum state integrator;
	int integrator_mode;
	double joules, seconds;

	struct shown shown, held, pending[PENDING];
	int n_pending;
};

/* One program unit in execution. */
struct call {
	struct gpm *gpm;
	int64_t now;
	char *arguments;
	int suffix;
	struct text *reply;
};

static int inputs_of(const struct gpm *g)
{
	const char *model = g->instrument.config->model;
	return strncmp(model, "GPM-8330", 8) == 0 ? 3 : strncmp(model, "GPM-8320", 8) == 0 ? 2 : 1;
}

static void push_error(struct gpm *g, int error)
{
	if (g->n_errors < ERRORS)
		g->errors[g->n_errors++] = error;
}

/* ---- measuring ---- */

static double shown_digits(double value, double range)
{
	double step = pow(10, floor(log10(range)) - 4);
	return round(value / step) * step;
}

static void set_values(struct gpm *g, const struct front_values *v, double noise, struct shown *s)
{
	double *value = s->value;
	double power_range = g->voltage_range * g->current_range;
	for (int i = 0; i < FUNCTIONS; i++)
		value[i] = NAN;
	value[U] = shown_digits(v->volts, g->voltage_range);
	value[I] = shown_digits(v->amperes, g->current_range);
	value[P] = shown_digits(v->watts + noise, power_range);
	value[S] = shown_digits(v->volt_amperes, power_range);
	value[Q] = shown_digits(v->vars, power_range);
	value[LAMBDA] = shown_digits(v->power_factor, 1);
	value[FU] = v->hertz > 0 ? shown_digits(v->hertz, 50) : NAN;
	value[UPP] = v->volts_peak;
	value[UMP] = -v->volts_peak;
	value[IPP] = v->amperes_peak;
	value[IMP] = -v->amperes_peak;
	value[WH] = value[WHP] = g->joules / 3600;
	value[WHM] = 0;
	value[TIME] = floor(g->seconds);
	value[URANGE] = g->voltage_range;
	value[IRANGE] = g->current_range;
}

static void check_over(struct gpm *g, const struct front_values *v, struct shown *s)
{
	bool large_u = v->volts > OVER * g->voltage_range, large_i = v->amperes > OVER * g->current_range;
	bool peak_u = v->volts_peak > g->crest * g->voltage_range, peak_i = v->amperes_peak > g->crest * g->current_range;
	if (large_u)
		s->value[U] = INFINITY;
	if (large_i)
		s->value[I] = INFINITY;
	if (large_u || large_i)
		s->value[P] = s->value[S] = INFINITY;
	s->condition = (large_u || large_i ? OVR : 0) | (peak_u ? POV : 0) | (peak_i ? POA : 0) | (g->integrator == START ? ITG : 0);
	s->range_check = (large_u ? LARGE_U : 0) | (peak_u ? PEAK_U : 0) | (large_i ? LARGE_I : 0) | (peak_i ? PEAK_I : 0);
}

static void choose_ranges(struct gpm *g, const struct front_values *v)
{
	static const double volts[] = { 15, 30, 60, 150, 300, 600 };
	static const double amperes[] = { 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20 };
	double factor = 3 / g->crest;
	for (size_t i = sizeof volts / sizeof *volts; g->voltage_auto && i-- > 0 && volts[i] * factor * 1.3 > v->volts;)
		g->voltage_range = volts[i] * factor;
	for (size_t i = sizeof amperes / sizeof *amperes; g->current_auto && i-- > 0 && amperes[i] * factor * 1.3 > v->amperes;)
		g->current_range = amperes[i] * factor;
}

static void corrupt(struct gpm *g, int64_t now, struct shown *s)
{
	bool over = instrument_fault(&g->instrument, FAULT_INF, now);
	if (!over && !instrument_fault(&g->instrument, FAULT_NAN, now))
		return;
	for (int i = 0; i < FUNCTIONS; i++)
		s->value[i] = over ? INFINITY : NAN;
}

static void change_range(struct gpm *g)
{
	g->current_range = 20 * 3 / g->crest;
	g->current_auto = true;
}

/* The window (last_tick, tick] has ended. */
static void end_window(struct gpm *g, int64_t tick)
{
	struct instrument *self = &g->instrument;
	struct front_values v = front_over(&self->front, g->last_tick, tick);
	double seconds = (double)(tick - g->last_tick) * 1e-9 * (1 + self->front.timebase), noise = front_noise(&self->front, seconds);
	if (g->integrator == START) {
		g->joules += (v.watts + noise) * seconds;
		g->seconds += seconds;
	}
	if (instrument_fault_once(self, FAULT_RANGE_CHANGE, tick))
		change_range(g);
	choose_ranges(g, &v);
	self->updates++;
	if (g->n_pending == PENDING || instrument_fault(self, FAULT_STALL, tick))
		return;
	struct shown *s = &g->pending[g->n_pending++];
	s->ready = tick + front_latency(&self->front);
	set_values(g, &v, noise, s);
	check_over(g, &v, s);
	corrupt(g, tick, s);
}

static void show(struct gpm *g, int64_t now)
{
	int gone = 0;
	while (gone < g->n_pending && g->pending[gone].ready <= now) {
		g->shown = g->pending[gone++];
		g->events |= g->falls ? UPD : 0;
	}
	g->n_pending -= gone;
	memmove(g->pending, g->pending + gone, (size_t)g->n_pending * sizeof *g->pending);
}

static void advance(struct instrument *self, int64_t now)
{
	struct gpm *g = (struct gpm *)self;
	for (;;) {
		int64_t tick = front_tick(&self->front, g->origin, g->ticks + 1, g->rate);
		if (tick > now)
			break;
		g->ticks++;
		if (g->whole)
			end_window(g, tick);
		g->whole = true;
		g->last_tick = tick;
		show(g, tick);
	}
	show(g, now);
}

/* ---- settings ---- */

struct setting {
	const char *pattern, *shown; /* the header as it is heard, and as it is told */
	enum { BOOLEAN, WORD, REAL } type;
	size_t offset;
	const char *words;  /* WORD: patterns with blanks between */
	const char *unit;   /* REAL */
	const double *list; /* REAL: those that there are, ends with 0 */
	bool ranged;        /* its list is halved at crest factor 6 */
	bool locked;        /* not while it integrates */
};

static const double crests[] = { 3, 6, 0 }, volts[] = { 15, 30, 60, 150, 300, 600, 0 }, rates[] = { 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 0 };
static const double amperes[] = { 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 0 };

#define AT(member) .offset = offsetof(struct gpm, member)
static const struct setting settings[] = {
	{ ":COMMunicate:HEADer", ":COMM:HEAD", BOOLEAN, AT(header), NULL, NULL, NULL, false, false },
	{ ":COMMunicate:VERBose", ":COMM:VERB", BOOLEAN, AT(verbose), NULL, NULL, NULL, false, false },
	{ ":COMMunicate:REMote", ":COMM:REM", BOOLEAN, AT(remote), NULL, NULL, NULL, false, false },
	{ "[:INPut]:CFACtor", ":CFAC", REAL, AT(crest), NULL, "", crests, false, true },
	{ "[:INPut]:MODE", ":MODE", WORD, AT(mode), "AC DC ACDC VMEan", NULL, NULL, false, true },
	{ "[:INPut]:SYNChronize", ":SYNC", WORD, AT(sync), "VOLTage CURRent OFF", NULL, NULL, false, true },
	{ "[:INPut]:FILTer:LINE", ":FILT:LINE", BOOLEAN, AT(line_filter), NULL, NULL, NULL, false, true },
	{ "[:INPut]:FILTer:FREQuency", ":FILT:FREQ", BOOLEAN, AT(frequency_filter), NULL, NULL, NULL, false, true },
	{ "[:INPut]:SCALing[:STATe]", ":SCAL", BOOLEAN, AT(scaling), NULL, NULL, NULL, false, true },
	{ "[:INPut]:VOLTage:RANGe", ":VOLT:RANG", REAL, AT(voltage_range), NULL, "V", volts, true, true },
	{ "[:INPut]:VOLTage:AUTO", ":VOLT:AUTO", BOOLEAN, AT(voltage_auto), NULL, NULL, NULL, false, true },
	{ "[:INPut]:CURRent:RANGe", ":CURR:RANG", REAL, AT(current_range), NULL, "A", amperes, true, true },
	{ "[:INPut]:CURRent:AUTO", ":CURR:AUTO", BOOLEAN, AT(current_auto), NULL, NULL, NULL, false, true },
	{ ":RATE", ":RATE", REAL, AT(rate), NULL, "S", rates, false, true },
	{ ":MEASure:AVERaging[:STATe]", ":MEAS:AVER", BOOLEAN, AT(averaging), NULL, NULL, NULL, false, true },
	{ ":MEASure:MHOLd", ":MEAS:MHOL", BOOLEAN, AT(max_hold), NULL, NULL, NULL, false, false },
	{ ":HOLD", ":HOLD", BOOLEAN, AT(hold), NULL, NULL, NULL, false, false },
	{ ":INTEGrate:MODE", ":INTEG:MODE", WORD, AT(integrator_mode), "MANUal NORMal CONTinuous", NULL, NULL, false, true },
};

static const struct setting *setting_find(const char *header)
{
	int suffix;
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (scpi_match(settings[i].pattern, header, &suffix))
			return &settings[i];
	return NULL;
}

/* The word at `index` of a list; false: there are not so many. */
static bool word_at(const char *words, int index, char *word, size_t size)
{
	for (; index > 0; index--) {
		words = strchr(words, ' ');
		if (words == NULL)
			return false;
		words++;
	}
	snprintf(word, size, "%.*s", (int)strcspn(words, " "), words);
	return true;
}

static int set_word(const struct setting *setting, void *at, const char *argument)
{
	char word[24];
	for (int i = 0; word_at(setting->words, i, word, sizeof word); i++)
		if (scpi_word(word, argument)) {
			memcpy(at, &i, sizeof i);
			return 0;
		}
	return CHARACTER;
}

static int set_real(const struct gpm *g, const struct setting *setting, void *at, const char *argument)
{
	double value, factor = setting->ranged ? 3 / g->crest : 1;
	if (!scpi_number(argument, setting->unit, &value))
		return CHARACTER;
	for (const double *one = setting->list; *one > 0; one++)
		if (fabs(value - *one * factor) < 1e-6 * value) {
			memcpy(at, &value, sizeof value);
			return 0;
		}
	return OUT_OF_RANGE;
}

static int set(struct gpm *g, const struct setting *setting, void *at, const char *argument)
{
	bool on;
	if (argument[0] == '\0')
		return MISSING;
	if (setting->locked && g->integrator == START)
		return INTEGRATING;
	if (setting->type == WORD)
		return set_word(setting, at, argument);
	if (setting->type == REAL)
		return set_real(g, setting, at, argument);
	if (!scpi_boolean(argument, &on))
		return CHARACTER;
	memcpy(at, &on, sizeof on);
	return 0;
}

static void begin_ticks(struct gpm *g, int64_t now)
{
	g->origin = g->last_tick = now;
	g->ticks = 0;
	g->whole = true;
}

/* A range that is chosen is no longer automatic; other crest factors have other ranges. */
static int perform_setting(struct gpm *g, int64_t now, const struct setting *setting, const char *argument)
{
	double crest = g->crest, rate = g->rate;
	bool hold = g->hold;
	int failed = set(g, setting, (char *)g + setting->offset, argument);
	if (failed)
		return failed;
	g->released = setting->offset == offsetof(struct gpm, remote) && !g->remote;
	if (setting->offset == offsetof(struct gpm, voltage_range))
		g->voltage_auto = false;
	if (setting->offset == offsetof(struct gpm, current_range))
		g->current_auto = false;
	g->voltage_range *= crest / g->crest;
	g->current_range *= crest / g->crest;
	if (g->rate != rate)
		begin_ticks(g, now);
	if (g->hold && !hold)
		g->held = g->shown;
	return 0;
}

/* Capitals of a pattern. */
static void add_short(struct text *reply, const char *word)
{
	for (; *word && !(*word >= 'a' && *word <= 'z'); word++)
		text_add_bytes(reply, word, 1);
}

static void tell_setting(const struct gpm *g, const struct setting *setting, struct text *reply)
{
	const char *at = (const char *)g + setting->offset;
	char word[24] = "";
	if (g->header)
		text_addf(reply, "%s ", setting->shown);
	if (setting->type == BOOLEAN) {
		text_add(reply, *(const bool *)at ? "1" : "0");
	} else if (setting->type == WORD) {
		word_at(setting->words, *(const int *)at, word, sizeof word);
		add_short(reply, word);
	} else if (setting->unit[0] == '\0') {
		text_addf(reply, "%g", *(const double *)at);
	} else {
		double value = *(const double *)at;
		scpi_nr3(reply, value, (int)floor(log10(value)) - 2);
	}
}

/* ---- items ---- */

static int choose_item(struct call *c)
{
	struct gpm *g = c->gpm;
	char *parts[2];
	int n = scpi_split(c->arguments, parts, 2);
	if (c->suffix < 1 || c->suffix > ITEMS)
		return OUT_OF_RANGE;
	for (int i = 0; n > 0 && i < FUNCTIONS; i++)
		if (scpi_word(functions[i].pattern, parts[0])) {
			g->items[c->suffix - 1] = i;
			g->inputs[c->suffix - 1] = n > 1 ? atoi(parts[1]) : 1;
			return 0;
		}
	return n > 0 ? CHARACTER : MISSING;
}

static int tell_item(struct call *c)
{
	struct gpm *g = c->gpm;
	if (c->suffix < 1 || c->suffix > ITEMS)
		return OUT_OF_RANGE;
	if (g->header)
		text_addf(c->reply, ":NUM:NORM:ITEM%d ", c->suffix);
	add_short(c->reply, functions[g->items[c->suffix - 1]].pattern);
	return 0;
}

static int choose_number(struct call *c)
{
	double value;
	if (!scpi_number(c->arguments, "", &value))
		return c->arguments[0] ? CHARACTER : MISSING;
	if (value < 1 || value > 34 || value != floor(value))
		return OUT_OF_RANGE;
	c->gpm->number = (int)value;
	return 0;
}

static int tell_number(struct call *c)
{
	text_addf(c->reply, "%s%d", c->gpm->header ? ":NUM:NORM:NUMB " : "", c->gpm->number);
	return 0;
}

static int preset(struct call *c)
{
	struct gpm *g = c->gpm;
	static const int list[] = { U, I, P, S, Q, LAMBDA, PHI, FU, FI, UPP, UMP, IPP, IMP, PPP, PMP, WH, WHP, WHM, TIME, NONE };
	if (strcmp(c->arguments, "4") != 0)
		return OUT_OF_RANGE;
	for (int i = 0; i < ITEMS; i++) {
		g->items[i] = list[i % 20];
		g->inputs[i] = i / 20 + 1;
	}
	g->number = 20 * inputs_of(g);
	return 0;
}

static int tell_names(struct call *c)
{
	struct gpm *g = c->gpm;
	for (int i = 0; i < g->number; i++)
		text_addf(c->reply, "%s%s", i ? "," : "", functions[g->items[i]].shown);
	return 0;
}

static int decimals_of(const struct gpm *g, int function)
{
	double range = 1;
	switch (function) {
	case U: case UPP: case UMP: case URANGE: range = g->voltage_range; break;
	case I: case IPP: case IMP: case IRANGE: range = g->current_range; break;
	case P: case S: case Q: range = g->voltage_range * g->current_range; break;
	case FU: case FI: range = 50; break;
	default: return function == TIME ? 0 : function == LAMBDA ? 4 : 6;
	}
	int decimals = 4 - (int)floor(log10(range));
	return decimals > 0 ? decimals : 0;
}

static void add_value(const struct gpm *g, const struct shown *s, int item, struct text *reply)
{
	int function = g->items[item];
	double value = g->inputs[item] == 1 ? s->value[function] : function == P || function == I ? 0 : NAN;
	if (isnan(value))
		text_add(reply, "NAN");
	else if (isinf(value))
		text_add(reply, "INF");
	else
		text_addf(reply, "%.*f", decimals_of(g, function), value);
}

static int tell_values(struct call *c)
{
	struct gpm *g = c->gpm;
	const struct shown *s = g->hold ? &g->held : &g->shown;
	int one = c->arguments[0] ? atoi(c->arguments) : 0;
	g->instrument.queries++;
	if (one < 0 || one > ITEMS)
		return OUT_OF_RANGE;
	if (g->header)
		text_add(c->reply, ":NUM:VAL ");
	for (int i = one > 0 ? one - 1 : 0; i < (one > 0 ? one : g->number); i++) {
		text_add(c->reply, one == 0 && i > 0 ? "," : "");
		add_value(g, s, i, c->reply);
	}
	return 0;
}

/* ---- status, integrator, identity ---- */

static int choose_filter(struct call *c)
{
	if (!scpi_word("FALL", c->arguments) && !scpi_word("NEVer", c->arguments))
		return CHARACTER;
	c->gpm->falls = scpi_word("FALL", c->arguments);
	return 0;
}

static int tell_filter(struct call *c)
{
	text_addf(c->reply, "%s%s", c->gpm->header ? ":STAT:FILT1 " : "", c->gpm->falls ? "FALL" : "NEV");
	return 0;
}

static int tell_events(struct call *c)
{
	text_addf(c->reply, "%s%u", c->gpm->header ? ":STAT:EESR " : "", c->gpm->events);
	c->gpm->events = 0;
	return 0;
}

static int tell_condition(struct call *c)
{
	text_addf(c->reply, "%s%u", c->gpm->header ? ":STAT:COND " : "", c->gpm->shown.condition);
	return 0;
}

static int tell_range_check(struct call *c)
{
	text_addf(c->reply, "%s%u", c->gpm->header ? ":CRAN " : "", c->gpm->shown.range_check);
	return 0;
}

static int tell_error(struct call *c)
{
	struct gpm *g = c->gpm;
	int error = g->n_errors > 0 ? g->errors[0] : 0;
	if (error) {
		g->n_errors--;
		memmove(g->errors, g->errors + 1, (size_t)g->n_errors * sizeof *g->errors);
	}
	text_addf(c->reply, "%d,\"%s\"", error, error ? "Error" : "No Error");
	return 0;
}

static int start_integrator(struct call *c)
{
	if (c->gpm->integrator == START)
		return START_RUNNING;
	c->gpm->integrator = START;
	return 0;
}

static int stop_integrator(struct call *c)
{
	if (c->gpm->integrator != START)
		return STOP_IDLE;
	c->gpm->integrator = STOP;
	return 0;
}

static int reset_integrator(struct call *c)
{
	if (c->gpm->integrator == START)
		return RESET_RUNNING;
	c->gpm->integrator = RESET;
	c->gpm->joules = c->gpm->seconds = 0;
	return 0;
}

static int tell_integrator(struct call *c)
{
	static const char *const names[] = { [RESET] = "RES", [START] = "STAR", [STOP] = "STOP" };
	text_add(c->reply, names[c->gpm->integrator]);
	return 0;
}

static int clear(struct call *c)
{
	c->gpm->n_errors = 0;
	c->gpm->events = 0;
	return 0;
}

static int tell_identity(struct call *c)
{
	struct gpm *g = c->gpm;
	const char *model = g->instrument.config->model;
	struct text identity = TEXT_INIT;
	text_addf(&identity, "GWInstek,%.8s,%s,V1.05", instrument_fault(&g->instrument, FAULT_OTHER_MODEL, c->now) ? "GPM-9999" : model,
		  g->serial);
	if (g->late)
		instrument_answer(&g->instrument, c->now, text_string(&identity), "\r\n");
	g->late = false;
	text_add(c->reply, text_string(&identity));
	text_free(&identity);
	return 0;
}

static const struct action {
	const char *pattern;
	int (*set)(struct call *call), (*tell)(struct call *call);
} actions[] = {
	{ "*IDN", NULL, tell_identity },
	{ "*CLS", clear, NULL },
	{ ":NUMeric[:NORMal]:ITEM<x>", choose_item, tell_item },
	{ ":NUMeric[:NORMal]:NUMBer", choose_number, tell_number },
	{ ":NUMeric[:NORMal]:PRESet", preset, NULL },
	{ ":NUMeric[:NORMal]:HEADer", NULL, tell_names },
	{ ":NUMeric[:NORMal]:VALue", NULL, tell_values },
	{ ":STATus:FILTer<x>", choose_filter, tell_filter },
	{ ":STATus:EESR", NULL, tell_events },
	{ ":STATus:CONDition", NULL, tell_condition },
	{ ":STATus:ERRor", NULL, tell_error },
	{ "[:INPut]:CRANge", NULL, tell_range_check },
	{ ":INTEGrate:STARt", start_integrator, NULL },
	{ ":INTEGrate:STOP", stop_integrator, NULL },
	{ ":INTEGrate:RESet", reset_integrator, NULL },
	{ ":INTEGrate:STATe", NULL, tell_integrator },
};

/* There is one format. */
static bool is_format(struct call *c, const struct scpi_unit *unit, int *failed)
{
	int suffix;
	if (!scpi_match(":NUMeric:FORMat", unit->header, &suffix))
		return false;
	*failed = !unit->query && !scpi_word("ASCii", unit->arguments) ? CHARACTER : 0;
	if (unit->query)
		text_add(c->reply, c->gpm->header ? ":NUM:FORM ASC" : "ASC");
	return true;
}

static int perform(struct call *c, struct scpi_unit *unit)
{
	const struct setting *setting = setting_find(unit->header);
	int failed;
	if (setting && !unit->query)
		return perform_setting(c->gpm, c->now, setting, unit->arguments);
	if (setting) {
		tell_setting(c->gpm, setting, c->reply);
		return 0;
	}
	if (is_format(c, unit, &failed))
		return failed;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (scpi_match(actions[i].pattern, unit->header, &c->suffix)) {
			int (*act)(struct call *call) = unit->query ? actions[i].tell : actions[i].set;
			return act ? act(c) : UNDEFINED;
		}
	return UNDEFINED;
}

static void heard(struct instrument *self, int64_t now, const char *line, size_t size)
{
	struct gpm *g = (struct gpm *)self;
	struct scpi_unit unit;
	struct text reply = TEXT_INIT;
	char path[96] = "";
	(void)size;
	bool locks = line[0] != '\0'; /* any command locks its front panel, but for the one that gives it back */
	g->released = false;
	while (scpi_next(&line, &unit)) {
		struct text answer = TEXT_INIT;
		struct call call = { .gpm = g, .now = now, .arguments = unit.arguments, .reply = &answer };
		scpi_resolve(&unit, path);
		int failed = perform(&call, &unit);
		if (failed)
			push_error(g, failed);
		else if (answer.length > 0)
			text_addf(&reply, "%s%s", reply.length ? ";" : "", text_string(&answer));
		text_free(&answer);
	}
	g->remote = (g->remote || locks) && !g->released;
	if (reply.length > 0)
		instrument_answer(self, now, text_string(&reply), "\r\n");
	text_free(&reply);
}

static void hung_up(struct instrument *self)
{
	((struct gpm *)self)->late = true;
}

/* ---- life ---- */

static int init(struct instrument *self, int64_t now, struct error *error)
{
	struct gpm *g = (struct gpm *)self;
	(void)error;
	snprintf(g->serial, sizeof g->serial, "SIM%06u", (unsigned)(random_u64(&self->random) % 1000000));
	g->header = g->voltage_auto = g->current_auto = true;
	g->crest = 3;
	g->mode = 2; /* ACDC */
	g->voltage_range = 600;
	g->current_range = 20;
	g->rate = 0.25;
	g->number = 3;
	for (int i = 0; i < ITEMS; i++) {
		g->items[i] = i < 3 ? U + i : NONE;
		g->inputs[i] = 1;
	}
	for (int i = 0; i < FUNCTIONS; i++)
		g->shown.value[i] = NAN;
	begin_ticks(g, now - (int64_t)(random_uniform(&self->random) * g->rate * 1e9));
	g->whole = false;
	return 0;
}

static void stanza(const struct instrument *self, struct text *text)
{
	text_addf(text, "    serial: %s\n", ((const struct gpm *)self)->serial);
}

static const char *const models[] = { "GPM-8213", "GPM-8310", "GPM-8320", "GPM-8330", NULL };

const struct instrument_family instrument_gpm = {
	.name = "gpm",
	.models = models,
	.driver = "gwinstek_gpm",
	.framing = INSTRUMENT_LINES,
	.size = sizeof(struct gpm),
	.init = init,
	.advance = advance,
	.heard = heard,
	.hung_up = hung_up,
	.stanza = stanza,
};
