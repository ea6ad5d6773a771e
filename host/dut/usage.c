#include "usage.h"

static int64_t microseconds(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void add(struct usage *usage, const struct rusage *spent, int sign)
{
	usage->user_us += sign * microseconds(spent->ru_utime);
	usage->system_us += sign * microseconds(spent->ru_stime);
	usage->minor_faults += sign * spent->ru_minflt;
	usage->major_faults += sign * spent->ru_majflt;
	usage->voluntary += sign * spent->ru_nvcsw;
	usage->involuntary += sign * spent->ru_nivcsw;
}

void usage_start(struct usage *usage, const struct rusage *before)
{
	*usage = (struct usage){ .max_rss_kib = 0 };
	add(usage, before, -1);
}

void usage_add(struct usage *usage, const struct rusage *spent)
{
	add(usage, spent, 1);
	if (spent->ru_maxrss > usage->max_rss_kib)
		usage->max_rss_kib = spent->ru_maxrss;
}

/* The kernel splits user from system time by estimate, so that one of them may come out a little below zero. */
static double seconds(int64_t us)
{
	return us > 0 ? (double)us / 1e6 : 0;
}

static int64_t at_least_zero(int64_t n)
{
	return n > 0 ? n : 0;
}

void usage_fill(const struct usage *usage, struct launch_event *event)
{
	event->user_s = seconds(usage->user_us);
	event->system_s = seconds(usage->system_us);
	event->max_rss = usage->max_rss_kib * 1024;
	event->minor_faults = at_least_zero(usage->minor_faults);
	event->major_faults = at_least_zero(usage->major_faults);
	event->voluntary_switches = at_least_zero(usage->voluntary);
	event->involuntary_switches = at_least_zero(usage->involuntary);
}
