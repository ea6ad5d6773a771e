/*
 * faults: preloaded into joulerig, it counts the calls that change one directory tree, logs them, and lets the N-th fail or be
 * the last thing that joulerig does. tests/storage/faults.py speaks to it; everything is said in the environment:
 *
 *   FAULTS_TREE     the directory, absolute; calls on paths and descriptors outside are not looked at
 *   FAULTS_KINDS    which calls are counted, by letter: o open that may create, w write, t truncate, s sync, r rename, u unlink,
 *                   m mkdir, c close of a descriptor that was open for writing; default: all
 *   FAULTS_MATCH    count only calls on paths that hold this text
 *   FAULTS_AT       the call, counted from 1, that ACTION meets; 0 or nothing: none
 *   FAULTS_ACTION   once, always: it fails with FAULTS_ERRNO, alone or with all after it; short: it writes half (if it is a
 *                   write) and all after it fail; before, after, torn: SIGKILL before the call, after it, or after half of it;
 *                   lie: it and all after it do nothing and say that they did, if they are syncs
 *   FAULTS_ERRNO    a number
 *   FAULTS_INSTANT  a file for the CLOCK_MONOTONIC ns at which it killed, in decimal
 *   FAULTS_LOG      a file for one line a call, counted or not: ORDER NUMBER LETTER RESULT SIZE PATH [-> PATH]; ORDER in which it
 *                   began, NUMBER as counted or 0, RESULT 0 or an errno value, SIZE the bytes written, or 1 for an open that
 *                   empties the file
 *   FAULTS_DATA     if set, the bytes written follow the line of a write
 *
 * Only the process that loads it first is meant: what it forks or executes is left alone. Nothing here goes through libc's own
 * file functions, so that nothing is counted twice.
 */
#undef _FILE_OFFSET_BITS /* with it, open would be another name of open64; both are interposed here */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum action { NONE, ONCE, ALWAYS, SHORT, BEFORE, AFTER, TORN, LIE, ACTIONS };

static struct {
	bool active;
	pid_t owner;
	char tree[PATH_MAX];
	const char *kinds, *match, *instant;
	long at;
	enum action action;
	int errno_value, log;
	bool data;
	atomic_long seen, counted;
} faults = { .log = -1 };

/* One call on the tree, while it lasts. */
struct call {
	char letter;
	bool seen, meets; /* it is on the tree; it is the N-th of those counted, or after it where all fail */
	long order, number;
	char path[PATH_MAX + 16];
};

/* ---- set-up ---- */

/* What getenv gives stays where it is: nobody changes these. */
static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);
	return value && value[0] ? value : otherwise;
}

static enum action action_named(const char *name)
{
	static const char *const names[ACTIONS] = { "none", "once", "always", "short", "before", "after", "torn", "lie" };
	for (int i = 0; i < ACTIONS; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum action)i;
	abort(); /* a test that misspells must not pass */
}

__attribute__((constructor)) static void set_up(void)
{
	const char *tree = setting("FAULTS_TREE", NULL), *log = setting("FAULTS_LOG", NULL);
	if (tree == NULL)
		return;
	snprintf(faults.tree, sizeof faults.tree, "%s", tree);
	faults.kinds = setting("FAULTS_KINDS", "owtsrumc");
	faults.match = setting("FAULTS_MATCH", "");
	faults.instant = setting("FAULTS_INSTANT", NULL);
	faults.at = atol(setting("FAULTS_AT", "0"));
	faults.action = action_named(setting("FAULTS_ACTION", "none"));
	faults.errno_value = atoi(setting("FAULTS_ERRNO", "5"));
	faults.data = setting("FAULTS_DATA", NULL) != NULL;
	if (log)
		faults.log = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	faults.owner = getpid();
	faults.active = true;
	unsetenv("LD_PRELOAD");
	unsetenv("FAULTS_TREE");
}

/* ---- which calls ---- */

