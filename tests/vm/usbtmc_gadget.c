/*
 * vm_usbtmc_gadget: a USBTMC/USB488 instrument as a FunctionFS gadget of this kernel (dummy_hcd), for tests in a guest.
 *
 * usage: vm_usbtmc_gadget [options] FUNCTIONFS_MOUNT
 *   --bridge PATH     messages go to this unix socket and its lines come back as replies (joulerig-twin); else it answers by itself
 *   --ready FILE      made once the gadget may be bound to its UDC
 *   --log FILE        what the host did wrong, as FAULT lines; a summary on SIGUSR2
 *   --vendor HEX      0b21: REN_CONTROL is a fault
 *   --serial TEXT     for *IDN?
 *
 * Three threads: control requests, bulk-OUT, bulk-IN; a fourth reads the bridge. A thread that waits in a pipe is taken out of
 * it by SIGUSR1. Endpoint files: ep1 bulk-IN, ep2 bulk-OUT, ep3 interrupt-IN (opened, never used).
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/usb/ch9.h>
#include <linux/usb/functionfs.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "usbtmc_device.h"

#define PACKET 512

static struct device device = { .vendor = 0x0b21, .serial = "C3VM0001E", .quirk_ren = true };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static const char *mount_path, *bridge_path, *ready_path;
static int ep0, ep_in, ep_out, bridge = -1;
static pthread_t in_thread, out_thread;
static bool in_writing; /* the IN thread is in its pipe */

static void die(const char *what)
{
	fprintf(stderr, "vm_usbtmc_gadget: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void nothing(int signal_number)
{
	(void)signal_number;
}

/* ---- descriptors ---- */

struct speed {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in, out, interrupt;
} __attribute__((packed));

static struct speed descriptors_for(uint16_t packet)
{
	struct speed speed = {
		.interface = { .bLength = sizeof speed.interface, .bDescriptorType = USB_DT_INTERFACE, .bNumEndpoints = 3,
			       .bInterfaceClass = 0xfe, .bInterfaceSubClass = 3, .bInterfaceProtocol = 1, .iInterface = 1 },
		.in = { .bLength = sizeof speed.in, .bDescriptorType = USB_DT_ENDPOINT, .bEndpointAddress = 1 | USB_DIR_IN,
			.bmAttributes = USB_ENDPOINT_XFER_BULK, .wMaxPacketSize = htole16(packet) },
		.out = { .bLength = sizeof speed.out, .bDescriptorType = USB_DT_ENDPOINT, .bEndpointAddress = 2,
			 .bmAttributes = USB_ENDPOINT_XFER_BULK, .wMaxPacketSize = htole16(packet) },
		.interrupt = { .bLength = sizeof speed.interrupt, .bDescriptorType = USB_DT_ENDPOINT,
			       .bEndpointAddress = 3 | USB_DIR_IN, .bmAttributes = USB_ENDPOINT_XFER_INT,
			       .wMaxPacketSize = htole16(8), .bInterval = 4 },
	};
	return speed;
}

static void write_descriptors(void)
{
	struct {
		struct usb_functionfs_descs_head_v2 head;
		__le32 full_count, high_count;
		struct speed full, high;
	} __attribute__((packed)) descriptors = {
		.head = { .magic = htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2), .length = htole32(sizeof descriptors),
			  .flags = htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC) },
		.full_count = htole32(4), .high_count = htole32(4), .full = descriptors_for(64), .high = descriptors_for(PACKET),
	};
	struct {
		struct usb_functionfs_strings_head head;
		__le16 language;
		char text[sizeof "USBTMC"];
	} __attribute__((packed)) strings = {
		.head = { .magic = htole32(FUNCTIONFS_STRINGS_MAGIC), .length = htole32(sizeof strings), .str_count = htole32(1),
			  .lang_count = htole32(1) },
		.language = htole16(0x409), .text = "USBTMC",
	};
	if (write(ep0, &descriptors, sizeof descriptors) < 0 || write(ep0, &strings, sizeof strings) < 0)
		die("descriptors");
}

static int open_endpoint(const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", mount_path, name);
	int fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	return fd;
}

