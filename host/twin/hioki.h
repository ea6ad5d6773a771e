/*
 * hioki: the modelled Hioki PW3335, PW3336 or PW3337, from its terminals to its command language. Pure: told the time.
 *
 * The machine is at its first input. Its analogue side (ranges, errors, zero crossings, noise) is that of a wt, whose own language and
 * ticks nobody uses. Each 200 ms of its own clock it takes the mean power of the window that ends; what it shows changes `latency` later,
 * all at once. What is a choice here, and not a documented fact:
 *  - a value has six characters beside its sign, with as many digits before the point as its range (300 W: 000.00); an integral has one
 *    digit fewer before the point, and one more behind it, until it does not fit;
 *  - the integrator counts every sample between the instants at which it heeds its input, and shows what it had at the last window's end;
 *  - START/STOP hangs on a line of the bench by way of an inverter: it is low, and integrates, while the line is high. It heeds an edge
 *    `reaction` later; one that comes less than 400 ms after the last is not heeded;
 *  - under external control START, STOP and RESET by command are refused (`refuses_reset`: RESET), as are ranges while it integrates;
 *  - the status item is called STATUS; a setting of a several-input model has its input's number: :VOLTAGE1:RANGE;
 *  - power-on: headers on, semicolons, automatic ranges.
 */
#ifndef JOULERIG_TWIN_HIOKI_H
#define JOULERIG_TWIN_HIOKI_H

#include "twin_line.h"
#include "wt.h"

#define HIOKI_PENDING 4
#define HIOKI_GATES 8

struct hioki_config {
	bool gated;          /* START/STOP is wired, and external control on */
	bool refuses_reset;
	double reaction, u_reaction; /* s: as the bench file says; what it is lies within, half of that from edge to edge */
	double apart;        /* s: edges that are closer are not heeded */
};

struct hioki_shown {
	int64_t ready;
	double volts, amperes, watts, joules, seconds;
	uint32_t status;
};

struct twin_hioki {
	const struct hioki_config *config;
	struct wt *front;
	struct random random;
	int64_t origin, ticks, last_tick;
	double reaction; /* s: of this instrument */

	bool header, status, voltage_auto, current_auto;
	char separator;
	unsigned events;

	bool counting;
	int64_t counted, heeded; /* up to here all is in the sums; when an edge was heeded last */
	double joules, seconds;
	struct {
		int64_t t;
		bool open;
	} gates[HIOKI_GATES]; /* that it is going to heed */
	int n_gates;

	struct hioki_shown shown, pending[HIOKI_PENDING];
	int n_pending;
};

bool hioki_is_model(const char *model);
void hioki_init(struct twin_hioki *hioki, const struct hioki_config *config, struct wt *front, uint64_t seed, int64_t now);
/* For twin_line_listen: the line that gates it. */
void hioki_gate(void *hioki, int64_t t, bool high);
/* The model, and whoever moves the gate, have come to `now`. */
void hioki_advance(struct twin_hioki *hioki, int64_t now);
/* Executes a line, without its end; adds its reply, if any, without its end. */
void hioki_execute(struct twin_hioki *hioki, int64_t now, const char *line, struct text *reply);

#endif
