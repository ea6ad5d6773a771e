/* A channel's description as JSON, without loss. What a double can be and JSON cannot is written "nan", "inf" or "-inf"; a wrap
 * beyond int64 as a string of digits. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

static const struct member {
	const char *key;
	size_t offset;
} durations[] = {
	{ "window_ns", offsetof(struct channel, window) },
	{ "unmeasured_ns", offsetof(struct channel, unmeasured) },
	{ "refresh_ns", offsetof(struct channel, refresh) },
	{ "latency_ns", offsetof(struct channel, latency) },
	{ "u_latency_ns", offsetof(struct channel, u_latency) },
	{ "update_jitter_ns", offsetof(struct channel, update_jitter) },
}, reals[] = {
	{ "scale", offsetof(struct channel, scale) },
	{ "offset", offsetof(struct channel, offset) },
	{ "power_max_W", offsetof(struct channel, power_max) },
}, limits[] = {
	{ "reading", offsetof(struct channel, accuracy.reading) },
	{ "range", offsetof(struct channel, accuracy.range) },
	{ "range_value_W", offsetof(struct channel, accuracy.range_value) },
	{ "power_factor", offsetof(struct channel, accuracy.power_factor) },
	{ "timebase", offsetof(struct channel, accuracy.timebase) },
	{ "quantum", offsetof(struct channel, accuracy.quantum) },
	{ "coverage", offsetof(struct channel, accuracy.coverage) },
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static json_t *real_to_json(double value)
{
	if (isfinite(value))
		return json_real(value);
	return json_string(isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

static int real_from_json(const json_t *json, double *value)
{
	const char *text = json_string_value(json);
	if (json_is_number(json))
		*value = json_number_value(json);
	else if (text != NULL && strcmp(text, "nan") == 0)
		*value = NAN;
	else if (text != NULL && (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0))
		*value = text[0] == '-' ? -INFINITY : INFINITY;
	else
		return -1;
	return 0;
}

static json_t *count_to_json(uint64_t count)
{
	char digits[24];
	if (count <= INT64_MAX)
		return json_integer((json_int_t)count);
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
	return json_string(digits);
}

static int count_from_json(const json_t *json, uint64_t *count)
{
	const char *text = json_string_value(json);
	char *end;
	if (json_is_integer(json) && json_integer_value(json) >= 0) {
		*count = (uint64_t)json_integer_value(json);
		return 0;
	}
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	*count = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? 0 : -1;
}

static void reals_to_json(const struct channel *channel, const struct member *members, size_t n, json_t *json)
{
	for (size_t i = 0; i < n; i++)
		json_object_set_new(json, members[i].key,
				    real_to_json(*(const double *)((const char *)channel + members[i].offset)));
}

static void durations_to_json(const struct channel *channel, json_t *json)
{
	for (size_t i = 0; i < COUNT(durations); i++)
		json_object_set_new(json, durations[i].key,
				    json_integer(*(const int64_t *)((const char *)channel + durations[i].offset)));
}

json_t *channel_to_json(const struct channel *channel, const char *device)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", channel->name, "device", device, "kind",
				 channel_kind_name(channel->kind), "role", channel_role_name(channel->role), "unit",
				 unit_symbol(channel->unit), "number", number_type_name(channel->number), "clock",
				 clock_name(channel->clock));
	json_t *accuracy = json_object();
	if (json == NULL || accuracy == NULL) {
		json_decref(json);
		json_decref(accuracy);
		return NULL;
	}
	reals_to_json(channel, reals, COUNT(reals), json);
	reals_to_json(channel, limits, COUNT(limits), accuracy);
	durations_to_json(channel, json);
	json_object_set_new(json, "wrap", count_to_json(channel->wrap));
	json_object_set_new(json, "accuracy", accuracy);
	json_object_set_new(json, "factor", json_pack("[i, i]", channel->factor[0], channel->factor[1]));
	json_object_set_new(json, "simulated", json_boolean(channel->simulated));
	if (channel->gated)
		json_object_set_new(json, "gated", json_true());
	return json;
}

static int clock_parse(const char *name)
{
	for (int i = 0; i < CLOCK_IDS; i++)
		if (strcmp(clock_name((enum clock_id)i), name) == 0)
			return i;
	return -1;
}

/* The key that is missing or wrong is left in `wrong`. */
struct reading {
	const json_t *json;
	const char *wrong;
};

