/*
 * yokogawa_wt: Yokogawa WT310/WT330 and their E models, over any link that carries lines or messages.
 *
 * What the family has of its own: wt_model.c knows the models, this file their settings, items and channels. How they are talked
 * to and when their values were taken is numeric_meter.h's.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "meters/numeric_meter.h"
#include "meters/wt_model.h"
#include "meters/wt_probe.h"

/* Uncalibrated: from the end of the averaging window to the value being readable. Nothing the vendor states bounds it; one
 * half update at the shortest rate, give or take as much. */
#define LATENCY (50 * NS_PER_MS)
#define U_LATENCY (50 * NS_PER_MS)

#define QUESTION_PATIENCE NS_PER_S /* before anything is set */
#define COUNTS_PER_WH 1e9          /* native counts of the energy channels are nWh */
#define INTEGRATOR_TIMEBASE 0.0002 /* limit of error of the integrator's clock: 0.02 %, of the family */

#define POWER_FACTOR_INFLUENCE 0.001 /* of the apparent power */

static const struct option_spec options[] = {
	{ "element", "input element that is measured, such as 1; 1+3 or sum: what these elements draw together", OPTION_TEXT,
	  DIMENSION_RATIO, "1" },
	{ "crest_factor", "3 or 6; 6 halves the ranges", OPTION_INTEGER, DIMENSION_RATIO, "3" },
	{ "integrator", "the instrument integrates as well: its energy beside the sum of powers", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ "mode", "RMS for mains, DC for a rail", OPTION_TEXT, DIMENSION_RATIO, "RMS" },
	{ .name = NULL },
};

enum quantity { POWER, VOLTAGE, CURRENT, ENERGY, DURATION, QUANTITIES };
static const struct {
	const char *suffix, *item;
	enum unit unit;
} quantities[QUANTITIES] = {
	[POWER] = { "power", "P", UNIT_WATT },
	[VOLTAGE] = { "voltage", "U", UNIT_VOLT },
	[CURRENT] = { "current", "I", UNIT_AMPERE },
	[ENERGY] = { "energy", "WH", UNIT_JOULE },
	[DURATION] = { "integrated", "TIME", UNIT_SECOND },
};

struct yokogawa {
	struct numeric_meter meter; /* first: the functions of a numeric_meter take it as it is */
	const struct wt_model *model;
	unsigned elements; /* that are measured; bit 0: element 1 */
	int n;             /* how many these are */
};

/* The WT200 command set, if chosen, has other names for everything that follows. */
static const char *const control[] = { ":COMM:REM ON", ":SYST:COMM:COMM WT300", "*CLS", NULL };

#define REPLY_SETTINGS 2 /* the first of them decide what replies look like */

/* ---- the set-up, from the configuration ---- */

static int check_listed(const struct yokogawa *wt, const char *what, const char *key, double wanted, const double *list,
			double factor, const char *unit, struct error *error)
{
	if (wanted > 0 && wt_listed(list, factor, wanted))
		return 0;
	char has[120], remedy[200];
	wt_list_text(list, factor, unit, has, sizeof has);
	snprintf(remedy, sizeof remedy, "give '%s' one of: %s", key, has);
	if (wanted > 0)
		return error_set(error, ERROR_CONFIG, wt->meter.config->name, remedy, "%s has no %s of %g%s",
				 wt->meter.identity.model, what, wanted, unit);
	return error_set(error, ERROR_CONFIG, wt->meter.config->name, remedy,
			 "a fixed %s is needed: energy measured while a meter changes its range is void", what);
}

static struct setting *add(struct yokogawa *wt, enum setting_type type, const char *label, const char *command,
			   const char *want)
{
	struct setting *setting = &wt->meter.settings[wt->meter.n_settings++];
	*setting = (struct setting){ .label = label, .type = type };
	snprintf(setting->command, sizeof setting->command, "%s", command);
	snprintf(setting->want, sizeof setting->want, "%s", want);
	return setting;
}

