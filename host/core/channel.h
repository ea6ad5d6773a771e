/*
 * channel: one measured quantity of a device, and all that analysis needs to know of it.
 *
 * A channel is one of four kinds. A new meter is a new driver that describes its channels here, never a new way to compute
 * energy: analysis/energy.h turns a channel's records and a bracket into joules.
 */
#ifndef JOULERIG_CORE_CHANNEL_H
#define JOULERIG_CORE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "units.h"

enum channel_kind {
	CHANNEL_MEAN,    /* mean power over a window; a record's t is the instant at which the value was seen to be new */
	CHANNEL_COUNTER, /* cumulative energy with a wrap or a quantum; t is the mid-point of the read */
	CHANNEL_INSTANT, /* point samples; t is the first sample of the block, `refresh` the step */
	CHANNEL_OBSERVE, /* frequency, temperature, ranges…: kept, never integrated */
	CHANNEL_KINDS
};

/* What a channel measures, so that nothing is ever counted twice or compared with the wrong thing. */
enum channel_role {
	ROLE_NONE,      /* kept only */
	ROLE_WALL,      /* all energy the DUT draws from its supply */
	ROLE_RAIL,      /* one supply rail */
	ROLE_PACKAGE,   /* RAPL: one CPU package (or die) */
	ROLE_DRAM,      /* RAPL: memory */
	ROLE_PSYS,      /* RAPL: platform */
	ROLE_SUBZONE,   /* RAPL: core, uncore: part of a package, never added */
	ROLE_DUPLICATE, /* another view of a zone that is already counted (mmio, mirrored die) */
	ROLE_CHECK,     /* a second meter in series with one that measures the wall: compared with it, never added */
	ROLE_INTEGRAL,  /* the same instrument's own integral of what its mean channel measures at the wall: compared with that, or,
			   where a plan asks for it, in its place; never added to it */
	CHANNEL_ROLES
};

enum number_type { NUMBER_F64, NUMBER_U64, NUMBER_I32, NUMBER_I16 };

/* Limits of error of a specification, in natural units; the budget takes them as rectangular (GUM 4.3.7) unless
 * `coverage` says that they are an expanded uncertainty from a certificate. All zero: "no specification exists". */
struct accuracy {
	double reading;      /* relative to the reading: 0.001 is 0.1 % */
	double range;        /* relative to `range_value` */
	double range_value;  /* the power range, W (voltage range x current range) */
	double power_factor; /* relative to S at zero power factor, times tan(phi): 0.001 */
	double timebase;     /* relative: 50e-6 is 50 ppm, meter's clock against the host's */
	double quantum;      /* smallest step of a value, in the channel's unit */
	double coverage;     /* 0: limits are rectangular bounds; else k of an expanded uncertainty */
};

#define CHANNEL_NAME_SIZE 48

struct channel {
	char name[CHANNEL_NAME_SIZE]; /* "wall.power", "package-0.energy": device.quantity, unique on the bench */
	enum channel_kind kind;
	enum channel_role role;
	enum unit unit;          /* of the scaled value */
	enum number_type number; /* type of the native values in records */
	enum clock_id clock;     /* the clock of a record's t */
	double scale, offset;    /* value = native * scale + offset */
	uint64_t wrap;           /* counter: native counts of one full turn (range + 1); 0: never wraps */
	int64_t window;          /* mean: nominal averaging window, ns. counter: it is renewed at a pace of its own, at the ends of
				    windows that follow each other without gaps; 0: a register that moves on by itself */
	int64_t unmeasured;      /* mean: largest part of a window that may go unmeasured (zero-cross synchronisation), ns */
	int64_t refresh;         /* nominal time from one value to the next, ns; step of an affine axis */
	int64_t latency;         /* from the end of a window to its value being readable, ns; gated: from an edge of its gate to its heeding it */
	int64_t u_latency;       /* half-width of a rectangular distribution of it, ns */
	int64_t update_jitter;   /* counter: its register moves in steps of about this, ns; with windows: they end so much earlier, or less */
	double power_max;        /* W: more than this is not plausible; 0: unknown */
	struct accuracy accuracy;
	int factor[2];           /* instant power as a product of two channels (indices in the device); {-1, -1} if none */
	bool simulated;          /* comes from a twin */
	bool gated;              /* counter: it counts only while the trigger's output is high, which is wired to the instrument (analysis/gated.h) */
};

const char *channel_kind_name(enum channel_kind kind);
const char *channel_role_name(enum channel_role role);
int channel_kind_parse(const char *name); /* the enum, or -1 */
int channel_role_parse(const char *name);
const char *number_type_name(enum number_type type);
int number_type_parse(const char *name);
uint32_t number_size(enum number_type type); /* bytes */

#endif
