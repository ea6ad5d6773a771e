/* What the store's tests have in common: a directory of their own, whole files, and a small run that has some of everything. */
#ifndef JOULERIG_TESTS_STORE_SAMPLE_H
#define JOULERIG_TESTS_STORE_SAMPLE_H

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "run.h"

#define SAMPLE_T0 (INT64_C(5000) * NS_PER_S) /* of the start edge */

static inline const char *sample_directory(char directory[64])
{
	/* In memory where possible: a sync costs 10 ms on a disk, and these tests sync thousands of times. */
	snprintf(directory, 64, "%s/joulerig-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(directory);
}

static inline const char *sample_path(const char *directory, const char *name, char path[256])
{
	size_t length = (size_t)snprintf(path, 256, "%s/", directory);
	snprintf(path + length, 256 - length, "%s", name);
	return path;
}

static inline void sample_remove(const char *directory)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", directory);
	(void)!system(command);
}

static inline unsigned char *sample_load(const char *path, size_t *size)
{
	struct stat status;
	int fd = open(path, O_RDONLY);
	*size = 0;
	if (fd < 0 || fstat(fd, &status) != 0)
		return NULL;
	unsigned char *bytes = malloc((size_t)status.st_size + 1);
	ssize_t length = read(fd, bytes, (size_t)status.st_size);
	close(fd);
	*size = length < 0 ? 0 : (size_t)length;
	return bytes;
}

static inline void sample_store(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	(void)!write(fd, bytes, size);
	close(fd);
}

static inline struct channel sample_channel(const char *name, enum channel_kind kind, enum channel_role role, enum unit unit,
					    enum number_type number)
{
	struct channel channel = { .kind = kind, .role = role, .unit = unit, .number = number, .clock = CLOCK_ID_MONOTONIC,
				   .scale = 1, .refresh = 100 * NS_PER_MS, .factor = { -1, -1 }, .simulated = true };
	snprintf(channel.name, sizeof channel.name, "%s", name);
	return channel;
}

enum { SAMPLE_WALL, SAMPLE_PACKAGE, SAMPLE_CURRENT, SAMPLE_FREQUENCY };

static inline json_t *sample_channels(void)
{
	struct channel wall = sample_channel("wall.power", CHANNEL_MEAN, ROLE_WALL, UNIT_WATT, NUMBER_F64);
	struct channel package = sample_channel("package-0.energy", CHANNEL_COUNTER, ROLE_PACKAGE, UNIT_JOULE, NUMBER_U64);
	struct channel current = sample_channel("rig.current", CHANNEL_INSTANT, ROLE_RAIL, UNIT_AMPERE, NUMBER_I16);
	struct channel frequency = sample_channel("cpu.frequency", CHANNEL_OBSERVE, ROLE_NONE, UNIT_HERTZ, NUMBER_I32);
	wall.window = 100 * NS_PER_MS;
	wall.unmeasured = 20 * NS_PER_MS;
	wall.accuracy = (struct accuracy){ .reading = 0.001, .range = 0.001, .range_value = 600, .timebase = 50e-6 };
	package.scale = 1e-6;
	package.wrap = UINT64_C(262143328851);
	current.scale = 1.0 / 3;
	current.offset = -0.125;
	current.refresh = NS_PER_MS;
	current.clock = CLOCK_ID_DEVICE;
	frequency.scale = 1000;
	json_t *list = json_array();
	json_array_append_new(list, channel_to_json(&wall, "wall"));
	json_array_append_new(list, channel_to_json(&package, "rapl"));
	json_array_append_new(list, channel_to_json(&current, "rig"));
	json_array_append_new(list, channel_to_json(&frequency, "cpu"));
	return list;
}

static inline char *sample_header(void)
{
	json_t *header = json_pack(
		"{s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:{s:i}, s:[s, s], s:b, s:o, s:{s:[{s:s, s:s, s:s, s:b}]}}",
		"joulerig", "run 1", "version", "0.1.0", "campaign", "5c3e2f60-97c1-4bd5-8a51-2f6c2b9c1e11", "run", 7, "slot", 3,
		"attempt", 1, "workload", "mandelbrot", "point", "threads=2", "arm", "ft", "parameters", "threads", 2, "command",
		"python3", "mandelbrot.py", "simulated", 1, "channels", sample_channels(), "bench", "devices", "name", "wall",
		"model", "WT310E", "serial", "SIM0001", "simulated", 1);
	char *text = json_dumps(header, 0);
	json_decref(header);
	return text;
}

static inline int sample_put(struct journal *journal, unsigned kind, unsigned channel, unsigned seq, uint32_t flags, uint32_t n,
			     int64_t t, const void *payload, uint32_t size, struct error *error)
{
	struct record record = {
		.kind = (uint16_t)kind, .channel = (uint16_t)channel, .seq = seq, .flags = flags, .n = n, .t = t, .u_t = 1000};
	return journal_append(journal, &record, payload, size, error);
}

