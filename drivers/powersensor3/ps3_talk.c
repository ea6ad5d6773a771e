#include "powersensor3/ps3_talk.h"

#include <stdio.h>
#include <string.h>

#include "powersensor3/ps3_stream.h"

#define QUIET (30 * NS_PER_MS)      /* a set is not interrupted for so long */
#define MEASURED 2000               /* sets: the period, from stamps of 1 us, to half a nanosecond */
#define MEASURE_PATIENCE NS_PER_S   /* at the slowest that could be */
#define REMEDY "unplug it and plug it in again"

static int64_t now_ns(const struct ps3_talk *talk)
{
	return talk->timebase->now(talk->timebase);
}

enum io ps3_command(struct ps3_talk *talk, char command, int64_t deadline)
{
	return link_send(talk->link, &command, 1, deadline);
}

enum io ps3_recv(struct ps3_talk *talk, size_t *got, int64_t deadline)
{
	bool end;
	return link_recv(talk->link, talk->in, sizeof talk->in, got, &end, deadline);
}

/* ---- stopping ---- */

static bool has_stopped(struct ps3_talk *talk, size_t got)
{
	struct ps3_set set;
	size_t taken;
	for (size_t at = 0; at < got; at += taken)
		if (ps3_decode(&talk->decoder, talk->in + at, got - at, &taken, &set) == PS3_STOPPED)
			return true;
	return false;
}

static enum io await_end(struct ps3_talk *talk, int64_t deadline)
{
	size_t got;
	for (;;) {
		int64_t now = now_ns(talk), quiet = now + QUIET < deadline ? now + QUIET : deadline;
		enum io io = ps3_recv(talk, &got, quiet);
		if (io == IO_OK && has_stopped(talk, got))
			return IO_OK;
		if (io == IO_TIMEOUT && talk->decoder.place > 0)
			ps3_forget(&talk->decoder); /* else the end would be taken for its last sensor */
		if ((io != IO_OK && io != IO_TIMEOUT) || now_ns(talk) >= deadline)
			return io == IO_OK ? IO_TIMEOUT : io;
	}
}

enum io ps3_stop(struct ps3_talk *talk, int64_t deadline)
{
	enum io io = ps3_command(talk, 'X', deadline);
	if (io != IO_OK)
		return io;
	memset(&talk->decoder, 0, sizeof talk->decoder);
	talk->decoder.stopping = true;
	io = await_end(talk, deadline);
	talk->decoder.stopping = false;
	return io;
}

/* ---- asking ---- */

static enum io ask_version(struct ps3_talk *talk, struct ps3_version *version, int64_t deadline)
{
	char line[64];
	enum io io = ps3_command(talk, 'V', deadline);
	if (io == IO_OK)
		io = link_line(talk->link, line, sizeof line, deadline);
	if (io != IO_OK)
		return io;
	return ps3_version_decode(line, version) ? IO_OK : IO_GARBLED;
}

static enum io recv_all(struct ps3_talk *talk, uint8_t *to, size_t size, int64_t deadline)
{
	bool end;
	for (size_t at = 0, got; at < size; at += got) {
		enum io io = link_recv(talk->link, to + at, size - at, &got, &end, deadline);
		if (io != IO_OK)
			return io;
	}
	return IO_OK;
}

static enum io ask_config(struct ps3_talk *talk, uint8_t config[PS3_SENSORS * PS3_SENSOR_SIZE], int64_t deadline)
{
	uint8_t done;
	enum io io = ps3_command(talk, 'R', deadline);
	for (size_t i = 0; io == IO_OK && i < PS3_SENSORS; i++) {
		io = recv_all(talk, config + i * PS3_SENSOR_SIZE, PS3_SENSOR_SIZE, deadline);
		if (io == IO_OK)
			io = ps3_command(talk, 's', deadline);
	}
	if (io == IO_OK)
		io = recv_all(talk, &done, 1, deadline);
	return io == IO_OK && done != 'D' ? IO_GARBLED : io;
}

