/* SPDX-License-Identifier: Apache-2.0 */
#include "power.h"

#include <string.h>

/* ---- registers (SBOS886, tables 7-5 to 7-22) ---- */

#define MANUFACTURER 0x5449u /* "TI" */
#define DEVICE_228 0x228u    /* DEVICE_ID above its revision */
enum { CONFIG_RSTACC = 1 << 14, CONFIG_ADCRANGE = 1 << 4 };
#define SHUNT_CAL_MAX 0x7fffu
#define CONTINUOUS 0xf000u   /* ADC_CONFIG.MODE: temperature, shunt and bus */

uint64_t power_unsigned(const uint8_t *bytes, unsigned size)
{
	uint64_t value = 0;
	while (size--)
		value = value << 8 | *bytes++;
	return value;
}

int64_t power_signed(const uint8_t *bytes, unsigned size)
{
	int64_t value = (int64_t)(power_unsigned(bytes, size) << (64 - 8 * size)); /* its sign is the sign */
	return value >> (64 - 8 * size + (size == 3 ? 4 : 0));
}

uint32_t power_conversion_us(uint16_t adc_config)
{
	static const uint16_t times[8] = { 50, 84, 150, 280, 540, 1052, 2074, 4120 };
	static const uint16_t averages[8] = { 1, 4, 16, 64, 128, 256, 512, 1024 };
	unsigned mode = adc_config >> 12;
	uint32_t us = (uint32_t)times[adc_config >> 9 & 7] + times[adc_config >> 6 & 7]; /* VBUSCT, VSHCT */
	if (mode == 0xf)
		us += times[adc_config >> 3 & 7]; /* VTCT */
	else if (mode != 0xb)
		return 0;
	return us * averages[adc_config & 7];
}

static bool fault(struct rig_refused *refused, enum rig_reason reason, size_t offset, uint32_t limit)
{
	*refused = (struct rig_refused){ .reason = (uint8_t)reason, .offset = (uint16_t)offset, .limit = limit };
	return false;
}

static bool at_most(struct rig_refused *refused, uint32_t value, uint32_t most, size_t offset)
{
	return value <= most || fault(refused, RIG_VALUE, offset, most);
}

/* Whether the period leaves time for what ADC_CONFIG asks for, and whether that gives energy at all. */
static bool period_holds(uint32_t period_us, uint16_t adc_config, struct rig_refused *refused)
{
	uint32_t conversion = power_conversion_us(adc_config);
	if (conversion == 0)
		return fault(refused, RIG_VALUE, offsetof(struct rig_power_start, adc_config), adc_config | CONTINUOUS);
	return period_us >= conversion || fault(refused, RIG_VALUE, offsetof(struct rig_power_start, period_us), conversion);
}

bool power_check(const struct rig_power_start *asked, struct rig_refused *refused)
{
	if (asked->period_us < 1000)
		return fault(refused, RIG_VALUE, offsetof(struct rig_power_start, period_us), 1000);
	return at_most(refused, asked->shunt_cal, SHUNT_CAL_MAX, offsetof(struct rig_power_start, shunt_cal)) &&
	       at_most(refused, asked->narrow, 1, offsetof(struct rig_power_start, narrow)) &&
	       at_most(refused, asked->reset_energy, 1, offsetof(struct rig_power_start, reset_energy)) &&
	       at_most(refused, asked->zero, 0, offsetof(struct rig_power_start, zero)) &&
	       (asked->adc_config == 0 || period_holds(asked->period_us, asked->adc_config, refused));
}

/* ---- sequences of transfers ---- */

struct step {
	uint8_t reg, size;
	bool write;
};

static const struct step setting_up[] = {
	{ INA228_MANUFACTURER_ID, 2, false },
	{ INA228_DEVICE_ID, 2, false },
	{ INA228_ADC_CONFIG, 2, true },
	{ INA228_SHUNT_CAL, 2, true },
	{ INA228_CONFIG, 2, true },
	{ INA228_CONFIG, 2, false },
	{ INA228_ADC_CONFIG, 2, false },
	{ INA228_SHUNT_CAL, 2, false },
};

/* Reading ENERGY and CHARGE clears their overflow bits in DIAG_ALRT, so that comes before them. */
static const struct step reading[] = {
	{ INA228_DIAG_ALRT, 2, false }, { INA228_ENERGY, 5, false },  { INA228_CHARGE, 5, false },  { INA228_POWER, 3, false },
	{ INA228_VBUS, 3, false },      { INA228_CURRENT, 3, false }, { INA228_DIETEMP, 2, false },
};
#define STEPS(list) (sizeof(list) / sizeof (list)[0])

