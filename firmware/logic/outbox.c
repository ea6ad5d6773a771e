/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox.h"

#include <string.h>

void outbox_init(struct outbox *outbox, struct outbox_slot *slots, uint32_t n)
{
	memset(outbox, 0, sizeof *outbox);
	outbox->slots = slots;
	outbox->n = n;
	outbox->begins = true;
}

void outbox_clear(struct outbox *outbox)
{
	atomic_store_explicit(&outbox->taken, atomic_load_explicit(&outbox->written, memory_order_relaxed), memory_order_release);
	outbox->offset = 0;
	outbox->open = false;
	outbox->full_packet = false;
	outbox->begins = true;
}

/* ---- the writer ---- */

static uint32_t free_slots(const struct outbox *outbox)
{
	return outbox->n - (atomic_load_explicit(&outbox->written, memory_order_relaxed) -
			    atomic_load_explicit(&outbox->taken, memory_order_acquire));
}

bool outbox_ready(const struct outbox *outbox)
{
	return free_slots(outbox) > 0;
}

bool outbox_empty(const struct outbox *outbox)
{
	return free_slots(outbox) == outbox->n;
}

static struct outbox_slot *next_slot(struct outbox *outbox)
{
	return &outbox->slots[atomic_load_explicit(&outbox->written, memory_order_relaxed) & (outbox->n - 1)];
}

void *outbox_begin(struct outbox *outbox, enum outbox_class what)
{
	static const uint8_t left[] = { [OUTBOX_REPLY] = 0, [OUTBOX_EVENT] = 4, [OUTBOX_SAMPLES] = 8 };
	return free_slots(outbox) > left[what] ? next_slot(outbox)->frame.payload : NULL;
}

void outbox_commit(struct outbox *outbox, uint8_t type, uint32_t tag, size_t size, uint8_t stamp)
{
	struct outbox_slot *slot = next_slot(outbox);
	slot->frame.head = (struct rig_head){ .type = type, .sequence = outbox->sequence++, .tag = tag };
	slot->stamp = stamp;
	slot->size = (uint8_t)(stamp == OUTBOX_NO_STAMP ? frame_finish(&slot->frame, size) : size);
	atomic_store_explicit(&outbox->written, atomic_load_explicit(&outbox->written, memory_order_relaxed) + 1, memory_order_release);
}

void outbox_drop(struct outbox *outbox)
{
	outbox->sequence++;
	outbox->dropped++;
}

/* ---- the reader ---- */

static struct outbox_slot *oldest(struct outbox *outbox)
{
	uint32_t taken = atomic_load_explicit(&outbox->taken, memory_order_relaxed);
	if (taken == atomic_load_explicit(&outbox->written, memory_order_acquire))
		return NULL;
	return &outbox->slots[taken & (outbox->n - 1)];
}

/* A frame that tells when it went out could not be finished earlier. */
static void open_slot(struct outbox *outbox, struct outbox_slot *slot, uint64_t now)
{
	if (slot->stamp != OUTBOX_NO_STAMP) {
		memcpy(slot->frame.payload + slot->stamp, &now, sizeof now);
		slot->size = (uint8_t)frame_finish(&slot->frame, slot->size);
	}
	outbox->open = true;
	outbox->offset = 0;
}

/* As much of the oldest frame as there is room for. */
static size_t take(struct outbox *outbox, struct outbox_slot *slot, uint8_t *packet, size_t room)
{
	size_t size = (size_t)(slot->size - outbox->offset);
	if (size > room)
		size = room;
	memcpy(packet, frame_bytes(&slot->frame) + outbox->offset, size);
	outbox->offset = (uint16_t)(outbox->offset + size);
	if (outbox->offset == slot->size) {
		outbox->open = false;
		atomic_store_explicit(&outbox->taken, atomic_load_explicit(&outbox->taken, memory_order_relaxed) + 1, memory_order_release);
	}
	return size;
}

int outbox_packet(struct outbox *outbox, uint8_t *packet, size_t most, uint64_t now)
{
	struct outbox_slot *slot;
	size_t n = 0;
	if (outbox->begins && oldest(outbox) != NULL) {
		packet[n++] = 0;
		outbox->begins = false;
	}
	while (n < most && (slot = oldest(outbox)) != NULL) {
		if (!outbox->open)
			open_slot(outbox, slot, now);
		n += take(outbox, slot, packet + n, most - n);
	}
	bool empty_due = n == 0 && outbox->full_packet;
	outbox->full_packet = n == most;
	return n > 0 || empty_due ? (int)n : -1;
}
