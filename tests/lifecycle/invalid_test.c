/*
 * What a vendor's instrument says when it has no value, or when its range is exceeded, is flagged, and never enters a sum: a table over all
 * drivers. A twin answers as it does, but for some seconds its answers are forged, byte for byte, or it is in trouble. What its driver makes
 * of that is turned into joules by analysis: refused, or as true as without.
 *
 * A driver that is not in the table fails the test.
 */
#include <stdio.h>
#include <stdlib.h>

#include "energy.h"
#include "forge.h"
#include "stage.h"

#define SECONDS 24
#define START 6.0 /* of the bracket, s since measuring began */
#define STOP 18.0
#define LONG_FROM 8.0
#define LONG_TO 16.0
#define SHORT_FROM 12.0
#define SHORT_TO 12.3
#define LOADS "load: {source: script, steps: [{at: 0 s, cores: 2}]}\nmachine: {cores: 4, fan: {power: 0 W, tau: 1 s}}\n"

struct invalid {
	const char *driver;
	const char *what;
	uint32_t flag;     /* that its values carry; 0: none is given at all, but a gap */
	const char *asked, *said; /* forged: bytes of a question, and the whole answer to it */
	size_t n_said;     /* 0: said is a string */
	void (*change)(void *bytes, size_t size); /* forged: what comes by itself */
	const char *faults; /* or: what the twin does, at LONG_FROM and so on of its own time */
	const char *twin;   /* or: its stanza, for which all is over range from the beginning */
	bool samples;       /* of a channel that makes power only with another: its flags alone are looked at */
	const char *channel;/* the quantity that is affected; NULL: power */
	int top;            /* a converter's code at its upper end */
};

#define WT_ASKED ":NUM:NORM:VAL?"
#define GPM_ASKED ":NUM:NORM:VAL?"
#define HIOKI_ASKED ":MEAS? "
#define CHROMA_ASKED "FETC?"
#define PLUG_ASKED "Switch.GetStatus"

