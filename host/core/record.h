/*
 * record: what a driver says happened. The record in the ring is the record in the journal.
 *
 *   +0   u16 kind      +2  u16 channel    +4  u32 seq       +8  u32 flags     +12 u32 n
 *   +16  i64 t (ns)    +24 i64 u_t (ns)   +32 payload, zero-padded to a multiple of 8 bytes
 *
 * Native byte order (the journal's header says which); 8-byte aligned. `seq` counts per channel from 0, so that a lost record
 * shows. `t` is on the channel's clock; `u_t` is the half-width of a rectangular distribution around it.
 */
#ifndef JOULERIG_CORE_RECORD_H
#define JOULERIG_CORE_RECORD_H

#include <stdint.h>

#include "channel.h"

enum record_kind {
	RECORD_BLOCK = 1, /* n native values of the channel */
	RECORD_EDGE,      /* payload struct record_edge: a trigger transition, a mark, a phase */
	RECORD_GAP,       /* payload struct record_gap: values that are missing, and why */
	RECORD_ANCHOR,    /* payload struct clock_anchor */
	RECORD_RANGE,     /* payload struct record_range: the range in force from t on */
	RECORD_NOTE,      /* n bytes of JSON text: facts of the run (status, rusage, identity) */
	RECORD_SYNC,      /* payload struct record_sync: a device's clock was asked for its time */
	RECORD_KINDS
};

/* Bits of `flags` on a BLOCK: a value with any of FLAG_INVALID never enters a sum. */
enum record_flag {
	FLAG_NO_DATA = 1u << 0,       /* the instrument said it has no value */
	FLAG_OVER_RANGE = 1u << 1,    /* the instrument said the input exceeds its range */
	FLAG_IMPLAUSIBLE = 1u << 2,   /* a number that this channel cannot have */
	FLAG_PEAK_OVER = 1u << 3,     /* the peak exceeded the range; the value may be low */
	FLAG_RANGE_CHANGED = 1u << 4, /* under another range than the one set: no stated accuracy holds */
	FLAG_REQUESTED = 1u << 5,     /* read because an edge asked for it, beside the schedule */
	FLAG_INVALID = FLAG_NO_DATA | FLAG_OVER_RANGE | FLAG_IMPLAUSIBLE,
};

struct record {
	uint16_t kind, channel;
	uint32_t seq, flags, n;
	int64_t t, u_t;
};
_Static_assert(sizeof(struct record) == 32, "the journal's record header is 32 bytes");

enum edge_what {
	EDGE_START = 1, /* of the run: raised by the child just before exec */
	EDGE_STOP,      /* of the run: the child has ended */
	EDGE_BEGIN,     /* of a phase, by the workload's own clock */
	EDGE_END,
	EDGE_MARK,      /* a named instant */
	EDGE_BARRIER,   /* the workload waits for quiet */
	EDGE_GO,        /* it was let go on */
	EDGE_RISE,      /* of a line, raw; `name` is the line's: DEVICE.input, DEVICE.output, DEVICE.mark */
	EDGE_FALL,
	EDGE_WHATS
};
enum edge_source { EDGE_SOFTWARE = 1, EDGE_KERNEL, EDGE_HARDWARE }; /* of two that are known alike, the greater is the better */

struct record_edge {
	uint32_t what, source;
	int64_t received; /* MONOTONIC ns at which the host learned of it; the record's t is the source's own stamp */
	char name[40];    /* of the phase or mark; NUL-padded */
};

enum gap_reason {
	GAP_TIMEOUT = 1, /* no answer by the deadline */
	GAP_GARBLED,     /* an answer that could not be decoded */
	GAP_GONE,        /* the device has disappeared */
	GAP_MISSED,      /* the device went on, we were late: updates overwritten */
	GAP_READ_FAILED, /* the operating system refused a read */
	GAP_OVERRUN,     /* our own ring was full */
	GAP_STALLED,     /* the device answers but its value does not move on */
	GAP_RESET,       /* the device began anew: its clock and its counts, too */
	GAP_REASONS
};
struct record_gap {
	uint32_t reason, values; /* how many values are missing, as far as known; at least 1 */
	int64_t from, to;        /* MONOTONIC ns that enclose what is missing */
};
struct record_range {
	double voltage, current; /* V, A; 0 when unknown */
	uint32_t automatic, changed; /* auto ranging is on; the instrument changed it by itself */
};

/* One exchange with a device that has a clock of its own (CLOCK_ID_DEVICE), as in NTP (RFC 5905, 8): the question left at `sent`, was
 * with the device from `arrived` to `answered` of its clock, and the answer was here at `received`. Host times are MONOTONIC ns, the
 * device's are ns since its reset, of its own length. The record's t is `received`, its channel one of that clock. */
struct record_sync {
	int64_t sent, received;
	int64_t arrived, answered;
};

#define RECORD_PAYLOAD_MAX 3072u /* a record always fits a journal block */

/* Bytes of payload (padded) that follow the header; the channel's number type matters for a BLOCK only. */
uint32_t record_payload_size(const struct record *record, enum number_type type);
const char *edge_what_name(unsigned what);
const char *edge_source_name(unsigned source);
const char *gap_reason_name(unsigned reason);

#endif
