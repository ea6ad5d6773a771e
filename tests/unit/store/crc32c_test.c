#include "crc32c.h"

#include "unit.h"

static void standard_vectors(void **state)
{
	(void)state;
	unsigned char zeros[32] = { 0 }, ones[32];
	memset(ones, 0xff, sizeof ones);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa); /* RFC 3720, B.4 */
	assert_int_equal(crc32c(0, ones, 32), 0x62a8ab43);
	assert_int_equal(crc32c(0, NULL, 0), 0);
}

static void pieces_join(void **state)
{
	(void)state;
	for (size_t i = 0; i <= 9; i++)
		assert_int_equal(crc32c(crc32c(0, "123456789", i), "123456789" + i, 9 - i), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(standard_vectors), cmocka_unit_test(pieces_join) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