static void add_number(struct yokogawa *wt, const char *label, const char *command, double number, const char *unit)
{
	struct setting *setting = add(wt, SETTING_NUMBER, label, command, "");
	snprintf(setting->want, sizeof setting->want, "%g%s", number, unit);
	setting->number = number;
}

/* The integrator's time is one for all elements. */
static int items_of(const struct yokogawa *wt, enum quantity quantity)
{
	return quantity == DURATION ? 1 : wt->n;
}

/* The first item of a quantity; of QUANTITIES their number. */
static int first_item(const struct yokogawa *wt, int quantity)
{
	int first = 0;
	for (int i = 0; i < quantity && (i < ENERGY || wt->meter.integrates); i++)
		first += items_of(wt, (enum quantity)i);
	return first;
}

/* Quantity by quantity, of each all elements. */
static void add_items(struct yokogawa *wt)
{
	char command[32], item[16];
	wt->meter.n_items = first_item(wt, QUANTITIES);
	add(wt, SETTING_WORD, "number format", ":NUM:FORM", "ASCII");
	add_number(wt, "number of items", ":NUM:NORM:NUM", wt->meter.n_items, "");
	for (int quantity = 0, i = 0; i < wt->meter.n_items; quantity++)
		for (int k = 0; k < items_of(wt, (enum quantity)quantity); k++) {
			snprintf(command, sizeof command, ":NUM:NORM:ITEM%d", ++i);
			snprintf(item, sizeof item, "%.8s,%d", quantities[quantity].item, wt_element(wt->elements, k) % 10);
			add(wt, SETTING_WORD, "list of items", command, item);
		}
}

/* While the instrument integrates it refuses to change what the energy depends on. */
static void lock(struct yokogawa *wt, int from)
{
	for (int i = from; i < wt->meter.n_settings; i++)
		wt->meter.settings[i].locked = true;
}

/* In the order in which they are sent: the form of replies first, and what changes other settings before these. */
static void list_settings(struct yokogawa *wt, double crest_factor, const char *mode)
{
	const struct device_config *config = wt->meter.config;
	wt->meter.n_settings = 0;
	add(wt, SETTING_BOOLEAN, "reply header", ":COMM:HEAD", "OFF");
	add(wt, SETTING_BOOLEAN, "verbose replies", ":COMM:VERB", "OFF");
	_Static_assert(REPLY_SETTINGS == 2, "these two");
	int first_locked = wt->meter.n_settings;
	add_number(wt, "crest factor", ":INP:CFAC", crest_factor, "");
	add(wt, SETTING_WORD, "measurement mode", ":INP:MODE", mode);
	add(wt, SETTING_WORD, "synchronisation source", ":INP:SYNC", "VOLT");
	add(wt, SETTING_BOOLEAN, "scaling", WT_SCALING, "OFF"); /* yokogawa_open has refused it; a power cycle may bring it back */
	add(wt, SETTING_BOOLEAN, "line filter", ":INP:FILT:LINE", "OFF");
	add(wt, SETTING_BOOLEAN, "automatic voltage range", ":INP:VOLT:AUTO", "OFF");
	add_number(wt, "voltage range", ":INP:VOLT:RANG", config->voltage_range, "V");
	add(wt, SETTING_BOOLEAN, "automatic current range", ":INP:CURR:AUTO", "OFF");
	add_number(wt, "current range", ":INP:CURR:RANG", config->current_range, "A");
	add(wt, SETTING_BOOLEAN, "averaging", ":MEAS:AVER:STATE", "OFF");
	add(wt, SETTING_BOOLEAN, "frequency filter", ":INP:FILT:FREQ", "OFF");
	add_number(wt, "update interval", ":RATE", (double)wt->meter.update / 1e9, "S");
	if (wt->meter.integrates) {
		add(wt, SETTING_WORD, "integration mode", ":INTEG:MODE", "NORM");
		add(wt, SETTING_NUMBERS, "integration timer", ":INTEG:TIM", "0,0,0");
	}
	lock(wt, first_locked);
	add(wt, SETTING_BOOLEAN, "maximum hold", ":MEAS:MHOL", "OFF");
	add(wt, SETTING_BOOLEAN, "hold", ":HOLD", "OFF");
	add_items(wt);
	add(wt, SETTING_WORD, "event filter", ":STAT:FILT1", "FALL");
}

