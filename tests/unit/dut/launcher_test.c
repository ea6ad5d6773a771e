/* The launcher: edges in order, a clean process for the workload, and nothing left of it afterwards. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>

#include "clock.h"
#include "helper.h"
#include "local_launcher.h"

struct outcome {
	struct launched launched;
	struct launch_event event; /* the last: ENDED or EXEC_FAILED */
	int started;               /* LAUNCH_STARTED events */
	int64_t released, done;    /* MONOTONIC ns */
	char marks[8192], output[8192];
};

static char self[4096];
static const char *const plain_environment[] = { "PATH=/usr/bin:/bin", "ASAN_OPTIONS=detect_leaks=0", NULL };

static struct launcher *start(void)
{
	struct error error = ERROR_INIT;
	struct launcher *launcher = launcher_fork(&error);
	if (launcher == NULL)
		fail_msg("%s", error.what);
	return launcher;
}

static void read_into(int fd, char *text, size_t size)
{
	size_t length = strlen(text);
	ssize_t got;
	while (length + 1 < size && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
}

/* 1 once an event has come within `ms`. */
static int await(struct launcher *launcher, struct launch_event *event, int ms)
{
	struct error error = ERROR_INIT;
	struct pollfd wait = { .fd = launcher_fd(launcher), .events = POLLIN };
	if (poll(&wait, 1, ms) != 1)
		return 0;
	int got = launcher_event(launcher, event, &error);
	if (got < 0)
		fail_msg("%s", error.what);
	return got;
}

static void prepare(struct launcher *launcher, const struct launch_spec *spec, struct outcome *o)
{
	struct error error = ERROR_INIT;
	memset(o, 0, sizeof *o);
	if (launcher_prepare(launcher, spec, &o->launched, &error) < 0)
		fail_msg("%s: %s", error.on, error.what);
	assert_true(o->launched.pid > 0);
}

static void release(struct launcher *launcher, struct outcome *o)
{
	struct error error = ERROR_INIT;
	o->released = clock_now(CLOCK_ID_MONOTONIC);
	if (launcher_release(launcher, &error) < 0)
		fail_msg("%s", error.what);
}

static void finish(struct launcher *launcher, struct outcome *o)
{
	do {
		if (!await(launcher, &o->event, 30000))
			fail_msg("no event within 30 s");
		o->started += o->event.kind == LAUNCH_STARTED;
	} while (o->event.kind == LAUNCH_STARTED);
	o->done = clock_now(CLOCK_ID_MONOTONIC);
	read_into(o->launched.mark_fd, o->marks, sizeof o->marks);
	close(o->launched.mark_fd);
	close(o->launched.go_fd);
}

static void run_spec(struct launcher *launcher, struct launch_spec spec, struct outcome *o)
{
	int output = memfd_create("output", MFD_CLOEXEC);
	spec.stdout_fd = output;
	prepare(launcher, &spec, o);
	release(launcher, o);
	finish(launcher, o);
	lseek(output, 0, SEEK_SET);
	read_into(output, o->output, sizeof o->output);
	close(output);
}

static void run(struct launcher *launcher, const char *mode, const char *argument, struct outcome *o)
{
	const char *argv[] = { self, mode, argument, NULL };
	run_spec(launcher, (struct launch_spec){ .argv = argv, .environment = plain_environment, .stderr_fd = 2 }, o);
}

/* Prepared, released, and its first mark read: it is doing what it does. */
static void run_until_mark(struct launcher *launcher, const char *mode, struct outcome *o)
{
	const char *argv[] = { self, mode, NULL };
	prepare(launcher,
		&(struct launch_spec){ .argv = argv, .environment = plain_environment, .stdout_fd = -1, .stderr_fd = 2 }, o);
	release(launcher, o);
	struct pollfd wait = { .fd = o->launched.mark_fd, .events = POLLIN };
	assert_int_equal(poll(&wait, 1, 10000), 1);
	usleep(20000);
	read_into(o->launched.mark_fd, o->marks, sizeof o->marks);
}

/* A zombie is not: whoever adopted it may take its time to reap it. */
static int is_alive(pid_t pid)
{
	char path[32], state = 'X';
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	fclose(file);
	return state != 'Z' && state != 'X';
}

/* Each "pid N" among the marks is a process that is no more. */
static int announced_and_gone(const char *marks)
{
	int n = 0;
	for (const char *at = marks; (at = strstr(at, "pid ")) != NULL; at++, n++)
		assert_false(is_alive(atoi(at + 4)));
	return n;
}

static void assert_ended(const struct outcome *o, int exit_code, int signal_number)
{
	assert_int_equal(o->event.kind, LAUNCH_ENDED);
	assert_int_equal(o->started, 1);
	assert_int_equal(o->event.exit_code, exit_code);
	assert_int_equal(o->event.signal, signal_number);
	assert_int_equal(o->event.survivors, 0);
}

static void test_exit_codes_and_signals(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run(launcher, "exit", "0", &o);
	assert_ended(&o, 0, 0);
	assert_int_equal(o.event.strays, 0);
	assert_false(o.event.ended_by_us);
	run(launcher, "exit", "3", &o);
	assert_ended(&o, 3, 0);
	run(launcher, "signal", "9", &o);
	assert_ended(&o, -1, SIGKILL);
	run(launcher, "signal", "15", &o);
	assert_ended(&o, -1, SIGTERM);
	launcher_close(launcher);
}

static void test_stamps_are_in_order(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	for (int i = 0; i < 20; i++) {
		run(launcher, "stamps", NULL, &o);
		long long first = 0, last = 0;
		assert_int_equal(sscanf(o.marks, "first %lld\nlast %lld", &first, &last), 2);
		assert_true(o.released < o.event.start);
		assert_true(o.event.start < first);
		assert_true(first + 20000000 <= last);
		assert_true(last < o.event.stop);
		assert_true(o.event.stop < o.done);
		assert_true(o.event.start - o.released < 500 * NS_PER_MS);
		assert_true(o.event.stop - last < 500 * NS_PER_MS);
	}
	launcher_close(launcher);
}

static void test_nothing_runs_before_the_gate_opens(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	struct launch_event event;
	const char *argv[] = { self, "stamps", NULL };
	(void)state;
	prepare(launcher,
		&(struct launch_spec){ .argv = argv, .environment = plain_environment, .stdout_fd = -1, .stderr_fd = 2 }, &o);
	assert_int_equal(await(launcher, &event, 100), 0);
	release(launcher, &o);
	finish(launcher, &o);
	long long first = 0;
	sscanf(o.marks, "first %lld", &first);
	assert_true(first > o.released);
	launcher_close(launcher);
}

static void test_only_the_agreed_descriptors_are_open(void **state)
{
	/* Not at numbers that others are placed on, and not closed at exec: what ought not to be there would show. */
	int before = fcntl(1, F_DUPFD, 40);
	struct launcher *launcher = start();
	int after = fcntl(1, F_DUPFD, 41);
	struct outcome o;
	(void)state;
	run(launcher, "descriptors", NULL, &o);
	assert_string_equal(o.output, "0 1 2 7 8 mark 7 go 8");
	close(before);
	close(after);
	launcher_close(launcher);
}

static void expect_state(struct launcher *launcher, int policy, int nice_value)
{
	struct outcome o;
	char expected[256];
	snprintf(expected, sizeof expected, "policy %d nice %d slack %d own session 1 own group 1 ignored 0 masked 0 input 0",
		 policy, nice_value, prctl(PR_GET_TIMERSLACK));
	run(launcher, "state", NULL, &o);
	assert_string_equal(o.output, expected);
}

static void test_process_state_is_as_a_shell_would_give_it(void **state)
{
	sigset_t some, saved;
	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	sigprocmask(SIG_BLOCK, &some, &saved);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	struct launcher *launcher = start();
	(void)state;
	expect_state(launcher, SCHED_OTHER, getpriority(PRIO_PROCESS, 0));
	launcher_close(launcher);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &saved, NULL);
}

