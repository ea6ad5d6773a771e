/*
 * hwmon: power and energy that chips of the machine tell through Linux hwmon, below /sys/class/hwmon (its files: hwmon_wire.c).
 *
 * Kinds. An average becomes a `mean` channel whose window is its interval. It is renewed at a pace of its own that no file tells: ACPI's
 * sampling time, within which Linux answers from memory; where firmware is known to state it (Grace) it is the averaging interval. So it is
 * read a little less often than that, and what it shows ended anywhere within the interval before: latency and its uncertainty are half of
 * it each, and a whole interval may go unseen at each edge (`unmeasured`), which analysis charges.
 * An input without interval becomes `instant`: a point, anywhere within the 100 ms before the read (`u_t`). What lies between two points is
 * charged by analysis as their scatter, and the result is marked: points each 100 ms are no integral. To call them means, over windows that
 * tile, would claim what nobody has measured.
 *
 * What is counted: of Grace, each socket's Grace gauge as its package (memory included); CPU and SysIO are inside it, Module around it. Voltage
 * regulators of an Altra are rails. amd_energy's sockets are what RAPL counts already. Everything else is kept only, unless the bench file
 * says what it measures.
 */
#include "platform/hwmon_wire.h"

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

#define ROOT "/sys/class/hwmon"
#define NO_GAUGE "hwmon shows power on few machines: load acpi_power_meter or the board's own driver, or measure at the wall"
#define POWER_MAX 2000.0 /* W a gauge, unless the bench file says otherwise */
#define AGE (100 * NS_PER_MS)      /* a point is no older; nobody says how old it is */
#define STEP (100 * NS_PER_MS)     /* from one reading of points and counters to the next */
#define JIFFY (12 * NS_PER_MS)     /* Linux compares times in ticks of up to 10 ms */
#define INTERVAL_MIN (5 * NS_PER_MS)
#define NUMBERS 512                /* amd_energy has one for each core */

static const struct option_spec options[] = {
	{ "root", "directory of the chips", OPTION_PATH, DIMENSION_RATIO, ROOT },
	{ "interval", "time from one read to the next; 0 ms: an average's own, 100 ms for the rest", OPTION_QUANTITY, DIMENSION_TIME, "0 ms" },
	{ "chip", "the chip (power_meter, hwmon3) or one gauge of it (core-vrd); all: every one", OPTION_TEXT, DIMENSION_RATIO, "all" },
	{ .name = NULL },
};

enum what { AVERAGE, POINT, ENERGY };

struct gauge {
	enum what what;
	char name[32]; /* "grace-0" */
	char path[256]; /* of the file that is read */
	int fd;        /* -1 after a failure, until it opens again */
	enum hwmon_part part;
	int socket;
	bool battery;
	enum channel_role role;
	int64_t window, period, next; /* ns */
	double limit;  /* of error, relative; 0: not stated */
	struct counted counted; /* ENERGY */
	int64_t last;  /* when it was last read */
};

struct hwmon {
	const struct device_config *config;
	struct timebase *timebase;
	char root[192];
	struct gauge gauges[DEVICE_CHANNELS_MAX];
	struct channel channels[DEVICE_CHANNELS_MAX];
	int n;
	struct identity identity;
};

/* ---- finding gauges ---- */

static bool join(char *path, size_t size, const char *directory, const char *file)
{
	int printed = snprintf(path, size, "%s/%s", directory, file);
	return printed >= 0 && (size_t)printed < size;
}

static bool attribute(const char *directory, const char *kind, int number, const char *what, char *text, size_t size)
{
	char file[64];
	snprintf(file, sizeof file, "%s%d_%s", kind, number, what);
	return sysfs_text(directory, file, text, size);
}

static int64_t averaging_interval(const char *directory, int number)
{
	char text[32];
	int64_t ms;
	bool told = attribute(directory, "power", number, "average_interval", text, sizeof text) &&
		    sysfs_integer_decode(text, strlen(text), &ms) && ms > 0 && ms <= 3600000;
	return told ? ms * NS_PER_MS : 0;
}

