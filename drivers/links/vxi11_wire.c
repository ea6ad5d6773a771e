#include "vxi11_wire.h"

#include <string.h>

enum procedure { CREATE_LINK = 10, DEVICE_WRITE = 11, DEVICE_READ = 12, DEVICE_CLEAR = 15, DESTROY_LINK = 23 };
enum { CLIENT = 0x4a52, END_FLAG = 8, REASON_END = 4 };

/* ---- errors (B.5.2) ---- */

static const struct {
	uint32_t error;
	enum io io;
	const char *text;
} errors[] = {
	{ VXI11_NO_ERROR, IO_OK, "no error" },
	{ 1, IO_GARBLED, "syntax error" },
	{ 3, IO_GONE, "device not accessible" },
	{ 4, IO_GONE, "invalid link" },
	{ 5, IO_GARBLED, "parameter error" },
	{ 6, IO_GONE, "channel not established" },
	{ VXI11_UNSUPPORTED, IO_GARBLED, "operation not supported" },
	{ 9, IO_GONE, "out of resources" },
	{ VXI11_LOCKED, IO_TIMEOUT, "locked by another program" },
	{ 12, IO_GARBLED, "no lock held" },
	{ VXI11_IO_TIMEOUT, IO_TIMEOUT, "I/O timeout" },
	{ 17, IO_GONE, "I/O error" },
	{ 21, IO_GARBLED, "invalid address" },
	{ 23, IO_TIMEOUT, "aborted" },
	{ 29, IO_GARBLED, "channel already established" },
};
#define ERRORS (sizeof errors / sizeof *errors)

enum io vxi11_meaning(uint32_t error)
{
	for (size_t i = 0; i < ERRORS; i++)
		if (errors[i].error == error)
			return errors[i].io;
	return IO_GARBLED;
}

const char *vxi11_error_text(uint32_t error)
{
	for (size_t i = 0; i < ERRORS; i++)
		if (errors[i].error == error)
			return errors[i].text;
	return "unknown error";
}

/* ---- calls ---- */

static void put_call(struct xdr_writer *writer, uint32_t xid, enum procedure procedure, const uint32_t *words, size_t n)
{
	rpc_call_begin(writer, xid, VXI11_PROGRAM, VXI11_VERSION, procedure);
	for (size_t i = 0; i < n; i++)
		xdr_put(writer, words[i]);
}
#define PUT_CALL(writer, xid, procedure, ...)                                                                                 \
	put_call(writer, xid, procedure, (const uint32_t[]){ __VA_ARGS__ }, sizeof (const uint32_t[]){ __VA_ARGS__ } / sizeof (uint32_t))

void vxi11_put_create(struct xdr_writer *writer, uint32_t xid, const char *device, uint32_t timeout)
{
	PUT_CALL(writer, xid, CREATE_LINK, CLIENT, 0, timeout);
	xdr_put_opaque(writer, device, strlen(device));
}

void vxi11_put_write(struct xdr_writer *writer, uint32_t xid, uint32_t link, uint32_t timeout, bool end, const void *data, size_t size)
{
	PUT_CALL(writer, xid, DEVICE_WRITE, link, timeout, timeout, end ? END_FLAG : 0);
	xdr_put_opaque(writer, data, size);
}

void vxi11_put_read(struct xdr_writer *writer, uint32_t xid, uint32_t link, uint32_t timeout, size_t wanted)
{
	PUT_CALL(writer, xid, DEVICE_READ, link, (uint32_t)wanted, timeout, timeout, 0, 0);
}

void vxi11_put_clear(struct xdr_writer *writer, uint32_t xid, uint32_t link, uint32_t timeout)
{
	PUT_CALL(writer, xid, DEVICE_CLEAR, link, 0, timeout, timeout);
}

void vxi11_put_destroy(struct xdr_writer *writer, uint32_t xid, uint32_t link)
{
	PUT_CALL(writer, xid, DESTROY_LINK, link);
}

/* ---- results ---- */

bool vxi11_get_error(struct xdr_reader results, uint32_t *error)
{
	*error = xdr_get(&results);
	return !results.bad;
}

bool vxi11_get_created(struct xdr_reader results, struct vxi11_created *created)
{
	created->error = xdr_get(&results);
	created->link = xdr_get(&results);
	xdr_get(&results); /* the abort channel's port: not used, calls have their own deadlines */
	created->largest = xdr_get(&results);
	return !results.bad;
}

bool vxi11_get_written(struct xdr_reader results, uint32_t *error, uint32_t *taken)
{
	*error = xdr_get(&results);
	*taken = xdr_get(&results);
	return !results.bad;
}

bool vxi11_get_read(struct xdr_reader results, struct vxi11_read *read)
{
	read->error = xdr_get(&results);
	read->end = xdr_get(&results) & REASON_END;
	read->data = xdr_get_opaque(&results, &read->size);
	return !results.bad;
}
