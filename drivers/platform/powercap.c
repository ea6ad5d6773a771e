/*
 * powercap: the CPU's own energy counters (RAPL), as Linux shows them below /sys/class/powercap.
 *
 *   intel-rapl:0/            a zone; intel-rapl:0:2/ is a child of it. Numbers carry no meaning: a zone is known by its
 *     name                   "package-0", "package-1-die-0", "core", "uncore", "dram", "psys"
 *     energy_uj              decimal microjoules and a newline; only root reads it since CVE-2020-8694
 *     max_energy_range_uj    the greatest value it takes before it starts again from 0
 *   intel-rapl-mmio:0/       the same package a second time, through another register
 *   arm-scmi:0/              may have no energy_uj but
 *     power_uw               decimal microwatts: the mean over the last
 *     constraint_0_time_window_us    (SCMI: its power averaging interval; not always there)
 *
 * energy_uj is a 32-bit register times a unit of about 61 uJ (15 uJ on AMD), so that it advances in steps each millisecond,
 * and a turn of the register is max_energy_range_uj plus one unit. The channel's wrap is max_energy_range_uj + 1: greater than
 * every value, and one unit (61 uJ) short per turn.
 *
 * What is counted: packages, and DRAM beside them. core and uncore are inside their package; psys holds all of them; a second
 * view of a zone (mmio, or a die that mirrors its neighbour's counter) is a duplicate. Roles say so, channel by channel.
 *
 * A zone of power alone is a gauge: a mean over its interval, or a point where it says none, with what hwmon says of such (hwmon.c); a
 * rail, shown and never added, since zones of Arm's firmware may hold one another.
 */
#include "platform/powercap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"
#include "log.h"
#include "platform/counted.h"
#include "platform/sysfs.h"

#define ROOT "/sys/class/powercap"
#define NO_RAPL "this machine may have no RAPL, as most virtual machines: measure at the wall, or load the module intel_rapl_msr"
#define POWER_MAX 1000.0               /* W a zone, unless the bench file says otherwise */
#define UPDATE_JITTER (1 * NS_PER_MS)  /* registers move about once a millisecond */
#define POINT_AGE (100 * NS_PER_MS)
#define MIRROR_READS 3
#define MIRROR_PAUSE (5 * NS_PER_MS)

static const struct option_spec options[] = {
	{ "root", "directory of the counters", OPTION_PATH, DIMENSION_RATIO, ROOT },
	{ "interval", "time from one read to the next", OPTION_QUANTITY, DIMENSION_TIME, "100 ms" },
	{ .name = NULL },
};

struct zone {
	char id[48];   /* "intel-rapl:0:2" */
	char name[32]; /* "dram" */
	char path[256];
	uint64_t range; /* uJ; 0: unknown, taken never to wrap */
	bool gauge;     /* of power */
	int64_t window; /* ns: of a gauge; 0: it does not say */
	int fd;         /* of what is read; -1 after a failure, until it opens again */
	struct counted counted;
};

struct powercap {
	const struct device_config *config;
	struct timebase *timebase;
	char root[192];
	struct zone zones[DEVICE_CHANNELS_MAX];
	struct channel channels[DEVICE_CHANNELS_MAX];
	int n_zones;
	double power_max; /* W, of one zone */
	int64_t interval, next;
	struct identity identity;
};

bool powercap_count_decode(const char *text, size_t length, uint64_t *count)
{
	uint64_t sum = 0;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length == 0 || length > 19)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(text[i] - '0');
	}
	*count = sum;
	return true;
}

/* ---- finding zones ---- */

/* The control type is what stands before the first colon: "intel-rapl". */
static size_t control_length(const char *id)
{
	return strcspn(id, ":");
}

static struct zone *zone_by_id(struct powercap *powercap, const char *id)
{
	for (int i = 0; i < powercap->n_zones; i++)
		if (strcmp(powercap->zones[i].id, id) == 0)
			return &powercap->zones[i];
	return NULL;
}

static int too_many(const struct powercap *powercap, struct error *error)
{
	return error_set(error, ERROR_UNSUPPORTED, powercap->root, NULL, "more than %d energy zones", DEVICE_CHANNELS_MAX);
}

static const char *file_of(const struct zone *zone)
{
	return zone->gauge ? "power_uw" : "energy_uj";
}

static bool has_file(const char *directory, const char *file)
{
	char path[320];
	snprintf(path, sizeof path, "%s/%s", directory, file);
	return access(path, F_OK) == 0;
}

