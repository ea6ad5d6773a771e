/* What another program tells of a line. */
#include "gate_fifo.h"

#include "unit.h"

static void lines(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "OUT2", "OUT2 1", "OUT2 1 ", "OUT2 2 5", "OUT2 1 5x", "OUT2 1 -5", "OUT2 1  5", "OUT1 1 5", "OUT22 1 5", "now 5", "out2 1 5",
		"OUT2 1 99999999999999999999", "OUT2 1 5 ",
	};
	bool high;
	int64_t t;
	assert_true(gate_line_decode("OUT2 1 123456789012345", &high, &t) && high && t == INT64_C(123456789012345));
	assert_true(gate_line_decode("OUT2 0 0", &high, &t) && !high && t == 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (gate_line_decode(bad[i], &high, &t))
			fail_msg("taken for a transition: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines) };
	return cmocka_run_group_tests_name("gate_fifo", tests, NULL, NULL);
}
