/* SPDX-License-Identifier: Apache-2.0 */
#include "usb.h"

#include "clocks.h"
#include "isr.h"
#include "logic/edges.h"
#include "logic/usb_control.h"
#include "rp2040/cortex.h"
#include "rp2040/system.h"
#include "rp2040/usb.h"
#include "wake.h"

#define QUEUED 8u /* packets from the host; a power of two */
#define NOTIFY_AT 0x180u
#define OUT_AT 0x1c0u
#define IN_AT 0x200u

struct packet {
	_Alignas(4) uint8_t bytes[USB_PACKET_SIZE];
	uint32_t stamp;
	uint8_t size;
};

static struct usb_ops ops;
static struct usb_control control;
static struct {
	struct packet packets[QUEUED];
	volatile uint32_t came, taken;  /* packets ever; the interrupt's, the main loop's */
	uint8_t used;                   /* bytes of the oldest packet that were taken */
	volatile bool on, left, out_armed, in_busy; /* on: configured; left: the main loop has not yet heard that the host went away */
	bool pid_in0, pid_out0, pid_in, pid_out; /* of the next packet: DATA1 */
	bool frames, away;              /* frames have come since the bus was reset or silent; off the bus, after it hung */
	uint32_t frame, since;          /* the last one's number, and when that was new, or when it went away: low half of the ticks */
} usb;

/* The controller's memory wants whole words; `bytes` is aligned. */
static void copy_in(reg32 *to, const uint8_t *bytes, size_t size)
{
	const uint32_t *words = (const void *)bytes;
	for (size_t n = 0; n < (size + 3) / 4; n++)
		to[n] = words[n];
}

static void copy_out(uint8_t *bytes, const reg32 *from, size_t size)
{
	uint32_t *words = (void *)bytes;
	for (size_t n = 0; n < (size + 3) / 4; n++)
		words[n] = from[n];
}

/* AVAILABLE goes last, and 12 cycles of clk_sys after the rest: the controller looks from its own clock (datasheet 4.1.2.5.1). */
static void buffer_give(reg32 *buffer, uint32_t what)
{
	*buffer = what;
	__asm__ volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" ::: "memory");
	*buffer = what | USB_BUFFER_AVAILABLE;
}

static reg32 *memory_at(uint32_t offset)
{
	return (reg32 *)((uintptr_t)USB_MEMORY + offset);
}

/* Bits of buffers, as EP_ABORT and BUFF_STATUS have them. */
#define BUFFER_IN(endpoint) BIT(2 * (endpoint))
#define BUFFER_OUT(endpoint) BIT(2 * (endpoint) + 1)
#define BUFFERS_0 (BUFFER_IN(0) | BUFFER_OUT(0))
#define BUFFERS_DATA (BUFFER_IN(USB_EP_NOTIFY) | BUFFER_IN(USB_EP_DATA) | BUFFER_OUT(USB_EP_DATA))
#define BUFFERS_END (2 * USB_EP_DATA + 2)

static void buffers_set(uint32_t which, uint32_t what)
{
	reg32 *buffers = &USB_MEMORY->buffer[0].in;
	for (unsigned n = 0; n < BUFFERS_END; n++)
		if (which & BIT(n))
			buffers[n] = what;
}

/* What the controller was given is ours again. A packet that is under way comes to its end, and is forgotten: that is waited for, at most
 * TAKE_BACK_US, while edges and blocks go on. Where it does not end, the controller hangs. (Before stepping B2 EP_ABORT is not to be
 * relied on: erratum RP2040-E2.) */
#define TAKE_BACK_US 100u /* a packet of 64 bytes takes 54 */
static void buffers_take_back(uint32_t which)
{
	uint32_t begin = ticks_low();
	register_set(&USB->ep_abort, which);
	while ((USB->ep_abort_done & which) != which && ticks_low() - begin <= TAKE_BACK_US)
		;
	buffers_set(which, 0);
	USB->buff_status = which;
	USB->ep_abort_done = which;
	register_clear(&USB->ep_abort, which);
}

