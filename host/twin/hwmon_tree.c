#include "hwmon_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "random.h"

#define POINT_WINDOW INT64_C(1000000)   /* ns: a step of the model */
#define POINT_PERIOD INT64_C(10000000)
#define BEAT 100e-6 /* relative: so far may a firmware's clock be off */
#define NONE (-1)

struct builder {
	struct hwmon_tree *tree;
	struct random random;
	double gain;
	int64_t start;
	int chips;
};

/* ---- building ---- */

static int add_chip(struct builder *b, int zone)
{
	char folder[16];
	snprintf(folder, sizeof folder, "hwmon%d", b->chips++);
	int node = powercap_tree_add(&b->tree->files, 0, folder, zone);
	powercap_tree_add_file(&b->tree->files, node, zone, "name", false);
	return node;
}

static int add_gauge(struct builder *b, const char *zone, const struct hwmon_gauge *gauge)
{
	struct hwmon_tree *tree = b->tree;
	int index = tree->files.n_zones++;
	struct hwmon_gauge *made = &tree->gauges[index];
	snprintf(tree->files.zones[index].name, sizeof tree->files.zones[index].name, "%s", zone);
	*made = *gauge;
	made->gain = b->gain;
	made->period = llround((double)gauge->period * (1 + random_between(&b->random, -BEAT, BEAT)));
	made->phase = b->start - made->window - (int64_t)(random_uniform(&b->random) * (double)made->period);
	return index;
}

static void add_meter(struct builder *b, const char *zone, struct hwmon_gauge gauge)
{
	static const char *const files[] = { "power1_average_interval", "power1_accuracy", "power1_is_battery", "power1_serial_number",
					     "power1_oem_info" };
	gauge.number = 1;
	gauge.window = gauge.period = llround(b->tree->config->interval * 1e9);
	int index = add_gauge(b, zone, &gauge), node = add_chip(b, index);
	powercap_tree_add_file(&b->tree->files, node, index, "power1_average", true);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		powercap_tree_add_file(&b->tree->files, node, index, files[i], false);
}

static void add_grace(struct builder *b, int socket, int packages)
{
	static const char *const labels[MODEL_PACKAGES_MAX][4] = {
		{ "Module Power Socket 0", "Grace Power Socket 0", "CPU Power Socket 0", "SysIO Power Socket 0" },
		{ "Module Power Socket 1", "Grace Power Socket 1", "CPU Power Socket 1", "SysIO Power Socket 1" },
	};
	static const char *const zones[MODEL_PACKAGES_MAX][4] = { { "module-0", "grace-0", "cpu-0", "sysio-0" },
								  { "module-1", "grace-1", "cpu-1", "sysio-1" } };
	int package = QUANTITY_PACKAGE + 3 * socket, core = QUANTITY_CORE + 3 * socket, dram = QUANTITY_DRAM + 3 * socket;
	const struct hwmon_gauge gauges[4] = {
		{ .quantity = QUANTITY_PLATFORM, .also = NONE, .less = NONE, .share = 1. / packages },
		{ .quantity = package, .also = dram, .less = NONE, .share = 1 },
		{ .quantity = core, .also = NONE, .less = NONE, .share = 1 },
		{ .quantity = package, .also = NONE, .less = core, .share = 1 },
	};
	for (int i = 0; i < 4; i++) {
		struct hwmon_gauge gauge = gauges[i];
		gauge.label = labels[socket][i];
		add_meter(b, zones[socket][i], gauge);
	}
}

static void add_altra(struct builder *b, int socket)
{
	static const char *const labels[] = { "power1 CORE VRD", "power2 SoC", "power3 DIMM VRD1" };
	static const char *const zones[] = { "core-vrd", "soc", "dimm-vrd1" };
	int package = QUANTITY_PACKAGE + 3 * socket, core = QUANTITY_CORE + 3 * socket, dram = QUANTITY_DRAM + 3 * socket, node = 0;
	const int quantity[] = { core, package, dram }, less[] = { NONE, core, NONE };
	for (int i = 0; i < 3; i++) {
		struct hwmon_gauge gauge = { .label = labels[i], .number = i + 1, .quantity = quantity[i], .also = NONE, .less = less[i],
					     .share = 1, .window = POINT_WINDOW, .period = POINT_PERIOD };
		char file[32];
		int index = add_gauge(b, zones[i], &gauge);
		node = i == 0 ? add_chip(b, index) : node;
		snprintf(file, sizeof file, "power%d_input", i + 1);
		powercap_tree_add_file(&b->tree->files, node, index, file, true);
		snprintf(file, sizeof file, "power%d_label", i + 1);
		powercap_tree_add_file(&b->tree->files, node, index, file, false);
	}
}

