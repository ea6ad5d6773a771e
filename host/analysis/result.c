#include <string.h>

#include "result.h"

static const char *const status_names[RUN_STATUSES] = {
	[RUN_OK] = "ok",
	[RUN_FAILED] = "failed",
	[RUN_SIGNALLED] = "signalled",
	[RUN_TIMEOUT] = "timeout",
	[RUN_INTERRUPTED] = "interrupted",
	[RUN_MISMATCH] = "mismatch",
	[RUN_WRONG_GIL] = "wrong-gil",
	[RUN_UNMEASURED] = "unmeasured",
	[RUN_NOT_STARTED] = "not-started",
};

const char *run_status_name(enum run_status status)
{
	return (unsigned)status < RUN_STATUSES ? status_names[status] : "unknown";
}

int run_status_parse(const char *name)
{
	for (int i = 0; i < RUN_STATUSES; i++)
		if (strcmp(name, status_names[i]) == 0)
			return i;
	return -1;
}

const struct source_result *result_source(const struct result *result, const char *name)
{
	for (int i = 0; i < result->n_sources; i++)
		if (strcmp(result->sources[i].name, name) == 0)
			return &result->sources[i];
	return NULL;
}

bool result_same_device(const char *a, const char *b)
{
	const char *dot = strrchr(a, '.'), *other = strrchr(b, '.');
	return dot && other && dot - a == other - b && strncmp(a, b, (size_t)(dot - a)) == 0;
}

bool result_integral(const struct result *result, const struct source_result *samples, struct energy *integral)
{
	struct energy parts[RESULT_SOURCES_MAX];
	size_t n = 0;
	for (int i = 0; i < result->n_sources; i++)
		if (result->sources[i].role == ROLE_INTEGRAL && result_same_device(result->sources[i].name, samples->name))
			parts[n++] = result->sources[i].energy;
	if (n == 1)
		*integral = parts[0];
	else if (n > 1)
		energy_sum_elements(parts, n, integral);
	return n > 0;
}
