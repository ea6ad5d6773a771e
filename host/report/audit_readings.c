#include <math.h>

#include "audit_checks.h"

#define MAINS_CYCLE 0.02 /* s: a meter averages over whole cycles, and may be so much late */
#define ONE_LOST 1.5     /* distances: beyond it there was room for another reading */

static bool has_two(const struct audit_run *run, const struct audit_series *s, struct audit_answer *answer)
{
	if (s->readings > 1)
		return true;
	audit_say(answer, AUDIT_NOT_MET, 1e9, "run %u: %s: %zu readings lie wholly inside the core phase", run->number, s->channel, s->readings);
	return false;
}

/* ---- how many ---- */

void audit_rate(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit, struct audit_answer *answer)
{
	(void)e;
	if (has_two(run, s, answer))
		audit_say_limit(answer, s->spacing / (limit + MAINS_CYCLE), "run %u: %s: a reading every %.3g s", run->number, s->channel, s->spacing);
}

/* Asked of the inside of an instrument that averages: readings that are slower may have been made of more. */
void audit_sampling(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		    struct audit_answer *answer)
{
	if (s->kind == CHANNEL_COUNTER)
		audit_say(answer, AUDIT_NOT_APPLICABLE, 0, "run %u: %s is integrated, not sampled", run->number, s->channel);
	else if (s->readings > 1 && s->spacing > limit + MAINS_CYCLE && s->kind == CHANNEL_MEAN)
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: a reading every %.3g s; what the instrument makes it of is not recorded", run->number,
			  s->channel, s->spacing);
	else
		audit_rate(e, run, s, limit, answer);
}

void audit_share(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit, struct audit_answer *answer)
{
	(void)e;
	if (!has_two(run, s, answer))
		return;
	double length = fmax(s->window, s->longest);
	audit_say_limit(answer, length / run->core / limit, "run %u: %s: readings of up to %.3g s in %.4g s", run->number, s->channel, length,
			run->core);
}

void audit_averages(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		    struct audit_answer *answer)
{
	(void)e;
	audit_say_limit(answer, limit / (double)s->readings, "run %u: %s: %zu readings lie wholly inside the core phase", run->number, s->channel,
			s->readings);
}

void audit_energy_readings(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
			   struct audit_answer *answer)
{
	audit_averages(e, run, s, limit, answer);
}

/* ---- what they leave out ---- */

/* What lies across an edge is left out, as it must be: at each end less than one reading is not covered. */
void audit_covered(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		   struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	if (!has_two(run, s, answer))
		return;
	double reading = fmax(s->window, s->spacing), left = fmax(s->before, s->after);
	if (s->gaps > 0)
		audit_say(answer, AUDIT_NOT_MET, 1e9, "run %u: %s: %zu gaps in the core phase", run->number, s->channel, s->gaps);
	else
		audit_say_limit(answer, left / (ONE_LOST * reading), "run %u: %s: %.3g s at one end of the core phase are in no reading, each of %.3g s",
				run->number, s->channel, left, reading);
}

void audit_contiguous(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		      struct audit_answer *answer)
{
	double hole = fmax(s->refresh - s->window, s->unmeasured);
	if (!has_two(run, s, answer))
		return;
	if (s->longest > ONE_LOST * s->spacing)
		audit_say(answer, AUDIT_NOT_MET, 1e9, "run %u: %s: up to %.3g s between readings that are %.3g s apart on average", run->number,
			  s->channel, s->longest, s->spacing);
	else if (s->kind == CHANNEL_MEAN)
		audit_say_limit(answer, hole / (MAINS_CYCLE + 1e-9), "run %u: %s: up to %.3g s between one average and the next", run->number, s->channel,
				hole);
	else
		audit_averaged(e, run, s, limit, answer);
}

void audit_energy_covered(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
			  struct audit_answer *answer)
{
	(void)e;
	if (has_two(run, s, answer))
		audit_say_limit(answer, fmax(s->before, s->after) / (limit / 2),
				"run %u: %s: %.3g s before the first reading of the core phase, %.3g s after the last", run->number, s->channel, s->before,
				s->after);
}

void audit_complete(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		    struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	if (!has_two(run, s, answer))
		return;
	bool lost = s->longest > ONE_LOST * s->spacing, bad = s->gaps > 0 || s->invalid > 0 || lost;
	audit_say(answer, bad ? AUDIT_NOT_MET : AUDIT_MET, (double)(s->gaps + s->invalid),
		  "run %u: %s: in the core phase %zu gaps, %zu readings without a value, at most %.3g s from one to the next", run->number, s->channel,
		  s->gaps, s->invalid, s->longest);
}

/* ---- when ---- */

void audit_skew(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit, struct audit_answer *answer)
{
	if (e->imported || isnan(s->u_stamp))
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: %s", run->number, s->channel,
			  e->imported ? "how far the logging machine's clock was off is not recorded" : "no reading has a time of the machine's clock");
	else
		audit_say_limit(answer, s->u_stamp / limit, "run %u: %s: stamped on the machine's own clock, within %.2g s", run->number, s->channel,
				s->u_stamp);
}
