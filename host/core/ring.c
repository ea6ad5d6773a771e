#include "ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Each entry is a 16-byte prefix {size of payload, size of the entry}, the record, the payload. An entry that would run over
 * the end of the buffer is preceded by a skip prefix (payload == SKIP) that sends the reader to the start. */
struct prefix {
	uint32_t payload, entry;
	uint64_t reserved; /* keeps records 16-byte aligned */
};
#define SKIP UINT32_MAX

struct ring {
	unsigned char *bytes;
	uint64_t size; /* a power of two */
	_Alignas(64) _Atomic uint64_t head; /* written by the producer: bytes ever put in */
	_Alignas(64) _Atomic uint64_t tail; /* written by the consumer: bytes ever taken out */
};

struct ring *ring_new(uint32_t bytes, struct error *error)
{
	uint64_t size = 16384;
	while (size < bytes)
		size *= 2;
	struct ring *ring = aligned_alloc(64, sizeof *ring);
	unsigned char *buffer = aligned_alloc(64, size);
	if (ring == NULL || buffer == NULL) {
		free(ring);
		free(buffer);
		error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for a ring of %u bytes", bytes);
		return NULL;
	}
	memset(buffer, 0, size); /* touched now, so that no page fault comes while sampling */
	ring->bytes = buffer;
	ring->size = size;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	return ring;
}

void ring_free(struct ring *ring)
{
	if (ring == NULL)
		return;
	free(ring->bytes);
	free(ring);
}

bool ring_push(struct ring *ring, const struct record *record, const void *payload, uint32_t size)
{
	uint32_t padded = (size + 7u) & ~7u;
	uint64_t entry = (sizeof(struct prefix) + sizeof *record + padded + 15u) & ~UINT64_C(15);
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
	uint64_t at = head & (ring->size - 1);
	uint64_t skip = at + entry > ring->size ? ring->size - at : 0;
	if (head + skip + entry - tail > ring->size)
		return false;
	if (skip) {
		struct prefix jump = { .payload = SKIP, .entry = (uint32_t)skip };
		memcpy(ring->bytes + at, &jump, sizeof jump);
		at = 0;
	}
	struct prefix prefix = { .payload = padded, .entry = (uint32_t)entry };
	memcpy(ring->bytes + at, &prefix, sizeof prefix);
	memcpy(ring->bytes + at + sizeof prefix, record, sizeof *record);
	unsigned char *body = ring->bytes + at + sizeof prefix + sizeof *record;
	if (size)
		memcpy(body, payload, size);
	memset(body + size, 0, padded - size);
	atomic_store_explicit(&ring->head, head + skip + entry, memory_order_release);
	return true;
}

/* The prefix of the oldest entry, past a skip; NULL when empty. */
static const struct prefix *oldest(struct ring *ring)
{
	for (;;) {
		uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
		if (tail == atomic_load_explicit(&ring->head, memory_order_acquire))
			return NULL;
		const struct prefix *prefix = (const void *)(ring->bytes + (tail & (ring->size - 1)));
		if (prefix->payload != SKIP)
			return prefix;
		atomic_store_explicit(&ring->tail, tail + prefix->entry, memory_order_release);
	}
}

const struct record *ring_peek(struct ring *ring, const void **payload, uint32_t *size)
{
	const struct prefix *prefix = oldest(ring);
	if (prefix == NULL)
		return NULL;
	const struct record *record = (const void *)(prefix + 1);
	*payload = record + 1;
	*size = prefix->payload;
	return record;
}

void ring_pop(struct ring *ring)
{
	const struct prefix *prefix = oldest(ring);
	if (prefix == NULL)
		return;
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	atomic_store_explicit(&ring->tail, tail + prefix->entry, memory_order_release);
}
