#include "crosscheck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate.h"

#define COEFFICIENTS 3
#define CONFIDENCE 0.975 /* one-sided, of two-sided intervals at 95 % */
#define CURVATURE_CONFIDENCE 0.995
#define ALL CROSSCHECK_CLASSES_MAX /* no class is left out */

static const char *const verdict_names[] = {
	[CROSSCHECK_AGREE] = "AGREE", [CROSSCHECK_WALL_ONLY] = "WALL-ONLY", [CROSSCHECK_RAPL_ONLY] = "RAPL-ONLY",
	[CROSSCHECK_SIGN_CONFLICT] = "SIGN-CONFLICT", [CROSSCHECK_RAPL_INVALID] = "RAPL-INVALID", [CROSSCHECK_UNDECIDED] = "UNDECIDED",
};

const char *crosscheck_verdict_name(enum crosscheck_verdict verdict)
{
	return verdict < CROSSCHECK_VERDICTS ? verdict_names[verdict] : "?";
}

/* The points in power, and room for the fits. */
struct cloud {
	size_t n;
	double *e, *w;         /* W */
	double *u_e, *u_w;     /* W */
	unsigned *class;
	double *rows, *left;   /* of a fit: n x COEFFICIENTS, n */
};

static bool cloud_make(const struct crosscheck_point *points, size_t n, struct cloud *cloud)
{
	double *numbers = calloc(n, (5 + COEFFICIENTS) * sizeof *numbers);
	*cloud = (struct cloud){ .n = n, .e = numbers, .class = calloc(n, sizeof *cloud->class) };
	if (numbers == NULL || cloud->class == NULL) {
		free(numbers);
		free(cloud->class);
		return false;
	}
	cloud->w = numbers + n;
	cloud->u_e = numbers + 2 * n;
	cloud->u_w = numbers + 3 * n;
	cloud->left = numbers + 4 * n;
	cloud->rows = numbers + 5 * n;
	for (size_t i = 0; i < n; i++) {
		cloud->e[i] = points[i].rapl / points[i].time;
		cloud->w[i] = points[i].wall / points[i].time;
		cloud->u_e[i] = points[i].u_rapl / points[i].time;
		cloud->u_w[i] = points[i].u_wall / points[i].time;
		cloud->class[i] = points[i].class;
	}
	return true;
}

static void cloud_free(struct cloud *cloud)
{
	free(cloud->e);
	free(cloud->class);
}

/* ---- one fit ---- */

/* Least squares of w on 1, e (and e^2), without one class. `covariance` may be NULL. */
static int fit(struct cloud *cloud, unsigned without, size_t terms, double coefficient[COEFFICIENTS], double covariance[COEFFICIENTS * COEFFICIENTS])
{
	size_t n = 0;
	for (size_t i = 0; i < cloud->n; i++) {
		if (cloud->class[i] == without)
			continue;
		for (size_t j = 0; j < terms; j++)
			cloud->rows[n * terms + j] = pow(cloud->e[i], (double)j);
		cloud->left[n++] = cloud->w[i];
	}
	coefficient[2] = 0;
	return n > terms ? statistics_least_squares(cloud->rows, n, terms, cloud->left, coefficient, covariance) : -1;
}

static double predict(const double c[COEFFICIENTS], double e)
{
	return c[0] + c[1] * e + c[2] * e * e;
}

/* ---- what a fit is worth ---- */

static struct interval around(double estimate, double u, double nu, double confidence)
{
	double half = statistics_t_quantile(confidence, nu) * u;
	return (struct interval){ .estimate = estimate, .low = estimate - half, .high = estimate + half };
}

/* Fits without each class in turn. False if one of them fails: too little is left. */
static bool jackknife(struct cloud *cloud, size_t terms, struct crosscheck *check)
{
	for (unsigned class = 0; class < CROSSCHECK_CLASSES_MAX; class++)
		if (check->classes[class].n > 0 && fit(cloud, class, terms, check->jackknife[class], NULL) != 0)
			return false;
	return true;
}

