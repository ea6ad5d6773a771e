#include "numeric_driver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "meters/meter.h"

#define QUESTION_PATIENCE NS_PER_S /* before anything is set */

const double numeric_voltages[] = { 15, 30, 60, 150, 300, 600, 0 };
const double numeric_small_currents[] = { 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 0 };
const double numeric_updates[] = { 0.1, 0.25, 0.5, 1, 2, 5, 0 };

bool numeric_listed(const double *list, double factor, double wanted)
{
	for (; *list > 0; list++)
		if (fabs(wanted - *list * factor) <= 1e-6 * wanted)
			return true;
	return false;
}

void numeric_list_text(const double *list, double factor, const char *unit, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (; *list > 0 && used < size; list++)
		used += (size_t)snprintf(text + used, size - used, "%g%s", *list * factor, list[1] > 0 ? ", " : unit);
}

/* ---- opening ---- */

void *numeric_driver_new(size_t size, const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct numeric_driver *driver =
		meter_new(size, config, link, "give it an endpoint: 'joulerig detect --drivers' names its links", error);
	if (driver)
		driver->meter = (struct numeric_meter){ .config = config, .link = link, .timebase = timebase };
	return driver;
}

int numeric_check_identity(const struct numeric_driver *driver, const char *maker, bool known, const char *family, struct error *error)
{
	const struct idn *idn = &driver->meter.idn;
	return meter_check(driver->meter.config, idn, known && strcasecmp(idn->maker, maker) == 0, family, error);
}

/* ---- what the bench file asks for ---- */

static int check_listed(const struct numeric_driver *driver, const char *what, const char *key, double wanted, const double *list,
			double factor, const char *unit, struct error *error)
{
	if (wanted > 0 && numeric_listed(list, factor, wanted))
		return 0;
	char has[120], remedy[200];
	numeric_list_text(list, factor, unit, has, sizeof has);
	snprintf(remedy, sizeof remedy, "give '%s' one of: %s", key, has);
	if (wanted > 0)
		return error_set(error, ERROR_CONFIG, driver->meter.config->name, remedy, "%s has no %s of %g%s",
				 driver->meter.identity.model, what, wanted, unit);
	return error_set(error, ERROR_CONFIG, driver->meter.config->name, remedy,
			 "a fixed %s is needed: energy measured while a meter changes its range is void", what);
}

int numeric_check_ranges_and_update(struct numeric_driver *driver, const struct option_spec *options, const double *currents,
				    struct error *error)
{
	const struct device_config *config = driver->meter.config;
	double update = config->update > 0 ? config->update : numeric_updates[0];
	driver->crest_factor = 3;
	device_option(config, options, "crest_factor", &driver->crest_factor);
	if (driver->crest_factor != 3 && driver->crest_factor != 6)
		return error_set(error, ERROR_CONFIG, config->name, "give 3 or 6", "there is no crest factor %g", driver->crest_factor);
	double factor = 3 / driver->crest_factor;
	if (check_listed(driver, "voltage range", "ranges: voltage", config->voltage_range, numeric_voltages, factor, " V", error) < 0 ||
	    check_listed(driver, "current range", "ranges: current", config->current_range, currents, factor, " A", error) < 0 ||
	    check_listed(driver, "update interval", "update", update, numeric_updates, 1, " s", error) < 0)
		return -1;
	driver->meter.update = llround(update * 1e9);
	return 0;
}

/* Its energy is held against the sum of powers at the wall; of a rail nobody asks for it. */
int numeric_check_integrator(struct numeric_driver *driver, const struct option_spec *options, struct error *error)
{
	const struct device_config *config = driver->meter.config;
	double wanted = 0;
	device_option(config, options, "integrator", &wanted);
	driver->meter.integrates = wanted != 0;
	if (wanted == 0 || config->measures == ROLE_WALL || config->measures == ROLE_CHECK)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "leave the option 'integrator' out",
			 "an integrator is for what measures the wall, or checks it");
}

int numeric_check_scaling(const struct numeric_driver *driver, struct error *error)
{
	const struct numeric_meter *meter = &driver->meter;
	char value[64];
	int64_t deadline = meter->timebase->now(meter->timebase) + QUESTION_PATIENCE;
	enum io io = settings_read(meter->link, NUMERIC_SCALING, value, sizeof value, deadline);
	if (io != IO_OK)
		return settings_link_error(io, meter->config->endpoint.text, "asking whether its scaling is on", error);
	if (strcmp(value, "0") == 0)
		return 0;
	return error_set(error, ERROR_CONFIG, meter->config->name,
			 "lead the load through its own terminals, and switch scaling off on its front panel",
			 "the scaling of this %s is on (it says %.20s): every power is multiplied by its VT and CT ratios and its factor",
			 meter->identity.model, value);
}

