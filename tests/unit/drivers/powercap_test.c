/* The powercap driver against a tree that the test writes, on a clock of its own. */
#include <sys/wait.h>

#include "captures.h"
#include "counter_rig.h"
#include "log.h"
#include "platform/powercap.h"

static const struct driver *driver(void)
{
	return driver_find("powercap");
}

static void test_decode(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
		uint64_t count;
	} cases[] = {
		{ "0\n", true, 0 }, { "262143328850\n", true, TREE_RANGE }, { "12", true, 12 },
		{ "9999999999999999999", true, UINT64_C(9999999999999999999) }, { "", false, 0 }, { "\n", false, 0 },
		{ "-1\n", false, 0 },
		{ "1 \n", false, 0 }, { " 1\n", false, 0 }, { "1\n\n", false, 0 }, { "0x10\n", false, 0 }, { "1.5\n", false, 0 },
		{ "12345678901234567890\n", false, 0 }, { "N/A\n", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t count = 0;
		if (powercap_count_decode(cases[i].text, strlen(cases[i].text), &count) != cases[i].good)
			fail_msg("'%s'", cases[i].text);
		assert_true(!cases[i].good || count == cases[i].count);
	}
}

static void print(const char *bytes, size_t size, struct text *text)
{
	uint64_t count;
	if (powercap_count_decode(bytes, size, &count))
		text_addf(text, "%llu uJ\n", (unsigned long long)count);
	else
		text_add(text, "nothing\n");
}

static void test_captures(void **state)
{
	(void)state;
	captures_replay("powercap", print);
}

/* A two-socket server, as Linux lists it, and a client part with its second view. */
static void test_zones(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:1", "package-0", 1000); /* numbers carry no meaning */
	tree_zone(&rig->tree, "intel-rapl:1:0", "core", 10);
	tree_zone(&rig->tree, "intel-rapl:1:1", "uncore", 20);
	tree_zone(&rig->tree, "intel-rapl:1:2", "dram", 30);
	tree_zone(&rig->tree, "intel-rapl:0", "package-1", 2000);
	tree_zone(&rig->tree, "intel-rapl:0:0", "dram", 40);
	tree_zone(&rig->tree, "intel-rapl:2", "psys", 50);
	tree_zone(&rig->tree, "intel-rapl-mmio:0", "package-0", 999);
	tree_zone(&rig->tree, "intel-rapl-mmio:0:0", "dram", 29);
	tree_zone(&rig->tree, "arm-scmi:0", "soc", 60);
	tree_write(&rig->tree, "intel-rapl:0", "enabled", "1\n");
	rig_open(rig);
	assert_int_equal(rig->n_channels, 10);
	static const struct {
		const char *name;
		enum channel_role role;
	} expected[] = {
		{ "rapl.soc", ROLE_NONE },
		{ "rapl.package-1", ROLE_PACKAGE },
		{ "rapl.package-1.dram", ROLE_DRAM },
		{ "rapl.package-0", ROLE_PACKAGE },
		{ "rapl.package-0.core", ROLE_SUBZONE },
		{ "rapl.package-0.uncore", ROLE_SUBZONE },
		{ "rapl.package-0.dram", ROLE_DRAM },
		{ "rapl.psys", ROLE_PSYS },
		{ "rapl.intel-rapl-mmio.package-0", ROLE_DUPLICATE },
		{ "rapl.intel-rapl-mmio.package-0.dram", ROLE_DUPLICATE },
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct channel *c = rig_channel(rig, expected[i].name);
		if (c->role != expected[i].role)
			fail_msg("%s is %s", c->name, channel_role_name(c->role));
		assert_int_equal(c->kind, CHANNEL_COUNTER);
		assert_int_equal(c->unit, UNIT_JOULE);
		assert_int_equal(c->number, NUMBER_U64);
		assert_near(c->scale, 1e-6, 0);
		assert_true(c->wrap == TREE_RANGE + 1);
		assert_int_equal(c->update_jitter, NS_PER_MS);
		assert_int_equal(c->refresh, 100 * NS_PER_MS);
		assert_true(c->simulated);
	}
	assert_true(driver()->identity(rig->device)->simulated);
	rig_end(rig);
}

