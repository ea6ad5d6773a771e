/* Every rule of every profile, by a campaign that meets it and by one that does not: real files, made by audit_campaign.h. With a directory as
 * argument: leaves good, bad and twin there, for tests/audit_test.py. */
#include "audit.h"

#include "audit_campaign.h"
#include "certificate.h"
#include "pack.h"

static char root[64];

/* ---- cases ---- */

/* What is changed, and which rules then answer otherwise than "meets": "id" in all profiles that have it, "profile:id" in one. All other rules
 * must still be met, unless they are left open. */
struct change {
	const char *name;
	void (*change)(struct made *made);
	const char *not_met, *unknown, *not_applicable;
	bool others_open;
};

static void change_nothing(struct made *m) { (void)m; }

static void change_reading(struct made *m) { m->power.accuracy.reading = m->energy.accuracy.reading = 0.06; }
static void change_reading_a_little(struct made *m) { m->power.accuracy.reading = m->energy.accuracy.reading = 0.009; }
static void change_reading_some(struct made *m) { m->power.accuracy.reading = m->energy.accuracy.reading = 0.03; }
static void change_range_value(struct made *m) { m->power.accuracy.range_value = 1200; }
static void change_factor(struct made *m) { m->power.accuracy.power_factor = 0.01; }
static void change_specification(struct made *m) { m->power.accuracy = m->energy.accuracy = (struct accuracy){ .reading = 0 }; }
static void change_names(struct made *m) { m->serial = ""; }
static void change_model(struct made *m) { m->model = "PM1000+"; m->maker = "Voltech"; }
static void change_role(struct made *m) { m->power.role = ROLE_RAIL; m->has_energy = false; }
static void change_voltage(struct made *m) { m->voltage = 12; }
static void change_voltage_high(struct made *m) { m->voltage = 400; }
static void change_current(struct made *m) { m->direct = true; }
static void change_electrical(struct made *m) { m->has_electrical = false; m->power.accuracy.power_factor = m->energy.accuracy.power_factor = 0; }
static void change_electrical_and_factor(struct made *m) { m->has_electrical = false; }
static void change_to_points(struct made *m) { m->power.kind = CHANNEL_INSTANT; m->power.window = 0; }
static void change_to_slow_points(struct made *m) { change_to_points(m); m->power.refresh = 2 * NS_PER_S; }
static void change_to_slow(struct made *m) { m->power.refresh = m->power.window = 2 * NS_PER_S; }
static void change_to_counter(struct made *m)
{
	m->power.kind = CHANNEL_COUNTER;
	m->power.unit = UNIT_JOULE;
	m->power.number = NUMBER_U64;
	m->power.scale = 1e-3;
	m->power.window = 0;
	m->has_energy = false;
}
static void change_automatic(struct made *m) { m->automatic = true; }
static void change_changed(struct made *m) { m->changed = true; }
static void change_range(struct made *m) { m->has_range = false; }
static void change_peaks(struct made *m) { m->spoilt = 30; m->spoilt_n = 2; m->spoilt_flags = FLAG_PEAK_OVER; }
static void change_no_data(struct made *m) { m->spoilt = 81.9; m->spoilt_n = 1; m->spoilt_flags = FLAG_NO_DATA; }
static void change_gap(struct made *m) { m->gap_from = 30; m->gap_to = 31; }
static void change_lost(struct made *m) { m->quiet_from = 30; m->quiet_to = 31; }
static void change_end_lost(struct made *m) { m->quiet_from = 79; m->quiet_to = 82; }
static void change_issued(struct made *m) { m->issued = "2024-12-31"; }
static void change_issued_later(struct made *m) { m->issued = "2026-02-01"; }
static void change_certificate(struct made *m) { m->number = NULL; }
static void change_certificate_serial(struct made *m) { m->of_serial = "C3XE02"; }
static void change_ambient(struct made *m) { m->ambient_step = 0; }
static void change_ambient_step(struct made *m) { m->ambient_step = 30; }
static void change_ambient_burst(struct made *m)
{
	m->ambient_step = 1;
	m->ambient_to = 40;
}
static void change_one_slot(struct made *m) { m->one_slot = true; }
static void change_ambient_cold(struct made *m) { m->ambient = 18.5; }
static void change_idle(struct made *m) { m->has_idle = false; }
static void change_whole(struct made *m) { m->has_whole = false; }
static void change_phase(struct made *m) { m->phase_to = m->phase_from + 59; }
static void change_phase_to_little(struct made *m) { m->phase_to = m->phase_from + 4; }
static void change_energy(struct made *m) { m->has_energy = false; }
static void change_energy_late(struct made *m) { m->energy_from = 18; }
static void change_energy_slow(struct made *m) { m->energy.refresh = 8 * NS_PER_S; }
static void change_window(struct made *m) { m->power.window = NS_PER_S / 4; }
static void change_offset(struct made *m) { m->power.offset = -3; }
static void change_stamps(struct made *m) { m->u_t = 900 * NS_PER_MS; }
static void change_clock(struct made *m) { m->clock_status = 0x40; }
static void change_clock_unknown(struct made *m) { m->clock_status = -1; }
static void change_status(struct made *m) { m->status = "failed"; }
static void change_slots(struct made *m) { m->slots = 3; }
static void change_ranging(struct made *m) { m->ranging = 230; }
static void change_no_ranging(struct made *m) { m->ranging = 0; }
static void change_imported(struct made *m) { m->imported = true; }
static void change_file(struct made *m) { m->lost_file = true; }

