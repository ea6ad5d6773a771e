/*
 * runner: the campaign's side of a simulation: a real bench, session and slots. A part of its own because the campaign and the
 * twin both have a session, and no file can know both.
 */
#ifndef JOULERIG_TESTS_SIMULATION_RUNNER_H
#define JOULERIG_TESTS_SIMULATION_RUNNER_H

#include "bench.h"
#include "launcher.h"
#include "plan.h"
#include "result.h"
#include "run.h"

struct runner;

/* Opens and starts the bench. Everything given outlives the runner; `directory` has runs/ and logs/ in it. */
struct runner *runner_open(const struct bench_config *config, struct surroundings *surroundings, struct launcher *launcher,
			   const struct plan *plan, const char *directory, struct error *error);
void runner_close(struct runner *runner); /* NULL is fine */

/* One slot of the plan's first workload and arm, and what its run file says. The caller frees `results` and `run`. */
int runner_run(struct runner *runner, uint32_t number, struct run *run, struct result **results, size_t *n, struct error *error);

#endif
