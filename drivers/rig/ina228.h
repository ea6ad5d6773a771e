/*
 * ina228: what the registers of a Texas Instruments INA228 mean (data sheet SBOS886). Pure.
 */
#ifndef JOULERIG_DRIVERS_RIG_INA228_H
#define JOULERIG_DRIVERS_RIG_INA228_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define INA228_VOLTAGE_LSB 195.3125e-6   /* V of VBUS */
#define INA228_TEMPERATURE_LSB 7.8125e-3 /* degrees C of DIETEMP */
#define INA228_CURRENT_MOST 524287       /* of CURRENT, and as far below nought: there it stays, whatever flows */
#define INA228_ENERGY_WRAP (UINT64_C(1) << 40)
#define INA228_MATH_OVERFLOW 0x0200u /* of DIAG_ALRT: current, power and sums are wrong */

/* How it is set for a shunt, and what its counts are worth then. */
struct ina228 {
	uint16_t shunt_cal;  /* of the register */
	bool narrow;         /* ADCRANGE 1: +-40.96 mV in place of +-163.84 mV */
	double current_lsb;  /* A */
	double power_lsb;    /* W: 3.2 times that */
	double energy_lsb;   /* J: 16 times that */
};

/* The narrowest range in which `current_max` (A) through `shunt` (ohm) still fits. ERROR_CONFIG, on `on`, when none does. */
int ina228_set(struct ina228 *ina, double shunt, double current_max, const char *on, struct error *error);

#endif
