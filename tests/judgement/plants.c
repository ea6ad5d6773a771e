#include "plants.h"

#include <stdlib.h>

#include "demands.h"
#include "judged.h"
#include "planning.h"
#include "statistics.h"

#define CLAIM_LOW 1.13 /* of the claim [1.13, 1.43] */
#define CLAIM_HIGH 1.43
#define MARGIN 1.02

/* ---- benches and demands ---- */

/* What a user states before a campaign: the scatter that is expected, and what the meter's specification leaves of its offset. */
static double stated_for(const struct made_bench *bench, double wall)
{
	double scatter = hypot(bench->cv, bench->noise);
	struct comparison_design design = { scatter, scatter, 0 };
	double mde = planning_detectable(&design, bench->repetitions);
	design.shared = bench->offset / sqrt(3) / wall * (1 - 1 / mde);
	return planning_detectable(&design, bench->repetitions);
}

/* A number of w that classes of the cross-check have; every other one is a little off the common line. */
static void plant_classes(struct dice *dice, struct demand demands[][MADE_ARMS], double class_effect)
{
	for (size_t i = 0; i < MADE_WORKLOADS; i++) {
		double wall = 90 + 20 * (double)i, effect = 1 + class_effect * dice_normal(dice);
		plant_power(demands[i], wall, 1.05);
		for (int arm = 0; arm < MADE_ARMS; arm++)
			demands[i][arm].wall *= effect;
	}
}

static bool clear_of_one(const struct interval *ratio, double truth)
{
	return truth > 1 ? ratio->low > 1 : ratio->high < 1;
}

/* ---- a ratio at the stated minimum detectable effect ---- */

enum { RATIO_FOUND, RATIO_FALSE };

static unsigned ratio_trial(struct dice *dice, size_t number, struct made *made, double times)
{
	static const struct {
		double cv;
		size_t n;
	} designs[] = { { 0.005, 5 }, { 0.01, 10 }, { 0.02, 5 }, { 0.03, 20 } };
	static struct claims *above, *below;
	above = above ? above : judged_claims("interval: [1, open]", 1);
	below = below ? below : judged_claims("interval: [open, 1]", 1);
	struct made_bench bench = bench_of(designs[number / 2 % 4].cv, designs[number / 2 % 4].n, 1);
	double stated = pow(stated_for(&bench, 150), times), ratio = number % 2 ? 1 / stated : stated;
	struct demand demands[1][MADE_ARMS];
	plant_power(demands[0], 150, ratio);
	made_campaign(dice, &bench, demands, made);
	struct interval said = judged_ratio(made, "w0");
	enum claim_verdict right = judged_verdict(ratio > 1 ? above : below, made), wrong = judged_verdict(ratio > 1 ? below : above, made);
	bool found = clear_of_one(&said, ratio), falsely = clear_of_one(&said, 1 / ratio);
	return (found && right == CLAIM_REPRODUCED && wrong == CLAIM_CONTRADICTED ? BIT(RATIO_FOUND) : 0) |
	       (falsely || wrong == CLAIM_REPRODUCED || right == CLAIM_CONTRADICTED ? BIT(RATIO_FALSE) : 0);
}

static unsigned ratio_1x(struct dice *dice, size_t number, struct made *made)
{
	return ratio_trial(dice, number, made, 1);
}

static unsigned ratio_2x(struct dice *dice, size_t number, struct made *made)
{
	return ratio_trial(dice, number, made, 2);
}

/* ---- on a claim's boundary ---- */

static unsigned boundary_trial(struct dice *dice, size_t number, struct made *made, const struct claims *claims, double ratio)
{
	static const double cvs[] = { 0.003, 0.01, 0.03 };
	static const size_t runs[] = { 5, 10, 20 };
	struct made_bench bench = bench_of(cvs[number % 3], runs[number / 3 % 3], 1);
	struct demand demands[1][MADE_ARMS];
	plant_power(demands[0], 120, ratio);
	made_campaign(dice, &bench, demands, made);
	return verdict_bits(judged_verdict(claims, made));
}

static unsigned at_low_end(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 1);
	return boundary_trial(dice, number, made, claims, CLAIM_LOW);
}

static unsigned at_high_end(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 1);
	return boundary_trial(dice, number, made, claims, CLAIM_HIGH);
}

static unsigned at_one(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1, open]", 1);
	return boundary_trial(dice, number, made, claims, 1);
}

