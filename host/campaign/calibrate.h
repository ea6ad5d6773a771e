/*
 * calibrate: meters' latencies from the run of a load pattern, and their way into the bench file.
 *
 * The pattern is an ordinary run whose workload marks each of its steps, `mark busy T` and `mark idle T`, with its own clock. (No
 * phases: nothing is to be measured between them, and the end of a phase makes joulerig read every counter, just when the
 * machine is to step.) What is found comes from the run file alone.
 */
#ifndef JOULERIG_CAMPAIGN_CALIBRATE_H
#define JOULERIG_CAMPAIGN_CALIBRATE_H

#include "bench.h"
#include "latency.h"
#include "run.h"

#define PATTERN_BUSY "busy"
#define PATTERN_IDLE "idle"

struct calibration {
	char device[32];
	struct latency latency;
};
#define CALIBRATIONS_MAX 16

/* Every device (or the one named, unless NULL) that gives mean power. Returns how many, or -1; a device that cannot be
 * calibrated is there with its reason. */
int calibrate(const struct run *run, const char *device, struct calibration found[CALIBRATIONS_MAX], struct error *error);

/* Is the run's device by this name what the bench file describes? A latency belongs to one instrument at one setting. Without opening
 * it, it is told by driver, update interval, options, and serial number (where the bench file gives one) or else address: so no
 * twin's figure gets to a meter. ERROR_CONFIG says what differs. */
int calibration_check_device(const struct run *run, const struct device_config *config, struct error *error);

/* The two values as the bench file has them: "61.2 ms"; U is rounded up and stands for the half-width. */
void calibration_texts(const struct calibration *calibration, char latency[32], char uncertainty[32]);

/* Sets latency and latency_uncertainty of the device in the bench file at `path`, which is replaced whole: written aside, synced,
 * renamed. What was written differs in these two values only, or the file stays as it is. */
int calibration_write(const struct calibration *calibration, const char *path, struct error *error);

#endif
