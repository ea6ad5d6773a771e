#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "c_locale.h"
#include "facts.h"
#include "plain.h"
#include "sides_cost.h"
#include "sides_differences.h"
#include "sides_text.h"

/* Remembers when memory was short. */
static void put(json_t *object, const char *key, json_t *value, bool *failed)
{
	*failed |= value == NULL || json_object_set_new(object, key, value) != 0;
}

static void append(json_t *array, json_t *value, bool *failed)
{
	*failed |= value == NULL || json_array_append_new(array, value) != 0;
}

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *words(const char *string)
{
	struct text text = TEXT_INIT;
	plain_add_utf8(&text, string);
	json_t *value = text.failed ? NULL : json_string(text_string(&text));
	text_free(&text);
	return value;
}

static json_t *letter(char label)
{
	const char string[2] = { label, '\0' };
	return json_string(string);
}

static json_t *mean_json(const struct mean_energy *mean, bool *failed)
{
	json_t *json = json_object();
	put(json, "n", json_integer((json_int_t)mean->n), failed);
	put(json, "value", number(mean->mean), failed);
	put(json, "scatter", number(mean->scatter), failed);
	put(json, "u_shared", number(mean->u_shared), failed);
	put(json, "U", number(mean->expanded.U), failed);
	return json;
}

static json_t *interval_json(const struct interval *interval, bool *failed)
{
	json_t *json = json_object();
	put(json, "estimate", number(interval->estimate), failed);
	put(json, "low", number(interval->low), failed);
	put(json, "high", number(interval->high), failed);
	return json;
}

static json_t *meter_json(const struct between_meter *meter, bool *failed)
{
	json_t *json = json_object();
	put(json, "maker", words(meter->maker), failed);
	put(json, "model", words(meter->model), failed);
	put(json, "serial", words(meter->serial), failed);
	put(json, "voltage_range_V", number(meter->voltage), failed);
	put(json, "current_range_A", number(meter->current), failed);
	put(json, "doubt", meter->doubt ? words(meter->doubt) : json_null(), failed);
	return json;
}

static void put_work(json_t *json, const struct side_at *at, bool *failed)
{
	put(json, "work", number(at->work), failed);
	put(json, "unit", isfinite(at->work) ? words(at->unit) : json_null(), failed);
	put(json, "gross_per_unit_J", at->per_unit.n > 0 ? mean_json(&at->per_unit, failed) : json_null(), failed);
}

static void put_figures(json_t *json, const struct side_at *at, bool *failed)
{
	static const char *const keys[SIDE_QUANTITIES] = { "gross_J", "net_J", "caused_J", "time_s", "edp_Js" };
	for (int q = 0; q < SIDE_QUANTITIES; q++)
		put(json, keys[q], mean_json(&at->mean[q], failed), failed);
	put(json, "power_W", number(at->power), failed);
	put(json, "idle_W", number(at->idle), failed);
	put(json, "meter", meter_json(&at->meter, failed), failed);
	put_work(json, at, failed);
}

/* Of one that is compared with others. */
static void put_comparison(json_t *json, const struct sides_point *point, size_t i, bool *failed)
{
	const struct side_at *at = &point->at[i];
	json_t *ratios = json_object();
	for (int q = 0; q < SIDE_QUANTITIES; q++)
		put(ratios, side_quantity_name((enum side_quantity)q), interval_json(&at->ratio[q], failed), failed);
	put(json, "ratio", ratios, failed);
	put(json, "pareto", json_string(pareto_name(at->front)), failed);
	if (i == point->baseline)
		return;
	put(json, "one_meter", json_boolean(at->difference == NULL), failed);
	put(json, "meters_differ", at->difference ? words(at->difference) : json_null(), failed);
	put(json, "years_between", number(at->years), failed);
	put(json, "u_ratio_meter", number(at->shared.meter), failed);
	put(json, "u_ratio_machine", number(at->shared.machine), failed);
}

static json_t *at_json(const struct sides *sides, const struct sides_point *point, size_t i, const struct factors *factors, bool *failed)
{
	json_t *json = json_object();
	const struct side_at *at = &point->at[i];
	put(json, "campaign", letter(sides->list[i].label), failed);
	put(json, "runs_excluded", json_integer((json_int_t)at->group->n_excluded), failed);
	put(json, "refused", at->refused[0] ? words(at->refused) : json_null(), failed);
	if (!side_is_compared(at))
		return json;
	put_figures(json, at, failed);
	if (point->n_compared > 1)
		put_comparison(json, point, i, failed);
	if (factors)
		put(json, "cost", sides_cost_json(at, factors), failed);
	return json;
}

static json_t *points_json(const struct sides *sides, const struct factors *factors, bool *failed)
{
	json_t *list = json_array();
	for (size_t p = 0; p < sides->n_points; p++) {
		const struct sides_point *point = &sides->points[p];
		json_t *json = json_object(), *campaigns = json_array();
		put(json, "workload", words(point->workload), failed);
		put(json, "point", words(point->point), failed);
		put(json, "phase", words(point->phase), failed);
		put(json, "baseline", letter(sides->list[point->baseline].label), failed);
		for (size_t i = 0; i < sides->n; i++)
			if (point->at[i].group)
				append(campaigns, at_json(sides, point, i, factors, failed), failed);
		put(json, "campaigns", campaigns, failed);
		append(list, json, failed);
	}
	return list;
}

static json_t *sides_json(const struct sides *sides, bool *failed)
{
	json_t *list = json_array();
	for (size_t i = 0; i < sides->n; i++) {
		const struct side *side = &sides->list[i];
		json_t *json = json_object();
		put(json, "label", letter(side->label), failed);
		put(json, "uuid", words(facts_string(side->file, "uuid")), failed);
		put(json, "title", words(facts_string(side->file, "title")), failed);
		put(json, "started", words(facts_string(side->file, "started")), failed);
		put(json, "bench", words(facts_string(side->file, "bench.name")), failed);
		put(json, "arm", words(side->arm), failed);
		put(json, "simulated", json_boolean(facts_simulated(side->file) != SIMULATED_NONE), failed);
		put(json, "stopped_by_rule", json_boolean(side_has_stopped(side)), failed);
		append(list, json, failed);
	}
	return list;
}

static json_t *whole(const struct sides *sides, const struct factors *factors, bool *failed)
{
	json_t *json = json_object();
	bool simulated = false;
	for (size_t i = 0; i < sides->n; i++)
		simulated |= facts_simulated(sides->list[i].file) != SIMULATED_NONE;
	put(json, "format", json_string("joulerig compare 1"), failed);
	put(json, "simulated", json_boolean(simulated), failed);
	put(json, "rehearsal", json_boolean(simulated), failed);
	put(json, "campaigns", sides_json(sides, failed), failed);
	put(json, "points", points_json(sides, factors, failed), failed);
	put(json, "points_alone", json_integer((json_int_t)sides->alone), failed);
	put(json, "differences", sides_differences(sides), failed);
	put(json, "factors", factors ? sides_factors_json(factors) : json_null(), failed);
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