/* The standard uncertainty of a figure that has `whole` for all classes, and parts[] without each. */
static double jackknife_u(const struct crosscheck *check, double whole, const double parts[CROSSCHECK_CLASSES_MAX])
{
	double sum = 0, classes = (double)check->n_classes;
	for (unsigned class = 0; class < CROSSCHECK_CLASSES_MAX; class++)
		if (check->classes[class].n > 0)
			sum += (parts[class] - whole) * (parts[class] - whole);
	return sqrt((classes - 1) / classes * sum);
}

static struct interval coefficient_interval(const struct crosscheck *check, const double whole[COEFFICIENTS], const double *covariance,
					    size_t terms, size_t index, double confidence)
{
	double parts[CROSSCHECK_CLASSES_MAX] = { 0 };
	if (!check->clustered)
		return around(whole[index], sqrt(covariance[index * terms + index]), (double)(check->n - terms), confidence);
	for (unsigned class = 0; class < CROSSCHECK_CLASSES_MAX; class++)
		parts[class] = check->jackknife[class][index];
	return around(whole[index], jackknife_u(check, whole[index], parts), (double)check->n_classes - 1, confidence);
}

/* Fits the model with so many terms; false if it cannot be. */
static bool fit_model(struct cloud *cloud, size_t terms, double confidence, struct crosscheck *check)
{
	double whole[COEFFICIENTS], covariance[COEFFICIENTS * COEFFICIENTS];
	struct interval *const intervals[COEFFICIENTS] = { &check->A, &check->B, &check->C };
	if (fit(cloud, ALL, terms, whole, covariance) != 0)
		return false;
	check->clustered = check->n_classes >= CROSSCHECK_CLASSES && jackknife(cloud, terms, check);
	for (size_t j = 0; j < COEFFICIENTS; j++)
		*intervals[j] = j < terms ? coefficient_interval(check, whole, covariance, terms, j, confidence) : (struct interval){ 0, 0, 0 };
	return true;
}

/* Over all of the points: a machine that draws more at the wall for less in the processor is none. A parabola is steepest at its ends. */
static bool increases(const struct cloud *cloud, const struct crosscheck *check)
{
	for (size_t i = 0; i < cloud->n; i++)
		if (!(check->B.estimate + 2 * check->C.estimate * cloud->e[i] > 0))
			return false;
	return true;
}

static bool demands_curvature(struct cloud *cloud, struct crosscheck *check)
{
	return cloud->n > 2 * COEFFICIENTS && fit_model(cloud, 3, CURVATURE_CONFIDENCE, check) && (check->C.low > 0 || check->C.high < 0) &&
	       increases(cloud, check);
}

/* ---- residuals ---- */

static const double *model(const struct crosscheck *check, double c[COEFFICIENTS])
{
	c[0] = check->A.estimate;
	c[1] = check->B.estimate;
	c[2] = check->C.estimate;
	return c;
}

static double relative_residual(const struct cloud *cloud, size_t i, const double c[COEFFICIENTS])
{
	return (cloud->w[i] - predict(c, cloud->e[i])) / cloud->w[i];
}

static void judge_class(struct cloud *cloud, unsigned class, struct crosscheck *check)
{
	double c[COEFFICIENTS], sum = 0;
	size_t n = 0;
	model(check, c);
	for (size_t i = 0; i < cloud->n; i++)
		if (cloud->class[i] == class)
			cloud->left[n++] = relative_residual(cloud, i, c);
	statistics_interval(cloud->left, n, &check->classes[class].residual);
	for (size_t i = 0; check->clustered && i < cloud->n; i++)
		if (cloud->class[i] == class)
			sum += fabs(relative_residual(cloud, i, check->jackknife[class]));
	check->classes[class].left_out = check->clustered ? sum / (double)n : NAN;
}

