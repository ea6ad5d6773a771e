/* Verdicts on made-up campaigns whose ratios are known. */
#include "claims_fixture.h"
#include "summary.h"

#define ENERGY "metric: energy, points: all, "

static struct campaign_file planted(double energy, double scatter)
{
	struct campaign_file file = fixture_empty();
	claims_pair(&file, "w", "size=1", energy, energy, scatter);
	return file;
}

static void expect(const struct campaign_file *file, const char *claim, enum claim_verdict verdict)
{
	char text[2000];
	struct claims_fixture fixture;
	snprintf(text, sizeof text, "%s%s", CLAIMS_HEAD, claim);
	const struct claim_judged *judged = claims_hold(&fixture, file, text);
	if (judged->verdict != verdict)
		fail_msg("%s: %s, not %s (%s)", claim, claim_verdict_name(judged->verdict), claim_verdict_name(verdict), judged->reason);
	assert_int_equal(fixture.judged.n_verdicts[verdict], 1);
	assert_true(verdict == CLAIM_REPRODUCED || verdict == CLAIM_CONTRADICTED || judged->reason[0]);
	claims_drop(&fixture);
}

/* As expect, with what the reason says. */
static void expect_reason(const struct campaign_file *file, const char *claim, enum claim_verdict verdict, const char *reason)
{
	char text[2000];
	struct claims_fixture fixture;
	snprintf(text, sizeof text, "%s%s", CLAIMS_HEAD, claim);
	const struct claim_judged *judged = claims_hold(&fixture, file, text);
	if (judged->verdict != verdict || strstr(judged->reason, reason) == NULL)
		fail_msg("%s: %s (%s), not %s (%s)", claim, claim_verdict_name(judged->verdict), judged->reason, claim_verdict_name(verdict), reason);
	claims_drop(&fixture);
}

static void one_point_is_judged_by_its_interval(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	expect(&file, CLAIM("A", ENERGY "interval: [1.13, 1.43]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", ENERGY "interval: [1.40, 1.43]"), CLAIM_CONTRADICTED);
	expect(&file, CLAIM("A", ENERGY "interval: [open, 1.13]"), CLAIM_CONTRADICTED);
	expect(&file, CLAIM("A", ENERGY "interval: [1, open]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", ENERGY "equivalence: 30 %"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", ENERGY "equivalence: 20 %"), CLAIM_CONTRADICTED);
	expect_reason(&file, CLAIM("A", ENERGY "interval: [1.25, 1.43]"), CLAIM_UNDECIDED, "the interval holds 1.25");
	expect_reason(&file, CLAIM("A", ENERGY "interval: [1.249, 1.251]"), CLAIM_UNDECIDED, "holds both 1.249 and 1.251");
	fixture_free(&file);
}

/* The numbers beside a verdict are those of the campaign's table. */
static void figures_are_those_of_the_table(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	struct claims_fixture fixture;
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [1.13, 1.43]"));
	const struct summary_group *ft = &summary.groups[1];
	assert_string_equal(ft->arm, "ft");
	assert_near(judged->quantities[CLAIM_GROSS].interval.estimate, ft->ratio_wall.estimate, 1e-12);
	assert_near(judged->quantities[CLAIM_GROSS].interval.low, ft->ratio_wall.low, 1e-12);
	assert_near(judged->quantities[CLAIM_GROSS].interval.high, ft->ratio_wall.high, 1e-12);
	assert_near(judged->quantities[CLAIM_RAPL].interval.low, ft->ratio_rapl.low, 1e-12);
	assert_int_equal(judged->n_points, 1);
	assert_string_equal(judged->points[0].point, "size=1");
	assert_int_equal(judged->points[0].n_arm, 5);
	assert_int_equal(judged->points[0].n_over, 5);
	assert_near(judged->points[0].quantities[CLAIM_GROSS].interval.high, ft->ratio_wall.high, 1e-12);
	claims_drop(&fixture);
	summary_free(&summary);
	fixture_free(&file);
}

/* ---- quantities beside each other ---- */

static struct source_result *source(struct campaign_file *file, size_t run, const char *name)
{
	for (int i = 0; i < file->results[run].n_sources; i++)
		if (strcmp(file->results[run].sources[i].name, name) == 0)
			return &file->results[run].sources[i];
	fail();
	return NULL;
}

/* A fan that goes on after the runs of one arm: gross does not see it, caused does. */
static void a_fan_tail_of_one_arm_is_told(void **state)
{
	(void)state;
	struct campaign_file file = planted(0.8, 0.005);
	struct claims_fixture fixture;
	for (size_t i = 0; i < file.n_results; i++)
		if (strcmp(file.results[i].arm, "ft") == 0)
			source(&file, i, "wall")->energy.caused.value += 600;
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [open, 1]"));
	assert_int_equal(judged->verdict, CLAIM_REPRODUCED);
	assert_int_equal(judged->quantities[CLAIM_NET].verdict, CLAIM_REPRODUCED);
	assert_int_equal(judged->quantities[CLAIM_CAUSED].verdict, CLAIM_CONTRADICTED);
	assert_true(judged->conflict);
	assert_string_equal(judged->disagreement, "caused: contradicted");
	claims_drop(&fixture);
	judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "quantity: caused, interval: [open, 1]"));
	assert_int_equal(judged->verdict, CLAIM_CONTRADICTED);
	assert_string_equal(judged->disagreement, "gross and net and RAPL: reproduced");
	claims_drop(&fixture);
	fixture_free(&file);
}