static const struct invalid table[] = {
	{ .driver = "yokogawa_wt", .what = "NAN", .flag = FLAG_NO_DATA, .asked = WT_ASKED, .said = "0;NAN,NAN,NAN;0\n" },
	{ .driver = "yokogawa_wt", .what = "9.91E+37", .flag = FLAG_NO_DATA, .asked = WT_ASKED, .said = "0;9.91E+37,9.91E+37,9.91E+37;0\n" },
	{ .driver = "yokogawa_wt", .what = "INF", .flag = FLAG_OVER_RANGE, .asked = WT_ASKED, .said = "0;INF,230.12E+00,INF;0\n" },
	{ .driver = "yokogawa_wt", .what = "9.9E+37", .flag = FLAG_OVER_RANGE, .asked = WT_ASKED, .said = "0;9.9E+37,9.9E+37,9.9E+37;0\n" },
	{ .driver = "yokogawa_wt", .what = "over range, by its condition register", .flag = FLAG_OVER_RANGE, .asked = WT_ASKED,
	  .said = "64;100.00E+00,230.00E+00,0.5000E+00;0\n" },
	{ .driver = "yokogawa_wt", .what = "nan", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "yokogawa_wt", .what = "inf", .flag = FLAG_OVER_RANGE, .faults = "inf" },
	{ .driver = "hioki_pw333x", .what = "over range", .flag = FLAG_OVER_RANGE, .asked = HIOKI_ASKED,
	  .said = "P +999.99E+9;U +999.99E+9;I +9.9999E+9\r\n" },
	{ .driver = "hioki_pw333x", .what = "display over", .flag = FLAG_NO_DATA, .asked = HIOKI_ASKED,
	  .said = "P +888.88E+9;U +888.88E+9;I +8.8888E+9\r\n" },
	{ .driver = "hioki_pw333x", .what = "no data", .flag = FLAG_NO_DATA, .asked = HIOKI_ASKED,
	  .said = "P -777.77E+9;U +777.77E+9;I +7.7777E+9\r\n" },
	{ .driver = "hioki_pw333x", .what = "nan", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "chroma_662xx", .what = "not yet", .flag = FLAG_NO_DATA, .asked = CHROMA_ASKED, .said = "-1;-1;-1\n" },
	{ .driver = "chroma_662xx", .what = "range change error", .flag = FLAG_NO_DATA, .asked = CHROMA_ASKED, .said = "-2.0000;-2.0000;-2.0000\n" },
	{ .driver = "chroma_662xx", .what = "OVR, OCR, OCP", .flag = FLAG_OVER_RANGE, .asked = CHROMA_ASKED, .said = "-3;-3;-3\n" },
	{ .driver = "chroma_662xx", .what = "a power that is a code, and no other", .flag = FLAG_NO_DATA, .asked = CHROMA_ASKED, .said = "230.1;0.45;-1.00\n" },
	{ .driver = "chroma_662xx", .what = "nan", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "chroma_662xx", .what = "inf", .flag = FLAG_OVER_RANGE, .faults = "inf" },
	{ .driver = "zes_lmg", .what = "9.91E+37", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "zes_lmg", .what = "-9.9E+37", .flag = FLAG_OVER_RANGE, .faults = "inf" },
	{ .driver = "http_plug", .what = "null", .flag = FLAG_NO_DATA, .asked = PLUG_ASKED, .said = "{\"apower\":null,\"aenergy\":{\"total\":1.000}}" },
	{ .driver = "http_plug", .what = "out of range", .flag = FLAG_OVER_RANGE, .asked = PLUG_ASKED,
	  .said = "{\"apower\":3680.0,\"aenergy\":{\"total\":1.000},\"errors\":[\"out_of_range:apower\"]}" },
	{ .driver = "http_plug", .what = "meter failure", .flag = FLAG_NO_DATA, .asked = PLUG_ASKED,
	  .said = "{\"apower\":0.0,\"aenergy\":{\"total\":1.000},\"errors\":[\"power_meter_failure\"]}" },
	{ .driver = "http_plug", .what = "no power", .asked = PLUG_ASKED, .said = "{\"id\":0,\"output\":true}" },
	{ .driver = "http_plug", .what = "nan", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "mcp39f511n", .what = "a power that fits nothing", .flag = FLAG_IMPLAUSIBLE, .asked = "\x4e\x1c", .n_said = 31,
	  .said = "\x06\x1f\x50\x10\x49\x53\xfc\x08\x50\xc3\x33\x73\x00\x00\x88\x13\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x75" },
	{ .driver = "mcp39f511n", .what = "a wrong length", .asked = "\x4e\x1c", .n_said = 31,
	  .said = "\x06\x0f\x50\x10\x49\x53\xfc\x08\x50\xc3\x33\x73\x00\x00\x88\x13\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x75" },
	{ .driver = "mcp39f511n", .what = "refused", .asked = "\x4e\x1c", .said = "\x15" },
	{ .driver = "pzem004t", .what = "unfed", .flag = FLAG_NO_DATA, .asked = "\x01\x04", .n_said = 25,
	  .said = "\x01\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x01\xf4\x00\x29\x53\x49\x5c\x4b" },
	{ .driver = "pzem004t", .what = "over range", .flag = FLAG_OVER_RANGE, .asked = "\x01\x04", .n_said = 25,
	  .said = "\x01\x04\x14\x08\xfc\xad\xb0\x00\x01\xdc\x48\x00\x03\x00\x0c\x00\x00\x01\xf4\x00\x29\x53\x49\xea\xfc" },
	{ .driver = "pzem004t", .what = "all ones", .flag = FLAG_OVER_RANGE, .asked = "\x01\x04", .n_said = 25,
	  .said = "\x01\x04\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xf4\x00\x29\x53\x49\x1d\x4b" },
	{ .driver = "pzem004t", .what = "refused", .asked = "\x01\x04", .n_said = 5, .said = "\x01\x84\x04\x42\xc3" },
	{ .driver = "ptdaemon", .what = "-1.000000", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "ptdaemon", .what = "inf", .flag = FLAG_OVER_RANGE, .faults = "inf" },
	{ .driver = "gwinstek_gpm", .what = "nan", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "gwinstek_gpm", .what = "inf", .flag = FLAG_OVER_RANGE, .faults = "inf" },
	{ .driver = "chroma_662xx", .what = "-1: the first integration is not complete", .flag = FLAG_NO_DATA, .asked = "FETC?", .said = "-1;-1;-1\n" },
	{ .driver = "chroma_662xx", .what = "-2: a range changed", .flag = FLAG_NO_DATA, .asked = "FETC?", .said = "-2;-2;-2\n" },
	{ .driver = "chroma_662xx", .what = "-3: over range, protected", .flag = FLAG_OVER_RANGE, .asked = "FETC?", .said = "-3;-3;-3\n" },
	{ .driver = "powersensor3", .what = "a dead sensor", .flag = FLAG_INVALID, .faults = "nan", .channel = "current", .samples = true },
	{ .driver = "powersensor3", .what = "a sensor at its end", .flag = FLAG_OVER_RANGE, .faults = "inf", .channel = "current", .samples = true },
	{ .driver = "gwinstek_gpm", .what = "NAN", .flag = FLAG_NO_DATA, .asked = GPM_ASKED, .said = "NAN,230.12,NAN\r\n" },
	{ .driver = "gwinstek_gpm", .what = "INF", .flag = FLAG_OVER_RANGE, .asked = GPM_ASKED, .said = "INF,230.12,INF\r\n" },
	{ .driver = "gwinstek_gpm", .what = "9.91E+37", .flag = FLAG_NO_DATA, .asked = GPM_ASKED, .said = "9.91E+37,9.91E+37,9.91E+37\r\n" },
	{ .driver = "gwinstek_gpm", .what = "an identity in its place", .asked = GPM_ASKED, .said = "GWInstek,GPM-8310,SIM1\r\n" },
	{ .driver = "zes_lmg", .what = "9.9E+37", .flag = FLAG_OVER_RANGE, .faults = "inf" },
	{ .driver = "watts_up", .what = "a field that it does not record", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "hwmon", .what = "no data", .faults = "nan" },
	{ .driver = "gwinstek_gpm", .what = "nan", .flag = FLAG_NO_DATA, .faults = "nan" },
	{ .driver = "gwinstek_gpm", .what = "inf", .flag = FLAG_OVER_RANGE, .faults = "inf" },
	{ .driver = "powercap", .what = "unreadable", .faults = "read_error", .channel = "package-0" },
	{ .driver = "powercap", .what = "vanished", .faults = "vanish", .channel = "package-0" },
	{ .driver = "powersensor3", .what = "a current sensor at its end", .flag = FLAG_OVER_RANGE, .channel = "current", .top = 1023,
	  .twin = "instruments: {rail: {model: F411, link: pty, quantity: platform, measures: rail, accuracy: {reading: 1 %}, ranges: {current: 1 A}}}" },
	{ .driver = "rig", .what = "ADC at its end", .flag = FLAG_OVER_RANGE, .channel = "adc0", .top = 4095,
	  .twin = "rig: {inputs: {in1: line}, adc: {voltage: 0.02 V}, options: 'adc0: W 0.02 -41'}" },
	{ .driver = "fault", .what = "NAN, passed on", .flag = FLAG_NO_DATA, .asked = WT_ASKED, .said = "0;NAN,NAN,NAN;0\n" },
};
#define TABLE (sizeof table / sizeof *table)

