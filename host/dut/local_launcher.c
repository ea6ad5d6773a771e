/* The launcher of this machine: joulerig's side, requests and events over sockets. Its own side is launch_server.c. */
#include "local_launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"
#include "launch_server.h"
#include "launch_wire.h"

#define ANSWER_S 10   /* a request is answered at once; this is for a launcher that somebody has stopped */
#define CLOSE_MS 8000 /* what it ends with may take until it gives up on unkillable processes */

struct local {
	struct launcher launcher; /* first: others see only this */
	pid_t pid;
	int commands, events;
	pid_t workload; /* 0: none */
	bool gone;
};

/* ---- the launcher's process ---- */

static int open_sockets(int commands[2], int events[2], struct error *error)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, commands) < 0)
		return error_errno(error, errno, "launcher", NULL, "cannot create a socket pair");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, events) < 0) {
		error_errno(error, errno, "launcher", NULL, "cannot create a socket pair");
		descriptors_close(commands, 2);
		return -1;
	}
	return 0;
}

static int receive_reply(struct local *local, struct reply *reply, struct error *error)
{
	int failure = wire_receive(local->commands, reply, sizeof *reply, NULL, 0, 0);
	if (failure == EAGAIN)
		return error_set(error, ERROR_TIMEOUT, "launcher", NULL, "does not answer (process %d)", (int)local->pid);
	if (failure)
		return error_errno(error, failure, "launcher", NULL, "has ended (process %d)", (int)local->pid);
	return 0;
}

/* Its first word says whether it could become what it has to be. */
static int await_ready(struct local *local, struct error *error)
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	struct reply reply;
	setsockopt(local->commands, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (receive_reply(local, &reply, error) < 0)
		return -1;
	if (reply.errno_value)
		return error_errno(error, reply.errno_value, "launcher", NULL, "cannot set itself up");
	return 0;
}

/* It ends by itself when its sockets close. */
static void await_end(pid_t pid)
{
	int process = pidfd_open(pid, 0);
	struct pollfd wait = { .fd = process, .events = POLLIN };
	if (process < 0 || poll(&wait, 1, CLOSE_MS) == 0)
		kill(pid, SIGKILL);
	if (process >= 0)
		close(process);
	waitpid(pid, NULL, 0);
}

static void local_close(struct launcher *launcher)
{
	struct local *local = (struct local *)launcher;
	descriptors_close((int[]){ local->commands, local->events }, 2);
	await_end(local->pid);
	free(local);
}

pid_t launcher_pid(const struct launcher *launcher)
{
	return ((const struct local *)launcher)->pid;
}

/* ---- requests ---- */

static int ask(struct local *local, const struct request *request, const int *descriptors, int n, struct reply *reply,
	       struct error *error)
{
	int failure = wire_send(local->commands, request, sizeof *request, descriptors, n);
	if (failure)
		return error_errno(error, failure, "launcher", NULL, "cannot be reached (process %d)", (int)local->pid);
	return receive_reply(local, reply, error);
}

static int explain(const struct reply *reply, const char *on, struct error *error)
{
	static const char *const steps[LAUNCH_STEPS] = {
		[STEP_STATE] = "the launcher is not in the state for this",
		[STEP_RECEIVE] = "the launcher cannot take over the command",
		[STEP_FORK] = "cannot fork a process for it",
		[STEP_SESSION] = "cannot give it a session",
		[STEP_SCHEDULING] = "cannot give it normal scheduling",
		[STEP_DESCRIPTORS] = "cannot arrange its descriptors",
		[STEP_DIRECTORY] = "cannot enter the directory to start it in",
		[STEP_PROGRAM] = "cannot find this program",
		[STEP_EXEC] = "cannot let it go",
	};
	if (reply->errno_value == 0)
		return 0;
	if (reply->step == STEP_PROGRAM && reply->errno_value == EACCES)
		return error_errno(error, EACCES, on, "name a file that may be executed (chmod +x)", "this is not a program");
	return error_errno(error, reply->errno_value, on, NULL, "%s", steps[reply->step]);
}

/* The two pipes of marks: near ends for the caller, far ends for the workload. */
static int open_pipes(struct launched *near, int *far_mark, int *far_go, struct error *error)
{
	int mark[2], go[2];
	if (pipe2(mark, O_CLOEXEC) < 0)
		return error_errno(error, errno, "launcher", NULL, "cannot create a pipe for marks");
	if (pipe2(go, O_CLOEXEC) < 0) {
		error_errno(error, errno, "launcher", NULL, "cannot create a pipe for marks");
		descriptors_close(mark, 2);
		return -1;
	}
	fcntl(mark[0], F_SETFL, O_NONBLOCK);
	near->mark_fd = mark[0];
	near->go_fd = go[1];
	*far_mark = mark[1];
	*far_go = go[0];
	return 0;
}

static int send_prepare(struct local *local, const struct launch_spec *spec, int *descriptors, struct launched *launched,
			struct error *error)
{
	struct request request = { .kind = REQUEST_PREPARE };
	struct reply reply;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0)
		return error_errno(error, errno, "/dev/null", NULL, "cannot open");
	int result = -1;
	int bundle = bundle_pack(spec->argv, spec->environment, spec->directory, &request.bundle, error);
	if (bundle < 0)
		goto close_null;
	descriptors[PREPARE_BUNDLE] = bundle;
	descriptors[PREPARE_STDOUT] = spec->stdout_fd < 0 ? null : spec->stdout_fd;
	descriptors[PREPARE_STDERR] = spec->stderr_fd < 0 ? null : spec->stderr_fd;
	if (ask(local, &request, descriptors, PREPARE_DESCRIPTORS, &reply, error) < 0)
		goto close_bundle;
	bool in_directory = reply.errno_value && reply.step == STEP_DIRECTORY;
	result = explain(&reply, in_directory ? spec->directory : spec->argv[0], error);
	launched->pid = reply.pid;

