#include "rig/rig_settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rig_board.h"

#define PERIOD (100 * NS_PER_MS) /* unless the bench file has an `update` */
#define PERIOD_MIN (10 * NS_PER_MS)
#define PERIOD_MAX (60 * NS_PER_S)
#define PULSE_MAX (10 * NS_PER_S)

const struct option_spec rig_options[] = {
	{ "input", "the trigger's input: in1 ... in4, or out1, out2 (the rig's own stamp of an output), or none", OPTION_TEXT, DIMENSION_RATIO, "in1" },
	{ "output", "line that is high while a run lasts: out1, out2", OPTION_TEXT, DIMENSION_RATIO, "none" },
	{ "gate", "another line that is high exactly while the output is, for a meter's integrator: out1, out2", OPTION_TEXT, DIMENSION_RATIO, "none" },
	{ "mark", "line that changes its level at each mark: out1, out2", OPTION_TEXT, DIMENSION_RATIO, "none" },
	{ "inverted", "the inputs' lines are the other way up, as TTL adapters have RTS", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ "s0_in1", "pulses in a kWh, of a meter's S0 output at in1; 0: none", OPTION_INTEGER, DIMENSION_RATIO, "0" },
	{ "s0_in2", "the same at in2", OPTION_INTEGER, DIMENSION_RATIO, "0" },
	{ "s0_in3", "the same at in3", OPTION_INTEGER, DIMENSION_RATIO, "0" },
	{ "s0_in4", "the same at in4", OPTION_INTEGER, DIMENSION_RATIO, "0" },
	{ "s0_pulse", "a shorter pulse is none (IEC 62053-31 asks for 30 ms)", OPTION_QUANTITY, DIMENSION_TIME, "15 ms" },
	{ "adc0", "channel of the ADC: its unit (V, A, W, 1), what a count is worth, what no count is: V 0.0161 -33", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "adc1", "the other channel, sampled half a period later", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "adc_rate", "samples a second of each channel", OPTION_INTEGER, DIMENSION_RATIO, "10000" },
	{ "shunt", "ohm: of the INA228's shunt", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "current_max", "largest current through that shunt", OPTION_QUANTITY, DIMENSION_CURRENT, "0 A" },
	{ .name = NULL },
};

static int refuse(const struct device_config *config, const char *option, const char *remedy, struct error *error)
{
	return error_set(error, ERROR_CONFIG, config->name, remedy, "option %s cannot be \"%s\"", option,
			 device_option(config, rig_options, option, NULL));
}

/* ---- lines ---- */

/* "in1" ... "out2"; `most` inputs and outputs of each kind are meant. */
static bool line_by_name(const char *name, bool inputs, bool outputs, uint8_t *line)
{
	*line = RIG_NO_LINE;
	if (strcmp(name, "none") == 0)
		return true;
	if (inputs && strncmp(name, "in", 2) == 0 && name[2] >= '1' && name[2] < '1' + (int)RIG_INPUTS && name[3] == '\0')
		*line = (uint8_t)(RIG_IN1 + (name[2] - '1'));
	if (outputs && strncmp(name, "out", 3) == 0 && name[3] >= '1' && name[3] < '1' + (int)RIG_OUTPUTS && name[4] == '\0')
		*line = (uint8_t)(RIG_OUT1 + (name[3] - '1'));
	return *line != RIG_NO_LINE;
}

static int take_lines(const struct device_config *config, struct rig_settings *settings, struct error *error)
{
	const struct {
		const char *option;
		uint8_t *line;
	} outputs[] = { { "output", &settings->output }, { "gate", &settings->gate }, { "mark", &settings->mark } };
	if (!line_by_name(device_option(config, rig_options, "input", NULL), true, true, &settings->input))
		return refuse(config, "input", "write in1, in2, in3 or in4; out1 or out2; or none", error);
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
		if (!line_by_name(device_option(config, rig_options, outputs[i].option, NULL), false, true, outputs[i].line))
			return refuse(config, outputs[i].option, "write out1, out2 or none", error);
		for (size_t j = 0; j < i; j++)
			if (*outputs[i].line != RIG_NO_LINE && *outputs[i].line == *outputs[j].line)
				return refuse(config, outputs[i].option, "name a line that no other option names", error);
	}
	if (settings->gate != RIG_NO_LINE && settings->output == RIG_NO_LINE)
		return refuse(config, "gate", "name the output, too: the gate follows it", error);
	return 0;
}

/* ---- pulses ---- */

