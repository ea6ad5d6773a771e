/*
 * fake_vxi11: an instrument on a thread, behind VXI-11 and a portmapper on loopback ports, that misbehaves by script. Its codec
 * is its own.
 *
 * It answers a line "ECHO text" with "text" and a newline, "WORD text" without one; any other line is taken and not answered. `misbehave` is asked for
 * each call, by the thread.
 */
#ifndef JOULERIG_TESTS_DRIVERS_FAKE_VXI11_H
#define JOULERIG_TESTS_DRIVERS_FAKE_VXI11_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "unit.h"

enum { GETPORT = 3, CREATE_LINK = 10, DEVICE_WRITE, DEVICE_READ, DEVICE_CLEAR = 15, DESTROY_LINK = 23 };

enum mischief {
	BEHAVE,
	SILENT,          /* takes the call, says nothing */
	LATE,            /* answers after `late` */
	DROP,            /* closes the connection instead */
	DROP_WITHIN,     /* … in the middle of the reply */
	OTHER_XID,       /* of a call that was never made */
	TWICE,           /* the same reply again: late for ever */
	CUT,             /* the record ends within the results */
	CUT_HEADER,      /* … within the header */
	NO_WORDS,        /* an empty record */
	EMPTY_FRAGMENTS, /* without end */
	LONG_FRAGMENT,   /* its mark says 2 GiB */
	LONG_RECORD,     /* of many fragments */
	CRUMBLED,        /* well, in fragments of one byte */
	A_CALL,          /* a call, not a reply */
	DENIED,
	UNAVAILABLE, /* accepted, but there is no such program */
	LONG_VERIFIER,
	ERROR,   /* `error` as the instrument's own */
	TOO_MUCH, /* more data than was asked for; or more taken than was sent */
	TOO_LONG, /* an opaque that says it is longer than its record */
	HALF,     /* half of the data is taken, or given */
	NOTHING,  /* none is */
	END_LATE, /* all data is given, but the message's end only with the next, empty piece */
};

struct fake_vxi11 {
	enum mischief (*misbehave)(struct fake_vxi11 *fake, uint32_t procedure);
	int64_t late; /* ns */
	uint32_t error, largest;
	int calls[32]; /* by procedure, so far */
	char device[32];
	uint32_t io_timeout; /* of the last read */
	/* the thread's own */
	int core, portmapper, core_port, portmapper_port;
	uint8_t in[8192], out[40000];
	size_t n_in, n_out;
	char line[8192], reply[8192];
	size_t n_line, n_reply;
	bool owes_end;
	int writes, ends, broken; /* … the line where a call was found wrong */
	pthread_t thread;
	pthread_mutex_t busy; /* with a call */
	atomic_bool over;
	atomic_int client;
};

static inline uint32_t fake_get(const uint8_t *bytes)
{
	uint32_t word;
	memcpy(&word, bytes, 4);
	return ntohl(word);
}

static inline void fake_put(struct fake_vxi11 *fake, uint32_t word)
{
	word = htonl(word);
	memcpy(fake->out + fake->n_out, &word, 4);
	fake->n_out += 4;
}