static uint16_t value_to_write(const struct rig_power_start *asked, uint8_t reg)
{
	if (reg == INA228_ADC_CONFIG)
		return asked->adc_config;
	if (reg == INA228_SHUNT_CAL)
		return asked->shunt_cal;
	return (uint16_t)((asked->narrow ? CONFIG_ADCRANGE : 0) | (asked->reset_energy ? CONFIG_RSTACC : 0));
}

/* 0: the register is left as it is; CONFIG never is. */
static bool skipped(const struct power *power, const struct step *step)
{
	return step->write && step->reg != INA228_CONFIG && value_to_write(&power->asked, step->reg) == 0;
}

static void begin_transfer(struct power *power, const struct step *step, uint64_t now)
{
	struct i2c_transfer *transfer = &power->transfer;
	uint16_t value = step->write ? value_to_write(&power->asked, step->reg) : 0;
	transfer->reg = step->reg;
	transfer->size = step->size;
	transfer->write = step->write;
	transfer->bytes[0] = (uint8_t)(value >> 8);
	transfer->bytes[1] = (uint8_t)value;
	power->deadline = now + POWER_TRANSFER_US;
	atomic_store_explicit(&transfer->state, I2C_RUNS, memory_order_release);
	power->i2c.begin(power->i2c.self, transfer);
}

static const struct step *sequence_of(const struct power *power, unsigned *n)
{
	*n = power->state == POWER_READING ? STEPS(reading) : STEPS(setting_up);
	return power->state == POWER_READING ? reading : setting_up;
}

/* Begins the next transfer of the sequence. False: it is at its end. */
static bool go_on(struct power *power, uint64_t now)
{
	unsigned n;
	const struct step *steps = sequence_of(power, &n);
	while (power->at < n && skipped(power, &steps[power->at]))
		power->at++;
	if (power->at == n)
		return false;
	begin_transfer(power, &steps[power->at], now);
	return true;
}

/* ---- what came of a transfer ---- */

static bool identifies(const struct i2c_transfer *transfer, uint16_t value, struct rig_refused *refused)
{
	bool ours = transfer->reg == INA228_MANUFACTURER_ID ? value == MANUFACTURER : value >> 4 == DEVICE_228;
	return ours || fault(refused, RIG_NOT_PRESENT, 0, 0);
}

/* A part that does not keep what was written is not the part it says it is. */
static bool kept(uint16_t read, uint16_t written, size_t offset, struct rig_refused *refused)
{
	return read == written || fault(refused, RIG_NOT_PRESENT, offset, read);
}

static bool read_back(struct power *power, uint16_t value)
{
	const struct rig_power_start *asked = &power->asked;
	struct rig_power_started *started = &power->started;
	switch (power->transfer.reg) {
	case INA228_CONFIG:
		started->config = value;
		return kept((value & CONFIG_ADCRANGE) != 0, asked->narrow, offsetof(struct rig_power_start, narrow), &power->refused);
	case INA228_ADC_CONFIG:
		started->adc_config = value;
		return (asked->adc_config == 0 ||
			kept(value, asked->adc_config, offsetof(struct rig_power_start, adc_config), &power->refused)) &&
		       period_holds(asked->period_us, value, &power->refused);
	case INA228_SHUNT_CAL:
		started->shunt_cal = value;
		return asked->shunt_cal == 0 ||
		       kept(value, asked->shunt_cal, offsetof(struct rig_power_start, shunt_cal), &power->refused);
	case INA228_DEVICE_ID:
		started->device_id = value;
	}
	return identifies(&power->transfer, value, &power->refused);
}

static void keep_energy(struct power *power)
{
	const struct i2c_transfer *transfer = &power->transfer;
	uint64_t half = (transfer->ended - transfer->began + 1) / 2;
	power->reading.energy = power_unsigned(transfer->bytes, 5);
	power->reading.ticks = transfer->began + half;
	power->reading.u_us = (uint16_t)half; /* at most POWER_TRANSFER_US */
}

