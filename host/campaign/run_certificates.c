#include "run_certificates.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "padded.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* ---- from the header ---- */

/* Points out of order, or of nothing, are no points. */
static bool read_points(const json_t *list, struct certificate *certificate)
{
	size_t i;
	const json_t *item;
	json_array_foreach(list, i, item) {
		struct certificate_point point = { number_of(item, "power_W"), number_of(item, "error_W"), number_of(item, "U_W") };
		const struct certificate_point *before = i ? &certificate->points[i - 1] : NULL;
		bool rises = before == NULL || (point.power > before->power && point.power + point.error > before->power + before->error);
		if (i == CERTIFICATE_POINTS_MAX || !isfinite(point.power) || !isfinite(point.error) || !(point.U >= 0) || !rises)
			return false;
		certificate->points[certificate->n++] = point;
	}
	return true;
}

static void read_certificate(const json_t *facts, struct certificate *certificate)
{
	snprintf(certificate->number, sizeof certificate->number, "%s", text_of(facts, "number"));
	snprintf(certificate->serial, sizeof certificate->serial, "%s", text_of(facts, "serial"));
	snprintf(certificate->issued, sizeof certificate->issued, "%s", text_of(facts, "issued"));
	snprintf(certificate->expires, sizeof certificate->expires, "%s", text_of(facts, "expires"));
	const json_t *range = json_object_get(facts, "range");
	certificate->voltage = range ? number_of(range, "voltage_V") : 0;
	certificate->current = range ? number_of(range, "current_A") : 0;
	double drift = number_of(facts, "drift_per_year"), coverage = number_of(facts, "k");
	certificate->drift = drift > 0 ? drift : 0;
	certificate->coverage = coverage >= 1 ? coverage : 2;
	if (!read_points(json_object_get(facts, "points"), certificate))
		certificate->n = 0;
}

/* ---- the loads ---- */

static bool is_power_of(const struct run_channel *channel, const char *device)
{
	return channel->channel.kind == CHANNEL_MEAN && channel->channel.unit == UNIT_WATT && channel->channel.role != ROLE_NONE &&
	       channel->channel.number == NUMBER_F64 && strcmp(channel->device, device) == 0;
}

/* NULL: none, or several. */
static const struct run_channel *power_of(const struct run *run, const char *device)
{
	const struct run_channel *found = NULL;
	for (size_t i = 0; i < run->n_channels; i++) {
		if (!is_power_of(&run->channels[i], device))
			continue;
		if (found)
			return NULL;
		found = &run->channels[i];
	}
	return found;
}

/* ---- the range ---- */

static bool same_range(double a, double b)
{
	return fabs(a - b) <= 1e-4 * fabs(a); /* false for NAN */
}

#define RANGE_SIZE 32

static void add_range(char text[RANGE_SIZE], double voltage, double current)
{
	if (voltage > 0 && current > 0)
		snprintf(text, RANGE_SIZE, "%.4g V / %.4g A", voltage, current);
	else if (voltage > 0 || current > 0)
		snprintf(text, RANGE_SIZE, "%.4g %s", voltage > 0 ? voltage : current, voltage > 0 ? "V" : "A");
	else
		snprintf(text, RANGE_SIZE, "a range that is not told");
}

/* Errors differ from range to range. Whoever tells of its ranges has several: points that do not say theirs are then of none. A change
 * by itself is no matter here: the energy is refused for it. */
static bool is_in_range(const struct run *run, struct run_certificate *made)
{
	const struct certificate *c = &made->certificate;
	const struct run_range *other = NULL;
	bool said = c->voltage != 0 || c->current != 0, told = false;
	char here[RANGE_SIZE], there[RANGE_SIZE];
	for (size_t i = 0; i < run->n_ranges; i++) {
		const struct run_range *range = &run->ranges[i];
		if (strcmp(run->channels[range->channel].device, made->device) != 0 || range->range.changed)
			continue;
		told = true;
		if (!said || range->range.automatic || !same_range(c->voltage, range->range.voltage) ||
		    !same_range(c->current, range->range.current))
			other = range;
	}
	if (other == NULL && said == told)
		return true;
	add_range(here, other ? other->range.voltage : 0, other ? other->range.current : 0);
	add_range(there, c->voltage, c->current);
	snprintf(made->remark, sizeof made->remark, "%s: certificate not applied: its points are of %s, the meter was in %s%s", made->device, there,
		 here, other && other->range.automatic ? ", automatic" : "");
	return false;
}

/* ---- the loads' powers ---- */

static bool covers(const struct run *run, const struct run_channel *power, struct run_certificate *made)
{
	const struct certificate *c = &made->certificate;
	const struct run_edge *from = run_edge(run, EDGE_MARK, "idle-begin"), *to = run_edge(run, EDGE_MARK, "tail-end");
	double low = INFINITY, high = -INFINITY;
	bool all = true;
	for (size_t i = 0; i < power->n; i++) {
		if (power->flags[i] & FLAG_INVALID || (from && power->t[i] < from->t) || (to && power->t[i] > to->t))
			continue;
		double value = power->values.f64[i] * power->channel.scale + power->channel.offset;
		low = fmin(low, value);
		high = fmax(high, value);
		all = all && !isnan(certificate_correct(c, value));
	}
	if (!all)
		snprintf(made->remark, sizeof made->remark, "%s: certificate not applied: power from %.4g W to %.4g W, its points from %.4g W to %.4g W",
			 made->device, low, high, c->points[0].power, c->points[c->n - 1].power);
	return all;
}

/* ---- what holds for the run ---- */

