/*
 * Instruments: found, asked, named, and the bench that follows from them; on links and with a driver of the test's own.
 *
 *   bus://NAME      asked without being told to; serial://NAME?baud=N only when told
 *   acme            the driver: knows who answers WHO? with "acme SERIAL"; one that ends with ? does not tell all of itself
 */
#include "bench_text.h"
#include "instruments.h"
#include "log.h"

/* What there is, and what it answers; `baud`: only at this speed. */
struct thing {
	const char *endpoint;
	uint16_t vendor;
	const char *who, *idn;
	const char *baud;
	bool forbidden;
};
static const struct thing *things;
static char asked[1024]; /* every endpoint that was opened, in order */

/* ---- the link ---- */

struct wire {
	struct link link;
	const struct thing *thing;
	char reply[96];
};

static const struct thing *thing_at(const struct endpoint *endpoint)
{
	for (const struct thing *thing = things; thing->endpoint; thing++) {
		size_t length = strlen(thing->endpoint);
		if (strncmp(endpoint->text, thing->endpoint, length) == 0 && strchr("?", endpoint->text[length]))
			return thing;
	}
	return NULL;
}

static struct link *wire_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	const struct thing *thing = thing_at(endpoint);
	(void)timebase;
	(void)deadline;
	snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%s ", endpoint->text);
	if (thing == NULL || thing->forbidden) {
		error_set(error, thing ? ERROR_PERMISSION : ERROR_NOT_FOUND, endpoint->text, thing ? ACCESS_REMEDY : NULL, "cannot open");
		return NULL;
	}
	struct wire *wire = calloc(1, sizeof *wire);
	assert_non_null(wire);
	bool right = thing->baud == NULL || strstr(endpoint->query, thing->baud);
	static const struct thing mute;
	wire->thing = right ? thing : &mute;
	return &wire->link;
}

static enum io wire_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct wire *wire = (struct wire *)link;
	const char *reply = size >= 4 && memcmp(bytes, "WHO?", 4) == 0 ? wire->thing->who : wire->thing->idn;
	(void)deadline;
	snprintf(wire->reply, sizeof wire->reply, "%s%s", reply ? reply : "", reply ? "\n" : "");
	return IO_OK;
}

static enum io wire_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct wire *wire = (struct wire *)link;
	(void)deadline;
	*got = strlen(wire->reply);
	assert_true(*got <= size);
	*end = true;
	memcpy(bytes, wire->reply, *got);
	wire->reply[0] = '\0';
	return *got ? IO_OK : IO_TIMEOUT;
}

static enum io wire_clear(struct link *link, int64_t deadline)
{
	(void)deadline;
	((struct wire *)link)->reply[0] = '\0';
	return IO_OK;
}

static void wire_close(struct link *link)
{
	free(link);
}

/* Those of one scheme, in the order of the table. */
static size_t find(const char *scheme, struct finding *found, size_t max)
{
	size_t n = 0;
	for (const struct thing *thing = things; thing->endpoint; thing++) {
		if (strncmp(thing->endpoint, scheme, strlen(scheme)) != 0)
			continue;
		if (n < max) {
			found[n] = (struct finding){ .vendor = thing->vendor, .forbidden = thing->forbidden };
			snprintf(found[n].endpoint, sizeof found[n].endpoint, "%s", thing->endpoint);
		}
		n++;
	}
	return n;
}

static size_t find_usb(struct finding *found, size_t max)
{
	return find("usbtmc", found, max);
}

static size_t find_ports(struct finding *found, size_t max)
{
	return find("serial", found, max);
}

#define WIRE(name, look) { \
	.scheme = name, .open = wire_open, .send = wire_send, .recv = wire_recv, .clear = wire_clear, .close = wire_close, .find = look }
static const struct link_ops usb = WIRE("usbtmc", find_usb), ports = WIRE("serial", find_ports), net = WIRE("tcp", NULL);

/* ---- the driver, and the registry in place of drivers/registry.c ---- */

