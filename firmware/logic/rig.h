/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig: all of the firmware that is no register, put together. The hardware side owns one `struct rig`, implements struct rig_ops, calls
 * rig_block_done and rig_packet from its interrupts, and the rest from its main loop:
 *
 *	for (;;) {
 *		while a packet came in: used = rig_receive(…); when all of it is used, arm the endpoint again
 *		deadline = rig_poll(&rig);
 *		set the alarm, arm bulk IN if it is idle and rig_packet gives one
 *		cpsid; if nothing new: wfi; cpsie
 *	}
 */
#ifndef JOULERIG_FIRMWARE_RIG_H
#define JOULERIG_FIRMWARE_RIG_H

#include "blocks.h"
#include "commands.h"
#include "counts.h"
#include "edges.h"
#include "frame.h"
#include "identity.h"
#include "lost.h"
#include "outbox.h"
#include "packer.h"
#include "power.h"
#include "self_test.h"

/* What the hardware does. All are called from the main loop, `now` wherever rig_edge, rig_block_done and rig_packet are, too; none waits longer than some 100 us. */
struct rig_ops {
	/* Ticks, of the 64-bit timer. */
	uint64_t (*now)(void *self);
	/* Sets OUT1 or OUT2 and returns the ticks at which it was set. If the level has changed, rig_edge was called with the same stamp, and for
	 * whatever came before it. */
	uint64_t (*set_output)(void *self, uint8_t line, bool high);
	/* From now on both edges of RIG_IN1..4 are told by rig_edge, or none is. What was latched before is forgotten. */
	void (*watch)(void *self, uint8_t line, bool on);
	/* The ADC and its DMA begin, in blocks of `block` samples (whole sets) into a ring of places 0 to places-1; each block that is complete is
	 * told by rig_block_done. Fills `started` with what the divider can do. */
	void (*adc_start)(void *self, const struct rig_adc_start *asked, uint32_t block, struct rig_adc_started *started);
	/* Ends at once. Returns how many samples of the block that was being written are there (all blocks before were told). */
	uint32_t (*adc_stop)(void *self);
	/* The samples in a place of the ring. */
	const uint16_t *(*block)(void *self, uint32_t place);
	/* Begins; rig_self_test_done is called later from the main loop, not from in here. */
	void (*self_test)(void *self);
	/* It ends where it is, and is not told. Outputs are set low after it. */
	void (*self_test_end)(void *self);
	/* Does not come back. RIG_RESET_HANG: it must not, either; the watchdog ends it. */
	void (*reset)(void *self, enum rig_reset_to to);
	struct i2c_ops i2c;
};

struct rig {
	const struct rig_ops *ops;
	void *self;
	struct rig_identity identity;   /* without `now` */
	struct decoder decoder;
	struct outbox outbox;
	struct commands commands;
	struct edges edges, pulses;     /* of lines that are watched; of lines that are counted */
	struct rig_input inputs[RIG_INPUTS];
	struct blocks blocks;
	struct packer packer;
	struct counts counts;
	struct power power;
	struct lost lost;
	uint32_t malformed, host_left, sets_before; /* sets_before: lost in streams before this one */
	uint32_t places, block;         /* of the ADC's ring; samples of a block */
	uint32_t tail;                  /* samples of the block that was cut short by the end */
	uint64_t adc_ended;             /* ticks */
	uint64_t count_due, reset_due;
	uint32_t count_period_us;       /* 0: not counting */
	uint8_t outputs_high;           /* bit 0: OUT1 */
	uint8_t reset_to;
	bool adc_runs, adc_drains, resets;
	bool serial_good;               /* as identity_read says */
};

struct rig_setup {
	const struct rig_ops *ops;
	void *self;
	struct outbox_slot *slots;      /* as for outbox_init */
	uint32_t n_slots;
	uint32_t places;                /* of the ADC's ring, as for blocks_begin */
	struct rig_identity identity;   /* all but magic and versions of the wire, serial, delays, `now` */
	const struct identity_page *page;
};

void rig_init(struct rig *rig, const struct rig_setup *setup);

/* From the main loop; within 35 minutes of the stamp, the low 32 bits
 * of ticks. `high`: the pin's level after the edge (inputs), the terminal's (outputs).
 * `sample`: the set that is being converted, or RIG_NO_SAMPLE. */
void rig_edge(struct rig *rig, uint32_t stamp, uint8_t line, bool high, uint32_t sample);
/* The same, of edges of an input that were not seen: at least one. */
void rig_edge_lost(struct rig *rig, uint8_t line);
/* From the DMA interrupt. */
void rig_block_done(struct rig *rig, uint32_t stamp);
/* From the bulk IN interrupt, or with it masked: as outbox_packet. */
int rig_packet(struct rig *rig, uint8_t *packet, size_t most);

/* From the main loop. Takes bytes of a packet that was complete at `ticks`. Returns how many it took: where it is fewer than all, a
 * command goes on or the host does not read, and the rest is to be given again after rig_poll. */
size_t rig_receive(struct rig *rig, const uint8_t *bytes, size_t size, uint64_t ticks);
/* Moves on whatever can be moved on. Returns the ticks by which it wants to be called again. */
uint64_t rig_poll(struct rig *rig);
/* Bus reset, suspend, deconfigured: streams end, outputs go low, inputs are no longer watched. With bulk IN off. */
void rig_host_left(struct rig *rig);
void rig_self_test_done(struct rig *rig, const struct self_test_readings *readings);

#endif
