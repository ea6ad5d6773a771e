/* What a Chroma answers: a reading, alarms, an identity. The first byte says how many items were asked for, and of which channel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/chroma_wire.h"
#include "meters/idn.h"

/* A code is no number, and the numbers that codes are written as are never there. */
static void expect_sense(const struct chroma_value *value)
{
	if ((value->code != 0) != (value->flags != 0) || (value->code != 0) != (isnan(value->value) != 0))
		abort();
	if (value->value == -1 || value->value == -2 || value->value == -3 || value->code > 0 || value->code < -3)
		abort();
}

static void take_reading(const char *text, int n)
{
	struct chroma_value values[CHROMA_VALUES_MAX];
	if (chroma_reading_decode(text, n, values) != 0)
		return;
	for (int i = 0; i < n; i++)
		expect_sense(&values[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chroma_value value;
	struct idn identity;
	unsigned alarms = 0;
	if (size == 0)
		return 0;
	char *text = malloc(size); /* as long as it is, for a sanitizer */
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (chroma_alarms_decode(text, 1 + data[0] / 16 % 4, &alarms) == 0 && alarms > 0xffff)
		abort();
	take_reading(text, 1 + data[0] % CHROMA_VALUES_MAX);
	if (chroma_value_decode(text, size - 1, &value) == 0)
		expect_sense(&value);
	if (idn_decode(text, &identity) == 0 && (identity.maker[0] == '\0' || identity.firmware[0] == '\0'))
		abort();
	free(text);
	return 0;
}
