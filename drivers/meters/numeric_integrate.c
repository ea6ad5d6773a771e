/*
 * The instrument's integrator: RESET -> START -> STOP, by hand (mode NORMAL, no timer).
 *
 * It is begun anew before each run, since the digits that its energy is told with are as many whatever it has grown to. While it
 * runs, ranges and filters cannot be changed (error 813), nor can it be started (842) or reset (845), or stopped when it does not
 * run (844): its state is asked first, so that none of these happens.
 */
#include <string.h>
#include <strings.h>

#include "meters/numeric_parts.h"

#define STATE ":INTEG:STAT?"

enum io numeric_integrating(struct numeric_meter *meter, bool *running, int64_t deadline)
{
	char reply[48];
	enum io io = link_query(meter->link, STATE, reply, sizeof reply, deadline);
	const char *space = io == IO_OK ? strrchr(reply, ' ') : NULL; /* behind a header, if there is one */
	*running = io == IO_OK && strncasecmp(space ? space + 1 : reply, "STAR", 4) == 0;
	return io;
}

enum io numeric_integrate_end(struct numeric_meter *meter, int64_t deadline)
{
	bool running;
	enum io io = numeric_integrating(meter, &running, deadline);
	if (io == IO_OK && running)
		io = settings_command(meter->link, ":INTEG:STOP", deadline);
	return io == IO_OK ? settings_command(meter->link, ":INTEG:RES", deadline) : io;
}

enum io numeric_integrate_begin(struct numeric_meter *meter, int64_t deadline)
{
	enum io io = numeric_integrate_end(meter, deadline);
	if (io == IO_OK)
		io = settings_command(meter->link, ":INTEG:STAR", deadline);
	meter->quiet_until = numeric_now(meter) + NUMERIC_START_PAUSE;
	return io;
}

void numeric_wait_quiet(struct numeric_meter *meter)
{
	while (numeric_now(meter) < meter->quiet_until)
		meter->timebase->wait_until(meter->timebase, meter->quiet_until);
}
