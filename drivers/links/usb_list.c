/* Devices come from libusb, which reads their descriptors from sysfs; so do the strings here. */
#include "usb_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORTS_MAX 7 /* hubs in a row that USB allows */

/* ---- descriptors ---- */

static bool is_usbtmc(const struct libusb_interface_descriptor *interface)
{
	return interface->bInterfaceClass == 0xfe && interface->bInterfaceSubClass == 0x03 && interface->bInterfaceProtocol <= 1;
}

static bool sane_packet(uint16_t size)
{
	return size >= 8 && size <= 1024 && (size & (size - 1)) == 0;
}

static const char *read_pipes(const struct libusb_interface_descriptor *interface, struct usb_pipes *pipes)
{
	*pipes = (struct usb_pipes){ .interface = interface->bInterfaceNumber, .alternate = interface->bAlternateSetting };
	uint16_t packet_out = 0;
	for (int i = 0; i < interface->bNumEndpoints; i++) {
		const struct libusb_endpoint_descriptor *endpoint = &interface->endpoint[i];
		if ((endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_BULK)
			continue;
		bool in = endpoint->bEndpointAddress & LIBUSB_ENDPOINT_IN;
		if (in ? pipes->in : pipes->out)
			return "it has more than one bulk pipe in one direction";
		if ((endpoint->bEndpointAddress & LIBUSB_ENDPOINT_ADDRESS_MASK) == 0)
			return "a bulk pipe has the address of the control pipe";
		*(in ? &pipes->in : &pipes->out) = endpoint->bEndpointAddress;
		*(in ? &pipes->packet_in : &packet_out) = endpoint->wMaxPacketSize;
	}
	if (pipes->in == 0 || pipes->out == 0)
		return "it lacks a bulk pipe";
	if (!sane_packet(pipes->packet_in) || !sane_packet(packet_out))
		return "its packets have a size that USB does not know";
	return NULL;
}

const char *usb_find_pipes(const struct libusb_config_descriptor *configuration, struct usb_pipes *pipes, bool *present)
{
	*present = true;
	for (int i = 0; i < configuration->bNumInterfaces; i++)
		for (int a = 0; a < configuration->interface[i].num_altsetting; a++)
			if (is_usbtmc(&configuration->interface[i].altsetting[a]))
				return read_pipes(&configuration->interface[i].altsetting[a], pipes);
	*present = false;
	return "it has no USBTMC interface";
}

static bool has_usbtmc(libusb_device *device)
{
	struct libusb_config_descriptor *configuration;
	struct usb_pipes pipes;
	bool present;
	if (libusb_get_active_config_descriptor(device, &configuration) < 0)
		return false;
	usb_find_pipes(configuration, &pipes, &present);
	libusb_free_config_descriptor(configuration);
	return present;
}

/* ---- strings ---- */

/* Of sysfs, whose folder for a device is called BUS-PORT.PORT…; "" when there is none. */
static void read_string(libusb_device *device, const char *name, char *text, size_t size)
{
	uint8_t ports[PORTS_MAX];
	char path[128];
	int n = libusb_get_port_numbers(device, ports, PORTS_MAX);
	int length = snprintf(path, sizeof path, "/sys/bus/usb/devices/%d", libusb_get_bus_number(device));
	for (int i = 0; i < n; i++)
		length += snprintf(path + length, sizeof path - (size_t)length, "%c%d", i ? '.' : '-', ports[i]);
	snprintf(path + length, sizeof path - (size_t)length, "/%s", name);
	text[0] = '\0';
	int fd = n > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	ssize_t got = read(fd, text, size - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* ---- one of them ---- */

/* "1234, 5678": the serials of all that answer to the identity, for the message. */
static void add_serial(char *list, size_t size, const char *serial)
{
	size_t length = strlen(list);
	snprintf(list + length, size - length, "%s%s", length ? ", " : "", serial[0] ? serial : "(none)");
}

static bool is_meant(libusb_device *device, const struct usb_identity *identity, char *serial, size_t size)
{
	struct libusb_device_descriptor descriptor;
	if (libusb_get_device_descriptor(device, &descriptor) < 0)
		return false;
	if (descriptor.idVendor != identity->vendor || descriptor.idProduct != identity->product)
		return false;
	read_string(device, "serial", serial, size);
	return true;
}

static void explain(int matches, const struct usb_identity *identity, const char *serials, const char *on, struct error *error)
{
	if (matches > 1 && identity->serial[0])
		error_set(error, ERROR_CONFIG, on, "unplug all but one of them", "%d instruments have this serial number", matches);
	else if (matches > 1)
		error_set(error, ERROR_CONFIG, on, "add the serial number of the one that is meant: usbtmc://VID:PID/SERIAL",
			  "%d such instruments are plugged in: %s", matches, serials);
	else if (serials[0])
		error_set(error, ERROR_NOT_FOUND, on, "check the serial number, or the cable",
			  "no such instrument with this serial number is plugged in; there is: %s", serials);
	else
		error_set(error, ERROR_NOT_FOUND, on, "check the cable, the instrument's power, and that its USB is on: 'joulerig "
			  "detect' lists what is plugged in", "no such instrument is plugged in");
}

libusb_device *usb_find(libusb_context *context, const struct usb_identity *identity, char *serial, size_t size,
			const char *on, struct error *error)
{
	libusb_device **list, *found = NULL;
	char text[sizeof identity->serial], serials[192] = "";
	int matches = 0;
	ssize_t n = libusb_get_device_list(context, &list);
	if (n < 0) {
		error_set(error, ERROR_IO, on, NULL, "cannot list the USB devices: %s", libusb_strerror((int)n));
		return NULL;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (!is_meant(list[i], identity, text, sizeof text))
			continue;
		add_serial(serials, sizeof serials, text);
		if (identity->serial[0] && strcmp(identity->serial, text) != 0)
			continue;
		if (matches++ > 0)
			continue;
		found = libusb_ref_device(list[i]);
		snprintf(serial, size, "%s", text);
	}
	libusb_free_device_list(list, 1);
	if (matches == 1)
		return found;
	if (found)
		libusb_unref_device(found);
	explain(matches, identity, serials, on, error);
	return NULL;
}

/* ---- all of them ---- */

/* An endpoint has no percent-encoding: a serial with other characters cannot be written, and is left out. */
static bool writable(const char *serial)
{
	for (const char *c = serial; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '?')
			return false;
	return serial[0] != '\0';
}

static void describe(libusb_device *device, const struct libusb_device_descriptor *descriptor, struct finding *finding)
{
	char serial[sizeof ((struct usb_identity *)0)->serial];
	*finding = (struct finding){ .vendor = descriptor->idVendor, .product = descriptor->idProduct };
	read_string(device, "manufacturer", finding->maker, sizeof finding->maker);
	read_string(device, "product", finding->model, sizeof finding->model);
	read_string(device, "serial", finding->serial, sizeof finding->serial);
	read_string(device, "serial", serial, sizeof serial);
	snprintf(finding->endpoint, sizeof finding->endpoint, "usbtmc://%04x:%04x%s%s", descriptor->idVendor,
		 descriptor->idProduct, writable(serial) ? "/" : "", writable(serial) ? serial : "");
	snprintf(finding->node, sizeof finding->node, "/dev/bus/usb/%03d/%03d", libusb_get_bus_number(device),
		 libusb_get_device_address(device));
	finding->forbidden = access(finding->node, R_OK | W_OK) < 0 && (errno == EACCES || errno == EPERM);
}

size_t usb_find_all(struct finding *found, size_t max)
{
	libusb_context *context;
	libusb_device **list;
	size_t count = 0;
	if (libusb_init(&context) < 0)
		return 0;
	ssize_t n = libusb_get_device_list(context, &list);
	for (ssize_t i = 0; i < n; i++) {
		struct libusb_device_descriptor descriptor;
		if (libusb_get_device_descriptor(list[i], &descriptor) < 0 || !has_usbtmc(list[i]))
			continue;
		if (count < max)
			describe(list[i], &descriptor, &found[count]);
		count++;
	}
	if (n >= 0)
		libusb_free_device_list(list, 1);
	libusb_exit(context);
	return count;
}
