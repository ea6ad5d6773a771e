#include "numeric_probe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "meters/numeric_driver.h"
#include "units.h"

#define PATIENCE (2 * NS_PER_S) /* for all questions */

const char *numeric_probe_ask(struct numeric_probe *probe, const char *command, char *value, size_t size)
{
	value[0] = '\0';
	if (probe->io != IO_OK)
		return value;
	probe->asked = command;
	probe->io = settings_read(probe->meter.link, command, value, size, probe->deadline);
	if (probe->io != IO_OK)
		value[0] = '\0';
	return value;
}

/* The number that it is, if a bench file may ask for it of this model; else 0, which leaves it out. */
static double listed(const char *value, const double *list, double factor)
{
	double number;
	if (number_parse(value, &number) < 0)
		return 0;
	for (; *list > 0; list++)
		if (number > 0.999 * *list * factor && number < 1.001 * *list * factor)
			return *list * factor;
	return 0;
}

/* As it can stand in a comment. */
const char *numeric_printable(char *value)
{
	for (char *c = value; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return value;
}

/* One that no bench file may ask for, such as that of an external sensor, is left out; the user is told why. */
static double ask_range(struct numeric_probe *probe, const char *key, const char *command, const double *list, const char *unit)
{
	char value[64], all[120], *doubt = probe->config->doubt[DOUBT_RANGES];
	double range = listed(numeric_probe_ask(probe, command, value, sizeof value), list, 3 / probe->crest_factor);
	if (range > 0 || probe->io != IO_OK)
		return range;
	numeric_list_text(list, 3 / probe->crest_factor, unit, all, sizeof all);
	size_t used = strlen(doubt);
	snprintf(doubt + used, sizeof probe->config->doubt[DOUBT_RANGES] - used, "%s%s: not to be found out (it says %.24s): give one of %s",
		 used ? "; " : "", key, numeric_printable(value), all);
	return 0;
}

static double ask_update(struct numeric_probe *probe)
{
	char value[64];
	return listed(numeric_probe_ask(probe, ":RATE", value, sizeof value), numeric_updates, 1);
}

void numeric_probe_option(struct numeric_probe *probe, const char *name, const char *text, double number)
{
	struct option_value *option = &probe->config->options[probe->config->n_options++];
	*option = (struct option_value){ .number = number };
	snprintf(option->name, sizeof option->name, "%s", name);
	snprintf(option->text, sizeof option->text, "%s", text);
}

/* 6A is 6 for joulerig: only automatic ranges tell them apart. */
static void ask_crest_factor(struct numeric_probe *probe)
{
	char value[64];
	probe->crest_factor = 3;
	if (strchr(numeric_probe_ask(probe, ":INP:CFAC", value, sizeof value), '6') == NULL)
		return;
	probe->crest_factor = 6;
	numeric_probe_option(probe, "crest_factor", "6", 6);
}

static void ask_mode(struct numeric_probe *probe)
{
	char value[64];
	if (strcasecmp(numeric_probe_ask(probe, ":INP:MODE", value, sizeof value), "DC") == 0)
		numeric_probe_option(probe, "mode", "DC", 0);
}

bool numeric_probe_is_on(struct numeric_probe *probe, const char *command)
{
	char value[64];
	numeric_probe_ask(probe, command, value, sizeof value);
	return strcmp(value, "1") == 0 || strcasecmp(value, "ON") == 0;
}

static void ask_scaling(struct numeric_probe *probe)
{
	if (numeric_probe_is_on(probe, NUMERIC_SCALING))
		snprintf(probe->config->doubt[DOUBT_VALUES], sizeof probe->config->doubt[DOUBT_VALUES],
			 "scaling is on: every power is multiplied by its VT and CT ratios and its factor, and is refused until it is off");
}

int numeric_probe_meet(struct numeric_probe *probe, struct link *link, struct timebase *timebase, struct device_config *config,
		       struct identity *identity, bool stale, struct error *error)
{
	*probe = (struct numeric_probe){ .meter = { .config = config, .link = link, .timebase = timebase, .stale = stale }, .config = config };
	if (numeric_meter_meet(&probe->meter, error) < 0)
		return -1;
	*identity = probe->meter.identity;
	probe->deadline = timebase->now(timebase) + PATIENCE;
	config->n_options = 0;
	memset(config->doubt, 0, sizeof config->doubt);
	return 0;
}

void numeric_probe_settings(struct numeric_probe *probe, const char *driver, const double *currents)
{
	struct device_config *config = probe->config;
	snprintf(config->driver, sizeof config->driver, "%s", driver);
	snprintf(config->serial, sizeof config->serial, "%s", probe->meter.identity.serial);
	ask_crest_factor(probe);
	ask_mode(probe);
	config->voltage_range = ask_range(probe, "voltage", ":INP:VOLT:RANG", numeric_voltages, " V");
	config->current_range = ask_range(probe, "current", ":INP:CURR:RANG", currents, " A");
	config->ranges_automatic = numeric_probe_is_on(probe, ":INP:VOLT:AUTO") || numeric_probe_is_on(probe, ":INP:CURR:AUTO");
	config->update = ask_update(probe);
	ask_scaling(probe);
}

int numeric_probe_end(const struct numeric_probe *probe, struct error *error)
{
	char doing[64];
	snprintf(doing, sizeof doing, "asking %s?", probe->asked);
	return probe->io == IO_OK ? 0 : settings_link_error(probe->io, probe->config->endpoint.text, doing, error);
}