static void judge_fit(struct cloud *cloud, struct crosscheck *check)
{
	double c[COEFFICIENTS], squares = 0, spread = 0, relative = 0, left_out = 0, mean = 0;
	model(check, c);
	for (size_t i = 0; i < cloud->n; i++)
		mean += cloud->w[i] / (double)cloud->n;
	for (size_t i = 0; i < cloud->n; i++) {
		double residual = cloud->w[i] - predict(c, cloud->e[i]);
		squares += residual * residual;
		spread += (cloud->w[i] - mean) * (cloud->w[i] - mean);
		relative += fabs(residual) / cloud->w[i];
	}
	check->r_squared = spread > 0 ? 1 - squares / spread : NAN;
	check->rms = sqrt(squares / (double)cloud->n);
	check->error = relative / (double)cloud->n;
	for (unsigned class = 0; class < CROSSCHECK_CLASSES_MAX; class++) {
		if (check->classes[class].n == 0)
			continue;
		judge_class(cloud, class, check);
		left_out += check->classes[class].left_out * (double)check->classes[class].n;
	}
	check->left_out = left_out / (double)cloud->n;
}

static void bland_altman(struct cloud *cloud, struct crosscheck *check)
{
	double c[COEFFICIENTS], line[COEFFICIENTS], covariance[COEFFICIENTS * COEFFICIENTS], sum = 0, squares = 0, n = (double)cloud->n;
	model(check, c);
	for (size_t i = 0; i < cloud->n; i++) {
		double fitted = predict(c, cloud->e[i]);
		cloud->left[i] = cloud->w[i] - fitted;
		cloud->rows[2 * i] = 1;
		cloud->rows[2 * i + 1] = (cloud->w[i] + fitted) / 2;
		sum += cloud->left[i];
	}
	check->bias = sum / n;
	for (size_t i = 0; i < cloud->n; i++)
		squares += (cloud->left[i] - check->bias) * (cloud->left[i] - check->bias);
	check->scatter = sqrt(squares / (n - 1));
	double u_limit = check->scatter * sqrt(3 / n);
	check->lower = around(check->bias - 1.96 * check->scatter, u_limit, n - 1, CONFIDENCE);
	check->upper = around(check->bias + 1.96 * check->scatter, u_limit, n - 1, CONFIDENCE);
	check->trend = (struct interval){ NAN, NAN, NAN };
	if (statistics_least_squares(cloud->rows, cloud->n, 2, cloud->left, line, covariance) == 0)
		check->trend = around(line[1], sqrt(covariance[3]), n - 2, CONFIDENCE);
}

/* ---- other slopes ---- */

struct moments {
	double ee, ww, ew; /* sums of squares about the means */
};

static struct moments moments_of(const struct cloud *cloud)
{
	struct moments m = { 0 };
	double e = 0, w = 0;
	for (size_t i = 0; i < cloud->n; i++) {
		e += cloud->e[i] / (double)cloud->n;
		w += cloud->w[i] / (double)cloud->n;
	}
	for (size_t i = 0; i < cloud->n; i++) {
		m.ee += (cloud->e[i] - e) * (cloud->e[i] - e);
		m.ww += (cloud->w[i] - w) * (cloud->w[i] - w);
		m.ew += (cloud->e[i] - e) * (cloud->w[i] - w);
	}
	return m;
}

static double mean_square(const double *values, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += values[i] * values[i];
	return sum / (double)n;
}

/* Scatter about a line, in units of what the uncertainties explain. */
static double reduced_chi_square(const struct cloud *cloud, const struct moments *m, double slope, double v_w, double v_e)
{
	double squares = m->ww - 2 * slope * m->ew + slope * slope * m->ee;
	return squares / (v_w + slope * slope * v_e) / (double)(cloud->n - 2);
}

