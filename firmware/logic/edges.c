/* SPDX-License-Identifier: Apache-2.0 */
#include "edges.h"

#include <string.h>

void edges_init(struct edges *edges)
{
	memset(edges, 0, sizeof *edges);
}

uint64_t ticks_near(uint64_t now, uint32_t low)
{
	return now + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)now);
}

static unsigned index_of(uint8_t line)
{
	return line < RIG_OUT1 ? line : (unsigned)(line - RIG_OUT1) + RIG_INPUTS;
}

static bool is_line(uint8_t line)
{
	return line <= RIG_IN4 || (line >= RIG_OUT1 && line <= RIG_OUT2);
}

static void count_lost(struct edges *edges)
{
	atomic_store_explicit(&edges->lost, atomic_load_explicit(&edges->lost, memory_order_relaxed) + 1, memory_order_relaxed);
}

void edges_lose(struct edges *edges, uint8_t line)
{
	if (!is_line(line))
		return;
	edges->numbers[index_of(line)]++;
	count_lost(edges);
}

void edges_push(struct edges *edges, uint64_t ticks, uint8_t line, bool high, uint32_t sample)
{
	uint32_t pushed = atomic_load_explicit(&edges->pushed, memory_order_relaxed);
	uint32_t waiting = pushed - atomic_load_explicit(&edges->popped, memory_order_acquire);
	if (!is_line(line))
		return;
	uint16_t number = edges->numbers[index_of(line)]++;
	if (waiting == EDGES_QUEUED) {
		count_lost(edges);
		return;
	}
	edges->entries[pushed % EDGES_QUEUED] = (struct rig_edge){ ticks, sample, line, high, number };
	atomic_store_explicit(&edges->pushed, pushed + 1, memory_order_release);
}

uint32_t edges_waiting(const struct edges *edges)
{
	return atomic_load_explicit(&edges->pushed, memory_order_acquire) - atomic_load_explicit(&edges->popped, memory_order_relaxed);
}

void edges_clear(struct edges *edges)
{
	atomic_store_explicit(&edges->popped, atomic_load_explicit(&edges->pushed, memory_order_acquire), memory_order_release);
}

/* Behind those of `n` that are not later: interrupts come in the order of time but for a few, so it seldom moves any. */
static void insert(struct rig_edge *out, uint32_t n, struct rig_edge edge)
{
	for (; n > 0 && out[n - 1].ticks > edge.ticks; n--)
		out[n] = out[n - 1];
	out[n] = edge;
}

uint32_t edges_pop(struct edges *edges, struct rig_edge *out, uint32_t most)
{
	uint32_t popped = atomic_load_explicit(&edges->popped, memory_order_relaxed);
	uint32_t n = 0;
	for (uint32_t waiting = edges_waiting(edges); n < waiting && n < most; n++)
		insert(out, n, edges->entries[(popped + n) % EDGES_QUEUED]);
	atomic_store_explicit(&edges->popped, popped + n, memory_order_release);
	return n;
}
