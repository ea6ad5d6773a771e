/*
 * run_certificates: the calibration certificates that a run's header tells of (`bench.devices[].certificate`), held against the day
 * of the run and the loads that were in it. The run file keeps what the instrument said; here it is corrected.
 *
 * What its user allows for the time since, and the day on which it expires, hold for whatever of its device gives energy. Its points
 * correct the one channel of the device that gives mean power, or the device's integrator beside it. They do so for
 * all of a campaign's runs or for none: where any value that may count lies beyond the certificate's points, or the meter was in another range
 * than they were taken in, the specification holds. Points without a range are for a meter that tells of none.
 */
#ifndef JOULERIG_CAMPAIGN_RUN_CERTIFICATES_H
#define JOULERIG_CAMPAIGN_RUN_CERTIFICATES_H

#include "certified.h"
#include "run.h"
#include "run_series.h"

struct run_certificate {
	char device[32];
	struct certificate certificate;
	struct certified certified; /* points to the one above */
	enum certificate_standing standing;
	char remark[240];           /* what must be said of a run that stands; "": nothing */
};

struct run_certificates {
	struct run_certificate *list;
	size_t n;
};

/* Devices whose points cannot be applied to some run of a campaign. Then they are applied to none of its runs: an arm that is corrected
 * and one that is not have no ratio, nor have runs a mean. */
#define CERTIFICATE_REFUSALS_MAX 64
struct certificate_refusals {
	struct {
		char device[32];
		uint32_t run; /* the first found */
	} list[CERTIFICATE_REFUSALS_MAX];
	size_t n;
};

/* Adds to `refusals` what this run refuses. Free `made` also after a failure. */
int run_certificates_make(const struct run *run, struct certificate_refusals *refusals, struct run_certificates *made, struct error *error);
void run_certificates_free(struct run_certificates *made);

/* NULL: its device has none, or the channel gives no energy. */
const struct run_certificate *run_certificate_of(const struct run_certificates *all, const struct run_channel *channel);

/* What holds for a channel of its device: the stated drift for every one that gives energy, the points only for the one mean power and
 * the integrator beside it. */
struct certified run_certificate_for(const struct run_certificate *certificate, const struct run_channel *channel);

/* The values of a mean channel, as far as the certificate replaces anything. */
void run_certificate_correct(const struct certified *certified, struct run_series *series);

/* After energy_of: an integrator's energy is corrected; that of an expired certificate is refused. `certificate` may be NULL. */
void run_certificate_conclude(const struct run_certificate *certificate, const struct run_channel *channel, struct energy *energy);

#endif
