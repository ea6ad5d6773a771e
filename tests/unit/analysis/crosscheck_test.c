#include "crosscheck.h"
#include "planted.h"
#include "unit.h"

/* Six classes of four runs, each class off the line by its own few watts. What is expected of them was computed with scipy 1.10
 * (stats.linregress, stats.theilslopes, stats.t, numpy.linalg.lstsq; the jackknife about the whole fit by hand). */
static const struct crosscheck_point vector[] = {
	{ .wall = 3566.19, .rapl = 2337.85, .time = 15.93, .u_wall = NAN, .u_rapl = NAN, .class = 0 },
	{ .wall = 1181.67, .rapl = 586.04, .time = 9.90, .u_wall = NAN, .u_rapl = NAN, .class = 0 },
	{ .wall = 2936.14, .rapl = 1745.14, .time = 17.45, .u_wall = NAN, .u_rapl = NAN, .class = 0 },
	{ .wall = 1339.34, .rapl = 532.10, .time = 14.55, .u_wall = NAN, .u_rapl = NAN, .class = 0 },
	{ .wall = 405.26, .rapl = 196.63, .time = 3.70, .u_wall = NAN, .u_rapl = NAN, .class = 1 },
	{ .wall = 4021.35, .rapl = 2590.87, .time = 19.56, .u_wall = NAN, .u_rapl = NAN, .class = 1 },
	{ .wall = 3383.64, .rapl = 2224.91, .time = 15.70, .u_wall = NAN, .u_rapl = NAN, .class = 1 },
	{ .wall = 4142.96, .rapl = 2828.29, .time = 16.15, .u_wall = NAN, .u_rapl = NAN, .class = 1 },
	{ .wall = 609.96, .rapl = 339.95, .time = 4.31, .u_wall = NAN, .u_rapl = NAN, .class = 2 },
	{ .wall = 1518.83, .rapl = 865.10, .time = 10.11, .u_wall = NAN, .u_rapl = NAN, .class = 2 },
	{ .wall = 1459.31, .rapl = 870.76, .time = 8.67, .u_wall = NAN, .u_rapl = NAN, .class = 2 },
	{ .wall = 2206.36, .rapl = 1091.30, .time = 18.68, .u_wall = NAN, .u_rapl = NAN, .class = 2 },
	{ .wall = 1427.11, .rapl = 672.54, .time = 13.59, .u_wall = NAN, .u_rapl = NAN, .class = 3 },
	{ .wall = 2812.21, .rapl = 1703.79, .time = 16.81, .u_wall = NAN, .u_rapl = NAN, .class = 3 },
	{ .wall = 1216.96, .rapl = 639.08, .time = 9.98, .u_wall = NAN, .u_rapl = NAN, .class = 3 },
	{ .wall = 1227.78, .rapl = 794.58, .time = 6.09, .u_wall = NAN, .u_rapl = NAN, .class = 3 },
	{ .wall = 1932.05, .rapl = 1144.96, .time = 11.98, .u_wall = NAN, .u_rapl = NAN, .class = 4 },
	{ .wall = 730.62, .rapl = 487.94, .time = 3.15, .u_wall = NAN, .u_rapl = NAN, .class = 4 },
	{ .wall = 3507.87, .rapl = 2282.17, .time = 16.90, .u_wall = NAN, .u_rapl = NAN, .class = 4 },
	{ .wall = 1842.60, .rapl = 1027.55, .time = 13.37, .u_wall = NAN, .u_rapl = NAN, .class = 4 },
	{ .wall = 3644.45, .rapl = 2423.23, .time = 15.65, .u_wall = NAN, .u_rapl = NAN, .class = 5 },
	{ .wall = 1915.93, .rapl = 1262.99, .time = 8.38, .u_wall = NAN, .u_rapl = NAN, .class = 5 },
	{ .wall = 2985.58, .rapl = 1715.73, .time = 19.47, .u_wall = NAN, .u_rapl = NAN, .class = 5 },
	{ .wall = 2454.71, .rapl = 1324.35, .time = 18.08, .u_wall = NAN, .u_rapl = NAN, .class = 5 },
};

