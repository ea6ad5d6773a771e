/*
 * usb_port: one claimed interface of a USB device as a protocol needs it: two bulk pipes, control requests and the clearing of a
 * halt. usb_device.h implements it by libusb, tests by a script. One thread. Deadlines are MONOTONIC ns, absolute; a transfer
 * that would begin after its deadline is a timeout.
 */
#ifndef JOULERIG_DRIVERS_LINKS_USB_PORT_H
#define JOULERIG_DRIVERS_LINKS_USB_PORT_H

#include <stddef.h>
#include <stdint.h>

enum usb {
	USB_OK,
	USB_TIMEOUT,
	USB_STALL,  /* a bulk pipe has halted; a control request was refused */
	USB_BROKEN, /* the transfer failed, the device is still there: noise, or more bytes than there was room for */
	USB_GONE,   /* unplugged, or reset by somebody else */
};

/* An IN request to class or standard. */
struct usb_setup {
	uint8_t type, request;
	uint16_t value, index, size;
};
#define USB_CLASS_INTERFACE_IN 0xa1
#define USB_CLASS_ENDPOINT_IN 0xa2

struct usb_port {
	uint8_t interface, in, out; /* number; endpoint addresses */
	uint16_t packet_in;         /* bytes of a full packet: reads are multiples of it */
	enum usb (*bulk_out)(struct usb_port *port, const uint8_t *bytes, size_t size, size_t *sent, int64_t deadline);
	/* Ends with a packet that is not full, or with `size` bytes. */
	enum usb (*bulk_in)(struct usb_port *port, uint8_t *bytes, size_t size, size_t *got, int64_t deadline);
	enum usb (*control)(struct usb_port *port, const struct usb_setup *setup, uint8_t *answer, size_t *got, int64_t deadline);
	enum usb (*clear_halt)(struct usb_port *port, uint8_t endpoint, int64_t deadline);
};

#endif