/* An mmio view without its counterpart is the only one there is. */
static void test_mmio_alone(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl-mmio:0", "package-0", 999);
	rig_open(rig);
	assert_int_equal(rig_channel(rig, "rapl.package-0")->role, ROLE_PACKAGE);
	rig_end(rig);
}

/* Zones inside their control type and their parents, as below /sys/devices; and with links side by side as well. */
static void test_nested_tree(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	char path[200], link[200];
	tree_folder(&rig->tree, "intel-rapl");
	tree_zone(&rig->tree, "intel-rapl/intel-rapl:0", "package-0", 1);
	tree_zone(&rig->tree, "intel-rapl/intel-rapl:0/intel-rapl:0:0", "dram", 2);
	tree_path(&rig->tree, "intel-rapl/intel-rapl:0", NULL, path);
	tree_path(&rig->tree, "intel-rapl:0", NULL, link);
	assert_int_equal(symlink(path, link), 0);
	tree_path(&rig->tree, "intel-rapl/intel-rapl:0/subsystem", NULL, link);
	assert_int_equal(symlink(rig->tree.root, link), 0);
	rig_open(rig);
	assert_int_equal(rig->n_channels, 2);
	assert_int_equal(rig_channel(rig, "rapl.package-0.dram")->role, ROLE_DRAM);
	rig_end(rig);
}

static void test_mirrored_dies(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0-die-0", 123456789);
	tree_zone(&rig->tree, "intel-rapl:1", "package-0-die-1", 123456789);
	tree_zone(&rig->tree, "intel-rapl:2", "package-1-die-0", 123456790);
	tree_zone(&rig->tree, "intel-rapl:3", "package-1-die-1", 0); /* equal zeros prove nothing */
	tree_zone(&rig->tree, "intel-rapl:4", "package-2-die-1", 0);
	rig_open(rig);
	assert_int_equal(rig_channel(rig, "rapl.package-0-die-0")->role, ROLE_PACKAGE);
	assert_int_equal(rig_channel(rig, "rapl.package-0-die-1")->role, ROLE_DUPLICATE);
	assert_int_equal(rig_channel(rig, "rapl.package-1-die-0")->role, ROLE_PACKAGE);
	assert_int_equal(rig_channel(rig, "rapl.package-1-die-1")->role, ROLE_PACKAGE);
	assert_int_equal(rig_channel(rig, "rapl.package-2-die-1")->role, ROLE_PACKAGE);
	rig_end(rig);
}

static char said[512];

static void keep_message(enum log_level level, const char *line)
{
	(void)level;
	snprintf(said, sizeof said, "%s", line);
}

static void test_empty_zone_is_left_out(void **state)
{
	(void)state;
	char path[200];
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1);
	tree_zone(&rig->tree, "arm-scmi:0", "soc", 1);
	tree_path(&rig->tree, "arm-scmi:0", "energy_uj", path);
	assert_int_equal(unlink(path), 0);
	log_set_sink(keep_message);
	rig_open(rig);
	log_set_sink(NULL);
	assert_int_equal(rig->n_channels, 1);
	assert_non_null(strstr(said, "arm-scmi:0"));
	rig_end(rig);
}

static void gauge(const struct rig *rig, const char *zone, const char *name, const char *window)
{
	char path[200];
	tree_zone(&rig->tree, zone, name, 1);
	tree_path(&rig->tree, zone, "energy_uj", path);
	assert_int_equal(unlink(path), 0);
	tree_write(&rig->tree, zone, "power_uw", "21500000\n");
	if (window)
		tree_write(&rig->tree, zone, "constraint_0_time_window_us", window);
}

