/* SPDX-License-Identifier: Apache-2.0 */
#include "usb_control.h"

#include <string.h>

/* ---- descriptors ---- */

#define LOW(n) ((n) & 0xff)
#define HIGH(n) ((n) >> 8)

enum descriptor { DEVICE = 1, CONFIGURATION, STRING, INTERFACE, ENDPOINT, ASSOCIATION = 11, CS_INTERFACE = 0x24 };
enum string { LANGUAGE, MANUFACTURER, PRODUCT, SERIAL, STRINGS };

static const uint8_t device[] = {
	18, DEVICE,
	0x00, 0x02,                           /* USB 2.0 */
	0xef, 0x02, 0x01, USB_PACKET_SIZE,    /* interfaces are associated (IAD ECN) */
	LOW(USB_VENDOR), HIGH(USB_VENDOR), LOW(USB_PRODUCT), HIGH(USB_PRODUCT),
	0x00, 0x01,                           /* board 1.0 */
	MANUFACTURER, PRODUCT, SERIAL, 1,
};

#define CONFIGURATION_SIZE 75
static const uint8_t configuration[] = {
	9, CONFIGURATION, CONFIGURATION_SIZE, 0, 2, 1, 0, 0x80, 50, /* two interfaces, powered by the bus: 100 mA */
	8, ASSOCIATION, 0, 2, 0x02, 0x02, 0x00, 0,                  /* 0 and 1 are one function: CDC, ACM */
	9, INTERFACE, 0, 0, 1, 0x02, 0x02, 0x00, 0,
	5, CS_INTERFACE, 0x00, 0x10, 0x01,                          /* header: CDC 1.1 */
	5, CS_INTERFACE, 0x01, 0x00, 1,                             /* call management: none */
	4, CS_INTERFACE, 0x02, 0x02,                                /* ACM: line coding and line state */
	5, CS_INTERFACE, 0x06, 0, 1,                                /* union: 0 controls 1 */
	7, ENDPOINT, 0x80 | USB_EP_NOTIFY, 0x03, USB_NOTIFY_SIZE, 0, 255,
	9, INTERFACE, 1, 0, 2, 0x0a, 0x00, 0x00, 0,
	7, ENDPOINT, USB_EP_DATA, 0x02, USB_PACKET_SIZE, 0, 0,
	7, ENDPOINT, 0x80 | USB_EP_DATA, 0x02, USB_PACKET_SIZE, 0, 0,
};
_Static_assert(sizeof configuration == CONFIGURATION_SIZE, "wTotalLength");

/* ---- what can be done next ---- */

static struct usb_action wait(struct usb_control *control)
{
	control->stage = USB_IDLE;
	return (struct usb_action){ .step = USB_WAIT };
}

static struct usb_action stall(struct usb_control *control)
{
	control->stage = USB_IDLE;
	return (struct usb_action){ .step = USB_STALL };
}

/* The status stage of a request that sends no data to the host. */
static struct usb_action accept(struct usb_control *control, uint8_t effects)
{
	control->stage = USB_STATUS_IN;
	return (struct usb_action){ .step = USB_SEND, .effects = effects };
}

static struct usb_action send_next(struct usb_control *control)
{
	uint8_t size = control->left < USB_PACKET_SIZE ? (uint8_t)control->left : USB_PACKET_SIZE;
	struct usb_action action = { .step = USB_SEND, .size = size, .bytes = control->data };
	if (size < USB_PACKET_SIZE)
		control->empty_due = false; /* a short packet is an end, too */
	control->data += size;
	control->left = (uint16_t)(control->left - size);
	return action;
}

static struct usb_action send(struct usb_control *control, const uint8_t *data, uint16_t size, uint16_t asked)
{
	if (asked == 0)
		return accept(control, 0);
	control->stage = USB_DATA_IN;
	control->data = data;
	control->left = size < asked ? size : asked;
	control->empty_due = size < asked;
	return send_next(control);
}

/* ---- requests ---- */

struct setup {
	uint8_t type, request;
	uint16_t value, index, length;
};

enum request { /* bmRequestType << 8 | bRequest */
	GET_STATUS_DEVICE = 0x8000,
	GET_STATUS_INTERFACE = 0x8100,
	GET_STATUS_ENDPOINT = 0x8200,
	CLEAR_FEATURE_ENDPOINT = 0x0201,
	SET_FEATURE_ENDPOINT = 0x0203,
	SET_ADDRESS = 0x0005,
	GET_DESCRIPTOR = 0x8006,
	GET_CONFIGURATION = 0x8008,
	SET_CONFIGURATION = 0x0009,
	GET_INTERFACE = 0x810a,
	SET_INTERFACE = 0x010b,
	SET_LINE_CODING = 0x2120,
	GET_LINE_CODING = 0xa121,
	SET_CONTROL_LINE_STATE = 0x2122,
};

