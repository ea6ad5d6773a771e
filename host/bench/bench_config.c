#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "certificate_file.h"
#include "schemas.h"

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

void device_config_default(struct device_config *device, const char *name, const char *driver)
{
	memset(device, 0, sizeof *device);
	copy(device->name, sizeof device->name, name);
	copy(device->driver, sizeof device->driver, driver);
	device->endpoint.port = -1;
	device->latency = NAN;
	device->u_latency = NAN;
	device->line_frequency = 50;
	device->measures = ROLE_NONE;
}

static const struct option_spec *find_option(const struct option_spec *specs, const char *name)
{
	for (; specs && specs->name; specs++)
		if (strcmp(specs->name, name) == 0)
			return specs;
	return NULL;
}

static int parse_boolean(const char *text, double *value)
{
	static const char *const words[2][3] = { { "false", "off", "no" }, { "true", "on", "yes" } };
	for (int truth = 0; truth < 2; truth++)
		for (int i = 0; i < 3; i++)
			if (strcmp(text, words[truth][i]) == 0) {
				*value = truth;
				return 0;
			}
	return -1;
}

/* Its own, and those of the driver that it stands in front of, if any. */
static const struct option_spec *find_option_of(const struct driver *driver, const struct driver *behind, const char *name)
{
	const struct option_spec *spec = find_option(driver->options, name);
	return spec ? spec : find_option(behind->options, name);
}

/* The value of an option as its driver wants it; on a mistake returns what was expected, else NULL. */
static const char *parse_option(const struct option_spec *spec, struct option_value *value)
{
	long long integer;
	switch (spec->type) {
	case OPTION_QUANTITY:
		return quantity_parse(value->text, spec->dimension, &value->number) == 0 ? NULL : dimension_expected(spec->dimension);
	case OPTION_INTEGER:
		if (integer_parse(value->text, &integer) != 0)
			return "an integer";
		value->number = (double)integer;
		return NULL;
	case OPTION_BOOLEAN:
		return parse_boolean(value->text, &value->number) == 0 ? NULL : "true or false";
	case OPTION_PATH:
		return value->text[0] ? NULL : "a path";
	default:
		return NULL;
	}
}

static void load_options(const struct document *document, const struct node *map, const struct driver *driver, const struct driver *behind,
			 struct device_config *device, struct problems *problems)
{
	for (size_t i = 0; i < node_count(document, map); i++) {
		const struct node *key, *node = node_pair(document, map, i, &key);
		const char *name = node_text(key, "");
		const struct option_spec *spec = find_option_of(driver, behind, name);
		if (spec == NULL) {
			problems_add(problems, document, key, "driver %s has no option \"%s\"", behind->name, name);
			continue;
		}
		if (device->n_options == DEVICE_OPTIONS_MAX)
			return;
		struct option_value *value = &device->options[device->n_options++];
		copy(value->name, sizeof value->name, name);
		copy(value->text, sizeof value->text, node_text(node, ""));
		const char *expected = parse_option(spec, value);
		if (expected)
			problems_add(problems, document, node, "option %s: \"%s\" is not %s", name, value->text, expected);
	}
}

/* An option without a fallback must be given. `map` may be absent. */
static void check_missing(const struct document *document, const struct node *device, const struct node *map,
			  const struct driver *driver, struct problems *problems)
{
	for (const struct option_spec *spec = driver->options; spec && spec->name; spec++)
		if (spec->fallback == NULL && node_get(document, map, spec->name) == NULL)
			problems_add(problems, document, map ? map : device, "driver %s needs option %s: %s", driver->name, spec->name,
				     spec->summary);
}

static bool takes_scheme(const struct driver *driver, const char *scheme)
{
	for (const char *const *s = driver->schemes; s && *s; s++)
		if (strcmp(*s, scheme) == 0)
			return true;
	return false;
}

static bool needs_link(const struct driver *driver)
{
	return driver->schemes && driver->schemes[0] && !takes_scheme(driver, "file");
}

