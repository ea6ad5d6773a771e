/*
 * hioki_integrator: the integrator of a Hioki PW333x. `on`: it is started at the beginning, and anew before each run. `gated`: it is not
 * started at all. Its START/STOP input is wired to the trigger's output, low while a run lasts (the manual: low integrates), and it is
 * reset before each run; external control has to be switched on at its front panel. Where the instrument refuses the reset then, counts go
 * on from run to run, and analysis takes differences. How soon the input is heeded nobody has written down.
 */
#ifndef JOULERIG_DRIVERS_METERS_HIOKI_INTEGRATOR_H
#define JOULERIG_DRIVERS_METERS_HIOKI_INTEGRATOR_H

#include "device.h"
#include "meters/hioki_reply.h"
#include "meters/polled.h"

enum hioki_integrator { HIOKI_OFF, HIOKI_ON, HIOKI_GATED };

/* Of the option's word, and what `config` measures. */
int hioki_integrator_choose(const struct device_config *config, const char *word, enum hioki_integrator *integrator, struct error *error);

/* Makes a channel of energy of one that has all of `power`'s but for its kind. Reactions: ns. */
void hioki_integrator_describe(struct channel *channel, const struct channel *power, enum hioki_integrator integrator, int64_t reaction, int64_t u_reaction);
struct polled_value hioki_integrator_count(const struct hioki_value *value);

/* From nothing. Gated, it is not started; and where it refuses, its counts go on. */
enum io hioki_integrator_begin(struct link *link, enum hioki_integrator integrator, bool *refused, int64_t deadline);
/* The same for the first time: how it is set and wired is told by what it does. `on`: the endpoint, for messages. */
int hioki_integrator_start(struct link *link, enum hioki_integrator integrator, const char *on, int64_t deadline, struct error *error);
enum io hioki_integrator_end(struct link *link, enum hioki_integrator integrator, int64_t deadline);

#endif
