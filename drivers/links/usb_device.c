#include "usb_device.h"

#include <stdio.h>
#include <string.h>

/* After a transfer failed for no stated reason: until an unplug has been noticed. */
#define UNPLUG_NOTICED (250 * NS_PER_MS)
#define UNPLUG_PAUSE (10 * NS_PER_MS)

/* ---- transfers ---- */

/* What libusb is told: never 0, which means forever. A timeout is up to 1 ms late. */
static unsigned int milliseconds(struct usb_device *device, int64_t deadline)
{
	int64_t left = deadline - device->timebase->now(device->timebase);
	if (left <= 0)
		return 0;
	if (left > 3600 * NS_PER_S)
		left = 3600 * NS_PER_S;
	return (unsigned int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

/* GET_STATUS of the device; whatever it answers, even a refusal, it is there. */
static int ask_presence(struct usb_device *device, int64_t deadline)
{
	uint8_t status[2];
	unsigned int timeout = milliseconds(device, deadline);
	if (timeout == 0)
		return LIBUSB_ERROR_TIMEOUT;
	return libusb_control_transfer(device->handle, LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_STATUS, 0, 0, status, sizeof status,
				       timeout);
}

/* An unplug in mid-transfer looks like any failure, until the kernel has noticed. One that goes on failing is gone, too. */
static enum usb gone_or_broken(struct usb_device *device, int64_t deadline)
{
	int64_t start = device->timebase->now(device->timebase);
	for (;;) {
		int result = ask_presence(device, deadline);
		int64_t now = device->timebase->now(device->timebase);
		if (result == LIBUSB_ERROR_NO_DEVICE)
			return USB_GONE;
		if (result >= 0 || result == LIBUSB_ERROR_PIPE || now >= deadline)
			return USB_BROKEN;
		if (now - start >= UNPLUG_NOTICED)
			return USB_GONE;
		device->timebase->wait_until(device->timebase, now + UNPLUG_PAUSE);
	}
}

static enum usb meaning(struct usb_device *device, int result, int64_t deadline)
{
	switch (result) {
	case LIBUSB_ERROR_TIMEOUT:
		return USB_TIMEOUT;
	case LIBUSB_ERROR_PIPE:
		return USB_STALL;
	case LIBUSB_ERROR_NO_DEVICE:
		return USB_GONE;
	case LIBUSB_ERROR_OVERFLOW:
		return USB_BROKEN;
	default:
		return result >= 0 ? USB_OK : gone_or_broken(device, deadline);
	}
}

static enum usb bulk(struct usb_port *port, uint8_t endpoint, uint8_t *bytes, size_t size, size_t *done, int64_t deadline)
{
	struct usb_device *device = (struct usb_device *)port;
	int count = 0;
	*done = 0;
	if (device->handle == NULL)
		return USB_GONE;
	unsigned int timeout = milliseconds(device, deadline);
	if (timeout == 0)
		return USB_TIMEOUT;
	int result = libusb_bulk_transfer(device->handle, endpoint, bytes, (int)size, &count, timeout);
	*done = (size_t)count;
	return meaning(device, result, deadline);
}

static enum usb bulk_out(struct usb_port *port, const uint8_t *bytes, size_t size, size_t *sent, int64_t deadline)
{
	return bulk(port, port->out, (uint8_t *)bytes, size, sent, deadline); /* libusb only reads them */
}

static enum usb bulk_in(struct usb_port *port, uint8_t *bytes, size_t size, size_t *got, int64_t deadline)
{
	return bulk(port, port->in, bytes, size, got, deadline);
}

static enum usb control(struct usb_port *port, const struct usb_setup *setup, uint8_t *answer, size_t *got, int64_t deadline)
{
	struct usb_device *device = (struct usb_device *)port;
	*got = 0;
	if (device->handle == NULL)
		return USB_GONE;
	unsigned int timeout = milliseconds(device, deadline);
	if (timeout == 0)
		return USB_TIMEOUT;
	int result = libusb_control_transfer(device->handle, setup->type, setup->request, setup->value, setup->index, answer,
					     setup->size, timeout);
	device->mute = result == LIBUSB_ERROR_TIMEOUT;
	if (result > 0)
		*got = (size_t)result;
	return meaning(device, result, deadline);
}

/* The kernel allows this 5 s, and no less: so the device is asked for the same by a request with a deadline, first. The kernel's
 * own is needed all the same: it starts the host's packet sequence anew. */
static enum usb clear_halt(struct usb_port *port, uint8_t endpoint, int64_t deadline)
{
	struct usb_device *device = (struct usb_device *)port;
	unsigned int timeout = milliseconds(device, deadline);
	if (device->handle == NULL)
		return USB_GONE;
	if (timeout == 0)
		return USB_TIMEOUT;
	int result = libusb_control_transfer(device->handle, LIBUSB_RECIPIENT_ENDPOINT, LIBUSB_REQUEST_CLEAR_FEATURE, 0, endpoint,
					     NULL, 0, timeout);
	if (result >= 0)
		result = libusb_clear_halt(device->handle, endpoint);
	return meaning(device, result == LIBUSB_ERROR_NOT_FOUND ? LIBUSB_ERROR_PIPE : result, deadline);
}

/* ---- opening ---- */

static int failed(int result, const char *on, const char *what, struct error *error)
{
	if (result == LIBUSB_ERROR_ACCESS)
		return error_set(error, ERROR_PERMISSION, on, ACCESS_REMEDY, "%s: permission denied", what);
	if (result == LIBUSB_ERROR_BUSY)
		return error_set(error, ERROR_PERMISSION, on, "end the other program, or the other device of the bench, that uses it",
				 "%s: somebody else uses the instrument", what);
	return error_set(error, result == LIBUSB_ERROR_NO_DEVICE ? ERROR_GONE : ERROR_IO, on,
			 "check the cable and the instrument's power", "%s: %s", what, libusb_strerror(result));
}

static int choose_pipes(libusb_device *found, struct usb_pipes *pipes, const char *on, struct error *error)
{
	struct libusb_config_descriptor *configuration;
	bool present;
	int result = libusb_get_active_config_descriptor(found, &configuration);
	if (result < 0)
		return error_set(error, ERROR_PROTOCOL, on, "plug it in again; if that does not help, it is not a USBTMC instrument",
				 "the instrument's USB descriptors cannot be used: %s", libusb_strerror(result));
	const char *fault = usb_find_pipes(configuration, pipes, &present);
	libusb_free_config_descriptor(configuration);
	if (fault == NULL)
		return 0;
	return error_set(error, ERROR_PROTOCOL, on, present ? "the instrument's firmware is at fault: is there a newer one?" :
			 "choose USBTMC (or 'TMC') in the instrument's menu, if it has such a setting",
			 "the instrument's USB descriptors cannot be used: %s", fault);
}

/* Only of an instrument that answers: see usb_device.h. */
static int choose_alternate(struct usb_device *device, const struct usb_pipes *pipes, int64_t deadline)
{
	int result = ask_presence(device, deadline);
	device->mute = result == LIBUSB_ERROR_TIMEOUT;
	if (result < 0 && result != LIBUSB_ERROR_PIPE)
		return result;
	return libusb_set_interface_alt_setting(device->handle, pipes->interface, pipes->alternate);
}

/* With the kernel's usbtmc driver out of the way until the interface is released. */
static int claim(struct usb_device *device, const struct usb_pipes *pipes, int64_t deadline, const char *on, struct error *error)
{
	libusb_set_auto_detach_kernel_driver(device->handle, 1);
	int result = libusb_claim_interface(device->handle, pipes->interface);
	if (result < 0)
		return failed(result, on, "cannot take the instrument's USBTMC interface", error);
	if (pipes->alternate != 0)
		result = choose_alternate(device, pipes, deadline);
	if (result < 0) {
		libusb_set_auto_detach_kernel_driver(device->handle, !device->mute);
		libusb_release_interface(device->handle, pipes->interface);
		return failed(result, on, "cannot choose the interface's alternate setting", error);
	}
	return 0;
}

static int open_found(struct usb_device *device, libusb_device *found, int64_t deadline, const char *on, struct error *error)
{
	struct usb_pipes pipes;
	if (choose_pipes(found, &pipes, on, error) < 0)
		return -1;
	int result = libusb_open(found, &device->handle);
	if (result < 0) {
		device->handle = NULL;
		return failed(result, on, "cannot open the instrument", error);
	}
	if (claim(device, &pipes, deadline, on, error) < 0) {
		libusb_close(device->handle);
		device->handle = NULL;
		return -1;
	}
	device->port = (struct usb_port){
		.interface = pipes.interface, .in = pipes.in, .out = pipes.out, .packet_in = pipes.packet_in,
		.bulk_out = bulk_out, .bulk_in = bulk_in, .control = control, .clear_halt = clear_halt,
	};
	return 0;
}

int usb_device_open(struct usb_device *device, struct usb_identity *identity, struct timebase *timebase, int64_t deadline,
		    const char *on, struct error *error)
{
	char serial[sizeof identity->serial];
	*device = (struct usb_device){ .timebase = timebase };
	if (timebase->now(timebase) >= deadline)
		return error_set(error, ERROR_TIMEOUT, on, NULL, "no time left to open the instrument");
	int result = libusb_init(&device->context);
	if (result < 0) {
		device->context = NULL;
		return error_set(error, ERROR_IO, on, NULL, "this machine's USB cannot be used: %s", libusb_strerror(result));
	}
	libusb_device *found = usb_find(device->context, identity, serial, sizeof serial, on, error);
	int opened = found ? open_found(device, found, deadline, on, error) : -1;
	if (found)
		libusb_unref_device(found);
	if (opened < 0)
		usb_device_close(device, false);
	else
		snprintf(identity->serial, sizeof identity->serial, "%s", serial);
	return opened;
}

void usb_device_close(struct usb_device *device, bool give_back)
{
	if (device->handle) {
		libusb_set_auto_detach_kernel_driver(device->handle, give_back && !device->mute);
		libusb_release_interface(device->handle, device->port.interface);
		libusb_close(device->handle);
	}
	if (device->context)
		libusb_exit(device->context);
	device->handle = NULL;
	device->context = NULL;
}