static unsigned one_sided(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 1);
	struct made_bench bench = bench_of(0.02, number % 3 == 0 ? 5 : number % 3 == 1 ? 10 : 20, 1);
	struct demand demands[1][MADE_ARMS];
	bench.one_sided = true;
	plant_power(demands[0], 120, number % 2 ? CLAIM_LOW : CLAIM_HIGH);
	made_campaign(dice, &bench, demands, made);
	return verdict_bits(judged_verdict(claims, made));
}

static unsigned at_margin(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("equivalence: 2 %", 1);
	return boundary_trial(dice, number, made, claims, number % 2 ? MARGIN : 1 / MARGIN);
}

static unsigned within_margin(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("equivalence: 2 %", 1);
	struct made_bench bench = bench_of(0.01, number % 2 ? 20 : 14, 1);
	struct demand demands[1][MADE_ARMS];
	plant_power(demands[0], 120, 1);
	made_campaign(dice, &bench, demands, made);
	return verdict_bits(judged_verdict(claims, made));
}

/* Runs that scatter by next to nothing, before a meter whose offset and gain are worth many times as much: the one does not cancel, the
 * other does, and no number of runs makes either smaller. */
enum { OFFSET_REPRODUCED, OFFSET_CONTRADICTED, OFFSET_FOUND };

static unsigned offset(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 1);
	struct made_bench bench = bench_of(0.0002, number % 2 ? 10 : 30, 2);
	struct demand demands[2][MADE_ARMS];
	bench.noise = 0.0001;
	bench.offset = 0.75;
	bench.gain = 0.01;
	plant_power(demands[0], 80, CLAIM_LOW);
	plant_power(demands[1], 80, pow(stated_for(&bench, 80), number % 4 < 2 ? 2 : -2));
	made_campaign(dice, &bench, demands, made);
	struct interval other = judged_ratio(made, "w1");
	return verdict_bits(judged_verdict(claims, made)) | (clear_of_one(&other, number % 4 < 2 ? 2 : 0.5) ? BIT(OFFSET_FOUND) : 0);
}

/* Five claims of one file, each true ratio just outside: any that is said to be reproduced is one too many. */
static unsigned five_at_once(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 5);
	struct made_bench bench = bench_of(0.01, number % 2 ? 5 : 10, 5);
	struct demand demands[5][MADE_ARMS];
	for (size_t i = 0; i < 5; i++)
		plant_power(demands[i], 100 + 20 * (double)i, i % 2 ? CLAIM_LOW : CLAIM_HIGH);
	made_campaign(dice, &bench, demands, made);
	struct claims_judged judged = judged_by(claims, made);
	unsigned bits = (judged.n_verdicts[CLAIM_REPRODUCED] ? BIT(SAID_REPRODUCED) : 0) |
			(judged.n_verdicts[CLAIM_CONTRADICTED] ? BIT(SAID_CONTRADICTED) : 0);
	claims_judged_free(&judged);
	return bits;
}

/* One arm takes longer at the same power: gross, net, caused and RAPL all have the ratio of the times. */
enum { NET_REPRODUCED, NET_CONTRADICTED, CAUSED_REPRODUCED, CAUSED_CONTRADICTED, RAPL_REPRODUCED, RAPL_CONTRADICTED };

static unsigned every_quantity(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 1);
	struct made_bench bench = bench_of(number % 3 ? 0.01 : 0.003, number % 2 ? 5 : 10, 1);
	struct demand demands[1][MADE_ARMS] = { { demand_of(CLAIM_LOW * 10, 150), demand_of(10, 150) } };
	demands[0][GIL].tail = 50;
	demands[0][FT].tail = CLAIM_LOW * 50;
	made_campaign(dice, &bench, demands, made);
	struct claims_judged judged = judged_by(claims, made);
	const struct claim_judgement *said = judged.list[0].quantities;
	unsigned bits = verdict_bits(said[CLAIM_NET].verdict) << NET_REPRODUCED | verdict_bits(said[CLAIM_CAUSED].verdict) << CAUSED_REPRODUCED |
			verdict_bits(said[CLAIM_RAPL].verdict) << RAPL_REPRODUCED;
	claims_judged_free(&judged);
	return bits;
}

/* ---- RAPL and the wall ---- */

enum { CONFLICT, AGREED, WALL_ALONE };

static unsigned crosscheck_bits(const struct cross_checked *checked)
{
	return (checked->verdict == CROSSCHECK_SIGN_CONFLICT ? BIT(CONFLICT) : 0) | (checked->verdict == CROSSCHECK_AGREE ? BIT(AGREED) : 0) |
	       (checked->verdict == CROSSCHECK_WALL_ONLY ? BIT(WALL_ALONE) : 0);
}

