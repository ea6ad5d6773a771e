/*
 * numeric_probe: what an instrument of the dialect is set to now, as a bench file would say it: for the probes of its drivers. Sends
 * questions only, so it works whatever form of reply is set, and leaves an integration, a hold or an error queue as they are. With
 * automatic ranges, the range in force. A setting that no bench file may ask for (an update interval of 20 s) is left out; of a range
 * `doubt` says so.
 */
#ifndef JOULERIG_DRIVERS_METERS_NUMERIC_PROBE_H
#define JOULERIG_DRIVERS_METERS_NUMERIC_PROBE_H

#include "meters/numeric_meter.h"

struct numeric_probe {
	struct numeric_meter meter;
	struct device_config *config;
	int64_t deadline;
	enum io io; /* once it is not IO_OK nothing more is asked */
	const char *asked;
	double crest_factor;
};

/* Who is there; `config` has no options and no doubts then. `stale` as in a numeric_meter. -1: nobody. */
int numeric_probe_meet(struct numeric_probe *probe, struct link *link, struct timebase *timebase, struct device_config *config,
		       struct identity *identity, bool stale, struct error *error);
/* It is `driver`'s. Crest factor, mode, ranges, update interval, scaling; `currents` at crest factor 3. */
void numeric_probe_settings(struct numeric_probe *probe, const char *driver, const double *currents);
int numeric_probe_end(const struct numeric_probe *probe, struct error *error);

/* For what a family has beside these. */
const char *numeric_probe_ask(struct numeric_probe *probe, const char *command, char *value, size_t size); /* "" without an answer */
bool numeric_probe_is_on(struct numeric_probe *probe, const char *command);
void numeric_probe_option(struct numeric_probe *probe, const char *name, const char *text, double number);
const char *numeric_printable(char *value); /* as it can stand in a comment: changed in place */

#endif