#define POINTS (sizeof vector / sizeof *vector)

static void fit_agrees_with_scipy(void **state)
{
	(void)state;
	struct crosscheck check;
	crosscheck_fit(vector, POINTS, &check);
	assert_null(check.refused);
	assert_true(check.clustered && !check.curved && check.n_classes == 6 && check.impossible == 0);
	assert_near(check.A.estimate, 47.25021578631703, 1e-9);
	assert_near(check.A.low, 44.94082276501361, 1e-8);
	assert_near(check.A.high, 49.55960880762045, 1e-8);
	assert_near(check.B.estimate, 1.1952714981717005, 1e-11);
	assert_near(check.B.low, 1.181640737734504, 1e-10);
	assert_near(check.B.high, 1.208902258608897, 1e-10);
	assert_near(check.r_squared, 0.9994751192000646, 1e-12);
	assert_near(check.rms, 1.0729140412312435, 1e-10);
	assert_near(check.error, 0.006431271470180131, 1e-12);
	assert_near(check.left_out, 0.00801553563199545, 1e-12);
	assert_near(check.slope, 1.1952714981717005, 1e-11);
	assert_near(check.slope_inverse, 1.1958992027018567, 1e-11);
	assert_near(check.theil_sen.estimate, 1.1959875426167867, 1e-11);
	assert_near(check.theil_sen.low, 1.1828373676576223, 1e-11);
	assert_near(check.theil_sen.high, 1.20802191408269, 1e-11);
	assert_near(crosscheck_predict(&check, 1000, 10), 472.5021578631703 + 1195.2714981717005, 1e-8);
}

static void classes_and_limits_agree_with_scipy(void **state)
{
	(void)state;
	static const double residual[6][3] = {
		{ 0.00932589901722141, 0.004604863764060118, 0.014046934270382703 },
		{ -0.0041514424791839494, -0.012692035002285591, 0.004389150043917692 },
		{ 0.004867206378270878, -0.0009904508606158498, 0.010724863617157606 },
		{ -0.010730823754548206, -0.01729654501534532, -0.004165102493751094 },
		{ -0.00449039074783736, -0.010388174003911748, 0.0014073925082370275 },
		{ 0.00496206034875733, 0.0018253295020055358, 0.008098791195509124 },
	};
	struct crosscheck check;
	crosscheck_fit(vector, POINTS, &check);
	for (int class = 0; class < 6; class++) {
		assert_int_equal(check.classes[class].n, 4);
		assert_near(check.classes[class].residual.estimate, residual[class][0], 1e-12);
		assert_near(check.classes[class].residual.low, residual[class][1], 1e-11);
		assert_near(check.classes[class].residual.high, residual[class][2], 1e-11);
	}
	assert_near(check.bias, 0, 1e-10);
	assert_near(check.scatter, 1.095990101449029, 1e-11);
	assert_near(check.lower.estimate, -2.1481405988401376, 1e-10);
	assert_near(check.lower.estimate - check.lower.low, 0.8015862400944557, 1e-10);
	assert_near(check.upper.estimate, 2.1481405988401376, 1e-10);
	assert_near(check.trend.estimate, 0.00026254375309915553, 1e-10);
	assert_near(check.trend.high - check.trend.estimate, 0.01013113649521919, 1e-10);
}

/* Two classes only: the scatter of single runs is all there is. */
static void few_classes_have_the_intervals_of_least_squares(void **state)
{
	(void)state;
	struct crosscheck check;
	crosscheck_fit(vector, 8, &check);
	assert_null(check.refused);
	assert_false(check.clustered);
	assert_near(check.A.estimate, 48.02450792868468, 1e-9);
	assert_near(check.A.high - check.A.estimate, 2.4525539528365026, 1e-7);
	assert_near(check.B.estimate, 1.1911744871317471, 1e-11);
	assert_near(check.B.high - check.B.estimate, 0.021157030925219793, 1e-9);
	assert_true(isnan(check.left_out));
}