/* The wall's ratio and that of what RAPL's energies would draw at the wall; 2 % of effect that each class has of its own. */
static void plant_pair(struct dice *dice, const struct made_bench *bench, double wall_ratio, double rapl_ratio, struct made *made)
{
	struct demand demands[MADE_WORKLOADS][MADE_ARMS];
	plant_classes(dice, demands, 0.02);
	double wall = demands[0][GIL].wall = 150;
	struct demand seen = demand_of(10, wall * rapl_ratio);
	demands[0][GIL] = demand_of(10, wall);
	demands[0][FT] = seen;
	demands[0][FT].wall = wall * wall_ratio;
	made_campaign(dice, bench, demands, made);
}

static struct made_bench checked_bench(size_t number)
{
	return bench_of(number % 2 ? 0.005 : 0.01, number % 2 ? 5 : 8, MADE_WORKLOADS);
}

enum { FLIP_CONFLICT, FLIP_AGREED, FLIP_TOLD };

static unsigned sign_flip(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1, open]", 1);
	struct made_bench bench = checked_bench(number);
	double ratio = pow(stated_for(&bench, 150), number % 4 < 2 ? 2 : -2);
	plant_pair(dice, &bench, ratio, 1 / ratio, made);
	struct cross_checked checked = judged_crosscheck(made);
	struct claims_judged judged = judged_by(claims, made);
	bool told = judged.list[0].conflict && strstr(judged.list[0].disagreement, "RAPL");
	claims_judged_free(&judged);
	return (crosscheck_bits(&checked) & (BIT(FLIP_CONFLICT) | BIT(FLIP_AGREED))) | (told ? BIT(FLIP_TOLD) : 0);
}

static unsigned one_sign(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = checked_bench(number);
	double ratio = pow(stated_for(&bench, 150), number % 4 < 2 ? 2 : -2);
	plant_pair(dice, &bench, ratio, ratio, made);
	struct cross_checked checked = judged_crosscheck(made);
	return crosscheck_bits(&checked);
}

/* RAPL sees no difference: neither AGREE nor SIGN-CONFLICT is true. */
static unsigned rapl_sees_nothing(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = checked_bench(number);
	plant_pair(dice, &bench, pow(stated_for(&bench, 150), number % 4 < 2 ? 2 : -2), 1, made);
	struct cross_checked checked = judged_crosscheck(made);
	return crosscheck_bits(&checked);
}

/* ft takes 20 % less time at a power by which, if the supply's line were known, the same energy follows from what RAPL says; the wall says
 * 6 % more or less. What the line is, is known from other classes, which are each off it. */
static unsigned rapl_in_less_time(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = checked_bench(number);
	struct demand demands[MADE_WORKLOADS][MADE_ARMS];
	plant_classes(dice, demands, 0.03);
	demands[0][GIL] = demand_of(10, 150);
	demands[0][FT] = demand_of(8, 150 * 10 / 8.0);
	demands[0][FT].wall *= number % 4 < 2 ? 1.06 : 1 / 1.06;
	made_campaign(dice, &bench, demands, made);
	struct cross_checked checked = judged_crosscheck(made);
	return crosscheck_bits(&checked);
}

/* ---- zones that do not measure ---- */

enum { TOLD, BELIEVED, RAPL_JUDGED };

/* Memory makes the arm dearer at the wall, and the package alone says it is cheaper. */
static void plant_memory(struct dice *dice, const struct made_bench *bench, struct made *made)
{
	struct demand demands[MADE_WORKLOADS][MADE_ARMS];
	plant_classes(dice, demands, 0.02);
	demands[0][GIL] = demand_of(10, 150);
	demands[0][FT] = demand_of(10, 150 * 1.08);
	demands[0][FT].dram += demands[0][FT].package - 0.9 * demands[0][GIL].package;
	demands[0][FT].package = 0.9 * demands[0][GIL].package;
	made_campaign(dice, bench, demands, made);
}

