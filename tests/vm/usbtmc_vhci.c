/*
 * vm_usbtmc_vhci: a USBTMC/USB488 instrument that is plugged into this kernel through USB/IP (vhci-hcd), every request of the host
 * passing through here: for what a real instrument would do wrong. Commands on standard input, each answered by a line:
 *
 *   plug [DESCRIPTORS]   attached; with the descriptors spoilt in the way named (see `spoil`)
 *   unplug
 *   serial [TEXT]        of the next plug; none: there is no serial string
 *   vendor HEX           of the next plug
 *   bridge PATH          messages go to this unix socket and its lines come back as replies (joulerig-twin)
 *   fault NAME [N]       happens the next N times (1) that it can (see `faults`)
 *   left                 how many faults have not happened yet
 *   calm                 none will
 *   summary              what the host did; FAULT lines, if any, come before it
 *
 * USB/IP after the import, all numbers big endian; a header has 48 bytes:
 *
 *   0        4       8      12          16        20 …
 *   command  seqnum  devid  direction   endpoint
 *   1 submit                                      flags, length, frame, packets, interval (4 each), setup (8); then data, if OUT
 *   2 unlink                                      seqnum of the victim
 *   3 submitted                                   status, length, frame, packets, errors (4 each), 0; then data, if IN
 *   4 unlinked                                    status
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "usbtmc_device.h"

#define ATTACH "/sys/devices/platform/vhci_hcd.0/attach"
#define HIGH_SPEED 3
#define ENDLESS (1 << 20)

enum { SUBMIT = 1, UNLINK = 2, SUBMITTED = 3, UNLINKED = 4 };
enum { EP_IN = 1, EP_OUT = 2 };

static struct device device = { .vendor = 0x0b21, .serial = "C3VM0009E", .quirk_ren = true };
static char usb_serial[64] = "4333564D3030303945";
static int host = -1;
static int free_port;
static bool in_halted, out_halted;
static uint8_t configuration, alternate;
static unsigned set_interfaces, cleared_halts, suspicious;

/* ---- faults ---- */

enum fault {
	CAPS_STALL, CAPS_FAILED, CAPS_SHORT, CAPS_EMPTY, CAPS_SILENT, CAPS_TALK_ONLY,
	CLEAR_STALL, CLEAR_FAILED, CLEAR_SILENT, CHECK_STALL, CHECK_FAILED, PENDING, DRAIN,
	ABORT_STALL, ABORT_FAILED, ABORT_SILENT,
	OUT_STALL, OUT_SILENT, OUT_SHORT, OUT_NOISE, OUT_UNPLUG,
	IN_STALL, IN_SILENT, IN_NOISE, IN_UNPLUG, IN_BABBLE, IN_ENDLESS,
	IN_TAG, IN_INVERSE, IN_MSGID, IN_LONGER, IN_ABSURD, IN_LIE, IN_CUT, IN_EMPTY, IN_STUB, IN_ZERO, IN_NO_END, IN_ALIGNED,
	FAULTS
};
static const char *const faults[FAULTS] = {
	"caps-stall", "caps-failed", "caps-short", "caps-empty", "caps-silent", "caps-talk-only",
	"clear-stall", "clear-failed", "clear-silent", "check-stall", "check-failed", "pending", "drain",
	"abort-stall", "abort-failed", "abort-silent",
	"out-stall", "out-silent", "out-short", "out-noise", "out-unplug",
	"in-stall", "in-silent", "in-noise", "in-unplug", "in-babble", "in-endless",
	"in-tag", "in-inverse", "in-msgid", "in-longer", "in-absurd", "in-lie", "in-cut", "in-empty", "in-stub", "in-zero", "in-no-end",
	"in-aligned",
};
static unsigned armed[FAULTS];

static bool happens(enum fault fault)
{
	if (armed[fault] == 0)
		return false;
	armed[fault]--;
	return true;
}

/* ---- descriptors ---- */

static uint8_t configuration_bytes[128];
static size_t n_configuration;

enum { CONFIGURATION_AT = 0, INTERFACE_AT = 9, IN_AT = 18, OUT_AT = 25, INTERRUPT_AT = 32, END_AT = 39 };

