#include "powersensor3/ps3_channels.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct option_spec ps3_options[] = {
	{ "pair0", "name of the rail at sensors 0 and 1, for its channels", OPTION_TEXT, 0, "" },
	{ "pair1", "of that at sensors 2 and 3", OPTION_TEXT, 0, "" },
	{ "pair2", "of that at sensors 4 and 5", OPTION_TEXT, 0, "" },
	{ "pair3", "of that at sensors 6 and 7", OPTION_TEXT, 0, "" },
	{ "current_accuracy", "limits of error of the current sensors: 1 % 30 mA", OPTION_TEXT, 0, "" },
	{ "voltage_accuracy", "limits of error of the voltage sensors: 0.5 % 20 mV", OPTION_TEXT, 0, "" },
	{ .name = NULL },
};

/* ---- options ---- */

/* "1 % 30 mA", "1 %" or "30 mA". */
static int read_limits(const struct device_config *config, const char *option, enum dimension dimension, struct accuracy *accuracy,
		       struct error *error)
{
	const char *text = device_option(config, ps3_options, option, NULL), *percent = strchr(text, '%'), *rest = percent ? percent + 1 : text;
	char relative[64];
	memset(accuracy, 0, sizeof *accuracy);
	snprintf(relative, sizeof relative, "%.*s", percent ? (int)(percent + 1 - text) : 0, text);
	while (*rest == ' ')
		rest++;
	bool good = (percent == NULL || quantity_parse(relative, DIMENSION_RATIO, &accuracy->reading) == 0) &&
		    (*rest == '\0' || quantity_parse(rest, dimension, &accuracy->range_value) == 0);
	accuracy->range = accuracy->range_value > 0 ? 1 : 0;
	if (good && accuracy->reading >= 0 && accuracy->range_value >= 0)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "write a part of the reading and a constant part, such as \"1 % 30 mA\", or one of them",
			 "option %s: \"%s\" is no limit of error", option, text);
}

static bool is_name(const char *name)
{
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_')
			return false;
	return strlen(name) <= 12;
}

struct names {
	char of[PS3_PAIRS][16]; /* behind the quantity, with its hyphen; "": the only one */
};

static int read_names(const struct device_config *config, const bool in_use[PS3_PAIRS], struct names *names, struct error *error)
{
	char option[] = "pair0";
	int n = 0;
	for (int i = 0; i < PS3_PAIRS; i++)
		n += in_use[i];
	for (int i = 0; i < PS3_PAIRS; i++) {
		option[4] = (char)('0' + i);
		const char *name = device_option(config, ps3_options, option, NULL);
		if (name[0] && !in_use[i])
			return error_set(error, ERROR_CONFIG, config->name, "leave the option out, or set its sensors up with the vendor's psconfig",
					 "option %s: the device says that sensors %d and %d are not in use", option, 2 * i, 2 * i + 1);
		if (!is_name(name))
			return error_set(error, ERROR_CONFIG, config->name, "use letters, digits, - and _; no more than 12",
					 "option %s: \"%s\" cannot be part of a channel's name", option, name);
		if (name[0])
			snprintf(names->of[i], sizeof names->of[i], "-%s", name);
		else
			snprintf(names->of[i], sizeof names->of[i], n > 1 ? "-%d" : "", i);
		for (int j = 0; j < i; j++)
			if (in_use[i] && in_use[j] && strcmp(names->of[i], names->of[j]) == 0)
				return error_set(error, ERROR_CONFIG, config->name, "give each pair a name of its own",
						 "two pairs are called \"%s\"", names->of[i] + 1);
	}
	return 0;
}

/* Shunt and divider are the user's: without limits of error its energy would look exact. */
static int check_accuracy(const struct device_config *config, const struct accuracy *current, const struct accuracy *voltage,
			  struct error *error)
{
	bool of_sensors = (current->reading > 0 || current->range > 0) && (voltage->reading > 0 || voltage->range > 0);
	if (config->measures == ROLE_NONE)
		return 0;
	if (config->measures != ROLE_RAIL)
		return error_set(error, ERROR_CONFIG, config->name, "write measures: rail, or none", "it measures DC rails, and no %s",
				 channel_role_name(config->measures));
	if (!config->accuracy_given && !of_sensors)
		return error_set(error, ERROR_CONFIG, config->name,
				 "write options current_accuracy: \"1 % 30 mA\" and voltage_accuracy: \"0.5 % 20 mV\" of its sensors, or accuracy: { reading: 2 %, range: 0 % } of the power",
				 "the accuracy of what measures the rail is not said");
	if (config->accuracy.range > 0 && !(config->power_max > 0))
		return error_set(error, ERROR_CONFIG, config->name, "write power_max: 500 W, the range that this is a part of",
				 "its accuracy is said as a part of a range that is not");
	return 0;
}

/* ---- channels ---- */

