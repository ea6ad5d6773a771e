/*
 * local_launcher: the launcher of this machine: a small single-threaded process, forked before any thread or device exists.
 *
 * It is a child subreaper, so that a workload's orphans come back to it. A workload is prepared (forked and held at a gate),
 * then released: the child itself stamps the start edge just before exec. Its standard input is /dev/null; all descriptors but
 * 0-2, the mark fd and the go fd are closed; session, signals and scheduling are what a shell would give it. When the main
 * child ends, the stop edge is stamped and whatever is left of its tree (setsid daemons too: found by walking /proc) is given
 * 20 ms to end by itself, then SIGTERM, 500 ms later SIGKILL, and counted.
 *
 * Where it may (CAP_SYS_NICE, RLIMIT_RTPRIO) the launcher runs at the lowest real-time priority, so that its stamp is prompt on
 * a busy machine. The terminal's signals do not reach it, nor the workload. When joulerig dies, however it dies, the launcher
 * ends the tree and itself. When the launcher is killed, the main child dies with it, and launcher_event kills what is left of
 * that child's process group; a daemon with a session of its own would then live on.
 */
#ifndef JOULERIG_DUT_LOCAL_LAUNCHER_H
#define JOULERIG_DUT_LOCAL_LAUNCHER_H

#include "launcher.h"

/* Call before any thread starts. NULL on failure; else end it with launcher_close. */
struct launcher *launcher_fork(struct error *error);
pid_t launcher_pid(const struct launcher *launcher); /* one from launcher_fork */

#endif
