/* rig: a twin in simulated time for unit tests: made from YAML text, spoken to through its session. */
#ifndef JOULERIG_TESTS_TWIN_RIG_H
#define JOULERIG_TESTS_TWIN_RIG_H

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "config.h"
#include "unit.h"

struct rig {
	struct twin_config config;
	struct twin twin;
	int64_t start, now;
};

/* `text` follows "joulerig: twin 1". Fails the test if the file has a mistake. */
static inline struct rig *rig_open(const char *text)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	struct text whole = TEXT_INIT;
	text_addf(&whole, "joulerig: twin 1\n%s", text);
	if (twin_config_parse("test", text_string(&whole), whole.length, &rig->config, &problems, &error) != 0) {
		for (size_t i = 0; i < problems.n; i++)
			print_error("%d: %s\n", problems.list[i].line, problems.list[i].text);
		fail_msg("%s", error.what);
	}
	text_free(&whole);
	problems_free(&problems);
	assert_int_equal(twin_init(&rig->twin, &rig->config, &error), 0);
	rig->start = rig->now = rig->config.clock.offset;
	return rig;
}

static inline void rig_close(struct rig *rig)
{
	twin_free(&rig->twin);
	twin_config_free(&rig->config);
	free(rig);
}

static inline void rig_wait(struct rig *rig, double seconds)
{
	rig->now += (int64_t)llround(seconds * 1e9);
	twin_advance(&rig->twin, rig->now);
}

static inline void rig_send(struct rig *rig, const char *line)
{
	session_feed(&rig->twin.session, rig->now, line, strlen(line));
	session_feed(&rig->twin.session, rig->now, "\n", 1);
}

/* The reply without its newline; "" when none comes within 30 s. Stays valid until the next call. */
static inline const char *rig_hear(struct rig *rig)
{
	static char reply[4096];
	size_t n = 0;
	for (int64_t give_up = rig->now + 30 * NS_PER_S; n == 0 && rig->now < give_up;) {
		n = session_take(&rig->twin.session, rig->now, reply, sizeof reply - 1);
		if (n == 0)
			rig_wait(rig, 0.5e-3);
	}
	reply[n] = '\0';
	if (n > 0 && reply[n - 1] == '\n')
		reply[n - 1] = '\0';
	return reply;
}

static inline const char *rig_ask(struct rig *rig, const char *line)
{
	rig_send(rig, line);
	return rig_hear(rig);
}

/* A meter as a driver would set it up: P only, fixed ranges, 100 ms. */
static inline void rig_set_up(struct rig *rig)
{
	rig_send(rig, ":COMM:HEAD OFF;VERB OFF");
	rig_send(rig, ":INP:VOLT:RANG 300V;:INP:CURR:RANG 2A;:RATE 100MS");
	rig_send(rig, ":NUM:NORM:NUM 1;ITEM1 P,1");
	rig_send(rig, ":STAT:FILT1 FALL;EESR?");
	rig_hear(rig);
}

static inline double rig_energy(const struct rig *rig, int quantity, int64_t t)
{
	return (double)model_energy(rig->twin.model, quantity, t) * 1e-9;
}

/* An exact meter on an exact machine, but for what a test adds. */
#define RIG_EXACT                                                                                                             \
	"noise: 0 W, latency_jitter: 0 s, errors: {gain: 0, offset: 0, nonlinearity: 0, power_factor: 0, " \
	"timebase: 0, latency: 0 s}"

#endif
