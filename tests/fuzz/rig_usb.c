/*
 * Whatever comes on endpoint 0: every answer is one that USB allows. The input is what comes, event after event: a byte that chooses, then
 * for a SETUP its eight bytes, for an OUT packet its length and bytes.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"
#include "usb_control.h"

static struct usb_control control;
static const uint8_t *at, *end;
static uint8_t setup[8];
static unsigned sent;          /* bytes of the data stage so far */
static uint8_t address;        /* as the controller has it */
static struct usb_action last;

static uint8_t next(void)
{
	return at < end ? *at++ : 0;
}

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static unsigned asked(void)
{
	return setup[6] | (unsigned)setup[7] << 8;
}

static bool is_read(void)
{
	return (setup[0] & 0x80) != 0 && asked() > 0;
}

/* What may be answered at all, by type and request. */
static bool is_known(void)
{
	static const uint8_t known[][2] = { {0x80, 0}, {0x81, 0}, {0x82, 0}, {2, 1}, {2, 3}, {0, 5}, {0x80, 6}, {0x80, 8}, {0, 9},
					    {0x81, 10}, {1, 11}, {0x21, 0x20}, {0xa1, 0x21}, {0x21, 0x22} };
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i][0] == setup[0] && known[i][1] == setup[1])
			return true;
	return false;
}

/* A packet of data ends them if it is short, or if all that was asked for is there. */
static void check_packet(const struct usb_action *action)
{
	uint8_t copy[USB_PACKET_SIZE];
	expect(action->size <= USB_PACKET_SIZE);
	if (action->size > 0)
		memcpy(copy, action->bytes, action->size); /* a sanitizer sees one byte too many */
	sent += action->size;
	expect(is_read() ? sent <= asked() : action->size == 0);
}

static void act(struct usb_action action)
{
	expect(action.step <= USB_STALL && control.configuration <= 1 && control.address <= 127);
	expect((control.halted & ~(USB_HALT_NOTIFY | USB_HALT_OUT | USB_HALT_IN)) == 0);
	if (action.effects & USB_SET_ADDRESS)
		address = control.address;
	expect(address == control.address); /* never without saying so */
	expect(!(action.effects & USB_DATA_ON) || control.configuration == 1);
	expect(!(action.effects & USB_DATA_OFF) || control.configuration == 0);
	if (action.step == USB_SEND)
		check_packet(&action);
	last = action;
}

static void take_setup(void)
{
	for (int i = 0; i < 8; i++)
		setup[i] = next();
	sent = 0;
	act(usb_control_setup(&control, setup));
	expect((last.effects & USB_SET_ADDRESS) == 0); /* before its status stage */
	expect(is_known() || last.step == USB_STALL);
	expect(last.step != USB_WAIT);
	expect((setup[0] & 0x80) != 0 || asked() == 0 || last.step == USB_RECEIVE || last.step == USB_STALL); /* data come first */
}

static void take_sent(void)
{
	if (last.step != USB_SEND)
		return; /* nothing was to be sent: it cannot have gone out */
	bool ends = is_read() && (last.size < USB_PACKET_SIZE || sent == asked());
	act(usb_control_sent(&control));
	if (ends)
		expect(last.step == USB_RECEIVE);
	else
		expect(last.step == (is_read() ? USB_SEND : USB_WAIT));
}

static void take_packet(uint8_t size)
{
	uint8_t bytes[USB_PACKET_SIZE];
	size %= USB_PACKET_SIZE + 1;
	for (unsigned i = 0; i < size; i++)
		bytes[i] = next();
	bool status = last.step == USB_RECEIVE && is_read();
	act(usb_control_received(&control, bytes, size));
	if (status)
		expect(last.step == (size == 0 ? USB_WAIT : USB_STALL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	at = data;
	end = data + size;
	address = 0;
	last = (struct usb_action){ .step = USB_WAIT };
	memset(setup, 0, sizeof setup);
	usb_control_init(&control, "SIM0123456789abc");
	while (at < end)
		switch (next() & 7) {
		case 0:
		case 1:
		case 2:
			take_setup();
			break;
		case 3:
		case 4:
		case 5:
			take_sent();
			break;
		case 6:
			take_packet(next());
			break;
		case 7:
			act(usb_control_bus_reset(&control));
			expect(address == 0 && control.configuration == 0);
			break;
		}
	return 0;
}
