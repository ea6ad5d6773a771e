/* Every form that a plug's reply has, and every one that it must not have. */
#include "captures.h"
#include "meters/plug_reply.h"
#include "record.h"

static int decode(enum plug_kind kind, int channel, const char *text, struct plug_reading *reading)
{
	return plug_reading_decode(kind, channel, text, strlen(text), reading);
}

/* ---- what was heard ---- */

static void say_value(const char *before, const char *name, const struct plug_value *value, bool decimals, struct text *text)
{
	if (!value->present)
		return;
	text_addf(text, "%s%s %.12g%s%s", before, name, value->value, value->flags & FLAG_NO_DATA ? " [no data]" : "", value->flags & FLAG_OVER_RANGE ? " [over range]" : "");
	if (decimals)
		text_addf(text, " (%d decimals)", value->decimals);
}

/* The file does not say of what kind it is: what it has in it does. */
static enum plug_kind kind_of(const char *bytes)
{
	return strstr(bytes, "act_power") ? PLUG_EM1 : strstr(bytes, "meters") ? PLUG_GEN1 : strstr(bytes, "StatusSNS") || strstr(bytes, "WARNING") ? PLUG_TASMOTA : PLUG_SWITCH;
}

static void print(const char *bytes, size_t size, struct text *text)
{
	struct plug_reading r;
	enum plug_kind kind = kind_of(bytes);
	if (plug_reading_decode(kind, 0, bytes, size, &r) != 0) {
		text_add(text, "garbled\n");
		return;
	}
	text_addf(text, "%s: ", plug_dialects[kind].name);
	text_add(text, r.power.present ? "" : "no power");
	say_value("", "power", &r.power, true, text);
	say_value(", ", "voltage", &r.voltage, false, text);
	say_value(", ", "current", &r.current, false, text);
	say_value(", ", "energy", &r.energy, true, text);
	if (r.energy.present)
		text_addf(text, ", count %llu", (unsigned long long)r.count);
	text_add(text, "\n");
}

static void captured(void **state)
{
	(void)state;
	captures_replay("http_plug", print);
}

/* ---- forms ---- */

static void meters_of_several(void **state)
{
	(void)state;
	struct plug_reading r;
	static const char gen1[] = "{\"meters\":[{\"power\":1.5,\"is_valid\":true,\"total\":7},{\"power\":2.5,\"is_valid\":false,\"total\":8}]}";
	assert_int_equal(decode(PLUG_GEN1, 0, gen1, &r), 0);
	assert_near(r.power.value, 1.5, 0);
	assert_int_equal(decode(PLUG_GEN1, 1, gen1, &r), 0);
	assert_true(r.power.present && isnan(r.power.value) && r.power.flags == FLAG_NO_DATA && r.energy.flags == FLAG_NO_DATA);
	assert_int_equal(decode(PLUG_GEN1, 2, gen1, &r), 0);
	assert_true(!r.power.present && !r.energy.present);
	static const char both[] = "{\"StatusSNS\":{\"ENERGY\":{\"Total\":[1.250,0.5],\"Power\":[40,7.5],\"Voltage\":[227,228],\"Current\":[0.282,0.050]}}}";
	assert_int_equal(decode(PLUG_TASMOTA, 1, both, &r), 0);
	assert_near(r.power.value, 7.5, 0);
	assert_near(r.voltage.value, 228, 0);
	assert_near(r.current.value, 0.05, 1e-15);
	assert_true(r.energy.present && r.count == 500000 && r.energy.decimals == 1);
	assert_int_equal(decode(PLUG_TASMOTA, 2, both, &r), 0);
	assert_true(!r.power.present);
}

