/*
 * surroundings: what a bench stands in: where its time comes from, how its devices are reached, and who steps them.
 *
 * In the lab each device is stepped by its own thread, on the real clock, over real links. In simulated time the consumer steps
 * all of them, in the order of their deadlines, while it waits: one thread, and no time passes but what the timebase says.
 */
#ifndef JOULERIG_BENCH_SURROUNDINGS_H
#define JOULERIG_BENCH_SURROUNDINGS_H

#include "device.h"

struct surroundings {
	struct timebase *timebase;
	bool stepped; /* by the consumer; else each device by a thread of its own */
	/* Like link_open, which it stands for; NULL: link_open. The link is closed with link_close. */
	struct link *(*open_link)(struct surroundings *self, const struct device_config *config, struct timebase *timebase,
				  int64_t deadline, struct error *error);
	/* The clock that one device looks at, with the scale and origin of `timebase`; NULL: `timebase` itself. */
	struct timebase *(*timebase_of)(struct surroundings *self, const struct device_config *config);
};

extern struct surroundings surroundings_lab; /* a thread for each device, the real clock, real links; stateless */

#endif
