#include "rapl_zones.h"

#include <math.h>
#include <string.h>

#include "plain.h"
#include "view.h"

/* What the total is made of. */
static bool is_zone(const struct source_result *source)
{
	return !source->is_total && (source->role == ROLE_PACKAGE || source->role == ROLE_DRAM);
}

static const struct source_result *zone_in(const struct result *result, const char *name)
{
	const struct source_result *source = result_source(result, name);
	return source && is_zone(source) ? source : NULL;
}

/* Whether no earlier result has this zone. */
static bool first_seen(const struct campaign_file *file, size_t result, const char *name)
{
	for (size_t i = 0; i < result; i++)
		if (zone_in(&file->results[i], name))
			return false;
	return true;
}

static void begin(struct text *text)
{
	text_add(text, text->length ? "; " : "");
}

/* ---- zones that never count ---- */

struct silence {
	size_t runs, counting;
	double seconds;     /* of runs in which it said 0 J */
	const char *reason; /* why it was refused, the first time; NULL: never */
};

static struct silence silence_of(const struct campaign_file *file, const char *name)
{
	struct silence silence = { .runs = 0 };
	for (size_t i = 0; i < file->n_results; i++) {
		const struct source_result *zone = zone_in(&file->results[i], name);
		if (zone == NULL || file->results[i].status != RUN_OK)
			continue;
		silence.runs++;
		if (zone->energy.status == ENERGY_REFUSED)
			silence.reason = silence.reason ? silence.reason : zone->energy.reason;
		else if (zone->energy.gross.value == 0)
			silence.seconds += zone->energy.duration;
		else
			silence.counting++;
	}
	return silence;
}

static void say_silent(const struct campaign_file *file, const char *name, struct text *text)
{
	struct silence silence = silence_of(file, name);
	if (silence.runs == 0 || silence.counting > 0 || (silence.reason == NULL && silence.seconds < RAPL_ZONES_SECONDS))
		return;
	begin(text);
	plain_add(text, name);
	text_addf(text, " %s in %zu %s that went well", silence.reason ? "gave no energy" : "counted nothing", silence.runs,
		  silence.runs == 1 ? "run" : "runs");
	if (silence.reason) {
		text_add(text, " (");
		plain_add(text, silence.reason);
		text_add(text, ")");
	}
	text_add(text, ": without it RAPL's total lacks a part, and is not held against the wall");
}

/* ---- zones that say the same ---- */

static bool alike(const struct source_result *a, const struct source_result *b)
{
	double x = a->energy.gross.value, y = b->energy.gross.value;
	return x > 0 && fabs(x - y) <= RAPL_ZONES_ALIKE * x;
}

static void say_mirrored(const struct campaign_file *file, const struct source_result *zone, const struct source_result *other, struct text *text)
{
	size_t both = 0, same = 0;
	for (size_t i = 0; i < file->n_results; i++) {
		const struct source_result *a = zone_in(&file->results[i], zone->name), *b = zone_in(&file->results[i], other->name);
		if (a == NULL || b == NULL || a->energy.status == ENERGY_REFUSED || b->energy.status == ENERGY_REFUSED)
			continue;
		both++;
		same += alike(a, b);
	}
	if (both < RAPL_ZONES_RUNS || (double)same < RAPL_ZONES_MOST * (double)both)
		return;
	begin(text);
	plain_add(text, other->name);
	text_add(text, " says what ");
	plain_add(text, zone->name);
	text_addf(text, " says, to the joule, in %zu of %zu runs: one counter shown twice, and RAPL's total, which has both, is not held against the wall",
		  same, both);
}

void rapl_zones_doubt(const struct campaign_file *file, struct text *text)
{
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		for (int a = 0; a < result->n_sources; a++) {
			const struct source_result *zone = &result->sources[a];
			if (!is_zone(zone) || !first_seen(file, i, zone->name))
				continue;
			say_silent(file, zone->name, text);
			for (int b = 0; b < a; b++)
				if (is_zone(&result->sources[b]) && result->sources[b].role == zone->role)
					say_mirrored(file, &result->sources[b], zone, text);
		}
	}
}
