/*
 * usb_list: the USB instruments of one class that are plugged in, by what the kernel knows of them. Nothing is opened, so that it
 * works without permission and disturbs nobody.
 */
#ifndef JOULERIG_DRIVERS_LINKS_USB_LIST_H
#define JOULERIG_DRIVERS_LINKS_USB_LIST_H

#include <libusb.h>

#include "link.h"

/* Which instrument is meant. */
struct usb_identity {
	uint16_t vendor, product;
	char serial[128]; /* its serial string as the descriptor says it; "": whichever there is */
};

/* Both bulk pipes of a USBTMC interface. */
struct usb_pipes {
	uint8_t interface, alternate;
	uint8_t in, out;     /* endpoint addresses */
	uint16_t packet_in;
};
/* The first USBTMC interface of a configuration: class FE, subclass 03, protocol 00 or 01. Pure. Returns NULL, or what is wrong
 * with it; `*present` tells whether there is one at all. */
const char *usb_find_pipes(const struct libusb_config_descriptor *configuration, struct usb_pipes *pipes, bool *present);

/* An instrument with this identity, with a reference that the caller drops, or NULL: there is none, or it cannot be told which
 * of several is meant. `serial` gets its serial string. */
libusb_device *usb_find(libusb_context *context, const struct usb_identity *identity, char *serial, size_t size,
			const char *on, struct error *error);

/* The link_ops hook `find` of usbtmc. */
size_t usb_find_all(struct finding *found, size_t max);

#endif
