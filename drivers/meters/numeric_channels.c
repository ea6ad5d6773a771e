/* The channels of an instrument of the dialect, and how accurate they are. */
#include <math.h>
#include <stdio.h>

#include "meters/numeric_driver.h"

/* Uncalibrated: from the end of the averaging window to the value being readable. Nothing the vendors state bounds it; one
 * half update at the shortest rate, give or take as much. */
#define LATENCY (50 * NS_PER_MS)
#define U_LATENCY (50 * NS_PER_MS)

#define COUNTS_PER_WH 1e9          /* native counts of the energy channels are nWh */
#define INTEGRATOR_TIMEBASE 0.0002 /* limit of error of the integrator's clock: 0.02 %, of the WT family */

#define POWER_FACTOR_INFLUENCE 0.001 /* of the apparent power */

const struct numeric_quantity_name numeric_quantities[NUMERIC_QUANTITIES] = {
	[NUMERIC_POWER] = { "power", "P", UNIT_WATT },
	[NUMERIC_VOLTAGE] = { "voltage", "U", UNIT_VOLT },
	[NUMERIC_CURRENT] = { "current", "I", UNIT_AMPERE },
	[NUMERIC_ENERGY] = { "energy", "WH", UNIT_JOULE },
	[NUMERIC_DURATION] = { "integrated", "TIME", UNIT_SECOND },
};

/* ---- accuracy ---- */

/* Five digits are shown, on a scale that ends at the next power of ten above the power range. */
static double power_quantum(double power_range)
{
	return pow(10, floor(log10(power_range)) - 4);
}

/* Of a sum each element has errors within the same limits, and nothing says that they do not all go one way: they add, so that the
 * limit is a part of the whole reading, and of all ranges together. Steps are independent of each other. */
struct accuracy numeric_power_accuracy(const struct device_config *config, double reading, double range, double power_range, int n)
{
	struct accuracy accuracy = { .reading = reading, .range = range, .power_factor = POWER_FACTOR_INFLUENCE };
	if (config->accuracy_given)
		accuracy = config->accuracy;
	accuracy.quantum = sqrt(n) * power_quantum(power_range); /* what the display shows, whoever states the limits of error */
	if (accuracy.range_value <= 0)
		accuracy.range_value = n * power_range;
	return accuracy;
}

/* At crest factor 6 the range's part of the limit is twice that of 3. */
size_t numeric_offers(const struct device_config *config, double crest_factor, const double *currents, double reading, double range, int n,
		      struct range_offer *offers, size_t max)
{
	size_t count = 0;
	for (const double *voltage = numeric_voltages; *voltage > 0; voltage++)
		for (const double *current = currents; *current > 0; current++, count++) {
			double v = *voltage * 3 / crest_factor, i = *current * 3 / crest_factor;
			if (count < max)
				offers[count] = (struct range_offer){
					.voltage = v, .current = i, .voltage_peak = v * crest_factor, .current_peak = i * crest_factor,
					.accuracy = numeric_power_accuracy(config, reading, range * crest_factor / 3, v * i, n),
				};
		}
	return count;
}

/* ---- channels ---- */

static int64_t nanoseconds(double seconds, int64_t fallback)
{
	return isfinite(seconds) ? llround(seconds * 1e9) : fallback;
}

/* `element`: its number, or 0 where there is but one, or for all together. */
static struct channel common_channel(const struct numeric_driver *driver, enum numeric_quantity quantity, int element)
{
	const struct device_config *config = driver->meter.config;
	double mains = config->line_frequency > 0 ? config->line_frequency : 50;
	struct channel channel = {
		.kind = CHANNEL_OBSERVE,
		.unit = numeric_quantities[quantity].unit,
		.number = NUMBER_F64,
		.clock = CLOCK_ID_MONOTONIC,
		.scale = 1,
		.window = driver->meter.update,
		.unmeasured = llround(1e9 / mains), /* it averages from the first zero crossing to the last */
		.refresh = driver->meter.update,
		.latency = nanoseconds(config->latency, LATENCY),
		.u_latency = nanoseconds(config->u_latency, U_LATENCY),
		.factor = { -1, -1 },
		.simulated = driver->meter.identity.simulated,
	};
	int length = snprintf(channel.name, sizeof channel.name, "%s.%s", config->name, numeric_quantities[quantity].suffix);
	if (element > 0)
		snprintf(channel.name + length, sizeof channel.name - (size_t)length, "-%d", element);
	return channel;
}

