/* What the rig streams, as records: on its own clock, in ns since its reset. What is missing is told where it shows: in the numbers of
 * edges and of samples, in holes between frames, and in the rig's own counts. */
#include <stdlib.h>
#include <string.h>

#include "rig/rig_device.h"
#include "rig_board.h"

#define SETS_MAX (RIG_SAMPLES_PACKED_MAX * 2 / 3)
#define BURST 4 /* exchanges about an edge */
#define AXIS_SLACK (2 * NS_PER_MS) /* a block's own stamp may be so far from where its samples should be */

/* A clock of 2^52 us runs for 142 years: more is nonsense, and must not overflow. */
static int64_t device_ns(uint64_t ticks)
{
	return (int64_t)(ticks % (UINT64_C(1) << 52) * RIG_TICK_NS);
}

/* ---- gaps ---- */

static uint32_t at_least_one(int64_t values)
{
	return values < 1 ? 1 : values > UINT32_MAX ? UINT32_MAX : (uint32_t)values;
}

void rig_gap(struct rig *rig, enum gap_reason reason, int64_t now)
{
	int64_t from = rig->heard < now ? rig->heard : now;
	rig_flush(rig);
	for (int i = 0; rig->sink && i < rig->channels.n; i++) {
		const struct channel *channel = &rig->channels.list[i];
		sink_gap(rig->sink, (unsigned)i, reason, at_least_one(i == rig->channels.level ? 1 : (now - from) / channel->refresh), from, now);
	}
	rig->heard = now;
}

/* Edges and samples have numbers of their own, which tell how many of them were in lost frames; but only once the next one comes: the
 * line's is in doubt until then. */
static void lose_frames(struct rig *rig, uint32_t frames, enum gap_reason reason, int64_t from, int64_t now)
{
	for (int i = 0; i < rig->channels.n; i++)
		if (rig->channels.list[i].kind != CHANNEL_INSTANT)
			sink_gap(rig->sink, (unsigned)i, reason, frames, from, now);
}

static void look_for_holes(struct rig *rig, const struct rig_talk *talk)
{
	bool garbled = talk->decoder.garbled != rig->garbled;
	uint32_t n = talk->missing ? talk->missing : (uint32_t)(talk->decoder.garbled - rig->garbled);
	rig->garbled = talk->decoder.garbled;
	if (n > 0)
		lose_frames(rig, n, garbled ? GAP_GARBLED : GAP_OVERRUN, rig->heard, talk->received);
}

/* ---- edges ---- */

struct delay {
	int64_t ns, u; /* from the terminal to the pin; half-width */
};

/* As the board was calibrated, or else as it was designed. Rise and fall are the pin's. */
static struct delay delay_of(const struct rig *rig, const struct rig_edge *edge)
{
	static const int32_t inputs[2] = { RIG_INPUT_DELAY_RISE_NS, RIG_INPUT_DELAY_FALL_NS };
	static const int32_t outputs[2] = { RIG_OUTPUT_DELAY_RISE_NS, RIG_OUTPUT_DELAY_FALL_NS };
	bool input = edge->line < RIG_INPUTS;
	size_t fall = input && rig->settings.inverted ? edge->high != 0 : edge->high == 0;
	int32_t ns = input ? rig->told.input_delay_ns[edge->line][fall] : rig->told.output_delay_ns[edge->line - RIG_OUT1][fall];
	if (ns != INT32_MIN)
		return (struct delay){ input ? ns : -ns, 0 };
	return input ? (struct delay){ inputs[fall], RIG_INPUT_DELAY_U_NS } : (struct delay){ -outputs[fall], RIG_OUTPUT_DELAY_U_NS };
}