/* In W per point; scipy.odr gives slope and residual variance (which is the reduced chi-square). */
static void deming_only_where_noise_explains_the_scatter(void **state)
{
	(void)state;
	struct crosscheck_point points[POINTS];
	struct crosscheck check;
	memcpy(points, vector, sizeof points);
	crosscheck_fit(points, POINTS, &check);
	assert_string_equal(check.no_deming, "no uncertainty is stated for both");
	for (size_t i = 0; i < POINTS; i++) {
		points[i].u_rapl = 0.8 * points[i].time;
		points[i].u_wall = 1.3 * points[i].time;
	}
	crosscheck_fit(points, POINTS, &check); /* 0.482 is below 0.499: the scatter is less than stated */
	assert_near(check.chi_square, 0.482159505418244, 1e-6);
	assert_non_null(check.no_deming);
	assert_true(isnan(check.deming));
	for (size_t i = 0; i < POINTS; i++) {
		points[i].u_rapl = 0.6 * points[i].time;
		points[i].u_wall = 0.6 * 1.625 * points[i].time;
	}
	crosscheck_fit(points, POINTS, &check);
	assert_null(check.no_deming);
	assert_near(check.chi_square, 0.482159505418244 * 0.64 / 0.36, 1e-6);
	assert_near(check.deming, 1.1954919, 1e-6);
	for (size_t i = 0; i < POINTS; i++)
		points[i].u_rapl = points[i].u_wall = 0.1 * points[i].time;
	crosscheck_fit(points, POINTS, &check); /* equation error */
	assert_near(check.chi_square, 0.05744176403373799 * 900, 1e-3);
	assert_non_null(check.no_deming);
}

static void what_cannot_be_is_not_fitted(void **state)
{
	(void)state;
	struct crosscheck_point points[POINTS];
	struct crosscheck check;
	memcpy(points, vector, sizeof points);
	points[3].rapl = points[3].wall * 0.98;
	crosscheck_fit(points, POINTS, &check);
	assert_non_null(check.refused);
	assert_int_equal(check.impossible, 1);
	assert_near(check.most_share, 0.98, 1e-12);
	struct crosscheck_conclusion conclusion;
	crosscheck_conclude(&check, vector, 4, vector + 4, 4, 0, &conclusion);
	assert_int_equal(conclusion.verdict, CROSSCHECK_RAPL_INVALID);
	assert_false(isnan(conclusion.wall.low)); /* which stands */

	crosscheck_fit(vector, CROSSCHECK_POINTS - 1, &check);
	assert_non_null(check.refused);
	crosscheck_fit(vector, 0, &check);
	assert_non_null(check.refused);
	for (size_t i = 0; i < POINTS; i++)
		points[i] = (struct crosscheck_point){ .wall = 100 + (double)i * 0.1, .rapl = 60 + (double)i * 0.3, .time = 1 };
	crosscheck_fit(points, POINTS, &check);
	assert_non_null(check.refused); /* of one power */
}

/* ---- what the intervals are worth ---- */

struct plant {
	unsigned classes, runs; /* of each */
	double A, B, C, class_sd, sd; /* W, 1, 1/W, W, W */
};

static void plant(const struct plant *p, struct dice *dice, struct crosscheck_point *points)
{
	for (unsigned class = 0; class < p->classes; class++) {
		double effect = p->class_sd * dice_normal(dice);
		for (unsigned run = 0; run < p->runs; run++) {
			double e = dice_between(dice, 40, 250), t = dice_between(dice, 2, 30);
			double w = p->A + p->B * e + p->C * e * e + effect + p->sd * dice_normal(dice);
			points[class * p->runs + run] = (struct crosscheck_point){ .wall = w * t, .rapl = e * t, .time = t,
				.u_wall = NAN, .u_rapl = NAN, .class = class };
		}
	}
}

#define TRIALS 2000

