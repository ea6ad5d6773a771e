/*
 * audit_evidence: what a campaign's files tell of how it was measured, gathered once: from its facts, its results and its run files. Rules
 * (audit.h) are decided on this alone. What is not recorded is NAN or marked unknown here, never nought.
 */
#ifndef JOULERIG_REPORT_AUDIT_EVIDENCE_H
#define JOULERIG_REPORT_AUDIT_EVIDENCE_H

#include "campaign_file.h"
#include "channel.h"
#include "error.h"

/* Means over a stretch of time; NAN: not recorded. */
struct audit_level {
	double power, voltage, current; /* W, V, A */
};

/* One wall channel (role wall or integral) in one run. Times are in s. */
struct audit_series {
	char channel[CHANNEL_NAME_SIZE];
	int device; /* index in the evidence's devices; -1: the bench tells nothing of it */
	bool simulated;
	enum channel_kind kind;
	enum channel_role role;
	double window, unmeasured, refresh; /* nominal */
	double added;                       /* W or J that its scale adds to every value */
	struct accuracy accuracy;
	bool ranged, automatic, changed;    /* it told its ranges; it may choose them; it left the one that was set */
	struct audit_level core, idle;      /* in the core phase, in the idle window before the run */
	/* Readings that lie wholly inside the core phase: */
	size_t readings, invalid, over;     /* valid; without a value; under another range, or with peaks beyond it */
	size_t gaps;                        /* recorded holes that reach into the core phase */
	double least;                       /* W: smallest; NAN where values are energies */
	double spacing, longest;            /* from one to the next: mean, largest; NAN with less than two */
	double before, after;               /* of the core phase, not covered by them at its begin and at its end */
	double u_stamp;                     /* largest half-width of a stamp on the host's clock; NAN without readings */
};

/* One run, over the phase that the plan measures: the core phase. */
struct audit_run {
	uint32_t number, slot;
	const char *workload, *point, *arm; /* borrowed from the campaign_file */
	enum run_status status;
	const char *reason;    /* borrowed; raw; "" if none */
	bool measured;         /* the wall gave an energy for the core phase */
	bool whole;            /* and for the whole run */
	bool is_read;          /* its run file could be read: what stands below is known */
	double core;           /* s; NAN without a bracket */
	double power, idle;    /* W, the wall's total: mean of the core phase; of the idle window before it; NAN */
	double ranging_power;  /* W: of the same workload and arm in the ranging pass; NAN: no such pass is kept */
	int64_t day;           /* since 1970, UTC; INT64_MIN: not known */
	int disciplined;       /* 1: the host's clock was kept by NTP at every anchor; 0: at some it was not; -1: not recorded */
	double ambient, ambient_spacing; /* °C: least of the ambient sensors; s, at most, between the readings of one; NAN: none */
	struct audit_series *series;
	int n_series;
};

struct audit_device {
	const char *name, *maker, *model, *serial; /* borrowed; "" unknown */
	bool simulated;
	bool certified;                            /* it has a calibration certificate */
	const char *certificate, *certificate_serial; /* number; serial that the certificate says */
	int64_t issued;                            /* day since 1970; INT64_MIN: not said */
};

struct audit_evidence {
	struct audit_device *devices;
	int n_devices;
	struct audit_run *runs;
	size_t n_runs;
	size_t slots;      /* runs that were planned; 0: not said */
	size_t unreadable; /* runs that the campaign itself lists as such */
	bool simulated;    /* something of it came from a twin */
	bool imported;     /* it was made of another program's logs: whose clock stamped them is not known */
};

/* `file` is what campaign_file_read made of `place`; it must outlive the evidence. A run file that cannot be read is no failure: its run says
 * so. On failure there is nothing to be freed. */
int audit_gather(const char *place, const struct campaign_file *file, struct audit_evidence *evidence, struct error *error);
void audit_evidence_free(struct audit_evidence *evidence); /* and zeroes it */

/* audit_run.c, for audit_gather: everything of `run` that its file tells, or nothing: then it is not `is_read`. `result` is that of its core
 * phase. */
struct run;
void audit_run_look(const struct run *run, const struct result *result, const struct audit_evidence *evidence, struct audit_run *into);

#endif