static void what_is_no_data(void **state)
{
	(void)state;
	static const struct {
		enum plug_kind kind;
		const char *text;
		uint32_t power, energy;
	} cases[] = {
		{ PLUG_SWITCH, "{\"apower\":null,\"aenergy\":{\"total\":1.000}}", FLAG_NO_DATA, 0 },
		{ PLUG_PM1, "{\"apower\":1.0,\"aenergy\":{\"total\":null}}", 0, FLAG_NO_DATA },
		{ PLUG_EM1, "{\"act_power\":12.0,\"errors\":[\"out_of_range:act_power\"]}", FLAG_OVER_RANGE, 0 },
		{ PLUG_EM1, "{\"act_power\":12.0,\"errors\":[\"power_meter_failure\"]}", FLAG_NO_DATA, 0 },
		{ PLUG_SWITCH, "{\"apower\":12.0,\"aenergy\":{\"total\":1.000},\"errors\":[\"overtemp\", \"out_of_range:voltage\"]}", FLAG_OVER_RANGE, FLAG_OVER_RANGE },
		{ PLUG_SWITCH, "{\"apower\":12.0,\"aenergy\":{\"total\":1.000},\"errors\":[\"overtemp\"]}", 0, 0 },
		{ PLUG_SWITCH, "{\"apower\":12.0,\"aenergy\":{\"total\":-1.000}}", 0, FLAG_IMPLAUSIBLE },
		{ PLUG_SWITCH, "{\"apower\":12.0,\"aenergy\":{\"total\":123456789012345.0}}", 0, FLAG_IMPLAUSIBLE },
		{ PLUG_GEN1, "{\"meters\":[{\"power\":3,\"is_valid\":false,\"total\":5}]}", FLAG_NO_DATA, FLAG_NO_DATA },
		{ PLUG_TASMOTA, "{\"StatusSNS\":{\"ENERGY\":{\"Power\":null,\"Total\":null}}}", FLAG_NO_DATA, FLAG_NO_DATA },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct plug_reading r;
		assert_int_equal(decode(cases[i].kind, 0, cases[i].text, &r), 0);
		assert_int_equal(r.power.flags, cases[i].power);
		assert_int_equal(isnan(r.power.value) != 0, cases[i].power != 0);
		assert_int_equal(r.energy.flags, cases[i].energy);
		assert_true(r.energy.flags == 0 || (isnan(r.energy.value) && r.count == 0));
	}
}

static void what_is_no_reply(void **state)
{
	(void)state;
	static const struct {
		enum plug_kind kind;
		const char *text;
	} bad[] = {
		{ PLUG_SWITCH, "" }, { PLUG_SWITCH, "<html></html>" }, { PLUG_SWITCH, "{\"apower\":12.0" }, { PLUG_SWITCH, "{\"apower\":\"12.0\"}" },
		{ PLUG_SWITCH, "{\"apower\":true}" }, { PLUG_SWITCH, "{\"apower\":{}}" }, { PLUG_SWITCH, "{\"apower\":1,\"apower\":2}" }, { PLUG_SWITCH, "{\"apower\":nan}" },
		{ PLUG_SWITCH, "{\"apower\":1,\"voltage\":\"x\"}" }, { PLUG_SWITCH, "{\"apower\":1,\"current\":\"x\"}" },
		{ PLUG_SWITCH, "{\"apower\":1,\"aenergy\":{\"total\":\"1\"}}" }, { PLUG_SWITCH, "{\"apower\":1e400}" },
		{ PLUG_TASMOTA, "{\"StatusSNS\":{\"ENERGY\":{\"Power\":\"011\"}}}" }, { PLUG_GEN1, "{\"meters\":[{\"power\":\"1\"}]}" },
	};
	struct plug_reading r;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (decode(bad[i].kind, 0, bad[i].text, &r) == 0)
			fail_msg("taken for a reading: %s", bad[i].text);
	/* An array where a single value is expected has nothing at the place of each. */
	assert_int_equal(decode(PLUG_SWITCH, 0, "{\"apower\":[1]}", &r), 0);
	assert_true(!r.power.present);
}

static void counts_are_exact(void **state)
{
	(void)state;
	static const struct {
		const char *total;
		uint64_t count;
	} cases[] = { { "0", 0 }, { "0.001", 1000 }, { "12345.678", UINT64_C(12345678000) }, { "1.2345678", 1234567 }, { "1e3", 1000000000 }, { "2.5e-1", 250000 },
		      { "9000000000.123", UINT64_C(9000000000123000) } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[96] = "{\"apower\":0,\"aenergy\":{\"total\":";
		struct plug_reading r;
		strcat(strcat(text, cases[i].total), "}}");
		assert_int_equal(decode(PLUG_SWITCH, 0, text, &r), 0);
		assert_true(r.count == cases[i].count && r.energy.flags == 0);
	}
	assert_near(plug_dialects[PLUG_SWITCH].micro, 3600e-6, 1e-18);
	assert_near(plug_dialects[PLUG_GEN1].micro, 60e-6, 1e-18);
	assert_near(plug_dialects[PLUG_TASMOTA].micro, 3.6, 1e-12);
	for (int i = 0; i < PLUG_KINDS; i++)
		assert_near(plug_dialects[i].quantum, plug_dialects[i].micro * 1e6, 1e-3);
}

