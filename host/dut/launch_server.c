#include "launch_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"
#include "gate.h"
#include "launch_wire.h"
#include "launcher.h"
#include "scheduling.h"
#include "tree.h"
#include "usage.h"

/* Times of an ending, ns. */
#define LINGER (20 * NS_PER_MS)       /* processes that are about to end by themselves need not be ended */
#define STRAY_GRACE (500 * NS_PER_MS) /* from SIGTERM to SIGKILL, for what outlived the main child */
#define KILL_EVERY (5 * NS_PER_MS)
#define GIVE_UP (5 * NS_PER_S) /* what has not died by then never will: not ours to kill, or stuck in the kernel */

enum stage {
	IDLE,
	HELD,     /* at the gate */
	RELEASED, /* the gate is open, exec not yet seen */
	RUNNING,
	LINGERING,   /* the main child has ended; others may do so by themselves */
	TERMINATING, /* SIGTERM has been sent */
	KILLING,     /* SIGKILL is being sent, until nothing is left */
};

struct server {
	int commands, events, signals;
	pid_t parent;
	struct scheduling normal; /* what children are given */
	struct gate_page *page;
	struct line_out line; /* of the trigger */
	enum stage stage;
	bool leaving; /* joulerig is gone, or has closed us: end what runs, then end */

	/* of the current workload */
	struct gate gate;
	bool main_alive;
	int64_t deadline; /* of the stage */
	int64_t give_up;
	struct usage usage;
	struct pids ended; /* what outlived the main child and was signalled */
	struct launch_event event;
};

/* ---- a workload's life ---- */

static void enter_stage(struct server *s, enum stage stage, int64_t deadline)
{
	s->stage = stage;
	s->deadline = deadline;
}

/* The first attempt that failed is told of. */
static void note_line_errno(struct server *s, int errno_value)
{
	if (s->event.line_errno == 0)
		s->event.line_errno = errno_value;
}

/* A full queue (nobody reads) or a closed one: then nobody wants to know. */
static void tell(struct server *s, enum launch_event_kind kind)
{
	s->event.kind = kind;
	s->event.start = atomic_load(&s->page->start);
	s->event.raise = atomic_load(&s->page->line_errno) ? 0 : atomic_load(&s->page->raise);
	note_line_errno(s, atomic_load(&s->page->line_errno));
	wire_send(s->events, &s->event, sizeof s->event, NULL, 0);
}

static void finish(struct server *s)
{
	if (s->event.errno_value == 0)
		usage_fill(&s->usage, &s->event);
	s->event.strays = (int)s->ended.n;
	tell(s, s->event.errno_value ? LAUNCH_EXEC_FAILED : LAUNCH_ENDED);
	pids_clear(&s->ended);
	gate_close(&s->gate);
	enter_stage(s, IDLE, NEVER);
}

static void see_exec(struct server *s)
{
	struct gate_failure failure;
	gate_outcome(&s->gate, &failure);
	s->event.errno_value = failure.errno_value;
	if (s->stage == RELEASED)
		s->stage = RUNNING;
	descriptors_close(&s->gate.status, 1);
	s->gate.status = -1;
	if (failure.errno_value == 0)
		tell(s, LAUNCH_STARTED);
}

/* The line follows the stamp: its driver may take its time. One that could not be raised may be high all the same. */
static void lower_line(struct server *s)
{
	if (s->line.kind == LINE_NONE || atomic_load(&s->page->raise) == 0)
		return;
	int failure = line_set(&s->line, false);
	if (failure == 0)
		s->event.lowered = clock_now(CLOCK_ID_MONOTONIC);
	note_line_errno(s, atomic_load(&s->page->line_errno));
	note_line_errno(s, failure);
}

static void main_ended(struct server *s, int64_t when)
{
	s->main_alive = false;
	s->event.stop = when;
	lower_line(s);
	if (s->gate.status >= 0 && s->stage != HELD && atomic_load(&s->page->start) != 0)
		see_exec(s);
	if (s->stage == HELD || s->stage == RUNNING || s->stage == RELEASED)
		enter_stage(s, LINGERING, when + LINGER);
}

