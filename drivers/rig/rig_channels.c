/* What the rig's channels are: all of them on its own clock. */
#include <stdio.h>
#include <string.h>

#include "rig/rig_device.h"

#define LEVEL_EVERY NS_PER_S
#define JOULES_PER_KWH 3.6e6
#define INA_CONVERSION (3156 * NS_PER_US) /* voltage, current and temperature by turns, 1052 us each: as it is after a reset */

static int add(struct rig *rig, const char *device, const char *quantity, const struct channel *like)
{
	struct rig_channels *channels = &rig->channels;
	struct channel *channel = &channels->list[channels->n];
	*channel = *like;
	snprintf(channel->name, sizeof channel->name, "%.31s.%s", device, quantity);
	channel->clock = CLOCK_ID_DEVICE;
	channel->simulated = rig->identity.simulated;
	if (channel->scale == 0)
		channel->scale = 1;
	channel->factor[0] = channel->factor[1] = -1;
	return channels->n++;
}

static void add_level(struct rig *rig, const struct device_config *config)
{
	if (rig->settings.input == RIG_NO_LINE)
		return;
	rig->channels.level = add(rig, config->name, "level", &(struct channel){ .kind = CHANNEL_OBSERVE, .number = NUMBER_U64, .refresh = LEVEL_EVERY });
	snprintf(rig->input.edge.name, sizeof rig->input.edge.name, "%.31s.input", config->name);
	rig->input.edge.source = EDGE_HARDWARE;
}

static void add_pulses(struct rig *rig, const struct device_config *config)
{
	const struct rig_settings *settings = &rig->settings;
	for (int i = 0; i < (int)RIG_INPUTS; i++) {
		char quantity[] = "s0-in1";
		if (settings->s0[i].per_kwh == 0)
			continue;
		quantity[5] = (char)('1' + i);
		const struct channel counter = {
			.kind = CHANNEL_COUNTER, .unit = UNIT_JOULE, .number = NUMBER_U64, .scale = JOULES_PER_KWH / settings->s0[i].per_kwh,
			.wrap = UINT64_C(1) << 32, .refresh = settings->period, .power_max = config->power_max, .accuracy = config->accuracy,
		};
		rig->channels.s0[i] = add(rig, config->name, quantity, &counter);
	}
}

/* A sample of ADC1 is taken half a set after that of ADC0: their product is no power, and no channel. */
static void add_adc(struct rig *rig, const struct device_config *config)
{
	static const char *const quantities[RIG_ADC_CHANNELS] = { "adc0", "adc1" };
	const struct rig_settings *settings = &rig->settings;
	for (size_t i = 0; i < RIG_ADC_CHANNELS; i++) {
		if (!settings->adc[i].on)
			continue;
		const struct channel samples = {
			.kind = CHANNEL_INSTANT, .unit = settings->adc[i].unit, .number = NUMBER_I16, .scale = settings->adc[i].scale,
			.offset = settings->adc[i].offset, .refresh = NS_PER_S / settings->adc_rate, .power_max = config->power_max,
			.accuracy = config->accuracy,
		};
		rig->channels.adc[i] = add(rig, config->name, quantities[i], &samples);
	}
}

static void add_ina(struct rig *rig, const struct device_config *config)
{
	const struct ina228 *ina = &rig->settings.ina;
	struct channel observed = { .kind = CHANNEL_OBSERVE, .number = NUMBER_F64, .refresh = rig->settings.period };
	if (!rig->settings.has_ina)
		return;
	const struct channel energy = {
		.kind = CHANNEL_COUNTER, .unit = UNIT_JOULE, .number = NUMBER_U64, .scale = ina->energy_lsb, .wrap = INA228_ENERGY_WRAP,
		.refresh = rig->settings.period, .update_jitter = INA_CONVERSION, .power_max = config->power_max, .accuracy = config->accuracy,
	};
	rig->channels.energy = add(rig, config->name, "ina-energy", &energy);
	const struct {
		const char *quantity;
		enum unit unit;
		double lsb;
		int *channel;
	} others[] = {
		{ "ina-power", UNIT_WATT, ina->power_lsb, &rig->channels.power },
		{ "ina-voltage", UNIT_VOLT, INA228_VOLTAGE_LSB, &rig->channels.voltage },
		{ "ina-current", UNIT_AMPERE, ina->current_lsb, &rig->channels.current },
		{ "ina-temperature", UNIT_DEGREE_C, INA228_TEMPERATURE_LSB, &rig->channels.temperature },
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		observed.unit = others[i].unit;
		observed.scale = others[i].lsb;
		*others[i].channel = add(rig, config->name, others[i].quantity, &observed);
	}
}

/* Energy comes from counters, or from samples of power. */
static bool gives_energy(const struct channel *channel)
{
	return channel->kind == CHANNEL_COUNTER || (channel->kind == CHANNEL_INSTANT && channel->unit == UNIT_WATT);
}

/* What stands before its terminals nobody knows but who built it: without limits of error its energy would look exact. */
static int check_accuracy(const struct device_config *config, struct error *error)
{
	if (!config->accuracy_given)
		return error_set(error, ERROR_CONFIG, config->name, "write accuracy: { reading: 1 %, range: 0 % }, of the meter, or of shunt and divider",
				 "the accuracy of what measures %s is not said", channel_role_name(config->measures));
	if (config->accuracy.range > 0 && !(config->power_max > 0))
		return error_set(error, ERROR_CONFIG, config->name, "write power_max: 500 W, the range that this is a part of",
				 "its accuracy is said as a part of a range that is not");
	return 0;
}

static int say_what_is_measured(struct rig_channels *channels, const struct device_config *config, struct error *error)
{
	int sources = 0;
	if (config->measures == ROLE_NONE)
		return 0;
	if (check_accuracy(config, error) != 0)
		return -1;
	for (int i = 0; i < channels->n; i++)
		if (gives_energy(&channels->list[i])) {
			channels->list[i].role = config->measures;
			channels->list[i].accuracy.range_value = config->power_max;
			sources++;
		}
	if (sources == 1)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "write measures: none, or leave one source of energy in its options",
			 sources ? "it has %d sources of energy, and which of them measures %s is not said" : "it has %d sources of energy to measure %s",
			 sources, channel_role_name(config->measures));
}

int rig_describe(struct rig *rig, const struct device_config *config, struct error *error)
{
	struct rig_channels *c = &rig->channels;
	memset(c, 0, sizeof *c);
	c->level = c->energy = c->power = c->voltage = c->current = c->temperature = -1;
	memset(c->s0, 0xff, sizeof c->s0);
	memset(c->adc, 0xff, sizeof c->adc);
	add_level(rig, config);
	add_pulses(rig, config);
	add_adc(rig, config);
	add_ina(rig, config);
	return say_what_is_measured(c, config, error);
}
