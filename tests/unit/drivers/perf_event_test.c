/* The perf_event driver against a tree that the test writes, and events that are pipes of counts. */
#include <errno.h>

#include "captures.h"
#include "counter_rig.h"
#include "platform/perf_event.h"
#include "platform/perf_wire.h"

#define SCALE "2.3283064365386962890625e-10\n"
#define UNIT (UINT64_C(1) << 18) /* counts of a unit of 2^-14 J */

/* What the kernel would count: a file of 8 bytes a read, by the number of the open. */
static struct {
	uint32_t type;
	uint64_t config;
	int cpu, pipe[2];
} opened[64];
static int n_opened, refuse;

static int open_pipe(uint32_t type, uint64_t config, int cpu)
{
	if (refuse) {
		errno = refuse;
		return -1;
	}
	opened[n_opened].type = type;
	opened[n_opened].config = config;
	opened[n_opened].cpu = cpu;
	assert_int_equal(pipe2(opened[n_opened].pipe, O_NONBLOCK | O_CLOEXEC), 0);
	return opened[n_opened++].pipe[0];
}

static void say(int event, uint64_t count)
{
	assert_int_equal(write(opened[event].pipe[1], &count, sizeof count), sizeof count);
}

static const struct driver *driver(void)
{
	return driver_find("perf_event");
}

static struct rig *rig_begin(void)
{
	static const char *const folders[] = { "bus", "bus/event_source", "bus/event_source/devices", "devices", "devices/system", "devices/system/cpu" };
	struct rig *rig = rig_on_tree("rapl", "perf_event");
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		tree_folder(&rig->tree, folders[i]);
	perf_event_set_opener(open_pipe);
	n_opened = refuse = 0;
	return rig;
}

static void add_pmu(const struct rig *rig, const char *name, const char *type, const char *mask)
{
	char path[96];
	snprintf(path, sizeof path, "bus/event_source/devices/%s", name);
	tree_folder(&rig->tree, path);
	tree_write(&rig->tree, path, "type", type);
	tree_write(&rig->tree, path, "cpumask", mask);
	snprintf(path, sizeof path, "bus/event_source/devices/%s/events", name);
	tree_folder(&rig->tree, path);
}

static void add_event(const struct rig *rig, const char *pmu, const char *event, const char *config)
{
	char path[80], file[40];
	snprintf(path, sizeof path, "bus/event_source/devices/%s/events", pmu);
	tree_write(&rig->tree, path, event, config);
	snprintf(file, sizeof file, "%s.scale", event);
	tree_write(&rig->tree, path, file, SCALE);
	snprintf(file, sizeof file, "%s.unit", event);
	tree_write(&rig->tree, path, file, "Joules\n");
}

static void add_cpu(const struct rig *rig, int cpu, const char *package, const char *die, const char *core)
{
	char path[96];
	snprintf(path, sizeof path, "devices/system/cpu/cpu%d", cpu);
	tree_folder(&rig->tree, path);
	snprintf(path, sizeof path, "devices/system/cpu/cpu%d/topology", cpu);
	tree_folder(&rig->tree, path);
	tree_write(&rig->tree, path, "physical_package_id", package);
	tree_write(&rig->tree, path, "die_id", die);
	tree_write(&rig->tree, path, "core_id", core);
}

/* A package of one CPU, whose counter is at `count` of its units, and a few more at each look. */
static struct rig *rig_of_one(void)
{
	struct rig *rig = rig_begin();
	add_cpu(rig, 0, "0\n", "0\n", "0\n");
	add_pmu(rig, "power", "29\n", "0\n");
	add_event(rig, "power", "energy-pkg", "event=0x02\n");
	return rig;
}

static uint64_t looks; /* counts of units that events show when they are opened; 0: they stand still */

static int open_moving(uint32_t type, uint64_t config, int cpu)
{
	int fd = open_pipe(type, config, cpu);
	for (uint64_t i = 0; i < 16; i++)
		say(n_opened - 1, looks * i * UNIT);
	return fd;
}

static void perf_open(struct rig *rig)
{
	perf_event_set_opener(open_moving);
	rig_open(rig);
}

static void perf_start(struct rig *rig)
{
	looks = 3;
	perf_event_set_opener(open_moving);
	rig_start(rig);
}

static void perf_end(struct rig *rig)
{
	rig_end(rig);
	for (int i = 0; i < n_opened; i++)
		close(opened[i].pipe[1]);
	perf_event_set_opener(NULL);
}

/* ---- the texts ---- */

