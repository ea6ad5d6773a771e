#include "range_needs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- values ---- */

static double value_at(const struct run_channel *source, size_t i)
{
	const struct channel *c = &source->channel;
	double native = c->number == NUMBER_F64 ? source->values.f64[i]
		      : c->number == NUMBER_U64 ? (double)source->values.u64[i]
						: (double)source->values.i64[i];
	return native * c->scale + c->offset;
}

static double larger(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

static double largest_of(const struct run_channel *source, double so_far)
{
	for (size_t i = 0; i < source->n; i++) {
		double value = fabs(value_at(source, i));
		if (!(source->flags[i] & FLAG_INVALID) && isfinite(value))
			so_far = larger(so_far, value);
	}
	return so_far;
}

static size_t beyond_in(const struct run_channel *source)
{
	size_t n = 0;
	for (size_t i = 0; i < source->n; i++)
		n += (source->flags[i] & (FLAG_PEAK_OVER | FLAG_OVER_RANGE)) != 0;
	return n;
}

/* ---- devices ---- */

static bool measures_power(const struct channel *channel)
{
	bool kind = channel->kind == CHANNEL_MEAN || channel->kind == CHANNEL_INSTANT;
	return kind && channel->unit == UNIT_WATT;
}

/* "wall.voltage_peak", of an element "wall.voltage_peak-2". */
static bool is_peak(const struct run_channel *source)
{
	const char *quantity = strchr(source->channel.name + strnlen(source->device, sizeof source->device), '.');
	return quantity && strstr(quantity, "_peak");
}

/* Elements have their ranges in common: the fullest of them needs it. */
static void look_at(const struct run_channel *source, struct range_need *need)
{
	bool volts = source->channel.unit == UNIT_VOLT, amperes = source->channel.unit == UNIT_AMPERE;
	double *mean = volts ? &need->voltage : &need->current, *peak = volts ? &need->voltage_peak : &need->current_peak;
	if (volts || amperes) {
		double *largest = is_peak(source) ? peak : mean;
		*largest = largest_of(source, *largest);
	}
	if (measures_power(&source->channel)) {
		need->values += source->n;
		need->peaks_over += beyond_in(source);
	}
}

static void look_at_ranges(const struct run *run, struct range_need *need)
{
	for (size_t i = 0; i < run->n_ranges; i++) {
		const struct record_range *range = &run->ranges[i].range;
		if (strcmp(run->channels[run->ranges[i].channel].device, need->device) != 0)
			continue;
		need->changed |= range->changed != 0;
		need->automatic |= range->automatic != 0;
		if (!range->changed) {
			need->voltage_range = range->voltage;
			need->current_range = range->current;
		}
	}
}

static bool is_listed(const struct range_need *needs, size_t n, const char *device)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(needs[i].device, device) == 0)
			return true;
	return false;
}

size_t range_needs_of(const struct run *run, struct range_need needs[RANGE_DEVICES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < run->n_channels && n < RANGE_DEVICES_MAX; i++) {
		const char *device = run->channels[i].device;
		if (!measures_power(&run->channels[i].channel) || is_listed(needs, n, device))
			continue;
		struct range_need *need = &needs[n++];
		*need = (struct range_need){ .voltage = NAN, .current = NAN, .voltage_peak = NAN, .current_peak = NAN };
		snprintf(need->device, sizeof need->device, "%s", device);
		for (size_t j = 0; j < run->n_channels; j++)
			if (strcmp(run->channels[j].device, device) == 0)
				look_at(&run->channels[j], need);
		look_at_ranges(run, need);
	}
	return n;
}

double range_need_filled(const struct range_need *need)
{
	double voltage = need->voltage_range > 0 ? need->voltage / need->voltage_range : NAN;
	double current = need->current_range > 0 ? need->current / need->current_range : NAN;
	return isnan(voltage) ? current : larger(current, voltage);
}

void range_need_add(struct range_need *into, const struct range_need *need)
{
	into->voltage = larger(into->voltage, need->voltage);
	into->current = larger(into->current, need->current);
	into->voltage_peak = larger(into->voltage_peak, need->voltage_peak);
	into->current_peak = larger(into->current_peak, need->current_peak);
	into->voltage_range = fmax(into->voltage_range, need->voltage_range);
	into->current_range = fmax(into->current_range, need->current_range);
	into->peaks_over += need->peaks_over;
	into->values += need->values;
	into->automatic |= need->automatic;
	into->changed |= need->changed;
}

const char *range_needs_remark(const struct run *run, char text[160])
{
	struct range_need needs[RANGE_DEVICES_MAX];
	size_t n = range_needs_of(run, needs), length = 0;
	text[0] = '\0';
	for (size_t i = 0; i < n && length < 159; i++)
		if (range_need_filled(&needs[i]) > 1)
			length += (size_t)snprintf(text + length, 160 - length, "%s%s: its range was filled to %.0f %%, too small", length ? "; " : "",
						   needs[i].device, 100 * range_need_filled(&needs[i]));
	return text;
}

/* ---- facts ---- */

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
	{ "voltage_V", offsetof(struct range_need, voltage) },
	{ "current_A", offsetof(struct range_need, current) },
	{ "voltage_peak_V", offsetof(struct range_need, voltage_peak) },
	{ "current_peak_A", offsetof(struct range_need, current_peak) },
	{ "voltage_range_V", offsetof(struct range_need, voltage_range) },
	{ "current_range_A", offsetof(struct range_need, current_range) },
};
#define NUMBERS (sizeof numbers / sizeof *numbers)

json_t *range_need_to_json(const struct range_need *need, const struct run *run)
{
	static const char *const of_run[] = { "run", "workload", "point", "arm" };
	json_t *facts = json_pack("{s:s, s:I, s:I, s:b, s:b}", "device", need->device, "values", (json_int_t)need->values, "peaks_over",
				  (json_int_t)need->peaks_over, "automatic", need->automatic, "changed", need->changed);
	for (size_t i = 0; i < sizeof of_run / sizeof *of_run; i++)
		json_object_set(facts, of_run[i], json_object_get(run->header, of_run[i]));
	for (size_t i = 0; i < NUMBERS; i++) {
		double value = *(const double *)((const char *)need + numbers[i].offset);
		if (isfinite(value))
			json_object_set_new(facts, numbers[i].key, json_real(value));
	}
	return facts;
}

void range_need_from_json(const json_t *facts, struct range_need *need)
{
	const char *device = json_string_value(json_object_get(facts, "device"));
	*need = (struct range_need){
		.values = (size_t)json_integer_value(json_object_get(facts, "values")),
		.peaks_over = (size_t)json_integer_value(json_object_get(facts, "peaks_over")),
		.automatic = json_is_true(json_object_get(facts, "automatic")), .changed = json_is_true(json_object_get(facts, "changed")),
	};
	snprintf(need->device, sizeof need->device, "%s", device ? device : "");
	for (size_t i = 0; i < NUMBERS; i++) {
		const json_t *value = json_object_get(facts, numbers[i].key);
		*(double *)((char *)need + numbers[i].offset) = json_is_number(value) ? json_number_value(value) : NAN;
	}
	need->voltage_range = isnan(need->voltage_range) ? 0 : need->voltage_range;
	need->current_range = isnan(need->current_range) ? 0 : need->current_range;
}
