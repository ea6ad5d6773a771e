#include "stopping.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "planning.h"
#include "skips.h"

/* ---- the rule ---- */

double stopping_coverage(int at_least)
{
	static const struct {
		int at_least;
		double coverage;
	} measured[] = { { 15, 0.94 }, { 10, 0.935 }, { 8, 0.93 }, { 6, 0.925 }, { 5, 0.92 } };
	for (size_t i = 0; i < sizeof measured / sizeof *measured; i++)
		if (at_least >= measured[i].at_least)
			return measured[i].coverage;
	return 0; /* plan_load lets nobody */
}

static int runs_per_block(const struct plan *plan, const json_t *skipped)
{
	int n = 0;
	for (int w = 0; w < plan->n_workloads; w++)
		for (int a = 0; a < plan->n_arms; a++)
			if (!skips_have(skipped, plan->workloads[w].name, plan->arms[a].name))
				n += plan_points(&plan->workloads[w]);
	return n;
}

json_t *stopping_rule(const struct plan *plan, const json_t *skipped)
{
	const struct plan_stop *stop = &plan->stop;
	if (stop->half_width == 0)
		return NULL;
	json_t *of = json_array();
	for (int i = 0; i < STOP_QUANTITIES; i++)
		if (stop->of[i])
			json_array_append_new(of, json_string(stop_quantity_name((enum stop_quantity)i)));
	return json_pack("{s:f, s:i, s:i, s:i, s:o, s:i, s:f}", "half_width", stop->half_width, "at_least", stop->at_least, "at_most",
			 plan->repetitions, "every", plan->order == ORDER_ABBA ? 2 : 1, "of", of, "runs_per_block",
			 runs_per_block(plan, skipped), "coverage", stopping_coverage(stop->at_least));
}

static bool has_role(const struct bench *bench, enum channel_role role)
{
	for (int i = 0; i < bench_channels(bench); i++)
		if (bench_channel(bench, i)->role == role)
			return true;
	return false;
}

int stopping_check(const struct plan *plan, const struct bench *bench, struct error *error)
{
	const bool *of = plan->stop.of;
	if (plan->stop.half_width == 0)
		return 0;
	if (of[STOP_WALL] && !has_role(bench, ROLE_WALL))
		return error_set(error, ERROR_CONFIG, "stop", "say what it goes by: 'of: [rapl]' or 'of: [time]'",
				 "the plan stops by the energy at the wall, and no meter measures it");
	if (of[STOP_RAPL] && !has_role(bench, ROLE_PACKAGE) && !has_role(bench, ROLE_DRAM))
		return error_set(error, ERROR_CONFIG, "stop", "leave rapl out of 'of'", "the plan stops by RAPL, and the bench has no such counter");
	return 0;
}

/* ---- how far the campaign is ---- */

struct progress {
	uint32_t complete; /* blocks, from the first on */
	bool beyond;       /* some run is of a later block */
};

/* What an analysis finds may be anything. */
static bool is_possible(const struct result *result)
{
	return result->slot < PLAN_RUNS_MAX && result->block < PLAN_RUNS_MAX;
}

static int find_progress(const struct campaign_file *file, json_int_t per_block, struct progress *progress)
{
	bool *seen = calloc(PLAN_RUNS_MAX, sizeof *seen);
	json_int_t *done = calloc(PLAN_RUNS_MAX + 1, sizeof *done);
	*progress = (struct progress){ .complete = 0 };
	for (size_t i = 0; seen && done && i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (!is_possible(result) || result->status == RUN_INTERRUPTED || seen[result->slot])
			continue;
		seen[result->slot] = true;
		done[result->block]++;
	}
	while (seen && done && done[progress->complete] >= per_block)
		progress->complete++;
	for (size_t i = 0; i < file->n_results; i++)
		progress->beyond |= file->results[i].block >= progress->complete;
	int result = seen && done ? 0 : -1;
	free(seen);
	free(done);
	return result;
}

/* ---- comparisons ---- */

struct comparison {
	const struct result *of; /* the first run of its workload, point and arm */
	enum stop_quantity quantity;
	size_t runs; /* the lesser number of both arms */
	struct estimate ratio;
};

struct comparisons {
	struct comparison *list;
	size_t n;
};

/* Runs of one arm that count. */
struct sample {
	double *values;
	const struct joules **joules;
	size_t n;
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static bool is_asked(const json_t *rule, enum stop_quantity quantity)
{
	size_t i;
	const json_t *name;
	json_array_foreach(json_object_get(rule, "of"), i, name)
		if (json_is_string(name) && strcmp(json_string_value(name), stop_quantity_name(quantity)) == 0)
			return true;
	return false;
}

static bool same_place(const struct result *a, const struct result *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->point, b->point) == 0;
}

