#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "links/serial_settings.h"
#include "unit.h"

static int parse(const char *uri, struct serial_settings *settings, struct error *error)
{
	struct endpoint endpoint;
	if (endpoint_parse(uri, &endpoint, error) < 0)
		return -1;
	return serial_settings_parse(&endpoint, settings, error);
}

static void test_good(void **state)
{
	(void)state;
	static const struct {
		const char *query, *text;
	} cases[] = {
		{ "", "9600 8N1" },
		{ "?", "9600 8N1" },
		{ "?baud=1200", "1200 8N1" },
		{ "?baud=50", "50 8N1" },
		{ "?baud=4000000", "4000000 8N1" },
		{ "?baud=57600&bits=7&parity=even&stop=2&flow=rtscts", "57600 7E2 rtscts" },
		{ "?flow=xonxoff&stop=1&parity=odd&bits=5&baud=9600", "9600 5O1 xonxoff" },
		{ "?parity=none", "9600 8N1" },
		{ "?flow=none", "9600 8N1" },
		{ "?baud=4000000&bits=8&parity=none&stop=1&flow=xonxoff", "4000000 8N1 xonxoff" }, /* the longest there is */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char uri[128], text[40];
		struct serial_settings settings;
		struct error error = ERROR_INIT;
		snprintf(uri, sizeof uri, "serial:///dev/ttyUSB0%s", cases[i].query);
		if (parse(uri, &settings, &error) < 0)
			fail_msg("%s: %s", uri, error.what);
		assert_string_equal(serial_settings_text(&settings, text, sizeof text), cases[i].text);
	}
}

