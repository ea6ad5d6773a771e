/* SPDX-License-Identifier: Apache-2.0 */
/* The rig's firmware: logic/rig.h with the board's hardware below it. */
#include "board.h"
#include "bus.h"
#include "check.h"
#include "clocks.h"
#include "lines.h"
#include "logic/rig.h"
#include "sampler.h"
#include "usb.h"
#include "wake.h"
#include "watchdog.h"

#include <string.h>

#define SLOTS 512u          /* frames for the host: 176 ms of samples at 400 000 a second */
#define TURN_US 10000u      /* the main loop goes round at least so often */
#define BLINK_US 500000u    /* the LED, while no host has configured us */
#define FLASH 0x10000000u

int main(void);

static struct rig rig;
static struct outbox_slot slots[SLOTS] __attribute__((section(".unset")));

/* ---- from interrupts ---- */

static void block_done(uint32_t stamp)
{
	rig_block_done(&rig, stamp);
}

static int next_packet(void *self, uint8_t *packet, size_t most)
{
	return rig_packet(self, packet, most);
}

static void line_lost(uint8_t line)
{
	rig_edge_lost(&rig, line);
}

/* ---- what the logic asks for ---- */

static void line_moved(uint32_t stamp, uint8_t line, bool high, uint32_t sample)
{
	rig_edge(&rig, stamp, line, high, sample);
}

static uint64_t now(void *self)
{
	(void)self;
	return ticks_now();
}

static uint64_t set_output(void *self, uint8_t line, bool high)
{
	(void)self;
	return lines_set_output(line, high);
}

static void watch(void *self, uint8_t line, bool on)
{
	(void)self;
	lines_watch(line, on);
}

static void adc_start(void *self, const struct rig_adc_start *asked, uint32_t block, struct rig_adc_started *started)
{
	(void)self;
	lines_poll();
	sampler_start(asked, block, started);
}

static uint32_t adc_stop(void *self)
{
	(void)self;
	lines_poll();
	return sampler_stop();
}

static const uint16_t *block(void *self, uint32_t place)
{
	(void)self;
	return sampler_block(place);
}

static void self_test(void *self)
{
	(void)self;
	check_begin(rig.power.state == POWER_OFF, rig.serial_good);
}

static void self_test_end(void *self)
{
	(void)self;
	check_end();
}

static void reset(void *self, enum rig_reset_to to)
{
	(void)self;
	if (to != RIG_RESET_HANG)
		usb_close();
	watchdog_reset(to);
}

static const struct rig_ops ops = {
	now, set_output, watch, adc_start, adc_stop, block, self_test, self_test_end, reset, { NULL, bus_begin, bus_abandon },
};

static size_t receive(void *self, const uint8_t *bytes, size_t size, uint64_t ticks)
{
	return rig_receive(self, bytes, size, ticks);
}

static void host_left(void *self)
{
	rig_host_left(self);
}

/* ---- */

static void identify(struct rig_identity *identity, uint32_t boots, enum rig_boot boot, bool power)
{
	*identity = (struct rig_identity){
		.firmware_major = FIRMWARE_MAJOR,
		.firmware_minor = FIRMWARE_MINOR,
		.firmware_patch = FIRMWARE_PATCH,
		.boot = (uint16_t)boot,
		.boots = boots,
		.capabilities = RIG_CAN_EDGES | RIG_CAN_ADC | RIG_CAN_COUNT | (power ? RIG_CAN_POWER : 0),
		.stamp_u_ns = LINES_STAMP_U_NS,
		.inputs = RIG_INPUTS,
		.outputs = RIG_OUTPUTS,
		.adc_channels = RIG_ADC_CHANNELS,
	};
	_Static_assert(sizeof RIG_BOARD_NAME <= sizeof identity->board, "the board's name");
	memcpy(identity->board, RIG_BOARD_NAME, sizeof RIG_BOARD_NAME);
}

static void open(void)
{
	uint32_t boots;
	enum rig_boot boot = watchdog_boot(&boots);
	clocks_start();
	watchdog_start();
	lines_open(line_moved, line_lost);
	sampler_open(block_done);
	wake_open();
	bus_open();
	const struct identity_page *page = (const void *)(FLASH + IDENTITY_OFFSET);
	struct rig_setup setup = { .ops = &ops, .self = &rig, .slots = slots, .n_slots = SLOTS, .places = SAMPLER_PLACES, .page = page };
	__asm__ volatile("cpsie i" ::: "memory");
	identify(&setup.identity, boots, boot, check_power_part());
	rig_init(&rig, &setup);
	usb_open(&(struct usb_ops){ &rig, next_packet, receive, host_left }, rig.identity.serial);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Everything takes its turn. Returns when to come again. */
static uint64_t turn(void)
{
	lines_poll();
	usb_poll();
	uint64_t next = rig_poll(&rig);
	struct self_test_readings readings;
	if (check_step(ticks_now(), &readings))
		rig_self_test_done(&rig, &readings);
	usb_poll(); /* what has just been said goes out */
	watchdog_feed();
	uint64_t begun = ticks_now();
	lines_led(usb_configured() || begun / BLINK_US % 2 == 0);
	return sooner(next, begun + (check_runs() ? TURN_US / 20 : TURN_US));
}

int main(void)
{
	open();
	for (;;)
		sleep_until(turn());
}
