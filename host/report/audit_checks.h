/* audit_checks: the decisions behind the rules of audit_profiles.c. Pure. */
#ifndef JOULERIG_REPORT_AUDIT_CHECKS_H
#define JOULERIG_REPORT_AUDIT_CHECKS_H

#include "audit.h"

/* The answer becomes the worse of what it was and this. */
void audit_say(struct audit_answer *answer, enum audit_verdict verdict, double badness, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* `bad` is how far it is towards the limit, or beyond: met up to 1. */
void audit_say_limit(struct audit_answer *answer, double bad, const char *format, ...) __attribute__((format(printf, 3, 4)));

bool audit_run_is_valid(const struct audit_run *run); /* it ended well, and the wall gave its energy */
bool audit_is_power(const struct audit_series *series);
bool audit_is_energy(const struct audit_series *series);

/* audit_meter.c: the instrument */
audit_run_check audit_accuracy, audit_accuracy_energy, audit_uncertainty, audit_sample_uncertainty, audit_at_wall;
audit_series_check audit_named, audit_averaged, audit_integrated, audit_fixed_ranges, audit_headroom, audit_calibrated, audit_certificate,
	audit_mains, audit_quantities, audit_supported, audit_gross;

/* audit_readings.c: the readings in a core phase */
audit_series_check audit_sampling, audit_rate, audit_share, audit_covered, audit_averages, audit_contiguous, audit_energy_readings,
	audit_energy_covered, audit_complete, audit_skew;

/* audit_runs.c: the runs */
audit_check audit_valid, audit_same_run, audit_idle;
audit_run_check audit_core_length, audit_whole_run, audit_ambient, audit_ambient_least, audit_ntp, audit_ranging;

#endif
