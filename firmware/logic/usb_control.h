/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_control: endpoint 0 of a CDC-ACM device without its registers: descriptors, and what is to be answered at each stage of a control
 * transfer (USB 2.0 chapters 8.5.3 and 9; CDC 1.2 chapter 5, PSTN 1.2 chapter 6). The interrupt hands in what came and does what is
 * told; nothing here waits. Everything runs in the USB interrupt.
 *
 *   bus reset     -> usb_control_bus_reset     address 0, data endpoints off
 *   SETUP         -> usb_control_setup         also in the midst of another transfer, which is thereby over: the hardware side takes
 *                                              back what it gave to endpoint 0's buffers before it does what is told
 *   OUT on EP 0   -> usb_control_received      a data stage's packet, or the empty one of a status stage
 *   IN on EP 0    -> usb_control_sent          the packet last told has gone out
 *
 * The data PIDs are the hardware side's: DATA1 follows a SETUP, then they alternate; a status stage is DATA1.
 */
#ifndef JOULERIG_FIRMWARE_USB_CONTROL_H
#define JOULERIG_FIRMWARE_USB_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_VENDOR 0x1209u  /* pid.codes; the product number is one that anybody may test with: who meets it says HELLO before he */
#define USB_PRODUCT 0x0001u /* believes that it is a rig */

#define USB_PACKET_SIZE 64u /* of every endpoint but the notifications' */
#define USB_NOTIFY_SIZE 8u
enum usb_endpoint { USB_EP_NOTIFY = 1, USB_EP_DATA = 2 }; /* interrupt IN 0x81; bulk OUT 0x02 and bulk IN 0x82 */

enum usb_step {
	USB_WAIT,    /* nothing until the next SETUP */
	USB_SEND,    /* send `bytes`, `size` of them (0: an empty packet), on EP 0 IN, and tell usb_control_sent */
	USB_RECEIVE, /* take one packet on EP 0 OUT, and tell usb_control_received */
	USB_STALL,   /* stall EP 0 both ways until the next SETUP, which the controller takes all the same */
};
enum usb_effect { /* bits: done before the step */
	USB_SET_ADDRESS = 1 << 0, /* control->address now: its status stage is over */
	USB_DATA_ON = 1 << 1,     /* configured: the data endpoints begin anew with DATA0, no longer halted */
	USB_DATA_OFF = 1 << 2,    /* no longer configured: the host has gone as far as streams go */
	USB_HALTS = 1 << 3,       /* control->halted has changed: stall or not; an endpoint in control->toggled begins anew with DATA0 */
};
struct usb_action {
	uint8_t step;    /* enum usb_step */
	uint8_t effects; /* enum usb_effect */
	uint8_t size;    /* at most USB_PACKET_SIZE */
	const uint8_t *bytes; /* valid until the next call */
};

enum usb_halt { USB_HALT_NOTIFY = 1 << 0, USB_HALT_OUT = 1 << 1, USB_HALT_IN = 1 << 2 }; /* bits of endpoints */

enum usb_stage { USB_IDLE, USB_DATA_IN, USB_DATA_OUT, USB_STATUS_IN, USB_STATUS_OUT };

struct usb_control {
	uint8_t address;       /* that the host has given; 0: none yet */
	uint8_t configuration; /* 0 or 1 */
	uint8_t halted;        /* enum usb_halt */
	uint8_t toggled;       /* enum usb_halt: of the last USB_HALTS */
	uint8_t line_coding[7]; /* kept and told, as PSTN wants it; nothing depends on it, nor on DTR and RTS */

	uint8_t stage;         /* enum usb_stage */
	uint8_t new_address;   /* to be taken after the status stage */
	bool address_due;
	bool empty_due;        /* the data end on a full packet and are shorter than the host asked for: an empty one ends them */
	const uint8_t *data;   /* what is still to be sent */
	uint16_t left;
	char serial[17];       /* ends with a NUL */
	uint8_t answer[2 + 2 * 32]; /* string descriptors and other answers are put together here */
};

/* `serial`: of the identity page, a text of at most 16 bytes, NUL-padded; where it is empty, the string is "none". */
void usb_control_init(struct usb_control *control, const char serial[16]);

/* Each returns what is to be done now. */
struct usb_action usb_control_bus_reset(struct usb_control *control);
struct usb_action usb_control_setup(struct usb_control *control, const uint8_t setup[8]);
struct usb_action usb_control_received(struct usb_control *control, const uint8_t *bytes, size_t size);
struct usb_action usb_control_sent(struct usb_control *control);

#endif
