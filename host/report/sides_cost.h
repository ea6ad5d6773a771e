/*
 * sides_cost: what energies cost and emit, by a user's factors: views, beside the factors they were made with, stored nowhere.
 *
 *   kWh = J / 3.6e6        money = kWh PUE price        CO2e = kWh PUE carbon
 *
 * U is that of the mean energy and those that the factors state, in quadrature, all at 95 %. A factor without a U is taken to be exact.
 */
#ifndef JOULERIG_REPORT_SIDES_COST_H
#define JOULERIG_REPORT_SIDES_COST_H

#include <jansson.h>

#include "factors_file.h"
#include "layout.h"
#include "sides.h"

struct cost {
	double kWh, money, co2e;       /* money in the factors' currency, g; NAN without its factor. kWh with the PUE */
	double U_kWh, U_money, U_co2e; /* NAN: unknown */
};
void cost_of(double joules, double U, const struct factors *factors, struct cost *cost);

/* Each factor with its source and day, a paragraph each. */
void sides_factors_text(const struct factors *factors, const struct table_options *options, struct text *out);
void sides_cost_text(const struct sides *sides, const struct factors *factors, const struct table_options *options, struct text *out);
/* Of one side at one point, per run, per 1000 runs and, where it told its work, per million units; a new object. */
json_t *sides_cost_json(const struct side_at *at, const struct factors *factors);
json_t *sides_factors_json(const struct factors *factors);

#endif
