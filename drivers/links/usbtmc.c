/*
 * The link `usbtmc`: an instrument on USB, found by its vendor, product and serial number. The parts, from the top: usbtmc_engine
 * (messages), usbtmc_recover (the way back), usbtmc_wire (bytes), usb_port (what they need of USB), usb_device and usb_list
 * (libusb).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "usb_device.h"
#include "usbtmc_engine.h"

struct usbtmc_link {
	struct link link;
	struct usb_device usb;
	struct usbtmc tmc;
	struct usb_identity identity;
	bool remote; /* REN_CONTROL was sent */
	bool owed;   /* the interface was taken from the kernel's driver, and has not been given back */
};

/* One to four hexadecimal digits up to `end`; -1 otherwise. */
static long parse_hex(const char *text, char end, const char **rest)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");
	if (digits < 1 || digits > 4 || text[digits] != end)
		return -1;
	*rest = text + digits + 1;
	return strtol(text, NULL, 16);
}

static int parse_identity(const struct endpoint *endpoint, struct usb_identity *identity, struct error *error)
{
	const char *rest = endpoint->host;
	long vendor = parse_hex(rest, ':', &rest);
	long product = vendor < 0 ? -1 : parse_hex(rest, '\0', &rest);
	const char *serial = endpoint->path[0] == '/' ? endpoint->path + 1 : endpoint->path;
	size_t length = strlen(serial);
	if (product < 0 || length >= sizeof identity->serial)
		return error_set(error, ERROR_CONFIG, endpoint->text,
				 "write it as in usbtmc://0b21:0025/SERIAL, as 'joulerig detect' prints it",
				 product < 0 ? "VID:PID are not two hexadecimal numbers" : "the serial number is too long");
	identity->vendor = (uint16_t)vendor;
	identity->product = (uint16_t)product;
	memcpy(identity->serial, serial, length + 1);
	return 0;
}

/* ---- the conversation's beginning ---- */

static int refuse(struct usbtmc_link *link, enum io io, const char *on, struct error *error)
{
	enum error_code code = io == IO_TIMEOUT ? ERROR_TIMEOUT : io == IO_GONE ? ERROR_GONE : ERROR_PROTOCOL;
	return error_set(error, code, on, "turn the instrument off and on, and plug it in again", "cannot talk to the instrument: %s",
			 link->tmc.fault);
}

/* Whoever talked to it before may have left half a conversation behind: it is cleared before the first word. */
static int greet(struct usbtmc_link *link, int64_t deadline, const char *on, struct error *error)
{
	struct usbtmc_capabilities can;
	usbtmc_init(&link->tmc, &link->usb.port, link->usb.timebase);
	enum io io = usbtmc_get_capabilities(&link->tmc, &can, deadline);
	if (io != IO_OK)
		return refuse(link, io, on, error);
	if (can.talk_only || can.listen_only)
		return error_set(error, ERROR_UNSUPPORTED, on, NULL, "the instrument only %s: it cannot be asked and answer",
				 can.talk_only ? "talks" : "listens");
	link->remote = can.ren && can.remote_local && usbtmc_may_send_ren(link->identity.vendor, link->identity.product) &&
		       usbtmc_remote(&link->tmc, true, deadline) == IO_OK;
	io = usbtmc_clear(&link->tmc, deadline);
	return io == IO_OK ? 0 : refuse(link, io, on, error);
}

/* `give_back`: to the kernel's driver, if this fails. */
static int start(struct usbtmc_link *link, struct timebase *timebase, int64_t deadline, bool give_back, const char *on,
		 struct error *error)
{
	if (usb_device_open(&link->usb, &link->identity, timebase, deadline, on, error) < 0)
		return -1;
	link->owed = true;
	if (greet(link, deadline, on, error) == 0)
		return 0;
	usb_device_close(&link->usb, give_back);
	return -1;
}

/* ---- link_ops ---- */

static struct link *usbtmc_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	struct usb_identity identity;
	if (parse_identity(endpoint, &identity, error) < 0)
		return NULL;
	struct usbtmc_link *link = calloc(1, sizeof *link);
	if (link == NULL) {
		error_errno(error, ENOMEM, endpoint->text, NULL, "cannot open a link");
		return NULL;
	}
	link->identity = identity;
	if (start(link, timebase, deadline, true, endpoint->text, error) == 0)
		return &link->link;
	free(link);
	return NULL;
}

/* Wherever it is plugged in now. libusb allocates here: this is not done while an instrument answers. */
static enum io usbtmc_reopen(struct link *link, int64_t deadline)
{
	struct usbtmc_link *usbtmc = (struct usbtmc_link *)link;
	usb_device_close(&usbtmc->usb, false);
	if (start(usbtmc, link->timebase, deadline, false, "", NULL) == 0)
		return IO_OK;
	return link->timebase->now(link->timebase) >= deadline ? IO_TIMEOUT : IO_GONE;
}

static enum io send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct usbtmc_link *usbtmc = (struct usbtmc_link *)link;
	return usbtmc->usb.handle ? usbtmc_send(&usbtmc->tmc, bytes, size, deadline) : IO_GONE;
}

static enum io recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct usbtmc_link *usbtmc = (struct usbtmc_link *)link;
	*got = 0;
	*end = false;
	return usbtmc->usb.handle ? usbtmc_recv(&usbtmc->tmc, bytes, size, got, end, deadline) : IO_GONE;
}

static enum io clear(struct link *link, int64_t deadline)
{
	struct usbtmc_link *usbtmc = (struct usbtmc_link *)link;
	return usbtmc->usb.handle ? usbtmc_clear(&usbtmc->tmc, deadline) : IO_GONE;
}

/* After a reopen that failed the interface is taken once more, only to be given back. */
static void usbtmc_close(struct link *link)
{
	struct usbtmc_link *usbtmc = (struct usbtmc_link *)link;
	struct timebase *timebase = usbtmc->usb.timebase;
	int64_t deadline = timebase->now(timebase) + NS_PER_S;
	if (usbtmc->usb.handle && usbtmc->remote)
		usbtmc_remote(&usbtmc->tmc, false, deadline);
	if (usbtmc->usb.handle == NULL && usbtmc->owed && !usbtmc->usb.mute)
		usb_device_open(&usbtmc->usb, &usbtmc->identity, timebase, deadline, "", NULL);
	usb_device_close(&usbtmc->usb, true);
	free(usbtmc);
}

const struct link_ops link_usbtmc = {
	.scheme = "usbtmc",
	.summary = "an instrument on USB: usbtmc://VID:PID[/SERIAL]",
	.open = usbtmc_open,
	.reopen = usbtmc_reopen,
	.send = send,
	.recv = recv,
	.clear = clear,
	.close = usbtmc_close,
	.find = usb_find_all,
};