static int add(struct ps3_channels *channels, const struct device_config *config, const char *quantity, const char *name,
	       const struct channel *like, struct error *error)
{
	struct channel *channel = &channels->list[channels->n];
	*channel = *like;
	int length = snprintf(channel->name, sizeof channel->name, "%.31s.%s%s", config->name, quantity, name);
	if (length >= (int)sizeof channel->name)
		return error_set(error, ERROR_CONFIG, config->name, "give the device or the pair a shorter name",
				 "the name of its channel %s%s is longer than %zu", quantity, name, sizeof channel->name - 1);
	channels->n++;
	return 0;
}

/* The stamp is that of the middle of the six conversions, or, of some versions, of their end: so the middle is up to half a period before
 * it. Conversions of one set follow each other within 8 us. */
static struct channel common(int64_t period, bool simulated)
{
	return (struct channel){
		.kind = CHANNEL_INSTANT, .clock = CLOCK_ID_DEVICE, .number = NUMBER_I16, .scale = 1, .refresh = period, .latency = period / 4,
		.u_latency = period / 4, .factor = { -1, -1 }, .simulated = simulated,
	};
}

static int add_sensor(struct ps3_channels *channels, const struct device_config *config, int i, const struct ps3_sensor *sensor,
		      const char *name, struct channel like, const struct accuracy *accuracy, struct error *error)
{
	like.unit = i % 2 ? UNIT_VOLT : UNIT_AMPERE;
	like.scale = ps3_scale(sensor);
	like.offset = ps3_offset(sensor);
	like.accuracy = *accuracy;
	like.accuracy.quantum = like.scale < 0 ? -like.scale : like.scale;
	channels->of[i] = channels->n;
	return add(channels, config, i % 2 ? "voltage" : "current", name, &like, error);
}

static int add_power(struct ps3_channels *channels, const struct device_config *config, int pair, const char *name, struct channel like,
		     struct error *error)
{
	like.role = config->measures;
	like.unit = UNIT_WATT;
	like.number = NUMBER_F64;
	like.power_max = config->power_max;
	if (config->accuracy_given)
		like.accuracy = config->accuracy;
	like.accuracy.range_value = config->power_max;
	like.factor[0] = channels->of[2 * pair];
	like.factor[1] = channels->of[2 * pair + 1];
	return add(channels, config, "power", name, &like, error);
}

static int read_sensors(const struct device_config *config, const uint8_t *told, struct ps3_sensor sensors[PS3_SENSORS], struct error *error)
{
	for (int i = 0; i < PS3_SENSORS; i++)
		if (!ps3_sensor_decode(told + i * PS3_SENSOR_SIZE, &sensors[i]))
			return error_set(error, ERROR_PROTOCOL, config->name, "set it up with the vendor's psconfig",
					 "the configuration of its sensor %d makes no sense", i);
	return 0;
}

static int add_pair(struct ps3_channels *channels, const struct device_config *config, int pair, const struct ps3_sensor *sensors,
		    const char *name, const struct channel *like, const struct accuracy limits[2], struct error *error)
{
	for (int i = 2 * pair; i < 2 * pair + 2; i++)
		if (sensors[i].in_use && add_sensor(channels, config, i, &sensors[i], name, *like, &limits[i % 2], error) != 0)
			return -1;
	if (!sensors[2 * pair].in_use || !sensors[2 * pair + 1].in_use)
		return 0;
	return add_power(channels, config, pair, name, *like, error);
}

int ps3_describe(const struct device_config *config, const uint8_t *told, int64_t period, bool simulated, struct ps3_channels *channels,
		 struct error *error)
{
	struct ps3_sensor sensors[PS3_SENSORS];
	struct accuracy limits[2];
	struct names names = { .of = { "" } };
	bool in_use[PS3_PAIRS];
	const struct channel like = common(period, simulated);
	memset(channels, 0, sizeof *channels);
	memset(channels->of, 0xff, sizeof channels->of);
	if (read_sensors(config, told, sensors, error) != 0 || read_limits(config, "current_accuracy", DIMENSION_CURRENT, &limits[0], error) != 0 ||
	    read_limits(config, "voltage_accuracy", DIMENSION_VOLTAGE, &limits[1], error) != 0 ||
	    check_accuracy(config, &limits[0], &limits[1], error) != 0)
		return -1;
	int products = 0;
	for (int i = 0; i < PS3_PAIRS; i++) {
		in_use[i] = sensors[2 * i].in_use || sensors[2 * i + 1].in_use;
		products += sensors[2 * i].in_use && sensors[2 * i + 1].in_use;
	}
	if (read_names(config, in_use, &names, error) != 0)
		return -1;
	for (int i = 0; i < PS3_PAIRS; i++)
		if (add_pair(channels, config, i, sensors, names.of[i], &like, limits, error) != 0)
			return -1;
	if (channels->n == 0 || (config->measures != ROLE_NONE && products == 0))
		return error_set(error, ERROR_CONFIG, config->name, "set its sensors up with the vendor's psconfig",
				 channels->n ? "it has no pair of a current and a voltage sensor in use" : "none of its sensors is in use");
	return 0;
}
