/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <string.h>

#include "power.h"

#define MALFORMED_PERIOD_US 100000u

union reply {
	struct rig_identity identity;
	struct rig_output_set output_set;
	struct rig_adc_started adc_started;
	struct rig_power_started power_started;
	struct rig_lost lost;
	struct rig_self_test self_test;
};

/* ---- each command's payload, held against the wire ---- */

/* Always false: why, at which byte of the payload, and what would do instead. */
static bool fault(struct rig_refused *refused, enum rig_reason reason, size_t offset, uint32_t limit)
{
	refused->reason = (uint8_t)reason;
	refused->offset = (uint16_t)offset;
	refused->limit = limit;
	return false;
}

static bool within(struct rig_refused *refused, uint32_t value, uint32_t least, uint32_t most, size_t offset)
{
	if (value < least)
		return fault(refused, RIG_VALUE, offset, least);
	if (value > most)
		return fault(refused, RIG_VALUE, offset, most);
	return true;
}

#define WITHIN(c, field, least, most) within(refused, (c)->field, least, most, offsetof(__typeof__(*(c)), field))

static bool hello_holds(const struct rig_hello *c, struct rig_refused *refused)
{
	if (!WITHIN(c, magic, RIG_MAGIC, RIG_MAGIC))
		return false;
	return c->wire_major == RIG_WIRE_MAJOR ||
	       fault(refused, RIG_VERSION, offsetof(struct rig_hello, wire_major), RIG_WIRE_MAJOR);
}

static bool set_output_holds(const struct rig_set_output *c, struct rig_refused *refused)
{
	return WITHIN(c, line, RIG_OUT1, RIG_OUT2) && WITHIN(c, high, 0, 1) && WITHIN(c, zero, 0, 0);
}

static bool input_holds(const struct rig_input *c, struct rig_refused *refused)
{
	return WITHIN(c, line, RIG_IN1, RIG_IN4) && WITHIN(c, watch, RIG_WATCH_OFF, RIG_WATCH_COUNT) &&
	       WITHIN(c, inverted, 0, 1) && WITHIN(c, zero, 0, 0) &&
	       WITHIN(c, settle_us, 0, c->watch == RIG_WATCH_EDGES ? 0 : UINT32_MAX);
}

static bool adc_start_holds(const struct rig_adc_start *c, struct rig_refused *refused)
{
	return WITHIN(c, rate, RIG_ADC_RATE_MIN, RIG_ADC_RATE_MAX) && WITHIN(c, channels, 1, (1 << RIG_ADC_CHANNELS) - 1) &&
	       WITHIN(c, zero[0], 0, 0) && WITHIN(c, zero[1], 0, 0) && WITHIN(c, zero[2], 0, 0);
}

static bool count_start_holds(const struct rig_count_start *c, struct rig_refused *refused)
{
	return WITHIN(c, period_us, 10000, 60000000);
}

static bool reset_holds(const struct rig_reset *c, struct rig_refused *refused)
{
	return WITHIN(c, magic, RIG_MAGIC, RIG_MAGIC) && WITHIN(c, to, RIG_RESET_RUN, RIG_RESET_HANG);
}

static bool idle(struct commands *commands, unsigned but, struct rig_refused *refused)
{
	return (commands->ops->running(commands->self) & but) == 0 || fault(refused, RIG_BUSY, 0, 0);
}

/* ---- what is known of each type ---- */

/* Bytes that its payload has at least, and those of its reply's. */
static const struct {
	uint8_t size, reply;
} known[] = {
	[RIG_HELLO] = { sizeof(struct rig_hello), sizeof(struct rig_identity) },
	[RIG_SYNC] = { 0, sizeof(struct rig_sync) },
	[RIG_SET_OUTPUT] = { sizeof(struct rig_set_output), sizeof(struct rig_output_set) },
	[RIG_INPUT] = { sizeof(struct rig_input), 0 },
	[RIG_ADC_START] = { sizeof(struct rig_adc_start), sizeof(struct rig_adc_started) },
	[RIG_POWER_START] = { sizeof(struct rig_power_start), sizeof(struct rig_power_started) },
	[RIG_COUNT_START] = { sizeof(struct rig_count_start), 0 },
	[RIG_STATUS] = { 0, sizeof(struct rig_lost) },
	[RIG_SELF_TEST] = { 0, sizeof(struct rig_self_test) },
	[RIG_RESET] = { sizeof(struct rig_reset), 0 },
};

static bool is_known(uint8_t type)
{
	return type >= RIG_HELLO && type <= RIG_RESET;
}

static enum outcome hello(struct commands *commands, const struct rig_hello *c, union reply *reply, struct rig_refused *refused)
{
	commands->greeted = hello_holds(c, refused);
	return commands->greeted ? commands->ops->hello(commands->self, c, &reply->identity, refused) : OUTCOME_REFUSED;
}

/* Those with a payload. */
static enum outcome set_up(struct commands *commands, uint8_t type, const void *c, union reply *reply, struct rig_refused *refused)
{
	const struct command_ops *ops = commands->ops;
	void *self = commands->self;
	switch (type) {
	case RIG_HELLO:
		return hello(commands, c, reply, refused);
	case RIG_SET_OUTPUT:
		return set_output_holds(c, refused) ? ops->set_output(self, c, &reply->output_set, refused) : OUTCOME_REFUSED;
	case RIG_INPUT:
		return input_holds(c, refused) ? ops->input(self, c, refused) : OUTCOME_REFUSED;
	case RIG_ADC_START:
		return adc_start_holds(c, refused) && idle(commands, COMMAND_ADC_RUNS, refused) ?
			       ops->adc_start(self, c, &reply->adc_started, refused) : OUTCOME_REFUSED;
	case RIG_POWER_START:
		return power_check(c, refused) ? ops->power_start(self, c, &reply->power_started, refused) : OUTCOME_REFUSED;
	case RIG_COUNT_START:
		return count_start_holds(c, refused) ? ops->count_start(self, c, refused) : OUTCOME_REFUSED;
	default: /* RIG_RESET */
		return reset_holds(c, refused) ? ops->reset(self, c, refused) : OUTCOME_REFUSED;
	}
}

