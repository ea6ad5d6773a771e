#include <jansson.h>
#include <stdlib.h>

#include "audit.h"
#include "plain.h"

static const char no_statement[] = "This is no statement of compliance: only those who made the rules can give one.";

/* ---- for people ---- */

static enum emphasis emphasis_of(enum audit_verdict verdict)
{
	return verdict == AUDIT_NOT_MET ? EMPHASIS_CAUTION : verdict == AUDIT_UNKNOWN ? EMPHASIS_STRONG : EMPHASIS_NONE;
}

static size_t count(const struct audit_profile *profile, const struct audit_answer *answers, enum audit_verdict verdict)
{
	size_t n = 0;
	for (size_t i = 0; i < profile->n_rules; i++)
		n += answers[i].verdict == verdict;
	return n;
}

static void lay(struct text *out, const struct table_options *options, enum emphasis emphasis, int hanging, struct text *said)
{
	layout_paragraph(out, options, emphasis, hanging, text_string(said));
	out->failed |= said->failed;
	text_free(said);
}

static void add_rule(const struct audit_rule *rule, const struct audit_answer *answer, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	text_addf(&said, "%s: %s", audit_verdict_name(answer->verdict), rule->id);
	lay(out, options, emphasis_of(answer->verdict), 4, &said);
	text_addf(&said, "    %s (%s)", rule->asks, rule->source);
	lay(out, options, EMPHASIS_FAINT, 4, &said);
	text_add(&said, "    ");
	plain_add(&said, answer->reason);
	lay(out, options, EMPHASIS_NONE, 4, &said);
}

int report_audit(const struct audit_profile *profile, const struct audit_evidence *evidence, const struct audit_answer *answers,
		 const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	if (evidence->simulated)
		layout_paragraph(out, options, EMPHASIS_ALARM, 0, "SIMULATED: some of this comes from a twin; a rehearsal, not evidence");
	text_addf(&said, "Audit, %s: of %zu rules the data meet %zu, do not meet %zu; %zu cannot be told from the data, %zu do not apply", profile->title,
		  profile->n_rules, count(profile, answers, AUDIT_MET), count(profile, answers, AUDIT_NOT_MET), count(profile, answers, AUDIT_UNKNOWN),
		  count(profile, answers, AUDIT_NOT_APPLICABLE));
	lay(out, options, EMPHASIS_STRONG, 0, &said);
	layout_paragraph(out, options, EMPHASIS_NONE, 0, no_statement);
	text_add(out, "\n");
	for (size_t i = 0; i < profile->n_rules; i++)
		add_rule(&profile->rules[i], &answers[i], options, out);
	text_addf(&said, "Not looked at: %s.", profile->beyond);
	text_add(out, "\n");
	lay(out, options, EMPHASIS_NONE, 4, &said);
	return text_failed(out) ? -1 : 0;
}

/* ---- for programs ---- */

static json_t *reason_json(const char *reason)
{
	struct text utf8 = TEXT_INIT;
	plain_add_utf8(&utf8, reason);
	json_t *json = utf8.failed ? NULL : json_string(text_string(&utf8));
	text_free(&utf8);
	return json;
}

static json_t *rules_json(const struct audit_profile *profile, const struct audit_answer *answers)
{
	static const char *const names[AUDIT_VERDICTS] = {
		[AUDIT_NOT_APPLICABLE] = "not-applicable", [AUDIT_MET] = "met", [AUDIT_UNKNOWN] = "unknown", [AUDIT_NOT_MET] = "not-met",
	};
	json_t *list = json_array();
	for (size_t i = 0; i < profile->n_rules; i++) {
		const struct audit_rule *rule = &profile->rules[i];
		json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "id", rule->id, "asks", rule->asks, "source", rule->source, "verdict",
					 names[answers[i].verdict], "asks_for_instrument", rule->instrument, "reason", reason_json(answers[i].reason));
		if (json == NULL || json_array_append_new(list, json) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int report_audit_json(const struct audit_profile *profile, const struct audit_evidence *evidence, const struct audit_answer *answers,
		      struct text *out)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:s, s:o}", "format", "joulerig audit 1", "profile", profile->name, "title",
				 profile->title, "statement", no_statement, "simulated", evidence->simulated, "all_met",
				 audit_is_met(profile, evidence, answers), "runs", (int)evidence->n_runs, "not_looked_at", profile->beyond, "rules",
				 rules_json(profile, answers));
	char *dumped = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	if (dumped) {
		text_add(out, dumped);
		text_add(out, "\n");
	}
	free(dumped);
	json_decref(json);
	return dumped && !text_failed(out) ? 0 : -1;
}
