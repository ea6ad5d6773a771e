/* Verdicts as people and programs see them. */
#include "claims_fixture.h"
#include "claims_text.h"
#include "plain.h"

static const struct table_options wide = { .columns = 120, .unicode = true };

static const char claims[] = CLAIMS_HEAD
	CLAIM("sure", "metric: energy, points: all, interval: [1.1, 1.4]")
	"  doubtful: { says: it is so, source: a newspaper, firmness: provisional, note: hearsay, metric: time, points: all, interval: [2, 3],\n"
	"              contrast: { arm: ft, over: gil } }\n"
	CLAIM("close", "metric: energy, points: all, interval: [1.24, 1.4]")
	CLAIM("elsewhere", "metric: energy, points: [{ workload: u }], interval: [1.25, 1.4]");

struct shown {
	struct campaign_file file;
	struct claims_fixture fixture;
	struct text text;
};

static void show(struct shown *shown, bool simulated, const struct table_options *options)
{
	shown->file = fixture_empty();
	shown->text = (struct text)TEXT_INIT;
	claims_pair(&shown->file, "w", "threads=2", 1.25, 1.25, 0.01);
	if (simulated)
		fixture_simulate(&shown->file);
	claims_hold(&shown->fixture, &shown->file, claims);
	assert_int_equal(report_claims(&shown->file, &shown->fixture.judged, options, &shown->text), 0);
}

static void drop(struct shown *shown)
{
	text_free(&shown->text);
	claims_drop(&shown->fixture);
	fixture_free(&shown->file);
}

static void assert_says(const struct shown *shown, const char *what)
{
	if (strstr(text_string(&shown->text), what) == NULL)
		fail_msg("\"%s\" is not in\n%s", what, text_string(&shown->text));
}

static void verdicts_stand_first(void **state)
{
	(void)state;
	struct shown shown;
	show(&shown, false, &wide);
	assert_says(&shown, "claims        Two laws: Annals of Made-up Results");
	assert_says(&shown, "4 claims: 1 reproduced, 1 contradicted, 1 undecided, 1 not testable here");
	assert_says(&shown, "over the 3 claims that can be tested here");
	const char *table = strstr(text_string(&shown.text), "\nsure "), *block = strstr(text_string(&shown.text), "\nsure: reproduced");
	assert_true(table && block && table < block);
	assert_null(strstr(text_string(&shown.text), "rehears"));
	assert_null(strstr(text_string(&shown.text), "SIMULATED"));
	drop(&shown);
}

static void a_block_says_what_was_tested(void **state)
{
	(void)state;
	struct shown shown;
	show(&shown, false, &wide);
	assert_says(&shown, "doubtful: contradicted (PROVISIONAL claim)");
	assert_says(&shown, "  says    it is so\n  source  a newspaper\n  tested  time, ft / gil, in [2, 3]; each of all points\n  note    hearsay\n");
	assert_says(&shown, "  why     the interval holds 1.24; about ");
	assert_says(&shown, "  why     the campaign has no workload u\n");
	assert_says(&shown, "gross   1.25 [");
	assert_says(&shown, "caused  1.");
	assert_says(&shown, "RAPL    1.25 [");
	drop(&shown);
}

/* Every line that has a verdict says that it is a rehearsal, or would be. */
static void a_rehearsal_says_so_in_every_verdict(void **state)
{
	(void)state;
	struct shown shown;
	show(&shown, true, &wide);
	assert_int_equal(strncmp(text_string(&shown.text), "SIMULATED", 9), 0);
	for (const char *line = text_string(&shown.text); *line; line += strcspn(line, "\n") + 1) {
		char copy[300];
		snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
		for (int verdict = 0; verdict < CLAIM_VERDICTS; verdict++)
			if (strstr(copy, claim_verdict_name((enum claim_verdict)verdict)) && !strstr(copy, "rehears"))
				fail_msg("no rehearsal: %s", copy);
	}
	drop(&shown);
}

static void lines_fit(void **state)
{
	(void)state;
	for (int columns = 80; columns <= 132; columns += 26) {
		const struct table_options options = { .columns = columns, .unicode = true };
		struct shown shown;
		show(&shown, true, &options);
		for (const char *line = text_string(&shown.text); *line; line += strcspn(line, "\n") + 1) {
			char copy[600];
			snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
			if (plain_width(copy) > (size_t)columns)
				fail_msg("more than %d columns: %s", columns, copy);
		}
		drop(&shown);
	}
}

static void a_conflict_is_told(void **state)
{
	(void)state;
	struct shown shown = { .file = fixture_empty(), .text = TEXT_INIT };
	claims_pair(&shown.file, "w", "", 0.8, 0.8, 0.005);
	for (size_t i = 0; i < shown.file.n_results; i++)
		if (strcmp(shown.file.results[i].arm, "ft") == 0)
			shown.file.results[i].sources[0].energy.caused.value += 600;
	claims_hold(&shown.fixture, &shown.file, CLAIMS_HEAD CLAIM("A", "metric: energy, points: all, interval: [open, 1]"));
	assert_int_equal(report_claims(&shown.file, &shown.fixture.judged, &wide, &shown.text), 0);
	assert_says(&shown, "in conflict");
	assert_says(&shown, "  but     caused: contradicted; what is found depends on what is counted\n");
	drop(&shown);
}

