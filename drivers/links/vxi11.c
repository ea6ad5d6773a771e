/*
 * The link `vxi11`: an instrument behind a network, spoken to by remote procedure calls (vxi11_wire.h) over one connection.
 *
 * The instrument gets a little less time for a call than its caller has, so that its own "timeout" comes in time. A caller that
 * gives up all the same leaves a reply under way: it is known by its xid and dropped whenever it comes. Whatever else does not fit
 * ends the connection, as does a call that could be sent in part only: from then on all is IO_GONE until link_reopen. What an
 * instrument still has to say of a message that was not read to its end is cleared before the next one is sent.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "stream.h"
#include "units.h"
#include "vxi11_wire.h"

#define PIECE 4096 /* of a message, in one call */
#define HASTE (50 * NS_PER_MS)    /* at most so much earlier than its caller the instrument gives up */
#define FAREWELL (100 * NS_PER_MS) /* for an instrument to let a link go */
_Static_assert(PIECE + RPC_OVERHEAD <= RPC_RECORD_MAX, "a reply with a piece of a message must fit");

struct vxi11_link {
	struct stream stream;
	struct place place; /* where to begin: the instrument itself, or its portmapper */
	bool ask_portmapper;
	char device[32];
	uint32_t xid, first_xid; /* of the last call, and of the first on this connection */
	uint32_t id;             /* the instrument's number for this link */
	bool linked;
	bool unread;         /* a message was being read, and its end has not come */
	size_t largest;      /* bytes in a call that the instrument takes */
	const char *doing;   /* what was tried last, and why the instrument refused; for messages of open */
	const char *refusal; /* or NULL */
	struct rpc_record record;
	uint8_t call[PIECE + RPC_OVERHEAD];
};

static int64_t now(const struct vxi11_link *link)
{
	return link->stream.link.timebase->now(link->stream.link.timebase);
}

/* ---- one call ---- */

static uint32_t instrument_time(const struct vxi11_link *link, int64_t deadline)
{
	int64_t left = deadline - now(link);
	if (left > 3600 * NS_PER_S)
		left = 3600 * NS_PER_S;
	left -= left / 4 < HASTE ? left / 4 : HASTE;
	return left < NS_PER_MS ? 1 : (uint32_t)(left / NS_PER_MS);
}

static struct xdr_writer next_call(struct vxi11_link *link)
{
	link->xid++;
	return (struct xdr_writer){ .bytes = link->call, .room = sizeof link->call };
}

/* One record, which may have begun to come in for an earlier call. */
static enum io receive(struct vxi11_link *link, int64_t deadline)
{
	enum rpc_progress progress = RPC_MORE;
	while (progress == RPC_MORE) {
		size_t room, got;
		bool end;
		uint8_t *into = rpc_record_room(&link->record, &room);
		enum io io = stream_recv(&link->stream.link, into, room, &got, &end, deadline);
		if (io != IO_OK)
			return io;
		progress = rpc_record_took(&link->record, got);
	}
	return progress == RPC_COMPLETE ? IO_OK : IO_GARBLED;
}

/* The reply to the last call; those to earlier ones, which nobody waits for any more, are dropped. */
static enum io await_reply(struct vxi11_link *link, struct xdr_reader *results, int64_t deadline)
{
	for (;;) {
		struct rpc_reply reply;
		enum io io = receive(link, deadline);
		if (io != IO_OK)
			return io;
		if (!rpc_reply_decode(link->record.bytes, link->record.size, &reply))
			return IO_GARBLED;
		*results = reply.results;
		if (reply.xid == link->xid && !reply.success)
			link->refusal = "the call was refused";
		if (reply.xid == link->xid)
			return reply.success ? IO_OK : IO_GARBLED;
		if (reply.xid - link->first_xid >= link->xid - link->first_xid)
			return IO_GARBLED; /* to a call that was never made */
		if (now(link) >= deadline)
			return IO_TIMEOUT;
	}
}

static void shut(struct vxi11_link *link)
{
	stream_shut(&link->stream);
	link->linked = false;
}

static enum io exchange(struct vxi11_link *link, struct xdr_writer *call, struct xdr_reader *results, int64_t deadline)
{
	enum io io = rpc_call_end(call) ? stream_send(&link->stream.link, call->bytes, call->size, deadline) : IO_GARBLED;
	bool sent = io == IO_OK;
	if (sent)
		io = await_reply(link, results, deadline);
	if (io == IO_GONE || io == IO_GARBLED || !sent)
		shut(link);
	return io;
}

/* What an answered call came to: `decoded` tells if its results made sense. */
static enum io outcome(struct vxi11_link *link, bool decoded, uint32_t error)
{
	enum io io = decoded ? vxi11_meaning(error) : IO_GARBLED;
	link->refusal = decoded && error != VXI11_NO_ERROR ? vxi11_error_text(error) : NULL;
	if (io == IO_GONE || io == IO_GARBLED)
		shut(link);
	return io;
}

/* ---- calls of the instrument ---- */

