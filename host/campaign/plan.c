#include "plan.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "schemas.h"

struct loading {
	const struct document *document;
	struct problems *problems;
	struct plan *plan;
};

static int64_t time_of(const struct loading *l, const struct node *map, const char *key, double fallback)
{
	return llround(node_quantity(node_get(l->document, map, key), DIMENSION_TIME, fallback) * (double)NS_PER_S);
}

static void load_variables(const struct loading *l, const struct node *map, struct plan_variables *variables)
{
	if (node_count(l->document, map) > PLAN_ENVIRONMENT_MAX)
		problems_add(l->problems, l->document, map, "at most %d variables", PLAN_ENVIRONMENT_MAX);
	for (size_t i = 0; i < node_count(l->document, map) && variables->n < PLAN_ENVIRONMENT_MAX; i++) {
		const struct node *key, *value = node_pair(l->document, map, i, &key);
		variables->names[variables->n] = node_text(key, "");
		variables->values[variables->n++] = node_text(value, "");
	}
}

static void load_arms(const struct loading *l, const struct node *map)
{
	struct plan *plan = l->plan;
	if (node_count(l->document, map) > PLAN_ARMS_MAX)
		problems_add(l->problems, l->document, map, "at most %d arms", PLAN_ARMS_MAX);
	for (size_t i = 0; i < node_count(l->document, map) && plan->n_arms < PLAN_ARMS_MAX; i++) {
		const struct node *key, *node = node_pair(l->document, map, i, &key);
		struct plan_arm *arm = &plan->arms[plan->n_arms++];
		const struct node *gil = node_get(l->document, node, "gil");
		arm->name = node_text(key, "");
		arm->python = node_text(node_get(l->document, node, "python"), NULL);
		arm->gil = gil ? node_boolean(gil, true) : -1;
		if (arm->gil >= 0 && arm->python == NULL)
			problems_add(l->problems, l->document, gil, "arm %s claims a GIL state but names no python", arm->name);
		load_variables(l, node_get(l->document, node, "environment"), &arm->environment);
	}
}

static void load_reference(const struct loading *l, const struct node *node)
{
	const char *name = node_text(node, l->plan->n_arms ? l->plan->arms[0].name : "");
	for (int i = 0; i < l->plan->n_arms; i++)
		if (strcmp(l->plan->arms[i].name, name) == 0) {
			l->plan->reference = i;
			return;
		}
	problems_add(l->problems, l->document, node, "reference: there is no arm \"%s\"", name);
}

static void load_sweeps(const struct loading *l, const struct node *map, struct plan_workload *workload)
{
	if (node_count(l->document, map) > PLAN_VARIABLES_MAX)
		problems_add(l->problems, l->document, map, "a workload sweeps at most %d variables", PLAN_VARIABLES_MAX);
	for (size_t i = 0; i < node_count(l->document, map) && workload->n_sweeps < PLAN_VARIABLES_MAX; i++) {
		const struct node *key, *list = node_pair(l->document, map, i, &key);
		struct plan_sweep *sweep = &workload->sweeps[workload->n_sweeps++];
		sweep->name = node_text(key, "");
		if (node_count(l->document, list) > PLAN_VALUES_MAX)
			problems_add(l->problems, l->document, list, "a sweep has at most %d values", PLAN_VALUES_MAX);
		for (size_t k = 0; k < node_count(l->document, list) && sweep->n < PLAN_VALUES_MAX; k++)
			sweep->values[sweep->n++] = node_text(node_item(l->document, list, k), "");
	}
}

static bool is_built_in(const char *name, size_t length)
{
	return (length == 6 && memcmp(name, "python", 6) == 0) || (length == 4 && memcmp(name, "plan", 4) == 0);
}

static bool is_known_placeholder(const struct plan_workload *workload, const char *name, size_t length)
{
	if (is_built_in(name, length))
		return true;
	for (int i = 0; i < workload->n_sweeps; i++)
		if (strlen(workload->sweeps[i].name) == length && memcmp(workload->sweeps[i].name, name, length) == 0)
			return true;
	return false;
}

static bool is_name(const char *from, const char *to)
{
	if (from == to)
		return false;
	for (; from < to; from++)
		if (!isalnum((unsigned char)*from) && *from != '_' && *from != '-')
			return false;
	return true;
}