static void write_configuration(void)
{
	static const uint8_t good[END_AT] = {
		9, 2, END_AT, 0, 1, 1, 0, 0x80, 50,
		9, 4, 0, 0, 3, 0xfe, 3, 1, 0,
		7, 5, 0x80 | EP_IN, 2, 0x00, 0x02, 0,
		7, 5, EP_OUT, 2, 0x00, 0x02, 0,
		7, 5, 0x83, 3, 8, 0, 4,
	};
	memcpy(configuration_bytes, good, sizeof good);
	n_configuration = sizeof good;
}

static void remove_endpoint(size_t at)
{
	memmove(configuration_bytes + at, configuration_bytes + at + 7, n_configuration - at - 7);
	n_configuration -= 7;
	configuration_bytes[2] = (uint8_t)n_configuration;
	configuration_bytes[INTERFACE_AT + 4]--;
}

/* USBTMC on an alternate setting; on 0 there is nothing. */
static void move_to_alternate(void)
{
	memmove(configuration_bytes + INTERFACE_AT + 9, configuration_bytes + INTERFACE_AT, n_configuration - INTERFACE_AT);
	n_configuration += 9;
	configuration_bytes[2] = (uint8_t)n_configuration;
	configuration_bytes[INTERFACE_AT + 4] = 0;
	configuration_bytes[INTERFACE_AT + 5] = 0xff;
	configuration_bytes[INTERFACE_AT + 9 + 3] = 1;
}

static void set_packet(size_t at, unsigned size)
{
	configuration_bytes[at + 4] = (uint8_t)size;
	configuration_bytes[at + 5] = (uint8_t)(size >> 8);
}

/* False: no such way. "" and the last three are sound. */
static bool spoil(const char *way)
{
	uint8_t *bytes = configuration_bytes;
	write_configuration();
	if (strcmp(way, "no-in") == 0)
		remove_endpoint(IN_AT);
	else if (strcmp(way, "no-out") == 0)
		remove_endpoint(OUT_AT);
	else if (strcmp(way, "no-endpoints") == 0)
		remove_endpoint(INTERRUPT_AT), remove_endpoint(OUT_AT), remove_endpoint(IN_AT);
	else if (strcmp(way, "promised-endpoints") == 0) /* three are announced, none comes */
		n_configuration = IN_AT, bytes[2] = IN_AT;
	else if (strcmp(way, "packet-zero") == 0)
		set_packet(IN_AT, 0);
	else if (strcmp(way, "packet-odd") == 0)
		set_packet(IN_AT, 63);
	else if (strcmp(way, "packet-huge") == 0)
		set_packet(OUT_AT, 0x7ff);
	else if (strcmp(way, "two-in") == 0)
		bytes[INTERRUPT_AT + 3] = 2, set_packet(INTERRUPT_AT, 512);
	else if (strcmp(way, "interrupt-pipes") == 0)
		bytes[IN_AT + 3] = bytes[OUT_AT + 3] = 3, set_packet(IN_AT, 64), set_packet(OUT_AT, 64);
	else if (strcmp(way, "endpoint-zero") == 0)
		bytes[IN_AT + 2] = 0x80;
	else if (strcmp(way, "same-endpoint") == 0)
		bytes[OUT_AT + 2] = 0x80 | EP_IN;
	else if (strcmp(way, "short-interface") == 0)
		bytes[INTERFACE_AT] = 5;
	else if (strcmp(way, "short-endpoint") == 0)
		bytes[IN_AT] = 3;
	else if (strcmp(way, "zero-length") == 0)
		bytes[IN_AT] = 0;
	else if (strcmp(way, "long-endpoint") == 0)
		bytes[INTERRUPT_AT] = 200;
	else if (strcmp(way, "cut") == 0)
		n_configuration = OUT_AT + 3, bytes[2] = (uint8_t)n_configuration;
	else if (strcmp(way, "long-total") == 0)
		bytes[2] = 100;
	else if (strcmp(way, "class") == 0)
		bytes[INTERFACE_AT + 5] = 0xff;
	else if (strcmp(way, "protocol") == 0)
		bytes[INTERFACE_AT + 7] = 5;
	else if (strcmp(way, "alternate") == 0)
		move_to_alternate();
	else if (strcmp(way, "without-488") == 0)
		bytes[INTERFACE_AT + 7] = 0, remove_endpoint(INTERRUPT_AT);
	else
		return way[0] == '\0';
	return true;
}

