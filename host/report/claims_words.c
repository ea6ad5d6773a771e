/* What claims and verdicts are called, for people. */
#include <math.h>
#include <string.h>

#include "claims_judged.h"
#include "plain.h"

const char *claims_verdict_words(const struct claims_judged *judged, enum claim_verdict verdict)
{
	static const char *const would[CLAIM_VERDICTS] = { "would be reproduced", "would be contradicted", "would be undecided", "not testable here" };
	static const char *const is[CLAIM_VERDICTS] = { "reproduced", "contradicted", "undecided", "not testable here" };
	return (judged->simulated ? would : is)[verdict];
}

void claims_verdict_text(struct text *out, const struct claims_judged *judged, enum claim_verdict verdict)
{
	text_addf(out, "%s%s", judged->simulated ? "rehearsal: " : "", claims_verdict_words(judged, verdict));
}

static const char *metric_words(const struct claim *claim)
{
	static const char *const words[CLAIM_METRICS] = { "energy", "power", "ln energy over ln time", "time", "speed", "CPU time",
							  "peak resident memory", "peak virtual memory", "virtual over resident memory" };
	return words[claim->metric];
}

static const char *quantity_words(const struct claim *claim)
{
	static const char *const words[CLAIM_QUANTITIES] = { "", "net ", "caused ", "RAPL " };
	return claim_metric_has_quantities(claim->metric) ? words[claim->quantity] : "";
}

void claims_bounds_text(struct text *out, const struct claim *claim)
{
	if (!isnan(claim->margin))
		text_addf(out, "equal within %.3g %%", 100 * claim->margin);
	else if (isinf(claim->high))
		text_addf(out, "at least %.4g", claim->low);
	else if (claim->low <= 0 && (isinf(claim->low) || claim->metric != CLAIM_ELASTICITY))
		text_addf(out, "at most %.4g", claim->high);
	else
		text_addf(out, "in [%.4g, %.4g]", claim->low, claim->high);
}

const char *claims_place_text(enum claim_verdict verdict)
{
	static const char *const words[CLAIM_VERDICTS] = { "inside", "outside", "open", "not tested" };
	return words[verdict];
}

static void add_variables(struct text *out, const struct claim_selection *selection)
{
	for (size_t v = 0; v < selection->n_variables; v++) {
		text_addf(out, " %s=", selection->variables[v].name);
		for (size_t i = 0; i < selection->variables[v].n; i++) {
			text_add(out, i ? "," : "");
			plain_add(out, selection->variables[v].values[i]);
		}
		text_add(out, selection->variables[v].n ? "" : "all");
	}
}

static void add_contrast(struct text *out, const struct claim *claim)
{
	text_addf(out, ", %s / %s", claim->arm, claim->over);
	if (claim->baseline.n_variables) {
		text_add(out, " at");
		add_variables(out, &claim->baseline);
	}
	if (claim->against) {
		text_add(out, ", over that of ");
		plain_add(out, claim->against);
		text_add(out, " at equal points");
	}
}

static void add_points(struct text *out, const struct claim *claim)
{
	static const char *const words[CLAIM_QUANTIFIERS] = { "each of ", "any of ", "mean of " };
	text_addf(out, "; %s", claim->metric == CLAIM_ELASTICITY ? "within each workload of " : words[claim->quantifier]);
	for (size_t i = 0; i < claim->n_selections; i++) {
		const struct claim_selection *selection = &claim->selections[i];
		text_add(out, i ? ", " : "");
		plain_add(out, selection->workload ? selection->workload : "all points");
		text_add(out, !selection->workload && selection->n_variables ? " with" : "");
		add_variables(out, selection);
	}
}

void claims_statement_text(struct text *out, const struct claim *claim)
{
	text_addf(out, "%s%s", quantity_words(claim), metric_words(claim));
	add_contrast(out, claim);
	text_add(out, ", ");
	claims_bounds_text(out, claim);
	if (!isnan(claim->margin))
		text_addf(out, " (%.4g to %.4g)", claim->low, claim->high);
	add_points(out, claim);
}
