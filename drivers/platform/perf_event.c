/*
 * perf_event: the CPU's own energy counters (RAPL) as Linux's performance events, below /sys/bus/event_source/devices.
 *
 *   power/type               number of the PMU
 *   power/cpumask            one CPU for each package or die: "0,18"
 *   power/events/energy-pkg  "event=0x02"; energy-cores 1, energy-ram 3, energy-gpu 4, energy-psys 5
 *         energy-pkg.scale   "2.3283064365386962890625e-10": J of one count, 2^-32
 *         energy-pkg.unit    "Joules"
 *   power_core/…             the same for each core (AMD): event energy-core
 *
 * A count is 64 bits, signed, and begins at 0 when the event is opened. The kernel makes it of the register's 32 bits, shifted left so that
 * it is in 2^-32 J, and may miss turns: its timer looks often enough for 200 W, and a greater step is taken for one downwards (x86 rapl);
 * another driver (TPMI) does not correct for turns at all. In both cases the count is wrong by whole turns of the register, and right in the
 * bits below. So those are what is kept, and the channel says where they turn over (wrap); read each 2^31 units at power_max at least, no
 * turn goes unseen. How far the register is shifted no file says: the counts' trailing zeros do.
 *
 * What is counted: as with powercap, which shows the same registers: package and ram; cores and gpu are inside, psys around.
 */
#include "platform/perf_event.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"
#include "log.h"
#include "platform/counted.h"
#include "platform/perf_wire.h"
#include "platform/sysfs.h"

#define ROOT "/sys"
#define NO_PMU "this machine has no such events, as most virtual machines: take the driver powercap, or measure at the wall"
#define PERMISSION "as root: `setcap cap_perfmon+ep` on the joulerig program, or sysctl kernel.perf_event_paranoid=0; or take the driver powercap"
#define POWER_MAX 1000.0              /* W an event, unless the bench file says otherwise */
#define UPDATE_JITTER (1 * NS_PER_MS) /* registers move about once a millisecond */
#define CPUS_MAX 1024
#define LOOKS 16                      /* for the counts' trailing zeros: each is short of them by chance once in two */
#define LOOK_PAUSE (3 * NS_PER_MS)

static const struct option_spec options[] = {
	{ "root", "where sysfs is", OPTION_PATH, DIMENSION_RATIO, ROOT },
	{ "interval", "time from one read to the next", OPTION_QUANTITY, DIMENSION_TIME, "100 ms" },
	{ "cores", "each core's counter as well, where there is a PMU of cores (AMD)", OPTION_BOOLEAN, DIMENSION_RATIO, "false" },
	{ .name = NULL },
};

static const struct kind {
	const char *event, *name; /* name NULL: the package itself */
	enum channel_role role;
} kinds[] = {
	{ "energy-pkg", NULL, ROLE_PACKAGE }, { "energy-ram", "dram", ROLE_DRAM }, { "energy-cores", "core", ROLE_SUBZONE },
	{ "energy-gpu", "gpu", ROLE_SUBZONE }, { "energy-psys", "psys", ROLE_PSYS },
};
static const struct kind of_core = { "energy-core", "core", ROLE_SUBZONE };

struct event {
	int cpu, fd;
	uint32_t type;
	uint64_t config, seen; /* seen: OR of the counts while it was opened */
	struct counted counted;
};

struct perf {
	const struct device_config *config;
	struct timebase *timebase;
	char root[128];
	struct event events[DEVICE_CHANNELS_MAX];
	struct channel channels[DEVICE_CHANNELS_MAX];
	int n;
	double power_max;
	int64_t interval, next;
	struct identity identity;
};

/* ---- the kernel ---- */

