/* What is said below the table of the instruments' calibration, their warm-up and their ranges. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "number.h"
#include "plain.h"
#include "table_parts.h"
#include "iso_time.h"

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static double number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void lay(struct text *out, const struct table_options *options, enum emphasis emphasis, struct text *note)
{
	if (note->length)
		layout_paragraph(out, options, emphasis, 2, text_string(note));
	out->failed |= note->failed;
	text_free(note);
}

/* ---- calibration ---- */

static void add_certificate(const json_t *certificate, struct text *note)
{
	const json_t *points = json_object_get(certificate, "points");
	size_t n = json_array_size(points);
	text_add(note, "certificate ");
	plain_add(note, member(certificate, "number"));
	if (member(certificate, "issued")[0]) {
		text_add(note, " of ");
		plain_add(note, member(certificate, "issued"));
	}
	if (member(certificate, "expires")[0]) {
		text_add(note, ", valid until ");
		plain_add(note, member(certificate, "expires"));
	}
	if (n)
		text_addf(note, ": corrects what it shows from %.4g W to %.4g W", number(json_array_get(points, 0), "power_W"),
			  number(json_array_get(points, n - 1), "power_W"));
	else
		text_add(note, ", whose points are not in the bench file: nothing is corrected");
	if (number(certificate, "drift_per_year") > 0)
		text_addf(note, "; allowed drift %.3g %% a year", 100 * number(certificate, "drift_per_year"));
	else
		text_add(note, "; nothing is charged for drift within its validity");
}

static void add_warm_up(const json_t *warm_up, struct text *note)
{
	text_add(note, "; warm-up ");
	number_time(note, number(warm_up, "needed_s"));
	text_add(note, json_is_true(json_object_get(warm_up, "said_to_be_over")) ? ", said to be over when the campaign began"
										 : ", counted from when joulerig first saw it");
}

static void add_zero(const json_t *device, struct text *note)
{
	json_int_t at = json_integer_value(json_object_get(device, "zero_calibrated_realtime_ns"));
	char text[40];
	if (at > 0)
		text_addf(note, "; zero calibrated %s", iso_time((int64_t)at, text));
}

static void say_calibration(const json_t *device, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	const json_t *certificate = json_object_get(device, "certificate"), *warm_up = json_object_get(device, "warm_up");
	if (certificate == NULL && warm_up == NULL && json_object_get(device, "zero_calibrated_realtime_ns") == NULL)
		return;
	text_add(&note, "calibration: ");
	plain_add(&note, member(device, "name"));
	text_add(&note, ": ");
	if (certificate)
		add_certificate(certificate, &note);
	else
		text_add(&note, "no certificate");
	if (warm_up)
		add_warm_up(warm_up, &note);
	add_zero(device, &note);
	lay(out, options, EMPHASIS_FAINT, &note);
}

void table_instruments(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	size_t i;
	const json_t *device;
	json_array_foreach(facts_at(file, "bench.devices"), i, device)
		say_calibration(device, options, out);
}