static int open_counter(struct zone *zone, struct error *error)
{
	char path[320];
	snprintf(path, sizeof path, "%s/%s", zone->path, file_of(zone));
	zone->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (zone->fd >= 0)
		return 0;
	bool forbidden = errno == EACCES || errno == EPERM;
	return error_errno(error, errno, path, forbidden ? ACCESS_REMEDY : NULL, "cannot read the energy counter");
}

/* How far it counts, or over how long it averages. */
static void read_limits(const struct powercap *powercap, struct zone *zone)
{
	char range[32];
	int64_t us;
	if (zone->gauge)
		zone->window = sysfs_integer(zone->path, "constraint_0_time_window_us", &us) && us > 0 && us <= 60000000 ? us * 1000 : 0;
	else if (!sysfs_text(zone->path, "max_energy_range_uj", range, sizeof range) ||
		 !powercap_count_decode(range, strlen(range), &zone->range))
		log_say(LOG_LEVEL_WARNING, "%s: zone %s does not say where it wraps", powercap->config->name, zone->id);
}

/* Takes the zone in, if it has a name, and energy or power. */
static int add_zone(struct powercap *powercap, const char *id, const char *path, struct error *error)
{
	struct zone zone = { .fd = -1 };
	if (zone_by_id(powercap, id))
		return 0;
	if (strlen(id) >= sizeof zone.id)
		return 0;
	memcpy(zone.id, id, strlen(id) + 1);
	snprintf(zone.path, sizeof zone.path, "%s", path);
	if (!sysfs_text(path, "name", zone.name, sizeof zone.name))
		return 0;
	zone.gauge = !has_file(path, "energy_uj");
	if (zone.gauge && !has_file(path, "power_uw")) {
		log_say(LOG_LEVEL_INFO, "%s: zone %s (%s) shows neither energy nor power: left out", powercap->config->name, id, zone.name);
		return 0;
	}
	if (powercap->n_zones == DEVICE_CHANNELS_MAX)
		return too_many(powercap, error);
	read_limits(powercap, &zone);
	if (open_counter(&zone, error) < 0)
		return -1;
	powercap->zones[powercap->n_zones++] = zone;
	return 0;
}

/* Zones stand side by side in the class directory, and inside one another below /sys/devices: both are followed. */
static int scan(struct powercap *powercap, const char *directory, int depth, struct error *error)
{
	char path[256];
	int status = 0;
	DIR *entries = opendir(directory);
	if (entries == NULL)
		return depth > 0 ? 0 : error_errno(error, errno, directory, NO_RAPL, "cannot list energy counters");
	for (struct dirent *entry = readdir(entries); entry && status == 0; entry = readdir(entries)) {
		bool zone = strchr(entry->d_name, ':') != NULL;
		if (entry->d_name[0] == '.' || (depth > 0 && !zone))
			continue; /* within a zone "subsystem" and "device" lead back to the outside */
		int length = snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		if (length < 0 || (size_t)length >= sizeof path)
			continue;
		if (zone)
			status = add_zone(powercap, entry->d_name, path, error);
		if (status == 0 && depth < 3)
			status = scan(powercap, path, depth + 1, error);
	}
	closedir(entries);
	return status;
}

/* In the order of their numbers, and `intel-rapl` before `intel-rapl-mmio`: ':' sorts behind '-', so compare by parts. */
static int by_id(const void *a, const void *b)
{
	const char *x = ((const struct zone *)a)->id, *y = ((const struct zone *)b)->id;
	size_t x_length = control_length(x), y_length = control_length(y);
	int order = strncmp(x, y, x_length < y_length ? x_length : y_length);
	if (order != 0 || x_length != y_length)
		return order != 0 ? order : (x_length > y_length) - (x_length < y_length);
	return strverscmp(x, y);
}

/* ---- what each zone is ---- */

/* The zone that `zone` is inside of: "intel-rapl:0" for "intel-rapl:0:2"; NULL at the top. */
static const struct zone *parent_of(struct powercap *powercap, const struct zone *zone)
{
	char id[sizeof zone->id];
	snprintf(id, sizeof id, "%s", zone->id);
	char *colon = strrchr(id, ':');
	if (colon == NULL || colon == strchr(id, ':'))
		return NULL;
	*colon = '\0';
	return zone_by_id(powercap, id);
}

