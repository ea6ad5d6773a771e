#include "facts.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "machine_check.h"
#include "rapl_zones.h"

json_t *facts_at(const struct campaign_file *file, const char *path)
{
	json_t *at = file->facts;
	char key[64];
	while (at && *path) {
		size_t length = strcspn(path, ".");
		if (length >= sizeof key)
			return NULL;
		memcpy(key, path, length);
		key[length] = '\0';
		at = json_object_get(at, key);
		path += length + (path[length] == '.');
	}
	return at;
}

const char *facts_string(const struct campaign_file *file, const char *path)
{
	const char *string = json_string_value(facts_at(file, path));
	return string ? string : "";
}

double facts_number(const struct campaign_file *file, const char *path)
{
	const json_t *number = facts_at(file, path);
	return json_is_number(number) ? json_number_value(number) : NAN;
}

const char *facts_reference(const struct campaign_file *file)
{
	return facts_string(file, "reference");
}

/* Not by path: a workload's name may have a dot in it. */
const char *facts_phase(const struct campaign_file *file, const char *workload)
{
	const char *phase = json_string_value(json_object_get(facts_at(file, "measures"), workload));
	return phase ? phase : "";
}

/* An arm is listed by name, or as an object with one. */
size_t facts_arm_order(const struct campaign_file *file, const char *arm)
{
	size_t i;
	json_t *entry;
	json_array_foreach(facts_at(file, "arms"), i, entry) {
		const char *name = json_string_value(json_is_object(entry) ? json_object_get(entry, "name") : entry);
		if (name && strcmp(name, arm) == 0)
			return i;
	}
	return SIZE_MAX;
}

size_t facts_workload_order(const struct campaign_file *file, const char *workload)
{
	size_t i = 0;
	const char *name;
	json_t *phase;
	json_object_foreach(facts_at(file, "measures"), name, phase) {
		if (strcmp(name, workload) == 0)
			return i;
		i++;
	}
	return SIZE_MAX;
}

static bool any_device_simulated(const struct campaign_file *file)
{
	size_t i;
	json_t *device;
	json_array_foreach(facts_at(file, "bench.devices"), i, device)
		if (json_is_true(json_object_get(device, "simulated")))
			return true;
	return false;
}

/* Its RAPL is the machine's own, not a twin's. */
static bool has_real_rapl(const struct campaign_file *file)
{
	size_t i;
	json_t *device;
	json_array_foreach(facts_at(file, "bench.devices"), i, device) {
		const char *driver = json_string_value(json_object_get(device, "driver"));
		bool rapl = driver && (strcmp(driver, "powercap") == 0 || strcmp(driver, "perf_event") == 0);
		if (rapl && !json_is_true(json_object_get(device, "simulated")))
			return true;
	}
	return false;
}

void facts_rapl_doubt(const struct campaign_file *file, struct text *text)
{
	if (has_real_rapl(file))
		machine_say_rapl(facts_at(file, "machine"), text);
	if (text->length == 0)
		rapl_zones_doubt(file, text);
}

enum simulated facts_simulated(const struct campaign_file *file)
{
	size_t n = 0;
	for (size_t i = 0; i < file->n_results; i++)
		n += file->results[i].simulated;
	if (json_is_true(facts_at(file, "simulated")) || (n && n == file->n_results))
		return SIMULATED_ALL;
	return n || any_device_simulated(file) ? SIMULATED_SOME : SIMULATED_NONE;
}
