/* Planted anchors: what happened between them is found, with its size and place; what did not is not. */
#include "clocks.h"

#include "padded.h"
#include "unit.h"

#define S(s) ((int64_t)llround((s)*1e9))
#define DATE S(1763780000.0)
#define N 5

/* One at 100 s, then one each minute; all clocks go alike. */
static void anchors_make(struct clock_anchor *a)
{
	for (int i = 0; i < N; i++) {
		int64_t t = S(100.0 + 60 * i);
		a[i] = (struct clock_anchor){.monotonic = t, .raw = t + 77, .boottime = t + S(5), .realtime = t + DATE,
					     .tai = t + DATE + S(37), .width = 800, .status = 0x2001, .tai_offset_s = 37};
	}
}

static void expect_nothing(const struct clock_anchor *a, size_t n)
{
	char text[CLOCKS_TEXT_SIZE];
	struct clock_marks marks = clocks_compare(a, n);
	assert_int_equal(marks.suspends + marks.steps, 0);
	assert_true(marks.suspend.by == 0 && marks.step.by == 0 && marks.leap.by == 0 && marks.silence.by == 0);
	assert_string_equal(clocks_fault(&marks, 0, text), "");
	assert_string_equal(clocks_remark(&marks, 0, text), "");
	assert_true(clocks_rate(a, n, 0, S(1000)) == 0);
}

static void nothing_happened(void **state)
{
	(void)state;
	struct clock_anchor a[N];
	anchors_make(a);
	for (size_t n = 0; n <= N; n++)
		expect_nothing(a, n);
	a[2].boottime += 1600; /* as much as the anchors' widths leave open */
	a[2].realtime += 1600;
	expect_nothing(a, N);
	a[3].status = -1; /* adjtimex failed: its figures are nothing, the clocks are there */
	a[3].tai_offset_s = 0;
	expect_nothing(a, N);
	for (int i = 1; i < N; i++)
		a[i].tai += S(37); /* a daemon told the kernel the offset */
	expect_nothing(a, N);
}

static void clocks_that_were_not_read(void **state)
{
	(void)state;
	struct clock_anchor a[N];
	anchors_make(a);
	for (int i = 0; i < N; i++)
		a[i].raw = a[i].boottime = a[i].tai = 0;
	expect_nothing(a, N);
	anchors_make(a);
	a[1].monotonic = a[0].monotonic; /* not in order: nothing can be said */
	a[1].boottime += S(9);
	a[2].boottime += S(9);
	assert_int_equal(clocks_compare(a, 2).suspends, 0);
}

static void suspend(struct clock_anchor *a, int from, int64_t slept)
{
	for (int i = from; i < N; i++) {
		a[i].boottime += slept;
		a[i].realtime += slept;
		a[i].tai += slept;
	}
}

static void a_suspend(void **state)
{
	(void)state;
	char text[CLOCKS_TEXT_SIZE];
	struct clock_anchor a[N];
	anchors_make(a);
	suspend(a, 2, S(12.5));
	struct clock_marks marks = clocks_compare(a, N);
	assert_int_equal(marks.suspends, 1);
	assert_int_equal(marks.suspend.by, S(12.5));
	assert_int_equal(marks.suspend.from, S(160));
	assert_int_equal(marks.suspend.to, S(220));
	assert_int_equal(marks.step.by, 0); /* the clock of day went on meanwhile, as it should */
	assert_string_equal(clocks_fault(&marks, S(170), text),
			    "the machine was suspended for 12.5 s, between -10.0 s and +50.0 s from the start edge");
	assert_string_equal(clocks_remark(&marks, S(170), text), "");
	suspend(a, 4, S(100));
	marks = clocks_compare(a, N);
	assert_int_equal(marks.suspends, 2);
	assert_int_equal(marks.suspend.by, S(100));
	assert_non_null(strstr(clocks_fault(&marks, S(170), text), "more than once"));
	anchors_make(a);
	suspend(a, 1, 2000);
	assert_int_equal(clocks_compare(a, N).suspends, 1); /* 2 us, and the widths are 1.6 us */
}

static void a_step(void **state)
{
	(void)state;
	static const double steps[] = {3.25, -3600, 0.002};
	char text[CLOCKS_TEXT_SIZE];
	struct clock_anchor a[N];
	for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
		anchors_make(a);
		for (int i = 3; i < N; i++) {
			a[i].realtime += S(steps[k]);
			a[i].tai += S(steps[k]);
		}
		struct clock_marks marks = clocks_compare(a, N);
		assert_int_equal(marks.steps, 1);
		assert_int_equal(marks.step.by, S(steps[k]));
		assert_int_equal(marks.step.from, S(220));
		assert_true(marks.suspends == 0 && marks.leap.by == 0);
		assert_string_equal(clocks_fault(&marks, 0, text), "");
		assert_non_null(strstr(clocks_remark(&marks, S(100), text), "the clock of day was set by"));
	}
	anchors_make(a);
	a[4].realtime += S(0.0009); /* no news */
	expect_nothing(a, N);
	anchors_make(a); /* while suspended */
	suspend(a, 1, S(30));
	for (int i = 1; i < N; i++) {
		a[i].realtime -= S(2);
		a[i].tai -= S(2);
	}
	struct clock_marks marks = clocks_compare(a, N);
	assert_int_equal(marks.suspend.by, S(30));
	assert_int_equal(marks.step.by, -S(2));
}

