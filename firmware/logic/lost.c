/* SPDX-License-Identifier: Apache-2.0 */
#include "lost.h"

#include <string.h>

#define COUNTS_SIZE (sizeof(struct rig_lost) - offsetof(struct rig_lost, edges)) /* all but the ticks */

uint64_t lost_due(const struct lost *lost, const struct rig_lost *now)
{
	if (memcmp(&lost->told.edges, &now->edges, COUNTS_SIZE) == 0)
		return UINT64_MAX;
	return lost->ever ? lost->told.ticks + LOST_PERIOD_US : 0;
}

void lost_told(struct lost *lost, const struct rig_lost *now)
{
	lost->told = *now;
	lost->ever = true;
}
