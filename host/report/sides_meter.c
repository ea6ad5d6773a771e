/* Which meter stands behind a side's runs, and in which state it was. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "sides.h"
#include "view.h"

/* ---- the device ---- */

static bool is_wall_part(const struct source_result *source)
{
	return !source->is_total && source->role == ROLE_WALL;
}

/* NULL: none, or several. */
static const struct source_result *wall_part(const struct result *result)
{
	const struct source_result *found = NULL;
	for (int i = 0; i < result->n_sources; i++)
		if (is_wall_part(&result->sources[i])) {
			if (found)
				return NULL;
			found = &result->sources[i];
		}
	return found;
}

static const json_t *device_of(const struct campaign_file *file, const char *channel)
{
	size_t i, length = strcspn(channel, ".");
	const json_t *device;
	json_array_foreach(facts_at(file, "bench.devices"), i, device) {
		const char *name = json_string_value(json_object_get(device, "name"));
		if (name && strlen(name) == length && strncmp(name, channel, length) == 0)
			return device;
	}
	return NULL;
}

static const json_t *wall_device(const struct campaign_file *file)
{
	for (size_t i = 0; i < file->n_results; i++) {
		const struct source_result *part = wall_part(&file->results[i]);
		if (part)
			return device_of(file, part->name);
	}
	return NULL;
}

char *side_certificate(const struct side *side)
{
	const json_t *certificate = json_object_get(wall_device(side->file), "certificate");
	return certificate ? json_dumps(certificate, JSON_COMPACT | JSON_SORT_KEYS) : strdup("");
}

/* ---- its state ---- */

static const json_t *ranges_of(const struct campaign_file *file, uint32_t run, const char *device)
{
	size_t i;
	const json_t *ranges;
	json_array_foreach(facts_at(file, "ranges"), i, ranges) {
		const char *name = json_string_value(json_object_get(ranges, "device"));
		if (json_integer_value(json_object_get(ranges, "run")) == (json_int_t)run && name && strcmp(name, device) == 0)
			return ranges;
	}
	return NULL;
}

static double number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool differs(double a, double b)
{
	return isnan(a) != isnan(b) || fabs(a - b) > 1e-4 * fabs(a);
}

/* The total is the sum of one part, so it has that part's digits; or it is the integrator's. */
static bool is_integrated(const struct result *result, const struct source_result *part)
{
	return result_source(result, "wall")->energy.gross.value != part->energy.gross.value;
}

/* A certificate that takes the specification's place has left nothing of it to see. */
static bool is_specified_without_range(const struct source_result *part)
{
	const struct budget *budget = &part->energy.gross.budget;
	return budget_term(budget, "gain") != NULL && budget_term(budget, "range") == NULL;
}

static void see_run(const struct campaign_file *file, const struct result *result, const char *device, bool first, struct between_meter *meter)
{
	const json_t *ranges = ranges_of(file, result->run, device);
	const struct source_result *part = wall_part(result);
	double voltage = number(ranges, "voltage_range_V"), current = number(ranges, "current_range_A");
	if (part == NULL || device_of(file, part->name) == NULL || result_source(result, "wall") == NULL) {
		meter->doubt = "not one meter with one element alone";
		return;
	}
	if (first) {
		meter->voltage = voltage;
		meter->current = current;
		meter->integrated = is_integrated(result, part);
		meter->no_ranges = true;
	}
	meter->no_ranges &= is_specified_without_range(part);
	if (json_is_true(json_object_get(ranges, "automatic")) || json_is_true(json_object_get(ranges, "changed")))
		meter->doubt = "its range was automatic, or changed";
	else if (differs(meter->voltage, voltage) || differs(meter->current, current))
		meter->doubt = "it was in several ranges";
	else if (meter->integrated != is_integrated(result, part))
		meter->doubt = "its integrator gave some of the energies, its samples others";
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

void side_meter(const struct side *side, const struct summary_group *group, struct between_meter *meter)
{
	const json_t *device = wall_device(side->file);
	*meter = (struct between_meter){
		.doubt = device ? NULL : "not one meter with one element alone",
		.maker = text_of(device, "maker"), .model = text_of(device, "model"), .serial = text_of(device, "serial"),
		.firmware = text_of(device, "firmware"), .certificate = side->certificate, .voltage = NAN, .current = NAN,
		.simulated = json_is_true(json_object_get(device, "simulated")),
	};
	for (size_t i = 0; meter->doubt == NULL && i < group->n; i++)
		see_run(side->file, group->members[i], text_of(device, "name"), i == 0, meter);
}
