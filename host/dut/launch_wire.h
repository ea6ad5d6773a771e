/*
 * launch_wire: what joulerig and its launcher say to each other. Both are the same program, so structs go as they are.
 *
 * Two SOCK_SEQPACKET pairs, so that messages keep their borders: on `commands` each request gets one reply, but for LAG: it is
 * answered when the child is at the gate, must be followed by RELEASE, and is answered again when the child has ended; on `events`
 * the launcher sends struct launch_event whenever one happens (non-blocking: it waits for nobody). When joulerig's end closes, the
 * launcher ends what runs, then itself.
 */
#ifndef JOULERIG_DUT_LAUNCH_WIRE_H
#define JOULERIG_DUT_LAUNCH_WIRE_H

#include <stdint.h>
#include <sys/types.h>

#include "bundle.h"
#include "launcher.h"

/* Descriptors that come with REQUEST_PREPARE, in this order. REQUEST_LINE brings one: the line's, unless there is none. */
enum prepare_descriptor { PREPARE_BUNDLE, PREPARE_STDOUT, PREPARE_STDERR, PREPARE_MARK, PREPARE_GO, PREPARE_DESCRIPTORS };

struct request {
	enum { REQUEST_PREPARE = 1, REQUEST_RELEASE, REQUEST_END, REQUEST_LINE, REQUEST_LAG } kind;
	struct bundle_size bundle; /* PREPARE */
	int64_t grace;             /* END: ns */
	struct line_out line;      /* LINE; its descriptor is the one that comes with it */
	struct lag_times times;    /* LAG */
};

/* On the way from a request to a running program: where it failed. */
enum launch_step {
	STEP_STATE, /* not possible in the state that the launcher is in */
	STEP_RECEIVE,
	STEP_FORK,
	STEP_SESSION,
	STEP_SCHEDULING,
	STEP_DESCRIPTORS,
	STEP_DIRECTORY,
	STEP_PROGRAM,
	STEP_EXEC,
	LAUNCH_STEPS
};

struct reply {
	int errno_value; /* 0: done */
	enum launch_step step;
	pid_t pid;             /* PREPARE */
	struct launch_lag lag; /* LAG */
};

/* Sends one message with up to PREPARE_DESCRIPTORS descriptors. 0, or an errno value; never a SIGPIPE. */
int wire_send(int socket, const void *message, size_t size, const int *descriptors, int n);

/* Receives one message of exactly `size` bytes, and its descriptors (the caller closes them; the rest are set to -1).
 * `flags` is for recvmsg. 0, or an errno value: EPIPE when the other end is closed, EPROTO for another size. */
int wire_receive(int socket, void *message, size_t size, int *descriptors, int n, int flags);

#endif