/* "package-0", or "package-0.dram" for a child. */
static void full_name(struct powercap *powercap, const struct zone *zone, char *name, size_t size)
{
	const struct zone *parent = parent_of(powercap, zone);
	snprintf(name, size, "%s%s%s", parent ? parent->name : "", parent ? "." : "", zone->name);
}

static enum channel_role role_by_name(struct powercap *powercap, const struct zone *zone)
{
	if (zone->gauge)
		return ROLE_RAIL;
	if (strcmp(zone->name, "dram") == 0)
		return ROLE_DRAM;
	if (strcmp(zone->name, "psys") == 0)
		return ROLE_PSYS;
	if (parent_of(powercap, zone))
		return ROLE_SUBZONE;
	return strncmp(zone->name, "package", strlen("package")) == 0 ? ROLE_PACKAGE : ROLE_NONE;
}

static bool same_control(const struct zone *a, const struct zone *b)
{
	size_t length = control_length(a->id);
	return length == control_length(b->id) && strncmp(a->id, b->id, length) == 0;
}

/* An earlier zone with the same full name: of another control type it is the same hardware seen twice. */
static const struct zone *namesake(struct powercap *powercap, int index, bool of_same_control)
{
	char name[80], other[80];
	full_name(powercap, &powercap->zones[index], name, sizeof name);
	for (int i = 0; i < index; i++) {
		full_name(powercap, &powercap->zones[i], other, sizeof other);
		if (strcmp(name, other) == 0 && same_control(&powercap->zones[i], &powercap->zones[index]) == of_same_control)
			return &powercap->zones[i];
	}
	return NULL;
}

/* Unique on the device: the second view of a zone has its control type in its name, a second zone of a name its number. */
static int name_channel(struct powercap *powercap, int index, struct channel *channel, struct error *error)
{
	const struct zone *zone = &powercap->zones[index];
	const char *device = powercap->config->name;
	char name[80], full[192];
	full_name(powercap, zone, name, sizeof name);
	if (namesake(powercap, index, true))
		snprintf(full, sizeof full, "%s.%s", device, zone->id);
	else if (namesake(powercap, index, false))
		snprintf(full, sizeof full, "%s.%.*s.%s", device, (int)control_length(zone->id), zone->id, name);
	else
		snprintf(full, sizeof full, "%s.%s", device, name);
	if (strlen(full) >= sizeof channel->name)
		return error_set(error, ERROR_CONFIG, device, "give the device a shorter name", "the channel name %s is too long",
				 full);
	memcpy(channel->name, full, strlen(full) + 1);
	return 0;
}

static void describe_gauge(const struct zone *zone, struct channel *channel)
{
	channel->kind = zone->window ? CHANNEL_MEAN : CHANNEL_INSTANT;
	channel->unit = UNIT_WATT;
	channel->number = NUMBER_F64;
	channel->scale = 1;
	channel->update_jitter = 0;
	channel->window = channel->unmeasured = zone->window;
	channel->latency = channel->u_latency = zone->window / 2;
	channel->accuracy = (struct accuracy){ .quantum = 1e-6 };
}

static int describe_zone(struct powercap *powercap, int index, struct error *error)
{
	const struct zone *zone = &powercap->zones[index];
	struct channel *channel = &powercap->channels[index];
	*channel = (struct channel){
		.kind = CHANNEL_COUNTER,
		.role = namesake(powercap, index, false) ? ROLE_DUPLICATE : role_by_name(powercap, zone),
		.unit = UNIT_JOULE,
		.number = NUMBER_U64,
		.clock = CLOCK_ID_MONOTONIC,
		.scale = 1e-6,
		.wrap = zone->range ? zone->range + 1 : 0,
		.refresh = powercap->interval,
		.update_jitter = UPDATE_JITTER,
		.power_max = powercap->power_max,
		.accuracy = { .quantum = 1e-6 }, /* no specification exists: a reading only */
		.factor = { -1, -1 },
		.simulated = powercap->identity.simulated,
	};
	if (zone->gauge)
		describe_gauge(zone, channel);
	return name_channel(powercap, index, channel, error);
}

/* ---- reading ---- */

static bool read_count(struct zone *zone, uint64_t *count)
{
	char text[32];
	if (zone->fd < 0)
		return false;
	ssize_t length = pread(zone->fd, text, sizeof text, 0);
	return length > 0 && powercap_count_decode(text, (size_t)length, count);
}

/* A driver that was unloaded and loaded again has new files under the old names. */
static void reopen_counter(struct zone *zone)
{
	char path[320];
	snprintf(path, sizeof path, "%s/%s", zone->path, file_of(zone));
	if (zone->fd >= 0)
		close(zone->fd);
	zone->fd = open(path, O_RDONLY | O_CLOEXEC);
}

