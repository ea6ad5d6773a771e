/*
 * powersensor3: PowerSensor3 on an F401 or F411 board, after its firmware (PowerSensor.ino, BLACKPILL_F401CC_F411CE.hpp): a rail's current
 * at sensor 0, its voltage at sensor 1; the six others are there, and not in use.
 *
 * A converter of 10 bits takes all sensors in turn, six times over; their mean, rounded down, is a set, stamped with the microseconds of
 * its own crystal when the last was done. Over USB the sets come in frames of a millisecond; those that nobody takes are lost. Its
 * sensors and their supply err by what `accuracy` and `errors` say; zero of the current sensor is calibrated to half a level.
 *
 * Its version has "SIM" and a number behind a second hyphen, which no real one has. A model with "saturated" behind its name has sensor 7
 * at its upper end.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

#define SENSORS 8
#define SCANS 6
#define SET 18
#define FRAME NS_PER_MS
#define FRAME_SETS 64
#define PATIENCE (2 * NS_PER_S)       /* for the host, within the configuration */
#define END_PAUSE (100 * NS_PER_MS)
#define REFERENCE 3.3                 /* V */
#define TOP 1023
#define CRYSTAL 40e-6
#define NOISE 2.0                     /* levels, half-width, of one conversion */
#define FLOOR_LOSS (5. / 12)          /* levels: what rounding down takes off a mean of six, on average */

static const struct product {
	const char *model;
	double period; /* s */
} products[] = { { "F411", 50e-6 }, { "F401", 1200 / 21e6 } };

struct sensor {
	double zero, sensitivity; /* V; V/A or V/V: as they are */
	float vref, told;         /* as the configuration says them */
};

struct powersensor3 {
	struct instrument base;
	const struct product *product;
	bool saturated;
	double drift;        /* its crystal is so much faster */
	int64_t began;       /* its microseconds were 0 */
	int64_t sets;        /* that were finished since */
	int64_t frame;       /* of those that have been said, the last one's end */
	struct sensor amperes, volts;
	bool streams, single;
	int marks;           /* that no set has carried yet */
	int read;            /* sensors of the configuration that were told; -1: nobody asked */
	int64_t read_at;
	uint32_t conversions;
};

/* ---- what it is made of ---- */

static void calibrate(struct powersensor3 *p)
{
	const struct instrument_config *c = p->base.config;
	double amperes = c->current_range > 0 ? c->current_range : 30, volts = c->voltage_range > 0 ? c->voltage_range : 15;
	double level = REFERENCE / TOP, left = random_between(&p->base.random, -0.5, 0.5);
	p->amperes = (struct sensor){ .zero = REFERENCE / 2, .sensitivity = REFERENCE / 2 / amperes };
	p->volts = (struct sensor){ .zero = 0, .sensitivity = REFERENCE / volts };
	p->amperes.vref = (float)(p->amperes.zero + (left - FLOOR_LOSS) * level);
	p->amperes.told = (float)p->amperes.sensitivity;
	p->volts.told = (float)p->volts.sensitivity;
}

static int powersensor3_init(struct instrument *self, int64_t now, struct error *error)
{
	struct powersensor3 *p = (struct powersensor3 *)self;
	const struct front_config *front = &self->config->front;
	double drift = random_between(&self->random, -CRYSTAL, CRYSTAL);
	if (front->frequency > 0)
		return error_set(error, ERROR_CONFIG, self->config->name, "write quantity: platform, and frequency: 0 Hz", "a PowerSensor3 measures a rail");
	for (size_t i = 0; i < sizeof products / sizeof *products; i++)
		if (strncmp(self->config->model, products[i].model, strlen(products[i].model)) == 0)
			p->product = &products[i];
	p->saturated = strstr(self->config->model, " saturated") != NULL;
	p->drift = front->spec_timebase > 0 || !isnan(front->timebase) ? self->front.timebase : drift;
	p->began = now - (int64_t)(random_uniform(&self->random) * 1e9);
	p->frame = now;
	p->read = -1;
	calibrate(p);
	return 0;
}

/* ---- sets ---- */

