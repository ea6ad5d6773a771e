#include "platform/perf_wire.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CPU_MAX 65535

static size_t trimmed(const char *text, size_t length)
{
	return length > 0 && text[length - 1] == '\n' ? length - 1 : length;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool perf_event_decode(const char *text, size_t length, uint64_t *config)
{
	static const char head[] = "event=0x";
	const size_t from = sizeof head - 1;
	uint64_t value = 0;
	length = trimmed(text, length);
	if (length <= from || length > from + 8 || memcmp(text, head, from) != 0)
		return false;
	for (size_t i = from; i < length; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint64_t)digit;
	}
	*config = value;
	return true;
}

bool perf_scale_decode(const char *text, size_t length, double *scale)
{
	char copy[64], *end;
	length = trimmed(text, length);
	if (length == 0 || length >= sizeof copy || text[0] < '0' || text[0] > '9' || memchr(text, 'x', length))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	double value = strtod(copy, &end);
	if (end != copy + length || !isfinite(value) || value <= 0)
		return false;
	*scale = value;
	return true;
}

/* At most five digits. How many there were. */
static size_t number(const char *text, size_t length, int *value)
{
	size_t n = 0;
	*value = 0;
	for (; n < length && n < 5 && text[n] >= '0' && text[n] <= '9'; n++)
		*value = *value * 10 + (text[n] - '0');
	return n;
}

int perf_cpus_decode(const char *text, size_t length, int *cpus, int max)
{
	int n = 0, last = -1;
	length = trimmed(text, length);
	for (size_t at = 0; at < length;) {
		int first, end;
		size_t used = number(text + at, length - at, &first);
		at += used;
		end = first;
		if (used > 0 && at < length && text[at] == '-') {
			used = number(text + at + 1, length - at - 1, &end);
			at += used + 1;
		}
		if (used == 0 || first <= last || end < first || end > CPU_MAX || end - first >= max - n)
			return 0;
		for (int cpu = first; cpu <= end; cpu++)
			cpus[n++] = cpu;
		last = end;
		if (at < length && (text[at] != ',' || at + 1 == length))
			return 0;
		at++;
	}
	return n;
}

uint64_t perf_turn(uint64_t seen)
{
	int zeros = seen ? __builtin_ctzll(seen) : 64;
	return zeros < 32 ? UINT64_C(1) << (32 + zeros) : 0;
}
