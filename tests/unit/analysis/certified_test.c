/* Certificates: days, points, what is between them, and what goes into a budget. By hand. */
#include "unit.h"

#include "certified.h"
#include "clock.h"

static const struct certificate three = {
	.issued = "2026-01-15", .expires = "2027-01-15", .coverage = 2, .n = 3,
	.points = { { 50, 0.5, 0.02 }, { 100, 0.5, 0.04 }, { 200, 1.5, 0.1 } },
};

static int64_t at(const char *date)
{
	return certificate_day(date) * 86400 * NS_PER_S;
}

static void days_of_the_calendar(void **state)
{
	(void)state;
	static const char *const none[] = {"", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-1-15", "2026-01-15x",
					   "0000-01-01", "26-01-15", "2026-01-00"};
	assert_int_equal(certificate_day("1970-01-01"), 0);
	assert_int_equal(certificate_day("1970-03-01"), 59);
	assert_int_equal(certificate_day("2000-02-29"), 11016);
	assert_int_equal(certificate_day("2026-11-22"), 20779);
	assert_int_equal(certificate_day("1969-12-31"), -1);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_true(certificate_day(none[i]) == INT64_MIN);
}

static void standing_by_day(void **state)
{
	(void)state;
	struct certificate c = three;
	assert_int_equal(certificate_standing(&c, at("2026-01-15")), CERTIFICATE_HOLDS);
	assert_int_equal(certificate_standing(&c, at("2026-01-15") - NS_PER_S), CERTIFICATE_EARLY);
	assert_int_equal(certificate_standing(&c, at("2027-01-16") - NS_PER_S), CERTIFICATE_HOLDS);
	assert_int_equal(certificate_standing(&c, at("2027-01-16")), CERTIFICATE_EXPIRED);
	c.drift = 1e-4;
	assert_int_equal(certificate_standing(&c, at("2027-01-16")), CERTIFICATE_DRIFTED);
	assert_near(certificate_age(&c, at("2030-01-15")), 4, 0.001);
	c.expires[0] = c.issued[0] = '\0';
	assert_int_equal(certificate_standing(&c, at("2099-01-16")), CERTIFICATE_HOLDS);
	assert_true(isnan(certificate_age(&c, 0)));
}

static void between_points_and_beyond(void **state)
{
	(void)state;
	struct certificate_point middle = certificate_at(&three, 150);
	assert_near(middle.error, 1, 1e-15);
	assert_near(middle.U, 0.07, 1e-15);
	assert_near(certificate_correct(&three, 151), 150, 1e-7);
	assert_near(certificate_correct(&three, 50.5), 50, 1e-9);
	assert_near(certificate_correct(&three, 201.5), 200, 1e-7);
	assert_true(isnan(certificate_correct(&three, 50.4)));
	assert_true(isnan(certificate_correct(&three, 201.6)));
	assert_true(isnan(certificate_correct(&three, NAN)));
	struct certificate steep = {.n = 2, .points = {{100, 0.2, 0.01}, {100.5, -0.2, 0.01}}};
	assert_near(certificate_correct(&steep, 100.22), 100.1, 1e-9);
	assert_near(certificate_correct(&steep, 100.3), 100.5, 1e-9);
	struct certificate one = three, none = {.n = 0};
	one.n = 1;
	assert_near(certificate_correct(&one, 50.5), 50, 1e-12);
	assert_true(isnan(certificate_correct(&one, 50.6)));
	assert_true(isnan(certificate_correct(&none, 50.6)));
}

static struct energy energy_at(double power, double idle)
{
	return (struct energy){
		.status = ENERGY_OK, .duration = 10, .power = power, .idle_before = idle, .idle_after = idle, .tail = 20,
		.gross = {.value = 10 * power}, .net = {.value = 10 * (power - idle)}, .caused = {.value = 10 * (power - idle) + 20},
	};
}

static double term(const struct joules *joules, const char *name)
{
	const struct budget_term *found = budget_term(&joules->budget, name);
	return found ? found->u : 0;
}

static void terms_by_hand(void **state)
{
	(void)state;
	struct certified certified = {.certificate = &three, .drift = 0.003, .replaces = true};
	struct energy energy = energy_at(150, 100);
	certified_terms(&certified, &energy);
	assert_near(term(&energy.gross, "certificate-2"), 0.035 * 10, 1e-12);
	assert_near(term(&energy.net, "certificate-2"), hypot(0.035, 0.02) * 10, 1e-12);
	assert_near(term(&energy.caused, "certificate-2"), hypot(0.035, 0.02) * 10 * 520 / 500, 1e-12);
	assert_near(term(&energy.gross, "certificate-line-2"), 0.5 / sqrt(3) * 10, 1e-12);
	assert_near(term(&energy.net, "certificate-line-2"), 0.5 / sqrt(3) * 10, 1e-12); /* idle is at a point */
	assert_near(term(&energy.gross, "certificate-drift"), 0.003 / sqrt(3) * 1500, 1e-12);
	assert_near(term(&energy.net, "certificate-drift"), 0.003 / sqrt(3) * 500, 1e-12);
	certified.replaces = false;
	energy = energy_at(150, 100);
	certified_terms(&certified, &energy);
	assert_near(term(&energy.gross, "certificate-2"), 0, 0);
	assert_true(term(&energy.gross, "certificate-drift") > 0);
}

static void integrator_by_hand(void **state)
{
	(void)state;
	struct certified certified = {.certificate = &three, .replaces = true};
	struct energy energy = energy_at(151, 50.5);
	certified_energy(&certified, false, &energy);
	assert_near(energy.gross.value, 1500, 1e-6);
	assert_near(energy.net.value, 1000, 1e-6);
	assert_near(energy.idle_after, 50, 1e-6);
	assert_near(energy.caused.value, 1000 + 20 * 100 / 100.5, 1e-6);
	energy = energy_at(151, 50);
	certified_energy(&certified, true, &energy); /* its idle has been corrected */
	assert_near(energy.net.value, 1000, 1e-6);
	energy = energy_at(151, 40);
	certified_energy(&certified, false, &energy);
	assert_int_equal(energy.status, ENERGY_REFUSED);
	certified.replaces = false;
	energy = energy_at(151, 40);
	certified_energy(&certified, false, &energy);
	assert_near(energy.gross.value, 1510, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_of_the_calendar), cmocka_unit_test(standing_by_day), cmocka_unit_test(between_points_and_beyond),
		cmocka_unit_test(terms_by_hand), cmocka_unit_test(integrator_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