static bool is_listed(const struct comparisons *comparisons, const struct result *result)
{
	for (size_t i = 0; i < comparisons->n; i++)
		if (same_place(comparisons->list[i].of, result) && strcmp(comparisons->list[i].of->arm, result->arm) == 0)
			return true;
	return false;
}

static bool has_reference(const struct campaign_file *file, const struct result *result, const char *reference)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (file->results[i].block == 0 && same_place(&file->results[i], result) && strcmp(file->results[i].arm, reference) == 0)
			return true;
	return false;
}

/* In order of their first runs, which are all in the first block. An arm whose reference was skipped is compared with nothing. */
static int list_comparisons(const struct campaign_file *file, const json_t *rule, struct comparisons *comparisons)
{
	const char *reference = text_of(file->facts, "reference");
	*comparisons = (struct comparisons){ .list = calloc(file->n_results * STOP_QUANTITIES + 1, sizeof *comparisons->list) };
	for (size_t i = 0; comparisons->list && i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (result->block > 0 || strcmp(result->arm, reference) == 0 || is_listed(comparisons, result) || !has_reference(file, result, reference))
			continue;
		for (int q = 0; q < STOP_QUANTITIES; q++)
			if (is_asked(rule, (enum stop_quantity)q))
				comparisons->list[comparisons->n++] = (struct comparison){ .of = result, .quantity = (enum stop_quantity)q };
	}
	return comparisons->list ? 0 : -1;
}

/* The same runs that the table's ratios are made of: those that went well, by the phase that the plan shows. */
static bool counts(const struct campaign_file *file, const struct result *result)
{
	return result->status == RUN_OK && strcmp(result->phase, text_of(json_object_get(file->facts, "measures"), result->workload)) == 0;
}

static void add_run(struct sample *sample, const struct result *result, enum stop_quantity quantity)
{
	const struct source_result *source = quantity == STOP_TIME ? NULL : result_source(result, stop_quantity_name(quantity));
	if (source && source->energy.status != ENERGY_REFUSED) {
		sample->joules[sample->n] = &source->energy.gross;
		sample->values[sample->n++] = source->energy.gross.value;
	} else if (quantity == STOP_TIME && result->stop > result->start) {
		sample->values[sample->n++] = (double)(result->stop - result->start) / NS_PER_S;
	}
}

static int take_sample(const struct campaign_file *file, const struct comparison *comparison, const char *arm, uint32_t blocks,
		       struct sample *sample)
{
	*sample = (struct sample){ .values = calloc(file->n_results, sizeof *sample->values),
				   .joules = calloc(file->n_results, sizeof *sample->joules) };
	if (sample->values == NULL || sample->joules == NULL)
		return -1;
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (result->block < blocks && same_place(result, comparison->of) && strcmp(result->arm, arm) == 0 && counts(file, result))
			add_run(sample, result, comparison->quantity);
	}
	return 0;
}

static void sample_free(struct sample *sample)
{
	free(sample->values);
	free(sample->joules);
}

/* Fewer runs than the rule asks for (some went wrong) say nothing of the scatter: then the campaign goes on. */
static int estimate(const struct campaign_file *file, const struct stopping_rule *rule, uint32_t blocks, struct comparison *comparison)
{
	struct sample over, under;
	int result = take_sample(file, comparison, comparison->of->arm, blocks, &over);
	result |= take_sample(file, comparison, text_of(file->facts, "reference"), blocks, &under);
	if (result == 0) {
		double shared = comparison->quantity == STOP_TIME || over.n == 0 || under.n == 0
					? 0 : statistics_shared_ratio(over.joules, over.n, under.joules, under.n);
		comparison->runs = over.n < under.n ? over.n : under.n;
		comparison->ratio = estimate_ratio(over.values, over.n, under.values, under.n, shared);
		if (comparison->runs < rule->n_min)
			comparison->ratio.scatter = NAN;
	}
	sample_free(&over);
	sample_free(&under);
	return result;
}

/* ---- the decision ---- */

static const char *answer_name(enum stopping_answer answer)
{
	static const char *const names[] = { [STOPPING_GO_ON] = "go-on", [STOPPING_ENOUGH] = "enough", [STOPPING_AT_MOST] = "at-most",
					     [STOPPING_OUT_OF_REACH] = "out-of-reach" };
	return names[answer];
}

static json_t *comparison_json(const struct comparison *comparison)
{
	const struct estimate *ratio = &comparison->ratio;
	double half = expm1(estimate_half(ratio, 0.95));
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "workload", comparison->of->workload, "point", comparison->of->point, "arm",
			 comparison->of->arm, "of", stop_quantity_name(comparison->quantity), "runs", (int)comparison->runs, "half_width",
			 isfinite(half) ? json_real(half) : json_null());
}

