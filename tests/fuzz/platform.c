/* The kernel's text files, as the drivers of the machine's own counters read them. The first byte says which file it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "platform/hwmon_wire.h"
#include "platform/msr_wire.h"
#include "platform/perf_wire.h"
#include "platform/powercap.h"
#include "platform/sysfs.h"
#include "record.h"

static void take_power(const char *text, size_t length)
{
	double watts;
	uint32_t flags;
	uint64_t count;
	if (hwmon_power_decode(text, length, &watts, &flags) && (flags ? !isnan(watts) || flags != FLAG_NO_DATA : !(fabs(watts) < 1e13)))
		abort();
	if (hwmon_energy_decode(text, length, &count) && count > INT64_MAX)
		abort();
	if (powercap_count_decode(text, length, &count) && count > UINT64_C(9999999999999999999))
		abort();
}

static void take_accuracy(const char *text, size_t length)
{
	double limit;
	if (hwmon_accuracy_decode(text, length, &limit) && !(limit >= 0 && limit < 1))
		abort();
}

/* A name is what may stand in a channel's, and is never empty. */
static void take_label(const char *text)
{
	int socket = -1;
	char name[32];
	if (hwmon_part_decode(text, &socket) != HWMON_OTHER && (socket < 0 || socket > 999))
		abort();
	hwmon_name_decode(text, name, sizeof name);
	if (name[0] == '\0' || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(name))
		abort();
}

static void take_pmu(const char *text, size_t length)
{
	uint64_t config;
	double scale;
	if (perf_event_decode(text, length, &config) && config > UINT32_MAX)
		abort();
	if (perf_scale_decode(text, length, &scale) && !(isfinite(scale) && scale > 0))
		abort();
}

static void take_mask(const char *text, size_t length)
{
	int cpus[16], n = perf_cpus_decode(text, length, cpus, 16);
	if (n < 0 || n > 16)
		abort();
	for (int i = 0; i < n; i++)
		if (cpus[i] < 0 || cpus[i] > 65535 || (i > 0 && cpus[i] <= cpus[i - 1]))
			abort();
}

static void take_cpuinfo(const char *text)
{
	struct msr_cpu cpu;
	if (!msr_cpu_decode(text, &cpu))
		return;
	if (cpu.vendor == MSR_NOBODY || cpu.family < 0 || cpu.model < -1 || msr_energy_register(&cpu, MSR_PACKAGE) == 0)
		abort();
	for (enum msr_domain domain = 0; domain < MSR_DOMAINS; domain++)
		if (!(msr_unit(&cpu, domain, 0xa0e03) > 0))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t value;
	if (size == 0)
		return 0;
	char *text = malloc(size); /* as long as it is, for a sanitizer */
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 6) {
	case 0: take_power(text, size - 1); break;
	case 1: take_accuracy(text, size - 1); break;
	case 2: take_label(text); break;
	case 3: take_pmu(text, size - 1); break;
	case 4: take_cpuinfo(text); break;
	default: take_mask(text, size - 1); break;
	}
	(void)sysfs_integer_decode(text, size - 1, &value);
	free(text);
	return 0;
}