#define METER_RULES "instrument-named supported-analyzer"

static const struct change changes[] = {
	{ "nothing", change_nothing, "", "", "", false },
	{ "6 % of the reading", change_reading, "meter-accuracy overall-uncertainty sample-uncertainty", "", "", false },
	{ "3 % of the reading", change_reading_some, "green500-l2:meter-accuracy green500-l3:meter-accuracy overall-uncertainty sample-uncertainty", "",
	  "", false },
	{ "0.9 % of the reading", change_reading_a_little, "green500-l3:meter-accuracy overall-uncertainty sample-uncertainty", "", "", false },
	{ "a range too large for idle", change_range_value, "overall-uncertainty", "", "", false },
	{ "an idle load of poor power factor", change_factor, "overall-uncertainty", "", "", false },
	{ "no specification", change_specification, "", "meter-accuracy overall-uncertainty sample-uncertainty", "", false },
	{ "no power factor", change_electrical_and_factor, "electrical-quantities", "meter-accuracy overall-uncertainty sample-uncertainty ac-mains", "",
	  false },
	{ "no serial number", change_names, "instrument-named", "certificate", "", false },
	{ "another maker", change_model, "supported-analyzer", "", "", false },
	{ "a rail", change_role,
	  METER_RULES " at-the-wall ac-mains meter-accuracy overall-uncertainty sample-uncertainty averaged-readings sampling ten-averages "
	  "contiguous-averages reading-rate fixed-ranges within-range calibrated certificate electrical-quantities integrated-energy ten-energies "
	  "core-phase-uncovered clock-skew same-run", "", "", true },
	{ "12 V", change_voltage, "ac-mains", "", "", false },
	{ "400 V", change_voltage_high, "", "ac-mains", "", false },
	{ "what may be a direct current", change_current, "", "ac-mains", "", false },
	{ "nothing beside the power", change_electrical, "electrical-quantities", "ac-mains", "", false },
	{ "point samples", change_to_points, "averaged-readings contiguous-averages", "", "", false },
	{ "slow point samples", change_to_slow_points, "averaged-readings contiguous-averages sampling reading-rate", "", "", true },
	{ "slow averages", change_to_slow, "reading-rate", "sampling", "", false },
	{ "an energy meter", change_to_counter, "", "sample-uncertainty", "sampling", false },
	{ "automatic ranges", change_automatic, "fixed-ranges", "", "", false },
	{ "a range that changed", change_changed, "fixed-ranges valid-runs", "", "", true },
	{ "no range recorded", change_range, "", "fixed-ranges within-range", "", false },
	{ "peaks beyond the range", change_peaks, "within-range valid-runs", "", "", true },
	{ "a reading without a value", change_no_data, "no-missing-readings", "", "", true },
	{ "a gap", change_gap, "no-missing-readings core-phase-covered contiguous-averages", "", "", true },
	{ "readings lost in silence", change_lost, "no-missing-readings contiguous-averages", "", "", true },
	{ "the end of the phase lost", change_end_lost, "core-phase-covered", "", "", true },
	{ "an old certificate", change_issued, "calibrated", "", "", false },
	{ "a certificate of later", change_issued_later, "calibrated", "", "", true },
	{ "no certificate", change_certificate, "", "calibrated certificate", "", false },
	{ "another meter's certificate", change_certificate_serial, "certificate", "", "", true },
	{ "no thermometer", change_ambient, "", "ambient-recorded ambient-temperature", "", false },
	{ "a slow thermometer", change_ambient_step, "ambient-recorded", "", "", false },
	{ "a thermometer that fell silent", change_ambient_burst, "ambient-recorded", "", "", false },
	{ "a slot made twice, and one never", change_one_slot, "valid-runs", "", "", false },
	{ "a cold room", change_ambient_cold, "ambient-temperature", "", "", false },
	{ "no idle window", change_idle, "idle-power", "overall-uncertainty", "", false },
	{ "no whole run", change_whole, "whole-run", "", "", true },
	{ "59 s", change_phase, "core-phase-minute", "", "", false },
	{ "4 s", change_phase_to_little, "core-phase-minute ten-averages ten-energies reading-length", "", "", true },
	{ "no integrator", change_energy, "green500-l3:meter-accuracy integrated-energy ten-energies core-phase-uncovered", "", "", false },
	{ "an integrator that begins late", change_energy_late, "core-phase-uncovered", "", "", true },
	{ "a slow integrator", change_energy_slow, "ten-energies", "", "", true },
	{ "half of each second averaged", change_window, "contiguous-averages", "", "", true },
	{ "3 W taken off", change_offset, "nothing-subtracted", "", "", true },
	{ "stamps within 0.9 s", change_stamps, "clock-skew", "", "", true },
	{ "a clock of its own", change_clock, "clock-ntp", "", "", false },
	{ "a clock of which nothing is known", change_clock_unknown, "", "clock-ntp", "", false },
	{ "a run that failed", change_status, "valid-runs", "", "", false },
	{ "a run that was not made", change_slots, "valid-runs", "", "", false },
	{ "less than in the ranging pass", change_ranging, "ranging-run", "", "", false },
	{ "no ranging pass", change_no_ranging, "", "ranging-run", "", false },
	{ "imported", change_imported, "", "clock-skew clock-ntp same-run", "", true },
	{ "a run file that is gone", change_file, "", "at-the-wall instrument-named averaged-readings no-missing-readings", "", true },
};
#define CHANGES (sizeof changes / sizeof *changes)