/* Drivers that give no value of which a sum is made. */
static const char *const without_values[] = { "software", "gpiod", "serial_line" };
/* Those whose instrument has no twin in simulations: what it says without a value is in their unit tests. */
static const char *const elsewhere[] = { "perf_event", "dcmi", "msr" };

/* ---- a measurement ---- */

static const struct row *row_of(const char *driver)
{
	for (size_t i = 0; i < n_rows; i++)
		if (strcmp(rows[i].driver, driver) == 0)
			return &rows[i];
	fail_msg("rows.c has no row of %s", driver);
	return NULL;
}

struct bout {
	struct stage stage;
	struct row row;
	struct trouble trouble;
	char faults[96];
	const struct invalid *invalid;
	double from, to; /* s, of the trouble; INFINITY: none */
	int channel;
};

/* The twin's script counts from its start, which is before measuring begins. */
static void say_faults(struct bout *bout)
{
	bool whole = bout->to - bout->from > 1;
	snprintf(bout->faults, sizeof bout->faults, "{what: %s, at: %d ms, for: %d ms}", bout->invalid->faults, (int)((bout->from + 1) * 1e3),
		 whole ? (int)((bout->to - bout->from - 1) * 1e3) : 300);
	bout->trouble.faults = bout->faults;
}

static int find_channel(const struct stage *stage, const char *quantity)
{
	for (int i = 0; i < stage->n_channels; i++)
		if (strncmp(strchr(stage->channels[i].name, '.') + 1, quantity, strlen(quantity)) == 0)
			return i;
	fail_msg("%s has no %s", stage->row->driver, quantity);
	return -1;
}