static inline void sample_put_tick(struct journal *journal, unsigned i, struct error *error)
{
	int64_t t = SAMPLE_T0 - NS_PER_S + i * 100 * NS_PER_MS;
	double power = i % 10 == 9 ? NAN : 100 + i + 1.0 / 3;
	uint64_t count = UINT64_C(262143000000) + i * UINT64_C(20000000) % 328851;
	int32_t frequency = -(int32_t)i;
	int16_t current[100];
	for (int k = 0; k < 100; k++)
		current[k] = (int16_t)(k * 300 - 15000 + (int)i);
	sample_put(journal, RECORD_BLOCK, SAMPLE_WALL, i, i % 10 == 9 ? FLAG_NO_DATA : 0, 1, t, &power, sizeof power, error);
	sample_put(journal, RECORD_BLOCK, SAMPLE_PACKAGE, i, 0, 1, t + 7, &count, sizeof count, error);
	sample_put(journal, RECORD_BLOCK, SAMPLE_FREQUENCY, i, 0, 1, t + 9, &frequency, sizeof frequency, error);
	sample_put(journal, RECORD_BLOCK, SAMPLE_CURRENT, i, 0, 100, t, current, sizeof current, error);
}

static inline void sample_put_edge(struct journal *journal, enum edge_what what, const char *name, int64_t t, struct error *error)
{
	struct record_edge edge = { .what = what, .source = EDGE_SOFTWARE, .received = t + 5000 };
	snprintf(edge.name, sizeof edge.name, "%s", name);
	sample_put(journal, RECORD_EDGE, 0, (unsigned)what, 0, 0, t, &edge, sizeof edge, error);
}

static inline void sample_put_anchor(struct journal *journal, int64_t t, struct error *error)
{
	struct clock_anchor anchor = {.monotonic = t,
				      .raw = t + 1,
				      .boottime = t + 2,
				      .realtime = INT64_C(1763780000000000000) + t,
				      .tai = t + 3,
				      .width = 300,
				      .status = -1,
				      .tai_offset_s = 37};
	sample_put(journal, RECORD_ANCHOR, 0, 0, 0, 0, t, &anchor, sizeof anchor, error);
}

/* Everything a run can hold, `ticks` tenths of a second of it. */
static inline void sample_put_run(struct journal *journal, unsigned ticks, struct error *error)
{
	struct record_range range = { .voltage = 300, .current = 2, .changed = 1 };
	struct record_gap gap = { .reason = GAP_TIMEOUT, .values = 3, .from = SAMPLE_T0, .to = SAMPLE_T0 + 7 };
	sample_put_anchor(journal, SAMPLE_T0 - NS_PER_S, error);
	sample_put(journal, RECORD_RANGE, SAMPLE_WALL, 0, 0, 0, SAMPLE_T0 - NS_PER_S, &range, sizeof range, error);
	for (int i = 0; i < 3; i++) {
		int64_t at = SAMPLE_T0 - NS_PER_S + i * NS_PER_S / 2;
		struct record_sync sync = { .sent = at, .received = at + 300000, .arrived = at + 120000, .answered = at + 130000 };
		sample_put(journal, RECORD_SYNC, SAMPLE_CURRENT, (unsigned)i, 0, 0, sync.received, &sync, sizeof sync, error);
	}
	journal_note(journal, 1, "{\"status\": \"ok\", \"rusage\": {\"user_s\": 1.5, \"system_s\": 0.1}}", error);
	for (unsigned i = 0; i < ticks; i++) {
		if (i == 10)
			sample_put_edge(journal, EDGE_START, "", SAMPLE_T0, error);
		sample_put_tick(journal, i, error);
		if (i % 7 == 3)
			sample_put(journal, RECORD_GAP, SAMPLE_PACKAGE, i, 0, 0, SAMPLE_T0, &gap, sizeof gap, error);
	}
	sample_put_edge(journal, EDGE_BEGIN, "measured", SAMPLE_T0 + NS_PER_S, error);
	sample_put_edge(journal, EDGE_STOP, "", SAMPLE_T0 + (int64_t)ticks * 50 * NS_PER_MS, error);
	sample_put_anchor(journal, SAMPLE_T0 + (int64_t)ticks * 50 * NS_PER_MS, error);
	journal_note(journal, 2, "{\"status\": \"failed\", \"exit_code\": 1, \"rusage\": {\"system_s\": 0.2}}", error);
}

static inline int sample_journal(const char *path, unsigned ticks, struct error *error)
{
	char *header = sample_header();
	struct journal *journal = journal_create(path, header, error);
	free(header);
	if (journal == NULL)
		return -1;
	sample_put_run(journal, ticks, error);
	return journal_close(journal, error);
}

#endif
