#include "fault/fault_link.h"

#include <string.h>

#define SILENCE (20 * NS_PER_MS) /* as links take it: nothing of an old reply is under way any more */

static int64_t now_of(const struct fault_link *fault)
{
	return fault->real->timebase->now(fault->real->timebase);
}

static void wait_until(struct fault_link *fault, int64_t until)
{
	while (now_of(fault) < until)
		fault->real->timebase->wait_until(fault->real->timebase, until);
}

static const struct fault_clause *struck(struct fault_link *fault, enum fault_kind kind, int64_t now)
{
	return fault->on ? fault_strikes(fault->script, kind, now - fault->began) : NULL;
}

static void forget(struct fault_link *fault)
{
	fault->n_held = fault->n_kept = 0;
	fault->loses = fault->repeats = false;
	fault->ended = true;
}

/* ---- the connection ---- */

static void break_until(struct fault_link *fault, int64_t until)
{
	fault->broken = true;
	fault->back = until;
	forget(fault);
}

static int64_t host_time(const struct fault_link *fault, int64_t since)
{
	return since == NEVER ? NEVER : fault->began + since;
}

/* Those that strike at a time do it whether or not a message is under way. */
static bool broken(struct fault_link *fault)
{
	int64_t since = now_of(fault) - fault->began;
	for (int i = 0; fault->on && !fault->broken && i < fault->script->n; i++) {
		struct fault_clause *clause = &fault->script->clauses[i];
		bool breaks = clause->kind == PLANT_DISCONNECT || clause->kind == PLANT_RENAME;
		if (breaks && !clause->every && fault_clause_strikes(clause, since))
			break_until(fault, host_time(fault, clause->until));
	}
	return fault->broken;
}

static enum io fault_reopen(struct link *link, int64_t deadline)
{
	struct fault_link *fault = (struct fault_link *)link;
	if (broken(fault) && now_of(fault) < fault->back)
		return IO_GONE;
	forget(fault);
	enum io io = link_reopen(fault->real, deadline);
	fault->broken = io != IO_OK;
	return io;
}

static enum io fault_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct fault_link *fault = (struct fault_link *)link;
	if (broken(fault))
		return IO_GONE;
	fault->sent = true;
	return link_send(fault->real, bytes, size, deadline);
}

/* ---- messages ---- */

static bool begins(const struct fault_link *fault, int64_t now)
{
	return fault->sent || fault->ended || now - fault->last > SILENCE || fault->size >= FAULT_MESSAGE_MAX;
}

static void hold(struct fault_link *fault, const char *bytes, size_t size, bool end, int64_t due)
{
	memcpy(fault->held, bytes, size);
	fault->n_held = size;
	fault->held_end = end;
	fault->due = due;
}

/* A message that comes twice does so when the next may. */
static bool repetition_is_due(const struct fault_link *fault, int64_t now)
{
	return fault->repeats && fault->n_kept > 0 && fault->n_held == 0 && begins(fault, now);
}

static void keep(struct fault_link *fault, const char *bytes, size_t size)
{
	size_t room = sizeof fault->kept - fault->n_kept;
	memcpy(fault->kept + fault->n_kept, bytes, size < room ? size : room);
	fault->n_kept += size < room ? size : room;
}

static void make_noise(struct fault_link *fault, char *bytes, size_t size)
{
	size_t first = fault_random(&fault->random) % size, n = 1 + fault_random(&fault->random) % 4;
	for (size_t i = first; i < size && i < first + n; i++) {
		char noise = (char)(0x80 | (fault_random(&fault->random) & 0x7f));
		bytes[i] = noise == bytes[i] ? (char)(noise ^ 1) : noise;
	}
}

/* The first bytes of a message: what becomes of it. Every clause sees every message, so that none moves another's draws. */
static void strike(struct fault_link *fault, char *bytes, size_t *got, bool *end, int64_t now)
{
	const struct fault_clause *drop = struck(fault, PLANT_DROP, now), *delay = struck(fault, PLANT_DELAY, now);
	const struct fault_clause *garble = struck(fault, PLANT_GARBLE, now), *truncate = struck(fault, PLANT_TRUNCATE, now);
	const struct fault_clause *gone = struck(fault, PLANT_DISCONNECT, now), *renamed = struck(fault, PLANT_RENAME, now);
	fault->size = 0;
	fault->sent = false;
	fault->repeats = struck(fault, PLANT_REPEAT, now) != NULL;
	fault->n_kept = 0;
	fault->loses = drop || truncate;
	if (garble && *got > 0)
		make_noise(fault, bytes, *got);
	if (truncate && *got > 0)
		*got = fault_random(&fault->random) % *got;
	if (drop)
		*got = 0;
	if (fault->loses)
		*end = false; /* it was in what is lost */
	if (gone || renamed) {
		*got /= 2;
		break_until(fault, host_time(fault, (renamed ? renamed : gone)->until));
	} else if (delay && *got > 0) {
		hold(fault, bytes, *got, *end, now + (int64_t)(delay->by * 1e9));
		*got = 0;
		*end = false;
	}
}

