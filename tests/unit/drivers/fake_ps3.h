/*
 * fake_ps3: a scripted PowerSensor3 behind a link of its own, in fake time, with a codec of its own, and what can go wrong. Its sets come
 * through in frames of a millisecond.
 */
#ifndef JOULERIG_TESTS_DRIVERS_FAKE_PS3_H
#define JOULERIG_TESTS_DRIVERS_FAKE_PS3_H

#include <stdio.h>

#include "collect.h"

#define FAKE_PS3_OUT (1 << 20)
#define FAKE_PS3_FRAME NS_PER_MS

struct fake_ps3 {
	struct link link; /* first */
	struct fake_time *time;
	const char *version;
	struct {
		char type[16], pair[16];
		float vref, sensitivity;
		uint8_t in_use;
	} sensors[8];
	uint16_t levels[8];        /* of each set */
	uint16_t (*level)(const struct fake_ps3 *ps3, int sensor, int64_t set); /* in place of them; may be NULL */

	int64_t began;             /* MONOTONIC ns at which its microseconds were 0 */
	double period;             /* ns of MONOTONIC */
	double drift;              /* its clock is so much faster */
	bool streams;
	int64_t next;              /* number of the set that is finished next, since `began` */
	int64_t end_due;           /* when it says that it has stopped; 0: not */
	int reading;               /* sensors that a host has to ask on for; 0: not under way */
	int64_t marked_at;         /* MONOTONIC ns of a marker that no set has carried yet; 0: none */

	uint8_t out[FAKE_PS3_OUT];
	size_t at, n;
	int64_t finished[65536];   /* MONOTONIC ns, by number modulo that */
	int commands[256], closes, reopens;

	/* what goes wrong */
	struct {
		int64_t from, to;  /* sets that nobody ever sees, by number */
	} lost[16];
	int n_lost;
	int64_t cut_set, cut_from, cut_to; /* bytes [from, to) of this set are missing */
	int64_t odd_set;           /* its stamp is garbled */
	int odd_by;
	int64_t stuck_from, stuck_to; /* MONOTONIC ns: frames wait in between */
	int64_t silent_from, silent_to, gone_from, gone_to, noise_from, noise_to;
	bool deaf_to_marks, gone, no_end;
	long said;                 /* sets */
};

static inline bool fake_ps3_within(const struct fake_ps3 *ps3, int64_t from, int64_t to)
{
	return ps3->time->now >= from && ps3->time->now < to;
}

static inline void fake_ps3_put(struct fake_ps3 *ps3, const void *bytes, size_t size)
{
	if (fake_ps3_within(ps3, ps3->silent_from, ps3->silent_to))
		return;
	if (ps3->at == ps3->n)
		ps3->at = ps3->n = 0;
	assert_true(ps3->n + size <= sizeof ps3->out);
	memcpy(ps3->out + ps3->n, bytes, size);
	ps3->n += size;
}

static inline int64_t fake_ps3_finished(const struct fake_ps3 *ps3, int64_t set)
{
	return ps3->began + (int64_t)((double)set * ps3->period);
}

static inline int64_t fake_ps3_us(const struct fake_ps3 *ps3, int64_t t)
{
	return (int64_t)((double)(t - ps3->began) * (1 + ps3->drift) / 1000);
}

static inline void fake_ps3_set(struct fake_ps3 *ps3, int64_t number)
{
	uint8_t bytes[18], kept[18];
	int64_t us = fake_ps3_us(ps3, fake_ps3_finished(ps3, number));
	size_t n = 0;
	unsigned stamp = (unsigned)(us + (number == ps3->odd_set ? ps3->odd_by : 0)) % 1024;
	bool marked = ps3->marked_at != 0 && fake_ps3_finished(ps3, number) >= ps3->marked_at;
	bytes[0] = (uint8_t)(0xf0 + stamp / 64);
	bytes[1] = (uint8_t)(0x40 + stamp % 64);
	for (int i = 0; i < 8; i++) {
		unsigned level = ps3->level ? ps3->level(ps3, i, number) : ps3->levels[i];
		bytes[2 + 2 * i] = (uint8_t)(0x80 + 16 * i + level / 64);
		bytes[3 + 2 * i] = (uint8_t)((i == 0 && marked ? 0x40 : 0) + level % 64);
	}
	for (int i = 0; i < 18; i++)
		if (number != ps3->cut_set || i < ps3->cut_from || i >= ps3->cut_to)
			kept[n++] = bytes[i];
	for (int i = 0; i < ps3->n_lost; i++)
		if (number >= ps3->lost[i].from && number < ps3->lost[i].to)
			return;
	if (marked)
		ps3->marked_at = 0;
	ps3->said++;
	fake_ps3_put(ps3, kept, n);
}