static void measure(struct bout *bout, const struct invalid *invalid, double from, double to)
{
	struct error error = ERROR_INIT;
	*bout = (struct bout){ .invalid = invalid, .from = from, .to = to };
	bout->row = *row_of(invalid->driver);
	bout->row.load = LOADS;
	if (invalid->twin)
		bout->row.twin = invalid->twin;
	if (invalid->faults && isfinite(from))
		say_faults(bout);
	stage_open(&bout->stage, &bout->row, &bout->trouble);
	if (!stage_connect(&bout->stage, &error))
		fail_msg("%s: %s: %s", invalid->driver, error.on, error.what);
	if (isfinite(from) && (invalid->asked || invalid->change)) {
		struct forge *forge = &bout->stage.forge;
		forge->asked = invalid->asked;
		forge->n_asked = invalid->asked ? strlen(invalid->asked) : 0;
		forge->said = invalid->said;
		forge->n_said = invalid->n_said ? invalid->n_said : invalid->said ? strlen(invalid->said) : 0;
		forge->change = invalid->change;
		bout->stage.forge_from = from;
		bout->stage.forge_to = to;
	}
	bout->channel = find_channel(&bout->stage, invalid->channel ? invalid->channel : "power");
	stage_measure(&bout->stage, SECONDS);
	if (isfinite(from) && (invalid->asked || invalid->change))
		assert_true(bout->stage.forge.forged > 0);
}

/* ---- joules ---- */

#define GAPS 600

struct list {
	size_t n, n_gaps;
	int64_t t[COLLECT_MAX], u_t[COLLECT_MAX];
	uint32_t flags[COLLECT_MAX];
	double value[COLLECT_MAX];
	uint64_t count[COLLECT_MAX];
	struct record_gap gaps[GAPS];
};

/* One value of a block of samples. */
static void add_sample(struct list *list, const struct channel *channel, const struct collected *c, uint32_t k)
{
	double native = channel->number == NUMBER_U64   ? (double)c->count
			: channel->number == NUMBER_I16 ? c->samples[k]
							: c->value;
	list->t[list->n] = c->record.t + k * channel->refresh;
	list->u_t[list->n] = c->record.u_t;
	list->flags[list->n] = c->record.flags;
	list->value[list->n] = native * channel->scale + channel->offset;
	list->count[list->n++] = c->count;
}