/* A {word} that is neither a variable nor built in is a mistake; other braces are text (shell and awk use them). */
static void check_placeholders(const struct loading *l, const struct node *node, const struct plan_workload *workload)
{
	for (const char *open = strchr(node_text(node, ""), '{'); open; open = strchr(open + 1, '{')) {
		const char *close = strchr(open, '}');
		if (close && is_name(open + 1, close) && !is_known_placeholder(workload, open + 1, (size_t)(close - open - 1)))
			problems_add(l->problems, l->document, node, "\"%.*s\" is not swept, nor {python} or {plan}",
				     (int)(close - open + 1), open);
	}
}

/* {python} means the arm's interpreter, so every arm must have one. */
static void check_python(const struct loading *l, const struct node *node)
{
	if (strstr(node_text(node, ""), "{python}") == NULL)
		return;
	for (int i = 0; i < l->plan->n_arms; i++)
		if (l->plan->arms[i].python == NULL)
			problems_add(l->problems, l->document, node, "{python} is used, but arm %s names no python", l->plan->arms[i].name);
}

static void load_command(const struct loading *l, const struct node *list, struct plan_workload *workload)
{
	if (node_count(l->document, list) > PLAN_ARGUMENTS_MAX)
		problems_add(l->problems, l->document, list, "a command has at most %d arguments", PLAN_ARGUMENTS_MAX);
	for (size_t i = 0; i < node_count(l->document, list) && workload->n_arguments < PLAN_ARGUMENTS_MAX; i++) {
		const struct node *node = node_item(l->document, list, i);
		workload->arguments[workload->n_arguments++] = node_text(node, "");
		check_placeholders(l, node, workload);
		check_python(l, node);
	}
}

static void load_environment(const struct loading *l, const struct node *map, struct plan_workload *workload)
{
	load_variables(l, map, &workload->environment);
	for (size_t i = 0; i < node_count(l->document, map); i++) {
		const struct node *key, *value = node_pair(l->document, map, i, &key);
		check_placeholders(l, value, workload);
		check_python(l, value);
	}
}

static void load_requires(const struct loading *l, const struct node *map, struct plan_workload *workload)
{
	const struct node *imports = node_get(l->document, map, "imports");
	if (node_count(l->document, imports) > PLAN_IMPORTS_MAX)
		problems_add(l->problems, l->document, imports, "at most %d modules", PLAN_IMPORTS_MAX);
	for (size_t i = 0; i < node_count(l->document, imports) && workload->n_imports < PLAN_IMPORTS_MAX; i++)
		workload->imports[workload->n_imports++] = node_text(node_item(l->document, imports, i), "");
	for (int i = 0; workload->n_imports && i < l->plan->n_arms; i++)
		if (l->plan->arms[i].python == NULL)
			problems_add(l->problems, l->document, imports, "imports are required, but arm %s names no python",
				     l->plan->arms[i].name);
}

static bool is_used(const struct plan_workload *workload, const char *variable)
{
	char placeholder[40];
	snprintf(placeholder, sizeof placeholder, "{%s}", variable);
	for (int i = 0; i < workload->n_arguments; i++)
		if (strstr(workload->arguments[i], placeholder))
			return true;
	for (int i = 0; i < workload->environment.n; i++)
		if (strstr(workload->environment.values[i], placeholder))
			return true;
	return false;
}

static size_t longest_label(const struct plan_workload *workload)
{
	size_t sum = 0;
	for (int i = 0; i < workload->n_sweeps; i++) {
		const struct plan_sweep *sweep = &workload->sweeps[i];
		size_t longest = 0;
		for (int k = 0; k < sweep->n; k++)
			if (strlen(sweep->values[k]) > longest)
				longest = strlen(sweep->values[k]);
		sum += (i ? 1 : 0) + strlen(sweep->name) + 1 + longest;
	}
	return sum;
}

/* A variable that the command does not use would give points that differ in name only; a label that is cut, points that differ
 * in everything but the name. */
static void check_sweeps(const struct loading *l, const struct node *map, const struct plan_workload *workload)
{
	for (int i = 0; i < workload->n_sweeps; i++) {
		const struct node *key;
		node_pair(l->document, map, (size_t)i, &key);
		const char *name = workload->sweeps[i].name;
		if (is_built_in(name, strlen(name)))
			problems_add(l->problems, l->document, key, "{%s} is built in: give the variable another name", name);
		else if (!is_used(workload, name))
			problems_add(l->problems, l->document, key, "%s is swept, but neither command nor environment uses {%s}", name, name);
	}
	size_t longest = longest_label(workload);
	if (longest >= PLAN_LABEL_SIZE)
		problems_add(l->problems, l->document, map, "names and values of a point are %zu characters long together; at most %d fit",
			     longest, PLAN_LABEL_SIZE - 1);
}

