#include "import_ptd.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign_facts.h"
#include "campaign_folder.h"
#include "clock.h"
#include "keep.h"
#include "log.h"
#include "ptd_log.h"
#include "rebuild.h"
#include "result.h"

#define DEVICE "ptd"
#define ARM "imported"
#define SUPPLY_LAG (20 * NS_PER_MS) /* of a bench file that says nothing */
#define MAINS_PERIOD (20 * NS_PER_MS)
#define TAIL_WITHIN 1.0 /* W: quiet is settled to so much */
#define BEGIN (1000 * NS_PER_S)     /* MONOTONIC of a log's first sample: it has none of its own */
#define PLAN "# Imported from logs of SPEC PTDaemon: no plan of joulerig's was run.\n"

enum { POWER, VOLTAGE, CURRENT, CHANNELS };

struct import {
	const struct import_request *request;
	char uuid[37], plan_sha256[65], bench_sha256[65];
	struct channel channels[CHANNELS];
	json_t *bench;
	uint32_t number;  /* of the next run */
	/* The log under way. */
	const char *path;
	struct ptd_log log;
};

/* One run, as it is made of a span. */
struct piece {
	size_t from, to;            /* samples that it keeps */
	int64_t start, stop;        /* MONOTONIC */
	int64_t idle_from, idle_to; /* equal: there is none */
	bool inside;                /* the bracket is shorter than the span */
	int repetition;
};

/* ---- time ---- */

static int64_t monotonic_of(const struct import *m, size_t i)
{
	return BEGIN + (m->log.samples[i].wall - m->log.samples[0].wall) * NS_PER_MS;
}

static int64_t realtime_of(const struct import *m, int64_t monotonic)
{
	return m->log.samples[0].wall * NS_PER_MS - m->request->utc_offset + monotonic - BEGIN;
}

/* ---- facts ---- */

static void sha256_of(const char *text, char hex[65])
{
	SHA256Data((const uint8_t *)text, strlen(text), hex);
}

static json_t *bench_of(const struct import_request *request)
{
	char names[200] = "";
	for (int i = 0; i < request->n_logs; i++) {
		const char *slash = strrchr(request->logs[i], '/');
		size_t used = strlen(names);
		snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", slash ? slash + 1 : request->logs[i]);
	}
	return json_pack("{s:s, s:s, s:I, s:b, s:b, s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o}]}", "name", "imported from PTDaemon",
			 "trigger", "none", "supply_lag_ns", (json_int_t)SUPPLY_LAG, "simulated", 0, "imported", 1, "devices", "name", DEVICE,
			 "driver", "ptdaemon", "endpoint", names, "maker", "SPEC PTDaemon's log", "model", "", "serial", "", "firmware", "",
			 "simulated", 0, "imported", 1, "options", json_object());
}

static json_t *logs_json(const struct import_request *request)
{
	json_t *list = json_array();
	for (int i = 0; i < request->n_logs; i++)
		json_array_append_new(list, json_string(request->logs[i]));
	return list;
}

static int make_facts(struct import *m, json_t **facts, struct error *error)
{
	char started[32];
	campaign_new_uuid(m->uuid);
	campaign_time(clock_now(CLOCK_ID_REALTIME), started);
	sha256_of(PLAN, m->plan_sha256);
	sha256_of("", m->bench_sha256);
	m->bench = bench_of(m->request);
	*facts = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:b, s:b, s:i, s:[s], s:{}, s:O, s:{}, s:{}, s:{s:s}, s:s, s:s, s:o, s:I}", "title",
			   "imported from logs of PTDaemon", "seed", 0, "uuid", m->uuid, "version", m->request->version, "started", started,
			   "repetitions", 0, "reference", ARM, "simulated", 0, "imported", 1, "slots", 0, "arms", ARM, "measures", "bench", m->bench,
			   "machine", "interpreters", "trigger", "name", "none", "plan_sha256", m->plan_sha256, "bench_sha256", m->bench_sha256,
			   "logs", logs_json(m->request), "utc_offset_ns", (json_int_t)m->request->utc_offset);
	return m->bench && *facts ? 0 : error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

