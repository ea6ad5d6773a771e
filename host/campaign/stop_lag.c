#include "stop_lag.h"

#define LAGS 60

int stop_lag_figure(const char *trigger, struct launcher *launcher, struct trigger_figure *figure, struct error *error)
{
	int64_t lags[LAGS];
	const struct driver *driver = driver_find(trigger);
	if (driver == NULL || driver->trigger == NULL)
		return error_set(error, ERROR_CONFIG, trigger, NULL, "there is no such trigger");
	if (launcher_measure_lags(launcher, lags, LAGS, error) != 0)
		return -1;
	return driver->trigger->figure(lags, LAGS, figure, error);
}
