/*
 * device: what a driver is. A driver is one file that ends with its const descriptor, listed once in drivers/registry.c.
 *
 * Life: open (connect, identify, describe channels) -> start (fix ranges and read them back) -> step … -> stop (restore the
 * instrument) -> close. All on one thread at a time. `step` does the work that is due at `now`, emits records into the sink,
 * and returns the next deadline; it does not block beyond its link's deadline, allocate or lock. A failure inside step is a
 * GAP record, not an error: the device keeps being stepped and recovers by itself where its link can.
 */
#ifndef JOULERIG_DRIVERS_DEVICE_H
#define JOULERIG_DRIVERS_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "channel.h"
#include "clock.h"
#include "error.h"
#include "line_out.h"
#include "link.h"
#include "record.h"

#define DEVICE_CHANNELS_MAX 32
#define DEVICE_OPTIONS_MAX 20

enum maturity {
	MATURITY_PROVEN,       /* checked against real silicon */
	MATURITY_UNTRIED,      /* written from the vendor's documents, run against the twin only */
	MATURITY_EXPERIMENTAL, /* some facts rest on a single weak source */
};
const char *maturity_name(enum maturity maturity); /* "untried" */

/* A driver's own settings beyond the common ones: `options:` in the bench file, as strings with their dimension. */
struct option_spec {
	const char *name, *summary;
	enum { OPTION_TEXT, OPTION_PATH, OPTION_INTEGER, OPTION_QUANTITY, OPTION_BOOLEAN } type;
	enum dimension dimension; /* OPTION_QUANTITY */
	const char *fallback;     /* as text; NULL: must be given */
};
struct option_value {
	char name[32];
	char text[192];
	double number; /* OPTION_QUANTITY, OPTION_INTEGER, OPTION_BOOLEAN */
};

/* What an instrument does not tell of itself, and its user must say; and why its values are not to be had as it is set. */
enum doubt { DOUBT_RANGES, DOUBT_OPTIONS, DOUBT_VALUES, DOUBTS };

/* One device of bench.yaml, in base units; zero or empty: not given. Owned by the caller, outlives the device. */
struct device_config {
	char name[32];   /* "wall"; channels are called name.quantity */
	char driver[32]; /* "yokogawa_wt" */
	struct endpoint endpoint;
	enum channel_role measures; /* what its power channel measures; ROLE_NONE lets the driver decide */
	char serial[48];            /* when given, the instrument must have this serial number */
	double voltage_range, current_range; /* V, A */
	enum ranges_from { RANGES_GIVEN, RANGES_FROM_HISTORY, RANGES_FROM_PASS } ranges_from; /* they are chosen before it is opened */
	char ranges_why[200]; /* of chosen ones, for people; "": given */
	bool ranges_automatic; /* only ever set by a probe: the ranges are those that the instrument has chosen for now */
	char doubt[DOUBTS][320]; /* only ever set by a probe: one line of ASCII each; "": none */
	double update;    /* s: refresh interval to set */
	double latency;   /* s; NAN: the driver's own figure */
	double u_latency; /* s: half-width; NAN: the driver's own figure */
	double line_frequency; /* Hz of the mains */
	double power_max;      /* W: largest plausible power */
	bool accuracy_given;
	struct accuracy accuracy; /* from the specification in the bench file, or the certificate; overrides the driver's table */
	struct {
		char number[48], issued[16], expires[16]; /* dates: YYYY-MM-DD */
		char file[192];
		double drift; /* relative, a year */
	} certificate;
	double warm_up; /* s that it must be on before its accuracy holds */
	struct option_value options[DEVICE_OPTIONS_MAX];
	int n_options;
};
/* The option's value as given, or the driver's fallback; NULL if neither. `value` may be NULL. */
const char *device_option(const struct device_config *config, const struct option_spec *specs, const char *name, double *value);

struct identity {
	char maker[48], model[48], serial[48], firmware[48];
	bool simulated; /* said by the thing itself (a twin's serial begins with SIM) or seen (a counter tree outside sysfs) */
};

/* Where records go. `emit` stamps nothing and may be called from the device's thread only. */
struct sink {
	/* `record->seq` is filled by the sink. False when the ring was full (the sink accounts for the loss itself). */
	bool (*emit)(struct sink *sink, struct record *record, const void *payload, uint32_t size);
	struct timebase *timebase;
};
/* Shorthands for what drivers emit most. `channel` is the index within the device. */
void sink_value(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, uint32_t flags, double value);
void sink_count(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, uint32_t flags, uint64_t count);
void sink_gap(struct sink *sink, unsigned channel, enum gap_reason reason, uint32_t values, int64_t from, int64_t to);
void sink_range(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, const struct record_range *range);
/* `edge->received` is filled here. */
void sink_edge(struct sink *sink, unsigned channel, int64_t t, int64_t u_t, struct record_edge *edge);

