/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <string.h>

#define RESET_SENT_US 5000u   /* what the reader took may still be in the USB controller */
#define RESET_LATEST_US 100000u

static uint64_t now(const struct rig *rig)
{
	return rig->ops->now(rig->self);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A streamed frame of one fixed payload; dropped where there is no room. */
static void stream(struct rig *rig, uint8_t type, const void *payload, size_t size)
{
	void *to = outbox_begin(&rig->outbox, OUTBOX_EVENT);
	if (to == NULL) {
		outbox_drop(&rig->outbox);
		return;
	}
	memcpy(to, payload, size);
	outbox_commit(&rig->outbox, type, 0, size, OUTBOX_NO_STAMP);
}

/* ---- edges and pulses ---- */

/* Edges wait in their queue where there is no room: they are few and dear. */
static void send_edges(struct rig *rig)
{
	struct rig_edge *out;
	while (edges_waiting(&rig->edges) > 0 && (out = outbox_begin(&rig->outbox, OUTBOX_EVENT)) != NULL) {
		uint32_t n = edges_pop(&rig->edges, out, RIG_EDGES_MAX);
		outbox_commit(&rig->outbox, RIG_EDGES, 0, n * sizeof *out, OUTBOX_NO_STAMP);
	}
}

static void take_pulses(struct rig *rig)
{
	struct rig_edge edges[8];
	uint32_t n;
	while ((n = edges_pop(&rig->pulses, edges, 8)) > 0)
		for (uint32_t i = 0; i < n; i++)
			counts_edge(&rig->counts, edges[i].line, edges[i].high, edges[i].ticks);
}

/* Returns when a pulse will have held, or the next RIG_COUNTS is due. `at` was read before the pulses were taken, so that no edge up
 * to it is missing. */
static uint64_t count(struct rig *rig)
{
	uint64_t at = now(rig);
	struct rig_counts counts;
	take_pulses(rig);
	uint64_t settles = counts_settle(&rig->counts, at);
	if (rig->count_period_us == 0)
		return settles;
	if (at >= rig->count_due) {
		counts_read(&rig->counts, at, &counts);
		stream(rig, RIG_COUNTS, &counts, sizeof counts);
		rig->count_due += rig->count_period_us;
		if (rig->count_due <= at)
			rig->count_due = at + rig->count_period_us;
	}
	return sooner(settles, rig->count_due);
}

/* What was latched or queued under the old setting counts under it. */
static void set_input(struct rig *rig, const struct rig_input *input)
{
	rig->ops->watch(rig->self, input->line, false);
	take_pulses(rig);
	rig->inputs[input->line] = *input;
	counts_watch(&rig->counts, input->line, input->watch == RIG_WATCH_COUNT, input->settle_us);
	if (input->watch != RIG_WATCH_OFF)
		rig->ops->watch(rig->self, input->line, true);
}

static uint64_t set_output(struct rig *rig, uint8_t line, bool high)
{
	uint8_t bit = (uint8_t)(1 << (line - RIG_OUT1));
	rig->outputs_high = (uint8_t)(high ? rig->outputs_high | bit : rig->outputs_high & ~bit);
	return rig->ops->set_output(rig->self, line, high);
}

/* ---- samples ---- */

static void send_block(struct rig *rig, uint32_t place, uint32_t n, uint64_t ticks)
{
	packer_block(&rig->packer, &rig->outbox, rig->ops->block(rig->self, place), n, ticks, &rig->blocks);
}

/* Blocks that are there; with `wait` as many as have room. True: no more are waiting. */
static bool send_blocks(struct rig *rig, bool wait)
{
	uint32_t place, skipped;
	uint64_t ticks;
	while (!wait || outbox_begin(&rig->outbox, OUTBOX_SAMPLES) != NULL) {
		bool some = blocks_take(&rig->blocks, &place, &ticks, &skipped);
		if (skipped > 0)
			packer_skip(&rig->packer, skipped * (rig->block / rig->packer.each));
		if (!some)
			return true;
		send_block(rig, place, rig->block, ticks);
	}
	return false;
}

/* After the end: what was sampled before is sent, and waits for room. True: all is sent. */
static bool drain(struct rig *rig)
{
	if (!rig->adc_drains)
		return true;
	if (!send_blocks(rig, true))
		return false;
	if (rig->tail > 0) /* there is room for it, or the last block would not have been looked for */
		packer_block(&rig->packer, &rig->outbox, rig->ops->block(rig->self, blocks_next(&rig->blocks)), rig->tail, rig->adc_ended,
			     NULL);
	rig->adc_drains = false;
	return true;
}

static void end_sampling(struct rig *rig)
{
	if (!rig->adc_runs)
		return;
	rig->tail = rig->ops->adc_stop(rig->self);
	rig->adc_ended = now(rig);
	rig->adc_runs = false;
	rig->adc_drains = true;
}

static void sample(struct rig *rig)
{
	if (rig->adc_runs)
		send_blocks(rig, false);
	else if (rig->adc_drains && drain(rig))
		commands_answer(&rig->commands, NULL); /* RIG_ADC_STOP's or RIG_STOP's: nothing else drains */
}

/* ---- power ---- */

static void can_power(struct rig *rig, bool can)
{
	rig->identity.capabilities = can ? rig->identity.capabilities | RIG_CAN_POWER : rig->identity.capabilities & ~(uint32_t)RIG_CAN_POWER;
}

static uint64_t measure_power(struct rig *rig)
{
	uint64_t next;
	enum power_event event = power_step(&rig->power, now(rig), &next);
	if (event == POWER_READ)
		stream(rig, RIG_POWER, &rig->power.reading, sizeof rig->power.reading);
	if (event == POWER_STARTED || event == POWER_REFUSED)
		can_power(rig, event == POWER_STARTED || rig->power.refused.reason != RIG_NOT_PRESENT);
	if (event == POWER_STARTED) /* RIG_POWER_START is pending until either */
		commands_answer(&rig->commands, &rig->power.started);
	if (event == POWER_REFUSED)
		commands_refuse(&rig->commands, &rig->power.refused);
	return next;
}

/* ---- what was lost ---- */

static void read_lost(const struct rig *rig, struct rig_lost *lost)
{
	*lost = (struct rig_lost){
		.ticks = now(rig),
		.edges = atomic_load_explicit(&rig->edges.lost, memory_order_relaxed) +
			 atomic_load_explicit(&rig->pulses.lost, memory_order_relaxed),
		.sets = rig->sets_before + rig->packer.lost,
		.frames = rig->outbox.dropped,
		.malformed = rig->malformed,
		.refused = rig->commands.refused,
		.host_left = rig->host_left,
	};
}

/* Told once there is room, so that it is never itself lost. Returns when there will be something to tell; room is looked for each time round. */
static uint64_t tell_lost(struct rig *rig)
{
	struct rig_lost lost;
	read_lost(rig, &lost);
	uint64_t due = lost_due(&rig->lost, &lost);
	if (due > lost.ticks)
		return due;
	if (outbox_begin(&rig->outbox, OUTBOX_EVENT) != NULL) {
		stream(rig, RIG_LOST, &lost, sizeof lost);
		lost_told(&rig->lost, &lost);
	}
	return UINT64_MAX;
}

/* ---- commands ---- */

static unsigned do_running(void *self)
{
	const struct rig *rig = self;
	return (rig->adc_runs ? COMMAND_ADC_RUNS : 0u) | (rig->outputs_high ? COMMAND_OUTPUT_HIGH : 0u);
}

static enum outcome do_hello(void *self, const struct rig_hello *c, struct rig_identity *reply, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)c;
	(void)refused;
	*reply = rig->identity;
	reply->now = now(rig);
	return OUTCOME_DONE;
}

