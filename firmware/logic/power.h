/* SPDX-License-Identifier: Apache-2.0 */
/*
 * power: an INA228 (Texas Instruments SBOS886) read register by register over an I2C that may fail or fall silent at any point. A state
 * machine of the main loop; nothing here waits. What the registers mean in volts and joules (SHUNT_CAL, LSBs) is the host's business.
 */
#ifndef JOULERIG_FIRMWARE_POWER_H
#define JOULERIG_FIRMWARE_POWER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "rig_wire.h"

enum ina228_register {
	INA228_CONFIG = 0x00, INA228_ADC_CONFIG = 0x01, INA228_SHUNT_CAL = 0x02, INA228_VBUS = 0x05, INA228_DIETEMP = 0x06,
	INA228_CURRENT = 0x07, INA228_POWER = 0x08, INA228_ENERGY = 0x09, INA228_CHARGE = 0x0a, INA228_DIAG_ALRT = 0x0b,
	INA228_MANUFACTURER_ID = 0x3e, INA228_DEVICE_ID = 0x3f,
};
#define POWER_TRANSFER_US 5000u /* a transfer that takes longer has failed: 8 bytes at 100 kHz are 0.8 ms */

/* One transfer: a register is written, or read after a repeated start. The owner of the bus fills bytes (reading), began, ended and last
 * of all `state`. */
enum i2c_state { I2C_DONE, I2C_RUNS, I2C_FAILED /* no acknowledge, arbitration lost */ };
struct i2c_transfer {
	uint8_t reg, size;       /* size: 2, 3 or 5 bytes */
	bool write;
	uint8_t bytes[5];        /* big-endian, as on the wire */
	_Atomic uint8_t state;   /* enum i2c_state */
	uint64_t began, ended;   /* ticks: START condition asked for, STOP seen */
};
struct i2c_ops {
	void *self;
	/* Begins it and returns at once; state is I2C_RUNS until it has ended. Called with the bus idle. */
	void (*begin)(void *self, struct i2c_transfer *transfer);
	/* It has taken too long: the bus is freed (controller off and on, SCL clocked where SDA hangs), and the transfer is never
	 * touched again. */
	void (*abandon)(void *self);
};

enum power_state { POWER_OFF, POWER_SETTING_UP, POWER_WAITING, POWER_READING };
enum power_event { POWER_NOTHING, POWER_STARTED, POWER_REFUSED, POWER_READ };

struct power {
	struct i2c_ops i2c;
	struct i2c_transfer transfer;
	uint8_t state, at;              /* enum power_state; index of the transfer in its sequence */
	uint64_t deadline;              /* of the transfer */
	uint64_t due;                   /* of the next reading, ticks */
	struct rig_power_start asked;
	struct rig_power_started started; /* valid after POWER_STARTED */
	struct rig_refused refused;     /* reason, offset, limit; after POWER_REFUSED */
	struct rig_power reading;       /* valid after POWER_READ until the next power_step */
	uint16_t failed;
};

void power_init(struct power *power, const struct i2c_ops *i2c);
/* Begins anew; `asked` was validated by power_check. */
void power_start(struct power *power, const struct rig_power_start *asked, uint64_t now);
void power_stop(struct power *power);

/* Goes on as far as it can. *next: when it wants to be called again at the latest (or when a transfer has ended). */
enum power_event power_step(struct power *power, uint64_t now, uint64_t *next);

/* What can be said of a command without the part: false, and reason, offset and limit in `refused`. */
bool power_check(const struct rig_power_start *asked, struct rig_refused *refused);
/* Of one conversion of all that ADC_CONFIG asks for, times its averages, in us; 0: it does not convert shunt and bus continuously. */
uint32_t power_conversion_us(uint16_t adc_config);

uint64_t power_unsigned(const uint8_t *bytes, unsigned size);
/* The 20-bit registers stand left in 24: shifted down by 4. */
int64_t power_signed(const uint8_t *bytes, unsigned size);

#endif
