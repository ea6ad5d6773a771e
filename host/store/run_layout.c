#include "run_model.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct field run_edge_fields[] = {
	FIELD(struct run_edge, t, "t", STORED_I64, "ns"),
	FIELD(struct run_edge, u_t, "u_t", STORED_I64, "ns"),
	FIELD(struct run_edge, edge.what, "what", STORED_U32, NULL),
	FIELD(struct run_edge, edge.source, "source", STORED_U32, NULL),
	FIELD(struct run_edge, edge.received, "received", STORED_I64, "ns"),
	FIELD(struct run_edge, edge.name, "name", STORED_TEXT, NULL),
};
const struct field run_anchor_fields[] = {
	FIELD(struct clock_anchor, monotonic, "monotonic", STORED_I64, "ns"),
	FIELD(struct clock_anchor, raw, "raw", STORED_I64, "ns"),
	FIELD(struct clock_anchor, boottime, "boottime", STORED_I64, "ns"),
	FIELD(struct clock_anchor, realtime, "realtime", STORED_I64, "ns"),
	FIELD(struct clock_anchor, tai, "tai", STORED_I64, "ns"),
	FIELD(struct clock_anchor, width, "width", STORED_I64, "ns"),
	FIELD(struct clock_anchor, maxerror_ns, "maxerror", STORED_I64, "ns"),
	FIELD(struct clock_anchor, esterror_ns, "esterror", STORED_I64, "ns"),
	FIELD(struct clock_anchor, frequency_ppb, "frequency_ppb", STORED_I64, "1e-9"),
	FIELD(struct clock_anchor, status, "status", STORED_I64, NULL),
	FIELD(struct clock_anchor, tai_offset_s, "tai_offset", STORED_I64, "s"),
};
const struct field run_range_fields[] = {
	FIELD(struct run_range, t, "t", STORED_I64, "ns"),
	FIELD(struct run_range, channel, "channel", STORED_U16, NULL),
	FIELD(struct run_range, range.voltage, "voltage", STORED_F64, "V"),
	FIELD(struct run_range, range.current, "current", STORED_F64, "A"),
	FIELD(struct run_range, range.automatic, "automatic", STORED_U32, NULL),
	FIELD(struct run_range, range.changed, "changed", STORED_U32, NULL),
};
const struct field run_sync_fields[] = {
	FIELD(struct run_sync, channel, "channel", STORED_U16, NULL),
	FIELD(struct run_sync, sync.sent, "sent", STORED_I64, "ns"),
	FIELD(struct run_sync, sync.received, "received", STORED_I64, "ns"),
	FIELD(struct run_sync, sync.arrived, "arrived", STORED_I64, "ns"),
	FIELD(struct run_sync, sync.answered, "answered", STORED_I64, "ns"),
};
const struct field run_gap_fields[] = {
	FIELD(struct record_gap, reason, "reason", STORED_U32, NULL),
	FIELD(struct record_gap, values, "values", STORED_U32, NULL),
	FIELD(struct record_gap, from, "from", STORED_I64, "ns"),
	FIELD(struct record_gap, to, "to", STORED_I64, "ns"),
};
const size_t run_edge_n_fields = COUNT(run_edge_fields), run_anchor_n_fields = COUNT(run_anchor_fields),
	     run_range_n_fields = COUNT(run_range_fields), run_gap_n_fields = COUNT(run_gap_fields),
	     run_sync_n_fields = COUNT(run_sync_fields);

const char *run_channel_group(const struct run_channel *channel, char group[RUN_GROUP_SIZE])
{
	const char *quantity = channel->channel.name;
	size_t length = strlen(channel->device);
	if (strncmp(quantity, channel->device, length) == 0 && quantity[length] == '.' && quantity[length + 1] != '\0')
		quantity += length + 1;
	snprintf(group, RUN_GROUP_SIZE, "/entry/instrument/%s/%s", channel->device, quantity);
	return group;
}

enum stored run_stored(enum number_type number)
{
	switch (number) {
	case NUMBER_U64: return STORED_U64;
	case NUMBER_I32: return STORED_I32;
	case NUMBER_I16: return STORED_I16;
	case NUMBER_F64: break;
	}
	return STORED_F64;
}

bool run_is_affine(const struct channel *channel)
{
	return channel->kind == CHANNEL_INSTANT;
}

/* Times wrap here as the journal's reader lets them: what a damaged refresh gives must come back the same. */
bool run_continues(const struct run_channel *channel, size_t i)
{
	return channel->seq[i] == channel->seq[i - 1] && channel->u_t[i] == channel->u_t[i - 1] &&
	       channel->flags[i] == channel->flags[i - 1] &&
	       (uint64_t)channel->t[i] == (uint64_t)channel->t[i - 1] + (uint64_t)channel->channel.refresh;
}

uint64_t run_widened(enum number_type number, const void *native)
{
	int16_t i16;
	int32_t i32;
	uint64_t u64;
	switch (number) {
	case NUMBER_I16: memcpy(&i16, native, sizeof i16); return (uint64_t)(int64_t)i16;
	case NUMBER_I32: memcpy(&i32, native, sizeof i32); return (uint64_t)(int64_t)i32;
	case NUMBER_F64: case NUMBER_U64: break;
	}
	memcpy(&u64, native, sizeof u64); /* a double's bits as they are */
	return u64;
}
