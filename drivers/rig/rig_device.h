/*
 * rig_device: the trigger rig as a device: what its parts share. The life is rig.c's, its channels rig_channels.c's, what it streams
 * becomes records in rig_streams.c.
 */
#ifndef JOULERIG_DRIVERS_RIG_DEVICE_H
#define JOULERIG_DRIVERS_RIG_DEVICE_H

#include "rig/rig_settings.h"
#include "rig/rig_talk.h"

#define RIG_GATHERED 1024 /* samples of a channel in one record */

/* Indices of channels in the list; -1: there is none. */
struct rig_channels {
	struct channel list[DEVICE_CHANNELS_MAX];
	int n;
	int level, s0[RIG_INPUTS], adc[RIG_ADC_CHANNELS];
	int energy, power, voltage, current, temperature; /* of the INA228 */
};

/* Samples that follow each other without a gap, until they are a record. */
struct rig_gather {
	uint64_t first; /* number of the first set */
	uint32_t n, flags[RIG_ADC_CHANNELS];
	int64_t slip;   /* ns: of the blocks' own stamps from where their ends should be, at most */
	int16_t values[RIG_ADC_CHANNELS][RIG_GATHERED];
};

enum rig_state {
	STATE_RUNS,
	STATE_LOST, /* it does not answer, or began anew: it has to be asked who it is */
	STATE_AWAY, /* the link has gone */
};

struct rig {
	char name[32];
	struct identity identity;
	struct rig_settings settings;
	struct rig_channels channels;
	struct rig_identity told; /* who it is, by its own words */
	struct rig_talk talk;
	struct sink *sink;        /* of the call under way; NULL: nobody records */
	struct line_out output, mark;

	enum rig_state state;
	bool anew;                /* it has to be set up again, whatever it says */
	int64_t heard;            /* MONOTONIC ns of its last frame, or up to which gaps are told */
	int64_t patience;         /* ns to wait for an answer */
	int64_t look_at, sync_at; /* when to do what is next */
	struct {
		bool asked;       /* and not answered yet */
		uint32_t tag;
		int64_t sent;
	} hello, sync;
	int burst;                /* exchanges that are to follow each other closely */
	uint64_t ticks;           /* of the last exchange */
	unsigned long garbled;    /* of the decoder, as told */
	struct rig_lost lost;     /* as last told */

	struct {
		bool known, high;
		uint16_t number;
		int64_t heard;        /* MONOTONIC ns of the last one */
		struct record_edge edge;
	} input;
	struct {
		bool runs;
		struct rig_adc_started started;
		uint64_t next;        /* number of the set that should come next */
	} adc;
	struct rig_gather gather;
	uint16_t power_failed;
};

/* ERROR_CONFIG where it is not clear what `config->measures` is said of. */
int rig_describe(struct rig *rig, const struct device_config *config, struct error *error);

/* ---- rig_streams.c ---- */

rig_hear rig_stream; /* its context is the rig; answers to exchanges, too, which may come late */
void rig_flush(struct rig *rig); /* samples that were gathered become a record */
/* Nothing is known of any channel since `rig->heard`. */
void rig_gap(struct rig *rig, enum gap_reason reason, int64_t now);

#endif
