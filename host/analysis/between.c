#include "between.h"

#include <math.h>
#include <string.h>

#include "statistics.h"

/* ---- terms ---- */

static const struct judged {
	const char *term;
	enum between_rule rule;
	bool of_meter;
} judged[] = {
	{ "gain", BETWEEN_RELATIVE, true },
	{ "integrator-clock", BETWEEN_RELATIVE, true },
	{ "certificate-drift", BETWEEN_RELATIVE, true },
	{ "range", BETWEEN_WATTS, true },
	{ "certificate", BETWEEN_WATTS, true },
	{ "certificate-line", BETWEEN_WATTS, true },
	{ "power-factor", BETWEEN_APART, true },
	{ "timebase", BETWEEN_APART, true },
	{ "window-phase", BETWEEN_APART, true },
	{ "late", BETWEEN_APART, true },
	{ "reaction", BETWEEN_APART, true },
	{ "gate-power", BETWEEN_APART, true },
	{ "host-clock", BETWEEN_APART, false },
	{ "supply-lag", BETWEEN_APART, false },
	{ "tail-shape", BETWEEN_APART, false },
	{ "early", BETWEEN_APART, false },
	{ "leak", BETWEEN_APART, false },
	{ "idle-moved", BETWEEN_APART, false },
	{ "start-edge", BETWEEN_APART, false },
	{ "stop-edge", BETWEEN_APART, false },
	{ "stop-power", BETWEEN_APART, false },
};

static const struct judged *find(const char *term)
{
	for (size_t i = 0; i < sizeof judged / sizeof *judged; i++)
		if (budget_same_family(judged[i].term, term))
			return &judged[i];
	return NULL;
}

enum between_rule between_rule_of(const char *term)
{
	const struct judged *found = find(term);
	return found ? found->rule : BETWEEN_UNJUDGED;
}

/* ---- meters ---- */

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool same_range(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-4 * fabs(a);
}

const char *between_difference(const struct between_meter *a, const struct between_meter *b)
{
	if (a->doubt || b->doubt)
		return a->doubt ? a->doubt : b->doubt;
	if (!same(a->maker, b->maker) || !same(a->model, b->model) || a->simulated != b->simulated)
		return "another meter";
	if (a->serial[0] == '\0' || b->serial[0] == '\0')
		return "no serial number says that it was one meter";
	if (!same(a->serial, b->serial))
		return "another meter";
	if (!same(a->firmware, b->firmware))
		return "the meter had another firmware";
	if (!same(a->certificate, b->certificate))
		return "the meter had another certificate";
	if (isnan(a->voltage + a->current) != isnan(b->voltage + b->current))
		return "which range the meter was in is told of one side only";
	if (isnan(a->voltage + a->current) && !(a->no_ranges && b->no_ranges))
		return "which range the meter was in is not told";
	if (!same_range(a->voltage, b->voltage) || !same_range(a->current, b->current))
		return "the meter was in another range";
	return a->integrated == b->integrated ? NULL : "its integrator on one side, the sum of its samples on the other";
}

/* ---- uncertainty ---- */

/* The square of what one cause does to ln(A / B), where it is the same meter's on both sides. */
static double in_common(enum between_rule rule, double a, double b, double years)
{
	double greater = fmax(fabs(a), fabs(b)), smaller = fmin(fabs(a), fabs(b)), drift = greater * years;
	double rest = rule == BETWEEN_RELATIVE ? (a - b) * (a - b) : greater * (greater - smaller);
	return fmin(rest + drift * drift, a * a + b * b);
}

static const struct budget_term *counterpart(const struct budget *budget, const struct budget_term *wanted)
{
	for (int i = 0; i < budget->n; i++)
		if (budget->terms[i].share == wanted->share && same(budget->terms[i].name, wanted->name))
			return &budget->terms[i];
	return NULL;
}

static bool cancels(const struct budget_term *term, struct between_how how)
{
	enum between_rule rule = between_rule_of(term->name);
	return how.one_meter && !isnan(how.years) && (rule == BETWEEN_RELATIVE || (rule == BETWEEN_WATTS && !how.above_idle));
}

/* Several parts of a certificate have lost their name (statistics_shared_causes). */
static bool is_of_meter(const char *name)
{
	const struct judged *found = find(name);
	return found ? found->of_meter : strncmp(name, "parts ", 6) == 0;
}

/* The causes of one side; those that the other has too, and that cancel, are taken up with it, once, by the `first`. */
static void add_side(const struct budget *causes, double mean, const struct budget *others, double other_mean, struct between_how how,
		     bool first, struct between_shared *variance)
{
	for (int i = 0; i < causes->n; i++) {
		const struct budget_term *term = &causes->terms[i], *other = cancels(term, how) ? counterpart(others, term) : NULL;
		double *into = is_of_meter(term->name) ? &variance->meter : &variance->machine, a = term->u / mean;
		if (term->share == SHARE_BESIDE || (other && !first))
			continue;
		*into += other ? in_common(between_rule_of(term->name), a, other->u / other_mean, how.years) : a * a;
	}
}

static double mean_of(const struct joules *const *runs, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += runs[i]->value;
	return sum / (double)n;
}

struct between_shared between_shared(const struct joules *const *a, size_t n_a, const struct joules *const *b, size_t n_b,
				     struct between_how how)
{
	struct budget in_a, in_b;
	struct between_shared variance = { 0, 0 };
	double mean_a = mean_of(a, n_a), mean_b = mean_of(b, n_b);
	statistics_shared_causes(a, n_a, 'a', &in_a);
	statistics_shared_causes(b, n_b, 'b', &in_b);
	if (in_a.overflowed || in_b.overflowed)
		return (struct between_shared){ NAN, NAN };
	add_side(&in_a, mean_a, &in_b, mean_b, how, true, &variance);
	add_side(&in_b, mean_b, &in_a, mean_a, how, false, &variance);
	variance.meter += pow(statistics_unseen(a, n_a) / mean_a, 2) + pow(statistics_unseen(b, n_b) / mean_b, 2);
	return (struct between_shared){ sqrt(variance.meter), sqrt(variance.machine) };
}