static enum plan_checksum checksum_of(const char *text)
{
	return strcmp(text, "required") == 0 ? CHECKSUM_REQUIRED : strcmp(text, "none") == 0 ? CHECKSUM_NONE : CHECKSUM_OPTIONAL;
}

static void load_workload(const struct loading *l, const struct node *key, const struct node *node, int64_t timeout,
			  struct plan_workload *workload)
{
	const char *measure = node_text(node_get(l->document, node, "measure"), "run");
	workload->name = node_text(key, "");
	workload->measure = strcmp(measure, "run") == 0 ? "" : measure;
	workload->checksum = checksum_of(node_text(node_get(l->document, node, "checksum"), "optional"));
	workload->timeout = time_of(l, node, "timeout", (double)timeout / NS_PER_S);
	workload->expected = time_of(l, node, "expected", 0);
	load_sweeps(l, node_get(l->document, node, "sweep"), workload);
	load_command(l, node_get(l->document, node, "command"), workload);
	load_environment(l, node_get(l->document, node, "environment"), workload);
	load_requires(l, node_get(l->document, node, "requires"), workload);
	check_sweeps(l, node_get(l->document, node, "sweep"), workload);
}

/* Before anybody multiplies in `int`: six variables of 64 values are 69 thousand million points. */
static void check_runs(const struct loading *l, const struct node *map)
{
	double points = 0;
	for (int w = 0; w < l->plan->n_workloads; w++) {
		double product = 1;
		for (int i = 0; i < l->plan->workloads[w].n_sweeps; i++)
			product *= l->plan->workloads[w].sweeps[i].n;
		points += product;
	}
	double runs = points * l->plan->n_arms * l->plan->repetitions;
	if (runs > PLAN_RUNS_MAX)
		problems_add(l->problems, l->document, map, "%.0f runs (points x arms x repetitions): a campaign holds at most %d", runs,
			     PLAN_RUNS_MAX);
}

static int load_workloads(const struct loading *l, const struct node *map, int64_t timeout)
{
	struct plan *plan = l->plan;
	size_t n = node_count(l->document, map);
	if (n > PLAN_WORKLOADS_MAX) {
		problems_add(l->problems, l->document, map, "at most %d workloads", PLAN_WORKLOADS_MAX);
		n = PLAN_WORKLOADS_MAX;
	}
	plan->workloads = calloc(n ? n : 1, sizeof *plan->workloads);
	if (plan->workloads == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct node *key, *node = node_pair(l->document, map, i, &key);
		load_workload(l, key, node, timeout, &plan->workloads[plan->n_workloads++]);
	}
	check_runs(l, map);
	return 0;
}

const char *stop_quantity_name(enum stop_quantity quantity)
{
	static const char *const names[] = { [STOP_WALL] = "wall", [STOP_RAPL] = "rapl", [STOP_TIME] = "time" };
	return names[quantity];
}

static void load_stop_quantities(const struct loading *l, const struct node *list, struct plan_stop *stop)
{
	stop->of[STOP_WALL] = list == NULL;
	for (size_t i = 0; i < node_count(l->document, list); i++)
		for (int q = 0; q < STOP_QUANTITIES; q++)
			if (strcmp(node_text(node_item(l->document, list, i), ""), stop_quantity_name((enum stop_quantity)q)) == 0)
				stop->of[q] = true;
}

static void load_stop(const struct loading *l, const struct node *map)
{
	struct plan *plan = l->plan;
	const struct node *at_least = node_get(l->document, map, "at_least");
	if (map == NULL)
		return;
	plan->stop.half_width = node_quantity(node_get(l->document, map, "half_width"), DIMENSION_RATIO, 0);
	plan->stop.at_least = (int)node_integer(at_least, 10);
	load_stop_quantities(l, node_get(l->document, map, "of"), &plan->stop);
	if (plan->stop.at_least < PLAN_STOP_LEAST)
		problems_add(l->problems, l->document, at_least,
			     "%d repetitions show too little of the scatter: who stops by them stops by luck, and a 95 %% interval may hold in 90 %% "
			     "of campaigns only; at least %d, better 10", plan->stop.at_least, PLAN_STOP_LEAST);
	if (plan->stop.at_least >= plan->repetitions)
		problems_add(l->problems, l->document, at_least ? at_least : map,
			     "stop: at_least is %d, and there are %d repetitions: nothing could be spared", plan->stop.at_least, plan->repetitions);
	if (plan->n_arms < 2)
		problems_add(l->problems, l->document, map, "stop: with one arm there is nothing to compare");
}

