/* Common commands, status registers and waiting. */
#include "wt_commands.h"

#define NUMBERED(value) text_addf(call->reply, "%u", (unsigned)(value))

static int tell_identity(struct wt *wt, struct call *call)
{
	const struct wt_config *c = wt->config;
	if (fault_active(wt->faults, FAULT_OTHER_MODEL, NULL, call->now) != NULL)
		text_add(call->reply, "YOKOGAWA,760304-40-MV,0,F5.01"); /* a WT3000's, from its log */
	else
		text_addf(call->reply, "%s,%s,%s,%s", c->maker, c->model, c->serial, c->firmware);
	return 0;
}

static int tell_zero(struct wt *wt, struct call *call)
{
	(void)wt;
	text_add(call->reply, "0");
	return 0;
}

static int tell_done(struct wt *wt, struct call *call)
{
	(void)wt;
	text_add(call->reply, "1");
	return 0;
}

static int clear_status(struct wt *wt, struct call *call)
{
	(void)call;
	wt->events = wt->standard_events = 0;
	wt->n_errors = 0;
	return 0;
}

static int reset(struct wt *wt, struct call *call)
{
	wt_reset(wt, call->now);
	wt_set_condition(wt, wt->condition & ~(unsigned)WT_MEASURED);
	return 0;
}

static int complete(struct wt *wt, struct call *call)
{
	(void)call;
	wt->standard_events |= 1;
	return 0;
}

static int tell_standard(struct wt *wt, struct call *call)
{
	NUMBERED(wt->standard_events);
	wt->standard_events = 0;
	return 0;
}

static int tell_status_byte(struct wt *wt, struct call *call)
{
	unsigned byte = wt->events & wt->event_mask ? 8 : 0;
	byte |= wt->standard_events & (unsigned)wt->standard_mask ? 32 : 0;
	byte |= wt->n_errors ? 4 : 0;
	NUMBERED(byte);
	return 0;
}

static int tell_error(struct wt *wt, struct call *call)
{
	int code = wt_take_error(wt);
	text_addf(call->reply, "%d", code);
	if (wt->messages)
		text_addf(call->reply, ",\"%s\"", wt_error_text(code));
	return 0;
}

static int tell_condition(struct wt *wt, struct call *call)
{
	NUMBERED(wt->condition);
	return 0;
}

static int tell_events(struct wt *wt, struct call *call)
{
	NUMBERED(wt->events);
	wt->events = 0;
	return 0;
}

static const char *const filters[] = { "NEVer", "RISE", "FALL", "BOTH" };

static int set_filter(struct wt *wt, struct call *call)
{
	if (call->suffix < 1 || call->suffix > 16)
		return WT_OUT_OF_RANGE;
	for (int i = 0; i < 4; i++) {
		if (scpi_word(filters[i], call->arguments)) {
			wt->filter[call->suffix - 1] = (enum wt_filter)i;
			return 0;
		}
	}
	return *call->arguments == '\0' ? WT_MISSING : WT_CHARACTER;
}

static int tell_filter(struct wt *wt, struct call *call)
{
	if (call->suffix < 1 || call->suffix > 16)
		return WT_OUT_OF_RANGE;
	wt_add_word(wt, filters[wt->filter[call->suffix - 1]], call->reply);
	return 0;
}

static int wait(struct wt *wt, struct call *call)
{
	double mask;
	if (!scpi_number(call->arguments, "", &mask))
		return WT_PARAMETER;
	if (mask < 0 || mask > 65535)
		return WT_OUT_OF_RANGE;
	wt->wait_mask = wt->events & (unsigned)mask ? 0 : (unsigned)mask;
	return 0;
}

static int tell_wait(struct wt *wt, struct call *call)
{
	int failed = wait(wt, call);
	if (failed == 0)
		text_add(call->reply, "1"); /* held back until the wait is over */
	return failed;
}

const struct action wt_system_actions[] = {
	{ "*IDN", NULL, tell_identity, true },
	{ "*OPT", NULL, tell_zero, true },
	{ "*CAL", NULL, tell_zero, true },
	{ "*TST", NULL, tell_zero, true },
	{ "*OPC", complete, tell_done, true },
	{ "*CLS", clear_status, NULL, true },
	{ "*RST", reset, NULL, true },
	{ "*ESR", NULL, tell_standard, true },
	{ "*STB", NULL, tell_status_byte, true },
	{ ":STATus:ERRor", NULL, tell_error, false },
	{ ":STATus:CONDition", NULL, tell_condition, false },
	{ ":STATus:EESR", NULL, tell_events, false },
	{ ":STATus:FILTer<x>", set_filter, tell_filter, false },
	{ ":COMMunicate:WAIT", wait, tell_wait, false },
	{ NULL, NULL, NULL, false },
};