static int take_pulses(const struct device_config *config, struct rig_settings *settings, struct error *error)
{
	double pulse;
	device_option(config, rig_options, "s0_pulse", &pulse);
	settings->pulse = (int64_t)llround(pulse * NS_PER_S);
	if (settings->pulse < 0 || settings->pulse > PULSE_MAX)
		return refuse(config, "s0_pulse", "write the length of the shortest pulse: 15 ms", error);
	for (int i = 0; i < (int)RIG_INPUTS; i++) {
		char option[] = "s0_in1";
		option[5] = (char)('1' + i);
		device_option(config, rig_options, option, &settings->s0[i].per_kwh);
		if (!(settings->s0[i].per_kwh >= 0 && settings->s0[i].per_kwh <= 1e9))
			return refuse(config, option, "write how many pulses the meter gives in a kWh: 1000", error);
		if (settings->s0[i].per_kwh > 0 && settings->input == RIG_IN1 + i)
			return refuse(config, option, "take another input for the trigger: input: in2, or none", error);
	}
	return 0;
}

/* ---- the ADC ---- */

/* "V 0.0161 -33": false when it is anything else. */
static bool parse_scale(const char *text, enum unit *unit, double *scale, double *offset)
{
	char copy[64], *rest = copy;
	if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy)
		return false;
	const char *name = strsep(&rest, " "), *worth = strsep(&rest, " "), *zero = strsep(&rest, " ");
	int found = unit_parse(name);
	*unit = (enum unit)found;
	*offset = 0;
	if (found < 0 || !(*unit == UNIT_VOLT || *unit == UNIT_AMPERE || *unit == UNIT_WATT || *unit == UNIT_NONE) || rest != NULL)
		return false;
	return worth && number_parse(worth, scale) == 0 && *scale != 0 && (zero == NULL || number_parse(zero, offset) == 0);
}

static int take_adc(const struct device_config *config, struct rig_settings *settings, struct error *error)
{
	double rate;
	static const char *const names[RIG_ADC_CHANNELS] = { "adc0", "adc1" };
	for (size_t i = 0; i < RIG_ADC_CHANNELS; i++) {
		const char *text = device_option(config, rig_options, names[i], NULL);
		settings->adc[i].on = text[0] != '\0';
		if (settings->adc[i].on &&
		    !parse_scale(text, &settings->adc[i].unit, &settings->adc[i].scale, &settings->adc[i].offset))
			return refuse(config, names[i], "write unit (V, A, W or 1), worth of a count, and value at no count: V 0.0161 -33", error);
	}
	device_option(config, rig_options, "adc_rate", &rate);
	if (!(rate >= RIG_ADC_RATE_MIN && rate <= RIG_ADC_RATE_MAX))
		return refuse(config, "adc_rate", "write 1000 to 200000 samples a second", error);
	settings->adc_rate = (uint32_t)rate;
	return 0;
}

/* ---- the INA228 ---- */

static int take_ina(const struct device_config *config, struct rig_settings *settings, struct error *error)
{
	double shunt, current_max;
	const char *text = device_option(config, rig_options, "shunt", NULL);
	settings->has_ina = text[0] != '\0';
	if (!settings->has_ina)
		return 0;
	device_option(config, rig_options, "current_max", &current_max);
	if (number_parse(text, &shunt) != 0)
		return refuse(config, "shunt", "write its resistance in ohm: 0.01", error);
	return ina228_set(&settings->ina, shunt, current_max, config->name, error);
}

/* ---- all ---- */

int rig_settings(const struct device_config *config, struct rig_settings *settings, struct error *error)
{
	double inverted;
	memset(settings, 0, sizeof *settings);
	device_option(config, rig_options, "inverted", &inverted);
	settings->inverted = (inverted > 0) != RIG_INPUT_INVERTED;
	settings->period = config->update > 0 ? (int64_t)llround(config->update * NS_PER_S) : PERIOD;
	if (settings->period < PERIOD_MIN || settings->period > PERIOD_MAX)
		return error_set(error, ERROR_CONFIG, config->name, "write update: 100 ms", "the rig gives values each 10 ms to 60 s");
	if (take_lines(config, settings, error) != 0 || take_pulses(config, settings, error) != 0 || take_adc(config, settings, error) != 0)
		return -1;
	return take_ina(config, settings, error);
}

uint8_t rig_adc_channels(const struct rig_settings *settings)
{
	return (uint8_t)(settings->adc[0].on | settings->adc[1].on << 1);
}

bool rig_counts_pulses(const struct rig_settings *settings)
{
	for (size_t i = 0; i < RIG_INPUTS; i++)
		if (settings->s0[i].per_kwh > 0)
			return true;
	return false;
}

uint32_t rig_settings_needs(const struct rig_settings *settings)
{
	uint32_t needs = 0;
	if (settings->input != RIG_NO_LINE || settings->output != RIG_NO_LINE || settings->mark != RIG_NO_LINE)
		needs |= RIG_CAN_EDGES;
	if (rig_adc_channels(settings))
		needs |= RIG_CAN_ADC;
	if (settings->has_ina)
		needs |= RIG_CAN_POWER;
	return rig_counts_pulses(settings) ? needs | RIG_CAN_COUNT : needs;
}