/* ---- endpoint 0 ---- */

static void ep0_send(const uint8_t *bytes, size_t size)
{
	uint32_t words[USB_PACKET_SIZE / 4] = { 0 };
	uint8_t *packet = (uint8_t *)words;
	for (size_t n = 0; n < size; n++)
		packet[n] = bytes[n];
	copy_in(USB_MEMORY->data0, packet, size);
	buffer_give(&USB_MEMORY->buffer[0].in, (uint32_t)size | USB_BUFFER_FULL | (usb.pid_in0 ? USB_BUFFER_DATA1 : 0));
	usb.pid_in0 = !usb.pid_in0;
}

static void ep0_receive(void)
{
	buffer_give(&USB_MEMORY->buffer[0].out, USB_PACKET_SIZE | (usb.pid_out0 ? USB_BUFFER_DATA1 : 0));
	usb.pid_out0 = !usb.pid_out0;
}

static void ep0_stall(void)
{
	USB->ep_stall_arm = USB_STALL_EP0_IN | USB_STALL_EP0_OUT;
	USB_MEMORY->buffer[0].in = USB_BUFFER_STALL;
	USB_MEMORY->buffer[0].out = USB_BUFFER_STALL;
}

/* ---- data ---- */

static void out_arm(void)
{
	usb.out_armed = true;
	buffer_give(&USB_MEMORY->buffer[USB_EP_DATA].out, USB_PACKET_SIZE | (usb.pid_out ? USB_BUFFER_DATA1 : 0));
	usb.pid_out = !usb.pid_out;
}

static void in_begin(void)
{
	static uint32_t words[USB_PACKET_SIZE / 4];
	int size = ops.packet(ops.self, (uint8_t *)words, sizeof words);
	if (size < 0)
		return;
	usb.in_busy = true;
	copy_in(memory_at(IN_AT), (uint8_t *)words, (size_t)size);
	buffer_give(&USB_MEMORY->buffer[USB_EP_DATA].in, (uint32_t)size | USB_BUFFER_FULL | (usb.pid_in ? USB_BUFFER_DATA1 : 0));
	usb.pid_in = !usb.pid_in;
}

static void data_off(void)
{
	buffers_take_back(BUFFERS_DATA);
	usb.left = usb.left || usb.on;
	usb.on = usb.out_armed = usb.in_busy = false;
	usb.pid_in = usb.pid_out = false;
}

static void data_on(void)
{
	data_off();
	USB_MEMORY->control[USB_EP_NOTIFY - 1].in =
		USB_CONTROL_ENABLE | USB_CONTROL_INTERRUPT | USB_CONTROL_TYPE(USB_TYPE_INTERRUPT) | NOTIFY_AT;
	USB_MEMORY->control[USB_EP_DATA - 1].in = USB_CONTROL_ENABLE | USB_CONTROL_INTERRUPT | USB_CONTROL_TYPE(USB_TYPE_BULK) | IN_AT;
	USB_MEMORY->control[USB_EP_DATA - 1].out = USB_CONTROL_ENABLE | USB_CONTROL_INTERRUPT | USB_CONTROL_TYPE(USB_TYPE_BULK) | OUT_AT;
	usb.on = true; /* the main loop arms the endpoints, once it has heard of a host that left */
}

static uint32_t buffers_of(uint8_t halts)
{
	return (halts & USB_HALT_NOTIFY ? BUFFER_IN(USB_EP_NOTIFY) : 0) | (halts & USB_HALT_OUT ? BUFFER_OUT(USB_EP_DATA) : 0) |
	       (halts & USB_HALT_IN ? BUFFER_IN(USB_EP_DATA) : 0);
}

/* Halted endpoints stall; one that no longer is begins anew, as the host does (CLEAR_FEATURE). */
static void data_halts(void)
{
	if (control.toggled & USB_HALT_IN)
		usb.pid_in = usb.in_busy = false;
	if (control.toggled & USB_HALT_OUT)
		usb.pid_out = usb.out_armed = false;
	buffers_take_back(buffers_of(control.halted | control.toggled));
	buffers_set(buffers_of(control.halted), USB_BUFFER_STALL);
}