/* A second package of which a machine with two shows its own energy, and one with a mirrored die the first one's. */
static void plant_packages(struct dice *dice, const struct made_bench *bench, double own, struct made *made)
{
	struct demand demands[MADE_WORKLOADS][MADE_ARMS];
	plant_classes(dice, demands, 0.02);
	demands[0][GIL] = demand_of(10, 150);
	demands[0][FT] = demand_of(10, 150 * 1.08);
	for (size_t i = 0; i < MADE_WORKLOADS; i++)
		for (int arm = 0; arm < MADE_ARMS; arm++) {
			struct demand *truth = &demands[i][arm];
			double both = truth->package;
			truth->package = both * (i == 0 && arm == FT ? 0.42 : 0.5); /* the work moved to the other package */
			truth->second = own * (both - truth->package);
		}
	made_campaign(dice, bench, demands, made);
}

static unsigned zone_bits(struct made *made, const char *zone)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [open, 1]", 1);
	struct cross_checked checked = judged_crosscheck(made);
	struct claims_judged judged = judged_by(claims, made);
	enum claim_verdict rapl = judged.list[0].quantities[CLAIM_RAPL].verdict;
	claims_judged_free(&judged);
	return (checked.refused && strstr(checked.why, zone) ? BIT(TOLD) : 0) | (checked.verdict == CROSSCHECK_AGREE ? BIT(BELIEVED) : 0) |
	       (rapl == CLAIM_REPRODUCED || rapl == CLAIM_CONTRADICTED ? BIT(RAPL_JUDGED) : 0);
}

static unsigned dead_dram(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = checked_bench(number);
	bench.dram = DRAM_DEAD;
	plant_memory(dice, &bench, made);
	return zone_bits(made, "dram-0.energy");
}

static unsigned mirrored_die(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = checked_bench(number);
	bench.mirrored = true;
	plant_packages(dice, &bench, 1, made);
	return zone_bits(made, "package-1.energy");
}

enum { DOUBTED, NOT_DOUBTED };

/* Two packages that share the load but for half a per cent: sound, and nothing to be told. */
static unsigned two_packages(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = checked_bench(number);
	plant_packages(dice, &bench, 1 + 0.005 * dice_normal(dice), made);
	struct cross_checked checked = judged_crosscheck(made);
	return checked.refused ? BIT(DOUBTED) : BIT(NOT_DOUBTED);
}

/* ---- runs that are not alike ---- */

enum { UNLIKE_REPRODUCED, UNLIKE_CONTRADICTED, UNLIKE_TOLD, UNLIKE_FOUND, UNLIKE_OTHERS };

/* Six workloads, of which the first is on the boundary and the second at twice the stated effect. */
static void plant_unlike(struct dice *dice, const struct made_bench *bench, struct made *made)
{
	struct demand demands[6][MADE_ARMS];
	for (size_t i = 0; i < 6; i++)
		plant_power(demands[i], 110 + 15 * (double)i, i == 0 ? CLAIM_LOW : pow(stated_for(bench, 110 + 15 * (double)i), 2));
	made_campaign(dice, bench, demands, made);
}

static bool found_in(const struct summary *summary, const char *workload)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		if (strcmp(summary->groups[i].workload, workload) == 0 && strcmp(summary->groups[i].arm, "ft") == 0)
			return summary->groups[i].ratio_wall.low > 1;
	return false;
}

static unsigned drift(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 1);
	struct made_bench bench = bench_of(0.01, number % 2 ? 5 : 10, 6);
	struct summary summary;
	bench.drift = number % 4 < 2 ? 0.03 : -0.03;
	bench.order = number % 3 ? ORDER_RANDOM : ORDER_ABBA;
	plant_unlike(dice, &bench, made);
	struct flags flags = judged_flags(made, &summary);
	bool right_way = flags.order.drifts && (flags.change > 0) == (bench.drift > 0);
	unsigned bits = verdict_bits(judged_verdict(claims, made)) | (right_way ? BIT(UNLIKE_TOLD) : 0) | (found_in(&summary, "w1") ? BIT(UNLIKE_FOUND) : 0);
	flags_free(&flags);
	summary_free(&summary);
	return bits;
}

static bool is_named(const struct flags *flags, const struct result *result)
{
	for (size_t i = 0; i < flags->n_outliers; i++)
		if (flags->outliers[i].result == result)
			return true;
	return false;
}

/* One run of the first workload, of either arm, that is ten scatters off. Of five, one that is off makes the scatter that it is held
 * against larger: eight scatters are named in 93 %. */