static int begin_folder(struct import *m, struct error *error)
{
	struct campaign_file texts = { .plan_text = strdup(PLAN) };
	int result = make_facts(m, &texts.facts, error);
	if (result == 0 && texts.plan_text == NULL)
		result = error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	if (result == 0)
		result = campaign_folder_keep(m->request->directory, &texts, error);
	campaign_file_free(&texts);
	return result;
}

/* ---- channels ---- */

static void describe_channels(struct import *m)
{
	static const struct {
		const char *name;
		enum unit unit;
	} quantities[CHANNELS] = { { "power", UNIT_WATT }, { "voltage", UNIT_VOLT }, { "current", UNIT_AMPERE } };
	for (int i = 0; i < CHANNELS; i++) {
		struct channel *c = &m->channels[i];
		*c = (struct channel){
			.kind = i == POWER ? CHANNEL_MEAN : CHANNEL_OBSERVE, .role = i == POWER ? ROLE_WALL : ROLE_NONE,
			.unit = quantities[i].unit, .number = NUMBER_F64, .clock = CLOCK_ID_MONOTONIC, .scale = 1, .window = m->log.period,
			.unmeasured = MAINS_PERIOD, .refresh = m->log.period, .latency = m->log.period / 2, .u_latency = m->log.period / 2,
			.factor = { -1, -1 },
		};
		snprintf(c->name, sizeof c->name, DEVICE ".%s", quantities[i].name);
	}
	m->channels[POWER].accuracy = m->request->accuracy;
}

static json_t *channels_json(const struct import *m)
{
	json_t *list = json_array();
	for (int i = 0; i < CHANNELS; i++)
		json_array_append_new(list, channel_to_json(&m->channels[i], DEVICE));
	return list;
}

/* ---- spans ---- */

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_idle(const struct import *m, size_t i)
{
	return strcmp(m->log.samples[i].mark, m->request->idle) == 0;
}

static bool is_foreign(const struct import *m, size_t i)
{
	struct ptd_span span;
	return ptd_log_span(&m->log, i, &span) && span.first == i && !is_idle(m, i);
}

/* Samples marked idle that end no more than half a pad before the span, with no other span between. */
static void find_idle(const struct import *m, const struct ptd_span *span, struct piece *piece)
{
	size_t end = span->first, slack = 0;
	while (end > 0 && !is_idle(m, end - 1) && !is_foreign(m, end - 1) && slack < IMPORT_PAD / 2) {
		end--;
		slack++;
	}
	if (end == 0 || !is_idle(m, end - 1))
		return;
	size_t first = end;
	while (first > 0 && is_idle(m, first - 1))
		first--;
	piece->idle_from = monotonic_of(m, first);
	piece->idle_to = monotonic_of(m, end - 1);
	piece->from = lesser(piece->from, first);
}

/* Mean of n valid powers from `at` on, forwards or back. */
static double power_of(const struct import *m, size_t at, int n, int step)
{
	double sum = 0;
	int valid = 0;
	for (int i = 0; i < n; i++, at += (size_t)step)
		if (!isnan(m->log.samples[at].watts.value)) {
			sum += m->log.samples[at].watts.value;
			valid++;
		}
	return sum / valid;
}

/* Whether what lies beside the span, from `at` on away from it, tells the level around it: a pad of samples, none of another span, and
 * no more of the load's step in its nearer half than half a sample, for the mark need not have met the load. */
static bool is_quiet_beside(const struct import *m, size_t at, int step, double load)
{
	size_t available = step > 0 ? m->log.n - at : at + 1;
	int half = IMPORT_PAD / 2;
	if (available < IMPORT_PAD)
		return false;
	for (int i = 0; i < IMPORT_PAD; i++)
		if (is_foreign(m, at + (size_t)(step * i)))
			return false;
	double near = power_of(m, at, half, step), level = power_of(m, at + (size_t)(step * half), half, step);
	return fabs(near - level) * half <= fmax(fabs(load - level) / 2, TAIL_WITHIN * half);
}

