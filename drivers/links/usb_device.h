/*
 * usb_device: a usb_port by libusb. One libusb context an instrument: no two device threads share one, and a new one sees what
 * has been plugged in since, whether or not udev runs.
 *
 * Three requests are the kernel's own, which gives the device 5 s to answer whatever a deadline says: clearing a halt, choosing an
 * alternate setting, and, when the interface is released, going back to setting 0 or to the kernel's driver. Each is made only when
 * the device has just answered another request in time. One that falls silent right between the two holds the thread for up to
 * 5 s beyond the deadline.
 */
#ifndef JOULERIG_DRIVERS_LINKS_USB_DEVICE_H
#define JOULERIG_DRIVERS_LINKS_USB_DEVICE_H

#include "usb_list.h"
#include "usb_port.h"

struct usb_device {
	struct usb_port port; /* first: its functions get this address */
	struct timebase *timebase;
	libusb_context *context; /* NULL while closed */
	libusb_device_handle *handle;
	bool mute; /* it did not answer the last control request */
};

/* Finds the instrument, opens it, takes its USBTMC interface from the kernel's driver and chooses its alternate setting. The
 * serial of `identity` is filled when it was empty: the same instrument is meant from then on. 0, or -1 with `device` closed. */
int usb_device_open(struct usb_device *device, struct usb_identity *identity, struct timebase *timebase, int64_t deadline,
		    const char *on, struct error *error);
/* Gives the interface back to the kernel's driver, or not. Not where the instrument is mute: that driver asks it at once, and would
 * wait 5 s for its answer. Closing twice is fine. */
void usb_device_close(struct usb_device *device, bool give_back);

#endif
