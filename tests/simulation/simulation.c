#include "simulation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_file.h"
#include "config.h"
#include "counters.h"
#include "dut.h"
#include "folder_tree.h"
#include "instrument_link.h"
#include "meter_link.h"
#include "plant.h"
#include "rig_link.h"
#include "runner.h"

#define WAY_LEAST (20 * NS_PER_US)
#define WAY_MOST (200 * NS_PER_US)

struct simulation {
	struct surroundings surroundings; /* first: the bench sees only this */
	struct simulation_config config;
	struct plant plant;
	struct plan own_plan;
	struct counters *counters, *hwmon;
	struct launcher *dut;
	struct bench_config bench;
	struct runner *runner; /* NULL until the first run */
	char directory[64]; /* private: bench file, counter tree, and runs unless they are to stay */
	const char *runs;   /* directory of the run files */
	uint32_t n_runs;
};

/* ---- surroundings ---- */

static int64_t plant_present(void *context)
{
	return ((struct plant *)context)->now;
}

static void let_pass(void *context, int64_t t)
{
	plant_pass(context, t);
}

static int64_t come_to(void *context, int64_t t)
{
	return plant_bring_up(context, t);
}

static int64_t at_host(void *context, int64_t twin)
{
	return plant_host_time(context, twin);
}

static struct link *open_instrument(struct simulation *s, struct instrument *instrument, int64_t least, int64_t most, struct error *error)
{
	struct instrument_place place = {
		.timebase = &s->plant.timebase, .present = plant_present, .pass = let_pass, .bring_up = come_to, .host_time = at_host,
		.context = &s->plant,
	};
	return instrument_link_open(&place, instrument, s->config.seed, least, most, error);
}

/* The driver that the device has, or has behind another. */
static bool has_driver(const struct device_config *config, const char *driver)
{
	const char *wrapped = device_option(config, NULL, "wraps", NULL);
	return strcmp(config->driver, driver) == 0 || (wrapped && strcmp(wrapped, driver) == 0);
}

static struct link *open_link(struct surroundings *self, const struct device_config *config, struct timebase *timebase,
			      int64_t deadline, struct error *error)
{
	struct simulation *s = (struct simulation *)self;
	bool given = s->config.way_most > 0;
	int64_t least = given ? s->config.way_least : WAY_LEAST, most = given ? s->config.way_most : WAY_MOST;
	(void)timebase;
	(void)deadline;
	struct instrument *instrument = twin_instrument(&s->plant.twin, config->name);
	if (instrument)
		return open_instrument(s, instrument, least, most, error);
	if (has_driver(config, "rig"))
		return rig_link_open(&s->plant, s->config.seed, least, most, error);
	return meter_link_open(&s->plant, s->config.seed, least, most, error);
}

static struct timebase *timebase_of(struct surroundings *self, const struct device_config *config)
{
	struct simulation *s = (struct simulation *)self;
	bool counts = s->counters && has_driver(config, "powercap");
	if (s->hwmon && has_driver(config, "hwmon"))
		return counters_timebase(s->hwmon);
	return counts ? counters_timebase(s->counters) : &s->plant.timebase;
}

struct surroundings *simulation_surroundings(struct simulation *simulation)
{
	return &simulation->surroundings;
}

struct twin *simulation_running_twin(struct simulation *simulation)
{
	return &simulation->plant.twin;
}

void simulation_fault_in(struct simulation *simulation, size_t fault, int64_t ns)
{
	struct plant *plant = &simulation->plant;
	struct faults *faults = &plant->twin.faults;
	faults->list[fault].at = plant_twin_time(plant, plant->now) - faults->start + ns;
}

struct launcher *simulation_launcher(struct simulation *simulation)
{
	return simulation->dut;
}

const struct simulation_truth *simulation_last_truth(const struct simulation *simulation)
{
	return dut_truth(simulation->dut);
}

const struct bench_config *simulation_bench(const struct simulation *simulation)
{
	return &simulation->bench;
}

/* ---- opening ---- */

static int make_folder(const char *path, struct error *error)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return error_errno(error, errno, path, NULL, "cannot make a folder for the simulation");
}

