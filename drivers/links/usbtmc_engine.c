/* Messages and replies. What follows a failure is in usbtmc_recover.c. */
#include "usbtmc_engine.h"

#include <string.h>

void usbtmc_init(struct usbtmc *tmc, struct usb_port *port, struct timebase *timebase)
{
	*tmc = (struct usbtmc){ .port = port, .timebase = timebase };
	tmc->tag = (uint8_t)(timebase->now(timebase) >> 20); /* any: not those of the conversation before */
}

enum io usbtmc_failed(struct usbtmc *tmc, enum usb usb, const char *fault)
{
	tmc->out_of_step = true;
	tmc->fault = fault;
	tmc->n_left = 0;
	return usb == USB_TIMEOUT ? IO_TIMEOUT : usb == USB_GONE ? IO_GONE : IO_GARBLED;
}

/* The header stands in `out`, `size` bytes of data behind it. */
static enum io put(struct usbtmc *tmc, size_t size, int64_t deadline)
{
	size_t sent = 0, whole = usbtmc_padded(size);
	memset(tmc->out + USBTMC_HEADER + size, 0, whole - USBTMC_HEADER - size);
	enum usb usb = tmc->port->bulk_out(tmc->port, tmc->out, whole, &sent, deadline);
	if (usb == USB_OK && sent == whole)
		return IO_OK;
	tmc->out_cut = true;
	return usbtmc_failed(tmc, usb, usb == USB_STALL ? "the instrument halted its bulk-OUT pipe" : "a transfer was cut off");
}

enum io usbtmc_send(struct usbtmc *tmc, const void *bytes, size_t size, int64_t deadline)
{
	const char *from = bytes;
	enum io io = IO_OK;
	if (tmc->out_of_step || tmc->message_open)
		io = usbtmc_clear(tmc, deadline);
	tmc->n_left = 0; /* an old reply must not answer a new question */
	while (io == IO_OK && size > 0) {
		size_t piece = size < USBTMC_OUT ? size : USBTMC_OUT;
		tmc->tag = usbtmc_next_tag(tmc->tag);
		usbtmc_message_encode(tmc->out, tmc->tag, (uint32_t)piece, piece == size);
		memcpy(tmc->out + USBTMC_HEADER, from, piece);
		io = put(tmc, piece, deadline);
		from += piece;
		size -= piece;
	}
	return io;
}

static enum io request_reply(struct usbtmc *tmc, int64_t deadline)
{
	tmc->tag = usbtmc_next_tag(tmc->tag);
	usbtmc_request_encode(tmc->out, tmc->tag, USBTMC_IN);
	enum io io = put(tmc, 0, deadline);
	if (io != IO_OK)
		return io;
	tmc->tag_in = tmc->tag;
	tmc->in_expected = true;
	return IO_OK;
}

/* A whole number of packets with room for the reply: a conforming one is shorter, so that its last packet ends the transfer. */
static size_t room(const struct usbtmc *tmc)
{
	size_t packet = tmc->port->packet_in;
	return (USBTMC_HEADER + USBTMC_IN) / packet * packet + packet;
}

static enum io take_reply(struct usbtmc *tmc, int64_t deadline)
{
	struct usbtmc_reply reply;
	size_t got = 0;
	enum usb usb = tmc->port->bulk_in(tmc->port, tmc->in, room(tmc), &got, deadline);
	if (usb != USB_OK) {
		tmc->in_halted = usb == USB_STALL;
		return usbtmc_failed(tmc, usb, usb == USB_STALL ? "the instrument halted its bulk-IN pipe" : "no whole reply");
	}
	tmc->in_expected = got == room(tmc); /* without a short packet: it is still sending */
	const char *fault = tmc->in_expected ? "a reply longer than asked for" :
					       usbtmc_reply_decode(tmc->in, got, tmc->tag_in, USBTMC_IN, &reply);
	if (fault)
		return usbtmc_failed(tmc, USB_BROKEN, fault);
	tmc->left = reply.bytes;
	tmc->n_left = reply.size;
	tmc->message_open = !reply.end;
	return IO_OK;
}

enum io usbtmc_recv(struct usbtmc *tmc, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	enum io io = IO_OK;
	*got = 0;
	*end = false;
	if (tmc->out_of_step)
		return usbtmc_failed(tmc, USB_BROKEN, "a reply was wanted before the conversation was cleared");
	if (tmc->n_left == 0)
		io = request_reply(tmc, deadline);
	if (tmc->n_left == 0 && io == IO_OK)
		io = take_reply(tmc, deadline);
	if (io != IO_OK)
		return io;
	*got = size < tmc->n_left ? size : tmc->n_left;
	memcpy(bytes, tmc->left, *got);
	tmc->left += *got;
	tmc->n_left -= *got;
	*end = tmc->n_left == 0 && !tmc->message_open;
	return IO_OK;
}

enum usb usbtmc_control(struct usbtmc *tmc, enum usbtmc_request request, uint16_t value, uint8_t endpoint, uint8_t *answer,
			uint16_t size, size_t *got, int64_t deadline)
{
	struct usb_setup setup = {
		.type = endpoint ? USB_CLASS_ENDPOINT_IN : USB_CLASS_INTERFACE_IN, .request = (uint8_t)request, .value = value,
		.index = endpoint ? endpoint : tmc->port->interface, .size = size,
	};
	*got = 0;
	enum usb usb = tmc->port->control(tmc->port, &setup, answer, got, deadline);
	return usb == USB_OK && *got == 0 ? USB_BROKEN : usb;
}

enum io usbtmc_get_capabilities(struct usbtmc *tmc, struct usbtmc_capabilities *capabilities, int64_t deadline)
{
	uint8_t answer[USBTMC_CAPABILITIES];
	size_t got;
	enum usb usb = usbtmc_control(tmc, GET_CAPABILITIES, 0, 0, answer, sizeof answer, &got, deadline);
	if (usb != USB_OK)
		return usbtmc_failed(tmc, usb, usb == USB_STALL ? "GET_CAPABILITIES refused" :
					       usb == USB_TIMEOUT ? "no answer to GET_CAPABILITIES in time" : "GET_CAPABILITIES failed");
	const char *fault = usbtmc_capabilities_decode(answer, got, capabilities);
	return fault ? usbtmc_failed(tmc, USB_BROKEN, fault) : IO_OK;
}

enum io usbtmc_remote(struct usbtmc *tmc, bool remote, int64_t deadline)
{
	uint8_t status;
	size_t got;
	enum usb usb = usbtmc_control(tmc, REN_CONTROL, remote, 0, &status, sizeof status, &got, deadline);
	return usb == USB_OK && status == STATUS_SUCCESS ? IO_OK : usbtmc_failed(tmc, usb, "REN_CONTROL failed");
}
