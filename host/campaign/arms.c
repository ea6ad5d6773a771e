#include "arms.h"

#include "command.h"

static int check_gil(const struct plan_arm *arm, const struct interpreter *interpreter, struct error *error)
{
	if (arm->gil < 0 || interpreter->gil_enabled == (arm->gil == 1))
		return 0;
	return error_set(error, ERROR_CONFIG, interpreter->path,
			 arm->gil ? "set PYTHON_GIL: \"1\" in the arm's environment, or name a standard build"
				  : "name a free-threaded build (scripts/get-pythons makes one)",
			 "arm %s claims that the GIL is %s, but this interpreter says it is %s", arm->name, arm->gil ? "on" : "off",
			 interpreter->gil_enabled ? "on" : "off");
}

static int find_one(const struct plan_arm *arm, struct interpreter *interpreter, struct error *error)
{
	char **environment = command_environment(arm, NULL);
	if (environment == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	int found = interpreter_find(arm->python, (const char *const *)environment, interpreter, error);
	command_free_strings(environment);
	return found == 0 ? check_gil(arm, interpreter, error) : -1;
}

int arms_find(const struct plan *plan, struct arms *arms, struct error *error)
{
	*arms = (struct arms){ .skipped = NULL };
	for (int i = 0; i < plan->n_arms; i++)
		if (plan->arms[i].python && find_one(&plan->arms[i], &arms->interpreters[i], error) != 0)
			return -1;
	arms->skipped = skips_find(plan, arms->interpreters, error);
	return arms->skipped ? 0 : -1;
}

void arms_free(struct arms *arms)
{
	json_decref(arms->skipped);
	arms->skipped = NULL;
}
