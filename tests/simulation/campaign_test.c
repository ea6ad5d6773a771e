/* A whole campaign in simulated time: campaign_run itself, on a simulated bench, with a plan of several workloads and arms. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "campaign.h"
#include "folder_tree.h"
#include "lab.h"

static const char plan_text[] = "joulerig: plan 1\ntitle: two arms\nrepetitions: 5\n"
				"arms:\n  gil: {environment: {CORES: \"1\"}}\n  ft: {environment: {CORES: \"4\"}}\n"
				"workloads:\n  short: {command: [work, \"2\"]}\n  long: {command: [work, \"9\"]}\n";

/* `work SECONDS` on $CORES cores. */
static const struct simulation_workload *choose(void *context, const struct launch_spec *spec)
{
	static struct simulation_phase phase;
	static const struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
	int *runs = context;
	phase = (struct simulation_phase){ .duration = atoi(spec->argv[1]) * NS_PER_S };
	for (const char *const *variable = spec->environment; *variable; variable++)
		if (strncmp(*variable, "CORES=", 6) == 0)
			phase.demand.cores = atoi(*variable + 6);
	++*runs;
	return &workload;
}

static void load_plan(struct plan *plan, const char *directory)
{
	char path[128];
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	snprintf(path, sizeof path, "%s/plan.yaml", directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(plan_text, file);
	fclose(file);
	if (plan_load(path, plan, &problems, &error) != 0)
		fail_msg("%s: %s", error.what, problems.n > 0 ? problems.list[0].text : "");
	problems_free(&problems);
}

static double mean_power(const struct campaign_file *file, const char *arm)
{
	double sum = 0;
	int n = 0;
	for (size_t i = 0; i < file->n_results; i++)
		if (strcmp(file->results[i].arm, arm) == 0) {
			sum += result_source(&file->results[i], "wall")->energy.power;
			n++;
		}
	assert_int_equal(n, 10);
	return sum / n;
}

static void every_slot_is_run(void **state)
{
	(void)state;
	char directory[] = "/tmp/joulerig-campaign-XXXXXX", output[64];
	struct error error = ERROR_INIT;
	struct plan plan;
	struct campaign_file file;
	int runs = 0;
	assert_non_null(mkdtemp(directory));
	snprintf(output, sizeof output, "%s/out", directory);
	load_plan(&plan, directory);
	struct twin_config *twin = lab_twin("load: {source: script}\nmachine: {cores: 4}\nmeter: {update: 100 ms}\npowercap: {}\n");
	struct simulation *simulation = lab_open(&(struct simulation_config){ .twin = twin, .choose = choose, .context = &runs });
	struct campaign_request request = {
		.plan = &plan, .bench = simulation_bench(simulation), .directory = output, .launcher = simulation_launcher(simulation),
		.version = "test", .surroundings = simulation_surroundings(simulation),
	};
	if (campaign_run(&request, &file, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	assert_int_equal(runs, 20);
	assert_int_equal(file.n_results, 20);
	for (size_t i = 0; i < file.n_results; i++) {
		assert_int_equal(file.results[i].status, RUN_OK);
		assert_true(file.results[i].simulated);
	}
	double one = mean_power(&file, "gil"), four = mean_power(&file, "ft");
	assert_in_range((int)(four - one), 100, 140); /* three busy cores at 38 W, and what the supply adds */
	campaign_file_free(&file);
	simulation_close(simulation);
	simulation_twin_free(twin);
	plan_free(&plan);
	folder_tree_remove(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_is_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
