/* campaign.h5 is the same file whether its runs came one by one, as a campaign runs, or all at once, years later. */
#include "kept.h"
#include "planned_run.h"
#include "rebuild.h"

/* Brackets of a whole file: planned_run has no list of channels in its header, and a file needs one. */
static void write_run_with(uint32_t number, const char *checksum, const char *reason, const char *certificate, double spike)
{
	char path[256], name[32];
	struct run run;
	planned_run(&run);
	json_t *channels = json_array();
	for (size_t i = 0; i < run.n_channels; i++) {
		struct run_channel *c = &run.channels[i];
		snprintf(c->device, sizeof c->device, "%.*s", (int)strcspn(c->channel.name, "."), c->channel.name);
		json_array_append_new(channels, channel_to_json(&c->channel, c->device));
	}
	if (certificate)
		json_object_set_new(run.header, "bench", json_pack("{s:[{s:s, s:o}]}", "devices", "name", "wall", "certificate",
								   json_loads(certificate, 0, NULL)));
	run.channels[0].values.f64[150] += spike;
	json_object_set_new(run.header, "channels", channels);
	json_object_set_new(run.header, "campaign", json_string(KEPT_UUID));
	json_object_set_new(run.header, "run", json_integer(number));
	json_object_set_new(run.header, "slot", json_integer(number - 1));
	json_object_set_new(run.notes, "checksum", json_string(checksum));
	json_object_set_new(run.notes, "facts", json_pack("{s:s}", "work", "5 loops"));
	json_object_set_new(run.notes, "reason", json_string(reason));
	snprintf(name, sizeof name, "runs/%06u.h5", number);
	struct error error = ERROR_INIT;
	if (run_write(&run, kept_path(name, path), &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	run_free(&run);
}

static void write_run(uint32_t number, const char *checksum, const char *reason)
{
	write_run_with(number, checksum, reason, NULL, 0);
}

static void add_live(struct rebuild *rebuild, uint32_t number)
{
	struct error error = ERROR_INIT;
	if (rebuild_add(rebuild, number, &error) != 0 || rebuild_write(rebuild, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

/* The second run is the odd one out at first; with the third it turns out that the first is. */
static void one_by_one_or_all_at_once(void **state)
{
	(void)state;
	struct campaign_file live, file;
	struct rebuild rebuild;
	write_run(1, "aa", "");
	write_run(2, "bb", "1 processes outlived it and were ended");
	write_run(3, "bb", "");
	assert_int_equal(rebuild_begin(&rebuild, kept_directory, &live, NULL), 0);
	add_live(&rebuild, 1);
	add_live(&rebuild, 2);
	assert_int_equal(live.results[live.n_results - 1].status, RUN_MISMATCH);
	add_live(&rebuild, 3);
	rebuild_end(&rebuild);
	campaign_file_free(&live);
	kept_copy("campaign.h5", "live.h5");
	kept_remove("campaign.h5");
	assert_int_equal(rebuild_directory(kept_directory, &file, NULL), 0);
	kept_assert_same("campaign.h5", "live.h5");
	assert_int_equal(file.n_results, 6); /* each has a phase */
	assert_int_equal(file.results[0].status, RUN_MISMATCH);
	assert_int_equal(file.results[2].status, RUN_OK);
	assert_string_equal(file.results[2].reason, "1 processes outlived it and were ended");
	assert_near(json_real_value(json_object_get(json_object_get(file.facts, "overhead"), "cpu_s")), 3 * 0.05, 1e-12);
	const json_t *work = json_object_get(file.facts, "work");
	assert_int_equal(json_array_size(work), 3);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(work, 2), "run")), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(work, 2), "unit")), "loops");
	campaign_file_free(&file);
}

#define CERTIFICATE \
	"{\"number\": \"A\", \"points\": [{\"power_W\": 50, \"error_W\": 0.5, \"U_W\": 0.02}, {\"power_W\": 250, \"error_W\": 2.5, \"U_W\": 0.1}]}"

static bool is_certified(const struct result *result)
{
	return budget_term(&result_source(result, "wall")->energy.gross.budget, "certificate-1") != NULL;
}