static enum outcome do_set_output(void *self, const struct rig_set_output *c, struct rig_output_set *reply, struct rig_refused *refused)
{
	(void)refused;
	reply->ticks = set_output(self, c->line, c->high);
	return OUTCOME_DONE;
}

static enum outcome do_input(void *self, const struct rig_input *c, struct rig_refused *refused)
{
	(void)refused;
	set_input(self, c);
	return OUTCOME_DONE;
}

static enum outcome do_adc_start(void *self, const struct rig_adc_start *c, struct rig_adc_started *reply, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)refused;
	rig->sets_before += rig->packer.lost;
	packer_begin(&rig->packer, c->channels);
	blocks_begin(&rig->blocks, rig->places);
	rig->block = packer_block_sets(c->rate, c->channels) * rig->packer.each;
	rig->adc_runs = true;
	rig->ops->adc_start(rig->self, c, rig->block, reply);
	return OUTCOME_DONE;
}

static enum outcome do_adc_stop(void *self, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)refused;
	end_sampling(rig);
	return drain(rig) ? OUTCOME_DONE : OUTCOME_LATER;
}

static enum outcome do_power_start(void *self, const struct rig_power_start *c, struct rig_power_started *reply,
				   struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)reply;
	(void)refused;
	power_start(&rig->power, c, now(rig));
	return OUTCOME_LATER;
}