static size_t device_descriptor(uint8_t *bytes)
{
	const uint8_t descriptor[18] = { 18, 1, 0x00, 0x02, 0, 0, 0, 64, (uint8_t)device.vendor, (uint8_t)(device.vendor >> 8), 0x25, 0,
					 0, 1, 1, 2, usb_serial[0] ? 3 : 0, 1 };
	memcpy(bytes, descriptor, sizeof descriptor);
	return sizeof descriptor;
}

static size_t string_descriptor(uint8_t index, uint8_t *bytes)
{
	const char *text = index == 1 ? "Yokogawa" : index == 2 ? "WT310E" : usb_serial;
	size_t n = index ? strlen(text) : 1;
	for (size_t i = 0; i < n; i++) {
		bytes[2 + 2 * i] = index ? (uint8_t)text[i] : 0x09;
		bytes[3 + 2 * i] = index ? 0 : 0x04;
	}
	bytes[0] = (uint8_t)(2 + 2 * n);
	bytes[1] = 3;
	return bytes[0];
}

/* ---- USB/IP ---- */

struct urb {
	uint32_t seqnum;
	bool in, silent; /* silent: waits to be unlinked */
	uint8_t endpoint;
	uint32_t length;
};
static struct urb urbs[64];
static size_t n_urbs;

static bool read_all(void *bytes, size_t size)
{
	for (char *to = bytes; size > 0;) {
		ssize_t got = read(host, to, size);
		if (got <= 0)
			return false;
		to += got;
		size -= (size_t)got;
	}
	return true;
}

static void unplug(void)
{
	if (host >= 0)
		close(host);
	host = -1;
	n_urbs = 0;
}

static void put(const uint32_t *header, const void *data, size_t size)
{
	uint32_t packet[12];
	for (int i = 0; i < 12; i++)
		packet[i] = htonl(header[i]);
	if (host < 0 || write(host, packet, sizeof packet) != sizeof packet || (size && write(host, data, size) != (ssize_t)size))
		unplug();
}

static void complete(const struct urb *urb, int status, const void *data, size_t size)
{
	const uint32_t header[12] = { SUBMITTED, urb->seqnum, 0, 0, 0, (uint32_t)status, (uint32_t)size };
	put(header, data, urb->in ? size : 0);
}

static void unlink_urb(uint32_t seqnum, uint32_t victim)
{
	uint32_t header[12] = { UNLINKED, seqnum };
	for (size_t i = 0; i < n_urbs; i++) {
		if (urbs[i].seqnum != victim)
			continue;
		urbs[i] = urbs[--n_urbs];
		header[5] = (uint32_t)-ECONNRESET;
		break;
	}
	put(header, NULL, 0);
}

static void keep(const struct urb *urb)
{
	if (n_urbs < sizeof urbs / sizeof *urbs)
		urbs[n_urbs++] = *urb;
	else
		suspicious++;
}

/* ---- control requests ---- */

/* The length of the answer; negative: an errno value, 1 << 20: silence. */
#define SILENCE (1 << 20)

static int standard_request(const uint8_t *setup, uint8_t *answer)
{
	memset(answer, 0, 2);
	switch (setup[1]) {
	case USB_REQ_GET_DESCRIPTOR:
		if (setup[3] == 1)
			return (int)device_descriptor(answer);
		if (setup[3] == 2) {
			memcpy(answer, configuration_bytes, n_configuration);
			return (int)n_configuration;
		}
		return setup[3] == 3 && setup[2] <= 3 ? (int)string_descriptor(setup[2], answer) : -EPIPE;
	case USB_REQ_GET_STATUS:
		return 2;
	case USB_REQ_GET_CONFIGURATION:
		answer[0] = configuration;
		return 1;
	case USB_REQ_SET_CONFIGURATION:
		configuration = setup[2];
		device_reset(&device);
		in_halted = out_halted = false;
		return 0;
	case USB_REQ_SET_INTERFACE:
		alternate = setup[2];
		set_interfaces++;
		return 0;
	case USB_REQ_CLEAR_FEATURE:
		cleared_halts += setup[0] == USB_RECIP_ENDPOINT;
		if (setup[4] == EP_OUT)
			out_halted = false;
		if (setup[4] == (0x80 | EP_IN))
			in_halted = false;
		return 0;
	default:
		return -EPIPE;
	}
}

