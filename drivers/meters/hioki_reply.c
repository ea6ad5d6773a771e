#include "meters/hioki_reply.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "record.h"

#define DIGITS 6          /* of a value… */
#define INTEGRAL_DIGITS 7 /* …and of an integral: with the point one more */
#define EXPONENT_MAX 9

/* ---- one value ---- */

/* What stands there, digit by digit. */
struct decimal {
	bool negative;
	int64_t digits;
	int length, behind; /* digits in all, behind the point */
	int exponent;
};

static int read_decimal(const char *text, size_t length, struct decimal *d)
{
	size_t i = 0;
	*d = (struct decimal){ .behind = -1 };
	if (length == 0 || (text[0] != '+' && text[0] != '-'))
		return -1;
	d->negative = text[i++] == '-';
	for (; i < length && (isdigit((unsigned char)text[i]) || text[i] == '.'); i++) {
		if (text[i] == '.' && d->behind >= 0)
			return -1;
		if (text[i] != '.' && ++d->length > INTEGRAL_DIGITS)
			return -1;
		if (text[i] != '.')
			d->digits = d->digits * 10 + (text[i] - '0');
		d->behind = text[i] == '.' ? 0 : d->behind >= 0 ? d->behind + 1 : -1;
	}
	if (d->length < 4 || i + 3 != length || text[i] != 'E' || (text[i + 1] != '+' && text[i + 1] != '-') || !isdigit((unsigned char)text[i + 2]))
		return -1;
	d->exponent = (text[i + 1] == '-' ? -1 : 1) * (text[i + 2] - '0');
	d->behind = d->behind < 0 ? 0 : d->behind;
	return d->exponent % 3 == 0 ? 0 : -1;
}

/* A code is one digit, all along, at the exponent that no value has. */
static uint32_t code_of(const struct decimal *d)
{
	static const struct {
		int digit;
		uint32_t flag;
	} codes[] = { { 7, FLAG_NO_DATA }, { 8, FLAG_NO_DATA }, { 9, FLAG_OVER_RANGE } };
	if (d->exponent < EXPONENT_MAX)
		return 0;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		int64_t all = 0;
		for (int k = 0; k < d->length; k++)
			all = all * 10 + codes[i].digit;
		if (d->digits == all)
			return codes[i].flag;
	}
	return FLAG_IMPLAUSIBLE; /* giga-something */
}

static void make_exact(const struct decimal *d, struct hioki_value *value)
{
	int zeros = 9 + d->exponent - d->behind;
	int64_t nano = d->digits;
	for (; zeros > 0; zeros--)
		if (__builtin_mul_overflow(nano, INT64_C(10), &nano))
			return;
	if (zeros < 0)
		return;
	value->exact = true;
	value->nano = d->negative ? -nano : nano;
}

int hioki_value_decode(const char *text, size_t length, struct hioki_value *value)
{
	struct decimal d;
	*value = (struct hioki_value){ .value = NAN };
	if (read_decimal(text, length, &d) != 0)
		return -1;
	value->flags = code_of(&d);
	if (value->flags)
		return 0;
	value->value = (d.negative ? -1 : 1) * (double)d.digits * pow(10, d.exponent - d.behind);
	make_exact(&d, value);
	return 0;
}

/* Exactly so many digits. */
static int read_digits(const char *text, int n)
{
	int number = 0;
	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

int hioki_time_decode(const char *text, size_t length, struct hioki_value *value)
{
	*value = (struct hioki_value){ .value = NAN };
	if (length != strlen("hhhhh,mm,ss") || text[5] != ',' || text[8] != ',')
		return -1;
	int hours = read_digits(text, 5), minutes = read_digits(text + 6, 2), seconds = read_digits(text + 9, 2);
	if (hours < 0 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
		return -1;
	value->value = hours * 3600. + minutes * 60. + seconds;
	return 0;
}

/* ---- several ---- */

static bool is_separator(char c)
{
	return c == ';' || c == ',';
}

/* What stands from here to the next separator; TIME reaches over two more. */
static size_t item_length(const char *text, bool is_time)
{
	size_t length = 0;
	for (int commas = is_time ? 2 : 0; text[length] && !(is_separator(text[length]) && (text[length] == ';' || commas-- == 0));)
		length++;
	return length;
}

/* The header before a value: letters and digits, then a space. */
static size_t header_length(const char *text)
{
	size_t n = isalpha((unsigned char)text[0]) ? strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:") : 0;
	return n > 0 && text[n] == ' ' ? n : 0;
}

static bool is_time(const char *name, size_t length)
{
	return length >= 4 && strncasecmp(name, "TIME", 4) == 0;
}

static int read_item(const char **at, const char *item, struct hioki_value *value)
{
	size_t header = header_length(*at);
	if (header > 0 && (header != strlen(item) || strncasecmp(*at, item, header) != 0))
		return -1;
	*at += header ? header + 1 : 0;
	bool time = is_time(item, strlen(item));
	size_t length = item_length(*at, time);
	int result = time ? hioki_time_decode(*at, length, value) : hioki_value_decode(*at, length, value);
	*at += length;
	return result;
}

int hioki_reading_decode(const char *line, const char *const *items, int n, struct hioki_value *values)
{
	if (n > HIOKI_ITEMS_MAX)
		return -1;
	for (int i = 0; i < n; i++) {
		if (i > 0 && !is_separator(*line++))
			return -1;
		if (read_item(&line, items[i], &values[i]) != 0)
			return -1;
	}
	return *line == '\0' ? 0 : -1;
}

/* ---- status ---- */

static int read_hex(const char *text, size_t length, uint32_t *value)
{
	*value = 0;
	if (length == 0 || length > 8)
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return -1;
		int digit = isdigit((unsigned char)text[i]) ? text[i] - '0' : toupper((unsigned char)text[i]) - 'A' + 10;
		*value = *value << 4 | (uint32_t)digit;
	}
	return 0;
}

int hioki_status_decode(const char *line, uint32_t *status)
{
	while (*line) {
		size_t header = header_length(line), length = item_length(line + header, is_time(line, header));
		if (header >= 4 && strncasecmp(line, "STAT", 4) == 0)
			return read_hex(line + header + 1, length - 1, status);
		line += header + length;
		line += is_separator(*line);
	}
	return -1;
}

uint32_t hioki_status_flags(uint32_t status)
{
	uint32_t flags = 0;
	if (status & (HIOKI_PEAK_VOLTAGE | HIOKI_PEAK_CURRENT))
		flags |= FLAG_PEAK_OVER;
	if (status & (HIOKI_OVER_VOLTAGE | HIOKI_OVER_CURRENT | HIOKI_OVER_POWER | HIOKI_PROTECTED))
		flags |= FLAG_OVER_RANGE;
	if (status & HIOKI_NO_SYNC)
		flags |= FLAG_IMPLAUSIBLE; /* nobody knows what it is a mean over */
	return flags;
}

const char *hioki_argument(const char *line)
{
	const char *space = strrchr(line, ' ');
	return space ? space + 1 : line;
}