static void count(struct server *s, pid_t pid, int status, const struct rusage *spent)
{
	usage_add(&s->usage, spent);
	if (pid != s->gate.pid)
		return;
	s->event.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	s->event.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static bool is_zombie(idtype_t type, pid_t pid, pid_t *which)
{
	siginfo_t information = { .si_pid = 0 };
	if (waitid(type, (id_t)pid, &information, WEXITED | WNOHANG | WNOWAIT) < 0)
		return false;
	*which = information.si_pid;
	return information.si_pid != 0;
}

/* The stamp of the stop edge comes first; the rest has time. */
static void look_for_end(struct server *s)
{
	pid_t which;
	if (s->main_alive && is_zombie(P_PID, s->gate.pid, &which))
		main_ended(s, clock_now(CLOCK_ID_MONOTONIC));
}

/* Then the whole tree has ended: a subreaper is an ancestor of every process of it, orphans as well. */
static bool has_no_children(void)
{
	siginfo_t none;
	return waitid(P_ALL, 0, &none, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Every zombie; the main child's end is stamped first, should it have come only now. */
static void reap(struct server *s)
{
	struct rusage spent;
	int status;
	pid_t pid;
	while (is_zombie(P_ALL, 0, &pid)) {
		if (pid == s->gate.pid)
			look_for_end(s);
		wait4(pid, &status, WNOHANG, &spent);
		if (s->stage != IDLE)
			count(s, pid, status, &spent);
	}
	if (s->stage != IDLE && !s->main_alive && has_no_children())
		finish(s);
}

/* ---- ending a tree ---- */

static void note_strays(struct server *s, const struct pids *found)
{
	for (size_t i = 0; i < found->n && !s->main_alive; i++)
		pids_add(&s->ended, found->list[i]);
}

static void terminate(struct server *s, int64_t grace)
{
	struct pids found = { .list = NULL };
	tree_find(&found);
	note_strays(s, &found);
	for (size_t i = 0; i < found.n; i++) {
		kill(found.list[i], SIGTERM);
		kill(found.list[i], SIGCONT); /* a stopped process would not notice */
	}
	pids_free(&found);
	enter_stage(s, TERMINATING, clock_now(CLOCK_ID_MONOTONIC) + grace);
}

static void kill_again(struct server *s)
{
	struct pids found = { .list = NULL };
	tree_kill(&found);
	note_strays(s, &found);
	pids_free(&found);
	enter_stage(s, KILLING, clock_now(CLOCK_ID_MONOTONIC) + KILL_EVERY);
}

static void start_killing(struct server *s)
{
	s->give_up = clock_now(CLOCK_ID_MONOTONIC) + GIVE_UP;
	kill_again(s);
}

static void give_up(struct server *s)
{
	struct pids found = { .list = NULL };
	tree_find(&found);
	s->event.survivors = (int)found.n;
	pids_free(&found);
	if (s->main_alive)
		main_ended(s, clock_now(CLOCK_ID_MONOTONIC));
	finish(s);
}

/* The stage's deadline has passed. */
static void next_stage(struct server *s)
{
	switch (s->stage) {
	case LINGERING:
		terminate(s, STRAY_GRACE);
		break;
	case TERMINATING:
		start_killing(s);
		break;
	case KILLING:
		if (s->deadline > s->give_up)
			give_up(s);
		else
			kill_again(s);
		break;
	default:
		s->deadline = NEVER;
	}
}

/* Twice is fine: the shorter grace holds. */
static void end_workload(struct server *s, int64_t grace)
{
	s->event.ended_by_us |= s->main_alive;
	int64_t deadline = clock_now(CLOCK_ID_MONOTONIC) + grace;
	if (s->stage != TERMINATING && s->stage != KILLING)
		terminate(s, grace);
	else if (s->stage == TERMINATING && deadline < s->deadline)
		s->deadline = deadline;
}

/* ---- requests ---- */

static struct reply refused(enum launch_step step, int errno_value)
{
	return (struct reply){ .step = step, .errno_value = errno_value };
}

static struct reply prepare(struct server *s, const struct request *request, const int *descriptors)
{
	struct gate_failure failure;
	struct bundle bundle;
	int errno_value = bundle_unpack(descriptors[PREPARE_BUNDLE], &request->bundle, &bundle);
	if (errno_value)
		return refused(STEP_RECEIVE, errno_value);
	const struct errand errand = { .bundle = &bundle, .descriptors = descriptors, .line = s->line };
	int failed = gate_fork(&s->gate, &errand, &s->normal, s->page, &failure);
	bundle_free(&bundle);
	if (failed)
		return refused(failure.step, failure.errno_value);
	s->event = (struct launch_event){ .exit_code = -1 };
	s->main_alive = true;
	usage_start(&s->usage, &s->page->spent_at_gate);
	enter_stage(s, HELD, NEVER);
	return (struct reply){ .pid = s->gate.pid };
}

static struct reply release(struct server *s)
{
	int errno_value = gate_open(&s->gate);
	if (errno_value)
		return refused(STEP_EXEC, errno_value);
	s->stage = RELEASED;
	return (struct reply){ .errno_value = 0 };
}

static void await(const struct server *s, struct pollfd waits[3], int timeout)
{
	waits[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	waits[1] = (struct pollfd){ .fd = s->leaving ? -1 : s->commands, .events = POLLIN };
	waits[2] = (struct pollfd){ .fd = s->stage == RELEASED ? s->gate.status : -1, .events = POLLIN };
	poll(waits, 3, timeout);
}

static void drain_signals(struct server *s)
{
	struct signalfd_siginfo information;
	while (read(s->signals, &information, sizeof information) == sizeof information)
		if (information.ssi_signo == SIGHUP && getppid() != s->parent)
			s->leaving = true;
}

static struct reply take_line(struct server *s, const struct line_out *line, int fd)
{
	enum line_kind kind = line->kind;
	int copy = kind == LINE_NONE ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (kind >= LINE_KINDS || (kind != LINE_NONE && copy < 0))
		return refused(STEP_RECEIVE, kind < LINE_KINDS ? errno : EINVAL);
	if (s->line.kind != LINE_NONE)
		close(s->line.fd);
	s->line = *line;
	s->line.fd = copy;
	return (struct reply){ .errno_value = 0 };
}

/* As at the end of a workload. */
static struct launch_lag end_lag(struct server *s, int64_t stop)
{
	const struct gate_page *page = s->page;
	struct launch_lag lag = { .stop = stop, .lowered = stop, .line_errno = atomic_load(&page->line_errno) };
	int failure = line_set(&s->line, false);
	if (s->line.kind != LINE_NONE)
		lag.lowered = clock_now(CLOCK_ID_MONOTONIC);
	if (lag.line_errno == 0)
		lag.line_errno = failure;
	lag.start = atomic_load(&page->start);
	lag.raise = s->line.kind != LINE_NONE ? atomic_load(&page->raise) : lag.start;
	lag.entry = atomic_load(&page->entry);
	lag.end = atomic_load(&page->end);
	return lag;
}

/* The same wake-up, the same question and the same stamp as at the end of a workload, `timeout` in ms (-1: none); true once that has
 * come. */
static bool see_told_end(struct server *s, pid_t pid, pid_t dead, int timeout, int64_t *stamp)
{
	struct pollfd waits[3];
	pid_t which;
	await(s, waits, timeout);
	is_zombie(P_PID, dead, &which);
	*stamp = clock_now(CLOCK_ID_MONOTONIC);
	return atomic_load(&s->page->end) != 0 || is_zombie(P_PID, pid, &which);
}

/* As for a workload: when joulerig, woken by its own clock, wants it, and joulerig is answered while the child begins to run. */
static int open_when_asked(struct server *s, struct gate *gate)
{
	const struct reply done = { .errno_value = 0 };
	struct request request;
	struct pollfd waits[3];
	int failure = wire_send(s->commands, &done, sizeof done, NULL, 0);
	if (failure == 0)
		await(s, waits, -1);
	if (failure == 0)
		failure = wire_receive(s->commands, &request, sizeof request, NULL, 0, 0);
	if (failure == 0)
		failure = request.kind == REQUEST_RELEASE ? gate_open(gate) : EPROTO;
	return failure ? failure : wire_send(s->commands, &done, sizeof done, NULL, 0);
}

/* Once in vain: a fork leaves pages that are copied at the first write. */
static struct launch_lag measure_lag(struct server *s, struct gate *gate, pid_t dead, int *failed)
{
	int64_t stamp;
	see_told_end(s, gate->pid, dead, 0, &stamp);
	end_lag(s, stamp);
	drain_signals(s);
	*failed = open_when_asked(s, gate);
	if (*failed)
		kill(gate->pid, SIGKILL);
	while (!see_told_end(s, gate->pid, dead, -1, &stamp))
		drain_signals(s);
	struct launch_lag lag = end_lag(s, stamp);
	drain_signals(s);
	return lag;
}

/* One that has ended, to be asked about in place of one that only says so. */
static pid_t make_dead(void)
{
	siginfo_t information;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitid(P_PID, (id_t)pid, &information, WEXITED | WNOWAIT);
	return pid;
}

static struct reply lag(struct server *s, const struct lag_times *times)
{
	const struct errand errand = { .line = s->line, .times = *times };
	struct gate_failure failure;
	struct gate gate;
	int failed;
	pid_t dead = make_dead();
	if (dead < 0)
		return refused(STEP_FORK, errno);
	if (gate_fork(&gate, &errand, &s->normal, s->page, &failure) < 0) {
		waitpid(dead, NULL, 0);
		return refused(failure.step, failure.errno_value);
	}
	struct launch_lag lag = measure_lag(s, &gate, dead, &failed);
	gate_close(&gate);
	waitpid(gate.pid, NULL, 0);
	waitpid(dead, NULL, 0);
	return failed || lag.end == 0 ? refused(STEP_FORK, failed ? failed : ECHILD) : (struct reply){ .lag = lag };
}

static struct reply answer(struct server *s, const struct request *request, const int *descriptors)
{
	switch (request->kind) {
	case REQUEST_PREPARE:
		return s->stage == IDLE ? prepare(s, request, descriptors) : refused(STEP_STATE, EBUSY);
	case REQUEST_RELEASE:
		return s->stage == HELD && s->main_alive ? release(s) : refused(STEP_STATE, ESRCH);
	case REQUEST_END:
		if (s->stage != IDLE)
			end_workload(s, request->grace);
		return (struct reply){ .errno_value = 0 };
	case REQUEST_LINE:
		return s->stage == IDLE ? take_line(s, &request->line, descriptors[0]) : refused(STEP_STATE, EBUSY);
	case REQUEST_LAG:
		return s->stage == IDLE ? lag(s, &request->times) : refused(STEP_STATE, EBUSY);
	}
	return refused(STEP_STATE, EINVAL);
}

static void serve_request(struct server *s)
{
	struct request request;
	int descriptors[PREPARE_DESCRIPTORS];
	int errno_value = wire_receive(s->commands, &request, sizeof request, descriptors, PREPARE_DESCRIPTORS, MSG_DONTWAIT);
	if (errno_value == EAGAIN)
		return;
	if (errno_value) {
		s->leaving = true;
		return;
	}
	struct reply reply = answer(s, &request, descriptors);
	descriptors_close(descriptors, PREPARE_DESCRIPTORS);
	if (wire_send(s->commands, &reply, sizeof reply, NULL, 0) != 0)
		s->leaving = true;
}

/* ---- the process ---- */

static int timeout_of(const struct server *s)
{
	if (s->deadline == NEVER)
		return -1;
	int64_t left = s->deadline - clock_now(CLOCK_ID_MONOTONIC);
	return left <= 0 ? 0 : (int)(left / NS_PER_MS + 1);
}

/* Waits for something and does what it asks for. Drains before it reaps: a child that ends in between is then seen, or wakes
 * us again. */
static void turn(struct server *s)
{
	struct pollfd waits[3];
	await(s, waits, timeout_of(s));
	if (waits[0].revents) {
		look_for_end(s);
		drain_signals(s);
		reap(s);
	}
	if (waits[2].revents && s->stage == RELEASED && s->gate.status >= 0)
		see_exec(s);
	if (waits[1].revents)
		serve_request(s);
	if (s->deadline <= clock_now(CLOCK_ID_MONOTONIC))
		next_stage(s);
}

/* All signals are blocked: none but SIGCHLD and joulerig's death (SIGHUP) concern us, and those are read. */
static int open_signals(void)
{
	sigset_t every, wanted;
	sigfillset(&every);
	sigprocmask(SIG_SETMASK, &every, NULL);
	signal(SIGCHLD, SIG_DFL); /* if it was ignored, children would vanish unseen */
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGHUP);
	return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Keeps standard error alone of what joulerig has open. */
static int keep_sockets(int *commands, int *events)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return errno;
	const int wanted[] = { null, null, fcntl(2, F_GETFD) < 0 ? null : 2, *commands, *events };
	*commands = 3;
	*events = 4;
	return descriptors_arrange(wanted, 5, 1u << 3 | 1u << 4);
}

static int become_launcher(struct server *s)
{
	if (keep_sockets(&s->commands, &s->events) != 0)
		return -1;
	s->page = gate_page_new();
	s->signals = open_signals();
	if (s->page == NULL || s->signals < 0)
		return -1;
	prctl(PR_SET_NAME, "joulerig-launch");
	if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGHUP) < 0)
		return -1;
	if (getppid() != s->parent) /* it died before that took effect */
		return -1;
	mlockall(MCL_CURRENT | MCL_ONFAULT); /* so that a workload that swaps cannot delay a stamp; where allowed */
	scheduling_raise(&s->normal);
	return 0;
}

/* Only there in a build for coverage, whose counts a process that was forked has to write by itself. */
extern void __gcov_dump(void) __attribute__((weak));

_Noreturn static void leave(int code)
{
	if (__gcov_dump)
		__gcov_dump();
	_exit(code);
}

void launch_serve(int commands, int events, pid_t parent)
{
	struct server server = { .commands = commands, .events = events, .parent = parent, .deadline = NEVER };
	struct reply ready = { .step = STEP_STATE };
	if (become_launcher(&server) < 0)
		ready.errno_value = errno ? errno : EIO;
	if (wire_send(server.commands, &ready, sizeof ready, NULL, 0) != 0 || ready.errno_value)
		leave(1);
	for (;;) {
		turn(&server);
		if (!server.leaving)
			continue;
		if (server.stage == IDLE)
			leave(0);
		if (server.stage != KILLING)
			start_killing(&server);
	}
}