static void coverage(const struct plant *p, double least, double most)
{
	static struct crosscheck_point points[1024];
	struct dice dice = { .state = 11 };
	unsigned a = 0, b = 0, c = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct crosscheck check;
		plant(p, &dice, points);
		crosscheck_fit(points, (size_t)p->classes * p->runs, &check);
		assert_null(check.refused);
		a += check.A.low <= p->A && p->A <= check.A.high;
		b += check.B.low <= p->B && p->B <= check.B.high;
		c += check.curved;
	}
	print_message("%u classes x %u, %g W between, %g W within: A %.4f, B %.4f, curved %.4f\n", p->classes, p->runs, p->class_sd, p->sd,
		      a / (double)TRIALS, b / (double)TRIALS, c / (double)TRIALS);
	assert_in_range(a, (unsigned)(least * TRIALS), (unsigned)(most * TRIALS));
	assert_in_range(b, (unsigned)(least * TRIALS), (unsigned)(most * TRIALS));
}

/* Of few classes with many runs each the interval of B is on the safe side (10 x 15: 0.975, 6 x 8: 0.98). */
static void intervals_hold_what_was_planted(void **state)
{
	(void)state;
	coverage(&(struct plant){ .classes = 1, .runs = 40, .A = 53, .B = 1.14, .sd = 2 }, 0.93, 0.97);
	coverage(&(struct plant){ .classes = 13, .runs = 6, .A = 53, .B = 1.14, .sd = 2 }, 0.93, 0.97);
	coverage(&(struct plant){ .classes = 13, .runs = 10, .A = 53, .B = 1.14, .class_sd = 6, .sd = 1 }, 0.93, 0.97);
	coverage(&(struct plant){ .classes = 20, .runs = 6, .A = 53, .B = 1.14, .class_sd = 6, .sd = 1 }, 0.93, 0.97);
}

static void curvature_is_found_where_it_is(void **state)
{
	(void)state;
	static struct crosscheck_point points[1024];
	struct plant p = { .classes = 13, .runs = 10, .A = 20, .B = 1.1, .C = 4e-4, .class_sd = 1, .sd = 0.5 };
	struct dice dice = { .state = 5 };
	unsigned found = 0, held = 0;
	for (int trial = 0; trial < 200; trial++) {
		struct crosscheck check;
		plant(&p, &dice, points);
		crosscheck_fit(points, 130, &check);
		found += check.curved;
		held += check.curved && check.C.low <= p.C && p.C <= check.C.high;
	}
	print_message("curvature found in %u of 200, within its interval in %u\n", found, held);
	assert_true(found > 195);
	assert_true(held > 180);
}

/* Three workloads of a small rehearsal, their points close about 60, 80 and 200 W: their own effects make a parabola that falls at first. */
static void a_curve_that_falls_is_none(void **state)
{
	(void)state;
	static const double powers[3] = { 60, 80, 200 }, effects[3] = { 6, -22, 0 };
	struct crosscheck_point points[12];
	struct crosscheck check;
	struct dice dice = { .state = 7 };
	for (unsigned i = 0; i < 12; i++) {
		double e = powers[i / 4] + dice_between(&dice, -2, 2), w = 50 + 1.2 * e + effects[i / 4] + 0.2 * dice_normal(&dice);
		points[i] = (struct crosscheck_point){ .wall = 10 * w, .rapl = 10 * e, .time = 10, .u_wall = NAN, .u_rapl = NAN, .class = i / 4 };
	}
	crosscheck_fit(points, 12, &check);
	assert_null(check.refused);
	assert_false(check.curved);
	assert_near(check.C.estimate, 0, 0);
	assert_true(check.B.estimate > 0.9);
}

/* ---- conclusions ---- */

/* `n` runs of about that, 0.5 % of scatter. */
static void runs_of(struct crosscheck_point *points, size_t n, double wall, double rapl, double time, struct dice *dice)
{
	for (size_t i = 0; i < n; i++)
		points[i] = (struct crosscheck_point){ .wall = wall * (1 + 0.005 * dice_normal(dice)), .rapl = rapl * (1 + 0.005 * dice_normal(dice)),
			.time = time * (1 + 0.002 * dice_normal(dice)) };
}

