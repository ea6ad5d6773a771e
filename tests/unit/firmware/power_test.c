/* The INA228's sequences against a part made here of its data sheet, on a bus that is slow, fails or falls silent anywhere. */
#include "unit.h"

#include "power.h"

static struct power power;
static struct part {
	uint8_t registers[64][5]; /* big-endian, from the first byte */
	uint64_t now, takes;      /* us that a transfer takes */
	int transfers, fail_at, stall_at; /* number of the transfer, from 0, that does; -1: none */
	int abandoned;
	uint8_t log[64];          /* registers, 0x80: written */
	struct i2c_transfer *going;
	bool deaf;                /* writes change nothing */
} part;

static void finish(void)
{
	struct i2c_transfer *transfer = part.going;
	int number = part.transfers - 1;
	part.going = NULL;
	transfer->ended = part.now;
	if (number == part.fail_at) {
		atomic_store(&transfer->state, I2C_FAILED);
		return;
	}
	if (transfer->write && !part.deaf)
		memcpy(part.registers[transfer->reg], transfer->bytes, transfer->size);
	if (!transfer->write)
		memcpy(transfer->bytes, part.registers[transfer->reg], transfer->size);
	atomic_store(&transfer->state, I2C_DONE);
}

static void i2c_begin(void *self, struct i2c_transfer *transfer)
{
	assert_ptr_equal(self, &part);
	assert_null(part.going); /* one at a time */
	assert_true(part.transfers < 64);
	assert_true(transfer->reg < 64 && (transfer->size == 2 || transfer->size == 3 || transfer->size == 5));
	part.log[part.transfers++] = (uint8_t)(transfer->reg | (transfer->write ? 0x80 : 0));
	transfer->began = part.now;
	part.going = transfer;
	if (part.takes == 0)
		finish();
}

static void i2c_abandon(void *self)
{
	assert_ptr_equal(self, &part);
	assert_non_null(part.going);
	part.going = NULL;
	part.abandoned++;
}

static const struct i2c_ops i2c = { .self = &part, .begin = i2c_begin, .abandon = i2c_abandon };

