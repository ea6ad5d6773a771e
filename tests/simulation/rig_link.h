/* rig_link: the link to the twin's trigger rig. As meter_link; what the rig streams waits for whoever listens. */
#ifndef JOULERIG_TESTS_SIMULATION_RIG_LINK_H
#define JOULERIG_TESTS_SIMULATION_RIG_LINK_H

#include "link.h"
#include "plant.h"

/* Times one way are drawn between the two, ns. The plant outlives the link; close it with link_close. */
struct link *rig_link_open(struct plant *plant, uint64_t seed, int64_t way_least, int64_t way_most, struct error *error);

#endif
