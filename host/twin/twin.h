/*
 * twin: the whole modelled bench behind its protocols, without sockets: model, meter, counters, faults, truth. Pure but for the
 * truth log; time comes from the caller, so the same bench runs on the real clock (server.h) or thousands of times faster.
 */
#ifndef JOULERIG_TWIN_TWIN_H
#define JOULERIG_TWIN_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "faults.h"
#include "hioki.h"
#include "hwmon_tree.h"
#include "instrument.h"
#include "load.h"
#include "model.h"
#include "powercap_tree.h"
#include "rig.h"
#include "session.h"
#include "wire.h"
#include "wt.h"

#define TWIN_HWMON "hwmon" /* its device on the bench, and in the script of faults */

struct twin_clock {
	int64_t offset; /* ns on the twin's clock when it starts */
	double drift;   /* relative: the twin's seconds for each of MONOTONIC's, minus 1 */
};

#define TWIN_INSTRUMENTS 20

/* Everything that a configuration file says (config.h reads one). Base units. */
struct twin_config {
	char name[96];
	uint64_t seed;
	struct twin_clock clock;
	struct model_config model;
	bool real_load;       /* driven by this machine's CPU use, beside the script */
	double sample;        /* s between looks at it */
	struct load_step *steps; /* owned */
	size_t n_steps;
	bool has_meter, tcp, pty;
	int tcp_port; /* 0: any */
	bool vxi11;
	int vxi11_port, portmapper_port; /* 0: any; 0: none */
	char tty[128];      /* a terminal that exists; "": none */
	int baud;           /* of the pty or tty; 0: no limit */
	struct wt_config meter;
	struct hioki_config hioki; /* what a Hioki has beside that, if it is one: by its model */
	struct {
		char endpoint[8]; /* "unix", "tcp", "pty", "vxi11" */
		char elsewhere[256]; /* the URI it is reached by in place of that; "": none */
		bool integrator;
		double voltage_range, current_range, update, latency, u_latency, power_max, supply_lag, line_frequency;
	} bench; /* what the bench file is to say */
	bool has_powercap;
	struct powercap_config powercap;
	bool has_hwmon;
	struct hwmon_config hwmon;
	bool has_rig;
	struct rig_config rig;
	char rig_options[160]; /* of the bench file, beside those that follow from its wiring */
	struct instrument_config instruments[TWIN_INSTRUMENTS]; /* beside the meter */
	int n_instruments;
	struct fault *faults; /* owned */
	size_t n_faults;
};
void twin_config_free(struct twin_config *config);
/* Also names the meter and the instruments: their serial numbers begin with SIM, which is how joulerig knows. */
void twin_config_seed(struct twin_config *config, uint64_t seed);

struct truth;

struct twin {
	const struct twin_config *config;
	int64_t start, now; /* twin's clock */
	struct load load;
	struct model *model;
	struct faults faults;
	struct wt meter;
	struct twin_line gate;   /* of its integrator, where no rig of this twin has it: another program's */
	struct twin_hioki hioki; /* in front of it, if it is one */
	struct session session; /* unix and tcp; one client at a time */
	struct session serial;  /* the pty or tty, … */
	struct wire wire;       /* … at the end of this line */
	struct powercap_tree powercap;
	struct hwmon_tree hwmon;
	struct faults hwmon_faults;
	struct twin_rig rig;    /* its outputs gate whoever listens to them */
	struct fault *scripts;  /* room for all faults for each: of the meter, of hwmon, then of each instrument */
	struct twin_instrument {
		struct faults faults;
		struct instrument *instrument;
	} instruments[TWIN_INSTRUMENTS];
	int n_instruments;
	struct truth *truth; /* NULL: none; the caller's */
};

/* `config` must outlive the twin. Not movable once made. */
int twin_init(struct twin *twin, const struct twin_config *config, struct error *error);
void twin_free(struct twin *twin);
void twin_advance(struct twin *twin, int64_t now); /* everything that is due up to `now` */
int64_t twin_next(const struct twin *twin);        /* when a session has something to do by itself; the rig has its own (rig.h) */
int64_t twin_instruments_next(const struct twin *twin); /* when one of the instruments has */
struct instrument *twin_instrument(struct twin *twin, const char *name); /* NULL: there is none */

/* Opens `path` as the twin's truth log, which is the caller's to close; -1 on failure. */
int twin_open_truth(struct twin *twin, const char *path, struct error *error);
/* Into the truth log: `now` is `monotonic`, and what each instrument has done by then. */
void twin_sync_truth(struct twin *twin, int64_t now, int64_t monotonic);

/* The serial session, over its line: bytes that the host sends, and what has come through to it by now. */
void twin_serial_feed(struct twin *twin, int64_t now, const char *bytes, size_t size);
size_t twin_serial_take(struct twin *twin, int64_t now, char *bytes, size_t size);
void twin_serial_reset(struct twin *twin); /* the line was hung up */

/* The real machine has used `core_seconds` since the last call. */
void twin_used(struct twin *twin, double core_seconds);

#endif
