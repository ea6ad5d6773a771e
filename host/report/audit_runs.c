#include <math.h>

#include "audit_checks.h"

/* ---- of the campaign ---- */

static bool is_tried_again(const struct audit_evidence *e, size_t i)
{
	for (size_t k = i + 1; k < e->n_runs; k++)
		if (e->runs[k].slot == e->runs[i].slot)
			return true;
	return false;
}

/* Of a slot that has several. */
static bool is_first_valid(const struct audit_evidence *e, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (e->runs[k].slot == e->runs[i].slot && audit_run_is_valid(&e->runs[k]))
			return false;
	return true;
}

/* An attempt that failed and was repeated is no part of any figure. */
void audit_valid(const struct audit_evidence *e, double limit, struct audit_answer *answer)
{
	size_t valid = 0;
	(void)limit;
	for (size_t i = 0; i < e->n_runs; i++) {
		const struct audit_run *run = &e->runs[i];
		if (audit_run_is_valid(run))
			valid += is_first_valid(e, i);
		else if (!is_tried_again(e, i))
			audit_say(answer, AUDIT_NOT_MET, 2, "run %u: %s%s%s", run->number,
				  run->status == RUN_OK ? "no energy at the wall" : run_status_name(run->status), run->reason[0] ? ": " : "",
				  run->reason);
	}
	if (valid < e->slots)
		audit_say(answer, AUDIT_NOT_MET, 1, "%zu of %zu planned runs are valid", valid, e->slots);
	else if (e->unreadable > 0)
		audit_say(answer, AUDIT_UNKNOWN, 0, "%zu run files could not be read", e->unreadable);
	else if (valid > 0)
		audit_say(answer, AUDIT_MET, 0, "%zu runs, and each is valid or was repeated", e->n_runs);
}

void audit_same_run(const struct audit_evidence *e, double limit, struct audit_answer *answer)
{
	(void)limit;
	for (size_t i = 0; i < e->n_runs; i++) {
		const struct audit_run *run = &e->runs[i];
		if (run->status != RUN_OK)
			continue;
		if (e->imported)
			audit_say(answer, AUDIT_UNKNOWN, 0, "run %u comes from a log of power alone", run->number);
		else
			audit_say(answer, run->measured && isfinite(run->core) ? AUDIT_MET : AUDIT_NOT_MET, 0, "run %u: %s", run->number,
				  run->measured ? "its time and its energy are of one bracket" : "its time counts, and no energy at the wall was measured");
	}
}

void audit_idle(const struct audit_evidence *e, double limit, struct audit_answer *answer)
{
	size_t n = 0;
	(void)limit;
	for (size_t i = 0; i < e->n_runs; i++) {
		n += audit_run_is_valid(&e->runs[i]);
		if (audit_run_is_valid(&e->runs[i]) && isfinite(e->runs[i].idle)) {
			audit_say(answer, AUDIT_MET, 0, "run %u: %.4g W before it", e->runs[i].number, e->runs[i].idle);
			return;
		}
	}
	if (n > 0)
		audit_say(answer, AUDIT_NOT_MET, 0, "no idle power was measured before any run");
}

/* ---- of each run ---- */

void audit_core_length(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	audit_say_limit(answer, limit / run->core, "run %u: %.4g s", run->number, run->core);
}

void audit_whole_run(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	audit_say(answer, run->whole ? AUDIT_MET : AUDIT_NOT_MET, 0, "run %u: the wall's energy over the whole run is %s", run->number,
		  run->whole ? "known" : "not known");
}

static bool has_ambient(const struct audit_run *run, struct audit_answer *answer)
{
	if (isfinite(run->ambient))
		return true;
	audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: no ambient temperature is recorded", run->number);
	return false;
}

void audit_ambient(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	if (has_ambient(run, answer))
		audit_say_limit(answer, run->ambient_spacing / limit, "run %u: a temperature every %.3g s", run->number, run->ambient_spacing);
}

void audit_ambient_least(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	if (has_ambient(run, answer))
		audit_say(answer, run->ambient >= limit ? AUDIT_MET : AUDIT_NOT_MET, -run->ambient, "run %u: no colder than %.1f °C", run->number,
			  run->ambient);
}

void audit_ntp(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	if (run->disciplined < 0)
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: whether the clock was kept is not recorded", run->number);
	else
		audit_say(answer, run->disciplined ? AUDIT_MET : AUDIT_NOT_MET, 0, "run %u: the kernel said that its clock was %skept in step", run->number,
			  run->disciplined ? "" : "not ");
}

void audit_ranging(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	if (!(run->ranging_power > 0))
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: no ranging pass of the same workload with the same instruments lies beside the campaign",
			  run->number);
	else
		audit_say_limit(answer, limit / (run->power / run->ranging_power), "run %u: %.4g W, %.1f %% of the ranging pass", run->number,
				run->power, 100 * run->power / run->ranging_power);
}