static int acme_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
		      struct error *error)
{
	char reply[96];
	(void)timebase;
	if (link_query(link, "WHO?", reply, sizeof reply, 0) != IO_OK)
		return error_set(error, ERROR_TIMEOUT, config->endpoint.text, NULL, "no answer");
	if (strncmp(reply, "acme ", 5) != 0)
		return error_set(error, ERROR_NOT_FOUND, config->endpoint.text, NULL, "%s answered", reply);
	snprintf(identity->maker, sizeof identity->maker, "acme");
	snprintf(identity->model, sizeof identity->model, "M1");
	snprintf(identity->serial, sizeof identity->serial, "%.40s", reply + 5);
	config->voltage_range = 300;
	config->current_range = 0.5;
	if (strchr(reply, '?')) {
		snprintf(config->doubt[DOUBT_RANGES], sizeof config->doubt[DOUBT_RANGES], "voltage: a guess");
		snprintf(config->doubt[DOUBT_VALUES], sizeof config->doubt[DOUBT_VALUES], "scaled");
		snprintf(config->doubt[DOUBT_OPTIONS], sizeof config->doubt[DOUBT_OPTIONS], "element: one of 1, 2");
		config->options[config->n_options++] = (struct option_value){ .name = "element", .text = "1" };
	}
	return 0;
}

static const char *const acme_schemes[] = { "usbtmc", "serial", NULL };
static const struct driver acme = { .name = "acme", .schemes = acme_schemes, .probe = acme_probe };
/* One that knows its own by what USB says, and asks nobody else over a serial port. */
static int board_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
		       struct error *error)
{
	char reply[96];
	(void)timebase;
	if (link_query(link, "WHO? BOARD", reply, sizeof reply, 0) != IO_OK || strncmp(reply, "board ", 6) != 0)
		return error_set(error, ERROR_UNSUPPORTED, config->endpoint.text, "flash it", "its firmware is another version's");
	snprintf(identity->maker, sizeof identity->maker, "us");
	snprintf(identity->serial, sizeof identity->serial, "%.40s", reply + 6);
	return 0;
}

static bool board_claims(const struct finding *finding)
{
	return finding->vendor == 0x1209;
}

static const struct trigger_ops software_trigger;
static const char *const board_schemes[] = { "serial", NULL };
static const struct driver board = {
	.name = "board", .schemes = board_schemes, .probe = board_probe, .claims = board_claims, .trigger = &software_trigger,
};
static const struct driver software = { .name = "software", .trigger = &software_trigger };

const struct driver *const drivers[] = { &acme, &software, &board, NULL };
const struct link_ops *const link_kinds[] = { &ports, &usb, &net, NULL };

const struct driver *driver_find(const char *name)
{
	for (const struct driver *const *driver = drivers; *driver; driver++)
		if (strcmp((*driver)->name, name) == 0)
			return *driver;
	return NULL;
}

const struct link_ops *link_ops_find(const char *scheme)
{
	for (const struct link_ops *const *kind = link_kinds; *kind; kind++)
		if (strcmp((*kind)->scheme, scheme) == 0)
			return *kind;
	return NULL;
}

/* ---- tests ---- */

static struct instrument list[INSTRUMENTS_MAX];

static size_t look(const struct thing *there)
{
	things = there;
	asked[0] = '\0';
	return instruments_find(list, INSTRUMENTS_MAX);
}

static void finding_is_in_order_and_talks_to_nobody(void **state)
{
	(void)state;
	static const struct thing there[] = {
		{ .endpoint = "usbtmc://0b21:0025/B", .vendor = 0x0b21 }, { .endpoint = "serial:///dev/ttyUSB10" }, { .endpoint = "serial:///dev/ttyUSB9" },
		{ .endpoint = "usbtmc://0b21:0025/A", .forbidden = true }, { NULL },
	};
	static const char *const order[] = { "usbtmc://0b21:0025/A", "usbtmc://0b21:0025/B", "serial:///dev/ttyUSB9", "serial:///dev/ttyUSB10" };
	assert_int_equal(look(there), 4);
	for (int i = 0; i < 4; i++) {
		assert_string_equal(list[i].finding.endpoint, order[i]);
		assert_int_equal(list[i].state, INSTRUMENT_UNASKED);
		assert_int_equal(instrument_is_serial(&list[i]), i >= 2);
	}
	assert_true(list[0].finding.forbidden);
	assert_string_equal(asked, "");
}

static void ask_one(const struct thing *there, enum instrument_state state)
{
	assert_int_equal(look(there), 1);
	instrument_ask(&list[0], &timebase_real);
	assert_int_equal(list[0].state, state);
}

static void one_that_is_known(void **state)
{
	(void)state;
	static const struct thing there[] = { { .endpoint = "usbtmc://0b21:0025/A", .who = "acme 007" }, { NULL } };
	ask_one(there, INSTRUMENT_KNOWN);
	assert_string_equal(list[0].config.driver, "acme");
	assert_string_equal(list[0].config.endpoint.text, "usbtmc://0b21:0025/A");
	assert_string_equal(list[0].config.serial, "007");
	assert_true(isnan(list[0].config.latency));
	assert_string_equal(list[0].identity.maker, "acme");
}

