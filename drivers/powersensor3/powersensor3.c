/*
 * powersensor3: PowerSensor3 (ASTRON, University of Amsterdam, eScience Center): up to four DC rails, current and voltage of each at once,
 * some 20000 times a second, by a microcontroller on USB. Its wire is drawn in ps3_wire.h, its commands in ps3_talk.h.
 *
 *   devices:
 *     rail:
 *       driver: powersensor3
 *       endpoint: serial:///dev/serial/by-id/usb-STMicroelectronics_BLACKPILL_F411CE_…
 *       measures: rail
 *       options: { current_accuracy: "1 % 30 mA", voltage_accuracy: "0.5 % 20 mV" }
 *
 * Levels are kept as they come, on the device's own clock (ps3_stream.h). A marker joins it to the host's: asked for at `sent`, it is in the
 * first set that is finished after that, which was here at `received`. Two a second, and more about an edge (RECORD_SYNC).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "powersensor3/ps3_channels.h"
#include "powersensor3/ps3_stream.h"
#include "powersensor3/ps3_talk.h"

#define ANSWER_PATIENCE NS_PER_S          /* at the beginning and at the end */
#define STEP_PATIENCE (300 * NS_PER_MS)   /* while it measures: its end alone takes 100 ms */
#define ATTEMPTS 4                        /* the first may end what another program left; in 2 s it would reset itself */
#define STEP_EVERY (20 * NS_PER_MS)
#define SILENCE (NS_PER_S / 4)            /* without a byte: it does not stream any more */
#define NOTHING_SETTLES NS_PER_S          /* bytes come, and nothing that could be kept */
#define FRAME (3 * NS_PER_MS)             /* in which more comes, over USB */
#define AT_ONCE (20 * NS_PER_MS)          /* a marker that comes so soon is waited for */
#define SYNC_EVERY (NS_PER_S / 2)
#define SYNC_BURST (20 * NS_PER_MS)
#define SYNC_AT_FIRST 10
#define RETRY_EVERY (NS_PER_S / 4)
#define READS_AT_ONCE 256                 /* in one step: more than a terminal keeps */
#define FLUSH_FROM 200                    /* sets: fewer wait for the end of the step */

enum state { STATE_RUNS, STATE_LOST, STATE_AWAY };

struct ps3 {
	char name[32];
	struct identity identity;
	struct ps3_told told;
	struct ps3_channels channels;
	struct ps3_talk talk;
	struct ps3_stream stream;
	struct sink *sink;         /* of the call under way */

	enum state state;
	bool settled;              /* the last batch */
	int64_t received;          /* MONOTONIC ns of its arrival */
	int64_t look_at, sync_at;
	int burst;                 /* exchanges that are to follow each other closely */
	struct {
		bool asked;        /* and not seen yet */
		int64_t sent;
	} mark;
};

static int64_t now_ns(const struct ps3 *ps3)
{
	return ps3->talk.timebase->now(ps3->talk.timebase);
}

/* ---- life ---- */

static int check_serial(const struct ps3 *ps3, const struct device_config *config, struct error *error)
{
	if (config->serial[0] == '\0' || strcmp(config->serial, ps3->identity.serial) == 0)
		return 0;
	return error_set(error, ERROR_WRONG_DEVICE, config->name, "name it by its port: serial:///dev/serial/by-id/…",
			 "the PowerSensor3 at %s tells %s, not \"%s\"", config->endpoint.text,
			 ps3->identity.serial[0] ? ps3->identity.serial : "no serial number", config->serial);
}

static int prepare(struct ps3 *ps3, const struct device_config *config, struct error *error)
{
	if (ps3_meet(&ps3->talk, &ps3->told, ANSWER_PATIENCE, ATTEMPTS, config->endpoint.text, error) != 0)
		return -1;
	ps3_identify(&ps3->told.version, &ps3->identity);
	if (check_serial(ps3, config, error) != 0 || ps3_measure_period(&ps3->talk, &ps3->stream.period, config->name, error) != 0 ||
	    ps3_describe(config, ps3->told.config, ps3->stream.period, ps3->identity.simulated, &ps3->channels, error) != 0)
		return -1;
	memcpy(ps3->stream.channels, ps3->channels.of, sizeof ps3->stream.channels);
	return 0;
}