/* What has come from the instrument; nothing may be left of it. */
static void take(struct fault_link *fault, char *bytes, size_t *got, bool *end)
{
	int64_t now = now_of(fault);
	size_t size = *got;
	bool first = begins(fault, now);
	fault->last = now;
	fault->ended = *end;
	if (first) {
		strike(fault, bytes, got, end, now);
	} else if (fault->loses) {
		*got = 0;
		*end = false;
	}
	fault->size += size;
	if (fault->repeats)
		keep(fault, bytes, first && fault->n_held ? size : *got);
}

static enum io give_held(struct fault_link *fault, char *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	if (fault->due > deadline) {
		wait_until(fault, deadline);
		return IO_TIMEOUT;
	}
	wait_until(fault, fault->due);
	*got = size < fault->n_held ? size : fault->n_held;
	memcpy(bytes, fault->held, *got);
	fault->n_held -= *got;
	memmove(fault->held, fault->held + *got, fault->n_held);
	*end = fault->held_end && fault->n_held == 0;
	return IO_OK;
}

static enum io fault_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct fault_link *fault = (struct fault_link *)link;
	for (;;) {
		*got = 0;
		*end = false;
		if (broken(fault))
			return IO_GONE;
		if (repetition_is_due(fault, now_of(fault))) {
			hold(fault, fault->kept, fault->n_kept, fault->ended, INT64_MIN);
			fault->repeats = false;
		}
		if (fault->n_held > 0)
			return give_held(fault, bytes, size, got, end, deadline);
		enum io io = link_recv(fault->real, bytes, size < sizeof fault->held ? size : sizeof fault->held, got, end, deadline);
		if (io != IO_OK)
			return io;
		take(fault, bytes, got, end);
		if (*got > 0 || *end)
			return IO_OK;
	}
}

/* The rest of a message that is late is as late. */
static enum io hold_rest(struct fault_link *fault, int64_t deadline)
{
	for (;;) {
		size_t got = 0, room = sizeof fault->held - fault->n_held;
		int64_t until = now_of(fault) + SILENCE;
		if (room == 0)
			return link_clear(fault->real, deadline);
		enum io io = link_recv(fault->real, fault->held + fault->n_held, room, &got, &fault->held_end,
				       until < deadline ? until : deadline);
		if (io != IO_OK)
			return io == IO_TIMEOUT ? IO_OK : io;
		fault->n_held += got;
	}
}

/* What comes later than a clear waits for is still under way behind it. */
static enum io fault_clear(struct link *link, int64_t deadline)
{
	struct fault_link *fault = (struct fault_link *)link;
	if (broken(fault))
		return IO_GONE;
	bool late = fault->n_held > 0 && fault->due > now_of(fault) + SILENCE;
	enum io io = late ? hold_rest(fault, deadline) : link_clear(fault->real, deadline);
	fault->repeats = fault->loses = false;
	if (!late)
		fault->n_held = 0;
	return io;
}

static bool fault_unread(struct link *link)
{
	struct fault_link *fault = (struct fault_link *)link;
	int64_t now = now_of(fault);
	if (fault->broken)
		return false;
	bool waits = fault->n_held > 0 && fault->due <= now;
	return waits || (fault->repeats && fault->n_kept > 0) || fault->real->ops->unread(fault->real);
}

static int fault_descriptor(const struct link *link)
{
	const struct fault_link *fault = (const struct fault_link *)link;
	return fault->broken ? -1 : fault->real->ops->descriptor(fault->real);
}

/* It is the fault driver's, and the real one its caller's. */
static void fault_close(struct link *link)
{
	(void)link;
}

void fault_link_begin(struct fault_link *fault, struct link *real, struct fault_script *script, uint64_t seed)
{
	*fault = (struct fault_link){
		.ops = { .scheme = real->ops->scheme, .summary = "faults in front of a link", .reopen = fault_reopen, .send = fault_send,
			 .recv = fault_recv, .clear = fault_clear, .close = fault_close,
			 .unread = real->ops->unread ? fault_unread : NULL,
			 .descriptor = real->ops->descriptor ? fault_descriptor : NULL },
		.real = real, .script = script, .ended = true, .random = seed,
	};
	fault->link = (struct link){ .ops = &fault->ops, .timebase = real->timebase };
}
