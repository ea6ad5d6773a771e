#include "numeric_changes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "meters/numeric_parts.h"

#define SETUP_PATIENCE (8 * NS_PER_S) /* all settings: 9600 baud takes 2 s */
#define AGAIN_PATIENCE (3500 * NS_PER_MS) /* the same within a step, where little has to be set again */

/* The bits of ":INP:CRAN?" that say that something was too large; the others tell which range would fit better. */
enum { OVER_VOLTAGE = 1 << 2, PEAK_VOLTAGE = 1 << 3, OVER_CURRENT = 1 << 6, PEAK_CURRENT = 1 << 7 };

/* ---- what polled.h asks for ---- */

static enum io changes_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	struct numeric_changes *changes = device;
	const struct numeric_meter *meter = &changes->driver.meter;
	struct numeric_reading items = { .condition = 0 };
	char reply[NUMERIC_REPLY_SIZE];
	enum io io = link_query(meter->link, changes->question, reply, sizeof reply, deadline);
	if (io == IO_OK && numeric_values_decode(reply, meter->n_items, items.item) < 0)
		io = IO_GARBLED;
	if (io != IO_OK)
		return io;
	for (int i = 0; i < meter->n_channels; i++) {
		struct numeric_value value = numeric_value_of(&meter->sources[i], &items);
		reading->of[i] = (struct polled_value){ .value = value.value, .flags = value.flags };
	}
	reading->mark = polled_mark(reply, strlen(reply));
	return IO_OK;
}

static enum io changes_meet(void *device, bool *same, int64_t deadline)
{
	struct numeric_changes *changes = device;
	return numeric_meet_again(&changes->driver.meter, same, deadline);
}

static enum io apply(struct numeric_changes *changes, int from, int to, int64_t deadline)
{
	struct numeric_meter *meter = &changes->driver.meter;
	enum io io = IO_OK;
	if (settings_apply(meter->settings + from, to - from, false, meter->link, deadline, "", &io, NULL) < 0)
		return io == IO_OK ? IO_GARBLED : io;
	return IO_OK;
}

/* What was set is set again, but for the ranges. */
static enum io changes_set_up(void *device, int64_t deadline)
{
	struct numeric_changes *changes = device;
	int ranges = changes->driver.ranges_at;
	enum io io = numeric_take_control(&changes->driver.meter, deadline);
	if (io == IO_OK)
		io = apply(changes, 0, ranges, deadline);
	return io == IO_OK ? apply(changes, ranges + NUMERIC_RANGE_SETTINGS, changes->driver.meter.n_settings, deadline) : io;
}

static enum io changes_status(void *device, uint32_t *flags, int64_t deadline)
{
	struct numeric_changes *changes = device;
	char reply[32];
	unsigned ranges = 0;
	if (!changes->asks_status)
		return IO_OK;
	enum io io = link_query(changes->driver.meter.link, ":INP:CRAN?", reply, sizeof reply, deadline);
	if (io == IO_OK && numeric_register_decode(reply, &ranges) < 0)
		io = IO_GARBLED;
	*flags |= ranges & (OVER_VOLTAGE | OVER_CURRENT) ? FLAG_OVER_RANGE : 0;
	*flags |= ranges & (PEAK_VOLTAGE | PEAK_CURRENT) ? FLAG_PEAK_OVER : 0;
	return io;
}

static enum io changes_ranges_hold(void *device, bool *hold, int64_t deadline)
{
	struct numeric_changes *changes = device;
	struct numeric_meter *meter = &changes->driver.meter;
	struct numeric_ranges found;
	(void)deadline; /* it has one of its own */
	enum io io = numeric_ask_ranges(meter, &found);
	*hold = io == IO_OK && numeric_same_ranges(&found, &meter->ranges_set);
	return io;
}

static const struct polled_ops ops = {
	.read = changes_read,
	.meet = changes_meet,
	.set_up = changes_set_up,
	.status = changes_status,
	.ranges_hold = changes_ranges_hold,
};

/* ---- start ---- */

/* Once all has been set, one question proves which value stands where: by the names that the display has for them. */
static int check_names(const struct numeric_changes *changes, int64_t deadline, struct error *error)
{
	const struct numeric_meter *meter = &changes->driver.meter;
	const char *on = meter->config->endpoint.text;
	char reply[NUMERIC_REPLY_SIZE], names[NUMERIC_ITEMS_MAX][NUMERIC_NAME_SIZE];
	if (!changes->named)
		return 0;
	enum io io = link_query(meter->link, ":NUM:NORM:HEADER?", reply, sizeof reply, deadline);
	if (io == IO_OK && numeric_names_decode(reply, meter->n_items, names) < 0)
		io = IO_GARBLED;
	if (io != IO_OK)
		return settings_link_error(io, on, "asking for the names of its items", error);
	for (int i = 0; i < meter->n_items; i++)
		if (strcasecmp(numeric_item_name(names[i]), numeric_quantities[i].item) != 0)
			return error_set(error, ERROR_PROTOCOL, on, NULL, "its item %d is %s, where %s was set", i + 1, names[i],
					 numeric_quantities[i].item);
	return 0;
}

static int check_status(struct numeric_changes *changes, int64_t deadline, struct error *error)
{
	uint32_t flags = 0;
	enum io io = changes_status(changes, &flags, deadline);
	if (io == IO_OK)
		return 0;
	return error_set(error, io == IO_TIMEOUT ? ERROR_TIMEOUT : ERROR_PROTOCOL, changes->driver.meter.config->endpoint.text,
			 "write 'status: false' into its options: peaks over the range then go unseen",
			 "it does not tell which ranges are exceeded (%s)", io_name(io));
}

static void begin(struct numeric_changes *changes, struct sink *sink)
{
	struct numeric_meter *meter = &changes->driver.meter;
	const struct device_config *config = meter->config;
	meter->ranges_set = (struct numeric_ranges){ .voltage = config->voltage_range, .current = config->current_range };
	changes->polled = (struct polled){
		.ops = &ops, .device = changes, .link = meter->link, .timebase = meter->timebase, .channels = meter->channels,
		.n_channels = meter->n_channels, .mode = POLLED_CHANGES, .period = meter->update,
		.set_up_patience = AGAIN_PATIENCE, .range_channel = meter->range_channel,
		.ranges = { .voltage = config->voltage_range, .current = config->current_range },
	};
	polled_start(&changes->polled, sink);
}

int numeric_changes_start(struct numeric_changes *changes, struct sink *sink, struct error *error)
{
	struct numeric_meter *meter = &changes->driver.meter;
	int64_t deadline = numeric_now(meter) + SETUP_PATIENCE;
	enum io io;
	if (numeric_set_up(meter, deadline, &io, error) == 0 && check_names(changes, deadline, error) == 0 &&
	    check_status(changes, deadline, error) == 0) {
		begin(changes, sink);
		return 0;
	}
	numeric_give_back(meter);
	return -1;
}

int64_t numeric_changes_step(struct numeric_changes *changes)
{
	return polled_step(&changes->polled);
}

int numeric_changes_stop(struct numeric_changes *changes, struct error *error)
{
	struct numeric_meter *meter = &changes->driver.meter;
	return numeric_end(meter, polled_end(&changes->polled, numeric_now(meter) + NUMERIC_PATIENCE), error);
}