/* The third has a load that the certificate knows nothing of: then it corrects none of them. */
static void a_certificate_is_for_all_runs_or_none(void **state)
{
	(void)state;
	struct campaign_file live, file;
	struct rebuild rebuild;
	write_run_with(1, "aa", "", CERTIFICATE, 0);
	write_run_with(2, "aa", "", CERTIFICATE, 0);
	write_run_with(3, "aa", "", CERTIFICATE, 200);
	write_run_with(4, "aa", "", CERTIFICATE, 0);
	assert_int_equal(rebuild_begin(&rebuild, kept_directory, &live, NULL), 0);
	add_live(&rebuild, 1);
	add_live(&rebuild, 2);
	for (size_t i = 0; i < live.n_results; i++)
		assert_true(is_certified(&live.results[i]));
	add_live(&rebuild, 3);
	add_live(&rebuild, 4);
	assert_int_equal(live.n_results, 8);
	for (size_t i = 0; i < live.n_results; i++) {
		assert_int_equal(live.results[i].run, i / 2 + 1);
		assert_false(is_certified(&live.results[i]));
		assert_non_null(strstr(live.results[i].reason, i / 2 == 2 ? "certificate not applied: power from" : "since it is not to run 3"));
	}
	rebuild_end(&rebuild);
	campaign_file_free(&live);
	kept_copy("campaign.h5", "live.h5");
	kept_remove("campaign.h5");
	assert_int_equal(rebuild_directory(kept_directory, &file, NULL), 0);
	kept_assert_same("campaign.h5", "live.h5");
	campaign_file_free(&file);
}

static void assert_left_out(const char *why)
{
	struct campaign_file file;
	struct error error = ERROR_INIT;
	assert_int_equal(rebuild_directory(kept_directory, &file, &error), -1);
	assert_int_equal(error.code, ERROR_CORRUPT);
	assert_non_null(strstr(error.what, why));
	assert_int_equal(file.n_results, 2);
	assert_int_equal(file.results[0].run, 1);
	assert_int_equal(json_array_size(json_object_get(file.facts, "unreadable_runs")), 1);
	campaign_file_free(&file);
}

static const char *said_of(size_t n, struct error *error)
{
	struct rebuild rebuild = { .directory = "d", .unreadable = json_array() };
	for (size_t i = 1; i <= n; i++)
		json_array_append_new(rebuild.unreadable, json_integer((json_int_t)i));
	*error = (struct error)ERROR_INIT;
	assert_int_equal(rebuild_unreadable(&rebuild, error), n ? -1 : 0);
	json_decref(rebuild.unreadable);
	return error->what;
}

static void the_message_is_whole(void **state)
{
	(void)state;
	struct error error;
	assert_string_equal(said_of(0, &error), "");
	assert_string_equal(said_of(1, &error), "1 run file could not be read and was left out: runs/000001.h5");
	assert_non_null(strstr(error.remedy, ".unreadable"));
	assert_string_equal(said_of(2, &error), "2 run files could not be read and were left out: runs/000001.h5, runs/000002.h5");
	for (size_t n = 3; n < 200; n++) {
		const char *what = said_of(n, &error), *end = what + strlen(what);
		assert_true(strcmp(end - 3, ".h5") == 0 || strcmp(end - 8, ".h5, …") == 0);
		assert_int_equal(strcmp(end - 3, "…") == 0, n > 9);
	}
}

static void what_cannot_be_used_is_left_out_and_named(void **state)
{
	(void)state;
	write_run(1, "aa", "");
	kept_write("runs/000004.h5", "damaged", 7);
	assert_left_out("runs/000004.h5");
	kept_copy("runs/000001.h5", "runs/000004.h5"); /* another number's */
	assert_left_out("runs/000004.h5");
	kept_remove("runs/000004.h5");
	struct campaign_file file;
	assert_int_equal(rebuild_directory(kept_directory, &file, NULL), 0);
	assert_null(json_object_get(file.facts, "unreadable_runs"));
	campaign_file_free(&file);
	kept_write("facts.json", "{\"uuid\": \"another\"}", 19);
	assert_int_equal(rebuild_directory(kept_directory, &file, NULL), -1);
	assert_int_equal(file.n_results, 0);
	campaign_file_free(&file);
}

#define KEPT_TEST(test) cmocka_unit_test_setup_teardown(test, kept_make, kept_forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT_TEST(one_by_one_or_all_at_once), KEPT_TEST(a_certificate_is_for_all_runs_or_none),
		KEPT_TEST(what_cannot_be_used_is_left_out_and_named),
		cmocka_unit_test(the_message_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