static void keep(struct power *power)
{
	const uint8_t *bytes = power->transfer.bytes;
	struct rig_power *out = &power->reading;
	switch (power->transfer.reg) {
	case INA228_DIAG_ALRT:
		out->diagnosis = (uint16_t)power_unsigned(bytes, 2);
		return;
	case INA228_ENERGY:
		keep_energy(power);
		return;
	case INA228_CHARGE:
		out->charge = power_signed(bytes, 5);
		return;
	case INA228_POWER:
		out->power = (uint32_t)power_unsigned(bytes, 3);
		return;
	case INA228_VBUS:
		out->voltage = (int32_t)power_signed(bytes, 3);
		return;
	case INA228_CURRENT:
		out->current = (int32_t)power_signed(bytes, 3);
		return;
	case INA228_DIETEMP:
		out->temperature = (int16_t)power_signed(bytes, 2);
		return;
	}
}

/* ---- the machine ---- */

static enum power_event refuse(struct power *power)
{
	power->state = POWER_OFF;
	return POWER_REFUSED;
}

static enum power_event end_of_sequence(struct power *power, uint64_t now)
{
	bool was_reading = power->state == POWER_READING;
	power->state = POWER_WAITING;
	if (was_reading) {
		power->reading.failed = power->failed;
		return POWER_READ;
	}
	power->started.ticks = now;
	power->due = now + power->asked.period_us;
	return POWER_STARTED;
}

/* A transfer that failed ends its sequence: a reading is counted as failed and left out; a part that cannot be set up is not there. */
static enum power_event failed(struct power *power)
{
	if (power->state == POWER_SETTING_UP) {
		fault(&power->refused, RIG_NOT_PRESENT, 0, 0);
		return refuse(power);
	}
	if (power->failed < UINT16_MAX)
		power->failed++;
	power->state = POWER_WAITING;
	return POWER_NOTHING;
}

static enum power_event ended(struct power *power, uint64_t now)
{
	const struct i2c_transfer *transfer = &power->transfer;
	if (power->state == POWER_READING)
		keep(power);
	else if (!transfer->write && !read_back(power, (uint16_t)power_unsigned(transfer->bytes, 2)))
		return refuse(power);
	power->at++;
	return go_on(power, now) ? POWER_NOTHING : end_of_sequence(power, now);
}

/* The grid of periods; what came too late is left out. */
static void begin_reading(struct power *power, uint64_t now)
{
	power->due += power->asked.period_us;
	if (power->due <= now)
		power->due = now + power->asked.period_us;
	power->state = POWER_READING;
	power->at = 0;
	go_on(power, now);
}

static bool in_flight(const struct power *power)
{
	return power->state == POWER_SETTING_UP || power->state == POWER_READING;
}

static bool transfer_runs(const struct power *power)
{
	return atomic_load_explicit(&power->transfer.state, memory_order_acquire) == I2C_RUNS;
}

static enum power_event step(struct power *power, uint64_t now)
{
	uint8_t state = atomic_load_explicit(&power->transfer.state, memory_order_acquire);
	if (power->state == POWER_OFF)
		return POWER_NOTHING;
	if (power->state == POWER_WAITING) {
		if (now >= power->due)
			begin_reading(power, now);
		return POWER_NOTHING;
	}
	if (state == I2C_DONE)
		return ended(power, now);
	if (state == I2C_RUNS && now < power->deadline)
		return POWER_NOTHING;
	if (state == I2C_RUNS)
		power->i2c.abandon(power->i2c.self);
	return failed(power);
}

enum power_event power_step(struct power *power, uint64_t now, uint64_t *next)
{
	enum power_event event;
	do
		event = step(power, now);
	while (event == POWER_NOTHING && in_flight(power) && !transfer_runs(power));
	if (power->state == POWER_OFF)
		*next = UINT64_MAX;
	else
		*next = power->state == POWER_WAITING ? power->due : power->deadline;
	return event;
}

void power_init(struct power *power, const struct i2c_ops *i2c)
{
	memset(power, 0, sizeof *power);
	power->i2c = *i2c;
}

void power_start(struct power *power, const struct rig_power_start *asked, uint64_t now)
{
	power_stop(power);
	power->asked = *asked;
	power->failed = 0;
	power->at = 0;
	power->state = POWER_SETTING_UP;
	go_on(power, now);
}

void power_stop(struct power *power)
{
	if (in_flight(power) && transfer_runs(power))
		power->i2c.abandon(power->i2c.self);
	power->state = POWER_OFF;
}
