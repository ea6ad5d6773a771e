/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The USB device controller: registers and buffers; what is answered on endpoint 0 is logic/usb_control.h's, what is sent to the host
 * logic/rig.h's. Packets from the host are queued with the time at which each was complete; while the queue is full, the host waits (NAK).
 */
#ifndef RIG_USB_H
#define RIG_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct usb_ops {
	void *self;
	/* The next packet for the host, from the interrupt or with it held: its bytes, 0 for an empty one, -1: nothing. */
	int (*packet)(void *self, uint8_t *packet, size_t most);
	/* Takes bytes of a packet; returns how many. The rest is offered again. */
	size_t (*receive)(void *self, const uint8_t *bytes, size_t size, uint64_t ticks);
	/* Bus reset, suspend or deconfigured after it was configured; the interrupt is held. */
	void (*host_left)(void *self);
};

void usb_open(const struct usb_ops *ops, const char serial[16]);
/* Of the main loop: what came in goes to receive(), what is to go out is begun. */
void usb_poll(void);
bool usb_configured(void);
/* Off the bus, as if unplugged. */
void usb_close(void);

#endif