static void one_that_nobody_knows_gives_its_name(void **state)
{
	(void)state;
	static const struct thing there[] = { { .endpoint = "usbtmc://1:2/A", .who = "error", .idn = "OTHER,X,1,2" }, { NULL } };
	ask_one(there, INSTRUMENT_STRANGER);
	assert_string_equal(list[0].answer, "OTHER,X,1,2");
	static const struct thing odd[] = { { .endpoint = "usbtmc://1:2/A", .who = "error", .idn = "\x1b[2J" }, { NULL } };
	ask_one(odd, INSTRUMENT_STRANGER);
	assert_string_equal(list[0].answer, "");
}

static void one_that_does_not_answer(void **state)
{
	(void)state;
	static const struct thing mute[] = { { .endpoint = "usbtmc://1:2/A" }, { NULL } };
	ask_one(mute, INSTRUMENT_UNREACHABLE);
	assert_int_equal(list[0].error.code, ERROR_TIMEOUT);
	static const struct thing closed[] = { { .endpoint = "usbtmc://1:2/A", .forbidden = true }, { NULL } };
	ask_one(closed, INSTRUMENT_UNREACHABLE);
	assert_int_equal(list[0].error.code, ERROR_PERMISSION);
	assert_string_equal(list[0].error.remedy, ACCESS_REMEDY);
}

static void ports_are_asked_at_one_speed_after_the_other(void **state)
{
	(void)state;
	static const struct thing slow[] = { { .endpoint = "serial:///dev/ttyS0", .who = "acme 1", .baud = "57600" }, { NULL } };
	ask_one(slow, INSTRUMENT_KNOWN);
	assert_string_equal(asked, "serial:///dev/ttyS0?baud=9600 serial:///dev/ttyS0?baud=115200 serial:///dev/ttyS0?baud=57600 ");
	assert_string_equal(list[0].config.endpoint.text, "serial:///dev/ttyS0?baud=57600");
	static const struct thing mute[] = { { .endpoint = "serial:///dev/ttyS0" }, { NULL } };
	ask_one(mute, INSTRUMENT_UNREACHABLE);
	assert_non_null(strstr(asked, "baud=19200 "));
	assert_int_equal(list[0].error.code, ERROR_TIMEOUT);
	assert_string_equal(list[0].error.on, "serial:///dev/ttyS0");
	static const struct thing closed[] = { { .endpoint = "serial:///dev/ttyS0", .forbidden = true }, { NULL } };
	ask_one(closed, INSTRUMENT_UNREACHABLE); /* no speed opens what may not be opened */
	assert_string_equal(asked, "serial:///dev/ttyS0?baud=9600 ");
}

static void a_speed_that_is_named_is_the_only_one(void **state)
{
	(void)state;
	static const struct thing none[] = { { NULL } };
	struct error error = ERROR_INIT;
	look(none);
	assert_int_equal(instrument_named("serial:///dev/ttyS0?baud=300", &list[0], &error), 0);
	instrument_ask(&list[0], &timebase_real);
	assert_string_equal(asked, "serial:///dev/ttyS0?baud=300 ");
	assert_int_equal(list[0].state, INSTRUMENT_UNREACHABLE);
	assert_int_equal(instrument_named("nonsense", &list[0], &error), -1);
	assert_int_equal(error.code, ERROR_CONFIG);
}

static void one_port_has_two_names(void **state)
{
	(void)state;
	static const struct { const char *uri; bool same; } names[] = {
		{ "serial:///dev/serial/by-id/X", true }, { "serial:///dev/serial/by-id/X?baud=300", true }, { "serial:///dev/ttyS0?baud=300", true },
		{ "serial:///dev/ttyS", false }, { "serial:///dev/serial/by-id/XY", false }, { "pty:///dev/ttyS0", false },
	};
	struct instrument port = { .finding = { .endpoint = "serial:///dev/serial/by-id/X", .node = "/dev/ttyS0" } };
	struct endpoint endpoint;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			assert_int_equal(endpoint_parse(names[i].uri, &endpoint, NULL), 0);
			assert_int_equal(instrument_is_at(&port, &endpoint), names[i].same);
		}
		strcat(port.finding.endpoint, "?baud=9600");
	}
}

