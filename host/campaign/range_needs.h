/*
 * range_needs: what the loads of a run asked of each instrument's ranges, and how far they filled them: from what the run file holds.
 */
#ifndef JOULERIG_CAMPAIGN_RANGE_NEEDS_H
#define JOULERIG_CAMPAIGN_RANGE_NEEDS_H

#include <jansson.h>

#include "run.h"

#define RANGE_DEVICES_MAX 16

struct range_need {
	char device[32];
	double voltage, current;             /* V, A: largest value (a mean over a window, where it gives means); NAN: it gives none */
	double voltage_peak, current_peak;   /* largest peak, from channels NAME.voltage_peak, NAME.current_peak; NAN: nobody looked */
	double voltage_range, current_range; /* in force, as it told; 0: it told none */
	size_t peaks_over;                   /* values with which the meter said that a peak or a mean exceeded the range */
	size_t values;                       /* of its power */
	bool automatic, changed;             /* it may choose its range; it has left the one that was set */
};

/* Of each device that measures power, in their order on the bench. Returns how many there are, at most RANGE_DEVICES_MAX. */
size_t range_needs_of(const struct run *run, struct range_need needs[RANGE_DEVICES_MAX]);

/* The larger of voltage and current over its range; NAN unless both are known of one of them. */
double range_need_filled(const struct range_need *need);

void range_need_add(struct range_need *into, const struct range_need *need); /* both ask for it */

/* Of instruments that were filled beyond their range: a remark on the run, "" when there is none. */
const char *range_needs_remark(const struct run *run, char text[160]);

/* As facts of a campaign: with the run's number, workload, point and arm. What is not known is left out. */
json_t *range_need_to_json(const struct range_need *need, const struct run *run);
void range_need_from_json(const json_t *facts, struct range_need *need);

#endif
