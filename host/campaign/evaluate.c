#include "evaluate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clocks.h"
#include "closure.h"
#include "padded.h"
#include "range_needs.h"
#include "readiness.h"
#include "run_certificates.h"
#include "run_edges.h"
#include "run_series.h"
#include "sanity.h"

/* A bracket of the run, with the quiet on both sides of it. */
struct stretch {
	char name[40]; /* of the phase; "" for the whole run */
	struct bracket bracket;
	int64_t quiet_from, quiet_to;
	const char *remark; /* on the edges; may be empty */
};
#define STRETCHES_MAX 64

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int64_t integer_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static double number_of(const json_t *object, const char *key, double fallback)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : fallback;
}

/* ---- brackets ---- */

static const struct run_edge *find_after(const struct run *run, size_t from, enum edge_what what, const char *name)
{
	for (size_t i = from; i < run->n_edges; i++)
		if (run->edges[i].edge.what == what && (name == NULL || strcmp(run->edges[i].edge.name, name) == 0))
			return &run->edges[i];
	return NULL;
}

/* Since when it has been quiet before the phase: the barrier that let it begin, or nothing. */
static int64_t quiet_before(const struct run *run, size_t begin)
{
	for (size_t i = begin; i-- > 0;) {
		const struct run_edge *edge = &run->edges[i];
		if (edge->edge.what == EDGE_BARRIER)
			return edge->edge.received;
		if (edge->edge.what != EDGE_GO && edge->edge.what != EDGE_MARK && edge->edge.what != EDGE_START && !run_edge_is_line(edge))
			break;
	}
	return run->edges[begin].t;
}

/* Until when it stayed quiet after the phase: the barrier behind it opened, or nothing. */
static int64_t quiet_after(const struct run *run, const struct run_edge *end)
{
	size_t next = (size_t)(end - run->edges) + 1;
	while (next < run->n_edges && run_edge_is_line(&run->edges[next]))
		next++;
	if (next >= run->n_edges || run->edges[next].edge.what != EDGE_BARRIER)
		return end->t;
	const struct run_edge *go = find_after(run, next, EDGE_GO, NULL);
	const struct run_edge *stop = run_edge(run, EDGE_STOP, NULL);
	return go ? go->t : stop ? stop->t : end->t;
}

static size_t times_before(const struct run *run, size_t edge)
{
	size_t n = 0;
	for (size_t i = 0; i < edge; i++)
		if (run->edges[i].edge.what == EDGE_BEGIN && strcmp(run->edges[i].edge.name, run->edges[edge].edge.name) == 0)
			n++;
	return n;
}

static bool phase_stretch(const struct run *run, size_t begin, int64_t u_mark, struct stretch *stretch)
{
	const struct run_edge *from = &run->edges[begin], *to = find_after(run, begin, EDGE_END, from->edge.name);
	if (to == NULL || to->t <= from->t)
		return false;
	size_t before = times_before(run, begin);
	if (before)
		snprintf(stretch->name, sizeof stretch->name, "%.34s#%zu", from->edge.name, before + 1);
	else
		snprintf(stretch->name, sizeof stretch->name, "%s", from->edge.name);
	stretch->bracket = (struct bracket){ .start = from->t, .stop = to->t, .u_start = u_mark, .u_stop = u_mark };
	stretch->remark = "";
	stretch->quiet_from = quiet_before(run, begin);
	stretch->quiet_to = quiet_after(run, to);
	return true;
}

static bool whole_stretch(const struct run *run, const struct device_times *times, struct stretch *stretch)
{
	struct run_ends ends;
	if (!run_ends(run, times, &ends))
		return false;
	const struct run_edge *idle = run_edge(run, EDGE_MARK, "idle-begin"), *tail = run_edge(run, EDGE_MARK, "tail-end");
	stretch->name[0] = '\0';
	stretch->bracket = (struct bracket){ .start = ends.start.t, .stop = ends.stop.t, .u_start = ends.start.u, .u_stop = ends.stop.u };
	stretch->remark = ends.remark;
	stretch->quiet_from = idle ? idle->t : ends.start.t;
	stretch->quiet_to = tail ? tail->t : ends.stop.t;
	return true;
}

