#include "sides_cost.h"

#include <math.h>
#include <stdio.h>

#include "number.h"
#include "plain.h"
#include "view.h"

#define JOULES_A_KWH 3.6e6
#define PER_RUNS 1000
#define PER_UNITS 1e6

void cost_of(double joules, double U, const struct factors *factors, struct cost *cost)
{
	double energy = U / joules, kWh = joules / JOULES_A_KWH * factors->pue.value, with_pue = hypot(energy, factors->pue.U);
	*cost = (struct cost){
		.kWh = kWh, .U_kWh = kWh * with_pue,
		.money = kWh * factors->price.value, .U_money = kWh * factors->price.value * hypot(with_pue, factors->price.U),
		.co2e = kWh * factors->carbon.value, .U_co2e = kWh * factors->carbon.value * hypot(with_pue, factors->carbon.U),
	};
}

/* ---- text ---- */

static void add_row(const struct mean_energy *mean, double times, const struct factors *factors, struct grid *grid)
{
	struct cost cost;
	cost_of(mean->mean * times, mean->expanded.U * times, factors, &cost);
	number_quantity(grid_cell(grid, 2), cost.kWh, cost.U_kWh, "kWh");
	if (isfinite(cost.money))
		number_quantity(grid_cell(grid, 3), cost.money, cost.U_money, factors->currency);
	if (isfinite(cost.co2e))
		number_quantity(grid_cell(grid, 4), cost.co2e, cost.U_co2e, "g");
}

static void add_side(char label, const struct side_at *at, const struct factors *factors, struct grid *grid)
{
	grid_row(grid);
	text_addf(grid_cell(grid, 0), "%c", label);
	text_add(grid_cell(grid, 1), "a run");
	add_row(&at->mean[SIDE_GROSS], 1, factors, grid);
	grid_row(grid);
	text_addf(grid_cell(grid, 1), "%d runs", PER_RUNS);
	add_row(&at->mean[SIDE_GROSS], PER_RUNS, factors, grid);
	if (at->per_unit.n == 0)
		return;
	grid_row(grid);
	text_add(grid_cell(grid, 1), "million ");
	plain_add(grid_cell(grid, 1), at->unit);
	add_row(&at->per_unit, PER_UNITS, factors, grid);
}

static void say_factor(const char *name, const struct factor *factor, const char *also, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	if (factor->source == NULL)
		return;
	text_addf(&note, "%s: ", name);
	plain_add(&note, factor->written);
	if (factor->U > 0)
		text_addf(&note, " ± %g %%", 100 * factor->U);
	else
		text_add(&note, ", taken to be exact");
	if (also[0]) {
		text_add(&note, ", ");
		plain_add(&note, also);
	}
	text_add(&note, "; source: ");
	plain_add(&note, factor->source);
	text_add(&note, ", ");
	plain_add(&note, factor->date);
	layout_paragraph(out, options, EMPHASIS_NONE, 2, text_string(&note));
	out->failed |= note.failed;
	text_free(&note);
}

void sides_factors_text(const struct factors *factors, const struct table_options *options, struct text *out)
{
	struct text also = TEXT_INIT;
	text_addf(&also, "%s%s%s", factors->method, factors->method[0] && factors->region[0] ? ", " : "", factors->region);
	say_factor("price", &factors->price, "", options, out);
	say_factor("PUE", &factors->pue, "", options, out);
	if (factors->pue.source == NULL)
		layout_paragraph(out, options, EMPHASIS_NONE, 2, "PUE: none given; 1, the machine alone");
	say_factor("CO2e", &factors->carbon, text_string(&also), options, out);
	text_free(&also);
}

void sides_cost_text(const struct sides *sides, const struct factors *factors, const struct table_options *options, struct text *out)
{
	static const char *const titles[] = { "", "per", "energy (wall, gross, with PUE)", "price", "CO2e" };
	struct grid grid = GRID_INIT;
	struct text title = TEXT_INIT;
	for (int i = 0; i < 5; i++)
		grid_column(&grid, titles[i], i < 2 ? ALIGN_LEFT : ALIGN_SIGN, 0);
	for (size_t p = 0; p < sides->n_points; p++) {
		const struct sides_point *point = &sides->points[p];
		if (point->n_compared == 0)
			continue;
		view_title(&title, point->workload, point->point);
		grid_heading(&grid, text_string(&title));
		text_free(&title);
		for (size_t i = 0; i < sides->n; i++)
			if (side_is_compared(&point->at[i]))
				add_side(sides->list[i].label, &point->at[i], factors, &grid);
	}
	text_add(out, "\n");
	grid_render(&grid, options, out, NULL);
	text_add(out, "\n");
	sides_factors_text(factors, options, out);
	out->failed |= grid.failed;
	grid_free(&grid);
}

/* ---- JSON ---- */

static json_t *known(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *cost_json(const struct mean_energy *mean, double times, const struct factors *factors)
{
	struct cost c;
	cost_of(mean->mean * times, mean->expanded.U * times, factors, &c);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "kWh", known(c.kWh), "kWh_U", known(c.U_kWh), "money", known(c.money), "money_U",
			 known(c.U_money), "co2e_g", known(c.co2e), "co2e_g_U", known(c.U_co2e));
}

json_t *sides_cost_json(const struct side_at *at, const struct factors *factors)
{
	json_t *json = json_pack("{s:o, s:o}", "run", cost_json(&at->mean[SIDE_GROSS], 1, factors), "1000_runs",
				 cost_json(&at->mean[SIDE_GROSS], PER_RUNS, factors));
	if (json && at->per_unit.n > 0)
		json_object_set_new(json, "million_units", cost_json(&at->per_unit, PER_UNITS, factors));
	return json;
}

static json_t *factor_json(const struct factor *factor, const char *unit)
{
	if (factor->source == NULL)
		return json_null();
	return json_pack("{s:f, s:s, s:o, s:s, s:s}", "value", factor->value, "unit", unit, "U_relative",
			 factor->U > 0 ? json_real(factor->U) : json_null(), "source", factor->source, "date", factor->date);
}

json_t *sides_factors_json(const struct factors *factors)
{
	char price[16];
	snprintf(price, sizeof price, "%s/kWh", factors->currency);
	json_t *carbon = factor_json(&factors->carbon, "g/kWh");
	if (json_is_object(carbon)) {
		json_object_set_new(carbon, "method", json_string(factors->method));
		json_object_set_new(carbon, "region", json_string(factors->region));
	}
	return json_pack("{s:o, s:o, s:o}", "price", factor_json(&factors->price, price), "pue", factor_json(&factors->pue, "1"), "carbon", carbon);
}
