/* Every form that a PZEM-004T's reply has, and every one that it must not have. */
#include "captures.h"
#include "meters/pzem004t.h"
#include "record.h"

static const struct pzem_range hundred = { .current = 100, .power = 23000 }, ten = { .current = 10, .power = 2300 };

struct registers {
	unsigned volts, milliamperes, deciwatts, wh, decihertz, percent, alarm;
};

static void put(uint8_t *bytes, int number, unsigned word)
{
	bytes[3 + 2 * number] = (uint8_t)(word >> 8);
	bytes[4 + 2 * number] = (uint8_t)(word & 0xff);
}

static void sign(uint8_t *bytes, size_t size)
{
	uint16_t crc = pzem_crc(bytes, size - 2);
	bytes[size - 2] = (uint8_t)(crc & 0xff);
	bytes[size - 1] = (uint8_t)(crc >> 8);
}

static void make(uint8_t bytes[PZEM_REPLY_SIZE], uint8_t address, const struct registers *r)
{
	const unsigned words[] = { r->volts, r->milliamperes & 0xffff, r->milliamperes >> 16, r->deciwatts & 0xffff, r->deciwatts >> 16,
				   r->wh & 0xffff, r->wh >> 16, r->decihertz, r->percent, r->alarm };
	bytes[0] = address;
	bytes[1] = 4;
	bytes[2] = 20;
	for (int i = 0; i < 10; i++)
		put(bytes, i, words[i]);
	sign(bytes, PZEM_REPLY_SIZE);
}

static void print(const char *text, size_t size, struct text *out)
{
	struct pzem_reading r;
	int code = pzem_reply_decode((const uint8_t *)text, size, 1, &hundred, &r);
	if (code < 0)
		text_add(out, "garbled\n");
	else if (code > 0)
		text_addf(out, "refused: %d\n", code);
	else
		text_addf(out, "%.12g V, %.12g A, %.12g W, %llu Wh, %.12g Hz, %.12g, alarm %x\n", r.voltage, r.current, r.power, (unsigned long long)r.energy,
			  r.frequency, r.power_factor, r.alarm);
}

static void captured(void **state)
{
	(void)state;
	captures_replay("pzem004t", print);
}

static void requests(void **state)
{
	(void)state;
	static const uint8_t expected[] = { 0x01, 0x04, 0x00, 0x00, 0x00, 0x0a, 0x70, 0x0d };
	uint8_t request[PZEM_REQUEST_SIZE];
	pzem_request(1, request);
	assert_memory_equal(request, expected, sizeof expected);
	pzem_request(PZEM_GENERAL_ADDRESS, request);
	assert_int_equal(request[0], 0xf8);
	assert_int_equal(pzem_crc(request, 8), 0); /* as of every message with its CRC */
	assert_int_equal(pzem_crc((const uint8_t *)"123456789", 9), 0x4b37); /* the check value of CRC-16/MODBUS */
}

static void whose(void **state)
{
	(void)state;
	const struct registers r = { .volts = 2300 };
	struct pzem_reading reading;
	uint8_t bytes[PZEM_REPLY_SIZE];
	make(bytes, 7, &r);
	assert_int_equal(pzem_reply_decode(bytes, sizeof bytes, 7, &hundred, &reading), 0);
	assert_int_equal(pzem_reply_decode(bytes, sizeof bytes, PZEM_GENERAL_ADDRESS, &hundred, &reading), 0);
	assert_int_equal(pzem_reply_decode(bytes, sizeof bytes, 1, &hundred, &reading), -1);
}

