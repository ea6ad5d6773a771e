/*
 * audit_campaign: a made-up campaign in files, real ones: facts.json, texts, run files, and campaign.h5 as `joulerig analyse` makes it of them.
 * As it is, it meets every rule of every profile; a test changes one thing.
 *
 * A run: idle at 60 W for 12 s; the workload from 0 s to 94 s, of which its phase "solve" is at 212 W from 12 s to 82 s, between two barriers
 * with quiet at 60 W; idle again until 106 s.
 */
#ifndef JOULERIG_TESTS_UNIT_REPORT_AUDIT_CAMPAIGN_H
#define JOULERIG_TESTS_UNIT_REPORT_AUDIT_CAMPAIGN_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "rebuild.h"
#include "run.h"
#include "unit.h"

#define MADE_T0 (INT64_C(5000) * NS_PER_S)
#define MADE_DAY0 (INT64_C(20454) * 86400 * NS_PER_S) /* 2026-01-01 */

struct made {
	struct channel power, energy;  /* wall.power; wall.energy, its integrator */
	bool has_energy, has_electrical, has_idle, has_whole, has_range, automatic, changed;
	double voltage, load;          /* V; W in the phase */
	double spoilt;                 /* s: from here on `spoilt_n` readings have `spoilt_flags` */
	unsigned spoilt_n;
	uint32_t spoilt_flags;
	double gap_from, gap_to;       /* s: nothing was read in between; 0, 0: no gap */
	double quiet_from, quiet_to;   /* s: nothing was read, and nothing says so; 0, 0: none */
	double energy_from, energy_to; /* s: the integrator was read from and to here */
	double phase_from, phase_to;   /* s */
	int64_t u_t;                   /* ns: of each reading */
	int64_t clock_status;          /* of the anchors */
	double ambient, ambient_step;  /* °C, s; step 0: no sensor */
	double ambient_to;             /* s: it is read until then */
	const char *maker, *model, *serial, *number, *of_serial, *issued; /* number NULL: no certificate */
	bool simulated, imported, direct; /* direct: as many watts as volts times amperes */
	int slots, runs;
	bool one_slot;                 /* all runs are of the first */
	const char *status;            /* of the last run */
	double ranging;                /* W in the ranging pass; 0: there is none */
	bool lost_file;                /* of the last run, after campaign.h5 was made */
};

static inline struct channel made_channel(const char *name, enum channel_kind kind, enum channel_role role, enum unit unit, int64_t refresh)
{
	struct channel channel = { .kind = kind, .role = role, .unit = unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1,
				   .refresh = refresh, .factor = { -1, -1 } };
	snprintf(channel.name, sizeof channel.name, "%s", name);
	return channel;
}

static inline struct made made_good(void)
{
	struct made m = {
		.power = made_channel("wall.power", CHANNEL_MEAN, ROLE_WALL, UNIT_WATT, NS_PER_S / 2),
		.energy = made_channel("wall.energy", CHANNEL_COUNTER, ROLE_INTEGRAL, UNIT_JOULE, NS_PER_S),
		.has_energy = true, .has_electrical = true, .has_idle = true, .has_whole = true, .has_range = true, .voltage = 230, .load = 212,
		.energy_from = -12, .energy_to = 106, .phase_from = 12, .phase_to = 82, .u_t = NS_PER_MS, .ambient = 22, .ambient_step = 10, .ambient_to = 106,
		.maker = "YOKOGAWA", .model = "WT310E", .serial = "C3XE01", .number = "K-4711", .of_serial = "C3XE01", .issued = "2025-09-01",
		.slots = 2, .runs = 2, .status = "ok", .ranging = 215,
	};
	m.power.window = NS_PER_S / 2;
	m.power.accuracy = (struct accuracy){ .reading = 0.001, .range = 0.0005, .range_value = 600, .power_factor = 0.001 };
	m.energy.number = NUMBER_U64;
	m.energy.scale = 1e-3;
	m.energy.accuracy = m.power.accuracy;
	return m;
}

static inline void made_simulate(struct made *m)
{
	m->simulated = m->power.simulated = m->energy.simulated = true;
}

/* ---- a run ---- */

enum { MADE_POWER, MADE_ENERGY, MADE_VOLTAGE, MADE_CURRENT, MADE_AMBIENT };

static inline json_t *made_channels(const struct made *m)
{
	struct channel voltage = made_channel("wall.voltage", CHANNEL_OBSERVE, ROLE_NONE, UNIT_VOLT, NS_PER_S / 2);
	struct channel current = made_channel("wall.current", CHANNEL_OBSERVE, ROLE_NONE, UNIT_AMPERE, NS_PER_S / 2);
	struct channel ambient = made_channel("room.ambient", CHANNEL_OBSERVE, ROLE_NONE, UNIT_DEGREE_C, 10 * NS_PER_S);
	struct channel energy = m->energy;
	if (!m->has_energy) {
		energy.kind = CHANNEL_OBSERVE;
		energy.role = ROLE_NONE;
	}
	json_t *list = json_array();
	json_array_append_new(list, channel_to_json(&m->power, "wall"));
	json_array_append_new(list, channel_to_json(&energy, "wall"));
	json_array_append_new(list, channel_to_json(&voltage, "wall"));
	json_array_append_new(list, channel_to_json(&current, "wall"));
	json_array_append_new(list, channel_to_json(&ambient, "room"));
	return list;
}

