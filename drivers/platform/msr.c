/*
 * msr: RAPL's registers read past the kernel's drivers, through /dev/cpu/N/msr: to find out why powercap or perf_event say what they say.
 * A diagnosis: no bench is detected with it, it must be asked for by an option, and none of its channels is ever counted. The registers, and
 * the units that hold for which processor: msr_wire.c. One CPU of each package is asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "platform/counted.h"
#include "platform/msr_wire.h"
#include "platform/sysfs.h"

#define POWER_MAX 1000.0
#define UPDATE_JITTER (1 * NS_PER_MS)
#define CPUS_MAX 1024
#define CPUINFO 8192
#define NO_MSR "as root: `modprobe msr`, and run joulerig as root; a kernel in lockdown (Secure Boot) refuses it: take powercap or perf_event"

static const struct option_spec options[] = {
	{ "diagnosis", "yes: registers are read past the kernel's drivers; kept, never counted", OPTION_BOOLEAN, DIMENSION_RATIO, NULL },
	{ "root", "where dev, proc and sys are", OPTION_TEXT, DIMENSION_RATIO, "" },
	{ "interval", "time from one read to the next", OPTION_QUANTITY, DIMENSION_TIME, "100 ms" },
	{ .name = NULL },
};

static const char *const names[MSR_DOMAINS] = { [MSR_CORE] = ".core", [MSR_UNCORE] = ".uncore", [MSR_DRAM] = ".dram", [MSR_PACKAGE] = "" };

struct place {
	int fd;
	uint32_t number;
	struct counted counted;
};

struct msr {
	const struct device_config *config;
	struct timebase *timebase;
	char root[128];
	struct msr_cpu cpu;
	int fds[DEVICE_CHANNELS_MAX], n_fds; /* one a package */
	struct place places[DEVICE_CHANNELS_MAX];
	struct channel channels[DEVICE_CHANNELS_MAX];
	int n;
	int64_t interval, next;
	struct identity identity;
};

static bool read_register(int fd, uint32_t number, uint64_t *value)
{
	return pread(fd, value, sizeof *value, number) == (ssize_t)sizeof *value;
}

/* ---- finding ---- */

static int find_cpu(struct msr *msr, struct error *error)
{
	char path[160], text[CPUINFO];
	snprintf(path, sizeof path, "%s/proc/cpuinfo", msr->root);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	if (msr_cpu_decode(text, &msr->cpu))
		return 0;
	return error_set(error, ERROR_UNSUPPORTED, path, "take powercap or perf_event", "this processor's RAPL registers are not known");
}

static int add_domain(struct msr *msr, int fd, int package, enum msr_domain domain, uint64_t units, struct error *error)
{
	uint32_t number = msr_energy_register(&msr->cpu, domain);
	double unit = msr_unit(&msr->cpu, domain, units), power_max = msr->config->power_max > 0 ? msr->config->power_max : POWER_MAX;
	uint64_t value;
	if (number == 0 || unit <= 0 || !read_register(fd, number, &value))
		return 0;
	if (msr->n == DEVICE_CHANNELS_MAX)
		return error_set(error, ERROR_UNSUPPORTED, msr->config->name, NULL, "more than %d registers", DEVICE_CHANNELS_MAX);
	struct channel *channel = &msr->channels[msr->n];
	msr->places[msr->n] = (struct place){ .fd = fd, .number = number,
					      .counted = { .wrap = UINT64_C(1) << 32, .joule = unit, .power_max = power_max } };
	*channel = (struct channel){ .kind = CHANNEL_COUNTER, .role = ROLE_NONE, .unit = UNIT_JOULE, .number = NUMBER_U64,
				     .clock = CLOCK_ID_MONOTONIC, .scale = unit, .wrap = UINT64_C(1) << 32, .update_jitter = UPDATE_JITTER,
				     .power_max = power_max, .accuracy = { .quantum = unit }, .factor = { -1, -1 },
				     .simulated = msr->identity.simulated };
	int printed = domain == MSR_PSYS ? snprintf(channel->name, sizeof channel->name, "%s.psys-%d", msr->config->name, package)
					 : snprintf(channel->name, sizeof channel->name, "%s.package-%d%s", msr->config->name, package, names[domain]);
	if (printed >= (int)sizeof channel->name)
		return error_set(error, ERROR_CONFIG, msr->config->name, "give the device a shorter name", "its channels' names are too long");
	msr->n++;
	return 0;
}

static int add_package(struct msr *msr, int cpu, int package, struct error *error)
{
	char path[160];
	uint64_t units;
	snprintf(path, sizeof path, "%s/dev/cpu/%d/msr", msr->root, cpu);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(error, errno, path, NO_MSR, "cannot read the processor's registers");
	msr->fds[msr->n_fds++] = fd;
	if (!read_register(fd, msr_unit_register(&msr->cpu), &units))
		return error_errno(error, errno, path, NO_MSR, "the unit of energy (MSR 0x%x) cannot be read", (unsigned)msr_unit_register(&msr->cpu));
	for (enum msr_domain domain = 0; domain < MSR_DOMAINS; domain++)
		if (add_domain(msr, fd, package, domain, units, error) != 0)
			return -1;
	return 0;
}

