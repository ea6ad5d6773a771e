/*
 * interpreter: which Pythons are there, and what each says of itself. Identified by asking it, never by its name.
 */
#ifndef JOULERIG_DUT_INTERPRETER_H
#define JOULERIG_DUT_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct interpreter {
	char path[512];      /* absolute; of the real binary, symbolic links resolved (but not a virtual environment's) */
	char sha256[65];
	char implementation[32]; /* "cpython" */
	char version[32];        /* "3.13.5" */
	char full_version[256];  /* sys.version, one line */
	char configure_args[1024];
	bool gil_disabled_build; /* Py_GIL_DISABLED */
	bool gil_enabled;        /* sys._is_gil_enabled() at start, under the environment it was asked with; true where absent */
	int hexversion;
};

/* Asks the interpreter at `path` under `environment` (NULL: the caller's), 30 s at most. PYTHON_GIL in it has its effect. A
 * script that leads to an interpreter (pyenv's shims) is identified as that one. ERROR_TIMEOUT, ERROR_PROTOCOL: it is none. */
int interpreter_identify(const char *path, const char *const *environment, struct interpreter *interpreter, struct error *error);

/* What came of importing modules, one after the other, in one process. */
struct interpreter_imports {
	char why_not[800]; /* one line: the module and the interpreter's own words; "" when all were imported */
	bool gil_enabled;  /* afterwards: a module that is not made for it switches the GIL of a free-threaded build on */
};
/* Asks the interpreter at `path` under `environment` (NULL: the caller's), 30 s a module at most; modules in the folder it is asked in
 * do not count. A module that ends the process cannot be imported. ERROR_TIMEOUT …: there is no answer, not even no. */
int interpreter_imports(const char *path, const char *const *environment, const char *const *modules, int n,
			struct interpreter_imports *imports, struct error *error);

/* Every interpreter found on PATH, in pyenv, uv and joulerig's own cache, each binary once; malloc'ed, caller frees. */
int interpreter_discover(struct interpreter **list, size_t *n, struct error *error);

/* The interpreter that `spec` names: a path (with a slash), a command on the PATH of `environment` (NULL: the caller's), or a
 * version "3.13" / "3.13t" / "3.13.5t" that is looked up among the discovered ones (t: free-threaded build; without it never
 * one; joulerig's own cache is preferred, since its builds are alike; then the newest). ERROR_NOT_FOUND names
 * scripts/get-pythons. */
int interpreter_find(const char *spec, const char *const *environment, struct interpreter *interpreter, struct error *error);

#endif
