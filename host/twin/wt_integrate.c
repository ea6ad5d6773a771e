/* The integrator: RESET -> START -> STOP or TIMEUP -> RESET; WH counts without gaps, by the meter's gain, offset and clock. */
#include "wt.h"

static double stretch_seconds(const struct wt *wt, int64_t to)
{
	return (double)(to - wt->integration.began) * 1e-9 * (1 + wt->errors.timebase);
}

static double stretch_joules(const struct wt *wt, int64_t to)
{
	const struct wt_errors *e = &wt->errors;
	double joules = (double)(model_energy(wt->model, QUANTITY_WALL, to) - wt->integration.energy_began) * 1e-9;
	double offset = e->offset * wt->voltage_range * wt->current_range;
	return joules * (1 + e->gain) * (1 + e->timebase) + offset * stretch_seconds(wt, to);
}

static int64_t until(const struct wt *wt, int64_t now)
{
	return now < wt->integration.ends ? now : wt->integration.ends;
}

double wt_integrate_joules(const struct wt *wt, int64_t now)
{
	const struct wt_integration *in = &wt->integration;
	return in->joules + (in->state == WT_START ? stretch_joules(wt, until(wt, now)) : 0);
}

double wt_integrate_seconds(const struct wt *wt, int64_t now)
{
	const struct wt_integration *in = &wt->integration;
	return in->length + (in->state == WT_START ? stretch_seconds(wt, until(wt, now)) : 0);
}

static void begin_stretch(struct wt *wt, int64_t now)
{
	struct wt_integration *in = &wt->integration;
	double timer = in->hours * 3600. + in->minutes * 60. + in->seconds;
	in->state = WT_START;
	in->began = now;
	in->energy_began = model_energy(wt->model, QUANTITY_WALL, now);
	in->ends = timer > 0 ? now + (int64_t)((timer - in->length) * 1e9 / (1 + wt->errors.timebase)) : INT64_MAX;
}

static void end_stretch(struct wt *wt, int64_t at, enum wt_integration_state state)
{
	double joules = wt_integrate_joules(wt, at), seconds = wt_integrate_seconds(wt, at);
	wt->integration.joules = joules;
	wt->integration.length = seconds;
	wt->integration.state = state;
}

static void forget(struct wt *wt)
{
	wt->integration.joules = wt->integration.length = wt->integration.coulombs = 0;
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
