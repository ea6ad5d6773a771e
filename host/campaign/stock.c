#include "stock.h"

#include <inttypes.h>
#include <string.h>

#include "skips.h"
#include "stopping.h"

static bool is_of(const struct result *result, const struct plan *plan, const struct slot *slot)
{
	char point[PLAN_LABEL_SIZE];
	plan_point_label(&plan->workloads[slot->workload], slot->point, point, sizeof point);
	return strcmp(result->workload, plan->workloads[slot->workload].name) == 0 && strcmp(result->point, point) == 0 &&
	       strcmp(result->arm, plan->arms[slot->arm].name) == 0;
}

static void take_skips(const struct campaign_file *file, const struct plan *plan, struct slot *slots, size_t n_slots)
{
	const json_t *skipped = json_object_get(file->facts, "skipped");
	for (size_t i = 0; i < n_slots; i++)
		if (skips_have(skipped, plan->workloads[slots[i].workload].name, plan->arms[slots[i].arm].name))
			slots[i].state = SLOT_SKIPPED;
}

static void take_stop(const struct campaign_file *file, struct slot *slots, size_t n_slots)
{
	uint32_t after = stopping_after(file->facts);
	for (size_t i = 0; after && i < n_slots; i++)
		if (slots[i].state == SLOT_OPEN && slots[i].block >= after)
			slots[i].state = SLOT_NOT_NEEDED;
}

int stock_take(const struct campaign_file *file, const struct plan *plan, struct slot *slots, size_t n_slots, struct error *error)
{
	take_skips(file, plan, slots, n_slots);
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (result->slot >= n_slots || slots[result->slot].state == SLOT_SKIPPED || !is_of(result, plan, &slots[result->slot]))
			return error_set(error, ERROR_CORRUPT, NULL, "rename its file to NNNNNN.h5.unreadable",
					 "run %" PRIu32 " is not of this plan's schedule", result->run);
		struct slot *slot = &slots[result->slot];
		if (result->status != RUN_INTERRUPTED)
			slot->state = SLOT_DONE;
		if (result->attempt >= slot->attempt)
			slot->attempt = result->attempt + 1;
	}
	take_stop(file, slots, n_slots);
	return 0;
}

size_t stock_count(const struct slot *slots, size_t n_slots, enum slot_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < n_slots; i++)
		n += slots[i].state == state;
	return n;
}

static bool was_done_otherwise(const struct campaign_file *file, uint32_t slot)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (file->results[i].slot == slot && file->results[i].status != RUN_INTERRUPTED)
			return true;
	return false;
}

bool stock_is_good(const struct campaign_file *file)
{
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (result->status != RUN_OK && !(result->status == RUN_INTERRUPTED && was_done_otherwise(file, result->slot)))
			return false;
	}
	return true;
}