static void set(uint8_t reg, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		part.registers[reg][i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static int begin(void **state)
{
	(void)state;
	memset(&part, 0, sizeof part);
	part.fail_at = part.stall_at = -1;
	part.now = 1000000;
	part.takes = 200;
	set(INA228_MANUFACTURER_ID, 0x5449, 2);
	set(INA228_DEVICE_ID, 0x2281, 2);
	set(INA228_ADC_CONFIG, 0xfb68, 2);
	set(INA228_SHUNT_CAL, 0x1000, 2);
	set(INA228_ENERGY, UINT64_C(0xfedcba9876), 5);
	set(INA228_CHARGE, UINT64_C(0xfffffffffe), 5);
	set(INA228_POWER, 0xfffffe, 3);
	set(INA228_VBUS, 0x07d000 << 1, 3);
	set(INA228_CURRENT, 0xfffff0, 3);
	set(INA228_DIETEMP, 0xff80, 2);
	set(INA228_DIAG_ALRT, 0x0a03, 2);
	power_init(&power, &i2c);
	return 0;
}

/* Time passes until something has happened, or `until`. */
static enum power_event wait_for(uint64_t until)
{
	uint64_t next;
	enum power_event event;
	while ((event = power_step(&power, part.now, &next)) == POWER_NOTHING && part.now < until) {
		bool stalls = part.transfers - 1 == part.stall_at;
		uint64_t at = next < until ? next : until;
		if (part.going != NULL && !stalls && part.going->began + part.takes < at)
			at = part.going->began + part.takes;
		part.now = at > part.now ? at : part.now + 1;
		if (part.going != NULL && !stalls && part.now >= part.going->began + part.takes)
			finish();
	}
	return event;
}

static const struct rig_power_start asked = { .period_us = 10000, .shunt_cal = 0x0fd2, .adc_config = 0xf920, .narrow = 1, .reset_energy = 1 };

static void start(const struct rig_power_start *start)
{
	struct rig_refused refused;
	assert_true(power_check(start, &refused));
	power_start(&power, start, part.now);
}

static void bytes_become_numbers(void **state)
{
	(void)state;
	assert_int_equal(power_unsigned((const uint8_t *)"\x12\x34", 2), 0x1234);
	assert_int_equal(power_unsigned((const uint8_t *)"\xff\xff\xff", 3), 0xffffff);
	assert_true(power_unsigned((const uint8_t *)"\xfe\xdc\xba\x98\x76", 5) == UINT64_C(0xfedcba9876));
	assert_int_equal(power_signed((const uint8_t *)"\x7f\xff", 2), 32767);
	assert_int_equal(power_signed((const uint8_t *)"\x80\x00", 2), -32768);
	assert_int_equal(power_signed((const uint8_t *)"\x7f\xff\xf0", 3), 524287);
	assert_int_equal(power_signed((const uint8_t *)"\x80\x00\x00", 3), -524288);
	assert_int_equal(power_signed((const uint8_t *)"\xff\xff\xf0", 3), -1);
	assert_int_equal(power_signed((const uint8_t *)"\x00\x00\x1f", 3), 1); /* the low four bits are reserved */
	assert_true(power_signed((const uint8_t *)"\x7f\xff\xff\xff\xff", 5) == INT64_C(0x7fffffffff));
	assert_true(power_signed((const uint8_t *)"\x80\x00\x00\x00\x00", 5) == -INT64_C(0x8000000000));
}

static void a_conversion_takes_what_the_data_sheet_says(void **state)
{
	(void)state;
	assert_int_equal(power_conversion_us(0xfb68), 3 * 1052);
	assert_int_equal(power_conversion_us(0xbb68), 2 * 1052); /* without temperature */
	assert_int_equal(power_conversion_us(0xf000), 3 * 50);
	assert_int_equal(power_conversion_us(0xf000 | 1 << 9 | 2 << 6 | 3 << 3 | 2), (84 + 150 + 280) * 16);
	assert_int_equal(power_conversion_us(0xffff), 3 * 4120 * 1024);
	for (unsigned mode = 0; mode < 16; mode++)
		assert_int_equal(power_conversion_us((uint16_t)(mode << 12 | 0xb68)) != 0, mode == 0xb || mode == 0xf);
}

static void it_is_set_up_and_read_back(void **state)
{
	(void)state;
	start(&asked);
	assert_int_equal(wait_for(2000000), POWER_STARTED);
	assert_int_equal(part.transfers, 8);
	assert_memory_equal(part.log, "\x3e\x3f\x81\x82\x80\x00\x01\x02", 8);
	assert_int_equal(power.started.device_id, 0x2281);
	assert_int_equal(power.started.config, 1 << 14 | 1 << 4); /* as this part keeps it */
	assert_int_equal(power.started.adc_config, asked.adc_config);
	assert_int_equal(power.started.shunt_cal, asked.shunt_cal);
	assert_int_equal(power.started.ticks, part.now);
	assert_int_equal(part.now, 1000000 + 8 * part.takes);
}

static void what_is_zero_is_left_as_it_is(void **state)
{
	struct rig_power_start plain = { .period_us = 5000 };
	(void)state;
	start(&plain);
	assert_int_equal(wait_for(2000000), POWER_STARTED);
	assert_int_equal(part.transfers, 6);
	assert_memory_equal(part.log, "\x3e\x3f\x80\x00\x01\x02", 6);
	assert_int_equal(power.started.adc_config, 0xfb68);
	assert_int_equal(power.started.shunt_cal, 0x1000);
	assert_int_equal(power.started.config, 0);
}

static void a_reading_has_every_register(void **state)
{
	(void)state;
	start(&asked);
	wait_for(2000000);
	uint64_t started = part.now;
	part.transfers = 0;
	assert_int_equal(wait_for(2000000), POWER_READ);
	assert_int_equal(part.transfers, 7);
	assert_memory_equal(part.log, "\x0b\x09\x0a\x08\x05\x07\x06", 7); /* the overflow bits before what clears them */
	assert_true(power.reading.energy == UINT64_C(0xfedcba9876));
	assert_int_equal(power.reading.charge, -2);
	assert_int_equal(power.reading.power, 0xfffffe);
	assert_int_equal(power.reading.voltage, 0x07d000 >> 3);
	assert_int_equal(power.reading.current, -1);
	assert_int_equal(power.reading.temperature, -128);
	assert_int_equal(power.reading.diagnosis, 0x0a03);
	assert_int_equal(power.reading.failed, 0);
	assert_int_equal(power.reading.ticks, started + asked.period_us + 200 + 100); /* the middle of the second transfer */
	assert_int_equal(power.reading.u_us, 100);
	for (uint64_t i = 2; i < 10; i++) { /* on the grid of periods */
		part.transfers = 0;
		assert_int_equal(wait_for(2000000), POWER_READ);
		assert_int_equal(power.reading.ticks, started + i * asked.period_us + 300);
	}
}

static void the_uncertainty_is_half_of_the_transfer(void **state)
{
	(void)state;
	part.takes = 331;
	start(&asked);
	wait_for(2000000);
	part.transfers = 0;
	wait_for(2000000);
	assert_int_equal(power.reading.u_us, 166);
	part.takes = 0; /* faster than a tick, and over when begin returns */
	part.transfers = 0;
	assert_int_equal(wait_for(2000000), POWER_READ);
	assert_int_equal(power.reading.u_us, 0);
	assert_int_equal(part.transfers, 7);
}

static void another_part_is_refused(void **state)
{
	(void)state;
	set(INA228_MANUFACTURER_ID, 0x5448, 2);
	start(&asked);
	assert_int_equal(wait_for(2000000), POWER_REFUSED);
	assert_int_equal(power.refused.reason, RIG_NOT_PRESENT);
	assert_int_equal(part.transfers, 1);
	assert_int_equal(wait_for(3000000), POWER_NOTHING);
	begin(NULL);
	set(INA228_DEVICE_ID, 0x2291, 2); /* INA229: the one on SPI */
	start(&asked);
	assert_int_equal(wait_for(2000000), POWER_REFUSED);
	assert_int_equal(power.refused.reason, RIG_NOT_PRESENT);
	assert_int_equal(part.transfers, 2);
}

static void a_part_that_keeps_nothing_is_refused(void **state)
{
	static const struct rig_power_start one[] = {
		{ .period_us = 10000, .narrow = 1 },
		{ .period_us = 10000, .adc_config = 0xf920 },
		{ .period_us = 10000, .shunt_cal = 5 },
	};
	static const uint16_t offsets[] = { 8, 6, 4 }, reads[] = { 0, 0xfb68, 0x1000 };
	(void)state;
	for (int i = 0; i < 3; i++) {
		begin(NULL);
		part.deaf = true;
		start(&one[i]);
		assert_int_equal(wait_for(2000000), POWER_REFUSED);
		assert_int_equal(power.refused.reason, RIG_NOT_PRESENT);
		assert_int_equal(power.refused.offset, offsets[i]);
		assert_int_equal(power.refused.limit, reads[i]);
	}
}

static void a_period_shorter_than_what_the_part_does_is_refused(void **state)
{
	struct rig_power_start plain = { .period_us = 3155 };
	(void)state;
	start(&plain);
	assert_int_equal(wait_for(2000000), POWER_REFUSED);
	assert_int_equal(power.refused.reason, RIG_VALUE);
	assert_int_equal(power.refused.offset, 0);
	assert_int_equal(power.refused.limit, 3156);
	begin(NULL);
	set(INA228_ADC_CONFIG, 0x0b68, 2); /* left shut down */
	start(&plain);
	assert_int_equal(wait_for(2000000), POWER_REFUSED);
	assert_int_equal(power.refused.reason, RIG_VALUE);
	assert_int_equal(power.refused.offset, 6);
	assert_int_equal(power.refused.limit, 0xfb68);
}

/* Set-up that fails or stalls at any transfer: refused, within its time, and the next try works. */
static void set_up_may_fail_anywhere(void **state)
{
	(void)state;
	for (int at = 0; at < 8; at++)
		for (int stalls = 0; stalls < 2; stalls++) {
			begin(NULL);
			*(stalls ? &part.stall_at : &part.fail_at) = at;
			start(&asked);
			assert_int_equal(wait_for(2000000), POWER_REFUSED);
			assert_int_equal(power.refused.reason, RIG_NOT_PRESENT);
			assert_int_equal(part.abandoned, stalls);
			assert_int_equal(part.transfers, at + 1);
			assert_true(part.now <= 1000000 + 200 * (uint64_t)at + (stalls ? POWER_TRANSFER_US : 200));
			part.fail_at = part.stall_at = -1;
			start(&asked);
			assert_int_equal(wait_for(2000000), POWER_STARTED);
		}
}

/* A reading that fails is left out and counted; the next is whole. */
static void a_reading_may_fail_anywhere(void **state)
{
	(void)state;
	for (int at = 0; at < 7; at++)
		for (int stalls = 0; stalls < 2; stalls++) {
			begin(NULL);
			start(&asked);
			wait_for(2000000);
			uint64_t started = part.now;
			part.transfers = 0;
			*(stalls ? &part.stall_at : &part.fail_at) = at;
			assert_int_equal(wait_for(started + 2 * asked.period_us - 1), POWER_NOTHING);
			assert_int_equal(part.transfers, at + 1);
			assert_int_equal(part.abandoned, stalls);
			part.fail_at = part.stall_at = -1;
			assert_int_equal(wait_for(2000000), POWER_READ);
			assert_int_equal(power.reading.ticks, started + 2 * asked.period_us + 300);
			assert_int_equal(power.reading.failed, 1);
		}
	power.failed = UINT16_MAX;
	part.transfers = 0;
	part.fail_at = 0;
	wait_for(part.now + 2 * asked.period_us - 1);
	assert_int_equal(power.failed, UINT16_MAX); /* it does not roll over */
}

static void what_comes_too_late_is_left_out(void **state)
{
	struct rig_power_start quick = { .period_us = 1000, .adc_config = 0xf000 };
	uint64_t last = 0;
	(void)state;
	part.takes = 300; /* a reading takes 2.1 ms */
	start(&quick);
	assert_int_equal(wait_for(2000000), POWER_STARTED);
	for (int i = 0; i < 20; i++) {
		part.transfers = 0;
		assert_int_equal(wait_for(2000000), POWER_READ);
		assert_true(last == 0 || power.reading.ticks - last <= 4000);
		assert_true(power.reading.ticks - last >= 1000);
		last = power.reading.ticks;
	}
	begin(NULL);
	start(&asked);
	wait_for(2000000);
	part.now += 1000000; /* nobody came by: one reading, not a hundred */
	part.transfers = 0;
	assert_int_equal(wait_for(part.now + 5000), POWER_READ);
	assert_int_equal(wait_for(part.now + 8000), POWER_NOTHING);
	assert_int_equal(part.transfers, 7);
}

static void it_stops_at_once(void **state)
{
	uint64_t next;
	(void)state;
	power_stop(&power);
	assert_int_equal(power_step(&power, part.now, &next), POWER_NOTHING);
	assert_true(next == UINT64_MAX);
	start(&asked); /* a transfer is on the bus */
	power_stop(&power);
	assert_int_equal(part.abandoned, 1);
	start(&asked);
	wait_for(2000000);
	part.transfers = 0;
	wait_for(part.now + asked.period_us + 50);
	assert_non_null(part.going);
	start(&asked); /* anew, in the midst of a reading */
	assert_int_equal(part.abandoned, 2);
	assert_int_equal(wait_for(2000000), POWER_STARTED);
	power_stop(&power);
	assert_int_equal(part.abandoned, 2);
	part.transfers = 0;
	assert_int_equal(wait_for(3000000), POWER_NOTHING);
	assert_int_equal(part.transfers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_become_numbers),
		cmocka_unit_test(a_conversion_takes_what_the_data_sheet_says),
		cmocka_unit_test_setup(it_is_set_up_and_read_back, begin),
		cmocka_unit_test_setup(what_is_zero_is_left_as_it_is, begin),
		cmocka_unit_test_setup(a_reading_has_every_register, begin),
		cmocka_unit_test_setup(the_uncertainty_is_half_of_the_transfer, begin),
		cmocka_unit_test_setup(another_part_is_refused, begin),
		cmocka_unit_test_setup(a_part_that_keeps_nothing_is_refused, begin),
		cmocka_unit_test_setup(a_period_shorter_than_what_the_part_does_is_refused, begin),
		cmocka_unit_test_setup(set_up_may_fail_anywhere, begin),
		cmocka_unit_test_setup(a_reading_may_fail_anywhere, begin),
		cmocka_unit_test_setup(what_comes_too_late_is_left_out, begin),
		cmocka_unit_test_setup(it_stops_at_once, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