static void without_a_wall_the_verdict_is_not_that_of_rapl(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	struct claims_fixture fixture;
	for (size_t i = 0; i < file.n_results; i++)
		snprintf(source(&file, i, "wall")->name, sizeof file.results[i].sources[0].name, "other");
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [1.13, 1.43]"));
	assert_int_equal(judged->verdict, CLAIM_NOT_TESTABLE);
	assert_string_equal(judged->reason, "there was no meter at the wall");
	assert_int_equal(judged->quantities[CLAIM_RAPL].verdict, CLAIM_REPRODUCED);
	assert_string_equal(judged->disagreement, "RAPL: reproduced");
	assert_int_equal(fixture.judged.n_tested, 0);
	claims_drop(&fixture);
	expect(&file, CLAIM("A", ENERGY "quantity: rapl, interval: [1.13, 1.43]"), CLAIM_REPRODUCED);
	expect_reason(&file, CLAIM("A", "metric: time, points: all, requires: { wall: true }, interval: [1.13, 1.43]"), CLAIM_NOT_TESTABLE, "a meter at the wall");
	expect(&file, CLAIM("A", "metric: time, points: all, interval: [1.13, 1.43]"), CLAIM_REPRODUCED);
	fixture_free(&file);
}

/* In a virtual machine RAPL is what the host makes of it. */
static void doubtful_rapl_is_not_judged(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	struct claims_fixture fixture;
	json_object_set_new(json_object_get(file.facts, "machine"), "virtual", json_true());
	json_array_append_new(json_object_get(json_object_get(file.facts, "bench"), "devices"), json_pack("{s:s, s:s}", "name", "rapl", "driver", "powercap"));
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "quantity: rapl, interval: [1.13, 1.43]"));
	assert_int_equal(judged->verdict, CLAIM_NOT_TESTABLE);
	assert_int_equal(strncmp(judged->reason, "virtualised: ", 13), 0);
	assert_int_equal(judged->quantities[CLAIM_GROSS].verdict, CLAIM_REPRODUCED);
	assert_int_equal(judged->points[0].quantities[CLAIM_RAPL].verdict, CLAIM_NOT_TESTABLE);
	assert_true(isnan(judged->points[0].quantities[CLAIM_RAPL].interval.estimate));
	claims_drop(&fixture);
	fixture_free(&file);
}

static void runs_without_the_figure_are_not_left_out(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	source(&file, 2, "wall")->energy.net.value = -1;
	expect(&file, CLAIM("A", ENERGY "interval: [1.13, 1.43]"), CLAIM_REPRODUCED);
	expect_reason(&file, CLAIM("A", ENERGY "quantity: net, interval: [1.13, 1.43]"), CLAIM_NOT_TESTABLE,
		      "1 of 5 runs of w size=1 under arm gil have no net energy above zero");
	fixture_free(&file);
}

/* ---- other metrics ---- */

static void other_metrics(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	claims_pair(&file, "w", "size=1", 0.5, 0.6, 0.001);
	for (size_t i = 0; i < file.n_results; i++) {
		struct result *r = &file.results[i];
		bool ft = strcmp(r->arm, "ft") == 0;
		r->cpu_seconds = (ft ? 30 : 10) * (1 + 0.001 * (double)(i % 5));
		r->peak_rss = (ft ? 1.2e9 : 1e9) * (1 + 0.001 * (double)(i % 5));
		r->peak_vms = (ft ? 3e9 : 2e9) * (1 + 0.001 * (double)(i % 3));
	}
	expect(&file, CLAIM("A", "metric: time, points: all, interval: [0.49, 0.51]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: speed_up, points: all, interval: [1.98, 2.02]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: power, points: all, interval: [1.19, 1.21]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: cpu_time, points: all, interval: [2.95, 3.05]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: peak_rss, points: all, interval: [1.19, 1.21]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: peak_vms, points: all, interval: [1.49, 1.51]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: vms_over_rss, points: all, interval: [1.24, 1.26]"), CLAIM_REPRODUCED);
	/* net power: (1200 - 300) / 5 over (2000 - 600) / 10 */
	expect(&file, CLAIM("A", "metric: power, quantity: net, points: all, interval: [1.27, 1.30]"), CLAIM_REPRODUCED);
	file.results[0].peak_vms = NAN;
	expect(&file, CLAIM("A", "metric: peak_vms, points: all, interval: [1.49, 1.51]"), CLAIM_NOT_TESTABLE);
	fixture_free(&file);
}

/* ---- points ---- */

static struct campaign_file three_points(void)
{
	struct campaign_file file = fixture_empty();
	claims_pair(&file, "w", "threads=2 scale=0.1", 0.6, 0.6, 0.005);
	claims_pair(&file, "w", "threads=8 scale=0.1", 0.25, 0.25, 0.005);
	claims_pair(&file, "v", "size=1", 1.2, 1.2, 0.005);
	return file;
}