static void deming(const struct cloud *cloud, const struct moments *m, struct crosscheck *check)
{
	double v_w = mean_square(cloud->u_w, cloud->n), v_e = mean_square(cloud->u_e, cloud->n), nu = (double)cloud->n - 2;
	check->deming = check->chi_square = NAN;
	check->no_deming = "no uncertainty is stated for both";
	if (!(v_w > 0) || !(v_e > 0))
		return;
	double ratio = v_w / v_e, excess = m->ww - ratio * m->ee;
	double slope = (excess + sqrt(excess * excess + 4 * ratio * m->ew * m->ew)) / (2 * m->ew);
	check->chi_square = reduced_chi_square(cloud, m, slope, v_w, v_e);
	check->no_deming = "the points scatter otherwise than the stated uncertainties explain: equation error, not noise";
	if (check->chi_square < statistics_chi_square_quantile(1 - CONFIDENCE, nu) / nu ||
	    check->chi_square > statistics_chi_square_quantile(CONFIDENCE, nu) / nu)
		return;
	check->no_deming = NULL;
	check->deming = slope;
}

static void other_slopes(struct cloud *cloud, struct crosscheck *check)
{
	struct moments m = moments_of(cloud);
	check->slope = m.ew / m.ee;
	check->slope_inverse = m.ww / m.ew;
	statistics_theil_sen(cloud->e, cloud->w, cloud->n, &check->theil_sen);
	deming(cloud, &m, check);
}

/* ---- all of it ---- */

static void count(const struct crosscheck_point *points, size_t n, struct crosscheck *check)
{
	check->least_share = INFINITY;
	check->most_share = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		double share = points[i].rapl / points[i].wall;
		check->impossible += share > CROSSCHECK_IMPOSSIBLE;
		check->least_share = fmin(check->least_share, share);
		check->most_share = fmax(check->most_share, share);
		check->n_classes += check->classes[points[i].class].n++ == 0;
	}
}

static const char *unfit(const struct cloud *cloud, const struct crosscheck *check)
{
	double least = INFINITY, most = 0;
	for (size_t i = 0; i < cloud->n; i++) {
		least = fmin(least, cloud->e[i]);
		most = fmax(most, cloud->e[i]);
	}
	if (check->impossible > 0)
		return "RAPL says more than the wall can have delivered";
	if (most < CROSSCHECK_SPREAD * least)
		return "all points are of about one power: no line can be told from them";
	return NULL;
}

static void fit_all(struct cloud *cloud, struct crosscheck *check)
{
	check->refused = unfit(cloud, check);
	if (check->refused)
		return;
	check->curved = demands_curvature(cloud, check);
	if (!fit_model(cloud, check->curved ? 3 : 2, CONFIDENCE, check)) {
		check->refused = "no line can be fitted";
		return;
	}
	judge_fit(cloud, check);
	bland_altman(cloud, check);
	other_slopes(cloud, check);
}

void crosscheck_fit(const struct crosscheck_point *points, size_t n, struct crosscheck *check)
{
	struct cloud cloud;
	memset(check, 0, sizeof *check);
	check->n = n;
	count(points, n, check);
	check->refused = "fewer points than a fit needs";
	if (n < CROSSCHECK_POINTS)
		return;
	check->refused = "no memory";
	if (!cloud_make(points, n, &cloud))
		return;
	fit_all(&cloud, check);
	cloud_free(&cloud);
}

double crosscheck_predict(const struct crosscheck *check, double rapl, double time)
{
	double c[COEFFICIENTS];
	return time * predict(model(check, c), rapl / time);
}

/* ---- conclusions ---- */

/* Mean of the logarithms of what a fit predicts for the runs of an arm. */
static double log_predicted(const double c[COEFFICIENTS], const struct crosscheck_point *points, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += log(points[i].time * predict(c, points[i].rapl / points[i].time));
	return sum / (double)n;
}

/* What a fit without one of the classes does to a predicted ratio: nothing on average, by a scatter that is known as well as there are
 * classes left. What both arms have in common has gone. The jackknife is over all of them; without one a fit is less certain. */
static struct estimate fit_uncertainty(const struct crosscheck *check, const struct crosscheck_point *a, size_t n_a, const struct crosscheck_point *b,
				       size_t n_b)
{
	double classes = (double)check->n_classes;
	double c[COEFFICIENTS], parts[CROSSCHECK_CLASSES_MAX] = { 0 };
	double whole = log_predicted(model(check, c), a, n_a) - log_predicted(c, b, n_b);
	for (unsigned class = 0; class < CROSSCHECK_CLASSES_MAX; class++)
		if (check->classes[class].n > 0)
			parts[class] = log_predicted(check->jackknife[class], a, n_a) - log_predicted(check->jackknife[class], b, n_b);
	return (struct estimate){ .scatter = jackknife_u(check, whole, parts) * sqrt(classes / (classes - 1)), .nu = classes - 2 };
}

