#include "machine_cpu.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CPU "/sys/devices/system/cpu"

/* ---- what it is: /proc/cpuinfo, whose keys differ from one architecture to the next ---- */

static void add_field(json_t *cpu, const char *key, const char *cpuinfo, const char *field)
{
	char value[256];
	if (json_object_get(cpu, key) == NULL && facts_field(cpuinfo, field, ':', value, sizeof value))
		facts_add_text(cpu, key, value);
}

static void add_identity(json_t *cpu, const struct facts_root *root, const char *cpuinfo)
{
	add_field(cpu, "model", cpuinfo, "model name");
	add_field(cpu, "model", cpuinfo, "Model"); /* Arm boards */
	add_field(cpu, "vendor", cpuinfo, "vendor_id");
	add_field(cpu, "vendor", cpuinfo, "CPU implementer");
	add_field(cpu, "family", cpuinfo, "cpu family");
	add_field(cpu, "family", cpuinfo, "CPU architecture");
	add_field(cpu, "model_number", cpuinfo, "model");
	add_field(cpu, "model_number", cpuinfo, "CPU part");
	add_field(cpu, "stepping", cpuinfo, "stepping");
	add_field(cpu, "stepping", cpuinfo, "CPU revision");
	add_field(cpu, "microcode", cpuinfo, "microcode");
	if (json_object_get(cpu, "model") == NULL)
		facts_add_file(cpu, "model", root, "/proc/device-tree/model");
}

/* ---- how many ---- */

struct topology {
	json_t *packages, *cores; /* sets: objects whose keys count */
	int threads;
};

static void see_cpu(const struct facts_root *root, const char *path, void *context)
{
	struct topology *topology = context;
	char file[256], core[64];
	long long package, id;
	snprintf(file, sizeof file, "%s/topology/physical_package_id", path);
	if (!facts_read_integer(root, file, &package))
		return; /* offline */
	topology->threads++;
	snprintf(file, sizeof file, "%s/topology/core_id", path);
	if (!facts_read_integer(root, file, &id))
		return;
	snprintf(core, sizeof core, "%lld", package);
	json_object_set_new(topology->packages, core, json_true());
	snprintf(core, sizeof core, "%lld/%lld", package, id);
	json_object_set_new(topology->cores, core, json_true());
}

static void add_topology(json_t *cpu, const struct facts_root *root)
{
	struct topology topology = { .packages = json_object(), .cores = json_object() };
	facts_each(root, CPU "/cpu[0-9]*", see_cpu, &topology);
	if (topology.threads > 0) {
		json_object_set_new(cpu, "sockets", json_integer((json_int_t)json_object_size(topology.packages)));
		json_object_set_new(cpu, "cores", json_integer((json_int_t)json_object_size(topology.cores)));
		json_object_set_new(cpu, "threads", json_integer(topology.threads));
	}
	json_decref(topology.packages);
	json_decref(topology.cores);
}

/* ---- in which state ---- */

static void add_flag(json_t *cpu, const char *key, const struct facts_root *root, const char *path, long long when)
{
	long long value;
	if (json_object_get(cpu, key) == NULL && facts_read_integer(root, path, &value))
		json_object_set_new(cpu, key, json_boolean(value == when));
}

/* `context` is a set: mostly all processors agree, and if not, that is to be seen. */
static void see_text(const struct facts_root *root, const char *path, void *context)
{
	char text[64];
	if (facts_read(root, path, text, sizeof text))
		json_object_set_new(context, text, json_true());
}

static void add_set(json_t *cpu, const char *key, const struct facts_root *root, const char *pattern)
{
	json_t *set = json_object(), *list = json_array(), *value;
	const char *name;
	facts_each(root, pattern, see_text, set);
	json_object_foreach(set, name, value) json_array_append_new(list, json_string(name));
	json_decref(set);
	if (json_array_size(list) > 0)
		json_object_set_new(cpu, key, list);
	else
		json_decref(list);
}

struct limits {
	long long lowest, highest; /* Hz; 0: none seen */
};

static void see_lowest(const struct facts_root *root, const char *path, void *context)
{
	struct limits *limits = context;
	long long khz;
	if (facts_read_integer(root, path, &khz) && (limits->lowest == 0 || khz * 1000 < limits->lowest))
		limits->lowest = khz * 1000;
}

static void see_highest(const struct facts_root *root, const char *path, void *context)
{
	struct limits *limits = context;
	long long khz;
	if (facts_read_integer(root, path, &khz) && khz * 1000 > limits->highest)
		limits->highest = khz * 1000;
}

static void add_frequencies(json_t *cpu, const struct facts_root *root)
{
	struct limits limits = { .lowest = 0 };
	facts_each(root, CPU "/cpufreq/policy*/scaling_min_freq", see_lowest, &limits);
	facts_each(root, CPU "/cpufreq/policy*/scaling_max_freq", see_highest, &limits);
	if (limits.lowest)
		json_object_set_new(cpu, "frequency_min_hz", json_integer(limits.lowest));
	if (limits.highest)
		json_object_set_new(cpu, "frequency_max_hz", json_integer(limits.highest));
}

json_t *machine_cpu(const struct facts_root *root, const char *cpuinfo)
{
	json_t *cpu = json_object();
	add_identity(cpu, root, cpuinfo);
	add_topology(cpu, root);
	facts_add_file(cpu, "online", root, CPU "/online");
	facts_add_file(cpu, "isolated", root, CPU "/isolated");
	add_flag(cpu, "smt", root, CPU "/smt/active", 1);
	add_flag(cpu, "turbo", root, CPU "/intel_pstate/no_turbo", 0);
	add_flag(cpu, "turbo", root, CPU "/cpufreq/boost", 1);
	add_set(cpu, "governors", root, CPU "/cpufreq/policy*/scaling_governor");
	add_set(cpu, "frequency_drivers", root, CPU "/cpufreq/policy*/scaling_driver");
	add_set(cpu, "energy_preferences", root, CPU "/cpufreq/policy*/energy_performance_preference");
	add_frequencies(cpu, root);
	facts_add_file(cpu, "idle_driver", root, CPU "/cpuidle/current_driver");
	return cpu;
}
