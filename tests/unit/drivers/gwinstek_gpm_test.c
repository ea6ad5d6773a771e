/* GW Instek's GPM: what it says, and its driver against the twin. */
#include <stdio.h>
#include <stdlib.h>

#include "captures.h"
#include "collect.h"
#include "meters/idn.h"
#include "meters/numeric.h"
#include "meters/settings.h"
#include "instrument_link.h"
#include "twin_bench.h"
#include "units.h"

enum { POWER, VOLTAGE, CURRENT, ENERGY, DURATION };

/* ---- what it says ---- */

static void print_value(const struct numeric_value *value, struct text *text)
{
	if (isnan(value->value))
		text_addf(text, " -:%s", value->flags == FLAG_NO_DATA ? "no-data" : value->flags == FLAG_OVER_RANGE ? "over" : "?");
	else
		text_addf(text, " %.10g", value->value);
}

static void print_items(const char *line, int n, struct text *text)
{
	struct numeric_value items[NUMERIC_ITEMS_MAX];
	if (numeric_values_decode(line, n, items) < 0)
		return;
	text_add(text, "items");
	for (int i = 0; i < n; i++)
		print_value(&items[i], text);
	text_add(text, "\n");
}

static void print_names(const char *line, int n, struct text *text)
{
	char names[NUMERIC_ITEMS_MAX][NUMERIC_NAME_SIZE];
	if (numeric_names_decode(line, n, names) < 0 || (names[0][0] >= '0' && names[0][0] <= '9') || names[0][0] == '-' || strstr(line, "INF"))
		return;
	text_add(text, "names");
	for (int i = 0; i < n; i++)
		text_addf(text, " %s", numeric_item_name(names[i]));
	text_add(text, "\n");
}

/* All that it may be. */
static void print(const char *bytes, size_t size, struct text *text)
{
	char line[NUMERIC_REPLY_SIZE];
	struct idn idn;
	unsigned value;
	double number;
	int n = 1;
	snprintf(line, sizeof line, "%.*s", (int)strcspn(bytes, "\r\n"), bytes);
	assert_true(strlen(line) <= size);
	for (const char *c = line; *c; c++)
		n += *c == ',';
	if (idn_decode_padded(line, &idn) == 0 && (idn.serial[0] < '0' || idn.serial[0] > '9')) {
		text_addf(text, "identity %s | %s | %s | %s\n", idn.maker, idn.model, idn.serial, idn.firmware);
		return;
	}
	if (numeric_register_decode(line, &value) == 0)
		text_addf(text, "register %u\n", value);
	const char *space = strrchr(line, ' ');
	if (n == 1 && number_parse(space ? space + 1 : line, &number) == 0)
		text_addf(text, "number %g\n", number);
	if (space == NULL) {
		print_names(line, n, text);
		print_items(line, n, text);
	}
}

static void captures(void **state)
{
	(void)state;
	captures_replay("gwinstek_gpm", print);
}

