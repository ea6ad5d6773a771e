#include "meters/chroma_wire.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "meters/field.h"
#include "record.h"

#define VALUE_MOST 23 /* characters */
#define CHANNELS_MAX 4
#define ALARMS_MAX 0xffff

/* ---- values ---- */

/* However many digits it is written with: small integers are exact. */
static int code_of(double number)
{
	return number == -1 ? -1 : number == -2 ? -2 : number == -3 ? -3 : 0;
}

static uint32_t flags_of(int code)
{
	return code == -3 ? FLAG_OVER_RANGE : code == -2 ? FLAG_NO_DATA | FLAG_RANGE_CHANGED : code == -1 ? FLAG_NO_DATA : 0;
}

int chroma_value_decode(const char *text, size_t length, struct chroma_value *value)
{
	double number;
	*value = (struct chroma_value){ .value = NAN };
	if (field_decimal(text, length, VALUE_MOST, &number) != 0)
		return -1;
	value->code = code_of(number);
	value->flags = flags_of(value->code);
	if (value->code == 0)
		value->value = number;
	return 0;
}

int chroma_reading_decode(const char *line, int n, struct chroma_value *values)
{
	for (int i = 0; i < n; i++) {
		size_t length = strcspn(line, ";,");
		if (chroma_value_decode(line, length, &values[i]) != 0)
			return -1;
		line += length;
		if (*line == '\0')
			return i + 1 == n ? 0 : -1;
		line++;
	}
	return -1;
}

/* ---- alarms ---- */

int chroma_alarms_decode(const char *line, int channel, unsigned *alarms)
{
	unsigned found[CHANNELS_MAX];
	int n = 0;
	for (;; line++) {
		char *end;
		line += strspn(line, " ");
		if (!isdigit((unsigned char)*line) || n == CHANNELS_MAX)
			return -1;
		unsigned long number = strtoul(line, &end, 10);
		if (number > ALARMS_MAX)
			return -1;
		found[n++] = (unsigned)number;
		line = end;
		if (*line == '\0')
			break;
		if (*line != ',' && *line != ';')
			return -1;
	}
	if (n > 1 && channel > n)
		return -1;
	*alarms = found[n == 1 ? 0 : channel - 1];
	return 0;
}
