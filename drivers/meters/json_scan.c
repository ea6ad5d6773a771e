#include "meters/json_scan.h"

#include <string.h>

#define NAME_MAX_LENGTH 40
#define DIGITS 18

struct scan {
	const char *at, *end;
	struct json_place *places;
	size_t n;
	char path[JSON_DEPTH * (NAME_MAX_LENGTH + 1) + 1];
	size_t length; /* of the path */
	int depth, hidden; /* hidden: levels of the path that nobody can have asked for */
	bool doubled;
};

static int scan_value(struct scan *s);

static bool is_digit(const struct scan *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static bool take(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

/* ---- where we are ---- */

static size_t enter(struct scan *s, const char *name, size_t length)
{
	size_t before = s->length;
	bool hidden = s->hidden > 0 || length > NAME_MAX_LENGTH || memchr(name, '/', length) || memchr(name, '\\', length);
	s->hidden += hidden;
	if (hidden)
		return before;
	if (s->depth > 1)
		s->path[s->length++] = '/';
	memcpy(s->path + s->length, name, length);
	s->length += length;
	return before;
}

static void leave(struct scan *s, size_t before)
{
	s->hidden -= s->hidden > 0;
	s->length = before;
}

static struct json_place *place_here(struct scan *s)
{
	for (size_t i = 0; i < s->n && s->hidden == 0; i++)
		if (strlen(s->places[i].path) == s->length && memcmp(s->places[i].path, s->path, s->length) == 0)
			return &s->places[i];
	return NULL;
}

/* ---- the grammar ---- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int scan_escape(struct scan *s)
{
	if (s->at == s->end || memchr("\"\\/bfnrtu", *s->at, 9) == NULL)
		return -1;
	if (*s->at++ != 'u')
		return 0;
	for (int i = 0; i < 4; i++)
		if (s->at == s->end || !is_hex(*s->at++))
			return -1;
	return 0;
}

/* After the opening quote, to behind the closing one. */
static int scan_string(struct scan *s)
{
	while (s->at < s->end && (unsigned char)*s->at >= ' ') {
		char c = *s->at++;
		if (c == '"')
			return 0;
		if (c == '\\' && scan_escape(s) != 0)
			return -1;
	}
	return -1;
}

static int scan_digits(struct scan *s)
{
	if (!is_digit(s))
		return -1;
	while (is_digit(s))
		s->at++;
	return 0;
}

static int scan_number(struct scan *s)
{
	take(s, '-');
	if (!take(s, '0') && scan_digits(s) != 0)
		return -1;
	if (take(s, '.') && scan_digits(s) != 0)
		return -1;
	if (!take(s, 'e') && !take(s, 'E'))
		return 0;
	if (!take(s, '+'))
		take(s, '-');
	return scan_digits(s);
}

static int scan_word(struct scan *s, const char *word)
{
	size_t length = strlen(word);
	if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
		return -1;
	s->at += length;
	return 0;
}

static int scan_member(struct scan *s)
{
	const char *name = s->at + 1;
	if (!take(s, '"') || scan_string(s) != 0)
		return -1;
	size_t before = enter(s, name, (size_t)(s->at - name) - 1);
	skip_space(s);
	int result = take(s, ':') ? scan_value(s) : -1;
	leave(s, before);
	return result;
}

static int scan_element(struct scan *s, int number)
{
	char name[12];
	int length = 0;
	for (int rest = number; length == 0 || rest > 0; rest /= 10, length++) {
		memmove(name + 1, name, (size_t)length);
		name[0] = (char)('0' + rest % 10);
	}
	size_t before = enter(s, name, (size_t)length);
	int result = scan_value(s);
	leave(s, before);
	return result;
}

/* After the opening bracket, to behind the closing one. */
static int scan_many(struct scan *s, char close)
{
	if (++s->depth > JSON_DEPTH)
		return -1;
	skip_space(s);
	for (int i = 0; i > 0 || !take(s, close); i++) {
		skip_space(s);
		if ((close == '}' ? scan_member(s) : scan_element(s, i)) != 0)
			return -1;
		if (take(s, close))
			break;
		if (!take(s, ','))
			return -1;
	}
	s->depth--;
	return 0;
}

static int scan_any(struct scan *s, enum json_type *type)
{
	char c = s->at < s->end ? *s->at : '\0';
	switch (c) {
	case '{': *type = JSON_IS_OBJECT; s->at++; return scan_many(s, '}');
	case '[': *type = JSON_IS_ARRAY; s->at++; return scan_many(s, ']');
	case '"': *type = JSON_IS_STRING; s->at++; return scan_string(s);
	case 't': *type = JSON_IS_TRUE; return scan_word(s, "true");
	case 'f': *type = JSON_IS_FALSE; return scan_word(s, "false");
	case 'n': *type = JSON_IS_NULL; return scan_word(s, "null");
	default: *type = JSON_IS_NUMBER; return scan_number(s);
	}
}

/* A value, and the space around it. */
static int scan_value(struct scan *s)
{
	enum json_type type;
	skip_space(s);
	struct json_place *place = place_here(s);
	const char *from = s->at;
	if (scan_any(s, &type) != 0)
		return -1;
	if (place) {
		bool quoted = type == JSON_IS_STRING;
		s->doubled = s->doubled || place->type != JSON_IS_ABSENT;
		place->type = type;
		place->text = from + quoted;
		place->length = (size_t)(s->at - from) - 2 * quoted;
	}
	skip_space(s);
	return 0;
}

int json_scan(const char *bytes, size_t size, struct json_place *places, size_t n)
{
	struct scan s = { .at = bytes, .end = bytes + size, .places = places, .n = n };
	for (size_t i = 0; i < n; i++)
		places[i] = (struct json_place){ .path = places[i].path };
	return scan_value(&s) == 0 && s.at == s.end && !s.doubled ? 0 : -1;
}

/* ---- values ---- */

static int read_exponent(const char *at, const char *end, int *exponent)
{
	bool negative = at < end && *at == '-';
	int value = 0;
	for (at += at < end && (*at == '-' || *at == '+'); at < end; at++) {
		value = value * 10 + (*at - '0');
		if (value > DIGITS)
			return -1;
	}
	*exponent = negative ? -value : value;
	return 0;
}

int json_decimal(const struct json_place *place, struct json_decimal *decimal)
{
	int behind = 0, digits = 0, exponent = 0;
	bool point = false;
	*decimal = (struct json_decimal){ .digits = 0 };
	if (place->type != JSON_IS_NUMBER)
		return -1;
	const char *at = place->text, *end = at + place->length;
	bool negative = *at == '-';
	for (at += negative; at < end && *at != 'e' && *at != 'E'; at++) {
		point = point || *at == '.';
		if (*at == '.')
			continue;
		if (++digits > DIGITS)
			return -1;
		decimal->digits = decimal->digits * 10 + (*at - '0');
		behind += point;
	}
	if (at < end && read_exponent(at + 1, end, &exponent) != 0)
		return -1;
	decimal->digits = negative ? -decimal->digits : decimal->digits;
	decimal->decimals = behind - exponent;
	return 0;
}

bool json_text(const struct json_place *place, char *text, size_t size)
{
	size_t length = place->type == JSON_IS_STRING ? place->length : 0;
	text[0] = '\0';
	for (size_t i = 0; i < length; i++)
		if (place->text[i] < ' ' || place->text[i] > '~' || place->text[i] == '\\')
			return false;
	length = length < size ? length : size - 1;
	if (length > 0)
		memcpy(text, place->text, length);
	text[length] = '\0';
	return place->type == JSON_IS_STRING;
}