/* Where there is no quiet beside it, the bracket's end lies a pad inside the span. */
static void place(const struct import *m, const struct ptd_span *span, struct piece *piece)
{
	size_t first = span->first, last = span->end - 1, length = span->end - span->first;
	int some = (int)lesser(IMPORT_PAD / 2, length);
	bool before = is_quiet_beside(m, first - 1, -1, power_of(m, first, some, 1));
	bool after = is_quiet_beside(m, last + 1, 1, power_of(m, last, some, -1));
	piece->from = before ? first - IMPORT_PAD : first;
	piece->to = after ? span->end + IMPORT_PAD : span->end;
	piece->inside = !before || !after;
	if (!before)
		first += lesser(IMPORT_PAD, length - 1);
	if (!after)
		last -= lesser(IMPORT_PAD, length - 1);
	piece->start = monotonic_of(m, first) - m->log.period;
	piece->stop = monotonic_of(m, last);
	if (!piece->inside) /* else the end of the record is the load's, and nothing above idle can be told apart */
		find_idle(m, span, piece);
}

static int repetition_of(const struct import *m, const struct ptd_span *span)
{
	struct ptd_span earlier = { .first = 0 };
	int n = 1;
	for (size_t at = 0; ptd_log_span(&m->log, at, &earlier) && earlier.first < span->first; at = earlier.end)
		n += strcmp(m->log.samples[earlier.first].mark, m->log.samples[span->first].mark) == 0;
	return n;
}

/* ---- one run ---- */

static char *header_text(const struct import *m, const struct piece *piece, const char *mark)
{
	json_t *options = json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:f}", "guard_ns", (json_int_t)0, "supply_lag_ns", (json_int_t)SUPPLY_LAG,
				    "start_u_ns", (json_int_t)m->log.period, "stop_u_ns", (json_int_t)m->log.period, "mark_u_ns",
				    (json_int_t)m->log.period, "wall", "samples", "tail_within_W", TAIL_WITHIN);
	json_t *header = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:b, s:s, s:{}, s:[], s:{}, s:o, s:n, s:n, "
				   "s:O, s:s, s:s, s:o}",
				   "joulerig", "run 1", "campaign", m->uuid, "run", (json_int_t)m->number, "slot", (json_int_t)(m->number - 1), "attempt",
				   (json_int_t)1, "repetition", (json_int_t)piece->repetition, "block", (json_int_t)piece->repetition, "order",
				   (json_int_t)m->number, "workload", mark, "point", "", "arm", ARM, "measure", "", "gil", -1, "checksum", "none", "simulated",
				   0, "imported", 1, "log", m->path, "parameters", "command", "environment", "options", options, "line", "interpreter", "bench",
				   m->bench, "plan_sha256", m->plan_sha256, "bench_sha256", m->bench_sha256, "channels", channels_json(m));
	char *text = header ? json_dumps(header, JSON_COMPACT) : NULL;
	json_decref(header);
	return text;
}

static int append_anchor(struct journal *journal, const struct import *m, int64_t t, struct error *error)
{
	struct clock_anchor anchor = {
		.monotonic = t, .raw = t, .boottime = t, .realtime = realtime_of(m, t), .tai = realtime_of(m, t), .width = m->log.period,
	};
	struct record record = { .kind = RECORD_ANCHOR, .n = 1, .t = t, .u_t = anchor.width };
	return journal_append(journal, &record, &anchor, sizeof anchor, error);
}

static int append_edge(struct journal *journal, enum edge_what what, const char *name, int64_t t, int64_t u, struct error *error)
{
	struct record_edge edge = { .what = what, .source = EDGE_SOFTWARE, .received = t };
	struct record record = { .kind = RECORD_EDGE, .n = 1, .t = t, .u_t = u };
	snprintf(edge.name, sizeof edge.name, "%s", name);
	return journal_append(journal, &record, &edge, sizeof edge, error);
}

