#include "plan_digest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "plan.h"
#include "schemas.h"
#include "text.h"

static void put(json_t *digest, const char *key, struct text *value)
{
	json_object_set_new(digest, key, json_string(text_string(value)));
	text_free(value);
}

static void put_time(json_t *digest, const char *key, int64_t ns)
{
	struct text value = TEXT_INIT;
	text_addf(&value, "%g s", (double)ns / (double)NS_PER_S);
	put(digest, key, &value);
}

static void put_order(json_t *digest, const struct plan *plan)
{
	static const char *const orders[] = { [ORDER_RANDOM] = "random", [ORDER_ABBA] = "abba", [ORDER_SEQUENCE] = "sequence" };
	struct text value = TEXT_INIT;
	text_addf(&value, "%d", plan->repetitions);
	put(digest, "repetitions", &value);
	json_object_set_new(digest, "order", json_string(orders[plan->order]));
	json_object_set_new(digest, "wall", json_string(plan->integrator ? "integrator" : "samples"));
}

static void put_stop(json_t *digest, const struct plan *plan)
{
	struct text value = TEXT_INIT;
	if (plan->stop.half_width > 0)
		text_addf(&value, "at a half-width of %g %%, after %d repetitions at the least", 100 * plan->stop.half_width, plan->stop.at_least);
	else
		text_add(&value, "after all repetitions");
	put(digest, "stop", &value);
}

static void put_windows(json_t *digest, const struct plan *plan)
{
	struct text settle = TEXT_INIT, tail = TEXT_INIT;
	put_time(digest, "idle", plan->idle);
	put_time(digest, "guard", plan->guard);
	put_time(digest, "barrier", plan->barrier_quiet);
	text_addf(&settle, "within %g W during %g s, at most %g s", plan->settle_within, (double)plan->settle_during / (double)NS_PER_S,
		  (double)plan->settle_at_most / (double)NS_PER_S);
	put(digest, "settle", &settle);
	text_addf(&tail, "within %g W, at most %g s", plan->tail_within, (double)plan->tail_at_most / (double)NS_PER_S);
	put(digest, "tail", &tail);
}

static void add_variables(const struct plan_variables *variables, struct text *value)
{
	for (int i = 0; i < variables->n; i++)
		text_addf(value, "%s%s=%s", value->length ? " " : "", variables->names[i], variables->values[i]);
}

static void put_workload(json_t *digest, const struct plan_workload *workload)
{
	struct text value = TEXT_INIT;
	char key[80];
	add_variables(&workload->environment, &value);
	for (int i = 0; i < workload->n_arguments; i++)
		text_addf(&value, "%s%s", value.length ? " " : "", workload->arguments[i]);
	text_addf(&value, ", measures %s", workload->measure[0] ? workload->measure : "the run");
	snprintf(key, sizeof key, "workload %s", workload->name);
	put(digest, key, &value);
}

static void put_arm(json_t *digest, const struct plan_arm *arm)
{
	struct text value = TEXT_INIT;
	char key[80];
	add_variables(&arm->environment, &value);
	snprintf(key, sizeof key, "environment of arm %s", arm->name);
	put(digest, key, &value);
}

json_t *plan_digest(const char *text)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct plan plan;
	int bad = plan_parse("plan", text, &plan, &problems, &error);
	problems_free(&problems);
	if (bad)
		return NULL;
	json_t *digest = json_object();
	put_order(digest, &plan);
	put_stop(digest, &plan);
	put_windows(digest, &plan);
	for (int i = 0; i < plan.n_workloads; i++)
		put_workload(digest, &plan.workloads[i]);
	for (int i = 0; i < plan.n_arms; i++)
		put_arm(digest, &plan.arms[i]);
	plan_free(&plan);
	return digest;
}

json_t *bench_digest(const char *text)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct text value = TEXT_INIT;
	struct document *document = document_parse("bench", text, strlen(text), schema_bench, &problems, &error);
	problems_free(&problems);
	if (document == NULL)
		return NULL;
	json_t *digest = json_object();
	const struct node *dut = node_get(document, document_root(document), "dut");
	double frequency = node_quantity(node_get(document, dut, "line_frequency"), DIMENSION_FREQUENCY, NAN);
	text_addf(&value, "%g Hz", frequency);
	if (isfinite(frequency))
		put(digest, "line_frequency", &value);
	text_free(&value);
	document_free(document);
	return digest;
}