static int check_element(struct yokogawa *wt, struct error *error)
{
	const char *text = device_option(wt->meter.config, options, "element", NULL);
	wt->elements = wt_elements_parse(wt->model, text);
	wt->n = wt_elements_count(wt->elements);
	if (wt->n > 0)
		return 0;
	char all[40];
	wt_elements_text(wt->model->elements, all, sizeof all);
	return error_set(error, ERROR_CONFIG, wt->meter.config->name, "give one of them, some with a plus sign between, or sum",
			 "%s has the elements %s, not '%s'", wt->meter.identity.model, all, text);
}

/* Its energy is held against the sum of powers at the wall; of a rail nobody asks for it. */
static int check_integrator(struct yokogawa *wt, struct error *error)
{
	const struct device_config *config = wt->meter.config;
	double wanted = 0;
	device_option(config, options, "integrator", &wanted);
	wt->meter.integrates = wanted != 0;
	if (wanted == 0 || config->measures == ROLE_WALL || config->measures == ROLE_CHECK)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "leave the option 'integrator' out",
			 "an integrator is for what measures the wall, or checks it");
}

static int read_config(struct yokogawa *wt, struct error *error)
{
	const struct device_config *config = wt->meter.config;
	double crest_factor = 3, update = config->update > 0 ? config->update : wt_updates[0];
	const char *mode = device_option(config, options, "mode", NULL);
	device_option(config, options, "crest_factor", &crest_factor);
	if (crest_factor != 3 && crest_factor != 6)
		return error_set(error, ERROR_CONFIG, config->name, "give 3 or 6", "there is no crest factor %g", crest_factor);
	if (strcasecmp(mode, "RMS") != 0 && strcasecmp(mode, "DC") != 0)
		return error_set(error, ERROR_CONFIG, config->name, "give RMS or DC", "there is no mode '%s'", mode);
	double factor = 3 / crest_factor;
	if (check_listed(wt, "voltage range", "ranges: voltage", config->voltage_range, wt_voltages, factor, " V", error) < 0 ||
	    check_listed(wt, "current range", "ranges: current", config->current_range, wt->model->currents, factor, " A",
			 error) < 0 ||
	    check_listed(wt, "update interval", "update", update, wt_updates, 1, " s", error) < 0 ||
	    check_element(wt, error) < 0)
		return -1;
	if (check_integrator(wt, error) < 0)
		return -1;
	wt->meter.update = llround(update * 1e9);
	list_settings(wt, crest_factor, mode);
	return 0;
}

/* ---- channels ---- */

/* Five digits are shown, on a scale that ends at the next power of ten above the power range. */
static double power_quantum(double power_range)
{
	return pow(10, floor(log10(power_range)) - 4);
}

/* At crest factor 6 the range's part of the limit is twice that of 3. Of a sum each element has errors within the same limits, and
 * nothing says that they do not all go one way: they add, so that the limit is a part of the whole reading, and of all ranges
 * together. Steps are independent of each other. */
static struct accuracy power_accuracy(const struct wt_model *model, const struct device_config *config, double power_range, int n)
{
	double crest_factor = 3;
	device_option(config, options, "crest_factor", &crest_factor);
	struct accuracy accuracy = {
		.reading = model->reading,
		.range = model->range * crest_factor / 3,
		.power_factor = POWER_FACTOR_INFLUENCE,
	};
	if (config->accuracy_given)
		accuracy = config->accuracy;
	accuracy.quantum = sqrt(n) * power_quantum(power_range); /* what the display shows, whoever states the limits of error */
	if (accuracy.range_value <= 0)
		accuracy.range_value = n * power_range;
	return accuracy;
}

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