static struct series series_of(const struct bout *bout, struct list *list)
{
	const struct channel *channel = &bout->stage.channels[bout->channel];
	list->n = list->n_gaps = 0;
	for (int i = 0; i < bout->stage.collect->n; i++) {
		const struct collected *c = &bout->stage.collect->list[i];
		if (c->record.channel != bout->channel)
			continue;
		if (c->record.kind == RECORD_GAP) {
			assert_true(list->n_gaps < GAPS); /* no flood of them, whatever it answers */
			list->gaps[list->n_gaps++] = c->gap;
		}
		for (uint32_t k = 0; c->record.kind == RECORD_BLOCK && k < c->record.n && k < 32 && list->n < COLLECT_MAX; k++)
			add_sample(list, channel, c, k);
	}
	return (struct series){ .channel = channel, .n = list->n, .t = list->t, .u_t = list->u_t, .flags = list->flags, .value = list->value,
				.count = channel->number == NUMBER_U64 ? list->count : NULL, .gaps = list->gaps, .n_gaps = list->n_gaps };
}

static int64_t at(const struct bout *bout, double seconds)
{
	return bout->stage.began + llround(seconds * 1e9);
}

/* Over the bracket, by analysis; of a device's own clock over the same part of what it recorded. */
static void joules(const struct bout *bout, struct energy *energy)
{
	static struct list list;
	struct series series = series_of(bout, &list);
	bool own = series.channel->clock == CLOCK_ID_DEVICE;
	int64_t zero = own && series.n > 0 ? series.t[0] : at(bout, 0);
	struct bracket bracket = { .start = zero + llround(START * 1e9), .stop = zero + llround(STOP * 1e9), .u_start = 10000, .u_stop = 10000 };
	struct energy_options options = {
		.idle_from = zero + NS_PER_S, .idle_to = zero + 5 * NS_PER_S, .quiet_from = zero + NS_PER_S / 2,
		.quiet_to = zero + llround((SECONDS - 1) * 1e9), .supply_lag = 20 * NS_PER_MS, .tail_settled = 5,
	};
	energy_of(&series, &bracket, &options, energy);
}

static void say(const struct bout *bout, const struct energy *energy, double truth)
{
	fail_msg("%s, %s for %.1f s: %s (%s), %.3f J with U %.3f J, true are %.3f J", bout->invalid->driver, bout->invalid->what,
		 bout->to - bout->from, energy_status_name(energy->status), energy->reason, energy->gross.value, energy->gross.expanded.U, truth);
}

/* ---- checks ---- */

/* While it says so there is no value without the flag, and there is something: a flagged value, or a gap. */
static void check_flags(const struct bout *bout, double from, double to)
{
	int flagged = 0, gaps = 0;
	for (int i = 0; i < bout->stage.collect->n; i++) {
		const struct collected *c = &bout->stage.collect->list[i];
		if (c->record.channel != bout->channel || c->record.t < at(bout, from) || c->record.t > at(bout, to))
			continue;
		if (c->record.kind == RECORD_GAP)
			gaps++;
		if (c->record.kind != RECORD_BLOCK)
			continue;
		bool has = bout->invalid->flag ? c->record.flags & bout->invalid->flag : c->record.flags & FLAG_INVALID;
		if (!has)
			fail_msg("%s, %s: a value at %.3f s has flags %x", bout->invalid->driver, bout->invalid->what,
				 (double)(c->record.t - bout->stage.began) * 1e-9, c->record.flags);
		flagged++;
	}
	if (flagged + gaps == 0 || (bout->invalid->flag && flagged == 0))
		fail_msg("%s, %s: %d values are flagged, and there are %d gaps", bout->invalid->driver, bout->invalid->what, flagged, gaps);
}

/* A converter's blocks, of which each holds a code of its ends or none. */
static bool holds_a_code(const struct collected *c, int top)
{
	for (uint32_t k = 0; k < c->record.n && k < 32; k++)
		if (c->samples[k] <= 0 || c->samples[k] >= top)
			return true;
	return false;
}

static void check_blocks(const struct bout *bout)
{
	int flagged = 0;
	for (int i = 0; i < bout->stage.collect->n; i++) {
		const struct collected *c = &bout->stage.collect->list[i];
		if (c->record.channel != bout->channel || c->record.kind != RECORD_BLOCK)
			continue;
		bool has = c->record.flags & bout->invalid->flag;
		if (holds_a_code(c, bout->invalid->top) && !has)
			fail_msg("%s, %s: a block has flags %x", bout->invalid->driver, bout->invalid->what, c->record.flags);
		flagged += has;
	}
	assert_true(flagged > 10);
}