/* The frame that carries what is finished at `t`. */
static inline int64_t fake_ps3_frame(const struct fake_ps3 *ps3, int64_t t)
{
	int64_t due = (t / FAKE_PS3_FRAME + 1) * FAKE_PS3_FRAME;
	return due >= ps3->stuck_from && due < ps3->stuck_to ? ps3->stuck_to : due;
}

/* What has come through by now. */
static inline void fake_ps3_advance(struct fake_ps3 *ps3)
{
	static const uint8_t end[4] = { 0xff, 0x3f, 0xff, 0x3f };
	while (ps3->streams && fake_ps3_frame(ps3, fake_ps3_finished(ps3, ps3->next)) <= ps3->time->now)
		fake_ps3_set(ps3, ps3->next++);
	if (ps3->end_due && ps3->end_due <= ps3->time->now) {
		ps3->end_due = 0;
		fake_ps3_put(ps3, end, sizeof end);
	}
	if (fake_ps3_within(ps3, ps3->noise_from, ps3->noise_to) && ps3->at == ps3->n) {
		uint8_t noise[64];
		for (size_t i = 0; i < sizeof noise; i++)
			noise[i] = (uint8_t)((uint64_t)ps3->time->now / 1000 * 2654435761u >> i % 24);
		fake_ps3_put(ps3, noise, sizeof noise);
	}
}

static inline int64_t fake_ps3_due(const struct fake_ps3 *ps3)
{
	int64_t due = ps3->streams ? fake_ps3_frame(ps3, fake_ps3_finished(ps3, ps3->next)) : NEVER;
	if (fake_ps3_within(ps3, ps3->noise_from, ps3->noise_to))
		due = ps3->time->now + NS_PER_MS;
	return ps3->end_due && ps3->end_due < due ? ps3->end_due : due;
}

static inline void fake_ps3_put_sensor(struct fake_ps3 *ps3, int i)
{
	uint8_t bytes[41];
	memcpy(bytes, ps3->sensors[i].type, 16);
	memcpy(bytes + 16, ps3->sensors[i].pair, 16);
	memcpy(bytes + 32, &ps3->sensors[i].vref, 4);
	memcpy(bytes + 36, &ps3->sensors[i].sensitivity, 4);
	bytes[40] = ps3->sensors[i].in_use;
	fake_ps3_put(ps3, bytes, sizeof bytes);
}

static inline void fake_ps3_hear(struct fake_ps3 *ps3, uint8_t byte)
{
	int64_t now = ps3->time->now;
	if (ps3->reading > 0) {
		if (--ps3->reading > 0)
			fake_ps3_put_sensor(ps3, 8 - ps3->reading);
		else
			fake_ps3_put(ps3, "D", 1);
		return;
	}
	ps3->commands[byte]++;
	switch (byte) {
	case 'S':
		ps3->next = (int64_t)((double)(now - ps3->began) / ps3->period) + 1;
		ps3->streams = true;
		break;
	case 'X':
		ps3->streams = false;
		ps3->end_due = ps3->no_end ? 0 : now + 101 * NS_PER_MS;
		break;
	case 'V':
		fake_ps3_put(ps3, ps3->version, strlen(ps3->version));
		break;
	case 'R':
		ps3->reading = 8;
		fake_ps3_put_sensor(ps3, 0);
		break;
	case 'M':
		ps3->marked_at = ps3->deaf_to_marks ? 0 : now;
		break;
	default:
		break;
	}
}

/* ---- the link ---- */

