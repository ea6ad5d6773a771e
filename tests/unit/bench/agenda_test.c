/* The heap against a plain search. */
#include "agenda.h"

#include <stdlib.h>

#include "clock.h"
#include "unit.h"

static void nothing_is_never_due(void **state)
{
	(void)state;
	struct agenda agenda = { .n = 0 };
	assert_int_equal(agenda_due(&agenda), NEVER);
	assert_int_equal(agenda_who(&agenda), -1);
}

static void equal_deadlines_come_by_number(void **state)
{
	(void)state;
	struct agenda agenda = { .n = 0 };
	static const int order[] = { 3, 0, 2, 4, 1 };
	for (int i = 0; i < 5; i++)
		agenda_add(&agenda, order[i], 10);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(agenda_who(&agenda), i);
		agenda_postpone(&agenda, 20);
	}
	assert_int_equal(agenda_due(&agenda), 20);
}

static int soonest(const int64_t *due, int n)
{
	int first = 0;
	for (int i = 1; i < n; i++)
		if (due[i] < due[first])
			first = i;
	return first;
}

static void always_the_soonest(void **state)
{
	(void)state;
	srand(1);
	for (int n = 1; n <= AGENDA_MAX; n++) {
		struct agenda agenda = { .n = 0 };
		int64_t due[AGENDA_MAX];
		for (int i = 0; i < n; i++) {
			due[i] = rand() % 10 == 0 ? NEVER : rand() % 50;
			agenda_add(&agenda, i, due[i]);
		}
		for (int k = 0; k < 1000; k++) {
			int first = soonest(due, n);
			assert_int_equal(agenda_who(&agenda), first);
			assert_int_equal(agenda_due(&agenda), due[first]);
			if (due[first] == NEVER)
				break;
			due[first] = rand() % 100 == 0 ? NEVER : due[first] + rand() % 50;
			agenda_postpone(&agenda, due[first]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_never_due),
		cmocka_unit_test(equal_deadlines_come_by_number),
		cmocka_unit_test(always_the_soonest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