/* `element`: its number, or 0 where there is but one, or for all together. */
static struct channel common_channel(const struct yokogawa *wt, enum quantity quantity, int element)
{
	double mains = wt->meter.config->line_frequency > 0 ? wt->meter.config->line_frequency : 50;
	struct channel channel = {
		.kind = CHANNEL_OBSERVE,
		.unit = quantities[quantity].unit,
		.number = NUMBER_F64,
		.clock = CLOCK_ID_MONOTONIC,
		.scale = 1,
		.window = wt->meter.update,
		.unmeasured = llround(1e9 / mains), /* it averages from the first zero crossing to the last */
		.refresh = wt->meter.update,
		.latency = nanoseconds(wt->meter.config->latency, LATENCY),
		.u_latency = nanoseconds(wt->meter.config->u_latency, U_LATENCY),
		.factor = { -1, -1 },
		.simulated = wt->meter.identity.simulated,
	};
	int length = snprintf(channel.name, sizeof channel.name, "%s.%s", wt->meter.config->name, quantities[quantity].suffix);
	if (element > 0)
		snprintf(channel.name + length, sizeof channel.name - (size_t)length, "-%d", element);
	return channel;
}

/* Above 140 % of a range the meter itself says INF. */
static double plausible(const struct yokogawa *wt, enum quantity quantity)
{
	const struct device_config *config = wt->meter.config;
	switch (quantity) {
	case ENERGY:
	case DURATION:
		return INFINITY;
	case VOLTAGE:
		return 1.5 * config->voltage_range;
	case CURRENT:
		return 1.5 * config->current_range;
	default:
		return config->power_max > 0 ? config->power_max : 1.4 * wt->n * config->voltage_range * config->current_range;
	}
}

/* Of the elements [index, index + n) of those that are measured. */
static struct numeric_source source_of(const struct yokogawa *wt, enum quantity quantity, int index, int n)
{
	unsigned peaks = (quantity == CURRENT ? 0 : NUMERIC_PEAK_VOLTAGE) | (quantity == VOLTAGE ? 0 : NUMERIC_PEAK_CURRENT);
	struct numeric_source source = {
		.first = first_item(wt, quantity) + index, .n = n, .plausible = plausible(wt, quantity),
		.count = quantity == ENERGY ? COUNTS_PER_WH : 0,
	};
	if (quantity == DURATION)
		return source;
	for (int i = index; i < index + n; i++) {
		int shift = (wt_element(wt->elements, i) - 1) * NUMERIC_CONDITION_BITS_PER_ELEMENT;
		source.over |= NUMERIC_OVER << shift;
		source.peak |= peaks << shift;
	}
	return source;
}

static void add_channel(struct yokogawa *wt, enum quantity quantity, int index, int n)
{
	int element = wt->n > 1 && n == 1 ? wt_element(wt->elements, index) : 0;
	wt->meter.channels[wt->meter.n_channels] = common_channel(wt, quantity, element);
	wt->meter.sources[wt->meter.n_channels++] = source_of(wt, quantity, index, n);
}

static void describe_power(struct yokogawa *wt, struct channel *power)
{
	const struct device_config *config = wt->meter.config;
	power->kind = CHANNEL_MEAN;
	power->role = config->measures;
	power->accuracy = power_accuracy(wt->model, config, config->voltage_range * config->current_range, wt->n);
	power->power_max = plausible(wt, POWER);
}

/* WH is the sum over all samples of the integration time (IM WT310E-01EN, App-2): without the gaps of the windows that P is a mean
 * of, and with the errors of P. It is told with each update, as it was at the end of its interval, or perhaps at the last zero
 * crossing before. How many digits it is told with is not written anywhere: analysis takes its steps from the counts. */
