/* Asks an interpreter what it is. */
#include "interpreter.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "program.h"
#include "question.h"

#define PATIENCE (30 * NS_PER_S) /* some 30 ms of work, but a machine may be that busy */
#define ANSWER_SIZE 65536

/* Not with -I: that would hide PYTHON_GIL, which is what an arm may consist of. The folder it is asked in is taken off the module
 * path, so that no json.py there is imported. */
static const char script[] =
	"import sys\n"
	"sys.path[:] = [p for p in sys.path if p]\n"
	"import json, sysconfig\n"
	"enabled = getattr(sys, '_is_gil_enabled', lambda: True)()\n"
	"print()\n"
	"print(json.dumps({'executable': sys.executable, 'venv': sys.prefix != sys.base_prefix,\n"
	"    'implementation': sys.implementation.name, 'version': sys.version.split()[0], 'full_version': sys.version,\n"
	"    'configure_args': sysconfig.get_config_var('CONFIG_ARGS') or '', 'hexversion': sys.hexversion,\n"
	"    'gil_disabled_build': bool(sysconfig.get_config_var('Py_GIL_DISABLED')), 'gil_enabled': bool(enabled)}))\n";

/* The last line: site customisations may have printed things of their own before. */
static const char *last_line(char *answer)
{
	size_t length = strlen(answer);
	while (length > 0 && answer[length - 1] == '\n')
		answer[--length] = '\0';
	const char *before = strrchr(answer, '\n');
	return before ? before + 1 : answer;
}

/* A string fact, on one line, cut to fit. 0, or -1 if there is none. */
static int take_text(const json_t *facts, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(facts, key));
	if (text == NULL)
		return -1;
	snprintf(to, size, "%s", text);
	for (char *c = to; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return 0;
}

static int take_flag(const json_t *facts, const char *key, bool *to)
{
	const json_t *value = json_object_get(facts, key);
	*to = json_is_true(value);
	return json_is_boolean(value) ? 0 : -1;
}

static int take_facts(const json_t *facts, struct interpreter *i)
{
	const json_t *hexversion = json_object_get(facts, "hexversion");
	i->hexversion = (int)json_integer_value(hexversion);
	if (!json_is_integer(hexversion) || take_flag(facts, "gil_disabled_build", &i->gil_disabled_build) < 0 ||
	    take_flag(facts, "gil_enabled", &i->gil_enabled) < 0)
		return -1;
	if (take_text(facts, "implementation", i->implementation, sizeof i->implementation) < 0 ||
	    take_text(facts, "version", i->version, sizeof i->version) < 0 ||
	    take_text(facts, "full_version", i->full_version, sizeof i->full_version) < 0 ||
	    take_text(facts, "configure_args", i->configure_args, sizeof i->configure_args) < 0)
		return -1;
	return 0;
}

/* A virtual environment's interpreter is found by its own path only; any other is named by its real one. */
static int take_path(const json_t *facts, struct interpreter *i, struct error *error)
{
	char real[PATH_MAX];
	const char *executable = json_string_value(json_object_get(facts, "executable"));
	if (executable == NULL || *executable != '/' || !program_is_executable(executable) || realpath(executable, real) == NULL)
		return error_set(error, ERROR_PROTOCOL, i->path, NULL, "it does not say which file it is");
	const char *path = json_is_true(json_object_get(facts, "venv")) ? executable : real;
	if (strlen(path) >= sizeof i->path)
		return error_set(error, ERROR_UNSUPPORTED, i->path, NULL, "its path is longer than %zu bytes",
				 sizeof i->path - 1);
	strcpy(i->path, path);
	if (SHA256File(real, i->sha256) == NULL)
		return error_errno(error, errno, real, NULL, "cannot be read for its checksum");
	return 0;
}

static int take_answer(char *answer, struct interpreter *i, struct error *error)
{
	json_t *facts = json_loads(last_line(answer), 0, NULL);
	int result = facts && take_facts(facts, i) == 0
			     ? take_path(facts, i, error)
			     : error_set(error, ERROR_PROTOCOL, i->path, NULL, "it does not answer like a Python interpreter");
	json_decref(facts);
	return result;
}

static int find_file(const char *path, const char *const *environment, struct interpreter *i, struct error *error)
{
	int failure = program_find(path, environment, i->path, sizeof i->path);
	if (failure == EACCES)
		return error_errno(error, failure, path, "name the interpreter's executable file", "it cannot be executed");
	if (failure)
		return error_errno(error, failure, path, "run scripts/get-pythons, or name an interpreter by its path",
				   "there is no such interpreter");
	return 0;
}

int interpreter_identify(const char *path, const char *const *environment, struct interpreter *interpreter, struct error *error)
{
	if (environment == NULL)
		environment = (const char *const *)environ;
	*interpreter = (struct interpreter){ .hexversion = 0 };
	if (find_file(path, environment, interpreter, error) < 0)
		return -1;
	char *answer = malloc(ANSWER_SIZE);
	if (answer == NULL)
		return error_set(error, ERROR_INTERNAL, path, NULL, "no memory");
	const char *argv[] = { interpreter->path, "-c", script, NULL };
	int result = question_ask(interpreter->path, argv, environment, PATIENCE, answer, ANSWER_SIZE, error);
	if (result == 0)
		result = take_answer(answer, interpreter, error);
	free(answer);
	return result;
}