/* ---- reading ---- */

/* True nJ that the gauge's place has used until `t`. */
static double used(const struct hwmon_tree *tree, const struct hwmon_gauge *gauge, int64_t t)
{
	const struct model *model = tree->files.model;
	int64_t sum = model_energy(model, gauge->quantity, t);
	sum += gauge->also == NONE ? 0 : model_energy(model, gauge->also, t);
	sum -= gauge->less == NONE ? 0 : model_energy(model, gauge->less, t);
	return (double)sum * gauge->share;
}

/* What the firmware has worked out at its last beat. */
static double watts(const struct hwmon_tree *tree, const struct hwmon_gauge *gauge, int64_t now)
{
	int64_t at = gauge->phase + (now - gauge->phase) / gauge->period * gauge->period, from = at - gauge->window;
	double power = (used(tree, gauge, at) - used(tree, gauge, from)) / (double)gauge->window * (1 + gauge->gain);
	return tree->config->step > 0 ? rint(power / tree->config->step) * tree->config->step : power;
}

static int power(const struct hwmon_tree *tree, int zone, int64_t now, char *text, size_t size)
{
	const struct faults *faults = tree->files.faults;
	const char *name = tree->files.zones[zone].name;
	if (fault_active(faults, FAULT_READ_ERROR, name, now) != NULL)
		return -EIO;
	if (fault_active(faults, FAULT_NAN, name, now) != NULL) /* ACPI's 0xFFFFFFFF mW; a chip that sleeps */
		return tree->gauges[zone].window > POINT_WINDOW ? snprintf(text, size, "4294967295000\n") : -ENODATA;
	return snprintf(text, size, "%lld\n", llround(watts(tree, &tree->gauges[zone], now) * 1e6));
}

static int content(const struct powercap_tree *files, int node, int64_t now, char *text, size_t size)
{
	const struct hwmon_tree *tree = (const struct hwmon_tree *)files;
	const struct powercap_node *file = &files->nodes[node];
	const struct hwmon_gauge *gauge = &tree->gauges[file->zone];
	const char *what = strchr(file->name, '_');
	bool point = gauge->window == POINT_WINDOW;
	if (file->file == POWERCAP_ENERGY)
		return power(tree, file->zone, now, text, size);
	if (strcmp(file->name, "name") == 0)
		return snprintf(text, size, "%s\n", point ? "smpro_hwmon" : "power_meter");
	if (strcmp(what, "_average_interval") == 0)
		return snprintf(text, size, "%" PRId64 "\n", gauge->window / 1000000);
	if (strcmp(what, "_accuracy") == 0) {
		long accuracy = lround((1 - tree->config->accuracy) * 100000);
		return snprintf(text, size, "%ld.%ld%%\n", accuracy / 1000, accuracy % 1000);
	}
	if (strcmp(what, "_is_battery") == 0)
		return snprintf(text, size, "0\n");
	return snprintf(text, size, "%s\n", strcmp(what, "_serial_number") == 0 ? tree->config->serial : gauge->label ? gauge->label : "");
}

void hwmon_tree_init(struct hwmon_tree *tree, const struct hwmon_config *config, const struct model_config *machine, const struct model *model,
		     const struct faults *faults, uint64_t seed, int64_t start)
{
	*tree = (struct hwmon_tree){ .files = { .model = model, .faults = faults, .content = content }, .config = config };
	struct builder b = { .tree = tree, .random = random_stream(seed, "hwmon"), .start = start };
	double drawn = random_between(&b.random, -config->accuracy, config->accuracy);
	b.gain = isnan(config->gain) ? drawn : config->gain;
	powercap_tree_add(&tree->files, 0, "", NONE);
	if (config->meter)
		add_meter(&b, "power_meter", (struct hwmon_gauge){ .quantity = QUANTITY_WALL, .also = NONE, .less = NONE, .share = 1 });
	for (int socket = 0; socket < machine->packages; socket++) {
		if (config->grace)
			add_grace(&b, socket, machine->packages);
		if (config->altra)
			add_altra(&b, socket);
	}
}
