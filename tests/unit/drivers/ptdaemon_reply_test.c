/* What a PTDaemon says: good lines, bad ones, and every code that is no number. */
#include "captures.h"

#include "meters/ptdaemon_reply.h"
#include "record.h"

static void print(const char *bytes, size_t size, struct text *text)
{
	struct ptdaemon_identity id;
	struct ptdaemon_ranges ranges;
	struct ptdaemon_sample sample;
	struct ptdaemon_value value;
	int count;
	(void)size;
	if (ptdaemon_identity_decode(bytes, &id) == 0)
		text_addf(text, "identity %s %d ms version %s OS %s power %d uncertainty %d ranges %d channels %d\n", id.driver, id.interval, id.version,
			  id.os, id.power, id.states_uncertainty, id.sets_ranges, id.channels);
	if (ptdaemon_ranges_decode(bytes, &ranges) == 0)
		text_addf(text, "ranges V %g (%d) A %g (%d)\n", ranges.voltage, ranges.voltage_auto, ranges.current, ranges.current_auto);
	if (ptdaemon_sample_decode(bytes, &sample) == 0)
		text_addf(text, "sample %lld W %.9g V %.9g A %.9g PF %.9g mark %s\n", (long long)sample.wall, sample.watts.value, sample.volts.value,
			  sample.amperes.value, sample.power_factor.value, sample.mark);
	if (ptdaemon_uncertainty_decode(bytes, &value) == 0)
		text_addf(text, "uncertainty %g\n", value.value);
	if (ptdaemon_count_decode(bytes, &count) == 0)
		text_addf(text, "count %d\n", count);
}

static void captures(void **state)
{
	(void)state;
	captures_replay("ptdaemon", print);
}

#define AT "Time,28-12-2020 15:21:14.682"

static void bad_lines(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"", "Time", "Time,", "Time,28-12-2020", "Tim,28-12-2020 15:21:14.682,Watts,1", "Time,28-12-2020 15:21:14,Watts,1",
		"Time,2020-12-28 15:21:14.682,Watts,1", "Time,12-28-2020 15:21:14.682,Watts,1", "Time,29-02-2021 00:00:00.000,Watts,1",
		"Time,31-04-2021 00:00:00.000,Watts,1", "Time,00-01-2021 00:00:00.000,Watts,1", "Time,01-00-2021 00:00:00.000,Watts,1",
		"Time,01-01-1969 00:00:00.000,Watts,1", "Time,01-01-2021 24:00:00.000,Watts,1", "Time,01-01-2021 00:60:00.000,Watts,1",
		"Time,01-01-2021 00:00:61.000,Watts,1", "Time,29-02-1900 00:00:00.000,Watts,1", "Time,29-02-2100 00:00:00.000,Watts,1", AT ",Watts", AT ",Watts,", AT ",Watts,1e3",
		AT ",Watts,1.", AT ",Watts,.5", AT ",Watts,-", AT ",Watts,+1", AT ",Watts,1,Volts,x", AT ",Watts,0x10", AT ",Watts, 1",
		AT ",Watts,10000000000000000000000000000000000000000", AT ",Watts,1.5.2", AT ",Watts,-1-", AT ",Watts,-1.x", AT ",Amps,1 A",
		"Ranges,0,1.0,0", "Ranges,0,1.0,0,300,1", "Ranges,2,1.0,0,300", "Ranges,0,-2,0,300", "Ranges,0,1,x,300", "Ranges,0", "Ranges",
		"Ranges,0.0,1,0,300", "Ranges,,1,0,300", "Ranges,0,,0,300", "Last", "Last samples", "Last x samples", "Last 1 values", "Last -1 samples",
		"Last 500001 samples", "Last 0000000001 samples", "Last 1.0 samples", "No", "Uncertainty", "Uncertainty,", "Uncertainty,x", "Uncertainty,-0.5",
		"D,1000,1,1,1,1,1,1,0,version=1,OS=x,mode=power,1,1", "D,1000,1,1,1,1,1,1,0,1.9,OS=x,mode=power,1,1,1",
		"D,1000,1,1,1,1,1,1,0,version=1,x,mode=power,1,1,1", "D,0,1,1,1,1,1,1,0,version=1,OS=x,mode=power,1,1,1",
		"D,1000,2,1,1,1,1,1,0,version=1,OS=x,mode=power,1,1,1", "D,1000,1,1,1,1,1,1,0,version=1,OS=x,mode=power,2,1,1",
		"D,1000,1,1,1,1,1,1,0,version=1,OS=x,mode=power,1,2,1", "D,1000,1,1,1,1,1,1,0,version=1,OS=x,mode=power,1,1,65",
		",1000,1,1,1,1,1,1,0,version=1,OS=x,mode=power,1,1,1",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct text text = TEXT_INIT;
		print(lines[i], strlen(lines[i]), &text);
		if (text.length)
			fail_msg("\"%s\" is decoded as %s", lines[i], text_string(&text));
		text_free(&text);
	}
}

