#include "sanity.h"

#include <stdbool.h>

#define UPTIME_MAX (INT64_C(1) << 59)   /* ns, 18 years: eight of them add up */
#define DURATION_MAX (INT64_C(1) << 50) /* ns, 13 days: of a window, a latency, a guard */
#define DATE_MAX (INT64_C(1) << 62)     /* ns since 1970: the year 2116 */

static bool is_time(int64_t t)
{
	return t >= -UPTIME_MAX && t <= UPTIME_MAX;
}

static bool is_half_width(int64_t u)
{
	return u >= 0 && u <= UPTIME_MAX;
}

static bool is_duration(int64_t d)
{
	return d >= 0 && d <= DURATION_MAX;
}

static bool is_date(int64_t t)
{
	return t >= 0 && t <= DATE_MAX;
}

static bool channel_holds(const struct channel *c)
{
	return is_duration(c->window) && is_duration(c->unmeasured) && is_duration(c->refresh) && is_duration(c->latency) &&
	       is_duration(c->u_latency) && is_duration(c->update_jitter);
}

static bool samples_hold(const struct run_channel *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!is_time(c->t[i]) || !is_half_width(c->u_t[i]))
			return false;
	for (size_t i = 0; i < c->n_gaps; i++)
		if (!is_time(c->gaps[i].from) || !is_time(c->gaps[i].to))
			return false;
	return true;
}

static bool edges_hold(const struct run *run)
{
	for (size_t i = 0; i < run->n_edges; i++)
		if (!is_time(run->edges[i].t) || !is_half_width(run->edges[i].u_t) || !is_time(run->edges[i].edge.received))
			return false;
	for (size_t i = 0; i < run->n_ranges; i++)
		if (!is_time(run->ranges[i].t))
			return false;
	for (size_t i = 0; i < run->n_syncs; i++) {
		const struct record_sync *sync = &run->syncs[i].sync;
		if (!is_time(sync->sent) || !is_time(sync->received) || !is_time(sync->arrived) || !is_time(sync->answered))
			return false;
	}
	return true;
}

static bool anchors_hold(const struct run *run)
{
	for (size_t i = 0; i < run->n_anchors; i++) {
		const struct clock_anchor *a = &run->anchors[i];
		if (!is_time(a->monotonic) || !is_time(a->raw) || !is_time(a->boottime) || !is_half_width(a->width) ||
		    !is_date(a->realtime) || !is_date(a->tai))
			return false;
	}
	return true;
}

static bool options_hold(const struct run *run)
{
	static const char *const keys[] = { "guard_ns", "supply_lag_ns", "start_u_ns", "mark_u_ns" };
	const json_t *options = json_object_get(run->header, "options");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!is_duration(json_integer_value(json_object_get(options, keys[i]))))
			return false;
	return true;
}

const char *sanity_fault(const struct run *run)
{
	for (size_t i = 0; i < run->n_channels; i++) {
		if (!channel_holds(&run->channels[i].channel))
			return "a channel's description has a duration that makes no sense";
		if (!samples_hold(&run->channels[i]))
			return "samples have times that make no sense";
	}
	if (!edges_hold(run))
		return "edges have times that make no sense";
	if (!anchors_hold(run))
		return "the clock anchors make no sense";
	return options_hold(run) ? NULL : "the run's options have a duration that makes no sense";
}
