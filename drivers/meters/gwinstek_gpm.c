/*
 * gwinstek_gpm: GW Instek GPM-8213, GPM-8310, and one input of a GPM-8320 or GPM-8330, over USB (a serial port: CDC-ACM, 2184:0052),
 * RS-232 and TCP (port 23).
 *
 * It speaks the `:NUMeric` dialect (numeric.c draws the replies) with differences of its own: commands end with CR LF; the element of an
 * item is not told; items are named as they are displayed (Urms, PF); with headers on, replies have the short form; a mode of its own
 * for an integration by hand. Any command locks its front panel. Answers to who asked before may come late, behind what seems to be ours.
 *
 * Sources: replies of a GPM-8213, V1.05, that others have written down; pages 146, 232 and 242 of the GPM-8310's manual; programs of others
 * for the GPM-8310 and GPM-8330. By analogy with Yokogawa's WT300 alone: :RATE, averaging and the holds (option `panel`, should it not know
 * them), :STAT:EESR? and the bits of :STAT:COND? (option `events`), what the integrator's commands do. Of a GPM-8320 or GPM-8330 it is
 * known that of a preset's 20 values of each input the third is P, and no more: only P is read. The preset takes the place of the list of
 * items that its user had, of which nobody knows how it is asked for: that one setting is not put back.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/numeric_changes.h"
#include "meters/numeric_probe.h"

#define USB_VENDOR 0x2184
#define USB_PRODUCT 0x0052
#define FAST_UPDATE (100 * NS_PER_MS) /* at which the reading's part of the limit is larger by… */
#define FAST_READING 0.0005
#define PRESET_ITEMS 20 /* of each input */
#define PRESET_POWER 3  /* which of these is P */

static const struct option_spec options[] = {
	{ "crest_factor", "3 or 6; 6 halves the ranges", OPTION_INTEGER, DIMENSION_RATIO, "3" },
	{ "mode", "ACDC or AC for mains, DC for a rail", OPTION_TEXT, DIMENSION_RATIO, "ACDC" },
	{ "status", "ask with each update whether a peak or a range was exceeded", OPTION_BOOLEAN, DIMENSION_RATIO, "true" },
	{ "events", "see updates by its event register, as a WT300 has it, not by what they change", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ "integrator", "the instrument integrates as well; needs events", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ "panel", "update interval (as `update` says), averaging and holds (off) are set at its front panel, and not asked for", OPTION_BOOLEAN,
	  DIMENSION_RATIO, "false" },
	{ "input", "that is measured, of a GPM-8320 (1, 2) or GPM-8330 (1, 2, 3)", OPTION_INTEGER, DIMENSION_RATIO, "1" },
	{ .name = NULL },
};

static const struct model {
	const char *name;
	int inputs;
	bool specified; /* its accuracy could be read: 45-66 Hz, power factor 1 */
	double reading, range;
} models[] = {
	{ "GPM-8213", 1, false, 0, 0 },
	{ "GPM-8310", 1, true, 0.001, 0.0005 },
	{ "GPM-8320", 2, false, 0, 0 },
	{ "GPM-8330", 3, false, 0, 0 },
};

struct gpm {
	struct numeric_changes changes; /* first: begins with a numeric_driver */
	const struct model *model;
	bool events, panel;
	char question[32];
};

static const char *const control[] = { ":COMM:REM ON", "*CLS", NULL };
static const char *const control_preset[] = { ":COMM:REM ON", "*CLS", ":NUM:NORM:PRES 4", NULL };

#define REPLY_SETTINGS 2 /* the first of them decide what replies look like */

static const struct model *model_find(const char *name)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (strncasecmp(name, models[i].name, strlen(models[i].name)) == 0)
			return &models[i];
	return NULL;
}

/* ---- the set-up, from the configuration ---- */

static void list_items(struct gpm *gpm)
{
	struct numeric_driver *driver = &gpm->changes.driver;
	if (gpm->model->inputs == 1)
		numeric_add_items(driver, SETTING_ITEM, ":NUM:NORM:NUMB");
	else
		numeric_add(driver, SETTING_WORD, "number format", ":NUM:FORM", "ASCII");
}