/* Each comes as a flag, never as a number, whatever the place. */
static void codes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t flags;
	} cases[] = {
		{ "-1.000000", FLAG_NO_DATA }, { "-1", FLAG_NO_DATA }, { "-1.", FLAG_NO_DATA }, { "nan", FLAG_NO_DATA }, { "-nan", FLAG_NO_DATA },
		{ "NaN", FLAG_NO_DATA }, { "inf", FLAG_OVER_RANGE }, { "-inf", FLAG_OVER_RANGE }, { "+Inf", FLAG_OVER_RANGE }, { "-1.000001", 0 },
		{ "-10.000000", 0 }, { "1.000000", 0 }, { "0.000000", 0 }, { "-0.05", 0 },
	};
	static const char *const names[] = { "Watts", "Volts", "Amps", "PF" };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int place = 0; place < 4; place++) {
			char line[200];
			struct ptdaemon_sample s;
			snprintf(line, sizeof line, AT ",%s,%s", names[place], cases[i].text);
			assert_int_equal(ptdaemon_sample_decode(line, &s), 0);
			const struct ptdaemon_value *values[] = { &s.watts, &s.volts, &s.amperes, &s.power_factor };
			for (int k = 0; k < 4; k++) {
				assert_int_equal(values[k]->flags, k == place ? cases[i].flags : FLAG_NO_DATA);
				assert_int_equal(isnan(values[k]->value), k != place || cases[i].flags != 0);
			}
			if (cases[i].flags == 0)
				assert_near(values[place]->value, atof(cases[i].text), 0);
		}
}

static void unknown_names_are_passed_over(void **state)
{
	(void)state;
	struct ptdaemon_sample s;
	assert_int_equal(ptdaemon_sample_decode(AT ",Freq,fifty,Watts,5,THD,,Ch,7,Mark,a b", &s), 0);
	assert_near(s.watts.value, 5, 0);
	assert_string_equal(s.mark, "a b");
	assert_int_equal(ptdaemon_sample_decode(AT ",Mark,0123456789012345678901234567890123456789012345678901234567890123456789", &s), 0);
	assert_int_equal(strlen(s.mark), PTDAEMON_MARK_SIZE - 1);
	assert_int_equal(ptdaemon_sample_decode(AT, &s), 0); /* says nothing at all */
	assert_int_equal(s.watts.flags, FLAG_NO_DATA);
}

static void days(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		int64_t wall; /* ms */
	} cases[] = {
		{ "Time,29-02-2000 00:00:00.000,Watts,1", INT64_C(951782400000) }, { "Time,29-02-2024 00:00:00.001,Watts,1", INT64_C(1709164800001) },
		{ "Time,28-02-2100 00:00:00.000,Watts,1", INT64_C(4107456000000) }, { "Time,01-03-2100 00:00:00.000,Watts,1", INT64_C(4107542400000) },
		{ "Time,01-01-1970 00:00:00.000,Watts,1", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ptdaemon_sample s;
		assert_int_equal(ptdaemon_sample_decode(cases[i].line, &s), 0);
		assert_int_equal(s.wall, cases[i].wall);
	}
}

/* It measures power only if it says so twice. */
static void identities(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool power;
	} cases[] = {
		{ "D,1000,1,1,1,1,1,1,0,version=1,OS=x,mode=power,1,1,1", true }, { "D,1000,0,1,1,1,1,1,0,version=1,OS=x,mode=power,1,1,1", false },
		{ "D,1000,1,1,1,1,1,1,0,version=1,OS=x,mode=temperature,1,1,1", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ptdaemon_identity identity;
		assert_int_equal(ptdaemon_identity_decode(cases[i].line, &identity), 0);
		assert_int_equal(identity.power, cases[i].power);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures), cmocka_unit_test(bad_lines), cmocka_unit_test(codes), cmocka_unit_test(unknown_names_are_passed_over),
		cmocka_unit_test(days), cmocka_unit_test(identities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
