/*
 * instrument: an instrument of the modelled bench beside its first meter: what it measures of the model, what it hears, what it says.
 * Pure: told the time, on the twin's clock. One family is one file, host/twin/instruments/NAME.c, that ends with its const struct
 * instrument_family and is listed once in instruments.c. Written from the vendor's documents; it shares nothing with joulerig's drivers.
 *
 * How bytes get to it and away from it (a socket, a terminal, simulated time) is not its business. What it says waits in a queue until it
 * is due; faults of the script that concern replies are committed there, once for all families:
 *   silent: nothing is said; garbage: noise of about the same length; cut: half of it; slow: later; disconnect: thrown out.
 * A family itself commits those that only it can: nan, inf (over range), stall, range_change, other_model.
 */
#ifndef JOULERIG_TWIN_INSTRUMENT_H
#define JOULERIG_TWIN_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "faults.h"
#include "front.h"
#include "model.h"
#include "random.h"
#include "text.h"
#include "wire.h"

#define INSTRUMENT_QUEUE 65536 /* bytes that wait to be taken; what does not fit is lost as a whole */
#define INSTRUMENT_LINE 4096   /* of what is heard: a longer line or request is nobody's */

/* One of `instruments:` in the twin's file. */
struct instrument_config {
	char name[32];     /* of the device in bench.yaml */
	char model[32];    /* picks the family */
	char serial[24];   /* begins with SIM */
	char link[8];      /* "unix", "tcp", "pty" or "http": how the bench file says it is reached */
	int baud;          /* of a pty; 0: as fast as can be */
	char measures[16]; /* as the bench file is to say: "wall", "rail", "check", "none"; "": nothing */
	char options[192]; /* of the bench file, beside those of the family: "integrator: on, baud: 9600" */
	double response;   /* s from a command to its reply */
	double update;     /* s: as the bench file says; 0: the instrument's own */
	double voltage_range, current_range; /* as the bench file says; 0: it says nothing */
	double power_max;  /* W, likewise */
	bool state_accuracy; /* the bench file has `accuracy:` from front's spec */
	bool state_latency;  /* … `latency:` and `latency_uncertainty:`, likewise */
	struct front_config front;
};

struct instrument;

struct instrument_family {
	const char *name;                 /* "gpm" */
	const char *const *models;        /* NULL-terminated; the first word of config.model picks it */
	const char *driver;               /* of joulerig, as the bench file is to say */
	enum instrument_framing {
		INSTRUMENT_LINES,  /* heard: one line, without its CR LF, NUL-terminated */
		INSTRUMENT_BYTES,  /* heard: what has come, in any pieces */
		INSTRUMENT_HTTP,   /* heard: one request, "GET /path?query" or "POST /path\nBODY"; says bodies: instrument_say_http */
	} framing;
	size_t size;                      /* of its own struct, which begins with a struct instrument */

	/* `self->config`, model, faults, front and random are there. */
	int (*init)(struct instrument *self, int64_t now, struct error *error);
	void (*free)(struct instrument *self);            /* optional */
	/* The model has come to `now`: windows end, values change, what it says by itself is said. */
	void (*advance)(struct instrument *self, int64_t now);
	void (*heard)(struct instrument *self, int64_t now, const char *bytes, size_t size);
	/* When it does something by itself that somebody waits for (a stream); NEVER: only when asked. Optional. */
	int64_t (*next)(const struct instrument *self);
	void (*hung_up)(struct instrument *self);         /* optional: another client, another session */
	/* Optional: lines of the bench file's stanza beside the common ones, each indented by four blanks. */
	void (*stanza)(const struct instrument *self, struct text *text);
};

struct instrument_saying {
	int64_t due;
	size_t end; /* of its bytes in the queue */
};
#define INSTRUMENT_SAYINGS 512

/* Embedded first in a family's own struct. */
struct instrument {
	const struct instrument_family *family;
	const struct instrument_config *config;
	struct model *model;
	struct faults *faults;
	struct front front;
	struct random random;
	int64_t updates, queries; /* the family counts: values renewed, values asked for; for the script of faults */

	/* instrument.c's. */
	char line[INSTRUMENT_LINE];
	size_t n_line;
	bool overlong;
	char *queue;  /* INSTRUMENT_QUEUE bytes */
	size_t n_queue;
	struct instrument_saying sayings[INSTRUMENT_SAYINGS];
	int n_sayings;
	int64_t last_due;
	int64_t updated; /* when `updates` was last seen to grow */
	bool hang_up; /* once the queue is empty: the connection is closed */
	bool last_request; /* http: the client wants no other on this connection */
	int64_t lost; /* sayings that found the queue full */
	struct wire *wire; /* NULL: as fast as can be */
};

/* ---- for whoever runs it ---- */

const struct instrument_family *instrument_family_find(const char *model); /* NULL: unknown */
/* `config`, `model` and `faults` outlive it. NULL on failure. */
struct instrument *instrument_new(const struct instrument_config *config, struct model *model, struct faults *faults, uint64_t seed,
				  int64_t now, struct error *error);
/* The same, of a family that need not be in the table. */
struct instrument *instrument_new_of(const struct instrument_family *family, const struct instrument_config *config, struct model *model,
				     struct faults *faults, uint64_t seed, int64_t now, struct error *error);
void instrument_free(struct instrument *instrument); /* NULL is fine */
void instrument_advance(struct instrument *instrument, int64_t now); /* after model_advance */
void instrument_feed(struct instrument *instrument, int64_t now, const char *bytes, size_t size);
size_t instrument_take(struct instrument *instrument, int64_t now, char *bytes, size_t size); /* what is due; returns the bytes taken */
int64_t instrument_next(const struct instrument *instrument); /* when there is something to take, or it moves by itself */
/* Another client, or none any more. What waits is dropped. */
void instrument_reset(struct instrument *instrument);
/* The script throws clients out now. */
bool instrument_shut(const struct instrument *instrument, int64_t now);
/* It has said all, and closes the connection itself: reset it then. */
bool instrument_hangs_up(const struct instrument *instrument);

/* ---- for families ---- */

/* Says `size` bytes from `due` on, after all that was said before. */
void instrument_say(struct instrument *self, int64_t now, int64_t due, const void *bytes, size_t size);
/* A line and `end` ("\r\n"), config.response from now. */
void instrument_answer(struct instrument *self, int64_t now, const char *line, const char *end);
void instrument_say_http(struct instrument *self, int64_t now, int status, const char *body); /* config.response from now */
/* A fault of that kind that concerns this instrument is in force. */
bool instrument_fault(const struct instrument *self, enum fault_what what, int64_t now);
/* True once for each. */
bool instrument_fault_once(struct instrument *self, enum fault_what what, int64_t now);

#endif
