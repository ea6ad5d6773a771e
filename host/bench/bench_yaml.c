#include "bench_yaml.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* From the largest unit to the smallest; what comes first and shows a value as 1 or more is taken. */
struct scale {
	const char *unit;
	double size; /* in the dimension's base unit */
};
#define SCALES 4
static const struct scale scales[DIMENSIONS][SCALES] = {
	[DIMENSION_TIME] = { { "s", 1 }, { "ms", 1e-3 }, { "us", 1e-6 }, { "ns", 1e-9 } },
	[DIMENSION_POWER] = { { "W", 1 }, { "mW", 1e-3 } },
	[DIMENSION_VOLTAGE] = { { "V", 1 }, { "mV", 1e-3 } },
	[DIMENSION_CURRENT] = { { "A", 1 }, { "mA", 1e-3 } },
	[DIMENSION_FREQUENCY] = { { "Hz", 1 } },
	[DIMENSION_RATIO] = { { "%", 1e-2 }, { "ppm", 1e-6 } },
};
/* A ratio below this is shown in ppm. */
#define RATIO_MIN 0.01
#define SHORT_DIGITS 9

/* The shortest decimal that is read back as exactly `value`, if a few digits are enough; never 6e+02 for 600. */
static bool write_scaled(double value, enum dimension dimension, const struct scale *scale, char *out, size_t size)
{
	double back;
	for (int n = 1; n <= SHORT_DIGITS; n++) {
		snprintf(out, size, "%.*g %s", n, value / scale->size, scale->unit);
		if (strchr(out, 'e') == NULL && quantity_parse(out, dimension, &back) == 0 && back == value)
			return true;
	}
	return false;
}

static void add_number(struct text *text, double value)
{
	char out[32];
	double back;
	for (int n = 1; n <= 17; n++) {
		snprintf(out, sizeof out, "%.*g", n, value);
		if (number_parse(out, &back) == 0 && back == value)
			break;
	}
	text_add(text, out);
}

static void add_quantity(struct text *text, double value, enum dimension dimension)
{
	char out[64];
	double least = dimension == DIMENSION_RATIO ? RATIO_MIN : 1;
	for (const struct scale *s = scales[dimension]; s < scales[dimension] + SCALES && s->unit; s++)
		if (value >= least * s->size && write_scaled(value, dimension, s, out, sizeof out)) {
			text_add(text, out);
			return;
		}
	add_number(text, value);
	if (dimension != DIMENSION_RATIO)
		text_addf(text, " %s", scales[dimension][0].unit);
}

static void add_quoted(struct text *text, const char *string)
{
	text_add(text, "\"");
	for (const char *c = string; *c; c++)
		if (*c == '"' || *c == '\\')
			text_addf(text, "\\%c", *c);
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			text_addf(text, "\\x%02x", (unsigned char)*c);
		else
			text_addf(text, "%c", *c);
	text_add(text, "\"");
}

/* Whether YAML takes it for the same text without quotes, whatever a reader of YAML thinks of "no" and "1e3". */
static bool is_plain(const char *string)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y", "n" };
	if (!isalpha((unsigned char)string[0]))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(string, words[i]) == 0)
			return false;
	return string[strspn(string, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-")] == '\0';
}

static void add_string(struct text *text, const char *string)
{
	if (is_plain(string))
		text_add(text, string);
	else
		add_quoted(text, string);
}

static void end_line(struct text *text, const char *comment)
{
	text_addf(text, "%s%s\n", comment ? " # " : "", comment ? comment : "");
}

/* ---- the parts of a device ---- */

struct member {
	const char *key;
	double value;
	enum dimension dimension; /* DIMENSIONS: a pure number */
	bool given;
};

static void add_member(struct text *text, const struct member *member)
{
	text_addf(text, "%s: ", member->key);
	if (member->dimension == DIMENSIONS)
		add_number(text, member->value);
	else
		add_quantity(text, member->value, member->dimension);
}

/* `KEY: { a: 1 V, b: 2 A }` of what is given; false when nothing is. */
static bool add_map(struct text *text, const char *key, const struct member *members, size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (!members[i].given)
			continue;
		if (any)
			text_add(text, ", ");
		else
			text_addf(text, "    %s: { ", key);
		add_member(text, &members[i]);
		any = true;
	}
	if (any)
		text_add(text, " }");
	return any;
}

static void add_ranges(struct text *text, const struct device_config *device, const char *comment)
{
	const struct member ranges[] = {
		{ "voltage", device->voltage_range, DIMENSION_VOLTAGE, device->voltage_range > 0 },
		{ "current", device->current_range, DIMENSION_CURRENT, device->current_range > 0 },
	};
	if (device->ranges_from != RANGES_GIVEN) {
		text_addf(text, "    ranges: %s", device->ranges_from == RANGES_FROM_PASS ? "pass" : "history");
		end_line(text, comment);
		return;
	}
	if (add_map(text, "ranges", ranges, 2))
		end_line(text, comment);
	else if (comment)
		text_addf(text, "    # ranges: %s\n", comment);
}