static void load_windows(const struct loading *l, const struct node *root)
{
	struct plan *plan = l->plan;
	const struct node *settle = node_get(l->document, root, "settle"), *tail = node_get(l->document, root, "tail");
	plan->idle = time_of(l, root, "idle", 3);
	plan->guard = time_of(l, root, "guard", 0.5);
	plan->barrier_quiet = time_of(l, node_get(l->document, root, "barrier"), "quiet", 1.5);
	plan->settle_within = node_quantity(node_get(l->document, settle, "within"), DIMENSION_POWER, 1);
	plan->settle_during = time_of(l, settle, "during", 2);
	plan->settle_at_most = time_of(l, settle, "at_most", 60);
	plan->tail_within = node_quantity(node_get(l->document, tail, "within"), DIMENSION_POWER, 1);
	plan->tail_at_most = time_of(l, tail, "at_most", 30);
	const struct node *quiet[] = { node_get(l->document, root, "idle"), node_get(l->document, node_get(l->document, root, "barrier"), "quiet") };
	const int64_t length[] = { plan->idle, plan->barrier_quiet };
	for (int i = 0; i < 2; i++)
		if (length[i] < 2 * plan->guard)
			problems_add(l->problems, l->document, quiet[i] ? quiet[i] : root,
				     "%s: %.3g s of quiet is less than twice the guard of %.3g s, which is kept clear on both sides",
				     i ? "barrier" : "idle", (double)length[i] / NS_PER_S, (double)plan->guard / NS_PER_S);
}

static void set_directory(struct plan *plan, const char *path)
{
	char real[PATH_MAX];
	if (realpath(path, real) == NULL)
		snprintf(real, sizeof real, "%s", path);
	char *slash = strrchr(real, '/');
	if (slash)
		*slash = '\0';
	snprintf(plan->directory, sizeof plan->directory, "%s", slash ? real : ".");
}

static int load(const char *path, struct plan *plan, struct problems *problems, struct error *error)
{
	if (plan->document == NULL)
		return -1;
	struct loading l = { .document = plan->document, .problems = problems, .plan = plan };
	const struct node *root = document_root(plan->document);
	const char *order = node_text(node_get(l.document, root, "order"), "random");
	plan->title = node_text(node_get(l.document, root, "title"), "untitled");
	plan->seed = (uint64_t)node_integer(node_get(l.document, root, "seed"), 1);
	plan->repetitions = (int)node_integer(node_get(l.document, root, "repetitions"), 3);
	plan->order = strcmp(order, "abba") == 0 ? ORDER_ABBA : strcmp(order, "sequence") == 0 ? ORDER_SEQUENCE : ORDER_RANDOM;
	plan->integrator = strcmp(node_text(node_get(l.document, root, "wall"), "samples"), "integrator") == 0;
	plan->text = document_text(plan->document);
	set_directory(plan, path);
	load_windows(&l, root);
	load_arms(&l, node_get(l.document, root, "arms"));
	load_reference(&l, node_get(l.document, root, "reference"));
	load_stop(&l, node_get(l.document, root, "stop"));
	if (load_workloads(&l, node_get(l.document, root, "workloads"), time_of(&l, root, "timeout", 600)) != 0)
		error_set(error, ERROR_INTERNAL, path, NULL, "out of memory");
	else if (problems_check(problems, error) == 0)
		return 0;
	plan_free(plan);
	return -1;
}

int plan_load(const char *path, struct plan *plan, struct problems *problems, struct error *error)
{
	*plan = (struct plan){ .document = document_load(path, schema_plan, problems, error) };
	return load(path, plan, problems, error);
}

int plan_parse(const char *name, const char *text, struct plan *plan, struct problems *problems, struct error *error)
{
	*plan = (struct plan){ .document = document_parse(name, text, strlen(text), schema_plan, problems, error) };
	return load(name, plan, problems, error);
}