static void test_bad(void **state)
{
	(void)state;
	static const struct {
		const char *query, *says;
	} cases[] = {
		{ "9600", "'9600' is not KEY=VALUE" },
		{ "baud", "is not KEY=VALUE" },
		{ "baud=9600&", "'' is not KEY=VALUE" },
		{ "&baud=9600", "'' is not KEY=VALUE" },
		{ "baud=9600&&bits=8", "'' is not KEY=VALUE" },
		{ "speed=9600", "'speed' is none of baud, bits, parity, stop, flow" },
		{ "Baud=9600", "'Baud' is none of" },
		{ "=9600", "'' is none of" },
		{ "baud=9600&baud=9600", "'baud' is given twice" },
		{ "parity=none&baud=1200&parity=none", "'parity' is given twice" },
		{ "baud=", "takes 50 to 4000000, not ''" },
		{ "baud=49", "takes 50 to 4000000, not '49'" },
		{ "baud=4000001", "not '4000001'" },
		{ "baud=9600baud", "not '9600baud'" },
		{ "baud=+9600", "not '+9600'" },
		{ "baud=-9600", "not '-9600'" },
		{ "baud=09600", "not '09600'" },
		{ "baud=9600.0", "not '9600.0'" },
		{ "baud=9.6e3", "not '9.6e3'" },
		{ "baud=0x2580", "not '0x2580'" },
		{ "baud=99999999999999999999", "not '99999999999999999999'" },
		{ "baud=9600=1", "not '9600=1'" },
		{ "baud=9600?bits=8", "not '9600?bits=8'" },
		{ "baud=9600;bits=8", "not '9600;bits=8'" },
		{ "bits=4", "takes 5 to 8, not '4'" },
		{ "bits=9", "not '9'" },
		{ "parity=mark", "takes none, odd or even, not 'mark'" },
		{ "parity=N", "not 'N'" },
		{ "parity=1", "not '1'" },
		{ "stop=0", "takes 1 or 2, not '0'" },
		{ "stop=1.5", "not '1.5'" },
		{ "flow=hardware", "takes none, rtscts or xonxoff, not 'hardware'" },
		{ "flow=", "not ''" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char uri[128];
		struct serial_settings settings;
		struct error error = ERROR_INIT;
		snprintf(uri, sizeof uri, "serial:///dev/ttyUSB0?%s", cases[i].query);
		if (parse(uri, &settings, &error) == 0)
			fail_msg("'%s' was taken", uri);
		if (strstr(error.what, cases[i].says) == NULL)
			fail_msg("%s: %s", uri, error.what);
		assert_int_equal(error.code, ERROR_CONFIG);
		assert_string_equal(error.on, uri);
		assert_non_null(strstr(error.remedy, "serial:///dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1&flow=none"));
	}
}

/* ---- whatever is typed: no crash, no reading beyond, and what is taken is what was written ---- */

#define SEED 20260301
#define ROUNDS 200000

static uint64_t randoms;

static uint64_t draw(uint64_t below)
{
	randoms = randoms * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (randoms >> 33) % below;
}

static const char *word(const char *const *words, size_t n)
{
	return words[draw(n)];
}
#define WORD(...) word((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Mostly well formed, in any order, with slips. */
static void compose(char *uri, size_t size)
{
	size_t n = (size_t)snprintf(uri, size, "%s", WORD("serial:///dev/ttyS0", "serial:///dev/ttyS0", "serial:///dev/ttyS0",
							 "serial://dev/ttyS0", "serial:///", "tcp://10.0.0.7:5025", "serial:/dev/x"));
	for (uint64_t parts = draw(7), i = 0; i < parts && n < size; i++)
		n += (size_t)snprintf(uri + n, size - n, "%s%s%s%s", i ? WORD("&", "&", "&", "&", "?", "") : "?",
				      WORD("baud", "bits", "parity", "stop", "flow", "", "bau", "x"), WORD("=", "=", "=", "=", ""),
				      WORD("9600", "19200", "8", "7", "none", "odd", "even", "1", "2", "rtscts", "xonxoff", "", "0",
					   "-1", "1e3", "99999999999"));
	if (n < size && n > 0 && draw(4) == 0)
		uri[draw(n)] = (char)(1 + draw(255));
}

/* What was taken, written anew, must be taken again, as the same. */
static void check_taken(const struct serial_settings *settings)
{
	static const char *const parities[] = { "none", "odd", "even" }, *const flows[] = { "none", "rtscts", "xonxoff" };
	char uri[160];
	struct serial_settings again;
	struct error error = ERROR_INIT;
	assert_in_range(settings->baud, 50, 4000000);
	assert_in_range(settings->bits, 5, 8);
	assert_in_range(settings->stop, 1, 2);
	assert_in_range(settings->parity, 0, 2);
	assert_in_range(settings->flow, 0, 2);
	snprintf(uri, sizeof uri, "serial:///x?baud=%d&bits=%d&parity=%s&stop=%d&flow=%s", settings->baud, settings->bits,
		 parities[settings->parity], settings->stop, flows[settings->flow]);
	if (parse(uri, &again, &error) < 0)
		fail_msg("%s: %s", uri, error.what);
	assert_memory_equal(&again, settings, sizeof again);
}

static void test_anything(void **state)
{
	(void)state;
	int taken = 0, refused = 0;
	randoms = SEED;
	for (int i = 0; i < ROUNDS; i++) {
		char composed[400], line[700];
		compose(composed, sizeof composed);
		char *uri = malloc(strlen(composed) + 1); /* exactly as long: reading on is seen by the sanitizer */
		assert_non_null(uri);
		memcpy(uri, composed, strlen(composed) + 1);
		struct endpoint endpoint;
		struct serial_settings settings;
		struct error error = ERROR_INIT;
		bool is_endpoint = endpoint_parse(uri, &endpoint, &error) == 0;
		if (is_endpoint && strcmp(endpoint.scheme, "serial") == 0 && serial_settings_parse(&endpoint, &settings, &error) == 0) {
			check_taken(&settings);
			taken++;
		} else if (error.code != ERROR_NONE) {
			assert_int_equal(error.code, ERROR_CONFIG);
			assert_true(error.remedy[0] && strlen(error_line(&error, line, sizeof line)) > strlen(error.remedy));
			refused++;
		}
		free(uri);
	}
	print_message("seed %d: %d taken, %d refused\n", SEED, taken, refused);
	assert_true(taken > ROUNDS / 50 && refused > ROUNDS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad), cmocka_unit_test(test_anything),
	};
	return cmocka_run_group_tests_name("serial_settings", tests, NULL, NULL);
}
