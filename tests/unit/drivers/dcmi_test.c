/* The dcmi driver and its decoders; the BMC is played at the place of the exchange. */
#include <stdio.h>

#include "captures.h"
#include "collect.h"
#include "platform/dcmi.h"
#include "platform/dcmi_wire.h"

/* 182 W now, 10 to 300, average 175; 1000 ms; being measured. */
#define GOOD 0x00, 0xdc, 0xb6, 0x00, 0x0a, 0x00, 0x2c, 0x01, 0xaf, 0x00, 0x78, 0x56, 0x34, 0x12, 0xe8, 0x03, 0x00, 0x00, 0x40

static void test_readings(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[24];
		size_t size;
		enum dcmi_answer answer;
		double watts;
		uint32_t flags, period;
	} cases[] = {
		{ { GOOD }, 19, DCMI_READING, 182, 0, 1000 },
		{ { 0, 0xdc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40 }, 19, DCMI_READING, 0, 0, 0 },
		{ { 0, 0xdc, 182, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbf }, 19, DCMI_READING, NAN, FLAG_NO_DATA, 0 },
		{ { 0, 0xdc, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0x40 }, 19, DCMI_READING, NAN, FLAG_NO_DATA, 0x04030201 },
		{ { 0, 0xdc, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40 }, 19, DCMI_READING, 65534, 0, 0 },
		{ { GOOD }, 18, DCMI_GARBLED, 0, 0, 0 },
		{ { GOOD }, 20, DCMI_GARBLED, 0, 0, 0 },
		{ { 0, 0xdb, 182 }, 19, DCMI_GARBLED, 0, 0, 0 },
		{ { 0 }, 0, DCMI_GARBLED, 0, 0, 0 },
		{ { 0 }, 1, DCMI_GARBLED, 0, 0, 0 },
		{ { 0xc0 }, 1, DCMI_BUSY, 0, 0, 0 },
		{ { 0xc3 }, 1, DCMI_BUSY, 0, 0, 0 },
		{ { 0xc4 }, 1, DCMI_BUSY, 0, 0, 0 },
		{ { 0xce }, 1, DCMI_BUSY, 0, 0, 0 },
		{ { 0xd2 }, 1, DCMI_BUSY, 0, 0, 0 },
		{ { 0xd5, 0xdc }, 2, DCMI_BUSY, 0, 0, 0 },
		{ { 0xc1 }, 1, DCMI_UNKNOWN, 0, 0, 0 },
		{ { 0xcd }, 1, DCMI_UNKNOWN, 0, 0, 0 },
		{ { 0xd4 }, 1, DCMI_FORBIDDEN, 0, 0, 0 },
		{ { 0xd6 }, 1, DCMI_FORBIDDEN, 0, 0, 0 },
		{ { 0x01 }, 1, DCMI_GARBLED, 0, 0, 0 },
		{ { 0xff }, 1, DCMI_GARBLED, 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcmi_reading reading = { .watts = -1 };
		if (dcmi_reading_decode(cases[i].bytes, cases[i].size, &reading) != cases[i].answer)
			fail_msg("case %zu", i);
		if (cases[i].answer != DCMI_READING)
			continue;
		assert_true(isnan(cases[i].watts) ? isnan(reading.watts) : reading.watts == cases[i].watts);
		assert_int_equal(reading.flags, cases[i].flags);
		assert_int_equal(reading.period, cases[i].period);
	}
}

static void test_identities(void **state)
{
	(void)state;
	static const uint8_t dell[] = { 0, 0x20, 0x81, 0x86, 0x92, 0x02, 0xdf, 0xa2, 0x02, 0xf0, 0x00, 0x01, 9, 9, 9, 9 };
	struct dcmi_identity identity;
	assert_int_equal(dcmi_identity_decode(dell, sizeof dell, &identity), 0);
	assert_int_equal(identity.manufacturer, 674);
	assert_int_equal(identity.product, 256);
	assert_int_equal(identity.major, 6);
	assert_int_equal(identity.minor, 0x92);
	assert_int_equal(dcmi_identity_decode(dell, 11, &identity), -1);
	assert_int_equal(dcmi_identity_decode((const uint8_t[12]){ 0xc1 }, 12, &identity), -1);
	assert_int_equal(dcmi_identity_decode(dell, 0, &identity), -1);
}

