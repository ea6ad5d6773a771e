#include "scpi.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *c)
{
	while (*c == ' ' || *c == '\t' || *c == '\r')
		c++;
	return c;
}

/* Copies [from, to) without the blanks around it; a copy that does not fit becomes "?", which matches nothing. */
static void copy_part(char *into, size_t size, const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	size_t length = (size_t)(to - from);
	if (length >= size) {
		from = "?";
		length = 1;
	}
	memcpy(into, from, length);
	into[length] = '\0';
}

bool scpi_next(const char **cursor, struct scpi_unit *unit)
{
	const char *c = skip_blanks(*cursor);
	while (*c == ';')
		c = skip_blanks(c + 1);
	if (*c == '\0')
		return false;
	const char *end = c + strcspn(c, ";");
	const char *header_end = c + strcspn(c, " \t?;");
	copy_part(unit->header, sizeof unit->header, c, header_end);
	unit->query = *header_end == '?';
	copy_part(unit->arguments, sizeof unit->arguments, header_end + unit->query, end);
	*cursor = end;
	return true;
}

void scpi_resolve(struct scpi_unit *unit, char path[96])
{
	if (unit->header[0] == '*')
		return;
	if (unit->header[0] != ':') {
		char full[sizeof unit->header];
		struct text text = TEXT_INIT;
		text_addf(&text, "%s:%s", path, unit->header);
		copy_part(full, sizeof full, text_string(&text), text_string(&text) + text.length);
		text_free(&text);
		memcpy(unit->header, full, sizeof full);
	}
	const char *last = strrchr(unit->header, ':');
	size_t length = last ? (size_t)(last - unit->header) : 0;
	memcpy(path, unit->header, length);
	path[length] = '\0';
}

static size_t short_length(const char *word, size_t length)
{
	size_t n = 0;
	while (n < length && !islower((unsigned char)word[n]))
		n++;
	return n;
}

static bool same(const char *a, const char *b, size_t length)
{
	return strncasecmp(a, b, length) == 0;
}

/* A pattern word of `length` ("VOLTage") against a header word. */
static bool word_matches(const char *pattern, size_t length, const char *word, size_t word_length)
{
	size_t brief = short_length(pattern, length);
	return (word_length == length || word_length == brief) && same(pattern, word, word_length);
}

bool scpi_word(const char *pattern, const char *word)
{
	return word_matches(pattern, strlen(pattern), word, strlen(word));
}

/* One word of a pattern: ":VOLTage", "[:INPut]", ":FILTer<x>". */
struct pattern_word {
	const char *text;
	size_t length;
	bool optional, numbered;
};

static bool next_word(const char **pattern, struct pattern_word *word)
{
	const char *p = *pattern;
	if (*p == '\0')
		return false;
	word->optional = *p == '[';
	p += word->optional;
	p += *p == ':';
	word->text = p;
	word->length = strcspn(p, ":[]<");
	p += word->length;
	word->numbered = *p == '<';
	if (word->numbered)
		p += strlen("<x>");
	p += *p == ']';
	*pattern = p;
	return true;
}

/* Takes one word off the header if it matches. */
static bool take_word(const struct pattern_word *word, const char **header, int *suffix)
{
	const char *h = *header;
	if (*h != ':')
		return false;
	h++;
	size_t length = strcspn(h, ":"), letters = length;
	if (word->numbered)
		while (letters > 0 && isdigit((unsigned char)h[letters - 1]))
			letters--;
	if (!word_matches(word->text, word->length, h, letters))
		return false;
	if (word->numbered)
		*suffix = letters < length ? atoi(h + letters) : -1;
	*header = h + length;
	return true;
}

bool scpi_match(const char *pattern, const char *header, int *suffix)
{
	struct pattern_word word;
	*suffix = -1;
	if (*pattern == '*')
		return strcasecmp(pattern, header) == 0;
	while (next_word(&pattern, &word))
		if (!take_word(&word, &header, suffix) && !word.optional)
			return false;
	return *header == '\0';
}

void scpi_spell(struct text *text, const char *pattern, bool full, int suffix)
{
	struct pattern_word word;
	while (next_word(&pattern, &word)) {
		size_t length = full ? word.length : short_length(word.text, word.length);
		text_add(text, ":");
		for (size_t i = 0; i < length; i++) {
			char capital = (char)toupper((unsigned char)word.text[i]);
			text_add_bytes(text, &capital, 1);
		}
		if (word.numbered)
			text_addf(text, "%d", suffix);
	}
}

/* The manual's multipliers. M is milli for V, A and s; MA before another letter would be mega, so `5MA` is 5 mA. */
static bool multiplier(const char *text, size_t length, double *factor)
{
	static const struct {
		const char *symbol;
		double factor;
	} list[] = { { "", 1 }, { "G", 1e9 }, { "MA", 1e6 }, { "K", 1e3 }, { "M", 1e-3 }, { "U", 1e-6 }, { "N", 1e-9 } };
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		if (strlen(list[i].symbol) == length && same(list[i].symbol, text, length)) {
			*factor = list[i].factor;
			return true;
		}
	}
	return false;
}

bool scpi_number(const char *argument, const char *unit, double *value)
{
	char *end;
	if (!isdigit((unsigned char)*argument) && strchr("+-.", *argument) == NULL)
		return false;
	*value = strtod(argument, &end);
	if (end == argument || !isfinite(*value))
		return false;
	const char *suffix = skip_blanks(end);
	size_t length = strlen(suffix), unit_length = strlen(unit);
	double factor;
	if (length >= unit_length && same(suffix + length - unit_length, unit, unit_length))
		length -= unit_length;
	if (!multiplier(suffix, length, &factor))
		return false;
	*value *= factor;
	return true;
}

bool scpi_boolean(const char *argument, bool *value)
{
	double number;
	if (strcasecmp(argument, "ON") == 0)
		*value = true;
	else if (strcasecmp(argument, "OFF") == 0)
		*value = false;
	else if (scpi_number(argument, "", &number))
		*value = number != 0;
	else
		return false;
	return true;
}

int scpi_split(char *arguments, char **parts, int max)
{
	int n = 0;
	for (char *c = arguments; *c != '\0' && n < max; n++) {
		parts[n] = c;
		c += strcspn(c, ",");
		if (*c == ',')
			*c++ = '\0';
	}
	return n;
}

/* Digits of `count` x 10^`exponent` in engineering notation. */
static void engineering(struct text *text, int64_t count, int exponent)
{
	int magnitude = exponent + (int)floor(log10((double)count) + 1e-12);
	int power = (int)floor(magnitude / 3.0) * 3;
	int decimals = power - exponent;
	int64_t scale = 1;
	for (int i = 0; i < abs(decimals); i++)
		scale *= 10;
	if (decimals > 0)
		text_addf(text, "%lld.%0*lld", (long long)(count / scale), decimals, (long long)(count % scale));
	else
		text_addf(text, "%lld", (long long)(count * scale));
	text_addf(text, "E%+03d", power);
}

void scpi_nr3(struct text *text, double value, int exponent)
{
	if (isnan(value)) {
		text_add(text, "NAN");
		return;
	}
	if (isinf(value)) {
		text_add(text, "INF");
		return;
	}
	int64_t count = (int64_t)llround(fabs(value) / pow(10, exponent));
	if (count == 0) {
		text_addf(text, "%.*fE+00", exponent < 0 ? -exponent : 0, 0.0);
		return;
	}
	if (value < 0)
		text_add(text, "-");
	engineering(text, count, exponent);
}

