/*
 * fault_link: a link in front of another that does to its messages what a script says. It keeps what link.h promises of any.
 *
 * A message is what comes after something was sent, or after so long a silence that nothing of an earlier one is under way, up to its
 * end where the link knows it; of a stream that never pauses, a piece of it.
 */
#ifndef JOULERIG_DRIVERS_FAULT_LINK_H
#define JOULERIG_DRIVERS_FAULT_LINK_H

#include "fault/fault_script.h"
#include "link.h"

#define FAULT_MESSAGE_MAX 1024 /* bytes */

struct fault_link {
	struct link link; /* first: the wrapped driver sees only this */
	struct link_ops ops;
	struct link *real; /* the caller's, who closes it */
	struct fault_script *script;
	bool on;           /* faults happen */
	int64_t began;     /* MONOTONIC ns that the script's times count from */

	bool sent, ended;  /* since the last byte: something was sent; the link said that the message was complete */
	int64_t last;      /* when the last byte came */
	size_t size;       /* of the message so far */
	bool loses;        /* the rest of this message */
	bool repeats;      /* this message, kept in `kept` */
	char kept[FAULT_MESSAGE_MAX];
	size_t n_kept;

	char held[FAULT_MESSAGE_MAX]; /* to be received next, not before `due` */
	size_t n_held;
	bool held_end;
	int64_t due;

	bool broken;     /* until it is reopened, not before `back` */
	int64_t back;
	uint64_t random;
};

/* `fault` in front of `real`; both outlive its use. `script` is the caller's. */
void fault_link_begin(struct fault_link *fault, struct link *real, struct fault_script *script, uint64_t seed);

#endif
