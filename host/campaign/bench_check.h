/*
 * bench_check: a bench against something that is known: a device's mean power over a run that only waits, and the points of a
 * calibration certificate against what the bench file claims.
 */
#ifndef JOULERIG_CAMPAIGN_BENCH_CHECK_H
#define JOULERIG_CAMPAIGN_BENCH_CHECK_H

#include "campaign_file.h"
#include "certificate.h"
#include "compare.h"
#include "run.h"

/* Serial number of a device of the run; "" if it has none. */
void run_serial(const struct run *run, const char *device, char serial[48]);

/* Its mean power between the run's edges. ERROR_CONFIG: there is no such device, or it measures nothing; ERROR_PROTOCOL: no
 * trustworthy power was measured. */
int bench_check_mean(const struct run *run, const char *device, struct mean_power *mean, struct error *error);

/* The loads that a device saw in a campaign: from the lowest idle to the highest mean power of a run, W. -1: none. */
int campaign_loads(const struct campaign_file *file, const char *device, double *low, double *high);

struct certificate_verdict {
	enum { CERTIFICATE_WITHIN, CERTIFICATE_OUTSIDE, CERTIFICATE_OPEN } verdict;
	double power, error, U, limit; /* W: at the load that decides; NAN: at none */
	char reason[160];              /* of CERTIFICATE_OPEN */
};
/* Are the meter's errors at loads from `low` to `high` within the limits that `accuracy` claims? Within: |error| + U <= limit
 * everywhere (ISO 14253-1: the uncertainty counts against who claims conformity); outside: |error| - U > limit somewhere. Between
 * points error and U are interpolated linearly; beyond them nothing is known, nor where no accuracy is claimed. */
void certificate_judge(const struct certificate *certificate, const struct accuracy *accuracy, double low, double high,
		       struct certificate_verdict *verdict);

#endif