/* In the order in which they are sent: the form of replies first, and what changes other settings before these. */
static void list_settings(struct gpm *gpm, const char *mode)
{
	struct numeric_driver *driver = &gpm->changes.driver;
	numeric_add(driver, SETTING_BOOLEAN, "reply header", ":COMM:HEAD", "OFF");
	numeric_add(driver, SETTING_BOOLEAN, "verbose replies", ":COMM:VERB", "OFF");
	_Static_assert(REPLY_SETTINGS == 2, "these two");
	int first_locked = driver->meter.n_settings;
	numeric_add_number(driver, "crest factor", ":INP:CFAC", driver->crest_factor, "");
	numeric_add(driver, SETTING_WORD, "measurement mode", ":INP:MODE", mode);
	numeric_add(driver, SETTING_WORD, "synchronisation source", ":INP:SYNC", "VOLT");
	numeric_add(driver, SETTING_BOOLEAN, "scaling", NUMERIC_SCALING, "OFF"); /* open has refused it; a power cycle may bring it back */
	numeric_add(driver, SETTING_BOOLEAN, "line filter", ":INP:FILT:LINE", "OFF");
	numeric_add(driver, SETTING_BOOLEAN, "frequency filter", ":INP:FILT:FREQ", "OFF");
	numeric_add_ranges(driver);
	if (!gpm->panel) {
		numeric_add(driver, SETTING_BOOLEAN, "averaging", ":MEAS:AVER:STATE", "OFF");
		numeric_add_number(driver, "update interval", ":RATE", (double)driver->meter.update / 1e9, "S");
	}
	if (driver->meter.integrates)
		numeric_add(driver, SETTING_WORD, "integration mode", ":INTEG:MODE", "MANU");
	numeric_lock(driver, first_locked);
	if (!gpm->panel) {
		numeric_add(driver, SETTING_BOOLEAN, "maximum hold", ":MEAS:MHOL", "OFF");
		numeric_add(driver, SETTING_BOOLEAN, "hold", ":HOLD", "OFF");
	}
	list_items(gpm);
	if (gpm->events)
		numeric_add(driver, SETTING_WORD, "event filter", ":STAT:FILT1", "FALL");
}

static bool is_on(const struct gpm *gpm, const char *option)
{
	double value = 0;
	device_option(gpm->changes.driver.meter.config, options, option, &value);
	return value != 0;
}

static int check_mode(const struct device_config *config, const char *mode, struct error *error)
{
	if (strcasecmp(mode, "ACDC") == 0 || strcasecmp(mode, "AC") == 0 || strcasecmp(mode, "DC") == 0)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "give ACDC, AC or DC", "there is no mode '%.20s'", mode);
}

static int check_input(struct gpm *gpm, struct error *error)
{
	const struct device_config *config = gpm->changes.driver.meter.config;
	double input = 1;
	device_option(config, options, "input", &input);
	if (!(input >= 1 && input <= gpm->model->inputs))
		return error_set(error, ERROR_CONFIG, config->name, NULL, "%s has the inputs 1 to %d, not %g", gpm->model->name, gpm->model->inputs,
				 input);
	if (gpm->model->inputs == 1)
		snprintf(gpm->question, sizeof gpm->question, ":NUM:NORM:VAL?");
	else
		snprintf(gpm->question, sizeof gpm->question, ":NUM:NORM:VAL? %d", ((int)input - 1) * PRESET_ITEMS + PRESET_POWER);
	gpm->changes.question = gpm->question;
	return 0;
}

static int check_accuracy(const struct gpm *gpm, struct error *error)
{
	const struct device_config *config = gpm->changes.driver.meter.config;
	if (gpm->model->specified || config->accuracy_given)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "give 'accuracy', from its data sheet or certificate",
			 "what a %s promises is not known to this program", gpm->model->name);
}

/* Ways that exclude each other, or need each other. */
static int check_ways(struct gpm *gpm, struct error *error)
{
	const struct device_config *config = gpm->changes.driver.meter.config;
	gpm->events = is_on(gpm, "events");
	gpm->panel = is_on(gpm, "panel");
	gpm->changes.asks_status = is_on(gpm, "status");
	gpm->changes.named = gpm->model->inputs == 1;
	if (gpm->changes.driver.meter.integrates && !gpm->events)
		return error_set(error, ERROR_CONFIG, config->name, "write 'events: true' beside it",
				 "whether the integrator counts is told by the registers that only 'events' asks for");
	if (gpm->events && gpm->model->inputs > 1)
		return error_set(error, ERROR_CONFIG, config->name, "leave 'events' out", "'events' is for instruments of one input");
	if (gpm->panel && !(config->update > 0))
		return error_set(error, ERROR_CONFIG, config->name, "give 'update', as it is set at the front panel",
				 "with 'panel' nobody asks the instrument how often it renews its values");
	return 0;
}

static int read_config(struct gpm *gpm, struct error *error)
{
	struct numeric_driver *driver = &gpm->changes.driver;
	const struct device_config *config = driver->meter.config;
	const char *mode = device_option(config, options, "mode", NULL);
	if (check_mode(config, mode, error) < 0 ||
	    numeric_check_ranges_and_update(driver, options, numeric_small_currents, error) < 0 ||
	    numeric_check_integrator(driver, options, error) < 0 || check_input(gpm, error) < 0 || check_ways(gpm, error) < 0 ||
	    check_accuracy(gpm, error) < 0)
		return -1;
	driver->n = 1;
	driver->meter.no_events = !gpm->events;
	driver->reading = gpm->model->reading + (driver->meter.update == FAST_UPDATE ? FAST_READING : 0);
	driver->range = gpm->model->range * driver->crest_factor / 3;
	list_settings(gpm, mode);
	return 0;
}

