/* What a run's certificates are applied to, and when they are not. */
#include "planned_run.h"

#define DAY 20773 /* 2026-11-16 */

/* planned_run, on that day; the wall meter's certificate is this. */
static void certified_run(struct run *run, const char *certificate)
{
	json_error_t why;
	planned_run(run);
	for (size_t i = 0; i < run->n_channels; i++) {
		struct run_channel *c = &run->channels[i];
		snprintf(c->device, sizeof c->device, "%.*s", (int)strcspn(c->channel.name, "."), c->channel.name);
	}
	run->anchors[0].realtime = (int64_t)DAY * 86400 * 1000000000;
	json_t *facts = json_loads(certificate, 0, &why);
	if (facts == NULL)
		fail_msg("%s", why.text);
	json_object_set_new(run->header, "bench", json_pack("{s:[{s:s, s:o}]}", "devices", "name", "wall", "certificate", facts));
}

/* Of the whole run; the run is freed. */
static struct result evaluated(struct run *run)
{
	struct result *list, whole;
	size_t n;
	struct error error = ERROR_INIT;
	assert_int_equal(evaluate_run(run, &list, &n, &error), 0);
	whole = list[0];
	free(list);
	run_free(run);
	return whole;
}

static const struct energy *energy_in(const struct result *result, const char *name)
{
	const struct source_result *found = result_source(result, name);
	assert_non_null(found);
	return &found->energy;
}

/* ---- drift, and the day of expiry ---- */

#define DRIFTS "{\"number\": \"A\", \"issued\": \"2025-11-16\", \"expires\": \"2026-05-16\", \"drift_per_year\": 0.001}"
#define EXPIRED "{\"number\": \"A\", \"issued\": \"2025-11-16\", \"expires\": \"2026-05-16\"}"

/* The wall meter gives its energy by a register, or by point samples, as some do. */
static void meter_of_kind(struct run *run, int kind, const char *certificate)
{
	certified_run(run, certificate);
	if (kind == 1) {
		run->channels[0].channel.role = ROLE_NONE;
		snprintf(run->channels[1].device, sizeof run->channels[1].device, "wall");
		snprintf(run->channels[1].channel.name, sizeof run->channels[1].channel.name, "wall.energy");
		run->channels[1].channel.role = ROLE_WALL;
	} else if (kind == 2) {
		run->channels[0].channel.kind = CHANNEL_INSTANT;
		run->channels[0].channel.window = 0;
	}
}

static void drift_is_charged_to_whatever_gives_energy(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct run run;
		meter_of_kind(&run, kind, DRIFTS);
		struct result result = evaluated(&run);
		const struct energy *energy = energy_in(&result, kind == 1 ? "wall.energy" : "wall.power");
		const struct budget_term *term = budget_term(&energy->gross.budget, "certificate-drift");
		if (term == NULL)
			fail_msg("kind %d: %s: %s", kind, energy_status_name(energy->status), energy->reason);
		assert_near(term->u, 0.001 * 365 / 365.25 / sqrt(3) * energy->gross.value, 1e-6 * energy->gross.value);
		assert_null(budget_term(&energy_in(&result, "rapl.package-0.dram")->gross.budget, "certificate-drift"));
	}
}

static void expired_one_withholds_whatever_gives_energy(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct run run;
		meter_of_kind(&run, kind, EXPIRED);
		struct result result = evaluated(&run);
		const struct energy *energy = energy_in(&result, kind == 1 ? "wall.energy" : "wall.power");
		assert_int_equal(energy->status, ENERGY_REFUSED);
		assert_non_null(strstr(energy->reason, "certificate A expired on 2026-05-16"));
		assert_int_equal(energy_in(&result, "rapl.package-0.dram")->status, ENERGY_OK);
	}
}

/* ---- ranges ---- */

#define POINTS "\"points\": [{\"power_W\": 50, \"error_W\": 0.5, \"U_W\": 0.02}, {\"power_W\": 250, \"error_W\": 2.5, \"U_W\": 0.1}]"
#define NO_RANGE "{\"number\": \"A\", \"issued\": \"2026-05-16\", " POINTS "}"
#define RANGE "{\"number\": \"A\", \"issued\": \"2026-05-16\", \"range\": {\"voltage_V\": 300, \"current_A\": 2}, " POINTS "}"

static void points_belong_to_a_range(void **state)
{
	(void)state;
	static const struct {
		const char *certificate;
		int n_ranges;
		struct record_range ranges[2];
		const char *said; /* NULL: applied */
	} cases[] = {
		{ NO_RANGE, 0, { { .voltage = 0 } }, NULL },
		{ RANGE, 1, { { .voltage = 300, .current = 2 } }, NULL },
		{ RANGE, 2, { { .voltage = 300, .current = 2 }, { .voltage = 300, .current = 20, .changed = 1 } }, NULL },
		{ NO_RANGE, 1, { { .voltage = 300, .current = 2 } }, "its points are of a range that is not told, the meter was in 300 V / 2 A" },
		{ RANGE, 0, { { .voltage = 0 } }, "its points are of 300 V / 2 A, the meter was in a range that is not told" },
		{ RANGE, 1, { { .voltage = 0 } }, "the meter was in a range that is not told" },
		{ RANGE, 1, { { .voltage = 300, .current = 20 } }, "the meter was in 300 V / 20 A" },
		{ RANGE, 2, { { .voltage = 300, .current = 20 }, { .voltage = 300, .current = 2 } }, "the meter was in 300 V / 20 A" },
		{ RANGE, 1, { { .voltage = 300, .current = 2, .automatic = 1 } }, "the meter was in 300 V / 2 A, automatic" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run run;
		certified_run(&run, cases[i].certificate);
		run.n_ranges = (size_t)cases[i].n_ranges;
		run.ranges = calloc(2, sizeof *run.ranges);
		for (size_t j = 0; j < run.n_ranges; j++)
			run.ranges[j] = (struct run_range){ .t = SECONDS(j ? 26.9 : 1), .range = cases[i].ranges[j] };
		struct result result = evaluated(&run);
		if (cases[i].said ? strstr(result.reason, cases[i].said) == NULL : strstr(result.reason, "certificate") != NULL)
			fail_msg("case %zu: %s", i, result.reason);
		const struct energy *energy = energy_in(&result, "wall.power");
		if (energy->status != ENERGY_REFUSED)
			assert_int_equal(budget_term(&energy->gross.budget, "gain") != NULL, cases[i].said != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drift_is_charged_to_whatever_gives_energy),
		cmocka_unit_test(expired_one_withholds_whatever_gives_energy), cmocka_unit_test(points_belong_to_a_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
