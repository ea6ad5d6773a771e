/* Endpoint 0 as a host meets it: transfers as USB 2.0 and CDC want them, broken off, cut short, and unknown. */
#include "unit.h"

#include "usb_control.h"

static struct usb_control control;
static uint8_t got[600];
static uint8_t effects; /* of the last transfer, all stages */

#define STALLED -1

static struct usb_action setup(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
{
	const uint8_t bytes[8] = { type, request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index, (uint8_t)(index >> 8),
				   (uint8_t)length, (uint8_t)(length >> 8) };
	struct usb_action action = usb_control_setup(&control, bytes);
	effects = action.effects;
	return action;
}

/* The data stage to the host: packets of 64 until a shorter one, or all that was asked for; then its empty answer. */
static int read_all(struct usb_action action, uint16_t asked)
{
	int n = 0;
	for (;;) {
		assert_int_equal(action.step, USB_SEND);
		assert_in_range(action.size, 0, USB_PACKET_SIZE);
		if (action.size)
			memcpy(got + n, action.bytes, action.size);
		n += action.size;
		assert_true(n <= asked);
		bool last = action.size < USB_PACKET_SIZE || n == asked;
		action = usb_control_sent(&control);
		if (last)
			break;
	}
	assert_int_equal(action.step, USB_RECEIVE);
	assert_int_equal(usb_control_received(&control, NULL, 0).step, USB_WAIT);
	return n;
}

/* One whole transfer with at most data to the host. Returns its bytes, or STALLED. */
static int transfer(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
{
	struct usb_action action = setup(type, request, value, index, length);
	if (action.step == USB_STALL)
		return STALLED;
	if ((type & 0x80) && length > 0)
		return read_all(action, length);
	assert_int_equal(action.step, USB_SEND);
	assert_int_equal(action.size, 0);
	action = usb_control_sent(&control);
	effects |= action.effects;
	assert_int_equal(action.step, USB_WAIT);
	return 0;
}

static int descriptor(uint16_t value, uint16_t length)
{
	return transfer(0x80, 6, value, 0, length);
}

static int begin(void **state)
{
	(void)state;
	usb_control_init(&control, "R0001\0\0\0\0\0\0\0\0\0\0");
	usb_control_bus_reset(&control);
	return 0;
}

static int begin_configured(void **state)
{
	begin(state);
	assert_int_equal(transfer(0, 5, 9, 0, 0), 0);
	assert_int_equal(transfer(0, 9, 1, 0, 0), 0);
	return 0;
}

static void device_says_who_it_is(void **state)
{
	(void)state;
	assert_int_equal(descriptor(0x0100, 64), 18);
	assert_int_equal(got[0], 18);
	assert_int_equal(got[1], 1);
	assert_int_equal(got[4], 0xef); /* associated interfaces */
	assert_int_equal(got[5], 2);
	assert_int_equal(got[6], 1);
	assert_int_equal(got[7], 64);
	assert_int_equal(got[8] | got[9] << 8, USB_VENDOR);
	assert_int_equal(got[10] | got[11] << 8, USB_PRODUCT);
	assert_int_equal(got[17], 1);
	assert_int_equal(descriptor(0x0100, 8), 8); /* what a host asks first */
	assert_int_equal(descriptor(0x0600, 10), STALLED); /* a qualifier is of high-speed devices */
	assert_int_equal(descriptor(0x0700, 10), STALLED);
	assert_int_equal(descriptor(0x0101, 18), STALLED);
	assert_int_equal(descriptor(0x0201, 18), STALLED);
}

/* Walked as a host does: lengths add up, the association covers both interfaces, the union joins them, endpoints are as named. */
static void configuration_is_an_acm(void **state)
{
	int interfaces = 0, endpoints = 0, functional = 0;
	(void)state;
	assert_int_equal(descriptor(0x0200, 9), 9);
	int total = got[2] | got[3] << 8;
	assert_int_equal(descriptor(0x0200, 255), total);
	assert_int_equal(descriptor(0x0200, (uint16_t)total), total);
	assert_int_equal(got[4], 2);
	assert_int_equal(got[5], 1);
	assert_int_equal(got[7] & 0x80, 0x80);
	for (int at = 0; at < total; at += got[at]) {
		const uint8_t *d = got + at;
		assert_true(d[0] >= 2 && at + d[0] <= total);
		if (d[1] == 11)
			assert_memory_equal(d + 2, "\0\2\2\2\0", 5);
		if (d[1] == 4) {
			assert_int_equal(d[2], interfaces);
			assert_int_equal(d[4], interfaces == 0 ? 1 : 2);
			assert_int_equal(d[5], interfaces == 0 ? 0x02 : 0x0a);
			interfaces++;
		}
		if (d[1] == 0x24) {
			assert_int_equal(interfaces, 1);
			functional |= 1 << d[2];
			if (d[2] == 6)
				assert_memory_equal(d + 3, "\0\1", 2);
		}
		if (d[1] == 5) {
			static const uint8_t addresses[] = { 0x81, 0x02, 0x82 }, kinds[] = { 3, 2, 2 };
			assert_true(endpoints < 3);
			assert_int_equal(d[2], addresses[endpoints]);
			assert_int_equal(d[3], kinds[endpoints]);
			assert_int_equal(d[4], endpoints == 0 ? USB_NOTIFY_SIZE : USB_PACKET_SIZE);
			endpoints++;
		}
	}
	assert_int_equal(interfaces, 2);
	assert_int_equal(endpoints, 3);
	assert_int_equal(functional, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 6);
}

static void text_is(uint8_t index, const char *text)
{
	int n = descriptor((uint16_t)(0x0300 | index), 255);
	assert_int_equal(n, 2 + 2 * strlen(text));
	assert_int_equal(got[0], n);
	assert_int_equal(got[1], 3);
	for (size_t i = 0; i < strlen(text); i++)
		assert_true(got[2 + 2 * i] == (uint8_t)text[i] && got[3 + 2 * i] == 0);
}

static void strings_name_it(void **state)
{
	(void)state;
	descriptor(0x0100, 18);
	uint8_t maker = got[14], product = got[15], serial = got[16];
	text_is(maker, "joulerig");
	text_is(product, "joulerig rig 1");
	text_is(serial, "R0001");
	assert_int_equal(descriptor(0x0300, 255), 4);
	assert_memory_equal(got, "\4\3\x09\x04", 4);
	assert_int_equal(descriptor(0x0304, 255), STALLED);
	usb_control_init(&control, "0123456789abcdef"); /* fills its field */
	text_is(serial, "0123456789abcdef");
	usb_control_init(&control, "\0junk of no mean");
	text_is(serial, "none");
}

/* 64 bytes and more is asked for: only an empty packet says that this is all. */
static void a_full_last_packet_is_followed_by_an_empty_one(void **state)
{
	struct usb_action action;
	(void)state;
	descriptor(0x0200, 255);
	action = setup(0x80, 6, 0x0200, 0, 64); /* as much as was asked: no more */
	assert_int_equal(action.size, 64);
	assert_int_equal(usb_control_sent(&control).step, USB_RECEIVE);
	action = setup(0x80, 6, 0x0200, 0, 255);
	assert_int_equal(action.size, 64);
	action = usb_control_sent(&control);
	assert_int_equal(action.step, USB_SEND);
	assert_int_equal(action.size, 75 - 64);
	assert_int_equal(usb_control_sent(&control).step, USB_RECEIVE);
	/* no descriptor of ours is a multiple of 64, so the rule is tried on data put in by hand */
	setup(0x80, 6, 0x0200, 0, 255);
	control.left = 64;
	action = usb_control_sent(&control);
	assert_int_equal(action.size, 64);
	action = usb_control_sent(&control);
	assert_int_equal(action.step, USB_SEND);
	assert_int_equal(action.size, 0);
	assert_int_equal(usb_control_sent(&control).step, USB_RECEIVE);
}

static void a_request_for_nothing_has_no_data_stage(void **state)
{
	(void)state;
	assert_int_equal(descriptor(0x0100, 0), 0);
	assert_int_equal(transfer(0x80, 8, 0, 0, 0), 0);
}

static void address_is_taken_after_its_status_stage(void **state)
{
	(void)state;
	struct usb_action action = setup(0, 5, 42, 0, 0);
	assert_int_equal(action.step, USB_SEND);
	assert_int_equal(action.effects, 0);
	assert_int_equal(control.address, 0);
	action = usb_control_sent(&control);
	assert_int_equal(action.step, USB_WAIT);
	assert_int_equal(action.effects, USB_SET_ADDRESS);
	assert_int_equal(control.address, 42);
	assert_int_equal(usb_control_sent(&control).effects, 0);
	assert_int_equal(transfer(0, 5, 128, 0, 0), STALLED);
	setup(0, 5, 43, 0, 0); /* broken off before its status stage */
	assert_int_equal(descriptor(0x0100, 18), 18);
	assert_int_equal(transfer(0x21, 0x22, 3, 0, 0), 0);
	assert_int_equal(usb_control_sent(&control).effects, 0);
	assert_int_equal(control.address, 42);
	setup(0, 5, 44, 0, 0);
	usb_control_bus_reset(&control);
	assert_int_equal(usb_control_sent(&control).effects, 0);
	assert_int_equal(control.address, 0);
}

static void configuration_switches_the_data_endpoints(void **state)
{
	(void)state;
	assert_int_equal(transfer(0x80, 8, 0, 0, 1), 1);
	assert_int_equal(got[0], 0);
	assert_int_equal(transfer(0, 9, 1, 0, 0), 0);
	assert_int_equal(effects, USB_DATA_ON);
	assert_int_equal(transfer(0x80, 8, 0, 0, 1), 1);
	assert_int_equal(got[0], 1);
	assert_int_equal(transfer(0, 9, 2, 0, 0), STALLED);
	assert_int_equal(control.configuration, 1);
	assert_int_equal(transfer(0, 9, 0, 0, 0), 0);
	assert_int_equal(effects, USB_DATA_OFF);
	transfer(0, 9, 1, 0, 0);
	struct usb_action action = usb_control_bus_reset(&control);
	assert_int_equal(action.step, USB_WAIT);
	assert_int_equal(action.effects, USB_SET_ADDRESS | USB_DATA_OFF);
	assert_int_equal(control.configuration, 0);
}

static void halts_are_set_told_and_cleared(void **state)
{
	static const uint8_t addresses[] = { 0x81, 0x02, 0x82 }, bits[] = { USB_HALT_NOTIFY, USB_HALT_OUT, USB_HALT_IN };
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(transfer(2, 3, 0, addresses[i], 0), 0);
		assert_int_equal(effects, USB_HALTS);
		assert_int_equal(control.halted, bits[i]);
		assert_int_equal(control.toggled, 0);
		assert_int_equal(transfer(0x82, 0, 0, addresses[i], 2), 2);
		assert_memory_equal(got, "\1\0", 2);
		assert_int_equal(transfer(2, 1, 0, addresses[i], 0), 0);
		assert_int_equal(effects, USB_HALTS);
		assert_int_equal(control.halted, 0);
		assert_int_equal(control.toggled, bits[i]);
		assert_int_equal(transfer(0x82, 0, 0, addresses[i], 2), 2);
		assert_memory_equal(got, "\0\0", 2);
	}
	assert_int_equal(transfer(2, 1, 0, 0x83, 0), STALLED);
	assert_int_equal(transfer(2, 1, 1, 0x82, 0), STALLED); /* another feature */
	assert_int_equal(transfer(2, 1, 0, 0, 0), 0);
	assert_int_equal(transfer(2, 3, 0, 0, 0), STALLED);
	assert_int_equal(transfer(0x82, 0, 0, 0x80, 2), 2);
	assert_int_equal(transfer(0x82, 0, 0, 0x03, 2), STALLED);
	transfer(2, 3, 0, 0x82, 0);
	transfer(0, 9, 1, 0, 0);
	assert_int_equal(control.halted, 0);
	transfer(0, 9, 0, 0, 0);
	assert_int_equal(transfer(0x82, 0, 0, 0x82, 2), STALLED);
	assert_int_equal(transfer(0x82, 0, 0, 0, 2), 2);
	assert_int_equal(transfer(2, 1, 0, 0x82, 0), STALLED);
}

static void interfaces_have_one_setting(void **state)
{
	(void)state;
	transfer(2, 3, 0, 0x82, 0);
	assert_int_equal(transfer(1, 11, 0, 1, 0), 0);
	assert_int_equal(effects, USB_HALTS);
	assert_int_equal(control.toggled, USB_HALT_OUT | USB_HALT_IN);
	assert_int_equal(control.halted, 0);
	assert_int_equal(transfer(1, 11, 0, 0, 0), 0);
	assert_int_equal(control.toggled, USB_HALT_NOTIFY);
	assert_int_equal(transfer(1, 11, 1, 0, 0), STALLED);
	assert_int_equal(transfer(1, 11, 0, 2, 0), STALLED);
	assert_int_equal(transfer(0x81, 10, 0, 1, 1), 1);
	assert_int_equal(got[0], 0);
	assert_int_equal(transfer(0x81, 0, 0, 1, 2), 2);
	assert_memory_equal(got, "\0\0", 2);
	assert_int_equal(transfer(0x81, 0, 0, 2, 2), STALLED);
	assert_int_equal(transfer(0x80, 0, 0, 0, 2), 2);
	assert_memory_equal(got, "\0\0", 2);
	transfer(0, 9, 0, 0, 0);
	assert_int_equal(transfer(0x81, 0, 0, 1, 2), STALLED);
	assert_int_equal(transfer(1, 11, 0, 1, 0), STALLED);
}

static void line_coding_is_kept_and_told(void **state)
{
	static const uint8_t coding[7] = { 0x80, 0x25, 0, 0, 1, 2, 7 };
	(void)state;
	assert_int_equal(transfer(0xa1, 0x21, 0, 0, 7), 7);
	assert_memory_equal(got, "\0\xc2\1\0\0\0\x8", 7); /* 115200 8N1 */
	assert_int_equal(setup(0x21, 0x20, 0, 0, 7).step, USB_RECEIVE);
	struct usb_action action = usb_control_received(&control, coding, 7);
	assert_int_equal(action.step, USB_SEND);
	assert_int_equal(action.size, 0);
	assert_int_equal(usb_control_sent(&control).step, USB_WAIT);
	assert_int_equal(transfer(0xa1, 0x21, 0, 0, 7), 7);
	assert_memory_equal(got, coding, 7);
	assert_int_equal(transfer(0xa1, 0x21, 0, 0, 4), 4);
	assert_int_equal(transfer(0xa1, 0x21, 0, 1, 7), STALLED);
	assert_int_equal(setup(0x21, 0x20, 0, 0, 6).step, USB_STALL);
	assert_int_equal(setup(0x21, 0x20, 0, 1, 7).step, USB_STALL);
	for (size_t size = 0; size < 7; size++) { /* less than was announced */
		assert_int_equal(setup(0x21, 0x20, 0, 0, 7).step, USB_RECEIVE);
		assert_int_equal(usb_control_received(&control, got, size).step, USB_STALL);
	}
	assert_int_equal(transfer(0xa1, 0x21, 0, 0, 7), 7);
	assert_memory_equal(got, coding, 7);
	for (uint16_t lines = 0; lines < 4; lines++) {
		assert_int_equal(transfer(0x21, 0x22, lines, 0, 0), 0);
		assert_int_equal(effects, 0);
	}
	assert_int_equal(transfer(0x21, 0x22, 0, 1, 0), STALLED);
}

static void a_setup_ends_what_went_on(void **state)
{
	(void)state;
	setup(0x80, 6, 0x0200, 0, 255);
	assert_int_equal(descriptor(0x0100, 18), 18); /* in the midst of data */
	assert_int_equal(got[1], 1);
	setup(0x21, 0x20, 0, 0, 7);
	assert_int_equal(descriptor(0x0100, 18), 18); /* before the data came */
	assert_int_equal(usb_control_received(&control, got, 7).step, USB_WAIT);
	assert_int_equal(transfer(0xa1, 0x21, 0, 0, 7), 7);
	assert_memory_equal(got, "\0\xc2\1\0\0\0\x8", 7);
	setup(0x80, 6, 0x0100, 0, 18);
	usb_control_sent(&control);
	assert_int_equal(descriptor(0x0100, 18), 18); /* before the status stage */
}

static void data_come_only_where_they_are_asked_for(void **state)
{
	(void)state;
	setup(0x80, 6, 0x0200, 0, 255);
	assert_int_equal(usb_control_received(&control, NULL, 0).step, USB_STALL); /* no buffer was given for it */
	setup(0x80, 6, 0x0100, 0, 18);
	assert_int_equal(usb_control_received(&control, got, 3).step, USB_STALL);
	setup(0x80, 6, 0x0100, 0, 18);
	usb_control_sent(&control);
	assert_int_equal(usb_control_received(&control, got, 1).step, USB_STALL);
	setup(0, 5, 1, 0, 0);
	assert_int_equal(usb_control_received(&control, got, 0).step, USB_STALL);
	setup(0x21, 0x20, 0, 0, 7);
	assert_int_equal(usb_control_sent(&control).step, USB_WAIT); /* nothing was sent: it still takes the data */
	assert_int_equal(usb_control_received(&control, got, 7).step, USB_SEND);
}

/* Everything that is not in the table is stalled, whatever else is in the packet; with data announced, all requests but one are. */
static void what_is_unknown_is_stalled(void **state)
{
	static const uint8_t known[][2] = { {0x80, 0}, {0x81, 0}, {0x82, 0}, {2, 1}, {2, 3}, {0, 5}, {0x80, 6}, {0x80, 8}, {0, 9},
					    {0x81, 10}, {1, 11}, {0x21, 0x20}, {0xa1, 0x21}, {0x21, 0x22} };
	int accepted = 0;
	(void)state;
	for (int type = 0; type < 256; type++)
		for (int request = 0; request < 256; request++) {
			bool is_known = false;
			for (size_t i = 0; i < sizeof known / 2; i++)
				is_known |= known[i][0] == type && known[i][1] == request;
			int length = type & 0x80 ? 64 : request == 0x20 ? 7 : 0;
			struct usb_action action = setup((uint8_t)type, (uint8_t)request, type == 0x80 && request == 6 ? 0x100 : 0,
							 type == 2 || type == 0x82 ? 0x82 : 0, (uint16_t)length);
			assert_int_equal(action.step != USB_STALL, is_known);
			accepted += is_known;
			if (type == 0 && request == 9)
				begin_configured(NULL);
			if (!(type & 0x80) && request != 0x20)
				assert_int_equal(setup((uint8_t)type, (uint8_t)request, 0, 0, 1).step, USB_STALL);
		}
	assert_int_equal(accepted, sizeof known / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(device_says_who_it_is, begin),
		cmocka_unit_test_setup(configuration_is_an_acm, begin),
		cmocka_unit_test_setup(strings_name_it, begin),
		cmocka_unit_test_setup(a_full_last_packet_is_followed_by_an_empty_one, begin),
		cmocka_unit_test_setup(a_request_for_nothing_has_no_data_stage, begin),
		cmocka_unit_test_setup(address_is_taken_after_its_status_stage, begin),
		cmocka_unit_test_setup(configuration_switches_the_data_endpoints, begin),
		cmocka_unit_test_setup(halts_are_set_told_and_cleared, begin_configured),
		cmocka_unit_test_setup(interfaces_have_one_setting, begin_configured),
		cmocka_unit_test_setup(line_coding_is_kept_and_told, begin_configured),
		cmocka_unit_test_setup(a_setup_ends_what_went_on, begin_configured),
		cmocka_unit_test_setup(data_come_only_where_they_are_asked_for, begin_configured),
		cmocka_unit_test_setup(what_is_unknown_is_stalled, begin_configured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
