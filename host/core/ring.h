/*
 * ring: a queue of records from one device thread to the one consumer. Wait-free on both sides: no lock, no allocation.
 *
 * One producer thread, one consumer thread. A record is stored contiguously, so the consumer reads it in place. When the ring
 * is full the record is refused and counted; the producer reports the loss as a GAP once there is room again.
 */
#ifndef JOULERIG_CORE_RING_H
#define JOULERIG_CORE_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "record.h"

struct ring;

struct ring *ring_new(uint32_t bytes, struct error *error); /* rounded up to a power of two; NULL on failure */
void ring_free(struct ring *ring);                          /* NULL is fine; both threads must be done */

/* Producer. Copies header and payload (`size` bytes, zero-padded here to 8). False when there is no room. */
bool ring_push(struct ring *ring, const struct record *record, const void *payload, uint32_t size);

/* Consumer. The oldest record and its payload, valid until ring_pop; NULL when empty. */
const struct record *ring_peek(struct ring *ring, const void **payload, uint32_t *size);
void ring_pop(struct ring *ring);

#endif
