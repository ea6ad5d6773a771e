#include "made.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "schedule.h"

#define READS 64
#define TIME_SCATTER 1e-4 /* no two runs take the same time to the last digit */
#define UPDATE_STEP 1e-3 /* s: of a zone's register */

/* ---- joules ---- */

/* What a bench did to a run. */
struct run_errors {
	double gain, offset; /* relative, W */
	double wall, rapl;   /* relative, of this run */
	double idle;         /* W: of its own baseline */
};

static struct joules wall_joules(const struct made_bench *bench, double value, double offset_seconds, double idle_noise)
{
	struct joules joules = { .value = value };
	budget_add(&joules.budget, "gain", 'B', bench->gain / sqrt(3) * value, INFINITY, SHARE_RELATIVE);
	budget_add(&joules.budget, "range", 'B', bench->offset / sqrt(3) * offset_seconds, INFINITY, SHARE_ABSOLUTE);
	budget_add(&joules.budget, "noise", 'A', bench->noise * value, 19, SHARE_NONE);
	budget_add(&joules.budget, "idle-noise", 'A', idle_noise, 9, SHARE_NONE);
	joules.expanded = budget_expand(&joules.budget);
	return joules;
}

static struct energy wall_energy(const struct made_bench *bench, const struct demand *truth, const struct run_errors *errors)
{
	double gross = truth->wall * truth->time, above = gross - bench->idle * truth->time, scale = (1 + errors->gain) * (1 + errors->wall);
	double baseline = errors->idle * truth->time, u_baseline = bench->noise * above;
	struct energy energy = { .status = ENERGY_OK, .tail = truth->tail, .settled = true, .duration = truth->time, .idle_before = bench->idle,
				 .idle_after = bench->idle, .used = 100, .naive_mean = NAN, .naive_prorata = NAN };
	energy.gross = wall_joules(bench, gross * scale + errors->offset * truth->time, truth->time, 0);
	energy.net = wall_joules(bench, above * scale + baseline, 0, u_baseline); /* the offset is in its baseline, too */
	energy.caused = wall_joules(bench, (above + truth->tail) * scale + baseline, 0, u_baseline);
	energy.power = energy.gross.value / truth->time;
	return energy;
}

static struct energy zone_energy(const struct made_bench *bench, double value, double time)
{
	struct energy energy = { .status = ENERGY_OK, .settled = true, .duration = time, .power = value / time, .used = 100, .naive_mean = NAN,
				 .naive_prorata = NAN };
	energy.gross.value = energy.net.value = energy.caused.value = value;
	budget_add(&energy.gross.budget, "start-edge", 'B', value / time * UPDATE_STEP / sqrt(12), INFINITY, SHARE_NONE);
	budget_add(&energy.gross.budget, "noise", 'A', bench->noise * value, 19, SHARE_NONE);
	energy.net.budget = energy.caused.budget = energy.gross.budget;
	energy.gross.expanded = energy.net.expanded = energy.caused.expanded = budget_expand(&energy.gross.budget);
	return energy;
}

/* What analysis says of a register that shows one count before, within and after a run. */
static struct energy dead_energy(double time)
{
	static const struct channel channel = { .name = "dram-0.energy", .kind = CHANNEL_COUNTER, .scale = 1e-6, .role = ROLE_DRAM, .update_jitter = 1000000,
						.wrap = UINT64_C(1) << 32 };
	int64_t t[READS], u_t[READS] = { 0 }, start = 20 * NS_PER_S, stop = start + (int64_t)(time * 1e9);
	uint64_t count[READS];
	uint32_t flags[READS] = { 0 };
	double value[READS];
	for (size_t i = 0; i < READS; i++) {
		t[i] = start - 5 * NS_PER_S + (int64_t)i * (stop - start + 10 * NS_PER_S) / (READS - 1);
		count[i] = 12345678;
		value[i] = 12.345678;
	}
	const struct series series = { .channel = &channel, .n = READS, .t = t, .u_t = u_t, .flags = flags, .value = value, .count = count };
	const struct bracket bracket = { .start = start, .stop = stop };
	const struct energy_options options = { .quiet_from = t[0], .quiet_to = t[READS - 1], .idle_from = t[0], .idle_to = start };
	struct energy energy;
	energy_of(&series, &bracket, &options, &energy);
	return energy;
}

