#include "skips.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "interpreter.h"
#include "plan.h"

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

bool skips_have(const json_t *skipped, const char *workload, const char *arm)
{
	size_t i;
	const json_t *entry;
	json_array_foreach(skipped, i, entry)
		if (strcmp(member(entry, "workload"), workload) == 0 && strcmp(member(entry, "arm"), arm) == 0)
			return true;
	return false;
}

/* Under the environment of a run at the first point. */
static int ask(const struct plan *plan, const struct plan_workload *workload, const struct plan_arm *arm, const char *python,
	       struct interpreter_imports *imports, struct error *error)
{
	struct command command;
	if (command_make(plan, workload, arm, 0, python, &command, error) != 0)
		return -1;
	int result = interpreter_imports(python, (const char *const *)command.environment, workload->imports, workload->n_imports, imports,
					 error);
	command_free(&command);
	return result;
}

/* With the GIL on again the arm would not be what it claims. */
static const char *why_not(const struct plan_arm *arm, const struct interpreter_imports *imports)
{
	if (imports->why_not[0])
		return imports->why_not;
	return arm->gil == 0 && imports->gil_enabled ? "what it imports switches the GIL on, and the arm claims that it is off" : NULL;
}

static int judge(const struct plan *plan, int w, int a, const struct interpreter *interpreter, json_t *skipped, struct error *error)
{
	const struct plan_workload *workload = &plan->workloads[w];
	struct interpreter_imports imports;
	if (ask(plan, workload, &plan->arms[a], interpreter->path, &imports, error) != 0)
		return -1;
	const char *reason = why_not(&plan->arms[a], &imports);
	if (reason && json_array_append_new(skipped, json_pack("{s:s, s:s, s:s}", "workload", workload->name, "arm", plan->arms[a].name,
							       "reason", reason)) != 0)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

static int check_any_left(const struct plan *plan, const json_t *skipped, struct error *error)
{
	if (json_array_size(skipped) < (size_t)plan->n_workloads * (size_t)plan->n_arms)
		return 0;
	const json_t *first = json_array_get(skipped, 0);
	return error_set(error, ERROR_CONFIG, "plan", "install what the workloads require, or name interpreters that have it",
			 "nothing is left to run: no arm's interpreter has what any of the workloads requires (%s under arm %s: %s)",
			 member(first, "workload"), member(first, "arm"), member(first, "reason"));
}

json_t *skips_find(const struct plan *plan, const struct interpreter *interpreters, struct error *error)
{
	json_t *skipped = json_array();
	int result = skipped ? 0 : error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	for (int w = 0; w < plan->n_workloads; w++)
		for (int a = 0; a < plan->n_arms && result == 0 && plan->workloads[w].n_imports; a++)
			result = judge(plan, w, a, &interpreters[a], skipped, error);
	if (result == 0 && check_any_left(plan, skipped, error) == 0)
		return skipped;
	json_decref(skipped);
	return NULL;
}

/* The first of these that is not among the others; NULL: none. */
static const json_t *missing(const json_t *these, const json_t *others)
{
	size_t i;
	const json_t *entry;
	json_array_foreach(these, i, entry)
		if (!skips_have(others, member(entry, "workload"), member(entry, "arm")))
			return entry;
	return NULL;
}

int skips_compare(const json_t *was, const json_t *is, const char *remedy, struct error *error)
{
	char whose[80];
	const json_t *gone = missing(was, is), *entry = gone ? gone : missing(is, was);
	if (entry == NULL)
		return 0;
	snprintf(whose, sizeof whose, "%s under arm %s", member(entry, "workload"), member(entry, "arm"));
	return error_set(error, ERROR_CONFIG, whose, remedy, "%s %s",
			 gone ? "it could be run now, and was skipped when the campaign began:"
			      : "it was run when the campaign began, and cannot be now:", member(entry, "reason"));
}