static int read_name(struct reading *reading, const char *key, int parse(const char *))
{
	const char *text = json_string_value(json_object_get(reading->json, key));
	int value = text ? parse(text) : -1;
	if (value < 0 && reading->wrong == NULL)
		reading->wrong = key;
	return value;
}

/* Names become names of HDF5 groups: no slash, nothing that is not printable ASCII, and neither "." nor "..". */
static void read_text(struct reading *reading, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(reading->json, key));
	bool good = value != NULL && value[0] != '\0' && strlen(value) < size && value[strspn(value, ".")] != '\0';
	for (const char *c = value; good && *c; c++)
		good = *c > ' ' && *c < 0x7f && *c != '/';
	if (good)
		memcpy(text, value, strlen(value) + 1);
	else if (reading->wrong == NULL)
		reading->wrong = key;
}

static void read_reals(struct reading *reading, const json_t *json, const struct member *members, size_t n,
		       struct channel *channel)
{
	for (size_t i = 0; i < n; i++)
		if (real_from_json(json_object_get(json, members[i].key), (double *)((char *)channel + members[i].offset)) != 0 &&
		    reading->wrong == NULL)
			reading->wrong = members[i].key;
}

static void read_durations(struct reading *reading, struct channel *channel)
{
	for (size_t i = 0; i < COUNT(durations); i++) {
		const json_t *value = json_object_get(reading->json, durations[i].key);
		if (json_is_integer(value))
			*(int64_t *)((char *)channel + durations[i].offset) = json_integer_value(value);
		else if (reading->wrong == NULL)
			reading->wrong = durations[i].key;
	}
}

static void read_others(struct reading *reading, struct channel *channel)
{
	const json_t *json = reading->json, *factor = json_object_get(json, "factor");
	const json_t *simulated = json_object_get(json, "simulated"), *gated = json_object_get(json, "gated");
	if (count_from_json(json_object_get(json, "wrap"), &channel->wrap) != 0 && reading->wrong == NULL)
		reading->wrong = "wrap";
	for (size_t i = 0; i < 2; i++) {
		json_int_t index = json_integer_value(json_array_get(factor, i));
		if (json_is_integer(json_array_get(factor, i)) && index >= -1 && index <= UINT16_MAX)
			channel->factor[i] = (int)index;
		else if (reading->wrong == NULL)
			reading->wrong = "factor";
	}
	if (!json_is_boolean(simulated) && reading->wrong == NULL)
		reading->wrong = "simulated";
	if (gated && !json_is_boolean(gated) && reading->wrong == NULL)
		reading->wrong = "gated";
	channel->simulated = json_is_true(simulated);
	channel->gated = json_is_true(gated);
}

int channel_from_json(const json_t *json, struct channel *channel, char device[32], struct error *error)
{
	struct reading reading = { .json = json };
	memset(channel, 0, sizeof *channel);
	memset(device, 0, 32);
	read_text(&reading, "name", channel->name, sizeof channel->name);
	read_text(&reading, "device", device, 32);
	int kind = read_name(&reading, "kind", channel_kind_parse), role = read_name(&reading, "role", channel_role_parse);
	int unit = read_name(&reading, "unit", unit_parse), number = read_name(&reading, "number", number_type_parse);
	int clock = read_name(&reading, "clock", clock_parse);
	read_reals(&reading, json, reals, COUNT(reals), channel);
	read_reals(&reading, json_object_get(json, "accuracy"), limits, COUNT(limits), channel);
	read_durations(&reading, channel);
	read_others(&reading, channel);
	if (reading.wrong != NULL)
		return error_set(error, ERROR_CORRUPT, channel->name, NULL, "the channel's `%s` is missing or makes no sense",
				 reading.wrong);
	channel->kind = (enum channel_kind)kind;
	channel->role = (enum channel_role)role;
	channel->unit = (enum unit)unit;
	channel->number = (enum number_type)number;
	channel->clock = (enum clock_id)clock;
	return 0;
}