/* As under `nice -n 5 chrt --batch 0 joulerig …`. In a process of its own, since nothing of it can be undone unprivileged. */
static void test_nice_and_policy_are_those_of_joulerig(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		struct sched_param none = { .sched_priority = 0 };
		setpriority(PRIO_PROCESS, 0, 5);
		sched_setscheduler(0, SCHED_BATCH, &none);
		struct launcher *launcher = start();
		struct outcome o;
		run(launcher, "state", NULL, &o);
		launcher_close(launcher);
		_exit(strncmp(o.output, "policy 3 nice 5 ", 16) == 0 ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void test_directory(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	const char *argv[] = { self, "where", NULL };
	struct launch_spec spec = { .argv = argv, .environment = plain_environment, .directory = "/usr/lib", .stderr_fd = 2 };
	(void)state;
	run_spec(launcher, spec, &o);
	assert_string_equal(o.output, "/usr/lib");

	struct error error = ERROR_INIT;
	spec.directory = "/no/such/place";
	spec.stdout_fd = -1;
	assert_int_equal(launcher_prepare(launcher, &spec, &o.launched, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	assert_string_equal(error.on, "/no/such/place");
	run(launcher, "exit", "0", &o); /* still works */
	assert_ended(&o, 0, 0);
	launcher_close(launcher);
}

static void expect_refusal(struct launcher *launcher, const char *program, enum error_code code)
{
	struct error error = ERROR_INIT;
	struct launched launched;
	const char *argv[] = { program, NULL };
	struct launch_spec spec = { .argv = argv, .environment = plain_environment, .stdout_fd = -1, .stderr_fd = -1 };
	assert_int_equal(launcher_prepare(launcher, &spec, &launched, &error), -1);
	assert_int_equal(error.code, code);
	assert_string_equal(error.on, program);
}

static void write_program(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, mode);
}

static void test_programs_that_cannot_be_executed(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	expect_refusal(launcher, "no-such-program-anywhere", ERROR_NOT_FOUND);
	expect_refusal(launcher, "/no/such/program", ERROR_NOT_FOUND);
	expect_refusal(launcher, "/usr/bin", ERROR_PERMISSION);
	expect_refusal(launcher, "/etc/passwd", ERROR_PERMISSION);

	char path[] = "/tmp/joulerig-launcher-test-XXXXXX";
	close(mkstemp(path));
	const char *argv[] = { path, NULL };
	const struct launch_spec spec = { .argv = argv, .environment = plain_environment, .stderr_fd = -1 };
	write_program(path, "not a program", 0755);
	run_spec(launcher, spec, &o);
	assert_int_equal(o.event.kind, LAUNCH_EXEC_FAILED);
	assert_int_equal(o.event.errno_value, ENOEXEC);
	assert_int_equal(o.started, 0);
	write_program(path, "#!/no/such/interpreter\n", 0755);
	run_spec(launcher, spec, &o);
	assert_int_equal(o.event.kind, LAUNCH_EXEC_FAILED);
	assert_int_equal(o.event.errno_value, ENOENT);
	unlink(path);
	run(launcher, "exit", "0", &o);
	assert_ended(&o, 0, 0);
	launcher_close(launcher);
}

static void test_program_is_looked_up_on_the_path_of_its_environment(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	char folder[4096], variable[4200];
	const char *argv[] = { strrchr(self, '/') + 1, "exit", "5", NULL };
	const char *environment[] = { variable, "ASAN_OPTIONS=detect_leaks=0", NULL };
	(void)state;
	snprintf(folder, sizeof folder, "%s", self);
	*strrchr(folder, '/') = '\0';
	snprintf(variable, sizeof variable, "PATH=/nowhere:/usr/bin:%s", folder);
	run_spec(launcher, (struct launch_spec){ .argv = argv, .environment = environment, .stderr_fd = 2 }, &o);
	assert_ended(&o, 5, 0);
	launcher_close(launcher);
}

static void test_large_arguments_and_environment(void **state)
{
	enum { N = 100, SIZE = 20000 };
	struct launcher *launcher = start();
	struct outcome o;
	char *big = malloc(SIZE + 1);
	const char *argv[N + 3] = { self, "sum" }, *environment[N + 2] = { "ASAN_OPTIONS=detect_leaks=0" };
	(void)state;
	memset(big, 'x', SIZE);
	memcpy(big, "BIG=", 4);
	big[SIZE] = '\0';
	for (int i = 0; i < N / 2; i++)
		argv[2 + i] = environment[1 + i] = big;
	run_spec(launcher, (struct launch_spec){ .argv = argv, .environment = environment, .stderr_fd = 2 }, &o);
	char expected[64];
	snprintf(expected, sizeof expected, "%d strings %zu bytes", N + 2, (size_t)N * SIZE + strlen(self) + 3);
	assert_string_equal(o.output, expected);

	/* More than the kernel takes is the workload's failure, not ours. */
	const char *huge[3] = { self, NULL, NULL };
	char *huge_argument = malloc(1 << 20);
	memset(huge_argument, 'y', (1 << 20) - 1);
	huge_argument[(1 << 20) - 1] = '\0';
	huge[1] = huge_argument;
	run_spec(launcher, (struct launch_spec){ .argv = huge, .environment = plain_environment, .stderr_fd = -1 }, &o);
	assert_int_equal(o.event.kind, LAUNCH_EXEC_FAILED);
	assert_int_equal(o.event.errno_value, E2BIG);
	free(huge_argument);
	free(big);
	launcher_close(launcher);
}

static void test_marks_variables_replace_inherited_ones(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	const char *argv[] = { self, "descriptors", NULL };
	const char *environment[] = { "JOULERIG_GO_FD=55", "JOULERIG_MARK_FD=44", "ASAN_OPTIONS=detect_leaks=0", NULL };
	(void)state;
	run_spec(launcher, (struct launch_spec){ .argv = argv, .environment = environment, .stderr_fd = 2 }, &o);
	assert_string_equal(o.output, "0 1 2 7 8 mark 7 go 8");
	launcher_close(launcher);
}

static void test_a_hanging_child_is_ended(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run_until_mark(launcher, "hang", &o);
	int64_t before = clock_now(CLOCK_ID_MONOTONIC);
	assert_int_equal(launcher_end(launcher, 2 * NS_PER_S, NULL), 0);
	finish(launcher, &o);
	assert_ended(&o, -1, SIGTERM);
	assert_true(o.event.ended_by_us);
	assert_true(o.event.stop > before);
	assert_true(o.done - before < NS_PER_S);
	assert_int_equal(announced_and_gone(o.marks), 1);
	launcher_close(launcher);
}

static void test_a_child_that_ignores_sigterm_is_killed_after_the_grace(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run_until_mark(launcher, "stubborn", &o);
	int64_t before = clock_now(CLOCK_ID_MONOTONIC);
	assert_int_equal(launcher_end(launcher, 300 * NS_PER_MS, NULL), 0);
	finish(launcher, &o);
	assert_ended(&o, -1, SIGKILL);
	assert_true(o.event.stop - before >= 300 * NS_PER_MS);
	assert_true(o.event.stop - before < 1500 * NS_PER_MS);
	assert_int_equal(announced_and_gone(o.marks), 1);

	run_until_mark(launcher, "stubborn", &o); /* a second, shorter grace holds */
	before = clock_now(CLOCK_ID_MONOTONIC);
	launcher_end(launcher, 20 * NS_PER_S, NULL);
	launcher_end(launcher, 0, NULL);
	finish(launcher, &o);
	assert_true(o.done - before < NS_PER_S);
	launcher_close(launcher);
}

static void test_a_stopped_child_is_ended(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run_until_mark(launcher, "hang", &o);
	kill(o.launched.pid, SIGSTOP);
	usleep(20000);
	launcher_end(launcher, 2 * NS_PER_S, NULL);
	finish(launcher, &o);
	assert_ended(&o, -1, SIGTERM);
	launcher_close(launcher);
}

static void test_a_daemon_that_forked_away_twice_is_found(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	for (int i = 0; i < 10; i++) {
		run(launcher, "daemon", NULL, &o);
		assert_ended(&o, 0, 0);
		assert_int_equal(o.event.strays, 1);
		assert_int_equal(announced_and_gone(o.marks), 1);
		assert_true(o.event.stop - o.event.start < 400 * NS_PER_MS); /* main's end, not the daemon's */
	}
	launcher_close(launcher);
}

static void test_fifty_grandchildren(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run(launcher, "crowd", NULL, &o);
	assert_ended(&o, 0, 0);
	assert_int_equal(o.event.strays, 55);
	assert_int_equal(announced_and_gone(o.marks), 50);

	run_until_mark(launcher, "crowd-stays", &o);
	usleep(200000);
	launcher_end(launcher, NS_PER_S, NULL);
	finish(launcher, &o);
	assert_ended(&o, -1, SIGTERM);
	assert_int_equal(announced_and_gone(o.marks), 50);
	launcher_close(launcher);
}

static void test_a_fork_bomb_ends(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run(launcher, "bomb", NULL, &o);
	assert_ended(&o, 0, 0);
	assert_true(o.event.strays >= 1);
	assert_true(o.done - o.event.stop < 3 * NS_PER_S);
	run(launcher, "exit", "0", &o); /* and nothing of it is left to find now */
	assert_int_equal(o.event.strays, 0);
	launcher_close(launcher);
}

static void test_a_child_that_closes_everything(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run(launcher, "closes-all", NULL, &o);
	assert_ended(&o, 7, 0);
	launcher_close(launcher);
}

static void test_cpu_time_counts_orphans(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run(launcher, "burn", "200", &o);
	assert_true(o.event.user_s + o.event.system_s > 0.19);
	assert_true(o.event.user_s + o.event.system_s < 0.4);
	assert_true(o.event.max_rss > 100000);
	run(launcher, "burning-orphan", NULL, &o);
	assert_ended(&o, 0, 0);
	assert_int_equal(o.event.strays, 0);
	assert_true(o.event.user_s + o.event.system_s > 0.19);
	launcher_close(launcher);
}

static void test_ended_at_the_gate(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	const char *argv[] = { self, "hang", NULL };
	const struct launch_spec spec = { .argv = argv, .environment = plain_environment, .stdout_fd = -1, .stderr_fd = 2 };
	struct launched second;
	struct error error = ERROR_INIT;
	(void)state;
	prepare(launcher, &spec, &o);
	assert_int_equal(launcher_prepare(launcher, &spec, &second, &error), -1); /* one at a time */
	assert_int_equal(launcher_end(launcher, NS_PER_S, NULL), 0);
	finish(launcher, &o);
	assert_int_equal(o.event.kind, LAUNCH_ENDED);
	assert_int_equal(o.started, 0);
	assert_int_equal(o.event.start, 0);
	assert_int_equal(launcher_release(launcher, NULL), -1);
	run(launcher, "exit", "0", &o);
	assert_ended(&o, 0, 0);
	launcher_close(launcher);
}

static int count_entries(const char *path)
{
	DIR *folder = opendir(path);
	int n = 0;
	while (folder && readdir(folder))
		n++;
	if (folder)
		closedir(folder);
	return n;
}

static int children_of(pid_t parent)
{
	char path[64];
	int n = 0, pid;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *file = fopen(path, "r");
	while (file && fscanf(file, "%d", &pid) == 1)
		n++;
	if (file)
		fclose(file);
	return n;
}

static void test_two_hundred_launches_leave_nothing(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	char theirs[64];
	(void)state;
	snprintf(theirs, sizeof theirs, "/proc/%d/fd", (int)launcher_pid(launcher));
	run(launcher, "exit", "0", &o);
	int ours_before = count_entries("/proc/self/fd"), theirs_before = count_entries(theirs);
	for (int i = 0; i < 200; i++) {
		run(launcher, "exit", "0", &o);
		assert_ended(&o, 0, 0);
	}
	assert_int_equal(count_entries("/proc/self/fd"), ours_before);
	assert_int_equal(count_entries(theirs), theirs_before);
	assert_int_equal(children_of(launcher_pid(launcher)), 0);
	launcher_close(launcher);
}

static void test_closing_ends_what_runs(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run_until_mark(launcher, "stubborn", &o);
	pid_t pid = launcher_pid(launcher);
	launcher_close(launcher);
	assert_false(is_alive(pid));
	assert_int_equal(announced_and_gone(o.marks), 1);
	close(o.launched.mark_fd);
	close(o.launched.go_fd);
	launcher_close(NULL);
}

/* Waits up to a second for a process to be no more than a zombie. */
static int ends_within_a_second(pid_t pid)
{
	for (int i = 0; i < 100; i++) {
		if (!is_alive(pid))
			return 1;
		usleep(10000);
	}
	return 0;
}

static void test_death_of_joulerig_ends_the_tree(void **state)
{
	int report[2], pids[64], n = 0;
	(void)state;
	assert_int_equal(pipe(report), 0);
	pid_t middle = fork();
	if (middle == 0) {
		struct launcher *launcher = start();
		struct outcome o;
		run_until_mark(launcher, "crowd-stays", &o);
		usleep(200000);
		read_into(o.launched.mark_fd, o.marks, sizeof o.marks);
		dprintf(report[1], "pid %d\npid %d\n%s", (int)launcher_pid(launcher), (int)o.launched.pid, o.marks);
		close(report[1]);
		hang();
	}
	close(report[1]);
	FILE *lines = fdopen(report[0], "r");
	while (n < 52 && fscanf(lines, "pid %d\n", &pids[n]) == 1)
		n++;
	fclose(lines);
	assert_int_equal(n, 52);
	kill(middle, SIGKILL);
	waitpid(middle, NULL, 0);
	for (int i = 0; i < n; i++)
		assert_true(ends_within_a_second(pids[i]));
}

/* In a self-test it is at the gate for as long as joulerig sleeps. */
static void test_death_of_joulerig_ends_a_child_at_the_gate(void **state)
{
	int report[2], pid = 0, dead = 0, child = 0;
	char path[64];
	(void)state;
	assert_int_equal(pipe(report), 0);
	pid_t middle = fork();
	if (middle == 0) {
		const struct lag_times times = { .held = 60 * NS_PER_S };
		struct launcher *launcher = start();
		struct launch_lag lag;
		struct error error = ERROR_INIT;
		dprintf(report[1], "pid %d\n", (int)launcher_pid(launcher));
		close(report[1]);
		launcher_measure_lag(launcher, &times, &lag, &error);
		_exit(1);
	}
	close(report[1]);
	FILE *lines = fdopen(report[0], "r");
	assert_int_equal(fscanf(lines, "pid %d\n", &pid), 1);
	fclose(lines);
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	for (int i = 0; i < 500 && child == 0; i++, usleep(10000)) {
		FILE *children = fopen(path, "r");
		if (fscanf(children, "%d %d", &dead, &child) != 2)
			child = 0;
		fclose(children);
	}
	assert_true(child > 0 && is_alive(child));
	kill(middle, SIGKILL);
	waitpid(middle, NULL, 0);
	assert_true(ends_within_a_second(child) && ends_within_a_second(pid));
}

static void test_death_of_the_launcher_is_told_and_ends_the_workload(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	run_until_mark(launcher, "pair", &o);
	kill(launcher_pid(launcher), SIGKILL);
	assert_true(ends_within_a_second(o.launched.pid)); /* by itself; of its children, this side has to take care */
	finish(launcher, &o);
	assert_int_equal(o.event.kind, LAUNCH_GONE);
	assert_true(ends_within_a_second(atoi(o.marks + 4)));
	struct error error = ERROR_INIT;
	assert_int_equal(launcher_release(launcher, &error), -1);
	assert_int_equal(error.code, ERROR_GONE);
	launcher_close(launcher);
}

static void test_interrupts_from_the_terminal_leave_the_launcher_alone(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	(void)state;
	assert_int_not_equal(getpgid(launcher_pid(launcher)), getpgrp());
	kill(launcher_pid(launcher), SIGINT);
	kill(launcher_pid(launcher), SIGTERM);
	kill(launcher_pid(launcher), SIGHUP);
	usleep(50000);
	run(launcher, "exit", "0", &o);
	assert_ended(&o, 0, 0);
	launcher_close(launcher);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void test_lags_are_plausible(void **state)
{
	enum { N = 50 };
	struct launcher *launcher = start();
	struct outcome o;
	struct launch_lag lags[N];
	int64_t starts[N], stops[N];
	struct error error = ERROR_INIT;
	(void)state;
	for (int i = 0; i < N; i++) {
		int64_t from = clock_now(CLOCK_ID_MONOTONIC);
		const struct lag_times times = { .held = i % 5 * NS_PER_MS, .lasting = i % 3 * 4 * NS_PER_MS, .busy = i % 2 };
		assert_int_equal(launcher_measure_lag(launcher, &times, &lags[i], &error), 0);
		assert_true(lags[i].start - from >= times.held && lags[i].end - lags[i].start >= times.lasting);
		starts[i] = lags[i].entry - lags[i].start;
		stops[i] = lags[i].stop - lags[i].end;
		assert_true(lags[i].raise == lags[i].start && lags[i].end >= lags[i].entry && lags[i].lowered == lags[i].stop);
		assert_int_equal(lags[i].line_errno, 0);
	}
	qsort(starts, N, sizeof *starts, compare);
	qsort(stops, N, sizeof *stops, compare);
	assert_true(starts[0] > 0 && stops[0] > 0);
	assert_true(starts[N / 2] < NS_PER_MS);
	assert_true(stops[N / 2] < 20 * NS_PER_MS);
	run(launcher, "exit", "0", &o);
	assert_ended(&o, 0, 0);
	launcher_close(launcher);
}

/* No machine that tests run on has a line: /dev/null stands for one that cannot be set. The attempts are made and told of, the
 * workload runs none the worse, and does not get the descriptor. */
static void test_a_line_that_cannot_be_set(void **state)
{
	struct launcher *launcher = start();
	struct outcome o;
	struct error error = ERROR_INIT;
	struct launch_lag lags[2];
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(launcher_line(launcher, &(struct line_out){ .kind = LINE_RTS, .fd = fd }, &error), 0);
	close(fd); /* the launcher has its own */
	run(launcher, "descriptors", NULL, &o);
	assert_ended(&o, 0, 0);
	assert_int_equal(o.event.line_errno, ENOTTY);
	assert_true(o.event.raise == 0 && o.event.lowered == 0); /* edges that never were */
	assert_string_equal(o.output, "0 1 2 7 8 mark 7 go 8");
	for (int i = 0; i < 2; i++) {
		const struct lag_times times = { .held = 5 * NS_PER_MS, .lasting = 5 * NS_PER_MS };
		assert_int_equal(launcher_measure_lag(launcher, &times, &lags[i], &error), 0);
		assert_int_equal(lags[i].line_errno, ENOTTY);
		assert_true(lags[i].raise <= lags[i].start && lags[i].start < lags[i].entry && lags[i].stop <= lags[i].lowered);
		assert_true(lags[i].stop - lags[i].start >= 5 * NS_PER_MS);
	}
	assert_true(lags[1].raise - lags[0].lowered >= 5 * NS_PER_MS);
	assert_int_equal(launcher_line(launcher, &(struct line_out){ .kind = LINE_NONE }, &error), 0);
	run(launcher, "exit", "0", &o);
	assert_ended(&o, 0, 0);
	assert_true(o.event.line_errno == 0 && o.event.raise == 0 && o.event.lowered == 0);
	launcher_close(launcher);
}

/* A pipe stands for the terminal of a device that is told to set its line: the child writes one frame, the launcher the other. */
static void test_a_line_that_is_told(void **state)
{
	struct line_out line = { .kind = LINE_FRAME, .frames = { { 5, "\0low\0" }, { 6, "\0high\0" } } };
	struct launcher *launcher = start();
	struct outcome o;
	struct error error = ERROR_INIT;
	struct launch_lag lag;
	char told[64];
	int ends[2];
	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	line.fd = ends[1];
	assert_int_equal(launcher_line(launcher, &line, &error), 0);
	close(ends[1]);
	run(launcher, "descriptors", NULL, &o);
	assert_ended(&o, 0, 0);
	assert_int_equal(o.event.line_errno, 0);
	assert_true(o.event.raise > 0 && o.event.raise <= o.event.start && o.event.lowered >= o.event.stop);
	assert_string_equal(o.output, "0 1 2 7 8 mark 7 go 8");
	assert_int_equal(read(ends[0], told, sizeof told), 11);
	assert_memory_equal(told, "\0high\0\0low\0", 11);
	const struct lag_times times = { .held = 5 * NS_PER_MS, .lasting = 5 * NS_PER_MS };
	assert_int_equal(launcher_measure_lag(launcher, &times, &lag, &error), 0);
	assert_int_equal(lag.line_errno, 0);
	assert_int_equal(read(ends[0], told, sizeof told), 5 + 11); /* lowered once in vain */
	close(ends[0]);
	launcher_close(launcher);
}

/* Of a frame that goes out in part nobody knows what becomes. */
static void test_frames_that_are_not_taken(void **state)
{
	struct line_out line = { .kind = LINE_FRAME, .frames = { { 5, "\0low\0" }, { 6, "\0high\0" } } };
	char filling[4096] = { 0 };
	int ends[2];
	(void)state;
	assert_int_equal(line_set(&(struct line_out){ .kind = LINE_FRAME, .fd = -1 }, true), EBADF);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	line.fd = ends[1];
	while (write(ends[1], filling, sizeof filling) > 0)
		;
	assert_int_equal(line_set(&line, true), EAGAIN);
	close(ends[0]);
	close(ends[1]);
	struct rlimit before, small;
	FILE *file = tmpfile(); /* with room for three bytes more */
	assert_non_null(file);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 3;
	setrlimit(RLIMIT_FSIZE, &small);
	line.fd = fileno(file);
	int failure = line_set(&line, true);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(failure, EIO);
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return helper(argv, environ);
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	if (length <= 0)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes_and_signals),
		cmocka_unit_test(test_stamps_are_in_order),
		cmocka_unit_test(test_nothing_runs_before_the_gate_opens),
		cmocka_unit_test(test_only_the_agreed_descriptors_are_open),
		cmocka_unit_test(test_process_state_is_as_a_shell_would_give_it),
		cmocka_unit_test(test_nice_and_policy_are_those_of_joulerig),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_programs_that_cannot_be_executed),
		cmocka_unit_test(test_program_is_looked_up_on_the_path_of_its_environment),
		cmocka_unit_test(test_large_arguments_and_environment),
		cmocka_unit_test(test_marks_variables_replace_inherited_ones),
		cmocka_unit_test(test_a_hanging_child_is_ended),
		cmocka_unit_test(test_a_child_that_ignores_sigterm_is_killed_after_the_grace),
		cmocka_unit_test(test_a_stopped_child_is_ended),
		cmocka_unit_test(test_a_daemon_that_forked_away_twice_is_found),
		cmocka_unit_test(test_fifty_grandchildren),
		cmocka_unit_test(test_a_fork_bomb_ends),
		cmocka_unit_test(test_a_child_that_closes_everything),
		cmocka_unit_test(test_cpu_time_counts_orphans),
		cmocka_unit_test(test_ended_at_the_gate),
		cmocka_unit_test(test_two_hundred_launches_leave_nothing),
		cmocka_unit_test(test_closing_ends_what_runs),
		cmocka_unit_test(test_death_of_joulerig_ends_the_tree),
		cmocka_unit_test(test_death_of_joulerig_ends_a_child_at_the_gate),
		cmocka_unit_test(test_death_of_the_launcher_is_told_and_ends_the_workload),
		cmocka_unit_test(test_interrupts_from_the_terminal_leave_the_launcher_alone),
		cmocka_unit_test(test_lags_are_plausible),
		cmocka_unit_test(test_a_line_that_cannot_be_set),
		cmocka_unit_test(test_a_line_that_is_told),
		cmocka_unit_test(test_frames_that_are_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
