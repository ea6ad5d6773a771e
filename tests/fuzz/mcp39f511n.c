/* What an MCP39F511N answers: a frame, and its registers under whatever ranges. The first byte says how many bytes were asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/mcp39f511n_wire.h"

/* A power stands beside volts, amperes and a power factor that allow it, or there is none. */
static void expect_sense(const struct mcp_values *v)
{
	if (!isfinite(v->voltage) || !isfinite(v->frequency))
		abort();
	for (int i = 0; i < MCP_OUTLETS; i++) {
		const struct mcp_outlet *o = &v->outlet[i];
		if (!isfinite(o->current) || !(fabs(o->power_factor) <= 1) || (o->flags ? !isnan(o->power) : !isfinite(o->power)))
			abort();
	}
}

static void take_registers(const uint8_t *data, size_t size)
{
	struct mcp_settings settings;
	struct mcp_values values;
	if (size < MCP_SETTINGS_SIZE + MCP_VALUES_SIZE || mcp_settings_decode(data, &settings) != 0)
		return;
	if (!(mcp_power_step(&settings, 0) > 0) || !(mcp_power_step(&settings, 1) < 100))
		abort();
	mcp_values_decode(data + MCP_SETTINGS_SIZE, &settings, &values);
	expect_sense(&values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t count = data[0] % (MCP_DATA_MAX + 1);
	uint8_t *bytes = malloc(size - 1); /* as long as it is, for a sanitizer */
	if (bytes == NULL)
		abort();
	memcpy(bytes, data + 1, size - 1);
	enum mcp_answer answer = mcp_reply_decode(bytes, size - 1, count);
	if (answer == MCP_OK && size - 1 != (count ? count + 3 : 1))
		abort();
	take_registers(bytes, size - 1);
	free(bytes);
	return 0;
}
