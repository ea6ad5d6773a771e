/*
 * rig: joulerig's own board (firmware/, hardware/): it stamps the edges of its inputs in hardware, sets lines, counts pulses, samples,
 * and reads an INA228. Its wire is schemas/rig_wire.h; what its options say is rig_settings.h.
 *
 *   devices:
 *     rig:
 *       driver: rig
 *       endpoint: serial:///dev/serial/by-id/usb-joulerig_rig_E6614103E7-if00
 *       options: { input: in1, output: out1 }
 *
 * Everything it says is on its own clock, which exchanges join to the host's: some each second, and more about an edge (RECORD_SYNC).
 * A rig that begins anew, goes away and comes back, or takes its host for gone, is asked who it is, set up again, and goes on: all its
 * channels have a gap there. Its output is set by whoever holds the line (line_out.h): a command that needs no answer, in one write.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig/rig_device.h"
#include "rig/rig_probe.h"

#define ANSWER_PATIENCE (2 * NS_PER_S) /* at the beginning and at the end */
#define STEP_PATIENCE (200 * NS_PER_MS)   /* while it measures */
#define SILENCE NS_PER_S                  /* without an answer: it is lost; what comes earlier is only late */
#define AT_ONCE (20 * NS_PER_MS)          /* an answer that comes so soon is waited for */
#define HELLOS 3                          /* the first may end what another program left on the line */
#define STEP_EVERY (10 * NS_PER_MS)
#define SYNC_EVERY (NS_PER_S / 2)
#define SYNC_BURST (20 * NS_PER_MS)
#define SYNC_AT_FIRST 8
#define RETRY_EVERY (NS_PER_S / 4)
#define FRAMES_AT_ONCE 2048 /* in one step; more than fit into what a terminal keeps */
#define LINE_TAG (RIG_QUIET | 1u)
#define APART (5 * NS_PER_MS)

static int64_t now_ns(const struct rig *rig)
{
	return rig->talk.timebase->now(rig->talk.timebase);
}

/* ---- setting it up ---- */

static const char *command_name(enum rig_type command)
{
	switch (command) {
	case RIG_INPUT: return "to watch an input";
	case RIG_ADC_START: return "to sample";
	case RIG_POWER_START: return "to read its INA228";
	case RIG_COUNT_START: return "to count pulses";
	default: return "to stop";
	}
}

static int explain(const struct rig *rig, enum rig_type command, enum io io, struct error *error)
{
	static const char *const reasons[] = {
		"an answer that is too short", "it knows no such command", "a wrong length", "a value that it cannot do", "it is busy with something else",
		"the board has no such part, or it does not answer", "it has begun anew", "garbled on the way",
	};
	const struct rig_refused *refused = &rig->talk.refused;
	if (io != IO_GARBLED)
		return error_set(error, io == IO_GONE ? ERROR_GONE : ERROR_TIMEOUT, rig->name, "unplug the rig and plug it in again",
				 "the rig did not answer when it was asked %s", command_name(command));
	const char *reason = refused->reason < sizeof reasons / sizeof *reasons ? reasons[refused->reason] : "a reason that this joulerig does not know";
	return error_set(error, ERROR_UNSUPPORTED, rig->name, refused->limit ? "ask for what it can do" : NULL,
			 refused->limit ? "the rig refused %s: %s (it could do %u)" : "the rig refused %s: %s", command_name(command), reason, refused->limit);
}

static int command(struct rig *rig, enum rig_type type, const void *payload, size_t size, size_t least, struct error *error)
{
	enum io io = rig_ask(&rig->talk, type, payload, size, least, now_ns(rig) + rig->patience);
	return io == IO_OK ? 0 : explain(rig, type, io, error);
}

static int watch(struct rig *rig, uint8_t line, enum rig_watch how, int64_t settle, struct error *error)
{
	const struct rig_input input = {
		.line = line, .watch = (uint8_t)how, .inverted = rig->settings.inverted, .settle_us = (uint32_t)(settle / NS_PER_US),
	};
	return command(rig, RIG_INPUT, &input, sizeof input, 0, error);
}

static int watch_inputs(struct rig *rig, struct error *error)
{
	const struct rig_settings *settings = &rig->settings;
	const struct rig_count_start counts = { .period_us = (uint32_t)(settings->period / NS_PER_US) };
	if (settings->input < RIG_INPUTS && watch(rig, settings->input, RIG_WATCH_EDGES, 0, error) != 0)
		return -1;
	for (uint8_t i = 0; i < RIG_INPUTS; i++)
		if (settings->s0[i].per_kwh > 0 && watch(rig, i, RIG_WATCH_COUNT, settings->pulse, error) != 0)
			return -1;
	return rig_counts_pulses(settings) ? command(rig, RIG_COUNT_START, &counts, sizeof counts, 0, error) : 0;
}

