/* The script of faults: what it may say, what is refused, and what it strikes. */
#include "fault/fault_script.h"

#include "clock.h"
#include "unit.h"

static struct fault_script parsed(const char *text, uint64_t seed)
{
	struct fault_script script;
	struct error error = ERROR_INIT;
	if (fault_script_parse(text, seed, "wall", &script, &error) != 0)
		fail_msg("%s: %s", text, error.what);
	return script;
}

static void clauses_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum fault_kind kind;
		uint32_t every;
		int64_t at, lasts;
		double by;
	} good[] = {
		{ "garble every 50", PLANT_GARBLE, 50, 0, 0, 0 },
		{ "  drop   every  1 ", PLANT_DROP, 1, 0, 0, 0 },
		{ "stall at 10 s for 3 s", PLANT_STALL, 0, 10 * NS_PER_S, 3 * NS_PER_S, 0 },
		{ "stall for 3 s at 0 s", PLANT_STALL, 0, 0, 3 * NS_PER_S, 0 },
		{ "delay by 300 ms every 20", PLANT_DELAY, 20, 0, 0, 0.3 },
		{ "step by -2 s at 40 s", PLANT_STEP, 0, 40 * NS_PER_S, NEVER, -2 },
		{ "step by 2ms every 9 for 1 min", PLANT_STEP, 9, 0, 60 * NS_PER_S, 0.002 },
		{ "unit at 1 s", PLANT_UNIT, 0, NS_PER_S, 0, 1000 },
		{ "unit by 0.001 every 3 for 500 ms", PLANT_UNIT, 3, 0, 500 * NS_PER_MS, 0.001 },
		{ "truncate every 7", PLANT_TRUNCATE, 7, 0, 0, 0 },
		{ "repeat every 7", PLANT_REPEAT, 7, 0, 0, 0 },
		{ "disconnect at 5 s for 2 s", PLANT_DISCONNECT, 0, 5 * NS_PER_S, 2 * NS_PER_S, 0 },
		{ "rename at 5 s", PLANT_RENAME, 0, 5 * NS_PER_S, NEVER, 0 },
		{ "over every 4", PLANT_OVER, 4, 0, 0, 0 },
		{ "nan every 4", PLANT_NAN, 4, 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct fault_script script = parsed(good[i].text, 1);
		const struct fault_clause *clause = &script.clauses[0];
		assert_int_equal(script.n, 1);
		assert_int_equal(clause->kind, good[i].kind);
		assert_int_equal(clause->every, good[i].every);
		assert_true(clause->at == good[i].at && clause->lasts == good[i].lasts);
		assert_near(clause->by, good[i].by, 1e-12);
		assert_int_equal(fault_is_of_link(clause->kind), good[i].kind < PLANT_STALL);
	}
	assert_int_equal(parsed("", 1).n, 0);
	assert_int_equal(parsed("   ", 1).n, 0);
	assert_int_equal(parsed("drop every 5,nan at 1 s , over every 3", 1).n, 3);
}

static void anything_else_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} bad[] = {
		{ "explode every 5", "at \"explode every 5\": expected drop, delay" },
		{ "Drop every 5", "expected drop, delay" },
		{ "drop every 5,", "at \"\": expected drop, delay" },
		{ ",drop every 5", "at \"\": expected drop, delay" },
		{ "drop every 5, nan", "at \"nan\": expected either every N or at TIME" },
		{ "drop", "expected either every N or at TIME" },
		{ "drop evry 5", "expected by AMOUNT, every N or at TIME behind the kind" },
		{ "drop 5", "expected by AMOUNT, every N or at TIME behind the kind" },
		{ "drop every", "expected a value behind each" },
		{ "drop every at 5 s", "expected a value behind each" },
		{ "drop every 0", "expected a count behind every" },
		{ "drop every -3", "expected a count behind every" },
		{ "drop every 1.5", "expected a count behind every" },
		{ "drop every 5 s", "expected a count behind every" },
		{ "drop every 99999999999", "expected a count behind every" },
		{ "drop every 5 every 6", "expected each of by, every, at, for once" },
		{ "drop every 5 at 6 s", "expected either every N or at TIME" },
		{ "drop at 10", "expected a time behind at" },
		{ "drop at -1 s", "expected a time behind at" },
		{ "drop at 1e9 s", "expected a time behind at" },
		{ "drop at 10 W", "expected a time behind at" },
		{ "drop every 5 for 0 s", "expected a time behind for" },
		{ "drop every 5 for ever", "expected a time behind for" },
		{ "drop by 2 s every 5", "expected no amount" },
		{ "delay every 5", "expected by TIME" },
		{ "delay by -1 s every 5", "expected by TIME" },
		{ "delay by 2 every 5", "expected by TIME" },
		{ "step at 5 s", "expected by TIME" },
		{ "unit by 0 every 5", "expected by a factor" },
		{ "unit by kW every 5", "expected by a factor" },
		{ "unit by nan every 5", "expected by a factor" },
		{ "drop at 1111111111111111111111111111111111111111111111 s", "expected a short value" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fault_script script;
		struct error error = ERROR_INIT;
		if (fault_script_parse(bad[i].text, 1, "wall", &script, &error) == 0)
			fail_msg("'%s' is taken", bad[i].text);
		assert_int_equal(error.code, ERROR_CONFIG);
		assert_string_equal(error.on, "wall");
		if (strstr(error.what, bad[i].said) == NULL)
			fail_msg("'%s': %s", bad[i].text, error.what);
	}
}

