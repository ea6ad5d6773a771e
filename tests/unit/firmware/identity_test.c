/* The identity page: as it was sealed, or not at all. */
#include "unit.h"

#include "identity.h"
#include "oracle.h"

static struct identity_page page;
static struct rig_identity identity;

static int begin(void **state)
{
	(void)state;
	memset(&page, 0xff, sizeof page);
	memset(&identity, 0x55, sizeof identity);
	memcpy(page.serial, "R0042\0\0\0\0\0\0\0\0\0\0", 16);
	for (int i = 0; i < 8; i++)
		page.input_delay_ns[i / 2][i % 2] = 1000 * i - 3;
	for (int i = 0; i < 4; i++)
		page.output_delay_ns[i / 2][i % 2] = -7 * i;
	identity_seal(&page);
	return 0;
}

static void a_sealed_page_is_read(void **state)
{
	(void)state;
	assert_true(identity_read(&page, &identity));
	assert_memory_equal(identity.serial, page.serial, 16);
	assert_memory_equal(identity.input_delay_ns, page.input_delay_ns, sizeof page.input_delay_ns);
	assert_memory_equal(identity.output_delay_ns, page.output_delay_ns, sizeof page.output_delay_ns);
	assert_int_equal(identity.boots, 0x55555555); /* nothing else was touched */
	assert_memory_equal(&page, "JRID\1\0\0\0R0042", 13);
	assert_int_equal(page.crc, oracle_crc((const uint8_t *)&page, 252));
	assert_int_equal(page.zero[0], 0);
}

static void expect_none(void)
{
	memset(&identity, 0x55, sizeof identity);
	assert_false(identity_read(&page, &identity));
	for (int i = 0; i < 16; i++)
		assert_int_equal(identity.serial[i], 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(identity.input_delay_ns[i / 2][i % 2], INT32_MIN);
	for (int i = 0; i < 4; i++)
		assert_int_equal(identity.output_delay_ns[i / 2][i % 2], INT32_MIN);
}

static void a_changed_page_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof page; i++) {
		((uint8_t *)&page)[i] ^= 0x10;
		expect_none();
		((uint8_t *)&page)[i] ^= 0x10;
	}
	assert_true(identity_read(&page, &identity));
	memset(&page, 0xff, sizeof page); /* erased flash */
	expect_none();
	memset(&page, 0, sizeof page);
	expect_none();
}

/* Sealed, but of another kind, or with a serial number that is none. */
static void seal_again(void)
{
	page.crc = oracle_crc((const uint8_t *)&page, 252);
}

static void a_page_of_another_kind_is_none(void **state)
{
	static const char *const serials[] = { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "R 42\0\0\0\0\0\0\0\0\0\0\0", "R42\0x\0\0\0\0\0\0\0\0\0\0",
					       "R\x7f\0\0\0\0\0\0\0\0\0\0\0\0\0", "R\xe4\0\0\0\0\0\0\0\0\0\0\0\0\0" };
	(void)state;
	page.version++;
	seal_again();
	expect_none();
	begin(NULL);
	page.magic++;
	seal_again();
	expect_none();
	for (size_t i = 0; i < sizeof serials / sizeof serials[0]; i++) {
		begin(NULL);
		memcpy(page.serial, serials[i], 16);
		seal_again();
		expect_none();
	}
	begin(NULL);
	memcpy(page.serial, "0123456789abcde~", 16); /* fills its field */
	seal_again();
	assert_true(identity_read(&page, &identity));
	assert_memory_equal(identity.serial, "0123456789abcde~", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sealed_page_is_read, begin),
		cmocka_unit_test_setup(a_changed_page_is_none, begin),
		cmocka_unit_test_setup(a_page_of_another_kind_is_none, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
