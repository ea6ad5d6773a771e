#include "sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define AT(s) ((int64_t)((s) * 1e9) + 1000 * NS_PER_S) /* the host had been up for a while */

enum { WALL, PACKAGE, CURRENT, FREQUENCY };

/* J from 0 to t. */
static double energy_until(double t)
{
	return 60 * t + 140 * (t < 2 ? 0 : t > 4 ? 2 : t - 2);
}

static json_t *channels(bool all_kinds)
{
	struct channel wall = {.name = "wall.power", .kind = CHANNEL_MEAN, .role = ROLE_WALL, .unit = UNIT_WATT, .number = NUMBER_F64,
			       .scale = 1, .window = 100 * NS_PER_MS, .refresh = 100 * NS_PER_MS, .latency = 20 * NS_PER_MS,
			       .u_latency = NS_PER_MS, .power_max = 1000, .factor = {-1, -1}, .simulated = true,
			       .accuracy = {.reading = 0.001, .range = 0.001, .range_value = 600, .timebase = 50e-6}};
	struct channel package = {.name = "rapl.package-0", .kind = CHANNEL_COUNTER, .role = ROLE_PACKAGE, .unit = UNIT_JOULE,
				  .number = NUMBER_U64, .scale = 1e-6, .wrap = 400000000, .refresh = 100 * NS_PER_MS,
				  .update_jitter = NS_PER_MS, .power_max = 1000, .factor = {-1, -1}, .simulated = true,
				  .accuracy = {.quantum = 1e-6}};
	struct channel current = {.name = "rig.power", .kind = CHANNEL_INSTANT, .role = ROLE_RAIL, .unit = UNIT_WATT,
				  .number = NUMBER_I16, .scale = 0.125, .refresh = 50 * NS_PER_MS, .factor = {-1, -1}, .simulated = true};
	struct channel frequency = {.name = "cpu.frequency", .kind = CHANNEL_OBSERVE, .role = ROLE_NONE, .unit = UNIT_HERTZ,
				    .number = NUMBER_I32, .scale = 1000, .refresh = NS_PER_S, .factor = {-1, -1}};
	json_t *list = json_array();
	json_array_append_new(list, channel_to_json(&wall, "wall"));
	json_array_append_new(list, channel_to_json(&package, "rapl"));
	if (all_kinds) {
		json_array_append_new(list, channel_to_json(&current, "rig"));
		json_array_append_new(list, channel_to_json(&frequency, "cpu"));
	}
	return list;
}

static char *header(bool all_kinds)
{
	json_t *json = json_pack(
		"{s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:{s:I, s:I, s:f, s:I}, s:o, s:{s:[{s:s, s:s}]}}",
		"joulerig", "run 1", "campaign", "5c3e2f60-97c1-4bd5-8a51-2f6c2b9c1e11", "run", 1, "slot", 1, "attempt", 1, "workload",
		"nbody", "point", "threads=2", "arm", "ft", "measure", "measured", "gil", 0, "checksum", "optional", "simulated", 1,
		"options", "guard_ns", (json_int_t)(200 * NS_PER_MS), "supply_lag_ns", (json_int_t)(20 * NS_PER_MS), "tail_within_W",
		1.0, "start_u_ns", (json_int_t)2000, "channels", channels(all_kinds), "bench", "devices", "name", "wall", "model", "W");
	char *text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

static void put(struct journal *journal, unsigned kind, unsigned channel, unsigned seq, uint32_t n, int64_t t, const void *payload,
		uint32_t size, struct error *error)
{
	struct record record = {.kind = (uint16_t)kind, .channel = (uint16_t)channel, .seq = seq, .n = n, .t = t, .u_t = 20000};
	journal_append(journal, &record, payload, size, error);
}

static void put_edge(struct journal *journal, enum edge_what what, const char *name, double t, struct error *error)
{
	struct record_edge edge = {.what = what, .source = EDGE_SOFTWARE, .received = AT(t) + 5000};
	snprintf(edge.name, sizeof edge.name, "%s", name);
	put(journal, RECORD_EDGE, 0, 0, 0, AT(t), &edge, sizeof edge, error);
}

static void put_anchor(struct journal *journal, double t, struct error *error)
{
	int64_t at = AT(t), start = INT64_C(1763780000) * NS_PER_S;
	struct clock_anchor anchor = {.monotonic = at, .raw = at, .boottime = at, .realtime = at + start,
				      .tai = at + start + 37 * NS_PER_S, .width = 300, .tai_offset_s = 37};
	put(journal, RECORD_ANCHOR, 0, 0, 0, at, &anchor, sizeof anchor, error);
}

static void put_samples(struct journal *journal, bool all_kinds, struct error *error)
{
	for (unsigned i = 1; i < 60; i++) {
		double t = i / 10.0, power = (energy_until(t - 0.02) - energy_until(t - 0.12)) / 0.1;
		uint64_t count = (uint64_t)(energy_until(t) * 0.6 * 1e6) % 400000000;
		int16_t native[] = {(int16_t)(power * 8), (int16_t)(power * 8)};
		int32_t frequency = 2600000;
		put(journal, RECORD_BLOCK, WALL, i, 1, AT(t), &power, sizeof power, error);
		put(journal, RECORD_BLOCK, PACKAGE, i, 1, AT(t), &count, sizeof count, error);
		if (all_kinds)
			put(journal, RECORD_BLOCK, CURRENT, i, 2, AT(t), native, sizeof native, error);
		if (all_kinds && i % 20 == 0)
			put(journal, RECORD_BLOCK, FREQUENCY, i / 20, 1, AT(t), &frequency, sizeof frequency, error);
	}
}

static void put_run(struct journal *journal, bool all_kinds, struct error *error)
{
	struct record_range range = {.voltage = 300, .current = 2};
	struct record_gap gap = {.reason = GAP_TIMEOUT, .values = 3, .from = AT(5.5), .to = AT(5.6)};
	put_anchor(journal, 0, error);
	put(journal, RECORD_RANGE, WALL, 0, 0, AT(0), &range, sizeof range, error);
	put_edge(journal, EDGE_MARK, "idle-begin", 0.2, error);
	put_edge(journal, EDGE_MARK, "idle-end", 1.8, error);
	put_edge(journal, EDGE_START, "", 2, error);
	put_edge(journal, EDGE_BEGIN, "measured", 2.5, error);
	put_edge(journal, EDGE_END, "measured", 3.5, error);
	put_edge(journal, EDGE_STOP, "", 4, error);
	put_samples(journal, all_kinds, error);
	put(journal, RECORD_GAP, PACKAGE, 0, 0, AT(5.5), &gap, sizeof gap, error);
	put_edge(journal, EDGE_MARK, "tail-end", 5.9, error);
	put_anchor(journal, 6, error);
	journal_note(journal, AT(6), "{\"status\": \"ok\", \"exit_code\": 0, \"usage\": {\"user_s\": 1.5, \"system_s\": 0.25}}", error);
}

int sound_journal(const char *path, bool all_kinds, struct error *error)
{
	char *text = header(all_kinds);
	struct journal *journal = journal_create(path, text, error);
	free(text);
	if (journal == NULL)
		return -1;
	put_run(journal, all_kinds, error);
	return journal_close(journal, error);
}

int sound_run_file(const char *path, bool all_kinds, struct error *error)
{
	char journal[4096];
	struct run run;
	snprintf(journal, sizeof journal, "%s.journal", path);
	if (sound_journal(journal, all_kinds, error) != 0 || run_from_journal(journal, &run, error) != 0)
		return -1;
	int result = run_write(&run, path, error);
	run_free(&run);
	unlink(journal);
	return result;
}