static size_t find_stretches(const struct run *run, const struct device_times *times, struct stretch *stretches)
{
	size_t n = 0;
	int64_t u_mark = run_mark_u(run);
	if (whole_stretch(run, times, &stretches[n]))
		n++;
	for (size_t i = 0; i < run->n_edges && n < STRETCHES_MAX; i++)
		if (run->edges[i].edge.what == EDGE_BEGIN && phase_stretch(run, i, u_mark, &stretches[n]))
			n++;
	return n;
}

static struct energy_options options_of(const struct run *run, const struct stretch *stretch)
{
	const json_t *options = json_object_get(run->header, "options");
	const struct run_edge *from = run_edge(run, EDGE_MARK, "idle-begin"), *to = run_edge(run, EDGE_MARK, "idle-end");
	return (struct energy_options){
		.idle_from = from ? from->t : 0, .idle_to = from && to ? to->t : 0, .quiet_from = stretch->quiet_from,
		.quiet_to = stretch->quiet_to, .guard = integer_of(options, "guard_ns"),
		.supply_lag = integer_of(options, "supply_lag_ns"), .tail_settled = number_of(options, "tail_within_W", 1),
		.edges_common = json_is_true(json_object_get(run->header, "imported")),
	};
}

/* ---- sources ---- */

static bool carries_energy(const struct channel *channel)
{
	return channel->kind != CHANNEL_OBSERVE && channel->role != ROLE_NONE;
}

/* What the mean power of the same meter says of the same bracket; NULL: it has none, or stands behind it. */
static const struct energy *mean_beside(const struct result *result, const char *channel)
{
	for (int i = 0; i < result->n_sources; i++) {
		const struct source_result *source = &result->sources[i];
		if ((source->role == ROLE_WALL || source->role == ROLE_CHECK) && !source->is_total && result_same_device(source->name, channel))
			return &source->energy;
	}
	return NULL;
}

/* What the values themselves tell, whatever their kind. A counter's value is of all the time since the one before: also the first
 * after the run counts. */
static void judge_flags(const struct series *series, const struct stretch *stretch, struct energy *energy)
{
	uint32_t flags = 0;
	for (size_t i = 0; i < series->n; i++) {
		if (series->t[i] > stretch->bracket.start && series->t[i] <= stretch->quiet_to)
			flags |= series->flags[i];
		if (series->t[i] >= stretch->bracket.stop + stretch->bracket.u_stop + series->channel->latency)
			break;
	}
	if (flags & FLAG_RANGE_CHANGED)
		energy_refuse(energy, "the meter had left its range by itself: its accuracy is not known");
	else if (flags & FLAG_PEAK_OVER)
		energy_refuse(energy, "peaks exceeded the meter's range: readings may be low");
}

/* What a run's evaluation has once for all its stretches. */
struct means {
	struct device_times times;
	struct run_certificates certificates;
};

static int measure_channel(const struct run *run, const struct run_channel *source, const struct means *means,
			   const struct stretch *stretch, struct energy_options options, struct source_result *result, struct error *error)
{
	struct run_series made;
	const struct run_certificate *certificate = run_certificate_of(&means->certificates, source);
	if (run_series_make(run, source, &means->times, &made, error) != 0)
		return -1;
	snprintf(result->name, sizeof result->name, "%s", source->channel.name);
	result->role = source->channel.role;
	struct certified certified;
	if (certificate) {
		certified = run_certificate_for(certificate, source);
		run_certificate_correct(&certified, &made);
		options.certified = &certified;
	}
	energy_of(&made.series, &stretch->bracket, &options, &result->energy);
	judge_flags(&made.series, stretch, &result->energy);
	run_certificate_conclude(certificate, source, &result->energy);
	run_series_free(&made);
	return 0;
}