/* The first of the name has it; the others have a number behind it. */
static void name_gauge(const struct hwmon *hwmon, struct gauge *gauge, const char *name)
{
	int others = 0;
	size_t length = strlen(name);
	for (int i = 0; i < hwmon->n; i++) {
		const char *other = hwmon->gauges[i].name;
		others += strncmp(other, name, length) == 0 && (other[length] == '\0' || other[length] == '#');
	}
	snprintf(gauge->name, sizeof gauge->name, others ? "%.26s#%d" : "%.31s", name, others + 1);
}

/* By its label, or by the chip and the file's number. */
static void identify(const struct hwmon *hwmon, struct gauge *gauge, const char *directory, const char *chip, int number)
{
	static const char *const parts[] = { [HWMON_MODULE] = "module", [HWMON_GRACE] = "grace", [HWMON_CPU] = "cpu", [HWMON_SYSIO] = "sysio" };
	const char *kind = gauge->what == ENERGY ? "energy" : "power";
	char label[64] = "", name[64], text[8];
	if (!attribute(directory, kind, number, "label", label, sizeof label))
		attribute(directory, kind, number, "oem_info", label, sizeof label);
	gauge->part = hwmon_part_decode(label, &gauge->socket);
	if (gauge->part != HWMON_OTHER)
		snprintf(name, sizeof name, "%s-%d", parts[gauge->part], gauge->socket);
	else if (label[0])
		hwmon_name_decode(label, name, sizeof name);
	else
		snprintf(name, sizeof name, "%.20s-%s%d", chip, kind, number);
	name_gauge(hwmon, gauge, name);
	gauge->battery = attribute(directory, kind, number, "is_battery", text, sizeof text) && strcmp(text, "1") == 0;
	if (attribute(directory, kind, number, "accuracy", label, sizeof label) && !hwmon_accuracy_decode(label, strlen(label), &gauge->limit))
		log_say(LOG_LEVEL_WARNING, "%s: %s states its accuracy in words that nobody knows: \"%.20s\"", hwmon->config->name, gauge->name, label);
	bool altra = strcmp(chip, "smpro_hwmon") == 0, rapl = strcmp(chip, "amd_energy") == 0;
	gauge->role = gauge->battery ? ROLE_NONE : altra ? ROLE_RAIL : rapl ? ROLE_DUPLICATE : ROLE_NONE;
}

static bool is_wanted(const struct hwmon *hwmon, const struct gauge *gauge, const char *chip, const char *folder)
{
	const char *wanted = device_option(hwmon->config, options, "chip", NULL);
	if (strcmp(chip, "amd_energy") == 0 && strncmp(gauge->name, "ecore", 5) == 0 && strcmp(wanted, gauge->name) != 0)
		return false; /* one for each core */
	return strcmp(wanted, "all") == 0 || strcmp(wanted, chip) == 0 || strcmp(wanted, folder) == 0 || strcmp(wanted, gauge->name) == 0;
}

static int open_gauge(struct gauge *gauge, struct error *error)
{
	gauge->fd = open(gauge->path, O_RDONLY | O_CLOEXEC);
	if (gauge->fd >= 0)
		return 0;
	bool forbidden = errno == EACCES || errno == EPERM;
	return error_errno(error, errno, gauge->path, forbidden ? ACCESS_REMEDY : NULL, "cannot read the gauge");
}

/* An average that says over how long, else the point; an average of nobody knows what is a point as well. */
static bool choose_file(struct gauge *gauge, const char *directory, const char *kind, int number)
{
	char file[64];
	bool power = strcmp(kind, "power") == 0;
	gauge->window = power ? averaging_interval(directory, number) : 0;
	for (enum what what = power ? AVERAGE : ENERGY; what <= (power ? POINT : ENERGY); what++) {
		snprintf(file, sizeof file, "%s%d_%s", kind, number, what == AVERAGE ? "average" : "input");
		if (!join(gauge->path, sizeof gauge->path, directory, file) || access(gauge->path, F_OK) != 0)
			continue;
		gauge->what = what == AVERAGE && gauge->window == 0 ? POINT : what;
		return true;
	}
	return false;
}

