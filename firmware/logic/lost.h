/* SPDX-License-Identifier: Apache-2.0 */
/* lost: when the host is told in band what was lost: as soon as a count has grown, but at most ten times a second. */
#ifndef JOULERIG_FIRMWARE_LOST_H
#define JOULERIG_FIRMWARE_LOST_H

#include <stdbool.h>

#include "rig_wire.h"

#define LOST_PERIOD_US 100000u

struct lost {
	struct rig_lost told; /* last; all zero: never */
	bool ever;
};

/* When `now` (counts, and ticks of now) should be told: in ticks, 0 is at once; UINT64_MAX: nothing has grown. */
uint64_t lost_due(const struct lost *lost, const struct rig_lost *now);
/* It was. */
void lost_told(struct lost *lost, const struct rig_lost *now);

#endif