/* A point is anywhere within the 100 ms before it is read. */
static void emit_power(struct zone *zone, unsigned index, uint64_t microwatts, int64_t before, int64_t after, struct sink *sink)
{
	int64_t half = (after - before + (zone->window ? 0 : POINT_AGE) + 1) / 2;
	sink_value(sink, index, after - half, half, 0, (double)microwatts * 1e-6);
	zone->counted.good.t = after;
	zone->counted.has_good = true;
}

static void read_zone(struct powercap *powercap, int index, uint32_t flags, int64_t before, int64_t *after, struct sink *sink)
{
	struct zone *zone = &powercap->zones[index];
	struct counted_reading reading;
	bool ok = read_count(zone, &reading.count);
	*after = powercap->timebase->now(powercap->timebase);
	reading.t = before + (*after - before) / 2;
	if (!ok) {
		sink_gap(sink, (unsigned)index, GAP_READ_FAILED, 1, counted_since(&zone->counted, before), *after);
		reopen_counter(zone);
		return;
	}
	if (zone->gauge) {
		emit_power(zone, (unsigned)index, reading.count, before, *after, sink);
		return;
	}
	flags |= counted_judge(&zone->counted, (unsigned)index, reading, sink);
	sink_count(sink, (unsigned)index, reading.t, (*after - before + 1) / 2, flags, reading.count);
}

/* Back to back, with the clock read between: registers are not latched together, and this is as close as they come. */
static void sweep(struct powercap *powercap, uint32_t flags, struct sink *sink)
{
	int64_t before = powercap->timebase->now(powercap->timebase);
	for (int i = 0; i < powercap->n_zones; i++)
		if (!(powercap->zones[i].gauge && flags & FLAG_REQUESTED)) /* which means more of what is counted only */
			read_zone(powercap, i, flags, before, &before, sink);
}

/* ---- mirrored counters ---- */

/* Two zones that show one register are equal to the microjoule whenever they are read; an update that falls between the two
 * reads may spoil one of three. Equal zeros prove nothing. */
static void read_mirrors(struct powercap *powercap, uint64_t counts[MIRROR_READS][DEVICE_CHANNELS_MAX])
{
	struct timebase *timebase = powercap->timebase;
	for (int r = 0; r < MIRROR_READS; r++) {
		for (int i = 0; i < powercap->n_zones; i++)
			if (!read_count(&powercap->zones[i], &counts[r][i]))
				counts[r][i] = 0;
		timebase->wait_until(timebase, timebase->now(timebase) + MIRROR_PAUSE);
	}
}

static bool mirrored(uint64_t counts[MIRROR_READS][DEVICE_CHANNELS_MAX], int i, int j)
{
	int equal = 0;
	for (int r = 0; r < MIRROR_READS; r++)
		equal += counts[r][i] != 0 && counts[r][i] == counts[r][j];
	return equal >= MIRROR_READS - 1;
}

static void find_mirrors(struct powercap *powercap)
{
	uint64_t counts[MIRROR_READS][DEVICE_CHANNELS_MAX];
	struct channel *channels = powercap->channels;
	read_mirrors(powercap, counts);
	for (int i = 0; i < powercap->n_zones; i++) {
		if (channels[i].role != ROLE_PACKAGE && channels[i].role != ROLE_DRAM)
			continue;
		for (int j = i + 1; j < powercap->n_zones; j++) {
			if (channels[j].role != channels[i].role || !mirrored(counts, i, j))
				continue;
			log_say(LOG_LEVEL_WARNING, "%s shows the same counter as %s: not added to it", channels[j].name,
				channels[i].name);
			channels[j].role = ROLE_DUPLICATE;
		}
	}
}

/* ---- life ---- */

static int choose_interval(struct powercap *powercap, struct error *error)
{
	double interval = 0.1;
	device_option(powercap->config, options, "interval", &interval);
	if (!(interval > 0 && interval <= 3600))
		return error_set(error, ERROR_CONFIG, powercap->config->name, "give 'interval' a time such as 100 ms",
				 "cannot read counters every %g s", interval);
	powercap->interval = llround(interval * 1e9);
	for (int i = 0; i < powercap->n_zones; i++) {
		struct zone *zone = &powercap->zones[i];
		zone->counted = (struct counted){ .wrap = zone->range ? zone->range + 1 : 0, .joule = 1e-6, .power_max = powercap->power_max };
		powercap->interval = counted_interval(&zone->counted, powercap->interval, zone->path, error);
		if (powercap->interval < 0)
			return -1;
	}
	return 0;
}