static int add_gauge(struct hwmon *hwmon, const char *directory, const char *chip, const char *folder, const char *kind, int number,
		     struct error *error)
{
	struct gauge gauge = { .fd = -1 };
	char serial[48];
	if (!choose_file(&gauge, directory, kind, number))
		return 0;
	identify(hwmon, &gauge, directory, chip, number);
	if (!is_wanted(hwmon, &gauge, chip, folder))
		return 0;
	if (hwmon->n == DEVICE_CHANNELS_MAX)
		return error_set(error, ERROR_UNSUPPORTED, hwmon->root, "name one chip with the option 'chip'", "more than %d gauges of power",
				 DEVICE_CHANNELS_MAX);
	if (open_gauge(&gauge, error) != 0)
		return -1;
	if (hwmon->n == 0)
		snprintf(hwmon->identity.model, sizeof hwmon->identity.model, "%.47s", chip);
	if (hwmon->identity.serial[0] == '\0' && attribute(directory, kind, number, "serial_number", serial, sizeof serial))
		snprintf(hwmon->identity.serial, sizeof hwmon->identity.serial, "%.47s", serial);
	hwmon->gauges[hwmon->n++] = gauge;
	return 0;
}

static int add_chip(struct hwmon *hwmon, const char *folder, struct error *error)
{
	static const char *const kinds[] = { "power", "energy" };
	char directory[224], inner[240], chip[48];
	if (!join(directory, sizeof directory, hwmon->root, folder))
		return 0;
	snprintf(inner, sizeof inner, "%s/device", directory);
	if (!sysfs_text(directory, "name", chip, sizeof chip) && !sysfs_text(inner, "name", chip, sizeof chip))
		return 0;
	int before = hwmon->n;
	for (int place = 0; place < 2 && hwmon->n == before; place++)
		for (int i = 0; i < 2 * NUMBERS; i++)
			if (add_gauge(hwmon, place ? inner : directory, chip, folder, kinds[i / NUMBERS], i % NUMBERS, error) != 0)
				return -1;
	return 0;
}

static int is_chip(const struct dirent *entry)
{
	return strncmp(entry->d_name, "hwmon", 5) == 0;
}

static int find_gauges(struct hwmon *hwmon, struct error *error)
{
	struct dirent **chips;
	int n = scandir(hwmon->root, &chips, is_chip, versionsort), status = 0;
	if (n < 0)
		return error_errno(error, errno, hwmon->root, NO_GAUGE, "cannot list the chips");
	for (int i = 0; i < n; i++) {
		if (status == 0)
			status = add_chip(hwmon, chips[i]->d_name, error);
		free(chips[i]);
	}
	free(chips);
	if (status == 0 && hwmon->n == 0)
		return error_set(error, ERROR_NOT_FOUND, hwmon->root, NO_GAUGE, "no gauge of power or energy here (option chip: %s)",
				 device_option(hwmon->config, options, "chip", NULL));
	return status;
}

/* ---- what each gauge is ---- */

static bool has_part(const struct hwmon *hwmon, enum hwmon_part part, int socket)
{
	for (int i = 0; i < hwmon->n; i++)
		if (hwmon->gauges[i].part == part && hwmon->gauges[i].socket == socket)
			return true;
	return false;
}