/* ---- the bridge ---- */

static void close_bridge(void)
{
	if (bridge >= 0)
		shutdown(bridge, SHUT_RDWR); /* its reader closes it */
	bridge = -1;
}

static void *read_bridge(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char text[4096], line[1 << 16];
	size_t size = 0;
	ssize_t got;
	while ((got = read(fd, text, sizeof text)) > 0) {
		for (ssize_t i = 0; i < got && size < sizeof line; i++) {
			line[size++] = text[i];
			if (text[i] != '\n')
				continue;
			pthread_mutex_lock(&mutex);
			if (fd == bridge)
				device_set_reply(&device, line, size);
			pthread_cond_broadcast(&changed);
			pthread_mutex_unlock(&mutex);
			size = 0;
		}
	}
	pthread_mutex_lock(&mutex);
	if (fd == bridge)
		bridge = -1;
	pthread_mutex_unlock(&mutex);
	close(fd);
	return NULL;
}

/* A connection for each conversation: a late answer to what was cleared cannot come through the next one. */
static void connect_bridge(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	pthread_t thread;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", bridge_path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		device_note(&device, "no bridge: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	bridge = fd;
	if (pthread_create(&thread, NULL, read_bridge, (void *)(intptr_t)fd) != 0)
		die("a thread");
	pthread_detach(thread);
}

/* The message is complete: it goes where messages go. */
static void deliver(void)
{
	if (bridge_path == NULL) {
		device_execute(&device);
	} else {
		if (bridge < 0)
			connect_bridge();
		if (bridge >= 0 && send(bridge, device.message, device.n_message, MSG_NOSIGNAL) < 0)
			close_bridge();
	}
	device.complete = false;
	device.n_message = 0;
}

/* ---- bulk ---- */

static void *serve_out(void *argument)
{
	uint8_t packet[PACKET];
	(void)argument;
	for (;;) {
		pthread_mutex_lock(&mutex);
		int64_t deaf = device.deaf_until - device_now();
		pthread_mutex_unlock(&mutex);
		if (deaf > 0) {
			usleep((useconds_t)(deaf / 1000));
			continue;
		}
		ssize_t got = read(ep_out, packet, sizeof packet);
		pthread_mutex_lock(&mutex);
		if (got > 0)
			device_feed(&device, packet, (size_t)got, got < PACKET);
		if (device.complete)
			deliver();
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
		if (got < 0 && errno != EINTR)
			usleep(2000); /* unplugged, or halted: until that is over */
	}
	return NULL;
}

/* Waits until something is to be sent, and writes it. Returns its length. */
static size_t next_transfer(uint8_t *bytes)
{
	for (;;) {
		if (device.flush)
			return 0;
		if (device_has_reply(&device))
			return device_reply(&device, bytes, PACKET);
		struct timespec soon;
		clock_gettime(CLOCK_MONOTONIC, &soon);
		soon.tv_nsec += 2000000; /* a late reply becomes ready without anybody telling */
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
		if (device.asked && device.n_reply > 0)
			pthread_cond_timedwait(&changed, &mutex, &soon);
		else
			pthread_cond_wait(&changed, &mutex);
	}
}

static void *serve_in(void *argument)
{
	static uint8_t bytes[1 << 18];
	(void)argument;
	pthread_mutex_lock(&mutex);
	for (;;) {
		size_t size = next_transfer(bytes);
		bool flushing = device.flush;
		in_writing = true;
		pthread_mutex_unlock(&mutex);
		ssize_t sent = write(ep_in, bytes, size);
		pthread_mutex_lock(&mutex);
		in_writing = false;
		if (flushing && sent == 0)
			device.flush = false;
		if (sent < 0 && errno != EINTR)
			device.flush = false; /* unplugged */
		pthread_cond_broadcast(&changed);
	}
	return NULL;
}

/* Called with the mutex held: takes the IN thread out of its pipe. */
static void cancel_in(void)
{
	while (in_writing) {
		struct timespec soon;
		pthread_kill(in_thread, SIGUSR1);
		clock_gettime(CLOCK_MONOTONIC, &soon);
		soon.tv_nsec += 1000000;
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&changed, &mutex, &soon);
	}
}

