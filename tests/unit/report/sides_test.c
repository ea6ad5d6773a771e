/* Campaigns of different machines side by side: who is compared with whom, by which uncertainty, and what is said of it. */
#include "fixture.h"

#include "factors_file.h"
#include "layout.h"
#include "sides.h"
#include "sides_cost.h"
#include "sides_differences.h"
#include "sides_text.h"

/* ---- two benches ---- */

static void set(struct campaign_file *file, const char *object, const char *key, json_t *value)
{
	json_t *into = object[0] ? json_object_get(file->facts, object) : file->facts;
	if (into == NULL)
		json_object_set_new(file->facts, object, into = json_object());
	json_object_set_new(into, key, value);
}

static json_t *meter_of(struct campaign_file *file)
{
	return json_array_get(json_object_get(json_object_get(file->facts, "bench"), "devices"), 0);
}

/* One run, by the device "wall" in 300 V and `amperes`. */
static struct result *measured(struct campaign_file *file, const char *point, const char *arm, double seconds, double joules, double amperes)
{
	struct result *result = fixture_run(file, "mandelbrot", point, arm, seconds, joules);
	json_t *ranges = json_object_get(file->facts, "ranges");
	fixture_source(result, "wall.power", ROLE_WALL, false, result->sources[0].energy);
	if (ranges == NULL)
		json_object_set_new(file->facts, "ranges", ranges = json_array());
	json_array_append_new(ranges, json_pack("{s:s, s:i, s:f, s:f, s:f, s:b, s:b}", "device", "wall", "run", (int)result->run, "voltage_range_V",
						300.0, "current_range_A", amperes, "voltage_V", 230.0, "automatic", 0, "changed", 0));
	return result;
}

/* Five runs at threads=2: `joules` and `seconds` each, give or take a little. */
static struct campaign_file bench(const char *uuid, const char *serial, double seconds, double joules, double amperes)
{
	struct campaign_file file = fixture_empty();
	set(&file, "", "uuid", json_string(uuid));
	json_object_set_new(meter_of(&file), "serial", json_string(serial));
	for (int i = 0; i < 5; i++)
		measured(&file, "threads=2", "gil", seconds * (1 + 0.0002 * i), joules * (1 + 0.0003 * i), amperes);
	return file;
}

struct pair {
	struct campaign_file files[3];
	struct sides sides;
	struct error error;
};

static int make(struct pair *pair, size_t n)
{
	static const char *const arms[SIDES_MAX] = { NULL };
	pair->error = (struct error)ERROR_INIT;
	return sides_make(pair->files, arms, n, &pair->sides, &pair->error);
}

static void must_make(struct pair *pair, size_t n)
{
	if (make(pair, n) != 0)
		fail_msg("%s: %s", pair->error.on, pair->error.what);
}

static void end(struct pair *pair, size_t n)
{
	sides_free(&pair->sides);
	for (size_t i = 0; i < n; i++)
		fixture_free(&pair->files[i]);
}

static char *printed(const struct pair *pair, const struct factors *factors, int columns)
{
	struct text text = TEXT_INIT;
	struct table_options options = { .columns = columns, .unicode = true };
	assert_int_equal(report_sides(&pair->sides, factors, &options, &text), 0);
	return text.bytes;
}

static void assert_says(const struct pair *pair, const char *what)
{
	char *text = printed(pair, NULL, 0);
	if (strstr(text, what) == NULL)
		fail_msg("\"%s\" is not in:\n%s", what, text);
	free(text);
}

/* ---- ratios ---- */

static double half(const struct interval *ratio)
{
	return (ratio->high - ratio->low) / 2 / ratio->estimate;
}

