#include <math.h>
#include <string.h>
#include <strings.h>

#include "audit_checks.h"

/* ---- uncertainty: all that is specified, added up ---- */

static bool is_specified(const struct accuracy *a)
{
	return a->reading > 0 || a->range > 0;
}

/* tan phi of a load; NAN where voltage or current were not recorded. */
static double tangent(const struct audit_level *level)
{
	double lambda = level->power / (level->voltage * level->current);
	return isnan(lambda) ? NAN : lambda >= 1 ? 0 : sqrt(1 - lambda * lambda) / lambda;
}

/* W: the limits of error that are specified, all with one sign. NAN: there are none, or the power is not known. */
static double limits_at(const struct audit_series *s, const struct audit_level *level)
{
	const struct accuracy *a = &s->accuracy;
	double step = s->kind == CHANNEL_COUNTER ? 0 : a->quantum / 2;
	double phase = a->power_factor > 0 ? a->power_factor * level->power * tangent(level) : 0;
	if (!is_specified(a) || !(level->power > 0))
		return NAN;
	return (a->reading + a->timebase) * level->power + a->range * a->range_value + step + phase;
}

enum at { AT_CORE, AT_IDLE, AT_LEAST };

static struct audit_level level_of(const struct audit_series *s, enum at at)
{
	struct audit_level level = at == AT_IDLE ? s->idle : s->core;
	if (at == AT_LEAST)
		level.power = s->least;
	return level;
}

/* Of all elements together: what they may be off, of what they show. */
static void say_uncertainty(const struct audit_run *run, bool (*selects)(const struct audit_series *), enum at at, double limit,
			    struct audit_answer *answer)
{
	static const char *const where[] = { "in the core phase", "when idle", "at the smallest reading" };
	double power = 0, limits = 0;
	bool any = false, specified = true;
	for (int i = 0; i < run->n_series; i++) {
		const struct audit_series *s = &run->series[i];
		struct audit_level level = level_of(s, at);
		if (!selects(s))
			continue;
		any = true;
		power += level.power;
		limits += limits_at(s, &level);
		specified &= is_specified(&s->accuracy);
	}
	if (!any)
		audit_say(answer, AUDIT_NOT_MET, 0, "run %u: no channel gives what is asked for", run->number);
	else if (!specified)
		audit_say(answer, AUDIT_UNKNOWN, 3, "run %u: no specification of the meter is recorded", run->number);
	else if (!(power > 0))
		audit_say(answer, AUDIT_UNKNOWN, 2, "run %u: the power %s is not known", run->number, where[at]);
	else if (isnan(limits))
		audit_say(answer, AUDIT_UNKNOWN, 1, "run %u: the specification has a part for the power factor, which is not recorded", run->number);
	else
		audit_say_limit(answer, limits / power / limit, "run %u: %.3g %% at %.4g W %s; at most %g %%", run->number, 100 * limits / power,
				power, where[at], 100 * limit);
}

void audit_accuracy(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	say_uncertainty(run, audit_is_power, AT_CORE, limit, answer);
}

void audit_accuracy_energy(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	say_uncertainty(run, audit_is_energy, AT_CORE, limit, answer);
}

/* Idle is a point that is measured, too. */
void audit_uncertainty(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	say_uncertainty(run, audit_is_power, AT_CORE, limit, answer);
	say_uncertainty(run, audit_is_power, AT_IDLE, limit, answer);
}

void audit_sample_uncertainty(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	say_uncertainty(run, audit_is_power, AT_LEAST, limit, answer);
}

/* ---- what it is, and where ---- */

static const struct audit_device *device_of(const struct audit_evidence *e, const struct audit_series *s)
{
	static const struct audit_device nothing = { .name = "", .maker = "", .model = "", .serial = "", .certificate = "", .certificate_serial = "",
						     .issued = INT64_MIN };
	return s->device >= 0 ? &e->devices[s->device] : &nothing;
}

void audit_named(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit, struct audit_answer *answer)
{
	(void)limit;
	const struct audit_device *d = device_of(e, s);
	bool named = d->model[0] && d->serial[0];
	audit_say(answer, named ? AUDIT_MET : AUDIT_NOT_MET, 0, "run %u: %s: maker %s, model %s, serial number %s", run->number, s->channel,
		  d->maker[0] ? d->maker : "not recorded", d->model[0] ? d->model : "not recorded", d->serial[0] ? d->serial : "not recorded");
}

void audit_at_wall(const struct audit_evidence *e, const struct audit_run *run, double limit, struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	for (int i = 0; i < run->n_series; i++)
		audit_say(answer, AUDIT_MET, 0, "run %u: %s measures all that the machine draws from its supply, as its bench says", run->number,
			  run->series[i].channel);
	if (run->n_series == 0)
		audit_say(answer, AUDIT_NOT_MET, 0, "run %u: no channel measures the wall", run->number);
}

/* IEC 60038: 100 V to 240 V, within a tenth and what a plug loses. */
#define MAINS_LEAST 85.0
#define MAINS_MOST 280.0
#define REACTIVE 0.99 /* of the apparent power: a direct current has all of it, but for what the meter errs */

static bool alternates(const struct audit_level *level)
{
	return level->power / (level->voltage * level->current) < REACTIVE;
}

