/*
 * watts_up: the modelled Watts Up? PRO, from its socket to its packets. What is a choice here, and not a documented fact:
 *  - a second's record has the mean power of all of it, and is sent `latency` after its end;
 *  - V reads the version `#v,-,8,MODEL,MEMORY,HARDWARE,…,TIMESTAMP,CHECKSUM;`, in which the timestamp is the word SIMULATED: no real one
 *    says that. L,R tells, and ends, what is logged; while it clears its memory, for two seconds, it hears nothing;
 *  - the cost, monthly and cycle fields are 0.
 * Faults: nan (fields that it does not record), stall (records that say the same), other_model (a model that nobody knows), range_change
 * (it has no ranges: its memory is full, and nothing is logged until that is cleared).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

#define PACKET 400
#define CLEARING 2 /* s */

struct watts_up {
	struct instrument instrument;
	char packet[PACKET];
	size_t length;
	bool inside;
	int64_t origin, ticks, last_tick;
	bool external, full;
	int64_t deaf; /* until then its memory is being cleared */
	double joules;
	double most[3], least[3]; /* W, V, A */
	char last[PACKET];        /* record */
};

static void say(struct watts_up *w, int64_t now, int64_t due, const char *packet)
{
	char bytes[PACKET + 4];
	int length = snprintf(bytes, sizeof bytes, "%s\r\n", packet);
	instrument_say(&w->instrument, now, due, bytes, (size_t)length);
}

static void answer(struct watts_up *w, int64_t now, const char *packet)
{
	instrument_answer(&w->instrument, now, packet, "\r\n");
}

/* ---- records ---- */

static void note_extremes(struct watts_up *w, const double now[3])
{
	for (int i = 0; i < 3; i++) {
		w->most[i] = w->ticks == 2 ? now[i] : fmax(w->most[i], now[i]);
		w->least[i] = w->ticks == 2 ? now[i] : fmin(w->least[i], now[i]);
	}
}

static long tenths(double value)
{
	return lround(fmax(0, value) * 10);
}

static void compose(struct watts_up *w, const struct front_values *v, double watts)
{
	double now[3] = { watts, v->volts, v->amperes };
	note_extremes(w, now);
	snprintf(w->last, sizeof w->last, "#d,-,18,%ld,%ld,%ld,%ld,0,0,0,%ld,%ld,%ld,%ld,%ld,%ld,%ld,0,0,%ld,%ld;", tenths(watts), tenths(v->volts),
		 lround(v->amperes * 1000), (long)floor(w->joules / 360), tenths(w->most[0]), tenths(w->most[1]), lround(w->most[2] * 1000),
		 tenths(w->least[0]), tenths(w->least[1]), lround(w->least[2] * 1000), lround(v->power_factor * 100), tenths(v->hertz),
		 tenths(v->volt_amperes));
}

static void end_second(struct watts_up *w, int64_t now, int64_t tick)
{
	struct instrument *self = &w->instrument;
	struct front_values v = front_over(&self->front, w->last_tick, tick);
	double seconds = (double)(tick - w->last_tick) * 1e-9 * (1 + self->front.timebase);
	double watts = v.watts + front_noise(&self->front, seconds);
	w->joules += watts * seconds;
	self->updates++;
	if (w->last[0] == '\0' || !instrument_fault(self, FAULT_STALL, tick))
		compose(w, &v, watts);
	w->full = w->full || instrument_fault_once(self, FAULT_RANGE_CHANGE, tick);
	if (!w->external || w->full || tick < w->deaf)
		return;
	bool none = instrument_fault(self, FAULT_NAN, tick);
	say(w, now, tick + front_latency(&self->front), none ? "#d,-,18,_,_,_,_,_,_,_,_,_,_,_,_,_,_,_,_,_,_;" : w->last);
}

static void advance(struct instrument *self, int64_t now)
{
	struct watts_up *w = (struct watts_up *)self;
	for (;;) {
		int64_t tick = front_tick(&self->front, w->origin, w->ticks + 1, 1);
		if (tick > now)
			return;
		if (w->ticks++ > 0) /* the first second was not whole */
			end_second(w, now, tick);
		w->last_tick = tick;
	}
}

static int64_t next(const struct instrument *self)
{
	const struct watts_up *w = (const struct watts_up *)self;
	return w->external ? front_tick(&self->front, w->origin, w->ticks + 1, 1) : NEVER;
}

/* ---- commands ---- */

static void perform(struct watts_up *w, int64_t now)
{
	const char *p = w->packet;
	char version[PACKET];
	if (strncmp(p, "L,W,3,E,", 8) == 0) {
		w->external = true;
	} else if (strcmp(p, "L,R,0") == 0) {
		w->external = false;
		answer(w, now, "#l,-,2,0,1;");
	} else if (strcmp(p, "V,R,0") == 0) {
		snprintf(version, sizeof version, "#v,-,8,%d,0,7,1,4,41,SIMULATED,0;",
			 instrument_fault(&w->instrument, FAULT_OTHER_MODEL, now) ? 77 : 1);
		answer(w, now, version);
	} else if (strcmp(p, "H,R,0") == 0) {
		answer(w, now, "#h,-,18,W,V,A,WH,Cost,WH/Mo,Cost/Mo,Wmax,Vmax,Amax,Wmin,Vmin,Amin,PF,DC,PC,Hz,VA;");
	} else if (strcmp(p, "R,W,0") == 0) {
		w->joules = 0;
		w->full = false;
		w->deaf = now + CLEARING * NS_PER_S;
	}
}

static void heard(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	struct watts_up *w = (struct watts_up *)self;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '#') {
			w->inside = true;
			w->length = 0;
		} else if (bytes[i] == ';' && w->inside) {
			w->packet[w->length] = '\0';
			w->inside = false;
			self->queries++;
			if (now >= w->deaf)
				perform(w, now);
		} else if (w->inside && bytes[i] > ' ' && w->length + 1 < sizeof w->packet) {
			w->packet[w->length++] = bytes[i];
		}
	}
}

/* ---- life ---- */

static int init(struct instrument *self, int64_t now, struct error *error)
{
	struct watts_up *w = (struct watts_up *)self;
	(void)error;
	w->origin = now - (int64_t)(random_uniform(&self->random) * 1e9);
	w->last_tick = now;
	return 0;
}

static const char *const models[] = { "WattsUp", NULL };

const struct instrument_family instrument_watts_up = {
	.name = "watts_up",
	.models = models,
	.driver = "watts_up",
	.framing = INSTRUMENT_BYTES,
	.size = sizeof(struct watts_up),
	.init = init,
	.advance = advance,
	.heard = heard,
	.next = next,
};