static void test_events(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
		uint64_t config;
	} cases[] = {
		{ "event=0x02\n", true, 2 }, { "event=0xabcdef01", true, 0xabcdef01 }, { "event=0x1", true, 1 }, { "event=0x\n", false, 0 },
		{ "event=0x2,umask=0x1\n", false, 0 }, { "event=2\n", false, 0 }, { "config=0x2\n", false, 0 }, { "", false, 0 }, { "\n", false, 0 },
		{ "event=0x123456789\n", false, 0 }, { "event=0xA\n", false, 0 }, { "event=0xg\n", false, 0 }, { "event=0x/", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t config = 0;
		if (perf_event_decode(cases[i].text, strlen(cases[i].text), &config) != cases[i].good || config != cases[i].config)
			fail_msg("'%s'", cases[i].text);
	}
}

static void test_scales(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double scale; /* 0: refused */
	} cases[] = {
		{ SCALE, 0x1p-32 }, { "1\n", 1 }, { "0.5", 0.5 }, { "0\n", 0 }, { "-1\n", 0 }, { "nan\n", 0 }, { "inf\n", 0 }, { "1e999\n", 0 },
		{ "0x1p-32\n", 0 }, { "1 J\n", 0 }, { "", 0 }, { "\n", 0 }, { " 1\n", 0 }, { "1,5\n", 0 }, { "1e-999\n", 0 },
		{ "1.0000000000000000000000000000000000000000000000000000000000000000\n", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double scale = 0;
		if (perf_scale_decode(cases[i].text, strlen(cases[i].text), &scale) != (cases[i].scale > 0) || scale != cases[i].scale)
			fail_msg("'%s'", cases[i].text);
	}
}