static struct energy *add_total_row(struct result *result, const char *name, enum channel_role role)
{
	struct source_result *total = &result->sources[result->n_sources++];
	snprintf(total->name, sizeof total->name, "%s", name);
	total->role = role;
	total->is_total = true;
	return &total->energy;
}

static void add_total(struct result *result, const char *name, enum channel_role role, enum channel_role also)
{
	struct energy parts[RESULT_SOURCES_MAX];
	size_t n = 0;
	for (int i = 0; i < result->n_sources; i++)
		if (!result->sources[i].is_total && (result->sources[i].role == role || result->sources[i].role == also))
			parts[n++] = result->sources[i].energy;
	if (n == 0 || result->n_sources == RESULT_SOURCES_MAX)
		return;
	energy_sum(parts, n, add_total_row(result, name, role));
}

/* The wall, by the energy of the meters' integrators: a meter without one has none to give. */
static void add_integrated_wall(struct result *result)
{
	struct energy parts[RESULT_SOURCES_MAX];
	const char *without = NULL;
	size_t n = 0;
	for (int i = 0; i < result->n_sources; i++) {
		const struct source_result *source = &result->sources[i];
		if (source->is_total || source->role != ROLE_WALL)
			continue;
		if (!result_integral(result, source, &parts[n++]))
			without = source->name;
	}
	if (n == 0 || result->n_sources == RESULT_SOURCES_MAX)
		return;
	struct energy *total = add_total_row(result, "wall", ROLE_WALL);
	if (without)
		energy_refuse(total, "the plan takes the integrator's energy, and there is none beside %s", without);
	else
		energy_sum(parts, n, total);
}

/* What the totals are made of. */
static bool is_counted(const struct channel *channel)
{
	return channel->role == ROLE_WALL || channel->role == ROLE_INTEGRAL || channel->role == ROLE_PACKAGE || channel->role == ROLE_DRAM;
}

/* A meter that changes its range leaves a hole and another accuracy; that it did is known only from a read-back some time later. */
static void judge_ranges(const struct run *run, const char *device, const struct stretch *stretch, struct energy *energy)
{
	for (size_t i = 0; i < run->n_ranges; i++)
		if (strcmp(run->channels[run->ranges[i].channel].device, device) == 0 && run->ranges[i].range.changed &&
		    run->ranges[i].t < stretch->quiet_to)
			energy_refuse(energy, "the meter left its range by itself: its accuracy is not known");
}

/* A device that began anew counts from nought again. Where it had counted next to nothing before, that cannot be seen in its counts. */
static void judge_resets(const struct run_channel *source, const struct stretch *stretch, struct energy *energy)
{
	if (source->channel.kind != CHANNEL_COUNTER && energy->status != ENERGY_REFUSED)
		return;
	for (size_t i = 0; i < source->n_gaps; i++)
		if (source->gaps[i].reason == GAP_RESET && source->gaps[i].from < stretch->quiet_to && source->gaps[i].to > stretch->quiet_from)
			energy_refuse(energy, "%s began anew in the run", source->device);
}

/* Measures those that are counted, or the rest, as far as there is room beside two totals. 1 if there was not. */
static int measure_some(const struct run *run, const struct means *means, const struct stretch *stretch, bool counted,
			struct result *result, struct error *error)
{
	struct energy_options options = options_of(run, stretch);
	struct gate gate;
	run_gate(run, &means->times, &gate);
	options.gate = &gate;
	double rate = clocks_rate(run->anchors, run->n_anchors, stretch->bracket.start, stretch->bracket.stop);
	for (size_t i = 0; i < run->n_channels; i++) {
		const struct channel *channel = &run->channels[i].channel;
		if (!carries_energy(channel) || is_counted(channel) != counted)
			continue;
		if (result->n_sources == RESULT_SOURCES_MAX - 2)
			return 1;
		gate.quiet = mean_beside(result, channel->name);
		struct source_result *source = &result->sources[result->n_sources++];
		if (measure_channel(run, &run->channels[i], means, stretch, options, source, error) != 0)
			return -1;
		clocks_charge(rate, channel->kind, &source->energy);
		judge_ranges(run, run->channels[i].device, stretch, &source->energy);
		judge_resets(&run->channels[i], stretch, &source->energy);
	}
	return 0;
}

