/* A plan, and all that its points and labels are asked for. */
#include "fuzz.h"
#include "plan.h"

static void walk(const struct plan *plan)
{
	for (int w = 0; w < plan->n_workloads; w++) {
		const struct plan_workload *workload = &plan->workloads[w];
		int points = plan_points(workload);
		for (int i = 0; i < points && i < 50; i++) {
			struct plan_variables values;
			char label[PLAN_LABEL_SIZE];
			plan_point(workload, i, &values);
			plan_point_label(workload, i, label, sizeof label);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = ERROR_INIT;
	struct problems problems = PROBLEMS_INIT;
	struct plan plan;
	if (plan_load(fuzz_store("plan.yaml", data, size), &plan, &problems, &error) == 0) {
		walk(&plan);
		plan_free(&plan);
	} else {
		fuzz_expect_reason(&error);
	}
	for (size_t i = 0; i < problems.n; i++) {
		char line[600];
		problem_line(&problems, i, line, sizeof line);
	}
	problems_free(&problems);
	return 0;
}
