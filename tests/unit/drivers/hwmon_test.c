/* The hwmon driver against chips that the test writes, on a clock of its own. */
#include "captures.h"
#include "counter_rig.h"
#include "log.h"
#include "platform/hwmon_wire.h"
#include "platform/sysfs.h"

static const struct driver *driver(void)
{
	return driver_find("hwmon");
}

static void chip(const struct rig *rig, const char *folder, const char *name)
{
	tree_folder(&rig->tree, folder);
	tree_write(&rig->tree, folder, "name", name);
}

/* A meter as acpi_power_meter shows it. */
static void meter(const struct rig *rig, const char *folder, const char *label, const char *average, const char *interval)
{
	chip(rig, folder, "power_meter\n");
	tree_write(&rig->tree, folder, "power1_average", average);
	tree_write(&rig->tree, folder, "power1_average_interval", interval);
	tree_write(&rig->tree, folder, "power1_accuracy", "100.0%\n");
	tree_write(&rig->tree, folder, "power1_is_battery", "0\n");
	tree_write(&rig->tree, folder, "power1_serial_number", "\n");
	tree_write(&rig->tree, folder, "power1_oem_info", label);
}

static void rig_refused(struct rig *rig, enum error_code code, const char *what)
{
	rig->error = (struct error)ERROR_INIT;
	assert_null(driver()->open(&rig->config, NULL, &rig->time.timebase, &rig->error));
	assert_int_equal(rig->error.code, code);
	assert_true(rig->error.remedy[0] != '\0');
	if (strstr(rig->error.what, what) == NULL)
		fail_msg("%s", rig->error.what);
}

/* ---- the texts ---- */

static void test_integers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
		int64_t value;
	} cases[] = {
		{ "0\n", true, 0 }, { "-5\n", true, -5 }, { "9223372036854775807", true, INT64_MAX }, { "9223372036854775808", false, 0 },
		{ "-9223372036854775807\n", true, -INT64_MAX }, { "99999999999999999999", false, 0 }, { "", false, 0 }, { "\n", false, 0 },
		{ "-", false, 0 }, { "-\n", false, 0 }, { "1 ", false, 0 }, { "+1", false, 0 }, { "1.0", false, 0 }, { "1\n\n", false, 0 },
		{ "--1", false, 0 }, { "/", false, 0 }, { ":", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t value = 0;
		if (sysfs_integer_decode(cases[i].text, strlen(cases[i].text), &value) != cases[i].good || value != cases[i].value)
			fail_msg("'%s'", cases[i].text);
	}
}

static void test_power(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
		double watts;
		uint32_t flags;
	} cases[] = {
		{ "152000000\n", true, 152, 0 }, { "0\n", true, 0, 0 }, { "-1500000\n", true, -1.5, 0 },
		{ "4294967295000\n", true, NAN, FLAG_NO_DATA }, { "4294967294000\n", true, 4294967.294, 0 },
		{ "unknown\n", false, 0, 0 }, { "152.0\n", false, 0, 0 }, { "", false, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double watts = 0;
		uint32_t flags = 0;
		if (hwmon_power_decode(cases[i].text, strlen(cases[i].text), &watts, &flags) != cases[i].good || flags != cases[i].flags)
			fail_msg("'%s'", cases[i].text);
		assert_true(isnan(cases[i].watts) ? isnan(watts) : fabs(watts - cases[i].watts) < 1e-9);
	}
	uint64_t count = 7;
	assert_true(hwmon_energy_decode("123\n", 4, &count) && count == 123);
	assert_false(hwmon_energy_decode("-1\n", 3, &count));
	assert_false(hwmon_energy_decode("-0\n", 3, &count));
	assert_false(hwmon_energy_decode("x\n", 2, &count));
	assert_true(count == 123);
}

static void test_accuracy(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
		double limit;
	} cases[] = {
		{ "98.500%\n", true, 0.015 }, { "98.500%", true, 0.015 }, { "95.0%\n", true, 0.05 }, { "99.50%\n", true, 0.0095 },
		{ "99%\n", true, 0.01 }, { "97\n", true, 0.03 }, { "100.0%\n", true, 0 }, { "0.0%\n", true, 0 }, { "101.0%\n", false, -1 },
		{ "", false, -1 }, { "%\n", false, -1 }, { ".5%\n", false, -1 }, { "99.%\n", false, -1 }, { "99.5000%\n", false, -1 },
		{ "99.5 %\n", false, -1 }, { "9999%\n", false, -1 }, { "99,5%\n", false, -1 }, { "unknown\n", false, -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double limit = -1;
		if (hwmon_accuracy_decode(cases[i].text, strlen(cases[i].text), &limit) != cases[i].good ||
		    fabs(limit - cases[i].limit) > 1e-12)
			fail_msg("'%s' is %g", cases[i].text, limit);
	}
}