/* ---- judging ---- */

struct judged {
	struct campaign_file file;
	struct audit_evidence evidence;
};

static void gather(const char *place, struct judged *judged)
{
	struct error error = ERROR_INIT;
	if (campaign_file_read(place, &judged->file, &error) != 0 || audit_gather(place, &judged->file, &judged->evidence, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static void forget(struct judged *judged)
{
	audit_evidence_free(&judged->evidence);
	campaign_file_free(&judged->file);
}

static void place_of(size_t i, char place[128])
{
	snprintf(place, 128, "%s/%zu", root, i);
}

static void make(size_t i, struct judged *judged)
{
	char place[128];
	struct made made = made_good();
	changes[i].change(&made);
	place_of(i, place);
	if (access(place, F_OK) != 0)
		made_campaign(&made, place);
	gather(place, judged);
}

static bool names(const char *list, const char *profile, const char *id)
{
	char full[96];
	for (size_t length; *list; list += length + (list[length] == ' ')) {
		length = strcspn(list, " ");
		snprintf(full, sizeof full, "%s:%s", profile, id);
		if ((strlen(id) == length && memcmp(list, id, length) == 0) || (strlen(full) == length && memcmp(list, full, length) == 0))
			return true;
	}
	return false;
}

static int expected(const struct change *change, const char *profile, const char *id)
{
	return names(change->not_met, profile, id)	    ? AUDIT_NOT_MET
	       : names(change->unknown, profile, id)	    ? AUDIT_UNKNOWN
	       : names(change->not_applicable, profile, id) ? AUDIT_NOT_APPLICABLE
	       : change->others_open			    ? -1
							    : AUDIT_MET;
}

static size_t seen[8][AUDIT_RULES_MAX][AUDIT_VERDICTS]; /* answers given as expected */
static int wrong;

static void hold(const struct change *change, size_t profile, const struct audit_answer *answers)
{
	const struct audit_profile *p = &audit_profiles[profile];
	for (size_t i = 0; i < p->n_rules; i++) {
		int wanted = expected(change, p->name, p->rules[i].id);
		if (wanted >= 0 && wanted != (int)answers[i].verdict) {
			print_error("%s: %s %s: \"%s\" (%s), not \"%s\"\n", change->name, p->name, p->rules[i].id,
				    audit_verdict_name(answers[i].verdict), answers[i].reason, audit_verdict_name((enum audit_verdict)wanted));
			wrong++;
		} else if (wanted >= 0)
			seen[profile][i][wanted]++;
	}
}

static void test_each_change(void **state)
{
	(void)state;
	struct audit_answer answers[AUDIT_RULES_MAX];
	for (size_t i = 0; i < CHANGES; i++) {
		struct judged judged;
		make(i, &judged);
		for (size_t p = 0; audit_profiles[p].name; p++) {
			audit_judge(&audit_profiles[p], &judged.evidence, answers);
			hold(&changes[i], p, answers);
			if (i == 0 && !audit_is_met(&audit_profiles[p], &judged.evidence, answers))
				fail_msg("%s is not met by the campaign that meets everything", audit_profiles[p].name);
		}
		forget(&judged);
	}
	assert_int_equal(wrong, 0);
}

/* Goes over what the test before has seen. */
static void test_each_rule_has_both(void **state)
{
	(void)state;
	for (size_t p = 0; audit_profiles[p].name; p++)
		for (size_t i = 0; i < audit_profiles[p].n_rules; i++)
			if (seen[p][i][AUDIT_MET] == 0 || seen[p][i][AUDIT_NOT_MET] == 0)
				fail_msg("%s %s has no file that %s it", audit_profiles[p].name, audit_profiles[p].rules[i].id,
					 seen[p][i][AUDIT_MET] == 0 ? "meets" : "does not meet");
}

/* A name in a list that no rule has would hold nothing. */
static void test_each_name_is_a_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHANGES; i++)
		for (const char *list = changes[i].not_met, *end; *list; list = *end ? end + 1 : end) {
			bool found = false;
			char name[96];
			end = list + strcspn(list, " ");
			snprintf(name, sizeof name, "%.*s", (int)(end - list), list);
			for (size_t p = 0; audit_profiles[p].name; p++)
				for (size_t k = 0; k < audit_profiles[p].n_rules; k++)
					found |= names(name, audit_profiles[p].name, audit_profiles[p].rules[k].id);
			if (!found)
				fail_msg("no rule has the name %s", name);
		}
}

static void test_rules_are_whole(void **state)
{
	(void)state;
	for (const struct audit_profile *p = audit_profiles; p->name; p++) {
		assert_true(p->n_rules <= AUDIT_RULES_MAX);
		assert_ptr_equal(audit_profile_find(p->name), p);
		for (size_t i = 0; i < p->n_rules; i++) {
			const struct audit_rule *r = &p->rules[i];
			assert_true(r->id && r->asks && r->source);
			assert_int_equal(!!r->all + !!r->run + !!r->power + !!r->energy, 1);
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(p->rules[k].id, r->id);
		}
	}
	assert_null(audit_profile_find("green500"));
}

/* ---- what is gathered ---- */

static size_t change_named(const char *name)
{
	size_t i = 0;
	while (strcmp(changes[i].name, name) != 0)
		i++;
	return i;
}

static void test_what_a_run_tells(void **state)
{
	(void)state;
	struct judged judged;
	make(0, &judged);
	assert_int_equal(judged.evidence.n_runs, 2);
	const struct audit_run *run = &judged.evidence.runs[0];
	const struct audit_series *power = &run->series[0], *energy = &run->series[1];
	assert_int_equal(run->n_series, 2);
	assert_near(run->core, 70, 1e-9);
	assert_near(run->power, 212, 0.5);
	assert_near(run->idle, 60, 1e-6);
	assert_near(run->ranging_power, 215, 0.5);
	assert_near(run->ambient, 22, 1e-9);
	assert_int_equal(power->readings, 140);
	assert_near(power->spacing, 0.5, 1e-9);
	assert_near(power->longest, 0.5, 1e-9);
	assert_near(power->before, 0, 1e-9);
	assert_near(power->after, 0, 1e-9);
	assert_near(power->least, 212, 1e-9);
	assert_near(power->core.voltage, 230, 1e-9);
	assert_near(power->core.current, 212 / (230 * 0.97), 1e-9);
	assert_near(power->idle.current, 60 / (230 * 0.8), 1e-9);
	assert_int_equal(energy->readings, 71);
	assert_near(energy->core.power, 212, 0.5);
	assert_int_equal(judged.evidence.devices[power->device].issued, certificate_day("2025-09-01"));
	forget(&judged);
}

static void test_what_is_wrong_is_counted(void **state)
{
	(void)state;
	struct judged judged;
	make(change_named("a reading without a value"), &judged);
	assert_int_equal(judged.evidence.runs[0].series[0].invalid, 1);
	assert_int_equal(judged.evidence.runs[0].series[0].readings, 139);
	assert_int_equal(judged.evidence.runs[0].series[0].gaps, 0);
	forget(&judged);
	make(change_named("a gap"), &judged);
	assert_int_equal(judged.evidence.runs[0].series[0].invalid, 0);
	assert_int_equal(judged.evidence.runs[0].series[0].gaps, 1);
	assert_near(judged.evidence.runs[0].series[0].longest, 1.5, 1e-9);
	forget(&judged);
}

/* ---- a twin ---- */

static void test_a_twin_is_no_instrument(void **state)
{
	(void)state;
	char place[128];
	struct judged judged;
	struct audit_answer answers[AUDIT_RULES_MAX];
	struct made made = made_good();
	made_simulate(&made);
	snprintf(place, sizeof place, "%s/twin", root);
	made_campaign(&made, place);
	gather(place, &judged);
	for (const struct audit_profile *p = audit_profiles; p->name; p++) {
		size_t asked = 0;
		audit_judge(p, &judged.evidence, answers);
		for (size_t i = 0; i < p->n_rules; i++) {
			asked += p->rules[i].instrument;
			assert_int_equal(answers[i].verdict, p->rules[i].instrument ? AUDIT_NOT_MET : AUDIT_MET);
		}
		assert_true(asked > 0);
		assert_false(audit_is_met(p, &judged.evidence, answers));
	}
	forget(&judged);
}

/* Whatever campaign.h5 says: its run files say what they come from. */
static void test_a_twin_is_told_by_its_runs(void **state)
{
	(void)state;
	char place[128];
	struct judged judged;
	struct made made = made_good();
	made_simulate(&made);
	snprintf(place, sizeof place, "%s/disguised", root);
	made_campaign(&made, place);
	struct campaign_file file;
	assert_int_equal(campaign_file_read(place, &file, NULL), 0);
	json_object_set_new(file.facts, "simulated", json_false());
	json_object_set_new(json_array_get(json_object_get(json_object_get(file.facts, "bench"), "devices"), 0), "simulated", json_false());
	for (size_t i = 0; i < file.n_results; i++)
		file.results[i].simulated = false;
	assert_int_equal(campaign_file_write(place, &file, NULL), 0);
	campaign_file_free(&file);
	gather(place, &judged);
	assert_true(judged.evidence.simulated);
	forget(&judged);
}

/* Whatever the rules say of it. */
static void test_a_twin_never_meets_all(void **state)
{
	(void)state;
	struct audit_answer answers[AUDIT_RULES_MAX];
	struct audit_evidence evidence = { .simulated = true };
	for (size_t i = 0; i < AUDIT_RULES_MAX; i++)
		answers[i] = (struct audit_answer){ .verdict = AUDIT_MET };
	assert_false(audit_is_met(&audit_profiles[0], &evidence, answers));
	evidence.simulated = false;
	assert_true(audit_is_met(&audit_profiles[0], &evidence, answers));
	answers[1].verdict = AUDIT_UNKNOWN;
	assert_false(audit_is_met(&audit_profiles[0], &evidence, answers));
}

/* ---- places, and what is printed ---- */

static void test_a_pack_tells_the_same(void **state)
{
	(void)state;
	char place[128], pack[160], inside[160];
	struct judged a, b;
	struct error error = ERROR_INIT;
	struct audit_answer of_a[AUDIT_RULES_MAX], of_b[AUDIT_RULES_MAX];
	const struct audit_profile *p = audit_profile_find("green500-l3");
	make(0, &a);
	place_of(0, place);
	snprintf(pack, sizeof pack, "%s.packed.h5", place);
	snprintf(inside, sizeof inside, "%s/campaign.h5", place);
	assert_int_equal(pack_write(place, pack, &error), 0);
	audit_judge(p, &a.evidence, of_a);
	const char *const others[] = { pack, inside };
	for (size_t k = 0; k < 2; k++) {
		gather(others[k], &b);
		audit_judge(p, &b.evidence, of_b);
		for (size_t i = 0; i < p->n_rules; i++) {
			assert_int_equal(of_a[i].verdict, of_b[i].verdict);
			assert_string_equal(of_a[i].reason, of_b[i].reason);
		}
		forget(&b);
	}
	forget(&a);
}

static void test_an_empty_campaign_meets_nothing(void **state)
{
	(void)state;
	struct audit_answer answers[AUDIT_RULES_MAX];
	struct audit_evidence evidence = { .n_runs = 0 };
	for (const struct audit_profile *p = audit_profiles; p->name; p++) {
		audit_judge(p, &evidence, answers);
		for (size_t i = 0; i < p->n_rules; i++)
			assert_int_equal(answers[i].verdict, AUDIT_UNKNOWN);
	}
}

static void test_it_says_what_it_is_not(void **state)
{
	(void)state;
	struct judged judged;
	struct audit_answer answers[AUDIT_RULES_MAX];
	struct table_options options = { .columns = 0, .unicode = true };
	make(0, &judged);
	for (const struct audit_profile *p = audit_profiles; p->name; p++) {
		struct text text = TEXT_INIT;
		audit_judge(p, &judged.evidence, answers);
		assert_int_equal(report_audit(p, &judged.evidence, answers, &options, &text), 0);
		assert_non_null(strstr(text_string(&text), "This is no statement of compliance"));
		assert_non_null(strstr(text_string(&text), "Not looked at: "));
		assert_null(strstr(text_string(&text), "SIMULATED"));
		assert_null(strstr(text_string(&text), "compliant"));
		assert_null(strstr(text_string(&text), "certified"));
		for (size_t i = 0; i < p->n_rules; i++)
			assert_non_null(strstr(text_string(&text), p->rules[i].id));
		text_free(&text);
	}
	forget(&judged);
}

static void test_json(void **state)
{
	(void)state;
	struct judged judged;
	struct audit_answer answers[AUDIT_RULES_MAX];
	struct text text = TEXT_INIT;
	const struct audit_profile *p = audit_profile_find("spec-like");
	make(0, &judged);
	audit_judge(p, &judged.evidence, answers);
	snprintf(answers[0].reason, sizeof answers[0].reason, "a name with \x1b[2J and \xff in it");
	answers[1].verdict = AUDIT_UNKNOWN;
	assert_int_equal(report_audit_json(p, &judged.evidence, answers, &text), 0);
	json_t *json = json_loads(text_string(&text), 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "profile")), "spec-like");
	assert_true(json_is_false(json_object_get(json, "all_met")));
	json_t *rules = json_object_get(json, "rules");
	assert_int_equal(json_array_size(rules), p->n_rules);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rules, 1), "verdict")), "unknown");
	json_decref(json);
	text_free(&text);
	forget(&judged);
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "%s/joulerig-audit-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", root);
	return system(command);
}

