/*
 * yokogawa_wt: Yokogawa WT310/WT330 and their E models, over any link that carries lines or messages.
 *
 * What the family has of its own: wt_model.c knows the models, this file their settings and which elements are measured. What becomes of
 * these is numeric_driver.h's; how they are talked to, and when their values were taken, numeric_meter.h's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/numeric_driver.h"
#include "meters/wt_model.h"
#include "meters/wt_probe.h"

#define QUESTION_PATIENCE NS_PER_S /* before anything is set */

static const struct option_spec options[] = {
	{ "element", "input element that is measured, such as 1; 1+3 or sum: what these elements draw together", OPTION_TEXT,
	  DIMENSION_RATIO, "1" },
	{ "crest_factor", "3 or 6; 6 halves the ranges", OPTION_INTEGER, DIMENSION_RATIO, "3" },
	{ "integrator", "the instrument integrates as well: its energy beside the sum of powers", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ "mode", "RMS for mains, DC for a rail", OPTION_TEXT, DIMENSION_RATIO, "RMS" },
	{ "zero_calibration", "calibrate its zero when a campaign begins, as with *CAL?", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ .name = NULL },
};

struct yokogawa {
	struct numeric_driver common; /* first: the functions of a numeric_meter, and of a numeric_driver, take it as it is */
	const struct wt_model *model;
	unsigned elements; /* that are measured; bit 0: element 1 */
};

/* The WT200 command set, if chosen, has other names for everything that follows. */
static const char *const control[] = { ":COMM:REM ON", ":SYST:COMM:COMM WT300", "*CLS", NULL };

#define REPLY_SETTINGS 2 /* the first of them decide what replies look like */

/* ---- the set-up, from the configuration ---- */

/* In the order in which they are sent: the form of replies first, and what changes other settings before these. */
static void list_settings(struct yokogawa *wt, const char *mode)
{
	struct numeric_driver *driver = &wt->common;
	driver->meter.n_settings = 0;
	numeric_add(driver, SETTING_BOOLEAN, "reply header", ":COMM:HEAD", "OFF");
	numeric_add(driver, SETTING_BOOLEAN, "verbose replies", ":COMM:VERB", "OFF");
	_Static_assert(REPLY_SETTINGS == 2, "these two");
	int first_locked = driver->meter.n_settings;
	numeric_add_number(driver, "crest factor", ":INP:CFAC", driver->crest_factor, "");
	numeric_add(driver, SETTING_WORD, "measurement mode", ":INP:MODE", mode);
	numeric_add(driver, SETTING_WORD, "synchronisation source", ":INP:SYNC", "VOLT");
	numeric_add(driver, SETTING_BOOLEAN, "scaling", NUMERIC_SCALING, "OFF"); /* open has refused it; a power cycle may bring it back */
	numeric_add(driver, SETTING_BOOLEAN, "line filter", ":INP:FILT:LINE", "OFF");
	numeric_add_ranges(driver);
	numeric_add(driver, SETTING_BOOLEAN, "averaging", ":MEAS:AVER:STATE", "OFF");
	numeric_add(driver, SETTING_BOOLEAN, "frequency filter", ":INP:FILT:FREQ", "OFF");
	numeric_add_number(driver, "update interval", ":RATE", (double)driver->meter.update / 1e9, "S");
	if (driver->meter.integrates) {
		numeric_add(driver, SETTING_WORD, "integration mode", ":INTEG:MODE", "NORM");
		numeric_add(driver, SETTING_NUMBERS, "integration timer", ":INTEG:TIM", "0,0,0");
	}
	numeric_lock(driver, first_locked);
	numeric_add(driver, SETTING_BOOLEAN, "maximum hold", ":MEAS:MHOL", "OFF");
	numeric_add(driver, SETTING_BOOLEAN, "hold", ":HOLD", "OFF");
	numeric_add_items(driver, SETTING_WORD, ":NUM:NORM:NUM");
	numeric_add(driver, SETTING_WORD, "event filter", ":STAT:FILT1", "FALL");
}

static int check_element(struct yokogawa *wt, struct error *error)
{
	struct numeric_driver *driver = &wt->common;
	const char *text = device_option(driver->meter.config, options, "element", NULL);
	wt->elements = wt_elements_parse(wt->model, text);
	driver->n = wt_elements_count(wt->elements);
	for (int i = 0; i < driver->n; i++)
		driver->elements[i] = wt_element(wt->elements, i);
	if (driver->n > 0)
		return 0;
	char all[40];
	wt_elements_text(wt->model->elements, all, sizeof all);
	return error_set(error, ERROR_CONFIG, driver->meter.config->name, "give one of them, some with a plus sign between, or sum",
			 "%s has the elements %s, not '%s'", driver->meter.identity.model, all, text);
}

