/*
 * rig_settings: what a bench file's options say of the rig, checked as far as they can be without it.
 *
 *   options:
 *     input: in1          the trigger's input: in1 ... in4, none; or out1, out2: the rig's own stamp of an output
 *     output: out1        high while the workload runs; gate: out2, another one that is high exactly then; mark: changes at each mark
 *     inverted: true      the inputs' lines are the other way up: high where no current flows, as TTL adapters have RTS
 *     s0_in3: 1000        counts the pulses of an S0 output, so many in a kWh
 *     adc0: V 0.0161 -33  a channel of the ADC: unit (V, A, W or 1), worth of a count, value at 0 counts
 *     adc_rate: 50000     samples a second of each channel
 *     shunt: 0.01         ohm: there is an INA228; with current_max: 5 A
 */
#ifndef JOULERIG_DRIVERS_RIG_SETTINGS_H
#define JOULERIG_DRIVERS_RIG_SETTINGS_H

#include "device.h"
#include "rig/ina228.h"
#include "rig_wire.h"

#define RIG_NO_LINE UINT8_MAX

struct rig_settings {
	uint8_t input, output, gate, mark; /* enum rig_line; RIG_NO_LINE */
	bool inverted; /* as in struct rig_input */
	struct {
		double per_kwh; /* 0: not counted */
	} s0[RIG_INPUTS];
	int64_t pulse;  /* ns: of the shortest that is one */
	int64_t period; /* ns: of counts, and of the INA228 */
	struct {
		bool on;
		enum unit unit;
		double scale, offset;
	} adc[RIG_ADC_CHANNELS];
	uint32_t adc_rate;
	bool has_ina;
	struct ina228 ina;
};

extern const struct option_spec rig_options[];

/* ERROR_CONFIG for what cannot be. */
int rig_settings(const struct device_config *config, struct rig_settings *settings, struct error *error);

uint32_t rig_settings_needs(const struct rig_settings *settings); /* bits of enum rig_capability */
uint8_t rig_adc_channels(const struct rig_settings *settings);    /* as in struct rig_adc_start */
bool rig_counts_pulses(const struct rig_settings *settings);

#endif