/* A fault instead of an answer; 0: none. */
static int spoilt_request(uint8_t request, uint8_t *answer)
{
	answer[0] = DEVICE_FAILED;
	switch (request) {
	case 1: case 3:
		return happens(ABORT_STALL) ? -EPIPE : happens(ABORT_SILENT) ? SILENCE : happens(ABORT_FAILED) ? 2 : 0;
	case 5:
		return happens(CLEAR_STALL) ? -EPIPE : happens(CLEAR_SILENT) ? SILENCE : happens(CLEAR_FAILED) ? 1 : 0;
	case 6:
		device.pending += armed[PENDING];
		device.pending_drain += armed[DRAIN];
		armed[PENDING] = armed[DRAIN] = 0;
		return happens(CHECK_STALL) ? -EPIPE : happens(CHECK_FAILED) ? 2 : 0;
	case 7:
		return happens(CAPS_STALL) ? -EPIPE : happens(CAPS_SILENT) ? SILENCE : happens(CAPS_FAILED) ? 24 : 0;
	default:
		return 0;
	}
}

static int class_request(const uint8_t *setup, uint8_t *answer)
{
	int length = spoilt_request(setup[1], answer);
	if (length != 0)
		return length;
	length = device_control(&device, setup, answer);
	if (length < 0)
		return -EPIPE;
	if (device.effects & EFFECT_HALT_OUT)
		out_halted = true;
	if (setup[1] == 7 && happens(CAPS_SHORT))
		return 10;
	if (setup[1] == 7 && happens(CAPS_EMPTY))
		return 0;
	if (setup[1] == 7 && happens(CAPS_TALK_ONLY))
		answer[4] = 2;
	return length;
}

static void serve_control(struct urb *urb, const uint8_t *setup)
{
	uint8_t answer[512] = { 0 };
	bool class = (setup[0] & USB_TYPE_MASK) == USB_TYPE_CLASS;
	int length = class ? class_request(setup, answer) : standard_request(setup, answer);
	urb->silent = length == SILENCE;
	if (urb->silent)
		keep(urb);
	else if (length < 0)
		complete(urb, length, NULL, 0);
	else
		complete(urb, 0, answer, (uint32_t)length < urb->length ? (uint32_t)length : urb->length);
}

/* ---- the bridge ---- */

static char bridge_path[108];
static int bridge = -1;
static char heard[4096]; /* of a line that has no end yet */
static size_t n_heard;

static void close_bridge(void)
{
	if (bridge >= 0)
		close(bridge);
	bridge = -1;
	n_heard = 0;
}

static bool connect_bridge(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", bridge_path);
	close_bridge();
	bridge = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(bridge, (struct sockaddr *)&address, sizeof address) == 0)
		return true;
	close_bridge();
	return false;
}

static void hear_bridge(void)
{
	ssize_t got = recv(bridge, heard + n_heard, sizeof heard - n_heard, 0);
	if (got <= 0) {
		close_bridge();
		return;
	}
	n_heard += (size_t)got;
	if (heard[n_heard - 1] != '\n' && n_heard < sizeof heard)
		return;
	device_set_reply(&device, heard, n_heard);
	n_heard = 0;
}

/* What a whole message is for: the instrument behind the bridge, or the one in here. */
static void execute_message(void)
{
	if (bridge_path[0] == '\0')
		device_execute(&device);
	else if (bridge < 0 && !connect_bridge())
		device_note(&device, "no bridge: %s", strerror(errno));
	else if (send(bridge, device.message, device.n_message, MSG_NOSIGNAL) < 0)
		close_bridge();
}

/* ---- bulk ---- */

