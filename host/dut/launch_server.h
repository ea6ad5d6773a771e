/*
 * launch_server: the launcher's own process: one loop that serves requests, sees children end, and ends trees.
 */
#ifndef JOULERIG_DUT_LAUNCH_SERVER_H
#define JOULERIG_DUT_LAUNCH_SERVER_H

#include <sys/types.h>

/* The life of the launcher, in the process that was forked for it from `parent`. */
_Noreturn void launch_serve(int commands, int events, pid_t parent);

#endif
