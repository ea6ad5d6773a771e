#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#include "estimate.h"
#include "statistics.h"

double statistics_t_quantile(double probability, double nu)
{
	if (!(probability > 0 && probability < 1) || !(nu > 0))
		return NAN;
	/* Beyond a million degrees of freedom t and normal agree to 1e-6, and GSL's series lose digits. */
	return nu > 1e6 ? gsl_cdf_ugaussian_Pinv(probability) : gsl_cdf_tdist_Pinv(probability, nu);
}

double statistics_t_probability(double t, double nu)
{
	if (isnan(t) || !(nu > 0))
		return NAN;
	return nu > 1e6 ? gsl_cdf_ugaussian_P(t) : gsl_cdf_tdist_P(t, nu);
}

struct sample {
	size_t n;
	double mean;
	double variance; /* of one value; NAN for n < 2 */
};

/* Two passes: no cancellation for values that differ little from their mean. */
static struct sample sample_of(const double *values, size_t n)
{
	struct sample sample = {.n = n, .mean = NAN, .variance = NAN};
	double sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++)
		sum += values[i];
	if (n > 0)
		sample.mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (values[i] - sample.mean) * (values[i] - sample.mean);
	if (n > 1)
		sample.variance = squares / (double)(n - 1);
	return sample;
}

static double mean_of(const struct joules *const *runs, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += runs[i]->value;
	return n > 0 ? sum / (double)n : NAN;
}

/* The effect of one shared cause, with all its parts, on the mean of the runs: its sensitivities add with their signs, and n does not divide them. */
static double shared_effect(const struct joules *const *runs, size_t n, const char *name, enum share share)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		for (int j = 0; j < runs[i]->budget.n; j++) {
			const struct budget_term *term = &runs[i]->budget.terms[j];
			if (term->share == share && budget_same_family(term->name, name))
				sum += term->u;
		}
	return n > 0 ? sum / (double)n : 0;
}

/* True when no earlier run, nor an earlier term of run i, has this cause: each cause is taken up once. */
static bool first_of_its_name(const struct joules *const *runs, size_t i, int j)
{
	const struct budget_term *wanted = &runs[i]->budget.terms[j];
	for (size_t a = 0; a <= i; a++)
		for (int b = 0; b < (a == i ? j : runs[a]->budget.n); b++) {
			const struct budget_term *term = &runs[a]->budget.terms[b];
			if (term->share == wanted->share && budget_same_family(term->name, wanted->name))
				return false;
		}
	return true;
}

static void add_shared(struct budget *budget, const struct joules *const *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int j = 0; j < runs[i]->budget.n; j++) {
			const struct budget_term *term = &runs[i]->budget.terms[j];
			if (term->share != SHARE_NONE && first_of_its_name(runs, i, j))
				budget_add(budget, term->name, term->type, shared_effect(runs, n, term->name, term->share),
					   term->nu, term->share);
		}
}

static double scatter_of(const struct joules *const *runs, size_t n, double mean)
{
	double squares = 0;
	for (size_t i = 0; i < n; i++)
		squares += (runs[i]->value - mean) * (runs[i]->value - mean);
	return n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
}

/* What should show in the scatter, and of which there is no other evidence than the model of the instrument. */
static bool is_to_show(const struct budget_term *term)
{
	return term->type == 'B' && term->share == SHARE_NONE;
}

static double own_variance(const struct joules *joules)
{
	double sum = 0;
	for (int i = 0; i < joules->budget.n; i++)
		if (is_to_show(&joules->budget.terms[i]))
			sum += joules->budget.terms[i].u * joules->budget.terms[i].u;
	return sum;
}

double statistics_unseen(const struct joules *const *runs, size_t n)
{
	double squares = 0, sum = 0, s = scatter_of(runs, n, mean_of(runs, n));
	if (n < 2 || isnan(s))
		return 0;
	for (size_t i = 0; i < n; i++) {
		double variance = own_variance(runs[i]);
		squares += variance / (double)n;
		sum += sqrt(variance) / (double)n;
	}
	return squares > s * s ? sum * sqrt(1 - s * s / squares) : 0;
}

/* Independent terms show themselves in the scatter of the runs (GUM 4.2.3); adding them again would count them twice. What does not
 * show itself stays. */
void statistics_mean(const struct joules *const *runs, size_t n, struct mean_energy *mean)
{
	*mean = (struct mean_energy){.n = n,
				     .mean = mean_of(runs, n),
				     .scatter = NAN,
				     .u_shared = NAN,
				     .expanded = {.u = NAN, .nu = NAN, .k = NAN, .U = NAN}};
	if (n == 0 || !isfinite(mean->mean))
		return;
	struct budget budget = {.n = 0};
	add_shared(&budget, runs, n);
	mean->u_shared = budget_expand(&budget).u;
	mean->scatter = scatter_of(runs, n, mean->mean);
	if (n == 1) {
		mean->expanded = runs[0]->expanded;
		return;
	}
	budget_add(&budget, "repetition", 'A', mean->scatter / sqrt((double)n), (double)(n - 1), SHARE_NONE);
	mean->expanded = budget_expand(&budget);
	budget_add(&budget, "unseen", 'B', statistics_unseen(runs, n), INFINITY, SHARE_NONE);
	struct expanded whole = budget_expand(&budget);
	/* By Welch-Satterthwaite a term without a scatter of its own can make U smaller, through k. */
	if (!(whole.U < mean->expanded.U))
		mean->expanded = whole;
}

void statistics_interval(const double *values, size_t n, struct interval *interval)
{
	struct sample sample = sample_of(values, n);
	double half = n > 1 ? statistics_t_quantile(0.975, (double)(n - 1)) * sqrt(sample.variance / (double)n) : NAN;
	*interval = (struct interval){.estimate = sample.mean, .low = sample.mean - half, .high = sample.mean + half};
}

