/*
 * usbtmc_device: the instrument's side of USBTMC/USB488, for the two programs that play one to this machine's own kernel. It is
 * written from the specification with no look at the driver, and holds the host to its manners: what it does wrong is a line
 * "FAULT …" in the log.
 *
 * The program brings bytes of bulk-OUT (device_feed), asks for those of bulk-IN (device_reply), and passes control requests on
 * (device_control), whose side effects on the pipes it finds in `effects`.
 */
#ifndef JOULERIG_TESTS_VM_USBTMC_DEVICE_H
#define JOULERIG_TESTS_VM_USBTMC_DEVICE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum effect {
	EFFECT_HALT_OUT = 1,  /* halt bulk-OUT, until the host clears it */
	EFFECT_CANCEL_IN = 2, /* take back what is queued on bulk-IN */
	EFFECT_CLEARED = 4,   /* forget the conversation with whatever is behind */
};

struct device {
	uint16_t vendor;
	char serial[64];
	FILE *log;
	bool quirk_ren;       /* claims REN_CONTROL and RL1 as Yokogawa does */
	unsigned faults, messages, requests, transfers, clears, aborts, sessions;
	unsigned effects;     /* of the last control request */
	int tag;              /* of the last transfer seen; 0: none */
	bool fresh;           /* a new host has said hello: it may begin with any tag */
	bool gap;             /* a transfer to us was aborted: its tag may not have been seen */
	uint8_t out[1 << 16]; /* the transfer under way */
	size_t n_out, want;
	char message[1 << 16];
	size_t n_message;
	bool complete;        /* `message` is one */
	char reply[1 << 17];  /* n_reply > 0: there is one; `at` bytes of it are sent */
	size_t n_reply, at;
	int64_t ready;        /* CLOCK_MONOTONIC ns: not before */
	bool asked;           /* a request for a reply is unanswered */
	uint8_t asked_tag;
	uint32_t asked_most;
	bool flush;           /* an empty packet on bulk-IN is owed, to end an aborted transfer */
	int64_t deaf_until;   /* takes nothing from bulk-OUT */
	unsigned pending, pending_drain; /* CHECK_CLEAR_STATUS says "pending" so often; the second sort with bytes queued */
};

