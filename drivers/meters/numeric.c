/*
 * The replies, HEADer off:
 *
 *   *IDN?                                         YOKOGAWA,WT310E,C2PH13047V,F1.03
 *                                                 maker    model  serial     firmware
 *   :STAT:EESR?                                   1                  NR1, 16 bits
 *   :STAT:COND?;:NUM:NORM:VAL?;:STAT:EESR?        64;230.12E+00,INF,NAN;0
 *   - condition register, NR1                     |  |                  |
 *   - one field per item, in the order set -------+--+                  |
 *   - events since the last read, NR1 ----------------------------------+
 *   :INP:VOLT:RANG?;:INP:VOLT:AUTO?;:INP:CURR:RANG?;:INP:CURR:AUTO?
 *                                                 300.0E+00;0;1.000E+00;1
 *   :STAT:ERR?                                    813,"Invalid operation…"  (the text is optional)
 *
 *   GPM:
 *   *IDN?                                         GWInstek,GPM-8213,GES913349,V1.05
 *   :NUM:NORM:VAL?                                127.58,0.24002,17.688,30.622,59.993,0.5776,24.997,NAN
 *   :NUM:NORM:HEADER?                             Urms,Irms,P,S,fU,PF,Q,fI       names as they are shown, not as they were set
 *
 * A field is NR3 ("103.35E+00"), or says that there is no number. There are several ways to say so:
 *   NAN, 9.91E+37     no data                     flagged FLAG_NO_DATA
 *   INF, 9.9E+37      over range, overflow        flagged FLAG_OVER_RANGE
 */
#include "numeric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "record.h"
#include "units.h"

/* IEEE single precision stores the two codes to 7 digits. */
static bool is_code(double number, double code)
{
	return fabs(fabs(number) - code) < 1e-4 * code;
}

static int no_number(struct numeric_value *value, uint32_t flag)
{
	*value = (struct numeric_value){ .value = NAN, .flags = flag };
	return 0;
}

int numeric_value_decode(const char *text, size_t length, struct numeric_value *value)
{
	char field[48];
	if (length == 0 || length >= sizeof field)
		return -1;
	memcpy(field, text, length);
	field[length] = '\0';
	const char *word = field + (field[0] == '+' || field[0] == '-');
	if (strcasecmp(word, "NAN") == 0)
		return no_number(value, FLAG_NO_DATA);
	if (strcasecmp(word, "INF") == 0 || strcasecmp(word, "INFINITY") == 0)
		return no_number(value, FLAG_OVER_RANGE);
	*value = (struct numeric_value){ .value = 0 };
	if (strlen(field) != length || number_parse(field, &value->value) < 0)
		return -1;
	if (is_code(value->value, 9.91e37))
		return no_number(value, FLAG_NO_DATA);
	if (is_code(value->value, 9.9e37))
		return no_number(value, FLAG_OVER_RANGE);
	return 0;
}

static int decode_register(const char *text, size_t length, unsigned *value)
{
	unsigned sum = 0;
	if (length == 0 || length > 5)
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		sum = sum * 10 + (unsigned)(text[i] - '0');
	}
	*value = sum;
	return sum > 0xffff ? -1 : 0;
}

int numeric_register_decode(const char *line, unsigned *value)
{
	return decode_register(line, strlen(line), value);
}

/* Exactly `items` values, with commas between them, in [text, text + length). */
static int decode_items(const char *text, size_t length, int items, struct numeric_value *item)
{
	const char *end = text + length;
	for (int i = 0; i < items; i++) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;
		bool last = i == items - 1;
		if (last != (comma == NULL) || numeric_value_decode(text, (size_t)(stop - text), &item[i]) < 0)
			return -1;
		text = stop + 1;
	}
	return 0;
}

int numeric_reading_decode(const char *line, int items, struct numeric_reading *reading)
{
	*reading = (struct numeric_reading){ .condition = 0 };
	const char *values = strchr(line, ';');
	const char *events = values ? strchr(values + 1, ';') : NULL;
	if (events == NULL || items < 1 || items > NUMERIC_ITEMS_MAX)
		return -1;
	if (decode_register(line, (size_t)(values - line), &reading->condition) < 0 ||
	    numeric_register_decode(events + 1, &reading->events) < 0)
		return -1;
	return decode_items(values + 1, (size_t)(events - values - 1), items, reading->item);
}

int numeric_values_decode(const char *line, int items, struct numeric_value *item)
{
	if (items < 1 || items > NUMERIC_ITEMS_MAX)
		return -1;
	return decode_items(line, strlen(line), items, item);
}

/* ---- names of items ---- */

const char *numeric_item_name(const char *shown)
{
	static const struct {
		const char *shown, *name;
	} aliases[] = {
		{ "Urms", "U" }, { "Udc", "U" }, { "Uac", "U" }, { "Uacdc", "U" }, { "Irms", "I" }, { "Idc", "I" }, { "Iac", "I" }, { "Iacdc", "I" },
		{ "PF", "LAMBDA" },
	};
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcasecmp(shown, aliases[i].shown) == 0)
			return aliases[i].name;
	return shown;
}

int numeric_names_decode(const char *line, int items, char names[][NUMERIC_NAME_SIZE])
{
	for (int i = 0; i < items; i++) {
		size_t length = strcspn(line, ",");
		bool last = i == items - 1;
		if (length == 0 || length >= NUMERIC_NAME_SIZE || last != (line[length] == '\0'))
			return -1;
		for (size_t k = 0; k < length; k++) {
			if (line[k] <= ' ' || line[k] > '~')
				return -1;
			names[i][k] = line[k];
		}
		names[i][length] = '\0';
		line += length + !last;
	}
	return 0;
}

static int decode_boolean(const char *text, bool *value)
{
	*value = text[0] == '1';
	return (text[0] == '0' || text[0] == '1') && text[1] == '\0' ? 0 : -1;
}

int numeric_ranges_decode(const char *line, struct numeric_ranges *ranges)
{
	char voltage[24], voltage_auto[4], current[24], current_auto[4];
	int used = 0;
	if (sscanf(line, "%23[^;];%3[^;];%23[^;];%3[^;]%n", voltage, voltage_auto, current, current_auto, &used) != 4 ||
	    line[used] != '\0')
		return -1;
	if (number_parse(voltage, &ranges->voltage) < 0 || number_parse(current, &ranges->current) < 0)
		return -1;
	return decode_boolean(voltage_auto, &ranges->voltage_auto) | decode_boolean(current_auto, &ranges->current_auto);
}

int numeric_error_decode(const char *line, int *code)
{
	char text[12];
	long long number;
	size_t length = strcspn(line, ",");
	if (length == 0 || length >= sizeof text)
		return -1;
	memcpy(text, line, length);
	text[length] = '\0';
	if (integer_parse(text, &number) < 0 || number < -32768 || number > 32767)
		return -1;
	*code = (int)number;
	return 0;
}
