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

/* The number it answers, if it is one that a bench file may ask of this model; else 0, which leaves it out. */
static double ask_listed(struct probe *probe, const char *command, const double *list, double factor)
{
	char value[64];
	double number;
	if (number_parse(ask(probe, command, value, sizeof value), &number) < 0)
		return 0;
	for (; *list > 0; list++)
		if (number > 0.999 * *list * factor && number < 1.001 * *list * factor)
			return *list * factor;
	return 0;
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

static bool is_automatic(struct probe *probe, const char *command)
{
	char value[64];
	ask(probe, command, value, sizeof value);
	return strcmp(value, "1") == 0 || strcasecmp(value, "ON") == 0;
}

/* Of several elements: what they are wired to measure together; circuits of their own are one each. */
static void ask_elements(struct probe *probe)
{
	char wiring[64];
	if (wt_elements_count(probe->model->elements) == 1)
		return;
	unsigned load = wt_elements_of_wiring(ask(probe, ":INP:WIR", wiring, sizeof wiring));
	if (load == probe->model->elements)
		give_option(probe, "element", "sum", 0);
	else if (load & probe->model->elements)
		give_option(probe, "element", "1+3", 0);
}

static int read_settings(struct probe *probe, struct error *error)
{
	struct device_config *config = probe->config;
	char doing[64];
	config->n_options = 0;
	ask_crest_factor(probe);
	ask_mode(probe);
	ask_elements(probe);
	config->voltage_range = ask_listed(probe, ":INP:VOLT:RANG", wt_voltages, 3 / probe->crest_factor);
	config->current_range = ask_listed(probe, ":INP:CURR:RANG", probe->model->currents, 3 / probe->crest_factor);
	config->ranges_automatic = is_automatic(probe, ":INP:VOLT:AUTO") || is_automatic(probe, ":INP:CURR:AUTO");
	config->update = ask_listed(probe, ":RATE", wt_updates, 1);
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