/* A sum that lacks a part is no sum. */
static void refuse_totals(struct result *result)
{
	for (int i = 0; i < result->n_sources; i++)
		if (result->sources[i].is_total)
			energy_refuse(&result->sources[i].energy, "there are more than %d channels to add up", RESULT_SOURCES_MAX - 2);
}

static int measure_sources(const struct run *run, const struct means *means, const struct stretch *stretch,
			   struct result *result, struct error *error)
{
	int crowded = measure_some(run, means, stretch, true, result, error);
	if (crowded < 0 || measure_some(run, means, stretch, false, result, error) < 0)
		return -1;
	if (strcmp(text_of(json_object_get(run->header, "options"), "wall"), "integrator") == 0)
		add_integrated_wall(result);
	else
		add_total(result, "wall", ROLE_WALL, ROLE_WALL);
	add_total(result, "rapl", ROLE_PACKAGE, ROLE_DRAM);
	if (crowded)
		refuse_totals(result);
	return 0;
}

static void compare_sources(struct result *result)
{
	const struct source_result *wall = result_source(result, "wall"), *rapl = result_source(result, "rapl");
	result->rapl_fraction = NAN;
	if (wall == NULL || rapl == NULL || wall->energy.status == ENERGY_REFUSED || rapl->energy.status == ENERGY_REFUSED)
		return;
	result->rapl_fraction = rapl->energy.gross.value / wall->energy.gross.value;
	result->gate_failed = result->rapl_fraction > 0.97; /* what the supply itself loses: no less than 3 % */
}

/* ---- identity and status ---- */

static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);
	memcpy(to, from, length);
	to[length] = '\0';
}

static double kib_fact(const json_t *facts, const char *key, double fallback)
{
	const char *text = json_string_value(json_object_get(facts, key));
	double kib;
	return text && number_parse(text, &kib) == 0 ? kib * 1024 : fallback;
}

static void fill_identity(const struct run *run, struct result *result)
{
	const json_t *h = run->header, *usage = json_object_get(run->notes, "usage"), *facts = json_object_get(run->notes, "facts");
	result->run = (uint32_t)integer_of(h, "run");
	result->slot = (uint32_t)integer_of(h, "slot");
	result->attempt = (uint32_t)integer_of(h, "attempt");
	result->repetition = (uint32_t)integer_of(h, "repetition");
	result->block = (uint32_t)integer_of(h, "block");
	result->order = (uint32_t)integer_of(h, "order");
	copy_text(result->workload, sizeof result->workload, text_of(h, "workload"));
	copy_text(result->point, sizeof result->point, text_of(h, "point"));
	copy_text(result->arm, sizeof result->arm, text_of(h, "arm"));
	if (strcmp(text_of(h, "checksum"), "none") != 0) /* else it is not looked at, here or later */
		copy_text(result->checksum, sizeof result->checksum, text_of(run->notes, "checksum"));
	result->exit_code = (int32_t)integer_of(run->notes, "exit_code");
	result->signal = (int32_t)integer_of(run->notes, "signal");
	result->cpu_seconds = number_of(usage, "user_s", NAN) + number_of(usage, "system_s", NAN);
	result->peak_rss = kib_fact(facts, "vm_hwm_kib", number_of(usage, "max_rss_B", NAN));
	result->peak_vms = kib_fact(facts, "vm_peak_kib", NAN);
	result->overhead_cpu = number_of(run->notes, "overhead_cpu_s", NAN);
	result->simulated = json_is_true(json_object_get(h, "simulated"));
}