static void leave(const char *directory, const char *name, const struct made *made)
{
	char place[256];
	snprintf(place, sizeof place, "%s/%s", directory, name);
	made_campaign(made, place);
}

static const char *leave_in;

static void leave_campaigns(void **state)
{
	(void)state;
	struct made made = made_good();
	leave(leave_in, "good", &made);
	made.issued = "2024-12-31";
	leave(leave_in, "bad", &made);
	made = made_good();
	made_simulate(&made);
	leave(leave_in, "twin", &made);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest leaving[] = { cmocka_unit_test(leave_campaigns) };
	leave_in = argv[argc - 1];
	if (argc > 1)
		return cmocka_run_group_tests(leaving, NULL, NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_are_whole), cmocka_unit_test(test_each_change), cmocka_unit_test(test_each_rule_has_both),
		cmocka_unit_test(test_each_name_is_a_rule), cmocka_unit_test(test_what_a_run_tells), cmocka_unit_test(test_what_is_wrong_is_counted),
		cmocka_unit_test(test_a_twin_is_no_instrument),
		cmocka_unit_test(test_a_twin_is_told_by_its_runs), cmocka_unit_test(test_a_twin_never_meets_all), cmocka_unit_test(test_a_pack_tells_the_same),
		cmocka_unit_test(test_an_empty_campaign_meets_nothing), cmocka_unit_test(test_it_says_what_it_is_not), cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