static void there_is_an_end_to_clauses(void **state)
{
	(void)state;
	char text[400] = "nan every 1";
	struct fault_script script;
	struct error error = ERROR_INIT;
	for (int i = 1; i < FAULT_CLAUSES_MAX; i++)
		strcat(text, ",nan every 1");
	assert_int_equal(parsed(text, 1).n, FAULT_CLAUSES_MAX);
	strcat(text, ",nan every 1");
	assert_int_equal(fault_script_parse(text, 1, "wall", &script, &error), -1);
	assert_non_null(strstr(error.what, "no more than 16 clauses"));
	while (strlen(text) < 300)
		strcat(text, " ");
	error = (struct error)ERROR_INIT;
	assert_int_equal(fault_script_parse(text, 1, "wall", &script, &error), -1);
	assert_non_null(strstr(error.what, "longer than"));
}

static void one_of_n_on_average(void **state)
{
	(void)state;
	int differ = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct fault_script a = parsed("drop every 50", seed), b = parsed("drop every 50", seed), c = parsed("drop every 50", seed + 100);
		int struck = 0, in_a_row = 0, longest = 0;
		for (int i = 0; i < 10000; i++) {
			bool hit = fault_strikes(&a, PLANT_DROP, i) != NULL;
			assert_true(hit == (fault_strikes(&b, PLANT_DROP, i) != NULL)); /* the same seed, the same faults */
			differ += hit != (fault_strikes(&c, PLANT_DROP, i) != NULL);
			assert_null(fault_strikes(&a, PLANT_NAN, i));
			struck += hit;
			in_a_row = hit ? 0 : in_a_row + 1;
			longest = in_a_row > longest ? in_a_row : longest;
		}
		assert_in_range(struck, 150, 250);
		assert_true(longest < 100); /* drawn of 1 to 2 N - 1 */
	}
	assert_true(differ > 1000);
	struct fault_script all = parsed("drop every 1", 1);
	for (int i = 0; i < 100; i++)
		assert_non_null(fault_strikes(&all, PLANT_DROP, i));
}

/* Which events of one each second are struck, as a picture. */
static void assert_struck(const char *text, const char *picture)
{
	enum fault_kind kind;
	struct fault_script script = parsed(text, 1);
	kind = script.clauses[0].kind;
	for (int i = 0; picture[i]; i++)
		if ((fault_strikes(&script, kind, i * NS_PER_S) != NULL) != (picture[i] == 'x'))
			fail_msg("%s: event %d is%s struck", text, i, picture[i] == 'x' ? " not" : "");
}

static void a_time_is_kept(void **state)
{
	(void)state;
	assert_struck("drop at 3 s", "...x......");
	assert_struck("drop at 2500 ms", "...x......");
	assert_struck("drop at 3 s for 2 s", "...xx.....");
	assert_struck("drop at 2500 ms for 400 ms", ".........."); /* no event falls into it */
	assert_struck("rename at 3 s", "...xxxxxxx");
	assert_struck("step by 1 s at 3 s for 3 s", "...xxx....");
	assert_struck("drop at 0 s", "x.........");
	assert_struck("drop at 1 s for 2 s, drop at 6 s", ".xx...x...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clauses_are_read),	   cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(there_is_an_end_to_clauses), cmocka_unit_test(one_of_n_on_average),
		cmocka_unit_test(a_time_is_kept),
	};
	return cmocka_run_group_tests_name("fault_script", tests, NULL, NULL);
}