static void serve_out(struct urb *urb, const uint8_t *bytes)
{
	if (happens(OUT_STALL))
		out_halted = true;
	if (happens(OUT_UNPLUG)) {
		unplug();
		return;
	}
	if (out_halted || (urb->silent = happens(OUT_SILENT)) || armed[OUT_SHORT] || armed[OUT_NOISE]) {
		device_skip(&device, bytes, urb->length);
		if (out_halted)
			complete(urb, -EPIPE, NULL, 0);
		else if (urb->silent)
			keep(urb);
		else if (happens(OUT_NOISE))
			complete(urb, -EPROTO, NULL, 0);
		else if (happens(OUT_SHORT))
			complete(urb, 0, NULL, urb->length / 2);
		return;
	}
	device_feed(&device, bytes, urb->length, true);
	complete(urb, 0, NULL, urb->length);
	if (device.complete) {
		execute_message();
		device.complete = false;
		device.n_message = 0;
	}
}

static uint8_t in_bytes[ENDLESS + 100];
static size_t in_size, in_at;
static bool in_under_way;

/* Headers that break one rule each. */
static void spoil_reply(void)
{
	uint8_t *header = in_bytes;
	if (happens(IN_TAG))
		header[1]++, header[2]--;
	if (happens(IN_INVERSE))
		header[2] ^= 1;
	if (happens(IN_MSGID))
		header[0] = 1;
	if (happens(IN_LONGER)) {
		header[4] = 1, header[5] = 0x10; /* 4097, and they are there */
		in_size = 12 + 4097;
	}
	if (happens(IN_ABSURD))
		memset(header + 4, 0xff, 4);
	if (happens(IN_LIE))
		header[4]++;
	if (happens(IN_CUT))
		in_size -= 4;
	if (happens(IN_EMPTY))
		in_size = 0;
	if (happens(IN_STUB))
		in_size = 7;
	if (happens(IN_ZERO))
		header[4] = header[5] = 0;
	if (happens(IN_NO_END))
		header[8] = 0;
	if (happens(IN_ENDLESS))
		in_size = ENDLESS;
	if (happens(IN_ALIGNED)) /* allowed: as many bytes as do not fill a packet */
		in_size += 511 - in_size % 512;
}

static bool begin_reply(void)
{
	if (device.flush) {
		in_size = 0;
		device.flush = false;
	} else if (device_has_reply(&device)) {
		in_size = device_reply(&device, in_bytes, 0);
		spoil_reply();
	} else {
		return false;
	}
	in_at = 0;
	in_under_way = true;
	return true;
}

/* The next part of a transfer, which ends when a URB is not filled. False: nothing to send yet. */
static bool serve_in(const struct urb *urb)
{
	if (happens(IN_UNPLUG)) {
		unplug();
		return false;
	}
	if (happens(IN_STALL))
		in_halted = true;
	if (in_halted || armed[IN_NOISE] || armed[IN_BABBLE]) {
		device.asked = device.asked && in_halted;
		complete(urb, in_halted ? -EPIPE : happens(IN_NOISE) ? -EPROTO : happens(IN_BABBLE) ? -EOVERFLOW : 0, NULL, 0);
		return true;
	}
	if (!in_under_way && !begin_reply())
		return false;
	size_t size = in_size - in_at < urb->length ? in_size - in_at : urb->length;
	complete(urb, 0, in_bytes + in_at, size);
	in_at += size;
	in_under_way = size == urb->length;
	return true;
}

static void serve_waiting(void)
{
	for (size_t i = 0; i < n_urbs; i++) {
		struct urb urb = urbs[i];
		if (urb.silent || !urb.in || urb.endpoint != EP_IN || !serve_in(&urb))
			continue;
		for (size_t j = 0; j < n_urbs; j++)
			if (urbs[j].seqnum == urb.seqnum)
				urbs[j] = urbs[--n_urbs];
		return;
	}
}

