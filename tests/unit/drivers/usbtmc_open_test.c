/* The link `usbtmc` as it opens, reopens and closes: whose the interface is then. In place of libusb's there are functions of the
 * test's own, for one instrument and the kernel's driver. */
#include <libusb.h>

#include "link.h"
#include "unit.h"

static struct {
	bool refuses, mute; /* GET_CAPABILITIES; every control request */
	uint8_t alternate;
	bool kernel;        /* its driver has the interface */
	bool automatic, claimed;
	int alternates_set;
} usb;

static struct libusb_endpoint_descriptor pipes[] = {
	{ .bEndpointAddress = 0x81, .bmAttributes = 2, .wMaxPacketSize = 512 },
	{ .bEndpointAddress = 0x02, .bmAttributes = 2, .wMaxPacketSize = 512 },
};
static struct libusb_interface_descriptor setting;
static struct libusb_interface interface = { &setting, 1 };
static struct libusb_config_descriptor configuration = { .bNumInterfaces = 1, .interface = &interface };

int libusb_init(libusb_context **context)
{
	*context = (libusb_context *)&usb;
	return 0;
}

void libusb_exit(libusb_context *context)
{
	assert_ptr_equal(context, &usb);
}

ssize_t libusb_get_device_list(libusb_context *context, libusb_device ***list)
{
	static libusb_device *devices[2];
	devices[0] = (libusb_device *)context;
	*list = devices;
	return 1;
}

void libusb_free_device_list(libusb_device **list, int unref)
{
	(void)list, (void)unref;
}

libusb_device *libusb_ref_device(libusb_device *device)
{
	return device;
}

void libusb_unref_device(libusb_device *device)
{
	(void)device;
}

int libusb_get_device_descriptor(libusb_device *device, struct libusb_device_descriptor *descriptor)
{
	(void)device;
	*descriptor = (struct libusb_device_descriptor){ .idVendor = 0x0b21, .idProduct = 0x0025 };
	return 0;
}

int libusb_get_port_numbers(libusb_device *device, uint8_t *ports, int size)
{
	(void)device, (void)ports, (void)size;
	return 0;
}

uint8_t libusb_get_bus_number(libusb_device *device)
{
	(void)device;
	return 1;
}

int libusb_get_active_config_descriptor(libusb_device *device, struct libusb_config_descriptor **found)
{
	(void)device;
	setting = (struct libusb_interface_descriptor){
		.bAlternateSetting = usb.alternate, .bInterfaceClass = 0xfe, .bInterfaceSubClass = 3, .bInterfaceProtocol = 1,
		.bNumEndpoints = 2, .endpoint = pipes,
	};
	*found = &configuration;
	return 0;
}

void libusb_free_config_descriptor(struct libusb_config_descriptor *found)
{
	assert_ptr_equal(found, &configuration);
}

int libusb_open(libusb_device *device, libusb_device_handle **handle)
{
	*handle = (libusb_device_handle *)device;
	usb.automatic = false;
	return 0;
}

void libusb_close(libusb_device_handle *handle)
{
	(void)handle;
	assert_false(usb.claimed);
}

int libusb_set_auto_detach_kernel_driver(libusb_device_handle *handle, int enable)
{
	(void)handle;
	usb.automatic = enable;
	return 0;
}

int libusb_claim_interface(libusb_device_handle *handle, int number)
{
	(void)handle, (void)number;
	assert_true(!usb.kernel || usb.automatic);
	usb.kernel = false;
	usb.claimed = true;
	return 0;
}

int libusb_release_interface(libusb_device_handle *handle, int number)
{
	(void)handle, (void)number;
	assert_true(usb.claimed);
	usb.claimed = false;
	usb.kernel = usb.kernel || usb.automatic;
	return 0;
}

int libusb_set_interface_alt_setting(libusb_device_handle *handle, int number, int alternate)
{
	(void)handle, (void)number;
	assert_int_equal(alternate, usb.alternate);
	usb.alternates_set++;
	return 0;
}

int libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint)
{
	(void)handle, (void)endpoint;
	return 0;
}

int libusb_bulk_transfer(libusb_device_handle *handle, unsigned char endpoint, unsigned char *bytes, int size, int *done, unsigned timeout)
{
	(void)handle, (void)endpoint, (void)bytes, (void)size, (void)timeout;
	*done = 0;
	return LIBUSB_ERROR_TIMEOUT;
}

int libusb_control_transfer(libusb_device_handle *handle, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
			    unsigned char *bytes, uint16_t size, unsigned timeout)
{
	static const uint8_t capabilities[24] = { 1, 0, 0, 1 };
	(void)handle, (void)type, (void)value, (void)index, (void)timeout;
	if (usb.mute)
		return LIBUSB_ERROR_TIMEOUT;
	if (request == 7 && usb.refuses)
		return LIBUSB_ERROR_PIPE;
	if (size > 0)
		memcpy(bytes, capabilities, size);
	return size;
}

static int64_t soon(void)
{
	return clock_now(CLOCK_ID_MONOTONIC) + 5 * NS_PER_S;
}

static struct link *try_open(struct error *error)
{
	struct endpoint endpoint;
	assert_int_equal(endpoint_parse("usbtmc://0b21:0025", &endpoint, NULL), 0);
	return link_open(&endpoint, &timebase_real, soon(), error);
}

static int begin(void **state)
{
	(void)state;
	memset(&usb, 0, sizeof usb);
	usb.kernel = true;
	return 0;
}

static void test_given_back(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct link *link = try_open(&error);
	if (link == NULL)
		fail_msg("%s", error.what);
	assert_false(usb.kernel);
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	assert_false(usb.kernel); /* not in between */
	link_close(link);
	assert_true(usb.kernel);
	usb.refuses = true;
	assert_null(try_open(&error));
	assert_true(usb.kernel);
}

static void test_given_back_after_a_reopen_that_failed(void **state)
{
	(void)state;
	struct link *link = try_open(NULL);
	assert_non_null(link);
	usb.refuses = true;
	assert_int_equal(link_reopen(link, soon()), IO_GONE);
	assert_int_equal(link_reopen(link, soon()), IO_GONE);
	assert_false(usb.kernel);
	link_close(link);
	assert_true(usb.kernel);
}

/* The kernel's driver would ask it, and wait 5 s for the answer. */
static void test_a_mute_one_is_kept(void **state)
{
	(void)state;
	struct link *link = try_open(NULL);
	assert_non_null(link);
	usb.mute = true;
	assert_int_not_equal(link_reopen(link, soon()), IO_OK);
	link_close(link);
	assert_false(usb.kernel);
}

/* An alternate setting is chosen of an instrument that answers, since nothing ends the kernel's own 5 s. */
static void test_alternate_setting(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	usb.alternate = 1;
	struct link *link = try_open(NULL);
	assert_non_null(link);
	assert_int_equal(usb.alternates_set, 1);
	link_close(link);
	assert_true(usb.kernel);
	usb.mute = true;
	assert_null(try_open(&error));
	assert_non_null(strstr(error.what, "alternate setting"));
	assert_int_equal(usb.alternates_set, 1);
	assert_false(usb.kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_given_back, begin),
		cmocka_unit_test_setup(test_given_back_after_a_reopen_that_failed, begin),
		cmocka_unit_test_setup(test_a_mute_one_is_kept, begin),
		cmocka_unit_test_setup(test_alternate_setting, begin),
	};
	return cmocka_run_group_tests_name("usbtmc_open", tests, NULL, NULL);
}