static inline bool fake_ps3_away(struct fake_ps3 *ps3)
{
	ps3->gone |= fake_ps3_within(ps3, ps3->gone_from, ps3->gone_to);
	return ps3->gone;
}

static inline enum io fake_ps3_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct fake_ps3 *ps3 = (struct fake_ps3 *)link;
	assert_true(deadline >= ps3->time->now);
	fake_ps3_advance(ps3);
	ps3->time->now += 50 * NS_PER_US;
	for (size_t i = 0; i < size && !fake_ps3_within(ps3, ps3->silent_from, ps3->silent_to); i++)
		fake_ps3_hear(ps3, ((const uint8_t *)bytes)[i]);
	return fake_ps3_away(ps3) ? IO_GONE : IO_OK;
}

static inline enum io fake_ps3_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct fake_ps3 *ps3 = (struct fake_ps3 *)link;
	*end = false;
	*got = 0;
	for (;;) {
		fake_ps3_advance(ps3);
		if (fake_ps3_away(ps3))
			return IO_GONE;
		if (ps3->at < ps3->n) {
			*got = ps3->n - ps3->at < size ? ps3->n - ps3->at : size;
			memcpy(bytes, ps3->out + ps3->at, *got);
			ps3->at += *got;
			ps3->time->now += 2 * NS_PER_US;
			return IO_OK;
		}
		int64_t due = fake_ps3_due(ps3);
		if (due > deadline) {
			ps3->time->now = deadline > ps3->time->now ? deadline : ps3->time->now;
			return IO_TIMEOUT;
		}
		ps3->time->now = due > ps3->time->now ? due : ps3->time->now + 1000;
	}
}

static inline enum io fake_ps3_clear(struct link *link, int64_t deadline)
{
	struct fake_ps3 *ps3 = (struct fake_ps3 *)link;
	fake_ps3_advance(ps3);
	ps3->at = ps3->n;
	ps3->time->now += 20 * NS_PER_MS;
	assert_true(ps3->time->now <= deadline);
	return fake_ps3_away(ps3) ? IO_GONE : IO_OK;
}

static inline enum io fake_ps3_reopen(struct link *link, int64_t deadline)
{
	struct fake_ps3 *ps3 = (struct fake_ps3 *)link;
	(void)deadline;
	ps3->reopens++;
	if (fake_ps3_within(ps3, ps3->gone_from, ps3->gone_to))
		return IO_GONE;
	ps3->gone = ps3->streams = false;
	ps3->at = ps3->n = 0;
	ps3->reading = 0;
	return IO_OK;
}

static inline void fake_ps3_close(struct link *link)
{
	((struct fake_ps3 *)link)->closes++;
}

static const struct link_ops fake_ps3_ops = {
	.scheme = "pty", .summary = "scripted", .reopen = fake_ps3_reopen, .send = fake_ps3_send, .recv = fake_ps3_recv, .clear = fake_ps3_clear,
	.close = fake_ps3_close,
};

/* A 12 V rail at sensors 0 and 1, 20 A both ways; the others are not in use, but 7, which is up, shows. */
static inline void fake_ps3_begin(struct fake_ps3 *ps3, struct fake_time *time)
{
	memset(ps3, 0, sizeof *ps3);
	ps3->link = (struct link){ .ops = &fake_ps3_ops, .timebase = &time->timebase };
	ps3->time = time;
	ps3->version = "F411-1.6.1-SIM7\r\n";
	ps3->began = time->now - 123456789;
	ps3->period = 50000;
	ps3->cut_set = ps3->odd_set = -1;
	for (int i = 0; i < 8; i++) {
		snprintf(ps3->sensors[i].type, 16, "%s", i % 2 ? "12V" : "ACS725");
		snprintf(ps3->sensors[i].pair, 16, "12V rail");
		ps3->sensors[i].vref = i % 2 ? 0 : 1.65f;
		ps3->sensors[i].sensitivity = i % 2 ? 0.2f : 0.066f;
		ps3->sensors[i].in_use = i < 2;
		ps3->levels[i] = i % 2 ? 744 : 614; /* 12.0 V, 5.0 A */
	}
}

#endif
