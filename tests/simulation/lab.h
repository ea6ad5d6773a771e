/* lab: the twin's configuration from YAML text, and a simulation that must open and run. */
#ifndef JOULERIG_TESTS_SIMULATION_LAB_H
#define JOULERIG_TESTS_SIMULATION_LAB_H

#include "config.h"
#include "simulation.h"
#include "unit.h"

/* `text` follows "joulerig: twin 1". */
static inline void lab_configure(struct twin_config *config, const char *text)
{
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	struct text whole = TEXT_INIT;
	text_addf(&whole, "joulerig: twin 1\n%s", text);
	if (twin_config_parse("test", text_string(&whole), whole.length, config, &problems, &error) != 0)
		fail_msg("%s", problems.n > 0 ? problems.list[0].text : error.what);
	text_free(&whole);
	problems_free(&problems);
}

static inline struct simulation *lab_open(const struct simulation_config *config)
{
	struct error error = ERROR_INIT;
	struct simulation *simulation = simulation_open(config, &error);
	if (simulation == NULL)
		fail_msg("%s: %s", error.on, error.what);
	return simulation;
}

static inline struct simulation_outcome lab_run(struct simulation *simulation, const struct simulation_workload *workload)
{
	struct error error = ERROR_INIT;
	struct simulation_outcome outcome;
	if (simulation_run(simulation, workload, &outcome, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	return outcome;
}

#endif
