/* What an instrument of the :NUMeric dialect answers: a reading, values alone, names, registers, ranges, an identity, an error. The first
 * byte says how many items were asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/idn.h"
#include "meters/numeric.h"
#include "record.h"

/* A code is no number, and a number no code. */
static void expect_sense(const struct numeric_value *value, int n)
{
	for (int i = 0; i < n; i++) {
		if (value[i].flags && !isnan(value[i].value))
			abort();
		if (!value[i].flags && !isfinite(value[i].value))
			abort();
		if (fabs(fabs(value[i].value) - 9.9e37) < 1e33 || fabs(fabs(value[i].value) - 9.91e37) < 1e33)
			abort();
	}
}

static void take_values(const char *line, int n)
{
	struct numeric_reading reading;
	struct numeric_value values[NUMERIC_ITEMS_MAX];
	char names[NUMERIC_ITEMS_MAX][NUMERIC_NAME_SIZE];
	if (numeric_reading_decode(line, n, &reading) == 0)
		expect_sense(reading.item, n);
	if (numeric_values_decode(line, n, values) == 0)
		expect_sense(values, n);
	if (n > 0 && n <= NUMERIC_ITEMS_MAX && numeric_names_decode(line, n, names) == 0)
		for (int i = 0; i < n; i++)
			if (names[i][0] == '\0' || numeric_item_name(names[i])[0] == '\0')
				abort();
}

static void take_settings(const char *line)
{
	struct numeric_ranges ranges;
	struct idn identity;
	unsigned value;
	int code;
	if (numeric_register_decode(line, &value) == 0 && value > 0xffff)
		abort();
	if (numeric_ranges_decode(line, &ranges) == 0 && !(isfinite(ranges.voltage) && isfinite(ranges.current)))
		abort();
	if (idn_decode_padded(line, &identity) == 0 && (identity.maker[0] == '\0' || identity.firmware[0] == '\0'))
		abort();
	if (numeric_error_decode(line, &code) == 0 && (code < -32768 || code > 32767))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	char *line = malloc(size); /* as long as it is, for a sanitizer */
	if (line == NULL)
		abort();
	memcpy(line, data + 1, size - 1);
	line[size - 1] = '\0';
	take_values(line, data[0] % (NUMERIC_ITEMS_MAX + 2));
	take_settings(line);
	free(line);
	return 0;
}