static int start_adc(struct rig *rig, struct error *error)
{
	const struct rig_adc_start start = { .rate = rig->settings.adc_rate, .channels = rig_adc_channels(&rig->settings) };
	if (start.channels == 0)
		return 0;
	rig->adc.next = 0;
	if (command(rig, RIG_ADC_START, &start, sizeof start, sizeof rig->adc.started, error) != 0)
		return -1;
	rig_payload(&rig->talk.frame, &rig->adc.started, sizeof rig->adc.started);
	rig->adc.runs = true;
	return 0;
}

static int start_ina(struct rig *rig, struct error *error)
{
	const struct ina228 *ina = &rig->settings.ina;
	const struct rig_power_start start = {
		.period_us = (uint32_t)(rig->settings.period / NS_PER_US), .shunt_cal = ina->shunt_cal, .narrow = ina->narrow, .reset_energy = 1,
	};
	struct rig_power_started started;
	if (!rig->settings.has_ina)
		return 0;
	rig->power_failed = 0;
	if (command(rig, RIG_POWER_START, &start, sizeof start, sizeof started, error) != 0)
		return -1;
	rig_payload(&rig->talk.frame, &started, sizeof started);
	if (started.shunt_cal == ina->shunt_cal)
		return 0;
	return error_set(error, ERROR_PROTOCOL, rig->name, "look at its wiring: what is read back is not what was written",
			 "the INA228's calibration is %u, not the %u that was set", started.shunt_cal, ina->shunt_cal);
}

static int look_at_losses(struct rig *rig, struct error *error)
{
	if (command(rig, RIG_STATUS, NULL, 0, sizeof rig->lost, error) != 0)
		return -1;
	rig_payload(&rig->talk.frame, &rig->lost, sizeof rig->lost);
	return 0;
}

/* From whatever it did before. */
static int set_up(struct rig *rig, struct error *error)
{
	rig->adc.runs = false;
	rig->gather.n = 0;
	rig->input.known = false;
	if (command(rig, RIG_STOP, NULL, 0, 0, error) != 0 || look_at_losses(rig, error) != 0 || watch_inputs(rig, error) != 0 ||
	    start_ina(rig, error) != 0)
		return -1;
	rig->burst = SYNC_AT_FIRST;
	if (start_adc(rig, error) != 0)
		return -1;
	rig->anew = false;
	return 0;
}

/* ---- life ---- */

static int link_descriptor(const struct rig *rig)
{
	const struct link *link = rig->talk.link;
	return link->ops->descriptor ? link->ops->descriptor(link) : -1;
}

static void rig_close(void *device)
{
	struct rig *rig = device;
	if (rig->output.fd >= 0)
		close(rig->output.fd);
	if (rig->mark.fd >= 0)
		close(rig->mark.fd);
	free(rig);
}

static void move_line(const struct rig *rig, const struct line_out *line)
{
	if (line->fd >= 0)
		dup3(link_descriptor(rig), line->fd, O_CLOEXEC);
}

/* One write sets the output, and the gate with it. */
static void add_frame(struct line_frame *frame, uint8_t line, bool high)
{
	const struct rig_set_output set = { .line = line, .high = high };
	uint8_t bytes[RIG_WRITTEN_MAX];
	if (line == RIG_NO_LINE)
		return;
	size_t size = rig_frame_write(bytes, RIG_SET_OUTPUT, LINE_TAG, &set, sizeof set);
	memcpy(frame->bytes + frame->size, bytes, size);
	frame->size = (uint8_t)(frame->size + size);
}

/* Its descriptor is a copy with a number of its own, which stays when the link is another one after a reopen. */
static struct line_out make_line(const struct rig *rig, uint8_t line, uint8_t gate)
{
	struct line_out out = { .kind = line == RIG_NO_LINE ? LINE_NONE : LINE_FRAME, .fd = -1 };
	if (out.kind == LINE_FRAME)
		out.fd = fcntl(link_descriptor(rig), F_DUPFD_CLOEXEC, 0);
	for (int high = 0; high < 2; high++) {
		add_frame(&out.frames[high], line, high);
		add_frame(&out.frames[high], gate, high);
	}
	return out;
}

static int check_parts(const struct rig *rig, const struct device_config *config, struct error *error)
{
	uint32_t missing = rig_settings_needs(&rig->settings) & ~rig->told.capabilities;
	const char *what = missing & RIG_CAN_POWER ? "an INA228 (option shunt)" : missing & RIG_CAN_ADC ? "an ADC (options adc0, adc1)"
			 : missing & RIG_CAN_COUNT ? "a pulse counter (options s0_in1 ... s0_in4)" : "trigger lines";
	if (config->serial[0] && strcmp(config->serial, rig->identity.serial) != 0)
		return error_set(error, ERROR_WRONG_DEVICE, config->name, "joulerig detect tells what is connected where",
				 "the rig at %s has the serial number \"%s\", not \"%s\"", config->endpoint.text, rig->identity.serial, config->serial);
	return missing == 0 ? 0 : error_set(error, ERROR_UNSUPPORTED, config->name, "wire it, or take the option out of the bench file",
					    "this rig has no such part: %s", what);
}

