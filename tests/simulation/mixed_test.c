/*
 * A mixed bench runs whole campaigns in simulated time: a WT310E and a smart plug in series at the wall, the machine's own ACPI meter beside
 * them, a PowerSensor3 on the 12 V rail, and RAPL. What each of them is off by is drawn anew for each seed within what the bench file
 * says of it. Each energy of each run is held against the truth.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "campaign.h"
#include "folder_tree.h"
#include "lab.h"

/* Idle and guard as long as what gives one value a second, with a latency that nobody knows, wants them. */
static const char plan_text[] = "joulerig: plan 1\ntitle: a mixed bench\nrepetitions: 3\nidle: 20 s\nguard: 4 s\nbarrier: {quiet: 9 s}\n"
				"arms:\n  gil: {environment: {CORES: \"1\"}}\n  ft: {environment: {CORES: \"4\"}}\n"
				"workloads:\n  work: {command: [work, \"14.3\"]}\n";

#define BENCH(rail)                                                                                                                        \
	"load: {source: script}\n"                                                                                                          \
	"machine: {packages: 1, cores: 4, idle: 20 W, per_core: 25 W, fan: {power: 0 W, tau: 1 s}}\n"                                       \
	"meter: {update: 250 ms}\n"                                                                                                         \
	"powercap: {}\n"                                                                                                                    \
	"hwmon: {measures: check, interval: 250 ms}\n"                                                                                      \
	"instruments:\n"                                                                                                                    \
	"  plug: {model: SNSW-001P16EU, measures: check, noise: 0.2 W, accuracy: {reading: 1 %, range: 0.1 %, range_value: 460 W}}\n"       \
	"  rail: {model: F411, quantity: platform, measures: rail, sag: 0.005, power_max: 360 W, accuracy: {reading: 1 %, range: 0.2 %, "   \
	"range_value: 360 W}" rail "}\n"

#define SEEDS 6
#define RUNS 6 /* of a campaign */

/* What the twin measured there. */
static const struct {
	const char *source;
	int quantity;      /* -1: packages and DRAM */
	bool may_refuse;   /* a counter that moves once a minute shows nothing of a run of a quarter of one, and says so */
} truths[] = {
	{ "wall", QUANTITY_WALL, false },
	{ "wall.power", QUANTITY_WALL, false },
	{ "plug.power", QUANTITY_WALL, false },
	{ "plug.energy", QUANTITY_WALL, true },
	{ "hwmon.power_meter-power1", QUANTITY_WALL, false },
	{ "rail.power", QUANTITY_PLATFORM, false },
	{ "rapl", -1, false },
	{ "rapl.package-0", QUANTITY_PACKAGE, false },
	{ "rapl.package-0.core", QUANTITY_CORE, false },
	{ "rapl.package-0.dram", QUANTITY_DRAM, false },
};
#define SOURCES (sizeof truths / sizeof *truths)

struct tally {
	int inside, n, refused;
	double worst, relative; /* |error| / U at most; mean U / truth */
};

struct lab {
	char directory[64], output[128];
	struct plan plan;
	struct twin_config *twin;
	struct simulation *simulation;
	int runs; /* commands prepared */
	struct simulation_truth truth[RUNS];
};

/* `work SECONDS` on $CORES cores; each time a little longer, so that no run has the length of whole windows. */
static const struct simulation_workload *choose(void *context, const struct launch_spec *spec)
{
	static struct simulation_phase phase;
	static const struct simulation_workload workload = { .phases = &phase, .n_phases = 1 };
	struct lab *lab = context;
	if (lab->runs > 0)
		lab->truth[lab->runs - 1] = *simulation_last_truth(lab->simulation);
	assert_true(lab->runs < RUNS);
	phase = (struct simulation_phase){ .duration = (int64_t)((strtod(spec->argv[1], NULL) + 0.137 * lab->runs++) * 1e9) };
	for (const char *const *variable = spec->environment; *variable; variable++)
		if (strncmp(*variable, "CORES=", 6) == 0)
			phase.demand.cores = atoi(*variable + 6);
	return &workload;
}