/* Each socket once: by its Grace gauge; by its CPU's where that is all there is. */
static enum channel_role role_of(const struct hwmon *hwmon, const struct gauge *gauge)
{
	switch (gauge->part) {
	case HWMON_MODULE: return ROLE_PSYS;
	case HWMON_GRACE: return ROLE_PACKAGE;
	case HWMON_CPU: return has_part(hwmon, HWMON_GRACE, gauge->socket) ? ROLE_SUBZONE : ROLE_PACKAGE;
	case HWMON_SYSIO: return ROLE_SUBZONE;
	default: return gauge->role;
	}
}

/* What the bench file says that it measures is said of one gauge, and of one whose error has a limit. */
static int choose_roles(struct hwmon *hwmon, struct error *error)
{
	const struct device_config *config = hwmon->config;
	for (int i = 0; i < hwmon->n; i++)
		hwmon->gauges[i].role = role_of(hwmon, &hwmon->gauges[i]);
	if (config->measures == ROLE_NONE)
		return 0;
	const struct gauge *gauge = &hwmon->gauges[0];
	const char *role = channel_role_name(config->measures);
	if (hwmon->n > 1)
		return error_set(error, ERROR_CONFIG, config->name, "name one with the option 'chip', or write measures: none",
				 "it has %d gauges, and which of them measures %s is not said", hwmon->n, role);
	if (gauge->battery)
		return error_set(error, ERROR_CONFIG, config->name, "write measures: none", "%s is a battery's, and measures no %s", gauge->name, role);
	if (!config->accuracy_given && gauge->limit <= 0)
		return error_set(error, ERROR_CONFIG, config->name, "say accuracy: {reading: …, range: 0 %}, from its data sheet or a comparison",
				 "%s states no accuracy, and is to measure %s", gauge->name, role);
	hwmon->gauges[0].role = config->measures;
	return 0;
}

static void describe_average(const struct hwmon *hwmon, const struct gauge *gauge, struct channel *channel)
{
	const struct device_config *config = hwmon->config;
	channel->kind = CHANNEL_MEAN;
	channel->window = channel->unmeasured = gauge->window;
	channel->latency = isnan(config->latency) ? gauge->window / 2 : llround(config->latency * 1e9);
	channel->u_latency = isnan(config->u_latency) ? gauge->window / 2 : llround(config->u_latency * 1e9);
}

static int describe_gauge(struct hwmon *hwmon, int index, struct error *error)
{
	const struct gauge *gauge = &hwmon->gauges[index];
	const struct device_config *config = hwmon->config;
	struct channel *channel = &hwmon->channels[index];
	bool energy = gauge->what == ENERGY;
	*channel = (struct channel){
		.kind = energy ? CHANNEL_COUNTER : CHANNEL_INSTANT,
		.role = gauge->role,
		.unit = energy ? UNIT_JOULE : UNIT_WATT,
		.number = energy ? NUMBER_U64 : NUMBER_F64,
		.clock = CLOCK_ID_MONOTONIC,
		.scale = energy ? 1e-6 : 1,
		.refresh = gauge->period,
		.update_jitter = energy ? AGE : 0,
		.power_max = config->power_max > 0 ? config->power_max : POWER_MAX,
		.accuracy = config->accuracy_given ? config->accuracy : (struct accuracy){ .reading = gauge->limit },
		.factor = { -1, -1 },
		.simulated = hwmon->identity.simulated,
	};
	if (gauge->what == AVERAGE)
		describe_average(hwmon, gauge, channel);
	char name[sizeof channel->name]; /* not in place: the compiler cannot tell that the gauge, in the same struct, is elsewhere */
	int printed = snprintf(name, sizeof name, "%s.%s", config->name, gauge->name);
	if (printed < (int)sizeof name) {
		memcpy(channel->name, name, sizeof name);
		return 0;
	}
	return error_set(error, ERROR_CONFIG, config->name, "give the device a shorter name", "the channel name %s.%s is too long", config->name,
			 gauge->name);
}

