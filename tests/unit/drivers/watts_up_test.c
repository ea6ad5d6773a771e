/* The Watts Up?: packets out of a stream, records, and its driver against the twin. */
#include <stdio.h>
#include <stdlib.h>

#include "captures.h"
#include "collect.h"
#include "instrument_link.h"
#include "meters/watts_up_wire.h"
#include "twin_bench.h"

enum { POWER, VOLTAGE, CURRENT, ENERGY };

/* ---- what it says ---- */

static void print_value(const struct watts_up_value *value, const char *unit, struct text *text)
{
	assert_true((value->flags != 0) == isnan(value->value));
	if (value->flags == FLAG_NO_DATA)
		text_addf(text, "no %s", unit);
	else
		text_addf(text, "%.10g %s", value->value, unit);
}

static void print_packet(const char *packet, struct text *text)
{
	struct watts_up_record r;
	if (watts_up_record_decode(packet, &r) != 0) {
		text_addf(text, watts_up_is_record(packet) ? "bad\n" : "packet %.1s\n", packet);
		return;
	}
	text_add(text, "record ");
	print_value(&r.watts, "W, ", text);
	print_value(&r.volts, "V, ", text);
	print_value(&r.amperes, "A, ", text);
	print_value(&r.watt_hours, "Wh\n", text);
}

static void print(const char *bytes, size_t size, struct text *text)
{
	struct watts_up_stream stream = { .length = 0 };
	for (size_t i = 0; i < size; i++) {
		enum watts_up_event event = watts_up_feed(&stream, bytes[i]);
		if (event == WATTS_UP_WHOLE)
			print_packet(stream.packet, text);
		else if (event == WATTS_UP_BROKEN)
			text_add(text, "broken\n");
	}
}

static void captures(void **state)
{
	(void)state;
	captures_replay("watts_up", print);
}