static int find_packages(struct msr *msr, struct error *error)
{
	bool seen[DEVICE_CHANNELS_MAX] = { false };
	for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
		char directory[184];
		int64_t package;
		snprintf(directory, sizeof directory, "%s/sys/devices/system/cpu/cpu%d/topology", msr->root, cpu);
		if (!sysfs_integer(directory, "physical_package_id", &package) || package < 0 || package >= DEVICE_CHANNELS_MAX || seen[package])
			continue;
		seen[package] = true;
		if (add_package(msr, cpu, (int)package, error) != 0)
			return -1;
	}
	return msr->n > 0 ? 0 : error_set(error, ERROR_NOT_FOUND, "/dev/cpu", NO_MSR, "no energy register can be read");
}

static int choose_interval(struct msr *msr, struct error *error)
{
	double seconds = 0.1;
	device_option(msr->config, options, "interval", &seconds);
	if (!(seconds > 0 && seconds <= 3600))
		return error_set(error, ERROR_CONFIG, msr->config->name, "give 'interval' a time such as 100 ms", "cannot read counters every %g s", seconds);
	msr->interval = llround(seconds * 1e9);
	for (int i = 0; i < msr->n && msr->interval > 0; i++)
		msr->interval = counted_interval(&msr->places[i].counted, msr->interval, msr->channels[i].name, error);
	for (int i = 0; i < msr->n; i++)
		msr->channels[i].refresh = msr->interval;
	return msr->interval > 0 ? 0 : -1;
}

/* ---- reading ---- */

static void read_place(struct msr *msr, int index, uint32_t flags, int64_t before, int64_t *after, struct sink *sink)
{
	struct place *place = &msr->places[index];
	struct counted_reading reading;
	bool ok = read_register(place->fd, place->number, &reading.count);
	*after = msr->timebase->now(msr->timebase);
	reading.t = before + (*after - before) / 2;
	reading.count &= UINT32_MAX;
	if (!ok) {
		sink_gap(sink, (unsigned)index, GAP_READ_FAILED, 1, counted_since(&place->counted, before), *after);
		return;
	}
	flags |= counted_judge(&place->counted, (unsigned)index, reading, sink);
	sink_count(sink, (unsigned)index, reading.t, (*after - before + 1) / 2, flags, reading.count);
}

static void sweep(struct msr *msr, uint32_t flags, struct sink *sink)
{
	int64_t before = msr->timebase->now(msr->timebase);
	for (int i = 0; i < msr->n; i++)
		read_place(msr, i, flags, before, &before, sink);
}

/* ---- life ---- */

static void msr_close(void *device)
{
	struct msr *msr = device;
	for (int i = 0; i < msr->n_fds; i++)
		close(msr->fds[i]);
	free(msr);
}

static int check_asked(const struct device_config *config, struct error *error)
{
	double asked = 0;
	device_option(config, options, "diagnosis", &asked);
	return asked != 0 ? 0 : error_set(error, ERROR_CONFIG, config->name, "write options: {diagnosis: yes}, or take powercap or perf_event",
					  "registers are only read for a diagnosis");
}

static void *msr_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	(void)link;
	struct msr *msr = calloc(1, sizeof *msr);
	if (msr == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	msr->config = config;
	msr->timebase = timebase;
	snprintf(msr->root, sizeof msr->root, "%s", device_option(config, options, "root", NULL));
	msr->identity.simulated = msr->root[0] != '\0';
	snprintf(msr->identity.maker, sizeof msr->identity.maker, "%s", msr->root[0] ? "register tree" : "Linux msr");
	if (check_asked(config, error) == 0 && find_cpu(msr, error) == 0 && find_packages(msr, error) == 0 && choose_interval(msr, error) == 0) {
		snprintf(msr->identity.model, sizeof msr->identity.model, "%s family %d model %d", msr->cpu.vendor == MSR_AMD ? "AMD" : "Intel",
			 msr->cpu.family, msr->cpu.model);
		return msr;
	}
	msr_close(msr);
	return NULL;
}

static const struct channel *msr_channels(const void *device, int *count)
{
	const struct msr *msr = device;
	*count = msr->n;
	return msr->channels;
}

static const struct identity *msr_identity(const void *device)
{
	return &((const struct msr *)device)->identity;
}

static int msr_start(void *device, struct sink *sink, struct error *error)
{
	struct msr *msr = device;
	(void)sink;
	(void)error;
	for (int i = 0; i < msr->n; i++)
		counted_begin(&msr->places[i].counted);
	msr->next = msr->timebase->now(msr->timebase);
	return 0;
}

static int64_t msr_step(void *device, int64_t now, struct sink *sink)
{
	struct msr *msr = device;
	if (now < msr->next)
		return msr->next;
	sweep(msr, 0, sink);
	msr->next += msr->interval;
	if (msr->next <= now) /* late by more than an interval: no burst to catch up */
		msr->next = now + msr->interval;
	return msr->next;
}

static void msr_sample(void *device, struct sink *sink)
{
	sweep(device, FLAG_REQUESTED, sink);
}

static int msr_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static const char *const schemes[] = { "file", NULL };

const struct driver driver_msr = {
	.name = "msr",
	.summary = "RAPL's registers themselves, for a diagnosis: kept, never counted",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.gives = "package-0, package-0.dram, psys as there are",
	.options = options,
	.open = msr_open,
	.channels = msr_channels,
	.identity = msr_identity,
	.start = msr_start,
	.step = msr_step,
	.sample = msr_sample,
	.stop = msr_stop,
	.close = msr_close,
};