/* The name a table shows for a bare command: the last part of argv[0]. */
static const char *command_name(const char *command)
{
	const char *slash = strrchr(command, '/');
	return slash && slash[1] ? slash + 1 : command;
}

/* JSON is YAML. The figures are those that plan_from_command sets. */
static char *compose_text(const struct plan *plan)
{
	const struct plan_workload *workload = plan->workloads;
	json_t *command = json_array();
	for (int i = 0; i < workload->n_arguments; i++)
		json_array_append_new(command, json_string(workload->arguments[i]));
	json_t *json = json_pack("{s:s, s:s, s:i, s:i, s:s, s:{s:{}}, s:{s:{s:o}}, s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s}, s:{s:s, s:s}, s:s}",
				 "joulerig", "plan 1", "title", plan->title, "seed", (int)plan->seed, "repetitions", plan->repetitions,
				 "order", "sequence", "arms", plan->arms[0].name, "workloads", workload->name, "command", command,
				 "idle", "3 s", "guard", "500 ms", "barrier", "quiet", "1500 ms", "settle", "within", "1 W", "during",
				 "2 s", "at_most", "30 s", "tail", "within", "1 W", "at_most", "30 s", "timeout", "24 h");
	char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	json_decref(json);
	return text;
}

int plan_from_command(char *const *argv, int argc, int repetitions, struct plan *plan, struct error *error)
{
	memset(plan, 0, sizeof *plan);
	if (argc > PLAN_ARGUMENTS_MAX)
		return error_set(error, ERROR_USAGE, NULL, "write a plan, or a script", "a command has at most %d arguments", PLAN_ARGUMENTS_MAX);
	for (int i = 0; i < argc; i++) {
		json_t *text = json_string(argv[i]); /* what the run file must be able to hold */
		if (text == NULL)
			return error_set(error, ERROR_USAGE, NULL, "put it into a script", "argument %d of the command is not UTF-8", i);
		json_decref(text);
	}
	plan->workloads = calloc(1, sizeof *plan->workloads);
	if (plan->workloads == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	plan->title = "one command";
	plan->seed = 1;
	plan->repetitions = repetitions;
	plan->order = ORDER_SEQUENCE;
	plan->n_arms = 1;
	plan->arms[0] = (struct plan_arm){ .name = "command", .gil = -1 };
	plan->idle = 3 * NS_PER_S;
	plan->guard = NS_PER_S / 2;
	plan->barrier_quiet = 3 * NS_PER_S / 2;
	plan->settle_within = plan->tail_within = 1;
	plan->settle_during = 2 * NS_PER_S;
	plan->settle_at_most = plan->tail_at_most = 30 * NS_PER_S;
	snprintf(plan->directory, sizeof plan->directory, ".");
	plan->n_workloads = 1;
	struct plan_workload *workload = plan->workloads;
	workload->name = command_name(argv[0]);
	workload->measure = "";
	workload->timeout = 24 * 3600 * NS_PER_S;
	for (int i = 0; i < argc; i++)
		workload->arguments[workload->n_arguments++] = argv[i];
	plan->text = plan->composed = compose_text(plan);
	if (plan->text)
		return 0;
	plan_free(plan);
	return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

void plan_free(struct plan *plan)
{
	free(plan->workloads);
	free(plan->composed);
	document_free(plan->document);
	memset(plan, 0, sizeof *plan);
}

int plan_points(const struct plan_workload *workload)
{
	int points = 1;
	for (int i = 0; i < workload->n_sweeps; i++)
		points *= workload->sweeps[i].n;
	return points;
}

void plan_point(const struct plan_workload *workload, int index, struct plan_variables *values)
{
	values->n = workload->n_sweeps;
	for (int i = workload->n_sweeps - 1; i >= 0; i--) {
		const struct plan_sweep *sweep = &workload->sweeps[i];
		values->names[i] = sweep->name;
		values->values[i] = sweep->values[index % sweep->n];
		index /= sweep->n;
	}
}

void plan_point_label(const struct plan_workload *workload, int index, char *label, size_t size)
{
	struct plan_variables values = { .n = 0 };
	plan_point(workload, index, &values);
	label[0] = '\0';
	for (int i = 0; i < values.n; i++) {
		size_t used = strlen(label);
		snprintf(label + used, size - used, "%s%s=%s", i ? " " : "", values.names[i], values.values[i]);
	}
}