static void describe_energy(const struct yokogawa *wt, struct channel *energy)
{
	const struct device_config *config = wt->meter.config;
	energy->kind = CHANNEL_COUNTER;
	energy->role = ROLE_INTEGRAL;
	energy->number = NUMBER_U64;
	energy->scale = 3600 / COUNTS_PER_WH;
	energy->update_jitter = energy->unmeasured;
	energy->unmeasured = 0;
	energy->accuracy = power_accuracy(wt->model, config, config->voltage_range * config->current_range, 1);
	energy->accuracy.quantum = 0;
	if (energy->accuracy.timebase <= 0)
		energy->accuracy.timebase = INTEGRATOR_TIMEBASE;
	energy->power_max = plausible(wt, POWER);
}

static void add_integrator(struct yokogawa *wt)
{
	for (int i = 0; i < wt->n; i++) {
		add_channel(wt, ENERGY, i, 1);
		describe_energy(wt, &wt->meter.channels[wt->meter.n_channels - 1]);
	}
	add_channel(wt, DURATION, 0, 1);
	struct channel *duration = &wt->meter.channels[wt->meter.n_channels - 1];
	snprintf(duration->name, sizeof duration->name, "%s.%s", wt->meter.config->name, quantities[DURATION].suffix);
}

/* What is measured comes first; of a sum each element's part is kept as well. */
static void describe_channels(struct yokogawa *wt)
{
	wt->meter.n_channels = 0;
	add_channel(wt, POWER, 0, wt->n);
	describe_power(wt, &wt->meter.channels[0]);
	wt->meter.range_channel = 0;
	for (int quantity = wt->n > 1 ? POWER : VOLTAGE; quantity <= CURRENT; quantity++)
		for (int i = 0; i < wt->n; i++)
			add_channel(wt, (enum quantity)quantity, i, 1);
	if (wt->meter.integrates)
		add_integrator(wt);
}

/* ---- what else it could be set to ---- */

static size_t yokogawa_ranges(const char *name, const struct device_config *config, struct range_offer *offers, size_t max)
{
	const struct wt_model *model = wt_model_find(name);
	double crest_factor = 3;
	size_t n = 0;
	device_option(config, options, "crest_factor", &crest_factor);
	if (model == NULL || (crest_factor != 3 && crest_factor != 6))
		return 0;
	int elements = wt_elements_count(wt_elements_parse(model, device_option(config, options, "element", NULL)));
	for (const double *voltage = wt_voltages; *voltage > 0; voltage++)
		for (const double *current = model->currents; *current > 0; current++, n++) {
			double v = *voltage * 3 / crest_factor, i = *current * 3 / crest_factor;
			if (n < max)
				offers[n] = (struct range_offer){
					.voltage = v, .current = i, .voltage_peak = v * crest_factor, .current_peak = i * crest_factor,
					.accuracy = power_accuracy(model, config, v * i, elements),
				};
		}
	return n;
}

/* ---- life ---- */

static int check_identity(struct yokogawa *wt, struct error *error)
{
	const struct device_config *config = wt->meter.config;
	const struct numeric_identity *idn = &wt->meter.idn;
	wt->model = wt_model_find(idn->model);
	if (strcasecmp(idn->maker, "YOKOGAWA") != 0 || wt->model == NULL)
		return error_set(error, ERROR_WRONG_DEVICE, config->endpoint.text,
				 "correct the endpoint, or the driver, in the bench file",
				 "not a Yokogawa WT300 or WT300E: %s %s answered", idn->maker, idn->model);
	if (config->serial[0] && strcmp(config->serial, idn->serial) != 0)
		return error_set(error, ERROR_WRONG_DEVICE, config->endpoint.text,
				 "correct the endpoint, or the serial, in the bench file",
				 "%s has the serial number %s, not %s", idn->model, idn->serial, config->serial);
	return 0;
}

/* Powers of elements that are no circuits of their own make up the load in one way only: one of them alone may be watched, but it is
 * no load's power. */
