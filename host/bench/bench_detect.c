/* The bench that a machine has by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instruments.h"
#include "log.h"
#include "surroundings.h"

#define RAPL_ROOT "/sys/class/powercap"

static int too_many(struct error *error)
{
	return error_set(error, ERROR_CONFIG, NULL, "write a bench file with 'joulerig detect --bench > bench.yaml', and say in it what each measures",
			 "several instruments are connected, and which of them measures the wall is not to be guessed");
}

/* Nothing can be measured: the reason is an instrument that is there and did not answer, or that there is none. */
static int nothing(const struct instrument *list, size_t n, struct error *error)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].state == INSTRUMENT_UNREACHABLE) {
			*error = list[i].error;
			return -1;
		}
	return error_set(error, ERROR_NOT_FOUND, NULL, "name a bench file with --bench, or rehearse on a simulated one with ./scripts/demo",
			 "no device was detected that measures energy (no meter answers on USB, and " RAPL_ROOT " is absent)");
}

/* An instrument that is left out is no secret: a table without a wall would look like a choice. */
static void say_left_out(const struct instrument *list, size_t n)
{
	char line[1024];
	for (size_t i = 0; i < n; i++)
		if (list[i].state == INSTRUMENT_UNREACHABLE)
			log_say(LOG_LEVEL_WARNING, "left out: %s", error_line(&list[i].error, line, sizeof line));
		else if (list[i].state == INSTRUMENT_STRANGER)
			log_say(LOG_LEVEL_WARNING, "left out: %s: no driver knows it (\"%s\")", list[i].finding.endpoint, list[i].answer);
}

/* Asks what may be asked without being told to; the others are moved out of the list. */
static size_t ask_all(struct instrument *list, size_t n)
{
	size_t asked = 0;
	for (size_t i = 0; i < n; i++) {
		if (!instrument_may_be_asked(&list[i]))
			continue;
		list[asked] = list[i];
		instrument_ask(&list[asked++], surroundings_lab.timebase);
	}
	return asked;
}

/* Half of the energy would look like all of it. What the driver itself refuses, it refuses with its own words. */
static int check_doubts(const struct device_config *device, struct error *error)
{
	for (int i = 0; i < DOUBT_VALUES; i++)
		if (device->doubt[i][0])
			return error_set(error, ERROR_CONFIG, device->endpoint.text,
					 "write a bench file with 'joulerig detect --bench > bench.yaml', and say it there", "%s", device->doubt[i]);
	return 0;
}

/* Ranges are fixed while it measures: those that it had chosen for the load of the moment may be too small. */
static void add_instrument(struct bench_config *config, const struct instrument *instrument)
{
	const struct device_config *device = &instrument->config;
	config->devices[config->n_devices++] = *device;
	if (device->ranges_automatic)
		log_say(LOG_LEVEL_WARNING, "%s: its ranges were automatic, and stay at %g V and %g A now; a bench file says others", device->name,
			device->voltage_range, device->current_range);
}

bool bench_counters(struct device_config *device)
{
	struct error error = ERROR_INIT;
	device_config_default(device, "rapl", "perf_event");
	const struct driver *driver = driver_find(device->driver);
	void *state = driver ? driver->open(device, NULL, surroundings_lab.timebase, &error) : NULL;
	if (state)
		driver->close(state);
	else
		device_config_default(device, "rapl", "powercap");
	return state != NULL;
}

static int add_devices(struct bench_config *config, const struct instrument *list, size_t n, struct error *error)
{
	for (size_t i = 0; i < n; i++) {
		if (!instrument_has_entry(&list[i]) || instrument_is_trigger(&list[i])) /* how its lines are wired, nobody knows */
			continue;
		if (check_doubts(&list[i].config, error) != 0)
			return -1;
		add_instrument(config, &list[i]);
	}
	struct device_config counters;
	if (bench_counters(&counters) || access(RAPL_ROOT, F_OK) == 0)
		config->devices[config->n_devices++] = counters;
	if (config->n_devices == 0)
		return nothing(list, n, error);
	say_left_out(list, n);
	return 0;
}

static int detect(struct bench_config *config, struct instrument *list, struct error *error)
{
	size_t n = ask_all(list, instruments_find(list, INSTRUMENTS_MAX));
	if (instruments_assign(list, n) > 1)
		return too_many(error);
	return add_devices(config, list, n, error);
}

int bench_config_detect(struct bench_config *config, struct error *error)
{
	memset(config, 0, sizeof *config);
	snprintf(config->name, sizeof config->name, "detected");
	snprintf(config->trigger, sizeof config->trigger, "software");
	config->supply_lag = 20 * NS_PER_MS;
	struct instrument *list = calloc(INSTRUMENTS_MAX, sizeof *list);
	if (list == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	int result = detect(config, list, error);
	free(list);
	return result;
}
