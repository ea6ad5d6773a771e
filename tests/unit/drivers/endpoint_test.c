#include "link.h"
#include "unit.h"

static void test_good(void **state)
{
	(void)state;
	static const struct {
		const char *uri, *scheme, *host, *path, *query;
		int port;
	} cases[] = {
		{ "tcp://10.0.0.7:5025", "tcp", "10.0.0.7", "", "", 5025 },
		{ "tcp://meter.lab:1", "tcp", "meter.lab", "", "", 1 },
		{ "tcp://[fe80::1]:65535", "tcp", "fe80::1", "", "", 65535 },
		{ "unix:///run/x.sock", "unix", "", "/run/x.sock", "", -1 },
		{ "pty:///dev/pts/4", "pty", "", "/dev/pts/4", "", -1 },
		{ "serial:///dev/ttyUSB0?baud=9600", "serial", "", "/dev/ttyUSB0", "baud=9600", -1 },
		{ "usbtmc://0b21:0025/C3TL08017E", "usbtmc", "0b21:0025", "/C3TL08017E", "", -1 },
		{ "usbtmc://0b21:0025", "usbtmc", "0b21:0025", "", "", -1 },
		{ "vxi11://10.0.0.7", "vxi11", "10.0.0.7", "", "", -1 },
		{ "vxi11://10.0.0.7:1024/inst1", "vxi11", "10.0.0.7", "/inst1", "", 1024 },
		{ "vxi11://[fe80::1]?portmapper=1111", "vxi11", "fe80::1", "", "portmapper=1111", -1 },
		{ "http://plug.local", "http", "plug.local", "", "", -1 },
		{ "http://plug.local:8080/rpc?id=0", "http", "plug.local", "/rpc", "id=0", 8080 },
		{ "file:///sys/class/powercap", "file", "", "/sys/class/powercap", "", -1 },
		{ "gpio:///dev/gpiochip0", "gpio", "", "/dev/gpiochip0", "", -1 },
		{ "gpio://INT34C5:00", "gpio", "INT34C5:00", "", "", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct endpoint e;
		struct error error = ERROR_INIT;
		if (endpoint_parse(cases[i].uri, &e, &error) < 0)
			fail_msg("%s: %s", cases[i].uri, error.what);
		assert_string_equal(e.text, cases[i].uri);
		assert_string_equal(e.scheme, cases[i].scheme);
		assert_string_equal(e.host, cases[i].host);
		assert_string_equal(e.path, cases[i].path);
		assert_string_equal(e.query, cases[i].query);
		assert_int_equal(e.port, cases[i].port);
	}
}

static void test_bad(void **state)
{
	(void)state;
	static const struct {
		const char *uri, *says, *remedy;
	} cases[] = {
		{ "", "no 'scheme://'", "tcp://HOST:PORT" },
		{ "10.0.0.7:5025", "no 'scheme://'", "" },
		{ "tcp:10.0.0.7", "no 'scheme://'", "" },
		{ "://x", "no 'scheme://'", "" },
		{ "gpib://7", "scheme is unknown", "" },
		{ "TCP://10.0.0.7:1", "scheme is unknown", "" },
		{ "gpio://", "path is missing", "gpio:///dev/gpiochip0 or gpio://LABEL" },
		{ "gpio:///", "path is missing", "" },
		{ "gpio://trig/dev/gpiochip0", "a host and a path", "" },
		{ "averyveryverylongscheme://x", "scheme is longer than 15", "" },
		{ "tcp://", "host is missing", "tcp://10.0.0.7:5025" },
		{ "tcp://:5025", "host is missing", "" },
		{ "tcp://10.0.0.7", "port is missing", "" },
		{ "tcp://10.0.0.7:", "port is not a number", "" },
		{ "tcp://10.0.0.7:0", "port is not a number", "" },
		{ "tcp://10.0.0.7:65536", "port is not a number", "" },
		{ "tcp://10.0.0.7:50a", "port is not a number", "" },
		{ "tcp://10.0.0.7:+50", "port is not a number", "" },
		{ "tcp://10.0.0.7:99999999999", "port is not a number", "" },
		{ "tcp://10.0.0.7:50/x", "takes no path", "" },
		{ "tcp://fe80::1:5025", "port is not a number", "" },
		{ "vxi11://10.0.0.7:", "port is not a number", "vxi11://10.0.0.7" },
		{ "vxi11://", "host is missing", "" },
		{ "tcp://[fe80::1:5025", "no closing ']'", "" },
		{ "tcp://[]:5025", "no closing ']'", "" },
		{ "unix://run/x.sock", "three slashes", "unix:///run/meter.sock" },
		{ "unix://", "path is missing", "" },
		{ "unix:///", "path is missing", "" },
		{ "pty://", "path is missing", "" },
		{ "file://sys", "three slashes", "" },
		{ "tcp://10.0.0.7:5025 ", "space or a control", "" },
		{ "unix:///run/\x01", "space or a control", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct endpoint e;
		struct error error = ERROR_INIT;
		if (endpoint_parse(cases[i].uri, &e, &error) == 0)
			fail_msg("'%s' was taken", cases[i].uri);
		if (strstr(error.what, cases[i].says) == NULL || strstr(error.remedy, cases[i].remedy) == NULL)
			fail_msg("%s: %s; %s", cases[i].uri, error.what, error.remedy);
		assert_int_equal(error.code, ERROR_CONFIG);
		assert_string_equal(error.on, cases[i].uri);
	}
}

static void test_too_long(void **state)
{
	(void)state;
	static const struct {
		const char *before;
		int length;
		const char *says;
	} cases[] = { { "unix:///", 300, "text is longer" }, { "unix:///", 200, "path is longer" }, 
			{ "http://", 140, "host is longer" },
		      { "serial:///dev/tty?", 80, "query is longer" } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char uri[400];
		size_t before = strlen(cases[i].before);
		memcpy(uri, cases[i].before, before);
		memset(uri + before, 'x', (size_t)cases[i].length);
		uri[before + (size_t)cases[i].length] = '\0';
		struct endpoint e;
		struct error error = ERROR_INIT;
		assert_int_equal(endpoint_parse(uri, &e, &error), -1);
		if (strstr(error.what, cases[i].says) == NULL)
			fail_msg("%s", error.what);
	}
	struct endpoint e;
	assert_int_equal(endpoint_parse("nonsense", &e, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad), cmocka_unit_test(test_too_long),
	};
	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
