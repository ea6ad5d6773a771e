#include "readiness.h"

#include <stdio.h>
#include <string.h>

#include "certified.h"

/* ---- certificates ---- */

static int powers_of(const struct bench *bench, const char *device)
{
	int n = 0;
	for (int i = 0; i < bench_channels(bench); i++) {
		const struct channel *c = bench_channel(bench, i);
		n += c->kind == CHANNEL_MEAN && c->unit == UNIT_WATT && c->role != ROLE_NONE && strcmp(bench_channel_device(bench, i), device) == 0;
	}
	return n;
}

static int check_certificate(const struct certificate *c, const char *device, const char *serial, int64_t realtime, struct error *error)
{
	enum certificate_standing standing = certificate_standing(c, realtime);
	if (c->serial[0] && strcmp(c->serial, serial) != 0)
		return error_set(error, ERROR_CONFIG, device, "name this meter's own certificate in the bench file",
				 "certificate %s is of no. %s, and the meter is no. %s", c->number, c->serial, serial);
	if (standing == CERTIFICATE_EARLY)
		return error_set(error, ERROR_CONFIG, device, "correct the date in the bench file, or this machine's clock",
				 "certificate %s was issued on %s, which is yet to come", c->number, c->issued);
	if (standing == CERTIFICATE_EXPIRED)
		return error_set(error, ERROR_CONFIG, device,
				 "have it calibrated; or state in the bench file how far it may move: certificate: { drift_per_year: 0.1 % }; or, if "
				 "its accuracy rests on something else, leave the certificate out",
				 "certificate %s expired on %s: no accuracy holds, and no energy could be given", c->number, c->expires);
	return 0;
}

int readiness_check(const struct bench_config *config, const struct bench *bench, int64_t realtime, struct error *error)
{
	for (int i = 0; i < bench_devices(bench); i++) {
		const struct identity *identity;
		const char *device = bench_device(bench, i, NULL, &identity)->name;
		const struct certificate *c = config->certificates[i];
		if (c == NULL)
			continue;
		if (check_certificate(c, device, identity->serial, realtime, error) != 0)
			return -1;
		if (c->n > 0 && powers_of(bench, device) != 1)
			return error_set(error, ERROR_CONFIG, device, "leave the certificate's file out, or measure one power with it",
					 "its certificate's points are of one power, and it gives %d", powers_of(bench, device));
	}
	return 0;
}

/* ---- warm-up ---- */

const char *readiness_remark(const struct run *run, int64_t start, char text[160])
{
	size_t i, length = 0;
	const json_t *device, *devices = json_object_get(json_object_get(run->header, "bench"), "devices");
	text[0] = '\0';
	json_array_foreach(devices, i, device) {
		const json_t *warm_up = json_object_get(device, "warm_up");
		const char *name = json_string_value(json_object_get(device, "name"));
		double needed = json_number_value(json_object_get(warm_up, "needed_s"));
		double seen = (double)(start - json_integer_value(json_object_get(warm_up, "seen_since_monotonic_ns"))) / NS_PER_S;
		if (warm_up == NULL || seen >= needed || json_is_true(json_object_get(warm_up, "said_to_be_over")) || length >= 159)
			continue;
		length += (size_t)snprintf(text + length, 160 - length, "%s%s: seen on for %.3g min, it needs %.3g min to warm up",
					   length ? "; " : "", name ? name : "", seen / 60, needed / 60);
	}
	return text;
}