/* A reply to Get Device ID is the shorter one. */
static void print(const char *bytes, size_t size, struct text *text)
{
	static const char *const names[] = { [DCMI_BUSY] = "busy", [DCMI_UNKNOWN] = "unknown", [DCMI_FORBIDDEN] = "forbidden",
					     [DCMI_GARBLED] = "garbled" };
	struct dcmi_identity identity;
	struct dcmi_reading reading;
	enum dcmi_answer answer = dcmi_reading_decode((const uint8_t *)bytes, size, &reading);
	bool identified = size <= 16 && dcmi_identity_decode((const uint8_t *)bytes, size, &identity) == 0;
	if (answer == DCMI_READING && reading.flags)
		text_addf(text, "no data, period %u ms\n", (unsigned)reading.period);
	else if (answer == DCMI_READING)
		text_addf(text, "%g W, period %u ms\n", reading.watts, (unsigned)reading.period);
	else if (identified)
		text_addf(text, "manufacturer %u product %u firmware %u.%02x\n", (unsigned)identity.manufacturer, (unsigned)identity.product,
			  (unsigned)identity.major, (unsigned)identity.minor);
	else
		text_addf(text, "%s\n", names[answer]);
}

static void test_captures(void **state)
{
	(void)state;
	captures_replay("dcmi", print);
}

/* ---- the device ---- */

static struct {
	uint8_t reply[32];
	size_t size;
	uint16_t product;
	enum io io;
	int asked;
	int64_t takes; /* ns of each exchange */
} bmc;

static struct fake_time fake_clock;

static enum io exchange(struct ipmi *ipmi, uint8_t netfn, uint8_t command, const uint8_t *data, size_t size, uint8_t reply[IPMI_REPLY_MAX], size_t *got,
			int64_t deadline)
{
	static const uint8_t request[] = DCMI_REQUEST;
	const uint8_t identity[] = { 0, 0x20, 1, 2, 0x10, 2, 0, 0xff, 0xff, 0x0f, (uint8_t)bmc.product, (uint8_t)(bmc.product >> 8) };
	bool power = netfn == DCMI_NETFN && command == DCMI_GET_POWER;
	ipmi->fd = -1;
	fake_clock.now += bmc.takes;
	if (bmc.io != IO_OK || fake_clock.now > deadline) {
		if (fake_clock.now < deadline)
			fake_clock.now = deadline;
		return bmc.io != IO_OK ? bmc.io : IO_TIMEOUT;
	}
	assert_true(power ? size == sizeof request && memcmp(data, request, size) == 0 : netfn == 6 && command == 1 && size == 0);
	bmc.asked += power;
	*got = power ? bmc.size : sizeof identity;
	memcpy(reply, power ? bmc.reply : identity, *got);
	return IO_OK;
}

static int open_bmc(struct ipmi *ipmi, const char *path, struct timebase *timebase, struct error *error)
{
	(void)error;
	*ipmi = (struct ipmi){ .fd = -1, .timebase = timebase, .exchange = exchange };
	snprintf(ipmi->path, sizeof ipmi->path, "%s", path);
	return 0;
}

static void answer(const uint8_t *bytes, size_t size)
{
	memcpy(bmc.reply, bytes, size);
	bmc.size = size;
}
#define ANSWER(...) answer((const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ })

static struct device_config plain_config(void)
{
	return (struct device_config){ .name = "bmc", .driver = "dcmi", .latency = NAN, .u_latency = NAN };
}

static int set_up(void **state)
{
	(void)state;
	fake_clock = (struct fake_time)FAKE_TIME_INIT;
	memset(&bmc, 0, sizeof bmc);
	bmc.product = 7;
	bmc.takes = 20 * NS_PER_MS;
	ANSWER(GOOD);
	dcmi_set_opener(open_bmc);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dcmi_set_opener(NULL);
	return 0;
}

