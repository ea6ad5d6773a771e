/* Asks an interpreter whether it imports what a workload needs. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "interpreter.h"
#include "question.h"

#define PATIENCE (30 * NS_PER_S) /* for each: NumPy takes 0.1 s from a warm disk */
#define ANSWER_SIZE 65536

/* Beginnings of messages only, and on one line: NumPy's has two thousand characters. */
static const char script[] =
	"import sys\n"
	"sys.path[:] = [p for p in sys.path if p]\n"
	"import importlib, json\n"
	"why = ''\n"
	"for name in sys.argv[1:]:\n"
	"    try:\n"
	"        importlib.import_module(name)\n"
	"    except BaseException as e:\n"
	"        why = ' '.join(('cannot import %s: %s: %s' % (name, type(e).__name__, e)).split())[:180]\n"
	"        break\n"
	"enabled = getattr(sys, '_is_gil_enabled', lambda: True)()\n"
	"print()\n"
	"print(json.dumps({'why': why, 'gil_enabled': bool(enabled)}))\n";

/* Modules may print things of their own before. */
static json_t *last_line(const char *answer)
{
	const char *end = answer + strlen(answer);
	while (end > answer && end[-1] == '\n')
		end--;
	const char *begin = end;
	while (begin > answer && begin[-1] != '\n')
		begin--;
	return json_loadb(begin, (size_t)(end - begin), 0, NULL);
}

static int take_answer(const char *path, const char *answer, struct interpreter_imports *imports, struct error *error)
{
	json_t *said = last_line(answer);
	const char *why = json_string_value(json_object_get(said, "why"));
	const json_t *enabled = json_object_get(said, "gil_enabled");
	int result = 0;
	if (why == NULL || !json_is_boolean(enabled)) {
		result = error_set(error, ERROR_PROTOCOL, path, NULL, "it does not say whether it can import modules");
	} else {
		snprintf(imports->why_not, sizeof imports->why_not, "%s", why);
		imports->gil_enabled = json_is_true(enabled);
	}
	json_decref(said);
	return result;
}

/* A crash is an answer, too. */
static int take_failure(const struct error *failure, const char *const *modules, int n, struct interpreter_imports *imports, struct error *error)
{
	if (failure->code != ERROR_PROTOCOL)
		return error_set(error, failure->code, failure->on, failure->remedy, "%s", failure->what);
	int used = snprintf(imports->why_not, sizeof imports->why_not, "cannot import ");
	for (int i = 0; i < n && used < 400; i++)
		used += snprintf(imports->why_not + used, sizeof imports->why_not - (size_t)used, "%s%.60s", i ? ", " : "", modules[i]);
	snprintf(imports->why_not + used, sizeof imports->why_not - (size_t)used, ": %s", failure->what);
	return 0;
}

int interpreter_imports(const char *path, const char *const *environment, const char *const *modules, int n,
			struct interpreter_imports *imports, struct error *error)
{
	struct error failure = ERROR_INIT;
	const char **argv = calloc((size_t)n + 4, sizeof *argv);
	char *answer = malloc(ANSWER_SIZE);
	int result = -1;
	*imports = (struct interpreter_imports){ .gil_enabled = true };
	if (argv == NULL || answer == NULL) {
		error_set(error, ERROR_INTERNAL, path, NULL, "no memory");
		goto free_both;
	}
	argv[0] = path;
	argv[1] = "-c";
	argv[2] = script;
	for (int i = 0; i < n; i++)
		argv[3 + i] = modules[i];
	if (question_ask(path, argv, environment ? environment : (const char *const *)environ, n * PATIENCE, answer, ANSWER_SIZE, &failure) == 0)
		result = take_answer(path, answer, imports, error);
	else
		result = take_failure(&failure, modules, n, imports, error);
free_both:
	free(answer);
	free(argv);
	return result;
}
