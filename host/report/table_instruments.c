/* What is said below the table of the instruments' calibration, their warm-up and their ranges. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
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
		text_addf(note, ": if it can be applied to all runs, corrects what it shows from %.4g W to %.4g W",
			  number(json_array_get(points, 0), "power_W"), number(json_array_get(points, n - 1), "power_W"));
	else
		text_add(note, ", whose points are not in the bench file: nothing is corrected");
	if (number(certificate, "drift_per_year") > 0)
		text_addf(note, "; allowed drift %.3g %% a year", 100 * number(certificate, "drift_per_year"));
	else
		text_add(note, "; nothing is charged for drift within its validity");
}

static void add_warm_up(const json_t *warm_up, struct text *note)
{
	text_addf(note, "; warm-up %.3g min", number(warm_up, "needed_s") / 60);
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

/* ---- ranges ---- */

/* What all runs together asked of one device. */
struct fill {
	double voltage, current; /* largest part of the range */
	double voltage_range, current_range;
	json_int_t at;           /* the run that filled it most */
	size_t runs, peaks_over, changed;
	bool several;            /* ranges, over the campaign */
};

static double part(const json_t *facts, const char *value, const char *range)
{
	return number(facts, range) > 0 ? number(facts, value) / number(facts, range) : NAN;
}

static double fuller(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

static bool differs(double a, double b)
{
	return a > 0 && b > 0 && fabs(a - b) > 1e-6 * a;
}

static void take(const json_t *facts, struct fill *fill)
{
	double voltage = part(facts, "voltage_V", "voltage_range_V"), current = part(facts, "current_A", "current_range_A");
	double before = fuller(fill->voltage, fill->current), here = fuller(voltage, current);
	fill->several |= differs(fill->voltage_range, number(facts, "voltage_range_V")) || differs(fill->current_range, number(facts, "current_range_A"));
	fill->voltage_range = fuller(fill->voltage_range, number(facts, "voltage_range_V"));
	fill->current_range = fuller(fill->current_range, number(facts, "current_range_A"));
	if (isnan(before) || here > before)
		fill->at = json_integer_value(json_object_get(facts, "run"));
	fill->voltage = fuller(fill->voltage, voltage);
	fill->current = fuller(fill->current, current);
	fill->peaks_over += json_integer_value(json_object_get(facts, "peaks_over")) > 0;
	fill->changed += json_is_true(json_object_get(facts, "changed"));
	fill->runs++;
}

static struct fill fill_of(const struct campaign_file *file, const char *device)
{
	struct fill fill = { .voltage = NAN, .current = NAN, .voltage_range = NAN, .current_range = NAN };
	size_t i;
	const json_t *facts;
	json_array_foreach(facts_at(file, "ranges"), i, facts)
		if (strcmp(member(facts, "device"), device) == 0)
			take(facts, &fill);
	return fill;
}

static void add_parts(double voltage, double current, struct text *note)
{
	if (!isnan(voltage))
		text_addf(note, "%.0f %% of the voltage", 100 * voltage);
	if (!isnan(current))
		text_addf(note, "%s%.0f %% of the current", isnan(voltage) ? "" : " and ", 100 * current);
}

static void add_fill(const struct fill *fill, struct text *note)
{
	text_addf(note, "%s%g V, %g A", fill->several ? "several, up to " : "", fill->voltage_range, fill->current_range);
	if (isnan(fuller(fill->voltage, fill->current))) {
		text_add(note, "; how far they were filled it does not tell");
		return;
	}
	text_add(note, ", filled to at most ");
	add_parts(fill->voltage, fill->current, note);
	text_addf(note, " (run %" JSON_INTEGER_FORMAT ")", fill->at);
}

/* Below 100 % of a range, with no peak beyond it, and left alone: what was chosen was enough. */
static bool add_verdict(const struct fill *fill, struct text *note)
{
	bool full = fill->voltage > 1 || fill->current > 1;
	if (full)
		text_add(note, "; NOT sufficient: values exceed the range");
	if (fill->peaks_over)
		text_addf(note, "; NOT sufficient: in %zu of %zu runs peaks exceeded it", fill->peaks_over, fill->runs);
	if (fill->changed)
		text_addf(note, "; in %zu of %zu runs the meter left it by itself: such spans are void", fill->changed, fill->runs);
	if (!full && !fill->peaks_over && !fill->changed)
		text_add(note, "; it told of no peak beyond them");
	return full || fill->peaks_over || fill->changed;
}

static void say_ranges(const struct campaign_file *file, const json_t *device, const struct table_options *options, struct text *out)
{
	struct fill fill = fill_of(file, member(device, "name"));
	struct text note = TEXT_INIT;
	bool bad = false;
	if (fill.runs == 0)
		return;
	text_add(&note, "ranges: ");
	plain_add(&note, member(device, "name"));
	text_add(&note, ": ");
	if (fill.voltage_range > 0 || fill.current_range > 0) {
		add_fill(&fill, &note);
		bad = add_verdict(&fill, &note);
	} else {
		text_add(&note, "it tells of none: whether they were sufficient is not known");
	}
	if (member(device, "ranges_chosen")[0]) {
		text_add(&note, "; chosen from ");
		plain_add(&note, member(device, "ranges_chosen"));
	}
	lay(out, options, bad ? EMPHASIS_CAUTION : EMPHASIS_FAINT, &note);
}

void run_ranges(const struct campaign_file *file, uint32_t run, struct text *out)
{
	size_t i, n = 0;
	const json_t *facts;
	json_array_foreach(facts_at(file, "ranges"), i, facts) {
		double voltage = part(facts, "voltage_V", "voltage_range_V"), current = part(facts, "current_A", "current_range_A");
		if (json_integer_value(json_object_get(facts, "run")) != (json_int_t)run || isnan(fuller(voltage, current)))
			continue;
		text_add(out, n++ ? "; " : "");
		plain_add(out, member(facts, "device"));
		text_addf(out, ": %g V, %g A filled to ", number(facts, "voltage_range_V"), number(facts, "current_range_A"));
		add_parts(voltage, current, out);
		if (json_integer_value(json_object_get(facts, "peaks_over")) > 0)
			text_addf(out, ", exceeded by peaks in %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " values",
				  json_integer_value(json_object_get(facts, "peaks_over")), json_integer_value(json_object_get(facts, "values")));
		if (json_is_true(json_object_get(facts, "changed")))
			text_add(out, ", left by the meter itself");
	}
}

void table_instruments(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	size_t i;
	const json_t *device;
	json_array_foreach(facts_at(file, "bench.devices"), i, device)
		say_ranges(file, device, options, out);
	json_array_foreach(facts_at(file, "bench.devices"), i, device)
		say_calibration(device, options, out);
}