/* Those without. RIG_SYNC is answered by the outbox. */
static enum outcome ask(struct commands *commands, uint8_t type, union reply *reply, struct rig_refused *refused)
{
	const struct command_ops *ops = commands->ops;
	void *self = commands->self;
	switch (type) {
	case RIG_ADC_STOP:
		return ops->adc_stop(self, refused);
	case RIG_POWER_STOP:
		return ops->power_stop(self, refused);
	case RIG_COUNT_STOP:
		return ops->count_stop(self, refused);
	case RIG_STATUS:
		return ops->status(self, &reply->lost, refused);
	case RIG_SELF_TEST:
		return idle(commands, COMMAND_ADC_RUNS | COMMAND_OUTPUT_HIGH, refused) ? ops->self_test(self, &reply->self_test, refused) :
											 OUTCOME_REFUSED;
	default: /* RIG_STOP */
		return ops->stop(self, refused);
	}
}

/* ---- answers ---- */

static void send(struct commands *commands, uint8_t type, uint32_t tag, const void *payload, size_t size)
{
	void *to = outbox_begin(commands->outbox, OUTBOX_REPLY);
	if (to == NULL)
		return; /* the caller has seen that there is a slot */
	if (size)
		memcpy(to, payload, size);
	outbox_commit(commands->outbox, type, tag, size, OUTBOX_NO_STAMP);
}

static void answer(struct commands *commands, uint8_t type, uint32_t tag, const void *reply, size_t size)
{
	if ((tag & RIG_QUIET) == 0)
		send(commands, type | RIG_REPLY, tag, reply, size);
}

static void refuse(struct commands *commands, uint8_t type, uint32_t tag, struct rig_refused refused)
{
	refused.command = type;
	commands->refused++;
	send(commands, RIG_REFUSED, tag, &refused, sizeof refused);
}

static void answer_sync(struct commands *commands, uint32_t tag, uint64_t received)
{
	struct rig_sync *sync = tag & RIG_QUIET ? NULL : outbox_begin(commands->outbox, OUTBOX_REPLY);
	if (sync == NULL)
		return;
	sync->received = received;
	outbox_commit(commands->outbox, RIG_SYNC | RIG_REPLY, tag, sizeof *sync, offsetof(struct rig_sync, sent));
}

/* ---- what is called ---- */

void commands_init(struct commands *commands, const struct command_ops *ops, void *self, struct outbox *outbox)
{
	memset(commands, 0, sizeof *commands);
	commands->ops = ops;
	commands->self = self;
	commands->outbox = outbox;
}

void commands_host_left(struct commands *commands)
{
	commands->greeted = false;
	commands->pending = 0;
}

bool commands_ready(const struct commands *commands)
{
	return commands->pending == 0 && outbox_ready(commands->outbox);
}

/* Who has not said HELLO may speak another language: nothing of what he says is looked at. */
static bool admitted(const struct commands *commands, const struct rig_head *head, size_t size, struct rig_refused *refused)
{
	if (!commands->greeted && head->type != RIG_HELLO)
		return fault(refused, RIG_VERSION, 0, RIG_WIRE_MAJOR);
	if (!is_known(head->type))
		return fault(refused, RIG_UNKNOWN, 0, 0);
	return size >= known[head->type].size || fault(refused, RIG_LENGTH, size, known[head->type].size);
}

void commands_take(struct commands *commands, const struct rig_head *head, const void *payload, size_t size, uint64_t received)
{
	struct rig_refused refused = {0};
	union reply reply;
	enum outcome outcome;
	memset(&reply, 0, sizeof reply);
	if (!admitted(commands, head, size, &refused)) {
		refuse(commands, head->type, head->tag, refused);
		return;
	}
	if (head->type == RIG_SYNC) {
		answer_sync(commands, head->tag, received);
		return;
	}
	outcome = known[head->type].size ? set_up(commands, head->type, payload, &reply, &refused) :
					      ask(commands, head->type, &reply, &refused);
	if (outcome == OUTCOME_REFUSED)
		refuse(commands, head->type, head->tag, refused);
	if (outcome == OUTCOME_DONE)
		answer(commands, head->type, head->tag, &reply, known[head->type].reply);
	if (outcome == OUTCOME_LATER) {
		commands->pending = head->type;
		commands->pending_tag = head->tag;
	}
}

void commands_malformed(struct commands *commands, uint64_t now)
{
	struct rig_refused *refused;
	if (commands->malformed_ever && now - commands->malformed_told < MALFORMED_PERIOD_US)
		return;
	refused = outbox_begin(commands->outbox, OUTBOX_EVENT);
	if (refused == NULL)
		return;
	*refused = (struct rig_refused){ .reason = RIG_MALFORMED };
	outbox_commit(commands->outbox, RIG_REFUSED, 0, sizeof *refused, OUTBOX_NO_STAMP);
	commands->malformed_told = now;
	commands->malformed_ever = true;
}

void commands_answer(struct commands *commands, const void *reply)
{
	uint8_t type = commands->pending;
	commands->pending = 0;
	if (type != 0)
		answer(commands, type, commands->pending_tag, reply, known[type].reply);
}

void commands_refuse(struct commands *commands, const struct rig_refused *refused)
{
	uint8_t type = commands->pending;
	commands->pending = 0;
	if (type != 0)
		refuse(commands, type, commands->pending_tag, *refused);
}
