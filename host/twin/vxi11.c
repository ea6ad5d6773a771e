#include "vxi11.h"

#include <string.h>

#include "clock.h"

#define LARGEST 1024u /* bytes of a command in one call, as create_link tells */

/* Words of a call; its arguments follow two empty credentials. */
enum { XID = 0, KIND = 4, PROGRAM = 12, PROCEDURE = 20, CREDENTIALS = 24 };
enum procedure { GETPORT = 3, CREATE = 10, WRITE = 11, READ = 12, CLEAR = 15, DESTROY = 23 };
enum { NO_DEVICE = 3, NO_LINK = 4, BAD_PARAMETER = 5, TIMED_OUT = 15 };
enum { REASON_COUNT = 1, REASON_END = 4, FLAG_END = 8 };
#define PORTMAPPER 100000u
#define CORE 395183u

void vxi11_init(struct vxi11 *v, struct session *session, int port)
{
	*v = (struct vxi11){ .session = session, .port = port };
}

void vxi11_reset(struct vxi11 *v)
{
	v->n_in = v->n_call = 0;
	v->link = 0;
	v->reading = false;
	text_free(&v->out);
}

void vxi11_free(struct vxi11 *v)
{
	text_free(&v->out);
}

/* ---- words ---- */

static unsigned word_at(const unsigned char *bytes)
{
	return bytes[0] * 0x1000000u + bytes[1] * 0x10000u + bytes[2] * 0x100u + bytes[3];
}

/* Of the call; 0 beyond its end. */
static unsigned word(const struct vxi11 *v, size_t at)
{
	return at + 4 <= v->n_call ? word_at(v->call + at) : 0;
}

static void say(struct vxi11 *v, unsigned value)
{
	const char bytes[] = { (char)(value / 0x1000000u), (char)(value / 0x10000u), (char)(value / 0x100u), (char)value };
	text_add_bytes(&v->out, bytes, sizeof bytes);
}

/* Up to the results, of which there are `words`. */
static void begin_reply(struct vxi11 *v, unsigned status, unsigned words)
{
	const unsigned head[] = { 0x80000000u + 4 * (6 + words), word(v, XID), 1, 0, 0, 0, status };
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		say(v, head[i]);
}

static void reply(struct vxi11 *v, unsigned first, unsigned second)
{
	begin_reply(v, 0, 2);
	say(v, first);
	say(v, second);
}

static void reply_one(struct vxi11 *v, unsigned value)
{
	begin_reply(v, 0, 1);
	say(v, value);
}

/* ---- the service's procedures ---- */

/* Where the arguments begin. */
static size_t arguments(const struct vxi11 *v)
{
	size_t at = CREDENTIALS;
	for (int i = 0; i < 2; i++) {
		size_t length = word(v, at + 4);
		at += length > v->n_call ? v->n_call : 8 + (length + 3) / 4 * 4;
	}
	return at;
}

static void create(struct vxi11 *v, size_t at)
{
	size_t length = word(v, at + 12);
	bool known = length == 5 && at + 21 <= v->n_call && memcmp(v->call + at + 16, "inst0", 5) == 0;
	v->link = known ? ++v->links : 0;
	session_reset(v->session);
	begin_reply(v, 0, 4);
	say(v, known ? 0 : NO_DEVICE);
	say(v, v->link);
	say(v, 0);
	say(v, LARGEST);
}

static void write_down(struct vxi11 *v, int64_t now, size_t at)
{
	size_t length = word(v, at + 16);
	if (length > LARGEST || at + 20 + length > v->n_call) {
		reply(v, BAD_PARAMETER, 0);
		return;
	}
	const char *bytes = (const char *)v->call + at + 20;
	session_feed(v->session, now, bytes, length);
	bool end = word(v, at + 12) & FLAG_END;
	if (end && (length == 0 || bytes[length - 1] != '\n')) /* END ends a line as well */
		session_feed(v->session, now, "\n", 1);
	reply(v, 0, (unsigned)length);
}

static void reply_data(struct vxi11 *v, unsigned error, unsigned reason, const char *bytes, size_t size)
{
	size_t padded = (size + 3) / 4 * 4;
	begin_reply(v, 0, (unsigned)(3 + padded / 4));
	say(v, error);
	say(v, reason);
	say(v, (unsigned)size);
	text_add_bytes(&v->out, bytes, size);
	text_add_bytes(&v->out, "\0\0\0", padded - size);
}

