#include "fuzz.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evaluate.h"

/* libhdf5 forgets to free a little when it refuses a file: its business. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

static char folder[64];

static void remove_folder(void)
{
	char command[96];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	(void)!system(command);
}

const char *fuzz_folder(void)
{
	if (folder[0] == '\0') {
		const char *parent = getenv("TMPDIR");
		if (parent == NULL || strlen(parent) > 32)
			parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
		snprintf(folder, sizeof folder, "%s/fuzz-XXXXXX", parent);
		if (mkdtemp(folder) == NULL)
			abort();
		atexit(remove_folder);
	}
	return folder;
}

const char *fuzz_store(const char *name, const void *data, size_t size)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0)
		abort();
	return path;
}

static void expect_number(const struct joules *joules, int may_be_undefined)
{
	if (may_be_undefined && isnan(joules->value))
		return;
	if (!isfinite(joules->value) || !isfinite(joules->expanded.U) || joules->expanded.U < 0)
		abort();
}

static void expect_energy(const struct energy *energy)
{
	if (energy->status != ENERGY_OK && energy->reason[0] == '\0')
		abort();
	expect_number(&energy->gross, energy->status == ENERGY_REFUSED);
	expect_number(&energy->net, 1);
	expect_number(&energy->caused, 1);
}

void fuzz_evaluate(const struct run *run)
{
	struct error error = ERROR_INIT;
	struct result *results;
	size_t n;
	if (evaluate_run(run, &results, &n, &error) != 0) {
		fuzz_expect_reason(&error);
		return;
	}
	if (n == 0)
		abort();
	for (size_t i = 0; i < n; i++)
		for (int s = 0; s < results[i].n_sources; s++)
			expect_energy(&results[i].sources[s].energy);
	evaluate_checksums(results, n);
	free(results);
}

void fuzz_expect_reason(const struct error *error)
{
	if (error->code == ERROR_NONE || error->what[0] == '\0')
		abort();
}