static void one_meter_has_the_smaller_uncertainty(void **state)
{
	(void)state;
	struct pair one = { .files = { bench("1", "C3", 3.4, 400, 2), bench("2", "C3", 3.4, 412, 2) } };
	struct pair two = { .files = { bench("1", "C3", 3.4, 400, 2), bench("2", "C4", 3.4, 412, 2) } };
	must_make(&one, 2);
	must_make(&two, 2);
	const struct side_at *of_one = &one.sides.points[0].at[1], *of_two = &two.sides.points[0].at[1];
	assert_null(of_one->difference);
	assert_string_equal(of_two->difference, "another meter");
	assert_near(of_one->ratio[SIDE_GROSS].estimate, 1.03, 1e-9);
	assert_near(of_two->ratio[SIDE_GROSS].estimate, 1.03, 1e-9);
	assert_true(half(&of_one->ratio[SIDE_GROSS]) < 0.6 * half(&of_two->ratio[SIDE_GROSS]));
	assert_near(of_two->shared.meter, sqrt(2) * 0.001, 0.0005); /* two gains of 0.1 %, and offsets */
	assert_true(of_one->shared.meter < 0.0003);
	assert_true(of_two->ratio[SIDE_GROSS].low < 1.03 && of_two->ratio[SIDE_GROSS].high > 1.03);
	assert_true(half(&of_one->ratio[SIDE_NET]) < half(&of_two->ratio[SIDE_NET]));
	assert_near(one.sides.points[0].at[0].ratio[SIDE_EDP].high, 1, 0);
	assert_says(&one, "B / A: both were measured by YOKOGAWA WT310E no. C3 in 300 V / 2 A: its gain cancels");
	assert_says(&two, "WT310E no. C4 in 300 V / 2 A against YOKOGAWA WT310E no. C3 in 300 V / 2 A: another meter: nothing");
	end(&one, 2);
	end(&two, 2);
}

static const char *difference_after(void (*change)(struct campaign_file *))
{
	static char difference[100];
	struct pair pair = { .files = { bench("1", "C3", 3.4, 400, 2), bench("2", "C3", 3.4, 412, 2) } };
	change(&pair.files[1]);
	must_make(&pair, 2);
	const char *said = pair.sides.points[0].at[1].difference;
	snprintf(difference, sizeof difference, "%s", said ? said : "none");
	end(&pair, 2);
	return difference;
}

static json_t *first_ranges(struct campaign_file *file)
{
	return json_array_get(json_object_get(file->facts, "ranges"), 0);
}

static void nothing(struct campaign_file *file)
{
	(void)file;
}

static void other_range(struct campaign_file *file)
{
	for (size_t i = 0; i < 5; i++)
		json_object_set_new(json_array_get(json_object_get(file->facts, "ranges"), i), "current_range_A", json_real(5));
}

static void one_other_range(struct campaign_file *file)
{
	json_object_set_new(first_ranges(file), "current_range_A", json_real(5));
}

static void automatic(struct campaign_file *file)
{
	json_object_set_new(first_ranges(file), "automatic", json_true());
}

static void untold(struct campaign_file *file)
{
	json_object_del(file->facts, "ranges");
}

static void certified(struct campaign_file *file)
{
	json_object_set_new(meter_of(file), "certificate", json_pack("{s:s}", "number", "A-1"));
}

static void second_element(struct campaign_file *file)
{
	fixture_source(&file->results[0], "wall.power-2", ROLE_WALL, false, file->results[0].sources[0].energy);
}

static void integrated(struct campaign_file *file)
{
	for (size_t i = 0; i < file->n_results; i++)
		file->results[i].sources[0].energy.gross.value *= 1.0001;
}

static void a_meter_in_one_state(void **state)
{
	(void)state;
	assert_string_equal(difference_after(nothing), "none");
	assert_string_equal(difference_after(other_range), "the meter was in another range");
	assert_string_equal(difference_after(one_other_range), "it was in several ranges");
	assert_string_equal(difference_after(automatic), "its range was automatic, or changed");
	assert_string_equal(difference_after(untold), "which range the meter was in is told of one side only");
	assert_string_equal(difference_after(certified), "the meter had another certificate");
	assert_string_equal(difference_after(second_element), "not one meter with one element alone");
	assert_non_null(strstr(difference_after(integrated), "integrator"));
}

