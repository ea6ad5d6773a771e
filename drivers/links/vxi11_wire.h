/*
 * vxi11_wire: the calls of a VXI-11 instrument's core channel, as arguments and results. Pure.
 *
 * Program 0x0607AF, version 1 (VXI-11, TCP/IP Instrument Protocol, 1995, B.6). Words of 32 bits; times in ms.
 *
 *   10 create_link    client, lock the device (0/1), lock timeout, opaque name ("inst0") -> error, link, abort port, largest write
 *   11 device_write   link, timeout, lock timeout, flags, opaque data                    -> error, bytes taken
 *   12 device_read    link, bytes wanted, timeout, lock timeout, flags, end character    -> error, reason, opaque data
 *   15 device_clear   link, flags, lock timeout, timeout                                 -> error
 *   23 destroy_link   link                                                               -> error
 *
 *   flags: 8 = END with the last byte.   reason: 1 = as many as wanted, 2 = end character, 4 = END; 0: there is more.
 */
#ifndef JOULERIG_DRIVERS_LINKS_VXI11_WIRE_H
#define JOULERIG_DRIVERS_LINKS_VXI11_WIRE_H

#include "link.h"
#include "onc_rpc.h"

#define VXI11_PROGRAM 0x0607AF
#define VXI11_VERSION 1

enum vxi11_error {
	VXI11_NO_ERROR = 0,
	VXI11_UNSUPPORTED = 8,
	VXI11_LOCKED = 11,
	VXI11_IO_TIMEOUT = 15,
};
/* What it means to a link's user: IO_GONE where only a new link can help. */
enum io vxi11_meaning(uint32_t error);
const char *vxi11_error_text(uint32_t error); /* never NULL */

/* Whole calls, to be sent as they are once rpc_call_end has closed them. */
void vxi11_put_create(struct xdr_writer *writer, uint32_t xid, const char *device, uint32_t timeout);
void vxi11_put_write(struct xdr_writer *writer, uint32_t xid, uint32_t link, uint32_t timeout, bool end, const void *data, size_t size);
void vxi11_put_read(struct xdr_writer *writer, uint32_t xid, uint32_t link, uint32_t timeout, size_t wanted);
void vxi11_put_clear(struct xdr_writer *writer, uint32_t xid, uint32_t link, uint32_t timeout);
void vxi11_put_destroy(struct xdr_writer *writer, uint32_t xid, uint32_t link);

/* Results; false: not of that form. `data` points into the record. */
struct vxi11_created {
	uint32_t error, link, largest;
};
struct vxi11_read {
	uint32_t error;
	bool end;
	const uint8_t *data;
	size_t size;
};
bool vxi11_get_created(struct xdr_reader results, struct vxi11_created *created);
bool vxi11_get_written(struct xdr_reader results, uint32_t *error, uint32_t *taken);
bool vxi11_get_read(struct xdr_reader results, struct vxi11_read *read);
bool vxi11_get_error(struct xdr_reader results, uint32_t *error); /* of clear and destroy */

#endif
