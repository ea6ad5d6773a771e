/* lab: a simulation that must open and run. */
#ifndef JOULERIG_TESTS_SIMULATION_LAB_H
#define JOULERIG_TESTS_SIMULATION_LAB_H

#include "simulation.h"
#include "text.h"
#include "unit.h"

/* `text` follows "joulerig: twin 1". Free it with simulation_twin_free. */
static inline struct twin_config *lab_twin(const char *text)
{
	struct error error = ERROR_INIT;
	struct text whole = TEXT_INIT;
	text_addf(&whole, "joulerig: twin 1\n%s", text);
	struct twin_config *twin = simulation_twin(text_string(&whole), &error);
	if (twin == NULL)
		fail_msg("%s", error.what);
	text_free(&whole);
	return twin;
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