/* A meter with ranges may have been in another; a specification without any holds in all. */
static void ranges_that_nobody_tells_may_differ(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3.4, 400, 2), bench("2", "C3", 3.4, 410, 2) } };
	untold(&pair.files[0]);
	untold(&pair.files[1]);
	must_make(&pair, 2);
	const struct side_at *at = &pair.sides.points[0].at[1];
	assert_string_equal(at->difference, "which range the meter was in is not told");
	assert_near(at->shared.meter, sqrt(2) * 0.001, 0.0005);
	sides_free(&pair.sides);
	for (size_t i = 0; i < 10; i++) {
		struct result *result = &pair.files[i / 5].results[i % 5];
		struct budget *budget = &result->sources[result->n_sources - 1].energy.gross.budget; /* of wall.power */
		*budget = (struct budget){ .n = 0 };
		budget_add(budget, "gain", 'B', 0.4, INFINITY, SHARE_RELATIVE);
	}
	must_make(&pair, 2);
	assert_null(pair.sides.points[0].at[1].difference);
	end(&pair, 2);
}

/* Idle has taken the offset off on either side: what is left of the range's limit is not known to be one. */
static void above_idle_no_offset_cancels(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3.4, 400, 2), bench("2", "C3", 3.4, 400, 2) } };
	for (size_t i = 0; i < 10; i++)
		budget_add(&pair.files[i / 5].results[i % 5].sources[0].energy.net.budget, "range", 'B', 10, INFINITY, SHARE_ABSOLUTE);
	must_make(&pair, 2);
	const struct side_at *at = &pair.sides.points[0].at[1];
	double net = at->mean[SIDE_NET].mean;
	assert_near(half(&at->ratio[SIDE_NET]), 1.96 * sqrt(2) * 10 / net, 0.1 * 10 / net);
	assert_true(half(&at->ratio[SIDE_GROSS]) < 0.002);
	end(&pair, 2);
}

static void a_meter_drifts(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3.4, 400, 2), bench("2", "C3", 3.4, 412, 2) } };
	must_make(&pair, 2);
	double at_once = pair.sides.points[0].at[1].shared.meter;
	sides_free(&pair.sides);
	for (size_t i = 0; i < 5; i++)
		pair.files[1].results[i].start_realtime += 100 * 86400 * NS_PER_S;
	must_make(&pair, 2);
	assert_near(pair.sides.points[0].at[1].years, 100 / 365.25, 1e-9);
	assert_true(pair.sides.points[0].at[1].shared.meter > 1.5 * at_once);
	assert_says(&pair, "may drift in 100 days");
	sides_free(&pair.sides);
	pair.files[1].results[0].start_realtime = 0;
	must_make(&pair, 2);
	assert_string_equal(pair.sides.points[0].at[1].difference, "when either was measured is not known");
	assert_near(pair.sides.points[0].at[1].shared.meter, sqrt(2) * 0.001, 0.0005);
	end(&pair, 2);
}

/* A run that takes longer takes more: their product scatters by both, and is no product of means. */
static void energy_and_time_go_together(void **state)
{
	(void)state;
	struct pair pair = { .files = { fixture_empty(), bench("2", "C4", 2, 100, 2) } };
	static const double seconds[] = { 1, 2, 3 }, joules[] = { 100, 200, 300 };
	for (int i = 0; i < 3; i++)
		measured(&pair.files[0], "threads=2", "gil", seconds[i], joules[i], 2);
	must_make(&pair, 2);
	const struct side_at *at = &pair.sides.points[0].at[0];
	assert_near(at->mean[SIDE_EDP].mean, (100 + 400 + 900) / 3.0, 1e-9); /* not 400 */
	assert_near(at->mean[SIDE_EDP].scatter, 404.145, 1e-2);
	assert_near(at->mean[SIDE_TIME].mean, 2, 1e-12);
	assert_near(at->mean[SIDE_TIME].scatter, 1, 1e-12);
	assert_true(isfinite(at->mean[SIDE_EDP].expanded.U));
	assert_near(at->power, 100, 1e-9);
	end(&pair, 2);
}

