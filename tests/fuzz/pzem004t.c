/* What a PZEM-004T answers. The first byte is the address that was asked; the CRC is made right, or nothing else would be met. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/pzem004t.h"

static void expect_sense(const struct pzem_reading *r)
{
	if (r->voltage_flags ? !isnan(r->voltage) : !(r->voltage >= 80 && r->voltage <= 260))
		abort();
	if (r->power_flags ? !isnan(r->power) : !(r->power >= 0 && r->power <= 23000))
		abort();
	if (r->current_flags ? !isnan(r->current) : !(r->current >= 0 && r->current <= 100))
		abort();
	if (r->energy > 9999990 || (r->energy_flags && r->energy != 0) || !isfinite(r->frequency) || !isfinite(r->power_factor))
		abort();
}

static void take(uint8_t address, const uint8_t *bytes, size_t size)
{
	static const struct pzem_range hundred = { .current = 100, .power = 23000 };
	struct pzem_reading reading;
	int code = pzem_reply_decode(bytes, size, address, &hundred, &reading);
	if (code < -1 || code > 255 || (code > 0 && size != PZEM_EXCEPTION_SIZE) || (code == 0 && size != PZEM_REPLY_SIZE))
		abort();
	if (code == 0)
		expect_sense(&reading);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	uint8_t *bytes = malloc(size); /* as long as it is, for a sanitizer */
	if (bytes == NULL)
		abort();
	memcpy(bytes, data + 1, size - 1);
	take(data[0], bytes, size - 1);
	if (size - 1 >= 4) {
		uint16_t crc = pzem_crc(bytes, size - 3);
		bytes[size - 3] = (uint8_t)(crc & 0xff);
		bytes[size - 2] = (uint8_t)(crc >> 8);
		take(data[0], bytes, size - 1);
	}
	free(bytes);
	return 0;
}
