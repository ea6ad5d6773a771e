/* Helpers that every driver uses: its options, and the records it emits most. */
#include "device.h"

#include <string.h>

const char *maturity_name(enum maturity maturity)
{
	static const char *const names[] = {
		[MATURITY_PROVEN] = "proven", [MATURITY_UNTRIED] = "untried", [MATURITY_EXPERIMENTAL] = "experimental",
	};
	return names[maturity];
}

/* The fallback's number; a fallback that does not parse is a defect that the registry test finds. */
static double fallback_number(const struct option_spec *spec)
{
	double number = 0;
	long long integer = 0;
	switch (spec->type) {
	case OPTION_QUANTITY:
		quantity_parse(spec->fallback, spec->dimension, &number);
		return number;
	case OPTION_INTEGER:
		integer_parse(spec->fallback, &integer);
		return (double)integer;
	case OPTION_BOOLEAN:
		return strcmp(spec->fallback, "true") == 0;
	default:
		return 0;
	}
}

const char *device_option(const struct device_config *config, const struct option_spec *specs, const char *name, double *value)
{
	for (int i = 0; i < config->n_options; i++) {
		if (strcmp(config->options[i].name, name) != 0)
			continue;
		if (value)
			*value = config->options[i].number;
		return config->options[i].text;
	}
	for (const struct option_spec *spec = specs; spec && spec->name; spec++) {
		if (strcmp(spec->name, name) != 0 || spec->fallback == NULL)
			continue;
		if (value)
			*value = fallback_number(spec);
		return spec->fallback;
	}
	return NULL;
}

const struct driver *driver_behind(const struct driver *driver, const char *named)
{
	if (driver->wraps == NULL)
		return driver;
	const struct driver *behind = named ? driver_find(named) : NULL;
	return behind && behind->wraps == NULL ? behind : NULL;
}

static void emit_block(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, uint32_t flags, const void *value)
{
	struct record record = {
		.kind = RECORD_BLOCK, .channel = (uint16_t)channel, .flags = flags, .n = 1, .t = t, .u_t = u_t,
	};
	sink->emit(sink, &record, value, 8);
}

void sink_value(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, uint32_t flags, double value)
{
	emit_block(sink, channel, t, u_t, flags, &value);
}

void sink_count(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, uint32_t flags, uint64_t count)
{
	emit_block(sink, channel, t, u_t, flags, &count);
}

void sink_gap(struct sink *sink, unsigned channel, enum gap_reason reason, uint32_t values, int64_t from, int64_t to)
{
	struct record_gap gap = { .reason = reason, .values = values ? values : 1, .from = from, .to = to };
	struct record record = {
		.kind = RECORD_GAP, .channel = (uint16_t)channel, .n = 1, .t = from + (to - from) / 2, .u_t = (to - from) / 2,
	};
	sink->emit(sink, &record, &gap, sizeof gap);
}

void sink_edge(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, struct record_edge *edge)
{
	struct record record = { .kind = RECORD_EDGE, .channel = (uint16_t)channel, .n = 1, .t = t, .u_t = u_t };
	edge->received = sink->timebase->now(sink->timebase);
	sink->emit(sink, &record, edge, sizeof *edge);
}

void sink_range(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, const struct record_range *range)
{
	struct record record = { .kind = RECORD_RANGE, .channel = (uint16_t)channel, .n = 1, .t = t, .u_t = u_t };
	sink->emit(sink, &record, range, sizeof *range);
}

void sink_sync(struct sink *sink, unsigned channel, const struct record_sync *sync)
{
	struct record record = { .kind = RECORD_SYNC, .channel = (uint16_t)channel, .n = 1, .t = sync->received };
	sink->emit(sink, &record, sync, sizeof *sync);
}
