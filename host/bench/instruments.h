/*
 * instruments: what is connected to this machine, who each says it is, and what a bench file says of it.
 *
 * Finding talks to nobody. Asking opens the link and lets each driver look: instruments on USB speak a protocol that says so,
 * and may be asked; a serial port may lead to anything, and is asked only when the user wants it, or when what is plugged in there
 * is told by its USB descriptors (a driver's `claims`): then that driver alone asks.
 */
#ifndef JOULERIG_BENCH_INSTRUMENTS_H
#define JOULERIG_BENCH_INSTRUMENTS_H

#include "bench.h"
#include "bench_yaml.h"

#define INSTRUMENTS_MAX 64

enum instrument_state {
	INSTRUMENT_UNASKED,     /* seen, no more */
	INSTRUMENT_KNOWN,       /* a driver of this build has recognised it: `config` and `identity` are filled */
	INSTRUMENT_STRANGER,    /* it answers (`answer`), and no driver knows it */
	INSTRUMENT_UNREACHABLE, /* no link, no access or no answer: `error` */
	INSTRUMENT_STATES
};
const char *instrument_state_name(enum instrument_state state);

struct instrument {
	struct finding finding;
	enum instrument_state state;
	struct device_config config; /* KNOWN: a device of a bench, complete */
	struct identity identity;
	char answer[160];            /* STRANGER: to *IDN? */
	int same_as;                 /* KNOWN: an earlier one of the list is the same instrument over another link; else -1 */
	struct error error;          /* UNREACHABLE */
};

/* Every kind of link is looked through; in the order of their endpoints, serial ports last. Returns how many there are. */
size_t instruments_find(struct instrument *list, size_t max);

/* One that the user names by its endpoint. */
int instrument_named(const char *uri, struct instrument *instrument, struct error *error);

/* Whether the endpoint leads to it: the same one, line settings aside, or by the port's other name. */
bool instrument_is_at(const struct instrument *instrument, const struct endpoint *endpoint);

bool instrument_is_serial(const struct instrument *instrument);
/* Without the user's asking for it: not at a port that leads to whatever is connected to it. */
bool instrument_may_be_asked(const struct instrument *instrument);
bool instrument_is_trigger(const struct instrument *instrument); /* known, and there for its lines */

/* Asks who is there: a few seconds for each of a serial port's usual speeds (unless its endpoint names one). What it does is told
 * to the log. Never fails: the state says what came of it. */
void instrument_ask(struct instrument *instrument, struct timebase *timebase);

/* Gives those that are known their names and roles on a bench: the first measures the wall; what further ones measure is not to
 * be guessed, since energy that is counted twice is as wrong as energy that is not counted. A trigger measures nothing by itself.
 * Returns how many there are that could. */
size_t instruments_assign(struct instrument *list, size_t n);

/* Whether it stands in a bench file of its own: known, and not another one's second link. */
bool instrument_has_entry(const struct instrument *instrument);

/* What it does not tell of itself goes to the log as a warning, before anybody measures by what it did tell. */
void instrument_say_doubts(const struct instrument *instrument);

/* What its entry in a bench file says beside the values. The texts live as long as `head` and the instrument. */
void instrument_comments(const struct instrument *instrument, char head[256], struct device_comments *comments);

#endif
