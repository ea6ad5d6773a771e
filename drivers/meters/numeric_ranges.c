/* The ranges: fixed, but read back, for a WT310E leaves a small range by itself when the input is excessive. */
#include <math.h>

#include "meters/numeric_parts.h"

enum io numeric_ask_ranges(struct numeric_meter *meter, struct numeric_ranges *ranges)
{
	static const char question[] = ":INP:VOLT:RANG?;:INP:VOLT:AUTO?;:INP:CURR:RANG?;:INP:CURR:AUTO?";
	char reply[96];
	enum io io = link_query(meter->link, question, reply, sizeof reply, numeric_now(meter) + NUMERIC_PATIENCE);
	return io == IO_OK && numeric_ranges_decode(reply, ranges) < 0 ? IO_GARBLED : io;
}

static bool same_range(double a, double b)
{
	return fabs(a - b) <= 1e-4 * fabs(a);
}

bool numeric_same_ranges(const struct numeric_ranges *a, const struct numeric_ranges *b)
{
	return same_range(a->voltage, b->voltage) && same_range(a->current, b->current) && a->voltage_auto == b->voltage_auto &&
	       a->current_auto == b->current_auto;
}

/* The record's t and u_t enclose the instant of the change: since the last read-back. */
void numeric_report_ranges(struct numeric_meter *meter, bool changed, int64_t from, int64_t to)
{
	struct record_range range = {
		.voltage = meter->ranges.voltage, .current = meter->ranges.current,
		.automatic = meter->ranges.voltage_auto || meter->ranges.current_auto, .changed = changed,
	};
	sink_range(meter->sink, (unsigned)meter->range_channel, from + (to - from) / 2, (to - from) / 2, &range);
}

enum io numeric_check_ranges(struct numeric_meter *meter)
{
	struct numeric_ranges found;
	int64_t asked = numeric_now(meter);
	enum io io = numeric_ask_ranges(meter, &found);
	if (io != IO_OK)
		return io;
	int64_t at = numeric_now(meter);
	meter->ranges_took = at - asked;
	if (!numeric_same_ranges(&found, &meter->ranges)) {
		meter->ranges = found;
		meter->range_changed = !numeric_same_ranges(&found, &meter->ranges_set);
		numeric_report_ranges(meter, true, meter->ranges_checked, at);
	}
	meter->ranges_checked = at;
	return IO_OK;
}