static void out_came(void)
{
	struct packet *packet = &usb.packets[usb.came % QUEUED];
	packet->stamp = ticks_low();
	packet->size = (uint8_t)(USB_MEMORY->buffer[USB_EP_DATA].out & USB_BUFFER_LENGTH);
	copy_out(packet->bytes, memory_at(OUT_AT), packet->size);
	usb.came++;
	usb.out_armed = false;
	if (usb.came - usb.taken < QUEUED)
		out_arm();
}

/* ---- the interrupt ---- */

static void act(struct usb_action action)
{
	if (action.effects & USB_SET_ADDRESS)
		USB->addr_endp = control.address;
	if (action.effects & USB_DATA_OFF)
		data_off();
	if (action.effects & USB_DATA_ON)
		data_on();
	if (action.effects & USB_HALTS)
		data_halts();
	if (action.step == USB_SEND)
		ep0_send(action.bytes, action.size);
	else if (action.step == USB_RECEIVE)
		ep0_receive();
	else if (action.step == USB_STALL)
		ep0_stall();
}

static void bus_reset(void)
{
	USB->sie_status = USB_STATUS_BUS_RESET | USB_STATUS_SUSPENDED | USB_STATUS_RESUME; /* what was before is no news */
	USB->addr_endp = 0;
	usb.frames = false;
	buffers_take_back(BUFFERS_0);
	USB->inte = USB_INT_BUFFER | USB_INT_BUS_RESET | USB_INT_SETUP | USB_INT_SUSPEND;
	act(usb_control_bus_reset(&control));
}

/* A SETUP ends whatever endpoint 0 was at: its buffers are taken back, and what they may have completed is of no interest. */
static void setup_came(void)
{
	uint32_t words[2] = { USB_MEMORY->setup[0], USB_MEMORY->setup[1] };
	USB->sie_status = USB_STATUS_SETUP;
	buffers_take_back(BUFFERS_0);
	usb.pid_in0 = usb.pid_out0 = true;
	act(usb_control_setup(&control, (const uint8_t *)words));
}

/* Returns whether the main loop has to look: not when one more packet for the host has gone and the next one is under way. */
static bool buffers_done(void)
{
	uint32_t done = USB->buff_status;
	USB->buff_status = done;
	if (done & BIT(0))
		act(usb_control_sent(&control));
	if (done & BIT(1)) {
		uint32_t words[USB_PACKET_SIZE / 4], size = USB_MEMORY->buffer[0].out & USB_BUFFER_LENGTH;
		copy_out((uint8_t *)words, USB_MEMORY->data0, size);
		act(usb_control_received(&control, (const uint8_t *)words, size));
	}
	if (done & BIT(2 * USB_EP_DATA + 1) && usb.out_armed)
		out_came();
	if (done & BIT(2 * USB_EP_DATA) && usb.in_busy) {
		usb.in_busy = false;
		if (usb.on && !usb.left)
			in_begin();
	}
	return done != BIT(2 * USB_EP_DATA) || !usb.in_busy;
}

/* The bus is silent: no host. Not asked again until it is resumed or reset, as it stays so. */
static void suspended(void)
{
	USB->sie_status = USB_STATUS_SUSPENDED;
	register_clear(&USB->inte, USB_INT_SUSPEND);
	register_set(&USB->inte, USB_INT_RESUME);
	usb.frames = false;
	usb.left = usb.left || usb.on;
}

static void resumed(void)
{
	USB->sie_status = USB_STATUS_RESUME | USB_STATUS_SUSPENDED;
	register_clear(&USB->inte, USB_INT_RESUME);
	register_set(&USB->inte, USB_INT_SUSPEND);
}

/* Packets: one is copied in some 3 us, a frame begun (its checksum made) in some 20; edges and blocks go before. SETUP is looked at last,
 * so that a status stage that has ended before it is not taken for one that ends after it. */
