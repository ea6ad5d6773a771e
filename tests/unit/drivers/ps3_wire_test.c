/* What a PowerSensor3 says: sets, an end that looks like a sensor, its configuration, its version. */
#include <math.h>

#include "captures.h"
#include "powersensor3/ps3_wire.h"

#define STAMP(us) (uint8_t)(0xf0 | (us) >> 6), (uint8_t)(0x40 | ((us) & 63))
#define LEVEL(i, level) (uint8_t)(0x80 | (i) << 4 | (level) >> 6), (uint8_t)((level) & 63)
#define MARKED(i, level) (uint8_t)(0x80 | (i) << 4 | (level) >> 6), (uint8_t)(0x40 | ((level) & 63))
#define TO_6 LEVEL(0, 10), LEVEL(1, 11), LEVEL(2, 12), LEVEL(3, 13), LEVEL(4, 14), LEVEL(5, 15), LEVEL(6, 16)
#define SET(us, seventh) STAMP(us), TO_6, LEVEL(7, seventh)
#define END 0xff, 0x3f

/* All that is said of some bytes, whatever pieces they come in. */
static void said(const uint8_t *bytes, size_t size, size_t piece, bool stopping, struct text *text)
{
	struct ps3_decoder decoder = { .stopping = stopping };
	struct ps3_set set;
	for (size_t from = 0; from < size; from += piece) {
		size_t n = size - from < piece ? size - from : piece, taken;
		for (size_t at = 0; at < n; at += taken) {
			switch (ps3_decode(&decoder, bytes + from + at, n - at, &taken, &set)) {
			case PS3_SET:
				text_addf(text, "set %u%s", set.stamp, set.marked ? " marked" : "");
				for (int i = 0; i < PS3_SENSORS; i++)
					text_addf(text, " %u", set.levels[i]);
				text_addf(text, set.dropped ? " after %u\n" : "\n", set.dropped);
				break;
			case PS3_STOPPED: text_addf(text, "stopped\n"); break;
			case PS3_NOTHING: break;
			}
			assert_true(taken > 0 && taken <= n - at);
		}
	}
	if (decoder.place || decoder.held || decoder.dropped || decoder.ends)
		text_addf(text, "left %d %d %u %d\n", decoder.place, decoder.held, decoder.dropped, decoder.ends);
}

static void expect(const uint8_t *bytes, size_t size, bool stopping, const char *expected)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 18, 4096 };
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct text text = TEXT_INIT;
		said(bytes, size, pieces[i], stopping, &text);
		assert_string_equal(text_string(&text), expected);
		text_free(&text);
	}
}
#define EXPECT(stopping, expected, ...) expect((const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }, stopping, expected)

static void sets(void **state)
{
	(void)state;
	EXPECT(false, "set 5 10 11 12 13 14 15 16 17\nset 1023 10 11 12 13 14 15 16 1022\n", SET(5, 17), SET(1023, 1022));
	EXPECT(false, "set 0 marked 1023 11 12 13 14 15 16 0\n", STAMP(0), MARKED(0, 1023), LEVEL(1, 11), LEVEL(2, 12), LEVEL(3, 13),
	       LEVEL(4, 14), LEVEL(5, 15), LEVEL(6, 16), LEVEL(7, 0));
}

/* Whatever is missing, the next whole set is found; and nothing of a torn one is taken for a set. */
static void torn(void **state)
{
	(void)state;
	static const uint8_t whole[] = { SET(100, 1023), SET(150, 1023), SET(200, 7) };
	for (size_t from = 18; from < 36; from++)
		for (size_t to = from + 1; to <= 36; to++) {
			uint8_t bytes[sizeof whole];
			struct text text = TEXT_INIT;
			size_t n = from;
			memcpy(bytes, whole, from);
			memcpy(bytes + n, whole + to, sizeof whole - to);
			n += sizeof whole - to;
			said(bytes, n, 5, false, &text);
			assert_int_equal(strncmp(text_string(&text), "set 100 10 11 12 13 14 15 16 1023\nset 200 10 11 12 13 14 15 16 7", 64), 0);
			assert_true((strstr(text_string(&text), "after") != NULL) == (to - from < 18));
			text_free(&text);
		}
}

