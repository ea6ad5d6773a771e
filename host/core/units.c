#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const symbols[UNITS] = {
	[UNIT_NONE] = "1", [UNIT_WATT] = "W", [UNIT_JOULE] = "J", [UNIT_VOLT] = "V", [UNIT_AMPERE] = "A",
	[UNIT_VOLT_AMPERE] = "V.A", [UNIT_HERTZ] = "Hz", [UNIT_SECOND] = "s", [UNIT_DEGREE_C] = "degC",
};

const char *unit_symbol(enum unit unit)
{
	return (unsigned)unit < UNITS ? symbols[unit] : "1";
}

int unit_parse(const char *symbol)
{
	for (int i = 0; i < UNITS; i++)
		if (strcmp(symbols[i], symbol) == 0)
			return i;
	return -1;
}

static const struct {
	const char *name, *expected;
} dimensions[DIMENSIONS] = {
	[DIMENSION_TIME] = { "time", "a time such as 250 ms, 2 s or 5 min" },
	[DIMENSION_POWER] = { "power", "a power such as 500 mW or 300 W" },
	[DIMENSION_ENERGY] = { "energy", "an energy such as 250 J or 1.5 Wh" },
	[DIMENSION_VOLTAGE] = { "voltage", "a voltage such as 300 V" },
	[DIMENSION_CURRENT] = { "current", "a current such as 500 mA or 2 A" },
	[DIMENSION_FREQUENCY] = { "frequency", "a frequency such as 50 Hz or 2.4 GHz" },
	[DIMENSION_RATIO] = { "ratio", "a ratio such as 0.1 %, 50 ppm or 0.001" },
	[DIMENSION_TEMPERATURE] = { "temperature", "a temperature such as 23 degC" },
	[DIMENSION_BYTES] = { "bytes", "a size such as 64 KiB" },
};

const char *dimension_name(enum dimension dimension)
{
	return dimensions[dimension].name;
}

const char *dimension_expected(enum dimension dimension)
{
	return dimensions[dimension].expected;
}

int dimension_parse(const char *name)
{
	for (int i = 0; i < DIMENSIONS; i++)
		if (strcmp(dimensions[i].name, name) == 0)
			return i;
	return -1;
}

/* Powers of ten are applied as a division where the factor is a negative power, so that `250 ms` is the double nearest to
 * 0.25 and not 250 * 0.001. */
static const struct unit_scale {
	const char *symbol;
	enum dimension dimension;
	double multiply, divide;
} scales[] = {
	{ "ns", DIMENSION_TIME, 1, 1e9 }, { "us", DIMENSION_TIME, 1, 1e6 }, { "ms", DIMENSION_TIME, 1, 1e3 },
	{ "s", DIMENSION_TIME, 1, 1 }, { "min", DIMENSION_TIME, 60, 1 }, { "h", DIMENSION_TIME, 3600, 1 },
	{ "mW", DIMENSION_POWER, 1, 1e3 }, { "W", DIMENSION_POWER, 1, 1 }, { "kW", DIMENSION_POWER, 1e3, 1 },
	{ "uJ", DIMENSION_ENERGY, 1, 1e6 }, { "mJ", DIMENSION_ENERGY, 1, 1e3 }, { "J", DIMENSION_ENERGY, 1, 1 },
	{ "kJ", DIMENSION_ENERGY, 1e3, 1 }, { "Wh", DIMENSION_ENERGY, 3600, 1 }, { "kWh", DIMENSION_ENERGY, 3.6e6, 1 },
	{ "mV", DIMENSION_VOLTAGE, 1, 1e3 }, { "V", DIMENSION_VOLTAGE, 1, 1 }, { "kV", DIMENSION_VOLTAGE, 1e3, 1 },
	{ "mA", DIMENSION_CURRENT, 1, 1e3 }, { "A", DIMENSION_CURRENT, 1, 1 },
	{ "Hz", DIMENSION_FREQUENCY, 1, 1 }, { "kHz", DIMENSION_FREQUENCY, 1e3, 1 },
	{ "MHz", DIMENSION_FREQUENCY, 1e6, 1 }, { "GHz", DIMENSION_FREQUENCY, 1e9, 1 },
	{ "", DIMENSION_RATIO, 1, 1 }, { "%", DIMENSION_RATIO, 1, 1e2 }, { "ppm", DIMENSION_RATIO, 1, 1e6 },
	{ "degC", DIMENSION_TEMPERATURE, 1, 1 },
	{ "B", DIMENSION_BYTES, 1, 1 }, { "KiB", DIMENSION_BYTES, 1024, 1 }, { "MiB", DIMENSION_BYTES, 1048576, 1 },
	{ "GiB", DIMENSION_BYTES, 1073741824.0, 1 },
};

static const char *skip_digits(const char *c)
{
	while (*c >= '0' && *c <= '9')
		c++;
	return c;
}

/* The end of a number in JSON's grammar (a leading + and leading zeros are allowed), or NULL. */
static const char *number_end(const char *text)
{
	const char *c = text + (*text == '-' || *text == '+');
	const char *digits = c;
	c = skip_digits(c);
	if (c == digits)
		return NULL;
	if (*c == '.') {
		const char *fraction = c + 1;
		c = skip_digits(fraction);
		if (c == fraction)
			return NULL;
	}
	if ((*c == 'e' || *c == 'E') && (isdigit((unsigned char)c[1]) || ((c[1] == '-' || c[1] == '+') && isdigit((unsigned char)c[2]))))
		c = skip_digits(c + 2);
	return c;
}

/* The process stays in the "C" locale (nothing calls setlocale), so strtod's decimal point is the files' decimal point. */
static double to_double(const char *text, const char *end)
{
	char copy[64];
	size_t length = (size_t)(end - text);
	if (length >= sizeof copy)
		return NAN;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return strtod(copy, NULL);
}

int number_parse(const char *text, double *value)
{
	const char *end = number_end(text);
	if (end == NULL || *end != '\0')
		return -1;
	double parsed = to_double(text, end);
	if (!isfinite(parsed))
		return -1;
	*value = parsed;
	return 0;
}

int integer_parse(const char *text, long long *value)
{
	const char *digits = text + (*text == '-' || *text == '+');
	const char *end = skip_digits(digits);
	if (end == digits || *end != '\0')
		return -1;
	errno = 0;
	long long parsed = strtoll(text, NULL, 10);
	if (errno != 0)
		return -1;
	*value = parsed;
	return 0;
}

int quantity_parse(const char *text, enum dimension dimension, double *value)
{
	const char *end = number_end(text);
	if (end == NULL)
		return -1;
	const char *symbol = end;
	while (*symbol == ' ')
		symbol++;
	for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
		if (scales[i].dimension != dimension || strcmp(scales[i].symbol, symbol) != 0)
			continue;
		double parsed = to_double(text, end) * scales[i].multiply / scales[i].divide;
		if (!isfinite(parsed))
			return -1;
		*value = parsed;
		return 0;
	}
	return -1;
}