static void values_alone(void **state)
{
	(void)state;
	struct numeric_value items[NUMERIC_ITEMS_MAX];
	static const char *const bad[] = { "", "1,2", "1,2,3,4", "1,2,", ",2,3", "1,,3", "1,2,3,", "1;2;3", "1,2,x", "1, 2,3",
					   "GWInstek,GPM-8213,GES913349", ":NUM:VAL 1,2,3", "1,2,3 ", "Urms,Irms,P" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (numeric_values_decode(bad[i], 3, items) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(numeric_values_decode("1,2,3", 3, items), 0);
	assert_near(items[2].value, 3, 0);
	assert_int_equal(numeric_values_decode("1", 0, items), -1);
	assert_int_equal(numeric_values_decode("1", NUMERIC_ITEMS_MAX + 1, items), -1);
	assert_int_equal(numeric_values_decode("INF,NAN,-INF", 3, items), 0);
	assert_true(isnan(items[0].value) && items[0].flags == FLAG_OVER_RANGE);
	assert_true(isnan(items[1].value) && items[1].flags == FLAG_NO_DATA);
	assert_true(isnan(items[2].value) && items[2].flags == FLAG_OVER_RANGE);
}

static void names_of_items(void **state)
{
	(void)state;
	static const struct {
		const char *shown, *name;
	} cases[] = { { "Urms", "U" }, { "URMS", "U" }, { "U", "U" }, { "Udc", "U" }, { "Irms", "I" }, { "Idc", "I" }, { "Iacdc", "I" },
		      { "PF", "LAMBDA" }, { "P", "P" }, { "fU", "fU" }, { "Umn", "Umn" }, { "U+pk", "U+pk" } };
	char names[4][NUMERIC_NAME_SIZE];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(numeric_item_name(cases[i].shown), cases[i].name);
	static const char *const bad[] = { "", "P", "P,U,I", "P,", ",P", "P, U", "P,U\x01", "P,ABCDEFGHIJKLMNOP", "P,\xc3" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (numeric_names_decode(bad[i], 2, names) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(numeric_names_decode("P,ABCDEFGHIJKLMNO", 2, names), 0);
	assert_string_equal(names[1], "ABCDEFGHIJKLMNO");
	struct setting setting = { .type = SETTING_ITEM, .want = "U" };
	assert_true(setting_matches(&setting, "Urms"));
	assert_true(setting_matches(&setting, ":NUM:NORM:ITEM1 U"));
	assert_false(setting_matches(&setting, "UPP"));
}

/* ---- against the twin ---- */

#define LOAD "load: {source: script, steps: [{at: 0 s, cores: 1}, {at: 6 s, cores: 3}]}\n"

static struct {
	struct twin_bench *bench;
	struct device_config config;
	struct link *link;
	const struct driver *driver;
	void *device;
	struct collect *collect;
} t;

static void option(const char *name, const char *text, double number)
{
	struct option_value *option = &t.config.options[t.config.n_options++];
	*option = (struct option_value){ .number = number };
	snprintf(option->name, sizeof option->name, "%s", name);
	snprintf(option->text, sizeof option->text, "%s", text);
}

static void begin_with(const char *instrument, const char *rest)
{
	struct error error = ERROR_INIT;
	memset(&t, 0, sizeof t);
	t.bench = twin_bench_open(instrument, rest, &error);
	if (t.bench == NULL)
		fail_msg("%s", error.what);
	t.config = *twin_bench_device(t.bench);
	t.driver = driver_find("gwinstek_gpm");
	struct timebase *timebase = twin_bench_timebase(t.bench);
	timebase->wait_until(timebase, timebase->now(timebase) + NS_PER_S); /* it has been switched on a while ago */
	t.link = twin_bench_link(t.bench, &error);
	t.collect = collect_begin(twin_bench_timebase(t.bench));
	assert_ptr_equal(driver_find(t.config.driver), t.driver);
}

#define MODEL(name) "model: " name ", measures: wall, ranges: {voltage: 300 V, current: 2 A}, update: 250 ms, latency: 30 ms, latency_uncertainty: 10 ms"

static void begin(void)
{
	begin_with(MODEL("GPM-8310"), LOAD);
}

static void must_open(void)
{
	struct error error = ERROR_INIT;
	t.device = t.driver->open(&t.config, t.link, twin_bench_timebase(t.bench), &error);
	if (t.device == NULL)
		fail_msg("%s (%s)", error.what, error.remedy);
}

static void must_start(void)
{
	struct error error = ERROR_INIT;
	must_open();
	if (t.driver->start(t.device, &t.collect->sink, &error) != 0)
		fail_msg("%s (%s)", error.what, error.remedy);
}

static int64_t now(void)
{
	struct timebase *timebase = twin_bench_timebase(t.bench);
	return timebase->now(timebase);
}

static void run_for(double seconds)
{
	step_until(t.driver, t.device, t.collect, now() + (int64_t)(seconds * 1e9));
}

static void end(void)
{
	struct error error = ERROR_INIT;
	if (t.device && t.driver->stop(t.device, &error) != 0)
		fail_msg("%s", error.what);
	if (t.device)
		t.driver->close(t.device);
	link_close(t.link);
	twin_bench_close(t.bench);
}

static void tell(const char *command)
{
	assert_int_equal(link_send(t.link, command, strlen(command), now() + NS_PER_S), IO_OK);
}

static void ask(const char *command, char *reply, size_t size)
{
	enum io io = link_query(t.link, command, reply, size, now() + NS_PER_S);
	if (io != IO_OK)
		fail_msg("%s: %s", command, io_name(io));
}

static void assert_says(const char *command, const char *expected)
{
	char reply[256];
	ask(command, reply, sizeof reply);
	assert_string_equal(reply, expected);
}

static void assert_refused(const char *what)
{
	struct error error = ERROR_INIT;
	void *device = t.driver->open(&t.config, t.link, twin_bench_timebase(t.bench), &error);
	if (device && t.driver->start(device, &t.collect->sink, &error) == 0)
		fail_msg("it starts, where it should say '%s'", what);
	if (device)
		t.driver->close(device);
	if (strstr(error.what, what) == NULL)
		fail_msg("%s", error.what);
	t.device = NULL;
	end();
}

/* Each value's power is the model's over the window that its stamp, latency and window say, but for the display's last digit; while
 * the load moves a window that is off by its half-width shows. */
static void assert_powers(double step)
{
	const struct channel *c = &t.driver->channels(t.device, &(int){ 0 })[POWER];
	int n = collect_count(t.collect, RECORD_BLOCK, POWER);
	for (int i = 0; i < n; i++) {
		const struct collected *value = collect_nth(t.collect, RECORD_BLOCK, POWER, i);
		if (value->record.flags & FLAG_INVALID)
			continue;
		int64_t to = value->record.t - c->latency, from = to - c->window, u = value->record.u_t + c->u_latency;
		double truth = twin_bench_joules(t.bench, 0, from, to) / ((double)c->window * 1e-9);
		double early = twin_bench_joules(t.bench, 0, from - u, to - u), late = twin_bench_joules(t.bench, 0, from + u, to + u);
		double moved = fabs(late - early) / ((double)c->window * 1e-9);
		assert_near(value->value, truth, step + moved + 0.5);
	}
}

static void updates_are_seen(void **state)
{
	(void)state;
	begin();
	must_start();
	run_for(12);
	int n = collect_count(t.collect, RECORD_BLOCK, POWER);
	assert_in_range(n, 45, 48);
	assert_int_equal(collect_count(t.collect, RECORD_GAP, POWER), 0);
	assert_powers(0.06);
	for (int i = 4; i < n; i++)
		assert_true(collect_nth(t.collect, RECORD_BLOCK, POWER, i)->record.u_t <= 40 * NS_PER_MS);
	assert_near(collect_nth(t.collect, RECORD_BLOCK, VOLTAGE, 5)->value, 230, 0.5);
	assert_true(collect_nth(t.collect, RECORD_BLOCK, CURRENT, 5)->value > 0.1);
	assert_true(t.driver->identity(t.device)->simulated);
	end();
}

/* As a WT300's are, if it has them; with its energy. */
static void updates_are_events(void **state)
{
	(void)state;
	begin();
	option("events", "true", 1);
	option("integrator", "true", 1);
	must_start();
	t.driver->prepare(t.device);
	int64_t from = now();
	run_for(12);
	int n = collect_count(t.collect, RECORD_BLOCK, POWER), counts = collect_count(t.collect, RECORD_BLOCK, ENERGY);
	assert_in_range(n, 45, 48);
	assert_powers(0.06);
	int channels;
	const struct channel *energy = &t.driver->channels(t.device, &channels)[ENERGY];
	assert_int_equal(channels, 5);
	assert_in_range(counts, 44, 48);
	const struct collected *last = collect_nth(t.collect, RECORD_BLOCK, ENERGY, counts - 1);
	double truth = twin_bench_joules(t.bench, 0, from, last->record.t - energy->latency);
	assert_near((double)last->count * energy->scale, truth, 0.03 * truth);
	char reply[64];
	ask(":INTEG:MODE?", reply, sizeof reply);
	assert_string_equal(reply, "MANU");
	end();
}

static void settings_are_put_back(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	begin();
	must_start();
	assert_says(":INP:VOLT:RANG?;:INP:VOLT:AUTO?;:INP:CURR:RANG?;:INP:CURR:AUTO?", "300E+00;0;2.00E+00;0");
	assert_says(":NUM:NORM:HEADER?", "P,Urms,Irms");
	assert_says(":RATE?;:COMM:REM?", "250E-03;1");
	assert_near(collect_nth(t.collect, RECORD_RANGE, POWER, 0)->range.voltage, 300, 0);
	assert_int_equal(t.driver->stop(t.device, &error), 0);
	assert_says(":COMM:REM?", ":COMM:REM 0"); /* and its front panel is not locked; any question locks it again */
	assert_says(":COMM:REM?", ":COMM:REM 1");
	assert_says(":NUM:NORM:HEADER?", "Urms,Irms,P");
	assert_says(":INP:VOLT:AUTO?;:INP:CURR:AUTO?", ":VOLT:AUTO 1;:CURR:AUTO 1");
	t.driver->close(t.device);
	t.device = NULL;
	end();
}

/* A late answer is longer under way than anything that is waited for: what is left of it is nobody's. */
static void a_slow_line(void **state)
{
	(void)state;
	static const char *const lines[] = { "link: pty, baud: 4800", "link: pty, baud: 2400", "link: pty, baud: 1200" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char model[256];
		snprintf(model, sizeof model, "%s, %s", MODEL("GPM-8310"), lines[i]);
		begin_with(model, LOAD);
		must_start();
		run_for(5);
		int before = collect_count(t.collect, RECORD_BLOCK, POWER);
		assert_true(before > 3);
		instrument_link_break(t.link);
		run_for(20);
		assert_true(collect_count(t.collect, RECORD_BLOCK, POWER) > before + 8);
		end();
	}
}

static void what_is_refused(void **state)
{
	(void)state;
	begin_with(MODEL("GPM-8213"), "");
	assert_refused("what a GPM-8213 promises is not known");
	begin();
	t.config.voltage_range = 230;
	assert_refused("has no voltage range of 230 V");
	begin();
	t.config.current_range = 0;
	assert_refused("fixed current range is needed");
	begin();
	option("crest_factor", "6", 6);
	t.config.current_range = 20;
	assert_refused("has no current range of 20 A");
	begin();
	option("integrator", "true", 1);
	assert_refused("'events'");
	begin();
	option("mode", "RMS", 0);
	assert_refused("no mode 'RMS'");
	begin();
	option("input", "2", 2);
	assert_refused("inputs 1 to 1, not 2");
	begin();
	option("panel", "true", 1);
	t.config.update = 0;
	assert_refused("how often it renews");
	begin();
	snprintf(t.config.serial, sizeof t.config.serial, "GES1");
	assert_refused("serial number");
	begin_with(MODEL("GPM-8310"), "faults: [{what: other_model, at: 0 s, for: 100 s}]\n");
	assert_refused("not a GW Instek GPM-8213");
	begin();
	tell(":SCAL ON\n");
	assert_refused("scaling of this GPM-8310 is on");
}

/* What was asked by somebody who has gone comes when somebody else asks. */
static void answers_that_are_late(void **state)
{
	(void)state;
	begin();
	link_close(t.link);
	struct error error = ERROR_INIT;
	t.link = twin_bench_link(t.bench, &error);
	must_start();
	run_for(3);
	assert_int_equal(collect_count(t.collect, RECORD_GAP, POWER), 0);
	instrument_link_break(t.link);
	run_for(3);
	assert_true(collect_missing(t.collect, POWER, GAP_GONE) >= 1);
	assert_int_equal(collect_missing(t.collect, POWER, GAP_GARBLED), 0);
	assert_in_range(collect_count(t.collect, RECORD_BLOCK, POWER), 18, 23);
	assert_powers(0.06);
	end();
}

/* No data, and too much, are no watts. */
static void specials_are_flagged(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		uint32_t flag;
	} cases[] = { { "nan", FLAG_NO_DATA }, { "inf", FLAG_OVER_RANGE } };
	for (size_t k = 0; k < 2; k++) {
		char faults[120];
		int flagged = 0;
		snprintf(faults, sizeof faults, LOAD "faults: [{what: %s, at: 3 s, for: 1 s}]\n", cases[k].what);
		begin_with(MODEL("GPM-8310"), faults);
		must_start();
		run_for(6);
		for (int i = 0; i < collect_count(t.collect, RECORD_BLOCK, POWER); i++) {
			const struct collected *value = collect_nth(t.collect, RECORD_BLOCK, POWER, i);
			flagged += (value->record.flags & cases[k].flag) != 0;
			assert_true(isnan(value->value) == ((value->record.flags & cases[k].flag) != 0));
		}
		assert_in_range(flagged, 3, 5);
		assert_powers(0.06);
		end();
	}
}

static void over_range_is_flagged(void **state)
{
	(void)state;
	begin_with("model: GPM-8310, measures: wall, ranges: {voltage: 300 V, current: 0.2 A}, update: 250 ms, crest: 4", LOAD);
	must_start();
	run_for(12);
	int peaks = 0, over = 0, n = collect_count(t.collect, RECORD_BLOCK, POWER);
	for (int i = 0; i < n; i++) {
		uint32_t flags = collect_nth(t.collect, RECORD_BLOCK, POWER, i)->record.flags;
		peaks += (flags & FLAG_PEAK_OVER) != 0;
		over += (flags & FLAG_OVER_RANGE) != 0;
	}
	assert_int_equal(peaks, n); /* from the first on */
	assert_true(over > n / 3);
	end();
}

static void a_range_that_changes_is_told(void **state)
{
	(void)state;
	begin_with(MODEL("GPM-8310"), LOAD "faults: [{what: range_change, at: 3 s}]\n");
	must_start();
	run_for(8);
	const struct collected *range = collect_nth(t.collect, RECORD_RANGE, POWER, 1);
	assert_non_null(range);
	assert_int_equal(range->range.changed, 1);
	const struct collected *last = collect_nth(t.collect, RECORD_BLOCK, POWER, collect_count(t.collect, RECORD_BLOCK, POWER) - 1);
	assert_true(last->record.flags & FLAG_RANGE_CHANGED);
	end();
}

static void a_stall_is_told(void **state)
{
	(void)state;
	begin_with(MODEL("GPM-8310"), LOAD "faults: [{what: stall, at: 3 s, for: 5 s}]\n");
	must_start();
	run_for(12);
	assert_true(collect_missing(t.collect, POWER, GAP_STALLED) >= 1);
	end();
}

/* Of several inputs: the third of a preset's twenty values of each. */
static void one_of_several_inputs(void **state)
{
	(void)state;
	for (int input = 1; input <= 2; input++) {
		begin_with(MODEL("GPM-8330") ", accuracy: {reading: 0.1 %, range: 0.1 %}, errors: {gain: 0 %, offset: 0 %}", LOAD);
		option("input", input == 1 ? "1" : "2", input);
		must_start();
		run_for(4);
		int channels;
		t.driver->channels(t.device, &channels);
		assert_int_equal(channels, 1);
		assert_true(input == 2 || collect_count(t.collect, RECORD_BLOCK, POWER) > 12);
		if (input == 1)
			assert_powers(0.06);
		for (int i = 0; input == 2 && i < collect_count(t.collect, RECORD_BLOCK, POWER); i++)
			assert_near(collect_nth(t.collect, RECORD_BLOCK, POWER, i)->value, 0, 0);
		end();
	}
}

/* Nothing is asked that rests on an analogy. */
static void settings_of_the_panel(void **state)
{
	(void)state;
	begin();
	tell(":RATE 500MS\n");
	option("panel", "true", 1);
	t.config.update = 0.5;
	must_start();
	run_for(10);
	assert_in_range(collect_count(t.collect, RECORD_BLOCK, POWER), 17, 20);
	assert_powers(0.06);
	end();
}

/* ---- who is there ---- */

static void probe(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct identity identity;
	begin();
	struct device_config config = { .endpoint = t.config.endpoint };
	tell(":CFAC 6;:VOLT:RANG 150V;:CURR:RANG 1A;:RATE 1S\n");
	if (t.driver->probe(t.link, twin_bench_timebase(t.bench), &config, &identity, &error) != 0)
		fail_msg("%s", error.what);
	assert_string_equal(config.driver, "gwinstek_gpm");
	assert_string_equal(config.serial, t.config.serial);
	assert_near(config.voltage_range, 150, 1e-9);
	assert_near(config.current_range, 1, 1e-9);
	assert_near(config.update, 1, 1e-9);
	assert_false(config.ranges_automatic);
	assert_string_equal(config.options[0].name, "crest_factor");
	assert_true(identity.simulated);
	assert_false(t.link->crlf);
	assert_says(":COMM:HEAD?", ":COMM:HEAD 1"); /* as it was */
	end();
	begin_with(MODEL("GPM-8330"), "");
	assert_int_equal(t.driver->probe(t.link, twin_bench_timebase(t.bench), &config, &identity, &error), 0);
	assert_non_null(strstr(config.doubt[DOUBT_VALUES], "input"));
	end();
	begin_with(MODEL("GPM-8310"), "faults: [{what: other_model, at: 0 s, for: 100 s}]\n");
	assert_int_equal(t.driver->probe(t.link, twin_bench_timebase(t.bench), &config, &identity, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	end();
}

static void claims(void **state)
{
	(void)state;
	const struct driver *driver = driver_find("gwinstek_gpm");
	assert_true(driver->claims(&(struct finding){ .vendor = 0x2184, .product = 0x0052 }));
	assert_false(driver->claims(&(struct finding){ .vendor = 0x2184, .product = 0x0053 }));
	assert_false(driver->claims(&(struct finding){ .vendor = 0x0403, .product = 0x0052 }));
}

static void ranges(void **state)
{
	(void)state;
	const struct driver *driver = driver_find("gwinstek_gpm");
	struct device_config config = { .update = 0.25 };
	static struct range_offer offers[100];
	assert_int_equal(driver->ranges("GPM-8310", &config, offers, 100), 72);
	assert_near(offers[71].voltage * offers[71].current, 12000, 1e-9);
	assert_near(offers[71].accuracy.reading, 0.001, 1e-12);
	assert_near(offers[71].accuracy.range, 0.0005, 1e-12);
	config.update = 0.1;
	assert_int_equal(driver->ranges("GPM-8310", &config, offers, 100), 72);
	assert_near(offers[0].accuracy.reading, 0.0015, 1e-12);
	assert_int_equal(driver->ranges("GPM-8213", &config, offers, 100), 0);
	config.accuracy_given = true;
	assert_int_equal(driver->ranges("GPM-8213", &config, offers, 100), 72);
	assert_int_equal(driver->ranges("WT310E", &config, offers, 100), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures),
		cmocka_unit_test(values_alone),
		cmocka_unit_test(names_of_items),
		cmocka_unit_test(updates_are_seen),
		cmocka_unit_test(updates_are_events),
		cmocka_unit_test(settings_are_put_back),
		cmocka_unit_test(a_slow_line),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(answers_that_are_late),
		cmocka_unit_test(specials_are_flagged),
		cmocka_unit_test(over_range_is_flagged),
		cmocka_unit_test(a_range_that_changes_is_told),
		cmocka_unit_test(a_stall_is_told),
		cmocka_unit_test(one_of_several_inputs),
		cmocka_unit_test(settings_of_the_panel),
		cmocka_unit_test(probe),
		cmocka_unit_test(claims),
		cmocka_unit_test(ranges),
	};
	return cmocka_run_group_tests_name("gwinstek_gpm", tests, NULL, NULL);
}