static void quantifiers(void **state)
{
	(void)state;
	struct campaign_file file = three_points();
	expect(&file, CLAIM("A", ENERGY "interval: [0.2, 1.3]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", ENERGY "interval: [0.2, 1]"), CLAIM_CONTRADICTED);
	expect(&file, CLAIM("A", ENERGY "quantifier: any, interval: [open, 0.3]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", ENERGY "quantifier: any, interval: [open, 0.2]"), CLAIM_CONTRADICTED);
	expect(&file, CLAIM("A", ENERGY "quantifier: mean, interval: [0.56, 0.57]"), CLAIM_REPRODUCED); /* cube root of 0.18: 0.5646 */
	expect(&file, CLAIM("A", ENERGY "quantifier: mean, interval: [0.57, 1]"), CLAIM_CONTRADICTED);
	expect(&file, CLAIM("A", "metric: energy, points: [{ workload: w }], interval: [0.2, 1]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: energy, points: [{ workload: w, at: { threads: 8 } }], interval: [0.24, 0.26]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: energy, points: [{ at: { threads: [2, 8] } }], interval: [0.2, 0.7]"), CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: energy, points: [{ at: { threads: all } }], interval: [0.2, 0.7]"), CLAIM_REPRODUCED);
	fixture_free(&file);
}

static void the_verdict_rests_on_a_point(void **state)
{
	(void)state;
	struct campaign_file file = three_points();
	struct claims_fixture fixture;
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "quantifier: any, interval: [open, 0.3]"));
	const struct claim_judgement *gross = &judged->quantities[CLAIM_GROSS];
	assert_int_equal(judged->n_points, 3);
	assert_string_equal(judged->points[gross->point].point, "threads=8 scale=0.1");
	assert_near(gross->interval.estimate, 0.25, 1e-6);
	assert_int_equal(judged->points[gross->point].quantities[CLAIM_GROSS].verdict, CLAIM_REPRODUCED);
	for (size_t i = 0; i < 3; i++)
		if (i != gross->point)
			assert_int_equal(judged->points[i].quantities[CLAIM_GROSS].verdict, CLAIM_CONTRADICTED);
	claims_drop(&fixture);
	fixture_free(&file);
}

/* Of any of three points, one is inside by a hair: it would be so alone, and by chance among three. */
static void one_of_several_points_may_be_so_by_chance(void **state)
{
	(void)state;
	struct campaign_file file = three_points();
	struct claims_fixture fixture;
	char text[1000];
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "quantifier: any, interval: [open, 0.3]"));
	double high = judged->points[2].quantities[CLAIM_GROSS].interval.high + 0.0001;
	assert_string_equal(judged->points[2].point, "threads=8 scale=0.1");
	claims_drop(&fixture);
	for (int alone = 0; alone < 2; alone++) {
		snprintf(text, sizeof text, CLAIMS_HEAD "  A: { says: s, firmness: firm, contrast: { arm: ft, over: gil }, metric: energy, quantifier: any, "
			 "points: %s, interval: [open, %.6f] }\n", alone ? "[{ workload: w, at: { threads: 8 } }]" : "all", high);
		judged = claims_hold(&fixture, &file, text);
		enum claim_verdict expected = alone ? CLAIM_REPRODUCED : CLAIM_UNDECIDED;
		assert_int_equal(judged->verdict, expected);
		assert_int_equal(judged->points[alone ? 0 : 2].quantities[CLAIM_GROSS].verdict, expected);
		if (!alone)
			assert_non_null(strstr(judged->reason, "of 3 points one may come out so by chance"));
		claims_drop(&fixture);
	}
	fixture_free(&file);
}

static void what_the_campaign_does_not_have_is_not_testable(void **state)
{
	(void)state;
	struct campaign_file file = three_points();
	expect_reason(&file, CLAIM("A", "metric: energy, points: [{ workload: u }], interval: [open, 1]"), CLAIM_NOT_TESTABLE, "the campaign has no workload u");
	expect_reason(&file, CLAIM("A", "metric: energy, points: [{ workload: w, at: { threads: 12 } }], interval: [open, 1]"), CLAIM_NOT_TESTABLE,
		      "the campaign has no point threads=12 of w");
	/* each cannot be said of some, but one outside is enough; any the other way round */
	expect(&file, CLAIM("A", "metric: energy, points: [{ workload: w, at: { threads: [8, 12] } }], interval: [open, 1]"), CLAIM_NOT_TESTABLE);
	expect(&file, CLAIM("A", "metric: energy, points: [{ workload: w, at: { threads: [8, 12] } }], interval: [1, open]"), CLAIM_CONTRADICTED);
	expect(&file, CLAIM("A", "metric: energy, quantifier: any, points: [{ workload: w, at: { threads: [8, 12] } }], interval: [open, 1]"),
	       CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: energy, quantifier: any, points: [{ workload: w, at: { threads: [8, 12] } }], interval: [1, open]"),
	       CLAIM_NOT_TESTABLE);
	expect(&file, CLAIM("A", "metric: energy, quantifier: mean, points: [{ workload: w, at: { threads: [8, 12] } }], interval: [open, 1]"),
	       CLAIM_NOT_TESTABLE);
	claims_runs(&file, "w", "threads=12 scale=0.1", "ft-gil-on", 10, 2000, 0.005, 5); /* an arm that the claim is not about */
	expect(&file, CLAIM("A", "metric: energy, quantifier: any, points: [{ workload: w, at: { threads: [8, 12] } }], interval: [1, open]"),
	       CLAIM_NOT_TESTABLE);
	json_object_set_new(file.facts, "skipped", json_pack("[{s:s, s:s, s:s}]", "workload", "u", "arm", "ft", "reason", "cannot import numpy"));
	expect_reason(&file, CLAIM("A", "metric: energy, points: [{ workload: u }], interval: [open, 1]"), CLAIM_NOT_TESTABLE,
		      "u was skipped under arm ft: cannot import numpy");
	fixture_free(&file);
}