static json_t *decision_json(const struct comparisons *comparisons, const struct stopping_advice *advice, uint32_t blocks)
{
	json_t *list = json_array();
	for (size_t i = 0; i < comparisons->n; i++)
		json_array_append_new(list, comparison_json(&comparisons->list[i]));
	return json_pack("{s:i, s:s, s:i, s:o}", "after", (int)blocks, "answer", answer_name(advice->answer), "expected", (int)advice->runs,
			 "comparisons", list);
}

/* What does not cancel between the arms alone is wider than wanted: then it is the scatter that must be as narrow. */
static bool is_out_of_reach(const struct stopping_rule *rule, const struct estimate *ratio)
{
	return statistics_t_quantile(0.975, INFINITY) * ratio->shared >= log1p(rule->half_width);
}

/* Where nothing is compared, nothing is narrow. */
static struct stopping_advice advise(const struct stopping_rule *rule, const struct comparisons *comparisons, const struct estimate *ratios,
				     uint32_t blocks)
{
	struct stopping_advice advice = { .answer = STOPPING_GO_ON, .runs = rule->n_max };
	if (comparisons->n)
		return stopping_advise(rule, ratios, NULL, comparisons->n, blocks);
	if (blocks >= rule->n_max)
		advice.answer = STOPPING_AT_MOST;
	return advice;
}

static json_t *look(const struct campaign_file *file, const struct stopping_rule *rule, uint32_t blocks, struct comparisons *comparisons)
{
	struct estimate *ratios = calloc(comparisons->n + 1, sizeof *ratios);
	json_t *decision = NULL;
	bool out_of_reach = false;
	int result = ratios ? 0 : -1;
	for (size_t i = 0; result == 0 && i < comparisons->n; i++) {
		result = estimate(file, rule, blocks, &comparisons->list[i]);
		ratios[i] = comparisons->list[i].ratio;
		if (!is_out_of_reach(rule, &ratios[i]))
			continue;
		out_of_reach = true;
		ratios[i].shared = 0;
	}
	if (result == 0) {
		struct stopping_advice advice = advise(rule, comparisons, ratios, blocks);
		if (out_of_reach && advice.answer == STOPPING_ENOUGH)
			advice.answer = STOPPING_OUT_OF_REACH;
		decision = decision_json(comparisons, &advice, blocks);
	}
	free(ratios);
	return decision;
}

/* What has begun is not stopped any more, nor is anybody curious: a look costs as much as all runs so far. Arms that change their order from
 * one block to the next are level only after every second one. */
static json_t *decide(const struct campaign_file *file, const json_t *facts, const struct stopping_rule *rule, const struct progress *progress)
{
	json_int_t every = json_integer_value(json_object_get(facts, "every"));
	bool level = every < 2 || progress->complete % every == 0 || progress->complete >= rule->n_max;
	struct comparisons comparisons = { .n = 0 };
	const struct stopping_advice later = { .answer = STOPPING_GO_ON, .runs = progress->complete + 1 };
	json_t *decision = NULL;
	if (progress->beyond || !level)
		return decision_json(&comparisons, &later, progress->complete);
	if (list_comparisons(file, facts, &comparisons) == 0)
		decision = look(file, rule, progress->complete, &comparisons);
	free(comparisons.list);
	return decision;
}

int stopping_decide(struct campaign_file *file, struct error *error)
{
	json_t *facts = json_object_get(file->facts, "stopping"), *decision;
	struct progress progress;
	const struct stopping_rule rule = {
		.kind = STOPPING_WIDTH, .half_width = json_number_value(json_object_get(facts, "half_width")),
		.n_min = (size_t)json_integer_value(json_object_get(facts, "at_least")),
		.n_max = (size_t)json_integer_value(json_object_get(facts, "at_most")),
	};
	json_int_t per_block = json_integer_value(json_object_get(facts, "runs_per_block"));
	json_object_del(facts, "decision");
	if (!(rule.half_width > 0) || rule.n_min < 2 || per_block <= 0)
		return 0;
	if (find_progress(file, per_block, &progress) != 0)
		goto no_memory;
	if (progress.complete < rule.n_min)
		return 0;
	decision = decide(file, facts, &rule, &progress);
	if (decision && json_object_set_new(facts, "decision", decision) == 0)
		return 0;
no_memory:
	return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

uint32_t stopping_after(const json_t *facts)
{
	const json_t *decision = json_object_get(json_object_get(facts, "stopping"), "decision");
	const char *answer = text_of(decision, "answer");
	if (strcmp(answer, answer_name(STOPPING_ENOUGH)) != 0 && strcmp(answer, answer_name(STOPPING_OUT_OF_REACH)) != 0)
		return 0;
	return (uint32_t)json_integer_value(json_object_get(decision, "after"));
}
