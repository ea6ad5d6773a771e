/* What a plug answers: a reading of each kind, an identity. The first byte picks kind and meter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/json_scan.h"
#include "meters/plug_reply.h"

/* What is flagged is no number, and what is not is one. */
static void expect_value(const struct plug_value *value)
{
	if (value->flags ? !isnan(value->value) : value->present && !isfinite(value->value))
		abort();
	if (!value->present && (value->flags || !isnan(value->value)))
		abort();
}

static void take_reading(enum plug_kind kind, int channel, const char *text, size_t size)
{
	struct plug_reading r;
	if (plug_reading_decode(kind, channel, text, size, &r) != 0)
		return;
	expect_value(&r.power);
	expect_value(&r.voltage);
	expect_value(&r.current);
	expect_value(&r.energy);
	if ((r.energy.flags || !r.energy.present) && r.count != 0)
		abort();
	if (r.energy.present && r.energy.flags == 0 && fabs((double)r.count * 1e-6 - r.energy.value) > 1e-6 + 1e-12 * r.energy.value)
		abort();
}

/* Whatever is found lies within the text. */
static void take_places(const char *text, size_t size)
{
	struct json_place at[] = { { .path = "a" }, { .path = "a/b" }, { .path = "0/1" }, { .path = "" } };
	struct json_decimal decimal;
	char word[8];
	if (json_scan(text, size, at, 4) != 0)
		return;
	for (int i = 0; i < 4; i++) {
		if (at[i].type != JSON_IS_ABSENT && (at[i].text < text || at[i].text + at[i].length > text + size))
			abort();
		if (json_decimal(&at[i], &decimal) == 0 && at[i].type != JSON_IS_NUMBER)
			abort();
		if (json_text(&at[i], word, sizeof word) && strlen(word) > at[i].length)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plug_identity identity = { .model = "" };
	if (size == 0)
		return 0;
	char *text = malloc(size); /* as long as it is, for a sanitizer */
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	take_reading((enum plug_kind)(data[0] % PLUG_KINDS), data[0] / PLUG_KINDS % PLUG_CHANNELS, text, size - 1);
	take_places(text, size - 1);
	if (plug_shelly_decode(text, size - 1, &identity) == 0 && (identity.generation < 1 || memchr(identity.model, '\0', sizeof identity.model) == NULL))
		abort();
	if (plug_tasmota_decode(text, size - 1, &identity) == 0 && memchr(identity.serial, '\0', sizeof identity.serial) == NULL)
		abort();
	free(text);
	return 0;
}