/* An exchange with the device's clock; `channel` is one of that clock. */
void sink_sync(struct sink *sink, unsigned channel, const struct record_sync *sync);

/* A device with trigger lines: an output that is high while a run lasts, a mark line that changes its level at each mark, and an
 * input whose edges the driver emits (sink_edge). Each may be absent. A driver with an input has one channel, its level. */
struct trigger_ops {
	enum edge_source source; /* of the edges that its input tells of */
	int64_t apart;           /* ns: its edges are all told of when they are at least this far from each other */
	/* Valid from open to close; NULL, or NULL returned: there is none. */
	const struct line_out *(*output)(const void *device);
	const struct line_out *(*mark)(const void *device);
	bool (*has_input)(const void *device);
};

/* A range that an instrument could be set to, and the accuracy its power would then have. */
struct range_offer {
	double voltage, current;           /* V, A */
	double voltage_peak, current_peak; /* the largest instantaneous value it still measures */
	struct accuracy accuracy;          /* range_value included */
};

struct driver {
	const char *name, *summary;
	const char *gives;                 /* its channels by name: "power, voltage, current; energy with integrator"; "none" */
	enum maturity maturity;
	const char *const *schemes;        /* of the links it works over; NULL-terminated; "file" needs no link */
	bool own_access;                   /* it opens what its endpoint names itself: no link */
	const struct option_spec *options; /* ends with a NULL name; may be NULL */
	/* Optional: the option that names another driver, which this one stands in front of. That one's schemes are its schemes then, its
	 * options are taken beside its own, and its lines are there if that one has any. */
	const char *wraps;

	/* NULL on failure. `link` is NULL for drivers without one; the caller keeps it and closes it after `close`. */
	void *(*open)(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error);
	/* Valid from open to close. */
	const struct channel *(*channels)(const void *device, int *count);
	const struct identity *(*identity)(const void *device);

	/* `sink` stays valid until stop has returned: stop may emit what it finds (a range that changed in the last seconds). */
	int (*start)(void *device, struct sink *sink, struct error *error);
	int64_t (*step)(void *device, int64_t now, struct sink *sink);
	/* Optional: one reading of every counter right now, flagged FLAG_REQUESTED, beside the schedule: an edge asks for it. */
	void (*sample)(void *device, struct sink *sink);
	/* Optional: the quiet before a run begins when this returns. A counter whose resolution falls as it grows begins anew. May
	 * take half a second, and wait. */
	void (*prepare)(void *device);
	int (*stop)(void *device, struct error *error);
	void (*close)(void *device);

	/* Optional: when `start` had the instrument calibrate its zero, REALTIME ns; 0: it did not. */
	int64_t (*zeroed)(const void *device);

	/* Optional, pure: what an instrument of this model (as its identity says) could be set to in place of config's ranges.
	 * Fills at most `max` and returns how many there are; 0: another model. */
	size_t (*ranges)(const char *model, const struct device_config *config, struct range_offer *offers, size_t max);

	/* Optional, for `joulerig detect`: who is at the end of `link`, and how is it set? Changes nothing there. 0: one of this
	 * driver's; `identity` is filled, and in `config` what a bench file must say of it (serial, ranges, update). -1: another
	 * instrument (ERROR_NOT_FOUND), or no answer. */
	int (*probe)(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
		     struct error *error);

	/* Optional: what its link alone tells (maker, product) makes it one of this driver's. At a serial port such a driver is asked when
	 * it claims what is there, and then nobody else is; `elsewhere`: and at ports that nobody claims. */
	bool (*claims)(const struct finding *finding);
	bool elsewhere;

	const struct trigger_ops *trigger; /* NULL: none */
};

extern const struct driver *const drivers[]; /* NULL-terminated: drivers/registry.c */
const struct driver *driver_find(const char *name);
/* Who talks to what is at the end of the link: the driver itself, or the one that it stands in front of, as `named` by the option for
 * that. NULL: there is none of that name, or it stands in front of another itself. */
const struct driver *driver_behind(const struct driver *driver, const char *named);

#endif