static void load_endpoint(const struct document *document, const struct node *map, const struct driver *driver,
			  struct device_config *device, struct problems *problems)
{
	const struct node *node = node_get(document, map, "endpoint");
	if (node == NULL) {
		if (needs_link(driver))
			problems_add(problems, document, map, "driver %s needs an endpoint, such as %s://…", driver->name,
				     driver->schemes[0]);
		return;
	}
	struct error error = ERROR_INIT;
	if (endpoint_parse(node_text(node, ""), &device->endpoint, &error) != 0)
		problems_add(problems, document, node, "endpoint: %s", error.what);
	else if (!takes_scheme(driver, device->endpoint.scheme))
		problems_add(problems, document, node, "driver %s does not work over %s://", driver->name, device->endpoint.scheme);
}

static void load_accuracy(const struct document *document, const struct node *map, struct device_config *device)
{
	device->accuracy_given = map != NULL;
	struct accuracy *a = &device->accuracy;
	a->reading = node_quantity(node_get(document, map, "reading"), DIMENSION_RATIO, 0);
	a->range = node_quantity(node_get(document, map, "range"), DIMENSION_RATIO, 0);
	a->power_factor = node_quantity(node_get(document, map, "power_factor"), DIMENSION_RATIO, 0);
	a->timebase = node_quantity(node_get(document, map, "timebase"), DIMENSION_RATIO, 0);
	a->coverage = node_number(node_get(document, map, "coverage"), 0);
}

static void load_ranges(const struct document *document, const struct node *node, const struct driver *driver,
			struct device_config *device, struct problems *problems)
{
	const char *word = node_text(node, "");
	device->voltage_range = node_quantity(node_get(document, node, "voltage"), DIMENSION_VOLTAGE, 0);
	device->current_range = node_quantity(node_get(document, node, "current"), DIMENSION_CURRENT, 0);
	if (node == NULL || node_is_map(node))
		return;
	device->ranges_from = strcmp(word, "pass") == 0 ? RANGES_FROM_PASS : RANGES_FROM_HISTORY;
	if (driver->ranges == NULL)
		problems_add(problems, document, node, "driver %s does not say what ranges there are: nothing can be chosen among them", driver->name);
}

/* The folder of the bench file, and what is named from there. */
static void path_beside(const char *bench, const char *name, char *path, size_t size)
{
	const char *slash = name[0] == '/' ? NULL : strrchr(bench, '/');
	snprintf(path, size, "%.*s%s", slash ? (int)(slash - bench) + 1 : 0, bench, name);
}

/* Mistakes in the file are told where it is named: a list of mistakes is of one file. */
static void load_certificate_file(const char *bench, const struct document *document, const struct node *node, struct certificate *into,
				  struct problems *problems)
{
	char path[512], line[400];
	struct problems inner = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	path_beside(bench, node_text(node, ""), path, sizeof path);
	if (certificate_load(path, into, &inner, &error) != 0 && inner.n == 0)
		problems_add(problems, document, node, "%s", error_line(&error, line, sizeof line));
	for (size_t i = 0; i < inner.n; i++)
		problems_add(problems, document, node, "%s", problem_line(&inner, i, line, sizeof line));
	problems_free(&inner);
}

static void check_day(const struct document *document, const struct node *node, struct problems *problems)
{
	if (node && certificate_day(node_text(node, "")) == INT64_MIN)
		problems_add(problems, document, node, "the calendar has no %s", node_text(node, ""));
}