static enum io create_link(struct vxi11_link *link, int64_t deadline)
{
	struct xdr_writer call = next_call(link);
	struct xdr_reader results;
	struct vxi11_created created = { .error = VXI11_NO_ERROR };
	vxi11_put_create(&call, link->xid, link->device, instrument_time(link, deadline));
	link->doing = "making a link (create_link)";
	enum io io = exchange(link, &call, &results, deadline);
	if (io == IO_OK) {
		bool decoded = vxi11_get_created(results, &created);
		io = outcome(link, decoded, created.error);
	}
	link->linked = io == IO_OK;
	link->id = created.link;
	link->largest = created.largest == 0 || created.largest > PIECE ? PIECE : created.largest;
	return io;
}

/* A link can be made beside another program's lock, but it is good for nothing: clearing it tells. It also drops what an earlier
 * conversation left unread. */
static enum io clear(struct vxi11_link *link, int64_t deadline)
{
	struct xdr_writer call = next_call(link);
	struct xdr_reader results;
	uint32_t error = VXI11_NO_ERROR;
	vxi11_put_clear(&call, link->xid, link->id, instrument_time(link, deadline));
	link->doing = "clearing it (device_clear)";
	enum io io = exchange(link, &call, &results, deadline);
	if (io != IO_OK)
		return io;
	bool decoded = vxi11_get_error(results, &error);
	io = outcome(link, decoded, error);
	link->unread = link->unread && io != IO_OK;
	return io;
}

static enum io write_piece(struct vxi11_link *link, const uint8_t *bytes, size_t size, bool end, size_t *taken, int64_t deadline)
{
	struct xdr_writer call = next_call(link);
	struct xdr_reader results;
	uint32_t error = VXI11_NO_ERROR, count = 0;
	vxi11_put_write(&call, link->xid, link->id, instrument_time(link, deadline), end, bytes, size);
	enum io io = exchange(link, &call, &results, deadline);
	if (io != IO_OK)
		return io;
	bool decoded = vxi11_get_written(results, &error, &count);
	bool sensible = error != VXI11_NO_ERROR || (count > 0 && count <= size);
	*taken = count;
	return outcome(link, decoded && sensible, error);
}

static enum io vxi11_send(struct link *base, const void *bytes, size_t size, int64_t deadline)
{
	struct vxi11_link *link = (struct vxi11_link *)base;
	const uint8_t *from = bytes;
	enum io io = link->unread ? clear(link, deadline) : IO_OK;
	while (io == IO_OK && size > 0) {
		size_t piece = size < link->largest ? size : link->largest, taken = 0;
		io = write_piece(link, from, piece, piece == size, &taken, deadline);
		from += io == IO_OK ? taken : 0;
		size -= io == IO_OK ? taken : 0;
	}
	return io;
}

static enum io read_piece(struct vxi11_link *link, size_t wanted, struct vxi11_read *read, int64_t deadline)
{
	struct xdr_writer call = next_call(link);
	struct xdr_reader results;
	vxi11_put_read(&call, link->xid, link->id, instrument_time(link, deadline), wanted);
	enum io io = exchange(link, &call, &results, deadline);
	if (io != IO_OK)
		return io;
	bool decoded = vxi11_get_read(results, read) && read->size <= wanted;
	return outcome(link, decoded, read->error);
}

/* What came with an error is dropped: the message is incomplete. */
static enum io vxi11_recv(struct link *base, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct vxi11_link *link = (struct vxi11_link *)base;
	struct vxi11_read read = { .size = 0 };
	*got = 0;
	*end = false;
	link->unread = true;
	while (read.size == 0 && !read.end) { /* a piece may be empty */
		enum io io = read_piece(link, size < PIECE ? size : PIECE, &read, deadline);
		if (io != IO_OK)
			return io;
		if (read.size == 0 && !read.end && now(link) >= deadline)
			return IO_TIMEOUT;
	}
	if (read.size > 0)
		memcpy(bytes, read.data, read.size);
	*got = read.size;
	*end = read.end;
	link->unread = !read.end;
	return IO_OK;
}

static enum io vxi11_clear(struct link *base, int64_t deadline)
{
	return clear((struct vxi11_link *)base, deadline);
}

/* ---- coming and going ---- */

static enum io ask_portmapper(struct vxi11_link *link, int *port, int64_t deadline)
{
	struct xdr_writer call = next_call(link);
	struct xdr_reader results;
	portmapper_put_question(&call, link->xid, VXI11_PROGRAM, VXI11_VERSION);
	link->doing = "asking its portmapper";
	enum io io = exchange(link, &call, &results, deadline);
	shut(link);
	if (io != IO_OK)
		return io;
	*port = portmapper_port(results);
	link->refusal = *port == 0 ? "it has no VXI-11 service" : NULL;
	return *port > 0 ? IO_OK : *port == 0 ? IO_GONE : IO_GARBLED;
}

/* Each connection has its own calls: no reply comes over from another. */
static enum io take_connection(struct vxi11_link *link, int fd)
{
	if (fd < 0)
		return dial_meaning(fd);
	link->stream.fd = fd;
	link->first_xid = link->xid + 1;
	link->record = (struct rpc_record){ .size = 0 };
	return IO_OK;
}

