/* The one place where kinds get their names: files, messages and docs all use these. */
#include <string.h>

#include "channel.h"
#include "record.h"

static const char *name_of(const char *const *names, unsigned count, unsigned value)
{
	return value < count && names[value] ? names[value] : "unknown";
}

static int value_of(const char *const *names, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

static const char *const kinds[CHANNEL_KINDS] = {
	[CHANNEL_MEAN] = "mean", [CHANNEL_COUNTER] = "counter", [CHANNEL_INSTANT] = "instant", [CHANNEL_OBSERVE] = "observe",
};
static const char *const roles[CHANNEL_ROLES] = {
	[ROLE_NONE] = "none", [ROLE_WALL] = "wall", [ROLE_RAIL] = "rail", [ROLE_PACKAGE] = "package", [ROLE_DRAM] = "dram",
	[ROLE_PSYS] = "psys", [ROLE_SUBZONE] = "subzone", [ROLE_DUPLICATE] = "duplicate", [ROLE_CHECK] = "check",
	[ROLE_INTEGRAL] = "integral",
};
static const struct {
	const char *name;
	uint32_t size;
} numbers[] = { [NUMBER_F64] = { "f64", 8 }, [NUMBER_U64] = { "u64", 8 }, [NUMBER_I32] = { "i32", 4 }, [NUMBER_I16] = { "i16", 2 } };
#define NUMBERS (sizeof numbers / sizeof *numbers)
static const char *const whats[EDGE_WHATS] = {
	[EDGE_START] = "start", [EDGE_STOP] = "stop", [EDGE_BEGIN] = "begin", [EDGE_END] = "end", [EDGE_MARK] = "mark",
	[EDGE_BARRIER] = "barrier", [EDGE_GO] = "go", [EDGE_RISE] = "rise", [EDGE_FALL] = "fall",
};
static const char *const sources[] = { [EDGE_SOFTWARE] = "software", [EDGE_KERNEL] = "kernel", [EDGE_HARDWARE] = "hardware" };
static const char *const reasons[GAP_REASONS] = {
	[GAP_TIMEOUT] = "timeout", [GAP_GARBLED] = "garbled", [GAP_GONE] = "gone", [GAP_MISSED] = "missed",
	[GAP_READ_FAILED] = "read-failed", [GAP_OVERRUN] = "overrun", [GAP_STALLED] = "stalled",
	[GAP_RESET] = "reset",
};

const char *channel_kind_name(enum channel_kind kind) { return name_of(kinds, CHANNEL_KINDS, kind); }
const char *channel_role_name(enum channel_role role) { return name_of(roles, CHANNEL_ROLES, role); }
int channel_kind_parse(const char *name) { return value_of(kinds, CHANNEL_KINDS, name); }
int channel_role_parse(const char *name) { return value_of(roles, CHANNEL_ROLES, name); }
const char *edge_what_name(unsigned what) { return name_of(whats, EDGE_WHATS, what); }
const char *edge_source_name(unsigned source) { return name_of(sources, EDGE_HARDWARE + 1, source); }
const char *gap_reason_name(unsigned reason) { return name_of(reasons, GAP_REASONS, reason); }
const char *number_type_name(enum number_type type) { return type < NUMBERS ? numbers[type].name : "unknown"; }
uint32_t number_size(enum number_type type) { return type < NUMBERS ? numbers[type].size : 8; }

int number_type_parse(const char *name)
{
	for (unsigned i = 0; i < NUMBERS; i++)
		if (strcmp(numbers[i].name, name) == 0)
			return (int)i;
	return -1;
}

uint32_t record_payload_size(const struct record *record, enum number_type type)
{
	uint64_t size = 0;
	switch (record->kind) {
	case RECORD_BLOCK: size = (uint64_t)record->n * number_size(type); break;
	case RECORD_EDGE: size = sizeof(struct record_edge); break;
	case RECORD_GAP: size = sizeof(struct record_gap); break;
	case RECORD_ANCHOR: size = sizeof(struct clock_anchor); break;
	case RECORD_RANGE: size = sizeof(struct record_range); break;
	case RECORD_NOTE: size = record->n; break;
	case RECORD_SYNC: size = sizeof(struct record_sync); break;
	}
	size = (size + 7) & ~UINT64_C(7);
	return size > RECORD_PAYLOAD_MAX ? UINT32_MAX : (uint32_t)size;
}
