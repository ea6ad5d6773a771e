#include "fault/fault_values.h"

#include <math.h>
#include <string.h>

union native {
	double f64[RECORD_PAYLOAD_MAX / 8];
	uint64_t u64[RECORD_PAYLOAD_MAX / 8];
	int32_t i32[RECORD_PAYLOAD_MAX / 4];
	int16_t i16[RECORD_PAYLOAD_MAX / 2];
	struct record_sync sync;
	unsigned char bytes[RECORD_PAYLOAD_MAX];
};

static bool measures_energy(const struct channel *channel)
{
	return channel->kind != CHANNEL_OBSERVE;
}

static double limit(double value, double most)
{
	return fmin(fmax(rint(value), -most - 1), most);
}

static void scale(union native *values, uint32_t n, const struct channel *channel, double by)
{
	for (uint32_t i = 0; i < n; i++)
		switch (channel->number) {
		case NUMBER_F64: values->f64[i] *= by; break;
		case NUMBER_I32: values->i32[i] = (int32_t)limit(values->i32[i] * by, INT32_MAX); break;
		case NUMBER_I16: values->i16[i] = (int16_t)limit(values->i16[i] * by, INT16_MAX); break;
		case NUMBER_U64: {
			long double count = (long double)values->u64[i] * by, turn = channel->wrap > 0 ? (long double)channel->wrap : 0x1p64L;
			values->u64[i] = (uint64_t)fmodl(count, turn);
		}
		}
}

/* As a driver flags what its instrument says above what is plausible. */
static uint32_t plausibility(const union native *values, uint32_t n, const struct channel *channel)
{
	if (channel->number != NUMBER_F64 || !(channel->power_max > 0) || channel->kind != CHANNEL_MEAN)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (fabs(values->f64[i] * channel->scale + channel->offset) > channel->power_max)
			return FLAG_IMPLAUSIBLE;
	return 0;
}

static void say_none(union native *values, uint32_t n, enum number_type type)
{
	memset(values->bytes, 0, n * number_size(type));
	for (uint32_t i = 0; type == NUMBER_F64 && i < n; i++)
		values->f64[i] = NAN;
}

static void stand_still(struct fault_values *fault, unsigned channel, union native *values, uint32_t n, bool stalls)
{
	uint32_t size = number_size(fault->channels[channel].number);
	for (uint32_t i = 0; stalls && fault->said[channel] && i < n; i++)
		memcpy(values->bytes + i * size, &fault->last[channel], size);
	memcpy(&fault->last[channel], values->bytes + (n - 1) * size, size);
	fault->said[channel] = true;
}

/* Every clause sees every record, so that none moves another's draws. */
static void change_values(struct fault_values *fault, struct record *record, union native *values, int64_t since)
{
	const struct channel *channel = &fault->channels[record->channel];
	const struct fault_clause *stall = fault_strikes(fault->script, PLANT_STALL, since);
	const struct fault_clause *unit = measures_energy(channel) ? fault_strikes(fault->script, PLANT_UNIT, since) : NULL;
	const struct fault_clause *over = fault_strikes(fault->script, PLANT_OVER, since);
	const struct fault_clause *none = fault_strikes(fault->script, PLANT_NAN, since);
	stand_still(fault, record->channel, values, record->n, stall != NULL);
	if (unit) {
		scale(values, record->n, channel, unit->by);
		record->flags |= plausibility(values, record->n, channel);
	}
	if (over || none)
		say_none(values, record->n, channel->number);
	record->flags |= (over ? FLAG_OVER_RANGE : 0) | (none ? FLAG_NO_DATA : 0);
}

/* The instrument's clock, where its records have one; what the host stamps (gaps, when an answer came) it does not touch. */
static void change_times(struct record *record, union native *payload, int64_t by)
{
	if (record->kind == RECORD_SYNC) {
		payload->sync.arrived += by;
		payload->sync.answered += by;
	} else if (record->kind != RECORD_GAP) {
		record->t += by;
	}
}

static bool fault_emit(struct sink *sink, struct record *record, const void *payload, uint32_t size)
{
	struct fault_values *fault = (struct fault_values *)sink;
	union native changed;
	struct record said = *record;
	int64_t since = sink->timebase->now(sink->timebase) - fault->began;
	if (!fault->on || record->channel >= fault->n_channels || size > sizeof changed)
		return fault->real->emit(fault->real, record, payload, size);
	memcpy(&changed, payload, size);
	if (record->kind == RECORD_BLOCK && record->n > 0 && record->n * number_size(fault->channels[record->channel].number) <= size)
		change_values(fault, &said, &changed, since);
	const struct fault_clause *step = fault_strikes(fault->script, PLANT_STEP, since);
	if (step && fault->channels[record->channel].clock == CLOCK_ID_DEVICE)
		change_times(&said, &changed, (int64_t)(step->by * 1e9));
	bool room = fault->real->emit(fault->real, &said, &changed, size);
	record->seq = said.seq;
	return room;
}

void fault_values_begin(struct fault_values *fault, struct timebase *timebase, struct fault_script *script,
			const struct channel *channels, int n_channels)
{
	*fault = (struct fault_values){
		.sink = { .emit = fault_emit, .timebase = timebase }, .script = script, .channels = channels, .n_channels = n_channels,
	};
}