static void a_link_that_no_driver_asks_over(void **state)
{
	(void)state;
	static const struct thing none[] = { { NULL } };
	look(none);
	assert_int_equal(instrument_named("tcp://10.0.0.7:5025", &list[0], NULL), 0);
	instrument_ask(&list[0], &timebase_real);
	assert_int_equal(list[0].state, INSTRUMENT_UNREACHABLE);
	assert_int_equal(list[0].error.code, ERROR_UNSUPPORTED);
	assert_string_equal(asked, "");
}

static const struct thing several[] = {
	{ .endpoint = "serial:///dev/ttyS0", .who = "acme 1" }, { .endpoint = "usbtmc://0b21:0025/A", .who = "acme 1" },
	{ .endpoint = "usbtmc://0b21:0025/B", .who = "error", .idn = "OTHER,X" }, { .endpoint = "usbtmc://0b21:0025/C", .who = "acme 2" }, { NULL },
};

static void energy_is_never_counted_twice(void **state)
{
	(void)state;
	size_t n = look(several);
	for (size_t i = 0; i < n; i++)
		instrument_ask(&list[i], &timebase_real);
	assert_int_equal(instruments_assign(list, n), 2);
	assert_true(instrument_has_entry(&list[0]));
	assert_string_equal(list[0].config.name, "wall");
	assert_int_equal(list[0].config.measures, ROLE_WALL);
	assert_false(instrument_has_entry(&list[1]));
	assert_true(instrument_has_entry(&list[2]));
	assert_string_equal(list[2].config.name, "meter-2");
	assert_int_equal(list[2].config.measures, ROLE_NONE);
	assert_false(instrument_has_entry(&list[3])); /* the first one, over a serial line */
	assert_int_equal(list[3].same_as, 0);
}

static void a_board_at_a_serial_port(void **state)
{
	(void)state;
	static const struct thing there[] = {
		{ .endpoint = "serial:///dev/ttyACM0", .vendor = 0x1209, .who = "board 7" },
		{ .endpoint = "serial:///dev/ttyACM1", .vendor = 0x1209, .who = "board 8" },
		{ .endpoint = "serial:///dev/ttyACM2", .vendor = 0x1209, .who = "old" },
		{ .endpoint = "serial:///dev/ttyUSB0", .vendor = 0x0403, .who = "board 9" }, /* what is behind an adapter is not asked */
		{ NULL },
	};
	size_t n = look(there);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(instrument_may_be_asked(&list[i]), i < 3);
	for (size_t i = 0; i < n; i++)
		instrument_ask(&list[i], &timebase_real);
	assert_int_equal(instruments_assign(list, n), 0); /* it measures nothing by itself */
	assert_string_equal(list[0].config.name, "rig");
	assert_string_equal(list[1].config.name, "rig-2");
	assert_string_equal(list[0].config.endpoint.text, "serial:///dev/ttyACM0"); /* no speed matters */
	assert_int_equal(list[0].config.measures, ROLE_NONE);
	assert_true(instrument_is_trigger(&list[0]));
	assert_int_equal(list[2].state, INSTRUMENT_UNREACHABLE);
	assert_string_equal(list[2].error.remedy, "flash it");
	assert_true(list[3].state != INSTRUMENT_KNOWN);
}

static void entries_load_as_they_are(void **state)
{
	(void)state;
	struct text text = TEXT_INIT;
	struct bench_text file;
	size_t n = look(several);
	text_add(&text, "joulerig: bench 1\ndevices:\n");
	for (size_t i = 0; i < n; i++)
		instrument_ask(&list[i], &timebase_real);
	instruments_assign(list, n);
	for (size_t i = 0; i < n; i++) {
		char head[256];
		struct device_comments comments;
		instrument_comments(&list[i], head, &comments);
		if (instrument_has_entry(&list[i]))
			bench_yaml_device(&list[i].config, &comments, &text);
	}
	bench_text_must_load(&file, text_string(&text));
	assert_int_equal(file.config.n_devices, 2);
	assert_int_equal(file.config.devices[0].measures, ROLE_WALL);
	assert_string_equal(file.config.devices[0].serial, "1");
	assert_near(file.config.devices[1].current_range, 0.5, 0);
	bench_text_free(&file);
	text_free(&text);
}

/* ---- what an instrument does not tell ---- */

static char said[512];

static void say(enum log_level level, const char *line)
{
	if (level == LOG_LEVEL_WARNING)
		snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line);
}

