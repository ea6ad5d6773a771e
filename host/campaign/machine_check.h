/*
 * machine_check: what the machine's facts (dut/machine.h) say against measuring it: a battery that feeds it or is charged meanwhile, an
 * uninterruptible supply; and against holding its RAPL against the wall: a virtual machine, a filter that alters the counters. Pure.
 */
#ifndef JOULERIG_CAMPAIGN_MACHINE_CHECK_H
#define JOULERIG_CAMPAIGN_MACHINE_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "text.h"

/* Whether its wall may be measured. -1 (ERROR_UNSUPPORTED) while it draws on a battery or on an uninterruptible supply's, unless it is to
 * be measured `anyway`. */
int machine_check_power(const json_t *machine, bool anyway, struct error *error);

/* One sentence on what of its supply the wall's energy may hold or lack; nothing when there is nothing to say. */
void machine_say_power(const json_t *machine, struct text *text);
/* One on why its RAPL is not to be held against the wall; nothing when it may be. */
void machine_say_rapl(const json_t *machine, struct text *text);

#endif
