/* Commands that set and tell one value each, as a table: switches, choices and numbers. */
#include "wt_commands.h"

#include <stddef.h>

#define SWITCH(name, field, lock) \
	{ .pattern = name, .type = SETTING_SWITCH, .offset = offsetof(struct wt, field), .locked = lock }
#define CHOICE(name, field, list, lock) \
	{ .pattern = name, .type = SETTING_CHOICE, .offset = offsetof(struct wt, field), .choices = list, .locked = lock }
#define COUNT(name, field, low, high) \
	{ .pattern = name, .type = SETTING_COUNT, .offset = offsetof(struct wt, field), .least = low, .most = high }

static const char *const modes[] = { "RMS", "VMEan", "DC", NULL };
static const char *const syncs[] = { "VOLTage", "CURRent", "OFF", NULL };
static const char *const wirings[] = { "P1W2", "P1W3", "P3W3", "P3W4", "V3A3", NULL };
static const char *const dialects[] = { "WT300", "WT200", NULL };
static const char *const formats[] = { "ASCii", "FLOat", NULL };
static const char *const averages[] = { "EXPonent", "LINear", NULL };

static const struct setting settings[] = {
	SWITCH(":COMMunicate:HEADer", header, false),
	SWITCH(":COMMunicate:VERBose", verbose, false),
	SWITCH(":COMMunicate:REMote", remote, false),
	SWITCH(":COMMunicate:LOCKout", lock, false),
	SWITCH(":COMMunicate:LOCK", lock, false),
	SWITCH(":SYSTem:KLOCk", key_lock, false),
	CHOICE(":SYSTem:COMMunicate:COMMand", dialect, dialects, true),
	SWITCH(":STATus:QMESsage", messages, false),
	COUNT(":STATus:EESE", event_mask, 0, 65535),
	COUNT("*ESE", standard_mask, 0, 255),
	COUNT("*SRE", service_mask, 0, 255),
	CHOICE(":NUMeric:FORMat", floating, formats, false),
	COUNT(":NUMeric[:NORMal]:NUMber", items, 1, WT_ITEMS),
	SWITCH("[:SAMPle]:HOLD", hold, false),
	SWITCH("[:INPut]:VOLTage:AUTO", voltage_auto, true),
	SWITCH("[:INPut]:CURRent:AUTO", current_auto, true),
	CHOICE("[:INPut]:MODE", mode, modes, true),
	SWITCH("[:INPut]:FILTer:LINE", line_filter, true),
	SWITCH("[:INPut]:FILTer:FREQuency", frequency_filter, true),
	SWITCH("[:INPut]:SCALing[:STATe]", scaling, true),
	CHOICE("[:INPut]:SYNC", sync, syncs, true),
	CHOICE("[:INPut]:WIRing", wiring, wirings, true),
	SWITCH(":MEASure:AVERaging[:STATe]", averaging, true),
	CHOICE(":MEASure:AVERaging:TYPE", average_linear, averages, true),
	SWITCH(":MEASure:MHOLd", max_hold, false),
	CHOICE(":INTEGrate:MODE", integration.continuous, wt_integration_modes, true),
	{ .pattern = NULL },
};
const char *const wt_integration_modes[] = { "NORMal", "CONTinuous", NULL };

const struct setting *setting_find(const char *header)
{
	int suffix;
	for (const struct setting *s = settings; s->pattern != NULL; s++)
		if (scpi_match(s->pattern, header, &suffix))
			return s;
	return NULL;
}

/* Switches and two-way choices live in bools, all else in ints. */
static bool in_bool(const struct setting *s)
{
	return s->type == SETTING_SWITCH || s->choices == formats || s->choices == averages || s->choices == wt_integration_modes;
}

static int value_of(const struct wt *wt, const struct setting *s)
{
	const char *field = (const char *)wt + s->offset;
	return in_bool(s) ? *(const bool *)field : *(const int *)(const void *)field;
}

static void store(struct wt *wt, const struct setting *s, int value)
{
	char *field = (char *)wt + s->offset;
	if (in_bool(s))
		*(bool *)field = value != 0;
	else
		*(int *)(void *)field = value;
}

static int parse_choice(const struct setting *s, const char *argument, int *value)
{
	for (int i = 0; s->choices[i] != NULL; i++) {
		if (scpi_word(s->choices[i], argument)) {
			*value = i;
			return 0;
		}
	}
	return WT_CHARACTER;
}

static int parse_switch(const char *argument, int *value)
{
	bool on;
	if (!scpi_boolean(argument, &on))
		return WT_CHARACTER;
	*value = on;
	return 0;
}

static int parse_count(const struct setting *s, const char *argument, int *value)
{
	double number;
	if (!scpi_number(argument, "", &number))
		return WT_PARAMETER;
	if (number < s->least || number > s->most)
		return WT_OUT_OF_RANGE;
	*value = (int)number;
	return 0;
}

int setting_set(struct wt *wt, const struct setting *s, const char *argument)
{
	int value = 0, failed;
	if (*argument == '\0')
		return WT_MISSING;
	if (s->locked && wt->integration.state == WT_START)
		return WT_INTEGRATING;
	switch (s->type) {
	case SETTING_SWITCH: failed = parse_switch(argument, &value); break;
	case SETTING_CHOICE: failed = parse_choice(s, argument, &value); break;
	default: failed = parse_count(s, argument, &value); break;
	}
	if (failed == 0)
		store(wt, s, value);
	return failed;
}

void setting_tell(const struct wt *wt, const struct setting *s, struct text *reply)
{
	int value = value_of(wt, s);
	if (s->type == SETTING_CHOICE)
		wt_add_word(wt, s->choices[value], reply);
	else
		text_addf(reply, "%d", value);
}