/* What the meter has to say by now; nothing when its time is not over yet. */
static void read_out(struct vxi11 *v, int64_t now)
{
	char bytes[4096];
	size_t wanted = word(v, arguments(v) + 4), size;
	size = session_take(v->session, now, bytes, wanted < sizeof bytes ? wanted : sizeof bytes);
	if (size > 0)
		reply_data(v, 0, v->session->out.length == 0 ? REASON_END : REASON_COUNT, bytes, size);
	else if (now >= v->until)
		reply_data(v, TIMED_OUT, 0, "", 0);
	else
		return;
	v->reading = false;
}

static void serve_link(struct vxi11 *v, int64_t now, enum procedure procedure, size_t at)
{
	if (procedure != CREATE && word(v, at) != v->link) {
		if (procedure == READ)
			reply_data(v, NO_LINK, 0, "", 0);
		else if (procedure == WRITE)
			reply(v, NO_LINK, 0);
		else
			reply_one(v, NO_LINK);
		return;
	}
	switch (procedure) {
	case CREATE: create(v, at); break;
	case WRITE: write_down(v, now, at); break;
	case READ:
		v->reading = true;
		v->until = now + (int64_t)word(v, at + 8) * NS_PER_MS;
		read_out(v, now);
		break;
	case CLEAR:
		session_reset(v->session);
		reply_one(v, 0);
		break;
	default:
		v->link = 0;
		reply_one(v, 0);
	}
}

/* False: it is no call. */
static bool serve(struct vxi11 *v, int64_t now)
{
	unsigned program = word(v, PROGRAM), procedure = word(v, PROCEDURE);
	size_t at = arguments(v);
	if (v->n_call < CREDENTIALS + 16 || at > v->n_call || word(v, KIND) != 0)
		return false;
	if (program == PORTMAPPER && procedure == GETPORT)
		reply_one(v, word(v, at) == CORE ? (unsigned)v->port : 0);
	else if (program != CORE)
		begin_reply(v, 1, 0);
	else if (procedure != CREATE && procedure != WRITE && procedure != READ && procedure != CLEAR && procedure != DESTROY)
		begin_reply(v, 3, 0);
	else
		serve_link(v, now, (enum procedure)procedure, at);
	return true;
}

/* ---- calls as they come in ---- */

/* Puts the fragments of the next call together. 1: here it is; 0: not all of it has come; -1: it is too long. */
static int next_call(struct vxi11 *v)
{
	size_t at = 0;
	bool last = false;
	v->n_call = 0;
	while (!last) {
		if (at + 4 > v->n_in)
			return 0;
		unsigned mark = word_at(v->in + at), length = mark % 0x80000000u;
		last = mark >= 0x80000000u;
		if (length > sizeof v->call - v->n_call || length > sizeof v->in - 4)
			return -1;
		if (at + 4 + length > v->n_in)
			return 0;
		memcpy(v->call + v->n_call, v->in + at + 4, length);
		v->n_call += length;
		at += 4 + length;
	}
	v->n_in -= at;
	memmove(v->in, v->in + at, v->n_in);
	return 1;
}

bool vxi11_advance(struct vxi11 *v, int64_t now)
{
	int found = 1;
	if (v->reading)
		read_out(v, now);
	while (!v->reading && (found = next_call(v)) > 0)
		if (!serve(v, now))
			return false;
	return found >= 0;
}

bool vxi11_feed(struct vxi11 *v, int64_t now, const char *bytes, size_t size)
{
	if (size > sizeof v->in - v->n_in)
		return false;
	memcpy(v->in + v->n_in, bytes, size);
	v->n_in += size;
	return vxi11_advance(v, now);
}

size_t vxi11_take(struct vxi11 *v, char *bytes, size_t size)
{
	size_t part = v->out.length < size ? v->out.length : size;
	if (part == 0)
		return 0;
	memcpy(bytes, v->out.bytes, part);
	memmove(v->out.bytes, v->out.bytes + part, v->out.length - part);
	v->out.length -= part;
	return part;
}

int64_t vxi11_next(const struct vxi11 *v)
{
	return v->reading ? v->until : NEVER;
}