static int meet(struct rig *rig, const struct device_config *config, struct error *error)
{
	if (rig_meet(&rig->talk, &rig->told, HELLOS, ANSWER_PATIENCE, config->endpoint.text, error) != 0)
		return -1;
	rig_identify(&rig->told, &rig->identity);
	rig->ticks = rig->told.now;
	return check_parts(rig, config, error);
}

static void *rig_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	struct rig *rig = calloc(1, sizeof *rig);
	if (rig == NULL) {
		error_set(error, ERROR_INTERNAL, config->name, NULL, "out of memory");
		return NULL;
	}
	snprintf(rig->name, sizeof rig->name, "%s", config->name);
	rig->output.fd = rig->mark.fd = -1;
	rig_talk_begin(&rig->talk, link, timebase, rig_stream, rig);
	if (rig_settings(config, &rig->settings, error) == 0 && meet(rig, config, error) == 0 && rig_describe(rig, config, error) == 0) {
		rig->output = make_line(rig, rig->settings.output, rig->settings.gate);
		rig->mark = make_line(rig, rig->settings.mark, RIG_NO_LINE);
		return rig;
	}
	rig_close(rig);
	return NULL;
}

static const struct channel *rig_channels(const void *device, int *count)
{
	const struct rig *rig = device;
	*count = rig->channels.n;
	return rig->channels.list;
}

static const struct identity *rig_identity(const void *device)
{
	return &((const struct rig *)device)->identity;
}

static int rig_start(void *device, struct sink *sink, struct error *error)
{
	struct rig *rig = device;
	rig->sink = sink;
	rig->patience = ANSWER_PATIENCE;
	rig->heard = rig->input.heard = now_ns(rig);
	int result = set_up(rig, error);
	rig->patience = STEP_PATIENCE;
	rig->state = STATE_RUNS;
	return result;
}

/* ---- the way back ---- */

static void lose(struct rig *rig, enum io io)
{
	rig->state = io == IO_GONE ? STATE_AWAY : STATE_LOST;
	rig->anew |= io == IO_GONE;
	rig->look_at = 0;
	rig->hello.asked = rig->sync.asked = false;
	if (io != IO_OK) /* what has begun anew says so itself */
		rig_gap(rig, io == IO_GONE ? GAP_GONE : GAP_TIMEOUT, now_ns(rig));
}

static bool reach(struct rig *rig)
{
	if (rig->state != STATE_AWAY)
		return true;
	if (link_reopen(rig->talk.link, now_ns(rig) + STEP_PATIENCE) != IO_OK)
		return false;
	move_line(rig, &rig->output);
	move_line(rig, &rig->mark);
	rig_talk_forget(&rig->talk);
	rig->hello.asked = false;
	rig->state = STATE_LOST;
	return true;
}

/* Once in a while: what comes late is an answer, too. */
static bool say_hello(struct rig *rig)
{
	int64_t now = now_ns(rig);
	if (rig->hello.asked && now - rig->hello.sent < SILENCE)
		return true;
	rig->hello.asked = rig_hello(&rig->talk, now + STEP_PATIENCE) == IO_OK;
	rig->hello.sent = now;
	return rig->hello.asked;
}

/* Its reset shows in its own count of them, and in a clock that went back. */
static bool greet(struct rig *rig)
{
	const struct rig_identity before = rig->told;
	struct rig_identity told;
	if (!say_hello(rig) || rig_greeted(&rig->talk, &told, now_ns(rig) + STEP_PATIENCE, rig->name, NULL) != 0)
		return false;
	rig->hello.asked = rig->sync.asked = false;
	if (memcmp(told.serial, before.serial, sizeof told.serial) != 0)
		return false;
	bool reset = told.boots != before.boots || told.now < rig->ticks;
	if (reset || rig->anew)
		rig_gap(rig, reset ? GAP_RESET : GAP_GONE, now_ns(rig));
	rig->told = told;
	rig->ticks = told.now;
	rig->anew |= reset; /* until it has been set up: that may fail, and is then tried again */
	return !rig->anew || set_up(rig, NULL) == 0;
}

