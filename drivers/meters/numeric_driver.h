/*
 * numeric_driver: what the drivers of `:NUMeric` instruments have in common before they measure: what the bench file asks for is held
 * against what the model can, and becomes settings, items and channels of a numeric_meter. A family has its models, options and settings.
 *
 * Lists are in V, A and s, ascending, and end with 0. Ranges are those of crest factor 3; at 6 each is half.
 */
#ifndef JOULERIG_DRIVERS_METERS_NUMERIC_DRIVER_H
#define JOULERIG_DRIVERS_METERS_NUMERIC_DRIVER_H

#include "meters/numeric_meter.h"

#define NUMERIC_ELEMENTS_MAX 3

struct numeric_driver {
	struct numeric_meter meter; /* first: the functions of a numeric_meter take it as it is */
	double crest_factor;        /* 3 or 6 */
	double reading, range;      /* limits of error of active power at this crest factor, power factor 1, relative */
	int elements[NUMERIC_ELEMENTS_MAX]; /* their numbers; 0: items are not told of which */
	int n;                              /* how many these are */
	int ranges_at;                      /* the first of NUMERIC_RANGE_SETTINGS settings that are of the ranges */
};
#define NUMERIC_RANGE_SETTINGS 4

extern const double numeric_voltages[], numeric_small_currents[], numeric_updates[];

bool numeric_listed(const double *list, double factor, double wanted);
void numeric_list_text(const double *list, double factor, const char *unit, char *text, size_t size); /* "15, 30 V" */

/* ---- numeric_driver.c: from the configuration to settings ---- */

/* Zeroed memory of `size` that begins with a numeric_driver, for `link`, which must be there. NULL on failure. */
void *numeric_driver_new(size_t size, const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error);
/* Who is there is one of this family (its maker, and a model that is known), and the one that the bench file wants. */
int numeric_check_identity(const struct numeric_driver *driver, const char *maker, bool known, const char *family, struct error *error);
/* The option "crest_factor", the ranges and the update interval: each one that there is. Fills crest_factor and meter.update. */
int numeric_check_ranges_and_update(struct numeric_driver *driver, const struct option_spec *options, const double *currents,
				    struct error *error);
/* The option "integrator". Fills meter.integrates. */
int numeric_check_integrator(struct numeric_driver *driver, const struct option_spec *options, struct error *error);
/* Whether transformers stand before its terminals, nobody can ask: with scaling off a power may be too small, with scaling on too
 * large, and of either no limit of error is known. So it is not changed, and not measured with. */
#define NUMERIC_SCALING ":INP:SCAL:STAT"
int numeric_check_scaling(const struct numeric_driver *driver, struct error *error);

struct setting *numeric_add(struct numeric_driver *driver, enum setting_type type, const char *label, const char *command, const char *want);
void numeric_add_number(struct numeric_driver *driver, const char *label, const char *command, double number, const char *unit);
void numeric_add_ranges(struct numeric_driver *driver);
/* Which items a reading has, of all elements. `count`: the command for their number. */
void numeric_add_items(struct numeric_driver *driver, enum setting_type type, const char *count);
/* Those from `from` on cannot be changed while the instrument integrates. */
void numeric_lock(struct numeric_driver *driver, int from);

/* ---- numeric_channels.c: what is measured ---- */

/* Power comes first; of a sum each element's part is kept as well. Once the settings have been listed. */
void numeric_describe_channels(struct numeric_driver *driver);
/* Of n elements together, each of that range. What the bench file has comes before `reading` and `range`. */
struct accuracy numeric_power_accuracy(const struct device_config *config, double reading, double range, double power_range, int n);
/* All pairs of ranges, for driver->ranges. `range`: at crest factor 3. */
size_t numeric_offers(const struct device_config *config, double crest_factor, const double *currents, double reading, double range, int n,
		      struct range_offer *offers, size_t max);
int numeric_first_item(const struct numeric_driver *driver, int quantity); /* of all quantities: how many items there are */

enum numeric_quantity { NUMERIC_POWER, NUMERIC_VOLTAGE, NUMERIC_CURRENT, NUMERIC_ENERGY, NUMERIC_DURATION, NUMERIC_QUANTITIES };
struct numeric_quantity_name {
	const char *suffix, *item; /* of the channel; in the dialect */
	enum unit unit;
};
extern const struct numeric_quantity_name numeric_quantities[NUMERIC_QUANTITIES];

/* ---- for descriptors ---- */

const struct channel *numeric_driver_channels(const void *device, int *count);
const struct identity *numeric_driver_identity(const void *device);
int numeric_driver_start(void *device, struct sink *sink, struct error *error);
int64_t numeric_driver_step(void *device, int64_t now, struct sink *sink);
void numeric_driver_prepare(void *device);
int numeric_driver_stop(void *device, struct error *error);
void numeric_driver_close(void *device);
int64_t numeric_driver_zeroed(const void *device);

#endif