static void set_status(struct result *result, enum run_status status, const char *reason)
{
	if (result->status != RUN_OK)
		return; /* the first reason stands */
	result->status = status;
	copy_text(result->reason, sizeof result->reason, reason);
}

static void judge_gil(const struct run *run, struct result *result)
{
	static const char *const keys[] = { "gil_start", "gil_end" };
	const json_t *facts = json_object_get(run->notes, "facts");
	const json_t *claim = json_object_get(run->header, "gil");
	json_int_t claimed = json_is_integer(claim) ? json_integer_value(claim) : -1;
	for (int i = 0; i < 2 && claimed >= 0; i++) {
		const char *seen = text_of(facts, keys[i]);
		if (seen[0] && (strcmp(seen, "1") == 0) != (claimed == 1)) {
			char reason[160];
			snprintf(reason, sizeof reason, "arm %s claims the GIL is %s, but at the %s of the run it was %s", result->arm,
				 claimed ? "on" : "off", i ? "end" : "start", claimed ? "off" : "on");
			set_status(result, RUN_WRONG_GIL, reason);
		}
	}
}

/* Of a run that stands: behind what is said of it already. */
static void remark(struct result *result, const char *text)
{
	size_t length = strlen(result->reason);
	if (result->status == RUN_OK && text[0] != '\0')
		snprintf(result->reason + length, sizeof result->reason - length, "%s%s", length ? "; " : "", text);
}

/* A meter's two figures for one bracket must close. */
static void judge_closure(struct result *result)
{
	struct energy integral;
	for (int i = 0; i < result->n_sources; i++) {
		const struct source_result *source = &result->sources[i];
		bool summed = !source->is_total && (source->role == ROLE_WALL || source->role == ROLE_CHECK);
		if (!summed || !result_integral(result, source, &integral))
			continue;
		struct closure closure = closure_of(&integral, &source->energy);
		char text[160];
		snprintf(text, sizeof text, "%.40s: the integrator's energy is %+.2f %% off the sum of samples", source->name,
			 100 * closure.relative);
		if (closure.known && closure.fails)
			remark(result, text);
	}
}

/* What its total cannot have, and why. */
static void judge_gated(const struct run *run, struct result *result)
{
	const struct source_result *wall = result_source(result, "wall");
	if (wall == NULL || wall->energy.status == ENERGY_REFUSED || strcmp(text_of(json_object_get(run->header, "options"), "wall"), "integrator") != 0)
		return;
	for (size_t i = 0; i < run->n_channels; i++)
		if (run->channels[i].channel.gated && run->channels[i].channel.role == ROLE_INTEGRAL) {
			remark(result, "no caused energy: the integrator's gate closes with the run");
			return;
		}
}

/* Then it did not do what whoever watches it was promised. */
static void judge_line(const struct run *run, struct result *result)
{
	const char *failure = text_of(run->notes, "line_error");
	char text[100];
	snprintf(text, sizeof text, "the trigger's line could not be set: %.60s", failure);
	if (failure[0] != '\0')
		remark(result, text);
}

/* Says so before others that it may explain. */
static void judge_suspend(const struct clock_marks *marks, int64_t start, struct result *result)
{
	char text[CLOCKS_TEXT_SIZE];
	if (clocks_fault(marks, start, text)[0] != '\0')
		set_status(result, RUN_UNMEASURED, text);
}

