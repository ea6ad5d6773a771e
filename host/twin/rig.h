/*
 * rig: the modelled trigger rig: what is at the far end of its wire (schemas/rig_wire.h), on the twin's clock. Pure: told the time.
 *
 * Its own clock began some time before the twin, runs at its own rate and may step; stamps are off by up to `stamp`. What its inputs are
 * wired to: one of its outputs, the line that the machine under test raises, or the S0 output of a meter that counts the wall's energy.
 * The ADC sees the mains' voltage and the current that goes with the wall's power; the INA228 sees the machine's DC side.
 */
#ifndef JOULERIG_TWIN_RIG_H
#define JOULERIG_TWIN_RIG_H

#include "faults.h"
#include "model.h"
#include "random.h"
#include "rig_codec.h"
#include "twin_line.h"

enum rig_source { SOURCE_NOTHING, SOURCE_OUT1, SOURCE_OUT2, SOURCE_LINE, SOURCE_S0, RIG_SOURCES };
int rig_source_parse(const char *name); /* "none", "out1", "out2", "line", "s0"; or -1 */

struct rig_config {
	double uptime;   /* s that its clock is ahead when the twin starts */
	double drift;    /* relative */
	double step_at, step_by; /* s after the start, s; 0 and 0: none */
	double stamp;    /* s, half-width */
	double answer;   /* s from a command to its reply */
	double per_kwh;  /* pulses of the S0 output */
	double pulse;    /* s, length of one */
	double voltage_scale, current_scale; /* V, A of a count of the ADC; 2048 counts are nought */
	double shunt, rail; /* ohm; V */
	double mains, frequency; /* V, Hz */
	enum rig_source inputs[RIG_INPUTS];
	char serial[16]; /* begins with SIM */
};

#define RIG_WAITING 65536 /* bytes that the host has not taken: more are dropped, frame by frame */
#define RIG_PLANNED 256

/* Something that is going to happen to it. */
struct rig_plan {
	int64_t t;
	bool is_line;  /* of the machine under test: goes to `high`; else these bytes come in */
	bool high;
	uint8_t size, bytes[64];
};

struct twin_rig {
	const struct rig_config *config;
	struct model *model;
	struct random random;
	int64_t boot;         /* twin's clock: of the reset */
	int64_t start, now;
	uint32_t boots;
	uint16_t boot_reason;
	bool greeted;
	uint64_t last_ticks;

	struct twin_line line, outputs[RIG_OUTPUTS]; /* the machine's; its own */
	bool levels[RIG_LINES_END];
	struct {
		uint8_t watch;
		int64_t settle, rose;
		uint32_t pulses;
		uint64_t last;
	} inputs[RIG_INPUTS];
	uint16_t numbers[RIG_LINES_END];
	int64_t s0_next;      /* nJ of the wall at which the next pulse comes */
	int64_t s0_falls;     /* when the one that is high ends; NEVER */

	uint32_t adc_rate;
	uint8_t adc_channels;
	uint64_t adc_began, adc_set; /* ticks; next */
	int64_t counts_every, counts_at, power_every, power_at;
	int64_t power_began;  /* nJ: where its accumulator begins */
	double current_lsb;

	struct rig_lost lost;
	struct rig_intake intake;
	uint16_t sequence;
	struct rig_plan planned[RIG_PLANNED];
	int n_planned;
	uint8_t out[RIG_WAITING];
	size_t n_out;
	int64_t out_at;       /* when what waits may be taken */
};

void twin_rig_init(struct twin_rig *rig, const struct rig_config *config, struct model *model, uint64_t seed, int64_t start);
/* The model has come to `now`. */
void twin_rig_advance(struct twin_rig *rig, int64_t now);
int64_t twin_rig_next(const struct twin_rig *rig); /* when it does something by itself, or has something for the host; NEVER */

void twin_rig_feed(struct twin_rig *rig, int64_t now, const void *bytes, size_t size);
size_t twin_rig_take(struct twin_rig *rig, int64_t now, void *bytes, size_t size);
/* The same in two steps, for who may not get rid of all: what waits in `out`, and that `n` bytes of it were taken. */
size_t twin_rig_waiting(const struct twin_rig *rig, int64_t now);
void twin_rig_taken(struct twin_rig *rig, size_t n);
void twin_rig_host_left(struct twin_rig *rig, int64_t now); /* streams end, outputs go low */
void twin_rig_reset(struct twin_rig *rig, int64_t now, enum rig_boot reason);

/* What is going to happen at `t`, not before now. False when too much is planned. */
bool twin_rig_plan_line(struct twin_rig *rig, int64_t t, bool high);
bool twin_rig_plan_bytes(struct twin_rig *rig, int64_t t, const void *bytes, size_t size);
void twin_rig_forget(struct twin_rig *rig, int64_t t); /* what was planned for `t` and later */

uint64_t twin_rig_ticks(const struct twin_rig *rig, int64_t t);

#endif