static void load_plan(struct lab *lab)
{
	char path[128];
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	snprintf(path, sizeof path, "%s/plan.yaml", lab->directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(plan_text, file);
	fclose(file);
	if (plan_load(path, &lab->plan, &problems, &error) != 0)
		fail_msg("%s: %s", error.what, problems.n > 0 ? problems.list[0].text : "");
	problems_free(&problems);
}

static void open_lab(struct lab *lab, uint64_t seed, const char *bench)
{
	struct text text = TEXT_INIT;
	*lab = (struct lab){ .directory = "/dev/shm/joulerig-mixed-XXXXXX" };
	assert_non_null(mkdtemp(lab->directory));
	snprintf(lab->output, sizeof lab->output, "%s/out", lab->directory);
	load_plan(lab);
	text_addf(&text, "seed: %d\n%s", (int)seed, bench);
	lab->twin = lab_twin(text_string(&text));
	text_free(&text);
	lab->simulation = lab_open(&(struct simulation_config){ .twin = lab->twin, .seed = seed, .choose = choose, .context = lab });
}

static void close_lab(struct lab *lab)
{
	simulation_close(lab->simulation);
	simulation_twin_free(lab->twin);
	plan_free(&lab->plan);
	folder_tree_remove(lab->directory);
}

static size_t index_of(const char *source)
{
	for (size_t i = 0; i < SOURCES; i++)
		if (strcmp(truths[i].source, source) == 0)
			return i;
	fail_msg("nobody knows the truth of %s", source);
	return 0;
}

static void count(const struct source_result *source, const struct simulation_truth *t, struct tally *tally)
{
	const struct joules *gross = &source->energy.gross;
	int quantity = truths[index_of(source->name)].quantity;
	double truth = quantity < 0 ? simulation_rapl_joules(&t->start, &t->stop) : simulation_joules(&t->start, &t->stop, quantity);
	if (source->energy.status == ENERGY_REFUSED) {
		if (!truths[index_of(source->name)].may_refuse)
			fail_msg("%s: %s", source->name, source->energy.reason);
		tally->refused++;
		return;
	}
	double off = fabs(gross->value - truth) / gross->expanded.U;
	tally->inside += off <= 1;
	tally->n++;
	tally->worst = fmax(tally->worst, off);
	tally->relative += gross->expanded.U / truth;
}

/* The run's number tells which truth is its. */
static void count_all(const struct lab *lab, const struct campaign_file *file, struct tally tallies[SOURCES])
{
	assert_int_equal(file->n_results, RUNS);
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (result->status != RUN_OK)
			fail_msg("run %u: %s", result->run, result->reason);
		assert_true(result->simulated);
		assert_int_equal(result->n_sources, SOURCES);
		for (int k = 0; k < result->n_sources; k++)
			count(&result->sources[k], &lab->truth[result->run - 1], &tallies[index_of(result->sources[k].name)]);
	}
}

static void run_campaign(uint64_t seed, const char *bench, struct tally tallies[SOURCES])
{
	static struct lab lab;
	struct campaign_file file = { .n_results = 0 };
	struct error error = ERROR_INIT;
	struct watch watch = { .interrupt_fd = -1 };
	open_lab(&lab, seed, bench);
	struct campaign_request request = {
		.plan = &lab.plan, .bench = simulation_bench(lab.simulation), .directory = lab.output, .launcher = simulation_launcher(lab.simulation),
		.watch = &watch, .version = "test", .surroundings = simulation_surroundings(lab.simulation),
	};
	if (campaign_run(&request, &file, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	lab.truth[RUNS - 1] = *simulation_last_truth(lab.simulation);
	count_all(&lab, &file, tallies);
	campaign_file_free(&file);
	close_lab(&lab);
}

static bool holds(const struct tally *tally)
{
	return tally->n + tally->refused > 0 && tally->inside * 10 >= tally->n * 9 && tally->worst <= 2;
}

static void show(const struct tally tallies[SOURCES])
{
	for (size_t i = 0; i < SOURCES; i++)
		print_message("%-28s %2d of %2d within U, the worst at %.2f U; U %.2f %%; %d refused\n", truths[i].source, tallies[i].inside,
			      tallies[i].n, tallies[i].worst, 100 * tallies[i].relative / fmax(1, tallies[i].n), tallies[i].refused);
}

static void each_holds_the_truth(void **state)
{
	struct tally tallies[SOURCES] = { { .n = 0 } };
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_campaign(seed, BENCH(""), tallies);
	show(tallies);
	for (size_t i = 0; i < SOURCES; i++)
		if (!holds(&tallies[i]))
			fail_msg("%s does not hold the truth", truths[i].source);
}

/* The judge is no friend: a rail whose current sensor is off by three times what is said of it is found out, and nobody else is blamed. */
static void one_that_lies(void **state)
{
	struct tally tallies[SOURCES] = { { .n = 0 } };
	(void)state;
	run_campaign(1, BENCH(", errors: {current: 3 %}"), tallies);
	show(tallies);
	for (size_t i = 0; i < SOURCES; i++)
		if (strcmp(truths[i].source, "rail.power") == 0)
			assert_true(tallies[i].n == RUNS && tallies[i].inside == 0 && !holds(&tallies[i]));
		else
			assert_true(tallies[i].inside >= tallies[i].n - 1 && tallies[i].worst <= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_holds_the_truth), cmocka_unit_test(one_that_lies) };
	return cmocka_run_group_tests_name("mixed bench", tests, NULL, NULL);
}