/* Eight seconds against two: RAPL's own ratio is 0.4, the wall's 0.33; what counts is what the fit makes of both arms. */
static void the_finite_ratio_is_no_conflict(void **state)
{
	(void)state;
	struct crosscheck check;
	struct crosscheck_conclusion conclusion;
	struct crosscheck_point a[6], b[6];
	struct dice dice = { .state = 3 };
	crosscheck_fit(vector, POINTS, &check);
	runs_of(a, 6, crosscheck_predict(&check, 160, 2), 160, 2, &dice);
	runs_of(b, 6, crosscheck_predict(&check, 400, 8), 400, 8, &dice);
	crosscheck_conclude(&check, a, 6, b, 6, 0, &conclusion);
	assert_int_equal(conclusion.verdict, CROSSCHECK_AGREE);
	assert_false(conclusion.size_differs);
	assert_near(conclusion.rapl_alone, 0.4, 0.01);
	assert_near(conclusion.wall.estimate, crosscheck_predict(&check, 160, 2) / crosscheck_predict(&check, 400, 8), 0.01);
	assert_near(conclusion.rapl.estimate, conclusion.wall.estimate, 0.01);
}

static enum crosscheck_verdict verdict(const struct crosscheck *check, double wall_ratio, double rapl_ratio, size_t n)
{
	struct crosscheck_conclusion conclusion;
	struct crosscheck_point a[8], b[8];
	struct dice dice = { .state = 9 };
	runs_of(a, n, 1200 * wall_ratio, 700 * rapl_ratio, 10, &dice);
	runs_of(b, n, 1200, 700, 10, &dice);
	crosscheck_conclude(check, a, n, b, n, 0, &conclusion);
	return conclusion.verdict;
}

static bool size_differs(const struct crosscheck *check, double wall_ratio, double rapl_ratio)
{
	struct crosscheck_conclusion conclusion;
	struct crosscheck_point a[8], b[8];
	struct dice dice = { .state = 9 };
	runs_of(a, 8, 1200 * wall_ratio, 700 * rapl_ratio, 10, &dice);
	runs_of(b, 8, 1200, 700, 10, &dice);
	crosscheck_conclude(check, a, 8, b, 8, 0, &conclusion);
	return conclusion.size_differs;
}

static void size_is_of_those_that_agree(void **state)
{
	(void)state;
	struct crosscheck check;
	crosscheck_fit(vector, POINTS, &check);
	assert_true(size_differs(&check, 1.3, 1.05));
	assert_false(size_differs(&check, 1.065, 1.1)); /* as the line has it: much of the power is none of RAPL's */
	assert_false(size_differs(&check, 1.3, 0.8)); /* a conflict */
	assert_false(size_differs(&check, 1.3, 1));
}

static void verdicts_by_what_each_sees(void **state)
{
	(void)state;
	struct crosscheck check;
	crosscheck_fit(vector, POINTS, &check);
	assert_int_equal(verdict(&check, 1.1, 1.1, 8), CROSSCHECK_AGREE);
	assert_int_equal(verdict(&check, 0.9, 0.9, 8), CROSSCHECK_AGREE);
	assert_int_equal(verdict(&check, 1.1, 1, 8), CROSSCHECK_WALL_ONLY);
	assert_int_equal(verdict(&check, 1, 1.1, 8), CROSSCHECK_RAPL_ONLY);
	assert_int_equal(verdict(&check, 1.1, 0.9, 8), CROSSCHECK_SIGN_CONFLICT);
	assert_int_equal(verdict(&check, 0.9, 1.1, 8), CROSSCHECK_SIGN_CONFLICT);
	assert_int_equal(verdict(&check, 1.1, 2, 8), CROSSCHECK_RAPL_INVALID); /* more than the wall has */
	assert_int_equal(verdict(&check, 1.1, 1.1, 1), CROSSCHECK_UNDECIDED);
	crosscheck_fit(vector, 16, &check); /* four classes: none to ask that does not rest on these */
	assert_null(check.refused);
	assert_int_equal(verdict(&check, 1.1, 1.1, 8), CROSSCHECK_UNDECIDED);
	assert_string_equal(crosscheck_verdict_name(CROSSCHECK_SIGN_CONFLICT), "SIGN-CONFLICT");
	assert_string_equal(crosscheck_verdict_name(CROSSCHECK_VERDICTS), "?");
}

