#include "sides_differences.h"

#include <math.h>
#include <string.h>

#include "facts.h"
#include "number.h"
#include "plan_digest.h"

#define UNTOLD "not told"

/* What is said of each side, one item at a time. */
struct item {
	struct text value[SIDES_MAX];
};

static bool all_alike(const struct item *item, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(text_string(&item->value[i]), text_string(&item->value[0])) != 0)
			return false;
	return true;
}

static json_t *as_json(const struct sides *sides, const char *what, const struct item *item)
{
	json_t *values = json_object();
	for (size_t i = 0; i < sides->n; i++) {
		const char label[2] = { sides->list[i].label, '\0' };
		json_object_set_new(values, label, json_string(text_string(&item->value[i])));
	}
	return json_pack("{s:s, s:o}", "what", what, "values", values);
}

/* And empties the item. */
static void put(const struct sides *sides, const char *what, struct item *item, bool always, json_t *list)
{
	for (size_t i = 0; i < sides->n; i++)
		if (item->value[i].length == 0)
			text_add(&item->value[i], UNTOLD);
	if (always || !all_alike(item, sides->n))
		json_array_append_new(list, as_json(sides, what, item));
	for (size_t i = 0; i < sides->n; i++)
		text_free(&item->value[i]);
}

/* ---- facts ---- */

static void add_array(struct text *out, const json_t *array)
{
	size_t i;
	const json_t *element;
	json_array_foreach(array, i, element)
		if (json_is_string(element))
			text_addf(out, "%s%s", i ? ", " : "", json_string_value(element));
}

static void add_value(struct text *out, const json_t *value)
{
	if (json_is_string(value))
		text_add(out, json_string_value(value));
	else if (json_is_boolean(value))
		text_add(out, json_is_true(value) ? "yes" : "no");
	else if (json_is_number(value))
		text_addf(out, "%.6g", json_number_value(value));
	else
		add_array(out, value);
}

static const struct fact {
	const char *what, *path;
} facts[] = {
	{ "processor", "machine.cpu.model" },
	{ "architecture", "machine.architecture" },
	{ "sockets", "machine.cpu.sockets" },
	{ "cores", "machine.cpu.cores" },
	{ "hardware threads", "machine.cpu.threads" },
	{ "processors that runs may use", "machine.affinity" },
	{ "SMT", "machine.cpu.smt" },
	{ "turbo", "machine.cpu.turbo" },
	{ "governor", "machine.cpu.governors" },
	{ "energy preference", "machine.cpu.energy_preferences" },
	{ "microcode", "machine.cpu.microcode" },
	{ "virtual machine", "machine.virtual" },
	{ "on battery", "machine.on_battery" },
	{ "batteries", "machine.batteries" },
	{ "uninterruptible supplies", "machine.ups" },
	{ "kernel", "machine.kernel.release" },
	{ "system", "machine.distribution.name" },
	{ "trigger", "bench.trigger" },
	{ "joulerig", "version" },
};

static void put_facts(const struct sides *sides, json_t *list)
{
	for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
		struct item item = { .value[0] = TEXT_INIT };
		for (size_t i = 0; i < sides->n; i++)
			add_value(&item.value[i], facts_at(sides->list[i].file, facts[f].path));
		put(sides, facts[f].what, &item, false, list);
	}
}

static void put_memory(const struct sides *sides, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	for (size_t i = 0; i < sides->n; i++) {
		double bytes = facts_number(sides->list[i].file, "machine.memory.total_bytes");
		if (isfinite(bytes))
			number_bytes(&item.value[i], bytes);
	}
	put(sides, "memory", &item, false, list);
}

/* ---- supply ---- */

static void put_supply(const struct sides *sides, json_t *list)
{
	struct item lag = { .value[0] = TEXT_INIT }, frequency = { .value[0] = TEXT_INIT };
	for (size_t i = 0; i < sides->n; i++) {
		const struct campaign_file *file = sides->list[i].file;
		json_t *digest = file->bench_text ? bench_digest(file->bench_text) : NULL;
		double ns = facts_number(file, "bench.supply_lag_ns");
		if (isfinite(ns))
			text_addf(&lag.value[i], "%g ms", ns / 1e6);
		add_value(&frequency.value[i], json_object_get(digest, "line_frequency"));
		json_decref(digest);
	}
	put(sides, "bound of the supply's lag", &lag, false, list);
	put(sides, "line frequency", &frequency, false, list);
}

/* The largest that a run saw, to the volt, or the tenth of one below 50 V. */
static double line_voltage(const struct campaign_file *file)
{
	size_t i;
	double voltage = NAN;
	const json_t *ranges;
	json_array_foreach(facts_at(file, "ranges"), i, ranges) {
		const json_t *value = json_object_get(ranges, "voltage_V");
		if (json_is_number(value) && !(json_number_value(value) <= voltage))
			voltage = json_number_value(value);
	}
	return voltage;
}

/* Line voltages differ always; supplies care from some volts on. */
#define LINE_STEP 5.0

static void put_line(const struct sides *sides, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	double least = INFINITY, most = -INFINITY;
	bool untold = false;
	for (size_t i = 0; i < sides->n; i++) {
		double voltage = line_voltage(sides->list[i].file);
		least = fmin(least, voltage);
		most = fmax(most, voltage);
		untold |= isnan(voltage);
		if (isfinite(voltage))
			text_addf(&item.value[i], "%.0f V", voltage);
	}
	put(sides, "line voltage, at most", &item, isfinite(most) && (untold || most - least > LINE_STEP), list);
}

