/* Interpreters: identified by what they say, found where they are, and no harm from those that are none. */
#include "unit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "candidates.h"
#include "clock.h"
#include "interpreter.h"
#include "question.h"
#include "version_spec.h"

/* A folder of its own, which HOME and the other places that are searched are made to lie in. */
static char home[256];

static void write_at(const char *path, const char *text)
{
	char full[1024];
	snprintf(full, sizeof full, "%s/%s", home, path);
	for (char *slash = full + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(full, 0755);
}

static const char *below_home(const char *path)
{
	static char full[1024];
	snprintf(full, sizeof full, "%s/%s", home, path);
	return full;
}

/* A script that answers like Python. */
static void write_fake(const char *path, const char *version, int hexversion, int free_threaded)
{
	char text[1024];
	snprintf(text, sizeof text,
		 "#!/bin/sh\n"
		 "printf '%%s\\n' '{\"executable\": \"'\"$0\"'\", \"implementation\": \"cpython\", \"version\": \"%s\", "
		 "\"full_version\": \"%s\\n(x)\","
		 " \"configure_args\": \"\", \"gil_disabled_build\": %s, \"gil_enabled\": true, \"hexversion\": %d, \"venv\": "
		 "false}'\n",
		 version, version, free_threaded ? "true" : "false", hexversion);
	write_at(path, text);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position)
{
	(void)status, (void)type, (void)position;
	return remove(path);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(home, "/tmp/joulerig-interpreter-test-XXXXXX");
	if (mkdtemp(home) == NULL)
		return -1;
	setenv("HOME", home, 1);
	setenv("PATH", below_home("bin"), 1);
	unsetenv("PYENV_ROOT");
	unsetenv("UV_PYTHON_INSTALL_DIR");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("XDG_DATA_HOME");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- versions ---- */

static void test_version_specs(void **state)
{
	static const struct {
		const char *spec, *version;
		bool free_threaded, matches;
	} cases[] = {
		{ "3.13", "3.13.5", false, true },     { "3.13", "3.13.5", true, false },
		{ "3.13t", "3.13.5", true, true },     { "3.13t", "3.13.5", false, false },
		{ "3.13.5t", "3.13.5", true, true },   { "3.13.5t", "3.13.5", false, false },
		{ "3.13.5", "3.13.5", false, true },   { "3.13.5", "3.13.5", true, false },
		{ "3.13.5", "3.13.51", false, false }, { "3.1", "3.13.5", false, false },
		{ "3.13", "3.1.3", false, false },     { "3.13", "3.130.1", false, false },
		{ "3.14", "3.14.0rc1", false, true },  { "3.14.0", "3.14.0rc1", false, false },
		{ "3.14.0", "3.14.0+", false, true },  { "3", "3.11.2", false, true },
		{ "3t", "3.11.2", false, false },      { "13", "3.13.0", false, false },
		{ "", "3.13.5", false, false },        { "python3", "3.13.5", false, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (version_spec_matches(cases[i].spec, cases[i].version, cases[i].free_threaded) != cases[i].matches)
			fail_msg("%s against %s%s", cases[i].spec, cases[i].version,
				 cases[i].free_threaded ? " free-threaded" : "");
}

static void test_what_is_a_version_spec(void **state)
{
	static const char *const yes[] = { "3", "3t", "3.13", "3.13t", "3.13.5", "3.13.5t" };
	static const char *const no[] = { "",         "t",      ".",     "3.",    ".3",         "3..1",
					  "3.13.5.1", "3.13tt", "3.13 ", "v3.13", "python3.13", "3.13-t" };
	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		assert_true(version_spec_is_one(yes[i]));
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		assert_false(version_spec_is_one(no[i]));
}

static void test_names_that_make_candidates(void **state)
{
	static const char *const yes[] = { "python3", "python3.11", "python3.13t", "python3.9" };
	static const char *const no[] = { "python",   "python2",   "python2.7",    "python3-config", "python3.11-config",
					  "python3.", "python3.t", "python3.13td", "python3.13.5",   "xpython3",
					  "python3t" };
	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		assert_true(candidate_name(yes[i], false));
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		assert_false(candidate_name(no[i], false));
	assert_true(candidate_name("python", true));
}

/* ---- questions that are not answered ---- */

static int ask_script(const char *script, char *answer, size_t size, struct error *error)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
	return question_ask("/bin/sh", argv, environment, 400 * NS_PER_MS, answer, size, error);
}

static void expect_answer(const char *script, const char *expected)
{
	struct error error = ERROR_INIT;
	char answer[1000];
	if (ask_script(script, answer, sizeof answer, &error) < 0)
		fail_msg("%s: %s", script, error.what);
	assert_string_equal(answer, expected);
}

static void expect_failure(const char *script, enum error_code code)
{
	struct error error = ERROR_INIT;
	char answer[1000];
	int64_t before = clock_now(CLOCK_ID_MONOTONIC);
	assert_int_equal(ask_script(script, answer, sizeof answer, &error), -1);
	if (error.code != code)
		fail_msg("%s: %s", script, error.what);
	assert_true(clock_now(CLOCK_ID_MONOTONIC) - before < 2 * NS_PER_S);
}

static void test_questions(void **state)
{
	(void)state;
	expect_answer("echo yes", "yes\n");
	expect_answer("echo dropped >&2; cat; echo end", "end\n");
	expect_answer("sleep 100 & echo leaves one behind", "leaves one behind\n");
	expect_answer("exec 1>&-; sleep 0.1", "");
	expect_failure("sleep 100", ERROR_TIMEOUT);
	expect_failure("trap '' TERM INT; sleep 100; sleep 100", ERROR_TIMEOUT);
	expect_failure("exec 1>&-; sleep 100", ERROR_TIMEOUT);
	expect_failure("yes", ERROR_PROTOCOL);
	expect_failure("head -c 10000000 /dev/zero", ERROR_PROTOCOL);
	expect_failure("exit 3", ERROR_PROTOCOL);
	expect_failure("kill -9 $$", ERROR_PROTOCOL);
}

/* A sleep of an odd length that only this test uses, so that it can be looked for. */
static void test_nothing_is_left_of_a_question(void **state)
{
	(void)state;
	expect_answer("sleep 98.7651 & echo there", "there\n");
	usleep(50000);
	expect_answer("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 98.765[1]' || true", "0\n");
}

/* ---- identity ---- */

static void test_this_machines_python(void **state)
{
	struct interpreter python;
	struct error error = ERROR_INIT;
	(void)state;
	if (interpreter_identify("/usr/bin/python3", NULL, &python, &error) < 0)
		fail_msg("%s: %s", error.on, error.what);
	assert_string_equal(python.implementation, "cpython");
	assert_true(version_spec_matches("3", python.version, python.gil_disabled_build));
	assert_int_equal(strncmp(python.full_version, python.version, strlen(python.version)), 0);
	assert_null(strchr(python.full_version, '\n'));
	assert_int_equal(strlen(python.sha256), 64);
	assert_true(python.gil_enabled);
	assert_int_equal(python.hexversion >> 24, 3);
	assert_true(strncmp(python.path, "/usr/bin/python3.", 17) == 0); /* not the symbolic link */

	char command[700], answer[1000];
	snprintf(command, sizeof command, "sha256sum %s | cut -c 1-64 | tr -d '\\n'", python.path);
	assert_int_equal(ask_script(command, answer, sizeof answer, NULL), 0);
	assert_string_equal(answer, python.sha256);
}

static void test_a_virtual_environment_keeps_its_own_path(void **state)
{
	struct interpreter python;
	struct error error = ERROR_INIT;
	(void)state;
	write_at("venv/pyvenv.cfg", "home = /usr/bin\n");
	mkdir(below_home("venv/bin"), 0755);
	assert_int_equal(symlink("/usr/bin/python3", below_home("venv/bin/python3")), 0);
	if (interpreter_identify(below_home("venv/bin/python3"), NULL, &python, &error) < 0)
		fail_msg("%s: %s", error.on, error.what);
	assert_string_equal(python.path, below_home("venv/bin/python3"));
	assert_int_equal(strlen(python.sha256), 64);
}

static void expect_not_python(const char *script, enum error_code code)
{
	struct interpreter python;
	struct error error = ERROR_INIT;
	write_at("bin/python3", script);
	assert_int_equal(interpreter_identify(below_home("bin/python3"), NULL, &python, &error), -1);
	if (error.code != code)
		fail_msg("%s: %s", script, error.what);
	assert_string_equal(error.on, below_home("bin/python3"));
}

static void test_things_that_are_no_python(void **state)
{
	(void)state;
	expect_not_python("#!/bin/sh\necho Hello\n", ERROR_PROTOCOL);
	expect_not_python("#!/bin/sh\n", ERROR_PROTOCOL);
	expect_not_python("#!/bin/sh\necho '{}'\n", ERROR_PROTOCOL);
	expect_not_python("#!/bin/sh\necho '[[[['\n", ERROR_PROTOCOL);
	expect_not_python("#!/bin/sh\necho '{\"executable\": 5, \"version\": [], \"hexversion\": \"\"}'\n", ERROR_PROTOCOL);
	expect_not_python("#!/bin/sh\n/usr/bin/head -c 3000 /dev/urandom\n", ERROR_PROTOCOL);
	expect_not_python("#!/bin/sh\n/usr/bin/yes '{'\n", ERROR_PROTOCOL);
	expect_not_python("#!/bin/sh\nexit 1\n", ERROR_PROTOCOL);
	write_fake("fake", "3.13.5", 51184624, 0);
	char moved[2048];
	snprintf(moved, sizeof moved,
		 "#!/bin/sh\n%s/fake | /bin/sed 's|\"executable\": \"[^\"]*\"|\"executable\": \"/no/such\"|'\n", home);
	expect_not_python(moved, ERROR_PROTOCOL);
}

static void test_what_is_not_there(void **state)
{
	struct interpreter python;
	struct error error = ERROR_INIT;
	(void)state;
	assert_int_equal(interpreter_find("/no/such/python", NULL, &python, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	error = (struct error)ERROR_INIT;
	assert_int_equal(interpreter_find("no-such-python", NULL, &python, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	error = (struct error)ERROR_INIT;
	assert_int_equal(interpreter_find("3.99t", NULL, &python, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(error.remedy, "get-pythons"));
	error = (struct error)ERROR_INIT;
	assert_int_equal(interpreter_find("/etc/passwd", NULL, &python, &error), -1);
	assert_int_equal(error.code, ERROR_PERMISSION);
}

/* ---- imports ---- */

static struct interpreter_imports imports_of(const char *path, const char *const *modules, int n)
{
	static char folder[300];
	struct interpreter_imports imports;
	struct error error = ERROR_INIT;
	snprintf(folder, sizeof folder, "PYTHONPATH=%s/modules", home);
	const char *const environment[] = { "PATH=/usr/bin:/bin", folder, NULL };
	if (interpreter_imports(path, environment, modules, n, &imports, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	return imports;
}

static void expect_no_import(const char *module, const char *why)
{
	const char *modules[] = { "json", module };
	struct interpreter_imports imports = imports_of("/usr/bin/python3", modules, 2);
	if (strncmp(imports.why_not, why, strlen(why)) != 0)
		fail_msg("%s: %s", module, imports.why_not);
	assert_null(strchr(imports.why_not, '\n'));
	assert_true(strlen(imports.why_not) < 200);
}

static void test_imports(void **state)
{
	(void)state;
	write_at("modules/talks.py", "print('{}')\n");
	write_at("modules/raises.py", "raise ImportError('\\n\\nPLEASE READ:\\n' + 300 * 'x')\n");
	write_at("modules/leaves.py", "raise SystemExit(0)\n");
	write_at("modules/crashes.py", "import os\nos.abort()\n");
	const char *const there[] = { "json", "email.mime.text", "talks" };
	struct interpreter_imports imports = imports_of("/usr/bin/python3", there, 3);
	assert_string_equal(imports.why_not, "");
	assert_true(imports.gil_enabled);
	expect_no_import("no_such_module", "cannot import no_such_module: ModuleNotFoundError: No module named 'no_such_module'");
	expect_no_import("raises", "cannot import raises: ImportError: PLEASE READ: xxx");
	expect_no_import("leaves", "cannot import leaves: SystemExit: 0");
	expect_no_import("crashes", "cannot import json, crashes: it was ended by signal 6");
}

/* Not a no: nobody knows. */
static void test_imports_without_an_answer(void **state)
{
	(void)state;
	const char *const modules[] = { "json" };
	struct interpreter_imports imports;
	struct error error = ERROR_INIT;
	write_at("bin/mute", "#!/bin/sh\necho Hello\n");
	assert_int_equal(interpreter_imports(below_home("bin/mute"), NULL, modules, 1, &imports, &error), -1);
	assert_int_equal(error.code, ERROR_PROTOCOL);
	error = (struct error)ERROR_INIT;
	assert_int_equal(interpreter_imports("/no/such/python", NULL, modules, 1, &imports, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
}

/* ---- finding ---- */

static void test_discovery(void **state)
{
	struct interpreter *list;
	size_t n;
	(void)state;
	write_fake(".cache/joulerig/pythons/3.13.5-ft/bin/python3.13t", "3.13.5", 0x030d05f0, 1);
	write_fake(".pyenv/versions/3.12.1/bin/python3.12", "3.12.1", 0x030c01f0, 0);
	assert_int_equal(symlink("python3.12", below_home(".pyenv/versions/3.12.1/bin/python")), 0);
	write_fake(".local/share/uv/python/cpython-3.14/bin/python3.14", "3.14.0", 0x030e00f0, 0);
	write_fake("bin/python3.11", "3.11.2", 0x030b02f0, 0);
	assert_int_equal(symlink("python3.11", below_home("bin/python3")), 0);
	write_at("bin/python3.9", "#!/bin/sh\necho not me\n");
	write_at("bin/python3.8", "no script");
	write_at("bin/python3-config", "#!/bin/sh\nexit 0\n");
	char shim[1024];
	snprintf(shim, sizeof shim, "#!/bin/sh\nexec %s/.pyenv/versions/3.12.1/bin/python3.12 \"$@\"\n", home);
	write_at("bin/python3.12", shim);

	struct candidates candidates = { .list = NULL };
	candidates_from_machine(&candidates);
	candidates_from_machine(&candidates);
	assert_int_equal(candidates.n, 6); /* 3.12 and 3.11 under one name each; the shim and the two that are none still count */
	candidates_free(&candidates);
	assert_int_equal(interpreter_discover(&list, &n, NULL), 0);
	assert_int_equal(n, 4);
	assert_string_equal(list[0].version, "3.13.5"); /* the cache is first */
	assert_true(list[0].gil_disabled_build);
	assert_string_equal(list[0].full_version, "3.13.5 (x)");
	assert_string_equal(list[1].version, "3.12.1");
	assert_string_equal(list[2].version, "3.14.0");
	assert_string_equal(list[3].version, "3.11.2");
	free(list);
}

static void expect_found(const char *spec, const char *path)
{
	struct interpreter python;
	struct error error = ERROR_INIT;
	if (interpreter_find(spec, NULL, &python, &error) < 0)
		fail_msg("%s: %s", spec, error.what);
	assert_string_equal(python.path, below_home(path));
}

static void test_finding_by_version(void **state)
{
	struct interpreter python;
	(void)state;
	write_fake(".cache/joulerig/pythons/3.13.5-ft/bin/python3.13t", "3.13.5", 0x030d05f0, 1);
	write_fake(".cache/joulerig/pythons/3.13.5-gil/bin/python3.13", "3.13.5", 0x030d05f0, 0);
	write_fake("bin/python3.13", "3.13.9", 0x030d09f0, 0); /* newer, but not the cache's */
	write_fake(".pyenv/versions/a/bin/python3.12", "3.12.1", 0x030c01f0, 0);
	write_fake(".pyenv/versions/b/bin/python3.12", "3.12.10", 0x030c0af0, 0);
	write_fake(".pyenv/versions/c/bin/python3.12", "3.12.9", 0x030c09f0, 0);
	expect_found("3.13", ".cache/joulerig/pythons/3.13.5-gil/bin/python3.13");
	expect_found("3.13t", ".cache/joulerig/pythons/3.13.5-ft/bin/python3.13t");
	expect_found("3.13.5t", ".cache/joulerig/pythons/3.13.5-ft/bin/python3.13t");
	expect_found("3.13.9", "bin/python3.13");
	expect_found("3.12", ".pyenv/versions/b/bin/python3.12");
	expect_found("python3.13", "bin/python3.13");
	assert_int_equal(interpreter_find("3.12t", NULL, &python, NULL), -1);
}

static void test_folders_with_special_names(void **state)
{
	struct interpreter *list;
	size_t n;
	(void)state;
	write_fake("odd [a]*?/bin/python3.13", "3.13.5", 0x030d05f0, 0);
	setenv("PATH", below_home("odd [a]*?/bin"), 1);
	assert_int_equal(interpreter_discover(&list, &n, NULL), 0);
	free(list);
	assert_int_equal(n, 1);
}

static void identify(const char *path, const char *const *environment, struct interpreter *python)
{
	struct error error = ERROR_INIT;
	if (interpreter_identify(path, environment, python, &error) != 0)
		fail_msg("%s: %s", path, error.what);
}

/* Needs a real free-threaded build: scripts/get-pythons. */
static void test_gil_state_is_that_of_the_environment(void **state)
{
	struct interpreter python;
	const char *const cache = *state;
	if (cache == NULL || access(cache, X_OK) != 0)
		skip();
	const char *const plain[] = { "PATH=/usr/bin:/bin", NULL };
	const char *const with_gil[] = { "PATH=/usr/bin:/bin", "PYTHON_GIL=1", NULL };
	identify(cache, plain, &python);
	assert_true(python.gil_disabled_build);
	assert_false(python.gil_enabled);
	identify(cache, with_gil, &python);
	assert_true(python.gil_disabled_build);
	assert_true(python.gil_enabled);
}

int main(void)
{
	static struct interpreter free_threaded;
	const int have = interpreter_find("3.13t", NULL, &free_threaded, NULL) == 0; /* before the environment is replaced */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_specs),
		cmocka_unit_test(test_what_is_a_version_spec),
		cmocka_unit_test(test_names_that_make_candidates),
		cmocka_unit_test_setup_teardown(test_questions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_is_left_of_a_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_this_machines_python, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_virtual_environment_keeps_its_own_path, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_things_that_are_no_python, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_imports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_imports_without_an_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_discovery, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_finding_by_version, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folders_with_special_names, set_up, tear_down),
		cmocka_unit_test_prestate(test_gil_state_is_that_of_the_environment, have ? free_threaded.path : NULL),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