static void test_masks(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int n, cpus[4];
	} cases[] = {
		{ "0\n", 1, { 0 } }, { "0,18\n", 2, { 0, 18 } }, { "0-3", 4, { 0, 1, 2, 3 } }, { "1-2,65535", 3, { 1, 2, 65535 } },
		{ "0-4\n", 0, { 0 } }, { "0,1,2,3,4\n", 0, { 0 } }, { "", 0, { 0 } }, { "\n", 0, { 0 } }, { "0,", 0, { 0 } }, { ",0", 0, { 0 } },
		{ "1,0", 0, { 0 } }, { "0,0", 0, { 0 } }, { "3-1", 0, { 0 } }, { "0-", 0, { 0 } }, { "-1", 0, { 0 } }, { "0 1", 0, { 0 } },
		{ "99999", 0, { 0 } }, { "123456", 0, { 0 } }, { "a", 0, { 0 } }, { "0-1-2", 0, { 0 } }, { "0-/", 0, { 0 } }, { "0-:", 0, { 0 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int cpus[4] = { 0 };
		if (perf_cpus_decode(cases[i].text, strlen(cases[i].text), cpus, 4) != cases[i].n)
			fail_msg("'%s'", cases[i].text);
		if (cases[i].n)
			assert_memory_equal(cpus, cases[i].cpus, sizeof cpus);
	}
}

/* A text says of itself which of the three files it is. */
static void print(const char *bytes, size_t size, struct text *text)
{
	int cpus[4], n = perf_cpus_decode(bytes, size, cpus, 4);
	uint64_t config;
	double scale;
	if (perf_event_decode(bytes, size, &config))
		text_addf(text, "event %u\n", (unsigned)config);
	else if (n > 0 && strpbrk(bytes, ",-")) {
		text_add(text, "cpus");
		for (int i = 0; i < n; i++)
			text_addf(text, " %d", cpus[i]);
		text_add(text, "\n");
	} else if (perf_scale_decode(bytes, size, &scale))
		text_addf(text, "scale %a\n", scale);
	else
		text_add(text, "nothing\n");
}

static void test_captures(void **state)
{
	(void)state;
	captures_replay("perf_event", print);
}

static void test_turns(void **state)
{
	(void)state;
	assert_true(perf_turn(5 * UNIT | 7 * UNIT) == UINT64_C(1) << 50);
	assert_true(perf_turn(UINT64_C(0xf) << 16) == UINT64_C(1) << 48);
	assert_true(perf_turn(1) == UINT64_C(1) << 32);
	assert_true(perf_turn(UINT64_C(1) << 31) == UINT64_C(1) << 63);
	assert_true(perf_turn(UINT64_C(1) << 32) == 0); /* psys in units of a joule: it turns with the count itself */
	assert_true(perf_turn(0) == 0);
}

/* ---- what is found ---- */

static void test_server(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	static const char *const events[][2] = { { "energy-pkg", "event=0x02\n" }, { "energy-ram", "event=0x03\n" }, { "energy-cores", "event=0x01\n" },
						 { "energy-gpu", "event=0x04\n" }, { "energy-psys", "event=0x05\n" } };
	add_cpu(rig, 0, "0\n", "0\n", "0\n");
	add_cpu(rig, 18, "1\n", "0\n", "0\n");
	add_pmu(rig, "power", "29\n", "0,18\n");
	for (int i = 0; i < 5; i++)
		add_event(rig, "power", events[i][0], events[i][1]);
	looks = 3;
	perf_open(rig);
	assert_int_equal(rig->n_channels, 9);
	static const struct {
		const char *name;
		enum channel_role role;
	} expected[] = {
		{ "rapl.package-0", ROLE_PACKAGE }, { "rapl.package-1", ROLE_PACKAGE }, { "rapl.package-0.dram", ROLE_DRAM },
		{ "rapl.package-1.dram", ROLE_DRAM }, { "rapl.package-0.core", ROLE_SUBZONE }, { "rapl.package-1.gpu", ROLE_SUBZONE },
		{ "rapl.psys", ROLE_PSYS },
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct channel *c = rig_channel(rig, expected[i].name);
		assert_int_equal(c->role, expected[i].role);
		assert_int_equal(c->kind, CHANNEL_COUNTER);
		assert_near(c->scale, 0x1p-32, 0);
		assert_true(c->wrap == UINT64_C(1) << 50);
		assert_near(c->accuracy.quantum, (double)UNIT * 0x1p-32, 0);
		assert_true(c->simulated);
	}
	assert_int_equal(opened[0].type, 29);
	assert_int_equal(opened[0].config, 2);
	assert_int_equal(opened[0].cpu, 0);
	assert_int_equal(opened[1].cpu, 18);
	assert_int_equal(opened[8].config, 5);
	perf_end(rig);
}

static void test_dies(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	add_cpu(rig, 0, "0\n", "0\n", "0\n");
	add_cpu(rig, 8, "0\n", "1\n", "0\n");
	add_pmu(rig, "power", "29\n", "0,8\n");
	add_event(rig, "power", "energy-pkg", "event=0x02\n");
	looks = 3;
	perf_open(rig);
	assert_int_equal(rig->n_channels, 2);
	rig_channel(rig, "rapl.package-0-die-0");
	rig_channel(rig, "rapl.package-0-die-1");
	perf_end(rig);
}

/* Threads of one core show one register. */
static void test_cores(void **state)
{
	(void)state;
	for (int wanted = 0; wanted < 2; wanted++) {
		struct rig *rig = rig_of_one();
		static const char *const core[] = { "0\n", "1\n", "0\n", "1\n" };
		for (int cpu = 1; cpu < 4; cpu++)
			add_cpu(rig, cpu, "0\n", "0\n", core[cpu]);
		add_pmu(rig, "power_core", "30\n", "0-3\n");
		add_event(rig, "power_core", "energy-core", "event=0x01\n");
		options_give(&rig->config, "cores", "", wanted);
		looks = 3;
		perf_open(rig);
		assert_int_equal(rig->n_channels, wanted ? 3 : 1);
		if (wanted)
			assert_int_equal(rig_channel(rig, "rapl.package-0.core-1")->role, ROLE_SUBZONE);
		assert_int_equal(opened[n_opened - 1].type, wanted ? 30 : 29);
		perf_end(rig);
	}
}

/* Events in other units, or without a scale, are none of energy. */
static void test_strange_events(void **state)
{
	(void)state;
	struct rig *rig = rig_of_one();
	const char *events = "bus/event_source/devices/power/events";
	add_event(rig, "power", "energy-ram", "event=0x03\n");
	add_event(rig, "power", "energy-gpu", "event=0x04,umask=0x1\n");
	add_event(rig, "power", "energy-psys", "event=0x05\n");
	tree_write(&rig->tree, events, "energy-ram.unit", "Watts\n");
	tree_write(&rig->tree, events, "energy-psys.scale", "0\n");
	looks = 3;
	perf_open(rig);
	assert_int_equal(rig->n_channels, 1);
	perf_end(rig);
}

static void test_refused(void **state)
{
	(void)state;
	struct rig *rig = rig_begin();
	assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
	assert_int_equal(rig->error.code, ERROR_NOT_FOUND);
	tree_end(&rig->tree);
	rig = rig_of_one();
	refuse = EACCES;
	assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
	assert_int_equal(rig->error.code, ERROR_PERMISSION);
	assert_non_null(strstr(rig->error.remedy, "cap_perfmon"));
	perf_end(rig);
	rig = rig_of_one();
	rig->config.power_max = 1e12;
	looks = 3;
	perf_event_set_opener(open_moving);
	assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
	assert_int_equal(rig->error.code, ERROR_UNSUPPORTED);
	perf_end(rig);
}

/* Each 2^31 units at power_max, at least. */
static void test_interval(void **state)
{
	(void)state;
	struct rig *rig = rig_of_one();
	rig->config.power_max = 500;
	options_give(&rig->config, "interval", "", 1000);
	looks = 3;
	perf_open(rig);
	assert_near((double)rig->channels[0].refresh * 1e-9, 0x1p31 * 0x1p-14 / 500, 1e-3);
	perf_end(rig);
}

/* ---- reading ---- */

static uint64_t energy_of(const struct rig *rig, int n)
{
	uint64_t sum = 0, wrap = rig->channels[0].wrap;
	for (int i = 1; i < n; i++) {
		uint64_t a = collect_nth(rig->collect, RECORD_BLOCK, 0, i - 1)->count, b = collect_nth(rig->collect, RECORD_BLOCK, 0, i)->count;
		assert_true(a < wrap && b < wrap);
		sum += (b - a) & (wrap - 1);
	}
	return sum;
}

/* Steps of 7 J; the kernel's count loses a turn at the third (TPMI), and is taken for one downwards at the fifth (a late timer). */
static void test_lost_turns(void **state)
{
	(void)state;
	struct rig *rig = rig_of_one();
	const uint64_t turn = UINT64_C(1) << 50, step = UINT64_C(7) << 32;
	uint64_t count = 40 * UNIT;
	perf_start(rig);
	for (int i = 0; i < 8; i++) {
		say(0, count);
		rig_step(rig);
		count += step - (i == 2 || i == 4 ? turn : 0); /* below nought, from then on */
	}
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), 8);
	assert_int_equal(collect_count(rig->collect, RECORD_GAP, 0), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, i)->record.flags, 0);
	assert_true(energy_of(rig, 8) == 7 * step);
	perf_end(rig);
}

