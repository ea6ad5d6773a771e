/* Budgets: GUM arithmetic against numbers computed with scipy 1.10, and sums of channels. */
#include "unit.h"

#include "energy.h"

static void expands_by_welch_satterthwaite(void **state)
{
	(void)state;
	struct budget budget = {.n = 0};
	budget_add(&budget, "a", 'B', 3, INFINITY, SHARE_NONE);
	budget_add(&budget, "b", 'A', -4, 9, SHARE_RELATIVE);
	budget_add(&budget, "c", 'A', 2, 5, SHARE_NONE);
	budget_add(&budget, "nothing", 'A', 0, 5, SHARE_NONE);
	budget_add(&budget, "another definition", 'A', 100, 5, SHARE_BESIDE);
	assert_int_equal(budget.n, 4);
	struct expanded expanded = budget_expand(&budget);
	assert_near(expanded.u, 5.385164807134504, 1e-12);
	assert_near(expanded.nu, 26.57654494382022, 1e-9);
	assert_near(expanded.k, 2.053361325251904, 1e-9);
	assert_near(expanded.U, 11.057689145077617, 1e-8);
	assert_null(budget_term(&budget, "nothing"));
	assert_near(budget_term(&budget, "b")->u, -4, 0);
}

static void type_b_alone_has_normal_k(void **state)
{
	(void)state;
	struct budget budget = {.n = 0};
	assert_near(budget_expand(&budget).U, 0, 0);
	budget_add(&budget, "a", 'B', 2, INFINITY, SHARE_NONE);
	struct expanded expanded = budget_expand(&budget);
	assert_true(isinf(expanded.nu));
	assert_near(expanded.k, 1.959963984540054, 1e-12);
}

static void cannot_hide_a_term(void **state)
{
	(void)state;
	struct budget budget = {.n = 0};
	for (int i = 0; i < BUDGET_TERMS_MAX; i++)
		budget_add(&budget, "a", 'B', 1, INFINITY, SHARE_NONE);
	assert_false(budget.overflowed);
	budget_add(&budget, "one too many", 'B', 1, INFINITY, SHARE_NONE);
	assert_true(budget.overflowed);
	assert_true(isnan(budget_expand(&budget).U));
	struct budget other = {.n = 0};
	budget_add(&other, "a", 'B', NAN, INFINITY, SHARE_NONE);
	assert_true(isnan(budget_expand(&other).U));
}

static struct energy part(double value, double gain, double noise, double edge)
{
	struct energy energy = {.status = ENERGY_OK, .duration = 2, .settled = true, .power = value / 2, .used = 10};
	energy.gross.value = energy.net.value = energy.caused.value = value;
	budget_add(&energy.gross.budget, "gain", 'B', gain, INFINITY, SHARE_RELATIVE);
	budget_add(&energy.gross.budget, "noise", 'A', noise, 10, SHARE_NONE);
	budget_add(&energy.gross.budget, "start-edge", 'B', edge, INFINITY, SHARE_NONE);
	energy.gross.expanded = budget_expand(&energy.gross.budget);
	return energy;
}

static void sums_shared_terms_linearly(void **state)
{
	(void)state;
	struct energy parts[2] = {part(100, 1, 3, -0.5), part(50, 2, 4, -0.25)}, sum;
	energy_sum(parts, 2, &sum);
	assert_int_equal(sum.status, ENERGY_OK);
	assert_near(sum.gross.value, 150, 0);
	assert_near(sum.power, 75, 0);
	assert_near(sum.duration, 2, 0);
	assert_int_equal(sum.used, 20);
	assert_near(budget_term(&sum.gross.budget, "gain")->u, 3, 0);
	assert_near(budget_term(&sum.gross.budget, "noise")->u, 5, 1e-12);
	/* 5^4 / (3^4 / 10 + 4^4 / 10) */
	assert_near(budget_term(&sum.gross.budget, "noise")->nu, 625 / 33.7, 1e-9);
	/* One start edge for both channels: its error is one. */
	assert_near(budget_term(&sum.gross.budget, "start-edge")->u, -0.75, 1e-12);
	assert_near(sum.gross.expanded.u, sqrt(9 + 25 + 0.5625), 1e-12);
}

static void refuses_a_sum_of_a_refused_part(void **state)
{
	(void)state;
	struct energy parts[2] = {part(100, 1, 3, 1), part(50, 2, 4, 1)}, sum;
	parts[1].status = ENERGY_REFUSED;
	strcpy(parts[1].reason, "the counter stands still");
	energy_sum(parts, 2, &sum);
	assert_int_equal(sum.status, ENERGY_REFUSED);
	assert_string_equal(sum.reason, "the counter stands still");
	assert_true(isnan(sum.gross.value) && isnan(sum.gross.expanded.U));
	energy_sum(parts, 0, &sum);
	assert_int_equal(sum.status, ENERGY_REFUSED);
}

static void a_net_that_one_part_lacks_is_lacking(void **state)
{
	(void)state;
	struct energy parts[2] = {part(100, 1, 3, 1), part(50, 2, 4, 1)}, sum;
	parts[0].net.value = NAN;
	energy_sum(parts, 2, &sum);
	assert_near(sum.gross.value, 150, 0);
	assert_true(isnan(sum.net.value) && isnan(sum.net.expanded.U));
	assert_near(sum.caused.value, 150, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_by_welch_satterthwaite),
		cmocka_unit_test(type_b_alone_has_normal_k),
		cmocka_unit_test(cannot_hide_a_term),
		cmocka_unit_test(sums_shared_terms_linearly),
		cmocka_unit_test(refuses_a_sum_of_a_refused_part),
		cmocka_unit_test(a_net_that_one_part_lacks_is_lacking),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
