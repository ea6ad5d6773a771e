#include "question.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"

struct talk {
	const char *path;
	int output;  /* read end, non-blocking; -1 once it is closed */
	int process; /* pidfd */
	int64_t deadline;
	char *answer;
	size_t length, size;
};

/* ---- starting ---- */

static void set_up_attributes(posix_spawnattr_t *attributes)
{
	sigset_t every, none;
	sigfillset(&every);
	sigemptyset(&none);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setsigdefault(attributes, &every);
	posix_spawnattr_setsigmask(attributes, &none);
}

static void set_up_descriptors(posix_spawn_file_actions_t *actions, int output)
{
	posix_spawn_file_actions_init(actions);
	posix_spawn_file_actions_adddup2(actions, output, 1);
	posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

/* 0, or an errno value. */
static int spawn(const char *path, const char *const *argv, const char *const *environment, int output, pid_t *pid)
{
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	set_up_attributes(&attributes);
	set_up_descriptors(&actions, output);
	int failure = posix_spawn(pid, path, &actions, &attributes, (char *const *)(uintptr_t)argv,
				  (char *const *)(uintptr_t)environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failure;
}

/* ---- listening ---- */

static int too_long(const struct talk *talk, struct error *error)
{
	return error_set(error, ERROR_PROTOCOL, talk->path, NULL, "its answer is longer than %zu bytes", talk->size - 1);
}

/* Takes what is there. */
static int listen_now(struct talk *talk, struct error *error)
{
	while (talk->output >= 0) {
		if (talk->length == talk->size - 1)
			return too_long(talk, error);
		ssize_t got = read(talk->output, talk->answer + talk->length, talk->size - 1 - talk->length);
		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			close(talk->output);
			talk->output = -1;
			return 0;
		}
		talk->length += (size_t)got;
	}
	return 0;
}

static int milliseconds_left(const struct talk *talk)
{
	int64_t left = talk->deadline - clock_now(CLOCK_ID_MONOTONIC);
	return left <= 0 ? 0 : (int)(left / NS_PER_MS + 1);
}

/* Until the process has ended: a child of its own may keep the output open for ever. */
static int listen_until_end(struct talk *talk, struct error *error)
{
	for (;;) {
		struct pollfd waits[] = { { .fd = talk->process, .events = POLLIN }, { .fd = talk->output, .events = POLLIN } };
		int ready = poll(waits, 2, milliseconds_left(talk));
		if (ready == 0)
			return error_set(error, ERROR_TIMEOUT, talk->path, NULL, "it does not answer");
		if (ready > 0 && listen_now(talk, error) < 0)
			return -1;
		if (ready > 0 && waits[0].revents)
			return listen_now(talk, error);
	}
}

static int judge(const char *path, int status, struct error *error)
{
	if (WIFSIGNALED(status))
		return error_set(error, ERROR_PROTOCOL, path, NULL, "it was ended by signal %d when asked",
				 WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return error_set(error, ERROR_PROTOCOL, path, NULL, "it ended with exit code %d when asked",
				 WEXITSTATUS(status));
	return 0;
}

static int listen_to(struct talk *talk, pid_t pid, struct error *error)
{
	int status = 0;
	talk->process = pidfd_open(pid, 0);
	int result = talk->process < 0 ? error_errno(error, errno, talk->path, NULL, "cannot watch its process")
				       : listen_until_end(talk, error);
	kill(-pid, SIGKILL); /* whatever is left of its group; its number is ours until it is reaped */
	waitpid(pid, &status, 0);
	descriptors_close(&talk->process, 1);
	return result < 0 ? -1 : judge(talk->path, status, error);
}

int question_ask(const char *path, const char *const *argv, const char *const *environment, int64_t limit, char *answer,
		 size_t size, struct error *error)
{
	int output[2];
	pid_t pid;
	if (pipe2(output, O_CLOEXEC) < 0)
		return error_errno(error, errno, path, NULL, "cannot create a pipe");
	int failure = spawn(path, argv, environment, output[1], &pid);
	close(output[1]);
	if (failure) {
		close(output[0]);
		return error_errno(error, failure, path, NULL, "cannot be executed");
	}
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	struct talk talk = { .path = path,
			     .output = output[0],
			     .answer = answer,
			     .size = size,
			     .deadline = clock_now(CLOCK_ID_MONOTONIC) + limit };
	int result = listen_to(&talk, pid, error);
	descriptors_close(&talk.output, 1);
	answer[talk.length] = '\0';
	return result;
}
