/* What a WT is set to now, as a bench file would say it: for `joulerig detect`. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "meters/numeric_meter.h"
#include "meters/wt_model.h"
#include "meters/wt_probe.h"
#include "units.h"

#define PATIENCE (2 * NS_PER_S) /* for all questions */

struct probe {
	struct numeric_meter meter;
	const struct wt_model *model;
	struct device_config *config;
	int64_t deadline;
	enum io io; /* once it is not IO_OK nothing more is asked */
	const char *asked;
	double crest_factor;
};

static const char *ask(struct probe *probe, const char *command, char *value, size_t size)
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
static const char *printable(char *value)
{
	for (char *c = value; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return value;
}

/* One that no bench file may ask for, such as that of an external sensor, is left out; the user is told why. */
static double ask_range(struct probe *probe, const char *key, const char *command, const double *list, const char *unit)
{
	char value[64], all[120], *doubt = probe->config->doubt[DOUBT_RANGES];
	double range = listed(ask(probe, command, value, sizeof value), list, 3 / probe->crest_factor);
	if (range > 0 || probe->io != IO_OK)
		return range;
	wt_list_text(list, 3 / probe->crest_factor, unit, all, sizeof all);
	size_t used = strlen(doubt);
	snprintf(doubt + used, sizeof probe->config->doubt[DOUBT_RANGES] - used, "%s%s: not to be found out (it says %.24s): give one of %s",
		 used ? "; " : "", key, printable(value), all);
	return 0;
}

static double ask_update(struct probe *probe)
{
	char value[64];
	return listed(ask(probe, ":RATE", value, sizeof value), wt_updates, 1);
}

static void give_option(struct probe *probe, const char *name, const char *text, double number)
{
	struct option_value *option = &probe->config->options[probe->config->n_options++];
	*option = (struct option_value){ .number = number };
	snprintf(option->name, sizeof option->name, "%s", name);
	snprintf(option->text, sizeof option->text, "%s", text);
}

/* 6A is 6 for joulerig: only automatic ranges tell them apart. */
static void ask_crest_factor(struct probe *probe)
{
	char value[64];
	probe->crest_factor = 3;
	if (strchr(ask(probe, ":INP:CFAC", value, sizeof value), '6') == NULL)
		return;
	probe->crest_factor = 6;
	give_option(probe, "crest_factor", "6", 6);
}

static void ask_mode(struct probe *probe)
{
	char value[64];
	if (strcasecmp(ask(probe, ":INP:MODE", value, sizeof value), "DC") == 0)
		give_option(probe, "mode", "DC", 0);
}

static bool is_on(struct probe *probe, const char *command)
{
	char value[64];
	ask(probe, command, value, sizeof value);
	return strcmp(value, "1") == 0 || strcasecmp(value, "ON") == 0;
}

/* Circuits of their own: one may feed the machine, or each of them one of its supplies. */
static void doubt_elements(struct probe *probe, char *wiring)
{
	char all[40], *doubt = probe->config->doubt[DOUBT_OPTIONS];
	wt_elements_text(probe->model->elements, all, sizeof all);
	snprintf(doubt, sizeof probe->config->doubt[DOUBT_OPTIONS],
		 "element: its wiring (%.24s) does not tell which of %s feed the machine: give one, some with a plus sign between, or sum",
		 printable(wiring), all);
}

/* Of several elements it is always told which: what they are wired to measure together. */
static void ask_elements(struct probe *probe)
{
	char wiring[64];
	if (wt_elements_count(probe->model->elements) == 1)
		return;
	unsigned load = wt_elements_of_wiring(ask(probe, ":INP:WIR", wiring, sizeof wiring));
	bool together = load & probe->model->elements;
	give_option(probe, "element", load == probe->model->elements ? "sum" : together ? "1+3" : "1", 0);
	if (!together)
		doubt_elements(probe, wiring);
}

static void ask_scaling(struct probe *probe)
{
	if (is_on(probe, WT_SCALING))
		snprintf(probe->config->doubt[DOUBT_VALUES], sizeof probe->config->doubt[DOUBT_VALUES],
			 "scaling is on: every power is multiplied by its VT and CT ratios and its factor, and is refused until it is off");
}

static int read_settings(struct probe *probe, struct error *error)
{
	struct device_config *config = probe->config;
	char doing[64];
	config->n_options = 0;
	memset(config->doubt, 0, sizeof config->doubt);
	ask_crest_factor(probe);
	ask_mode(probe);
	ask_elements(probe);
	config->voltage_range = ask_range(probe, "voltage", ":INP:VOLT:RANG", wt_voltages, " V");
	config->current_range = ask_range(probe, "current", ":INP:CURR:RANG", probe->model->currents, " A");
	config->ranges_automatic = is_on(probe, ":INP:VOLT:AUTO") || is_on(probe, ":INP:CURR:AUTO");
	config->update = ask_update(probe);
	ask_scaling(probe);
	snprintf(doing, sizeof doing, "asking %s?", probe->asked);
	return probe->io == IO_OK ? 0 : settings_link_error(probe->io, config->endpoint.text, doing, error);
}

int wt_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
	     struct error *error)
{
	struct probe probe = { .meter = { .config = config, .link = link, .timebase = timebase }, .config = config };
	if (numeric_meter_meet(&probe.meter, error) < 0)
		return -1;
	*identity = probe.meter.identity;
	probe.model = wt_model_find(identity->model);
	if (strcasecmp(identity->maker, "YOKOGAWA") != 0 || probe.model == NULL)
		return error_set(error, ERROR_NOT_FOUND, config->endpoint.text, NULL, "not a Yokogawa WT300 or WT300E: %s %s answered",
				 identity->maker, identity->model);
	snprintf(config->driver, sizeof config->driver, "yokogawa_wt");
	snprintf(config->serial, sizeof config->serial, "%s", identity->serial);
	probe.deadline = timebase->now(timebase) + PATIENCE;
	return read_settings(&probe, error);
}
