/*
 * faults: the script of what goes wrong. Each fault begins at a time, after so many updates of the meter, or after so many
 * value queries, and lasts for a while.
 */
#ifndef JOULERIG_TWIN_FAULTS_H
#define JOULERIG_TWIN_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_what {
	FAULT_NAN,          /* updates without data */
	FAULT_INF,          /* updates that are over range */
	FAULT_SILENT,       /* commands are taken, nothing is answered */
	FAULT_GARBAGE,      /* replies are noise */
	FAULT_CUT,          /* replies end in the middle, without a newline */
	FAULT_DISCONNECT,   /* the client is thrown out, and not let in meanwhile */
	FAULT_OTHER_MODEL,  /* *IDN? names another instrument */
	FAULT_STALL,        /* the meter answers, but its values do not move on */
	FAULT_RANGE_CHANGE, /* the meter changes its current range by itself and goes to auto */
	FAULT_SLOW,         /* replies come later by `by` */
	FAULT_READ_ERROR,   /* powercap: a zone's energy_uj cannot be read (EIO) */
	FAULT_VANISH,       /* powercap: a zone's files are gone */
	FAULTS
};
const char *fault_name(enum fault_what what);
int fault_parse(const char *name); /* the enum, or -1 */

struct fault {
	enum fault_what what;
	int64_t at;            /* ns after the start; or -1 */
	int64_t after_updates; /* or -1 */
	int64_t after_queries; /* of values; or -1 */
	int64_t lasts;         /* ns; INT64_MAX: for good */
	int64_t by;            /* ns: FAULT_SLOW */
	char zone[32];         /* powercap zone's name; empty: all */
	char device[32];       /* whose it is: an instrument's name; empty: the first meter's and the counters' (no meter: everybody's) */
	int64_t began;         /* on the twin's clock; -1: not yet */
	bool taken;            /* faults_take has given it out */
};

struct faults {
	struct fault *list; /* the caller keeps it */
	size_t n;
	int64_t start;
};

void faults_init(struct faults *faults, struct fault *list, size_t n, int64_t start);
/* Those of `all` that are the device's (`unnamed`: and those of no device), copied to `list` with room for all of them: each has a
 * script of its own, since each counts its own updates and queries. */
void faults_init_for(struct faults *faults, const char *device, bool unnamed, const struct fault *all, size_t n, struct fault *list,
		     int64_t start);
/* Begins what is due, given how far the meter has come. */
void faults_advance(struct faults *faults, int64_t now, int64_t updates, int64_t queries);
/* The fault of that kind in force at `t`, or NULL. `zone` NULL matches any. */
const struct fault *fault_active(const struct faults *faults, enum fault_what what, const char *zone, int64_t t);
/* True once for each fault of that kind that is in force. */
bool fault_take(struct faults *faults, enum fault_what what, int64_t t);

#endif
