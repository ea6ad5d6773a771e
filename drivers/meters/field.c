#include "meters/field.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t skip_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static const char *skip_sign(const char *text)
{
	return text + (*text == '+' || *text == '-');
}

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

int field_decimal(const char *text, size_t length, size_t most, double *number)
{
	char copy[FIELD_DECIMAL_MAX + 1];
	while (length > 0 && text[0] == ' ') {
		text++;
		length--;
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length > most || length > FIELD_DECIMAL_MAX)
		return -1;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (!is_decimal(copy))
		return -1;
	*number = strtod(copy, NULL);
	return 0;
}