static enum outcome do_power_stop(void *self, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)refused;
	power_stop(&rig->power);
	return OUTCOME_DONE;
}

static enum outcome do_count_start(void *self, const struct rig_count_start *c, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)refused;
	rig->count_period_us = c->period_us;
	rig->count_due = now(rig) + c->period_us;
	return OUTCOME_DONE;
}

static enum outcome do_count_stop(void *self, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)refused;
	rig->count_period_us = 0;
	return OUTCOME_DONE;
}

static enum outcome do_status(void *self, struct rig_lost *reply, struct rig_refused *refused)
{
	(void)refused;
	read_lost(self, reply);
	return OUTCOME_DONE;
}

static enum outcome do_self_test(void *self, struct rig_self_test *reply, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)reply;
	(void)refused;
	rig->ops->self_test(rig->self);
	return OUTCOME_LATER;
}

static void stop_all(struct rig *rig)
{
	end_sampling(rig);
	power_stop(&rig->power);
	rig->count_period_us = 0;
	for (uint8_t line = RIG_OUT1; line <= RIG_OUT2; line++)
		set_output(rig, line, false);
	for (uint8_t line = RIG_IN1; line <= RIG_IN4; line++)
		set_input(rig, &(struct rig_input){ .line = line, .watch = RIG_WATCH_OFF });
}

static enum outcome do_stop(void *self, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)refused;
	stop_all(rig);
	return drain(rig) ? OUTCOME_DONE : OUTCOME_LATER;
}

static enum outcome do_reset(void *self, const struct rig_reset *c, struct rig_refused *refused)
{
	struct rig *rig = self;
	(void)refused;
	rig->resets = true;
	rig->reset_to = (uint8_t)c->to;
	rig->reset_due = now(rig) + RESET_LATEST_US;
	return OUTCOME_DONE;
}

static const struct command_ops command_ops = {
	.running = do_running, .hello = do_hello, .set_output = do_set_output, .input = do_input, .adc_start = do_adc_start,
	.adc_stop = do_adc_stop, .power_start = do_power_start, .power_stop = do_power_stop, .count_start = do_count_start,
	.count_stop = do_count_stop, .status = do_status, .self_test = do_self_test, .stop = do_stop, .reset = do_reset,
};

/* The reply goes out before. */
static uint64_t reset(struct rig *rig)
{
	uint64_t at = now(rig);
	if (!rig->resets)
		return UINT64_MAX;
	if (at >= rig->reset_due) {
		rig->resets = false;
		rig->ops->reset(rig->self, (enum rig_reset_to)rig->reset_to);
	}
	if (outbox_empty(&rig->outbox))
		rig->reset_due = sooner(rig->reset_due, at + RESET_SENT_US);
	return rig->reset_due;
}

