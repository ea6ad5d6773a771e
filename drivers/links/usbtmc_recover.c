/*
 * The way back after a failure. What was cut off is aborted by its tag, first: an instrument that waits for the rest of it, or
 * to be rid of it, may not listen to anything else. Then everything is cleared, so that no old reply can be taken for a new one.
 *
 *   abort of a transfer from the instrument            abort of one to it           clear
 *     INITIATE_ABORT_BULK_IN(tag)                       INITIATE_ABORT_BULK_OUT(tag)  INITIATE_CLEAR
 *     read bulk-IN to a short packet                                                  CHECK_CLEAR_STATUS until not pending,
 *     CHECK_ABORT_BULK_IN_STATUS until not pending,     CHECK_ABORT_BULK_OUT_STATUS   reading bulk-IN when told to
 *     reading bulk-IN when told to                      until not pending             clear the halt of bulk-OUT
 *                                                       clear the halt of bulk-OUT    read bulk-IN until it is quiet
 *
 * An abort may fail: the instrument may have ended that transfer meanwhile. The clear must succeed. What it leaves in the
 * instrument's USB hardware, which not every firmware can empty, is read last.
 */
#include "usbtmc_engine.h"

#define FIRST_PAUSE NS_PER_MS          /* between questions whether it is still pending: doubled each time, */
#define LONGEST_PAUSE (50 * NS_PER_MS) /* up to here */
#define QUIET (20 * NS_PER_MS)         /* so long without a packet: nothing was left behind */
#define DRAIN (200 * NS_PER_MS)        /* for the packets that an instrument has said it has queued */

/* Nothing more can be done before the deadline, or at all. */
static bool hopeless(const struct usbtmc *tmc, enum usb usb, int64_t deadline)
{
	return usb == USB_GONE || tmc->timebase->now(tmc->timebase) >= deadline;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static enum usb clear_halt(struct usbtmc *tmc, uint8_t endpoint, int64_t deadline)
{
	return tmc->port->clear_halt(tmc->port, endpoint, deadline);
}

/* Reads until a packet is not full. Silence is no failure: there may have been nothing. */
static enum usb drain(struct usbtmc *tmc, int64_t deadline)
{
	size_t got, size = sizeof tmc->in / tmc->port->packet_in * tmc->port->packet_in;
	int64_t patience = earlier(deadline, tmc->timebase->now(tmc->timebase) + DRAIN);
	enum usb usb;
	do {
		got = 0;
		usb = tmc->port->bulk_in(tmc->port, tmc->in, size, &got, patience);
	} while (usb == USB_OK && got == size);
	if (usb == USB_STALL)
		usb = clear_halt(tmc, tmc->port->in, deadline);
	return usb == USB_GONE ? USB_GONE : USB_OK;
}

static enum usb listen(struct usbtmc *tmc, int64_t deadline)
{
	size_t got, size = sizeof tmc->in / tmc->port->packet_in * tmc->port->packet_in;
	enum usb usb;
	do {
		int64_t quiet = earlier(deadline, tmc->timebase->now(tmc->timebase) + QUIET);
		usb = tmc->port->bulk_in(tmc->port, tmc->in, size, &got, quiet);
		if (hopeless(tmc, usb, deadline))
			return usb == USB_GONE ? USB_GONE : USB_TIMEOUT;
	} while (usb == USB_OK);
	return usb == USB_STALL ? clear_halt(tmc, tmc->port->in, deadline) : USB_OK;
}

/* Asks until the answer is not "pending". USB_OK: it is "success". */
static enum usb await(struct usbtmc *tmc, enum usbtmc_request request, uint8_t endpoint, uint16_t size, int64_t deadline)
{
	uint8_t answer[8];
	size_t got;
	for (int64_t pause = FIRST_PAUSE;; pause = earlier(2 * pause, LONGEST_PAUSE)) {
		enum usb usb = usbtmc_control(tmc, request, 0, endpoint, answer, size, &got, deadline);
		if (usb != USB_OK || answer[0] != STATUS_PENDING)
			return usb == USB_OK && answer[0] != STATUS_SUCCESS ? USB_BROKEN : usb;
		bool queued = got > 1 && answer[1] & USBTMC_QUEUED && request != CHECK_ABORT_BULK_OUT_STATUS;
		if (queued && (usb = drain(tmc, deadline)) != USB_OK)
			return usb;
		if (!queued)
			tmc->timebase->wait_until(tmc->timebase, earlier(deadline, tmc->timebase->now(tmc->timebase) + pause));
	}
}

static enum usb initiate(struct usbtmc *tmc, enum usbtmc_request request, uint8_t tag, uint8_t endpoint, uint16_t size,
			 int64_t deadline)
{
	uint8_t answer[2];
	size_t got;
	enum usb usb = usbtmc_control(tmc, request, tag, endpoint, answer, size, &got, deadline);
	return usb == USB_OK && answer[0] != STATUS_SUCCESS ? USB_BROKEN : usb;
}

static enum usb abort_in(struct usbtmc *tmc, int64_t deadline)
{
	uint8_t in = tmc->port->in;
	enum usb usb = initiate(tmc, INITIATE_ABORT_BULK_IN, tmc->tag_in, in, 2, deadline);
	if (usb == USB_OK)
		usb = drain(tmc, deadline);
	return usb == USB_OK ? await(tmc, CHECK_ABORT_BULK_IN_STATUS, in, 8, deadline) : usb;
}

static enum usb abort_out(struct usbtmc *tmc, int64_t deadline)
{
	uint8_t out = tmc->port->out;
	enum usb usb = initiate(tmc, INITIATE_ABORT_BULK_OUT, tmc->tag, out, 2, deadline);
	if (usb == USB_OK)
		usb = await(tmc, CHECK_ABORT_BULK_OUT_STATUS, out, 8, deadline);
	return usb == USB_OK ? clear_halt(tmc, out, deadline) : usb;
}

static enum usb clear_all(struct usbtmc *tmc, int64_t deadline)
{
	enum usb usb = initiate(tmc, INITIATE_CLEAR, 0, 0, 1, deadline);
	if (usb == USB_OK)
		usb = await(tmc, CHECK_CLEAR_STATUS, 0, 2, deadline);
	if (usb == USB_OK)
		usb = clear_halt(tmc, tmc->port->out, deadline);
	return usb == USB_OK ? listen(tmc, deadline) : usb;
}

enum io usbtmc_clear(struct usbtmc *tmc, int64_t deadline)
{
	int64_t now = tmc->timebase->now(tmc->timebase);
	int64_t half = deadline > now ? now + (deadline - now) / 2 : deadline; /* an abort must leave time to clear */
	enum usb usb = now < deadline ? USB_OK : USB_TIMEOUT;
	if (tmc->in_halted && !hopeless(tmc, usb, half))
		usb = clear_halt(tmc, tmc->port->in, half);
	if (tmc->in_expected && !hopeless(tmc, usb, half))
		usb = abort_in(tmc, half);
	if (tmc->out_cut && !hopeless(tmc, usb, half))
		usb = abort_out(tmc, half);
	if (!hopeless(tmc, usb, deadline))
		usb = clear_all(tmc, deadline);
	else if (usb != USB_GONE)
		usb = USB_TIMEOUT;
	if (usb != USB_OK)
		return usbtmc_failed(tmc, usb, "the instrument cannot be cleared");
	tmc->out_of_step = tmc->out_cut = tmc->in_expected = tmc->in_halted = tmc->message_open = false;
	tmc->n_left = 0;
	return IO_OK;
}