static struct usb_action answer(struct usb_control *control, uint8_t first, uint8_t second, uint8_t size, uint16_t asked)
{
	control->answer[0] = first;
	control->answer[1] = second;
	return send(control, control->answer, size, asked);
}

/* ASCII to UTF-16. */
static struct usb_action send_string(struct usb_control *control, const char *text, uint16_t asked)
{
	uint8_t n = 2;
	for (; *text != '\0' && n < sizeof control->answer; n = (uint8_t)(n + 2)) {
		control->answer[n] = (uint8_t)*text++;
		control->answer[n + 1] = 0;
	}
	return answer(control, n, STRING, n, asked);
}

static struct usb_action get_string(struct usb_control *control, const struct setup *setup)
{
	switch (LOW(setup->value)) {
	case LANGUAGE:
		control->answer[2] = 0x09; /* English */
		control->answer[3] = 0x04;
		return answer(control, 4, STRING, 4, setup->length);
	case MANUFACTURER:
		return send_string(control, "joulerig", setup->length);
	case PRODUCT:
		return send_string(control, "joulerig rig 1", setup->length);
	case SERIAL:
		return send_string(control, control->serial, setup->length);
	}
	return stall(control);
}

static struct usb_action get_descriptor(struct usb_control *control, const struct setup *setup)
{
	if (setup->value == DEVICE << 8)
		return send(control, device, sizeof device, setup->length);
	if (setup->value == CONFIGURATION << 8)
		return send(control, configuration, sizeof configuration, setup->length);
	if (HIGH(setup->value) == STRING)
		return get_string(control, setup);
	return stall(control); /* a DEVICE_QUALIFIER, too: full speed is all there is */
}

static struct usb_action set_address(struct usb_control *control, const struct setup *setup)
{
	if (setup->value > 127)
		return stall(control);
	control->new_address = (uint8_t)setup->value;
	control->address_due = true; /* the status stage still has the old one */
	return accept(control, 0);
}

static struct usb_action set_configuration(struct usb_control *control, const struct setup *setup)
{
	if (setup->value > 1)
		return stall(control);
	control->configuration = (uint8_t)setup->value;
	control->halted = 0;
	return accept(control, control->configuration ? USB_DATA_ON : USB_DATA_OFF);
}

/* The bit of an endpoint by its address; 0: there is none. */
static uint8_t halt_bit(uint16_t address)
{
	switch (address) {
	case 0x80 | USB_EP_NOTIFY:
		return USB_HALT_NOTIFY;
	case USB_EP_DATA:
		return USB_HALT_OUT;
	case 0x80 | USB_EP_DATA:
		return USB_HALT_IN;
	}
	return 0;
}

static bool is_endpoint_0(uint16_t address)
{
	return (address & ~0x80) == 0;
}

static struct usb_action endpoint_status(struct usb_control *control, const struct setup *setup)
{
	uint8_t bit = halt_bit(setup->index);
	if (!is_endpoint_0(setup->index) && (bit == 0 || control->configuration == 0))
		return stall(control);
	return answer(control, (control->halted & bit) != 0, 0, 2, setup->length);
}

/* ENDPOINT_HALT, the one feature: set or cleared. Clearing resets the toggle even where nothing was halted. */
static struct usb_action endpoint_feature(struct usb_control *control, const struct setup *setup, bool set)
{
	uint8_t bit = halt_bit(setup->index);
	if (setup->value == 0 && is_endpoint_0(setup->index) && !set)
		return accept(control, 0);
	if (setup->value != 0 || bit == 0 || control->configuration == 0)
		return stall(control);
	control->halted = (uint8_t)(set ? control->halted | bit : control->halted & ~bit);
	control->toggled = set ? 0 : bit;
	return accept(control, USB_HALTS);
}

static bool has_interface(const struct usb_control *control, const struct setup *setup)
{
	return control->configuration != 0 && setup->index < 2;
}

/* There is one setting, 0; to set it begins its endpoints anew. */
static struct usb_action set_interface(struct usb_control *control, const struct setup *setup)
{
	if (!has_interface(control, setup) || setup->value != 0)
		return stall(control);
	control->toggled = setup->index == 0 ? USB_HALT_NOTIFY : USB_HALT_OUT | USB_HALT_IN;
	control->halted &= (uint8_t)~control->toggled;
	return accept(control, USB_HALTS);
}

