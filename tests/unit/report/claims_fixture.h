/* claims_fixture: claims written as text, held against a made-up campaign. */
#ifndef JOULERIG_TESTS_UNIT_REPORT_CLAIMS_FIXTURE_H
#define JOULERIG_TESTS_UNIT_REPORT_CLAIMS_FIXTURE_H

#include <string.h>

#include "claims_judged.h"
#include "document.h"
#include "fixture.h"

#define CLAIMS_HEAD "joulerig: claims 1\ntitle: Two laws\nsource: Annals of Made-up Results\nclaims:\n"
/* One claim on energy; `rest` holds what else it says. */
#define CLAIM(id, rest) "  " id ": { says: s, firmness: firm, contrast: { arm: ft, over: gil }, " rest " }\n"

struct claims_fixture {
	struct claims claims;
	struct claims_judged judged;
};

static inline void claims_take(struct claims *claims, const char *text)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	char line[700];
	int status = claims_parse("claims.yaml", text, strlen(text), claims, &problems, &error);
	for (size_t i = 0; i < problems.n; i++)
		print_error("%s\n", problem_line(&problems, i, line, sizeof line));
	assert_int_equal(status, 0);
	problems_free(&problems);
}

/* The first claim of `text`, judged. */
static inline const struct claim_judged *claims_hold(struct claims_fixture *fixture, const struct campaign_file *file, const char *text)
{
	claims_take(&fixture->claims, text);
	assert_int_equal(claims_judge(&fixture->claims, file, &fixture->judged, NULL), 0);
	assert_int_equal(fixture->judged.n, fixture->claims.n);
	return &fixture->judged.list[0];
}

static inline void claims_drop(struct claims_fixture *fixture)
{
	claims_judged_free(&fixture->judged);
	claims_free(&fixture->claims);
}

/* `n` runs around `seconds` and `joules`: by ± a relative `scatter`, to which both ends belong. */
static inline void claims_runs(struct campaign_file *file, const char *workload, const char *point, const char *arm, double seconds, double joules,
			       double scatter, int n)
{
	for (int i = 0; i < n; i++)
		fixture_run(file, workload, point, arm, seconds * (1 + 0.001 * i), joules * (1 + scatter * (2.0 * i / (n - 1) - 1)));
}

/* Both arms, five runs each: ft / gil is `time` in time and `energy` in energy. */
static inline void claims_pair(struct campaign_file *file, const char *workload, const char *point, double time, double energy, double scatter)
{
	claims_runs(file, workload, point, "gil", 10, 2000, scatter, 5);
	claims_runs(file, workload, point, "ft", 10 * time, 2000 * energy, scatter, 5);
}

#endif