static inline json_t *made_devices(const struct made *m)
{
	json_t *wall = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "name", "wall", "driver", "yokogawa_wt", "maker", m->maker, "model", m->model,
				 "serial", m->serial, "simulated", m->simulated);
	if (m->number)
		json_object_set_new(wall, "certificate", json_pack("{s:s, s:s, s:s, s:s}", "number", m->number, "serial", m->of_serial, "issued",
								   m->issued, "expires", ""));
	return json_pack("[o, {s:s, s:s, s:b}]", wall, "name", "room", "driver", "hwmon", "simulated", 0);
}

static inline char *made_header(const struct made *m, int number)
{
	json_t *header = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:{s:s, s:o}, s:s, s:{s:s, s:I}}",
				   "joulerig", "run 1", "version", "0", "campaign", "0b21-25", "run", number, "slot", m->one_slot ? 0 : number - 1, "attempt", 1,
				   "repetition", number, "block", number, "order", number, "workload", "hpl", "point", "", "arm", "only", "measure",
				   "solve", "simulated", m->simulated, "imported", m->imported, "channels", made_channels(m), "bench", "name", "desk",
				   "devices", made_devices(m), "checksum", "none", "options", "wall", "samples", "guard_ns",
				   (json_int_t)(100 * NS_PER_MS));
	char *text = json_dumps(header, 0);
	json_decref(header);
	return text;
}

struct making {
	const struct made *made;
	struct journal *journal;
	uint32_t seq[5];
};