static void an_arm_without_runs_that_count_says_why(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	claims_runs(&file, "w", "", "gil", 10, 2000, 0.01, 5);
	expect_reason(&file, CLAIM("A", ENERGY "interval: [open, 1]"), CLAIM_NOT_TESTABLE, "no run of w under arm ft");
	struct result *run = fixture_run(&file, "w", "", "ft", 10, 2000);
	expect_reason(&file, CLAIM("A", ENERGY "interval: [open, 1]"), CLAIM_NOT_TESTABLE, "nothing is known of its scatter");
	run->status = RUN_FAILED;
	snprintf(run->reason, sizeof run->reason, "exit status 3");
	expect_reason(&file, CLAIM("A", ENERGY "interval: [open, 1]"), CLAIM_NOT_TESTABLE, "exit status 3");
	fixture_free(&file);
}

/* The last `n` runs of an arm ended otherwise. */
static void spoil(struct campaign_file *file, const char *arm, int n, enum run_status status, const char *reason)
{
	for (size_t i = file->n_results; i-- > 0 && n > 0;)
		if (strcmp(file->results[i].arm, arm) == 0) {
			file->results[i].status = status;
			snprintf(file->results[i].reason, sizeof file->results[i].reason, "%s", reason);
			n--;
		}
}

/* Those that are left of an arm whose slow runs timed out are fast: nothing is to be said of it. */
static void runs_that_ended_badly_leave_no_fair_choice(void **state)
{
	(void)state;
	static const enum run_status bad[] = { RUN_TIMEOUT, RUN_FAILED, RUN_SIGNALLED, RUN_MISMATCH, RUN_WRONG_GIL, RUN_NOT_STARTED };
	static const char *const claims[] = { CLAIM("A", "metric: time, points: all, interval: [open, 1]"),
					      CLAIM("A", "metric: peak_rss, points: all, interval: [open, 1]"), CLAIM("A", ENERGY "interval: [1, open]"),
					      CLAIM("A", ENERGY "quantifier: any, interval: [1, open]") };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (int arm = 0; arm < 2; arm++) {
			struct campaign_file file = planted(0.9, 0.005);
			char reason[80];
			spoil(&file, arm ? "ft" : "gil", 3, bad[i], "timed out after 60 s");
			snprintf(reason, sizeof reason, "3 of 5 runs of w size=1 under arm %s did not count: timed out after 60 s", arm ? "ft" : "gil");
			for (size_t c = 0; c < sizeof claims / sizeof *claims; c++)
				expect_reason(&file, claims[c], CLAIM_NOT_TESTABLE, reason);
			spoil(&file, arm ? "ft" : "gil", 1, bad[i], "exit status 3");
			expect_reason(&file, claims[0], CLAIM_NOT_TESTABLE, ", and others");
			fixture_free(&file);
		}
}

/* A meter's gap has nothing to do with what the run would have needed. */
static void runs_without_a_measurement_are_told(void **state)
{
	(void)state;
	static const enum run_status gone[] = { RUN_UNMEASURED, RUN_INTERRUPTED };
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
		struct campaign_file file = planted(0.9, 0.005);
		struct claims_fixture fixture;
		spoil(&file, "gil", 2, gone[i], "a gap of 3 s");
		const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [open, 1]"));
		assert_int_equal(judged->verdict, CLAIM_REPRODUCED);
		assert_string_equal(judged->caution, "2 of 5 runs of w size=1 under arm gil have no figure: a gap of 3 s");
		claims_drop(&fixture);
		fixture_free(&file);
	}
}

static void what_was_skipped_is_not_among_all_points(void **state)
{
	(void)state;
	struct campaign_file file = planted(0.9, 0.005);
	struct claims_fixture fixture;
	json_object_set_new(file.facts, "skipped", json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "workload", "numpy_fft", "arm", "ft", "workload",
			    "numpy_fft", "arm", "gil", "workload", "numpy_blas", "arm", "gil", "workload", "other", "arm", "ft-gil-on"));
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [open, 1]"));
	assert_string_equal(judged->caution, "skipped, and not among the points: numpy_fft, numpy_blas");
	claims_drop(&fixture);
	judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", "metric: energy, points: [{ workload: w }], interval: [open, 1]"));
	assert_string_equal(judged->caution, "");
	claims_drop(&fixture);
	fixture_free(&file);
}

static void a_stopping_rule_is_told(void **state)
{
	(void)state;
	struct campaign_file file = planted(0.9, 0.005);
	struct claims_fixture fixture;
	json_object_set_new(file.facts, "stopping", json_pack("{s:f}", "coverage", 0.922));
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [open, 1]"));
	assert_string_equal(judged->caution, "by the rule that may stop the campaign, intervals of 95 % cover 92.2 %");
	claims_drop(&fixture);
	fixture_free(&file);
}

static void another_scale_than_the_sources_is_told(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	struct claims_fixture fixture;
	claims_pair(&file, "w", "threads=2 scale=0.25", 0.6, 0.6, 0.005);
	claims_pair(&file, "w", "threads=4 scale=1", 0.6, 0.6, 0.005);
	claims_pair(&file, "v", "threads=4", 0.6, 0.6, 0.005);
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [open, 1]"));
	assert_int_equal(judged->verdict, CLAIM_REPRODUCED);
	assert_string_equal(judged->caution, "the scale is not 1 at 1 of 3 points: another amount of work than the source's");
	claims_drop(&fixture);
	judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", "metric: energy, points: [{ at: { threads: 4 } }], interval: [open, 1]"));
	assert_string_equal(judged->caution, "");
	claims_drop(&fixture);
	fixture_free(&file);
}

/* ---- contrasts ---- */