static unsigned outlier(struct dice *dice, size_t number, struct made *made)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [1.13, 1.43]", 1);
	struct made_bench bench = bench_of(0.01, number % 2 ? 5 : 10, 6);
	struct summary summary;
	size_t victim;
	plant_unlike(dice, &bench, made);
	do
		victim = (size_t)(dice_unit(dice) * (double)made->file.n_results);
	while (strcmp(made->file.results[victim].workload, "w0") != 0);
	made_multiply(&made->file.results[victim], number % 4 < 2 ? 1.1 : 0.9);
	struct flags flags = judged_flags(made, &summary);
	bool named = is_named(&flags, &made->file.results[victim]), kept = summary.groups[0].n == bench.repetitions && summary.groups[1].n == bench.repetitions;
	unsigned bits = verdict_bits(judged_verdict(claims, made)) | (named && kept ? BIT(UNLIKE_TOLD) : 0) |
			(found_in(&summary, "w1") ? BIT(UNLIKE_FOUND) : 0) | (flags.n_outliers > (size_t)named + 2 ? BIT(UNLIKE_OTHERS) : 0);
	flags_free(&flags);
	summary_free(&summary);
	return bits;
}

/* Alike runs: neither a drift, nor (but now and then) one that is far off. */
enum { DRIFT_SAID, MEMORY_SAID, OUTLIER_SAID };

static unsigned alike(struct dice *dice, size_t number, struct made *made)
{
	struct made_bench bench = bench_of(0.01, number % 2 ? 5 : 10, 6);
	struct summary summary;
	plant_unlike(dice, &bench, made);
	struct flags flags = judged_flags(made, &summary);
	unsigned bits = (flags.order.drifts ? BIT(DRIFT_SAID) : 0) | (flags.order.remembers ? BIT(MEMORY_SAID) : 0) |
			(flags.n_outliers ? BIT(OUTLIER_SAID) : 0);
	flags_free(&flags);
	summary_free(&summary);
	return bits;
}

/* ---- a fan that one arm leaves spinning ---- */

enum { GROSS_STANDS, TAIL_TOLD, CAUSED_FOR, CAUSED_AGAINST, TABLE_TOLD, GROSS_AGAINST };

/* In the bracket ft takes 5 % less; the fan it leaves on takes 15 W, falling by half in 7 s. `caused`: the ratio with the tail. */
static unsigned tail_trial(struct dice *dice, size_t number, struct made *made, double caused)
{
	static struct claims *claims;
	claims = claims ? claims : judged_claims("interval: [open, 1]", 1);
	struct made_bench bench = bench_of(number % 2 ? 0.003 : 0.006, number % 2 ? 5 : 10, 1);
	struct demand demands[1][MADE_ARMS];
	plant_power(demands[0], 200, 0.95);
	demands[0][FT].tail = caused * (200 - bench.idle) * 10 - (0.95 * 200 - bench.idle) * 10;
	made_campaign(dice, &bench, demands, made);
	struct claims_judged judged = judged_by(claims, made);
	const struct claim_judged *said = &judged.list[0];
	enum claim_verdict of_caused = said->quantities[CLAIM_CAUSED].verdict;
	unsigned bits = (said->verdict == CLAIM_REPRODUCED ? BIT(GROSS_STANDS) : 0) |
			(said->conflict && strstr(said->disagreement, "caused") ? BIT(TAIL_TOLD) : 0) |
			(of_caused == CLAIM_REPRODUCED ? BIT(CAUSED_FOR) : 0) | (of_caused == CLAIM_CONTRADICTED ? BIT(CAUSED_AGAINST) : 0) |
			(judged_table_says(made, "tail: w0") ? BIT(TABLE_TOLD) : 0) | (said->verdict == CLAIM_CONTRADICTED ? BIT(GROSS_AGAINST) : 0);
	claims_judged_free(&judged);
	return bits;
}

static unsigned fan_tail(struct dice *dice, size_t number, struct made *made)
{
	return tail_trial(dice, number, made, 1.06);
}

static unsigned fan_tail_on_boundary(struct dice *dice, size_t number, struct made *made)
{
	return tail_trial(dice, number, made, 1);
}

/* ---- all of them ---- */

