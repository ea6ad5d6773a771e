/*
 * onc_rpc: as much of ONC remote procedure calls as a caller over TCP needs. Pure: bytes in, bytes out, nothing allocated.
 *
 * Everything is big-endian words of 32 bits (XDR, RFC 4506); `opaque` is a word of length, the bytes, and zeros up to a word.
 *
 *   record (RFC 5531, 11)   fragment … fragment; each: 1 bit "last", 31 bits of length, so many bytes
 *   call   (RFC 5531, 9)    xid, 0, 2 (version of RPC), program, version, procedure,
 *                           credentials and verifier: each flavour 0 and an opaque of no bytes,   arguments
 *   reply                   xid, 1, 0 accepted, verifier (flavour, opaque), 0 success,            results
 *                                                                           1 … 5 why not
 *                                   1 denied, why
 *   portmapper (RFC 1833, 3)  program 100000, version 2, procedure 3: (program, version, 6 = TCP, 0) -> port, 0: not there
 */
#ifndef JOULERIG_DRIVERS_LINKS_ONC_RPC_H
#define JOULERIG_DRIVERS_LINKS_ONC_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPC_OVERHEAD 512 /* a reply's words before its results, with the longest verifier allowed (400 bytes), or a call's */
#define RPC_RECORD_MAX (4096 + RPC_OVERHEAD)

#define PORTMAPPER_PORT 111

/* Writing: what does not fit sets `bad`, and nothing more is written. */
struct xdr_writer {
	uint8_t *bytes;
	size_t room, size;
	bool bad;
};
void xdr_put(struct xdr_writer *writer, uint32_t word);
void xdr_put_opaque(struct xdr_writer *writer, const void *bytes, size_t size);

/* Reading: what is not there sets `bad`, and reads as 0. */
struct xdr_reader {
	const uint8_t *bytes;
	size_t left;
	bool bad;
};
uint32_t xdr_get(struct xdr_reader *reader);
const uint8_t *xdr_get_opaque(struct xdr_reader *reader, size_t *size); /* NULL when bad */

/* A call as one fragment, from its mark on: begin, put the arguments, end. */
void rpc_call_begin(struct xdr_writer *writer, uint32_t xid, uint32_t program, uint32_t version, uint32_t procedure);
bool rpc_call_end(struct xdr_writer *writer); /* false: it did not fit */

/* A record as it comes in, in pieces of any size: read at most `*room` bytes to the place that rpc_record_room tells, then tell
 * rpc_record_took how many came. After RPC_COMPLETE the next rpc_record_room begins another record. */
enum rpc_progress { RPC_MORE, RPC_COMPLETE, RPC_BROKEN }; /* BROKEN: too long, or an empty fragment that is not the last */
struct rpc_record {
	uint8_t bytes[RPC_RECORD_MAX];
	size_t size;
	uint8_t mark[4];
	uint32_t marked, left; /* bytes of the mark that came, bytes of its fragment that did not */
	bool last, complete;
};
uint8_t *rpc_record_room(struct rpc_record *record, size_t *room);
enum rpc_progress rpc_record_took(struct rpc_record *record, size_t size);

struct rpc_reply {
	uint32_t xid;
	bool success;              /* else it was refused */
	struct xdr_reader results; /* points into the record */
};
bool rpc_reply_decode(const uint8_t *bytes, size_t size, struct rpc_reply *reply); /* false: not a reply */

void portmapper_put_question(struct xdr_writer *writer, uint32_t xid, uint32_t program, uint32_t version);
/* 0: not registered there; -1: no answer to that question. */
int portmapper_port(struct xdr_reader results);

#endif