static int append_value(struct journal *journal, int channel, uint32_t seq, int64_t t, const struct ptdaemon_value *value, struct error *error)
{
	struct record record = { .kind = RECORD_BLOCK, .channel = (uint16_t)channel, .seq = seq, .flags = value->flags, .n = 1, .t = t, .u_t = NS_PER_MS };
	return journal_append(journal, &record, &value->value, sizeof value->value, error);
}

/* Seconds of which the log has no sample. */
static int append_gap(struct journal *journal, const struct import *m, int channel, uint32_t seq, size_t i, struct error *error)
{
	int64_t from = monotonic_of(m, i - 1), to = monotonic_of(m, i);
	int64_t missing = (to - from + m->log.period / 2) / m->log.period - 1;
	struct record_gap gap = { .reason = GAP_MISSED, .values = missing > UINT32_MAX ? UINT32_MAX : (uint32_t)missing, .from = from, .to = to };
	struct record record = { .kind = RECORD_GAP, .channel = (uint16_t)channel, .seq = seq, .n = 1, .t = to };
	return journal_append(journal, &record, &gap, sizeof gap, error);
}

static bool is_gap(const struct import *m, const struct piece *piece, size_t i)
{
	return i > piece->from && monotonic_of(m, i) - monotonic_of(m, i - 1) > 3 * m->log.period / 2;
}

static int append_samples(struct journal *journal, const struct import *m, const struct piece *piece, struct error *error)
{
	uint32_t seq = 0;
	for (size_t i = piece->from; i < piece->to; i++) {
		const struct ptdaemon_sample *s = &m->log.samples[i];
		const struct ptdaemon_value *values[CHANNELS] = { &s->watts, &s->volts, &s->amperes };
		bool gap = is_gap(m, piece, i);
		for (int k = 0; k < CHANNELS; k++)
			if ((gap && append_gap(journal, m, k, seq, i, error) != 0) ||
			    append_value(journal, k, seq + gap, monotonic_of(m, i), values[k], error) != 0)
				return -1;
		seq += 1 + gap;
	}
	return 0;
}

/* In the order in which a live run has them. Quiet is what is kept around the bracket, whether or not it was idle. */
static int append_edges(struct journal *journal, const struct import *m, const struct piece *piece, struct error *error)
{
	bool idle = piece->idle_from < piece->idle_to;
	int64_t first = monotonic_of(m, piece->from), last = monotonic_of(m, piece->to - 1);
	if (append_edge(journal, EDGE_MARK, "idle-begin", idle ? piece->idle_from : first, 0, error) != 0 ||
	    (idle && append_edge(journal, EDGE_MARK, "idle-end", piece->idle_to, 0, error) != 0) ||
	    append_edge(journal, EDGE_START, "", piece->start, m->log.period, error) != 0 ||
	    append_edge(journal, EDGE_STOP, "", piece->stop, m->log.period, error) != 0)
		return -1;
	return append_edge(journal, EDGE_MARK, "tail-end", last, 0, error);
}

static int append_note(struct journal *journal, const struct import *m, const struct piece *piece, struct error *error)
{
	char reason[160];
	snprintf(reason, sizeof reason, "imported from a PTDaemon log: no trigger (edges to ± %.3g s), no RAPL%s%s", (double)m->log.period / NS_PER_S,
		 piece->idle_from < piece->idle_to ? "" : ", no idle before it",
		 piece->inside ? "; no quiet around it in the log: of a part of the span only" : "");
	json_t *note = json_pack("{s:s, s:s, s:i, s:i, s:b}", "reason", reason, "status", run_status_name(RUN_OK), "exit_code", 0, "signal", 0,
				 "imported", 1);
	int result = run_note(journal, monotonic_of(m, piece->to - 1), note, error);
	json_decref(note);
	return result;
}