close_bundle:
	close(bundle);
close_null:
	close(null);
	return result;
}

static int local_prepare(struct launcher *launcher, const struct launch_spec *spec, struct launched *launched, struct error *error)
{
	struct local *local = (struct local *)launcher;
	int descriptors[PREPARE_DESCRIPTORS];
	if (spec->argv[0] == NULL)
		return error_set(error, ERROR_USAGE, "launcher", NULL, "there is no command to run");
	if (open_pipes(launched, &descriptors[PREPARE_MARK], &descriptors[PREPARE_GO], error) < 0)
		return -1;
	int result = send_prepare(local, spec, descriptors, launched, error);
	descriptors_close((int[]){ descriptors[PREPARE_MARK], descriptors[PREPARE_GO] }, 2);
	if (result < 0)
		descriptors_close((int[]){ launched->mark_fd, launched->go_fd }, 2);
	else
		local->workload = launched->pid;
	return result;
}

static int simple_request(struct local *local, const struct request *request, struct reply *reply, struct error *error)
{
	if (ask(local, request, NULL, 0, reply, error) < 0)
		return -1;
	return explain(reply, "launcher", error);
}

static int local_release(struct launcher *launcher, struct error *error)
{
	struct reply reply;
	return simple_request((struct local *)launcher, &(struct request){ .kind = REQUEST_RELEASE }, &reply, error);
}

static int local_end(struct launcher *launcher, int64_t grace, struct error *error)
{
	struct reply reply;
	return simple_request((struct local *)launcher, &(struct request){ .kind = REQUEST_END, .grace = grace }, &reply, error);
}

static int local_line(struct launcher *launcher, const struct line_out *line, struct error *error)
{
	const struct request request = { .kind = REQUEST_LINE, .line = *line };
	struct reply reply;
	if (ask((struct local *)launcher, &request, &line->fd, line->kind != LINE_NONE, &reply, error) < 0)
		return -1;
	return explain(&reply, "launcher", error);
}

static int local_measure_lag(struct launcher *launcher, const struct lag_times *times, struct launch_lag *lag, struct error *error)
{
	const struct timespec held = { .tv_sec = times->held / NS_PER_S, .tv_nsec = times->held % NS_PER_S };
	const struct request request = { .kind = REQUEST_LAG, .times = *times };
	struct local *local = (struct local *)launcher;
	struct reply reply;
	if (simple_request(local, &request, &reply, error) < 0)
		return -1;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &held, NULL);
	if (local_release(launcher, error) < 0 || receive_reply(local, &reply, error) < 0 || explain(&reply, "launcher", error) < 0)
		return -1;
	*lag = reply.lag;
	return 0;
}

/* ---- events ---- */

/* Its death kills the main child (PR_SET_PDEATHSIG); what stayed in that child's process group can be ended from here. */
static void mourn(struct local *local)
{
	if (!local->gone && local->workload > 0)
		kill(-local->workload, SIGKILL);
	local->gone = true;
	local->workload = 0;
}

static int local_event(struct launcher *launcher, struct launch_event *event, struct error *error)
{
	struct local *local = (struct local *)launcher;
	int failure = wire_receive(local->events, event, sizeof *event, NULL, 0, 0);
	if (failure == EAGAIN)
		return 0;
	if (failure == EPIPE) {
		*event = (struct launch_event){ .kind = LAUNCH_GONE, .exit_code = -1 };
		mourn(local);
		return 1;
	}
	if (failure)
		return error_errno(error, failure, "launcher", NULL, "cannot receive its events");
	if (event->kind != LAUNCH_STARTED)
		local->workload = 0;
	return 1;
}

/* ---- life ---- */

static struct launcher *begin(struct local *local)
{
	static const struct launcher_ops ops = {
		.prepare = local_prepare,
		.release = local_release,
		.end = local_end,
		.event = local_event,
		.line = local_line,
		.measure_lag = local_measure_lag,
		.close = local_close,
	};
	local->launcher = (struct launcher){ .ops = &ops, .fd = local->events };
	return &local->launcher;
}

struct launcher *launcher_fork(struct error *error)
{
	int commands[2], events[2];
	struct local *local = calloc(1, sizeof *local);
	if (local == NULL) {
		error_set(error, ERROR_INTERNAL, "launcher", NULL, "no memory");
		return NULL;
	}
	if (open_sockets(commands, events, error) < 0)
		goto free_local;
	pid_t parent = getpid();
	local->pid = fork();
	if (local->pid == 0)
		launch_serve(commands[1], events[1], parent);
	if (local->pid < 0)
		error_errno(error, errno, "launcher", NULL, "cannot be forked");
	descriptors_close((int[]){ commands[1], events[1] }, 2);
	local->commands = commands[0];
	local->events = events[0];
	if (local->pid > 0 && await_ready(local, error) == 0)
		return begin(local);
	descriptors_close((int[]){ commands[0], events[0] }, 2);
	if (local->pid > 0)
		waitpid(local->pid, NULL, 0);
free_local:
	free(local);
	return NULL;
}