/* Zones of Arm's firmware: power alone, over an interval that it tells or does not. */
static void test_power_only_zones_are_gauges(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	gauge(rig, "arm-scmi:0", "soc", "100000\n");
	gauge(rig, "arm-scmi:0:0", "cluster-0", NULL);
	gauge(rig, "arm-scmi:0:1", "cluster-1", "0\n");
	rig_start(rig);
	const struct channel *mean = rig_channel(rig, "rapl.soc"), *point = rig_channel(rig, "rapl.soc.cluster-0");
	assert_int_equal(mean->kind, CHANNEL_MEAN);
	assert_int_equal(mean->unit, UNIT_WATT);
	assert_int_equal(mean->role, ROLE_RAIL);
	assert_int_equal(mean->window, 100 * NS_PER_MS);
	assert_int_equal(mean->unmeasured, 100 * NS_PER_MS);
	assert_int_equal(mean->u_latency, 50 * NS_PER_MS);
	assert_int_equal(point->kind, CHANNEL_INSTANT);
	assert_int_equal(point->role, ROLE_RAIL);
	assert_int_equal(rig_channel(rig, "rapl.soc.cluster-1")->kind, CHANNEL_INSTANT);
	int64_t start = rig->time.now;
	rig_step(rig);
	tree_write(&rig->tree, "arm-scmi:0", "power_uw", "unknown\n");
	driver()->sample(rig->device, &rig->collect->sink); /* nothing is counted here */
	rig_step(rig);
	assert_near(collect_nth(rig->collect, RECORD_BLOCK, 0, 0)->value, 21.5, 1e-9);
	assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, 0)->record.t, start);
	assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 1, 0)->record.u_t, 50 * NS_PER_MS);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), 1);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 1), 2);
	assert_int_equal(collect_missing(rig->collect, 0, GAP_READ_FAILED), 1);
	rig_end(rig);
}

/* The difference of two counts, as the channel's wrap says. */
static uint64_t difference(uint64_t wrap, uint64_t from, uint64_t to)
{
	return to >= from ? to - from : to + wrap - from;
}

static void test_stream_and_wrap(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	uint64_t count = TREE_RANGE - 25000000, energy = 0;
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", count);
	rig_start(rig);
	for (int i = 0; i < 20; i++) {
		tree_count(&rig->tree, "intel-rapl:0", count);
		rig_step(rig);
		count = (count + 10000000) % (TREE_RANGE + 1); /* 100 W */
	}
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), 20);
	assert_int_equal(collect_count(rig->collect, RECORD_GAP, 0), 0);
	for (int i = 1; i < 20; i++) {
		const struct collected *a = collect_nth(rig->collect, RECORD_BLOCK, 0, i - 1);
		const struct collected *b = collect_nth(rig->collect, RECORD_BLOCK, 0, i);
		assert_int_equal(b->record.flags, 0);
		assert_int_equal(b->record.t - a->record.t, 100 * NS_PER_MS);
		energy += difference(rig->channels[0].wrap, a->count, b->count);
	}
	assert_true(energy == 190000000);
	rig_end(rig);
}

static void test_sample_is_beside_the_schedule(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1);
	tree_zone(&rig->tree, "intel-rapl:0:0", "dram", 1);
	rig_start(rig);
	rig_step(rig);
	int64_t next = rig->time.now;
	rig->time.now -= 50 * NS_PER_MS;
	tree_count(&rig->tree, "intel-rapl:0", 1000000);
	driver()->sample(rig->device, &rig->collect->sink);
	assert_int_equal(driver()->step(rig->device, rig->time.now, &rig->collect->sink), next);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), 2);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 1), 2);
	const struct collected *requested = collect_nth(rig->collect, RECORD_BLOCK, 0, 1);
	assert_int_equal(requested->record.flags, FLAG_REQUESTED);
	assert_true(requested->count == 1000000);
	assert_int_equal(requested->record.t, rig->time.now);
	rig_end(rig);
}

/* A read that fails, or gives text, is a gap: never a number, and never energy later on. */
static void test_failed_reads(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "N/A\n", "-1\n", "12 34\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct rig *rig = rig_on_tree("rapl", "powercap");
		tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1000);
		tree_zone(&rig->tree, "intel-rapl:1", "package-1", 5000);
		rig_start(rig);
		rig_step(rig);
		int64_t last = rig->collect->list[0].record.t;
		tree_write(&rig->tree, "intel-rapl:0", "energy_uj", texts[i]);
		rig_step(rig);
		tree_count(&rig->tree, "intel-rapl:0", 2000);
		rig_step(rig);
		assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), 2);
		assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 1), 3);
		assert_int_equal(collect_count(rig->collect, RECORD_GAP, 1), 0);
		assert_int_equal(collect_missing(rig->collect, 0, GAP_READ_FAILED), 1);
		assert_int_equal(collect_nth(rig->collect, RECORD_GAP, 0, 0)->gap.from, last);
		assert_true(collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->count == 2000);
		rig_end(rig);
	}
}

