/* What a BMC answers: the first byte says to which question. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "platform/dcmi_wire.h"
#include "record.h"

static void take_reading(const uint8_t *bytes, size_t size)
{
	struct dcmi_reading reading = { .watts = -1 };
	enum dcmi_answer answer = dcmi_reading_decode(bytes, size, &reading);
	if (answer != DCMI_READING && reading.watts != -1) /* a refusal leaves no number behind */
		abort();
	if (answer == DCMI_READING && (reading.flags ? !isnan(reading.watts) || reading.flags != FLAG_NO_DATA : !(reading.watts >= 0 && reading.watts < 65535)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcmi_identity identity;
	if (size == 0)
		return 0;
	uint8_t *bytes = malloc(size); /* as long as it is, for a sanitizer */
	if (bytes == NULL)
		abort();
	memcpy(bytes, data + 1, size - 1);
	if (data[0] & 1)
		take_reading(bytes, size - 1);
	else if (dcmi_identity_decode(bytes, size - 1, &identity) == 0 && (identity.manufacturer > 0xfffff || identity.major > 127))
		abort();
	free(bytes);
	return 0;
}
