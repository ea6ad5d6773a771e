#include "meters/ptdaemon_reply.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "record.h"

#define NUMBER_MAX 40 /* characters */

/* ---- fields between commas ---- */

/* The next one is [*from, *from + length); false behind the last. */
static bool next_field(const char **at, const char **from, size_t *length)
{
	if (*at == NULL)
		return false;
	*from = *at;
	*length = strcspn(*at, ",");
	*at = (*at)[*length] == ',' ? *at + *length + 1 : NULL;
	return true;
}

static bool is_word(const char *from, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(from, word, length) == 0;
}

static void copy_field(char *to, size_t size, const char *from, size_t length)
{
	length = length < size - 1 ? length : size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* ---- numbers ---- */

/* [-]digits[.digits]: the only form that is written. */
static bool is_number(const char *from, size_t length)
{
	size_t i = length > 0 && from[0] == '-', digits = 0;
	for (; i < length && isdigit((unsigned char)from[i]); i++)
		digits++;
	if (digits == 0 || length > NUMBER_MAX)
		return false;
	if (i == length)
		return true;
	if (from[i++] != '.' || i == length)
		return false;
	while (i < length && isdigit((unsigned char)from[i]))
		i++;
	return i == length;
}

/* "-1", "-1.0", "-1.000000". */
static bool is_unavailable(const char *from, size_t length)
{
	size_t i = 2;
	if (length < 2 || strncmp(from, "-1", 2) != 0)
		return false;
	if (i < length && from[i++] != '.')
		return false;
	while (i < length && from[i] == '0')
		i++;
	return i == length;
}

static double number_of(const char *from, size_t length)
{
	char text[NUMBER_MAX + 1];
	copy_field(text, sizeof text, from, length);
	return strtod(text, NULL);
}

static bool is_code(const char *from, size_t length, const char *word)
{
	size_t sign = length > 0 && (from[0] == '-' || from[0] == '+');
	return length - sign == strlen(word) && strncasecmp(from + sign, word, strlen(word)) == 0;
}

static struct ptdaemon_value invalid(uint32_t flag)
{
	return (struct ptdaemon_value){ .value = NAN, .flags = flag };
}

static int value_decode(const char *from, size_t length, struct ptdaemon_value *value)
{
	if (is_unavailable(from, length) || is_code(from, length, "nan")) {
		*value = invalid(FLAG_NO_DATA);
		return 0;
	}
	if (is_code(from, length, "inf")) {
		*value = invalid(FLAG_OVER_RANGE);
		return 0;
	}
	if (!is_number(from, length))
		return -1;
	*value = (struct ptdaemon_value){ .value = number_of(from, length) };
	return 0;
}

/* A whole number from `least` to `most`. */
static int integer_decode(const char *from, size_t length, int least, int most, int *value)
{
	if (!is_number(from, length) || memchr(from, '.', length) || length > 9)
		return -1;
	*value = (int)number_of(from, length);
	return *value >= least && *value <= most ? 0 : -1;
}

/* ---- times ---- */

/* `text` has only digits where `form` has '0', and else what it has. */
static bool has_form(const char *text, size_t length, const char *form)
{
	if (length != strlen(form))
		return false;
	for (size_t i = 0; i < length; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return true;
}

static int part_of(const char *text, int n)
{
	int value = 0;
	for (int i = 0; i < n; i++)
		value = 10 * value + text[i] - '0';
	return value;
}

/* Days since 1970-01-01; from March on, so that a leap day is a year's last. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, shifted = month > 2 ? month - 3 : month + 9;
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

static bool is_day(int year, int month, int day)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
		return false;
	return month != 2 || day < 29 || leap;
}

/* "28-12-2020 15:21:14.682": the day first. */
static int time_decode(const char *from, size_t length, int64_t *wall)
{
	if (!has_form(from, length, "00-00-0000 00:00:00.000"))
		return -1;
	int day = part_of(from, 2), month = part_of(from + 3, 2), year = part_of(from + 6, 4);
	int hour = part_of(from + 11, 2), minute = part_of(from + 14, 2), second = part_of(from + 17, 2);
	if (!is_day(year, month, day) || hour > 23 || minute > 59 || second > 60)
		return -1;
	*wall = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60000 + second * 1000 + part_of(from + 20, 3);
	return 0;
}

/* ---- lines ---- */

/* What follows "WORD,"; NULL: the line begins otherwise. */
static const char *after(const char *line, const char *word)
{
	size_t length = strlen(word);
	return strncmp(line, word, length) == 0 && line[length] == ',' ? line + length + 1 : NULL;
}

static bool is_channel(const char *from, size_t length)
{
	return length > 2 && strncmp(from, "Ch", 2) == 0 && isdigit((unsigned char)from[2]);
}

static struct ptdaemon_value *place_of(struct ptdaemon_sample *sample, const char *from, size_t length)
{
	if (is_word(from, length, "Watts"))
		return &sample->watts;
	if (is_word(from, length, "Volts"))
		return &sample->volts;
	if (is_word(from, length, "Amps"))
		return &sample->amperes;
	return is_word(from, length, "PF") ? &sample->power_factor : NULL;
}

/* A name and its value, until the groups of single channels begin. Names that are not known are passed over. */
static int pairs_decode(const char *at, struct ptdaemon_sample *sample)
{
	const char *name, *value;
	size_t name_length, length;
	while (next_field(&at, &name, &name_length) && !is_channel(name, name_length)) {
		struct ptdaemon_value *place = place_of(sample, name, name_length);
		if (!next_field(&at, &value, &length) || (place && value_decode(value, length, place) != 0))
			return -1;
		if (is_word(name, name_length, "Mark"))
			copy_field(sample->mark, sizeof sample->mark, value, length);
	}
	return 0;
}

int ptdaemon_sample_decode(const char *line, struct ptdaemon_sample *sample)
{
	const char *at = after(line, "Time"), *time;
	size_t length;
	struct ptdaemon_value none = invalid(FLAG_NO_DATA);
	*sample = (struct ptdaemon_sample){ .watts = none, .volts = none, .amperes = none, .power_factor = none };
	if (at == NULL || !next_field(&at, &time, &length) || time_decode(time, length, &sample->wall) != 0)
		return -1;
	return pairs_decode(at, sample);
}

static int range_decode(const char **at, int *automatic, double *range)
{
	const char *from;
	size_t length;
	struct ptdaemon_value value;
	if (!next_field(at, &from, &length) || integer_decode(from, length, -1, 1, automatic) != 0)
		return -1;
	if (!next_field(at, &from, &length) || value_decode(from, length, &value) != 0)
		return -1;
	*range = value.flags ? 0 : value.value;
	return *range >= 0 ? 0 : -1;
}

int ptdaemon_ranges_decode(const char *line, struct ptdaemon_ranges *ranges)
{
	const char *at = after(line, "Ranges");
	if (at == NULL || range_decode(&at, &ranges->current_auto, &ranges->current) != 0 ||
	    range_decode(&at, &ranges->voltage_auto, &ranges->voltage) != 0)
		return -1;
	return at == NULL ? 0 : -1;
}

int ptdaemon_uncertainty_decode(const char *line, struct ptdaemon_value *relative)
{
	const char *at = after(line, "Uncertainty"), *from;
	size_t length;
	if (at == NULL || !next_field(&at, &from, &length) || value_decode(from, length, relative) != 0)
		return -1;
	if (relative->value < 0)
		return -1;
	relative->value /= 100;
	return 0;
}

int ptdaemon_count_decode(const char *line, int *samples)
{
	static const char last[] = "Last ";
	size_t length;
	*samples = 0;
	if (strncmp(line, "No unread", 9) == 0 || strncmp(line, "Insufficient unread", 19) == 0)
		return 0;
	if (strncmp(line, last, sizeof last - 1) != 0)
		return -1;
	line += sizeof last - 1;
	length = strcspn(line, " ");
	if (strncmp(line + length, " sample", 7) != 0)
		return -1;
	return integer_decode(line, length, 0, 500000, samples);
}

/* driver, interval, watts, volts, amperes, power factor, energy, frequency, accepted, version, OS, mode, uncertainty, ranges, channels */
#define IDENTITY_FIELDS 15

int ptdaemon_identity_decode(const char *line, struct ptdaemon_identity *identity)
{
	struct { const char *from; size_t length; } f[IDENTITY_FIELDS];
	const char *at = line;
	int power, uncertainty, ranges;
	for (int i = 0; i < IDENTITY_FIELDS; i++)
		if (!next_field(&at, &f[i].from, &f[i].length))
			return -1;
	bool named = strncmp(f[9].from, "version=", 8) == 0 && strncmp(f[10].from, "OS=", 3) == 0 && f[0].length > 0;
	if (!named || integer_decode(f[1].from, f[1].length, 1, 3600000, &identity->interval) != 0 ||
	    integer_decode(f[2].from, f[2].length, 0, 1, &power) != 0 || integer_decode(f[12].from, f[12].length, 0, 1, &uncertainty) != 0 ||
	    integer_decode(f[13].from, f[13].length, 0, 1, &ranges) != 0 || integer_decode(f[14].from, f[14].length, 0, 64, &identity->channels) != 0)
		return -1;
	copy_field(identity->driver, sizeof identity->driver, f[0].from, f[0].length);
	copy_field(identity->version, sizeof identity->version, f[9].from + 8, f[9].length - 8);
	copy_field(identity->os, sizeof identity->os, f[10].from + 3, f[10].length - 3);
	identity->power = power && is_word(f[11].from, f[11].length, "mode=power");
	identity->states_uncertainty = uncertainty;
	identity->sets_ranges = ranges;
	return 0;
}