static void *ps3_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct ps3 *ps3 = calloc(1, sizeof *ps3);
	if (ps3 == NULL) {
		error_set(error, ERROR_INTERNAL, config->name, NULL, "out of memory");
		return NULL;
	}
	snprintf(ps3->name, sizeof ps3->name, "%s", config->name);
	ps3->talk.link = link;
	ps3->talk.timebase = timebase;
	if (prepare(ps3, config, error) == 0)
		return ps3;
	free(ps3);
	return NULL;
}

static void ps3_close(void *device)
{
	free(device);
}

static const struct channel *ps3_channels(const void *device, int *count)
{
	const struct ps3 *ps3 = device;
	*count = ps3->channels.n;
	return ps3->channels.list;
}

static const struct identity *ps3_identity(const void *device)
{
	return &((const struct ps3 *)device)->identity;
}

/* ---- sampling ---- */

/* A marker of which nobody has asked here is another's, or comes too late to be of use. */
static void take_mark(struct ps3 *ps3, bool timed, int64_t arrived)
{
	int64_t device = ps3->stream.clock * NS_PER_US;
	if (!ps3->mark.asked)
		return;
	ps3->mark.asked = false;
	if (!timed)
		return;
	/* The stamp is of the middle of its set, or of its end, and the marker was there by that end. */
	ps3->stream.exchange.held = true;
	ps3->stream.exchange.sync = (struct record_sync){
		.sent = ps3->mark.sent - ps3->stream.period / 2, .received = arrived, .arrived = device, .answered = device,
	};
}

static void take(struct ps3 *ps3, size_t got, int64_t arrived)
{
	struct ps3_set set;
	size_t taken;
	for (size_t at = 0; at < got; at += taken) {
		if (ps3_decode(&ps3->talk.decoder, ps3->talk.in + at, got - at, &taken, &set) != PS3_SET)
			continue;
		bool timed = ps3_stream_take(&ps3->stream, &set);
		if (set.marked)
			take_mark(ps3, timed, arrived);
	}
	ps3->received = arrived;
	ps3->settled = ps3_stream_settled(&ps3->stream, arrived);
}

static void flush(struct ps3 *ps3, int least)
{
	if (ps3->settled && ps3->stream.n >= least && ps3->sink)
		ps3_stream_flush(&ps3->stream, ps3->sink, ps3->received);
}

static enum io listen_once(struct ps3 *ps3, int64_t until)
{
	size_t got;
	enum io io = ps3_recv(&ps3->talk, &got, until);
	if (io != IO_OK)
		return io;
	take(ps3, got, now_ns(ps3));
	flush(ps3, FLUSH_FROM);
	return IO_OK;
}

/* What comes until then, or until the marker is seen. */
static enum io listen(struct ps3 *ps3, int64_t until, bool for_mark)
{
	enum io io = IO_OK;
	for (int i = 0; i < READS_AT_ONCE && io == IO_OK && !(for_mark && !ps3->mark.asked); i++)
		io = listen_once(ps3, until);
	return io == IO_TIMEOUT ? IO_OK : io;
}

/* What waits to be read has done so for a while, and its lag is that much longer; what is waited for has its own. */
static enum io listen_closely(struct ps3 *ps3)
{
	enum io io = ps3->settled ? IO_OK : listen_once(ps3, now_ns(ps3) + FRAME);
	return io == IO_TIMEOUT ? IO_OK : io;
}

/* One that has got lost is not missed: whether the device streams shows otherwise. */
static enum io exchange(struct ps3 *ps3, int64_t now)
{
	if (ps3->mark.asked && now - ps3->mark.sent < SYNC_EVERY)
		return IO_OK;
	ps3->mark.sent = now_ns(ps3);
	enum io io = ps3_command(&ps3->talk, 'M', now + STEP_PATIENCE);
	ps3->mark.asked = io == IO_OK;
	return io == IO_OK ? listen(ps3, ps3->mark.sent + AT_ONCE, true) : io;
}

