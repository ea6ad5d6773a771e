/*
 * rapl_zones: what a campaign's runs show of RAPL's zones that no single run does: one that never counted while its workload ran, two that
 * say the same in run after run. Neither is to be held against the wall: the sum lacks a part, or has one twice.
 */
#ifndef JOULERIG_REPORT_RAPL_ZONES_H
#define JOULERIG_REPORT_RAPL_ZONES_H

#include "campaign_file.h"
#include "text.h"

#define RAPL_ZONES_SECONDS 1.0 /* a zone that counted nothing in so long, over all runs, is dead: the least that any draws is many counts */
#define RAPL_ZONES_RUNS 3      /* fewer that are alike show nothing */
/* Relative: two zones so near to each other show one register. Two processors of a kind differ by per cents, and from run to run; one
 * register, read twice in a row, by a step now and then. */
#define RAPL_ZONES_ALIKE 1e-4
#define RAPL_ZONES_MOST 0.75 /* of the runs: in the others a step fell between the two reads of an edge */

/* Sentences, or nothing. Appends to `text`. */
void rapl_zones_doubt(const struct campaign_file *file, struct text *text);

#endif