static void put_idle(const struct sides *sides, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	for (size_t i = 0; i < sides->n; i++) {
		double sum = 0, n = 0;
		for (size_t p = 0; p < sides->n_points; p++) {
			const struct side_at *at = &sides->points[p].at[i];
			if (side_is_compared(at) && isfinite(at->idle)) {
				sum += at->idle;
				n++;
			}
		}
		if (n > 0)
			number_power(&item.value[i], sum / n, NAN);
	}
	put(sides, "idle power (wall)", &item, true, list);
}

/* ---- interpreters ---- */

/* Where it was installed to is no part of what was built. */
static void add_flags(struct text *out, const char *arguments)
{
	while (*arguments) {
		size_t length = strcspn(arguments, " ");
		if (strncmp(arguments, "'--prefix=", 10) != 0 && strncmp(arguments, "--prefix=", 9) != 0 && length > 0) {
			text_add(out, out->length ? " " : "");
			text_add_bytes(out, arguments, length);
		}
		arguments += length + (arguments[length] == ' ');
	}
	if (out->length == 0)
		text_add(out, "none");
}

static const json_t *interpreter_of(const struct side *side)
{
	return json_object_get(facts_at(side->file, "interpreters"), side->arm);
}

static void put_member(const struct sides *sides, const char *what, const char *key, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	for (size_t i = 0; i < sides->n; i++)
		add_value(&item.value[i], json_object_get(interpreter_of(&sides->list[i]), key));
	put(sides, what, &item, false, list);
}

static void put_flags(const struct sides *sides, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	for (size_t i = 0; i < sides->n; i++) {
		const char *arguments = json_string_value(json_object_get(interpreter_of(&sides->list[i]), "configure_args"));
		if (arguments)
			add_flags(&item.value[i], arguments);
	}
	put(sides, "interpreter's build flags", &item, false, list);
}

static void put_interpreters(const struct sides *sides, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	for (size_t i = 0; i < sides->n; i++)
		text_add(&item.value[i], sides->list[i].arm);
	put(sides, "arm", &item, false, list);
	size_t before = json_array_size(list);
	put_member(sides, "interpreter", "full_version", list);
	put_member(sides, "GIL", "gil_enabled", list);
	put_flags(sides, list);
	if (json_array_size(list) == before)
		put_member(sides, "interpreter's binary (SHA-256), though of one version and build", "sha256", list);
}

/* ---- plans ---- */

static bool is_compared_workload(const struct sides *sides, const char *name)
{
	for (size_t p = 0; p < sides->n_points; p++)
		if (strcmp(sides->points[p].workload, name) == 0)
			return true;
	return false;
}

/* Of workloads, those compared; of arms, none: they are told by their environment, below. */
static bool matters(const struct sides *sides, const char *key)
{
	if (strncmp(key, "workload ", 9) == 0)
		return is_compared_workload(sides, key + 9);
	return strncmp(key, "environment of arm ", 19) != 0;
}

static void put_key(const struct sides *sides, json_t *const *digests, const char *key, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	struct text what = TEXT_INIT;
	for (size_t i = 0; i < sides->n; i++)
		add_value(&item.value[i], json_object_get(digests[i], key));
	text_addf(&what, "plan: %s", key);
	put(sides, text_string(&what), &item, false, list);
	text_free(&what);
}

static void put_environment(const struct sides *sides, json_t *const *digests, json_t *list)
{
	struct item item = { .value[0] = TEXT_INIT };
	for (size_t i = 0; i < sides->n; i++) {
		struct text key = TEXT_INIT;
		text_addf(&key, "environment of arm %s", sides->list[i].arm);
		add_value(&item.value[i], json_object_get(digests[i], text_string(&key)));
		text_free(&key);
	}
	put(sides, "plan: the arm's environment", &item, false, list);
}

static bool is_new_key(json_t *const *digests, size_t before, const char *key)
{
	for (size_t i = 0; i < before; i++)
		if (json_object_get(digests[i], key))
			return false;
	return true;
}

static void put_plans(const struct sides *sides, json_t *list)
{
	json_t *digests[SIDES_MAX] = { NULL };
	for (size_t i = 0; i < sides->n; i++)
		digests[i] = sides->list[i].file->plan_text ? plan_digest(sides->list[i].file->plan_text) : NULL;
	for (size_t i = 0; i < sides->n; i++) {
		const char *key;
		json_t *value;
		json_object_foreach(digests[i], key, value)
			if (matters(sides, key) && is_new_key(digests, i, key))
				put_key(sides, digests, key, list);
	}
	put_environment(sides, digests, list);
	for (size_t i = 0; i < sides->n; i++)
		json_decref(digests[i]);
}

json_t *sides_differences(const struct sides *sides)
{
	json_t *list = json_array();
	if (list == NULL)
		return NULL;
	put_idle(sides, list);
	put_facts(sides, list);
	put_memory(sides, list);
	put_supply(sides, list);
	put_line(sides, list);
	put_interpreters(sides, list);
	put_plans(sides, list);
	return list;
}