static enum io keep_time(struct ps3 *ps3, int64_t now)
{
	if (now < ps3->sync_at)
		return IO_OK;
	ps3->burst -= ps3->burst > 0;
	ps3->sync_at = now + (ps3->burst > 0 ? SYNC_BURST : SYNC_EVERY);
	return exchange(ps3, now);
}

/* ---- the way back ---- */

static void lose(struct ps3 *ps3, enum io io, enum gap_reason reason)
{
	ps3->state = io == IO_GONE ? STATE_AWAY : STATE_LOST;
	ps3->look_at = 0;
	ps3_stream_gap(&ps3->stream, ps3->sink, reason, now_ns(ps3));
}

static bool reach(struct ps3 *ps3)
{
	if (ps3->state == STATE_AWAY && link_reopen(ps3->talk.link, now_ns(ps3) + STEP_PATIENCE) != IO_OK)
		return false;
	ps3->state = STATE_LOST;
	return true;
}

/* A set-up that has changed since is another one's. */
static bool is_same(const struct ps3_told *a, const struct ps3_told *b)
{
	return strcmp(a->version.chip, b->version.chip) == 0 && strcmp(a->version.suffix, b->version.suffix) == 0 &&
	       memcmp(a->config, b->config, sizeof a->config) == 0;
}

static enum io start_stream(struct ps3 *ps3)
{
	memset(&ps3->talk.decoder, 0, sizeof ps3->talk.decoder);
	ps3->mark.asked = ps3->settled = false;
	ps3->burst = SYNC_AT_FIRST;
	ps3->sync_at = 0;
	ps3->received = now_ns(ps3);
	ps3_stream_begin(&ps3->stream, ps3->received);
	return ps3_command(&ps3->talk, 'S', ps3->received + STEP_PATIENCE);
}

/* Asked on a cleared link: an end of an earlier stop, or a set, may still be under way. */
static bool meet_again(struct ps3 *ps3)
{
	struct ps3_told told;
	memset(&told, 0, sizeof told);
	if (!reach(ps3) || ps3_ask(&ps3->talk, &told, now_ns(ps3) + STEP_PATIENCE) != IO_OK || !is_same(&told, &ps3->told))
		return false;
	return true;
}

static int64_t come_back(struct ps3 *ps3, int64_t now)
{
	if (now < ps3->look_at)
		return ps3->look_at;
	bool back = meet_again(ps3);
	ps3_stream_gap(&ps3->stream, ps3->sink, ps3->state == STATE_AWAY ? GAP_GONE : GAP_TIMEOUT, now_ns(ps3));
	if (back && start_stream(ps3) == IO_OK) {
		ps3->state = STATE_RUNS;
		return now_ns(ps3);
	}
	link_clear(ps3->talk.link, now_ns(ps3) + STEP_PATIENCE);
	ps3->look_at = now_ns(ps3) + RETRY_EVERY;
	return ps3->look_at;
}

/* ---- steps ---- */

static int ps3_start(void *device, struct sink *sink, struct error *error)
{
	struct ps3 *ps3 = device;
	ps3->sink = sink;
	ps3->stream.heard = now_ns(ps3);
	if (start_stream(ps3) != IO_OK)
		return error_set(error, ERROR_GONE, ps3->name, "unplug it and plug it in again", "it does not take the command to stream");
	ps3->state = STATE_RUNS;
	return 0;
}

/* Whether what has come is of any use, and whether anything has. */
static void judge(struct ps3 *ps3)
{
	int64_t now = now_ns(ps3);
	if (ps3_stream_lost(&ps3->stream, now))
		lose(ps3, IO_OK, GAP_MISSED);
	else if (now - ps3->received > SILENCE)
		lose(ps3, IO_TIMEOUT, GAP_TIMEOUT);
	else if (now - ps3->stream.heard > NOTHING_SETTLES)
		lose(ps3, IO_GARBLED, GAP_GARBLED);
}

