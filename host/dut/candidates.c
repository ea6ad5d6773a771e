#include "candidates.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"
#include "text.h"

bool candidate_name(const char *name, bool plain)
{
	if (strncmp(name, "python", 6) != 0)
		return false;
	const char *at = name + 6;
	if (*at == '\0')
		return plain;
	if (*at++ != '3')
		return false;
	if (*at == '\0')
		return true;
	if (*at++ != '.' || !isdigit((unsigned char)*at))
		return false;
	while (isdigit((unsigned char)*at))
		at++;
	return strcmp(at, "") == 0 || strcmp(at, "t") == 0;
}

/* ---- the list ---- */

/* The folder that a virtual environment lives in is told by a file above its bin. */
static bool is_virtual(const char *path, struct stat *folder)
{
	char around[4096], marker[4200];
	snprintf(around, sizeof around, "%s", path);
	char *slash = strrchr(around, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	snprintf(marker, sizeof marker, "%s/../pyvenv.cfg", around);
	struct stat ignored;
	return stat(marker, &ignored) == 0 && stat(around, folder) == 0;
}

static bool is_listed(const struct candidates *candidates, const struct stat *identity)
{
	for (size_t i = 0; i < candidates->n; i++)
		if (candidates->list[i].device == identity->st_dev && candidates->list[i].inode == identity->st_ino)
			return true;
	return false;
}

static void append(struct candidates *candidates, const char *path, const struct stat *identity)
{
	if (candidates->n == candidates->capacity) {
		size_t capacity = candidates->capacity ? 2 * candidates->capacity : 16;
		struct candidate *list = realloc(candidates->list, capacity * sizeof *list);
		if (list == NULL)
			return;
		candidates->list = list;
		candidates->capacity = capacity;
	}
	char *copy = strdup(path);
	if (copy)
		candidates->list[candidates->n++] =
			(struct candidate){ .path = copy, .device = identity->st_dev, .inode = identity->st_ino };
}

static void add(struct candidates *candidates, const char *path)
{
	struct stat identity;
	if (!program_is_executable(path) || stat(path, &identity) < 0)
		return;
	is_virtual(path, &identity);
	if (!is_listed(candidates, &identity))
		append(candidates, path, &identity);
}

void candidates_free(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->n; i++)
		free(candidates->list[i].path);
	free(candidates->list);
	*candidates = (struct candidates){ .list = NULL };
}

/* ---- places ---- */

/* All that match, last name first: python3.13t before python3.13 before python3, which are often links to each other. */
static void add_matching(struct candidates *candidates, const char *pattern, bool plain)
{
	glob_t matches;
	if (glob(pattern, 0, NULL, &matches) != 0)
		return;
	for (int pass = 0; pass < 2; pass++) /* bare names after those that tell more */
		for (size_t i = matches.gl_pathc; i-- > 0;) {
			const char *name = strrchr(matches.gl_pathv[i], '/') + 1;
			if (candidate_name(name, plain) && (strchr(name, '.') == NULL) == (pass == 1))
				add(candidates, matches.gl_pathv[i]);
		}
	globfree(&matches);
}

/* Folders that come from the environment are taken as they are: a `*` in them is a name, not a pattern. */
static void add_escaped(struct text *pattern, const char *folder, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (strchr("*?[\\", folder[i]))
			text_add(pattern, "\\");
		text_add_bytes(pattern, &folder[i], 1);
	}
}

static void add_below(struct candidates *candidates, const char *folder, size_t length, const char *rest, bool plain)
{
	struct text pattern = TEXT_INIT;
	add_escaped(&pattern, folder, length);
	text_add(&pattern, rest);
	if (!text_failed(&pattern) && length > 0)
		add_matching(candidates, text_string(&pattern), plain);
	text_free(&pattern);
}

/* Below $VARIABLE, or else below $HOME/FALLBACK. */
static void add_place(struct candidates *candidates, const char *variable, const char *inside, const char *fallback,
		      const char *rest, bool plain)
{
	const char *base = getenv(variable);
	const bool given = base && *base;
	const char *home = getenv("HOME");
	if (!given && (home == NULL || *home == '\0'))
		return;
	struct text folder = TEXT_INIT;
	text_add(&folder, given ? base : home);
	text_add(&folder, given ? inside : fallback);
	if (!text_failed(&folder))
		add_below(candidates, text_string(&folder), strlen(text_string(&folder)), rest, plain);
	text_free(&folder);
}

void candidates_from_cache(struct candidates *candidates)
{
	add_place(candidates, "XDG_CACHE_HOME", "/joulerig/pythons", "/.cache/joulerig/pythons", "/*/bin/python3*", false);
}

static void add_uv(struct candidates *candidates)
{
	const char *own = getenv("UV_PYTHON_INSTALL_DIR");
	if (own && *own)
		add_below(candidates, own, strlen(own), "/*/bin/python3*", false);
	else
		add_place(candidates, "XDG_DATA_HOME", "/uv/python", "/.local/share/uv/python", "/*/bin/python3*", false);
}

static void add_path(struct candidates *candidates)
{
	const char *folders = getenv("PATH");
	while (folders && *folders) {
		size_t length = strcspn(folders, ":");
		if (*folders == '/')
			add_below(candidates, folders, length, "/python3*", false);
		folders += length + (folders[length] == ':');
	}
}

/* pyenv's versions before PATH, whose shims are scripts that lead there. */
void candidates_from_machine(struct candidates *candidates)
{
	add_place(candidates, "PYENV_ROOT", "/versions", "/.pyenv/versions", "/*/bin/python*", true);
	add_uv(candidates);
	add_path(candidates);
}
