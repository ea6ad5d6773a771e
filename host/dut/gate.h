/*
 * gate: the workload's process from its fork to its exec.
 *
 * All that a program needs is made ready first; then the process waits. When it is let go, it raises the trigger's line if there
 * is one, stamps its start edge and executes: nothing else lies between.
 */
#ifndef JOULERIG_DUT_GATE_H
#define JOULERIG_DUT_GATE_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "launch_wire.h"
#include "line_out.h"
#include "scheduling.h"

/* One page that the launcher and its child share. */
struct gate_page {
	_Atomic int64_t raise;       /* the child's stamp just before it raises the line, MONOTONIC ns; 0 before, or without a line */
	_Atomic int64_t start;       /* just before exec; 0 before */
	_Atomic int64_t entry, end;  /* of a child without a program: as in struct launch_lag */
	_Atomic int line_errno;      /* the line could not be raised */
	struct rusage spent_at_gate; /* what the child had used before its program began */
};
struct gate_page *gate_page_new(void); /* NULL when memory is short; lives as long as the process */

struct gate_failure {
	enum launch_step step;
	int errno_value;
};

struct gate {
	pid_t pid;
	int release; /* write end: one byte opens the gate */
	int status;  /* read end: closed at exec, or a struct gate_failure */
};

/* What a child is to do. */
struct errand {
	const struct bundle *bundle; /* the program; NULL: none, but edges like those of one (struct launch_lag) */
	const int *descriptors;      /* as in enum prepare_descriptor; of a program */
	struct line_out line;        /* to be raised at the start */
	struct lag_times times;      /* of none */
};
/* Forks a child and waits until it is ready at the gate. On failure nothing is left, and `failure` is filled. 0 or -1. A child
 * without a program sends its parent SIGCHLD to tell of its end, as the kernel does, and ends 1 ms later. */
int gate_fork(struct gate *gate, const struct errand *errand, const struct scheduling *normal, struct gate_page *page,
	      struct gate_failure *failure);

int gate_open(struct gate *gate);                                         /* 0, or an errno value */
void gate_outcome(const struct gate *gate, struct gate_failure *failure); /* once `status` is readable; 0: it executes */
void gate_close(struct gate *gate);

#endif