static void take_edge(struct rig *rig, const struct rig_edge *edge, int64_t received)
{
	unsigned level = (unsigned)rig->channels.level;
	bool high = edge->high != 0;
	uint16_t lost = rig->input.known ? (uint16_t)(edge->number - rig->input.number - 1) : 0;
	if (lost == 0 && rig->input.known && high == rig->input.high)
		lost = 1;
	if (lost > 0)
		sink_gap(rig->sink, level, GAP_MISSED, lost, rig->input.heard, received);
	const struct delay delay = delay_of(rig, edge);
	struct record record = {
		.kind = RECORD_EDGE, .channel = (uint16_t)level, .n = 1, .t = device_ns(edge->ticks) - delay.ns, .u_t = rig->told.stamp_u_ns + delay.u,
	};
	rig->input.edge.what = high ? EDGE_RISE : EDGE_FALL;
	rig->input.edge.received = received;
	rig->sink->emit(rig->sink, &record, &rig->input.edge, sizeof rig->input.edge);
	sink_count(rig->sink, level, record.t, record.u_t, 0, high);
	rig->input.known = true;
	rig->input.high = high;
	rig->input.number = edge->number;
	rig->input.heard = received;
	rig->burst = BURST;
}

static void take_edges(struct rig *rig, const struct rig_frame *frame, int64_t received)
{
	struct rig_edge edge;
	for (size_t at = 0; at + sizeof edge <= frame->size; at += sizeof edge) {
		memcpy(&edge, frame->payload + at, sizeof edge);
		if (edge.line == rig->settings.input)
			take_edge(rig, &edge, received);
	}
}

/* ---- samples ---- */

/* When a set began. The period is in 1/256 of cycles of 48 MHz: 125/1536 ns. */
static int64_t instant_of(const struct rig *rig, uint64_t set)
{
	uint64_t periods = set * rig->adc.started.period_256;
	return device_ns(rig->adc.started.ticks) + (int64_t)(periods / 1536 * 125 + periods % 1536 * 125 / 1536);
}

/* The converter takes the channels that are on in turn, evenly: of two, the other half a set later. */
static int64_t turn_of(const struct rig *rig, size_t channel)
{
	return channel > 0 && rig->channels.adc[0] >= 0 ? (int64_t)rig->adc.started.period_256 * 125 / 1536 / 2 : 0;
}

void rig_flush(struct rig *rig)
{
	struct rig_gather *gather = &rig->gather;
	int64_t t = instant_of(rig, gather->first);
	for (size_t i = 0; rig->sink && gather->n > 0 && i < RIG_ADC_CHANNELS; i++) {
		if (rig->channels.adc[i] < 0)
			continue;
		struct record record = {
			.kind = RECORD_BLOCK, .channel = (uint16_t)rig->channels.adc[i], .flags = gather->flags[i], .n = gather->n,
			.t = t + turn_of(rig, i),
			.u_t = gather->slip > rig->adc.started.u_ns ? gather->slip : rig->adc.started.u_ns,
		};
		rig->sink->emit(rig->sink, &record, gather->values[i], gather->n * (uint32_t)sizeof gather->values[i][0]);
	}
	gather->n = 0;
}

static void lose_sets(struct rig *rig, uint64_t first, int64_t received)
{
	bool back = first < rig->adc.next;
	uint32_t sets = back ? 1 : at_least_one((int64_t)(first - rig->adc.next));
	rig_flush(rig);
	for (size_t i = 0; i < RIG_ADC_CHANNELS; i++)
		if (rig->channels.adc[i] >= 0)
			sink_gap(rig->sink, (unsigned)rig->channels.adc[i], back ? GAP_GARBLED : GAP_OVERRUN, sets, rig->heard, received);
}

/* The block's own stamp against where its end should be: an axis that has slipped says nothing true. What it may slip is in its u. */
static int64_t slip_of(const struct rig *rig, const struct rig_samples *block)
{
	return llabs(device_ns(block->ticks) - instant_of(rig, block->first + block->sets));
}

static bool is_whole(const struct rig *rig, const struct rig_frame *frame, const struct rig_samples *block)
{
	size_t n = (size_t)block->sets * (size_t)__builtin_popcount(block->channels);
	return block->channels == rig_adc_channels(&rig->settings) && n > 0 && frame->size >= sizeof *block + rig_packed_size(n);
}

/* Where what is measured goes both ways, the lower end of the range is one, too. */
static bool is_bipolar(const struct channel *channel)
{
	return channel->scale * channel->offset < 0;
}

