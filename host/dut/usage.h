/*
 * usage: what all processes of a workload's tree have used, from the rusage of each that was reaped.
 *
 * A process that ignores SIGCHLD loses its children's share: the kernel keeps none then.
 */
#ifndef JOULERIG_DUT_USAGE_H
#define JOULERIG_DUT_USAGE_H

#include <stdint.h>
#include <sys/resource.h>

#include "launcher.h"

struct usage {
	int64_t user_us, system_us, minor_faults, major_faults, voluntary, involuntary;
	int64_t max_rss_kib;
};

/* Begins below zero by what the main child had spent before its program began. */
void usage_start(struct usage *usage, const struct rusage *before);
void usage_add(struct usage *usage, const struct rusage *spent);
void usage_fill(const struct usage *usage, struct launch_event *event);

#endif