static void bad_records(void **state)
{
	(void)state;
	struct watts_up_record record;
#define REST "0,0,0,0,0,0,0,0,0,0,0,0,0,0"
	assert_int_equal(watts_up_record_decode("d,-,18,9999999,2,3,4," REST, &record), 0);
	assert_near(record.watts.value, 999999.9, 1e-9);
	static const char *const bad[] = {
		"", "d", "d,", "d,-", "d,-,18", "d,-,18,", "d,-,18,1,2,3,4", "d,-,18,1,2,3,4,0,0,0,0,0,0,0,0,0,0,0,0,0",
		"d,-,18,1,2,3,4," REST ",0", "d,-,18,1,2,3,4," REST ",", "d,-,17,1,2,3,4," REST, "d,x,18,1,2,3,4," REST, "D,-,18,1,2,3,4," REST,
		"dd,-,18,1,2,3,4," REST, "d,-,18,-1,2,3,4," REST, "d,-,18,+1,2,3,4," REST, "d,-,18,1.0,2,3,4," REST, "d,-,18, 1,2,3,4," REST,
		"d,-,18,1e3,2,3,4," REST, "d,-,18,12345678,2,3,4," REST, "d,-,18,__,2,3,4," REST, "d,-,18,1,x,3,4," REST, "d,-,18,1,2,x,4," REST,
		"d,-,18,1,2,3,x," REST, "d,-,18,1,2,3,4,x,0,0,0,0,0,0,0,0,0,0,0,0,0", "d,-,18,1,2,3,4,0,0,0,0,0,0,0,0,0,0,0,0,0,x",
		"h,-,18,W,V,A,WH,Cost,WH/Mo,Cost/Mo,Wmax,Vmax,Amax,Wmin,Vmin,Amin,PF,DC,PC,Hz,VA",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (watts_up_record_decode(bad[i], &record) == 0)
			fail_msg("'%s' was taken", bad[i]);
}

/* `_` and nothing, in each of the fields that count. */
static void no_data(void **state)
{
	(void)state;
	struct watts_up_record r;
	const struct watts_up_value *const values[] = { &r.watts, &r.volts, &r.amperes, &r.watt_hours };
	for (int which = 0; which < 4; which++)
		for (int empty = 0; empty < 2; empty++) {
			char packet[120] = "d,-,18";
			for (int i = 0; i < 18; i++)
				strcat(packet, i == which ? (empty ? "," : ",_") : ",10");
			assert_int_equal(watts_up_record_decode(packet, &r), 0);
			for (int i = 0; i < 4; i++)
				assert_true(isnan(values[i]->value) == (i == which) && values[i]->flags == (i == which ? FLAG_NO_DATA : 0));
		}
}

static void versions(void **state)
{
	(void)state;
	struct watts_up_version v;
	assert_int_equal(watts_up_version_decode("v,-,8,3,0,7,1,4,41,20070928,1234", &v), 0);
	assert_int_equal(v.model, 3);
	assert_string_equal(v.text + v.firmware[1].at, "41,20070928,1234");
	assert_int_equal(v.firmware[2].length, 8);
	assert_string_equal(v.text, "v,-,8,3,0,7,1,4,41,20070928,1234");
	assert_false(v.simulated);
	assert_int_equal(watts_up_version_decode("v,-,8,3,0,7,1,4,41,SIMULATED,0", &v), 0);
	assert_true(v.simulated);
	assert_int_equal(watts_up_version_decode("v,-,8,3,0,7,1,4,41,SIMULATEE,0", &v), 0);
	assert_false(v.simulated);
	static const char *const bad[] = { "", "v", "v,-,8", "v,-,8,3,0,7,1,4,41,20070928", "v,-,8,3,0,7,1,4,41,20070928,1,2", "v,-,8,x,0,7,1,4,41,1,2",
					   "v,-,8,,0,7,1,4,41,1,2", "v,-,8,3,0,7,1,4,41,,2", "v,-,7,3,0,7,1,4,41,1,2", "w,-,8,3,0,7,1,4,41,1,2", "v,R,8,3,0,7,1,4,41,1,2" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (watts_up_version_decode(bad[i], &v) == 0)
			fail_msg("'%s' was taken", bad[i]);
	static char overlong[WATTS_UP_PACKET + 40] = "v,-,8,3,0,7,1,4,41,20070928,";
	memset(overlong + strlen(overlong), '1', WATTS_UP_PACKET);
	assert_int_equal(watts_up_version_decode(overlong, &v), -1);
}

static void packets_too_long(void **state)
{
	(void)state;
	struct watts_up_stream stream = { .length = 0 };
	assert_int_equal(watts_up_feed(&stream, '#'), WATTS_UP_NOTHING);
	for (int i = 1; i < WATTS_UP_PACKET; i++)
		assert_int_equal(watts_up_feed(&stream, 'x'), WATTS_UP_NOTHING);
	struct watts_up_stream full = stream;
	assert_int_equal(watts_up_feed(&full, ';'), WATTS_UP_WHOLE);
	assert_int_equal(strlen(full.packet), WATTS_UP_PACKET - 1);
	assert_int_equal(watts_up_feed(&stream, 'x'), WATTS_UP_BROKEN);
	assert_int_equal(watts_up_feed(&stream, ';'), WATTS_UP_NOTHING);
	assert_int_equal(watts_up_feed(&stream, '#'), WATTS_UP_NOTHING);
	assert_int_equal(watts_up_feed(&stream, '\x07'), WATTS_UP_BROKEN);
	assert_int_equal(watts_up_feed(&stream, '#'), WATTS_UP_NOTHING);
	assert_int_equal(watts_up_feed(&stream, (char)0xc3), WATTS_UP_BROKEN);
}

/* ---- against the twin ---- */

#define LOAD \
	"load: {source: script, steps: [{at: 0 s, cores: 0}, {at: 12 s, cores: 8}, {at: 13.3 s, cores: 0}, {at: 14.6 s, cores: 8}, " \
	"{at: 15.9 s, cores: 0}, {at: 17.2 s, cores: 8}]}\n"
#define MODEL "model: WattsUp, baud: 19200, measures: wall, accuracy: {reading: 1.5 %}, errors: {gain: 0 %, offset: 0 %}"

static struct {
	struct twin_bench *bench;
	struct device_config config;
	struct link *link;
	const struct driver *driver;
	void *device;
	struct collect *collect;
} t;

static void begin(const char *rest)
{
	struct error error = ERROR_INIT;
	memset(&t, 0, sizeof t);
	t.bench = twin_bench_open(MODEL, rest, &error);
	if (t.bench == NULL)
		fail_msg("%s", error.what);
	t.config = *twin_bench_device(t.bench);
	t.driver = driver_find("watts_up");
	t.link = twin_bench_link(t.bench, &error);
	t.collect = collect_begin(twin_bench_timebase(t.bench));
	assert_ptr_equal(driver_find(t.config.driver), t.driver);
}

static void must_start(void)
{
	struct error error = ERROR_INIT;
	t.device = t.driver->open(&t.config, t.link, twin_bench_timebase(t.bench), &error);
	if (t.device == NULL)
		fail_msg("%s (%s)", error.what, error.remedy);
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

/* The twin is not late, but for the 36 ms that a record takes at 19200 baud: each record's power is that of the second before it was there, or of what its stamp allows. */
static void assert_powers(void)
{
	int n = collect_count(t.collect, RECORD_BLOCK, POWER);
	for (int i = 0; i < n; i++) {
		const struct collected *value = collect_nth(t.collect, RECORD_BLOCK, POWER, i);
		int64_t to = value->record.t, u = value->record.u_t;
		double least = 1e9, most = 0;
		assert_true(u <= 80 * NS_PER_MS);
		for (int k = -4; k <= 4; k++) {
			double watts = twin_bench_joules(t.bench, 0, to + k * u / 4 - NS_PER_S, to + k * u / 4);
			least = fmin(least, watts);
			most = fmax(most, watts);
		}
		if (!(value->record.flags & FLAG_INVALID))
			assert_in_range((long)((value->value - least + 0.16) * 1e6), 0, (long)((most - least + 0.32) * 1e6));
	}
}

static void records_and_their_times(void **state)
{
	(void)state;
	begin(LOAD);
	must_start();
	run_for(20);
	int n = collect_count(t.collect, RECORD_BLOCK, POWER);
	assert_in_range(n, 19, 20);
	assert_int_equal(collect_count(t.collect, RECORD_GAP, POWER), 0);
	assert_powers();
	assert_true(t.driver->identity(t.device)->simulated);
	assert_string_equal(t.driver->identity(t.device)->model, "Watts Up? PRO");
	assert_near(collect_nth(t.collect, RECORD_BLOCK, VOLTAGE, 3)->value, 230, 3.5);
	double joules = collect_nth(t.collect, RECORD_BLOCK, ENERGY, n - 1)->value;
	assert_near(joules / 360, round(joules / 360), 1e-9);
	assert_true(joules >= 360);
	assert_int_equal(t.driver->channels(t.device, &n)[ENERGY].kind, CHANNEL_OBSERVE);
	end();
}

static void no_data_is_no_watts(void **state)
{
	(void)state;
	begin(LOAD "faults: [{what: nan, at: 5 s, for: 3 s}]\n");
	must_start();
	run_for(12);
	int none = 0, n = collect_count(t.collect, RECORD_BLOCK, POWER);
	for (int i = 0; i < n; i++) {
		const struct collected *value = collect_nth(t.collect, RECORD_BLOCK, POWER, i);
		none += value->record.flags == FLAG_NO_DATA;
		assert_true(isnan(value->value) == (value->record.flags == FLAG_NO_DATA));
	}
	assert_in_range(none, 2, 3);
	assert_int_equal(collect_count(t.collect, RECORD_GAP, POWER), 0);
	end();
}

/* Records that are cut: the stream is found again at the next #, or logging is started again. What is missing is told. */
static void cut_records(void **state)
{
	(void)state;
	begin(LOAD "faults: [{what: cut, at: 5 s, for: 1 s}, {what: cut, at: 10 s, for: 6 s}]\n");
	must_start();
	run_for(9);
	assert_int_equal(collect_missing(t.collect, POWER, GAP_MISSED), 1);
	assert_int_equal(collect_missing(t.collect, POWER, GAP_GARBLED), 0);
	run_for(16);
	assert_true(collect_missing(t.collect, POWER, GAP_GARBLED) + collect_missing(t.collect, POWER, GAP_TIMEOUT) >= 3);
	int n = collect_count(t.collect, RECORD_BLOCK, POWER);
	unsigned missing = collect_missing(t.collect, POWER, GAP_MISSED) + collect_missing(t.collect, POWER, GAP_GARBLED) +
			   collect_missing(t.collect, POWER, GAP_TIMEOUT);
	assert_in_range(n + (int)missing, 23, 27);
	assert_true(now() - collect_nth(t.collect, RECORD_BLOCK, POWER, n - 1)->record.t < 2 * NS_PER_S);
	assert_powers();
	end();
}

/* The same record again is a steady load, until its watt-hours should have moved long ago. */
static void standstill(void **state)
{
	(void)state;
	begin("load: {source: script, steps: [{at: 0 s, cores: 4}]}\nfaults: [{what: stall, at: 10 s, for: 100 s}]\n");
	must_start();
	run_for(130);
	int n = collect_count(t.collect, RECORD_BLOCK, POWER), stalled = 0;
	for (int i = 0; i < n; i++) {
		const struct collected *value = collect_nth(t.collect, RECORD_BLOCK, POWER, i);
		stalled += (value->record.flags & FLAG_INVALID) != 0;
	}
	assert_in_range(n, 128, 131);
	double seconds = 60 + 3 * 360 / collect_nth(t.collect, RECORD_BLOCK, POWER, 50)->value;
	assert_in_range(stalled, 98 - seconds, 101 - seconds);
	assert_int_equal(collect_nth(t.collect, RECORD_BLOCK, POWER, n - 5)->record.flags, 0);
	end();
}

/* It forgets that it was to log: it is asked who it is, and started again; the second time in a row its memory is cleared before. */
static void logging_is_started_again(void **state)
{
	(void)state;
	begin(LOAD);
	must_start();
	run_for(5);
	assert_int_equal(link_send(t.link, "#L,R,0;", 7, now() + NS_PER_S), IO_OK); /* as a button on it might */
	run_for(14);
	int n = collect_count(t.collect, RECORD_BLOCK, POWER);
	assert_in_range(n, 9, 13);
	assert_true(collect_missing(t.collect, POWER, GAP_TIMEOUT) >= 5);
	end();
	begin(LOAD "faults: [{what: silent, at: 5 s, for: 15 s}]\n");
	must_start();
	run_for(40);
	n = collect_count(t.collect, RECORD_BLOCK, POWER);
	assert_in_range(n, 18, 25);
	assert_true(now() - collect_nth(t.collect, RECORD_BLOCK, POWER, n - 1)->record.t < 2 * NS_PER_S);
	end();
	begin(LOAD "faults: [{what: range_change, at: 20 s}]\n"); /* its memory is full */
	must_start();
	run_for(50);
	n = collect_count(t.collect, RECORD_BLOCK, POWER);
	assert_true(now() - collect_nth(t.collect, RECORD_BLOCK, POWER, n - 1)->record.t < 2 * NS_PER_S);
	int anew = 0;
	for (int i = 1; i < n; i++)
		anew += collect_nth(t.collect, RECORD_BLOCK, ENERGY, i)->value < collect_nth(t.collect, RECORD_BLOCK, ENERGY, i - 1)->value;
	assert_int_equal(anew, 1);
	end();
}

static void a_connection_that_breaks(void **state)
{
	(void)state;
	begin(LOAD);
	must_start();
	run_for(5);
	instrument_link_break(t.link);
	run_for(6);
	assert_true(collect_missing(t.collect, POWER, GAP_GONE) >= 1);
	assert_in_range(collect_count(t.collect, RECORD_BLOCK, POWER), 8, 11);
	assert_powers();
	end();
}

static void refused(const char *what)
{
	struct error error = ERROR_INIT;
	t.device = t.driver->open(&t.config, t.link, twin_bench_timebase(t.bench), &error);
	if (t.device)
		fail_msg("it opens, where it should say '%s'", what);
	if (strstr(error.what, what) == NULL)
		fail_msg("%s", error.what);
	end();
}

static void what_is_refused(void **state)
{
	(void)state;
	begin("");
	t.config.accuracy_given = false;
	refused("what a Watts Up? promises");
	begin("");
	t.config.accuracy.range = 0.01;
	t.config.accuracy.range_value = 0;
	refused("part of a range");
	begin("");
	t.config.update = 0.5;
	refused("each second");
	begin("");
	t.config.current_range = 15;
	refused("one range");
	begin("");
	strcpy(t.config.serial, "1");
	refused("serial number");
	begin("faults: [{what: other_model, at: 0 s, for: 100 s}]\n");
	refused("it says model 77");
	begin("faults: [{what: silent, at: 0 s, for: 100 s}]\n");
	refused("no answer");
}

static void probe(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct identity identity;
	begin("");
	struct device_config config = { .endpoint = t.config.endpoint };
	assert_int_equal(t.driver->probe(t.link, twin_bench_timebase(t.bench), &config, &identity, &error), 0);
	assert_string_equal(config.driver, "watts_up");
	assert_string_equal(identity.firmware, "4.41 of SIMULATED");
	assert_true(identity.simulated);
	assert_non_null(strstr(config.doubt[DOUBT_VALUES], "accuracy"));
	end();
	begin("faults: [{what: other_model, at: 0 s, for: 100 s}]\n");
	assert_int_equal(t.driver->probe(t.link, twin_bench_timebase(t.bench), &config, &identity, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures),
		cmocka_unit_test(bad_records),
		cmocka_unit_test(no_data),
		cmocka_unit_test(versions),
		cmocka_unit_test(packets_too_long),
		cmocka_unit_test(records_and_their_times),
		cmocka_unit_test(no_data_is_no_watts),
		cmocka_unit_test(cut_records),
		cmocka_unit_test(standstill),
		cmocka_unit_test(logging_is_started_again),
		cmocka_unit_test(a_connection_that_breaks),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(probe),
	};
	return cmocka_run_group_tests_name("watts_up", tests, NULL, NULL);
}