void statistics_ratio(const double *a, size_t n_a, const double *b, size_t n_b, double shared_relative, struct interval *ratio)
{
	struct estimate estimate = estimate_ratio(a, n_a, b, n_b, shared_relative);
	*ratio = estimate_interval(&estimate, 0.95);
}

/* True when what an arm has under `name` is in all of its runs by that very name: one part of its cause. */
static bool is_one_part(const struct joules *const *runs, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		for (int j = 0; j < runs[i]->budget.n; j++)
			if (budget_same_family(runs[i]->budget.terms[j].name, name) && strcmp(runs[i]->budget.terms[j].name, name) != 0)
				return false;
	return true;
}

void statistics_shared_causes(const struct joules *const *runs, size_t n, char arm, struct budget *budget)
{
	*budget = (struct budget){.n = 0};
	add_shared(budget, runs, n);
	for (int i = 0; i < budget->n; i++)
		if (!is_one_part(runs, n, budget->terms[i].name))
			snprintf(budget->terms[i].name, TERM_NAME_SIZE, "parts %d of %c", i, arm);
}

static const struct budget_term *find_cause(const struct budget *budget, const struct budget_term *wanted)
{
	for (int i = 0; i < budget->n; i++)
		if (budget->terms[i].share == wanted->share && strcmp(budget->terms[i].name, wanted->name) == 0)
			return &budget->terms[i];
	return NULL;
}

/* d(ln A - ln B) for one cause is u_a / A - u_b / B: an offset of o watts moves it by o * (1 / P_a - 1 / P_b), a gain that both arms
 * have not at all, and one that only one of them has (another range, a certificate) by all of it. */
double statistics_shared_ratio(const struct joules *const *a, size_t n_a, const struct joules *const *b, size_t n_b)
{
	struct budget in_a, in_b;
	double mean_a = mean_of(a, n_a), mean_b = mean_of(b, n_b);
	double unseen = hypot(statistics_unseen(a, n_a) / mean_a, statistics_unseen(b, n_b) / mean_b), variance = unseen * unseen;
	statistics_shared_causes(a, n_a, 'a', &in_a);
	statistics_shared_causes(b, n_b, 'b', &in_b);
	for (int i = 0; i < in_a.n; i++) {
		const struct budget_term *term = &in_a.terms[i], *other = find_cause(&in_b, term);
		double d = term->u / mean_a - (other ? other->u / mean_b : 0);
		variance += term->share == SHARE_BESIDE ? 0 : d * d;
	}
	for (int i = 0; i < in_b.n; i++) {
		const struct budget_term *term = &in_b.terms[i];
		double d = term->u / mean_b;
		variance += term->share == SHARE_BESIDE || find_cause(&in_a, term) ? 0 : d * d;
	}
	return in_a.overflowed || in_b.overflowed ? NAN : sqrt(variance);
}

/* ---- lines ---- */

double statistics_chi_square_quantile(double probability, double nu)
{
	return probability > 0 && probability < 1 && nu > 0 ? gsl_cdf_chisq_Pinv(probability, nu) : NAN;
}

int statistics_least_squares(const double *rows, size_t n, size_t p, const double *y, double *coefficient, double *covariance)
{
	double own[16];
	if (n <= p || p * p > sizeof own / sizeof *own)
		return -1;
	gsl_matrix_const_view x = gsl_matrix_const_view_array(rows, n, p);
	gsl_vector_const_view values = gsl_vector_const_view_array(y, n);
	gsl_vector_view c = gsl_vector_view_array(coefficient, p);
	gsl_matrix_view v = gsl_matrix_view_array(covariance ? covariance : own, p, p);
	gsl_multifit_linear_workspace *workspace = gsl_multifit_linear_alloc(n, p);
	double squares;
	size_t rank = 0;
	if (workspace == NULL)
		return -1;
	int failed = gsl_multifit_linear_tsvd(&x.matrix, &values.vector, GSL_DBL_EPSILON, &c.vector, &v.matrix, &squares, &rank, workspace);
	gsl_multifit_linear_free(workspace);
	return failed || rank < p ? -1 : 0;
}

/* Every stride-th point: at most STATISTICS_PAIRS of them. */
static size_t slopes_between(const double *x, const double *y, size_t n, size_t stride, double *slopes)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i += stride)
		for (size_t j = i + stride; j < n; j += stride)
			if (x[j] != x[i])
				slopes[count++] = (y[j] - y[i]) / (x[j] - x[i]);
	return count;
}

void statistics_theil_sen(const double *x, const double *y, size_t n, struct interval *slope)
{
	size_t stride = (n + STATISTICS_PAIRS - 1) / STATISTICS_PAIRS, points = stride > 0 ? (n + stride - 1) / stride : 0;
	*slope = (struct interval){ NAN, NAN, NAN };
	double *slopes = points > 1 ? calloc(points * (points - 1) / 2, sizeof *slopes) : NULL;
	if (slopes == NULL)
		return;
	size_t count = slopes_between(x, y, n, stride, slopes);
	gsl_sort(slopes, 1, count);
	double m = (double)points, half = gsl_cdf_ugaussian_Pinv(0.975) * sqrt(m * (m - 1) * (2 * m + 5) / 18);
	double low = round(((double)count - half) / 2), high = round(((double)count + half) / 2);
	if (count > 0)
		slope->estimate = gsl_stats_median_from_sorted_data(slopes, 1, count);
	if (low >= 1 && high < (double)count) {
		slope->low = slopes[(size_t)low - 1];
		slope->high = slopes[(size_t)high];
	}
	free(slopes);
}
