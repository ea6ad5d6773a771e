/* Finds interpreters, and the one that a plan names. */
#include "interpreter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "candidates.h"
#include "log.h"
#include "version_spec.h"

static bool is_known(const struct interpreter *list, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].path, path) == 0)
			return true;
	return false;
}

/* Those of the candidates that answer, in their order. `list` has room for them all. */
static size_t identify_all(const struct candidates *candidates, struct interpreter *list)
{
	size_t n = 0;
	for (size_t i = 0; i < candidates->n; i++) {
		struct error error = ERROR_INIT;
		char line[800];
		if (interpreter_identify(candidates->list[i].path, NULL, &list[n], &error) < 0)
			log_say(LOG_LEVEL_DEBUG, "passed over: %s", error_line(&error, line, sizeof line));
		else if (!is_known(list, n, list[n].path)) /* a script may lead to one that is there already */
			n++;
	}
	return n;
}

static int identify_candidates(struct candidates *candidates, struct interpreter **list, size_t *n, struct error *error)
{
	*n = 0;
	*list = calloc(candidates->n + 1, sizeof **list);
	if (*list == NULL)
		error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for a list of interpreters");
	else
		*n = identify_all(candidates, *list);
	candidates_free(candidates);
	return *list ? 0 : -1;
}

int interpreter_discover(struct interpreter **list, size_t *n, struct error *error)
{
	struct candidates candidates = { .list = NULL };
	candidates_from_cache(&candidates);
	candidates_from_machine(&candidates);
	return identify_candidates(&candidates, list, n, error);
}

static const struct interpreter *newest(const struct interpreter *list, size_t n, const char *spec)
{
	const struct interpreter *best = NULL;
	for (size_t i = 0; i < n; i++)
		if (version_spec_matches(spec, list[i].version, list[i].gil_disabled_build) &&
		    (best == NULL || list[i].hexversion > best->hexversion))
			best = &list[i];
	return best;
}

/* 1: found, its path in `path`; 0: not among these; -1: error. */
static int choose(struct candidates *candidates, const char *spec, char *path, size_t size, struct error *error)
{
	struct interpreter *list;
	size_t n;
	if (identify_candidates(candidates, &list, &n, error) < 0)
		return -1;
	const struct interpreter *best = newest(list, n, spec);
	if (best) {
		memcpy(path, best->path, size < sizeof best->path ? size : sizeof best->path);
		path[size - 1] = '\0';
	}
	free(list);
	return best != NULL;
}

static int find_version(const char *spec, char *path, size_t size, struct error *error)
{
	struct candidates candidates = { .list = NULL };
	candidates_from_cache(&candidates);
	int found = choose(&candidates, spec, path, size, error);
	if (found == 0) {
		candidates_from_machine(&candidates);
		found = choose(&candidates, spec, path, size, error);
	}
	if (found == 0)
		return error_set(error, ERROR_NOT_FOUND, spec, "run scripts/get-pythons, or name an interpreter by its path",
				 "no Python %s was found on PATH, in pyenv, uv or joulerig's cache", spec);
	return found < 0 ? -1 : 0;
}

int interpreter_find(const char *spec, const char *const *environment, struct interpreter *interpreter, struct error *error)
{
	char path[sizeof interpreter->path];
	if (!version_spec_is_one(spec))
		return interpreter_identify(spec, environment, interpreter, error);
	if (find_version(spec, path, sizeof path, error) < 0)
		return -1;
	return interpreter_identify(path, environment, interpreter, error);
}
