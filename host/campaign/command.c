#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

extern char **environ;

static const char *value_of(const struct plan *plan, const struct plan_variables *values, const char *python, const char *name,
			    size_t length)
{
	if (length == 6 && memcmp(name, "python", 6) == 0)
		return python;
	if (length == 4 && memcmp(name, "plan", 4) == 0)
		return plan->directory;
	for (int i = 0; i < values->n; i++)
		if (strlen(values->names[i]) == length && memcmp(values->names[i], name, length) == 0)
			return values->values[i];
	return NULL;
}

/* Braces that hold no known name stay as they are. NULL when memory is short. */
static char *fill_in(const struct plan *plan, const struct plan_variables *values, const char *python, const char *argument)
{
	struct text text = TEXT_INIT;
	text_add(&text, "");
	while (*argument) {
		const char *close = *argument == '{' ? strchr(argument, '}') : NULL;
		const char *value = close ? value_of(plan, values, python, argument + 1, (size_t)(close - argument - 1)) : NULL;
		if (value) {
			text_add(&text, value);
			argument = close + 1;
		} else {
			text_add_bytes(&text, argument++, 1);
		}
	}
	if (text_failed(&text)) {
		text_free(&text);
		return NULL;
	}
	return text.bytes;
}

static bool is_set(const struct plan_variables *variables, const char *entry)
{
	size_t length = strcspn(entry, "=");
	for (int i = 0; i < variables->n; i++)
		if (strlen(variables->names[i]) == length && memcmp(variables->names[i], entry, length) == 0)
			return true;
	return false;
}

static bool is_kept(const char *entry)
{
	return strncmp(entry, "PYTHON", 6) != 0 && strncmp(entry, "JOULERIG_", 9) != 0;
}

static bool add_variables(char **to, size_t *n, const struct plan_variables *variables, const struct plan_variables *stronger)
{
	for (int i = 0; i < variables->n; i++) {
		if (stronger && is_set(stronger, variables->names[i]))
			continue;
		struct text text = TEXT_INIT;
		text_addf(&text, "%s=%s", variables->names[i], variables->values[i]);
		if (text_failed(&text))
			return false;
		to[(*n)++] = text.bytes;
	}
	return true;
}

char **command_environment(const struct plan_arm *arm, const struct plan_workload *workload)
{
	static const struct plan_variables none;
	const struct plan_variables *mine = workload ? &workload->environment : &none;
	size_t count = 0, n = 0;
	while (environ[count])
		count++;
	char **list = calloc(count + PLAN_ENVIRONMENT_MAX * 2 + 1, sizeof *list);
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (is_kept(environ[i]) && !is_set(mine, environ[i]) && !is_set(&arm->environment, environ[i])) {
			list[n] = strdup(environ[i]);
			if (list[n++] == NULL)
				goto free_list;
		}
	if (add_variables(list, &n, mine, &arm->environment) && add_variables(list, &n, &arm->environment, NULL))
		return list;
free_list:
	command_free_strings(list);
	return NULL;
}

/* What the workload sets may vary with the point: OMP_NUM_THREADS: "{threads}". */
static bool fill_environment(const struct plan *plan, const struct plan_workload *workload, const struct plan_arm *arm,
			     const struct plan_variables *values, const char *python, char **environment)
{
	for (char **entry = environment; *entry; entry++) {
		if (!is_set(&workload->environment, *entry) || is_set(&arm->environment, *entry))
			continue;
		char *filled = fill_in(plan, values, python, *entry);
		if (filled == NULL)
			return false;
		free(*entry);
		*entry = filled;
	}
	return true;
}

int command_make(const struct plan *plan, const struct plan_workload *workload, const struct plan_arm *arm, int point,
		 const char *python, struct command *command, struct error *error)
{
	struct plan_variables values = { .n = 0 };
	plan_point(workload, point, &values);
	command->environment = command_environment(arm, workload);
	command->argv = calloc((size_t)workload->n_arguments + 1, sizeof *command->argv);
	if (command->argv == NULL || command->environment == NULL ||
	    !fill_environment(plan, workload, arm, &values, python, command->environment))
		goto free_command;
	for (int i = 0; i < workload->n_arguments; i++) {
		command->argv[i] = fill_in(plan, &values, python, workload->arguments[i]);
		if (command->argv[i] == NULL)
			goto free_command;
	}
	return 0;
free_command:
	command_free(command);
	return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

void command_free_strings(char **strings)
{
	for (char **s = strings; s && *s; s++)
		free(*s);
	free(strings);
}

void command_free(struct command *command)
{
	command_free_strings(command->argv);
	command_free_strings(command->environment);
	command->argv = command->environment = NULL;
}