static void serve(void)
{
	uint32_t header[12];
	static uint8_t bytes[1 << 17];
	if (!read_all(header, sizeof header)) {
		unplug();
		return;
	}
	for (int i = 0; i < 10; i++)
		header[i] = ntohl(header[i]);
	if (header[0] == UNLINK) {
		unlink_urb(header[1], header[5]);
		return;
	}
	struct urb urb = { .seqnum = header[1], .in = header[3], .endpoint = (uint8_t)header[4], .length = header[6] };
	if (header[0] != SUBMIT || urb.length > sizeof bytes || (!urb.in && urb.length && !read_all(bytes, urb.length))) {
		unplug();
		return;
	}
	if (urb.endpoint == 0) {
		serve_control(&urb, (const uint8_t *)(header + 10));
		if (device.effects & EFFECT_CANCEL_IN)
			in_under_way = false;
		if (device.effects & EFFECT_CLEARED)
			close_bridge();
		device.effects = 0;
	} else if (!urb.in) {
		serve_out(&urb, bytes);
	} else {
		urb.silent = urb.endpoint == EP_IN && happens(IN_SILENT);
		keep(&urb);
	}
}

static bool plug(const char *way)
{
	int pair[2];
	char text[64];
	if (host >= 0 || !spoil(way) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	/* A port that was just left is busy for a while: the next one is taken, round and round. */
	int length = snprintf(text, sizeof text, "%d %d %d %d", free_port, pair[1], 0x10002, HIGH_SPEED);
	free_port = (free_port + 1) % 8;
	int attach = open(ATTACH, O_WRONLY | O_CLOEXEC);
	bool good = attach >= 0 && write(attach, text, (size_t)length) == length;
	if (attach >= 0)
		close(attach);
	close(pair[1]);
	host = pair[0];
	if (!good)
		unplug();
	device_reset(&device);
	in_halted = out_halted = in_under_way = false;
	configuration = alternate = 0;
	return good;
}

/* ---- commands ---- */

static bool arm(const char *name, unsigned count)
{
	for (int i = 0; i < FAULTS; i++) {
		if (strcmp(faults[i], name) != 0)
			continue;
		armed[i] = count;
		return true;
	}
	return false;
}

static unsigned left(void)
{
	unsigned sum = 0;
	for (int i = 0; i < FAULTS; i++)
		sum += armed[i];
	return sum;
}

static void execute(const char *line)
{
	char word[16] = "", name[64] = "";
	unsigned count = 1;
	bool good = true;
	sscanf(line, "%15s %63s %u", word, name, &count);
	if (strcmp(word, "plug") == 0) {
		good = plug(name);
	} else if (strcmp(word, "unplug") == 0) {
		unplug();
	} else if (strcmp(word, "serial") == 0) {
		snprintf(usb_serial, sizeof usb_serial, "%s", name);
	} else if (strcmp(word, "vendor") == 0) {
		device.vendor = (uint16_t)strtoul(name, NULL, 16);
	} else if (strcmp(word, "fault") == 0) {
		good = arm(name, count);
	} else if (strcmp(word, "bridge") == 0) {
		snprintf(bridge_path, sizeof bridge_path, "%.107s", line + strlen("bridge "));
		good = connect_bridge();
	} else if (strcmp(word, "calm") == 0) {
		memset(armed, 0, sizeof armed);
		device.pending = device.pending_drain = 0;
	} else if (strcmp(word, "left") == 0) {
		printf("%u\n", left());
		return;
	} else if (strcmp(word, "summary") == 0) {
		device_note(&device, "halts_cleared=%u interfaces_set=%u suspicious=%u", cleared_halts, set_interfaces, suspicious);
		device_summary(&device);
		return;
	} else {
		good = false;
	}
	printf("%s\n", good ? "ok" : "refused");
}

int main(void)
{
	char line[256];
	size_t n = 0;
	device.log = stdout;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		struct pollfd waits[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = host, .events = POLLIN }, { .fd = bridge, .events = POLLIN } };
		poll(waits, 3, n_urbs ? 2 : -1);
		if (host >= 0 && waits[1].revents)
			serve();
		if (bridge >= 0 && waits[2].revents)
			hear_bridge();
		if (host >= 0)
			serve_waiting();
		if (waits[0].revents == 0)
			continue;
		if (read(STDIN_FILENO, line + n, 1) != 1)
			return 0;
		if (line[n] == '\n' || n == sizeof line - 2) {
			line[n] = '\0';
			execute(line);
			n = 0;
		} else {
			n++;
		}
	}
}
