/* What comes in from an instrument behind VXI-11: bytes -> record -> reply -> results of each call. The first byte says in what
 * pieces they come. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "links/vxi11_wire.h"

static void expect_within(const uint8_t *record, size_t length, const uint8_t *bytes, size_t size)
{
	if (bytes < record || size > length || bytes + size > record + length)
		abort();
}

static void take_results(const uint8_t *record, size_t length, struct xdr_reader results)
{
	struct vxi11_created created;
	struct vxi11_read read;
	uint32_t error, taken;
	expect_within(record, length, results.bytes, results.left);
	if (portmapper_port(results) > UINT16_MAX)
		abort();
	if (vxi11_get_created(results, &created))
		(void)vxi11_error_text(created.error)[0];
	if (vxi11_get_written(results, &error, &taken) && vxi11_meaning(error) > IO_GARBLED)
		abort();
	if (vxi11_get_error(results, &error) && vxi11_meaning(error) == IO_OK && error != VXI11_NO_ERROR)
		abort();
	if (vxi11_get_read(results, &read))
		expect_within(record, length, read.data, read.size);
}

/* From memory of its own size, so that a sanitizer sees one byte too many. */
static void take_record(const struct rpc_record *record)
{
	struct rpc_reply reply;
	uint8_t *bytes = malloc(record->size ? record->size : 1);
	if (bytes == NULL || record->size > sizeof record->bytes)
		abort();
	memcpy(bytes, record->bytes, record->size);
	if (rpc_reply_decode(bytes, record->size, &reply) && reply.success)
		take_results(bytes, record->size, reply.results);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rpc_record record;
	record = (struct rpc_record){ .size = 0 };
	size_t piece = size > 0 ? 1 + data[0] : 1, at = 1;
	while (at < size) {
		size_t room, n = size - at < piece ? size - at : piece;
		uint8_t *into = rpc_record_room(&record, &room);
		if (room == 0 || into < (uint8_t *)&record || into + room > (uint8_t *)(&record + 1))
			abort();
		n = n < room ? n : room;
		memcpy(into, data + at, n);
		at += n;
		enum rpc_progress progress = rpc_record_took(&record, n);
		if (progress == RPC_BROKEN)
			return 0;
		if (progress == RPC_COMPLETE)
			take_record(&record);
	}
	return 0;
}