static int choose_intervals(struct hwmon *hwmon, struct error *error)
{
	double seconds = 0;
	device_option(hwmon->config, options, "interval", &seconds);
	int64_t interval = llround(seconds * 1e9);
	if (interval != 0 && (interval < INTERVAL_MIN || seconds > 3600))
		return error_set(error, ERROR_CONFIG, hwmon->config->name, "give 'interval' a time such as 100 ms, or leave it out",
				 "cannot read gauges every %g s", seconds);
	for (int i = 0; i < hwmon->n; i++) {
		struct gauge *gauge = &hwmon->gauges[i];
		gauge->period = interval ? interval : gauge->what == AVERAGE ? gauge->window + gauge->window / 100 + JIFFY : STEP;
		gauge->counted = (struct counted){ .joule = 1e-6, .power_max = hwmon->config->power_max > 0 ? hwmon->config->power_max : POWER_MAX };
	}
	return 0;
}

static int describe(struct hwmon *hwmon, struct error *error)
{
	struct utsname kernel;
	bool real = sysfs_is_real(hwmon->root);
	hwmon->identity.simulated = !real || strncmp(hwmon->identity.serial, "SIM", 3) == 0;
	snprintf(hwmon->identity.maker, sizeof hwmon->identity.maker, "%s", real ? "Linux hwmon" : "hwmon tree");
	if (uname(&kernel) == 0)
		snprintf(hwmon->identity.firmware, sizeof hwmon->identity.firmware, "%.47s", kernel.release);
	for (int i = 0; i < hwmon->n; i++) {
		if (hwmon->gauges[i].battery)
			log_say(LOG_LEVEL_WARNING, "%s: %s is a battery's: kept, never counted", hwmon->config->name, hwmon->gauges[i].name);
		if (describe_gauge(hwmon, i, error) != 0)
			return -1;
	}
	return 0;
}

/* ---- reading ---- */

static void emit_power(struct gauge *gauge, unsigned index, const char *text, size_t length, int64_t before, int64_t after, struct sink *sink,
		       bool *ok)
{
	double watts;
	uint32_t flags;
	int64_t age = gauge->what == POINT ? AGE : 0, half = (after - before + age + 1) / 2;
	*ok = hwmon_power_decode(text, length, &watts, &flags);
	if (*ok)
		sink_value(sink, index, after - half, half, flags, watts);
}

static void emit_energy(struct gauge *gauge, unsigned index, const char *text, size_t length, int64_t before, int64_t after, uint32_t flags,
			struct sink *sink, bool *ok)
{
	struct counted_reading reading = { .t = before + (after - before) / 2 };
	*ok = hwmon_energy_decode(text, length, &reading.count);
	if (!*ok)
		return;
	flags |= counted_judge(&gauge->counted, index, reading, sink);
	sink_count(sink, index, reading.t, (after - before + 1) / 2, flags, reading.count);
}

/* ENODATA is the chip's own word for having none; anything else is a read that failed. */
static void fail(struct gauge *gauge, unsigned index, bool no_data, int64_t before, int64_t after, struct sink *sink)
{
	if (no_data && gauge->what != ENERGY) {
		sink_value(sink, index, before, after - before, FLAG_NO_DATA, NAN);
		return;
	}
	sink_gap(sink, index, GAP_READ_FAILED, 1, gauge->last ? gauge->last : before, after);
	sysfs_reopen(&gauge->fd, gauge->path);
}

static void read_gauge(struct hwmon *hwmon, int index, uint32_t flags, struct sink *sink)
{
	struct gauge *gauge = &hwmon->gauges[index];
	struct timebase *timebase = hwmon->timebase;
	char text[32];
	bool ok = false;
	int64_t before = timebase->now(timebase);
	ssize_t length = gauge->fd >= 0 ? pread(gauge->fd, text, sizeof text, 0) : -1;
	bool no_data = gauge->fd >= 0 && length < 0 && errno == ENODATA;
	int64_t after = timebase->now(timebase);
	if (length > 0 && gauge->what == ENERGY)
		emit_energy(gauge, (unsigned)index, text, (size_t)length, before, after, flags, sink, &ok);
	else if (length > 0)
		emit_power(gauge, (unsigned)index, text, (size_t)length, before, after, sink, &ok);
	if (!ok)
		fail(gauge, (unsigned)index, no_data, before, after, sink);
	else
		gauge->last = after;
}

