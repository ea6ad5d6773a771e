#include "machine_check.h"

#include <string.h>

static bool is_true(const json_t *machine, const char *key)
{
	return json_is_true(json_object_get(machine, key));
}

static json_int_t count(const json_t *machine, const char *key)
{
	return json_integer_value(json_object_get(machine, key));
}

int machine_check_power(const json_t *machine, bool anyway, struct error *error)
{
	if (!is_true(machine, "on_battery") || anyway)
		return 0;
	return error_set(error, ERROR_UNSUPPORTED, "machine", "plug it in and let the battery charge, better take it out; or say --on-battery",
			 "it draws on a battery: the energy of its runs does not come from the wall");
}

void machine_say_power(const json_t *machine, struct text *text)
{
	if (is_true(machine, "on_battery"))
		text_add(text, "on battery: the machine drew on a battery, whose energy the wall does not see");
	else if (count(machine, "ups") > 0)
		text_add(text, "UPS: the machine knows of an uninterruptible supply: what that loses, and charges, is the wall's if the meter stands before it");
	else if (count(machine, "batteries") > 0)
		text_add(text, "battery: what charges the machine's battery is in the wall's energy, and falls as it gets full: take it out, or let it be full");
}

void machine_say_rapl(const json_t *machine, struct text *text)
{
	const char *filter = json_string_value(json_object_get(json_object_get(machine, "rapl"), "filter"));
	if (is_true(machine, "virtual"))
		text_add(text, "virtualised: RAPL in a virtual machine is what its host makes of it, and no measure of this machine: not held against the wall");
	else if (filter && strcmp(filter, "on") == 0)
		text_add(text, "filtered: the processor's energy filter is on (MSR 0xBC), which adds noise to RAPL and shifts it: not held against the wall");
}
