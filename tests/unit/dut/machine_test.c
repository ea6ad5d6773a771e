/* The machine's facts, from trees of files that stand for machines. */
#include "unit.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "machine.h"

static char root[256];

static void put(const char *path, const char *text)
{
	char full[1024];
	snprintf(full, sizeof full, "%s%s", root, path);
	for (char *slash = full + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position)
{
	(void)status, (void)type, (void)position;
	return remove(path);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/joulerig-machine-test-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const json_t *at(const json_t *facts, const char *group, const char *key)
{
	return json_object_get(group ? json_object_get(facts, group) : facts, key);
}

static void expect_text(const json_t *facts, const char *group, const char *key, const char *expected)
{
	const char *text = json_string_value(at(facts, group, key));
	if (text == NULL || strcmp(text, expected) != 0)
		fail_msg("%s is %s, not %s", key, text ? text : "missing", expected);
}

static void expect_integer(const json_t *facts, const char *group, const char *key, long long expected)
{
	if (!json_is_integer(at(facts, group, key)) || json_integer_value(at(facts, group, key)) != expected)
		fail_msg("%s is %lld, not %lld", key, (long long)json_integer_value(at(facts, group, key)), expected);
}

static void put_cpu(int cpu, int package, int core)
{
	char path[128], text[16];
	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
	snprintf(text, sizeof text, "%d\n", package);
	put(path, text);
	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
	snprintf(text, sizeof text, "%d\n", core);
	put(path, text);
}

static void put_policy(int policy, const char *governor, const char *least, const char *most)
{
	static const char *const names[] = { "governor", "min_freq", "max_freq" };
	const char *const values[] = { governor, least, most };
	for (int i = 0; i < 3; i++) {
		char path[128];
		snprintf(path, sizeof path, "/sys/devices/system/cpu/cpufreq/policy%d/scaling_%s", policy, names[i]);
		put(path, values[i]);
	}
}

static void test_a_server(void **state)
{
	(void)state;
	put("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
			     "model name\t: Intel(R) Xeon(R) Gold 6430\nstepping\t: 8\nmicrocode\t: 0x2b0004d0\nflags\t\t: fpu "
			     "vme\n\nprocessor\t: 1\n");
	put("/proc/meminfo", "MemTotal:       527896824 kB\nMemFree:        1 kB\nSwapTotal:       8388604 kB\n");
	put("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
	put("/proc/sys/kernel/hostname", "dut\n");
	put("/proc/sys/kernel/perf_event_paranoid", "3\n");
	put("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n");
	put("/sys/devices/system/cpu/smt/active", "1\n");
	put("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
	for (int i = 0; i < 8; i++)
		put_cpu(i, i / 4, i / 2 % 2);
	put_policy(0, "powersave\n", "800000\n", "3400000\n");
	put_policy(1, "performance\n", "900000\n", "3500000\n");
	put("/sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
	put("/sys/class/dmi/id/product_name", "PowerEdge R760\n");
	put("/sys/class/powercap/intel-rapl:0/name", "package-0\n");
	put("/sys/class/powercap/intel-rapl:0/constraint_0_name", "long_term\n");
	put("/sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "270000000\n");
	json_t *facts = machine_facts_below(root);
	expect_text(facts, "cpu", "model", "Intel(R) Xeon(R) Gold 6430");
	expect_text(facts, "cpu", "model_number", "143");
	expect_text(facts, "cpu", "microcode", "0x2b0004d0");
	expect_integer(facts, "cpu", "sockets", 2);
	expect_integer(facts, "cpu", "cores", 4);
	expect_integer(facts, "cpu", "threads", 8);
	assert_true(json_is_true(at(facts, "cpu", "smt")));
	assert_true(json_is_false(at(facts, "cpu", "turbo")));
	assert_int_equal(json_array_size(at(facts, "cpu", "governors")), 2);
	expect_integer(facts, "cpu", "frequency_min_hz", 800000000);
	expect_integer(facts, "cpu", "frequency_max_hz", 3500000000);
	expect_integer(facts, "memory", "total_bytes", 527896824LL * 1024);
	expect_integer(facts, "memory", "swap_bytes", 8388604LL * 1024);
	expect_text(facts, "kernel", "release", "6.1.0-18-amd64");
	expect_integer(facts, "kernel", "perf_event_paranoid", 3);
	expect_text(facts, "distribution", "name", "Debian GNU/Linux 12 (bookworm)");
	expect_text(facts, "distribution", "id", "debian");
	expect_text(facts, NULL, "hostname", "dut");
	assert_true(json_is_false(at(facts, NULL, "virtual")));
	assert_null(at(facts, NULL, "on_battery"));
	assert_near(json_real_value(at(facts, "power_limits_w", "package-0 long_term")), 270, 0);
	json_decref(facts);
}

static void test_an_arm_board(void **state)
{
	(void)state;
	put("/proc/cpuinfo",
	    "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\nCPU revision\t: 1\n\n"
	    "Revision\t: d04170\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n");
	put_cpu(0, 0, 0);
	json_t *facts = machine_facts_below(root);
	expect_text(facts, "cpu", "model", "Raspberry Pi 5 Model B Rev 1.0");
	expect_text(facts, "cpu", "vendor", "0x41");
	expect_text(facts, "cpu", "model_number", "0xd0b");
	expect_integer(facts, "cpu", "cores", 1);
	assert_null(at(facts, "cpu", "microcode"));
	assert_null(at(facts, NULL, "virtual")); /* nothing tells */
	assert_null(at(facts, NULL, "memory"));
	json_decref(facts);
}

static bool is_virtual(const char *cpuinfo, const char *vendor, const char *product)
{
	put("/proc/cpuinfo", cpuinfo);
	put("/sys/class/dmi/id/sys_vendor", vendor);
	put("/sys/class/dmi/id/product_name", product);
	json_t *facts = machine_facts_below(root);
	const bool result = json_is_true(at(facts, NULL, "virtual"));
	json_decref(facts);
	return result;
}

static void test_virtual_machines(void **state)
{
	(void)state;
	assert_true(is_virtual("flags\t: fpu hypervisor lahf_lm\n", "", ""));
	assert_true(is_virtual("flags\t: fpu hypervisor\n", "", ""));
	assert_false(is_virtual("flags\t: fpu hypervisors x_hypervisor\n", "", ""));
	assert_true(is_virtual("flags\t: fpu\n", "QEMU", "Standard PC"));
	assert_true(is_virtual("flags\t: fpu\n", "Amazon EC2", "m5.large"));
	assert_false(is_virtual("flags\t: fpu\n", "Amazon EC2", "m5.metal"));
	assert_true(is_virtual("flags\t: fpu hypervisor\n", "Amazon EC2", "m5.metal"));
	assert_true(is_virtual("flags\t: fpu\n", "Microsoft Corporation", "Virtual Machine"));
	assert_false(is_virtual("flags\t: fpu\n", "Microsoft Corporation", "Surface"));
}

static int on_battery(void)
{
	json_t *facts = machine_facts_below(root);
	const json_t *fact = at(facts, NULL, "on_battery");
	const int result = fact ? json_is_true(fact) : -1;
	json_decref(facts);
	return result;
}

static void test_batteries(void **state)
{
	(void)state;
	put("/sys/class/power_supply/hid/type", "Battery\n");
	put("/sys/class/power_supply/hid/scope", "Device\n");
	put("/sys/class/power_supply/hid/status", "Discharging\n");
	assert_int_equal(on_battery(), -1); /* a mouse */
	put("/sys/class/power_supply/AC/type", "Mains\n");
	put("/sys/class/power_supply/AC/online", "1\n");
	put("/sys/class/power_supply/BAT0/type", "Battery\n");
	put("/sys/class/power_supply/BAT0/status", "Charging\n");
	assert_int_equal(on_battery(), 0);
	put("/sys/class/power_supply/AC/online", "0\n");
	assert_int_equal(on_battery(), 1);
	put("/sys/class/power_supply/AC/online", "1\n");
	put("/sys/class/power_supply/BAT0/status", "Discharging\n");
	assert_int_equal(on_battery(), 1);
}

static void test_uninterruptible_supplies(void **state)
{
	(void)state;
	put("/sys/class/power_supply/ups/type", "UPS\n");
	put("/sys/class/power_supply/ups/status", "Charging\n");
	assert_int_equal(on_battery(), 0);
	json_t *facts = machine_facts_below(root);
	expect_integer(facts, NULL, "ups", 1);
	expect_integer(facts, NULL, "batteries", 0);
	json_decref(facts);
	put("/sys/class/power_supply/ups/status", "Discharging\n");
	assert_int_equal(on_battery(), 1);
}

/* A register of /dev/cpu/0/msr, as a file that has 8 bytes at its number. */
static void put_register(long number, unsigned long long value)
{
	char path[300];
	snprintf(path, sizeof path, "%s/dev/cpu/0/msr", root);
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, number, SEEK_SET), 0);
	assert_int_equal(fwrite(&value, sizeof value, 1, file), 1);
	fclose(file);
}

static void expect_filter(const char *expected)
{
	json_t *facts = machine_facts_below(root);
	expect_text(facts, "rapl", "filter", expected);
	json_decref(facts);
}

static void test_energy_filter(void **state)
{
	(void)state;
	put("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n");
	json_t *facts = machine_facts_below(root);
	assert_null(json_object_get(facts, "rapl"));
	json_decref(facts);
	put("/proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
	expect_filter("unknown"); /* no device */
	put("/dev/cpu/0/msr", "");
	expect_filter("unknown"); /* that says nothing */
	put_register(0x10a, 0);
	put_register(0xbc, 1);
	expect_filter("off"); /* no such register */
	put_register(0x10a, 1 << 10);
	expect_filter("off"); /* without the filter in it */
	put_register(0x10a, 1 << 11);
	expect_filter("off");
	put_register(0x10a, 3 << 10);
	expect_filter("on");
	put_register(0xbc, 0xfffffffe);
	expect_filter("off");
}

static void test_no_machine_at_all(void **state)
{
	(void)state;
	json_t *facts = machine_facts_below(root);
	assert_non_null(facts);
	assert_int_equal(json_object_size(facts), 0);
	json_decref(facts);
	put("/proc/cpuinfo", "flags\t: \xff\xfe hypervisor\nmodel name\t: \xff\xff\n"); /* not text */
	put("/proc/meminfo", "MemTotal: -\n");
	put("/proc/sys/kernel/perf_event_paranoid", "12monkeys");
	facts = machine_facts_below(root);
	assert_null(at(facts, "cpu", "model"));
	assert_null(at(facts, "kernel", "perf_event_paranoid"));
	json_decref(facts);
}

static void test_this_machine(void **state)
{
	(void)state;
	json_t *facts = machine_facts();
	assert_non_null(facts);
	assert_true(json_integer_value(at(facts, "memory", "total_bytes")) > 1000000);
	assert_true(json_integer_value(at(facts, "cpu", "threads")) >= 1);
	assert_non_null(json_string_value(at(facts, NULL, "architecture")));
	assert_non_null(json_string_value(at(facts, NULL, "affinity")));
	assert_non_null(json_string_value(at(facts, "kernel", "release")));
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_server, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_arm_board, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_virtual_machines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_batteries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_uninterruptible_supplies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_energy_filter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_machine_at_all, set_up, tear_down),
		cmocka_unit_test(test_this_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