/* Blocks whose time is the device's own: in the order in which they came. */
static void check_samples(const struct bout *bout)
{
	int flagged = 0, before = 0, behind = 0;
	for (int i = 0; i < bout->stage.collect->n; i++) {
		const struct record *record = &bout->stage.collect->list[i].record;
		if (record->channel != bout->channel || record->kind != RECORD_BLOCK)
			continue;
		bool has = record->flags & bout->invalid->flag;
		flagged += has;
		before += !has && flagged == 0;
		behind += !has && flagged > 0;
	}
	print_message("    %-14s %-38s %d blocks, then %d that are flagged, then %d\n", bout->invalid->driver, bout->invalid->what, before, flagged,
		      behind);
	assert_true(before > 20 && flagged > 20 && behind > 20);
}

static double check_energy(const struct bout *bout, bool must)
{
	struct energy energy;
	joules(bout, &energy);
	double truth = stage_joules(&bout->stage, at(bout, START), at(bout, STOP));
	if (energy.status == ENERGY_REFUSED) {
		if (must || isfinite(energy.gross.value))
			say(bout, &energy, truth);
		return NAN;
	}
	if (!(fabs(energy.gross.value - truth) <= 1.5 * energy.gross.expanded.U && energy.gross.expanded.U < 0.9 * truth))
		say(bout, &energy, truth);
	return energy.gross.value;
}

static void no_code_enters_a_sum(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLE; i++) {
		const struct invalid *invalid = &table[i];
		struct bout bout;
		if (invalid->twin) {
			measure(&bout, invalid, 0, SECONDS);
			struct energy energy;
			joules(&bout, &energy);
			assert_true(energy.status == ENERGY_REFUSED && isnan(energy.gross.value));
			check_blocks(&bout);
			stage_close(&bout.stage);
			print_message("    %-14s %-38s refused\n", invalid->driver, invalid->what);
			continue;
		}
		if (invalid->samples) {
			measure(&bout, invalid, LONG_FROM, LONG_TO);
			check_samples(&bout);
			stage_close(&bout.stage);
			continue;
		}
		measure(&bout, invalid, INFINITY, INFINITY);
		double without = check_energy(&bout, true);
		stage_close(&bout.stage);
		measure(&bout, invalid, SHORT_FROM, SHORT_TO);
		double shortly = check_energy(&bout, false);
		stage_close(&bout.stage);
		measure(&bout, invalid, LONG_FROM, LONG_TO);
		check_flags(&bout, LONG_FROM + (invalid->faults ? 2 : 0.7), LONG_TO - (invalid->faults ? 3 : 0.7));
		double long_ = check_energy(&bout, false);
		stage_close(&bout.stage);
		print_message("    %-14s %-38s %.2f J; for 0.3 s %.2f J, for 8 s %.2f J\n", invalid->driver, invalid->what, without, shortly, long_);
	}
}

static bool is_among(const char *driver, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], driver) == 0)
			return true;
	return false;
}

static bool is_listed(const char *driver)
{
	for (size_t i = 0; i < TABLE; i++)
		if (strcmp(table[i].driver, driver) == 0)
			return true;
	return is_among(driver, without_values, sizeof without_values / sizeof *without_values) ||
	       is_among(driver, elsewhere, sizeof elsewhere / sizeof *elsewhere);
}

static void every_driver_is_in_the_table(void **state)
{
	(void)state;
	for (const struct driver *const *driver = drivers; *driver; driver++)
		if (!is_listed((*driver)->name))
			fail_msg("%s is not in the table of invalid_test.c: what does its instrument say when it has no value?", (*driver)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_code_enters_a_sum),
		cmocka_unit_test(every_driver_is_in_the_table),
	};
	return cmocka_run_group_tests_name("invalid", tests, NULL, NULL);
}
