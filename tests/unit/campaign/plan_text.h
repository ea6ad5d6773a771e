/*
 * plan_text: a plan written to a file of its own, loaded, and the mistakes found in it.
 */
#ifndef JOULERIG_TESTS_UNIT_CAMPAIGN_PLAN_TEXT_H
#define JOULERIG_TESTS_UNIT_CAMPAIGN_PLAN_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plan.h"
#include "unit.h"

struct plan_text {
	char directory[64], path[96];
	struct plan plan;
	struct problems problems;
	struct error error;
};

/* Loads `text`; returns what plan_load returned. */
static inline int plan_text_load(struct plan_text *file, const char *text)
{
	memset(file, 0, sizeof *file);
	snprintf(file->directory, sizeof file->directory, "/tmp/joulerig-plan-XXXXXX");
	assert_non_null(mkdtemp(file->directory));
	snprintf(file->path, sizeof file->path, "%s/plan.yaml", file->directory);
	FILE *out = fopen(file->path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	return plan_load(file->path, &file->plan, &file->problems, &file->error);
}

static inline void plan_text_must_load(struct plan_text *file, const char *text)
{
	int result = plan_text_load(file, text);
	for (size_t i = 0; i < file->problems.n; i++) {
		char line[700];
		print_error("%s\n", problem_line(&file->problems, i, line, sizeof line));
	}
	assert_int_equal(result, 0);
}

static inline void plan_text_free(struct plan_text *file)
{
	plan_free(&file->plan);
	problems_free(&file->problems);
	unlink(file->path);
	rmdir(file->directory);
}

#endif
