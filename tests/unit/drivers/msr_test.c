/* The msr driver against registers in files, and its tables. */
#include "captures.h"
#include "collect.h"
#include "counter_tree.h"
#include "platform/msr_wire.h"

static void test_processors(void **state)
{
	(void)state;
	static const struct {
		const char *cpuinfo;
		bool known;
		struct msr_cpu cpu;
	} cases[] = {
		{ "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Xeon\n", true, { MSR_INTEL, 6, 143 } },
		{ "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 55\n", false, { MSR_INTEL, 6, 55 } },
		{ "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 76\n", false, { MSR_INTEL, 6, 76 } },
		{ "vendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2", true, { MSR_AMD, 26, 2 } },
		{ "vendor_id\t: AuthenticAMD\ncpu family\t: 21\nmodel\t\t: 2\n", false, { MSR_AMD, 21, 2 } },
		{ "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 23\n", false, { MSR_INTEL, 6, 23 } },
		{ "vendor_id\t: GenuineIntel\ncpu family\t: 15\nmodel\t\t: 143\n", false, { MSR_INTEL, 15, 143 } },
		{ "vendor_id\t: GenuineIntelX\ncpu family\t: 6\nmodel\t\t: 143\n", false, { MSR_NOBODY, 6, 143 } },
		{ "vendor_id\t: GenuineIntel\nmodel name\t: 143\n", false, { MSR_INTEL, -1, -1 } },
		{ "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: x\n", false, { MSR_INTEL, 6, -1 } },
		{ "cpu family\t: 6\nmodel\t\t: 143\nvendor_id\t: GenuineIntel", true, { MSR_INTEL, 6, 143 } }, /* cut at its end */
		{ "vendor_id\t: GenuineIntel", false, { MSR_INTEL, -1, -1 } },
		{ "vendor_id\t: GenuineIntel\ncpu family\t: 99999999999999999999\nmodel\t\t: 143\n", false, { MSR_INTEL, 999999, 143 } }, /* held */
		{ "CPU implementer\t: 0x41\n", false, { MSR_NOBODY, -1, -1 } },
		{ "", false, { MSR_NOBODY, -1, -1 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct msr_cpu cpu;
		assert_int_equal(msr_cpu_decode(cases[i].cpuinfo, &cpu), cases[i].known);
		assert_int_equal(cpu.vendor, cases[i].cpu.vendor);
		assert_int_equal(cpu.family, cases[i].cpu.family);
		assert_int_equal(cpu.model, cases[i].cpu.model);
	}
}

static void print(const char *bytes, size_t size, struct text *text)
{
	struct msr_cpu cpu;
	(void)size; /* a string */
	if (msr_cpu_decode(bytes, &cpu))
		text_addf(text, "%s family %d model %d: package %x, DRAM %x\n", cpu.vendor == MSR_INTEL ? "Intel" : "AMD", cpu.family, cpu.model,
			  msr_energy_register(&cpu, MSR_PACKAGE), msr_energy_register(&cpu, MSR_DRAM));
	else
		text_add(text, "nothing\n");
}

static void test_captures(void **state)
{
	(void)state;
	captures_replay("msr", print);
}

static void test_units(void **state)
{
	(void)state;
	const uint64_t units = 0xa0e03; /* ESU 14 */
	static const struct {
		struct msr_cpu cpu;
		enum msr_domain domain;
		double unit;
	} cases[] = {
		{ { MSR_INTEL, 6, 0x9e }, MSR_PACKAGE, 0x1p-14 }, { { MSR_INTEL, 6, 0x9e }, MSR_DRAM, 0x1p-14 },
		{ { MSR_INTEL, 6, 0x3f }, MSR_DRAM, 0x1p-16 }, { { MSR_INTEL, 6, 0x4f }, MSR_DRAM, 0x1p-16 },
		{ { MSR_INTEL, 6, 0x55 }, MSR_DRAM, 0x1p-16 }, { { MSR_INTEL, 6, 0x6a }, MSR_DRAM, 0x1p-16 },
		{ { MSR_INTEL, 6, 0x6a }, MSR_PACKAGE, 0x1p-14 }, { { MSR_INTEL, 6, 0x6a }, MSR_PSYS, 0x1p-14 },
		{ { MSR_INTEL, 6, 0x8f }, MSR_DRAM, 0x1p-14 }, { { MSR_INTEL, 6, 0x8f }, MSR_PSYS, 1 },
		{ { MSR_INTEL, 6, 0xcf }, MSR_PSYS, 1 }, { { MSR_INTEL, 6, 0xad }, MSR_PSYS, 0x1p-14 },
		{ { MSR_AMD, 0x19, 0x8f }, MSR_PACKAGE, 0x1p-14 }, { { MSR_AMD, 6, 0x3f }, MSR_DRAM, 0x1p-14 },
		{ { MSR_INTEL, 15, 0x3f }, MSR_DRAM, 0x1p-14 }, /* another's number is no quirk */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_near(msr_unit(&cases[i].cpu, cases[i].domain, units), cases[i].unit, 0);
	assert_near(msr_unit(&cases[0].cpu, MSR_PACKAGE, 0), 0, 0);
	assert_int_equal(msr_unit_register(&(struct msr_cpu){ MSR_AMD, 0x19, 1 }), 0xc0010299);
	assert_int_equal(msr_energy_register(&(struct msr_cpu){ MSR_AMD, 0x19, 1 }, MSR_PACKAGE), 0xc001029b);
	assert_int_equal(msr_energy_register(&(struct msr_cpu){ MSR_AMD, 0x19, 1 }, MSR_DRAM), 0);
	assert_int_equal(msr_energy_register(&(struct msr_cpu){ MSR_INTEL, 6, 1 }, MSR_PSYS), 0x64d);
}

/* ---- the device ---- */

static void put(const struct tree *tree, int cpu, uint32_t number, uint64_t value)
{
	char path[200];
	snprintf(path, sizeof path, "%s/dev/cpu/%d/msr", tree->root, cpu);
	int fd = open(path, O_RDWR | O_CREAT, 0644);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &value, sizeof value, number), sizeof value);
	close(fd);
}

static void machine(const struct tree *tree)
{
	static const char *const folders[] = { "dev", "dev/cpu", "dev/cpu/0", "dev/cpu/2", "proc", "sys", "sys/devices", "sys/devices/system",
					       "sys/devices/system/cpu" };
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		tree_folder(tree, folders[i]);
	for (int cpu = 0; cpu < 4; cpu++) {
		char path[80];
		snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%d", cpu);
		tree_folder(tree, path);
		snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%d/topology", cpu);
		tree_folder(tree, path);
		tree_write(tree, path, "physical_package_id", cpu / 2 ? "1\n" : "0\n");
	}
	tree_write(tree, "proc", "cpuinfo", "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 106\n");
	for (int cpu = 0; cpu < 4; cpu += 2) { /* registers far enough from each other for a file: unit, package, DRAM */
		put(tree, cpu, 0x619, 1000);
		put(tree, cpu, 0x606, 0xa0e03);
		put(tree, cpu, 0x611, UINT64_C(0xdead0000fffffff0));
	}
}

static struct device_config config_of(const struct tree *tree, const char *diagnosis)
{
	struct device_config config = { .name = "regs", .driver = "msr", .n_options = diagnosis ? 2 : 1 };
	snprintf(config.options[0].name, sizeof config.options[0].name, "root");
	snprintf(config.options[0].text, sizeof config.options[0].text, "%s", tree->root);
	snprintf(config.options[1].name, sizeof config.options[1].name, "diagnosis");
	config.options[1].number = diagnosis && strcmp(diagnosis, "yes") == 0;
	return config;
}

/* All that is read is kept only; the 32 bits that count turn over. */
static void test_registers(void **state)
{
	(void)state;
	struct tree tree;
	struct fake_time time = FAKE_TIME_INIT;
	struct error error = ERROR_INIT;
	const struct driver *driver = driver_find("msr");
	tree_begin(&tree);
	machine(&tree);
	struct device_config config = config_of(&tree, "yes");
	struct collect *collect = collect_begin(&time.timebase);
	void *device = driver->open(&config, NULL, &time.timebase, &error);
	if (device == NULL)
		fail_msg("%s: %s", error.on, error.what);
	int n, package = -1, dram = -1;
	const struct channel *channels = driver->channels(device, &n);
	for (int i = 0; i < n; i++) {
		assert_int_equal(channels[i].role, ROLE_NONE);
		assert_true(channels[i].simulated && channels[i].wrap == UINT64_C(1) << 32);
		package = strcmp(channels[i].name, "regs.package-1") == 0 ? i : package;
		dram = strcmp(channels[i].name, "regs.package-0.dram") == 0 ? i : dram;
	}
	assert_true(package >= 0 && dram >= 0);
	assert_near(channels[package].scale, 0x1p-14, 0);
	assert_near(channels[dram].scale, 0x1p-16, 0);
	assert_int_equal(driver->start(device, &collect->sink, &error), 0);
	time.now = driver->step(device, time.now, &collect->sink);
	put(&tree, 2, 0x611, 0x10);
	time.now = driver->step(device, time.now, &collect->sink);
	driver->sample(device, &collect->sink);
	assert_true(collect_nth(collect, RECORD_BLOCK, (unsigned)package, 0)->count == 0xfffffff0);
	const struct collected *turned = collect_nth(collect, RECORD_BLOCK, (unsigned)package, 1);
	assert_true(turned->count == 0x10 && turned->record.flags == 0);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, (unsigned)package, 2)->record.flags, FLAG_REQUESTED);
	assert_int_equal(driver->stop(device, &error), 0);
	driver->close(device);
	tree_end(&tree);
}

static void test_refused(void **state)
{
	(void)state;
	struct tree tree;
	struct fake_time time = FAKE_TIME_INIT;
	tree_begin(&tree);
	machine(&tree);
	for (int i = 0; i < 4; i++) {
		struct device_config config = config_of(&tree, i == 0 ? "no" : i == 1 ? NULL : "yes");
		struct error error = ERROR_INIT;
		if (i == 2)
			tree_write(&tree, "proc", "cpuinfo", "vendor_id\t: Other\n");
		if (i == 3) {
			char path[200];
			tree_write(&tree, "proc", "cpuinfo", "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n");
			tree_path(&tree, "dev/cpu/0", "msr", path);
			assert_int_equal(unlink(path), 0);
		}
		assert_null(driver_find("msr")->open(&config, NULL, &time.timebase, &error));
		assert_int_equal(error.code, i < 2 ? ERROR_CONFIG : i == 2 ? ERROR_UNSUPPORTED : ERROR_NOT_FOUND);
		assert_true(error.remedy[0] != '\0');
	}
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_processors), cmocka_unit_test(test_units), cmocka_unit_test(test_captures),
					    cmocka_unit_test(test_registers),
					    cmocka_unit_test(test_refused) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
