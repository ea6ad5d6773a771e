/*
 * launcher: starts workloads, stamps their edges and ends their trees. An interface: nobody above knows where the workload runs.
 * The launcher of this machine is local_launcher.h. One workload at a time, from one thread.
 */
#ifndef JOULERIG_DUT_LAUNCHER_H
#define JOULERIG_DUT_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "line_out.h"

struct launcher;

void launcher_close(struct launcher *launcher); /* ends a running workload, and the launcher; NULL is fine */

struct launch_spec {
	const char *const *argv;        /* argv[0] is looked up on the PATH of `environment` */
	const char *const *environment; /* whole environment, "NAME=value", NULL-terminated; JOULERIG_* are added */
	const char *directory;          /* NULL: joulerig's working directory */
	int stdout_fd, stderr_fd;       /* -1: /dev/null */
};
struct launched {
	pid_t pid;
	int mark_fd; /* read end, non-blocking: the workload's marks; the caller closes it */
	int go_fd;   /* write end: answers to barriers, to be written with SIGPIPE ignored; the caller closes it */
};
/* Forks the child and holds it at the gate. A program or directory that is not there, or may not be used, is found out here
 * (ERROR_NOT_FOUND, ERROR_PERMISSION), and nothing is left then. A process of the tree may keep the far end of mark_fd open for
 * ever: after the last event, read what there is and close it. */
int launcher_prepare(struct launcher *launcher, const struct launch_spec *spec, struct launched *launched, struct error *error);
/* Opens the gate. */
int launcher_release(struct launcher *launcher, struct error *error);
/* Ends the running tree: SIGTERM, after `grace` ns SIGKILL, until nothing is left. Its end arrives as an event. May be called
 * again to shorten the grace; does nothing when nothing runs. */
int launcher_end(struct launcher *launcher, int64_t grace, struct error *error);

enum launch_event_kind {
	LAUNCH_STARTED,     /* exec succeeded */
	LAUNCH_EXEC_FAILED, /* `errno_value`; the last event of this workload */
	LAUNCH_ENDED,       /* the main child has ended, and its tree; the last event of this workload */
	LAUNCH_GONE         /* the launcher itself has died: nothing more will come */
};
struct launch_event {
	enum launch_event_kind kind;
	int64_t start;    /* the child's own stamp, MONOTONIC ns; 0 if it ended at the gate */
	int64_t stop;     /* LAUNCH_ENDED: stamp at which the end was seen */
	/* The line is raised within raise .. start and lowered within stop .. lowered. 0: there is none, or it was not. */
	int64_t raise, lowered;
	int line_errno;   /* of the first attempt to set the line that failed; 0: none did */
	int errno_value;
	int exit_code;    /* -1 if ended by a signal */
	int signal;       /* 0 if it exited */
	int strays;       /* processes of the tree that outlived the main child and were ended */
	int survivors;    /* not dead 5 s after SIGKILL (another user's, stuck in the kernel): the machine is not quiet */
	bool ended_by_us; /* launcher_end had been called */
	double user_s, system_s; /* CPU time of the whole tree from exec on; children of one that ignores SIGCHLD are lost */
	int64_t max_rss;         /* bytes, largest process */
	int64_t minor_faults, major_faults, voluntary_switches, involuntary_switches;
};
/* A descriptor that polls readable when an event waits; -1: there is none, launcher_next tells. */
int launcher_fd(const struct launcher *launcher);
/* When something comes next that no descriptor tells of (an event, a mark), MONOTONIC ns; NEVER: nothing. launcher_event then
 * makes it happen. */
int64_t launcher_next(struct launcher *launcher);
/* 1: an event; 0: none yet; -1: error. */
int launcher_event(struct launcher *launcher, struct launch_event *event, struct error *error);

/* The line that each workload raises at its start, just before its stamp, and the launcher lowers at its end, just after its
 * stamp. It holds for all that follow; the launcher keeps a copy of the descriptor. LINE_NONE takes it away. A launcher that
 * knows no lines refuses all others with ERROR_UNSUPPORTED. */
int launcher_line(struct launcher *launcher, const struct line_out *line, struct error *error);

/* The edges of a child that does nothing, beside what they ought to be. MONOTONIC ns, in this order. */
struct launch_lag {
	int64_t raise; /* before the line is raised; `start` when there is none */
	int64_t start; /* the child's own stamp, as that of a workload just before exec */
	int64_t entry; /* the kernel's clock as read on the entry into the kernel that comes next, where a workload enters execve */
	int64_t end;   /* by the child's own stamps: when the signal that an end comes with was sent */
	int64_t stop;  /* stamp at which the launcher saw the end */
	int64_t lowered; /* the line is low again; `stop` when there is none */
	int line_errno;
};
/* How long such a child waits, ns: at the gate, and from its start to its end, at least 1 ms. Meanwhile the launcher sleeps, as during a
 * workload. */
struct lag_times {
	int64_t held, lasting;
	bool busy; /* it computes until its end, instead of sleeping */
};
/* One such child. Takes 3 ms more than those times. */
int launcher_measure_lag(struct launcher *launcher, const struct lag_times *times, struct launch_lag *lag, struct error *error);

/* One kind of launcher; each does what the function of that name says. */
struct launcher_ops {
	int (*prepare)(struct launcher *launcher, const struct launch_spec *spec, struct launched *launched, struct error *error);
	int (*release)(struct launcher *launcher, struct error *error);
	int (*end)(struct launcher *launcher, int64_t grace, struct error *error);
	int64_t (*next)(struct launcher *launcher); /* NULL: its descriptor tells everything */
	int (*event)(struct launcher *launcher, struct launch_event *event, struct error *error);
	int (*line)(struct launcher *launcher, const struct line_out *line, struct error *error); /* NULL: it knows no lines */
	int (*measure_lag)(struct launcher *launcher, const struct lag_times *times, struct launch_lag *lag, struct error *error);
	void (*close)(struct launcher *launcher);
};

/* Embedded first in each kind's own struct. */
struct launcher {
	const struct launcher_ops *ops;
	int fd;
};

#endif
