#include "plain.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT 0xfffdu

struct span {
	uint32_t first, last;
};

static bool within(uint32_t code, const struct span *spans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (code >= spans[i].first && code <= spans[i].last)
			return true;
	return false;
}
#define WITHIN(code, spans) within(code, spans, sizeof spans / sizeof *spans)

static bool continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Bytes of the character that begins with this one; 0 if none does. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc0)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
}

/* Reads one character; returns its bytes. Over-long forms, surrogates and stray bytes are REPLACEMENT, one byte long. */
static size_t decode(const char *string, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)string;
	size_t length = length_of(s[0]);
	*code = length == 1 ? s[0] : length ? s[0] & (0x7fu >> length) : REPLACEMENT;
	for (size_t i = 1; i < length; i++) {
		if (!continues(s[i])) {
			*code = REPLACEMENT;
			return 1;
		}
		*code = *code << 6 | (s[i] & 0x3fu);
	}
	if (length == 0 || *code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff)) {
		*code = REPLACEMENT;
		return 1;
	}
	return length;
}

/* What a terminal obeys, or hides: C0 and C1 controls, zero-width and bidirectional marks, line separators, tags. */
static bool is_harmful(uint32_t code)
{
	static const struct span harmful[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f } };
	return WITHIN(code, harmful);
}

static void add_escape(struct text *out, uint32_t code)
{
	text_addf(out, code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)code);
}

void plain_add(struct text *out, const char *string)
{
	uint32_t code;
	for (size_t length; *string; string += length) {
		length = decode(string, &code);
		if (is_harmful(code))
			add_escape(out, code);
		else if (code == REPLACEMENT)
			text_add(out, "\uFFFD");
		else
			text_add_bytes(out, string, length);
	}
}

void plain_add_utf8(struct text *out, const char *string)
{
	uint32_t code;
	for (size_t length; *string; string += length) {
		length = decode(string, &code);
		if (code == REPLACEMENT)
			text_add(out, "\uFFFD");
		else
			text_add_bytes(out, string, length);
	}
}

static const char *ascii_of(uint32_t code)
{
	switch (code) {
	case 0xb1: return "+/-";
	case 0xb5: case 0x3bc: return "u";
	case 0xb7: return "-";
	case 0xd7: return "x";
	case 0x2013: case 0x2014: return "-";
	case 0x2026: return "...";
	case 0x221e: return "inf";
	case 0x2248: return "~";
	case 0x3bd: return "nu";
	default: return "?";
	}
}

void plain_add_ascii(struct text *out, const char *string)
{
	uint32_t code;
	for (size_t length; *string; string += length) {
		length = decode(string, &code);
		if (code < 0x80)
			text_add_bytes(out, string, length);
		else
			text_add(out, ascii_of(code));
	}
}

static size_t width_of(uint32_t code)
{
	static const struct span marks[] = { { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x610, 0x61a },
		{ 0x64b, 0x65f }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
		{ 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef } };
	static const struct span wide[] = { { 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf }, { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
		{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd } };
	if (is_harmful(code) || WITHIN(code, marks))
		return 0;
	return WITHIN(code, wide) ? 2 : 1;
}

size_t plain_width(const char *string)
{
	size_t width = 0;
	uint32_t code;
	for (; *string; string += decode(string, &code)) {
		decode(string, &code);
		width += width_of(code);
	}
	return width;
}
