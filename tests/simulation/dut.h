/*
 * dut: the simulated machine under test, as a launcher: it starts, marks, waits at barriers and ends as a local process does, with a
 * local launcher's delays, and puts its load into the twin's model at exact instants.
 *
 *   release ─ 30…150 us ─ start edge, load on ─ 0.3…1 ms ─ "started"
 *   a mark's own stamp ─ 10…60 us ─ its line in the pipe
 *   program's end, load off ─ lag ─ stop stamp ─ 0.1…0.4 ms ─ "ended"
 *
 * The trigger's line: what the machine itself raises (where an input of the rig is wired to it) moves 2 to 6 us after it is set, which is
 * just before the start stamp and just after the stop stamp; what the rig is told to set, as late as a USB frame may be.
 *
 * The lag is 15 us and an exponential of 15 us, and once in fifty a late wake-up of up to 300 us more.
 */
#ifndef JOULERIG_TESTS_SIMULATION_DUT_H
#define JOULERIG_TESTS_SIMULATION_DUT_H

#include "plant.h"

/* `plant` outlives it. Free it with launcher_close. */
struct launcher *dut_open(struct plant *plant, const struct simulation_config *config, struct error *error);
void dut_give(struct launcher *dut, const struct simulation_workload *workload); /* what the next command line stands for */
/* Of the run prepared last. */
const struct simulation_truth *dut_truth(const struct launcher *dut);

#endif