const struct plant plants[] = {
	{ "ratio-1x", "a ratio at the stated minimum detectable effect, either way; four designs",
	  ratio_1x, { { "found: the interval is clear of 1, and claims say so", 0.765, 0.835 }, FALSELY("found the other way round") } },
	{ "ratio-2x", "the same at twice that", ratio_2x, { FOUND("found"), FALSELY("found the other way round") } },
	{ "at-1", "no difference; the claim: at least 1", at_one, { FALSELY("reproduced"), FALSELY("contradicted") } },
	{ "at-1.13", "on the lower end of the claim [1.13, 1.43]",
	  at_low_end, { FALSELY("reproduced, when the truth is just outside"), FALSELY("contradicted, when it is just inside") } },
	{ "at-1.43", "on its upper end", at_high_end, { FALSELY("reproduced"), FALSELY("contradicted") } },
	{ "one-sided", "on either end, and the scatter is one-sided: most runs near the least, some far above",
	  one_sided, { FALSELY("reproduced"), FALSELY("contradicted") } },
	{ "at-margin", "on the margin of an equivalence within 2 %", at_margin, { FALSELY("reproduced: said to be equivalent"), FALSELY("contradicted") } },
	{ "in-margin", "no difference; the claim: equivalent within 2 %", within_margin, { FOUND("reproduced"), FALSELY("contradicted") } },
	{ "offset", "on the lower end of [1.13, 1.43], and beside it at twice the stated effect; an offset outweighs the scatter",
	  offset, { FALSELY("reproduced"), FALSELY("contradicted"), FOUND("the effect is found") } },
	{ "five-claims", "five claims of one file, each on its boundary", five_at_once, { FALSELY("any reproduced"), FALSELY("any contradicted") } },
	{ "quantities", "net, caused and RAPL on the end of the claim [1.13, 1.43]",
	  every_quantity, { FALSELY("net reproduced"), FALSELY("net contradicted"), FALSELY("caused reproduced"), FALSELY("caused contradicted"),
			    FALSELY("RAPL reproduced"), FALSELY("RAPL contradicted") } },
	{ "sign-flip", "RAPL has twice the stated effect, the other way round than the wall",
	  sign_flip, { FOUND("SIGN-CONFLICT"), FALSELY("AGREE"), FOUND("claims tell that RAPL says the opposite") } },
	{ "one-sign", "RAPL and the wall have it the same way", one_sign, { FALSELY("SIGN-CONFLICT"), FOUND("AGREE") } },
	{ "rapl-null", "the wall has it, RAPL sees no difference", rapl_sees_nothing,
	  { FALSELY("SIGN-CONFLICT"), FALSELY("AGREE"), { "WALL-ONLY", 1 - 2 * FALSE_AT_MOST, 1 } } },
	{ "rapl-time", "the same, but in less time at more power, and classes are off the supply's line by 3 %",
	  rapl_in_less_time, { FALSELY("SIGN-CONFLICT"), FALSELY("AGREE"), { "WALL-ONLY", 1 - 2 * FALSE_AT_MOST, 1 } } },
	{ "drift", "3 % over the campaign, in the plan's blocks; one workload on the boundary, one at twice the stated effect",
	  drift, { FALSELY("reproduced"), FALSELY("contradicted"), FOUND("the drift is told"), FOUND("the effect is found") } },
	{ "outlier", "one run 10 % off, where runs scatter by 1 %, of the workload on the boundary",
	  outlier, { FALSELY("reproduced"), FALSELY("contradicted"), FOUND("it is named, and counts"), FOUND("the effect elsewhere is found"),
		     FALSELY("more than two others named") } },
	{ "alike", "nothing", alike, { FALSELY("a drift is told"), FALSELY("a memory is told"), { "a run is named", 0, 0.2 } } },
	{ "dead-dram", "a DRAM zone that never counts, where memory makes the difference",
	  dead_dram, { FOUND("told, and RAPL refused"), NOT_ONCE("AGREE"), NOT_ONCE("RAPL has a verdict on a claim") } },
	{ "mirrored-die", "a package shown twice in place of two",
	  mirrored_die, { FOUND("told, and RAPL refused"), NOT_ONCE("AGREE"), NOT_ONCE("RAPL has a verdict on a claim") } },
	{ "two-packages", "two packages that share the load", two_packages, { FALSELY("one is doubted"), FOUND("RAPL is held against the wall") } },
	{ "fan-tail", "ft takes 5 % less in the bracket, and 6 % more with the fan that it leaves on; the claim: less",
	  fan_tail, { FOUND("gross: reproduced"), FOUND("told that caused says otherwise"), FALSELY("caused reproduced"),
		      FOUND("caused: contradicted"), FOUND("the table tells it, too"), FALSELY("gross: contradicted") } },
	{ "fan-even", "the same, but with the fan it takes as much",
	  fan_tail_on_boundary, { FOUND("gross: reproduced"), FALSELY("a conflict is told"), FALSELY("caused: reproduced"),
				  FALSELY("caused: contradicted"), FALSELY("the table tells a tail") } },
};
const size_t n_plants = sizeof plants / sizeof *plants;