static bool is_of_device(const json_t *device, struct run_certificate *made)
{
	const char *serial = text_of(device, "serial");
	if (made->certificate.serial[0] == '\0' || strcmp(made->certificate.serial, serial) == 0)
		return true;
	snprintf(made->remark, sizeof made->remark, "%s: certificate not applied: it is of no. %s, the meter is no. %s", made->device,
		 made->certificate.serial, serial);
	return false;
}

static void find_standing(const struct run *run, struct run_certificate *made)
{
	const struct certificate *c = &made->certificate;
	int64_t day = run->n_anchors ? run->anchors[0].realtime : 0;
	double age = certificate_age(c, day);
	made->standing = certificate_standing(c, day);
	if (c->drift > 0 && age > 0)
		made->certified.drift = c->drift * age;
	if (made->standing == CERTIFICATE_DRIFTED)
		snprintf(made->remark, sizeof made->remark, "%s: certificate %s expired on %s: U has the stated drift of %.3g %% a year", made->device,
			 c->number, c->expires, 100 * c->drift);
	else if (made->standing == CERTIFICATE_EARLY)
		snprintf(made->remark, sizeof made->remark, "%s: certificate not applied: it was issued on %s, after the run", made->device, c->issued);
}

static uint32_t refused_in(const struct certificate_refusals *refusals, const char *device)
{
	for (size_t i = 0; i < refusals->n; i++)
		if (strcmp(refusals->list[i].device, device) == 0)
			return refusals->list[i].run;
	return 0;
}

/* An energy that is refused for its certificate's expiry is in no mean. */
static void refuse_or_follow(uint32_t run, struct certificate_refusals *refusals, struct run_certificate *made)
{
	uint32_t first = refused_in(refusals, made->device);
	if (made->certified.replaces && first != 0) {
		made->certified.replaces = false;
		snprintf(made->remark, sizeof made->remark, "%s: certificate not applied, since it is not to run %" PRIu32, made->device, first);
	} else if (!made->certified.replaces && first == 0 && made->standing != CERTIFICATE_EXPIRED && refusals->n < CERTIFICATE_REFUSALS_MAX) {
		snprintf(refusals->list[refusals->n].device, sizeof refusals->list[0].device, "%s", made->device);
		refusals->list[refusals->n++].run = run;
	}
}

static void make_one(const struct run *run, const json_t *device, struct certificate_refusals *refusals, struct run_certificate *made)
{
	snprintf(made->device, sizeof made->device, "%s", text_of(device, "name"));
	read_certificate(json_object_get(device, "certificate"), &made->certificate);
	made->certified.certificate = &made->certificate;
	find_standing(run, made);
	bool stands = made->standing == CERTIFICATE_HOLDS || made->standing == CERTIFICATE_DRIFTED;
	const struct run_channel *power = power_of(run, made->device);
	if (stands && made->certificate.n > 0 && power && is_of_device(device, made) && is_in_range(run, made))
		made->certified.replaces = covers(run, power, made);
	if (made->certificate.n > 0 && power)
		refuse_or_follow((uint32_t)json_integer_value(json_object_get(run->header, "run")), refusals, made);
}

int run_certificates_make(const struct run *run, struct certificate_refusals *refusals, struct run_certificates *made, struct error *error)
{
	size_t i;
	const json_t *device, *devices = json_object_get(json_object_get(run->header, "bench"), "devices");
	*made = (struct run_certificates){ .n = 0 };
	if (json_array_size(devices) == 0)
		return 0;
	made->list = calloc(json_array_size(devices), sizeof *made->list);
	if (made->list == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	json_array_foreach(devices, i, device)
		if (json_is_object(json_object_get(device, "certificate")))
			make_one(run, device, refusals, &made->list[made->n++]);
	return 0;
}

void run_certificates_free(struct run_certificates *made)
{
	free(made->list);
	*made = (struct run_certificates){ .n = 0 };
}

const struct run_certificate *run_certificate_of(const struct run_certificates *all, const struct run_channel *channel)
{
	if (channel->channel.kind == CHANNEL_OBSERVE || channel->channel.role == ROLE_NONE)
		return NULL;
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(channel->device, all->list[i].device) == 0)
			return &all->list[i];
	return NULL;
}

struct certified run_certificate_for(const struct run_certificate *certificate, const struct run_channel *channel)
{
	struct certified certified = certificate->certified;
	certified.replaces = certified.replaces && (is_power_of(channel, certificate->device) || channel->channel.role == ROLE_INTEGRAL);
	return certified;
}

/* ---- what it does ---- */

void run_certificate_correct(const struct certified *certified, struct run_series *series)
{
	if (!certified->replaces || series->series.channel->kind != CHANNEL_MEAN)
		return;
	for (size_t i = 0; i < series->series.n; i++) {
		double corrected = certificate_correct(certified->certificate, series->values[i]);
		if (!isnan(corrected)) /* else it is no valid value, or one that does not count */
			series->values[i] = corrected;
	}
}

void run_certificate_conclude(const struct run_certificate *certificate, const struct run_channel *channel, struct energy *energy)
{
	if (certificate == NULL)
		return;
	struct certified certified = run_certificate_for(certificate, channel);
	if (channel->channel.kind == CHANNEL_COUNTER)
		certified_energy(&certified, channel->channel.gated, energy);
	if (certificate->standing == CERTIFICATE_EXPIRED && energy->status != ENERGY_REFUSED)
		energy_refuse(energy, "no valid accuracy: certificate %.48s expired on %.16s, and no drift_per_year is stated",
			      certificate->certificate.number, certificate->certificate.expires);
}
