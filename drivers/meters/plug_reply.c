#include "meters/plug_reply.h"

#include <math.h>
#include <string.h>

#include "meters/json_scan.h"
#include "record.h"

#define JOULES_PER_WH 3600.0
#define MICRO 6 /* decimals of a count */

const struct plug_dialect plug_dialects[PLUG_KINDS] = {
	[PLUG_SWITCH] = { "switch", "/rpc/Switch.GetStatus?id=#", 1e-6 * JOULES_PER_WH, JOULES_PER_WH },
	[PLUG_PM1] = { "pm1", "/rpc/PM1.GetStatus?id=#", 1e-6 * JOULES_PER_WH, JOULES_PER_WH },
	[PLUG_EM1] = { "em1", "/rpc/EM1.GetStatus?id=#", 1e-6 * JOULES_PER_WH, JOULES_PER_WH },
	[PLUG_GEN1] = { "gen1", "/status", 60e-6, 60 },
	[PLUG_TASMOTA] = { "tasmota", "/cm?cmnd=Status%208", 1e-3 * JOULES_PER_WH, 1e3 * JOULES_PER_WH },
};

/* Where each stands; `each` where there are several meters. # is the meter's number. */
enum what { POWER, ENERGY, VOLTAGE, CURRENT, ERRORS, VALID, POWER_EACH, ENERGY_EACH, VOLTAGE_EACH, CURRENT_EACH, WHATS };
static const char *const paths[PLUG_KINDS][WHATS] = {
	[PLUG_SWITCH] = { "apower", "aenergy/total", "voltage", "current", "errors" },
	[PLUG_PM1] = { "apower", "aenergy/total", "voltage", "current", "errors" },
	[PLUG_EM1] = { "act_power", NULL, "voltage", "current", "errors" },
	[PLUG_GEN1] = { "meters/#/power", "meters/#/total", NULL, NULL, NULL, "meters/#/is_valid" },
	[PLUG_TASMOTA] = { "StatusSNS/ENERGY/Power", "StatusSNS/ENERGY/Total", "StatusSNS/ENERGY/Voltage", "StatusSNS/ENERGY/Current", NULL, NULL,
			   "StatusSNS/ENERGY/Power/#", "StatusSNS/ENERGY/Total/#", "StatusSNS/ENERGY/Voltage/#", "StatusSNS/ENERGY/Current/#" },
};

/* ---- places ---- */

struct lookup {
	char path[WHATS][32];
	struct json_place places[WHATS];
};

static void prepare(struct lookup *lookup, enum plug_kind kind, int channel)
{
	for (int i = 0; i < WHATS; i++) {
		const char *path = paths[kind][i] ? paths[kind][i] : "?"; /* which is no name of anything */
		memcpy(lookup->path[i], path, strlen(path) + 1);
		char *number = strchr(lookup->path[i], '#');
		if (number)
			*number = (char)('0' + channel);
		lookup->places[i] = (struct json_place){ .path = lookup->path[i] };
	}
}

static bool contains(const struct json_place *place, const char *word)
{
	return place->type == JSON_IS_ARRAY && memmem(place->text, place->length, word, strlen(word)) != NULL;
}

/* What the device says of its meter, for all its values. */
static uint32_t complaints(const struct lookup *lookup)
{
	uint32_t flags = lookup->places[VALID].type == JSON_IS_FALSE ? FLAG_NO_DATA : 0;
	if (contains(&lookup->places[ERRORS], "\"power_meter_failure"))
		flags |= FLAG_NO_DATA;
	if (contains(&lookup->places[ERRORS], "\"out_of_range"))
		flags |= FLAG_OVER_RANGE;
	return flags;
}

/* ---- values ---- */

/* -1: something else than a number stands there. */
static int read_value(const struct json_place *place, const struct json_place *each, uint32_t flags, struct plug_value *value,
		      struct json_decimal *decimal)
{
	place = place->type == JSON_IS_ARRAY ? each : place;
	*value = (struct plug_value){ .present = place->type != JSON_IS_ABSENT, .value = NAN };
	*decimal = (struct json_decimal){ .digits = 0 };
	if (!value->present)
		return 0;
	value->flags = flags | (place->type == JSON_IS_NULL ? FLAG_NO_DATA : 0);
	if (place->type == JSON_IS_NULL)
		return 0;
	if (json_decimal(place, decimal) != 0)
		return -1;
	value->decimals = decimal->decimals > 0 ? decimal->decimals : 0;
	if (value->flags == 0)
		value->value = (double)decimal->digits * pow(10, -decimal->decimals);
	return 0;
}

