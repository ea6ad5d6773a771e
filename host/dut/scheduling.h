/*
 * scheduling: lets the launcher run at once when it is woken, however busy the machine is, and gives its children back exactly
 * what they would have had without that.
 */
#ifndef JOULERIG_DUT_SCHEDULING_H
#define JOULERIG_DUT_SCHEDULING_H

#include <sched.h>
#include <stdbool.h>

struct scheduling {
	int policy;
	struct sched_param parameters;
	int timer_slack; /* ns; a real-time process has none, and its children would inherit that */
	bool raised;
};

/* Saves what is in force, then asks for the lowest real-time priority. Without permission for that, nothing changes. */
void scheduling_raise(struct scheduling *saved);

/* In a child: what had been saved. The nice value needs no care: a real-time process keeps it. 0, or an errno value. */
int scheduling_restore(const struct scheduling *saved);

#endif