/* Above 140 % of a range the meter itself says INF. */
static double plausible(const struct numeric_driver *driver, enum numeric_quantity quantity)
{
	const struct device_config *config = driver->meter.config;
	switch (quantity) {
	case NUMERIC_ENERGY:
	case NUMERIC_DURATION:
		return INFINITY;
	case NUMERIC_VOLTAGE:
		return 1.5 * config->voltage_range;
	case NUMERIC_CURRENT:
		return 1.5 * config->current_range;
	default:
		return config->power_max > 0 ? config->power_max : 1.4 * driver->n * config->voltage_range * config->current_range;
	}
}

/* Of the elements [index, index + n) of those that are measured. */
static struct numeric_source source_of(const struct numeric_driver *driver, enum numeric_quantity quantity, int index, int n)
{
	unsigned peaks = (quantity == NUMERIC_CURRENT ? 0 : NUMERIC_PEAK_VOLTAGE) | (quantity == NUMERIC_VOLTAGE ? 0 : NUMERIC_PEAK_CURRENT);
	struct numeric_source source = {
		.first = numeric_first_item(driver, (int)quantity) + index, .n = n, .plausible = plausible(driver, quantity),
		.count = quantity == NUMERIC_ENERGY ? COUNTS_PER_WH : 0,
	};
	if (quantity == NUMERIC_DURATION)
		return source;
	for (int i = index; i < index + n; i++) {
		int element = driver->elements[i] > 0 ? driver->elements[i] : 1;
		int shift = (element - 1) * NUMERIC_CONDITION_BITS_PER_ELEMENT;
		source.over |= NUMERIC_OVER << shift;
		source.peak |= peaks << shift;
	}
	return source;
}

static struct channel *add_channel(struct numeric_driver *driver, enum numeric_quantity quantity, int index, int n)
{
	struct numeric_meter *meter = &driver->meter;
	int element = driver->n > 1 && n == 1 ? driver->elements[index] : 0;
	meter->channels[meter->n_channels] = common_channel(driver, quantity, element);
	meter->sources[meter->n_channels] = source_of(driver, quantity, index, n);
	return &meter->channels[meter->n_channels++];
}

static struct accuracy accuracy_of(const struct numeric_driver *driver, int n)
{
	const struct device_config *config = driver->meter.config;
	return numeric_power_accuracy(config, driver->reading, driver->range, config->voltage_range * config->current_range, n);
}

static void describe_power(const struct numeric_driver *driver, struct channel *power)
{
	power->kind = CHANNEL_MEAN;
	power->role = driver->meter.config->measures;
	power->accuracy = accuracy_of(driver, driver->n);
	power->power_max = plausible(driver, NUMERIC_POWER);
}

/* WH is the sum over all samples of the integration time (IM WT310E-01EN, App-2): without the gaps of the windows that P is a mean
 * of, and with the errors of P. It is told with each update, as it was at the end of its interval, or perhaps at the last zero
 * crossing before. How many digits it is told with is not written anywhere: analysis takes its steps from the counts. */
static void describe_energy(const struct numeric_driver *driver, struct channel *energy)
{
	energy->kind = CHANNEL_COUNTER;
	energy->role = ROLE_INTEGRAL;
	energy->number = NUMBER_U64;
	energy->scale = 3600 / COUNTS_PER_WH;
	energy->update_jitter = energy->unmeasured;
	energy->unmeasured = 0;
	energy->accuracy = accuracy_of(driver, 1);
	energy->accuracy.quantum = 0;
	if (energy->accuracy.timebase <= 0)
		energy->accuracy.timebase = INTEGRATOR_TIMEBASE;
	energy->power_max = plausible(driver, NUMERIC_POWER);
}

static void add_integrator(struct numeric_driver *driver)
{
	for (int i = 0; i < driver->n; i++)
		describe_energy(driver, add_channel(driver, NUMERIC_ENERGY, i, 1));
	struct channel *duration = add_channel(driver, NUMERIC_DURATION, 0, 1); /* one for all elements */
	snprintf(duration->name, sizeof duration->name, "%s.%s", driver->meter.config->name, numeric_quantities[NUMERIC_DURATION].suffix);
}

void numeric_describe_channels(struct numeric_driver *driver)
{
	driver->meter.n_channels = 0;
	driver->meter.range_channel = 0;
	describe_power(driver, add_channel(driver, NUMERIC_POWER, 0, driver->n));
	for (int quantity = driver->n > 1 ? NUMERIC_POWER : NUMERIC_VOLTAGE; quantity <= NUMERIC_CURRENT; quantity++)
		for (int i = 0; i < driver->n; i++)
			add_channel(driver, (enum numeric_quantity)quantity, i, 1);
	if (driver->meter.integrates)
		add_integrator(driver);
}