static int describe(struct powercap *powercap, struct error *error)
{
	struct utsname kernel;
	bool sysfs = sysfs_is_real(powercap->root);
	powercap->identity.simulated = !sysfs;
	snprintf(powercap->identity.maker, sizeof powercap->identity.maker, "%s", sysfs ? "Linux powercap" : "counter tree");
	snprintf(powercap->identity.model, sizeof powercap->identity.model, "%.*s", (int)control_length(powercap->zones[0].id),
		 powercap->zones[0].id);
	if (uname(&kernel) == 0)
		snprintf(powercap->identity.firmware, sizeof powercap->identity.firmware, "%.47s", kernel.release);
	for (int i = 0; i < powercap->n_zones; i++)
		if (describe_zone(powercap, i, error) < 0)
			return -1;
	return 0;
}

/* The option; or the endpoint file:///DIRECTORY, the general way to say where a device is; or where Linux has it. */
static void choose_root(struct powercap *powercap)
{
	const struct device_config *config = powercap->config;
	bool given = device_option(config, NULL, "root", NULL) != NULL;
	const char *root = device_option(config, options, "root", NULL);
	if (!given && strcmp(config->endpoint.scheme, "file") == 0)
		root = config->endpoint.path;
	snprintf(powercap->root, sizeof powercap->root, "%s", root);
}

static int find_zones(struct powercap *powercap, struct error *error)
{
	if (scan(powercap, powercap->root, 0, error) < 0)
		return -1;
	if (powercap->n_zones == 0)
		return error_set(error, ERROR_NOT_FOUND, powercap->root, NO_RAPL, "no energy counter here");
	qsort(powercap->zones, (size_t)powercap->n_zones, sizeof *powercap->zones, by_id);
	return 0;
}

static void powercap_close(void *device)
{
	struct powercap *powercap = device;
	for (int i = 0; i < powercap->n_zones; i++)
		if (powercap->zones[i].fd >= 0)
			close(powercap->zones[i].fd);
	free(powercap);
}

static void *powercap_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	(void)link;
	struct powercap *powercap = calloc(1, sizeof *powercap);
	if (powercap == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	powercap->config = config;
	powercap->timebase = timebase;
	powercap->power_max = config->power_max > 0 ? config->power_max : POWER_MAX;
	choose_root(powercap);
	if (find_zones(powercap, error) < 0 || choose_interval(powercap, error) < 0 || describe(powercap, error) < 0) {
		powercap_close(powercap);
		return NULL;
	}
	find_mirrors(powercap);
	return powercap;
}

static const struct channel *powercap_channels(const void *device, int *count)
{
	const struct powercap *powercap = device;
	*count = powercap->n_zones;
	return powercap->channels;
}

static const struct identity *powercap_identity(const void *device)
{
	const struct powercap *powercap = device;
	return &powercap->identity;
}

static int powercap_start(void *device, struct sink *sink, struct error *error)
{
	struct powercap *powercap = device;
	(void)sink;
	(void)error;
	for (int i = 0; i < powercap->n_zones; i++)
		counted_begin(&powercap->zones[i].counted);
	powercap->next = powercap->timebase->now(powercap->timebase);
	return 0;
}

static int64_t powercap_step(void *device, int64_t now, struct sink *sink)
{
	struct powercap *powercap = device;
	if (now < powercap->next)
		return powercap->next;
	sweep(powercap, 0, sink);
	powercap->next += powercap->interval;
	if (powercap->next <= now) /* late by more than an interval: no burst to catch up */
		powercap->next = now + powercap->interval;
	return powercap->next;
}

static void powercap_sample(void *device, struct sink *sink)
{
	sweep(device, FLAG_REQUESTED, sink);
}

static int powercap_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static const char *const schemes[] = { "file", NULL };

const struct driver driver_powercap = {
	.name = "powercap",
	.summary = "RAPL energy counters of the CPU, through Linux powercap",
	.gives = "package-0, package-0.dram, psys as there are",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.options = options,
	.open = powercap_open,
	.channels = powercap_channels,
	.identity = powercap_identity,
	.start = powercap_start,
	.step = powercap_step,
	.sample = powercap_sample,
	.stop = powercap_stop,
	.close = powercap_close,
};