static inline int fake_listen(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(listen(fd, 4), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* On the thread nothing can fail but here. */
#define fake_expect(fake, condition) ((condition) ? (void)0 : (void)((fake)->broken = __LINE__))

/* ---- the instrument ---- */

static inline void fake_take_line(struct fake_vxi11 *fake)
{
	fake->line[fake->n_line] = '\0';
	fake->n_line = fake->n_reply = 0;
	if (strncmp(fake->line, "ECHO ", 5) == 0)
		fake->n_reply = (size_t)snprintf(fake->reply, sizeof fake->reply, "%s\n", fake->line + 5);
	if (strncmp(fake->line, "WORD ", 5) == 0)
		fake->n_reply = (size_t)snprintf(fake->reply, sizeof fake->reply, "%s", fake->line + 5);
}

static inline void fake_write(struct fake_vxi11 *fake, const uint8_t *args, enum mischief mischief)
{
	uint32_t size = fake_get(args + 16), taken = mischief == HALF ? (size + 1) / 2 : mischief == NOTHING ? 0 : size;
	bool end = fake_get(args + 12) & 8;
	fake_expect(fake, fake_get(args) == 77);
	fake_expect(fake, size > 0 && size <= (fake->largest ? fake->largest : 4096));
	fake->writes++;
	fake->ends += end;
	for (uint32_t i = 0; i < taken; i++) {
		if (args[20 + i] == '\n')
			fake_take_line(fake);
		else
			fake->line[fake->n_line++] = (char)args[20 + i];
	}
	fake_put(fake, mischief == ERROR ? fake->error : 0);
	fake_put(fake, mischief == TOO_MUCH ? size + 1 : taken);
}

static inline void fake_read(struct fake_vxi11 *fake, const uint8_t *args, enum mischief mischief)
{
	uint32_t wanted = fake_get(args + 4), size = fake->n_reply < wanted ? (uint32_t)fake->n_reply : wanted;
	bool owed = fake->owes_end, empty = size == 0 && !owed;
	if (owed)
		size = 0;
	fake->owes_end = mischief == END_LATE;
	fake_expect(fake, fake_get(args) == 77);
	fake_expect(fake, wanted > 0 && wanted <= 4096);
	fake->io_timeout = fake_get(args + 8);
	if (mischief == HALF)
		size = (size + 1) / 2;
	if (mischief == NOTHING)
		size = 0;
	if (empty)
		usleep(fake->io_timeout * 1000);
	uint32_t given = mischief == TOO_MUCH ? wanted + 1 : size;
	fake_put(fake, mischief == ERROR ? fake->error : empty ? 15 : 0);
	bool end = owed || (size == fake->n_reply && mischief != END_LATE);
	fake_put(fake, end ? 4 : size == wanted ? 1 : 0);
	fake_put(fake, mischief == TOO_LONG ? 0xfffffff0 : given);
	memcpy(fake->out + fake->n_out, fake->reply, given);
	fake->n_out += given;
	while (fake->n_out % 4)
		fake->out[fake->n_out++] = 0;
	fake->n_reply -= size;
	memmove(fake->reply, fake->reply + size, fake->n_reply);
}

static inline void fake_create(struct fake_vxi11 *fake, const uint8_t *args, enum mischief mischief)
{
	uint32_t size = fake_get(args + 12);
	fake_expect(fake, fake_get(args + 4) == 0 && size < sizeof fake->device);
	memcpy(fake->device, args + 16, size);
	fake->device[size] = '\0';
	fake->n_reply = fake->n_line = 0;
	fake_put(fake, mischief == ERROR ? fake->error : 0);
	fake_put(fake, 77);
	fake_put(fake, 9999);
	fake_put(fake, fake->largest);
}

static inline void fake_results(struct fake_vxi11 *fake, uint32_t procedure, const uint8_t *args, enum mischief mischief)
{
	switch (procedure) {
	case GETPORT:
		fake_expect(fake, fake_get(args) == 0x0607AF && fake_get(args + 8) == 6);
		fake_put(fake, mischief == NOTHING ? 0 : mischief == TOO_MUCH ? 70000 : (uint32_t)fake->core_port);
		break;
	case CREATE_LINK: fake_create(fake, args, mischief); break;
	case DEVICE_WRITE: fake_write(fake, args, mischief); break;
	case DEVICE_READ: fake_read(fake, args, mischief); break;
	case DEVICE_CLEAR:
		fake->n_reply = fake->n_line = 0;
		fake->owes_end = false; /* fall through */
	case DESTROY_LINK: fake_put(fake, mischief == ERROR ? fake->error : 0); break;
	default: fake_expect(fake, false);
	}
}

/* ---- records ---- */

static inline void fake_header(struct fake_vxi11 *fake, uint32_t xid, enum mischief mischief)
{
	static const uint8_t zeros[404];
	fake_put(fake, mischief == OTHER_XID ? xid + 1000 : xid);
	fake_put(fake, mischief == A_CALL ? 0 : 1);
	fake_put(fake, mischief == DENIED);
	fake_put(fake, 0);
	fake_put(fake, mischief == LONG_VERIFIER ? sizeof zeros : 0);
	if (mischief == LONG_VERIFIER) {
		memcpy(fake->out + fake->n_out, zeros, sizeof zeros);
		fake->n_out += sizeof zeros;
	}
	fake_put(fake, mischief == UNAVAILABLE ? 1 : 0);
}

static inline bool fake_say(int fd, const void *bytes, size_t size)
{
	return send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static inline bool fake_fragment(int fd, const void *bytes, size_t size, bool last)
{
	uint32_t mark = htonl((uint32_t)size | (last ? 0x80000000 : 0));
	return fake_say(fd, &mark, 4) && fake_say(fd, bytes, size);
}

static inline bool fake_fragments(struct fake_vxi11 *fake, int fd, size_t piece)
{
	bool well = true;
	for (size_t at = 0; at < fake->n_out && well; at += piece) {
		size_t left = fake->n_out - at;
		well = fake_fragment(fd, fake->out + at, left < piece ? left : piece, left <= piece);
	}
	return well;
}

/* False: the connection is over. */
static inline bool fake_send_reply(struct fake_vxi11 *fake, int fd, enum mischief mischief)
{
	uint32_t mark = htonl(0xffffffff);
	bool well = true;
	switch (mischief) {
	case SILENT: return true;
	case DROP: return false;
	case DROP_WITHIN: fake_fragment(fd, fake->out, 6, false); return false;
	case CUT: return fake_fragment(fd, fake->out, fake->n_out - 4, true);
	case CUT_HEADER: return fake_fragment(fd, fake->out, 10, true);
	case NO_WORDS: return fake_fragment(fd, fake->out, 0, true);
	case EMPTY_FRAGMENTS:
		for (int i = 0; i < 100000 && well; i++)
			well = fake_fragment(fd, fake->out, 0, false);
		return well;
	case LONG_FRAGMENT: return fake_say(fd, &mark, 4) && fake_say(fd, fake->out, sizeof fake->out);
	case LONG_RECORD: fake->n_out = sizeof fake->out; return fake_fragments(fake, fd, 1000);
	case CRUMBLED: return fake_fragments(fake, fd, 1);
	case TWICE: well = fake_fragments(fake, fd, 100); /* fall through */
	default: return well && fake_fragments(fake, fd, 5000);
	}
}

static inline bool fake_answer(struct fake_vxi11 *fake, int fd)
{
	const uint8_t *words = fake->in + 4; /* xid, 0, 2, program, version, procedure, 0, 0, 0, 0, arguments */
	uint32_t procedure = fake_get(words + 20);
	fake_expect(fake, procedure < 32 && fake_get(words + 8) == 2);
	fake->calls[procedure]++;
	enum mischief mischief = fake->misbehave ? fake->misbehave(fake, procedure) : BEHAVE;
	fake->n_out = 0;
	fake_header(fake, fake_get(words), mischief);
	fake_results(fake, procedure, words + 40, mischief);
	if (mischief == LATE)
		usleep((useconds_t)(fake->late / NS_PER_US));
	return fake_send_reply(fake, fd, mischief);
}

/* True: a whole call has come in. */
static inline bool fake_hear(struct fake_vxi11 *fake, int fd)
{
	fake->n_in = 0;
	do {
		size_t wanted = fake->n_in < 4 ? 4 : 4 + (fake_get(fake->in) & 0x7fffffff);
		fake_expect(fake, wanted <= sizeof fake->in);
		ssize_t n = read(fd, fake->in + fake->n_in, wanted - fake->n_in);
		if (n <= 0)
			return false;
		fake->n_in += (size_t)n;
	} while (fake->n_in <= 4 || fake->n_in < 4 + (fake_get(fake->in) & 0x7fffffff));
	fake_expect(fake, fake_get(fake->in) & 0x80000000);
	return true;
}

static inline void *fake_serve(void *argument)
{
	struct fake_vxi11 *fake = argument;
	struct pollfd set[] = { { .fd = fake->core, .events = POLLIN }, { .fd = fake->portmapper, .events = POLLIN } };
	while (!fake->over) {
		if (poll(set, 2, 20) <= 0)
			continue;
		int fd = accept(set[0].revents ? fake->core : fake->portmapper, NULL, NULL), one = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		fake->client = fd;
		bool well = true;
		while (well && fake_hear(fake, fd)) {
			pthread_mutex_lock(&fake->busy);
			well = fake_answer(fake, fd);
			pthread_mutex_unlock(&fake->busy);
		}
		fake->client = -1;
		close(fd);
	}
	return NULL;
}

static inline void fake_begin(struct fake_vxi11 *fake)
{
	*fake = (struct fake_vxi11){ .client = -1, .busy = PTHREAD_MUTEX_INITIALIZER };
	fake->core = fake_listen(&fake->core_port);
	fake->portmapper = fake_listen(&fake->portmapper_port);
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_serve, fake), 0);
}

static inline void fake_end(struct fake_vxi11 *fake)
{
	fake->over = true;
	if (fake->client >= 0) /* of a test that failed */
		shutdown(fake->client, SHUT_RDWR);
	pthread_join(fake->thread, NULL);
	close(fake->core);
	close(fake->portmapper);
	if (fake->broken)
		fail_msg("a call that no instrument would understand: fake_vxi11.h:%d", fake->broken);
}

#endif
