#include "claims_needs.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "facts.h"

static bool too_little(const char *what, double has, double needs, double unit, const char *of, char *why, size_t size)
{
	if (needs <= 0 || has >= needs)
		return false;
	if (isnan(has))
		snprintf(why, size, "it requires %g%s of %s, and how much there is is not known", needs / unit, of, what);
	else
		snprintf(why, size, "it requires %g%s of %s, there is %.4g", needs / unit, of, what, has / unit);
	return true;
}

static bool too_few_cores(const struct campaign_file *file, const struct claim *claim, char *why, size_t size)
{
	double has = facts_number(file, "machine.cpu.cores");
	if (claim->min_cores <= 0 || has >= claim->min_cores)
		return false;
	if (isnan(has))
		snprintf(why, size, "it requires %d cores, and how many there are is not known", claim->min_cores);
	else
		snprintf(why, size, "it requires %d cores, this machine has %.0f", claim->min_cores, has);
	return true;
}

/* Not by path: an arm's name may have a dot in it. */
static const json_t *interpreter_of(const struct campaign_file *file, const char *arm)
{
	return json_object_get(facts_at(file, "interpreters"), arm);
}

/* How much of `version` is `wanted`: 3.14 of 3.14.2, but not of 3.140. */
static bool is_version(const char *version, const char *wanted)
{
	size_t length = strlen(wanted);
	return strncmp(version, wanted, length) == 0 && !isdigit((unsigned char)version[length]);
}

static bool wrong_arm(const struct campaign_file *file, const struct claim_arm_need *need, char *why, size_t size)
{
	const json_t *interpreter = interpreter_of(file, need->arm), *gil = json_object_get(interpreter, "gil_enabled");
	const char *version = json_string_value(json_object_get(interpreter, "version"));
	if (need->gil >= 0 && !json_is_boolean(gil))
		snprintf(why, size, "it requires arm %s with the GIL %s, and which it is is not known", need->arm, need->gil ? "on" : "off");
	else if (need->gil >= 0 && json_is_true(gil) != (need->gil == 1))
		snprintf(why, size, "it requires arm %s with the GIL %s", need->arm, need->gil ? "on" : "off");
	else if (need->python && (version == NULL || !is_version(version, need->python)))
		snprintf(why, size, "it requires arm %s with Python %s, and that is %s", need->arm, need->python, version ? version : "not known");
	else
		return false;
	return true;
}

bool claims_need_unmet(const struct claims_data *data, const struct claim *claim, char *why, size_t size)
{
	if (too_few_cores(data->file, claim, why, size) ||
	    too_little("memory", facts_number(data->file, "machine.memory.total_bytes"), claim->min_memory, 1 << 30, " GiB", why, size))
		return true;
	for (size_t i = 0; i < claim->n_needs; i++)
		if (wrong_arm(data->file, &claim->needs[i], why, size))
			return true;
	if (claim->needs_wall && !data->summary->has_wall) {
		snprintf(why, size, "it requires a meter at the wall");
		return true;
	}
	return false;
}

/* The first two parts: 3.14 of 3.14.2. */
static bool same_minor(const char *a, const char *b)
{
	size_t length = strcspn(a, ".");
	length += a[length] ? 1 + strcspn(a + length + 1, ".") : 0;
	char minor[32];
	snprintf(minor, sizeof minor, "%.*s", (int)length, a);
	return is_version(b, minor);
}

void claims_interpreters(const struct campaign_file *file, const struct claim *claim, char *caution, size_t size)
{
	const char *const arms[] = { claim->arm, claim->over };
	caution[0] = '\0';
	for (int i = 0; i < 2 && claim->published_python[0]; i++) {
		const char *version = json_string_value(json_object_get(interpreter_of(file, arms[i]), "version"));
		size_t used = strlen(caution);
		if (version && !same_minor(claim->published_python, version) && (i == 0 || strcmp(arms[0], arms[1]) != 0))
			snprintf(caution + used, size - used, "%s%s%s arm %s is %s", used ? "," : "the source has Python ",
				 used ? "" : claim->published_python, used ? "" : ";", arms[i], version);
	}
}