static struct usb_action set_line_coding(struct usb_control *control, const struct setup *setup)
{
	if (setup->index != 0 || setup->length != sizeof control->line_coding)
		return stall(control);
	control->stage = USB_DATA_OUT;
	return (struct usb_action){ .step = USB_RECEIVE };
}

static struct usb_action interface_request(struct usb_control *control, const struct setup *setup)
{
	if (!has_interface(control, setup))
		return stall(control);
	return answer(control, 0, 0, setup->request == 0 ? 2 : 1, setup->length); /* GET_STATUS, GET_INTERFACE */
}

static struct usb_action request_in(struct usb_control *control, const struct setup *setup)
{
	switch (setup->type << 8 | setup->request) {
	case GET_DESCRIPTOR:
		return get_descriptor(control, setup);
	case GET_CONFIGURATION:
		return answer(control, control->configuration, 0, 1, setup->length);
	case GET_STATUS_DEVICE:
		return answer(control, 0, 0, 2, setup->length);
	case GET_STATUS_INTERFACE:
	case GET_INTERFACE:
		return interface_request(control, setup);
	case GET_STATUS_ENDPOINT:
		return endpoint_status(control, setup);
	case GET_LINE_CODING:
		return setup->index == 0 ? send(control, control->line_coding, sizeof control->line_coding, setup->length) : stall(control);
	}
	return stall(control);
}

static struct usb_action request_out(struct usb_control *control, const struct setup *setup)
{
	int request = setup->type << 8 | setup->request;
	if (request == SET_LINE_CODING)
		return set_line_coding(control, setup);
	if (setup->length != 0)
		return stall(control);
	switch (request) {
	case SET_ADDRESS:
		return set_address(control, setup);
	case SET_CONFIGURATION:
		return set_configuration(control, setup);
	case CLEAR_FEATURE_ENDPOINT:
		return endpoint_feature(control, setup, false);
	case SET_FEATURE_ENDPOINT:
		return endpoint_feature(control, setup, true);
	case SET_INTERFACE:
		return set_interface(control, setup);
	case SET_CONTROL_LINE_STATE:
		return setup->index == 0 ? accept(control, 0) : stall(control);
	}
	return stall(control);
}

/* ---- what came ---- */

static const uint8_t first_line_coding[7] = { LOW(115200), HIGH(115200) & 0xff, 115200 >> 16, 0, 0, 0, 8 }; /* 8N1 */

void usb_control_init(struct usb_control *control, const char serial[16])
{
	memset(control, 0, sizeof *control);
	memcpy(control->serial, serial, 16);
	if (control->serial[0] == '\0')
		memcpy(control->serial, "none", 5);
	memcpy(control->line_coding, first_line_coding, sizeof first_line_coding);
}

struct usb_action usb_control_bus_reset(struct usb_control *control)
{
	control->address = 0;
	control->configuration = 0;
	control->halted = 0;
	control->address_due = false;
	struct usb_action action = wait(control);
	action.effects = USB_SET_ADDRESS | USB_DATA_OFF;
	return action;
}

struct usb_action usb_control_setup(struct usb_control *control, const uint8_t bytes[8])
{
	struct setup setup = { bytes[0], bytes[1], (uint16_t)(bytes[2] | bytes[3] << 8), (uint16_t)(bytes[4] | bytes[5] << 8),
			       (uint16_t)(bytes[6] | bytes[7] << 8) };
	control->address_due = false; /* of a transfer that did not come to its end */
	return setup.type & 0x80 ? request_in(control, &setup) : request_out(control, &setup);
}

/* SET_LINE_CODING is the one request with data from the host. */
struct usb_action usb_control_received(struct usb_control *control, const uint8_t *bytes, size_t size)
{
	if (control->stage == USB_DATA_OUT && size == sizeof control->line_coding) {
		memcpy(control->line_coding, bytes, size);
		return accept(control, 0);
	}
	if (control->stage == USB_STATUS_OUT && size == 0)
		return wait(control);
	return control->stage == USB_IDLE ? wait(control) : stall(control);
}

struct usb_action usb_control_sent(struct usb_control *control)
{
	if (control->stage == USB_DATA_IN) {
		if (control->left > 0 || control->empty_due)
			return send_next(control);
		control->stage = USB_STATUS_OUT;
		return (struct usb_action){ .step = USB_RECEIVE };
	}
	if (control->stage != USB_STATUS_IN)
		return (struct usb_action){ .step = USB_WAIT };
	struct usb_action action = wait(control);
	if (control->address_due) {
		control->address_due = false;
		control->address = control->new_address;
		action.effects = USB_SET_ADDRESS;
	}
	return action;
}
