#include "rig/ina228.h"

#include <math.h>

/* SBOS886, 8.1.2: SHUNT_CAL = 13107.2e6 x CURRENT_LSB x R_SHUNT, four times that with ADCRANGE = 1; CURRENT_LSB = largest / 2^19.
 * At the end of either range that is 4096. Rounded up, so that the largest current still fits. */
#define SHUNT_CAL_PER_VOLT 13107.2e6
#define STEPS 524288
#define RANGE_WIDE 163.84e-3
#define RANGE_NARROW 40.96e-3

int ina228_set(struct ina228 *ina, double shunt, double current_max, const char *on, struct error *error)
{
	double drop = shunt * current_max;
	if (!(shunt > 0 && current_max > 0))
		return error_set(error, ERROR_CONFIG, on, "write shunt: 0.01 (ohm) and current_max: 5 A", "the INA228's shunt or largest current is not given");
	if (drop > RANGE_WIDE)
		return error_set(error, ERROR_CONFIG, on, "take a smaller shunt, or state a smaller current_max",
				 "%g A through %g ohm are %.4g mV, and the INA228 measures 163.84 mV at most", current_max, shunt, drop * 1e3);
	ina->narrow = drop <= RANGE_NARROW;
	double factor = SHUNT_CAL_PER_VOLT * shunt * (ina->narrow ? 4 : 1), calibration = ceil(factor * current_max / STEPS);
	ina->shunt_cal = (uint16_t)calibration;
	ina->current_lsb = calibration / factor;
	ina->power_lsb = 3.2 * ina->current_lsb;
	ina->energy_lsb = 16 * ina->power_lsb;
	return 0;
}
