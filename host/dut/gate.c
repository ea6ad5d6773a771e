#include "gate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"
#include "program.h"

/* A workload's descriptors by number. Marks get single digits, which every shell can redirect to, but not those that
 * scripts like to take for themselves. */
enum { AT_INPUT, AT_OUTPUT, AT_ERROR, AT_STATUS, AT_RELEASE, AT_LINE, AT_MARK = 7, AT_GO, DESCRIPTORS };
#define CLOSED_BY_EXEC (1u << AT_STATUS | 1u << AT_RELEASE | 1u << AT_LINE)
static const char mark_variable[] = "JOULERIG_MARK_FD=7";
static const char go_variable[] = "JOULERIG_GO_FD=8";
_Static_assert(AT_MARK == 7 && AT_GO == 8, "the variables name them");

#define READY 'r'
#define SIGNALS_IN_VAIN 4
#define MEMORY_USED (4 << 20) /* more than the caches of one core */
#define CACHE_LINE 64

struct gate_page *gate_page_new(void)
{
	void *page = mmap(NULL, sizeof(struct gate_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? NULL : page;
}

static void page_clear(struct gate_page *page)
{
	_Atomic int64_t *const stamps[] = { &page->raise, &page->start, &page->entry, &page->end };
	for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++)
		atomic_store(stamps[i], 0);
	atomic_store(&page->line_errno, 0);
}

/* ---- in the child ---- */

_Noreturn static void fail(enum launch_step step, int errno_value)
{
	struct gate_failure failure = { .step = step, .errno_value = errno_value };
	ssize_t written = write(AT_STATUS, &failure, sizeof failure);
	_exit(written == sizeof failure ? 127 : 126);
}

static void must(int errno_value, enum launch_step step)
{
	if (errno_value)
		fail(step, errno_value);
}

/* As a program expects it, whatever joulerig itself was started with (nohup, a Python parent that ignores SIGPIPE). */
static void reset_signals(void)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	for (int number = 1; number < NSIG; number++)
		sigaction(number, &normal, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A session of its own, that ends with the launcher. */
static void become_workload(pid_t launcher, const struct scheduling *normal)
{
	must(setsid() < 0 ? errno : 0, STEP_SESSION);
	must(prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? errno : 0, STEP_SESSION);
	must(getppid() == launcher ? 0 : ESRCH, STEP_SESSION); /* it died before that took effect */
	must(scheduling_restore(normal), STEP_SCHEDULING);
	reset_signals();
}

static void take_descriptors(const struct errand *errand, int status, int release)
{
	static const int none[PREPARE_DESCRIPTORS] = { -1, -1, -1, -1, -1 };
	const int *given = errand->bundle ? errand->descriptors : none;
	int line = errand->line.kind == LINE_NONE ? -1 : errand->line.fd;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int wanted[DESCRIPTORS] = { null, given[PREPARE_STDOUT], given[PREPARE_STDERR], status, release, line,
				    -1,   given[PREPARE_MARK],   given[PREPARE_GO] };
	int failure = null < 0 ? errno : descriptors_arrange(wanted, DESCRIPTORS, CLOSED_BY_EXEC);
	if (failure)
		_exit(126); /* there may be nothing to say it on */
}

static void enter(const char *directory)
{
	if (directory && chdir(directory) < 0)
		fail(STEP_DIRECTORY, errno);
}

static void wait_at_gate(struct gate_page *page)
{
	const char ready = READY;
	char go;
	getrusage(RUSAGE_SELF, &page->spent_at_gate);
	page_clear(page); /* touches it: no fault when it matters */
	if (write(AT_STATUS, &ready, 1) != 1)
		_exit(126);
	while (read(AT_RELEASE, &go, 1) != 1)
		if (errno != EINTR)
			_exit(126); /* the launcher is gone */
}

/* The start edge, at its source. The line goes first: its driver may take its time, and the run begins with the stamp. */
static void start_edge(const struct line_out *line, struct gate_page *page)
{
	if (line->kind != LINE_NONE) {
		atomic_store_explicit(&page->raise, clock_now(CLOCK_ID_MONOTONIC), memory_order_relaxed);
		atomic_store_explicit(&page->line_errno, line_set(line, true), memory_order_relaxed);
	}
	atomic_store_explicit(&page->start, clock_now(CLOCK_ID_MONOTONIC), memory_order_relaxed);
}

/* Both calls behind the stamp have been made once before, to no effect: nothing is left to be linked or paged in between. */
_Noreturn static void pass_gate(const struct bundle *bundle, const char *path, const struct line_out *line, struct gate_page *page)
{
	char *const *argv = bundle->argv;
	char *const *environment = bundle->environment;
	clock_now(CLOCK_ID_MONOTONIC);
	execve("", argv, environment);
	wait_at_gate(page);
	start_edge(line, page);
	execve(path, argv, environment);
	fail(STEP_EXEC, errno);
}

/* As this process has it. */
static struct line_out own_line(const struct errand *errand)
{
	struct line_out line = errand->line;
	line.fd = AT_LINE;
	return line;
}

_Noreturn static void execute(const struct errand *errand, struct gate_page *page)
{
	char path[PATH_MAX];
	struct bundle own = *errand->bundle;
	const struct line_out line = own_line(errand);
	enter(own.directory);
	must(program_find(own.argv[0], (const char *const *)own.environment, path, sizeof path), STEP_PROGRAM);
	bundle_set(&own, mark_variable);
	bundle_set(&own, go_variable);
	pass_gate(&own, path, &line, page);
}

/* ---- in a child that has nothing to execute ---- */

static void pause_for(int64_t ns)
{
	const struct timespec pause = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* 1 ms at least: the launcher is waiting by then. */
static void last(const struct lag_times *times)
{
	int64_t lasting = times->lasting > NS_PER_MS ? times->lasting : NS_PER_MS, until = clock_now(CLOCK_ID_MONOTONIC) + lasting;
	if (!times->busy)
		pause_for(lasting);
	while (clock_now(CLOCK_ID_MONOTONIC) < until)
		;
}

/* The kernel's clock, read inside: by a call that enters it as any other does, not by the shortcut that never does. */
static int64_t kernel_now(void)
{
	struct timespec now = { .tv_sec = 0 };
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Sends its parent the signal that an end comes with, and says when. How long the way into the kernel and to a signal that is sent is,
 * others tell that are sent to itself, where they wait for ever: the shortest of them, since any may be interrupted. */
static void tell_end(pid_t launcher, struct gate_page *page)
{
	int64_t from = clock_now(CLOCK_ID_MONOTONIC), way = INT64_MAX;
	for (int i = 0; i < SIGNALS_IN_VAIN; i++) {
		kill(getpid(), SIGRTMIN);
		int64_t to = clock_now(CLOCK_ID_MONOTONIC);
		way = to - from < way ? to - from : way;
		from = to;
	}
	atomic_store_explicit(&page->end, from + way, memory_order_relaxed);
	kill(launcher, SIGCHLD);
}

/* A program leaves caches full of its own things: whoever wakes up after it finds nothing at hand. */
static void use_memory(void)
{
	static volatile char memory[MEMORY_USED];
	for (size_t i = 0; i < MEMORY_USED; i += CACHE_LINE)
		memory[i]++;
}

/* Its end is told by itself: what the kernel has to do to end a process, great or small, is the run's. No signal reaches it. */
_Noreturn static void do_nothing(const struct errand *errand, pid_t launcher, struct gate_page *page)
{
	const struct line_out line = own_line(errand);
	sigset_t every;
	sigfillset(&every);
	sigprocmask(SIG_SETMASK, &every, NULL);
	clock_now(CLOCK_ID_MONOTONIC);
	kernel_now();
	wait_at_gate(page);
	start_edge(&line, page);
	atomic_store_explicit(&page->entry, kernel_now(), memory_order_relaxed);
	last(&errand->times);
	use_memory();
	tell_end(launcher, page);
	pause_for(NS_PER_MS); /* one signal after the other: else they are one */
	_exit(0);
}

_Noreturn static void begin_child(const struct errand *errand, const int *status, const int *release, pid_t launcher,
				  const struct scheduling *normal, struct gate_page *page)
{
	take_descriptors(errand, status[1], release[0]);
	become_workload(launcher, normal);
	if (errand->bundle == NULL)
		do_nothing(errand, launcher, page);
	execute(errand, page);
}

/* ---- in the launcher ---- */

/* The child's first word: READY, or what failed. */
static int await_ready(struct gate *gate, struct gate_failure *failure)
{
	char word[sizeof *failure];
	ssize_t got;
	do
		got = read(gate->status, word, sizeof word);
	while (got < 0 && errno == EINTR);
	if (got == 1 && word[0] == READY) {
		fcntl(gate->status, F_SETFL, O_NONBLOCK); /* a child that is stuck in exec must not hold us up */
		return 0;
	}
	*failure = (struct gate_failure){ .step = STEP_DESCRIPTORS, .errno_value = EIO };
	if (got == sizeof *failure)
		memcpy(failure, word, sizeof *failure);
	return -1;
}

static int refuse(struct gate_failure *failure, enum launch_step step, int errno_value)
{
	*failure = (struct gate_failure){ .step = step, .errno_value = errno_value };
	return -1;
}

int gate_fork(struct gate *gate, const struct errand *errand, const struct scheduling *normal, struct gate_page *page,
	      struct gate_failure *failure)
{
	int status[2], release[2];
	if (pipe2(status, O_CLOEXEC) < 0)
		return refuse(failure, STEP_FORK, errno);
	if (pipe2(release, O_CLOEXEC) < 0) {
		refuse(failure, STEP_FORK, errno);
		goto close_status;
	}
	pid_t launcher = getpid(), pid = fork();
	if (pid == 0)
		begin_child(errand, status, release, launcher, normal, page);
	if (pid < 0) {
		refuse(failure, STEP_FORK, errno);
		goto close_release;
	}
	close(status[1]);
	close(release[0]);
	*gate = (struct gate){ .pid = pid, .release = release[1], .status = status[0] };
	if (await_ready(gate, failure) == 0)
		return 0;
	gate_close(gate);
	waitpid(pid, NULL, 0);
	return -1;

close_release:
	descriptors_close(release, 2);
close_status:
	descriptors_close(status, 2);
	return -1;
}

int gate_open(struct gate *gate)
{
	const char go = 'g';
	ssize_t written = write(gate->release, &go, 1);
	return written == 1 ? 0 : errno;
}

void gate_outcome(const struct gate *gate, struct gate_failure *failure)
{
	ssize_t got;
	do
		got = read(gate->status, failure, sizeof *failure);
	while (got < 0 && errno == EINTR);
	if (got != sizeof *failure)
		*failure = (struct gate_failure){ .errno_value = 0 };
}

void gate_close(struct gate *gate)
{
	descriptors_close((int[]){ gate->release, gate->status }, 2);
	gate->release = gate->status = -1;
}