/* The zone's files go, and come back as new ones: the module was loaded again. */
static void test_vanished_zone(void **state)
{
	(void)state;
	char path[200];
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1000);
	rig_start(rig);
	rig_step(rig);
	tree_write(&rig->tree, "intel-rapl:0", "energy_uj", "");
	tree_path(&rig->tree, "intel-rapl:0", "energy_uj", path);
	assert_int_equal(unlink(path), 0);
	for (int i = 0; i < 5; i++)
		rig_step(rig);
	assert_int_equal(collect_missing(rig->collect, 0, GAP_READ_FAILED), 5);
	tree_count(&rig->tree, "intel-rapl:0", 3000);
	rig_step(rig); /* finds that the old file is gone for good */
	rig_step(rig);
	assert_true(collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->count == 3000);
	rig_end(rig);
}

/* One count that cannot be is flagged; the next is judged by the last good one. */
static void test_implausible_spike(void **state)
{
	(void)state;
	static const uint64_t counts[] = { 1000000, 2000000, 200000000000, 3000000, 4000000 };
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1000000);
	rig_start(rig);
	for (size_t i = 0; i < 5; i++) {
		tree_count(&rig->tree, "intel-rapl:0", counts[i]);
		rig_step(rig);
	}
	for (int i = 0; i < 5; i++)
		assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, i)->record.flags, i == 2 ? FLAG_IMPLAUSIBLE : 0);
	assert_int_equal(collect_count(rig->collect, RECORD_GAP, 0), 0);
	rig_end(rig);
}

/* A counter that starts anew is not a wrap of 262 kJ: a gap, then it counts on. */
static void test_reset_counter(void **state)
{
	(void)state;
	static const uint64_t counts[] = { 100000000000, 100001000000, 500, 1000500, 2000500 };
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", counts[0]);
	rig_start(rig);
	for (size_t i = 0; i < 5; i++) {
		tree_count(&rig->tree, "intel-rapl:0", counts[i]);
		rig_step(rig);
	}
	for (int i = 0; i < 5; i++)
		assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, i)->record.flags, i == 2 ? FLAG_IMPLAUSIBLE : 0);
	const struct collected *gap = collect_nth(rig->collect, RECORD_GAP, 0, 0);
	assert_non_null(gap);
	assert_int_equal(gap->gap.from, collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->record.t);
	assert_int_equal(gap->gap.to, collect_nth(rig->collect, RECORD_BLOCK, 0, 3)->record.t);
	rig_end(rig);
}

/* The host was away for longer than a turn takes at full power: how many turns there were is unknown. */
static void test_late_by_a_turn(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1000000);
	rig_start(rig);
	rig_step(rig);
	rig->time.now += 261 * NS_PER_S;
	rig_step(rig);
	assert_int_equal(collect_count(rig->collect, RECORD_GAP, 0), 0);
	rig->time.now += 263 * NS_PER_S;
	rig_step(rig);
	assert_int_equal(collect_missing(rig->collect, 0, GAP_MISSED), 1);
	rig_end(rig);
}

/* The time between reads is derived from range and power. */
static void test_interval(void **state)
{
	(void)state;
	static const struct {
		const char *range;
		double power, interval, expected; /* s; 0: refused */
	} cases[] = {
		{ "262143328850", 0, 0, 0.1 },   { "262143328850", 0, 0.05, 0.05 }, { "65712999613", 500, 60, 60 },
		{ "65712999613", 500, 100, 65.712999613 }, { "10000000", 1000, 1, 0.005 },     { "100000", 1000, 0.1, 0 },
		{ "65712999613", 0, -1, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_on_tree("rapl", "powercap");
		tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1);
		tree_write(&rig->tree, "intel-rapl:0", "max_energy_range_uj", cases[i].range);
		rig->config.power_max = cases[i].power;
		if (cases[i].interval != 0)
			options_give(&rig->config, "interval", "", cases[i].interval);
		if (cases[i].expected > 0) {
			rig_open(rig);
			assert_near((double)rig->channels[0].refresh / 1e9, cases[i].expected, 1e-9);
			assert_near(rig->channels[0].power_max, cases[i].power > 0 ? cases[i].power : 1000, 0);
		} else {
			assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
			assert_true(rig->error.remedy[0] != '\0');
		}
		rig_end(rig);
	}
}