/* A text says of itself what it is: an accuracy ends in %, a label begins with no digit. */
static void print(const char *bytes, size_t size, struct text *text)
{
	static const char *const parts[] = { "other", "module", "grace", "cpu", "sysio" };
	double watts, limit;
	uint32_t flags;
	int socket = -1;
	char label[80], name[32];
	if (hwmon_power_decode(bytes, size, &watts, &flags)) {
		text_addf(text, flags == FLAG_NO_DATA ? "no data\n" : "%g W\n", watts);
	} else if (strchr(bytes, '%')) {
		if (hwmon_accuracy_decode(bytes, size, &limit))
			text_addf(text, "within %.3g\n", limit);
	} else {
		snprintf(label, sizeof label, "%.*s", (int)strcspn(bytes, "\n"), bytes);
		enum hwmon_part part = hwmon_part_decode(label, &socket);
		hwmon_name_decode(label, name, sizeof name);
		text_addf(text, "%s %d: %s\n", parts[part], socket, name);
	}
}

static void test_captures(void **state)
{
	(void)state;
	captures_replay("hwmon", print);
}

static void test_labels(void **state)
{
	(void)state;
	static const struct {
		const char *label;
		enum hwmon_part part;
		int socket;
		const char *name;
	} cases[] = {
		{ "Grace Power Socket 0", HWMON_GRACE, 0, "grace-power-socket-0" },
		{ "Module Power Socket 3", HWMON_MODULE, 3, "module-power-socket-3" },
		{ "CPU Power Socket 12", HWMON_CPU, 12, "cpu-power-socket-12" },
		{ "SysIO Power Socket 1", HWMON_SYSIO, 1, "sysio-power-socket-1" },
		{ "Grace Power Socket ", HWMON_OTHER, -1, "grace-power-socket" },
		{ "Grace Power Socket 0x", HWMON_OTHER, -1, "grace-power-socket-0x" },
		{ "Grace Power Socket 1234", HWMON_OTHER, -1, "grace-power-socket-1234" },
		{ "grace power socket 0", HWMON_OTHER, -1, "grace-power-socket-0" },
		{ "power1 CORE VRD", HWMON_OTHER, -1, "core-vrd" },
		{ "a_b~c:d`e", HWMON_OTHER, -1, "a_b-c-d-e" },
		{ "power CORE", HWMON_OTHER, -1, "power-core" },
		{ "power2", HWMON_OTHER, -1, "power2" },
		{ "Esocket0", HWMON_OTHER, -1, "esocket0" },
		{ "  +12 V (a) ", HWMON_OTHER, -1, "12-v-a" },
		{ "\xc3\x84", HWMON_OTHER, -1, "gauge" },
		{ "", HWMON_OTHER, -1, "gauge" },
		{ "A label that is longer than a name may be", HWMON_OTHER, -1, "a-label-that-is-longer-than-a-n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int socket = -1;
		char name[32];
		assert_int_equal(hwmon_part_decode(cases[i].label, &socket), cases[i].part);
		assert_int_equal(socket, cases[i].socket);
		hwmon_name_decode(cases[i].label, name, sizeof name);
		assert_string_equal(name, cases[i].name);
	}
}

/* ---- chips ---- */

/* Two sockets, as NVIDIA's firmware names them: each is counted once. */
static void test_grace(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	static const char *const parts[] = { "Module", "Grace", "CPU", "SysIO" };
	for (int i = 0; i < 8; i++) {
		char folder[16], label[40];
		snprintf(folder, sizeof folder, "hwmon%d", 8 + i); /* two digits sort behind one */
		snprintf(label, sizeof label, "%s Power Socket %d\n", parts[i % 4], i / 4);
		meter(rig, folder, label, "100000000\n", "50\n");
	}
	rig_open(rig);
	assert_int_equal(rig->n_channels, 8);
	assert_string_equal(rig->channels[0].name, "board.module-0");
	static const struct {
		const char *name;
		enum channel_role role;
	} expected[] = {
		{ "board.module-0", ROLE_PSYS }, { "board.grace-0", ROLE_PACKAGE }, { "board.cpu-0", ROLE_SUBZONE },
		{ "board.sysio-0", ROLE_SUBZONE }, { "board.module-1", ROLE_PSYS }, { "board.grace-1", ROLE_PACKAGE },
		{ "board.cpu-1", ROLE_SUBZONE }, { "board.sysio-1", ROLE_SUBZONE },
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct channel *c = rig_channel(rig, expected[i].name);
		if (c->role != expected[i].role)
			fail_msg("%s is %s", c->name, channel_role_name(c->role));
		assert_int_equal(c->kind, CHANNEL_MEAN);
		assert_int_equal(c->window, 50 * NS_PER_MS);
		assert_int_equal(c->unmeasured, 50 * NS_PER_MS);
		assert_int_equal(c->latency, 25 * NS_PER_MS);
		assert_int_equal(c->u_latency, 25 * NS_PER_MS);
		assert_true(c->refresh > 60 * NS_PER_MS && c->refresh < 65 * NS_PER_MS);
		assert_near(c->accuracy.reading, 0, 0); /* 100 % states nothing */
		assert_true(c->simulated);
	}
	rig_end(rig);
}

/* Without a gauge of the whole the CPU's is what there is of a package. */
static void test_half_a_grace(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	meter(rig, "hwmon0", "Grace Power Socket 1\n", "1\n", "50\n");
	meter(rig, "hwmon1", "CPU Power Socket 0\n", "1\n", "50\n");
	meter(rig, "hwmon2", "SysIO Power Socket 0\n", "1\n", "50\n");
	rig_open(rig);
	assert_int_equal(rig_channel(rig, "board.cpu-0")->role, ROLE_PACKAGE);
	assert_int_equal(rig_channel(rig, "board.sysio-0")->role, ROLE_SUBZONE);
	rig_end(rig);
}

static void altra(const struct rig *rig, const char *folder)
{
	static const char *const labels[] = { "power1 CORE VRD\n", "power2 SoC\n", "power3 DIMM VRD1\n" };
	chip(rig, folder, "smpro_hwmon\n");
	for (int i = 0; i < 3; i++) {
		char file[32];
		snprintf(file, sizeof file, "power%d_label", i + 1);
		tree_write(&rig->tree, folder, file, labels[i]);
		snprintf(file, sizeof file, "power%d_input", i + 1);
		tree_write(&rig->tree, folder, file, "52000000\n");
	}
}

static void test_altra(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	altra(rig, "hwmon0");
	altra(rig, "hwmon1");
	rig_open(rig);
	assert_int_equal(rig->n_channels, 6);
	static const char *const names[] = { "board.core-vrd", "board.soc", "board.dimm-vrd1", "board.core-vrd#2", "board.soc#2" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct channel *c = rig_channel(rig, names[i]);
		assert_int_equal(c->kind, CHANNEL_INSTANT);
		assert_int_equal(c->role, ROLE_RAIL);
		assert_int_equal(c->refresh, 100 * NS_PER_MS);
	}
	rig_end(rig);
}

static void test_amd_energy(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	chip(rig, "hwmon4", "amd_energy\n");
	tree_write(&rig->tree, "hwmon4", "energy1_label", "Ecore000\n");
	tree_write(&rig->tree, "hwmon4", "energy1_input", "17\n");
	tree_write(&rig->tree, "hwmon4", "energy65_label", "Esocket0\n");
	tree_write(&rig->tree, "hwmon4", "energy65_input", "1000000\n");
	rig_start(rig);
	assert_int_equal(rig->n_channels, 1);
	const struct channel *c = rig_channel(rig, "board.esocket0");
	assert_int_equal(c->kind, CHANNEL_COUNTER);
	assert_int_equal(c->role, ROLE_DUPLICATE);
	assert_near(c->scale, 1e-6, 0);
	assert_true(c->wrap == 0);
	rig_step(rig);
	tree_write(&rig->tree, "hwmon4", "energy65_input", "21000000\n");
	driver()->sample(rig->device, &rig->collect->sink);
	rig_step(rig);
	tree_write(&rig->tree, "hwmon4", "energy65_input", "5000\n"); /* it has begun anew */
	rig_step(rig);
	tree_write(&rig->tree, "hwmon4", "energy65_input", "6000\n");
	rig_step(rig);
	assert_true(collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->count == 21000000);
	assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->record.flags, FLAG_REQUESTED);
	assert_int_equal(collect_nth(rig->collect, RECORD_BLOCK, 0, 3)->record.flags, FLAG_IMPLAUSIBLE);
	assert_int_equal(collect_missing(rig->collect, 0, GAP_MISSED), 1);
	rig_end(rig);
}

