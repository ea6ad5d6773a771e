/* What a Watts Up? sends: a stream with packets in it, each taken for a record and for a version. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meters/watts_up_wire.h"
#include "record.h"

/* No data is no number, and no reading is larger than its digits. */
static void expect_sense(const struct watts_up_value *value)
{
	if (value->flags ? !isnan(value->value) : !(value->value >= 0 && value->value < 1e6))
		abort();
}

static void take_packet(const char *packet)
{
	struct watts_up_record record;
	struct watts_up_version version;
	if (strpbrk(packet, "#;\r\n\t") || strlen(packet) >= WATTS_UP_PACKET)
		abort();
	if (watts_up_record_decode(packet, &record) == 0) {
		if (!watts_up_is_record(packet))
			abort();
		expect_sense(&record.watts);
		expect_sense(&record.volts);
		expect_sense(&record.amperes);
		expect_sense(&record.watt_hours);
	}
	if (watts_up_version_decode(packet, &version) == 0 && strcmp(version.text, packet) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct watts_up_stream stream = { .length = 0 };
	for (size_t i = 0; i < size; i++)
		if (watts_up_feed(&stream, (char)data[i]) == WATTS_UP_WHOLE)
			take_packet(stream.packet);
	return 0;
}