static int64_t finished_at(const struct powersensor3 *p, int64_t set)
{
	return p->began + (int64_t)llround((double)set * p->product->period * 1e9 / (1 + p->drift));
}

static int64_t last_finished(const struct powersensor3 *p, int64_t t)
{
	int64_t set = (int64_t)((double)(t - p->began) * 1e-9 * (1 + p->drift) / p->product->period);
	while (finished_at(p, set) > t)
		set--;
	while (finished_at(p, set + 1) <= t)
		set++;
	return set;
}

/* Of a number, what the converter makes of a sensor that gives so many volts: each time with another noise. */
static unsigned level_of(struct powersensor3 *p, double volts)
{
	double at = volts / REFERENCE * TOP;
	uint64_t noise = random_u64(&p->base.random);
	int sum = 0;
	for (int i = 0; i < SCANS; i++, noise >>= 10) {
		double level = floor(at + ((double)(noise & 1023) / 511.5 - 1) * NOISE + 0.5);
		sum += level < 0 ? 0 : level > TOP ? TOP : (int)level;
	}
	return (unsigned)(sum / SCANS);
}

static void put_pair(char *to, unsigned id, bool marker, unsigned number)
{
	to[0] = (char)(0x80 | id << 4 | number >> 6);
	to[1] = (char)((marker ? 0x40 : 0) | (number & 0x3f));
}

static bool at_an_end(const struct powersensor3 *p, int64_t at, unsigned *level)
{
	bool dead = instrument_fault(&p->base, FAULT_NAN, at), over = instrument_fault(&p->base, FAULT_INF, at);
	*level = over ? TOP : 0; /* without its supply a sensor gives nothing */
	return dead || over;
}

/* One set, finished at `at`, of what the rail carried while it was taken. */
static void make_set(struct powersensor3 *p, int64_t at, char bytes[SET])
{
	unsigned current, voltage, microseconds = (unsigned)((int64_t)((double)(at - p->began) * (1 + p->drift) / 1e3) & 1023);
	const struct front_config *front = p->base.front.config;
	struct front_values v = front_over(&p->base.front, at - (int64_t)(p->product->period * 1e9), at);
	double amperes = v.amperes + p->base.front.offset / front->voltage;
	put_pair(bytes, 7, true, microseconds);
	if (at_an_end(p, at, &current)) {
		voltage = current;
	} else {
		current = level_of(p, p->amperes.zero + amperes * p->amperes.sensitivity);
		voltage = level_of(p, p->volts.zero + v.volts * p->volts.sensitivity);
	}
	put_pair(bytes + 2, 0, p->marks > 0, current);
	put_pair(bytes + 4, 1, false, voltage);
	for (unsigned i = 2; i < SENSORS; i++)
		put_pair(bytes + 2 + 2 * i, i, false, i == 7 && p->saturated ? TOP : i % 2 ? 0 : TOP / 2);
	p->marks -= p->marks > 0;
}

/* All that was finished up to `t` and not said yet. */
static void say_frame(struct powersensor3 *p, int64_t t)
{
	char bytes[FRAME_SETS * SET];
	size_t n = 0;
	int64_t first = last_finished(p, p->frame) + 1, last = last_finished(p, t);
	bool stalls = instrument_fault(&p->base, FAULT_STALL, t);
	p->conversions += (uint32_t)(last - first + 1) * SENSORS;
	for (int64_t set = first; set <= last && n < sizeof bytes && (p->streams || p->single) && !stalls; set++, n += SET) {
		make_set(p, finished_at(p, set), bytes + n);
		p->single = false;
	}
	p->frame = t;
	p->base.updates += (int64_t)(n / SET);
	if (n > 0)
		instrument_say(&p->base, t, t, bytes, n);
}

static void reset(struct powersensor3 *p, int64_t now)
{
	p->streams = p->single = false;
	p->marks = 0;
	p->read = -1;
	p->began = p->frame = now;
	p->conversions = 0;
}

static void powersensor3_advance(struct instrument *self, int64_t now)
{
	struct powersensor3 *p = (struct powersensor3 *)self;
	if (p->read >= 0 && now - p->read_at > PATIENCE)
		reset(p, now);
	if (!p->streams && !p->single) {
		p->frame = now > p->frame ? now : p->frame;
		return;
	}
	for (int64_t next = p->frame / FRAME * FRAME + FRAME; next <= now; next += FRAME)
		say_frame(p, next);
}