static void ratio_of_ratios_at_equal_points(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	claims_pair(&file, "shared", "threads=8", 0.9, 0.9, 0.005);
	claims_pair(&file, "own", "threads=8", 0.3, 0.3, 0.005);
	static const char claim[] = "  A: { says: s, firmness: firm, metric: energy, points: [{ workload: shared }], interval: [2.9, 3.1],\n"
				    "       contrast: { arm: ft, over: gil, against: own } }\n";
	expect(&file, claim, CLAIM_REPRODUCED);
	claims_pair(&file, "shared", "threads=2", 0.9, 0.9, 0.005);
	expect_reason(&file, claim, CLAIM_NOT_TESTABLE, "no run of own threads=2 under arm ft");
	fixture_free(&file);
}

static void speed_up_over_another_point_of_the_same_arm(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	claims_runs(&file, "w", "threads=1 scale=0.1", "ft", 16, 2000, 0.001, 5);
	claims_runs(&file, "w", "threads=4 scale=0.1", "ft", 4, 2000, 0.001, 5);
	claims_runs(&file, "w", "threads=8 scale=0.1", "ft", 2, 2000, 0.001, 5);
	struct claims_fixture fixture;
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD
		"  A: { says: s, firmness: firm, metric: speed_up, points: [{ workload: w }], interval: [3.9, 8.1],\n"
		"       contrast: { arm: ft, over: ft, baseline: { threads: 1 } } }\n");
	assert_int_equal(judged->verdict, CLAIM_REPRODUCED);
	assert_int_equal(judged->n_points, 2); /* not the baseline itself */
	assert_near(judged->points[0].quantities[0].interval.estimate, 4, 1e-6);
	assert_near(judged->points[1].quantities[0].interval.estimate, 8, 1e-6);
	claims_drop(&fixture);
	expect_reason(&file, "  A: { says: s, firmness: firm, metric: speed_up, points: [{ workload: w }], interval: [3.9, 8.1],\n"
			     "       contrast: { arm: ft, over: ft, baseline: { threads: 2 } } }\n", CLAIM_NOT_TESTABLE, "has no point to hold");
	fixture_free(&file);
}

static void elasticity_is_a_slope_over_points(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	static const double time[] = { 1, 0.5, 0.25 };
	static const char *const points[] = { "threads=1", "threads=2", "threads=4" };
	for (int i = 0; i < 3; i++)
		claims_pair(&file, "w", points[i], time[i], pow(time[i], 0.5) * 1.01, 0.002);
	static const char half[] = CLAIM("A", "metric: elasticity, points: all, interval: [0.45, 0.55]");
	expect(&file, half, CLAIM_REPRODUCED);
	expect(&file, CLAIM("A", "metric: elasticity, points: all, interval: [0.9, 1.1]"), CLAIM_CONTRADICTED);
	expect_reason(&file, CLAIM("A", "metric: elasticity, points: [{ at: { threads: [1, 2] } }], interval: [0.9, 1.1]"), CLAIM_NOT_TESTABLE, "three points");
	fixture_free(&file);
}

/* ---- requirements ---- */

static void what_a_claim_requires(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	json_object_set_new(json_object_get(file.facts, "machine"), "cpu", json_pack("{s:i}", "cores", 4));
	json_object_set_new(json_object_get(file.facts, "machine"), "memory", json_pack("{s:I}", "total_bytes", (json_int_t)8 << 30));
	static const struct {
		const char *claim, *reason;
	} table[] = {
		{ CLAIM("A", ENERGY "requires: { cores: 4, memory: 8 GiB, arms: { gil: { gil: on }, ft: { gil: off, python: \"3.13\" } } }, interval: [1, 2]"), NULL },
		{ CLAIM("A", ENERGY "requires: { cores: 5 }, interval: [1, 2]"), "it requires 5 cores, this machine has 4" },
		{ CLAIM("A", ENERGY "requires: { memory: 9 GiB }, interval: [1, 2]"), "it requires 9 GiB of memory, there is 8" },
		{ CLAIM("A", ENERGY "requires: { arms: { ft: { gil: on } } }, interval: [1, 2]"), "it requires arm ft with the GIL on" },
		{ CLAIM("A", ENERGY "requires: { arms: { ft: { python: \"3.14\" } } }, interval: [1, 2]"), "it requires arm ft with Python 3.14, and that is 3.13.5" },
		{ CLAIM("A", ENERGY "requires: { arms: { ft: { python: \"3.1\" } } }, interval: [1, 2]"), "Python 3.1, and that is 3.13.5" },
		{ CLAIM("A", ENERGY "requires: { arms: { ft-gil-on: { gil: on } } }, interval: [1, 2]"), "which it is is not known" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		expect_reason(&file, table[i].claim, table[i].reason ? CLAIM_NOT_TESTABLE : CLAIM_REPRODUCED, table[i].reason ? table[i].reason : "");
	json_object_del(json_object_get(file.facts, "machine"), "cpu");
	expect_reason(&file, table[1].claim, CLAIM_NOT_TESTABLE, "how many there are is not known");
	fixture_free(&file);
}

static void another_interpreter_than_the_sources_is_told(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	struct claims_fixture fixture;
	const struct claim_judged *judged =
		claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "published: { python: \"3.14.2\" }, interval: [1, 2]"));
	assert_string_equal(judged->caution, "the source has Python 3.14.2; arm ft is 3.13.5, arm gil is 3.13.5");
	claims_drop(&fixture);
	judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "published: { python: \"3.13.1\" }, interval: [1, 2]"));
	assert_string_equal(judged->caution, "");
	claims_drop(&fixture);
	fixture_free(&file);
}

/* ---- several claims ---- */