/* ---- who is compared ---- */

static void another_checksum_is_another_work(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2), bench("3", "C5", 3, 380, 2) } };
	for (size_t i = 0; i < 5; i++)
		snprintf(pair.files[1].results[i].checksum, 8, "beef");
	must_make(&pair, 3);
	assert_int_equal(pair.sides.points[0].n_compared, 2);
	assert_false(side_is_compared(&pair.sides.points[0].at[1]));
	assert_true(side_is_compared(&pair.sides.points[0].at[2]));
	assert_says(&pair, "B not compared: mandelbrot threads=2: not the same work: its result has checksum beef");
	end(&pair, 3);
}

/* The baseline has none to hold others against; they have each other's. */
static void checksums_are_held_against_the_first_that_there_is(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2), bench("3", "C5", 2, 200, 2) } };
	for (size_t i = 0; i < 5; i++) {
		pair.files[0].results[i].checksum[0] = '\0';
		snprintf(pair.files[1].results[i].checksum, 8, "beef");
		snprintf(pair.files[2].results[i].checksum, 8, "cafe");
	}
	must_make(&pair, 3);
	assert_int_equal(pair.sides.points[0].baseline, 0);
	assert_true(side_is_compared(&pair.sides.points[0].at[1]));
	assert_false(side_is_compared(&pair.sides.points[0].at[2]));
	assert_says(&pair, "C not compared: mandelbrot threads=2: not the same work: its result has checksum cafe…, that of B has beef…");
	end(&pair, 3);
}

static void no_checksum_is_said(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	for (size_t i = 0; i < 5; i++)
		pair.files[1].results[i].checksum[0] = '\0';
	must_make(&pair, 2);
	assert_int_equal(pair.sides.points[0].n_compared, 2);
	assert_says(&pair, "unchecked: at 1 of 1 points");
	end(&pair, 2);
}

static void another_phase_is_another_measure(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	set(&pair.files[1], "measures", "mandelbrot", json_string("work"));
	for (size_t i = 0; i < 5; i++)
		snprintf(pair.files[1].results[i].phase, 8, "work");
	must_make(&pair, 2);
	assert_int_equal(pair.sides.points[0].n_compared, 1);
	assert_says(&pair, "B not compared: mandelbrot threads=2: it measures phase work, and A the whole run");
	end(&pair, 2);
}

static void points_that_one_alone_has(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2), bench("3", "C5", 3, 400, 2) } };
	for (int i = 0; i < 2; i++) {
		measured(&pair.files[0], "threads=4", "gil", 3, 400 + i, 2);
		measured(&pair.files[1], "threads=8", "gil", 3, 400 + i, 2);
		measured(&pair.files[2], "threads=8", "gil", 3, 800 + i, 2);
	}
	must_make(&pair, 3);
	assert_int_equal(pair.sides.n_points, 2);
	assert_int_equal(pair.sides.alone, 1);
	assert_string_equal(pair.sides.points[1].point, "threads=8");
	assert_int_equal(pair.sides.points[1].baseline, 1); /* the first that has it */
	assert_near(pair.sides.points[1].at[2].ratio[SIDE_GROSS].estimate, 2, 1e-2);
	end(&pair, 3);
}

static void runs_without_energy_leave_a_side_out(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2), bench("3", "C5", 3, 390, 2) } };
	for (size_t i = 0; i < 5; i++)
		pair.files[0].results[i].status = RUN_TIMEOUT;
	must_make(&pair, 3);
	assert_int_equal(pair.sides.points[0].baseline, 1);
	assert_int_equal(pair.sides.points[0].n_compared, 2);
	assert_says(&pair, "A not compared: mandelbrot threads=2: none of its runs has an energy");
	end(&pair, 3);
}