/* What is wrong with a channel's samples, all of them or one. */
static uint32_t flags_of(const struct channel *channel, const int16_t *values, size_t n, bool in_place, uint8_t errors)
{
	uint32_t flags = in_place && errors == 0 ? 0 : FLAG_IMPLAUSIBLE;
	int16_t least = is_bipolar(channel) ? 0 : -1;
	for (size_t i = 0; i < n; i++)
		if (values[i] == (1 << RIG_ADC_BITS) - 1 || values[i] == least)
			flags |= FLAG_OVER_RANGE;
	return flags;
}

struct unpacked {
	int16_t values[RIG_ADC_CHANNELS][SETS_MAX];
	uint32_t flags[RIG_ADC_CHANNELS];
};

static void unpack(const struct rig *rig, const struct rig_frame *frame, const struct rig_samples *block, struct unpacked *unpacked)
{
	size_t stride = (size_t)__builtin_popcount(block->channels), place = 0;
	bool in_place = slip_of(rig, block) <= AXIS_SLACK;
	for (size_t i = 0; i < RIG_ADC_CHANNELS; i++) {
		unpacked->flags[i] = 0;
		if (!(block->channels & 1 << i))
			continue;
		for (size_t j = 0; j < block->sets; j++)
			unpacked->values[i][j] = (int16_t)rig_sample_at(frame->payload + sizeof *block, j * stride + place);
		unpacked->flags[i] = flags_of(&rig->channels.list[rig->channels.adc[i]], unpacked->values[i], block->sets, in_place, block->errors[i]);
		place++;
	}
}

static void gather(struct rig *rig, const struct rig_samples *block, const struct unpacked *unpacked)
{
	struct rig_gather *g = &rig->gather;
	if (g->n + block->sets > RIG_GATHERED || memcmp(g->flags, unpacked->flags, sizeof g->flags) != 0)
		rig_flush(rig);
	if (g->n == 0) {
		g->first = block->first;
		g->slip = 0;
		memcpy(g->flags, unpacked->flags, sizeof g->flags);
	}
	for (size_t i = 0; i < RIG_ADC_CHANNELS; i++)
		memcpy(g->values[i] + g->n, unpacked->values[i], block->sets * sizeof g->values[i][0]);
	g->n += block->sets;
	int64_t slip = slip_of(rig, block);
	g->slip = slip > g->slip ? slip : g->slip;
}

static void take_samples(struct rig *rig, const struct rig_frame *frame, int64_t received)
{
	struct unpacked unpacked = { .flags = { 0 } };
	struct rig_samples block;
	if (!rig->adc.runs || !rig_payload(frame, &block, sizeof block) || !is_whole(rig, frame, &block))
		return;
	if (block.first != rig->adc.next)
		lose_sets(rig, block.first, received);
	rig->adc.next = block.first + block.sets;
	unpack(rig, frame, &block, &unpacked);
	gather(rig, &block, &unpacked);
}

/* ---- counts ---- */

static void take_counts(struct rig *rig, const struct rig_frame *frame)
{
	struct rig_counts counts;
	if (!rig_payload(frame, &counts, sizeof counts))
		return;
	for (size_t i = 0; i < RIG_INPUTS; i++)
		if (rig->channels.s0[i] >= 0)
			sink_count(rig->sink, (unsigned)rig->channels.s0[i], device_ns(counts.ticks), rig->told.stamp_u_ns, 0, counts.inputs[i].pulses);
}

/* ---- the INA228 ---- */