static bool in_tree(const char *path)
{
	size_t length = strlen(faults.tree);
	return strncmp(path, faults.tree, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static void path_of_fd(int fd, char path[PATH_MAX + 16])
{
	char link[64];
	if (fd == AT_FDCWD)
		snprintf(link, sizeof link, "/proc/self/cwd");
	else
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX);
	path[length > 0 ? length : 0] = '\0';
}

static void path_of_name(int directory, const char *name, char path[PATH_MAX + 16])
{
	char base[PATH_MAX + 16] = "";
	if (name[0] != '/')
		path_of_fd(directory, base);
	snprintf(path, PATH_MAX + 16, "%.*s%s%.*s", PATH_MAX / 2, base, base[0] ? "/" : "", PATH_MAX / 2, name);
}

static bool watching(void)
{
	return faults.active && getpid() == faults.owner;
}

/* `call.path` has been filled. */
static void count(struct call *call)
{
	call->seen = in_tree(call->path);
	if (!call->seen)
		return;
	call->order = atomic_fetch_add(&faults.seen, 1) + 1;
	if (!strchr(faults.kinds, call->letter) || !strstr(call->path, faults.match))
		return;
	call->number = atomic_fetch_add(&faults.counted, 1) + 1;
	bool after = faults.action == ALWAYS || faults.action == SHORT || faults.action == LIE;
	call->meets = faults.at > 0 && (call->number == faults.at || (after && call->number > faults.at));
}

static struct call call_on_fd(char letter, int fd)
{
	struct call call = { .letter = letter };
	int before = errno;
	if (watching()) {
		path_of_fd(fd, call.path);
		count(&call);
	}
	errno = before;
	return call;
}

static struct call call_on_name(char letter, int directory, const char *name)
{
	struct call call = { .letter = letter };
	int before = errno;
	if (watching()) {
		path_of_name(directory, name, call.path);
		count(&call);
	}
	errno = before;
	return call;
}

/* ---- what becomes of them ---- */

static void write_line(const char *line, size_t length, const struct iovec *data, size_t size)
{
	struct iovec pieces[17] = { { .iov_base = (void *)(uintptr_t)line, .iov_len = length } };
	int n = 1;
	for (; size > 0 && n < 17; n++, data++) {
		pieces[n] = *data;
		if (pieces[n].iov_len > size)
			pieces[n].iov_len = size;
		size -= pieces[n].iov_len;
	}
	syscall(SYS_writev, faults.log, pieces, n);
}

/* `size` bytes of `data` were written. */
static void note(const struct call *call, int result, const char *to, const struct iovec *data, size_t size)
{
	char line[2 * PATH_MAX + 200];
	if (faults.log < 0 || !call->seen)
		return;
	int length = snprintf(line, sizeof line, "%ld %ld %c %d %zu %s%s%s\n", call->order, call->number, call->letter, result, size, call->path,
			      to ? " -> " : "", to ? to : "");
	write_line(line, (size_t)length, data, faults.data && data ? size : 0);
}

/* `result` is the call's, EINTR if it has not been made. */
_Noreturn static void die(const struct call *call, int result, const char *to, const struct iovec *data, size_t size)
{
	char text[32];
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	note(call, result, to, data, size);
	if (faults.instant) {
		int length = snprintf(text, sizeof text, "%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
		int fd = (int)syscall(SYS_openat, AT_FDCWD, faults.instant, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		syscall(SYS_write, fd, text, (size_t)length);
	}
	for (;;)
		syscall(SYS_kill, faults.owner, SIGKILL);
}

static bool fails(const struct call *call)
{
	return call->meets && (faults.action == ONCE || faults.action == ALWAYS || faults.action == SHORT);
}

static bool dies(const struct call *call, enum action when)
{
	return call->meets && faults.action == when;
}

static int refuse(const struct call *call, const char *to)
{
	note(call, faults.errno_value, to, NULL, 0);
	errno = faults.errno_value;
	return -1;
}

/* A call that is done or not: before it. True: it fails. */
static bool enter(const struct call *call, const char *to)
{
	if (dies(call, BEFORE) || dies(call, TORN))
		die(call, EINTR, to, NULL, 0);
	return fails(call);
}

static int leave_sized(const struct call *call, long result, const char *to, size_t size)
{
	int cause = result < 0 ? errno : 0;
	if (dies(call, AFTER))
		die(call, cause, to, NULL, size);
	note(call, cause, to, NULL, size);
	errno = cause ? cause : errno;
	return (int)result;
}

static int leave(const struct call *call, long result, const char *to)
{
	return leave_sized(call, result, to, 0);
}

/* ---- writing ---- */

static size_t size_of(const struct iovec *pieces, int n)
{
	size_t size = 0;
	for (int i = 0; i < n; i++)
		size += pieces[i].iov_len;
	return size;
}

static ssize_t write_pieces(int fd, const struct iovec *pieces, int n, off_t offset)
{
	return offset < 0 ? syscall(SYS_writev, fd, pieces, n) : syscall(SYS_pwritev, fd, pieces, n, offset, 0);
}

static ssize_t write_half(int fd, const struct iovec *pieces, off_t offset)
{
	struct iovec half = { pieces->iov_base, pieces->iov_len / 2 };
	return write_pieces(fd, &half, 1, offset);
}

static ssize_t written(const struct call *call, ssize_t result, const struct iovec *pieces)
{
	int cause = result < 0 ? errno : 0;
	if (dies(call, AFTER) || dies(call, TORN))
		die(call, cause, NULL, pieces, result < 0 ? 0 : (size_t)result);
	note(call, cause, NULL, pieces, result < 0 ? 0 : (size_t)result);
	errno = cause ? cause : errno;
	return result;
}

static ssize_t write_through(int fd, const struct iovec *pieces, int n, off_t offset)
{
	struct call call = call_on_fd('w', fd);
	bool halved = size_of(pieces, n) > 1 && call.meets && call.number == faults.at;
	if (dies(&call, BEFORE))
		die(&call, EINTR, NULL, NULL, 0);
	if (halved && (faults.action == SHORT || faults.action == TORN))
		return written(&call, write_half(fd, pieces, offset), pieces);
	if (fails(&call))
		return refuse(&call, NULL);
	return written(&call, write_pieces(fd, pieces, n, offset), pieces);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	return write_through(fd, &(struct iovec){ (void *)(uintptr_t)bytes, length }, 1, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return write_through(fd, &(struct iovec){ (void *)(uintptr_t)bytes, length }, 1, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	return write_through(fd, &(struct iovec){ (void *)(uintptr_t)bytes, length }, 1, offset);
}

ssize_t writev(int fd, const struct iovec *pieces, int n)
{
	return write_through(fd, pieces, n, -1);
}

/* ---- the rest ---- */

static int sync_through(int fd, long number)
{
	struct call call = call_on_fd('s', fd);
	if (enter(&call, NULL))
		return refuse(&call, NULL);
	bool lies = call.meets && faults.action == LIE;
	return leave(&call, lies ? 0 : syscall(number, fd), NULL);
}

int fsync(int fd)
{
	return sync_through(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return sync_through(fd, SYS_fdatasync);
}

int ftruncate(int fd, off_t length)
{
	struct call call = call_on_fd('t', fd);
	return enter(&call, NULL) ? refuse(&call, NULL) : leave(&call, syscall(SYS_ftruncate, fd, length), NULL);
}

int ftruncate64(int fd, off64_t length)
{
	return ftruncate(fd, length);
}

int close(int fd)
{
	struct call call = { .letter = 'c' };
	if (watching() && (syscall(SYS_fcntl, fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		call = call_on_fd('c', fd);
	if (!enter(&call, NULL))
		return leave(&call, syscall(SYS_close, fd), NULL);
	syscall(SYS_close, fd); /* Linux closes it even when it says that it failed */
	return refuse(&call, NULL);
}

static int rename_through(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
	char target[PATH_MAX + 16] = "";
	struct call call = call_on_name('r', from_directory, from);
	path_of_name(to_directory, to, target);
	if (enter(&call, target))
		return refuse(&call, target);
	return leave(&call, syscall(SYS_renameat2, from_directory, from, to_directory, to, flags), target);
}

int rename(const char *from, const char *to)
{
	return rename_through(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	return rename_through(from_directory, from, to_directory, to, 0);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
	return rename_through(from_directory, from, to_directory, to, flags);
}

static int open_through(int directory, const char *name, int flags, mode_t mode)
{
	struct call call = { .letter = 'o' };
	if (flags & (O_CREAT | O_TRUNC))
		call = call_on_name('o', directory, name);
	if (enter(&call, NULL))
		return refuse(&call, NULL);
	return leave_sized(&call, syscall(SYS_openat, directory, name, flags, mode), NULL, flags & O_TRUNC ? 1 : 0);
}

static mode_t mode_of(int flags, va_list arguments)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}


int open(const char *name, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_through(AT_FDCWD, name, flags, mode);
}

int openat(int directory, const char *name, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_through(directory, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_through(AT_FDCWD, name, flags, mode);
}

int openat64(int directory, const char *name, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_through(directory, name, flags, mode);
}

static int unlink_through(int directory, const char *name, int flags)
{
	struct call call = call_on_name('u', directory, name);
	return enter(&call, NULL) ? refuse(&call, NULL) : leave(&call, syscall(SYS_unlinkat, directory, name, flags), NULL);
}

int unlink(const char *name)
{
	return unlink_through(AT_FDCWD, name, 0);
}

int unlinkat(int directory, const char *name, int flags)
{
	return unlink_through(directory, name, flags);
}

static int mkdir_through(int directory, const char *name, mode_t mode)
{
	struct call call = call_on_name('m', directory, name);
	return enter(&call, NULL) ? refuse(&call, NULL) : leave(&call, syscall(SYS_mkdirat, directory, name, mode), NULL);
}

int mkdir(const char *name, mode_t mode)
{
	return mkdir_through(AT_FDCWD, name, mode);
}

int mkdirat(int directory, const char *name, mode_t mode)
{
	return mkdir_through(directory, name, mode);
}