static void what_cannot_be_compared_is_refused(void **state)
{
	(void)state;
	static const char *const arms[SIDES_MAX] = { NULL, "jit" };
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("1", "C4", 3, 400, 2), bench("3", "C4", 3, 400, 2) } };
	assert_int_equal(make(&pair, 2), -1);
	assert_non_null(strstr(pair.error.what, "campaign A once more"));
	assert_int_equal(pair.sides.n, 0);
	set(&pair.files[1], "", "uuid", json_string("2"));
	pair.error = (struct error)ERROR_INIT;
	assert_int_equal(sides_make(pair.files, arms, 2, &pair.sides, &pair.error), -1);
	assert_string_equal(pair.error.on, "campaign B");
	assert_non_null(strstr(pair.error.what, "\"jit\""));
	for (size_t i = 0; i < 5; i++)
		snprintf(pair.files[2].results[i].sources[0].name, 8, "rail");
	pair.error = (struct error)ERROR_INIT;
	assert_int_equal(make(&pair, 3), -1);
	assert_string_equal(pair.error.on, "campaign C");
	assert_non_null(strstr(pair.error.what, "no energy at the wall"));
	end(&pair, 3);
}

static void an_arm_for_each(void **state)
{
	(void)state;
	static const char *const arms[SIDES_MAX] = { "gil", "ft" };
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	for (int i = 0; i < 3; i++)
		measured(&pair.files[1], "threads=2", "ft", 1.5, 200 + 0.1 * i, 2);
	assert_int_equal(sides_make(pair.files, arms, 2, &pair.sides, &pair.error), 0);
	assert_near(pair.sides.points[0].at[1].ratio[SIDE_GROSS].estimate, 0.5, 1e-3);
	assert_int_equal(pair.sides.points[0].at[0].front, PARETO_BEHIND);
	assert_int_equal(pair.sides.points[0].at[1].front, PARETO_FRONT);
	assert_says(&pair, "arm ft = 3.13.5, GIL off");
	assert_says(&pair, "GIL: A yes; B no");
	end(&pair, 2);
}

static void a_single_run_has_no_interval(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), fixture_empty() } };
	set(&pair.files[1], "", "uuid", json_string("2"));
	measured(&pair.files[1], "threads=2", "gil", 3, 200, 2);
	must_make(&pair, 2);
	assert_near(pair.sides.points[0].at[1].ratio[SIDE_GROSS].estimate, 0.5, 1e-2);
	assert_true(isnan(pair.sides.points[0].at[1].ratio[SIDE_GROSS].low));
	assert_int_equal(pair.sides.points[0].at[1].front, PARETO_UNDECIDED);
	end(&pair, 2);
}

/* ---- work ---- */

static void tell_work(struct campaign_file *file, size_t run, double amount, const char *unit)
{
	json_t *work = json_object_get(file->facts, "work");
	if (work == NULL)
		json_object_set_new(file->facts, "work", work = json_array());
	json_array_append_new(work, json_pack("{s:i, s:f, s:s}", "run", (int)run, "amount", amount, "unit", unit));
}

static void energy_of_a_unit_of_work(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	for (size_t i = 1; i <= 5; i++) {
		tell_work(&pair.files[0], i, 1e6, "pixel");
		if (i < 5)
			tell_work(&pair.files[1], i, 1e6, "pixel");
	}
	must_make(&pair, 2);
	const struct side_at *at = pair.sides.points[0].at;
	assert_near(at[0].per_unit.mean, at[0].mean[SIDE_GROSS].mean / 1e6, 1e-12);
	assert_near(at[0].per_unit.expanded.U, at[0].mean[SIDE_GROSS].expanded.U / 1e6, 1e-12);
	assert_true(side_is_compared(&at[1]));
	assert_true(isnan(at[1].work)); /* one run does not say */
	assert_int_equal(at[1].per_unit.n, 0);
	assert_says(&pair, "J / pixel");
	end(&pair, 2);
}