static int load_certificate(const char *bench, const struct document *document, const struct node *map, struct device_config *device,
			    struct certificate **made, struct problems *problems)
{
	const struct node *number = node_get(document, map, "number"), *file = node_get(document, map, "file");
	if (map == NULL)
		return 0;
	struct certificate *c = *made = calloc(1, sizeof *c);
	if (c == NULL)
		return -1;
	if (file)
		load_certificate_file(bench, document, file, c, problems);
	if (c->number[0] && strcmp(c->number, node_text(number, "")) != 0)
		problems_add(problems, document, number, "the file is of certificate %s", c->number);
	check_day(document, node_get(document, map, "issued"), problems);
	check_day(document, node_get(document, map, "expires"), problems);
	copy(device->certificate.number, sizeof device->certificate.number, node_text(number, ""));
	copy(device->certificate.issued, sizeof device->certificate.issued, node_text(node_get(document, map, "issued"), ""));
	copy(device->certificate.expires, sizeof device->certificate.expires, node_text(node_get(document, map, "expires"), ""));
	copy(device->certificate.file, sizeof device->certificate.file, node_text(file, ""));
	device->certificate.drift = node_quantity(node_get(document, map, "drift_per_year"), DIMENSION_RATIO, 0);
	return 0;
}

/* What the bench file says of it, beside what its own file says. */
static void complete_certificate(const struct device_config *device, struct certificate *c)
{
	copy(c->number, sizeof c->number, device->certificate.number);
	copy(c->issued, sizeof c->issued, device->certificate.issued);
	copy(c->expires, sizeof c->expires, device->certificate.expires);
	c->drift = device->certificate.drift;
}

/* Whose options, endpoint and lines they are: the driver's own, or those of the one that it stands in front of. */
static const struct driver *find_behind(const struct document *document, const struct node *device, const struct node *options,
					const struct driver *driver, struct problems *problems)
{
	const struct node *node = driver->wraps ? node_get(document, options, driver->wraps) : NULL;
	const struct driver *behind = driver_behind(driver, node_text(node, NULL));
	if (behind == NULL)
		problems_add(problems, document, node ? node : options ? options : device,
			     "driver %s needs option %s: the name of another driver, such as yokogawa_wt", driver->name, driver->wraps);
	return behind;
}

static void load_device(const struct document *document, const struct node *key, const struct node *map,
			const struct node *dut, struct device_config *device, struct problems *problems)
{
	const struct node *driver_node = node_get(document, map, "driver");
	device_config_default(device, node_text(key, ""), node_text(driver_node, ""));
	const struct driver *driver = driver_find(device->driver);
	if (driver == NULL) {
		problems_add(problems, document, driver_node, "there is no driver \"%s\"", device->driver);
		return;
	}
	const struct node *options = node_get(document, map, "options");
	const struct driver *behind = find_behind(document, map, options, driver, problems);
	if (behind == NULL)
		return;
	load_endpoint(document, map, behind, device, problems);
	load_options(document, options, driver, behind, device, problems);
	check_missing(document, map, options, driver, problems);
	if (behind != driver)
		check_missing(document, map, options, behind, problems);
	load_accuracy(document, node_get(document, map, "accuracy"), device);

	const struct node *measures = node_get(document, map, "measures");
	if (measures == NULL && needs_link(behind) && behind->trigger == NULL)
		problems_add(problems, document, map, "say what %s measures, such as measures: wall (or none)", device->name);
	int role = channel_role_parse(node_text(measures, "none"));
	device->measures = role < 0 ? ROLE_NONE : (enum channel_role)role;
	copy(device->serial, sizeof device->serial, node_text(node_get(document, map, "serial"), ""));
	load_ranges(document, node_get(document, map, "ranges"), driver, device, problems);
	device->warm_up = node_quantity(node_get(document, map, "warm_up"), DIMENSION_TIME, 0);
	device->update = node_quantity(node_get(document, map, "update"), DIMENSION_TIME, 0);
	device->latency = node_quantity(node_get(document, map, "latency"), DIMENSION_TIME, NAN);
	device->u_latency = node_quantity(node_get(document, map, "latency_uncertainty"), DIMENSION_TIME, NAN);
	device->power_max = node_quantity(node_get(document, map, "power_max"), DIMENSION_POWER, 0);
	device->line_frequency = node_quantity(node_get(document, dut, "line_frequency"), DIMENSION_FREQUENCY, 50);
}

