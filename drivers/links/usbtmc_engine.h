/*
 * usbtmc_engine: messages to and from a USBTMC instrument over a usb_port, and the way back after anything that went wrong.
 *
 * A message is sent at once, in transfers of at most USBTMC_OUT bytes. A reply is asked for when bytes are wanted and none are
 * left, USBTMC_IN bytes at a time. After any failure, or when a reply was not read to its end, the conversation is out of step:
 * nothing is sent or received before usbtmc_clear has succeeded (usbtmc_send does it by itself). No allocation.
 */
#ifndef JOULERIG_DRIVERS_LINKS_USBTMC_ENGINE_H
#define JOULERIG_DRIVERS_LINKS_USBTMC_ENGINE_H

#include "link.h"
#include "usb_port.h"
#include "usbtmc_wire.h"

#define USBTMC_OUT 1024         /* bytes of a message in one transfer */
#define USBTMC_IN 4096          /* bytes of a reply in one transfer: as much as link_line takes */
#define USBTMC_PACKET_MAX 1024  /* of USB 3; smaller ones are powers of two */

struct usbtmc {
	struct usb_port *port;
	struct timebase *timebase;
	uint8_t tag, tag_in;        /* of the last transfer sent; of the last request for a reply */
	bool out_of_step;
	bool out_cut, in_expected;  /* a transfer to the instrument was cut off; one from it is still to come, or to end */
	bool in_halted;
	bool message_open;          /* part of a reply has been received, its end not */
	const uint8_t *left;        /* of the last transfer received, within `in` */
	size_t n_left;
	const char *fault;          /* why the last call failed; static text */
	uint8_t out[USBTMC_HEADER + USBTMC_OUT];
	uint8_t in[USBTMC_HEADER + USBTMC_IN + USBTMC_PACKET_MAX];
};

/* `port` and `timebase` outlive it. Also after the port was opened again. */
void usbtmc_init(struct usbtmc *tmc, struct usb_port *port, struct timebase *timebase);

/* As the link_ops hooks. */
enum io usbtmc_send(struct usbtmc *tmc, const void *bytes, size_t size, int64_t deadline);
enum io usbtmc_recv(struct usbtmc *tmc, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline);
enum io usbtmc_clear(struct usbtmc *tmc, int64_t deadline);

enum io usbtmc_get_capabilities(struct usbtmc *tmc, struct usbtmc_capabilities *capabilities, int64_t deadline);
/* Puts the instrument under remote control, or back: only for one that usbtmc_may_send_ren and says that it can. */
enum io usbtmc_remote(struct usbtmc *tmc, bool remote, int64_t deadline);

/* Notes a failure: the conversation is out of step. */
enum io usbtmc_failed(struct usbtmc *tmc, enum usb usb, const char *fault);
/* A class request to the interface or, where `endpoint` is not 0, to that endpoint. USB_OK: at least one byte was answered. */
enum usb usbtmc_control(struct usbtmc *tmc, enum usbtmc_request request, uint16_t value, uint8_t endpoint, uint8_t *answer,
			uint16_t size, size_t *got, int64_t deadline);

#endif