/* ---- life ---- */

static void hwmon_close(void *device)
{
	struct hwmon *hwmon = device;
	for (int i = 0; i < hwmon->n; i++)
		if (hwmon->gauges[i].fd >= 0)
			close(hwmon->gauges[i].fd);
	free(hwmon);
}

static void choose_root(struct hwmon *hwmon)
{
	const struct device_config *config = hwmon->config;
	bool given = device_option(config, NULL, "root", NULL) != NULL;
	const char *root = device_option(config, options, "root", NULL);
	if (!given && strcmp(config->endpoint.scheme, "file") == 0)
		root = config->endpoint.path;
	snprintf(hwmon->root, sizeof hwmon->root, "%s", root);
}

static void *hwmon_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	(void)link;
	struct hwmon *hwmon = calloc(1, sizeof *hwmon);
	if (hwmon == NULL) {
		error_errno(error, ENOMEM, config->name, NULL, "cannot open");
		return NULL;
	}
	hwmon->config = config;
	hwmon->timebase = timebase;
	choose_root(hwmon);
	if (find_gauges(hwmon, error) == 0 && choose_roles(hwmon, error) == 0 && choose_intervals(hwmon, error) == 0 &&
	    describe(hwmon, error) == 0)
		return hwmon;
	hwmon_close(hwmon);
	return NULL;
}

static const struct channel *hwmon_channels(const void *device, int *count)
{
	const struct hwmon *hwmon = device;
	*count = hwmon->n;
	return hwmon->channels;
}

static const struct identity *hwmon_identity(const void *device)
{
	const struct hwmon *hwmon = device;
	return &hwmon->identity;
}

static int hwmon_start(void *device, struct sink *sink, struct error *error)
{
	struct hwmon *hwmon = device;
	(void)sink;
	(void)error;
	int64_t now = hwmon->timebase->now(hwmon->timebase);
	for (int i = 0; i < hwmon->n; i++) {
		struct gauge *gauge = &hwmon->gauges[i];
		counted_begin(&gauge->counted);
		gauge->last = 0;
		gauge->next = now;
	}
	return 0;
}

static int64_t hwmon_step(void *device, int64_t now, struct sink *sink)
{
	struct hwmon *hwmon = device;
	int64_t next = NEVER;
	for (int i = 0; i < hwmon->n; i++) {
		struct gauge *gauge = &hwmon->gauges[i];
		if (now >= gauge->next) {
			read_gauge(hwmon, i, 0, sink);
			gauge->next += gauge->period;
			if (gauge->next <= now) /* late by more than an interval: no burst to catch up */
				gauge->next = now + gauge->period;
		}
		if (gauge->next < next)
			next = gauge->next;
	}
	return next;
}

/* Only what is counted means more when it is read at an edge. */
static void hwmon_sample(void *device, struct sink *sink)
{
	struct hwmon *hwmon = device;
	for (int i = 0; i < hwmon->n; i++)
		if (hwmon->gauges[i].what == ENERGY)
			read_gauge(hwmon, i, FLAG_REQUESTED, sink);
}

static int hwmon_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static const char *const schemes[] = { "file", NULL };

const struct driver driver_hwmon = {
	.name = "hwmon",
	.summary = "power and energy that chips of the machine tell, through Linux hwmon",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.gives = "grace-0, core-vrd, power_meter-power1 as there are",
	.options = options,
	.open = hwmon_open,
	.channels = hwmon_channels,
	.identity = hwmon_identity,
	.start = hwmon_start,
	.step = hwmon_step,
	.sample = hwmon_sample,
	.stop = hwmon_stop,
	.close = hwmon_close,
};
