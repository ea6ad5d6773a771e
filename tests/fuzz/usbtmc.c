/*
 * Whatever a USBTMC instrument answers: the conversation neither breaks nor passes a deadline, and comes back.
 *
 * The input is what the instrument does, call after call. Its first byte chooses the packet size; then, for each call, one byte:
 * bits 0-2 how it ends (0-3: well), bit 3 whether a header gets the tag asked for, bits 4-7 how long it takes. Behind it, for
 * bulk-IN: two bytes of length, and the bytes; for control requests: the answer. When it is used up all is silence.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "links/usbtmc_engine.h"

static struct script {
	const uint8_t *data;
	size_t size;
	int64_t now;
	uint8_t tag; /* of the last transfer seen */
	struct usb_port port;
	struct timebase timebase;
	struct usbtmc *tmc;
} script;

static uint8_t next(void)
{
	if (script.size == 0)
		return 5; /* as the start of a call: a timeout */
	script.size--;
	return *script.data++;
}

/* How a call ends. */
static enum usb ending(uint8_t how, int64_t deadline)
{
	static const enum usb endings[] = { USB_OK, USB_OK, USB_OK, USB_OK, USB_STALL, USB_TIMEOUT, USB_BROKEN, USB_GONE };
	int64_t takes = (how >> 4) * 5 * NS_PER_MS;
	enum usb usb = endings[how & 7];
	if (usb == USB_TIMEOUT || script.now + takes >= deadline) {
		script.now = script.now > deadline ? script.now : deadline;
		return USB_TIMEOUT;
	}
	script.now += takes + 1000;
	return usb;
}

static enum usb bulk_out(struct usb_port *port, const uint8_t *bytes, size_t size, size_t *sent, int64_t deadline)
{
	uint8_t how = next();
	(void)port;
	if (size < 12 || size % 4 || bytes[1] == 0 || (bytes[1] ^ bytes[2]) != 0xff || bytes[1] == script.tag)
		abort();
	script.tag = bytes[1];
	*sent = size;
	if (how == 3) /* less than all */
		*sent = next() % size;
	return ending(how, deadline);
}

static enum usb bulk_in(struct usb_port *port, uint8_t *bytes, size_t size, size_t *got, int64_t deadline)
{
	uint8_t how = next();
	enum usb usb = ending(how, deadline);
	if (size == 0 || size % port->packet_in)
		abort();
	*got = 0;
	if (usb != USB_OK)
		return usb;
	size_t length = next();
	length |= (size_t)next() << 8;
	*got = length < size ? length : size;
	for (size_t i = 0; i < *got; i++)
		bytes[i] = script.size ? next() : 'x';
	if (how & 8 && *got > 2) {
		bytes[1] = script.tag;
		bytes[2] = (uint8_t)~script.tag;
	}
	return USB_OK;
}

static enum usb control(struct usb_port *port, const struct usb_setup *setup, uint8_t *answer, size_t *got, int64_t deadline)
{
	uint8_t how = next();
	enum usb usb = ending(how, deadline);
	(void)port;
	*got = 0;
	if (usb != USB_OK)
		return usb;
	*got = how & 8 ? setup->size : next() % (setup->size + 1U);
	for (size_t i = 0; i < *got; i++)
		answer[i] = next();
	return USB_OK;
}

static enum usb clear_halt(struct usb_port *port, uint8_t endpoint, int64_t deadline)
{
	(void)port;
	(void)endpoint;
	return ending(next(), deadline);
}

static int64_t fake_now(struct timebase *self)
{
	(void)self;
	return script.now;
}

static void fake_wait(struct timebase *self, int64_t deadline)
{
	(void)self;
	script.now = deadline > script.now ? deadline : script.now + 1;
}

static void begin(const uint8_t *data, size_t size)
{
	script = (struct script){ .data = data, .size = size, .now = NS_PER_S };
	script.port = (struct usb_port){ .interface = 0, .in = 0x81, .out = 2, .bulk_out = bulk_out, .bulk_in = bulk_in,
					 .control = control, .clear_halt = clear_halt };
	script.port.packet_in = (uint16_t)(8 << next() % 8);
	script.timebase = (struct timebase){ .now = fake_now, .wait_until = fake_wait };
	script.tmc = malloc(sizeof *script.tmc); /* so that a byte too much behind its buffer is seen */
	if (script.tmc == NULL)
		abort();
	usbtmc_init(script.tmc, &script.port, &script.timebase);
	script.tag = script.tmc->tag;
}

/* One question, its reply to the end, and a clear where something went wrong. */
static void ask(void)
{
	char bytes[3000];
	size_t got = 1;
	bool end = false;
	int64_t deadline = script.now + NS_PER_S;
	enum io io = usbtmc_send(script.tmc, "*IDN?\n", 6, deadline);
	while (io == IO_OK && !end && script.now < deadline) {
		io = usbtmc_recv(script.tmc, bytes, sizeof bytes, &got, &end, deadline);
		if ((io == IO_OK) != (got > 0) || got > sizeof bytes || (io != IO_OK && (end || script.tmc->fault == NULL)))
			abort();
	}
	if (io != IO_OK)
		io = usbtmc_clear(script.tmc, deadline + NS_PER_S);
	if (script.now > deadline + NS_PER_S || (io == IO_OK && script.tmc->out_of_step))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct usbtmc_capabilities capabilities;
	begin(data, size);
	usbtmc_get_capabilities(script.tmc, &capabilities, script.now + NS_PER_S);
	usbtmc_clear(script.tmc, script.now + NS_PER_S);
	for (int i = 0; i < 20 && script.size > 0; i++)
		ask();
	free(script.tmc);
	return 0;
}
