/*
 * usbtmc_wire: the headers and status bytes of USBTMC 1.0 and its subclass USB488, as pure functions (USB-IF: "Universal Serial
 * Bus Test and Measurement Class Specification", "… Subclass USB488 Specification", both revision 1.0). Drawn in usbtmc_wire.c.
 */
#ifndef JOULERIG_DRIVERS_LINKS_USBTMC_WIRE_H
#define JOULERIG_DRIVERS_LINKS_USBTMC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USBTMC_HEADER 12
#define USBTMC_CAPABILITIES 24 /* bytes */

/* Class requests, all of them device to host. */
enum usbtmc_request {
	INITIATE_ABORT_BULK_OUT = 1,
	CHECK_ABORT_BULK_OUT_STATUS = 2,
	INITIATE_ABORT_BULK_IN = 3,
	CHECK_ABORT_BULK_IN_STATUS = 4,
	INITIATE_CLEAR = 5,
	CHECK_CLEAR_STATUS = 6,
	GET_CAPABILITIES = 7,
	REN_CONTROL = 160,
};
/* Byte 0 of every answer to them. */
enum usbtmc_status {
	STATUS_SUCCESS = 0x01,
	STATUS_PENDING = 0x02,
	STATUS_FAILED = 0x80,
	STATUS_TRANSFER_NOT_IN_PROGRESS = 0x81,
};
#define USBTMC_QUEUED 0x01 /* byte 1 of the answers to CHECK_…_BULK_IN_STATUS and CHECK_CLEAR_STATUS: read bulk-IN now */

uint8_t usbtmc_next_tag(uint8_t tag); /* 1 … 255, 1 … */
/* What a transfer of `size` bytes of a message is long: header, bytes, and zeros up to a multiple of four. */
size_t usbtmc_padded(size_t size);

/* Headers from the host, USBTMC_HEADER bytes each. */
void usbtmc_message_encode(uint8_t *header, uint8_t tag, uint32_t size, bool end);
void usbtmc_request_encode(uint8_t *header, uint8_t tag, uint32_t most);

struct usbtmc_reply {
	const uint8_t *bytes; /* within what was decoded */
	size_t size;          /* at least 1 */
	bool end;             /* of the message */
};
/* One transfer from the instrument, `got` bytes, in answer to a request with this tag for at most `most` bytes. Returns NULL,
 * or which rule it breaks. */
const char *usbtmc_reply_decode(const uint8_t *bytes, size_t got, uint8_t tag, uint32_t most, struct usbtmc_reply *reply);

struct usbtmc_capabilities {
	bool talk_only, listen_only; /* such an instrument cannot be asked and answer */
	bool ren, remote_local;      /* it takes REN_CONTROL; it has a front panel to lock */
};
/* Returns NULL, or what is wrong. */
const char *usbtmc_capabilities_decode(const uint8_t *bytes, size_t got, struct usbtmc_capabilities *capabilities);

/* False for instruments that claim REN_CONTROL and do not support it: it is never sent to them. */
bool usbtmc_may_send_ren(uint16_t vendor, uint16_t product);

#endif