static int read_config(struct yokogawa *wt, struct error *error)
{
	struct numeric_driver *driver = &wt->common;
	const struct device_config *config = driver->meter.config;
	const char *mode = device_option(config, options, "mode", NULL);
	if (strcasecmp(mode, "RMS") != 0 && strcasecmp(mode, "DC") != 0)
		return error_set(error, ERROR_CONFIG, config->name, "give RMS or DC", "there is no mode '%s'", mode);
	if (numeric_check_ranges_and_update(driver, options, wt->model->currents, error) < 0 || check_element(wt, error) < 0 ||
	    numeric_check_integrator(driver, options, error) < 0)
		return -1;
	double zero = 0;
	device_option(config, options, "zero_calibration", &zero);
	driver->meter.calibrates = zero != 0;
	driver->reading = wt->model->reading;
	driver->range = wt->model->range * driver->crest_factor / 3;
	list_settings(wt, mode);
	return 0;
}

/* ---- what else it could be set to ---- */

static size_t yokogawa_ranges(const char *name, const struct device_config *config, struct range_offer *offers, size_t max)
{
	const struct wt_model *model = wt_model_find(name);
	double crest_factor = 3;
	device_option(config, options, "crest_factor", &crest_factor);
	if (model == NULL || (crest_factor != 3 && crest_factor != 6))
		return 0;
	int elements = wt_elements_count(wt_elements_parse(model, device_option(config, options, "element", NULL)));
	return numeric_offers(config, crest_factor, model->currents, model->reading, model->range, elements, offers, max);
}

/* ---- life ---- */

static int check_identity(struct yokogawa *wt, struct error *error)
{
	wt->model = wt_model_find(wt->common.meter.idn.model);
	return numeric_check_identity(&wt->common, "YOKOGAWA", wt->model != NULL, "Yokogawa WT300 or WT300E", error);
}

/* Powers of elements that are no circuits of their own make up the load in one way only: one of them alone may be watched, but it is
 * no load's power. */
static int check_wiring(struct yokogawa *wt, struct error *error)
{
	const struct device_config *config = wt->common.meter.config;
	char wiring[64];
	bool of_load = wt->common.n > 1 || config->measures == ROLE_WALL || config->measures == ROLE_CHECK;
	if (wt_elements_count(wt->model->elements) == 1 || !of_load)
		return 0;
	int64_t deadline = wt->common.meter.timebase->now(wt->common.meter.timebase) + QUESTION_PATIENCE;
	enum io io = settings_read(wt->common.meter.link, ":INP:WIR", wiring, sizeof wiring, deadline);
	if (io != IO_OK)
		return settings_link_error(io, config->endpoint.text, "asking for the wiring", error);
	unsigned load = wt_elements_of_wiring(wiring);
	if (load == 0 || load == wt->elements)
		return 0;
	char remedy[120];
	snprintf(remedy, sizeof remedy, "give 'element: %s', or set the wiring system on its front panel", load & 2 ? "sum" : "1+3");
	return error_set(error, ERROR_CONFIG, config->name, remedy, "%s is set to the wiring %.20s, whose power is not that of these elements",
			 wt->common.meter.identity.model, wiring);
}

static void *yokogawa_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct yokogawa *wt = numeric_driver_new(sizeof *wt, config, link, timebase, error);
	if (wt == NULL)
		return NULL;
	struct numeric_driver *driver = &wt->common;
	driver->meter.control = control;
	driver->meter.reply_settings = REPLY_SETTINGS;
	if (numeric_meter_begin(&driver->meter, error) < 0 || check_identity(wt, error) < 0 || read_config(wt, error) < 0 ||
	    check_wiring(wt, error) < 0 || numeric_check_scaling(driver, error) < 0) {
		free(wt);
		return NULL;
	}
	numeric_describe_channels(driver);
	return wt;
}

static const char *const schemes[] = { "usbtmc", "serial", "vxi11", "tcp", "unix", "pty", NULL };

const struct driver driver_yokogawa_wt = {
	.name = "yokogawa_wt",
	.summary = "Yokogawa WT310, WT310E, WT310EH, WT332E, WT333E power meters",
	.gives = "power, voltage, current; energy, integrated with integrator",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.options = options,
	.open = yokogawa_open,
	.channels = numeric_driver_channels,
	.identity = numeric_driver_identity,
	.start = numeric_driver_start,
	.step = numeric_driver_step,
	.prepare = numeric_driver_prepare,
	.stop = numeric_driver_stop,
	.close = numeric_driver_close,
	.zeroed = numeric_driver_zeroed,
	.ranges = yokogawa_ranges,
	.probe = wt_probe,
};