static void another_amount_is_another_work(void **state)
{
	(void)state;
	static const struct {
		double amount;
		const char *unit, *said;
	} others[] = {
		{ 5e5, "hit", "B not compared: mandelbrot threads=2: not the same work: its runs did 500000 hit, those of A 1000000 hit" },
		{ 1e6, "batch", "B not compared: mandelbrot threads=2: not the same work: its runs did 1000000 batch, those of A 1000000 hit" },
		{ 1e6, "hit", NULL },
	};
	for (size_t other = 0; other < 3; other++) {
		struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 210, 2) } };
		for (size_t i = 1; i <= 5; i++)
			tell_work(&pair.files[0], i, 1e6, "hit");
		tell_work(&pair.files[1], 3, others[other].amount, others[other].unit); /* one that tells will do */
		must_make(&pair, 2);
		assert_int_equal(pair.sides.points[0].n_compared, others[other].said ? 1 : 2);
		if (others[other].said)
			assert_says(&pair, others[other].said);
		end(&pair, 2);
	}
}

/* The mean of such runs is of no work, and nobody is compared with it. */
static void runs_of_different_work_leave_a_side_out(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2), bench("3", "C5", 3, 380, 2) } };
	for (size_t i = 1; i <= 5; i++)
		for (size_t side = 0; side < 3; side++)
			tell_work(&pair.files[side], i, side == 0 && i == 5 ? 2e6 : 1e6, "pixel");
	must_make(&pair, 3);
	assert_int_equal(pair.sides.points[0].baseline, 1);
	assert_int_equal(pair.sides.points[0].n_compared, 2);
	assert_says(&pair, "A not compared: mandelbrot threads=2: its runs did different amounts of work");
	end(&pair, 3);
}

/* ---- differences ---- */

static void what_else_differs(void **state)
{
	(void)state;
	static char plans[2][300] = {
		"joulerig: plan 1\narms: { gil: {} }\nworkloads: { mandelbrot: { command: [a] }, other: { command: [b] } }\n",
		"joulerig: plan 1\nrepetitions: 7\narms: { gil: {} }\nworkloads: { mandelbrot: { command: [a, --fast] }, other: { command: [c] } }\n",
	};
	static char benches[2][200] = {
		"joulerig: bench 1\ndut: { line_frequency: 50 Hz }\ndevices: { rapl: { driver: powercap } }\n",
		"joulerig: bench 1\ndut: { line_frequency: 60 Hz }\ndevices: { rapl: { driver: powercap } }\n",
	};
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	for (int i = 0; i < 2; i++) {
		set(&pair.files[i], "machine", "cpu", json_pack("{s:i, s:i}", "cores", i ? 64 : 8, "sockets", 1));
		json_object_set_new(json_object_get(json_object_get(pair.files[i].facts, "interpreters"), "gil"), "configure_args",
				    json_string(i ? "'--prefix=/b' '--with-lto'" : "'--prefix=/a'"));
		pair.files[i].plan_text = plans[i];
		pair.files[i].bench_text = benches[i];
	}
	set(&pair.files[1], "machine", "on_battery", json_true());
	must_make(&pair, 2);
	assert_says(&pair, "cores: A 8; B 64");
	assert_says(&pair, "on battery: A not told; B yes");
	assert_says(&pair, "interpreter's build flags: A none; B '--with-lto'");
	assert_says(&pair, "plan: repetitions: A 3; B 7");
	assert_says(&pair, "plan: workload mandelbrot: A a, measures the run; B a --fast, measures the run");
	assert_says(&pair, "line frequency: A 50 Hz; B 60 Hz");
	assert_says(&pair, "idle power (wall): A 60.00 W; B 60.00 W");
	char *text = printed(&pair, NULL, 0);
	assert_null(strstr(text, "sockets"));
	assert_null(strstr(text, "workload other")); /* is not compared */
	assert_null(strstr(text, "plan: idle"));
	free(text);
	end(&pair, 2);
}

/* ---- costs ---- */

static const struct factors factors = {
	.price = { .source = "tariff \x1b[31m sheet", .date = "2026-01-01", .written = "0.36 EUR/kWh", .value = 0.36, .U = 0.1 },
	.pue = { .value = 1 },
	.carbon = { .source = "Ember", .date = "2024-01-01", .written = "400 g/kWh", .value = 400 },
	.currency = "EUR", .method = "average", .region = "DEU",
};

