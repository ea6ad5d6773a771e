/* What an LMG sends: the values of a cycle, an identity, errors. The first byte says how many values were asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/idn.h"
#include "meters/zes_wire.h"

/* What is flagged is no number, and nothing that is none goes without a flag. */
static void expect_sense(const struct zes_value *value)
{
	if ((value->flags != 0) != (isnan(value->value) != 0) || fabs(value->value) > 1e12)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zes_value values[ZES_VALUES_MAX];
	struct idn idn;
	if (size == 0)
		return 0;
	char *text = malloc(size); /* as long as it is, for a sanitizer */
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	int n = 1 + data[0] % ZES_VALUES_MAX;
	if (zes_cycle_decode(text, n, values) == 0) {
		for (int i = 0; i < n; i++)
			expect_sense(&values[i]);
		if (n > 1 && !isnan(values[0].value) && !isnan(values[1].value) && zes_cycles_lost(values[0].value, values[1].value) > 1000000)
			abort();
	}
	if (zes_value_decode(text, size - 1, values) == 0)
		expect_sense(values);
	if (zes_no_error(text) && text[0] != '0')
		abort();
	if (idn_decode(text, &idn) == 0 && (idn.maker[0] == '\0' || idn.firmware[0] == '\0' || zes_model(idn.model) < 0 || zes_model(idn.model) > 9999))
		abort();
	free(text);
	return 0;
}
