#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "c_locale.h"
#include "facts.h"
#include "json_out.h"
#include "plain.h"
#include "sides_cost.h"
#include "sides_differences.h"
#include "sides_text.h"

static json_t *letter(char label)
{
	const char string[2] = { label, '\0' };
	return json_string(string);
}

static json_t *mean_json(const struct mean_energy *mean, bool *failed)
{
	json_t *json = json_object();
	write_member(json, "n", json_integer((json_int_t)mean->n), failed);
	write_member(json, "value", number_json(mean->mean), failed);
	write_member(json, "scatter", number_json(mean->scatter), failed);
	write_member(json, "u_shared", number_json(mean->u_shared), failed);
	write_member(json, "U", number_json(mean->expanded.U), failed);
	return json;
}

static json_t *meter_json(const struct between_meter *meter, bool *failed)
{
	json_t *json = json_object();
	write_member(json, "maker", words_json(meter->maker), failed);
	write_member(json, "model", words_json(meter->model), failed);
	write_member(json, "serial", words_json(meter->serial), failed);
	write_member(json, "voltage_range_V", number_json(meter->voltage), failed);
	write_member(json, "current_range_A", number_json(meter->current), failed);
	write_member(json, "doubt", meter->doubt ? words_json(meter->doubt) : json_null(), failed);
	return json;
}

static void put_work(json_t *json, const struct side_at *at, bool *failed)
{
	write_member(json, "work", number_json(at->work), failed);
	write_member(json, "unit", isfinite(at->work) ? words_json(at->unit) : json_null(), failed);
	write_member(json, "gross_per_unit_J", at->per_unit.n > 0 ? mean_json(&at->per_unit, failed) : json_null(), failed);
}

static void put_figures(json_t *json, const struct side_at *at, bool *failed)
{
	static const char *const keys[SIDE_QUANTITIES] = { "gross_J", "net_J", "caused_J", "time_s", "edp_Js" };
	for (int q = 0; q < SIDE_QUANTITIES; q++)
		write_member(json, keys[q], mean_json(&at->mean[q], failed), failed);
	write_member(json, "power_W", number_json(at->power), failed);
	write_member(json, "idle_W", number_json(at->idle), failed);
	write_member(json, "meter", meter_json(&at->meter, failed), failed);
	put_work(json, at, failed);
}

/* Of one that is compared with others. */
static void put_comparison(json_t *json, const struct sides_point *point, size_t i, bool *failed)
{
	const struct side_at *at = &point->at[i];
	json_t *ratios = json_object();
	for (int q = 0; q < SIDE_QUANTITIES; q++)
		write_member(ratios, side_quantity_name((enum side_quantity)q), interval_json(&at->ratio[q], failed), failed);
	write_member(json, "ratio", ratios, failed);
	write_member(json, "pareto", json_string(pareto_name(at->front)), failed);
	if (i == point->baseline)
		return;
	write_member(json, "one_meter", json_boolean(at->difference == NULL), failed);
	write_member(json, "meters_differ", at->difference ? words_json(at->difference) : json_null(), failed);
	write_member(json, "years_between", number_json(at->years), failed);
	write_member(json, "u_ratio_meter", number_json(at->shared.meter), failed);
	write_member(json, "u_ratio_machine", number_json(at->shared.machine), failed);
}

static json_t *at_json(const struct sides *sides, const struct sides_point *point, size_t i, const struct factors *factors, bool *failed)
{
	json_t *json = json_object();
	const struct side_at *at = &point->at[i];
	write_member(json, "campaign", letter(sides->list[i].label), failed);
	write_member(json, "runs_excluded", json_integer((json_int_t)at->group->n_excluded), failed);
	write_member(json, "refused", at->refused[0] ? words_json(at->refused) : json_null(), failed);
	if (!side_is_compared(at))
		return json;
	put_figures(json, at, failed);
	if (point->n_compared > 1)
		put_comparison(json, point, i, failed);
	if (factors)
		write_member(json, "cost", sides_cost_json(at, factors), failed);
	return json;
}

static json_t *points_json(const struct sides *sides, const struct factors *factors, bool *failed)
{
	json_t *list = json_array();
	for (size_t p = 0; p < sides->n_points; p++) {
		const struct sides_point *point = &sides->points[p];
		json_t *json = json_object(), *campaigns = json_array();
		write_member(json, "workload", words_json(point->workload), failed);
		write_member(json, "point", words_json(point->point), failed);
		write_member(json, "phase", words_json(point->phase), failed);
		write_member(json, "baseline", letter(sides->list[point->baseline].label), failed);
		for (size_t i = 0; i < sides->n; i++)
			if (point->at[i].group)
				write_item(campaigns, at_json(sides, point, i, factors, failed), failed);
		write_member(json, "campaigns", campaigns, failed);
		write_item(list, json, failed);
	}
	return list;
}

static json_t *sides_json(const struct sides *sides, bool *failed)
{
	json_t *list = json_array();
	for (size_t i = 0; i < sides->n; i++) {
		const struct side *side = &sides->list[i];
		json_t *json = json_object();
		write_member(json, "label", letter(side->label), failed);
		write_member(json, "uuid", words_json(facts_string(side->file, "uuid")), failed);
		write_member(json, "title", words_json(facts_string(side->file, "title")), failed);
		write_member(json, "started", words_json(facts_string(side->file, "started")), failed);
		write_member(json, "bench", words_json(facts_string(side->file, "bench.name")), failed);
		write_member(json, "arm", words_json(side->arm), failed);
		write_member(json, "simulated", json_boolean(facts_simulated(side->file) != SIMULATED_NONE), failed);
		write_member(json, "stopped_by_rule", json_boolean(side_has_stopped(side)), failed);
		write_item(list, json, failed);
	}
	return list;
}

static json_t *whole(const struct sides *sides, const struct factors *factors, bool *failed)
{
	json_t *json = json_object();
	bool simulated = false;
	for (size_t i = 0; i < sides->n; i++)
		simulated |= facts_simulated(sides->list[i].file) != SIMULATED_NONE;
	write_member(json, "format", json_string("joulerig compare 1"), failed);
	write_member(json, "simulated", json_boolean(simulated), failed);
	write_member(json, "rehearsal", json_boolean(simulated), failed);
	write_member(json, "campaigns", sides_json(sides, failed), failed);
	write_member(json, "points", points_json(sides, factors, failed), failed);
	write_member(json, "points_alone", json_integer((json_int_t)sides->alone), failed);
	write_member(json, "differences", sides_differences(sides), failed);
	write_member(json, "factors", factors ? sides_factors_json(factors) : json_null(), failed);
	return json;
}

int report_sides_json(const struct sides *sides, const struct factors *factors, struct text *out)
{
	struct c_locale scope;
	bool failed = false;
	c_locale_enter(&scope);
	json_t *json = whole(sides, factors, &failed);
	char *dumped = failed ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	c_locale_leave(&scope);
	if (dumped) {
		text_add(out, dumped);
		text_add(out, "\n");
	}
	free(dumped);
	json_decref(json);
	return dumped && !text_failed(out) ? 0 : -1;
}