static void judge(const struct run *run, const struct device_times *times, struct result *result)
{
	char text[CLOCKS_TEXT_SIZE], stepped[DEVICE_TIME_TEXT_SIZE];
	const struct run_edge *edge = run_edge(run, EDGE_START, NULL);
	struct clock_marks marks = clocks_compare(run->anchors, run->n_anchors);
	int64_t start = edge ? edge->t : result->start; /* a phase of a run that never started */
	int status = run_status_parse(text_of(run->notes, "status"));
	if (status < 0)
		set_status(result, RUN_INTERRUPTED, "the run was cut short: nothing is known of its end");
	else
		set_status(result, (enum run_status)status, text_of(run->notes, "reason"));
	judge_gil(run, result);
	judge_suspend(&marks, start, result);
	if (strcmp(text_of(run->header, "checksum"), "required") == 0 && result->checksum[0] == '\0')
		set_status(result, RUN_MISMATCH, "the workload gave no checksum, and the plan requires one");
	if (result->n_sources == 0)
		set_status(result, RUN_UNMEASURED, "no device measured energy");
	const struct source_result *main = result_source(result, "wall");
	if (main == NULL)
		main = result_source(result, "rapl");
	if (main && main->energy.status == ENERGY_REFUSED)
		set_status(result, RUN_UNMEASURED, main->energy.reason);
	if (main && main->energy.gross.value <= 0)
		set_status(result, RUN_UNMEASURED, "the energy is not positive: is the meter wired backwards?");
	judge_closure(result);
	judge_gated(run, result);
	judge_line(run, result);
	remark(result, clocks_remark(&marks, start, text));
	remark(result, device_times_remark(times, stepped));
}

static int64_t realtime_of(const struct run *run, int64_t monotonic)
{
	return run->n_anchors ? monotonic - run->anchors[0].monotonic + run->anchors[0].realtime : 0;
}

static int evaluate_stretch(const struct run *run, const struct means *means, const struct stretch *stretch,
			    struct result *result, struct error *error)
{
	fill_identity(run, result);
	copy_text(result->phase, sizeof result->phase, stretch->name);
	result->start = stretch->bracket.start;
	result->stop = stretch->bracket.stop;
	result->u_start = stretch->bracket.u_start;
	result->u_stop = stretch->bracket.u_stop;
	result->start_realtime = realtime_of(run, result->start);
	if (measure_sources(run, means, stretch, result, error) != 0)
		return -1;
	compare_sources(result);
	judge(run, &means->times, result);
	for (size_t i = 0; i < means->certificates.n; i++)
		remark(result, means->certificates.list[i].remark);
	char text[160];
	remark(result, readiness_remark(run, result->start, text));
	remark(result, range_needs_remark(run, text));
	remark(result, stretch->remark);
	return 0;
}

/* A run without a bracket, or without the phase that the plan measures, still has its row. */
static void evaluate_missing(const struct run *run, const char *phase, const char *reason, struct result *result)
{
	fill_identity(run, result);
	copy_text(result->phase, sizeof result->phase, phase);
	result->rapl_fraction = NAN;
	result->status = RUN_OK;
	int status = run_status_parse(text_of(run->notes, "status"));
	if (status >= 0)
		set_status(result, (enum run_status)status, text_of(run->notes, "reason"));
	set_status(result, status < 0 ? RUN_INTERRUPTED : RUN_UNMEASURED, reason);
}

static bool has_phase(const struct result *results, size_t n, const char *phase)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(results[i].phase, phase) == 0)
			return true;
	return false;
}

/* A place for each stretch and two that may be missing has been made. */
static int evaluate_all(const struct run *run, const struct means *means, const struct stretch *stretches, size_t n_stretches,
			struct result *results, size_t *n, struct error *error)
{
	const char *measure = text_of(run->header, "measure"), *fault = sanity_fault(run);
	if (n_stretches == 0 || stretches[0].name[0] != '\0')
		evaluate_missing(run, "", fault ? fault : "the run has no start and stop edge", &results[(*n)++]);
	for (size_t i = 0; i < n_stretches; i++)
		if (evaluate_stretch(run, means, &stretches[i], &results[(*n)++], error) != 0)
			return -1;
	if (!has_phase(results, *n, measure)) {
		char reason[160];
		snprintf(reason, sizeof reason, "the workload marked no phase \"%s\"", measure);
		evaluate_missing(run, measure, fault ? fault : reason, &results[(*n)++]);
	}
	return 0;
}

