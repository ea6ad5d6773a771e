/* The integrator: RESET -> START -> STOP or TIMEUP -> RESET; WH counts every sample, with the errors of P. */
#include "wt.h"

void wt_integrate_count(struct wt *wt, int64_t to, const double *noise)
{
	struct wt_integration *in = &wt->integration;
	double seconds = (double)(to - in->counted) * 1e-9 * (1 + wt->errors.timebase);
	if (in->state != WT_START || to <= in->counted)
		return;
	for (int e = 0; e < WT_ELEMENTS; e++) {
		struct wt_truth truth = wt_truth(wt, e, in->counted, to);
		in->joules[e] += (wt_with_errors(wt, e, &truth) + (noise ? noise[e] : 0)) * seconds;
		in->coulombs[e] += truth.i * seconds;
	}
	in->length += seconds;
	in->counted = to;
}

static void begin_stretch(struct wt *wt, int64_t now)
{
	struct wt_integration *in = &wt->integration;
	double timer = in->hours * 3600. + in->minutes * 60. + in->seconds;
	in->state = WT_START;
	in->counted = now;
	in->ends = timer > 0 ? now + (int64_t)((timer - in->length) * 1e9 / (1 + wt->errors.timebase)) : INT64_MAX;
}

static void end_stretch(struct wt *wt, int64_t at, enum wt_integration_state state)
{
	wt_integrate_count(wt, at, NULL);
	wt->integration.state = state;
}

static void forget(struct wt *wt)
{
	wt->integration.length = 0;
	for (int e = 0; e < WT_ELEMENTS; e++)
		wt->integration.joules[e] = wt->integration.coulombs[e] = 0;
}

int wt_integrate_start(struct wt *wt, int64_t now)
{
	if (wt->integration.state == WT_START || wt->integration.state == WT_TIMEUP)
		return WT_START_RUNNING;
	begin_stretch(wt, now);
	return 0;
}

int wt_integrate_stop(struct wt *wt, int64_t now)
{
	if (wt->integration.state != WT_START)
		return WT_STOP_IDLE;
	end_stretch(wt, now, WT_STOP);
	return 0;
}

int wt_integrate_reset(struct wt *wt)
{
	if (wt->integration.state == WT_START)
		return WT_RESET_RUNNING;
	forget(wt);
	wt->integration.state = WT_RESET;
	return 0;
}

void wt_integrate_advance(struct wt *wt, int64_t now)
{
	struct wt_integration *in = &wt->integration;
	while (in->state == WT_START && now >= in->ends) {
		int64_t end = in->ends;
		end_stretch(wt, end, WT_TIMEUP);
		if (!in->continuous)
			return;
		forget(wt);
		begin_stretch(wt, end);
	}
}
