/*
 * bench: the devices of bench.yaml, each on its own thread (or stepped by the consumer while it waits: surroundings.h), and the
 * one consumer of their records.
 *
 * bench_open and bench_start may fail as a whole; after that a device that fails is a matter of GAP records. All functions are
 * called from one thread, the consumer's.
 */
#ifndef JOULERIG_BENCH_BENCH_H
#define JOULERIG_BENCH_BENCH_H

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>

#include "certificate.h"
#include "device.h"
#include "document.h"
#include "surroundings.h"

#define BENCH_DEVICES_MAX 16

struct bench_config {
	char name[96];
	int64_t supply_lag;   /* ns; bound on the DUT supply's delay */
	char trigger[32];     /* a device of this bench with trigger lines, or "software" */
	char trigger_input[32]; /* the device whose input is wired to that one's output; often the same */
	struct device_config devices[BENCH_DEVICES_MAX];
	int n_devices;
	struct certificate *certificates[BENCH_DEVICES_MAX]; /* by device, with what their files say; NULL: it has none */
	bool warmed_up; /* the user says that all instruments have been on for long enough */
	char *text; /* YAML as read; NULL if made from detection */
};
/* Reads bench.yaml: schema, then each driver's own options; every mistake in `problems`. */
int bench_config_load(const char *path, struct bench_config *config, struct problems *problems, struct error *error);
/* A device of which nothing is given but its name and driver. */
void device_config_default(struct device_config *device, const char *name, const char *driver);
/* The machine's own energy counters, by the one way of two that is permitted and knows more: perf_event (true), else powercap, which may
 * be there or not. Never both: they show the same registers. */
bool bench_counters(struct device_config *device);
/* A bench of what this machine has by itself: the one instrument on USB that a driver knows, if there is one, and RAPL. With
 * several instruments ERROR_CONFIG, since what each measures is not to be guessed; ERROR_NOT_FOUND, or what the instrument's link
 * said, with the remedy if nothing can be measured. Never a twin, but for one that was made a USB device and says so. */
int bench_config_detect(struct bench_config *config, struct error *error);
void bench_config_free(struct bench_config *config);

struct bench;

/* `config` and `surroundings` (surroundings_lab) must outlive the bench. */
struct bench *bench_open(const struct bench_config *config, struct surroundings *surroundings, struct error *error);
int bench_start(struct bench *bench, struct error *error);
int bench_stop(struct bench *bench, struct error *error); /* restores the instruments, joins the threads */
void bench_close(struct bench *bench);                    /* NULL is fine */

/* Channels of all devices, numbered through: a record's channel is the index here. */
int bench_channels(const struct bench *bench);
const struct channel *bench_channel(const struct bench *bench, int index);
const char *bench_channel_device(const struct bench *bench, int index);
int bench_devices(const struct bench *bench);
const struct device_config *bench_device(const struct bench *bench, int index, const struct driver **driver,
					 const struct identity **identity);
bool bench_simulated(const struct bench *bench); /* any device is */
json_t *bench_facts(const struct bench *bench);  /* devices with identity, channels, ranges, options: for headers */

/* The trigger's lines; all absent when it is software. Valid until bench_close. */
struct bench_trigger {
	const char *device, *input;          /* "software", or the names of the devices that have the output and the input */
	enum edge_source source;             /* of what the input tells */
	const struct line_out *output, *mark; /* NULL: none */
	bool has_input;
	int64_t apart; /* ns that edges must be apart; with a gated integrator on the bench, what that needs */
};
struct bench_trigger bench_trigger(const struct bench *bench);

struct timebase *bench_timebase(const struct bench *bench);
bool bench_stepped(const struct bench *bench); /* no threads: time passes in bench_wait alone */

/* Waits until `until` (MONOTONIC ns), or until records wait, or one of the `n` descriptors polls as asked (their `revents` are
 * set). A stepped bench steps its devices meanwhile, and looks at no descriptor. May return earlier. */
void bench_wait(struct bench *bench, int64_t until, struct pollfd *fds, int n);
#define BENCH_WAIT_MAX 7 /* descriptors */

/* Hands every waiting record to `take`, oldest first per device; `record->channel` is the bench's number. */
typedef int bench_take(void *context, const struct record *record, const void *payload, uint32_t size, struct error *error);
int bench_drain(struct bench *bench, bench_take *take, void *context, struct error *error);

/* Asks every device that can for one reading now and waits for them, at most `patience` ns (a stepped bench: until all have been
 * read). True if all have answered. */
bool bench_sample(struct bench *bench, int64_t patience);
/* The quiet before a run is about to begin: devices that count anew for each run do so. False as above. */
bool bench_prepare(struct bench *bench, int64_t patience);

/* Since bench_start: steps taken late by more than 5 ms, and CPU seconds of the device threads. */
struct bench_load {
	unsigned long late;
	double cpu_seconds;
};
struct bench_load bench_load(const struct bench *bench);

#endif