/* Of one whose order is wrong, or that has a marker where none can be. */
static void no_sets(void **state)
{
	(void)state;
	EXPECT(false, "left 0 0 18 0\n", STAMP(1), LEVEL(0, 10), LEVEL(1, 11), LEVEL(3, 12), LEVEL(2, 13), LEVEL(4, 14), LEVEL(5, 15), LEVEL(6, 16),
	       LEVEL(7, 17));
	EXPECT(false, "left 0 0 18 0\n", STAMP(1), LEVEL(0, 10), MARKED(1, 11), LEVEL(2, 12), LEVEL(3, 13), LEVEL(4, 14), LEVEL(5, 15), LEVEL(6, 16),
	       LEVEL(7, 17));
	EXPECT(false, "left 0 0 3 0\n", 0x11, 0x22, 0x33);
	EXPECT(false, "left 0 1 2 0\n", 0xff, 0xff, 0xff);
	EXPECT(false, "left 1 0 16 0\n", STAMP(1), LEVEL(0, 10), LEVEL(1, 11), LEVEL(2, 12), LEVEL(3, 13), LEVEL(4, 14), LEVEL(5, 15), LEVEL(6, 16),
	       STAMP(2)); /* in the place of sensor 7: the next set's */
}

static void an_end_and_sensor_7(void **state)
{
	(void)state;
	EXPECT(false, "set 1 10 11 12 13 14 15 16 1023\nset 51 10 11 12 13 14 15 16 1023\n", SET(1, 1023), SET(51, 1023));
	EXPECT(true, "set 1 10 11 12 13 14 15 16 1023\nset 51 10 11 12 13 14 15 16 1023\n", SET(1, 1023), SET(51, 1023));
	EXPECT(true, "set 1 10 11 12 13 14 15 16 1023\nstopped\n", SET(1, 1023), END, END);
	EXPECT(true, "stopped\n", END, END);
	EXPECT(true, "left 0 0 0 1\n", END);
	EXPECT(true, "set 1 10 11 12 13 14 15 16 17\nleft 0 0 0 1\n", END, SET(1, 17), END); /* not in a row */
	EXPECT(true, "left 0 0 2 1\n", END, LEVEL(7, 1022), END);
	EXPECT(false, "set 1 10 11 12 13 14 15 16 17\nleft 0 0 4 0\n", SET(1, 17), END, END); /* nobody asked */
	EXPECT(true, "stopped\nleft 0 0 4 0\n", STAMP(1), LEVEL(0, 10), END, END);               /* a set that was cut short */
}

/* It falls silent in front of sensor 7: without having been told, the end would be half taken for it. */
static void silence_in_a_set(void **state)
{
	(void)state;
	struct ps3_decoder decoder = { .stopping = true };
	struct ps3_set set;
	size_t taken;
	static const uint8_t most[] = { STAMP(1), TO_6 }, end[] = { END, END };
	assert_int_equal(ps3_decode(&decoder, most, sizeof most, &taken, &set), PS3_NOTHING);
	ps3_forget(&decoder);
	assert_int_equal(decoder.dropped, 16);
	assert_int_equal(ps3_decode(&decoder, end, sizeof end, &taken, &set), PS3_STOPPED);
	assert_int_equal(taken, 4);
}

/* ---- configuration ---- */

static void put_float(uint8_t *bytes, float value)
{
	memcpy(bytes, &value, 4); /* this machine's order is the device's */
}

static void sensors(void **state)
{
	(void)state;
	static const struct {
		float vref, sensitivity;
		uint8_t in_use;
		bool good;
	} table[] = {
		{ 1.65f, 0.12f, 1, true }, { 0, 0.2f, 1, true }, { 1.65f, -0.12f, 1, true }, { 3.3f, 1e3f, 1, true }, { 0, 2e-3f, 1, true },
		{ 1.65f, 0, 1, false }, { 1.65f, NAN, 1, false }, { NAN, 0.1f, 1, false }, { INFINITY, 0.1f, 1, false }, { 0, INFINITY, 1, false },
		{ 5, 0.1f, 1, false }, { 0, 1e-4f, 1, false }, { 0, 0.1f, 2, false }, { 0, 0.1f, 255, false }, { NAN, NAN, 0, true }, { 0, 0, 0, true },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint8_t bytes[PS3_SENSOR_SIZE] = "ACS725\0junk\0\0\0\0\0PCIe \x01 8 pins12";
		struct ps3_sensor sensor;
		put_float(bytes + 32, table[i].vref);
		put_float(bytes + 36, table[i].sensitivity);
		bytes[40] = table[i].in_use;
		assert_true(ps3_sensor_decode(bytes, &sensor) == table[i].good);
		assert_string_equal(sensor.type, "ACS725");
		assert_string_equal(sensor.pair, "PCIe ? 8 pins12");
		assert_true(sensor.in_use == (table[i].in_use == 1));
	}
}