/* The line of all classes goes with the one that is wrong; the one without it does not. */
static void the_runs_under_judgement_do_not_judge_themselves(void **state)
{
	(void)state;
	struct crosscheck_point points[POINTS + 16], *own = points + POINTS;
	struct crosscheck check;
	struct crosscheck_conclusion conclusion;
	struct dice dice = { .state = 17 };
	memcpy(points, vector, sizeof vector);
	runs_of(own, 8, 1000, 600, 10, &dice);      /* by the wall 0.83… */
	runs_of(own + 8, 8, 1200, 500, 10, &dice);  /* …by RAPL 1.2 */
	for (int i = 0; i < 16; i++)
		own[i].class = 6;
	crosscheck_fit(points, POINTS + 16, &check);
	assert_null(check.refused);
	crosscheck_conclude(&check, own, 8, own + 8, 8, 0, &conclusion);
	assert_int_equal(conclusion.verdict, CROSSCHECK_SIGN_CONFLICT);

	crosscheck_fit(own, 16, &check); /* alone: a line through two clouds fits anything */
	crosscheck_conclude(&check, own, 8, own + 8, 8, 0, &conclusion);
	assert_int_equal(conclusion.verdict, CROSSCHECK_RAPL_INVALID); /* it falls as the wall rises */
	runs_of(own, 8, 1000, 300, 10, &dice);
	runs_of(own + 8, 8, 1200, 800, 10, &dice);
	crosscheck_fit(own, 16, &check);
	crosscheck_conclude(&check, own, 8, own + 8, 8, 0, &conclusion);
	assert_int_equal(conclusion.verdict, CROSSCHECK_UNDECIDED);
}

/* The arms differ in time, so that what the line is matters; classes are off it, and there are few. */
static unsigned ratios_held(unsigned classes)
{
	static struct crosscheck_point points[256];
	const struct plant p = { .classes = classes, .runs = 8, .A = 53, .B = 1.14, .class_sd = 6, .sd = 1 };
	const double truth = (p.A * 8 + p.B * 1100) / (p.A * 10 + p.B * 900);
	struct dice dice = { .state = 23 };
	unsigned held = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct crosscheck_point *own = points + p.classes * p.runs;
		struct crosscheck check;
		struct crosscheck_conclusion conclusion;
		plant(&p, &dice, points);
		runs_of(own, 6, 1700, 1100, 8, &dice);
		runs_of(own + 6, 6, 1600, 900, 10, &dice);
		for (int i = 0; i < 12; i++)
			own[i].class = p.classes;
		crosscheck_fit(points, p.classes * p.runs + 12, &check);
		crosscheck_conclude(&check, own, 6, own + 6, 6, 0, &conclusion);
		held += conclusion.rapl.low <= truth && truth <= conclusion.rapl.high;
	}
	return held;
}

static void the_predicted_ratio_is_as_certain_as_there_are_classes(void **state)
{
	(void)state;
	for (unsigned classes = 5; classes <= 15; classes += 5) {
		unsigned held = ratios_held(classes);
		print_message("%u other classes: the predicted ratio is held in %.4f\n", classes, held / (double)TRIALS);
		assert_in_range(held, 0.93 * TRIALS, 0.985 * TRIALS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fit_agrees_with_scipy), cmocka_unit_test(classes_and_limits_agree_with_scipy),
		cmocka_unit_test(few_classes_have_the_intervals_of_least_squares), cmocka_unit_test(deming_only_where_noise_explains_the_scatter),
		cmocka_unit_test(what_cannot_be_is_not_fitted), cmocka_unit_test(intervals_hold_what_was_planted),
		cmocka_unit_test(curvature_is_found_where_it_is), cmocka_unit_test(a_curve_that_falls_is_none),
		cmocka_unit_test(size_is_of_those_that_agree), cmocka_unit_test(the_finite_ratio_is_no_conflict),
		cmocka_unit_test(the_predicted_ratio_is_as_certain_as_there_are_classes),
		cmocka_unit_test(verdicts_by_what_each_sees), cmocka_unit_test(the_runs_under_judgement_do_not_judge_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