/* `fd`: a connection to the place where to begin, or a failure of dial. */
static enum io establish(struct vxi11_link *link, int fd, int64_t deadline)
{
	int port = 0;
	link->refusal = NULL;
	link->doing = "connecting";
	enum io io = take_connection(link, fd);
	if (io == IO_OK && link->ask_portmapper) {
		struct place service = link->place;
		io = ask_portmapper(link, &port, deadline);
		if (io != IO_OK)
			return io;
		place_set_port(&service, port);
		link->doing = "connecting to the port that its portmapper named";
		io = take_connection(link, dial(&service, link->stream.link.timebase, deadline));
	}
	if (io == IO_OK)
		io = create_link(link, deadline);
	return io == IO_OK ? clear(link, deadline) : io;
}

static void part(struct vxi11_link *link, int64_t deadline)
{
	int64_t farewell = now(link) + FAREWELL;
	if (link->linked) {
		struct xdr_writer call = next_call(link);
		struct xdr_reader results;
		vxi11_put_destroy(&call, link->xid, link->id);
		exchange(link, &call, &results, farewell < deadline ? farewell : deadline);
	}
	shut(link);
}

static enum io vxi11_reopen(struct link *base, int64_t deadline)
{
	struct vxi11_link *link = (struct vxi11_link *)base;
	part(link, deadline);
	enum io io = establish(link, dial(&link->place, base->timebase, deadline), deadline);
	if (io != IO_OK)
		shut(link);
	return io;
}

static void vxi11_close(struct link *base)
{
	part((struct vxi11_link *)base, NEVER);
	free(base);
}

static int explain(const struct vxi11_link *link, enum io io, const char *endpoint, struct error *error)
{
	static const char remedy[] = "check that the instrument's VXI-11 (or LXI) service is on, and that nothing else talks to it";
	static const enum error_code codes[] = {
		[IO_TIMEOUT] = ERROR_TIMEOUT, [IO_GONE] = ERROR_GONE, [IO_GARBLED] = ERROR_PROTOCOL,
	};
	static const char *const causes[] = {
		[IO_TIMEOUT] = "no answer", [IO_GONE] = "the connection broke", [IO_GARBLED] = "an answer that makes no sense",
	};
	return error_set(error, codes[io], endpoint, remedy, "%s while %s", link->refusal ? link->refusal : causes[io], link->doing);
}

/* vxi11://HOST[:PORT][/DEVICE][?portmapper=PORT] */
static int configure(struct vxi11_link *link, const struct endpoint *endpoint, int *port, struct error *error)
{
	static const char key[] = "portmapper=";
	long long number = PORTMAPPER_PORT;
	const char *device = endpoint->path[0] && endpoint->path[1] ? endpoint->path + 1 : "inst0";
	bool given = strncmp(endpoint->query, key, strlen(key)) == 0;
	if (given ? integer_parse(endpoint->query + strlen(key), &number) < 0 || number < 1 || number > 65535 : endpoint->query[0])
		return error_set(error, ERROR_CONFIG, endpoint->text, "write it as in vxi11://10.0.0.7 or vxi11://10.0.0.7:1024/inst0",
				 "only '?portmapper=PORT' may follow, and here it does not");
	if (strlen(device) >= sizeof link->device)
		return error_set(error, ERROR_CONFIG, endpoint->text, "an instrument's own is 'inst0'", "the device's name is too long");
	memcpy(link->device, device, strlen(device) + 1);
	link->ask_portmapper = endpoint->port < 0;
	*port = link->ask_portmapper ? (int)number : endpoint->port;
	return 0;
}

static int connect_first(struct vxi11_link *link, const struct endpoint *endpoint, int64_t deadline, struct error *error)
{
	int port = 0;
	if (configure(link, endpoint, &port, error) < 0)
		return -1;
	int fd = dial_host(endpoint, port, &link->place, link->stream.link.timebase, deadline, error);
	if (fd < 0)
		return -1;
	enum io io = establish(link, fd, deadline);
	return io == IO_OK ? 0 : explain(link, io, endpoint->text, error);
}

static struct link *vxi11_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	struct vxi11_link *link = calloc(1, sizeof *link);
	if (link == NULL) {
		error_errno(error, ENOMEM, endpoint->text, NULL, "cannot open a link");
		return NULL;
	}
	link->stream = (struct stream){ .link.timebase = timebase, .fd = -1, .is_socket = true };
	link->xid = (uint32_t)now(link); /* not those of the program that ran before */
	if (connect_first(link, endpoint, deadline, error) == 0)
		return &link->stream.link;
	vxi11_close(&link->stream.link);
	return NULL;
}

const struct link_ops link_vxi11 = {
	.scheme = "vxi11",
	.summary = "an instrument's VXI-11 (LXI) service: vxi11://HOST",
	.open = vxi11_open,
	.reopen = vxi11_reopen,
	.send = vxi11_send,
	.recv = vxi11_recv,
	.clear = vxi11_clear,
	.close = vxi11_close,
};