/* Each by itself is as good as reproduced can be by a hair; of ten such, one may be so by chance. */
static void claims_of_one_file_are_held_together(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	struct claims_fixture fixture;
	char text[4000] = CLAIMS_HEAD, near_by[200];
	struct summary summary;
	assert_int_equal(summary_make(&file, &summary), 0);
	snprintf(near_by, sizeof near_by, "metric: energy, points: all, interval: [%.6f, 2] }\n", summary.groups[1].ratio_wall.low - 0.001);
	double low = summary.groups[1].ratio_wall.low;
	summary_free(&summary);
	for (int i = 0; i < 10; i++) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof text - used, "  c%d: { says: s, firmness: firm, contrast: { arm: ft, over: gil }, %s", i, near_by);
		if (i == 0) {
			const struct claim_judged *alone = claims_hold(&fixture, &file, text);
			assert_int_equal(alone->verdict, CLAIM_REPRODUCED);
			assert_near(alone->quantities[CLAIM_GROSS].adjusted, alone->quantities[CLAIM_GROSS].p.inside, 1e-12);
			claims_drop(&fixture);
		}
	}
	snprintf(text + strlen(text), sizeof text - strlen(text), "  sure: { says: s, firmness: firm, contrast: { arm: ft, over: gil }, "
		 "metric: energy, points: all, interval: [0.5, 2] }\n  absent: { says: s, firmness: firm, contrast: { arm: ft, over: gil }, "
		 "metric: energy, points: [{ workload: u }], interval: [0.5, 2] }\n");
	claims_hold(&fixture, &file, text);
	assert_int_equal(fixture.judged.n_tested, 11);
	assert_int_equal(fixture.judged.n_verdicts[CLAIM_UNDECIDED], 10);
	assert_int_equal(fixture.judged.n_verdicts[CLAIM_REPRODUCED], 1);
	assert_int_equal(fixture.judged.n_verdicts[CLAIM_NOT_TESTABLE], 1);
	const struct claim_judgement *one = &fixture.judged.list[3].quantities[CLAIM_GROSS];
	assert_true(one->p.inside < 0.05 && one->adjusted > 0.05);
	assert_near(one->adjusted, 10 * one->p.inside, 1e-9);
	assert_non_null(strstr(one->reason, "by itself it would be reproduced, but that does not stand among 11 claims"));
	double more = one->more_runs, more_alone;
	assert_true(more >= 1 && more < 30);
	assert_int_equal(fixture.judged.list[3].points[0].quantities[CLAIM_GROSS].verdict, CLAIM_UNDECIDED);
	claims_drop(&fixture);
	/* alone, a claim as open as these needs fewer */
	snprintf(text, sizeof text, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [%.6f, 2]"), low + 0.0005);
	more_alone = claims_hold(&fixture, &file, text)->quantities[CLAIM_GROSS].more_runs;
	assert_true(more_alone >= 1 && more_alone < more);
	claims_drop(&fixture);
	fixture_free(&file);
}

/* With as many more runs as it says, of the same scatter, the verdict is definite. */
static void more_runs_decide(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.05);
	struct claims_fixture fixture;
	static const char text[] = CLAIMS_HEAD CLAIM("A", ENERGY "interval: [1.18, 2]");
	const struct claim_judged *judged = claims_hold(&fixture, &file, text);
	double more = judged->quantities[CLAIM_GROSS].more_runs;
	assert_int_equal(judged->verdict, CLAIM_UNDECIDED);
	assert_true(more >= 1 && more <= 25);
	char said[100];
	snprintf(said, sizeof said, "about %.0f more run", more);
	assert_non_null(strstr(judged->reason, said));
	claims_drop(&fixture);
	fixture_free(&file);
	file = fixture_empty();
	claims_runs(&file, "w", "size=1", "gil", 10, 2000, 0.05, 5 + (int)more);
	claims_runs(&file, "w", "size=1", "ft", 12.5, 2500, 0.05, 5 + (int)more);
	judged = claims_hold(&fixture, &file, text);
	assert_int_equal(judged->verdict, CLAIM_REPRODUCED);
	claims_drop(&fixture);
	fixture_free(&file);
}

/* What does not cancel between the arms is the same in any number of runs. */
static void no_number_of_runs_makes_up_for_what_does_not_cancel(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.001);
	struct claims_fixture fixture;
	for (size_t i = 0; i < file.n_results; i++)
		if (strcmp(file.results[i].arm, "ft") == 0)
			budget_add(&source(&file, i, "wall")->energy.gross.budget, "another range", 'B', 100, INFINITY, SHARE_ABSOLUTE);
	const struct claim_judged *judged = claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [1.24, 2]"));
	assert_int_equal(judged->verdict, CLAIM_UNDECIDED);
	assert_true(isinf(judged->quantities[CLAIM_GROSS].more_runs));
	assert_non_null(strstr(judged->reason, "no number of runs would decide"));
	claims_drop(&fixture);
	fixture_free(&file);
}

/* ---- twins ---- */

static void on_a_twin_every_verdict_is_a_rehearsal(void **state)
{
	(void)state;
	struct campaign_file file = planted(1.25, 0.01);
	struct claims_fixture fixture;
	struct text text = TEXT_INIT;
	claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [1, 2]"));
	assert_false(fixture.judged.simulated);
	claims_verdict_text(&text, &fixture.judged, CLAIM_REPRODUCED);
	assert_string_equal(text_string(&text), "reproduced");
	claims_drop(&fixture);
	fixture_simulate(&file);
	claims_hold(&fixture, &file, CLAIMS_HEAD CLAIM("A", ENERGY "interval: [1, 2]"));
	assert_true(fixture.judged.simulated);
	for (int verdict = 0; verdict < CLAIM_VERDICTS; verdict++) {
		text_free(&text);
		claims_verdict_text(&text, &fixture.judged, (enum claim_verdict)verdict);
		assert_int_equal(strncmp(text_string(&text), "rehearsal: ", 11), 0);
	}
	text_free(&text);
	claims_drop(&fixture);
	fixture_free(&file);
}

