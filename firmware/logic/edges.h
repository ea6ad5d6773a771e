/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges: a queue of edges until they are sent or counted. One producer and one consumer, both in the main loop, where the interrupt's
 * notes are told; wait-free, so either could be elsewhere.
 *
 * They may wait for hours, as long as the host does not read: so they have all their ticks when they come in.
 */
#ifndef JOULERIG_FIRMWARE_EDGES_H
#define JOULERIG_FIRMWARE_EDGES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "rig_wire.h"

#define EDGES_QUEUED 256u /* a power of two */
#define EDGES_LINES (RIG_INPUTS + RIG_OUTPUTS)

struct edges {
	struct rig_edge entries[EDGES_QUEUED];
	_Atomic uint32_t pushed, popped; /* ever; the producer's, the consumer's */
	uint16_t numbers[EDGES_LINES];   /* of the next edge of each line; the producer's, as what follows */
	_Atomic uint32_t lost;           /* that no room was left for; each has used up a number */
};

void edges_init(struct edges *edges);

/* The producer's. `line`: enum rig_line; `sample`: as in struct rig_edge. A line that is none is ignored. */
void edges_push(struct edges *edges, uint64_t ticks, uint8_t line, bool high, uint32_t sample);
/* The producer's: an edge was not seen, or more than one; it uses up a number. */
void edges_lose(struct edges *edges, uint8_t line);

/* The consumer's: up to `most` edges that wait, into `out`, in the order of time. Returns how many. */
uint32_t edges_pop(struct edges *edges, struct rig_edge *out, uint32_t most);
uint32_t edges_waiting(const struct edges *edges);
/* The consumer's: throws away what waits. Numbers and losses go on. */
void edges_clear(struct edges *edges);

/* Ticks from their low 32 bits, which roll over every 4295 s: those less than 2^31 us away from `now`, on either side. */
uint64_t ticks_near(uint64_t now, uint32_t low);

#endif
