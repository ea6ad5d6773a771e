#include "onc_rpc.h"

#include <string.h>

enum { CALL, REPLY };
enum { ACCEPTED, DENIED };
enum { RPC_VERSION = 2, AUTH_NONE = 0, SUCCESS = 0, TCP = 6, AUTH_LONGEST = 400 };
#define LAST UINT32_C(0x80000000)

static void put_word(uint8_t *bytes, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static uint32_t get_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static size_t padding(size_t size)
{
	return -size & 3;
}

/* ---- XDR ---- */

static uint8_t *take_room(struct xdr_writer *writer, size_t size)
{
	if (writer->bad || size > writer->room - writer->size) {
		writer->bad = true;
		return NULL;
	}
	writer->size += size;
	return writer->bytes + writer->size - size;
}

void xdr_put(struct xdr_writer *writer, uint32_t word)
{
	uint8_t *room = take_room(writer, 4);
	if (room)
		put_word(room, word);
}

void xdr_put_opaque(struct xdr_writer *writer, const void *bytes, size_t size)
{
	xdr_put(writer, (uint32_t)size);
	uint8_t *room = take_room(writer, size + padding(size));
	if (room == NULL || size == 0)
		return;
	memcpy(room, bytes, size);
	memset(room + size, 0, padding(size));
}

static const uint8_t *take(struct xdr_reader *reader, size_t size)
{
	if (reader->bad || size > reader->left) {
		reader->bad = true;
		return NULL;
	}
	reader->left -= size;
	reader->bytes += size;
	return reader->bytes - size;
}

uint32_t xdr_get(struct xdr_reader *reader)
{
	const uint8_t *bytes = take(reader, 4);
	return bytes ? get_word(bytes) : 0;
}

const uint8_t *xdr_get_opaque(struct xdr_reader *reader, size_t *size)
{
	*size = xdr_get(reader);
	const uint8_t *bytes = *size <= reader->left ? take(reader, *size + padding(*size)) : NULL;
	if (bytes == NULL) {
		reader->bad = true;
		*size = 0;
	}
	return bytes;
}

/* ---- records ---- */

uint8_t *rpc_record_room(struct rpc_record *record, size_t *room)
{
	if (record->complete) {
		record->size = 0;
		record->complete = false;
	}
	if (record->left > 0) {
		*room = record->left;
		return record->bytes + record->size;
	}
	*room = sizeof record->mark - record->marked;
	return record->mark + record->marked;
}

static enum rpc_progress take_mark(struct rpc_record *record)
{
	uint32_t mark = get_word(record->mark), length = mark & ~LAST;
	record->marked = 0;
	record->last = mark & LAST;
	record->left = length;
	if (length > sizeof record->bytes - record->size) {
		record->left = 0; /* nothing is read beyond, come what may */
		return RPC_BROKEN;
	}
	if (length > 0)
		return RPC_MORE;
	record->complete = record->last;
	return record->last ? RPC_COMPLETE : RPC_BROKEN;
}

enum rpc_progress rpc_record_took(struct rpc_record *record, size_t size)
{
	if (record->left == 0) {
		record->marked += (uint32_t)size;
		return record->marked == sizeof record->mark ? take_mark(record) : RPC_MORE;
	}
	record->size += size;
	record->left -= (uint32_t)size;
	record->complete = record->left == 0 && record->last;
	return record->complete ? RPC_COMPLETE : RPC_MORE;
}

/* ---- messages ---- */

void rpc_call_begin(struct xdr_writer *writer, uint32_t xid, uint32_t program, uint32_t version, uint32_t procedure)
{
	const uint32_t words[] = { 0 /* the mark, known at the end */, xid, CALL, RPC_VERSION, program, version, procedure,
				   AUTH_NONE, 0, AUTH_NONE, 0 };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		xdr_put(writer, words[i]);
}

bool rpc_call_end(struct xdr_writer *writer)
{
	if (!writer->bad)
		put_word(writer->bytes, LAST | (uint32_t)(writer->size - 4));
	return !writer->bad;
}

bool rpc_reply_decode(const uint8_t *bytes, size_t size, struct rpc_reply *reply)
{
	struct xdr_reader reader = { .bytes = bytes, .left = size };
	size_t verifier;
	reply->xid = xdr_get(&reader);
	reply->success = false;
	if (xdr_get(&reader) != REPLY)
		return false;
	uint32_t status = xdr_get(&reader);
	if (status == DENIED)
		return !reader.bad;
	xdr_get(&reader); /* the verifier's flavour */
	xdr_get_opaque(&reader, &verifier);
	reply->success = xdr_get(&reader) == SUCCESS;
	reply->results = reader;
	return status == ACCEPTED && verifier <= AUTH_LONGEST && !reader.bad;
}

/* ---- the portmapper ---- */

void portmapper_put_question(struct xdr_writer *writer, uint32_t xid, uint32_t program, uint32_t version)
{
	const uint32_t mapping[] = { program, version, TCP, 0 };
	rpc_call_begin(writer, xid, 100000, 2, 3);
	for (size_t i = 0; i < sizeof mapping / sizeof *mapping; i++)
		xdr_put(writer, mapping[i]);
}

int portmapper_port(struct xdr_reader results)
{
	uint32_t port = xdr_get(&results);
	return results.bad || port > UINT16_MAX ? -1 : (int)port;
}