/* ---- sources ---- */

static void add_source(struct result *result, const char *name, enum channel_role role, bool total, const struct energy *energy)
{
	struct source_result *source = &result->sources[result->n_sources++];
	source->role = role;
	source->is_total = total;
	source->energy = *energy;
	snprintf(source->name, sizeof source->name, "%s", name);
}

/* One register, read for one zone and at once for the other: now and then a step falls between the two reads. */
static double mirrored(struct dice *dice, double value, double time)
{
	return dice_unit(dice) < 0.05 ? value + value / time * UPDATE_STEP : value;
}

static void add_rapl(struct dice *dice, const struct made_bench *bench, const struct demand *truth, const struct run_errors *errors, struct result *result)
{
	struct energy parts[3], sum;
	size_t n = 0;
	double scale = truth->time * (1 + errors->rapl), package = truth->package * scale;
	parts[n++] = zone_energy(bench, package, truth->time);
	add_source(result, "package-0.energy", ROLE_PACKAGE, false, &parts[0]);
	if (truth->second > 0) {
		double own = truth->second * truth->time * (1 + bench->noise * dice_normal(dice));
		parts[n] = zone_energy(bench, bench->mirrored ? mirrored(dice, package, truth->time) : own, truth->time);
		add_source(result, "package-1.energy", ROLE_PACKAGE, false, &parts[n++]);
	}
	parts[n] = bench->dram == DRAM_DEAD ? dead_energy(truth->time) : zone_energy(bench, truth->dram * scale, truth->time);
	add_source(result, "dram-0.energy", ROLE_DRAM, false, &parts[n++]);
	energy_sum(parts, n, &sum);
	add_source(result, "rapl", ROLE_NONE, true, &sum);
	const struct energy *wall = &result_source(result, "wall")->energy;
	result->rapl_fraction = sum.status == ENERGY_REFUSED ? NAN : sum.gross.value / wall->gross.value;
}

static struct demand scaled(const struct demand *truth, double factor)
{
	return (struct demand){ truth->time, truth->wall * factor, truth->tail * factor, truth->package * factor, truth->second * factor, truth->dram * factor };
}

/* Of standard deviation 1 and mean 0. */
static double scatter(struct dice *dice, bool one_sided)
{
	return one_sided ? -log(1 - dice_unit(dice)) - 1 : dice_normal(dice);
}

static void measure(struct dice *dice, const struct made_bench *bench, const struct demand *planned, const struct run_errors *errors, double when,
		    struct result *result)
{
	struct run_errors of_run = *errors;
	struct demand truth = scaled(planned, exp(bench->cv * scatter(dice, bench->one_sided)) * (1 + bench->drift * when));
	truth.time *= 1 + TIME_SCATTER * dice_normal(dice);
	double above = (truth.wall - bench->idle) * truth.time;
	of_run.wall = bench->noise * dice_normal(dice);
	of_run.rapl = bench->noise * dice_normal(dice);
	of_run.idle = bench->noise * above / truth.time * dice_normal(dice);
	struct energy wall = wall_energy(bench, &truth, &of_run);
	add_source(result, "wall", ROLE_WALL, true, &wall);
	add_rapl(dice, bench, &truth, &of_run, result);
	result->stop = result->start + (int64_t)(truth.time * 1e9);
}

/* ---- campaigns ---- */

static const char *const arm_names[MADE_ARMS] = { "ft", "gil" };

static json_t *facts_of(const struct made_bench *bench)
{
	json_t *measures = json_object();
	char name[24];
	for (size_t i = 0; i < bench->workloads; i++) {
		snprintf(name, sizeof name, "w%zu", i);
		json_object_set_new(measures, name, json_string(""));
	}
	return json_pack("{s:s, s:s, s:[s,s], s:b, s:o, s:{s:s}}", "title", "made", "reference", "gil", "arms", "gil", "ft", "simulated", 0, "measures",
			 measures, "bench", "name", "made");
}

