#include "meters/meter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *meter_new(size_t size, const struct device_config *config, const struct link *link, const char *remedy, struct error *error)
{
	if (link == NULL) {
		error_set(error, ERROR_CONFIG, config->name, remedy, "no way to reach it is given");
		return NULL;
	}
	void *meter = calloc(1, size);
	if (meter == NULL)
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
	return meter;
}

int meter_wrong(const struct device_config *config, const char *what, struct error *error, const char *format, ...)
{
	struct error full = ERROR_INIT; /* as large as what it is copied to: nothing else is cut */
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(full.what, sizeof full.what, format, arguments);
	va_end(arguments);
	snprintf(full.remedy, sizeof full.remedy, "correct the endpoint, or %s, in the bench file", what);
	return error_set(error, ERROR_WRONG_DEVICE, config->endpoint.text, full.remedy, "%s", full.what);
}

int meter_check(const struct device_config *config, const struct idn *idn, bool known, const char *family, struct error *error)
{
	if (!known)
		return meter_wrong(config, "the driver", error, "not a %s: %s %s answered", family, idn->maker, idn->model);
	if (config->serial[0] && strcmp(config->serial, idn->serial) != 0)
		return meter_wrong(config, "the serial", error, "%s has the serial number %s, not %s", idn->model, idn->serial, config->serial);
	return 0;
}