static int load_devices(const char *path, const struct document *document, struct bench_config *config, struct problems *problems)
{
	const struct node *root = document_root(document), *map = node_get(document, root, "devices");
	const struct node *dut = node_get(document, root, "dut");
	if (node_count(document, map) > BENCH_DEVICES_MAX)
		problems_add(problems, document, map, "a bench has at most %d devices", BENCH_DEVICES_MAX);
	for (size_t i = 0; i < node_count(document, map) && i < BENCH_DEVICES_MAX; i++) {
		const struct node *key, *node = node_pair(document, map, i, &key);
		struct device_config *device = &config->devices[config->n_devices];
		struct certificate **certificate = &config->certificates[config->n_devices++];
		load_device(document, key, node, dut, device, problems);
		if (load_certificate(path, document, node_get(document, node, "certificate"), device, certificate, problems) != 0)
			return -1;
		if (*certificate)
			complete_certificate(device, *certificate);
	}
	return 0;
}

static bool has_lines(const struct bench_config *config, const char *device)
{
	for (int i = 0; i < config->n_devices; i++) {
		const struct driver *driver = driver_find(config->devices[i].driver);
		if (driver && driver->wraps)
			driver = driver_behind(driver, device_option(&config->devices[i], driver->options, driver->wraps, NULL));
		if (strcmp(config->devices[i].name, device) == 0 && driver && driver->trigger)
			return true;
	}
	return false;
}

static void load_trigger_device(const struct document *document, const struct node *node, const struct bench_config *config,
				const char *others, char name[32], struct problems *problems)
{
	copy(name, 32, node_text(node, "software"));
	if (strcmp(name, "software") != 0 || others[0] == '\0')
		if (!has_lines(config, name))
			problems_add(problems, document, node, "there is no trigger \"%s\": name a device that has trigger lines%s", name, others);
}

/* One device for both lines, or one for each. */
static void load_trigger(const struct document *document, struct bench_config *config, struct problems *problems)
{
	const struct node *node = node_get(document, document_root(document), "trigger");
	const struct node *output = node_get(document, node, "output"), *input = node_get(document, node, "input");
	if (output || input) {
		load_trigger_device(document, output, config, "", config->trigger, problems);
		load_trigger_device(document, input, config, "", config->trigger_input, problems);
		return;
	}
	load_trigger_device(document, node, config, ", or software", config->trigger, problems);
	copy(config->trigger_input, sizeof config->trigger_input, config->trigger);
}

static void free_certificates(struct bench_config *config)
{
	for (int i = 0; i < BENCH_DEVICES_MAX; i++) {
		free(config->certificates[i]);
		config->certificates[i] = NULL;
	}
}

int bench_config_load(const char *path, struct bench_config *config, struct problems *problems, struct error *error)
{
	memset(config, 0, sizeof *config);
	struct document *document = document_load(path, schema_bench, problems, error);
	if (document == NULL)
		return -1;
	const struct node *root = document_root(document);
	copy(config->name, sizeof config->name, node_text(node_get(document, root, "name"), "bench"));
	double lag = node_quantity(node_get(document, node_get(document, root, "dut"), "supply_lag"), DIMENSION_TIME, 0.02);
	config->supply_lag = (int64_t)llround(lag * NS_PER_S);
	int result = load_devices(path, document, config, problems);
	if (result == 0) {
		load_trigger(document, config, problems);
		result = problems_check(problems, error);
	} else {
		error_set(error, ERROR_INTERNAL, path, NULL, "out of memory");
	}
	if (result == 0) {
		config->text = strdup(document_text(document));
		if (config->text == NULL)
			result = error_set(error, ERROR_INTERNAL, path, NULL, "out of memory");
	}
	document_free(document);
	if (result != 0)
		free_certificates(config);
	return result;
}

void bench_config_free(struct bench_config *config)
{
	free_certificates(config);
	free(config->text);
	memset(config, 0, sizeof *config);
}