static int check_wiring(struct yokogawa *wt, struct error *error)
{
	const struct device_config *config = wt->meter.config;
	char wiring[64];
	bool of_load = wt->n > 1 || config->measures == ROLE_WALL || config->measures == ROLE_CHECK;
	if (wt_elements_count(wt->model->elements) == 1 || !of_load)
		return 0;
	int64_t deadline = wt->meter.timebase->now(wt->meter.timebase) + QUESTION_PATIENCE;
	enum io io = settings_read(wt->meter.link, ":INP:WIR", wiring, sizeof wiring, deadline);
	if (io != IO_OK)
		return settings_link_error(io, config->endpoint.text, "asking for the wiring", error);
	unsigned load = wt_elements_of_wiring(wiring);
	if (load == 0 || load == wt->elements)
		return 0;
	char remedy[120];
	snprintf(remedy, sizeof remedy, "give 'element: %s', or set the wiring system on its front panel", load & 2 ? "sum" : "1+3");
	return error_set(error, ERROR_CONFIG, config->name, remedy, "%s is set to the wiring %.20s, whose power is not that of these elements",
			 wt->meter.identity.model, wiring);
}

/* Whether transformers stand before its terminals, nobody can ask: with scaling off a power may be too small, with scaling on too
 * large, and of either no limit of error is known. So it is not changed, and not measured with. */
static int check_scaling(struct yokogawa *wt, struct error *error)
{
	const struct device_config *config = wt->meter.config;
	char value[64];
	int64_t deadline = wt->meter.timebase->now(wt->meter.timebase) + QUESTION_PATIENCE;
	enum io io = settings_read(wt->meter.link, WT_SCALING, value, sizeof value, deadline);
	if (io != IO_OK)
		return settings_link_error(io, config->endpoint.text, "asking whether its scaling is on", error);
	if (strcmp(value, "0") == 0)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "lead the load through its own terminals, and switch scaling off on its front panel",
			 "the scaling of this %s is on (it says %.20s): every power is multiplied by its VT and CT ratios and its factor",
			 wt->meter.identity.model, value);
}

static void *yokogawa_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	if (link == NULL) {
		error_set(error, ERROR_CONFIG, config->name, "give it an endpoint such as usbtmc://0b21:0025",
			  "no way to reach it is given");
		return NULL;
	}
	struct yokogawa *wt = calloc(1, sizeof *wt);
	if (wt == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	wt->meter = (struct numeric_meter){
		.config = config, .link = link, .timebase = timebase, .control = control, .reply_settings = REPLY_SETTINGS,
	};
	if (numeric_meter_begin(&wt->meter, error) < 0 || check_identity(wt, error) < 0 || read_config(wt, error) < 0 ||
	    check_wiring(wt, error) < 0 || check_scaling(wt, error) < 0) {
		free(wt);
		return NULL;
	}
	describe_channels(wt);
	return wt;
}

static const struct channel *yokogawa_channels(const void *device, int *count)
{
	const struct yokogawa *wt = device;
	*count = wt->meter.n_channels;
	return wt->meter.channels;
}

static const struct identity *yokogawa_identity(const void *device)
{
	const struct yokogawa *wt = device;
	return &wt->meter.identity;
}

static int yokogawa_start(void *device, struct sink *sink, struct error *error)
{
	return numeric_meter_start(device, sink, error);
}

static int64_t yokogawa_step(void *device, int64_t now, struct sink *sink)
{
	(void)now;
	(void)sink; /* the same as at start */
	return numeric_meter_step(device);
}

static int yokogawa_stop(void *device, struct error *error)
{
	return numeric_meter_stop(device, error);
}

static void yokogawa_prepare(void *device)
{
	numeric_meter_prepare(device);
}

static void yokogawa_close(void *device)
{
	free(device);
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
	.channels = yokogawa_channels,
	.identity = yokogawa_identity,
	.start = yokogawa_start,
	.step = yokogawa_step,
	.prepare = yokogawa_prepare,
	.stop = yokogawa_stop,
	.close = yokogawa_close,
	.ranges = yokogawa_ranges,
	.probe = wt_probe,
};