static int make_means(const struct run *run, struct certificate_refusals *refusals, struct means *means, struct error *error)
{
	if (device_times_make(run, &means->times, error) != 0)
		return -1;
	if (run_certificates_make(run, refusals, &means->certificates, error) == 0)
		return 0;
	device_times_free(&means->times);
	return -1;
}

static void free_means(struct means *means)
{
	device_times_free(&means->times);
	run_certificates_free(&means->certificates);
}

int evaluate_run(const struct run *run, struct result **results, size_t *n, struct error *error)
{
	struct certificate_refusals own = { .n = 0 };
	return evaluate_run_among(run, &own, results, n, error);
}

int evaluate_run_among(const struct run *run, struct certificate_refusals *refusals, struct result **results, size_t *n, struct error *error)
{
	struct stretch stretches[STRETCHES_MAX];
	struct means means = { .times = { .n = 0 } };
	*n = 0;
	*results = NULL;
	bool sane = sanity_fault(run) == NULL;
	if (sane && make_means(run, refusals, &means, error) != 0)
		return -1;
	size_t n_stretches = sane ? find_stretches(run, &means.times, stretches) : 0;
	*results = calloc(n_stretches + 2, sizeof **results);
	int done = *results ? evaluate_all(run, &means, stretches, n_stretches, *results, n, error)
			    : error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	free_means(&means);
	if (done == 0)
		return 0;
	free(*results);
	*results = NULL;
	return -1;
}

/* ---- checksums ---- */

static bool same_point(const struct result *a, const struct result *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->point, b->point) == 0;
}

static bool took_part(const struct result *result)
{
	return result->checksum[0] && (result->status == RUN_OK || result->status == RUN_MISMATCH || result->status == RUN_UNMEASURED);
}

static size_t votes_for(const struct result *results, size_t n, const struct result *candidate)
{
	size_t votes = 0;
	for (size_t i = 0; i < n; i++)
		if (took_part(&results[i]) && same_point(&results[i], candidate) && strcmp(results[i].checksum, candidate->checksum) == 0)
			votes++;
	return votes;
}

/* The most frequent checksum of a point; of equally frequent ones, the first. */
static const char *majority(const struct result *results, size_t n, const struct result *of)
{
	const char *best = "";
	size_t most = 0;
	for (size_t i = 0; i < n; i++) {
		if (!took_part(&results[i]) || !same_point(&results[i], of))
			continue;
		size_t votes = strcmp(results[i].checksum, best) == 0 ? 0 : votes_for(results, n, &results[i]);
		if (votes > most) {
			most = votes;
			best = results[i].checksum;
		}
	}
	return best;
}

static void judge_checksum(struct result *result, const char *expected)
{
	bool differs = strcmp(result->checksum, expected) != 0;
	if (differs && result->status == RUN_OK) {
		result->status = RUN_MISMATCH;
		snprintf(result->reason, sizeof result->reason, "checksum %.16s, other runs have %.16s", result->checksum, expected);
	} else if (!differs && result->status == RUN_MISMATCH) {
		result->status = RUN_OK;
		result->reason[0] = '\0';
	}
}

static bool is_first_of_point(const struct result *results, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (took_part(&results[i]) && same_point(&results[i], &results[index]))
			return false;
	return true;
}

/* Called after each run: each point is counted once, not once for each of its results. */
void evaluate_checksums(struct result *results, size_t n)
{
	for (size_t first = 0; first < n; first++) {
		if (!took_part(&results[first]) || !is_first_of_point(results, first))
			continue;
		const char *expected = majority(results, n, &results[first]);
		for (size_t i = first; i < n; i++)
			if (took_part(&results[i]) && same_point(&results[i], &results[first]))
				judge_checksum(&results[i], expected);
	}
}