static void costs_by_hand(void **state)
{
	(void)state;
	struct cost cost;
	struct factors hall = factors;
	cost_of(3.6e6, 3.6e4, &factors, &cost);
	assert_near(cost.kWh, 1, 1e-15);
	assert_near(cost.U_kWh, 0.01, 1e-15);
	assert_near(cost.money, 0.36, 1e-15);
	assert_near(cost.U_money, 0.36 * hypot(0.01, 0.1), 1e-15);
	assert_near(cost.co2e, 400, 1e-12);
	assert_near(cost.U_co2e, 4, 1e-12);
	hall.pue = (struct factor){ .value = 1.5, .U = 0.02, .source = "x", .date = "y", .written = "1.5" };
	cost_of(3.6e6, 3.6e4, &hall, &cost);
	assert_near(cost.kWh, 1.5, 1e-15);
	assert_near(cost.co2e, 600, 1e-12);
	assert_near(cost.U_co2e, 600 * hypot(0.01, 0.02), 1e-12);
}

static void costs_stand_beside_their_factors(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 360, 2) } };
	for (size_t i = 1; i <= 5; i++)
		tell_work(&pair.files[0], i, 1000, "pixel");
	must_make(&pair, 1);
	char *text = printed(&pair, &factors, 0);
	assert_non_null(strstr(text, "1000 runs"));
	assert_non_null(strstr(text, "million pixel"));
	assert_non_null(strstr(text, "0.1000"));
	assert_non_null(strstr(text, "price: 0.36 EUR/kWh ± 10 %; source: tariff \\x1b[31m sheet, 2026-01-01"));
	assert_non_null(strstr(text, "PUE: none given"));
	assert_non_null(strstr(text, "CO2e: 400 g/kWh, taken to be exact, average, DEU; source: Ember, 2024-01-01"));
	assert_null(strstr(text, "Pareto"));
	free(text);
	text = printed(&pair, NULL, 0);
	assert_null(strstr(text, "kWh"));
	free(text);
	end(&pair, 1);
}

/* ---- forms ---- */

static void a_twin_makes_all_of_it_a_rehearsal(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	must_make(&pair, 2);
	char *text = printed(&pair, NULL, 0);
	assert_null(strstr(text, "SIMULATED"));
	free(text);
	pair.files[0].results[2].simulated = true;
	assert_says(&pair, "SIMULATED: some energies below");
	pair.files[0].results[2].simulated = false;
	fixture_simulate(&pair.files[1]);
	sides_free(&pair.sides);
	must_make(&pair, 2);
	text = printed(&pair, NULL, 0);
	assert_int_equal(strncmp(text, "SIMULATED: some energies below come from a twin; a rehearsal", 60), 0);
	free(text);
	fixture_simulate(&pair.files[0]);
	assert_says(&pair, "SIMULATED: every energy below");
	end(&pair, 2);
}

static void a_campaign_that_ended_by_its_data_is_told(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	must_make(&pair, 2);
	char *text = printed(&pair, NULL, 0);
	assert_null(strstr(text, "ended by its plan's rule"));
	free(text);
	json_object_set_new(pair.files[1].facts, "stopping",
			    json_pack("{s:f, s:i, s:{s:s, s:i, s:b}}", "coverage", 0.935, "at_most", 20, "decision", "answer", "enough", "after", 12, "stop", 1));
	assert_says(&pair, "B ended by its plan's rule (stop), by what its runs said: of ratios within such a campaign a 95 % interval holds in at least 93.5 %");
	end(&pair, 2);
}