enum io ps3_ask(struct ps3_talk *talk, struct ps3_told *told, int64_t deadline)
{
	enum io io = ps3_stop(talk, deadline);
	if (io == IO_OK)
		io = ask_version(talk, &told->version, deadline);
	return io == IO_OK ? ask_config(talk, told->config, deadline) : io;
}

/* Somebody may have left it in the midst of its configuration; and an end that came late is none of the next question's. */
static void begin_anew(struct ps3_talk *talk, int64_t deadline)
{
	link_send(talk->link, "ssssssss", PS3_SENSORS, deadline);
	link_clear(talk->link, deadline);
}

int ps3_meet(struct ps3_talk *talk, struct ps3_told *told, int64_t patience, int attempts, const char *on, struct error *error)
{
	enum io io = IO_TIMEOUT;
	for (int i = 0; i < attempts && (io == IO_TIMEOUT || io == IO_GARBLED); i++) {
		if (i > 0)
			begin_anew(talk, now_ns(talk) + patience);
		io = ps3_ask(talk, told, now_ns(talk) + patience);
	}
	if (io == IO_OK)
		return 0;
	if (io == IO_GARBLED)
		return error_set(error, ERROR_WRONG_DEVICE, on, "joulerig detect tells what is connected where", "what answers there is no PowerSensor3");
	return error_set(error, io == IO_GONE ? ERROR_GONE : ERROR_TIMEOUT, on, REMEDY, io == IO_GONE ? "it went away while it was asked who it is"
															  : "no PowerSensor3 answers");
}

void ps3_identify(const struct ps3_version *version, struct identity *identity)
{
	memset(identity, 0, sizeof *identity);
	snprintf(identity->maker, sizeof identity->maker, "PowerSensor3");
	snprintf(identity->model, sizeof identity->model, "%s", version->chip);
	snprintf(identity->firmware, sizeof identity->firmware, "%s", version->firmware);
	identity->simulated = strncmp(version->suffix, "SIM", 3) == 0;
	if (identity->simulated) /* a real one tells no serial number */
		snprintf(identity->serial, sizeof identity->serial, "%s", version->suffix);
}

/* ---- how fast it is ---- */

static enum io collect_stamps(struct ps3_talk *talk, uint16_t *stamps, size_t *n, int64_t deadline)
{
	struct ps3_set set;
	size_t got, taken;
	for (*n = 0; *n < MEASURED;) {
		enum io io = now_ns(talk) < deadline ? ps3_recv(talk, &got, deadline) : IO_TIMEOUT;
		if (io != IO_OK)
			return io;
		for (size_t at = 0; at < got && *n < MEASURED; at += taken)
			if (ps3_decode(&talk->decoder, talk->in + at, got - at, &taken, &set) == PS3_SET)
				stamps[(*n)++] = set.stamp;
	}
	return IO_OK;
}

int ps3_measure_period(struct ps3_talk *talk, int64_t *period, const char *on, struct error *error)
{
	uint16_t stamps[MEASURED];
	size_t n = 0;
	int64_t deadline = now_ns(talk) + MEASURE_PATIENCE;
	memset(&talk->decoder, 0, sizeof talk->decoder);
	enum io io = ps3_command(talk, 'S', deadline);
	if (io == IO_OK)
		io = collect_stamps(talk, stamps, &n, deadline);
	if (io == IO_OK)
		io = ps3_stop(talk, now_ns(talk) + MEASURE_PATIENCE);
	if (io != IO_OK)
		return error_set(error, io == IO_GONE ? ERROR_GONE : ERROR_TIMEOUT, on, REMEDY, "it sent %zu sets, and %d were to come", n, MEASURED);
	*period = ps3_period(stamps, n);
	return *period > 0 ? 0 : error_set(error, ERROR_PROTOCOL, on, "look at the load of this machine, and at its USB", "its sets do not come evenly");
}