/* In memory where there is such a file system: a simulated run is written faster than a disk syncs. */
static int make_directories(struct simulation *s, struct error *error)
{
	char path[512];
	snprintf(s->directory, sizeof s->directory, "/dev/shm/joulerig-simulation-XXXXXX");
	if (mkdtemp(s->directory) == NULL) {
		snprintf(s->directory, sizeof s->directory, "/tmp/joulerig-simulation-XXXXXX");
		if (mkdtemp(s->directory) == NULL) {
			s->directory[0] = '\0';
			return error_errno(error, errno, "/tmp", NULL, "cannot make a folder for the simulation");
		}
	}
	s->runs = s->config.directory ? s->config.directory : s->directory;
	snprintf(path, sizeof path, "%s/runs", s->runs);
	if (make_folder(s->runs, error) != 0 || make_folder(path, error) != 0)
		return -1;
	snprintf(path, sizeof path, "%s/logs", s->runs);
	return make_folder(path, error);
}

static int open_counters(struct simulation *s, struct error *error)
{
	char path[128];
	if (s->config.twin->has_powercap) {
		snprintf(path, sizeof path, "%s/powercap", s->directory);
		s->counters = counters_open(&s->plant, &s->plant.twin.powercap, s->config.seed, path, error);
		if (s->counters == NULL)
			return -1;
	}
	if (!s->config.twin->has_hwmon)
		return 0;
	snprintf(path, sizeof path, "%s/hwmon", s->directory);
	s->hwmon = counters_open(&s->plant, &s->plant.twin.hwmon.files, s->config.seed, path, error);
	return s->hwmon ? 0 : -1;
}

/* Nobody is there: open_link knows devices by their names. */
static void name_endpoint(const struct simulation *s, const struct instrument_config *c, char uri[300])
{
	if (strcmp(c->link, "http") == 0 || strcmp(c->link, "tcp") == 0)
		snprintf(uri, 300, "%s://127.0.0.1:1", c->link);
	else
		snprintf(uri, 300, "%s://%s/%s", c->link, s->directory, c->name);
}

/* As joulerig-twin tells its user to: a file, read as any. */
static int make_bench(struct simulation *s, struct error *error)
{
	char path[128];
	struct endpoints at = { .tcp_port = -1 };
	struct problems problems = { .n = 0 };
	snprintf(path, sizeof path, "%s/bench.yaml", s->directory);
	snprintf(at.unix_path, sizeof at.unix_path, "%s/meter", s->directory);
	snprintf(at.powercap, sizeof at.powercap, "%s/powercap", s->directory);
	snprintf(at.hwmon, sizeof at.hwmon, "%s/hwmon", s->directory);
	snprintf(at.rig, sizeof at.rig, "pty://%s/rig", s->directory);
	for (int i = 0; i < s->config.twin->n_instruments; i++)
		name_endpoint(s, &s->config.twin->instruments[i], at.instruments[i]);
	int result = bench_file_write(path, &s->plant.twin, &at, error);
	if (result == 0)
		result = bench_config_load(path, &s->bench, &problems, error);
	problems_free(&problems);
	if (result == 0 && s->config.arrange)
		s->config.arrange(s->config.context, &s->bench);
	return result;
}

static int open_parts(struct simulation *s, struct error *error)
{
	if (s->config.plan == NULL && simulation_plan(&s->own_plan, error) != 0)
		return -1;
	if (make_directories(s, error) != 0 || plant_open(&s->plant, &s->config, error) != 0 || open_counters(s, error) != 0)
		return -1;
	s->surroundings = (struct surroundings){
		.timebase = &s->plant.timebase, .stepped = true, .open_link = open_link, .timebase_of = timebase_of,
	};
	s->dut = dut_open(&s->plant, &s->config, error);
	return s->dut ? make_bench(s, error) : -1;
}

struct simulation *simulation_open(const struct simulation_config *config, struct error *error)
{
	struct simulation *s = calloc(1, sizeof *s);
	if (s == NULL) {
		error_set(error, ERROR_INTERNAL, "simulation", NULL, "out of memory");
		return NULL;
	}
	s->config = *config;
	if (open_parts(s, error) == 0)
		return s;
	simulation_close(s);
	return NULL;
}

