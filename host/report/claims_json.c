#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "claims_text.h"
#include "facts.h"
#include "plain.h"

struct writing {
	const struct claims_judged *judged;
	bool failed;
};

static void put(struct writing *w, json_t *object, const char *key, json_t *value)
{
	w->failed |= value == NULL || json_object_set_new(object, key, value) != 0;
}

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *string(const char *s)
{
	struct text text = TEXT_INIT;
	plain_add_utf8(&text, s ? s : "");
	json_t *value = json_string(text_string(&text));
	text_free(&text);
	return value;
}

/* A text that says nothing is null. */
static json_t *remark(const char *s)
{
	return s && s[0] ? string(s) : json_null();
}

static json_t *verdict_of(const struct writing *w, enum claim_verdict verdict)
{
	struct text text = TEXT_INIT;
	claims_verdict_text(&text, w->judged, verdict);
	json_t *value = string(text_string(&text));
	text_free(&text);
	return value;
}

static json_t *place(struct writing *w, const char *workload, const char *point)
{
	json_t *json = json_object();
	put(w, json, "workload", string(workload));
	put(w, json, "point", string(point));
	return json;
}

static json_t *judgement_json(struct writing *w, const struct claim_judged *one, const struct claim_judgement *judgement)
{
	json_t *json = json_object();
	bool of_point = judgement->point < one->n_points;
	put(w, json, "verdict", verdict_of(w, judgement->verdict));
	put(w, json, "estimate", number(judgement->interval.estimate));
	put(w, json, "low", number(judgement->interval.low));
	put(w, json, "high", number(judgement->interval.high));
	put(w, json, "p_inside", number(judgement->p.inside));
	put(w, json, "p_outside", number(judgement->p.outside));
	put(w, json, "p_adjusted", number(judgement->adjusted));
	put(w, json, "more_runs", number(judgement->more_runs));
	put(w, json, "more_runs_would_decide", isnan(judgement->more_runs) ? json_null() : json_boolean(isfinite(judgement->more_runs)));
	put(w, json, "rests_on",
	    of_point ? place(w, one->points[judgement->point].workload, one->points[judgement->point].point) : json_null());
	put(w, json, "reason", remark(judgement->reason));
	return json;
}

static json_t *quantities_json(struct writing *w, const struct claim_judged *one, const struct claim_judgement *judgements)
{
	json_t *json = json_object();
	for (size_t q = 0; q < one->n_quantities; q++)
		put(w, json, one->n_quantities > 1 ? claim_quantity_name((enum claim_quantity)q) : "value", judgement_json(w, one, &judgements[q]));
	return json;
}

static json_t *points_json(struct writing *w, const struct claim_judged *one)
{
	json_t *list = json_array();
	for (size_t i = 0; i < one->n_points; i++) {
		const struct claim_point *point = &one->points[i];
		json_t *json = place(w, point->workload, point->point);
		put(w, json, "absent", json_boolean(point->absent));
		put(w, json, "n_arm", json_integer((json_int_t)point->n_arm));
		put(w, json, "n_over", json_integer((json_int_t)point->n_over));
		put(w, json, "quantities", quantities_json(w, one, point->quantities));
		w->failed |= json_array_append_new(list, json) != 0;
	}
	return list;
}

static json_t *statement(const struct claim *claim)
{
	struct text text = TEXT_INIT;
	claims_statement_text(&text, claim);
	json_t *value = string(text_string(&text));
	text_free(&text);
	return value;
}

static void put_claim(struct writing *w, json_t *json, const struct claim *claim)
{
	put(w, json, "id", string(claim->id));
	put(w, json, "says", string(claim->says));
	put(w, json, "source", remark(claim->source));
	put(w, json, "note", remark(claim->note));
	put(w, json, "firmness", string(claim->firmness == CLAIM_FIRM ? "firm" : "provisional"));
	put(w, json, "statement", statement(claim));
	put(w, json, "metric", string(claim_metric_name(claim->metric)));
	put(w, json, "arm", string(claim->arm));
	put(w, json, "over", string(claim->over));
	put(w, json, "against", remark(claim->against));
	put(w, json, "quantifier", string(claim_quantifier_name(claim->quantifier)));
	put(w, json, "low", number(claim->low));
	put(w, json, "high", number(claim->high));
	put(w, json, "margin", number(claim->margin));
}

static json_t *claim_json(struct writing *w, const struct claim_judged *one)
{
	json_t *json = json_object();
	put_claim(w, json, one->claim);
	put(w, json, "verdict", verdict_of(w, one->verdict));
	put(w, json, "quantity", one->n_quantities > 1 ? string(claim_quantity_name(one->quantity)) : string("value"));
	put(w, json, "reason", remark(one->reason));
	put(w, json, "conflict", json_boolean(one->conflict));
	put(w, json, "disagreement", remark(one->disagreement));
	put(w, json, "caution", remark(one->caution));
	put(w, json, "quantities", quantities_json(w, one, one->quantities));
	put(w, json, "points", points_json(w, one));
	return json;
}

static json_t *counts_json(struct writing *w)
{
	json_t *json = json_object();
	for (int verdict = 0; verdict < CLAIM_VERDICTS; verdict++) {
		struct text text = TEXT_INIT;
		claims_verdict_text(&text, w->judged, (enum claim_verdict)verdict);
		put(w, json, text_string(&text), json_integer((json_int_t)w->judged->n_verdicts[verdict]));
		text_free(&text);
	}
	return json;
}

int report_claims_json(const struct campaign_file *file, const struct claims_judged *judged, struct text *out)
{
	struct writing w = { .judged = judged };
	json_t *json = json_object(), *list = json_array();
	for (size_t i = 0; i < judged->n; i++)
		w.failed |= json_array_append_new(list, claim_json(&w, &judged->list[i])) != 0;
	put(&w, json, "format", json_string("joulerig claims 1"));
	put(&w, json, "simulated", json_boolean(judged->simulated));
	put(&w, json, "title", string(judged->claims->title));
	put(&w, json, "source", remark(judged->claims->source));
	put(&w, json, "campaign", remark(facts_string(file, "title")));
	put(&w, json, "uuid", remark(facts_string(file, "uuid")));
	put(&w, json, "tested", json_integer((json_int_t)judged->n_tested));
	put(&w, json, "verdicts", counts_json(&w));
	put(&w, json, "claims", list);
	char *dumped = w.failed ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
	if (dumped) {
		text_add(out, dumped);
		text_add(out, "\n");
	}
	free(dumped);
	json_decref(json);
	return dumped && !text_failed(out) ? 0 : -1;
}
