/*
 * ranging: the ranges of a campaign's instruments, chosen before it begins, where the bench file leaves that to what was seen before
 * (`ranges: history`) or to a short pass (`ranges: pass`). Nothing is guessed: what is not known is an error that says what to do.
 */
#ifndef JOULERIG_CAMPAIGN_RANGING_H
#define JOULERIG_CAMPAIGN_RANGING_H

#include "campaign.h"
#include "campaign_file.h"

struct ranging {
	bool any;                  /* something was left open in the bench file */
	struct bench_config bench; /* as it is to be opened; owns nothing, lives no longer than the request's */
	struct {
		bool chosen;
		char model[48];    /* that the choice was made for */
		bool from_history, simulated;
	} devices[BENCH_DEVICES_MAX];
};

/* Chooses. A pass is a campaign of its own, in DIRECTORY-ranging: each workload of the plan on each arm, once, for its first
 * RANGING_MOST, in the largest ranges there are. A campaign that is resumed keeps the ranges it began with. ERROR_CONFIG: the
 * history does not tell of a workload that is not skipped (skips.h); ERROR_UNSUPPORTED: no range is large enough, or none is known for the model. */
int ranging_choose(const struct campaign_request *request, const json_t *skipped, struct ranging *ranging, struct error *error);
#define RANGING_MOST (20 * NS_PER_S)

/* The instruments are those that the ranges were chosen for, and history of a twin was not taken for that of an instrument. */
int ranging_check(const struct ranging *ranging, const struct bench *bench, struct error *error);

/* What the campaign in `file` saw is added to the bench's history, a line for each device, workload, point and arm. */
int ranging_remember(const char *path, const struct campaign_file *file, struct error *error);

#endif
