#include "meters/zes_wire.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "meters/field.h"
#include "record.h"

#define NO_NUMBER 9.905e37 /* from here on it is 9.91E+37… */
#define INFINITE 9e37      /* …from here on 9.9E+37, however many digits it is written with */
#define LARGEST 1e12       /* of anything that is measured */
#define LOST_MOST 1e6      /* more than that is another count */

static uint32_t flags_of(double number)
{
	double size = fabs(number);
	return size >= NO_NUMBER ? FLAG_NO_DATA : size >= INFINITE ? FLAG_OVER_RANGE : size > LARGEST ? FLAG_IMPLAUSIBLE : 0;
}

int zes_value_decode(const char *text, size_t length, struct zes_value *value)
{
	double number;
	*value = (struct zes_value){ .value = NAN };
	if (field_decimal(text, length, FIELD_DECIMAL_MAX, &number) != 0)
		return -1;
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
	return isdigit((unsigned char)model[0]) && strspn(model, "0123456789") <= 4 ? atoi(model) : 0;
}
