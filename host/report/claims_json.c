#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "claims_text.h"
#include "facts.h"
#include "json_out.h"
#include "plain.h"

struct writing {
	const struct claims_judged *judged;
	bool failed;
};

/* A text that says nothing is null. */
static json_t *remark(const char *s)
{
	return s && s[0] ? words_json(s) : json_null();
}

static json_t *verdict_of(const struct writing *w, enum claim_verdict verdict)
{
	struct text text = TEXT_INIT;
	claims_verdict_text(&text, w->judged, verdict);
	json_t *value = words_json(text_string(&text));
	text_free(&text);
	return value;
}

static json_t *place(struct writing *w, const char *workload, const char *point)
{
	json_t *json = json_object();
	write_member(json, "workload", words_json(workload), &w->failed);
	write_member(json, "point", words_json(point), &w->failed);
	return json;
}

static json_t *judgement_json(struct writing *w, const struct claim_judged *one, const struct claim_judgement *judgement)
{
	json_t *json = json_object();
	bool of_point = judgement->point < one->n_points;
	write_member(json, "verdict", verdict_of(w, judgement->verdict), &w->failed);
	write_member(json, "estimate", number_json(judgement->interval.estimate), &w->failed);
	write_member(json, "low", number_json(judgement->interval.low), &w->failed);
	write_member(json, "high", number_json(judgement->interval.high), &w->failed);
	write_member(json, "p_inside", number_json(judgement->p.inside), &w->failed);
	write_member(json, "p_outside", number_json(judgement->p.outside), &w->failed);
	write_member(json, "p_adjusted", number_json(judgement->adjusted), &w->failed);
	write_member(json, "more_runs", number_json(judgement->more_runs), &w->failed);
	write_member(json, "more_runs_would_decide", isnan(judgement->more_runs) ? json_null() : json_boolean(isfinite(judgement->more_runs)), &w->failed);
	write_member(json, "rests_on", of_point ? place(w, one->points[judgement->point].workload, one->points[judgement->point].point) : json_null(), &w->failed);
	write_member(json, "reason", remark(judgement->reason), &w->failed);
	return json;
}

static json_t *quantities_json(struct writing *w, const struct claim_judged *one, const struct claim_judgement *judgements)
{
	json_t *json = json_object();
	for (size_t q = 0; q < one->n_quantities; q++)
		write_member(json, one->n_quantities > 1 ? claim_quantity_name((enum claim_quantity)q) : "value", judgement_json(w, one, &judgements[q]), &w->failed);
	return json;
}

static json_t *points_json(struct writing *w, const struct claim_judged *one)
{
	json_t *list = json_array();
	for (size_t i = 0; i < one->n_points; i++) {
		const struct claim_point *point = &one->points[i];
		json_t *json = place(w, point->workload, point->point);
		write_member(json, "absent", json_boolean(point->absent), &w->failed);
		write_member(json, "n_arm", json_integer((json_int_t)point->n_arm), &w->failed);
		write_member(json, "n_over", json_integer((json_int_t)point->n_over), &w->failed);
		write_member(json, "quantities", quantities_json(w, one, point->quantities), &w->failed);
		w->failed |= json_array_append_new(list, json) != 0;
	}
	return list;
}

static json_t *statement(const struct claim *claim)
{
	struct text text = TEXT_INIT;
	claims_statement_text(&text, claim);
	json_t *value = words_json(text_string(&text));
	text_free(&text);
	return value;
}

static void put_claim(struct writing *w, json_t *json, const struct claim *claim)
{
	write_member(json, "id", words_json(claim->id), &w->failed);
	write_member(json, "says", words_json(claim->says), &w->failed);
	write_member(json, "source", remark(claim->source), &w->failed);
	write_member(json, "note", remark(claim->note), &w->failed);
	write_member(json, "firmness", words_json(claim->firmness == CLAIM_FIRM ? "firm" : "provisional"), &w->failed);
	write_member(json, "statement", statement(claim), &w->failed);
	write_member(json, "metric", words_json(claim_metric_name(claim->metric)), &w->failed);
	write_member(json, "arm", words_json(claim->arm), &w->failed);
	write_member(json, "over", words_json(claim->over), &w->failed);
	write_member(json, "against", remark(claim->against), &w->failed);
	write_member(json, "quantifier", words_json(claim_quantifier_name(claim->quantifier)), &w->failed);
	write_member(json, "low", number_json(claim->low), &w->failed);
	write_member(json, "high", number_json(claim->high), &w->failed);
	write_member(json, "margin", number_json(claim->margin), &w->failed);
}

static json_t *claim_json(struct writing *w, const struct claim_judged *one)
{
	json_t *json = json_object();
	put_claim(w, json, one->claim);
	write_member(json, "verdict", verdict_of(w, one->verdict), &w->failed);
	write_member(json, "quantity", one->n_quantities > 1 ? words_json(claim_quantity_name(one->quantity)) : words_json("value"), &w->failed);
	write_member(json, "reason", remark(one->reason), &w->failed);
	write_member(json, "conflict", json_boolean(one->conflict), &w->failed);
	write_member(json, "disagreement", remark(one->disagreement), &w->failed);
	write_member(json, "caution", remark(one->caution), &w->failed);
	write_member(json, "quantities", quantities_json(w, one, one->quantities), &w->failed);
	write_member(json, "points", points_json(w, one), &w->failed);
	return json;
}

static json_t *counts_json(struct writing *w)
{
	json_t *json = json_object();
	for (int verdict = 0; verdict < CLAIM_VERDICTS; verdict++) {
		struct text text = TEXT_INIT;
		claims_verdict_text(&text, w->judged, (enum claim_verdict)verdict);
		write_member(json, text_string(&text), json_integer((json_int_t)w->judged->n_verdicts[verdict]), &w->failed);
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
	write_member(json, "format", json_string("joulerig claims 1"), &w.failed);
	write_member(json, "simulated", json_boolean(judged->simulated), &w.failed);
	write_member(json, "title", words_json(judged->claims->title), &w.failed);
	write_member(json, "source", remark(judged->claims->source), &w.failed);
	write_member(json, "campaign", remark(facts_string(file, "title")), &w.failed);
	write_member(json, "uuid", remark(facts_string(file, "uuid")), &w.failed);
	write_member(json, "tested", json_integer((json_int_t)judged->n_tested), &w.failed);
	write_member(json, "verdicts", counts_json(&w), &w.failed);
	write_member(json, "claims", list, &w.failed);
	char *dumped = w.failed ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
	if (dumped) {
		text_add(out, dumped);
		text_add(out, "\n");
	}
	free(dumped);
	json_decref(json);
	return dumped && !text_failed(out) ? 0 : -1;
}
