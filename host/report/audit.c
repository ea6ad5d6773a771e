#include "audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit_checks.h"

const char *audit_verdict_name(enum audit_verdict verdict)
{
	static const char *const names[AUDIT_VERDICTS] = {
		[AUDIT_NOT_APPLICABLE] = "does not apply", [AUDIT_MET] = "meets", [AUDIT_UNKNOWN] = "cannot be told from the data",
		[AUDIT_NOT_MET] = "does not meet",
	};
	return names[verdict];
}

const struct audit_profile *audit_profile_find(const char *name)
{
	for (const struct audit_profile *p = audit_profiles; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* ---- answers ---- */

static void say(struct audit_answer *answer, enum audit_verdict verdict, double badness, const char *format, va_list arguments)
{
	bool first = answer->reason[0] == '\0';
	if (!first && (verdict < answer->verdict || (verdict == answer->verdict && !(badness > answer->badness))))
		return;
	answer->verdict = verdict;
	answer->badness = badness;
	vsnprintf(answer->reason, sizeof answer->reason, format, arguments);
}

void audit_say(struct audit_answer *answer, enum audit_verdict verdict, double badness, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(answer, verdict, badness, format, arguments);
	va_end(arguments);
}

void audit_say_limit(struct audit_answer *answer, double bad, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(answer, bad <= 1 ? AUDIT_MET : AUDIT_NOT_MET, bad, format, arguments); /* NAN is not met */
	va_end(arguments);
}

/* ---- what is looked at ---- */

bool audit_run_is_valid(const struct audit_run *run)
{
	return run->status == RUN_OK && run->measured;
}

/* One whose energy was refused shows what was wrong with its measurement. */
static bool is_looked_at(const struct audit_run *run)
{
	return run->status == RUN_OK || run->status == RUN_UNMEASURED;
}

bool audit_is_power(const struct audit_series *series)
{
	return series->role == ROLE_WALL;
}

bool audit_is_energy(const struct audit_series *series)
{
	return series->kind == CHANNEL_COUNTER;
}

static void over_series(const struct audit_rule *rule, const struct audit_evidence *e, const struct audit_run *run, struct audit_answer *answer)
{
	int n = 0;
	for (int i = 0; i < run->n_series; i++) {
		const struct audit_series *series = &run->series[i];
		if (rule->power ? !audit_is_power(series) : !audit_is_energy(series))
			continue;
		n++;
		if (rule->power)
			rule->power(e, run, series, rule->limit, answer);
		else
			rule->energy(e, run, series, rule->limit, answer);
	}
	if (n == 0)
		audit_say(answer, AUDIT_NOT_MET, 0, "run %u: nothing gives the wall's %s", run->number,
			  rule->power ? "power" : "energy by integration");
}

static void over_runs(const struct audit_rule *rule, const struct audit_evidence *e, struct audit_answer *answer)
{
	for (size_t i = 0; i < e->n_runs; i++) {
		const struct audit_run *run = &e->runs[i];
		if (!is_looked_at(run))
			continue;
		if (!run->is_read)
			audit_say(answer, AUDIT_UNKNOWN, 0, "the file of run %u cannot be read", run->number);
		else if (rule->run)
			rule->run(e, run, rule->limit, answer);
		else
			over_series(rule, e, run, answer);
	}
}

/* ---- judging ---- */

static const char *wall_simulated(const struct audit_evidence *e)
{
	for (size_t i = 0; i < e->n_runs; i++)
		for (int k = 0; k < e->runs[i].n_series; k++)
			if (e->runs[i].series[k].simulated)
				return e->runs[i].series[k].channel;
	return NULL;
}

/* Some run tells, and none of them tells of the wall. */
static bool has_no_wall(const struct audit_evidence *e)
{
	bool any = false;
	for (size_t i = 0; i < e->n_runs; i++) {
		if (e->runs[i].n_series > 0)
			return false;
		any |= e->runs[i].is_read;
	}
	return any;
}

static void judge(const struct audit_rule *rule, const struct audit_evidence *e, struct audit_answer *answer)
{
	const char *simulated = wall_simulated(e);
	*answer = (struct audit_answer){ .verdict = AUDIT_UNKNOWN };
	if (rule->instrument && has_no_wall(e))
		audit_say(answer, AUDIT_NOT_MET, 0, "no channel measures the wall");
	else if (rule->instrument && (simulated || e->simulated))
		audit_say(answer, AUDIT_NOT_MET, 0, "%s from a twin: there is no instrument",
			  simulated ? simulated : "something of the campaign");
	else if (rule->all)
		rule->all(e, rule->limit, answer);
	else
		over_runs(rule, e, answer);
	if (answer->reason[0] == '\0')
		audit_say(answer, AUDIT_UNKNOWN, 0, "no run ended well");
}

void audit_judge(const struct audit_profile *profile, const struct audit_evidence *e, struct audit_answer answers[AUDIT_RULES_MAX])
{
	for (size_t i = 0; i < profile->n_rules; i++)
		judge(&profile->rules[i], e, &answers[i]);
}

bool audit_is_met(const struct audit_profile *profile, const struct audit_evidence *e, const struct audit_answer *answers)
{
	for (size_t i = 0; i < profile->n_rules; i++)
		if (answers[i].verdict != AUDIT_MET && answers[i].verdict != AUDIT_NOT_APPLICABLE)
			return false;
	return !e->simulated;
}
