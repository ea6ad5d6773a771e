#include "machine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "facts.h"
#include "machine_cpu.h"
#include "machine_rapl.h"
#include "text.h"

#define CPUINFO_SIZE 16384 /* the first processor's part, and on most boards all */

static json_t *kernel(const struct facts_root *root)
{
	json_t *kernel = json_object();
	facts_add_file(kernel, "release", root, "/proc/sys/kernel/osrelease");
	facts_add_file(kernel, "version", root, "/proc/sys/kernel/version");
	facts_add_file(kernel, "command_line", root, "/proc/cmdline");
	facts_add_file(kernel, "clocksource", root, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	facts_add_integer(kernel, "perf_event_paranoid", root, "/proc/sys/kernel/perf_event_paranoid", 1);
	facts_add_integer(kernel, "nmi_watchdog", root, "/proc/sys/kernel/nmi_watchdog", 1);
	return kernel;
}

static json_t *distribution(const struct facts_root *root)
{
	static const char *const fields[][2] = { { "id", "ID" }, { "version", "VERSION_ID" }, { "name", "PRETTY_NAME" } };
	char lines[4096], value[256];
	json_t *distribution = json_object();
	if (facts_read(root, "/etc/os-release", lines, sizeof lines) ||
	    facts_read(root, "/usr/lib/os-release", lines, sizeof lines))
		for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
			if (facts_field(lines, fields[i][1], '=', value, sizeof value))
				facts_add_text(distribution, fields[i][0], value);
	return distribution;
}

static void add_kib(json_t *memory, const char *key, const char *lines, const char *field)
{
	char value[64];
	if (facts_field(lines, field, ':', value, sizeof value))
		json_object_set_new(memory, key, json_integer(strtoll(value, NULL, 10) * 1024));
}

static json_t *memory(const struct facts_root *root)
{
	char lines[8192];
	json_t *memory = json_object();
	if (facts_read(root, "/proc/meminfo", lines, sizeof lines)) {
		add_kib(memory, "total_bytes", lines, "MemTotal");
		add_kib(memory, "swap_bytes", lines, "SwapTotal");
	}
	facts_add_integer(memory, "swappiness", root, "/proc/sys/vm/swappiness", 1);
	facts_add_file(memory, "transparent_hugepages", root, "/sys/kernel/mm/transparent_hugepage/enabled");
	return memory;
}

/* ---- virtual or not ---- */

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

/* The vendor that a virtual machine's firmware gives itself, or "". */
static const char *virtual_vendor(const char *vendor)
{
	static const char *const vendors[] = { "QEMU",      "KVM",        "VMware",
					       "innotek",   "Xen",        "Bochs",
					       "Parallels", "Amazon EC2", "Google Compute",
					       "OpenStack", "BHYVE",      "Microsoft Corporation Virtual" };
	for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
		if (strstr(vendor, vendors[i]))
			return vendors[i];
	return "";
}

/* True or false only where there is something to tell by: the processor's flag, the hypervisor's own files, the firmware. */
static void add_virtual(json_t *machine, const struct facts_root *root, const char *cpuinfo)
{
	char flags[8192], vendor[256] = "", product[256] = "", both[520], name[256] = "";
	bool told = facts_field(cpuinfo, "flags", ':', flags, sizeof flags);
	bool is_virtual = told && has_word(flags, "hypervisor");
	if (facts_read(root, "/sys/hypervisor/type", name, sizeof name) ||
	    facts_read(root, "/proc/device-tree/hypervisor/compatible", name, sizeof name))
		told = is_virtual = true;
	told |= facts_read(root, "/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor);
	facts_read(root, "/sys/class/dmi/id/product_name", product, sizeof product);
	snprintf(both, sizeof both, "%s %s", vendor, product);
	bool bare = strstr(both, "Amazon EC2") && strstr(product, ".metal"); /* m5.metal, c7g.metal-16xl: a host of one's own */
	if (*virtual_vendor(both) && !bare) {
		is_virtual = true;
		snprintf(name, sizeof name, "%s", virtual_vendor(both));
	}
	if (told)
		json_object_set_new(machine, "virtual", json_boolean(is_virtual));
	facts_add_text(machine, "hypervisor", name);
	facts_add_text(machine, "board", *product ? both : "");
}

/* ---- power ---- */

struct supplies {
	int mains, mains_online, batteries, ups, discharging;
};

static void see_supply(const struct facts_root *root, const char *path, void *context)
{
	struct supplies *supplies = context;
	char file[512], text[64];
	long long online;
	snprintf(file, sizeof file, "%s/scope", path);
	if (facts_read(root, file, text, sizeof text) && strcmp(text, "Device") == 0)
		return; /* a mouse's battery */
	snprintf(file, sizeof file, "%s/online", path);
	bool has_online = facts_read_integer(root, file, &online);
	snprintf(file, sizeof file, "%s/type", path);
	if (!facts_read(root, file, text, sizeof text))
		return;
	bool ups = strcmp(text, "UPS") == 0;
	if (ups || strcmp(text, "Battery") == 0) {
		supplies->batteries += !ups;
		supplies->ups += ups;
		snprintf(file, sizeof file, "%s/status", path);
		supplies->discharging += facts_read(root, file, text, sizeof text) && strcmp(text, "Discharging") == 0;
	} else if (has_online) {
		supplies->mains++;
		supplies->mains_online += online > 0;
	}
}

static void add_battery(json_t *machine, const struct facts_root *root)
{
	struct supplies supplies = { .mains = 0 };
	facts_each(root, "/sys/class/power_supply/*", see_supply, &supplies);
	if (supplies.batteries == 0 && supplies.mains == 0 && supplies.ups == 0)
		return;
	bool on_battery =
		supplies.discharging > 0 || (supplies.batteries > 0 && supplies.mains > 0 && supplies.mains_online == 0);
	json_object_set_new(machine, "batteries", json_integer(supplies.batteries));
	if (supplies.ups)
		json_object_set_new(machine, "ups", json_integer(supplies.ups));
	json_object_set_new(machine, "on_battery", json_boolean(on_battery));
}

/* One limit: "package-0 long_term": watts. */
static void see_limit(const struct facts_root *root, const char *path, void *context)
{
	char zone[64], constraint[64], file[512], key[160];
	long long microwatts;
	const char *slash = strrchr(path, '/');
	int folder = (int)(slash - path);
	snprintf(file, sizeof file, "%.*s/name", folder, path);
	if (!facts_read(root, file, zone, sizeof zone) || !facts_read_integer(root, path, &microwatts))
		return;
	snprintf(file, sizeof file, "%.*sname", (int)(strstr(slash, "power_limit_uw") - path), path);
	if (!facts_read(root, file, constraint, sizeof constraint))
		return;
	snprintf(key, sizeof key, "%s %s", zone, constraint);
	json_object_set_new(context, key, json_real((double)microwatts / 1e6));
}

static json_t *power_limits(const struct facts_root *root)
{
	json_t *limits = json_object();
	facts_each(root, "/sys/class/powercap/*/constraint_*_power_limit_uw", see_limit, limits);
	return limits;
}

/* ---- all of it ---- */

json_t *machine_facts_below(const char *path)
{
	const struct facts_root root = { .path = path };
	json_t *machine = json_object();
	char *cpuinfo = malloc(CPUINFO_SIZE);
	if (machine == NULL || cpuinfo == NULL || !facts_read(&root, "/proc/cpuinfo", cpuinfo, CPUINFO_SIZE)) {
		free(cpuinfo);
		cpuinfo = NULL;
	}
	facts_add_file(machine, "hostname", &root, "/proc/sys/kernel/hostname");
	facts_add_object(machine, "kernel", kernel(&root));
	facts_add_object(machine, "distribution", distribution(&root));
	facts_add_object(machine, "cpu", machine_cpu(&root, cpuinfo ? cpuinfo : ""));
	facts_add_object(machine, "memory", memory(&root));
	add_virtual(machine, &root, cpuinfo ? cpuinfo : "");
	add_battery(machine, &root);
	facts_add_object(machine, "rapl", machine_rapl(&root, cpuinfo ? cpuinfo : ""));
	facts_add_object(machine, "power_limits_w", power_limits(&root));
	free(cpuinfo);
	return machine;
}

/* Which processors this process may run on: "0-1,4". */
static void add_affinity(json_t *machine)
{
	cpu_set_t set;
	struct text text = TEXT_INIT;
	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int first = cpu;
		while (cpu < CPU_SETSIZE && CPU_ISSET(cpu, &set))
			cpu++;
		if (cpu > first)
			text_addf(&text, cpu - first > 1 ? "%s%d-%d" : "%s%d", text.length ? "," : "", first, cpu - 1);
	}
	facts_add_text(machine, "affinity", text_string(&text));
	text_free(&text);
}

json_t *machine_facts(void)
{
	struct utsname names;
	json_t *machine = machine_facts_below("");
	if (machine && uname(&names) == 0)
		facts_add_text(machine, "architecture", names.machine);
	if (machine)
		add_affinity(machine);
	return machine;
}