static int64_t powersensor3_next(const struct instrument *self)
{
	const struct powersensor3 *p = (const struct powersensor3 *)self;
	return p->streams || p->single ? p->frame / FRAME * FRAME + FRAME : NEVER;
}

/* ---- commands ---- */

static void put_text(char *to, const char *text)
{
	memset(to, 0, 16);
	memcpy(to, text, strlen(text));
}

static void tell_sensor(struct powersensor3 *p, int64_t now)
{
	char bytes[41] = { 0 };
	const struct sensor *sensor = p->read == 0 ? &p->amperes : p->read == 1 ? &p->volts : NULL;
	put_text(bytes, p->read % 2 ? "divider" : "ACS725");
	put_text(bytes + 16, p->read < 2 ? "12V rail" : "");
	if (sensor) {
		memcpy(bytes + 32, &sensor->vref, 4);
		memcpy(bytes + 36, &sensor->told, 4);
	}
	bytes[40] = sensor != NULL;
	p->read_at = now;
	instrument_say(&p->base, now, now + (int64_t)(p->base.config->response * 1e9), bytes, sizeof bytes);
}

/* Any byte asks for what comes next. */
static void read_on(struct powersensor3 *p, int64_t now)
{
	if (++p->read < SENSORS) {
		tell_sensor(p, now);
		return;
	}
	p->read = -1;
	instrument_say(&p->base, now, now, "D", 1);
}

static void tell_version(struct powersensor3 *p, int64_t now)
{
	char line[64];
	p->base.queries++;
	if (instrument_fault(&p->base, FAULT_OTHER_MODEL, now))
		snprintf(line, sizeof line, "Marlin 2.1.2");
	else
		snprintf(line, sizeof line, "%.4s-1.6.1-%s", p->base.config->model, p->base.config->serial);
	instrument_answer(&p->base, now, line, "\r\n");
}

static void stop(struct powersensor3 *p, int64_t now, bool tell)
{
	say_frame(p, now);
	p->streams = p->single = false;
	p->marks = 0;
	if (tell)
		instrument_say(&p->base, now, now + END_PAUSE, "\xff\x3f\xff\x3f", 4);
}

static void obey(struct powersensor3 *p, int64_t now, char command)
{
	if (p->read >= 0) {
		read_on(p, now);
		return;
	}
	switch (command) {
	case 'S': p->streams = true; break;
	case 'I': p->single = !p->streams; break;
	case 'T': case 'X': stop(p, now, command == 'X'); break;
	case 'M': p->marks++; break;
	case 'V': tell_version(p, now); break;
	case 'Q': instrument_say(&p->base, now, now, &p->conversions, sizeof p->conversions); break;
	case 'Z': reset(p, now); break;
	case 'R':
		p->read = 0;
		tell_sensor(p, now);
		break;
	default: break; /* 'W' is not modelled: nobody calibrates a twin */
	}
}

/* A marker is in the set that is finished next: those before it are said first. */
static void powersensor3_heard(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	struct powersensor3 *p = (struct powersensor3 *)self;
	powersensor3_advance(self, now);
	if (p->streams && memchr(bytes, 'M', size))
		say_frame(p, now);
	for (size_t i = 0; i < size; i++)
		obey(p, now, bytes[i]);
}

/* As one that was replugged. */
static void powersensor3_hung_up(struct instrument *self)
{
	struct powersensor3 *p = (struct powersensor3 *)self;
	p->streams = p->single = false;
	p->marks = 0;
	p->read = -1;
}

static const char *const models[] = { "F411", "F401", NULL };

const struct instrument_family instrument_powersensor3 = {
	.name = "powersensor3",
	.models = models,
	.driver = "powersensor3",
	.framing = INSTRUMENT_BYTES,
	.size = sizeof(struct powersensor3),
	.init = powersensor3_init,
	.advance = powersensor3_advance,
	.heard = powersensor3_heard,
	.next = powersensor3_next,
	.hung_up = powersensor3_hung_up,
};
