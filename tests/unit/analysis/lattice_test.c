/* The meter's clock from stamps that come late. */
#include "unit.h"

#include "lattice.h"
#include "planted.h"

#define N 200

struct stamps {
	int64_t t[N], u_t[N], number[N];
	size_t n;
	struct lattice lattice;
};

static void add(struct stamps *stamps, double seconds, double half_width)
{
	stamps->t[stamps->n] = ns(seconds);
	stamps->u_t[stamps->n++] = ns(half_width);
}

static void fit(struct stamps *stamps, double nominal, double timebase)
{
	assert_int_equal(lattice_fit(stamps->t, stamps->u_t, stamps->n, ns(nominal), timebase, stamps->number, &stamps->lattice),
			 0);
}

static void late_polls_do_not_pull(void **state)
{
	(void)state;
	struct stamps stamps = {.n = 0};
	struct dice dice = {.state = 7};
	for (int k = 0; k < N; k++) /* one in five is late by half a period or more */
		add(&stamps, 10 + 0.1 * k + 0.004 * dice_unit(&dice) + (k % 5 == 3 ? 0.06 : 0), 0.002);
	fit(&stamps, 0.1, 50e-6);
	for (int k = 0; k < N; k++)
		assert_int_equal(stamps.number[k], k);
	assert_near((double)lattice_end(&stamps.lattice, 0), 10.002e9, 0.5e6);
	assert_near((double)lattice_end(&stamps.lattice, 199), 29.902e9, 0.5e6);
	assert_true(stamps.lattice.nominal_period);
	assert_int_equal(stamps.lattice.irregular, N / 5);
}

static void holes_keep_their_numbers(void **state)
{
	(void)state;
	struct stamps stamps = {.n = 0};
	int expected[N], n = 0;
	for (int k = 0; k < 100; k++)
		if (k != 17 && (k < 40 || k > 62)) {
			expected[n++] = k;
			add(&stamps, 0.1 * k, 0.001);
		}
	fit(&stamps, 0.1, 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(stamps.number[i], expected[i]);
	assert_int_equal(stamps.lattice.irregular, 0);
}

/* A meter 2 % slower than its bench file says: over 200 updates it falls four whole windows behind. */
static void a_wrong_nominal_is_found(void **state)
{
	(void)state;
	struct stamps stamps = {.n = 0};
	struct dice dice = {.state = 3};
	for (int k = 0; k < N; k++)
		add(&stamps, 0.102 * k + 0.004 * dice_unit(&dice), 0.002);
	fit(&stamps, 0.1, 50e-6);
	assert_int_equal(stamps.number[N - 1], N - 1);
	assert_near(stamps.lattice.period, 0.102e9, 0.102e9 * 1e-4);
	assert_false(stamps.lattice.nominal_period);
	assert_int_equal(stamps.lattice.irregular, 0);
}

static void a_right_nominal_steadies_the_period(void **state)
{
	(void)state;
	struct stamps stamps = {.n = 0};
	struct dice dice = {.state = 5};
	for (int k = 0; k < 20; k++)
		add(&stamps, 0.1 * k + 0.02 * dice_unit(&dice), 0.01);
	fit(&stamps, 0.1, 50e-6);
	assert_true(stamps.lattice.nominal_period);
	assert_near(stamps.lattice.period, 0.1e9, 0.1e9 * 50e-6);
	assert_true(stamps.lattice.u_period <= 50e-6 / sqrt(3));
}

static void an_irregular_meter_shows(void **state)
{
	(void)state;
	struct stamps stamps = {.n = 0};
	struct dice dice = {.state = 11};
	double t = 0;
	for (int k = 0; k < N; k++) {
		add(&stamps, t, 0.001);
		t += dice_between(&dice, 0.05, 0.15);
	}
	fit(&stamps, 0.1, 50e-6);
	assert_true(stamps.lattice.irregular > N / 4);
}

static void few_stamps_take_the_nominal(void **state)
{
	(void)state;
	struct stamps stamps = {.n = 0};
	add(&stamps, 1.000, 0.001);
	add(&stamps, 1.101, 0.001);
	add(&stamps, 1.202, 0.001);
	fit(&stamps, 0.1, 50e-6);
	assert_near(stamps.lattice.period, 0.1e9, 0);
	assert_near((double)lattice_end(&stamps.lattice, 1), 1.101e9, 1);
	struct stamps one = {.n = 0};
	add(&one, 1, 0.001);
	fit(&one, 0, 0);
	assert_near((double)lattice_end(&one.lattice, 0), 1e9, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_polls_do_not_pull),   cmocka_unit_test(holes_keep_their_numbers),
		cmocka_unit_test(a_wrong_nominal_is_found), cmocka_unit_test(a_right_nominal_steadies_the_period),
		cmocka_unit_test(an_irregular_meter_shows), cmocka_unit_test(few_stamps_take_the_nominal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