static void a_leap_second(void **state)
{
	(void)state;
	char text[CLOCKS_TEXT_SIZE];
	struct clock_anchor a[N];
	anchors_make(a);
	for (int i = 2; i < N; i++) { /* 23:59:59 twice; TAI goes on */
		a[i].realtime -= S(1);
		a[i].tai_offset_s = 38;
	}
	a[2].status = -1;
	a[2].tai_offset_s = 0;
	struct clock_marks marks = clocks_compare(a, N);
	assert_int_equal(marks.leap.by, -S(1));
	assert_true(marks.steps == 0 && marks.step.by == 0 && marks.suspends == 0);
	assert_string_equal(clocks_remark(&marks, 0, text), "a leap second passed: dates behind it count -1 s");
}

static void a_silence(void **state)
{
	(void)state;
	char text[CLOCKS_TEXT_SIZE];
	struct clock_anchor a[N];
	anchors_make(a);
	a[2] = a[3]; /* 120 s: one was late, none is missing for sure */
	expect_nothing(a, 3);
	a[1] = a[3]; /* 180 s */
	struct clock_marks marks = clocks_compare(a, 2);
	assert_int_equal(marks.silence.by, S(180));
	assert_string_equal(clocks_remark(&marks, S(90), text),
			    "joulerig was held up: no clock anchor for 180 s from +10.0 s after the start edge");
}

/* ---- rate ---- */

static void slew(struct clock_anchor *a, int from, int to, double ppm)
{
	for (int i = from; i < N; i++)
		a[i].raw -= (int64_t)llround(ppm * 1e-6 * 60e9) * ((i < to ? i : to) - from + 1);
}

static void a_slew(void **state)
{
	(void)state;
	struct clock_anchor a[N];
	anchors_make(a);
	slew(a, 2, 2, 500); /* between the anchors at 160 s and 220 s */
	assert_int_equal(clocks_compare(a, N).steps, 0);
	assert_near(clocks_rate(a, N, S(165), S(170)), 500e-6, 1e-6);
	assert_near(clocks_rate(a, N, S(50), S(900)), 500e-6, 1e-6); /* the worst of all */
	assert_true(clocks_rate(a, N, S(230), S(270)) == 0);
	assert_true(clocks_rate(a, N, S(110), S(150)) == 0);
	anchors_make(a);
	slew(a, 1, N, -120);
	assert_near(clocks_rate(a, N, S(230), S(270)), -120e-6, 1e-6);
	anchors_make(a);
	slew(a, 1, N, 45); /* a crystal may be that far off */
	assert_true(clocks_rate(a, N, S(230), S(270)) == 0);
	anchors_make(a);
	slew(a, 2, 2, 60);
	a[2].width = S(0.002); /* an anchor that was interrupted: 33 ppm of a minute */
	assert_true(clocks_rate(a, N, S(165), S(170)) == 0);
}

static struct energy an_energy(void)
{
	struct energy energy = {.gross.value = 1000, .net.value = 600, .caused.value = 650};
	budget_add(&energy.gross.budget, "gain", 'B', 0.3, INFINITY, SHARE_RELATIVE);
	budget_add(&energy.net.budget, "gain", 'B', 0.2, INFINITY, SHARE_RELATIVE);
	budget_add(&energy.caused.budget, "gain", 'B', 0.2, INFINITY, SHARE_RELATIVE);
	return energy;
}

static void a_rate_is_charged(void **state)
{
	(void)state;
	struct energy energy = an_energy();
	clocks_charge(-600e-6, CHANNEL_MEAN, &energy);
	const struct budget_term *term = budget_term(&energy.gross.budget, "host-clock");
	assert_non_null(term);
	assert_near(term->u, -0.6 / sqrt(3), 1e-9); /* signed: a ratio needs it */
	assert_near(budget_term(&energy.net.budget, "host-clock")->u, -0.36 / sqrt(3), 1e-9);
	assert_near(budget_term(&energy.caused.budget, "host-clock")->u, -0.39 / sqrt(3), 1e-9);
	assert_near(energy.gross.expanded.u, hypot(0.3, 0.6 / sqrt(3)), 1e-9);
	assert_int_equal(energy.status, ENERGY_DEGRADED);
	assert_non_null(strstr(energy.reason, "-600 ppm"));

	energy = an_energy();
	clocks_charge(150e-6, CHANNEL_INSTANT, &energy);
	assert_non_null(budget_term(&energy.gross.budget, "host-clock"));
	assert_int_equal(energy.status, ENERGY_OK);

	energy = an_energy();
	clocks_charge(600e-6, CHANNEL_COUNTER, &energy);
	clocks_charge(0, CHANNEL_MEAN, &energy);
	assert_null(budget_term(&energy.gross.budget, "host-clock"));

	energy = an_energy();
	energy_refuse(&energy, "for another reason");
	clocks_charge(600e-6, CHANNEL_MEAN, &energy);
	assert_string_equal(energy.reason, "for another reason");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_happened), cmocka_unit_test(clocks_that_were_not_read), cmocka_unit_test(a_suspend),
		cmocka_unit_test(a_step),           cmocka_unit_test(a_leap_second),             cmocka_unit_test(a_silence),
		cmocka_unit_test(a_slew),           cmocka_unit_test(a_rate_is_charged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
