/* :INPut, :RATE, :MEASure and :INTEGrate commands that are more than one value. */
#include <math.h>

#include "wt_commands.h"

static int set_range(struct wt *wt, bool voltage, const char *argument)
{
	double range, exact;
	if (*argument == '\0')
		return WT_MISSING;
	if (wt->integration.state == WT_START)
		return WT_INTEGRATING;
	if (!scpi_number(argument, voltage ? "V" : "A", &range))
		return WT_PARAMETER;
	if (!wt_range_valid(wt, voltage, range, &exact))
		return WT_OUT_OF_RANGE;
	*(voltage ? &wt->voltage_range : &wt->current_range) = exact;
	*(voltage ? &wt->voltage_auto : &wt->current_auto) = false;
	return 0;
}

static int set_voltage(struct wt *wt, struct call *call)
{
	return set_range(wt, true, call->arguments);
}

static int set_current(struct wt *wt, struct call *call)
{
	return set_range(wt, false, call->arguments);
}

/* Settings are told with four digits: "300.0E+00". */
static void add_setting(struct text *reply, double value)
{
	scpi_nr3(reply, value, (int)floor(log10(value) + 1e-9) - 3);
}

static int tell_voltage(struct wt *wt, struct call *call)
{
	add_setting(call->reply, wt->voltage_range);
	return 0;
}

static int tell_current(struct wt *wt, struct call *call)
{
	add_setting(call->reply, wt->current_range);
	return 0;
}

static int tell_check_range(struct wt *wt, struct call *call)
{
	text_addf(call->reply, "%u", wt->condition & (WT_MEASURED & ~WT_FOV) ? 1u : 0u);
	return 0;
}

static int set_crest_factor(struct wt *wt, struct call *call)
{
	double factor;
	if (wt->integration.state == WT_START)
		return WT_INTEGRATING;
	if (!scpi_number(call->arguments, "", &factor) || (factor != 3 && factor != 6))
		return WT_PARAMETER;
	double scale = wt->crest_factor / factor; /* the ranges are half as large at 6 */
	wt->voltage_range *= scale;
	wt->current_range *= scale;
	wt->crest_factor = (int)factor;
	return 0;
}

static int tell_crest_factor(struct wt *wt, struct call *call)
{
	text_addf(call->reply, "%d", wt->crest_factor);
	return 0;
}

static int set_ratio(const struct wt *wt, const char *argument, double *ratio)
{
	double value;
	if (wt->integration.state == WT_START)
		return WT_INTEGRATING;
	if (!scpi_number(argument, "", &value))
		return WT_PARAMETER;
	if (value < 0.001 || value > 9999)
		return WT_OUT_OF_RANGE;
	*ratio = value;
	return 0;
}

static int set_vt(struct wt *wt, struct call *call)
{
	return set_ratio(wt, call->arguments, &wt->vt);
}

static int set_ct(struct wt *wt, struct call *call)
{
	return set_ratio(wt, call->arguments, &wt->ct);
}

static int set_scaling_factor(struct wt *wt, struct call *call)
{
	return set_ratio(wt, call->arguments, &wt->scaling_factor);
}

static int set_rate(struct wt *wt, struct call *call)
{
	static const double rates[] = { 0.1, 0.25, 0.5, 1, 2, 5, 10, 20 };
	double rate;
	if (*call->arguments == '\0')
		return WT_MISSING;
	if (wt->integration.state == WT_START)
		return WT_INTEGRATING;
	if (!scpi_number(call->arguments, "S", &rate))
		return WT_PARAMETER; /* AUTO is not modelled */
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		if (fabs(rate - rates[i]) > 1e-6)
			continue;
		wt->update = rates[i];
		wt->origin = wt->last_tick = call->now;
		wt->ticks = 0;
		wt_average_forget(wt);
		return 0;
	}
	return WT_OUT_OF_RANGE;
}

static int tell_rate(struct wt *wt, struct call *call)
{
	add_setting(call->reply, wt->update);
	return 0;
}

static int set_average_count(struct wt *wt, struct call *call)
{
	double count;
	if (wt->integration.state == WT_START)
		return WT_INTEGRATING;
	if (!scpi_number(call->arguments, "", &count))
		return WT_PARAMETER;
	if (count != 8 && count != 16 && count != 32 && count != 64)
		return WT_OUT_OF_RANGE;
	wt->average_count = (int)count;
	wt_average_forget(wt);
	return 0;
}

static int tell_average_count(struct wt *wt, struct call *call)
{
	text_addf(call->reply, "%d", wt->average_count);
	return 0;
}

static int start(struct wt *wt, struct call *call)
{
	int failed = wt_integrate_start(wt, call->now);
	wt_set_condition(wt, wt->condition);
	return failed;
}

static int stop(struct wt *wt, struct call *call)
{
	int failed = wt_integrate_stop(wt, call->now);
	wt_set_condition(wt, wt->condition);
	return failed;
}

static int reset(struct wt *wt, struct call *call)
{
	(void)call;
	return wt_integrate_reset(wt);
}

static int tell_state(struct wt *wt, struct call *call)
{
	static const char *const states[] = { "RESet", "STARt", "STOP", "TIMeup", "ERRor" };
	wt_add_word(wt, states[wt->integration.state], call->reply);
	return 0;
}

static int set_timer(struct wt *wt, struct call *call)
{
	char *parts[3];
	double value[3];
	if (wt->integration.state == WT_START)
		return WT_INTEGRATING;
	if (scpi_split(call->arguments, parts, 3) != 3)
		return WT_MISSING;
	for (int i = 0; i < 3; i++)
		if (!scpi_number(parts[i], "", &value[i]))
			return WT_PARAMETER;
	if (value[0] < 0 || value[0] > 10000 || value[1] < 0 || value[1] > 59 || value[2] < 0 || value[2] > 59)
		return WT_OUT_OF_RANGE;
	wt->integration.hours = (int)value[0];
	wt->integration.minutes = (int)value[1];
	wt->integration.seconds = (int)value[2];
	return 0;
}

static int tell_timer(struct wt *wt, struct call *call)
{
	text_addf(call->reply, "%d,%d,%d", wt->integration.hours, wt->integration.minutes, wt->integration.seconds);
	return 0;
}

const struct action wt_input_actions[] = {
	{ "[:INPut]:VOLTage:RANGe", set_voltage, tell_voltage, false },
	{ "[:INPut]:CURRent:RANGe", set_current, tell_current, false },
	{ "[:INPut]:CRANge", NULL, tell_check_range, false },
	{ "[:INPut]:CFACtor", set_crest_factor, tell_crest_factor, false },
	{ "[:INPut]:SCALing:VT", set_vt, NULL, false },
	{ "[:INPut]:SCALing:CT", set_ct, NULL, false },
	{ "[:INPut]:SCALing:SFACtor", set_scaling_factor, NULL, false },
	{ "[:SAMPle]:RATE", set_rate, tell_rate, false },
	{ ":MEASure:AVERaging:COUNt", set_average_count, tell_average_count, false },
	{ ":INTEGrate:TIMer", set_timer, tell_timer, false },
	{ ":INTEGrate:STARt", start, NULL, false },
	{ ":INTEGrate:STOP", stop, NULL, false },
	{ ":INTEGrate:RESet", reset, NULL, false },
	{ ":INTEGrate:STATe", NULL, tell_state, false },
	{ NULL, NULL, NULL, false },
};