static void take_power(struct rig *rig, const struct rig_frame *frame, int64_t received)
{
	const struct rig_channels *c = &rig->channels;
	struct rig_power power;
	if (c->energy < 0 || !rig_payload(frame, &power, sizeof power))
		return;
	int64_t t = device_ns(power.ticks), u_t = power.u_us * NS_PER_US + rig->told.stamp_u_ns;
	uint32_t flags = power.diagnosis & INA228_MATH_OVERFLOW ? FLAG_IMPLAUSIBLE : 0;
	if (power.current >= INA228_CURRENT_MOST || power.current <= -INA228_CURRENT_MOST)
		flags |= FLAG_OVER_RANGE;
	uint16_t failed = (uint16_t)(power.failed - rig->power_failed);
	for (int i = c->energy; failed > 0 && i <= c->temperature; i++)
		sink_gap(rig->sink, (unsigned)i, GAP_READ_FAILED, failed, rig->heard, received);
	rig->power_failed = power.failed;
	sink_count(rig->sink, (unsigned)c->energy, t, u_t, flags, power.energy % INA228_ENERGY_WRAP);
	sink_value(rig->sink, (unsigned)c->power, t, u_t, flags, power.power);
	sink_value(rig->sink, (unsigned)c->voltage, t, u_t, 0, power.voltage);
	sink_value(rig->sink, (unsigned)c->current, t, u_t, flags, power.current);
	sink_value(rig->sink, (unsigned)c->temperature, t, u_t, 0, power.temperature);
}

/* ---- what the rig says of itself ---- */

/* Samples tell by their numbers, and frames by theirs. A rig that thinks its host has gone has stopped. */
static void take_lost(struct rig *rig, const struct rig_frame *frame, int64_t received)
{
	struct rig_lost lost;
	if (!rig_payload(frame, &lost, sizeof lost))
		return;
	uint32_t edges = lost.edges - rig->lost.edges;
	if (edges > 0 && rig->channels.level >= 0)
		sink_gap(rig->sink, (unsigned)rig->channels.level, GAP_OVERRUN, edges, rig->heard, received);
	if (lost.host_left != rig->lost.host_left)
		rig->anew = true;
	rig->lost = lost;
}

/* What has begun anew wants to hear HELLO first. */
static bool knows_nobody(const struct rig_frame *frame)
{
	struct rig_refused refused;
	return frame->head.type == RIG_REFUSED && rig_payload(frame, &refused, sizeof refused) && refused.reason == RIG_VERSION;
}

/* Or a line that somebody wanted to set was not. */
static void take_refusal(struct rig *rig, const struct rig_frame *frame, int64_t received)
{
	if (knows_nobody(frame))
		rig->anew = true;
	else if (frame->head.tag & RIG_QUIET && rig->channels.level >= 0)
		sink_gap(rig->sink, (unsigned)rig->channels.level, GAP_MISSED, 1, rig->heard, received);
}

/* ---- its clock ---- */

/* A clock that goes back is another one's. */
static void take_exchange(struct rig *rig, const struct rig_frame *frame, int64_t received)
{
	struct rig_sync sync;
	rig->sync.asked = false;
	if (!rig_payload(frame, &sync, sizeof sync))
		return;
	const struct record_sync exchange = {
		.sent = rig->sync.sent, .received = received, .arrived = device_ns(sync.received), .answered = device_ns(sync.sent),
	};
	if (sync.received < rig->ticks) {
		rig->anew = true;
		return;
	}
	rig->ticks = sync.received;
	if (rig->channels.n > 0) /* with lines alone nothing has that clock */
		sink_sync(rig->sink, 0, &exchange);
}

static void take_frame(struct rig *rig, const struct rig_frame *frame, int64_t received)
{
	if (rig->sync.asked && frame->head.tag == rig->sync.tag && frame->head.type == (RIG_SYNC | RIG_REPLY))
		return take_exchange(rig, frame, received);
	switch (frame->head.type) {
	case RIG_EDGES: return take_edges(rig, frame, received);
	case RIG_SAMPLES: return take_samples(rig, frame, received);
	case RIG_POWER: return take_power(rig, frame, received);
	case RIG_COUNTS: return take_counts(rig, frame);
	case RIG_LOST: return take_lost(rig, frame, received);
	case RIG_REFUSED: return take_refusal(rig, frame, received);
	default: break;
	}
}

void rig_stream(void *context, const struct rig_talk *talk, const struct rig_frame *frame)
{
	struct rig *rig = context;
	if (rig->sink == NULL)
		return;
	if (!knows_nobody(frame)) /* its numbers began anew, too */
		look_for_holes(rig, talk);
	take_frame(rig, frame, talk->received);
	if (!rig->anew) /* else nothing has come since before it began anew */
		rig->heard = talk->received;
}