static void what_is_no_value(void **state)
{
	(void)state;
	static const struct {
		struct registers registers;
		const struct pzem_range *range;
		uint32_t voltage, current, power, energy;
	} cases[] = {
		{ { .volts = 2600, .milliamperes = 100000, .deciwatts = 230000, .wh = 9999990 }, &hundred, 0, 0, 0, 0 },
		{ { .volts = 800 }, &hundred, 0, 0, 0, 0 },
		{ { .volts = 2601 }, &hundred, FLAG_OVER_RANGE, 0, FLAG_OVER_RANGE, FLAG_OVER_RANGE },
		{ { .volts = 799 }, &hundred, FLAG_NO_DATA, 0, FLAG_NO_DATA, 0 },
		{ { .volts = 0xffff }, &hundred, FLAG_OVER_RANGE, 0, FLAG_OVER_RANGE, FLAG_OVER_RANGE },
		{ { .volts = 2300, .milliamperes = 100001 }, &hundred, 0, FLAG_OVER_RANGE, FLAG_OVER_RANGE, FLAG_OVER_RANGE },
		{ { .volts = 2300, .milliamperes = 10001 }, &ten, 0, FLAG_OVER_RANGE, FLAG_OVER_RANGE, FLAG_OVER_RANGE },
		{ { .volts = 2300, .milliamperes = 10001 }, &hundred, 0, 0, 0, 0 },
		{ { .volts = 2300, .deciwatts = 23001 }, &ten, 0, 0, FLAG_OVER_RANGE, FLAG_OVER_RANGE },
		{ { .volts = 2300, .deciwatts = 0xffffffff }, &hundred, 0, 0, FLAG_OVER_RANGE, FLAG_OVER_RANGE },
		{ { .volts = 2300, .wh = 9999991 }, &hundred, 0, 0, 0, FLAG_IMPLAUSIBLE },
		{ { .volts = 2300, .wh = 0xffffffff }, &hundred, 0, 0, 0, FLAG_IMPLAUSIBLE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t bytes[PZEM_REPLY_SIZE];
		struct pzem_reading r;
		make(bytes, 1, &cases[i].registers);
		assert_int_equal(pzem_reply_decode(bytes, sizeof bytes, 1, cases[i].range, &r), 0);
		assert_int_equal(r.voltage_flags, cases[i].voltage);
		assert_int_equal(r.current_flags, cases[i].current);
		assert_int_equal(r.power_flags, cases[i].power);
		assert_int_equal(r.energy_flags, cases[i].energy);
		assert_true((isnan(r.voltage) != 0) == (r.voltage_flags != 0) && (isnan(r.current) != 0) == (r.current_flags != 0));
		assert_true((isnan(r.power) != 0) == (r.power_flags != 0));
		assert_true(r.energy_flags ? r.energy == 0 : r.energy == cases[i].registers.wh);
	}
}

static void what_is_no_reply(void **state)
{
	(void)state;
	const struct registers r = { .volts = 2300 };
	struct pzem_reading reading;
	uint8_t good[PZEM_REPLY_SIZE], bytes[PZEM_REPLY_SIZE + 1] = { 0 };
	make(good, 1, &r);
	for (size_t size = 0; size <= sizeof bytes; size++) {
		memcpy(bytes, good, sizeof good);
		assert_int_equal(pzem_reply_decode(bytes, size, 1, &hundred, &reading), size == sizeof good ? 0 : -1);
	}
	for (size_t bit = 0; bit < 8 * sizeof good; bit++) {
		memcpy(bytes, good, sizeof good);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(pzem_reply_decode(bytes, sizeof good, 1, &hundred, &reading), -1);
	}
	static const uint8_t other[][3] = { { 1, 4, 16 }, { 1, 3, 20 }, { 1, 0x42, 20 } };
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		memcpy(bytes, good, sizeof good);
		memcpy(bytes, other[i], sizeof *other);
		sign(bytes, sizeof good);
		assert_int_equal(pzem_reply_decode(bytes, sizeof good, 1, &hundred, &reading), -1);
	}
}

static void refusals(void **state)
{
	(void)state;
	struct pzem_reading reading;
	uint8_t bytes[PZEM_EXCEPTION_SIZE] = { 1, 0x84, 0 };
	for (int code = 0; code < 256; code++) {
		bytes[2] = (uint8_t)code;
		sign(bytes, sizeof bytes);
		assert_int_equal(pzem_reply_decode(bytes, sizeof bytes, 1, &hundred, &reading), code ? code : -1);
	}
	assert_int_equal(pzem_reply_length(bytes), PZEM_EXCEPTION_SIZE);
	bytes[1] = 0x83;
	assert_int_equal(pzem_reply_length(bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured), cmocka_unit_test(requests), cmocka_unit_test(whose), cmocka_unit_test(what_is_no_value),
		cmocka_unit_test(what_is_no_reply), cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests_name("pzem004t", tests, NULL, NULL);
}