static int write_journal(const struct import *m, const struct piece *piece, const char *mark, const char *path, struct error *error)
{
	char *header = header_text(m, piece, mark);
	if (header == NULL)
		return error_set(error, ERROR_CONFIG, m->path, NULL, "the mark \"%.20s\" cannot be kept: is it UTF-8?", mark);
	struct journal *journal = journal_create(path, header, error);
	free(header);
	if (journal == NULL)
		return -1;
	int result = append_anchor(journal, m, monotonic_of(m, piece->from), error) != 0 || append_samples(journal, m, piece, error) != 0 ||
				     append_edges(journal, m, piece, error) != 0 ||
				     append_anchor(journal, m, monotonic_of(m, piece->to - 1), error) != 0 || append_note(journal, m, piece, error) != 0
			     ? -1
			     : 0;
	return journal_close(journal, result == 0 ? error : NULL) == 0 ? result : -1;
}

static int import_span(struct import *m, const struct ptd_span *span, struct error *error)
{
	char path[PATH_MAX];
	struct run run;
	struct piece piece = { .repetition = repetition_of(m, span) };
	place(m, span, &piece);
	campaign_folder_run_path(m->request->directory, m->number, ".journal", path, sizeof path);
	if (write_journal(m, &piece, m->log.samples[span->first].mark, path, error) != 0 || keep_load(path, &run, error) != 0)
		return -1;
	int result = keep_write(m->request->directory, m->number, &run, error);
	run_free(&run);
	m->number += result == 0;
	return result;
}

/* ---- the whole ---- */

static int import_log(struct import *m, const char *path, struct error *error)
{
	struct ptd_span span;
	int result = ptd_log_read(path, &m->log, error);
	m->path = path;
	if (result == 0)
		describe_channels(m);
	for (size_t at = 0; result == 0 && ptd_log_span(&m->log, at, &span); at = span.end)
		if (!is_idle(m, span.first))
			result = import_span(m, &span, error);
	if (result == 0 && m->log.others > 0)
		log_say(LOG_LEVEL_WARNING, "%s: %zu lines are no samples, and were passed over: read them", path, m->log.others);
	ptd_log_free(&m->log);
	return result;
}

static int import_logs(struct import *m, struct error *error)
{
	struct campaign_file file;
	if (begin_folder(m, error) != 0)
		return -1;
	for (int i = 0; i < m->request->n_logs; i++)
		if (import_log(m, m->request->logs[i], error) != 0)
			return -1;
	int result = rebuild_locked(m->request->directory, &file, error);
	campaign_file_free(&file);
	return result;
}

static bool has_runs(const struct import *m)
{
	struct ptd_span span;
	for (size_t at = 0; ptd_log_span(&m->log, at, &span); at = span.end)
		if (!is_idle(m, span.first))
			return true;
	return false;
}

/* All logs are read before anything is made of one. */
static int check_logs(const struct import_request *request, struct error *error)
{
	for (int i = 0; i < request->n_logs; i++) {
		struct import m = { .request = request };
		int result = ptd_log_read(request->logs[i], &m.log, error);
		if (result == 0 && !has_runs(&m))
			result = error_set(error, ERROR_CONFIG, request->logs[i], "PTDaemon writes what a client gives with Go or Mark",
					   "the log has no span with a mark");
		ptd_log_free(&m.log);
		if (result != 0)
			return -1;
	}
	return 0;
}

int import_ptd(const struct import_request *request, size_t *runs, struct error *error)
{
	struct import m = { .request = request, .number = 1 };
	*runs = 0;
	if (check_logs(request, error) != 0)
		return -1;
	int lock = campaign_folder_make(request->directory, false, error);
	if (lock < 0)
		return -1;
	int result = import_logs(&m, error);
	*runs = m.number - 1;
	json_decref(m.bench);
	close(lock);
	return result;
}
