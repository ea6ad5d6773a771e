#include "outlets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define PLUG_RETRY (20 * NS_PER_MS) /* from one look at whether a terminal may be there again to the next */

static bool is_pty(const struct outlet *o)
{
	return o->pty_path[0] != '\0';
}

static int listener(const struct outlet *o)
{
	return o->ports.unix_listener >= 0 ? o->ports.unix_listener : o->ports.tcp_listener;
}

/* What its client is connected by; -1: there is none. */
static int line(const struct outlet *o)
{
	return is_pty(o) ? o->ports.pty : o->ports.client;
}

static void forget_client(struct outlet *o)
{
	o->n_out = 0;
	o->jammed = false;
	instrument_reset(o->instrument);
}

/* A terminal is unplugged: it hangs up for who has it open, and comes back as another one. */
static void throw_out(struct outlet *o)
{
	if (is_pty(o)) {
		ports_close(&o->ports);
		ports_init(&o->ports);
	} else {
		ports_drop(&o->ports);
	}
	forget_client(o);
}

static void let_in(struct outlet *o, int64_t now)
{
	if (!ports_accept(&o->ports, listener(o)))
		return;
	forget_client(o);
	if (instrument_shut(o->instrument, now))
		throw_out(o);
}

static void plug_in_again(struct outlet *o)
{
	struct error error = ERROR_INIT;
	if (ports_open_pty(&o->ports, o->pty_path, &error) != 0)
		ports_close(&o->ports);
}

static void hear(struct outlet *o, int64_t now)
{
	char bytes[4096];
	int n = ports_read(line(o), bytes, sizeof bytes);
	if (n > 0)
		instrument_feed(o->instrument, now, bytes, (size_t)n);
	else if (n < 0 && !is_pty(o))
		throw_out(o);
}

/* False if the other end has gone. */
static bool write_out(struct outlet *o)
{
	ssize_t written = write(line(o), o->out, o->n_out);
	if (written < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	size_t n = written > 0 ? (size_t)written : 0;
	o->n_out -= n;
	memmove(o->out, o->out + n, o->n_out);
	o->jammed = o->n_out > 0;
	return true;
}

static void speak(struct outlet *o, int64_t now)
{
	while (!o->jammed) {
		o->n_out += instrument_take(o->instrument, now, o->out + o->n_out, sizeof o->out - o->n_out);
		if (o->n_out == 0)
			break;
		if (line(o) < 0) {
			o->n_out = 0;
		} else if (!write_out(o)) {
			throw_out(o);
			return;
		}
	}
	if (line(o) >= 0 && o->n_out == 0 && instrument_hangs_up(o->instrument))
		throw_out(o);
}

static void turn(struct outlet *o, short events, int64_t now)
{
	bool shut = instrument_shut(o->instrument, now);
	if (shut && line(o) >= 0)
		throw_out(o);
	else if (is_pty(o) && !shut && line(o) < 0)
		plug_in_again(o);
	else if (events && line(o) < 0)
		let_in(o, now);
	else if (events & ~POLLOUT)
		hear(o, now);
	if (events & POLLOUT)
		o->jammed = false;
	speak(o, now);
}

void outlets_turn(struct outlets *outlets, const struct pollfd *set, int64_t now)
{
	for (int i = 0; i < outlets->n; i++)
		turn(&outlets->list[i], set[i].revents, now);
}

void outlets_choose(const struct outlets *outlets, struct pollfd *set)
{
	for (int i = 0; i < outlets->n; i++) {
		const struct outlet *o = &outlets->list[i];
		set[i] = (struct pollfd){ .fd = line(o) >= 0 ? line(o) : listener(o), .events = (short)(POLLIN | (o->jammed ? POLLOUT : 0)) };
	}
}

int64_t outlets_next(const struct outlets *outlets, int64_t now)
{
	int64_t next = NEVER;
	for (int i = 0; i < outlets->n; i++) {
		const struct outlet *o = &outlets->list[i];
		int64_t one = o->jammed ? NEVER : instrument_next(o->instrument);
		if (is_pty(o) && line(o) < 0 && now + PLUG_RETRY < one)
			one = now + PLUG_RETRY;
		next = one < next ? one : next;
	}
	return next;
}

static int open_one(struct outlet *o, const struct folder *folder, struct error *error)
{
	char name[48], path[256];
	const struct instrument_config *c = o->instrument->config;
	bool pty = strcmp(c->link, "pty") == 0;
	snprintf(name, sizeof name, "%s.%s", c->name, pty ? "pty" : "sock");
	folder_file(folder, name, path, sizeof path);
	if (pty) {
		memcpy(o->pty_path, path, sizeof path);
		return ports_open_pty(&o->ports, path, error);
	}
	return strcmp(c->link, "unix") == 0 ? ports_open_unix(&o->ports, path, error) : ports_open_tcp(&o->ports, 0, error);
}

int outlets_open(struct outlets *outlets, struct twin *twin, const struct folder *folder, struct error *error)
{
	for (int i = 0; i < twin->n_instruments; i++) {
		struct outlet *o = &outlets->list[outlets->n++];
		o->instrument = twin->instruments[i].instrument;
		ports_init(&o->ports);
		if (open_one(o, folder, error) != 0)
			return -1;
	}
	return 0;
}

void outlets_close(struct outlets *outlets)
{
	for (int i = 0; i < outlets->n; i++)
		ports_close(&outlets->list[i].ports);
	outlets->n = 0;
}

void outlets_endpoints(const struct outlets *outlets, struct endpoints *at)
{
	for (int i = 0; i < outlets->n; i++) {
		const struct outlet *o = &outlets->list[i];
		char *uri = at->instruments[i];
		if (is_pty(o))
			snprintf(uri, sizeof at->instruments[i], "pty://%s", o->pty_path);
		else if (o->ports.unix_listener >= 0)
			snprintf(uri, sizeof at->instruments[i], "unix://%s", o->ports.unix_path);
		else
			snprintf(uri, sizeof at->instruments[i], "%s://127.0.0.1:%d", o->instrument->config->link, o->ports.tcp_port);
	}
}