/* Files one folder further in, an average of nobody knows what, a point, a chip without power. */
static void test_odd_chips(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	tree_folder(&rig->tree, "hwmon0");
	meter(rig, "hwmon0/device", "\n", "1\n", "1000\n");
	tree_write(&rig->tree, "hwmon0/device", "power1_accuracy", "98.500%\n");
	chip(rig, "hwmon1", "amdgpu\n");
	tree_write(&rig->tree, "hwmon1", "power1_average", "30000000\n");
	tree_write(&rig->tree, "hwmon1", "power1_input", "31000000\n");
	chip(rig, "hwmon2", "nvme\n");
	chip(rig, "thermal", "other\n");
	tree_write(&rig->tree, "thermal", "power1_input", "1\n");
	rig_open(rig);
	assert_int_equal(rig->n_channels, 2);
	const struct channel *c = rig_channel(rig, "board.power_meter-power1");
	assert_int_equal(c->kind, CHANNEL_MEAN);
	assert_int_equal(c->role, ROLE_NONE);
	assert_near(c->accuracy.reading, 0.015, 1e-12);
	assert_int_equal(rig_channel(rig, "board.amdgpu-power1")->kind, CHANNEL_INSTANT);
	assert_string_equal(driver()->identity(rig->device)->model, "power_meter");
	rig_end(rig);
}

