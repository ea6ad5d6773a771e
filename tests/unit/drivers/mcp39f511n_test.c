/* Frames and registers of an MCP39F511N, and every frame that it must not have. */
#include "captures.h"
#include "meters/mcp39f511n_wire.h"
#include "record.h"

static const struct mcp_settings board = { .interval = 4, .voltage = 18, .current = { 12, 12 }, .power = { 19, 19 } };

/* 230.0 V, 50.000 Hz; outlet 1: 0.5 A, 103.5 W, 0.9; outlet 2: nothing. */
static const uint8_t plain[MCP_VALUES_SIZE] = {
	0x50, 0x10, 0x05, 0x41, 0xfc, 0x08, 0x50, 0xc3, 0x33, 0x73, 0x00, 0x00, 0x88, 0x13, 0x00, 0x00, 0, 0, 0, 0, 0x6e, 0x28, 0x00, 0x00, 0, 0, 0, 0,
};

static void print(const char *text, size_t size, struct text *out)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t count = size > 3 ? size - 3 : 0;
	enum mcp_answer answer = mcp_reply_decode(bytes, size, count);
	struct mcp_values v;
	if (answer != MCP_OK)
		text_add(out, answer == MCP_REFUSED ? "refused\n" : "malformed\n");
	else if (count == 0)
		text_add(out, "done\n");
	else if (count == 8)
		text_addf(out, "%.12g W, %.12g W at range 19\n", 0.01 * (double)(mcp_u64(bytes + 2) & 0xffffffff), 0.01 * (double)(mcp_u64(bytes + 2) >> 32));
	else if (count == MCP_VALUES_SIZE) {
		mcp_values_decode(bytes + 2, &board, &v);
		text_addf(out, "%.12g V, %.12g Hz, version %04X\n", v.voltage, v.frequency, v.version);
		for (int i = 0; i < MCP_OUTLETS; i++)
			text_addf(out, "%d: %.12g A, %.12g W, %.4f, flags %x\n", i + 1, v.outlet[i].current, v.outlet[i].power, v.outlet[i].power_factor, v.outlet[i].flags);
	} else
		text_addf(out, "%zu bytes\n", count);
}

static void captured(void **state)
{
	(void)state;
	captures_replay("mcp39f511n", print);
}

static void requests(void **state)
{
	(void)state;
	static const uint8_t both_powers[] = { 0xa5, 0x08, 0x41, 0x00, 0x16, 0x4e, 0x08, 0x5a };
	static const uint8_t interval[] = { 0xa5, 0x0a, 0x41, 0x00, 0xa8, 0x4d, 0x02, 0x01, 0x00, 0xe8 };
	uint8_t frame[MCP_REQUEST_MAX];
	assert_int_equal(mcp_read_request(0x0016, 8, frame), sizeof both_powers);
	assert_memory_equal(frame, both_powers, sizeof both_powers);
	assert_int_equal(mcp_write_request(MCP_INTERVAL, 1, frame), sizeof interval);
	assert_memory_equal(frame, interval, sizeof interval);
}

static void sign(uint8_t *bytes, size_t size)
{
	unsigned sum = 0;
	for (size_t i = 0; i < size - 1; i++)
		sum += bytes[i];
	bytes[size - 1] = (uint8_t)(sum & 0xff);
}

static void replies(void **state)
{
	(void)state;
	uint8_t good[] = { 0x06, 0x0b, 1, 2, 3, 4, 5, 6, 7, 8, 0 }, bad[12] = { 0 };
	sign(good, sizeof good);
	assert_int_equal(mcp_reply_decode(good, sizeof good, 8), MCP_OK);
	assert_true(mcp_u64(good + 2) == UINT64_C(0x0807060504030201));
	for (size_t size = 1; size <= sizeof bad; size++) {
		memcpy(bad, good, sizeof good);
		assert_int_equal(mcp_reply_decode(bad, size, 8), size == sizeof good ? MCP_OK : MCP_MALFORMED);
	}
	for (size_t bit = 0; bit < 8 * sizeof good; bit++) {
		memcpy(bad, good, sizeof good);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(mcp_reply_decode(bad, sizeof good, 8), MCP_MALFORMED);
	}
	/* A length that is wrong under a sum that is right: as the board was seen to send. */
	memcpy(bad, good, sizeof good);
	bad[1] = 0x1b;
	sign(bad, sizeof good);
	assert_int_equal(mcp_reply_decode(bad, sizeof good, 8), MCP_MALFORMED);
	assert_int_equal(mcp_reply_decode((const uint8_t[]){ 0x06 }, 1, 0), MCP_OK);
	assert_int_equal(mcp_reply_decode((const uint8_t[]){ 0x15 }, 1, 0), MCP_REFUSED);
	assert_int_equal(mcp_reply_decode((const uint8_t[]){ 0x51 }, 1, 8), MCP_REFUSED);
	assert_int_equal(mcp_reply_decode((const uint8_t[]){ 0x07 }, 1, 0), MCP_MALFORMED);
	assert_int_equal(mcp_reply_decode(good, sizeof good, 0), MCP_MALFORMED);
}

static void settings_of(uint8_t data[MCP_SETTINGS_SIZE], unsigned interval, int volts, int amperes1, int watts1, int amperes2, int watts2)
{
	memset(data, 0, MCP_SETTINGS_SIZE);
	data[0] = (uint8_t)interval;
	data[6] = (uint8_t)volts;
	data[7] = (uint8_t)amperes1;
	data[8] = (uint8_t)watts1;
	data[23] = (uint8_t)amperes2;
	data[24] = (uint8_t)watts2;
}