/* All of it but `sources`, which are many and written one by one. */
static void begin(struct result *result, const struct slot *slot)
{
	memset(result, 0, offsetof(struct result, sources));
	result->n_sources = 0;
	result->gate_failed = false;
	result->run = result->slot = slot->index + 1;
	result->attempt = 1;
	result->repetition = slot->repetition + 1;
	result->block = slot->block + 1;
	result->order = slot->order + 1;
	result->start = (1000 + 60 * (int64_t)slot->index) * NS_PER_S;
	result->start_realtime = result->start + 1763780584 * NS_PER_S;
	result->cpu_seconds = result->peak_rss = result->peak_vms = NAN;
	snprintf(result->workload, sizeof result->workload, "w%d", slot->workload);
	snprintf(result->arm, sizeof result->arm, "%s", arm_names[slot->arm]);
}

static struct slot *slots_of(struct dice *dice, const struct made_bench *bench, size_t *n)
{
	struct plan_workload workloads[MADE_WORKLOADS] = { { .name = "w" } };
	struct error error = ERROR_INIT;
	const struct plan plan = { .seed = dice_bits(dice), .repetitions = (int)bench->repetitions, .order = bench->order, .n_arms = MADE_ARMS,
				   .n_workloads = (int)bench->workloads, .workloads = workloads };
	struct slot *slots = schedule_make(&plan, n, &error);
	if (slots == NULL)
		abort();
	return slots;
}

static void make_room(struct made *made, size_t n)
{
	if (n > made->capacity) {
		free(made->room);
		made->room = calloc(n, sizeof *made->room);
		made->capacity = n;
	}
	if (made->room == NULL)
		abort();
	json_decref(made->file.facts);
	made->file = (struct campaign_file){ .results = made->room, .n_results = n };
}

void made_campaign(struct dice *dice, const struct made_bench *bench, struct demand demands[][MADE_ARMS], struct made *made)
{
	size_t n;
	struct slot *slots = slots_of(dice, bench, &n);
	const struct run_errors errors = { .gain = dice_between(dice, -bench->gain, bench->gain),
					   .offset = dice_between(dice, -bench->offset, bench->offset) };
	make_room(made, n);
	made->file.facts = facts_of(bench);
	for (size_t i = 0; i < n; i++) {
		begin(&made->room[i], &slots[i]);
		measure(dice, bench, &demands[slots[i].workload][slots[i].arm], &errors, n > 1 ? (double)i / (double)(n - 1) : 0, &made->room[i]);
	}
	free(slots);
}

void made_multiply(struct result *result, double factor)
{
	for (int i = 0; i < result->n_sources; i++) {
		struct energy *energy = &result->sources[i].energy;
		energy->gross.value *= factor;
		energy->net.value *= factor;
		energy->caused.value *= factor;
		energy->power *= factor;
	}
}

void made_unmeasure(struct result *result)
{
	result->status = RUN_UNMEASURED;
	snprintf(result->reason, sizeof result->reason, "the meter was silent");
}

void made_time_out(struct result *result)
{
	result->status = RUN_TIMEOUT;
	snprintf(result->reason, sizeof result->reason, "timed out");
}

void made_lengthen(struct result *result, double factor)
{
	result->stop = result->start + (int64_t)((double)(result->stop - result->start) * factor);
	made_multiply(result, factor);
	for (int i = 0; i < result->n_sources; i++) {
		result->sources[i].energy.duration *= factor;
		result->sources[i].energy.power /= factor;
	}
}

static void round_joules(struct joules *joules, double quantum)
{
	joules->value = round(joules->value / quantum) * quantum;
	budget_add(&joules->budget, "quantisation", 'B', quantum / sqrt(12), INFINITY, SHARE_NONE);
	joules->expanded = budget_expand(&joules->budget);
}

void made_round(struct result *result, double quantum)
{
	for (int i = 0; i < result->n_sources; i++) {
		struct energy *energy = &result->sources[i].energy;
		if (result->sources[i].role != ROLE_WALL)
			continue;
		round_joules(&energy->gross, quantum);
		round_joules(&energy->net, quantum);
		round_joules(&energy->caused, quantum);
	}
}

void made_points(struct made *made, size_t n)
{
	for (size_t i = 0; i < made->file.n_results; i++) {
		struct result *result = &made->room[i];
		size_t workload = (size_t)(result->workload[1] - '0');
		snprintf(result->workload, sizeof result->workload, "w%zu", workload / n);
		snprintf(result->point, sizeof result->point, "threads=%zu", workload % n + 1);
	}
}

void made_free(struct made *made)
{
	json_decref(made->file.facts);
	free(made->room);
}
