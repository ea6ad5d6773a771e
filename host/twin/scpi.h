/*
 * scpi: the grammar of an instrument's command language: units on a line, headers with short and long forms, parameters.
 *
 * A pattern spells a header as manuals do: `[:INPut]:VOLTage:RANGe`: capitals are the short form, brackets may be left out,
 * `<x>` stands for a number (`:STATus:FILTer<x>`). A header is matched in its short or its long form, in any case.
 */
#ifndef JOULERIG_TWIN_SCPI_H
#define JOULERIG_TWIN_SCPI_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* One program unit: `:NUM:NORM:ITEM3 P,1` -> header ":NUM:NORM:ITEM3", query false, arguments "P,1". */
struct scpi_unit {
	char header[96];
	bool query;
	char arguments[160];
};
/* Takes the unit that begins at *cursor and moves behind it (and its `;`). False at the end of the line. Blanks around parts
 * are dropped; parts too long for their buffer are cut, and then match nothing. */
bool scpi_next(const char **cursor, struct scpi_unit *unit);

/* A header without a leading colon goes on where the one before it ended but for its last word; `*IDN?` changes no path.
 * Rewrites `unit->header` to begin with a colon (unless it is a common command) and updates `path`. */
void scpi_resolve(struct scpi_unit *unit, char path[96]);

/* True if `header` (":VOLT:RANG") matches `pattern`. `suffix` gets the number at `<x>`, or -1. */
bool scpi_match(const char *pattern, const char *header, int *suffix);
/* True if `word` is the short or long form of `pattern` ("NORMal"). */
bool scpi_word(const char *pattern, const char *word);
/* Adds the pattern in full or short form, in capitals, with `suffix` for `<x>`: ":INPUT:VOLTAGE:RANGE". */
void scpi_spell(struct text *text, const char *pattern, bool full, int suffix);

/* A number with multiplier and unit: `150V`, `5MV` (milli), `100MS`, `0.1`. `unit`: "V", "A", "S", "HZ" or "". */
bool scpi_number(const char *argument, const char *unit, double *value);
/* `ON`, `OFF`, or a number. */
bool scpi_boolean(const char *argument, bool *value);
/* Splits "P,1" in place at commas; returns how many parts (at most `max`). */
int scpi_split(char *arguments, char **parts, int max);

/* NR3 in engineering notation, to 10^`exponent`: (104.753, -2) -> "104.75E+00", (0.4512, -4) -> "451.2E-03"; NAN -> "NAN",
 * infinite -> "INF". */
void scpi_nr3(struct text *text, double value, int exponent);

#endif
