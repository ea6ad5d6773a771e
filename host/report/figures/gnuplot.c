#include "gnuplot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "durable.h"

#define PROGRAM "gnuplot"
#define SCRIPT "script.gp"
#define COMPLAINTS "complaints.txt"
#define REMEDY_SCRATCH "name a directory in TMPDIR that can be written to"

/* ---- its directory ---- */

int scratch_make(struct scratch *scratch, struct error *error)
{
	const char *place = getenv("TMPDIR");
	if (place == NULL || place[0] != '/')
		place = "/tmp";
	if (snprintf(scratch->path, sizeof scratch->path, "%s/joulerig-figures-XXXXXX", place) >= (int)sizeof scratch->path)
		return error_set(error, ERROR_USAGE, place, REMEDY_SCRATCH, "the path in TMPDIR is too long");
	if (mkdtemp(scratch->path) == NULL)
		return error_errno(error, errno, place, REMEDY_SCRATCH, "cannot make a directory for figures");
	return 0;
}

void scratch_remove(const struct scratch *scratch)
{
	DIR *directory = opendir(scratch->path);
	if (directory == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	rmdir(scratch->path);
}

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

static void set_up_files(posix_spawn_file_actions_t *actions, const struct scratch *scratch)
{
	posix_spawn_file_actions_init(actions);
	posix_spawn_file_actions_addchdir_np(actions, scratch->path);
	posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(actions, 2, COMPLAINTS, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

/* No GNUTERM, no GNUPLOT_LIB, no language: nothing that could make another picture. HOME is where fonts are looked up. */
static int spawn(const struct scratch *scratch, pid_t *pid)
{
	char home[300];
	char *const arguments[] = { PROGRAM, "--default-settings", SCRIPT, NULL };
	char *const environment[] = { "LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin", home, NULL };
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	snprintf(home, sizeof home, "HOME=%s", getenv("HOME") ? getenv("HOME") : "/");
	set_up_attributes(&attributes);
	set_up_files(&actions, scratch);
	int failure = posix_spawnp(pid, PROGRAM, &actions, &attributes, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failure;
}

/* ---- waiting ---- */

static int wait_for_end(pid_t pid, int64_t deadline, struct error *error)
{
	int ready = 0, process = pidfd_open(pid, 0);
	if (process < 0)
		return error_errno(error, errno, PROGRAM, NULL, "cannot watch its process");
	while (ready == 0) {
		int64_t left = deadline - clock_now(CLOCK_ID_MONOTONIC);
		struct pollfd wait = { .fd = process, .events = POLLIN };
		if (left <= 0)
			break;
		ready = poll(&wait, 1, (int)(left / NS_PER_MS) + 1);
		if (ready < 0 && errno == EINTR)
			ready = 0;
	}
	close(process);
	return ready > 0 ? 0 : error_set(error, ERROR_TIMEOUT, PROGRAM, NULL, "it does not come to an end");
}

/* Its last words that say something, on one line. */
static void read_complaint(const struct scratch *scratch, char *line, size_t size)
{
	char path[300], said[2048];
	snprintf(path, sizeof path, "%s/" COMPLAINTS, scratch->path);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = file < 0 ? 0 : read(file, said, sizeof said - 1);
	if (file >= 0)
		close(file);
	said[got > 0 ? got : 0] = '\0';
	line[0] = '\0';
	for (char *rest = said, *word; (word = strtok_r(rest, "\n", &rest)) != NULL;)
		if (strspn(word, " \t^") < strlen(word))
			snprintf(line, size, "%s", word + strspn(word, " \t"));
}

static int judge(const struct scratch *scratch, int status, struct error *error)
{
	char complaint[160];
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return error_set(error, ERROR_INTERNAL, PROGRAM, NULL, "it was ended by signal %d", WTERMSIG(status));
	read_complaint(scratch, complaint, sizeof complaint);
	return error_set(error, ERROR_INTERNAL, PROGRAM, "joulerig is made for gnuplot 5.4 and later: gnuplot --version",
			 "it could not draw the figures: %s", complaint[0] ? complaint : "it does not say why");
}

int gnuplot_run(const struct scratch *scratch, const struct text *script, int64_t limit, struct error *error)
{
	char path[300];
	pid_t pid;
	int status = 0;
	if (text_failed(script))
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	snprintf(path, sizeof path, "%s/" SCRIPT, scratch->path);
	if (durable_write_file(path, text_string(script), script->length, error) != 0)
		return -1;
	int failure = spawn(scratch, &pid);
	if (failure == ENOENT)
		return error_set(error, ERROR_NOT_FOUND, PROGRAM, "apt-get install gnuplot-nox", "it draws the figures, and is not installed");
	if (failure)
		return error_errno(error, failure, PROGRAM, "apt-get install gnuplot-nox", "it draws the figures, and cannot be executed");
	int result = wait_for_end(pid, clock_now(CLOCK_ID_MONOTONIC) + limit, error);
	kill(-pid, SIGKILL); /* where it has not ended; its number is ours until it is reaped */
	waitpid(pid, &status, 0);
	return result < 0 ? -1 : judge(scratch, status, error);
}
