#include "meters/chroma_wire.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define VALUE_SIZE 24
#define CHANNELS_MAX 4
#define ALARMS_MAX 0xffff

/* ---- values ---- */

static size_t skip_digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* [sign] digits [. digits] [E sign digits], a digit before the exponent at least. */
static bool is_decimal(const char *text)
{
	text += *text == '+' || *text == '-';
	size_t before = skip_digits(text), behind = 0;
	text += before;
	if (*text == '.') {
		behind = skip_digits(text + 1);
		text += 1 + behind;
	}
	if (before + behind == 0)
		return false;
	if (*text == 'E' || *text == 'e') {
		text++;
		text += *text == '+' || *text == '-';
		size_t digits = skip_digits(text);
		if (digits == 0 || digits > 2)
			return false;
		text += digits;
	}
	return *text == '\0';
}

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
	char copy[VALUE_SIZE];
	*value = (struct chroma_value){ .value = NAN };
	while (length > 0 && text[0] == ' ') {
		text++;
		length--;
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length >= sizeof copy)
		return -1;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (!is_decimal(copy))
		return -1;
	double number = strtod(copy, NULL);
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