static void add_times(struct text *text, const struct device_config *device)
{
	const struct member times[] = {
		{ "update", device->update, DIMENSION_TIME, device->update > 0 },
		{ "latency", device->latency, DIMENSION_TIME, !isnan(device->latency) },
		{ "latency_uncertainty", device->u_latency, DIMENSION_TIME, !isnan(device->u_latency) },
		{ "warm_up", device->warm_up, DIMENSION_TIME, device->warm_up > 0 },
		{ "power_max", device->power_max, DIMENSION_POWER, device->power_max > 0 },
	};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (times[i].given) {
			text_add(text, "    ");
			add_member(text, &times[i]);
			text_add(text, "\n");
		}
}

static void add_accuracy(struct text *text, const struct device_config *device)
{
	const struct accuracy *a = &device->accuracy;
	const struct member members[] = {
		{ "reading", a->reading, DIMENSION_RATIO, true },
		{ "range", a->range, DIMENSION_RATIO, true },
		{ "power_factor", a->power_factor, DIMENSION_RATIO, a->power_factor > 0 },
		{ "timebase", a->timebase, DIMENSION_RATIO, a->timebase > 0 },
		{ "coverage", a->coverage, DIMENSIONS, a->coverage > 0 },
	};
	if (device->accuracy_given && add_map(text, "accuracy", members, sizeof members / sizeof *members))
		text_add(text, "\n");
}

static void add_certificate(struct text *text, const struct device_config *device)
{
	if (device->certificate.number[0] == '\0')
		return;
	text_add(text, "    certificate: { number: ");
	add_quoted(text, device->certificate.number);
	if (device->certificate.issued[0])
		text_addf(text, ", issued: %s", device->certificate.issued);
	if (device->certificate.expires[0])
		text_addf(text, ", expires: %s", device->certificate.expires);
	if (device->certificate.file[0]) {
		text_add(text, ", file: ");
		add_quoted(text, device->certificate.file);
	}
	if (device->certificate.drift > 0) {
		text_add(text, ", drift_per_year: ");
		add_quantity(text, device->certificate.drift, DIMENSION_RATIO);
	}
	text_add(text, " }\n");
}

static void add_options(struct text *text, const struct device_config *device, const char *comment)
{
	for (int i = 0; i < device->n_options; i++) {
		text_addf(text, "%s%s: ", i ? ", " : "    options: { ", device->options[i].name);
		add_string(text, device->options[i].text);
	}
	if (device->n_options) {
		text_add(text, " }");
		end_line(text, comment);
	}
}

/* Counters of the machine itself know what they measure; an instrument must say. */
static void add_place(struct text *text, const struct device_config *device, const char *comment)
{
	if (device->endpoint.text[0]) {
		text_add(text, "    endpoint: ");
		add_quoted(text, device->endpoint.text);
		text_add(text, "\n");
	}
	if (device->endpoint.text[0] || device->measures != ROLE_NONE) {
		text_addf(text, "    measures: %s", channel_role_name(device->measures));
		end_line(text, comment);
	}
	if (device->serial[0]) {
		text_add(text, "    serial: ");
		add_quoted(text, device->serial);
		text_add(text, "\n");
	}
}

void bench_yaml_device(const struct device_config *device, const struct device_comments *comments, struct text *text)
{
	static const struct device_comments none;
	const struct device_comments *c = comments ? comments : &none;
	if (c->device)
		text_addf(text, "  # %s\n", c->device);
	if (c->values)
		text_addf(text, "  # %s\n", c->values);
	text_add(text, "  ");
	add_string(text, device->name);
	text_addf(text, ":\n    driver: %s\n", device->driver);
	add_place(text, device, c->measures);
	add_ranges(text, device, c->ranges);
	add_times(text, device);
	add_accuracy(text, device);
	add_certificate(text, device);
	add_options(text, device, c->options);
}

static void add_trigger(struct text *text, const struct bench_config *config)
{
	bool one = config->trigger_input[0] == '\0' || strcmp(config->trigger_input, config->trigger) == 0;
	text_add(text, one ? "trigger: " : "trigger: { output: ");
	add_string(text, config->trigger);
	if (!one) {
		text_add(text, ", input: ");
		add_string(text, config->trigger_input);
		text_add(text, " }");
	}
	text_add(text, "\n");
}

void bench_yaml(const struct bench_config *config, const struct device_comments *comments, struct text *text)
{
	text_add(text, "joulerig: bench 1\nname: ");
	add_quoted(text, config->name);
	text_add(text, "\ndut: { supply_lag: ");
	add_quantity(text, (double)config->supply_lag / NS_PER_S, DIMENSION_TIME);
	text_add(text, ", line_frequency: ");
	add_quantity(text, config->n_devices ? config->devices[0].line_frequency : 50, DIMENSION_FREQUENCY);
	text_add(text, " }\n");
	add_trigger(text, config);
	text_add(text, "devices:\n");
	for (int i = 0; i < config->n_devices; i++)
		bench_yaml_device(&config->devices[i], comments ? &comments[i] : NULL, text);
}
