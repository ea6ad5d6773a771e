#include "meters/hioki_integrator.h"

#include <string.h>
#include <strings.h>

#include "meters/hioki_talk.h"
#include "meters/settings.h"

#define NWH 3.6e-6 /* J: a count of the integrator is 1e-9 Wh */
#define INTEGRATOR_TIMEBASE 0.0002

int hioki_integrator_choose(const struct device_config *config, const char *word, enum hioki_integrator *integrator, struct error *error)
{
	static const char *const words[] = { [HIOKI_OFF] = "off", [HIOKI_ON] = "on", [HIOKI_GATED] = "gated" };
	int found = strcasecmp(word, "false") == 0 ? HIOKI_OFF : strcasecmp(word, "true") == 0 ? HIOKI_ON : -1; /* as YAML has them */
	for (int i = HIOKI_OFF; i <= HIOKI_GATED; i++)
		found = strcasecmp(word, words[i]) == 0 ? i : found;
	if (found < 0)
		return error_set(error, ERROR_CONFIG, config->name, "write off, on or gated", "option integrator cannot be '%.40s'", word);
	*integrator = (enum hioki_integrator)found;
	if (found == HIOKI_OFF || config->measures == ROLE_WALL || config->measures == ROLE_CHECK)
		return 0;
	return error_set(error, ERROR_CONFIG, config->name, "leave the option 'integrator' out", "an integrator is for what measures the wall, or checks it");
}

void hioki_integrator_describe(struct channel *channel, const struct channel *power, enum hioki_integrator integrator, int64_t reaction, int64_t u_reaction)
{
	struct channel *c = channel;
	c->kind = CHANNEL_COUNTER;
	c->role = ROLE_INTEGRAL;
	c->number = NUMBER_U64;
	c->scale = NWH;
	c->update_jitter = c->unmeasured;
	c->unmeasured = 0;
	c->accuracy = power->accuracy;
	c->accuracy.quantum = 0; /* of so many digits, told by the counts */
	if (c->accuracy.timebase <= 0)
		c->accuracy.timebase = INTEGRATOR_TIMEBASE;
	c->power_max = power->power_max;
	if (integrator != HIOKI_GATED)
		return;
	c->gated = true;
	c->window = c->update_jitter = 0;
	c->latency = reaction;
	c->u_latency = u_reaction;
}

struct polled_value hioki_integrator_count(const struct hioki_value *value)
{
	bool counts = value->exact && value->nano >= 0;
	return (struct polled_value){
		.count = counts ? (uint64_t)value->nano : 0, .flags = value->flags | (counts || value->flags ? 0 : FLAG_IMPLAUSIBLE),
	};
}

static enum io is_counting(struct link *link, bool *counting, int64_t deadline)
{
	char reply[64];
	enum io io = hioki_ask(link, ":INTEG:STAT?\r", reply, sizeof reply, deadline);
	*counting = io == IO_OK && strncasecmp(hioki_argument(reply), "STAR", 4) == 0;
	return io;
}

enum io hioki_integrator_begin(struct link *link, enum hioki_integrator integrator, bool *refused, int64_t deadline)
{
	bool counting = false;
	enum io io = is_counting(link, &counting, deadline);
	if (io == IO_OK && counting)
		io = hioki_integrator_end(link, integrator, deadline);
	if (io == IO_OK)
		io = hioki_order(link, ":INTEG:STAT RESET\r\n", deadline);
	if (io == IO_OK && integrator == HIOKI_ON)
		io = hioki_order(link, ":INTEG:STAT START\r\n", deadline);
	return io == IO_OK ? hioki_refused(link, refused, deadline) : io;
}

int hioki_integrator_start(struct link *link, enum hioki_integrator integrator, const char *on, int64_t deadline, struct error *error)
{
	bool counting = false, refused = false;
	if (integrator == HIOKI_OFF)
		return 0;
	enum io io = is_counting(link, &counting, deadline);
	if (io == IO_OK && counting && integrator == HIOKI_GATED)
		return error_set(error, ERROR_CONFIG, on, "check the wiring: it counts while its START/STOP input is low, and no run lasts",
				 "its integrator counts already");
	if (io == IO_OK)
		io = hioki_integrator_begin(link, integrator, &refused, deadline);
	if (io != IO_OK)
		return settings_link_error(io, on, "starting its integrator", error);
	if (refused && integrator == HIOKI_ON)
		return error_set(error, ERROR_PROTOCOL, on, "switch its external control off at its front panel, or write 'integrator: gated'",
				 "its integrator does not start");
	return 0;
}

enum io hioki_integrator_end(struct link *link, enum hioki_integrator integrator, int64_t deadline)
{
	return integrator == HIOKI_ON ? hioki_order(link, ":INTEG:STAT STOP\r\n", deadline) : IO_OK;
}