static void names_are_harmless(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3\x1b[2J", 3, 400, 2), bench("2", "C4", 3, 400, 2) } };
	for (int i = 0; i < 2; i++) {
		set(&pair.files[i], "bench", "name", json_string("desk \x1b[31m"));
		set(&pair.files[i], "machine", "architecture", json_string(i ? "a\x1b" : "b\x1b"));
		for (size_t r = 0; r < 5; r++)
			snprintf(pair.files[i].results[r].workload, 20, "<b>\x1b]0;x\a");
	}
	must_make(&pair, 2);
	char *text = printed(&pair, &factors, 100);
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(text, '\a'));
	assert_non_null(strstr(text, "<b>\\x1b]0;x\\x07"));
	free(text);
	end(&pair, 2);
}

static double number_at(const json_t *json, const char *a, const char *b)
{
	return json_number_value(json_object_get(json_object_get(json, a), b));
}

static void json_has_all_of_it(void **state)
{
	(void)state;
	struct pair pair = { .files = { bench("1", "C3", 3, 400, 2), bench("2", "C4", 3, 412, 2) } };
	struct text text = TEXT_INIT;
	must_make(&pair, 2);
	assert_int_equal(report_sides_json(&pair.sides, &factors, &text), 0);
	json_t *json = json_loads(text_string(&text), 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "format")), "joulerig compare 1");
	assert_true(json_is_false(json_object_get(json, "simulated")));
	const json_t *b = json_array_get(json_object_get(json_array_get(json_object_get(json, "points"), 0), "campaigns"), 1);
	const struct side_at *at = &pair.sides.points[0].at[1];
	assert_near(number_at(b, "gross_J", "value"), at->mean[SIDE_GROSS].mean, 0);
	assert_near(number_at(b, "net_J", "U"), at->mean[SIDE_NET].expanded.U, 0);
	assert_near(number_at(b, "edp_Js", "value"), at->mean[SIDE_EDP].mean, 0);
	assert_near(number_at(json_object_get(b, "ratio"), "gross", "low"), at->ratio[SIDE_GROSS].low, 0);
	assert_near(number_at(json_object_get(b, "ratio"), "caused", "high"), at->ratio[SIDE_CAUSED].high, 0);
	assert_near(number_at(json_object_get(b, "cost"), "1000_runs", "kWh"), at->mean[SIDE_GROSS].mean / 3600, 1e-12);
	assert_true(json_is_false(json_object_get(b, "one_meter")));
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_object_get(json, "factors"), "price"), "unit")), "EUR/kWh");
	assert_true(json_array_size(json_object_get(json, "differences")) >= 1);
	json_decref(json);
	text_free(&text);
	end(&pair, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_meter_has_the_smaller_uncertainty),
		cmocka_unit_test(a_meter_in_one_state),
		cmocka_unit_test(ranges_that_nobody_tells_may_differ),
		cmocka_unit_test(above_idle_no_offset_cancels),
		cmocka_unit_test(a_meter_drifts),
		cmocka_unit_test(energy_and_time_go_together),
		cmocka_unit_test(another_checksum_is_another_work),
		cmocka_unit_test(checksums_are_held_against_the_first_that_there_is),
		cmocka_unit_test(no_checksum_is_said),
		cmocka_unit_test(another_phase_is_another_measure),
		cmocka_unit_test(points_that_one_alone_has),
		cmocka_unit_test(runs_without_energy_leave_a_side_out),
		cmocka_unit_test(what_cannot_be_compared_is_refused),
		cmocka_unit_test(an_arm_for_each),
		cmocka_unit_test(a_single_run_has_no_interval),
		cmocka_unit_test(energy_of_a_unit_of_work),
		cmocka_unit_test(another_amount_is_another_work),
		cmocka_unit_test(runs_of_different_work_leave_a_side_out),
		cmocka_unit_test(what_else_differs),
		cmocka_unit_test(costs_by_hand),
		cmocka_unit_test(costs_stand_beside_their_factors),
		cmocka_unit_test(a_twin_makes_all_of_it_a_rehearsal),
		cmocka_unit_test(a_campaign_that_ended_by_its_data_is_told),
		cmocka_unit_test(names_are_harmless),
		cmocka_unit_test(json_has_all_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
