/*
 * stage: one driver, its instrument's twin, and what goes wrong between them, in simulated time. Everything that the driver says is held
 * against what is true then: a value without a flag is the power of a window that it may be of.
 */
#ifndef JOULERIG_TESTS_LIFECYCLE_STAGE_H
#define JOULERIG_TESTS_LIFECYCLE_STAGE_H

#include "device.h"
#include "drivers/collect.h"
#include "fault/fault_link.h"
#include "forge.h"
#include "simulation.h"
#include "text.h"

/* What the twin can be told to do wrong (faults of its file). */
enum does {
	DOES_NAN = 1 << 0,   /* nan */
	DOES_INF = 1 << 1,   /* inf: over range */
	DOES_STALL = 1 << 2, /* stall */
	DOES_RANGE = 1 << 3, /* range_change */
	DOES_POSE = 1 << 4,  /* other_model */
	DOES_ZONES = 1 << 5, /* read_error, vanish */
};

/* One driver. */
struct row {
	const char *driver;
	const char *name;         /* of the row, where a driver has several; NULL: the driver's */
	const char *twin;         /* its stanzas of the twin's file */
	const char *load;         /* the twin's load and machine; NULL: one that changes every 1.7 s */
	const char *device;       /* its name in the bench file that the twin writes */
	bool arranged;            /* the driver is `fault`, in front of the one that the bench file says */
	const char *const *asks;  /* lines that ask for its settings, NULL-terminated; NULL: there are none, or it speaks no lines */
	unsigned does;
	int quantity;             /* what its mean power is of; 0: the wall */
	double tolerance, watts;  /* of values, relative and absolute */
	double recovers;          /* s from the end of trouble to the next value, at most; 0: 8 s */
	bool shares_frames;       /* what is lost may have been of any channel, and is told of each */
	bool pushes;              /* it speaks by itself, without a time or a number: what is late, or comes twice, is told by none; ranges are looked at beside runs */
	bool trusts_noise;        /* its protocol has nothing by which noise is told from a value */
};
extern const struct row rows[];
extern const size_t n_rows;
const char *row_name(const struct row *row);

struct trouble {
	const char *name;
	const char *script; /* of what happens on its link (fault/fault_script.h); NULL: nothing */
	const char *faults; /* of what the twin does wrong, items of its file's `faults:`; NULL: nothing */
	double from, to;    /* s since measuring began: nothing is wrong before and behind */
	bool goes_on;       /* to the very end: it may be away then */
	bool lasts;         /* it does not recover from this, and need not be left as it was */
	unsigned needs;     /* enum does: of the twin */
	bool harmless;      /* nothing is missing */
};

struct stage {
	const struct row *row;
	const struct trouble *trouble; /* NULL: none */
	struct twin_config *twin;
	struct simulation *simulation;
	const struct device_config *config;
	const struct driver *driver;
	struct timebase *timebase;
	struct link *real, *link; /* the twin's, and what is in front of it; NULL: none */
	struct forge forge;       /* next to the twin's: what it is to forge is set between connecting and measuring … */
	double forge_from, forge_to; /* … and when, s since measuring began */
	struct fault_script script;
	struct fault_link fault;
	void *device;
	const struct channel *channels;
	int n_channels;
	int64_t began, ended;     /* MONOTONIC ns */
	int64_t longest;          /* ns: of a step */
	int64_t last[DEVICE_CHANNELS_MAX]; /* a channel's last t, … */
	double shown[DEVICE_CHANNELS_MAX]; /* … and value */
	struct sink checking;     /* what the driver sees */
	struct collect *collect;
};

/* `trouble` NULL: none. */
void stage_open(struct stage *stage, const struct row *row, const struct trouble *trouble);
void stage_close(struct stage *stage);
/* False: it was refused, and `error` says why. */
bool stage_connect(struct stage *stage, struct error *error);
/* Starts, measures for so many seconds, and stops. */
void stage_measure(struct stage *stage, double seconds);
/* J that there were between two instants of MONOTONIC, in the last 30 s. */
double stage_joules(const struct stage *stage, int64_t from, int64_t to);
/* What it answers to the row's questions, a line each. The driver has been closed. */
void stage_ask(struct stage *stage, struct text *text);

#endif
