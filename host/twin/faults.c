#include "faults.h"

#include <string.h>

static const char *const names[FAULTS] = {
	[FAULT_NAN] = "nan", [FAULT_INF] = "inf", [FAULT_SILENT] = "silent", [FAULT_GARBAGE] = "garbage", [FAULT_CUT] = "cut",
	[FAULT_DISCONNECT] = "disconnect", [FAULT_OTHER_MODEL] = "other_model", [FAULT_STALL] = "stall",
	[FAULT_RANGE_CHANGE] = "range_change", [FAULT_SLOW] = "slow", [FAULT_READ_ERROR] = "read_error",
	[FAULT_VANISH] = "vanish",
};

const char *fault_name(enum fault_what what)
{
	return (unsigned)what < FAULTS ? names[what] : "unknown";
}

int fault_parse(const char *name)
{
	for (int i = 0; i < FAULTS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

void faults_init(struct faults *faults, struct fault *list, size_t n, int64_t start)
{
	*faults = (struct faults){ .list = list, .n = n, .start = start };
	for (size_t i = 0; i < n; i++) {
		list[i].began = -1;
		list[i].taken = false;
	}
}

void faults_init_for(struct faults *faults, const char *device, bool unnamed, const struct fault *all, size_t n, struct fault *list,
		     int64_t start)
{
	size_t own = 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].device, device) == 0 || (unnamed && all[i].device[0] == '\0'))
			list[own++] = all[i];
	faults_init(faults, list, own, start);
}

void faults_advance(struct faults *faults, int64_t now, int64_t updates, int64_t queries)
{
	for (size_t i = 0; i < faults->n; i++) {
		struct fault *f = &faults->list[i];
		if (f->began >= 0)
			continue;
		if (f->at >= 0 && now >= faults->start + f->at)
			f->began = faults->start + f->at; /* to the nanosecond, however late we look */
		else if ((f->after_updates >= 0 && updates >= f->after_updates) ||
			 (f->after_queries >= 0 && queries >= f->after_queries))
			f->began = now;
	}
}

static bool in_force(const struct fault *f, int64_t t)
{
	return f->began >= 0 && t >= f->began && t - f->began < f->lasts;
}

const struct fault *fault_active(const struct faults *faults, enum fault_what what, const char *zone, int64_t t)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->list[i];
		bool here = zone == NULL || f->zone[0] == '\0' || strcmp(f->zone, zone) == 0;
		if (f->what == what && here && in_force(f, t))
			return f;
	}
	return NULL;
}

bool fault_take(struct faults *faults, enum fault_what what, int64_t t)
{
	for (size_t i = 0; i < faults->n; i++) {
		struct fault *f = &faults->list[i];
		if (f->what == what && !f->taken && in_force(f, t)) {
			f->taken = true;
			return true;
		}
	}
	return false;
}
