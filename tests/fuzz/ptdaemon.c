/* What a PTDaemon says and logs, a line: every decoder, and what each must hold. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/ptdaemon_reply.h"
#include "record.h"

/* A code is no number. */
static void expect_sense(const struct ptdaemon_value *value)
{
	if ((value->flags != 0) != (isnan(value->value) != 0) || isinf(value->value))
		abort();
}

static void take_sample(const char *line)
{
	struct ptdaemon_sample s;
	if (ptdaemon_sample_decode(line, &s) != 0)
		return;
	if (s.wall < 0 || s.wall > INT64_C(253402300860000) || memchr(s.mark, '\0', sizeof s.mark) == NULL)
		abort();
	expect_sense(&s.watts);
	expect_sense(&s.volts);
	expect_sense(&s.amperes);
	expect_sense(&s.power_factor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptdaemon_identity identity;
	struct ptdaemon_ranges ranges;
	struct ptdaemon_value value;
	int n;
	char *line = malloc(size + 1); /* as long as it is, for a sanitizer */
	if (line == NULL)
		abort();
	memcpy(line, data, size);
	line[size] = '\0';
	take_sample(line);
	if (ptdaemon_uncertainty_decode(line, &value) == 0)
		expect_sense(&value);
	if (ptdaemon_ranges_decode(line, &ranges) == 0 && !(ranges.voltage >= 0 && ranges.current >= 0))
		abort();
	if (ptdaemon_count_decode(line, &n) == 0 && (n < 0 || n > 500000))
		abort();
	if (ptdaemon_identity_decode(line, &identity) == 0 && (identity.interval < 1 || identity.driver[0] == '\0'))
		abort();
	free(line);
	return 0;
}