/* Of several inputs one value is read. */
static void describe_channels(struct gpm *gpm)
{
	struct numeric_meter *meter = &gpm->changes.driver.meter;
	numeric_describe_channels(&gpm->changes.driver);
	if (gpm->model->inputs > 1)
		meter->n_channels = meter->n_items = 1;
}

/* ---- what else it could be set to ---- */

static size_t gpm_ranges(const char *name, const struct device_config *config, struct range_offer *offers, size_t max)
{
	const struct model *model = model_find(name);
	double crest_factor = 3;
	device_option(config, options, "crest_factor", &crest_factor);
	if (model == NULL || (crest_factor != 3 && crest_factor != 6) || !(model->specified || config->accuracy_given))
		return 0;
	bool fast = !(config->update > 0) || llround(config->update * 1e9) == FAST_UPDATE;
	return numeric_offers(config, crest_factor, numeric_small_currents, model->reading + (fast ? FAST_READING : 0), model->range, 1, offers,
			      max);
}

/* ---- life ---- */

static int check_identity(struct gpm *gpm, struct error *error)
{
	const struct numeric_meter *meter = &gpm->changes.driver.meter;
	gpm->model = model_find(meter->idn.model);
	return numeric_check_identity(&gpm->changes.driver, "GWInstek", gpm->model != NULL, "GW Instek GPM-8213, 8310, 8320 or 8330", error);
}

static void *gpm_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct gpm *gpm = numeric_driver_new(sizeof *gpm, config, link, timebase, error);
	if (gpm == NULL)
		return NULL;
	struct numeric_meter *meter = &gpm->changes.driver.meter;
	link->crlf = true;
	meter->stale = meter->locks = true;
	meter->reply_settings = REPLY_SETTINGS;
	if (numeric_meter_begin(meter, error) < 0 || check_identity(gpm, error) < 0 || read_config(gpm, error) < 0 ||
	    numeric_check_scaling(&gpm->changes.driver, error) < 0) {
		free(gpm);
		return NULL;
	}
	meter->control = gpm->model->inputs == 1 ? control : control_preset;
	describe_channels(gpm);
	return gpm;
}

static int gpm_start(void *device, struct sink *sink, struct error *error)
{
	struct gpm *gpm = device;
	return gpm->events ? numeric_driver_start(device, sink, error) : numeric_changes_start(&gpm->changes, sink, error);
}

static int64_t gpm_step(void *device, int64_t now, struct sink *sink)
{
	struct gpm *gpm = device;
	return gpm->events ? numeric_driver_step(device, now, sink) : numeric_changes_step(&gpm->changes);
}

static int gpm_stop(void *device, struct error *error)
{
	struct gpm *gpm = device;
	return gpm->events ? numeric_driver_stop(device, error) : numeric_changes_stop(&gpm->changes, error);
}

/* ---- who is there ---- */

static bool gpm_claims(const struct finding *finding)
{
	return finding->vendor == USB_VENDOR && finding->product == USB_PRODUCT;
}

static void doubt(struct numeric_probe *probe, const struct model *model)
{
	if (model->specified)
		return;
	snprintf(probe->config->doubt[DOUBT_VALUES], sizeof probe->config->doubt[DOUBT_VALUES],
		 "accuracy: what a %s promises is not known to this program: give it from its data sheet or certificate%s", model->name,
		 model->inputs > 1 ? "; and say by the option 'input' which of its inputs measures" : "");
}

static int gpm_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
		     struct error *error)
{
	struct numeric_probe probe;
	link->crlf = true;
	int met = numeric_probe_meet(&probe, link, timebase, config, identity, true, error);
	const struct model *model = met == 0 ? model_find(identity->model) : NULL;
	link->crlf = false; /* another driver may ask next */
	if (met < 0)
		return -1;
	if (strcasecmp(identity->maker, "GWInstek") != 0 || model == NULL)
		return error_set(error, ERROR_NOT_FOUND, config->endpoint.text, NULL, "not a GW Instek GPM: %s %s answered", identity->maker,
				 identity->model);
	link->crlf = true;
	numeric_probe_settings(&probe, "gwinstek_gpm", numeric_small_currents);
	link->crlf = false;
	doubt(&probe, model);
	return numeric_probe_end(&probe, error);
}

static const char *const schemes[] = { "serial", "tcp", "unix", "pty", NULL };

const struct driver driver_gwinstek_gpm = {
	.name = "gwinstek_gpm",
	.summary = "GW Instek GPM-8213, GPM-8310 power meters; power of one input of a GPM-8320, GPM-8330",
	.gives = "power, voltage, current; energy, integrated with integrator",
	.maturity = MATURITY_EXPERIMENTAL,
	.schemes = schemes,
	.options = options,
	.open = gpm_open,
	.channels = numeric_driver_channels,
	.identity = numeric_driver_identity,
	.start = gpm_start,
	.step = gpm_step,
	.prepare = numeric_driver_prepare,
	.stop = gpm_stop,
	.close = numeric_driver_close,
	.ranges = gpm_ranges,
	.probe = gpm_probe,
	.claims = gpm_claims,
	.elsewhere = true, /* behind RS-232 */
};
