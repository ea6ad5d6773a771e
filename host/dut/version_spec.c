#include "version_spec.h"

#include <string.h>

static const char digits[] = "0123456789";

/* Length of the numbers with dots at the start of `text`, and how many they are; 0 if they are not well-formed. */
static size_t numbers_length(const char *text, int *numbers)
{
	size_t length = 0;
	for (*numbers = 0;; length++) {
		size_t n = strspn(text + length, digits);
		if (n == 0)
			return 0;
		++*numbers;
		length += n;
		if (text[length] != '.')
			return length;
	}
}

bool version_spec_is_one(const char *spec)
{
	int numbers;
	size_t length = numbers_length(spec, &numbers);
	return length > 0 && numbers <= 3 && (strcmp(spec + length, "") == 0 || strcmp(spec + length, "t") == 0);
}

bool version_spec_matches(const char *spec, const char *version, bool free_threaded)
{
	int numbers;
	if (!version_spec_is_one(spec))
		return false;
	size_t length = numbers_length(spec, &numbers);
	if ((spec[length] == 't') != free_threaded || strncmp(spec, version, length) != 0)
		return false;
	const char next = version[length];
	return numbers == 3 ? next == '\0' || next == '+' : next == '.';
}