/* No meter says that it is alternating; that power is less than volts times amperes does. */
void audit_mains(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit, struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	double volts = s->core.voltage;
	if (volts < MAINS_LEAST)
		audit_say(answer, AUDIT_NOT_MET, 0, "run %u: %s: %.1f V is not the mains", run->number, s->channel, volts);
	else if (!(volts <= MAINS_MOST))
		audit_say(answer, AUDIT_UNKNOWN, 1, "run %u: %s: %s", run->number, s->channel,
			  isnan(volts) ? "its voltage is not recorded" : "its voltage is none that is common of single-phase mains");
	else if (!alternates(&s->core) && !alternates(&s->idle))
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: %.1f V, and nothing that a direct current would not have", run->number, s->channel,
			  volts);
	else
		audit_say(answer, AUDIT_MET, 0, "run %u: %s: %.1f V, and more volts times amperes than watts", run->number, s->channel, volts);
}

void audit_quantities(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		      struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	bool any = isfinite(s->core.voltage) || isfinite(s->core.current);
	audit_say(answer, any ? AUDIT_MET : AUDIT_NOT_MET, 0, "run %u: %s: %s beside it", run->number, s->channel,
		  any ? "voltage or current were recorded" : "neither voltage nor current was recorded");
}

void audit_supported(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		     struct audit_answer *answer)
{
	static const char *const models[] = { "WT210", "WT310", "WT33", "WT500" };
	const struct audit_device *d = device_of(e, s);
	bool listed = false;
	(void)limit;
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		listed |= strncmp(d->model, models[i], strlen(models[i])) == 0;
	if (d->maker[0] == '\0' || d->model[0] == '\0')
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: maker and model are not recorded", run->number, s->channel);
	else
		audit_say(answer, listed && strncasecmp(d->maker, "YOKOGAWA", 8) == 0 ? AUDIT_MET : AUDIT_NOT_MET, 0, "run %u: %s is of a %s %s",
			  run->number, s->channel, d->maker, d->model);
}

/* ---- how it measures ---- */

#define POINTS_ENOUGH 1e-3 /* s: point samples that are no further apart follow a load as an average does */

void audit_averaged(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		    struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	if (s->kind != CHANNEL_INSTANT)
		audit_say(answer, AUDIT_MET, 0, "run %u: %s is %s", run->number, s->channel,
			  s->kind == CHANNEL_COUNTER ? "integrated by the instrument" : "averaged by the instrument");
	else
		audit_say_limit(answer, s->refresh / POINTS_ENOUGH, "run %u: %s: point samples, %.4g a second; fewer than 1000 stand for no average",
				run->number, s->channel, 1 / s->refresh);
}

void audit_integrated(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		      struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	audit_say(answer, AUDIT_MET, 0, "run %u: %s is an energy that the instrument integrates", run->number, s->channel);
}

void audit_fixed_ranges(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
			struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	if (s->automatic || s->changed)
		audit_say(answer, AUDIT_NOT_MET, 0, "run %u: %s: %s", run->number, s->channel,
			  s->changed ? "the instrument left its range by itself" : "the instrument chooses its range by itself");
	else if (!s->ranged)
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: no range is recorded", run->number, s->channel);
	else
		audit_say(answer, AUDIT_MET, 0, "run %u: %s: its ranges are set, and recorded", run->number, s->channel);
}

void audit_headroom(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		    struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	if (s->over > 0)
		audit_say(answer, AUDIT_NOT_MET, (double)s->over, "run %u: %s: %zu readings beyond the range", run->number, s->channel, s->over);
	else if (!s->ranged)
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: no range is recorded", run->number, s->channel);
	else
		audit_say(answer, AUDIT_MET, 0, "run %u: %s: the instrument told of no reading or peak beyond its range", run->number, s->channel);
}

void audit_gross(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		 struct audit_answer *answer)
{
	(void)e;
	(void)limit;
	if (s->added != 0)
		audit_say(answer, AUDIT_NOT_MET, fabs(s->added), "run %u: %s: %+g is added to each reading", run->number, s->channel, s->added);
	else
		audit_say(answer, AUDIT_MET, 0, "run %u: %s: what is judged is gross, as the instrument said it", run->number, s->channel);
}

/* ---- calibration ---- */

void audit_calibrated(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		      struct audit_answer *answer)
{
	const struct audit_device *d = device_of(e, s);
	double age = (double)(run->day - d->issued);
	if (d->issued == INT64_MIN || run->day == INT64_MIN)
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: %s", run->number, s->channel,
			  run->day == INT64_MIN ? "the day of the run is not known" : "no day of calibration is recorded");
	else if (age < 0)
		audit_say(answer, AUDIT_NOT_MET, 1e9, "run %u: %s was calibrated after the run", run->number, s->channel);
	else
		audit_say_limit(answer, age / limit, "run %u: %s was calibrated %.0f days before", run->number, s->channel, age);
}

void audit_certificate(const struct audit_evidence *e, const struct audit_run *run, const struct audit_series *s, double limit,
		       struct audit_answer *answer)
{
	const struct audit_device *d = device_of(e, s);
	(void)limit;
	if (d->certificate[0] == '\0' || d->certificate_serial[0] == '\0' || d->serial[0] == '\0')
		audit_say(answer, AUDIT_UNKNOWN, 0, "run %u: %s: %s", run->number, s->channel,
			  !d->certified ? "no certificate is recorded" : "its certificate's number, or which meter it is of, is not recorded");
	else if (strcmp(d->serial, d->certificate_serial) != 0)
		audit_say(answer, AUDIT_NOT_MET, 0, "run %u: %s: the certificate is of %s, the meter is %s", run->number, s->channel,
			  d->certificate_serial, d->serial);
	else
		audit_say(answer, AUDIT_MET, 0, "run %u: %s: certificate %s; who issued it is not recorded", run->number, s->channel, d->certificate);
}
