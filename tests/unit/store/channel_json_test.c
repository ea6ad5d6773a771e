#include "run.h"

#include "unit.h"

static struct channel sample(void)
{
	return (struct channel){
		.name = "package-0.energy",
		.kind = CHANNEL_COUNTER,
		.role = ROLE_PACKAGE,
		.unit = UNIT_JOULE,
		.number = NUMBER_U64,
		.clock = CLOCK_ID_RAW,
		.scale = 1e-6 / 3,
		.offset = -0.1,
		.wrap = UINT64_MAX,
		.window = INT64_MAX,
		.unmeasured = -2,
		.refresh = 3,
		.latency = 4,
		.u_latency = 5,
		.update_jitter = 6,
		.power_max = INFINITY,
		.accuracy = {0.1, 1.0 / 3, -INFINITY, 1e-300, 5e-324, NAN, 2},
		.factor = {-1, 31},
		.simulated = true,
		.gated = true,
	};
}

/* Through text, as in a journal. */
static json_t *through_text(const struct channel *channel, const char *device)
{
	json_t *json = channel_to_json(channel, device);
	char *text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	json = json_loads(text, 0, NULL);
	free(text);
	return json;
}

static void nothing_is_lost(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct channel channel = sample(), back;
	char device[32];
	json_t *json = through_text(&channel, "rapl");
	assert_int_equal(channel_from_json(json, &back, device, &error), 0);
	assert_string_equal(device, "rapl");
	assert_true(isnan(back.accuracy.quantum));
	back.accuracy.quantum = channel.accuracy.quantum = 0;
	/* Member by member would miss a new one: all bytes but padding. */
	assert_int_equal(sizeof channel, 224); /* else: is the new member in the JSON? */
	assert_memory_equal(back.name, channel.name, sizeof channel.name);
	assert_memory_equal(&back.kind, &channel.kind, offsetof(struct channel, clock) + 4 - offsetof(struct channel, kind));
	assert_memory_equal(&back.scale, &channel.scale, offsetof(struct channel, simulated) - offsetof(struct channel, scale));
	assert_true(back.simulated && back.gated);
	json_decref(json);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	struct channel channel = sample(), back;
	char device[32];
	const char *key;
	json_t *value, *json = through_text(&channel, "rapl");
	json_object_foreach(json, key, value) {
		struct error error = ERROR_INIT;
		json_t *without = json_copy(json);
		json_object_del(without, key);
		if (strcmp(key, "gated") == 0) { /* files from before there were any have none */
			assert_int_equal(channel_from_json(without, &back, device, &error), 0);
			assert_false(back.gated);
			json_decref(without);
			continue;
		}
		assert_int_equal(channel_from_json(without, &back, device, &error), -1);
		assert_int_equal(error.code, ERROR_CORRUPT);
		if (!json_is_object(value))
			assert_non_null(strstr(error.what, key));
		json_decref(without);
	}
	json_decref(json);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value;
	} bad[] = {
		{ "name", "\"\"" }, { "name", "\"..\"" }, { "name", "\"a/b\"" }, { "name", "\"a b\"" }, { "name", "\"\\u00e9\"" },
		{ "name", "\"01234567890123456789012345678901234567890123456789\"" }, { "name", "7" }, { "device", "\".\"" },
		{ "device", "\"01234567890123456789012345678901\"" }, { "kind", "\"median\"" }, { "role", "3" },
		{ "unit", "\"kWh\"" }, { "number", "\"i8\"" }, { "clock", "\"sundial\"" }, { "scale", "\"Infinity\"" },
		{ "scale", "null" }, { "wrap", "-1" }, { "wrap", "\"18446744073709551616\"" }, { "wrap", "\"12x\"" },
		{ "wrap", "1.5" }, { "window_ns", "1.0" }, { "accuracy", "[]" }, { "factor", "[1]" }, { "factor", "[1, -2]" },
		{ "factor", "[1, 1.0]" }, { "simulated", "1" }, { "gated", "1" },
	};
	struct channel channel = sample(), back;
	char device[32];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error error = ERROR_INIT;
		json_t *json = through_text(&channel, "rapl");
		json_object_set_new(json, bad[i].key, json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		assert_int_equal(channel_from_json(json, &back, device, &error), -1);
		assert_int_equal(error.code, ERROR_CORRUPT);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_lost), cmocka_unit_test(what_is_missing_is_named),
					    cmocka_unit_test(nonsense_is_refused) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
