#include "meters/zes_wire.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "record.h"

#define VALUE_SIZE 32
#define NO_NUMBER 9.905e37 /* from here on it is 9.91E+37… */
#define INFINITE 9e37      /* …from here on 9.9E+37, however many digits it is written with */
#define LARGEST 1e12       /* of anything that is measured */
#define LOST_MOST 1e6      /* more than that is another count */

static size_t skip_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static const char *skip_sign(const char *text)
{
	return text + (*text == '+' || *text == '-');
}

/* [sign] digits [. digits] [E [sign] digits], a digit before the exponent at least. */
static bool is_decimal(const char *text)
{
	text = skip_sign(text);
	size_t digits = skip_digits(text);
	text += digits;
	if (*text == '.') {
		size_t behind = skip_digits(text + 1);
		digits += behind;
		text += 1 + behind;
	}
	if (digits == 0)
		return false;
	if (*text == 'E' || *text == 'e') {
		text = skip_sign(text + 1);
		size_t exponent = skip_digits(text);
		if (exponent == 0 || exponent > 2)
			return false;
		text += exponent;
	}
	return *text == '\0';
}

static uint32_t flags_of(double number)
{
	double size = fabs(number);
	return size >= NO_NUMBER ? FLAG_NO_DATA : size >= INFINITE ? FLAG_OVER_RANGE : size > LARGEST ? FLAG_IMPLAUSIBLE : 0;
}

int zes_value_decode(const char *text, size_t length, struct zes_value *value)
{
	char copy[VALUE_SIZE];
	*value = (struct zes_value){ .value = NAN };
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
	value->flags = flags_of(number);
	if (value->flags == 0)
		value->value = number;
	return 0;
}

int zes_cycle_decode(const char *line, int n, struct zes_value *values)
{
	for (int i = 0; i < n; i++) {
		size_t length = strcspn(line, ";");
		if (zes_value_decode(line, length, &values[i]) != 0)
			return -1;
		line += length;
		if (*line == '\0')
			return i + 1 == n ? 0 : -1;
		line++;
	}
	return -1;
}

uint32_t zes_cycles_lost(double before, double count)
{
	double lost = count - before - 1;
	return lost >= 1 && lost < LOST_MOST ? (uint32_t)lost : 0;
}

bool zes_no_error(const char *line)
{
	return strcasecmp(line, "0,\"No error\"") == 0;
}

int zes_model(const char *model)
{
	if (strncasecmp(model, "LMG", 3) != 0)
		return 0;
	model += 3 + strspn(model + 3, " ");
	return isdigit((unsigned char)model[0]) && skip_digits(model) <= 4 ? atoi(model) : 0;
}