static void test_stream(void **state)
{
	(void)state;
	const struct driver *driver = driver_find("dcmi");
	struct device_config config = plain_config();
	struct error error = ERROR_INIT;
	struct collect *collect = collect_begin(&fake_clock.timebase);
	void *device = driver->open(&config, NULL, &fake_clock.timebase, &error);
	assert_non_null(device);
	int n;
	const struct channel *channel = driver->channels(device, &n);
	assert_int_equal(n, 1);
	assert_string_equal(channel->name, "bmc.power");
	assert_int_equal(channel->kind, CHANNEL_MEAN);
	assert_int_equal(channel->window, NS_PER_S);
	assert_int_equal(channel->u_latency, NS_PER_S);
	assert_true(channel->simulated);
	assert_string_equal(driver->identity(device)->maker, "IANA 1048575");
	assert_int_equal(driver->start(device, &collect->sink, &error), 0);
	step_until(driver, device, collect, fake_clock.now + 10 * NS_PER_S);
	int good = collect_count(collect, RECORD_BLOCK, 0);
	assert_in_range(good, 9, 11);
	assert_near(collect_nth(collect, RECORD_BLOCK, 0, 0)->value, 182, 0);
	ANSWER(0xc0); /* busy */
	step_until(driver, device, collect, fake_clock.now + 3 * NS_PER_S);
	const struct collected *last = collect_nth(collect, RECORD_BLOCK, 0, collect_count(collect, RECORD_BLOCK, 0) - 1);
	assert_true(collect_count(collect, RECORD_BLOCK, 0) > good);
	assert_int_equal(last->record.flags, FLAG_NO_DATA);
	assert_true(isnan(last->value));
	int before = collect_count(collect, RECORD_BLOCK, 0);
	ANSWER(0x00, 0xdc, 1, 2); /* garbage is a gap */
	step_until(driver, device, collect, fake_clock.now + 5 * NS_PER_S);
	assert_int_equal(collect_count(collect, RECORD_BLOCK, 0), before);
	assert_true(collect_missing(collect, 0, GAP_GARBLED) > 0);
	ANSWER(GOOD);
	step_until(driver, device, collect, fake_clock.now + 5 * NS_PER_S);
	assert_true(collect_count(collect, RECORD_BLOCK, 0) > before);
	bmc.product = 8; /* another board's */
	bmc.io = IO_GONE;
	step_until(driver, device, collect, fake_clock.now + 5 * NS_PER_S);
	before = collect_count(collect, RECORD_BLOCK, 0);
	bmc.io = IO_OK;
	step_until(driver, device, collect, fake_clock.now + 5 * NS_PER_S);
	assert_int_equal(collect_count(collect, RECORD_BLOCK, 0), before);
	bmc.product = 7;
	step_until(driver, device, collect, fake_clock.now + 5 * NS_PER_S);
	assert_true(collect_count(collect, RECORD_BLOCK, 0) > before);
	assert_int_equal(driver->stop(device, &error), 0);
	driver->close(device);
}

static void expect_refused(struct device_config *config, enum error_code code)
{
	struct error error = ERROR_INIT;
	assert_null(driver_find("dcmi")->open(config, NULL, &fake_clock.timebase, &error));
	assert_int_equal(error.code, code);
}

static void test_refused(void **state)
{
	(void)state;
	struct device_config config = plain_config();
	ANSWER(0xc1);
	expect_refused(&config, ERROR_UNSUPPORTED);
	ANSWER(0xd4);
	expect_refused(&config, ERROR_PERMISSION);
	ANSWER(0xc0); /* for ever */
	expect_refused(&config, ERROR_TIMEOUT);
	ANSWER(GOOD);
	bmc.io = IO_TIMEOUT;
	expect_refused(&config, ERROR_TIMEOUT);
	bmc.io = IO_OK;
	config.measures = ROLE_WALL;
	expect_refused(&config, ERROR_CONFIG);
	config.measures = ROLE_NONE;
	dcmi_set_opener(NULL);
	snprintf(config.endpoint.scheme, sizeof config.endpoint.scheme, "file");
	snprintf(config.endpoint.path, sizeof config.endpoint.path, "/nowhere/ipmi0");
	expect_refused(&config, ERROR_NOT_FOUND);
}

/* A period of hours is that of statistics since the BMC began, not of the value. */
static void test_long_period(void **state)
{
	(void)state;
	struct device_config config = plain_config();
	struct error error = ERROR_INIT;
	int n;
	bmc.reply[17] = 1;
	void *device = driver_find("dcmi")->open(&config, NULL, &fake_clock.timebase, &error);
	assert_non_null(device);
	assert_int_equal(driver_find("dcmi")->channels(device, &n)->window, NS_PER_S);
	driver_find("dcmi")->close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readings), cmocka_unit_test(test_identities), cmocka_unit_test(test_captures),
		cmocka_unit_test_setup_teardown(test_stream, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_period, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