static void ranges(void **state)
{
	(void)state;
	uint8_t data[MCP_SETTINGS_SIZE];
	struct mcp_settings s;
	settings_of(data, 4, 18, 12, 6, 13, 19);
	data[1] = 1;
	assert_int_equal(mcp_settings_decode(data, &s), 0);
	assert_int_equal(s.interval, 260);
	assert_true(s.voltage == 18 && s.current[0] == 12 && s.power[0] == 6 && s.current[1] == 13 && s.power[1] == 19);
	assert_near(mcp_power_step(&s, 0), 0.01 / 8192, 1e-18); /* at range 6 one program takes raw x 10 mW >> 13 */
	assert_near(mcp_power_step(&s, 1), 0.01, 1e-15);        /* at range 19 another takes 10 mW */
	for (int i = 0; i < 5; i++) {
		int places[] = { 18, 12, 6, 12, 19 };
		places[i] = 32;
		settings_of(data, 4, places[0], places[1], places[2], places[3], places[4]);
		assert_int_equal(mcp_settings_decode(data, &s), 0);
		places[i] = 33;
		settings_of(data, 4, places[0], places[1], places[2], places[3], places[4]);
		assert_int_equal(mcp_settings_decode(data, &s), -1);
	}
}

static void values(void **state)
{
	(void)state;
	struct mcp_values v;
	uint8_t data[MCP_VALUES_SIZE];
	memcpy(data, plain, sizeof data);
	mcp_values_decode(data, &board, &v);
	assert_near(v.voltage, 230, 1e-9);
	assert_near(v.frequency, 50, 1e-9);
	assert_int_equal(v.version, 0x4105);
	assert_near(v.outlet[0].current, 0.5, 1e-9);
	assert_near(v.outlet[0].power, 103.5, 1e-9);
	assert_near(v.outlet[0].power_factor, 0.9, 1e-4);
	assert_true(v.outlet[0].flags == 0 && v.outlet[1].flags == 0 && v.outlet[1].power == 0);
	/* The power register has no sign: the status has it, if it is there, and an outlet does not take. */
	data[0] = 0x40;
	mcp_values_decode(data, &board, &v);
	assert_true(isnan(v.outlet[0].power) && v.outlet[0].flags == FLAG_IMPLAUSIBLE && v.outlet[1].flags == 0);
	data[0] = 0x10;
	mcp_values_decode(data, &board, &v);
	assert_near(v.outlet[0].power, 103.5, 1e-9);
	assert_true(v.outlet[1].power == 0 && !signbit(v.outlet[1].power));
	/* Its power factor has a sign of its own. */
	data[8] = 0xcd;
	data[9] = 0x8c;
	mcp_values_decode(data, &board, &v);
	assert_near(v.outlet[0].power_factor, -0.9, 1e-4);
	assert_int_equal(v.outlet[0].flags, 0);
}

/* About nothing: noise has either sign. */
static void a_small_negative_power(void **state)
{
	(void)state;
	struct mcp_values v;
	uint8_t data[MCP_VALUES_SIZE];
	static const struct {
		unsigned raw;
		bool agrees;
	} powers[] = { { 10, true }, { 290, true }, { 350, false } };
	for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
		memcpy(data, plain, sizeof data);
		data[0] = 0x40;
		memset(data + 12, 0, 4); /* no current */
		memset(data + 20, 0, 4);
		data[20] = (uint8_t)(powers[i].raw & 0xff);
		data[21] = (uint8_t)(powers[i].raw >> 8);
		mcp_values_decode(data, &board, &v);
		if (powers[i].agrees)
			assert_near(v.outlet[0].power, -0.01 * powers[i].raw, 1e-9);
		else
			assert_int_equal(v.outlet[0].flags, FLAG_IMPLAUSIBLE);
	}
}

static void registers_that_disagree(void **state)
{
	(void)state;
	static const struct {
		uint32_t raw;
		bool agrees;
	} powers[] = { { 10350, true }, { 9400, true }, { 11700, true }, { 8800, false }, { 12200, false }, { 1035, false }, { 103500, false }, { 0, false },
		       { 0xffffffff, false }, { 5000, false } };
	for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
		struct mcp_values v;
		uint8_t data[MCP_VALUES_SIZE];
		memcpy(data, plain, sizeof data);
		for (int k = 0; k < 4; k++)
			data[20 + k] = (uint8_t)(powers[i].raw >> 8 * k & 0xff);
		mcp_values_decode(data, &board, &v);
		assert_int_equal(v.outlet[0].flags, powers[i].agrees ? 0 : FLAG_IMPLAUSIBLE);
		assert_int_equal(isnan(v.outlet[0].power) != 0, !powers[i].agrees);
		assert_int_equal(v.outlet[1].flags, 0);
	}
	struct mcp_settings other = board; /* the same counts under another range are another power */
	struct mcp_values v;
	other.power[0] = 18;
	mcp_values_decode(plain, &other, &v);
	assert_int_equal(v.outlet[0].flags, FLAG_IMPLAUSIBLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured), cmocka_unit_test(requests), cmocka_unit_test(replies), cmocka_unit_test(ranges), cmocka_unit_test(values),
		cmocka_unit_test(a_small_negative_power),
		cmocka_unit_test(registers_that_disagree),
	};
	return cmocka_run_group_tests_name("mcp39f511n", tests, NULL, NULL);
}
