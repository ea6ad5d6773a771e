#include <math.h>
#include <stdio.h>
#include <string.h>

#include "budget.h"
#include "statistics.h"

void budget_add(struct budget *budget, const char *name, char type, double u, double nu, enum share share)
{
	if (u == 0)
		return;
	if (budget->n == BUDGET_TERMS_MAX || !isfinite(u)) {
		budget->overflowed = true;
		return;
	}
	struct budget_term *term = &budget->terms[budget->n++];
	snprintf(term->name, sizeof term->name, "%s", name);
	term->u = u;
	term->nu = nu;
	term->type = type;
	term->share = share;
}

/* How long the name is without "-NUMBER" at its end. */
static size_t family_length(const char *name)
{
	size_t n = strlen(name), digits = n;
	while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
		digits--;
	return digits < n && digits > 1 && name[digits - 1] == '-' ? digits - 1 : n;
}

bool budget_same_family(const char *a, const char *b)
{
	size_t n = family_length(a);
	return n == family_length(b) && strncmp(a, b, n) == 0;
}

const struct budget_term *budget_term(const struct budget *budget, const char *name)
{
	for (int i = 0; i < budget->n; i++)
		if (strcmp(budget->terms[i].name, name) == 0)
			return &budget->terms[i];
	return NULL;
}

static bool counts(const struct budget_term *term)
{
	return term->share != SHARE_BESIDE;
}

/* GUM G.4.1: nu_eff = u_c^4 / sum(u_i^4 / nu_i). Formed on u_i / u_c, so that no fourth power can overflow. */
static double effective_freedom(const struct budget *budget, double u)
{
	double sum = 0;
	for (int i = 0; i < budget->n; i++) {
		double share = budget->terms[i].u / u;
		if (counts(&budget->terms[i]) && isfinite(budget->terms[i].nu))
			sum += share * share * share * share / budget->terms[i].nu;
	}
	return sum > 0 ? 1 / sum : INFINITY;
}

struct expanded budget_expand(const struct budget *budget)
{
	if (budget->overflowed)
		return (struct expanded){.u = NAN, .nu = NAN, .k = NAN, .U = NAN};
	double variance = 0;
	for (int i = 0; i < budget->n; i++)
		if (counts(&budget->terms[i]))
			variance += budget->terms[i].u * budget->terms[i].u;
	struct expanded expanded = {.u = sqrt(variance), .nu = INFINITY};
	if (expanded.u > 0)
		expanded.nu = effective_freedom(budget, expanded.u);
	expanded.k = statistics_t_quantile(0.975, expanded.nu);
	expanded.U = expanded.k * expanded.u;
	return expanded;
}