enum figure { WALL, PREDICTED, RAPL };

/* `c`: the fit that is asked, for PREDICTED. */
static struct estimate ratio_of(const double c[COEFFICIENTS], enum figure figure, const struct crosscheck_point *a, size_t n_a,
				const struct crosscheck_point *b, size_t n_b, double shared)
{
	struct estimate ratio = { NAN, NAN, NAN, NAN };
	double *values = calloc(n_a + n_b, sizeof *values);
	if (values == NULL)
		return ratio;
	for (size_t i = 0; i < n_a + n_b; i++) {
		const struct crosscheck_point *p = i < n_a ? &a[i] : &b[i - n_a];
		values[i] = figure == WALL ? p->wall : figure == RAPL ? p->rapl : p->time * predict(c, p->rapl / p->time);
	}
	ratio = estimate_ratio(values, n_a, values + n_a, n_b, shared);
	free(values);
	return ratio;
}

static int side(const struct interval *ratio)
{
	return ratio->low > 1 ? 1 : ratio->high < 1 ? -1 : 0;
}

static bool impossible(const struct crosscheck_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (points[i].rapl > CROSSCHECK_IMPOSSIBLE * points[i].wall)
			return true;
	return false;
}

static enum crosscheck_verdict verdict_of(int wall, int rapl)
{
	if (wall == rapl)
		return CROSSCHECK_AGREE;
	if (wall == 0)
		return CROSSCHECK_RAPL_ONLY;
	return rapl == 0 ? CROSSCHECK_WALL_ONLY : CROSSCHECK_SIGN_CONFLICT;
}

/* A fit that rests on the very runs that it is to judge follows them wherever they go: the one without their class is asked. */
static const double *independent_fit(const struct crosscheck *check, const struct crosscheck_point *points)
{
	const double *without = check->jackknife[points[0].class];
	return check->clustered && without[1] > 0 ? without : NULL;
}

void crosscheck_conclude(const struct crosscheck *check, const struct crosscheck_point *a, size_t n_a, const struct crosscheck_point *b,
			 size_t n_b, double shared_wall, struct crosscheck_conclusion *conclusion)
{
	const double *c = check->refused ? NULL : independent_fit(check, a);
	struct estimate wall = ratio_of(NULL, WALL, a, n_a, b, n_b, shared_wall);
	*conclusion = (struct crosscheck_conclusion){ .wall = estimate_interval(&wall, 2 * CONFIDENCE - 1), .rapl = { NAN, NAN, NAN } };
	conclusion->rapl_alone = exp(ratio_of(NULL, RAPL, a, n_a, b, n_b, 0).value);
	conclusion->verdict = CROSSCHECK_RAPL_INVALID;
	if (check->refused ? check->impossible > 0 : check->B.estimate <= 0 || impossible(a, n_a) || impossible(b, n_b))
		return;
	conclusion->verdict = CROSSCHECK_UNDECIDED;
	if (c == NULL)
		return;
	struct estimate predicted = ratio_of(c, PREDICTED, a, n_a, b, n_b, 0), by_fit = fit_uncertainty(check, a, n_a, b, n_b);
	predicted = estimate_over(&predicted, &by_fit);
	conclusion->rapl = estimate_interval(&predicted, 2 * CONFIDENCE - 1);
	if (!isfinite(conclusion->wall.low) || !isfinite(conclusion->rapl.low))
		return;
	conclusion->verdict = verdict_of(side(&conclusion->wall), side(&conclusion->rapl));
	bool apart = conclusion->wall.low > conclusion->rapl.high || conclusion->wall.high < conclusion->rapl.low;
	conclusion->size_differs = conclusion->verdict == CROSSCHECK_AGREE && apart;
}