static inline int64_t device_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void device_note(struct device *device, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void device_note(struct device *device, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(device->log, format, arguments);
	va_end(arguments);
	fputc('\n', device->log);
	fflush(device->log);
}

static void device_fault(struct device *device, const char *what)
{
	device->faults++;
	device_note(device, "FAULT %s", what);
}

static inline void device_summary(struct device *device)
{
	device_note(device, "messages=%u requests=%u transfers=%u clears=%u aborts=%u sessions=%u faults=%u", device->messages,
		    device->requests, device->transfers, device->clears, device->aborts, device->sessions, device->faults);
}

static inline void device_forget(struct device *device)
{
	device->n_out = device->n_message = device->n_reply = device->at = 0;
	device->complete = device->asked = false;
}

/* Plugged in, configured anew, or unplugged. */
static inline void device_reset(struct device *device)
{
	device_forget(device);
	device->flush = device->gap = false;
	device->tag = 0;
	device->fresh = true;
}

/* ---- bulk-OUT ---- */

static void device_check_tag(struct device *device, uint8_t tag, uint8_t inverse)
{
	int next = device->tag == 255 ? 1 : device->tag + 1;
	if (tag == 0 || (tag ^ inverse) != 0xff)
		device_fault(device, "a tag of 0, or without its inverse");
	if (tag != next && !device->fresh && !(device->gap && tag != device->tag))
		device_fault(device, "a tag that does not follow the last one");
	device->tag = tag;
	device->fresh = device->gap = false;
}

static uint32_t device_u32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void device_take_message(struct device *device, uint32_t size, bool end)
{
	if (device->at > 0 && device->at < device->n_reply)
		device_fault(device, "a message before the last reply was read to its end");
	if (device->n_message + size >= sizeof device->message) {
		device_fault(device, "a message too long for any instrument");
		return;
	}
	for (size_t i = 12 + size; i < device->n_out; i++)
		if (device->out[i] != 0)
			device_fault(device, "alignment bytes that are not zero");
	device->n_reply = device->at = 0; /* an unread reply is dropped: IEEE 488.2, "query interrupted" */
	memcpy(device->message + device->n_message, device->out + 12, size);
	device->n_message += size;
	device->message[device->n_message] = '\0';
	device->complete = end;
	device->messages += end;
}

static void device_take_transfer(struct device *device)
{
	const uint8_t *out = device->out;
	uint32_t size = device_u32(out + 4);
	device->transfers++;
	device_check_tag(device, out[1], out[2]);
	if (out[3] != 0 || out[9] != 0 || out[10] != 0 || out[11] != 0)
		device_fault(device, "reserved bytes of a header that are not zero");
	if (device->asked || device->flush)
		device_fault(device, "a transfer while a request is unanswered and not aborted");
	if (size == 0)
		device_fault(device, "a transfer of no bytes");
	if (out[0] == 1) {
		device_take_message(device, size, out[8] & 1);
	} else if (out[0] == 2) {
		if (device->n_out != 12)
			device_fault(device, "a request that is longer than its header");
		device->requests++;
		device->asked = true;
		device->asked_tag = out[1];
		device->asked_most = size;
	} else {
		device_fault(device, "a MsgID that is unknown");
	}
}

/* Some bytes of bulk-OUT; `last`: the packet they end with is not full, or the transfer is known to end with them. */
static inline void device_feed(struct device *device, const uint8_t *bytes, size_t size, bool last)
{
	if (device->n_out + size > sizeof device->out) {
		device_fault(device, "a transfer without an end");
		device->n_out = 0;
		return;
	}
	memcpy(device->out + device->n_out, bytes, size);
	device->n_out += size;
	if (device->n_out >= 12)
		device->want = device->out[0] == 1 ? (12 + (size_t)device_u32(device->out + 4) + 3) / 4 * 4 : 12;
	bool whole = device->n_out >= 12 && device->n_out >= device->want;
	if (!whole && !last)
		return;
	if (device->n_out < 12 || device->n_out != device->want)
		device_fault(device, "a transfer that is not as long as its header says, up to a multiple of 4");
	else
		device_take_transfer(device);
	device->n_out = 0;
}

/* A transfer that was refused or cut off: its tag was used all the same. */
static inline void device_skip(struct device *device, const uint8_t *bytes, size_t size)
{
	device->n_out = 0;
	if (size >= 3)
		device_check_tag(device, bytes[1], bytes[2]);
}

/* ---- bulk-IN ---- */

static inline bool device_has_reply(const struct device *device)
{
	return device->asked && device->n_reply > 0 && device_now() >= device->ready;
}

/* Writes the answer to the request: header, bytes of the reply, alignment. `packet`: the transfer is made to end with one that
 * is not full; 0: as it comes. Returns its length. */
static inline size_t device_reply(struct device *device, uint8_t *bytes, size_t packet)
{
	size_t size = device->n_reply - device->at;
	if (size > device->asked_most)
		size = device->asked_most;
	bool end = device->at + size == device->n_reply;
	uint8_t header[12] = { 2, device->asked_tag, (uint8_t)(255 - device->asked_tag), 0, (uint8_t)size, (uint8_t)(size >> 8),
			       (uint8_t)(size >> 16), (uint8_t)(size >> 24), end };
	memcpy(bytes, header, sizeof header);
	memcpy(bytes + 12, device->reply + device->at, size);
	device->at += size;
	device->asked = false;
	if (end)
		device->n_reply = device->at = 0;
	size_t length = 12 + size;
	while (length % 4 || (packet && length % packet == 0))
		bytes[length++] = 0;
	return length;
}

static inline void device_set_reply(struct device *device, const char *text, size_t size)
{
	if (device->at > 0 || device->n_reply + size > sizeof device->reply)
		device->n_reply = device->at = 0;
	memcpy(device->reply + device->n_reply, text, size);
	device->n_reply += size;
}

/* ---- an instrument of its own, when there is none behind ---- */

static void device_long_reply(struct device *device, size_t size)
{
	if (size > sizeof device->reply - 1)
		size = sizeof device->reply - 1;
	for (size_t i = 0; i < size; i++)
		device->reply[i] = (char)('a' + i % 26);
	device->reply[size] = '\n';
	device->n_reply = size + 1;
}

/*   *IDN?   ECHO? TEXT   LONG? N (of letters)   LATE? MS TEXT   SILENT?   DEAF MS (to bulk-OUT)   PENDING N, DRAIN N (clears)   */
static inline void device_execute(struct device *device)
{
	char *text = device->message, line[300];
	text[strcspn(text, "\r\n")] = '\0';
	line[0] = '\0';
	device->ready = 0;
	if (strcmp(text, "*IDN?") == 0) {
		snprintf(line, sizeof line, "YOKOGAWA,WT310E,%s,F1.03\n", device->serial);
	} else if (strncmp(text, "ECHO? ", 6) == 0) {
		snprintf(line, sizeof line, "%.250s\n", text + 6);
	} else if (strncmp(text, "LATE? ", 6) == 0) {
		char *rest;
		device->ready = device_now() + strtol(text + 6, &rest, 10) * 1000000;
		snprintf(line, sizeof line, "%.250s\n", rest + strspn(rest, " "));
	} else if (strncmp(text, "LONG? ", 6) == 0) {
		device_long_reply(device, strtoul(text + 6, NULL, 10));
	} else if (strncmp(text, "DEAF ", 5) == 0) {
		device->deaf_until = device_now() + strtol(text + 5, NULL, 10) * 1000000;
	} else if (strncmp(text, "PENDING ", 8) == 0) {
		device->pending = (unsigned)strtoul(text + 8, NULL, 10);
	} else if (strncmp(text, "DRAIN ", 6) == 0) {
		device->pending_drain = (unsigned)strtoul(text + 6, NULL, 10);
	}
	if (line[0])
		device_set_reply(device, line, strlen(line));
}

/* ---- control requests ---- */

enum { DEVICE_SUCCESS = 1, DEVICE_PENDING = 2, DEVICE_FAILED = 0x80, DEVICE_NOT_IN_PROGRESS = 0x81 };

static void device_abort_in(struct device *device, uint8_t tag, uint8_t *answer)
{
	device->aborts++;
	answer[1] = device->asked_tag;
	answer[0] = !device->asked ? DEVICE_FAILED : tag != device->asked_tag ? DEVICE_NOT_IN_PROGRESS : DEVICE_SUCCESS;
	if (answer[0] != DEVICE_SUCCESS)
		return;
	device->asked = false;
	device->flush = true;
	device->effects = EFFECT_CANCEL_IN;
}

static void device_abort_out(struct device *device, uint8_t *answer)
{
	device->aborts++;
	device->gap = true;
	answer[0] = device->n_out ? DEVICE_SUCCESS : DEVICE_FAILED;
	answer[1] = device->n_out > 1 ? device->out[1] : 0;
	if (device->n_out)
		device->effects = EFFECT_HALT_OUT;
	device->n_out = 0;
}

static void device_clear(struct device *device, uint8_t *answer)
{
	device->clears++;
	device_forget(device);
	device->flush = false;
	device->effects = EFFECT_HALT_OUT | EFFECT_CANCEL_IN | EFFECT_CLEARED;
	answer[0] = DEVICE_SUCCESS;
}

static void device_check_clear(struct device *device, uint8_t *answer)
{
	bool drain = device->pending == 0 && device->pending_drain > 0;
	answer[0] = device->pending || device->pending_drain ? DEVICE_PENDING : DEVICE_SUCCESS;
	answer[1] = drain;
	if (drain) {
		device->pending_drain--;
		device->flush = true;
	} else if (device->pending) {
		device->pending--;
	}
}

static void device_capabilities(struct device *device, uint8_t *answer)
{
	device->sessions++;
	device->fresh = true; /* a host says hello */
	answer[0] = DEVICE_SUCCESS;
	answer[3] = 1; /* USBTMC 1.00 */
	answer[13] = 1; /* USB488 1.00 */
	answer[14] = device->quirk_ren ? 6 : 4; /* 488.2, REN_CONTROL */
	answer[15] = device->quirk_ren ? 0x0a : 0x08; /* SCPI, RL1 */
}

/* A class request. Returns the length of the answer, or -1: refused. */
static inline int device_control(struct device *device, const uint8_t *setup, uint8_t *answer)
{
	uint16_t value = (uint16_t)(setup[2] | setup[3] << 8), size = (uint16_t)(setup[6] | setup[7] << 8);
	bool to_endpoint = setup[0] == 0xa2;
	int length = 0;
	device->effects = 0;
	memset(answer, 0, 24);
	if (to_endpoint != (setup[1] >= 1 && setup[1] <= 4))
		device_fault(device, "a request to the wrong recipient");
	switch (setup[1]) {
	case 1: device_abort_out(device, answer); length = 2; break;
	case 2: answer[0] = DEVICE_SUCCESS; length = 8; break;
	case 3: device_abort_in(device, (uint8_t)value, answer); length = 2; break;
	case 4:
		answer[0] = device->flush ? DEVICE_PENDING : DEVICE_SUCCESS;
		answer[1] = device->flush;
		length = 8;
		break;
	case 5: device_clear(device, answer); length = 1; break;
	case 6: device_check_clear(device, answer); length = 2; break;
	case 7: device_capabilities(device, answer); length = 24; break;
	case 160: case 161: case 162:
		device_note(device, "request %u value %u", setup[1], value);
		if (device->vendor == 0x0b21)
			device_fault(device, "REN_CONTROL or its like, to a Yokogawa");
		answer[0] = DEVICE_SUCCESS;
		length = 1;
		break;
	default:
		device_note(device, "request %u is unknown", setup[1]);
		return -1;
	}
	if (size != length)
		device_fault(device, "a request for an answer of another length");
	return length < size ? length : size;
}

#endif