static int open_in_kernel(uint32_t type, uint64_t config, int cpu)
{
	struct perf_event_attr attr = { .type = type, .size = sizeof attr, .config = config };
	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static perf_opener *opener = open_in_kernel;

void perf_event_set_opener(perf_opener *other)
{
	opener = other ? other : open_in_kernel;
}

static bool read_count(const struct event *event, uint64_t *count)
{
	return event->fd >= 0 && read(event->fd, count, sizeof *count) == (ssize_t)sizeof *count;
}

/* ---- finding events ---- */

/* Where a CPU is: package and die, or core. 0 where the machine does not say. */
static int place_of(const struct perf *perf, int cpu, const char *file)
{
	char directory[200];
	int64_t value;
	snprintf(directory, sizeof directory, "%s/devices/system/cpu/cpu%d/topology", perf->root, cpu);
	return sysfs_integer(directory, file, &value) && value >= 0 && value < 4096 ? (int)value : 0;
}

/* More than one CPU of a package in the mask: one for each die. */
static bool has_dies(const struct perf *perf, const int *cpus, int n, int package)
{
	int there = 0;
	for (int i = 0; i < n; i++)
		there += place_of(perf, cpus[i], "physical_package_id") == package;
	return there > 1;
}

static bool is_taken(const struct perf *perf, const char *name)
{
	for (int i = 0; i < perf->n; i++)
		if (strcmp(perf->channels[i].name, name) == 0)
			return true;
	return false;
}

static int open_event(struct event *event, const char *on, struct error *error)
{
	event->fd = opener(event->type, event->config, event->cpu);
	if (event->fd >= 0)
		return 0;
	bool forbidden = errno == EACCES || errno == EPERM;
	return error_errno(error, errno, on, forbidden ? PERMISSION : NULL, "cannot open the energy counter's event");
}

/* Unique on the device, or not at all: a second psys shows the same platform, a second thread the same core. */
static int add_event(struct perf *perf, const struct kind *kind, const struct event *found, double scale, const char *place, struct error *error)
{
	char name[128];
	const char *device = perf->config->name;
	bool psys = kind->role == ROLE_PSYS;
	snprintf(name, sizeof name, "%s.%s%s%s", device, psys ? "" : place, kind->name && !psys ? "." : "", kind->name ? kind->name : "");
	if (is_taken(perf, name))
		return 0;
	if (perf->n == DEVICE_CHANNELS_MAX)
		return error_set(error, ERROR_UNSUPPORTED, device, "leave the option 'cores' out", "more than %d energy counters", DEVICE_CHANNELS_MAX);
	if (strlen(name) >= sizeof perf->channels[0].name)
		return error_set(error, ERROR_CONFIG, device, "give the device a shorter name", "the channel name %s is too long", name);
	struct event *event = &perf->events[perf->n];
	struct channel *channel = &perf->channels[perf->n];
	*event = *found;
	event->counted = (struct counted){ .joule = scale, .power_max = perf->power_max };
	if (open_event(event, name, error) != 0)
		return -1;
	*channel = (struct channel){ .kind = CHANNEL_COUNTER, .role = kind->role, .unit = UNIT_JOULE, .number = NUMBER_U64,
				     .clock = CLOCK_ID_MONOTONIC, .scale = scale, .update_jitter = UPDATE_JITTER, .power_max = perf->power_max,
				     .factor = { -1, -1 } };
	memcpy(channel->name, name, strlen(name) + 1);
	perf->n++;
	return 0;
}

static int add_cpu(struct perf *perf, const struct kind *kind, struct event *event, double scale, bool dies, struct error *error)
{
	char place[64];
	int package = place_of(perf, event->cpu, "physical_package_id");
	if (kind == &of_core)
		snprintf(place, sizeof place, "package-%d.core-%d", package, place_of(perf, event->cpu, "core_id"));
	else if (dies)
		snprintf(place, sizeof place, "package-%d-die-%d", package, place_of(perf, event->cpu, "die_id"));
	else
		snprintf(place, sizeof place, "package-%d", package);
	struct kind named = *kind;
	if (kind == &of_core)
		named.name = NULL; /* it stands in its place */
	return add_event(perf, &named, event, scale, place, error);
}

struct pmu {
	char directory[160], events[176];
	uint32_t type;
	int cpus[CPUS_MAX], n;
};

/* An event of energy on each CPU of the mask; none if the PMU has no such event. */
static int add_kind(struct perf *perf, const struct pmu *pmu, const struct kind *kind, struct error *error)
{
	char file[64], text[64];
	struct event event = { .fd = -1, .type = pmu->type };
	double scale;
	if (!sysfs_text(pmu->events, kind->event, text, sizeof text) || !perf_event_decode(text, strlen(text), &event.config))
		return 0;
	snprintf(file, sizeof file, "%s.unit", kind->event);
	if (!sysfs_text(pmu->events, file, text, sizeof text) || strcmp(text, "Joules") != 0)
		return 0;
	snprintf(file, sizeof file, "%s.scale", kind->event);
	if (!sysfs_text(pmu->events, file, text, sizeof text) || !perf_scale_decode(text, strlen(text), &scale))
		return 0;
	for (int i = 0; i < pmu->n; i++) {
		event.cpu = pmu->cpus[i];
		bool dies = has_dies(perf, pmu->cpus, pmu->n, place_of(perf, event.cpu, "physical_package_id"));
		if (add_cpu(perf, kind, &event, scale, dies, error) != 0)
			return -1;
	}
	return 0;
}

static bool find_pmu(const struct perf *perf, const char *name, struct pmu *pmu)
{
	char text[4096];
	int64_t type;
	snprintf(pmu->directory, sizeof pmu->directory, "%s/bus/event_source/devices/%s", perf->root, name);
	snprintf(pmu->events, sizeof pmu->events, "%s/events", pmu->directory);
	if (!sysfs_integer(pmu->directory, "type", &type) || type < 0 || type > UINT32_MAX || !sysfs_text(pmu->directory, "cpumask", text, sizeof text))
		return false;
	pmu->type = (uint32_t)type;
	pmu->n = perf_cpus_decode(text, strlen(text), pmu->cpus, CPUS_MAX);
	return pmu->n > 0;
}

static int find_events(struct perf *perf, struct error *error)
{
	double cores = 0;
	struct pmu pmu;
	device_option(perf->config, options, "cores", &cores);
	if (find_pmu(perf, "power", &pmu))
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			if (add_kind(perf, &pmu, &kinds[i], error) != 0)
				return -1;
	if (cores != 0 && find_pmu(perf, "power_core", &pmu) && add_kind(perf, &pmu, &of_core, error) != 0)
		return -1;
	if (perf->n == 0)
		return error_set(error, ERROR_NOT_FOUND, perf->root, NO_PMU, "no energy events (PMU power) here");
	return 0;
}

/* ---- where they turn over ---- */

/* What the register counts in, J: less than that it does not show, however fine the count. Unseen: psys may count whole joules. */
static double step_of(const struct event *event, enum channel_role role)
{
	double unit = event->counted.joule;
	if (event->seen)
		return ldexp(unit, __builtin_ctzll(event->seen));
	return role == ROLE_PSYS ? fmax(unit, 1) : unit;
}

/* A register that does not move while it is looked at (an idle GPU's) says nothing; its turns are then not known, and none is assumed. */
static void find_turns(struct perf *perf)
{
	uint64_t count;
	for (int look = 0; look < LOOKS; look++) {
		perf->timebase->wait_until(perf->timebase, perf->timebase->now(perf->timebase) + LOOK_PAUSE);
		for (int i = 0; i < perf->n; i++)
			if (read_count(&perf->events[i], &count))
				perf->events[i].seen |= count;
	}
	for (int i = 0; i < perf->n; i++) {
		struct channel *channel = &perf->channels[i];
		channel->wrap = perf->events[i].counted.wrap = perf_turn(perf->events[i].seen);
		channel->accuracy.quantum = step_of(&perf->events[i], channel->role); /* no specification exists: a reading only */
	}
}

static int choose_interval(struct perf *perf, struct error *error)
{
	double interval = 0.1;
	device_option(perf->config, options, "interval", &interval);
	if (!(interval > 0 && interval <= 3600))
		return error_set(error, ERROR_CONFIG, perf->config->name, "give 'interval' a time such as 100 ms", "cannot read counters every %g s",
				 interval);
	perf->interval = llround(interval * 1e9);
	for (int i = 0; i < perf->n && perf->interval > 0; i++)
		perf->interval = counted_interval(&perf->events[i].counted, perf->interval, perf->channels[i].name, error);
	for (int i = 0; i < perf->n; i++)
		perf->channels[i].refresh = perf->interval;
	return perf->interval > 0 ? 0 : -1;
}

static void describe(struct perf *perf)
{
	struct utsname kernel;
	bool real = sysfs_is_real(perf->root);
	perf->identity.simulated = !real;
	snprintf(perf->identity.maker, sizeof perf->identity.maker, "%s", real ? "Linux perf_event" : "event tree");
	snprintf(perf->identity.model, sizeof perf->identity.model, "power");
	if (uname(&kernel) == 0)
		snprintf(perf->identity.firmware, sizeof perf->identity.firmware, "%.47s", kernel.release);
	for (int i = 0; i < perf->n; i++)
		perf->channels[i].simulated = !real;
}

/* ---- reading ---- */

static void read_event(struct perf *perf, int index, uint32_t flags, int64_t before, int64_t *after, struct sink *sink)
{
	struct event *event = &perf->events[index];
	struct counted_reading reading;
	bool ok = read_count(event, &reading.count);
	*after = perf->timebase->now(perf->timebase);
	reading.t = before + (*after - before) / 2;
	if (!ok) {
		sink_gap(sink, (unsigned)index, GAP_READ_FAILED, 1, counted_since(&event->counted, before), *after);
		return;
	}
	if (event->counted.wrap)
		reading.count &= event->counted.wrap - 1;
	flags |= counted_judge(&event->counted, (unsigned)index, reading, sink);
	sink_count(sink, (unsigned)index, reading.t, (*after - before + 1) / 2, flags, reading.count);
}

/* Back to back, with the clock read between: registers are not latched together, and this is as close as they come. */
static void sweep(struct perf *perf, uint32_t flags, struct sink *sink)
{
	int64_t before = perf->timebase->now(perf->timebase);
	for (int i = 0; i < perf->n; i++)
		read_event(perf, i, flags, before, &before, sink);
}

/* ---- life ---- */

static void perf_close(void *device)
{
	struct perf *perf = device;
	for (int i = 0; i < perf->n; i++)
		close(perf->events[i].fd);
	free(perf);
}

static void *perf_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	(void)link;
	struct perf *perf = calloc(1, sizeof *perf);
	if (perf == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	perf->config = config;
	perf->timebase = timebase;
	perf->power_max = config->power_max > 0 ? config->power_max : POWER_MAX;
	snprintf(perf->root, sizeof perf->root, "%s", device_option(config, options, "root", NULL));
	if (find_events(perf, error) == 0) {
		find_turns(perf);
		describe(perf);
		if (choose_interval(perf, error) == 0)
			return perf;
	}
	perf_close(perf);
	return NULL;
}

static const struct channel *perf_channels(const void *device, int *count)
{
	const struct perf *perf = device;
	*count = perf->n;
	return perf->channels;
}

static const struct identity *perf_identity(const void *device)
{
	const struct perf *perf = device;
	return &perf->identity;
}

static int perf_start(void *device, struct sink *sink, struct error *error)
{
	struct perf *perf = device;
	(void)sink;
	(void)error;
	for (int i = 0; i < perf->n; i++)
		counted_begin(&perf->events[i].counted);
	perf->next = perf->timebase->now(perf->timebase);
	return 0;
}

static int64_t perf_step(void *device, int64_t now, struct sink *sink)
{
	struct perf *perf = device;
	if (now < perf->next)
		return perf->next;
	sweep(perf, 0, sink);
	perf->next += perf->interval;
	if (perf->next <= now) /* late by more than an interval: no burst to catch up */
		perf->next = now + perf->interval;
	return perf->next;
}

static void perf_sample(void *device, struct sink *sink)
{
	sweep(device, FLAG_REQUESTED, sink);
}

static int perf_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static const char *const schemes[] = { "file", NULL };

const struct driver driver_perf_event = {
	.name = "perf_event",
	.summary = "RAPL energy counters of the CPU, as performance events of Linux",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.gives = "package-0, package-0.dram, psys as there are",
	.options = options,
	.open = perf_open,
	.channels = perf_channels,
	.identity = perf_identity,
	.start = perf_start,
	.step = perf_step,
	.sample = perf_sample,
	.stop = perf_stop,
	.close = perf_close,
};
