/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands: what the host asks for: each command is held against the wire, and either refused with a reason or done. Knows no time and no
 * hardware; the main loop's alone.
 *
 * Each op gets a command that was validated, and returns whether it is done (its reply is filled), refused (`refused` has reason, offset
 * and limit), or goes on: then commands_answer or commands_refuse is called later, and no other command is taken until then.
 */
#ifndef JOULERIG_FIRMWARE_COMMANDS_H
#define JOULERIG_FIRMWARE_COMMANDS_H

#include <stdbool.h>

#include "outbox.h"

enum outcome { OUTCOME_DONE, OUTCOME_REFUSED, OUTCOME_LATER };

enum command_running { COMMAND_ADC_RUNS = 1 << 0, COMMAND_OUTPUT_HIGH = 1 << 1 };

struct command_ops {
	unsigned (*running)(void *self); /* enum command_running */
	enum outcome (*hello)(void *self, const struct rig_hello *, struct rig_identity *, struct rig_refused *);
	enum outcome (*set_output)(void *self, const struct rig_set_output *, struct rig_output_set *, struct rig_refused *);
	enum outcome (*input)(void *self, const struct rig_input *, struct rig_refused *);
	enum outcome (*adc_start)(void *self, const struct rig_adc_start *, struct rig_adc_started *, struct rig_refused *);
	enum outcome (*adc_stop)(void *self, struct rig_refused *);
	enum outcome (*power_start)(void *self, const struct rig_power_start *, struct rig_power_started *, struct rig_refused *);
	enum outcome (*power_stop)(void *self, struct rig_refused *);
	enum outcome (*count_start)(void *self, const struct rig_count_start *, struct rig_refused *);
	enum outcome (*count_stop)(void *self, struct rig_refused *);
	enum outcome (*status)(void *self, struct rig_lost *, struct rig_refused *);
	enum outcome (*self_test)(void *self, struct rig_self_test *, struct rig_refused *);
	enum outcome (*stop)(void *self, struct rig_refused *);
	enum outcome (*reset)(void *self, const struct rig_reset *, struct rig_refused *);
};

struct commands {
	const struct command_ops *ops;
	void *self;
	struct outbox *outbox;
	bool greeted;           /* a HELLO of our major version was answered */
	uint8_t pending;        /* type of the command that goes on; 0: none */
	uint32_t pending_tag;
	uint32_t refused;       /* commands, since reset */
	uint64_t malformed_told; /* ticks at which RIG_MALFORMED was last told */
	bool malformed_ever;
};

void commands_init(struct commands *commands, const struct command_ops *ops, void *self, struct outbox *outbox);
/* The host has gone: the next one says HELLO first, and is not answered for what was pending. */
void commands_host_left(struct commands *commands);
/* Whether a command can be taken: none is pending, and its reply has a slot. */
bool commands_ready(const struct commands *commands);

/* One command, as decoded; only when ready. `received`: ticks at which its last byte was there. `payload` is aligned for a u64. */
void commands_take(struct commands *commands, const struct rig_head *head, const void *payload, size_t size, uint64_t received);
/* What was no frame: refused with tag 0, at most 10 times a second and only where there is room. */
void commands_malformed(struct commands *commands, uint64_t now);

/* The pending command ends; `reply` is what its type is answered with. Nothing, where none is pending. */
void commands_answer(struct commands *commands, const void *reply);
void commands_refuse(struct commands *commands, const struct rig_refused *refused);

#endif