/* ---- control ---- */

/* Writing to a pipe that comes from the host halts it. */
static void halt_out(void)
{
	char byte = 0;
	pthread_kill(out_thread, SIGUSR1);
	if (write(ep_out, &byte, 1) >= 0 || errno != EBADMSG)
		device_note(&device, "bulk-OUT was not halted: %s", strerror(errno));
}

static void answer_request(const struct usb_ctrlrequest *setup)
{
	uint8_t answer[24];
	char byte;
	pthread_mutex_lock(&mutex);
	bool ours = (setup->bRequestType & USB_TYPE_MASK) == USB_TYPE_CLASS && setup->bRequestType & USB_DIR_IN;
	int length = ours ? device_control(&device, (const uint8_t *)setup, answer) : -1;
	if (ours && device.effects & EFFECT_CLEARED)
		close_bridge();
	if (ours && device.effects & EFFECT_CANCEL_IN)
		cancel_in();
	if (ours && device.effects & EFFECT_HALT_OUT)
		halt_out();
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
	if (length >= 0)
		length = (int)write(ep0, answer, (size_t)length);
	else if (setup->bRequestType & USB_DIR_IN)
		length = (int)read(ep0, &byte, 0); /* the wrong direction refuses it */
	else
		length = (int)write(ep0, &byte, 0);
}

static void *serve_control(void *argument)
{
	struct usb_functionfs_event event;
	(void)argument;
	while (read(ep0, &event, sizeof event) == sizeof event) {
		if (event.type == FUNCTIONFS_SETUP) {
			answer_request(&event.u.setup);
		} else if (event.type == FUNCTIONFS_ENABLE || event.type == FUNCTIONFS_DISABLE) {
			pthread_mutex_lock(&mutex);
			device_reset(&device);
			close_bridge();
			pthread_cond_broadcast(&changed);
			pthread_mutex_unlock(&mutex);
		}
	}
	die("ep0");
	return NULL;
}

/* ---- main ---- */

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bridge", 1, NULL, 'b' }, { "ready", 1, NULL, 'r' }, { "log", 1, NULL, 'l' },
		{ "vendor", 1, NULL, 'v' }, { "serial", 1, NULL, 's' }, { 0 },
	};
	device.log = stderr;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'b': bridge_path = optarg; break;
		case 'r': ready_path = optarg; break;
		case 'v': device.vendor = (uint16_t)strtoul(optarg, NULL, 16); break;
		case 's': snprintf(device.serial, sizeof device.serial, "%s", optarg); break;
		case 'l':
			device.log = fopen(optarg, "a");
			if (device.log == NULL)
				die(optarg);
			break;
		default: exit(2);
		}
	}
	if (optind != argc - 1) {
		fprintf(stderr, "usage: vm_usbtmc_gadget [--bridge PATH] [--ready FILE] [--log FILE] [--vendor HEX] [--serial TEXT] MOUNT\n");
		exit(2);
	}
	mount_path = argv[optind];
}

static void start_threads(void)
{
	pthread_condattr_t attributes;
	pthread_t control_thread;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attributes);
	if (pthread_create(&in_thread, NULL, serve_in, NULL) != 0 || pthread_create(&out_thread, NULL, serve_out, NULL) != 0 ||
	    pthread_create(&control_thread, NULL, serve_control, NULL) != 0)
		die("a thread");
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = nothing }; /* without SA_RESTART: a pipe is left with EINTR */
	sigset_t summary;
	read_options(argc, argv);
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&summary);
	sigaddset(&summary, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &summary, NULL);
	ep0 = open_endpoint("ep0");
	write_descriptors();
	ep_in = open_endpoint("ep1");
	ep_out = open_endpoint("ep2");
	open_endpoint("ep3");
	start_threads();
	if (ready_path && close(open(ready_path, O_CREAT | O_WRONLY, 0644)) < 0)
		die(ready_path);
	for (int number;;) {
		if (sigwait(&summary, &number) == 0) {
			pthread_mutex_lock(&mutex);
			device_summary(&device);
			pthread_mutex_unlock(&mutex);
		}
	}
}