static void test_what_it_measures(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	meter(rig, "hwmon0", "\n", "1\n", "1000\n");
	altra(rig, "hwmon1");
	rig->config.measures = ROLE_CHECK;
	rig_refused(rig, ERROR_CONFIG, "4 gauges");
	options_give(&rig->config, "chip", "power_meter", 0);
	rig_refused(rig, ERROR_CONFIG, "no accuracy");
	rig->config.accuracy_given = true;
	rig->config.accuracy.reading = 0.02;
	rig->config.latency = 0.3;
	rig->config.u_latency = 0.2;
	rig_open(rig);
	assert_int_equal(rig->channels[0].role, ROLE_CHECK);
	assert_int_equal(rig->channels[0].latency, 300 * NS_PER_MS);
	assert_int_equal(rig->channels[0].u_latency, 200 * NS_PER_MS);
	assert_near(rig->channels[0].accuracy.reading, 0.02, 0);
	driver()->close(rig->device);
	rig->device = NULL;
	tree_write(&rig->tree, "hwmon0", "power1_is_battery", "1\n");
	rig_refused(rig, ERROR_CONFIG, "battery");
	rig_end(rig);
}

static void test_which_chip(void **state)
{
	(void)state;
	static const struct {
		const char *chip;
		int n;
	} cases[] = { { "all", 7 }, { "smpro_hwmon", 6 }, { "hwmon1", 3 }, { "soc#2", 1 }, { "power_meter", 1 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_on_tree("board", "hwmon");
		meter(rig, "hwmon0", "\n", "1\n", "1000\n");
		altra(rig, "hwmon1");
		altra(rig, "hwmon2");
		options_give(&rig->config, "chip", cases[i].chip, 0);
		if (strcmp(cases[i].chip, "soc#2") == 0) /* the second of a name is one where the first is taken in, too */
			rig_refused(rig, ERROR_NOT_FOUND, "no gauge");
		else
			rig_open(rig);
		assert_int_equal(rig->device ? rig->n_channels : 1, cases[i].n);
		rig_end(rig);
	}
}

static void test_nothing_there(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	rig_refused(rig, ERROR_NOT_FOUND, "no gauge");
	snprintf(rig->config.options[0].text, sizeof rig->config.options[0].text, "/nowhere/at/all");
	rig_refused(rig, ERROR_NOT_FOUND, "list");
	rig_end(rig);
}

static void test_interval(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	meter(rig, "hwmon0", "\n", "1\n", "1000\n");
	options_give(&rig->config, "interval", "", 0.001);
	rig_refused(rig, ERROR_CONFIG, "every 0.001 s");
	rig->config.options[1].number = 0.25;
	rig_open(rig);
	assert_int_equal(rig->channels[0].refresh, 250 * NS_PER_MS);
	rig_end(rig);
}

/* ---- reading ---- */

/* Each gauge at its own pace; a mean is of when it was read, a point of some time before. */
static void test_stream(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	meter(rig, "hwmon0", "Grace Power Socket 0\n", "150000000\n", "1000\n");
	altra(rig, "hwmon1");
	rig_start(rig);
	int64_t start = rig->time.now;
	int mean = rig_index(rig, "board.grace-0"), point = rig_index(rig, "board.soc");
	step_until(driver(), rig->device, rig->collect, start + 10 * NS_PER_S);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, (unsigned)mean), 10);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, (unsigned)point), 100);
	const struct collected *first = collect_nth(rig->collect, RECORD_BLOCK, (unsigned)mean, 0);
	assert_near(first->value, 150, 1e-9);
	assert_int_equal(first->record.t, start);
	assert_int_equal(first->record.u_t, 0);
	const struct collected *second = collect_nth(rig->collect, RECORD_BLOCK, (unsigned)mean, 1);
	assert_int_equal(second->record.t - start, 1022 * NS_PER_MS);
	first = collect_nth(rig->collect, RECORD_BLOCK, (unsigned)point, 0);
	assert_int_equal(first->record.t, start - 50 * NS_PER_MS);
	assert_int_equal(first->record.u_t, 50 * NS_PER_MS);
	rig_end(rig);
}

