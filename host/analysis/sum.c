/*
 * The sum of disjoint channels over one bracket.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "padded.h"

/* Terms whose cause is one for all channels although it differs from run to run: the bracket's own edges. */
static bool common_to_channels(const struct budget_term *term)
{
	return term->share != SHARE_NONE || strcmp(term->name, "start-edge") == 0 || strcmp(term->name, "stop-edge") == 0 ||
	       strcmp(term->name, "gate-open") == 0 || strcmp(term->name, "gate-close") == 0;
}

/* Parts of one cause are taken for one: nothing says that they are independent. */
static struct budget_term *same_cause(struct budget *budget, const struct budget_term *term)
{
	for (int i = 0; i < budget->n; i++)
		if (budget->terms[i].share == term->share && budget_same_family(budget->terms[i].name, term->name))
			return &budget->terms[i];
	return NULL;
}

#define PARTS 201 /* more than a cause has parts: CERTIFICATE_POINTS_MAX */

/* Two meters' parts have a number that no other pair of parts has, so that only the same pair cancels in a ratio. */
static void name_both(struct budget_term *into, const struct budget_term *term)
{
	const char *a = strrchr(into->name, '-'), *b = strrchr(term->name, '-');
	if (strcmp(into->name, term->name) == 0 || a == NULL || b == NULL)
		return;
	unsigned long both = strtoul(a + 1, NULL, 10) * PARTS + strtoul(b + 1, NULL, 10);
	size_t start = (size_t)(a + 1 - into->name);
	snprintf(into->name + start, sizeof into->name - start, "%lu", both);
}

/* Welch-Satterthwaite within one line of the budget (GUM G.4.1). */
static void add_independent(struct budget_term *into, const struct budget_term *term)
{
	double u = hypot(into->u, term->u);
	double a = into->u / u, b = term->u / u;
	double fourth = pow(a, 4) / into->nu + pow(b, 4) / term->nu;
	into->u = u;
	into->nu = fourth > 0 ? 1 / fourth : INFINITY;
}

static void merge_budget(struct budget *budget, const struct budget *part, bool linear)
{
	budget->overflowed = budget->overflowed || part->overflowed;
	for (int i = 0; i < part->n; i++) {
		const struct budget_term *term = &part->terms[i];
		struct budget_term *into = same_cause(budget, term);
		if (into)
			name_both(into, term);
		if (!into) {
			budget_add(budget, term->name, term->type, term->u, term->nu, term->share);
		} else if (linear || common_to_channels(term)) {
			into->u += copysign(term->u, linear && !common_to_channels(term) ? into->u : term->u);
			into->nu = fmin(into->nu, term->nu);
		} else {
			add_independent(into, term);
		}
	}
}

static void add_joules(struct joules *sum, const struct joules *part, bool linear)
{
	sum->value += part->value;
	merge_budget(&sum->budget, &part->budget, linear);
}

static void add_part(struct energy *sum, const struct energy *part, bool linear)
{
	add_joules(&sum->gross, &part->gross, linear);
	add_joules(&sum->net, &part->net, linear);
	add_joules(&sum->caused, &part->caused, linear);
	sum->tail += part->tail;
	sum->power += part->power;
	sum->idle_before += part->idle_before;
	sum->idle_after += part->idle_after;
	sum->u_idle_before = hypot(sum->u_idle_before, part->u_idle_before);
	sum->settled = sum->settled && part->settled;
	sum->used += part->used;
	sum->invalid += part->invalid;
	sum->missing += part->missing;
	sum->missing_fraction = fmax(sum->missing_fraction, part->missing_fraction);
	sum->wraps += part->wraps;
	sum->naive_mean += part->naive_mean;
	sum->naive_prorata += part->naive_prorata;
	if (part->status > sum->status) {
		sum->status = part->status;
		snprintf(sum->reason, sizeof sum->reason, "%s", part->reason);
	}
}

static void forget(struct energy *sum)
{
	sum->gross = sum->net = sum->caused = (struct joules){.value = NAN, .expanded = {.u = NAN, .nu = NAN, .k = NAN, .U = NAN}};
	sum->tail = sum->power = sum->idle_before = sum->idle_after = sum->u_idle_before = NAN;
	sum->naive_mean = sum->naive_prorata = NAN;
	sum->settled = false;
}

static void add_all(const struct energy *parts, size_t n, bool linear, struct energy *sum)
{
	*sum = (struct energy){.status = ENERGY_OK, .duration = n > 0 ? parts[0].duration : NAN, .settled = n > 0};
	for (size_t i = 0; i < n; i++)
		add_part(sum, &parts[i], linear);
	if (n == 0) {
		sum->status = ENERGY_REFUSED;
		snprintf(sum->reason, sizeof sum->reason, "no channel to add up");
	}
	if (sum->status == ENERGY_REFUSED)
		forget(sum);
	energy_expand(sum); /* refuses a sum whose budget has no room for all its terms */
}

void energy_sum(const struct energy *parts, size_t n, struct energy *sum)
{
	add_all(parts, n, false, sum);
}

void energy_sum_elements(const struct energy *parts, size_t n, struct energy *sum)
{
	add_all(parts, n, true, sum);
}
