/* run_energy: the tables of `joulerig show DIR RUN` about one bracket's energy. */
#ifndef JOULERIG_REPORT_RUN_ENERGY_H
#define JOULERIG_REPORT_RUN_ENERGY_H

#include "layout.h"
#include "result.h"

void run_energy_sources(const struct result *result, const struct table_options *options, struct text *out);
void run_energy_samples(const struct result *result, const struct table_options *options, struct text *out);
void run_energy_budgets(const struct result *result, const struct table_options *options, struct text *out);

#endif