static void statements_in_figures(void **state)
{
	(void)state;
	static const struct {
		const char *claim, *says;
	} table[] = {
		{ CLAIM("A", ENERGY "interval: [1.13, 1.43]"), "energy, ft / gil, in [1.13, 1.43]; each of all points" },
		{ CLAIM("A", "metric: power, quantity: net, quantifier: mean, points: [{ at: { threads: [2, 8] } }], equivalence: 5 %"),
		  "net power, ft / gil, equal within 5 % (0.9524 to 1.05); mean of all points with threads=2,8" },
		{ CLAIM("A", "metric: elasticity, points: [{ workload: w }], interval: [0.9, 1.1]"), "ln energy over ln time, ft / gil, in [0.9, 1.1]; within each workload of w" },
		{ CLAIM("A", "metric: time, quantifier: any, points: [{ workload: w, at: { threads: all } }], interval: [open, 0.5]"),
		  "time, ft / gil, at most 0.5; any of w threads=all" },
		{ "  A: { says: s, firmness: firm, metric: peak_rss, points: [{ workload: w }], interval: [1, open],\n"
		  "       contrast: { arm: ft, over: ft, baseline: { threads: 1 }, against: v } }\n",
		  "peak resident memory, ft / ft at threads=1, over that of v at equal points, at least 1; each of w" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char yaml[1000];
		struct claims claims;
		struct text text = TEXT_INIT;
		snprintf(yaml, sizeof yaml, "%s%s", CLAIMS_HEAD, table[i].claim);
		claims_take(&claims, yaml);
		claims_statement_text(&text, &claims.list[0]);
		assert_string_equal(text_string(&text), table[i].says);
		text_free(&text);
		claims_free(&claims);
	}
}

/* ---- the paper's own ---- */

/* Two runs an arm, at 200 W whatever happens; memory as the paper has it. */
static void firm_point(struct campaign_file *file, const char *workload, const char *point, double ratio)
{
	for (int i = 0; i < 4; i++) {
		bool ft = i % 2;
		double seconds = 10 * (ft ? ratio : 1) * (1 + 0.0001 * (i / 2));
		struct result *result = fixture_run(file, workload, point, ft ? "ft" : "gil", seconds, 200 * seconds * (1 - 0.0001 * (i / 2)));
		result->peak_rss = (ft ? 1.2e8 : 1e8) * (1 + 0.0001 * (i / 2));
		result->peak_vms = (ft ? 3e8 : 2e8) * (1 + 0.0002 * (i / 2));
	}
}

/* The points of firm.yaml, as if the paper were right. */
static struct campaign_file firm_campaign(void)
{
	struct campaign_file file = fixture_empty();
	json_object_set_new(json_object_get(file.facts, "machine"), "cpu", json_pack("{s:i}", "cores", 8));
	firm_point(&file, "mandelbrot", "size=2000 scale=0.4", 1.25);
	firm_point(&file, "bubble_sort", "length=14000 scale=0.2", 1.2);
	firm_point(&file, "prime_sieve", "limit=28000000 scale=0.9", 1.3);
	firm_point(&file, "factorial", "threads=2 scale=0.25", 0.6);
	firm_point(&file, "factorial", "threads=8 scale=0.25", 0.24);
	firm_point(&file, "json_parse", "threads=2 scale=0.15", 0.65);
	firm_point(&file, "json_parse", "threads=8 scale=0.15", 0.35);
	firm_point(&file, "object_lists_nocopy", "threads=2 scale=0.2", 1.1);
	firm_point(&file, "object_lists_nocopy", "threads=8 scale=0.2", 1.5);
	firm_point(&file, "object_lists_copy", "threads=2 scale=0.2", 0.7);
	firm_point(&file, "object_lists_copy", "threads=8 scale=0.2", 0.4);
	return file;
}

static enum claim_verdict verdict_on(const struct claims_judged *judged, const char *id)
{
	for (size_t i = 0; i < judged->n; i++)
		if (strcmp(judged->list[i].claim->id, id) == 0)
			return judged->list[i].verdict;
	fail_msg("there is no claim %s", id);
	return CLAIM_VERDICTS;
}

static void the_papers_claims_find_their_points(void **state)
{
	(void)state;
	static const char *const firm[] = { "C1.energy", "C1.speed", "C1.slope", "C2", "C3.energy", "C3.time", "C4.gross", "C4.net", "C4.slope", "C5.resident", "C5.virtual",
					    "C5.more", "C7.best" };
	static const char *const elsewhere[] = { "C6.worst", "C6.limit", "C7.limit", "C8.energy", "C8.time", "D1", "D2", "D5.time", "D5.memory", "D8.fibonacci", "D10.2", "D10.16" };
	struct campaign_file file = firm_campaign();
	struct claims_fixture fixture;
	struct problems problems = PROBLEMS_INIT;
	assert_int_equal(claims_load(TEST_SOURCE_DIR "/scripts/campaigns/unlocking-pythons-cores/claims.yaml", &fixture.claims, &problems, NULL), 0);
	assert_int_equal(claims_judge(&fixture.claims, &file, &fixture.judged, NULL), 0);
	for (size_t i = 0; i < sizeof firm / sizeof *firm; i++)
		if (verdict_on(&fixture.judged, firm[i]) != CLAIM_REPRODUCED)
			fail_msg("%s: %s", firm[i], claim_verdict_name(verdict_on(&fixture.judged, firm[i])));
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
		assert_int_equal(verdict_on(&fixture.judged, elsewhere[i]), CLAIM_NOT_TESTABLE);
	claims_drop(&fixture);
	fixture_free(&file);
}

/* What the paper found at its best (and at its worst) point is not refuted by points that are none of those. */
static void a_few_points_do_not_contradict_the_papers_best(void **state)
{
	(void)state;
	static const char *const of_one_point[] = { "C1.energy", "C1.speed", "C6.worst", "C7.best" };
	static const char path[] = TEST_SOURCE_DIR "/scripts/campaigns/unlocking-pythons-cores/claims.yaml";
	struct campaign_file file = fixture_empty();
	struct claims claims;
	struct claims_judged judged;
	struct problems problems = PROBLEMS_INIT;
	json_object_set_new(json_object_get(json_object_get(file.facts, "machine"), "cpu"), "cores", json_integer(8));
	claims_pair(&file, "factorial", "threads=2 scale=0.25", 0.62, 0.62, 0.005);
	claims_pair(&file, "factorial", "threads=8 scale=0.25", 0.33, 0.33, 0.005);
	claims_pair(&file, "json_parse", "threads=8 scale=0.15", 0.36, 0.36, 0.005);
	assert_int_equal(claims_load(path, &claims, &problems, NULL), 0);
	assert_int_equal(claims_judge(&claims, &file, &judged, NULL), 0);
	for (size_t i = 0; i < sizeof of_one_point / sizeof *of_one_point; i++)
		assert_int_equal(verdict_on(&judged, of_one_point[i]), CLAIM_NOT_TESTABLE);
	claims_judged_free(&judged);
	claims_pair(&file, "factorial", "threads=12 scale=0.25", 0.24, 0.24, 0.001);
	assert_int_equal(claims_judge(&claims, &file, &judged, NULL), 0);
	assert_int_equal(verdict_on(&judged, "C1.energy"), CLAIM_REPRODUCED);
	assert_int_equal(verdict_on(&judged, "C7.best"), CLAIM_REPRODUCED);
	assert_int_equal(verdict_on(&judged, "C6.worst"), CLAIM_NOT_TESTABLE);
	claims_judged_free(&judged);
	claims_pair(&file, "nbody", "threads=8", 12, 12, 0.001); /* and another that the source would have told of */
	claims_pair(&file, "matmul", "threads=8", 40, 40, 0.001);
	assert_int_equal(claims_judge(&claims, &file, &judged, NULL), 0);
	assert_int_equal(verdict_on(&judged, "C6.worst"), CLAIM_REPRODUCED);
	assert_int_equal(verdict_on(&judged, "C6.limit"), CLAIM_CONTRADICTED);
	claims_judged_free(&judged);
	claims_free(&claims);
	problems_free(&problems);
	fixture_free(&file);
}

static void arms_of_the_campaign(void **state)
{
	(void)state;
	struct campaign_file file = fixture_empty();
	const char *names[8];
	assert_int_equal(claims_arms(&file, names, 8), 3);
	assert_string_equal(names[2], "ft-gil-on");
	assert_int_equal(claims_arms(&file, names, 2), 2);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_point_is_judged_by_its_interval),
		cmocka_unit_test(figures_are_those_of_the_table),
		cmocka_unit_test(a_fan_tail_of_one_arm_is_told),
		cmocka_unit_test(without_a_wall_the_verdict_is_not_that_of_rapl),
		cmocka_unit_test(doubtful_rapl_is_not_judged),
		cmocka_unit_test(runs_without_the_figure_are_not_left_out),
		cmocka_unit_test(other_metrics),
		cmocka_unit_test(quantifiers),
		cmocka_unit_test(the_verdict_rests_on_a_point),
		cmocka_unit_test(one_of_several_points_may_be_so_by_chance),
		cmocka_unit_test(what_the_campaign_does_not_have_is_not_testable),
		cmocka_unit_test(an_arm_without_runs_that_count_says_why),
		cmocka_unit_test(runs_that_ended_badly_leave_no_fair_choice),
		cmocka_unit_test(runs_without_a_measurement_are_told),
		cmocka_unit_test(what_was_skipped_is_not_among_all_points),
		cmocka_unit_test(a_stopping_rule_is_told),
		cmocka_unit_test(another_scale_than_the_sources_is_told),
		cmocka_unit_test(a_few_points_do_not_contradict_the_papers_best),
		cmocka_unit_test(ratio_of_ratios_at_equal_points),
		cmocka_unit_test(speed_up_over_another_point_of_the_same_arm),
		cmocka_unit_test(elasticity_is_a_slope_over_points),
		cmocka_unit_test(what_a_claim_requires),
		cmocka_unit_test(another_interpreter_than_the_sources_is_told),
		cmocka_unit_test(claims_of_one_file_are_held_together),
		cmocka_unit_test(more_runs_decide),
		cmocka_unit_test(no_number_of_runs_makes_up_for_what_does_not_cancel),
		cmocka_unit_test(on_a_twin_every_verdict_is_a_rehearsal),
		cmocka_unit_test(statements_in_figures),
		cmocka_unit_test(the_papers_claims_find_their_points),
		cmocka_unit_test(arms_of_the_campaign),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