/* Without an answer each attempt tells of its own time that nothing is known. */
static int64_t come_back(struct rig *rig, int64_t now)
{
	if (now < rig->look_at)
		return rig->look_at;
	if (reach(rig) && greet(rig)) {
		rig->state = STATE_RUNS;
		rig->sync_at = 0;
		return now_ns(rig);
	}
	rig_gap(rig, rig->state == STATE_AWAY ? GAP_GONE : GAP_TIMEOUT, now_ns(rig));
	rig->look_at = now_ns(rig) + RETRY_EVERY;
	return rig->look_at;
}

/* ---- sampling ---- */

/* What comes until then, or until the exchange under way is answered. */
static enum io listen(struct rig *rig, int64_t until, bool for_answer)
{
	enum io io = IO_OK;
	for (int i = 0; i < FRAMES_AT_ONCE && io == IO_OK && !(for_answer && !rig->sync.asked); i++) {
		io = rig_talk_next(&rig->talk, until);
		if (io == IO_OK)
			rig_stream(rig, &rig->talk, &rig->talk.frame);
	}
	return io == IO_TIMEOUT ? IO_OK : io;
}

/* The answer comes at once, or later, between what is streamed; or the rig is silent. */
static enum io exchange(struct rig *rig, int64_t now)
{
	if (rig->sync.asked)
		return now - rig->sync.sent < SILENCE ? IO_OK : IO_TIMEOUT;
	enum io io = rig_command(&rig->talk, RIG_SYNC, NULL, 0, now + STEP_PATIENCE);
	rig->sync.asked = io == IO_OK;
	rig->sync.tag = rig->talk.tag;
	rig->sync.sent = rig->talk.sent;
	return io == IO_OK ? listen(rig, now + AT_ONCE, true) : io;
}

static enum io keep_time(struct rig *rig, int64_t now)
{
	if (now < rig->sync_at)
		return IO_OK;
	rig->burst -= rig->burst > 0;
	rig->sync_at = now + (rig->burst > 0 ? SYNC_BURST : SYNC_EVERY);
	return exchange(rig, now);
}

static int64_t rig_step(void *device, int64_t now, struct sink *sink)
{
	struct rig *rig = device;
	rig->sink = sink;
	if (rig->state != STATE_RUNS)
		return come_back(rig, now);
	enum io io = listen(rig, now, false);
	if (io == IO_OK)
		io = keep_time(rig, now);
	rig_flush(rig);
	if (io != IO_OK || rig->anew) {
		lose(rig, io);
		return now;
	}
	return now + STEP_EVERY;
}

static void rig_sample(void *device, struct sink *sink)
{
	struct rig *rig = device;
	rig->sink = sink;
	if (rig->state != STATE_RUNS || rig->channels.n == 0)
		return;
	int64_t now = now_ns(rig);
	if (listen(rig, now, false) == IO_OK && exchange(rig, now) == IO_OK)
		rig->burst = SYNC_AT_FIRST;
	rig_flush(rig);
}

static int rig_stop(void *device, struct error *error)
{
	struct rig *rig = device;
	rig->patience = ANSWER_PATIENCE;
	int result = rig->state == STATE_AWAY ? error_set(error, ERROR_GONE, rig->name, "plug the rig in again", "it has gone, and not come back")
					    : command(rig, RIG_STOP, NULL, 0, 0, error);
	rig_flush(rig);
	rig->sink = NULL;
	return result;
}

/* ---- as a trigger ---- */

static const struct line_out *rig_output(const void *device)
{
	const struct rig *rig = device;
	return rig->output.kind == LINE_NONE ? NULL : &rig->output;
}

static const struct line_out *rig_mark(const void *device)
{
	const struct rig *rig = device;
	return rig->mark.kind == LINE_NONE ? NULL : &rig->mark;
}

static bool rig_has_input(const void *device)
{
	return ((const struct rig *)device)->settings.input != RIG_NO_LINE;
}

static const struct trigger_ops trigger = {
	.source = EDGE_HARDWARE, .apart = APART, .output = rig_output, .mark = rig_mark, .has_input = rig_has_input,
};
static const char *const schemes[] = { "serial", "pty", "unix", NULL };

const struct driver driver_rig = {
	.name = "rig",
	.summary = "joulerig's own trigger rig (RP2040): edges stamped in hardware, lines, S0 pulses, ADC, INA228",
	.gives = "level; s0-in1 with s0_in1; adc0, adc1 with adc0; ina-energy, ina-power, ina-voltage, ina-current, ina-temperature with shunt",
	.maturity = MATURITY_UNTRIED,
	.schemes = schemes,
	.options = rig_options,
	.open = rig_open,
	.channels = rig_channels,
	.identity = rig_identity,
	.start = rig_start,
	.step = rig_step,
	.sample = rig_sample,
	.stop = rig_stop,
	.close = rig_close,
	.claims = rig_claims,
	.probe = rig_probe,
	.trigger = &trigger,
};