void simulation_close(struct simulation *s)
{
	if (s == NULL)
		return;
	runner_close(s->runner);
	launcher_close(s->dut);
	counters_close(s->counters);
	counters_close(s->hwmon);
	plant_close(&s->plant);
	plan_free(&s->own_plan);
	bench_config_free(&s->bench);
	if (s->directory[0] != '\0')
		folder_tree_remove(s->directory);
	free(s);
}

int simulation_plan(struct plan *plan, struct error *error)
{
	static char command[] = "workload";
	char *argv[] = { command };
	return plan_from_command(argv, 1, 1, plan, error);
}

struct twin_config *simulation_twin(const char *text, struct error *error)
{
	struct problems problems = { .n = 0 };
	struct twin_config *twin = calloc(1, sizeof *twin);
	if (twin == NULL) {
		error_set(error, ERROR_INTERNAL, "simulation", NULL, "out of memory");
		return NULL;
	}
	if (twin_config_parse("twin", text, strlen(text), twin, &problems, NULL) == 0)
		return twin;
	error_set(error, ERROR_CONFIG, "twin", NULL, "%s", problems.n > 0 ? problems.list[0].text : "cannot be read");
	problems_free(&problems);
	free(twin);
	return NULL;
}

void simulation_twin_free(struct twin_config *twin)
{
	if (twin)
		twin_config_free(twin);
	free(twin);
}

/* ---- truth ---- */

double simulation_joules(const struct simulation_instant *from, const struct simulation_instant *to, int quantity)
{
	return (double)(to->nanojoules[quantity] - from->nanojoules[quantity]) * 1e-9;
}

double simulation_rapl_joules(const struct simulation_instant *from, const struct simulation_instant *to)
{
	int64_t sum = 0;
	for (int package = 0; package < MODEL_PACKAGES_MAX; package++) {
		int zone = QUANTITY_PACKAGE + 3 * package, dram = QUANTITY_DRAM + 3 * package;
		sum += to->nanojoules[zone] - from->nanojoules[zone] + to->nanojoules[dram] - from->nanojoules[dram];
	}
	return (double)sum * 1e-9;
}

static struct simulation_instant present(struct simulation *s)
{
	return plant_instant(&s->plant, plant_twin_time(&s->plant, s->plant.now));
}

struct simulation_instant simulation_later(struct simulation *s, int64_t ns)
{
	plant_pass(&s->plant, s->plant.now + ns);
	return present(s);
}

int64_t simulation_elapsed(const struct simulation *s)
{
	return s->plant.now - s->plant.began;
}

/* ---- one run ---- */

static void remove_files(const struct simulation *s, uint32_t number)
{
	char path[640];
	snprintf(path, sizeof path, "%s/runs/%06" PRIu32 ".h5", s->runs, number);
	unlink(path);
	snprintf(path, sizeof path, "%s/logs/%06" PRIu32 ".log", s->runs, number);
	unlink(path);
}

static int start_bench(struct simulation *s, struct error *error)
{
	const struct plan *plan = s->config.plan ? s->config.plan : &s->own_plan;
	if (s->runner == NULL)
		s->runner = runner_open(&s->bench, &s->surroundings, s->dut, plan, s->runs, error);
	return s->runner ? 0 : -1;
}

int simulation_run(struct simulation *s, const struct simulation_workload *workload, struct simulation_outcome *outcome,
		   struct error *error)
{
	memset(outcome, 0, sizeof *outcome);
	dut_give(s->dut, workload);
	if (start_bench(s, error) != 0)
		return -1;
	uint32_t number = ++s->n_runs;
	if (runner_run(s->runner, number, &outcome->run, &outcome->results, &outcome->n_results, error) != 0)
		return -1;
	outcome->truth = *dut_truth(s->dut);
	outcome->truth.tail_end = present(s);
	if (s->config.directory == NULL)
		remove_files(s, number);
	return 0;
}

void simulation_outcome_free(struct simulation_outcome *outcome)
{
	free(outcome->results);
	run_free(&outcome->run);
	memset(outcome, 0, sizeof *outcome);
}
