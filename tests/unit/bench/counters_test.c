/* The real driver on threads: two devices of the powercap driver, each on a tree of plain files that the test rewrites. */
#include <inttypes.h>
#include <sys/stat.h>

#include "bench_text.h"
#include "collector.h"

static const char *const zones[] = {"intel-rapl:0", "intel-rapl:0:0"};
#define ZONES 2

struct tree {
	char root[48];
};

static void write_text(const struct tree *tree, const char *zone, const char *file, const char *text)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s/%s", tree->root, zone, file);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

/* Always as many digits, so that a reader between truncation and writing sees nothing, and never part of a number. */
static void write_counts(const struct tree *tree, uint64_t count)
{
	char text[32];
	snprintf(text, sizeof text, "%012" PRIu64 "\n", count);
	for (int i = 0; i < ZONES; i++) {
		char path[160];
		snprintf(path, sizeof path, "%s/%s/energy_uj", tree->root, zones[i]);
		FILE *out = fopen(path, "r+");
		assert_non_null(out);
		fputs(text, out);
		assert_int_equal(fclose(out), 0);
		text[11] = text[11] == '9' ? '0' : '9'; /* not the same in both, or the second is taken for a mirror */
	}
}

static void make_tree(struct tree *tree)
{
	static const char *const names[] = {"package-0\n", "dram\n"};
	snprintf(tree->root, sizeof tree->root, "/tmp/joulerig-tree-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	for (int i = 0; i < ZONES; i++) {
		char path[160];
		snprintf(path, sizeof path, "%s/%s", tree->root, zones[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		write_text(tree, zones[i], "name", names[i]);
		write_text(tree, zones[i], "max_energy_range_uj", "262143328850\n");
		write_text(tree, zones[i], "energy_uj", "");
	}
	write_counts(tree, 1000);
}

static void remove_tree(const struct tree *tree)
{
	static const char *const files[] = {"name", "max_energy_range_uj", "energy_uj", ""};
	char path[160];
	for (int i = 0; i < ZONES; i++)
		for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
			snprintf(path, sizeof path, "%s/%s/%s", tree->root, zones[i], files[k]);
			assert_int_equal(remove(path), 0);
		}
	assert_int_equal(remove(tree->root), 0);
}

struct fixture {
	struct tree trees[2];
	struct bench_text file;
	struct bench *bench;
	struct collector collector;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char text[512];
	assert_non_null(f);
	make_tree(&f->trees[0]);
	make_tree(&f->trees[1]);
	snprintf(text, sizeof text,
		 "joulerig: bench 1\ndevices:\n"
		 "  one: { driver: powercap, options: { root: %s, interval: 1 ms } }\n"
		 "  two: { driver: powercap, options: { root: %s, interval: 3 ms } }\n",
		 f->trees[0].root, f->trees[1].root);
	bench_text_must_load(&f->file, text);
	f->bench = bench_open(&f->file.config, &surroundings_lab, &f->file.error);
	if (f->bench == NULL)
		fail_msg("%s: %s", f->file.error.on, f->file.error.what);
	f->collector.n_channels = bench_channels(f->bench);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	bench_close(f->bench);
	bench_text_free(&f->file);
	remove_tree(&f->trees[0]);
	remove_tree(&f->trees[1]);
	free(f);
	return 0;
}

static void channels_of_both_trees(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"one.package-0", "one.package-0.dram", "two.package-0", "two.package-0.dram"};
	assert_int_equal(bench_channels(f->bench), 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(bench_channel(f->bench, i)->name, names[i]);
	assert_int_equal(bench_channel(f->bench, 0)->role, ROLE_PACKAGE);
	assert_int_equal(bench_channel(f->bench, 1)->role, ROLE_DRAM);
	for (int i = 2; i < 4; i++) /* the machine's packages are counted once, whatever shows them */
		assert_int_equal(bench_channel(f->bench, i)->role, ROLE_DUPLICATE);
	assert_true(bench_simulated(f->bench)); /* a tree outside sysfs */
}

/* Opens two devices anew, the second with other zones and another driver around it. */
static void reopen(struct fixture *f, const char *package, const char *memory, const char *driver)
{
	char text[512];
	bench_close(f->bench);
	bench_text_free(&f->file);
	write_text(&f->trees[1], zones[0], "name", package);
	write_text(&f->trees[1], zones[1], "name", memory);
	snprintf(text, sizeof text,
		 "joulerig: bench 1\ndevices:\n  one: { driver: powercap, options: { root: %s } }\n  two: { driver: %s root: %s } }\n",
		 f->trees[0].root, driver, f->trees[1].root);
	bench_text_must_load(&f->file, text);
	f->bench = bench_open(&f->file.config, &surroundings_lab, &f->file.error);
	if (f->bench == NULL)
		fail_msg("%s: %s", f->file.error.on, f->file.error.what);
}

/* A socket that another device has is no duplicate; nor memory that nobody counts. A driver around another hides nothing. */
static void only_what_is_counted_is_a_duplicate(void **state)
{
	struct fixture *f = *state;
	reopen(f, "package-1\n", "dram\n", "powercap, options: {");
	for (int i = 0; i < 4; i++)
		assert_int_equal(bench_channel(f->bench, i)->role, i % 2 ? ROLE_DRAM : ROLE_PACKAGE);
	write_text(&f->trees[0], zones[1], "name", "core\n");
	reopen(f, "package-0\n", "dram\n", "powercap, options: {");
	assert_int_equal(bench_channel(f->bench, 2)->role, ROLE_DUPLICATE);
	assert_int_equal(bench_channel(f->bench, 3)->role, ROLE_DRAM);
	reopen(f, "package-0\n", "dram\n", "fault, options: { wraps: powercap,");
	assert_int_equal(bench_channel(f->bench, 2)->role, ROLE_DUPLICATE);
}

static void counts_arrive_while_files_change(void **state)
{
	struct fixture *f = *state;
	uint64_t count = 1000;
	for (int round = 0; round < 10; round++) {
		assert_int_equal(bench_start(f->bench, NULL), 0);
		for (int i = 0; i < 20; i++) {
			count += 50;
			write_counts(&f->trees[0], count);
			write_counts(&f->trees[1], count);
			collector_run(&f->collector, f->bench, NS_PER_MS);
		}
		assert_true(bench_sample(f->bench, 2 * NS_PER_S));
		assert_int_equal(bench_stop(f->bench, NULL), 0);
		collector_drain(&f->collector, f->bench);
		for (int i = 0; i < 4; i++) {
			const struct seen *seen = &f->collector.channels[i];
			assert_int_equal(seen->requested, round + 1);
			assert_in_range(seen->last, count - 10, count + 10);
		}
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(f->collector.channels[i].values, 10 * 6, UINT32_MAX);
}

/* One clear line, and nothing left open. */
static void instrument_that_is_not_there(void **state)
{
	(void)state;
	struct bench_text file;
	bench_text_must_load(&file, "joulerig: bench 1\ndevices:\n"
				    "  wall: { driver: yokogawa_wt, endpoint: unix:///nonexistent/wt.sock, measures: wall }\n");
	assert_null(bench_open(&file.config, &surroundings_lab, &file.error));
	assert_int_not_equal(file.error.code, ERROR_NONE);
	assert_non_null(strstr(file.error.on, "/nonexistent/wt.sock"));
	bench_text_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(channels_of_both_trees, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_is_counted_is_a_duplicate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_arrive_while_files_change, set_up, tear_down),
		cmocka_unit_test(instrument_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