/* (3.3 * level / 1023 - vref) / sensitivity */
static void what_a_level_is_worth(void **state)
{
	(void)state;
	const struct ps3_sensor amperes = { .vref = 1.65, .sensitivity = 0.066 }, volts = { .vref = 0, .sensitivity = 0.2 };
	assert_near(614 * ps3_scale(&amperes) + ps3_offset(&amperes), (3.3 * 614 / 1023 - 1.65) / 0.066, 1e-12);
	assert_near(614 * ps3_scale(&amperes) + ps3_offset(&amperes), 5.00978, 1e-5);
	assert_near(744 * ps3_scale(&volts) + ps3_offset(&volts), 12, 1e-12);
	assert_near(0 * ps3_scale(&amperes) + ps3_offset(&amperes), -25, 1e-12);
}

static void versions(void **state)
{
	(void)state;
	static const struct {
		const char *text, *chip, *firmware, *suffix;
	} good[] = {
		{ "F411-1.6.1", "F411", "1.6.1", "" }, { "F401-0.1", "F401", "0.1", "" }, { "F407-1.5.0-DEMO", "F407", "1.5.0", "DEMO" },
		{ "F411-12.34.56-SIM4711", "F411", "12.34.56", "SIM4711" },
	};
	static const char *const bad[] = {
		"", "F", "F411", "F411-", "F411-x", "F411-1", "F411-1.", "F411-1.6.", "F411-.6", "F411 1.6.1", "F41-1.6.1", "F4111-1.6.1", "G411-1.6.1",
		"F411-1.6.1-", "F411-1.6.1 DEMO", "F411-1.6.1x", "YOKOGAWA,WT310E,C3", "F411-1111111111.1111111111111.1",
		"F411-1.6.1-123456789012345678901234567890", "F411-1..6",
	};
	struct ps3_version version;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(ps3_version_decode(good[i].text, &version));
		assert_string_equal(version.chip, good[i].chip);
		assert_string_equal(version.firmware, good[i].firmware);
		assert_string_equal(version.suffix, good[i].suffix);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(ps3_version_decode(bad[i], &version));
}

/* ---- captures ---- */

static void print(const char *bytes, size_t size, struct text *text)
{
	struct ps3_sensor sensor;
	struct ps3_version version;
	char line[64] = "";
	if (size < sizeof line) {
		memcpy(line, bytes, size);
		line[strcspn(line, "\r\n")] = '\0';
	}
	if (ps3_version_decode(line, &version)) {
		text_addf(text, "chip %s firmware %s \"%s\"\n", version.chip, version.firmware, version.suffix);
	} else if (size == PS3_SENSOR_SIZE) {
		bool good = ps3_sensor_decode((const uint8_t *)bytes, &sensor);
		text_addf(text, "%s \"%s\" \"%s\" vref %g sensitivity %g%s\n", good ? "sensor" : "no sensor", sensor.type, sensor.pair, sensor.vref,
			 sensor.sensitivity, sensor.in_use ? " in use" : "");
	} else {
		said((const uint8_t *)bytes, size, 4096, true, text);
	}
}

static void replayed(void **state)
{
	(void)state;
	captures_replay("powersensor3", print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),		  cmocka_unit_test(torn),	cmocka_unit_test(no_sets),
		cmocka_unit_test(an_end_and_sensor_7), cmocka_unit_test(silence_in_a_set), cmocka_unit_test(sensors),
		cmocka_unit_test(what_a_level_is_worth), cmocka_unit_test(versions), cmocka_unit_test(replayed),
	};
	return cmocka_run_group_tests_name("ps3_wire", tests, NULL, NULL);
}