static void test_nothing_there(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
	assert_int_equal(rig->error.code, ERROR_NOT_FOUND);
	assert_string_equal(rig->error.on, rig->tree.root);
	rig->error = (struct error)ERROR_INIT;
	snprintf(rig->config.options[0].text, sizeof rig->config.options[0].text, "/nowhere/at/all");
	assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
	assert_int_equal(rig->error.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(rig->error.remedy, "wall"));
	rig_end(rig);
}

static void test_root_from_the_endpoint(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1);
	rig->config.n_options = 0;
	char uri[100];
	snprintf(uri, sizeof uri, "file://%s", rig->tree.root);
	assert_int_equal(endpoint_parse(uri, &rig->config.endpoint, &rig->error), 0);
	rig_open(rig);
	assert_int_equal(rig->n_channels, 1);
	rig_end(rig);
}

static void test_names_that_do_not_fit(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1);
	tree_zone(&rig->tree, "intel-rapl-mmio:0", "package-0", 1);
	snprintf(rig->config.name, sizeof rig->config.name, "a-rather-long-name-for-counters");
	assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
	assert_int_equal(rig->error.code, ERROR_CONFIG);
	rig_end(rig);
}

/* In a child that is nobody: root reads everything. Exit status 0: the error is as it should be. */
static int open_as_nobody(struct rig *rig)
{
	if (getuid() == 0 && setuid(65534) != 0)
		return 2;
	if (driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error))
		return 3;
	if (rig->error.code != ERROR_PERMISSION || strstr(rig->error.on, "energy_uj") == NULL)
		return 4;
	return strcmp(rig->error.remedy, ACCESS_REMEDY) == 0 ? 0 : 5;
}

/* What the rule and scripts/install-rules do, by the same pattern: it must reach sub-zones too. */
static void grant(const struct rig *rig)
{
	char command[160];
	snprintf(command, sizeof command, "chmod a+r %s/*:*/energy_uj", rig->tree.root);
	assert_int_equal(system(command), 0);
}

static void test_unreadable(void **state)
{
	(void)state;
	char path[200];
	struct rig *rig = rig_on_tree("rapl", "powercap");
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1);
	tree_zone(&rig->tree, "intel-rapl:0:0", "dram", 1);
	static const char *const zones[] = { "intel-rapl:0", "intel-rapl:0:0" };
	for (int i = 0; i < 2; i++) {
		tree_path(&rig->tree, zones[i], "energy_uj", path);
		assert_int_equal(chmod(path, 0200), 0);
	}
	for (int round = 0; round < 2; round++) {
		int status;
		pid_t child = fork();
		if (child == 0)
			_exit(open_as_nobody(rig));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), round == 0 ? 0 : 3);
		grant(rig);
	}
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_mmio_alone),
		cmocka_unit_test(test_nested_tree),
		cmocka_unit_test(test_mirrored_dies),
		cmocka_unit_test(test_empty_zone_is_left_out), cmocka_unit_test(test_power_only_zones_are_gauges),
		cmocka_unit_test(test_stream_and_wrap),
		cmocka_unit_test(test_sample_is_beside_the_schedule),
		cmocka_unit_test(test_failed_reads),
		cmocka_unit_test(test_vanished_zone),
		cmocka_unit_test(test_implausible_spike),
		cmocka_unit_test(test_reset_counter),
		cmocka_unit_test(test_late_by_a_turn),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_root_from_the_endpoint),
		cmocka_unit_test(test_names_that_do_not_fit),
		cmocka_unit_test(test_unreadable),
	};
	return cmocka_run_group_tests_name("powercap", tests, NULL, NULL);
}