static int64_t ps3_step(void *device, int64_t now, struct sink *sink)
{
	struct ps3 *ps3 = device;
	ps3->sink = sink;
	if (ps3->state != STATE_RUNS)
		return come_back(ps3, now);
	enum io io = listen(ps3, now, false);
	if (io == IO_OK)
		io = listen_closely(ps3);
	if (io == IO_OK)
		io = keep_time(ps3, now);
	flush(ps3, 1);
	if (io != IO_OK)
		lose(ps3, io, io == IO_GONE ? GAP_GONE : GAP_GARBLED);
	else
		judge(ps3);
	return ps3->state == STATE_RUNS ? now + STEP_EVERY : now;
}

/* An edge: everything up to it, and exchanges about it. */
static void ps3_sample(void *device, struct sink *sink)
{
	struct ps3 *ps3 = device;
	ps3->sink = sink;
	if (ps3->state != STATE_RUNS)
		return;
	int64_t now = now_ns(ps3);
	if (listen(ps3, now, false) == IO_OK && listen_closely(ps3) == IO_OK && exchange(ps3, now) == IO_OK)
		ps3->burst = SYNC_AT_FIRST;
	flush(ps3, 1);
}

/* It would go on for good: a connection that is lost is looked for, a last time. */
static enum io end_stream(struct ps3 *ps3)
{
	enum io io = IO_GONE;
	for (int i = 0; i < ATTEMPTS && io != IO_OK; i++) {
		io = ps3->state == STATE_AWAY ? link_reopen(ps3->talk.link, now_ns(ps3) + STEP_PATIENCE) : IO_OK;
		if (io == IO_OK)
			io = ps3_stop(&ps3->talk, now_ns(ps3) + ANSWER_PATIENCE);
		ps3->state = io == IO_GONE ? STATE_AWAY : STATE_LOST;
	}
	return io;
}

static int ps3_stop_device(void *device, struct error *error)
{
	struct ps3 *ps3 = device;
	if (ps3->state == STATE_RUNS && listen(ps3, now_ns(ps3), false) == IO_OK && listen_closely(ps3) == IO_OK)
		flush(ps3, 1);
	enum io io = end_stream(ps3);
	ps3->sink = NULL;
	return io == IO_OK ? 0 : error_set(error, io == IO_GONE ? ERROR_GONE : ERROR_TIMEOUT, ps3->name, "unplug it and plug it in again",
					   io == IO_GONE ? "it has gone, and not come back" : "it did not say that it has stopped");
}

/* ---- finding it ---- */

/* As its boards' USB stack names them. The vendor's number is that of any board with a controller of this maker. */
static bool ps3_claims(const struct finding *finding)
{
	static const char *const boards[] = { "BLACKPILL_F401", "BLACKPILL_F411", "DISCO_F407", "PowerSensor3" };
	for (size_t i = 0; finding->vendor == 0x0483 && i < sizeof boards / sizeof *boards; i++)
		if (strncmp(finding->model, boards[i], strlen(boards[i])) == 0)
			return true;
	return false;
}

static int ps3_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity, struct error *error)
{
	struct ps3_talk talk = { .link = link, .timebase = timebase };
	struct ps3_told told;
	memset(&told, 0, sizeof told);
	if (ps3_meet(&talk, &told, STEP_PATIENCE, 2, config->endpoint.text, error) != 0) {
		if (error && error->code == ERROR_WRONG_DEVICE)
			error->code = ERROR_NOT_FOUND; /* here nobody said what it should be */
		return -1;
	}
	ps3_identify(&told.version, identity);
	config->measures = ROLE_NONE;
	snprintf(config->doubt[DOUBT_OPTIONS], sizeof config->doubt[DOUBT_OPTIONS],
		 "to measure a rail it needs measures: rail, and current_accuracy and voltage_accuracy of its sensors");
	return 0;
}

static const char *const schemes[] = { "serial", "pty", "unix", NULL };

const struct driver driver_powersensor3 = {
	.name = "powersensor3",
	.summary = "PowerSensor3: up to four DC rails at 20 kHz, power as the product of current and voltage",
	.gives = "current, voltage, power",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.options = ps3_options,
	.open = ps3_open,
	.channels = ps3_channels,
	.identity = ps3_identity,
	.start = ps3_start,
	.step = ps3_step,
	.sample = ps3_sample,
	.stop = ps3_stop_device,
	.close = ps3_close,
	.claims = ps3_claims,
	.probe = ps3_probe,
};
