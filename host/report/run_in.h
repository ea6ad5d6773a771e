/* run_in: the raw data of one run, from wherever the campaign is. */
#ifndef JOULERIG_REPORT_RUN_IN_H
#define JOULERIG_REPORT_RUN_IN_H

#include <stdint.h>

#include "error.h"
#include "run.h"

/* `place` is a campaign's directory, its campaign.h5, or a packed file, as campaign_file_read takes them. On failure `run` is empty. */
int run_in(const char *place, uint32_t number, struct run *run, struct error *error);

#endif
