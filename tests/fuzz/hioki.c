/* What a Hioki answers: a reading, a status, an identity, one value. The first byte says how many items were asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/hioki_reply.h"
#include "meters/idn.h"

static const char *const items[] = { "P", "U", "I", "WP", "TIME", "P1", "WP1", "TIME" };

/* A code is no number; what is exact is what was shown. */
static void expect_sense(const struct hioki_value *value)
{
	if (value->flags && (!isnan(value->value) || value->exact))
		abort();
	if (!value->flags && !isfinite(value->value))
		abort();
	if (fabs(value->value) >= 1e13 || (value->exact && fabs((double)value->nano * 1e-9 - value->value) > 1e-9 + 1e-12 * fabs(value->value)))
		abort();
}

static void take_text(const char *text)
{
	struct idn identity;
	uint32_t status;
	if (hioki_status_decode(text, &status) == 0)
		(void)hioki_status_flags(status);
	if (idn_decode(text, &identity) == 0 && (identity.maker[0] == '\0' || identity.firmware[0] == '\0'))
		abort();
	if (hioki_argument(text) < text || hioki_argument(text) > text + strlen(text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hioki_value values[HIOKI_ITEMS_MAX];
	if (size == 0)
		return 0;
	char *text = malloc(size); /* as long as it is, for a sanitizer */
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	int n = data[0] % (HIOKI_ITEMS_MAX + 1), first = data[0] / (HIOKI_ITEMS_MAX + 1) % 2 * 3;
	n = n + first > HIOKI_ITEMS_MAX ? HIOKI_ITEMS_MAX - first : n;
	if (hioki_reading_decode(text, items + first, n, values) == 0)
		for (int i = 0; i < n; i++)
			expect_sense(&values[i]);
	if (hioki_value_decode(text, size - 1, values) == 0)
		expect_sense(values);
	take_text(text);
	free(text);
	return 0;
}