void isr_usb(void)
{
	uint32_t why = USB->ints;
	bool look = why != USB_INT_BUFFER;
	if (why & USB_INT_BUS_RESET)
		bus_reset();
	else if (why & USB_INT_RESUME)
		resumed();
	else if (why & USB_INT_SUSPEND)
		suspended();
	if (why & USB_INT_BUFFER && buffers_done())
		look = true;
	if (why & USB_INT_SETUP)
		setup_came();
	if (look)
		wake();
}

/* ---- the main loop's ---- */

static void controller_start(void)
{
	reset_cycle(RESET_USB);
	for (uint32_t n = 0; n < USB_MEMORY_BYTES; n += 4)
		*memory_at(n) = 0;
	USB->muxing = USB_MUX_TO_PHY | USB_MUX_SOFTCON;
	USB->pwr = USB_POWER_VBUS | USB_POWER_VBUS_OVERRIDE; /* powered by the bus: it is there */
	USB->main_ctrl = USB_MAIN_ENABLE;
	USB->sie_ctrl = USB_SIE_EP0_INTERRUPT;
	USB->inte = USB_INT_BUFFER | USB_INT_BUS_RESET | USB_INT_SETUP;
	register_set(&USB->sie_ctrl, USB_SIE_PULL_UP);
}

void usb_open(const struct usb_ops *given, const char serial[16])
{
	ops = *given;
	usb_control_init(&control, serial);
	irq_priority(IRQ_USB, 2);
	controller_start();
	irq_enable(IRQ_USB);
}

/* Erratum RP2040-E15: a bus error in an IN packet may leave the controller deaf until its block is reset. A host sends a frame each ms; without
 * them for 3 ms the bus is suspended, and said to be. So frames that came, and come no more, and no suspend: it hangs. Then it goes off the bus
 * for a while, as if unplugged, and is found anew. The interrupt is held. */
#define FRAMES_GONE_US 100000u /* longer than a bus reset takes */
#define AWAY_US 100000u
static void controller_watch(void)
{
	uint32_t frame = USB->sof_rd, now = ticks_low();
	if (usb.away) {
		if (now - usb.since < AWAY_US)
			return;
		usb.away = false;
		controller_start();
		usb.frame = USB->sof_rd;
	} else if (frame != usb.frame) {
		usb.frame = frame;
		usb.since = now;
		usb.frames = true;
	} else if (usb.frames && now - usb.since > FRAMES_GONE_US) {
		act(usb_control_bus_reset(&control));
		reset_cycle(RESET_USB);
		usb.frames = false;
		usb.away = true;
		usb.since = now;
	}
}

void usb_close(void)
{
	irq_hold(IRQ_USB);
	register_clear(&USB->sie_ctrl, USB_SIE_PULL_UP);
}

bool usb_configured(void)
{
	return usb.on;
}

static void host_left(void)
{
	usb.left = false;
	usb.taken = usb.came;
	usb.used = 0;
	ops.host_left(ops.self);
}

/* Data endpoints move on where the interrupt could not: nothing was to be sent, no room was left, or they are new. */
static void endpoints_begin(void)
{
	if (!usb.on)
		return;
	if (!usb.out_armed && !(control.halted & USB_HALT_OUT) && usb.came - usb.taken < QUEUED)
		out_arm();
	if (!usb.in_busy && !(control.halted & USB_HALT_IN))
		in_begin();
}

static void packets_take(void)
{
	while (usb.taken != usb.came && !usb.left) {
		struct packet *packet = &usb.packets[usb.taken % QUEUED];
		uint64_t ticks = ticks_near(ticks_now(), packet->stamp);
		usb.used += (uint8_t)ops.receive(ops.self, packet->bytes + usb.used, packet->size - usb.used, ticks);
		if (usb.used < packet->size)
			return;
		usb.used = 0;
		usb.taken++;
	}
}

void usb_poll(void)
{
	packets_take();
	irq_hold(IRQ_USB);
	controller_watch();
	if (usb.left)
		host_left();
	endpoints_begin();
	irq_release(IRQ_USB);
}
