#include "rig.h"

#include <errno.h>

static const char *const busy = "load: {source: script, steps: [{at: 0 s, power: 100 W}, {at: 10 s}]}\nmachine: {packages: 2}\n";

static struct rig *open_with(const char *more)
{
	struct text text = TEXT_INIT;
	text_addf(&text, "%s%s", busy, more);
	struct rig *rig = rig_open(text_string(&text));
	text_free(&text);
	return rig;
}

/* What a read of FOLDER/FILE gives; its length, or a negative errno. */
static int read_at(const struct rig *rig, const char *folder, const char *file, char text[64])
{
	const struct powercap_tree *files = &rig->twin.hwmon.files;
	int chip = powercap_tree_lookup(files, 0, folder, rig->now), node = powercap_tree_lookup(files, chip, file, rig->now);
	if (chip < 0 || node < 0)
		return -ENOENT;
	int length = powercap_tree_read(files, node, rig->now, text, 64);
	assert_true(length < 64);
	return length;
}

static double watts(const struct rig *rig, const char *folder, const char *file)
{
	char text[64];
	assert_true(read_at(rig, folder, file, text) > 0);
	return atof(text) * 1e-6;
}

static void expect(const struct rig *rig, const char *folder, const char *file, const char *expected)
{
	char text[64];
	assert_true(read_at(rig, folder, file, text) > 0);
	assert_string_equal(text, expected);
}

static double mean_joules(const struct rig *rig, int quantity, int64_t from, int64_t to)
{
	return (double)(model_energy(rig->twin.model, quantity, to) - model_energy(rig->twin.model, quantity, from)) * 1e-9;
}

/* An average over the interval before the firmware's last beat, which is no longer ago than that. */
static void average(void **state)
{
	(void)state;
	struct rig *rig = open_with("hwmon: {gain: 2 %, accuracy: 2.5 %, step: 10 mW, interval: 500 ms}\n");
	expect(rig, "hwmon0", "name", "power_meter\n");
	expect(rig, "hwmon0", "power1_average_interval", "500\n");
	expect(rig, "hwmon0", "power1_accuracy", "97.500%\n");
	expect(rig, "hwmon0", "power1_is_battery", "0\n");
	expect(rig, "hwmon0", "power1_serial_number", "SIM000001\n");
	char text[64];
	assert_int_equal(read_at(rig, "hwmon1", "name", text), -ENOENT);
	rig_wait(rig, 9.9);
	double last = -1;
	int changes = 0;
	for (int i = 0; i < 1000; i++) {
		rig_wait(rig, 0.002);
		double now = watts(rig, "hwmon0", "power1_average");
		assert_near(now, rint(now * 100) / 100, 1e-9);
		changes += now != last;
		last = now;
	}
	assert_in_range(changes, 3, 5);
	double low = mean_joules(rig, QUANTITY_WALL, rig->now - 500 * NS_PER_MS, rig->now) / 0.5;
	assert_near(last / 1.02, low, 0.05 * low);
	rig_close(rig);
}

/* Of each socket the parts add up to what holds them. */
static void grace(void **state)
{
	(void)state;
	struct rig *rig = open_with("hwmon: {grace: on, gain: 0 %, interval: 50 ms}\n");
	static const char *const parts[] = { "Module", "Grace", "CPU", "SysIO" };
	rig_wait(rig, 5);
	for (int i = 0; i < 8; i++) {
		char folder[16], label[40];
		snprintf(folder, sizeof folder, "hwmon%d", i);
		snprintf(label, sizeof label, "%s Power Socket %d\n", parts[i % 4], i / 4);
		expect(rig, folder, "power1_oem_info", label);
	}
	double module = watts(rig, "hwmon0", "power1_average"), whole = watts(rig, "hwmon1", "power1_average");
	double cpu = watts(rig, "hwmon2", "power1_average"), sysio = watts(rig, "hwmon3", "power1_average");
	double second = (double)model_power(rig->twin.model, QUANTITY_PACKAGE) * 1e-6, dram = (double)model_power(rig->twin.model, QUANTITY_DRAM) * 1e-6;
	assert_near(whole, second + dram, 0.01 * whole);
	assert_near(cpu + sysio, second, 0.01 * whole);
	assert_true(module > whole && cpu > 0 && sysio > 0);
	rig_close(rig);
}

static void points(void **state)
{
	(void)state;
	struct rig *rig = open_with("hwmon: {altra: on, gain: 0 %}\n");
	expect(rig, "hwmon1", "name", "smpro_hwmon\n");
	expect(rig, "hwmon1", "power2_label", "power2 SoC\n");
	rig_wait(rig, 5);
	double sum = watts(rig, "hwmon0", "power1_input") + watts(rig, "hwmon0", "power2_input");
	assert_near(sum, (double)model_power(rig->twin.model, QUANTITY_PACKAGE) * 1e-6, 0.01 * sum);
	rig_wait(rig, 5.05); /* 50 ms into the quiet: a point knows it */
	assert_true(watts(rig, "hwmon0", "power1_input") < sum / 4);
	rig_close(rig);
}

static void faults(void **state)
{
	(void)state;
	struct rig *rig = open_with("meter: {}\nhwmon: {meter: on, altra: on}\nfaults: [{what: nan, zone: soc, at: 1 s, for: 1 s, device: hwmon}, "
				    "{what: read_error, zone: power_meter, at: 1 s, for: 1 s, device: hwmon}, {what: vanish, at: 3 s, for: 1 s, device: hwmon}, "
				    "{what: nan, zone: power_meter, at: 5 s, for: 1 s, device: hwmon}, {what: read_error, at: 7 s}]\n");
	char text[64];
	rig_wait(rig, 1.5);
	assert_int_equal(read_at(rig, "hwmon1", "power2_input", text), -ENODATA);
	assert_int_equal(read_at(rig, "hwmon0", "power1_average", text), -EIO);
	assert_true(read_at(rig, "hwmon1", "power1_input", text) > 0);
	rig_wait(rig, 2);
	assert_int_equal(read_at(rig, "hwmon0", "power1_average", text), -ENOENT);
	rig_wait(rig, 2);
	expect(rig, "hwmon0", "power1_average", "4294967295000\n");
	rig_wait(rig, 2); /* the meter's, and the counters' */
	assert_true(read_at(rig, "hwmon0", "power1_average", text) > 0);
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(average), cmocka_unit_test(grace), cmocka_unit_test(points), cmocka_unit_test(faults) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
