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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drift_is_charged_to_whatever_gives_energy),
		cmocka_unit_test(expired_one_withholds_whatever_gives_energy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