static void test_sample(void **state)
{
	(void)state;
	struct rig *rig = rig_of_one();
	perf_start(rig);
	say(0, UNIT);
	say(0, 2 * UNIT);
	rig_step(rig);
	driver()->sample(rig->device, &rig->collect->sink);
	assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->record.flags, FLAG_REQUESTED);
	perf_end(rig);
}

/* What cannot be read is a gap; a counter that did not move at first has no turns, and a fall of it is no energy. */
static void test_failed_reads(void **state)
{
	(void)state;
	struct rig *rig = rig_of_one();
	looks = 0;
	perf_open(rig);
	assert_true(rig->channels[0].wrap == 0);
	assert_int_equal(driver()->start(rig->device, &rig->collect->sink, &rig->error), 0);
	say(0, 100 * UNIT);
	rig_step(rig);
	rig_step(rig); /* the pipe is empty */
	say(0, 50 * UNIT);
	rig_step(rig);
	assert_int_equal(collect_missing(rig->collect, 0, GAP_READ_FAILED), 1);
	assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->record.flags, FLAG_IMPLAUSIBLE);
	perf_end(rig);
}

/* The register counts in steps of its own, which the count's unit does not tell; psys of some servers in joules. */
static void test_steps(void **state)
{
	(void)state;
	for (looks = 0; looks <= 1 << 14; looks += 1 << 14) { /* of 2^18: 2^32, a joule */
		struct rig *rig = rig_of_one();
		add_event(rig, "power", "energy-psys", "event=0x05\n");
		perf_open(rig);
		assert_near(rig_channel(rig, "rapl.psys")->accuracy.quantum, 1, 0);
		assert_near(rig_channel(rig, "rapl.package-0")->accuracy.quantum, looks ? 1 : 0x1p-32, 0);
		perf_end(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events), cmocka_unit_test(test_scales), cmocka_unit_test(test_masks), cmocka_unit_test(test_turns), cmocka_unit_test(test_steps),
		cmocka_unit_test(test_server), cmocka_unit_test(test_dies), cmocka_unit_test(test_cores), cmocka_unit_test(test_strange_events),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_interval), cmocka_unit_test(test_lost_turns), cmocka_unit_test(test_sample),
		cmocka_unit_test(test_failed_reads), cmocka_unit_test(test_captures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