static void hostile_names_are_harmless(void **state)
{
	(void)state;
	struct shown shown = { .file = fixture_empty(), .text = TEXT_INIT };
	claims_pair(&shown.file, "\x1b[2Jw", "x=\x1b]0;t\x07", 0.8, 0.8, 0.005);
	claims_pair(&shown.file, "v", "", 0.8, 0.8, 0.005);
	shown.file.results[0].sources[0].energy.net.value = -1;
	claims_hold(&shown.fixture, &shown.file, CLAIMS_HEAD CLAIM("A", "metric: energy, quantity: net, points: all, interval: [0.79, 0.81]"));
	assert_int_equal(report_claims(&shown.file, &shown.fixture.judged, &wide, &shown.text), 0);
	assert_null(strchr(text_string(&shown.text), '\x1b'));
	assert_says(&shown, "\\x1b[2Jw");
	text_free(&shown.text);
	assert_int_equal(report_claims_json(&shown.file, &shown.fixture.judged, &shown.text), 0);
	assert_null(strchr(text_string(&shown.text), '\x1b'));
	drop(&shown);
}

/* ---- JSON ---- */

static const json_t *at(const json_t *json, const char *path)
{
	char key[64];
	while (json && *path) {
		size_t length = strcspn(path, ".");
		snprintf(key, sizeof key, "%.*s", (int)length, path);
		json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key)) : json_object_get(json, key);
		path += length + (path[length] == '.');
	}
	return json;
}

static json_t *dump(struct shown *shown)
{
	text_free(&shown->text);
	assert_int_equal(report_claims_json(&shown->file, &shown->fixture.judged, &shown->text), 0);
	json_t *json = json_loads(text_string(&shown->text), 0, NULL);
	assert_non_null(json);
	return json;
}

static void json_has_the_same_figures(void **state)
{
	(void)state;
	struct shown shown;
	show(&shown, false, &wide);
	json_t *json = dump(&shown);
	const struct claim_judgement *gross = &shown.fixture.judged.list[0].quantities[CLAIM_GROSS];
	assert_string_equal(json_string_value(at(json, "format")), "joulerig claims 1");
	assert_true(json_is_false(at(json, "simulated")));
	assert_int_equal(json_integer_value(at(json, "tested")), 3);
	assert_int_equal(json_integer_value(at(json, "verdicts.reproduced")), 1);
	assert_string_equal(json_string_value(at(json, "claims.0.verdict")), "reproduced");
	assert_near(json_real_value(at(json, "claims.0.quantities.gross.low")), gross->interval.low, 0);
	assert_near(json_real_value(at(json, "claims.0.quantities.gross.p_adjusted")), gross->adjusted, 0);
	assert_string_equal(json_string_value(at(json, "claims.0.quantities.gross.rests_on.point")), "threads=2");
	assert_string_equal(json_string_value(at(json, "claims.1.firmness")), "provisional");
	assert_non_null(at(json, "claims.1.quantities.value"));
	assert_true(json_number_value(at(json, "claims.2.quantities.gross.more_runs")) >= 1);
	assert_true(json_is_true(at(json, "claims.2.quantities.gross.more_runs_would_decide")));
	assert_true(json_is_null(at(json, "claims.3.quantities.gross.estimate")));
	assert_true(json_is_true(at(json, "claims.3.points.0.absent")));
	json_decref(json);
	drop(&shown);
}

static bool has_plain_verdict(const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;
	bool found = false;
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
		found |= (strcmp(key, "verdict") == 0 && strncmp(json_string_value(value), "rehearsal: ", 11) != 0) || has_plain_verdict(value);
	json_array_foreach(json, i, value)
		found |= has_plain_verdict(value);
	return found;
}

static void a_rehearsal_has_no_verdict_that_a_program_could_take_for_one(void **state)
{
	(void)state;
	struct shown shown;
	show(&shown, false, &wide);
	json_t *json = dump(&shown);
	assert_true(has_plain_verdict(json));
	json_decref(json);
	drop(&shown);
	show(&shown, true, &wide);
	json = dump(&shown);
	assert_false(has_plain_verdict(json));
	assert_true(json_is_true(at(json, "simulated")));
	json_decref(json);
	drop(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_stand_first),
		cmocka_unit_test(a_block_says_what_was_tested),
		cmocka_unit_test(a_rehearsal_says_so_in_every_verdict),
		cmocka_unit_test(lines_fit),
		cmocka_unit_test(a_conflict_is_told),
		cmocka_unit_test(hostile_names_are_harmless),
		cmocka_unit_test(json_has_the_same_figures),
		cmocka_unit_test(a_rehearsal_has_no_verdict_that_a_program_could_take_for_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