static inline void made_put(struct making *g, unsigned kind, int channel, uint32_t flags, uint32_t n, int64_t t, const void *payload, uint32_t size)
{
	struct error error = ERROR_INIT;
	struct record record = { .kind = (uint16_t)kind, .channel = (uint16_t)channel, .flags = flags, .n = n, .t = t, .u_t = g->made->u_t };
	if (kind == RECORD_BLOCK || kind == RECORD_GAP || kind == RECORD_RANGE)
		record.seq = g->seq[channel]++;
	if (journal_append(g->journal, &record, payload, size, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static inline int64_t made_at(double seconds)
{
	return MADE_T0 + llround(seconds * 1e9);
}

static inline void made_edge(struct making *g, enum edge_what what, const char *name, double seconds)
{
	struct record_edge edge = { .what = what, .source = EDGE_SOFTWARE, .received = made_at(seconds) };
	snprintf(edge.name, sizeof edge.name, "%s", name);
	made_put(g, RECORD_EDGE, 0, 0, 0, made_at(seconds), &edge, sizeof edge);
}

static inline void made_anchor(struct making *g, double seconds)
{
	int64_t t = made_at(seconds);
	struct clock_anchor anchor = { .monotonic = t, .raw = t, .boottime = t, .realtime = MADE_DAY0 + t, .tai = MADE_DAY0 + t, .width = 300,
				       .status = g->made->clock_status };
	made_put(g, RECORD_ANCHOR, 0, 0, 0, t, &anchor, sizeof anchor);
}

static inline double made_energy_by(const struct made *m, double t)
{
	double ran = fmin(fmax(t - m->phase_from, 0), m->phase_to - m->phase_from);
	return 60 * (t + 12) + (m->load - 60) * ran;
}

static inline bool made_is_within(double t, double from, double to)
{
	return from < to && t > from && t <= to;
}

static inline void made_reading(struct making *g, double t, unsigned *spoilt)
{
	const struct made *m = g->made;
	double power = t > m->phase_from + 1e-6 && t < m->phase_to + 1e-6 ? m->load : 60;
	double factor = m->direct ? 1 : power > 100 ? 0.97 : 0.8, current = power / (m->voltage * factor);
	uint32_t flags = m->spoilt_n && t >= m->spoilt && *spoilt < m->spoilt_n ? m->spoilt_flags : 0;
	uint64_t joules = (uint64_t)llround(made_energy_by(m, t) * 1e3);
	*spoilt += flags != 0;
	if (made_is_within(t, m->gap_from, m->gap_to) || made_is_within(t, m->quiet_from, m->quiet_to))
		return;
	if (m->power.kind == CHANNEL_COUNTER)
		made_put(g, RECORD_BLOCK, MADE_POWER, flags, 1, made_at(t), &joules, 8);
	else
		made_put(g, RECORD_BLOCK, MADE_POWER, flags, 1, made_at(t), &power, 8);
	if (m->has_electrical) {
		made_put(g, RECORD_BLOCK, MADE_VOLTAGE, 0, 1, made_at(t), &m->voltage, 8);
		made_put(g, RECORD_BLOCK, MADE_CURRENT, 0, 1, made_at(t), &current, 8);
	}
}

static inline void made_readings(struct making *g)
{
	const struct made *m = g->made;
	double step = (double)m->power.refresh / 1e9;
	unsigned spoilt = 0;
	for (double t = -12 + step; t <= 106 + 1e-6; t += step)
		made_reading(g, t, &spoilt);
	for (double t = m->energy_from; t <= m->energy_to + 1e-6; t += (double)m->energy.refresh / 1e9) {
		uint64_t joules = (uint64_t)llround(made_energy_by(m, t) * 1e3);
		made_put(g, RECORD_BLOCK, MADE_ENERGY, 0, 1, made_at(t), &joules, 8);
	}
	for (double t = -12; m->ambient_step > 0 && t < m->ambient_to; t += m->ambient_step)
		made_put(g, RECORD_BLOCK, MADE_AMBIENT, 0, 1, made_at(t), &m->ambient, 8);
}

static inline void made_events(struct making *g)
{
	const struct made *m = g->made;
	struct record_range range = { .voltage = 300, .current = 2, .automatic = m->automatic, .changed = m->changed };
	struct record_gap gap = { .reason = GAP_TIMEOUT, .values = 2, .from = made_at(m->gap_from), .to = made_at(m->gap_to) };
	if (m->has_range || m->automatic || m->changed)
		made_put(g, RECORD_RANGE, MADE_POWER, 0, 0, made_at(-12), &range, sizeof range);
	if (m->gap_from < m->gap_to)
		made_put(g, RECORD_GAP, MADE_POWER, 0, 0, made_at(m->gap_to), &gap, sizeof gap);
	made_edge(g, EDGE_MARK, "idle-begin", -12);
	if (m->has_idle)
		made_edge(g, EDGE_MARK, "idle-end", -0.5);
	if (m->has_whole)
		made_edge(g, EDGE_START, "", 0);
	made_edge(g, EDGE_BARRIER, "", 0);
	made_edge(g, EDGE_GO, "", m->phase_from);
	made_edge(g, EDGE_BEGIN, "solve", m->phase_from);
	made_edge(g, EDGE_END, "solve", m->phase_to);
	made_edge(g, EDGE_BARRIER, "", m->phase_to);
	made_edge(g, EDGE_GO, "", 94);
	if (m->has_whole)
		made_edge(g, EDGE_STOP, "", 94);
	made_edge(g, EDGE_MARK, "tail-end", 106);
}

static inline void made_run(const struct made *m, const char *directory, int number)
{
	char journal[256], path[256], note[64], *header = made_header(m, number);
	struct error error = ERROR_INIT;
	struct run run;
	snprintf(journal, sizeof journal, "%s/made.journal", directory);
	snprintf(path, sizeof path, "%s/runs/%06d.h5", directory, number);
	struct making g = { .made = m, .journal = journal_create(journal, header, &error) };
	free(header);
	assert_non_null(g.journal);
	made_anchor(&g, -12);
	made_readings(&g);
	made_events(&g);
	made_anchor(&g, 106);
	snprintf(note, sizeof note, "{\"status\": \"%s\", \"exit_code\": 0}", number == m->runs ? m->status : "ok");
	assert_int_equal(journal_note(g.journal, made_at(106), note, &error), 0);
	assert_int_equal(journal_close(g.journal, &error), 0);
	if (run_from_journal(journal, &run, &error) != 0 || run_write(&run, path, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	assert_int_equal(run.damage, 0);
	run_free(&run);
	unlink(journal);
}

/* ---- a campaign ---- */

static inline void made_text(const char *directory, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void made_facts(const struct made *m, const char *directory)
{
	json_t *facts = json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:b, s:b, s:i, s:[s], s:{s:s}, s:{s:s, s:o}}", "title", "made up", "uuid",
				  "0b21-25", "seed", 1, "version", "0", "started", "2026-01-01T00:00:00Z", "repetitions", m->runs, "reference", "only",
				  "simulated", m->simulated, "imported", m->imported, "slots", m->slots, "arms", "only", "measures", "hpl", "solve",
				  "bench", "name", "desk", "devices", made_devices(m));
	char *text = json_dumps(facts, 0);
	made_text(directory, "facts.json", text);
	made_text(directory, "plan.yaml", "joulerig: plan 1\n");
	made_text(directory, "bench.yaml", "joulerig: bench 1\n");
	free(text);
	json_decref(facts);
}

/* In `directory`, which is made; with a ranging pass beside it. */
static inline void made_campaign(const struct made *m, const char *directory)
{
	char path[300];
	struct campaign_file file;
	struct error error = ERROR_INIT;
	snprintf(path, sizeof path, "%s/runs", directory);
	assert_int_equal(mkdir(directory, 0755) | mkdir(path, 0755), 0);
	for (int number = 1; number <= m->runs; number++)
		made_run(m, directory, number);
	made_facts(m, directory);
	if (rebuild_directory(directory, &file, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	campaign_file_free(&file);
	snprintf(path, sizeof path, "%s/runs/%06d.h5", directory, m->runs);
	if (m->lost_file)
		unlink(path);
	if (m->ranging > 0) {
		struct made pass = *m;
		pass.load = m->ranging;
		pass.ranging = 0;
		pass.runs = pass.slots = 1;
		snprintf(path, sizeof path, "%s-ranging", directory);
		made_campaign(&pass, path);
	}
}

#endif