/* ---- who is there ---- */

static void shellies(void **state)
{
	(void)state;
	struct plug_identity id;
	static const char later[] = "{\"name\":null,\"id\":\"shellyplus1pm-a8032ab636ec\",\"mac\":\"A8032AB636EC\",\"model\":\"SNSW-001P16EU\",\"gen\":2,"
				    "\"fw_id\":\"20210720-153353/0.6.7-gc36674b\",\"ver\":\"0.6.7\",\"app\":\"Plus1PM\",\"auth_en\":false,\"auth_domain\":null}";
	static const char first[] = "{\"type\":\"SHPLG-S\",\"mac\":\"C8C9A3B18C12\",\"auth\":true,\"fw\":\"20210115-103101/v1.9.4@e2732e05\",\"num_outputs\":1,\"num_meters\":1}";
	assert_int_equal(plug_shelly_decode(later, strlen(later), &id), 0);
	assert_int_equal(id.generation, 2);
	assert_string_equal(id.model, "SNSW-001P16EU");
	assert_string_equal(id.serial, "A8032AB636EC");
	assert_string_equal(id.firmware, "0.6.7");
	assert_false(id.locked);
	assert_int_equal(plug_shelly_decode(first, strlen(first), &id), 0);
	assert_int_equal(id.generation, 1);
	assert_string_equal(id.model, "SHPLG-S");
	assert_true(id.locked);
	static const char locked[] = "{\"mac\":\"A\",\"model\":\"M\",\"gen\":3,\"auth_en\":true}";
	assert_int_equal(plug_shelly_decode(locked, strlen(locked), &id), 0);
	assert_true(id.locked && id.generation == 3 && id.firmware[0] == '\0');
	static const char *const bad[] = { "", "{}", "{\"mac\":\"A\",\"gen\":2}", "{\"model\":\"M\",\"gen\":2}", "{\"mac\":\"A\",\"model\":\"M\",\"gen\":1}",
					   "{\"mac\":\"A\",\"model\":\"M\",\"gen\":2.5}", "{\"mac\":\"A\",\"model\":\"M\",\"gen\":100}", "{\"mac\":\"A\",\"model\":\"M\"}",
					   "{\"mac\":7,\"type\":\"M\"}" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(plug_shelly_decode(bad[i], strlen(bad[i]), &id), -1);
}

static void tasmotas(void **state)
{
	(void)state;
	struct plug_identity id = { .model = "Tasmota" };
	static const char firmware[] = "{\"StatusFWR\":{\"Version\":\"9.3.1(tasmota)\",\"BuildDateTime\":\"2021-03-09T16:03:13\",\"Hardware\":\"ESP8266EX\"}}";
	static const char network[] = "{\"StatusNET\":{\"Hostname\":\"plug-1234\",\"IPAddress\":\"10.0.0.9\",\"Mac\":\"A0:20:A6:00:12:34\"}}";
	static const char locked[] = "{\"WARNING\":\"Need user=<username>&password=<password>\"}";
	assert_int_equal(plug_tasmota_decode(firmware, strlen(firmware), &id), 0);
	assert_int_equal(plug_tasmota_decode(network, strlen(network), &id), 0);
	assert_string_equal(id.firmware, "9.3.1(tasmota)");
	assert_string_equal(id.serial, "A0:20:A6:00:12:34");
	assert_false(id.locked);
	assert_int_equal(plug_tasmota_decode(locked, strlen(locked), &id), 0);
	assert_true(id.locked);
	assert_int_equal(plug_tasmota_decode("{", 1, &id), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured), cmocka_unit_test(meters_of_several), cmocka_unit_test(what_is_no_data), cmocka_unit_test(what_is_no_reply),
		cmocka_unit_test(counts_are_exact), cmocka_unit_test(shellies), cmocka_unit_test(tasmotas),
	};
	return cmocka_run_group_tests_name("plug_reply", tests, NULL, NULL);
}