static void doubts_are_said_in_the_entry_and_to_the_log(void **state)
{
	(void)state;
	static const struct thing there[] = { { .endpoint = "usbtmc://0b21:0025/A", .who = "acme 7?" }, { NULL } };
	struct device_comments comments;
	struct text text = TEXT_INIT;
	char head[256];
	ask_one(there, INSTRUMENT_KNOWN);
	assert_int_equal(instruments_assign(list, 1), 1);
	instrument_comments(&list[0], head, &comments);
	bench_yaml_device(&list[0].config, &comments, &text);
	assert_non_null(strstr(text_string(&text), "\n  # scaled\n  wall:\n"));
	assert_non_null(strstr(text_string(&text), "current: 500 mA } # voltage: a guess\n"));
	assert_non_null(strstr(text_string(&text), "options: { element: \"1\" } # element: one of 1, 2\n"));
	text_free(&text);
	said[0] = '\0';
	log_set_sink(say);
	instrument_say_doubts(&list[0]);
	log_set_sink(NULL);
	assert_string_equal(said, "usbtmc://0b21:0025/A: voltage: a guess\nusbtmc://0b21:0025/A: element: one of 1, 2\n"
				  "usbtmc://0b21:0025/A: scaled\n");
}

/* ---- the bench of a bare command ---- */

static int detect(const struct thing *there, struct bench_config *config, struct error *error)
{
	things = there;
	asked[0] = '\0';
	*error = (struct error)ERROR_INIT;
	return bench_config_detect(config, error);
}

static void the_only_instrument_measures_the_wall(void **state)
{
	(void)state;
	static const struct thing there[] = {
		{ .endpoint = "serial:///dev/ttyS0", .who = "acme 9" }, { .endpoint = "usbtmc://0b21:0025/A", .who = "acme 1" }, { NULL },
	};
	struct bench_config config;
	struct error error;
	assert_int_equal(detect(there, &config, &error), 0);
	assert_string_equal(config.devices[0].name, "wall");
	assert_int_equal(config.devices[0].measures, ROLE_WALL);
	assert_string_equal(config.devices[0].serial, "1");
	assert_string_equal(asked, "usbtmc://0b21:0025/A "); /* nobody at the serial port is disturbed */
	bench_config_free(&config);
}

static void nobody_measures_by_a_guess(void **state)
{
	(void)state;
	static const struct thing there[] = { { .endpoint = "usbtmc://0b21:0025/A", .who = "acme 7?" }, { NULL } };
	struct bench_config config;
	struct error error;
	assert_int_equal(detect(there, &config, &error), -1);
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_string_equal(error.on, "usbtmc://0b21:0025/A");
	assert_string_equal(error.what, "voltage: a guess");
	assert_non_null(strstr(error.remedy, "joulerig detect --bench"));
	bench_config_free(&config);
}

static void of_several_none_is_chosen(void **state)
{
	(void)state;
	struct bench_config config;
	struct error error;
	assert_int_equal(detect(several, &config, &error), -1);
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_non_null(strstr(error.remedy, "joulerig detect --bench"));
	bench_config_free(&config);
}

static void what_is_forbidden_is_named(void **state)
{
	(void)state;
	static const struct thing there[] = { { .endpoint = "usbtmc://0b21:0025/A", .forbidden = true }, { NULL } };
	struct bench_config config;
	struct error error;
	if (detect(there, &config, &error) != 0) { /* a machine without counters */
		assert_int_equal(error.code, ERROR_PERMISSION);
		assert_string_equal(error.remedy, ACCESS_REMEDY);
	} else {
		assert_int_equal(config.n_devices, 1);
		assert_string_equal(config.devices[0].driver, "powercap");
	}
	bench_config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding_is_in_order_and_talks_to_nobody),
		cmocka_unit_test(one_that_is_known),
		cmocka_unit_test(one_that_nobody_knows_gives_its_name),
		cmocka_unit_test(one_that_does_not_answer),
		cmocka_unit_test(ports_are_asked_at_one_speed_after_the_other),
		cmocka_unit_test(a_speed_that_is_named_is_the_only_one),
		cmocka_unit_test(one_port_has_two_names),
		cmocka_unit_test(a_link_that_no_driver_asks_over),
		cmocka_unit_test(energy_is_never_counted_twice),
		cmocka_unit_test(a_board_at_a_serial_port),
		cmocka_unit_test(entries_load_as_they_are),
		cmocka_unit_test(doubts_are_said_in_the_entry_and_to_the_log),
		cmocka_unit_test(nobody_measures_by_a_guess),
		cmocka_unit_test(the_only_instrument_measures_the_wall),
		cmocka_unit_test(of_several_none_is_chosen),
		cmocka_unit_test(what_is_forbidden_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