/* ---- what the hardware side calls ---- */

void rig_init(struct rig *rig, const struct rig_setup *setup)
{
	memset(rig, 0, sizeof *rig);
	rig->ops = setup->ops;
	rig->self = setup->self;
	rig->places = setup->places;
	rig->identity = setup->identity;
	rig->identity.magic = RIG_MAGIC;
	rig->identity.wire_major = RIG_WIRE_MAJOR;
	rig->identity.wire_minor = RIG_WIRE_MINOR;
	rig->serial_good = identity_read(setup->page, &rig->identity);
	if (memcmp(rig->identity.serial, "SIM", 3) == 0)
		rig->identity.capabilities |= RIG_IS_SIMULATED;
	decoder_reset(&rig->decoder);
	outbox_init(&rig->outbox, setup->slots, setup->n_slots);
	commands_init(&rig->commands, &command_ops, rig, &rig->outbox);
	edges_init(&rig->edges);
	edges_init(&rig->pulses);
	counts_init(&rig->counts);
	power_init(&rig->power, &setup->ops->i2c);
}

void rig_edge(struct rig *rig, uint32_t stamp, uint8_t line, bool high, uint32_t sample)
{
	uint64_t ticks = ticks_near(now(rig), stamp);
	if (line >= RIG_INPUTS) {
		edges_push(&rig->edges, ticks, line, high, sample);
		return;
	}
	const struct rig_input *input = &rig->inputs[line];
	if (input->watch == RIG_WATCH_EDGES)
		edges_push(&rig->edges, ticks, line, high != input->inverted, sample);
	if (input->watch == RIG_WATCH_COUNT)
		edges_push(&rig->pulses, ticks, line, high != input->inverted, sample);
}

void rig_edge_lost(struct rig *rig, uint8_t line)
{
	if (rig->inputs[line].watch == RIG_WATCH_EDGES)
		edges_lose(&rig->edges, line);
	if (rig->inputs[line].watch == RIG_WATCH_COUNT)
		edges_lose(&rig->pulses, line);
}

void rig_block_done(struct rig *rig, uint32_t stamp)
{
	blocks_done(&rig->blocks, ticks_near(now(rig), stamp));
}

int rig_packet(struct rig *rig, uint8_t *packet, size_t most)
{
	return outbox_packet(&rig->outbox, packet, most, now(rig));
}

size_t rig_receive(struct rig *rig, const uint8_t *bytes, size_t size, uint64_t ticks)
{
	size_t n = 0;
	while (n < size && commands_ready(&rig->commands)) {
		enum decoded what;
		n += decoder_span(&rig->decoder, bytes + n, size - n, &what);
		if (what == DECODED_COMMAND)
			commands_take(&rig->commands, &rig->decoder.head, rig->decoder.payload, rig->decoder.size, ticks);
		if (what == DECODED_MALFORMED) {
			rig->malformed++;
			commands_malformed(&rig->commands, now(rig));
		}
	}
	return n;
}

uint64_t rig_poll(struct rig *rig)
{
	uint64_t next = count(rig);
	send_edges(rig);
	next = sooner(next, measure_power(rig));
	sample(rig);
	next = sooner(next, tell_lost(rig));
	return sooner(next, reset(rig));
}

void rig_host_left(struct rig *rig)
{
	if (rig->commands.greeted)
		rig->host_left++;
	if (rig->commands.pending == RIG_SELF_TEST)
		rig->ops->self_test_end(rig->self);
	stop_all(rig);
	rig->adc_drains = false;
	edges_clear(&rig->edges);
	decoder_reset(&rig->decoder);
	commands_host_left(&rig->commands);
	outbox_clear(&rig->outbox);
}

void rig_self_test_done(struct rig *rig, const struct self_test_readings *readings)
{
	struct rig_self_test result;
	self_test_evaluate(readings, &result);
	if (rig->commands.pending == RIG_SELF_TEST)
		commands_answer(&rig->commands, &result);
}