/* What is no number is a gap; what says that there is none is flagged; neither becomes watts. */
static void test_failed_reads(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "N/A\n", "1 2\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct rig *rig = rig_on_tree("board", "hwmon");
		meter(rig, "hwmon0", "\n", "150000000\n", "1000\n");
		rig_start(rig);
		rig_step(rig);
		tree_write(&rig->tree, "hwmon0", "power1_average", texts[i]);
		rig_step(rig);
		tree_write(&rig->tree, "hwmon0", "power1_average", "4294967295000\n");
		rig_step(rig);
		assert_int_equal(collect_missing(rig->collect, 0, GAP_READ_FAILED), 1);
		assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), 2);
		const struct collected *none = collect_nth(rig->collect, RECORD_BLOCK, 0, 1);
		assert_true(isnan(none->value));
		assert_int_equal(none->record.flags, FLAG_NO_DATA);
		rig_end(rig);
	}
}

static void test_vanished_chip(void **state)
{
	(void)state;
	char path[200];
	struct rig *rig = rig_on_tree("board", "hwmon");
	meter(rig, "hwmon0", "\n", "150000000\n", "1000\n");
	rig_start(rig);
	rig_step(rig);
	tree_write(&rig->tree, "hwmon0", "power1_average", "");
	tree_path(&rig->tree, "hwmon0", "power1_average", path);
	assert_int_equal(unlink(path), 0);
	for (int i = 0; i < 3; i++)
		rig_step(rig);
	tree_write(&rig->tree, "hwmon0", "power1_average", "160000000\n");
	rig_step(rig);
	rig_step(rig);
	assert_int_equal(collect_missing(rig->collect, 0, GAP_READ_FAILED), 4);
	assert_near(collect_nth(rig->collect, RECORD_BLOCK, 0, 1)->value, 160, 1e-9);
	rig_end(rig);
}

/* A host that was away reads once, not in a burst. */
static void test_late(void **state)
{
	(void)state;
	struct rig *rig = rig_on_tree("board", "hwmon");
	meter(rig, "hwmon0", "\n", "150000000\n", "1000\n");
	rig_start(rig);
	rig_step(rig);
	rig->time.now += 30 * NS_PER_S;
	rig_step(rig);
	rig_step(rig);
	assert_int_equal(collect_count(rig->collect, RECORD_BLOCK, 0), 3);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),    cmocka_unit_test(test_power),
		cmocka_unit_test(test_accuracy),    cmocka_unit_test(test_labels),
		cmocka_unit_test(test_grace),       cmocka_unit_test(test_half_a_grace),
		cmocka_unit_test(test_altra),       cmocka_unit_test(test_amd_energy),
		cmocka_unit_test(test_odd_chips),   cmocka_unit_test(test_what_it_measures),
		cmocka_unit_test(test_which_chip),  cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_interval),    cmocka_unit_test(test_stream),
		cmocka_unit_test(test_failed_reads), cmocka_unit_test(test_vanished_chip),
		cmocka_unit_test(test_late),         cmocka_unit_test(test_captures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