static bool count_of(const struct json_decimal *decimal, uint64_t *count)
{
	int64_t digits = decimal->digits;
	for (int i = decimal->decimals; i > MICRO; i--)
		digits /= 10;
	for (int i = decimal->decimals; i < MICRO; i++)
		if (__builtin_mul_overflow(digits, INT64_C(10), &digits))
			return false;
	*count = digits < 0 ? 0 : (uint64_t)digits;
	return digits >= 0;
}

static void count_energy(const struct json_decimal *decimal, struct plug_reading *reading)
{
	if (!reading->energy.present || reading->energy.flags)
		return;
	if (!count_of(decimal, &reading->count)) {
		reading->energy.flags = FLAG_IMPLAUSIBLE;
		reading->energy.value = NAN;
	}
}

int plug_reading_decode(enum plug_kind kind, int channel, const char *bytes, size_t size, struct plug_reading *reading)
{
	struct lookup lookup;
	struct json_decimal decimal;
	*reading = (struct plug_reading){ .count = 0 };
	prepare(&lookup, kind, channel);
	struct json_place *at = lookup.places;
	if (json_scan(bytes, size, at, WHATS) != 0)
		return -1;
	uint32_t flags = complaints(&lookup);
	if (read_value(&at[POWER], &at[POWER_EACH], flags, &reading->power, &decimal) != 0 ||
	    read_value(&at[VOLTAGE], &at[VOLTAGE_EACH], flags, &reading->voltage, &decimal) != 0 ||
	    read_value(&at[CURRENT], &at[CURRENT_EACH], flags, &reading->current, &decimal) != 0 ||
	    read_value(&at[ENERGY], &at[ENERGY_EACH], flags, &reading->energy, &decimal) != 0)
		return -1;
	if (at[POWER].type == JSON_IS_ARRAY && at[ENERGY].type != JSON_IS_ARRAY)
		reading->energy = (struct plug_value){ .value = NAN }; /* that of all its meters together */
	count_energy(&decimal, reading);
	return 0;
}

/* ---- who is there ---- */

int plug_shelly_decode(const char *bytes, size_t size, struct plug_identity *identity)
{
	enum { MODEL, TYPE, MAC, FIRMWARE, FW, GENERATION, LOCKED, AUTH, PLACES };
	struct json_place at[PLACES] = { { .path = "model" }, { .path = "type" }, { .path = "mac" }, { .path = "ver" },
					 { .path = "fw" }, { .path = "gen" }, { .path = "auth_en" }, { .path = "auth" } };
	struct json_decimal generation;
	*identity = (struct plug_identity){ .generation = 1 };
	if (json_scan(bytes, size, at, PLACES) != 0)
		return -1;
	bool later = json_decimal(&at[GENERATION], &generation) == 0;
	if (later && (generation.decimals != 0 || generation.digits < 2 || generation.digits > 99))
		return -1;
	if (!json_text(&at[later ? MODEL : TYPE], identity->model, sizeof identity->model) ||
	    !json_text(&at[MAC], identity->serial, sizeof identity->serial))
		return -1;
	json_text(&at[later ? FIRMWARE : FW], identity->firmware, sizeof identity->firmware);
	identity->generation = later ? (int)generation.digits : 1;
	identity->locked = at[later ? LOCKED : AUTH].type == JSON_IS_TRUE;
	return 0;
}

int plug_tasmota_decode(const char *bytes, size_t size, struct plug_identity *identity)
{
	enum { VERSION, MAC, WARNING, PLACES };
	struct json_place at[PLACES] = { { .path = "StatusFWR/Version" }, { .path = "StatusNET/Mac" }, { .path = "WARNING" } };
	if (json_scan(bytes, size, at, PLACES) != 0)
		return -1;
	identity->locked = at[WARNING].type != JSON_IS_ABSENT;
	if (at[VERSION].type != JSON_IS_ABSENT)
		json_text(&at[VERSION], identity->firmware, sizeof identity->firmware);
	if (at[MAC].type != JSON_IS_ABSENT)
		json_text(&at[MAC], identity->serial, sizeof identity->serial);
	return 0;
}