/* ---- settings ---- */

struct setting *numeric_add(struct numeric_driver *driver, enum setting_type type, const char *label, const char *command, const char *want)
{
	struct setting *setting = &driver->meter.settings[driver->meter.n_settings++];
	*setting = (struct setting){ .label = label, .type = type };
	snprintf(setting->command, sizeof setting->command, "%s", command);
	snprintf(setting->want, sizeof setting->want, "%s", want);
	return setting;
}

void numeric_add_number(struct numeric_driver *driver, const char *label, const char *command, double number, const char *unit)
{
	struct setting *setting = numeric_add(driver, SETTING_NUMBER, label, command, "");
	snprintf(setting->want, sizeof setting->want, "%g%s", number, unit);
	setting->number = number;
}

void numeric_add_ranges(struct numeric_driver *driver)
{
	const struct device_config *config = driver->meter.config;
	driver->ranges_at = driver->meter.n_settings;
	numeric_add(driver, SETTING_BOOLEAN, "automatic voltage range", ":INP:VOLT:AUTO", "OFF");
	numeric_add_number(driver, "voltage range", ":INP:VOLT:RANG", config->voltage_range, "V");
	numeric_add(driver, SETTING_BOOLEAN, "automatic current range", ":INP:CURR:AUTO", "OFF");
	numeric_add_number(driver, "current range", ":INP:CURR:RANG", config->current_range, "A");
}

/* The integrator's time is one for all elements. */
static int items_of(const struct numeric_driver *driver, int quantity)
{
	return quantity == NUMERIC_DURATION ? 1 : driver->n;
}

int numeric_first_item(const struct numeric_driver *driver, int quantity)
{
	int first = 0;
	for (int i = 0; i < quantity && (i < NUMERIC_ENERGY || driver->meter.integrates); i++)
		first += items_of(driver, i);
	return first;
}

/* Quantity by quantity, of each all elements. */
void numeric_add_items(struct numeric_driver *driver, enum setting_type type, const char *count)
{
	char command[32], item[16];
	driver->meter.n_items = numeric_first_item(driver, NUMERIC_QUANTITIES);
	numeric_add(driver, SETTING_WORD, "number format", ":NUM:FORM", "ASCII");
	numeric_add_number(driver, "number of items", count, driver->meter.n_items, "");
	for (int quantity = 0, i = 0; i < driver->meter.n_items; quantity++)
		for (int k = 0; k < items_of(driver, quantity); k++) {
			int length = snprintf(item, sizeof item, "%.8s", numeric_quantities[quantity].item);
			if (driver->elements[k] > 0)
				snprintf(item + length, sizeof item - (size_t)length, ",%d", driver->elements[k] % 10);
			snprintf(command, sizeof command, ":NUM:NORM:ITEM%d", ++i);
			numeric_add(driver, type, "list of items", command, item);
		}
}

/* While the instrument integrates it refuses to change what the energy depends on. */
void numeric_lock(struct numeric_driver *driver, int from)
{
	for (int i = from; i < driver->meter.n_settings; i++)
		driver->meter.settings[i].locked = true;
}

/* ---- for descriptors ---- */

const struct channel *numeric_driver_channels(const void *device, int *count)
{
	const struct numeric_driver *driver = device;
	*count = driver->meter.n_channels;
	return driver->meter.channels;
}

const struct identity *numeric_driver_identity(const void *device)
{
	const struct numeric_driver *driver = device;
	return &driver->meter.identity;
}

int numeric_driver_start(void *device, struct sink *sink, struct error *error)
{
	return numeric_meter_start(device, sink, error);
}

int64_t numeric_driver_step(void *device, int64_t now, struct sink *sink)
{
	(void)now;
	(void)sink; /* the same as at start */
	return numeric_meter_step(device);
}

int numeric_driver_stop(void *device, struct error *error)
{
	return numeric_meter_stop(device, error);
}

void numeric_driver_prepare(void *device)
{
	numeric_meter_prepare(device);
}

void numeric_driver_close(void *device)
{
	free(device);
}

int64_t numeric_driver_zeroed(const void *device)
{
	const struct numeric_driver *driver = device;
	return driver->meter.zeroed;
}
