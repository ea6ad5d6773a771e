#include "powercap_fuse.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FUSE_USE_VERSION 34
#include <fuse_log.h>
#include <fuse_lowlevel.h>

#include "log.h"

#define FOR_EVER 1e6 /* s: nothing changes but what is read */
#define FILE_SIZE 4096 /* as sysfs says of every file */
#define CONTENT 64

struct powercap_fuse {
	const struct powercap_tree *tree;
	int64_t (*now)(void *context);
	void *context;
	struct fuse_session *session;
	struct fuse_buf buffer;
	char path[256];
	bool mounted, ready;
	double names_last; /* s: how long the kernel may remember a name */
	char content[POWERCAP_NODES][CONTENT]; /* of the last read from offset 0: what reads behind it see the rest of */
};

static struct powercap_fuse *of(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

static int node_of(fuse_ino_t inode)
{
	return (int)inode - 1;
}

static void on_init(void *context, struct fuse_conn_info *connection)
{
	(void)connection;
	((struct powercap_fuse *)context)->ready = true;
}

static mode_t mode_of(const struct powercap_node *node)
{
	if (node->kind == NODE_FOLDER)
		return S_IFDIR | 0755;
	if (node->kind == NODE_LINK)
		return S_IFLNK | 0777;
	return S_IFREG | (node->file == POWERCAP_ENERGY ? 0400 : 0444); /* since CVE-2020-8694 */
}

static struct stat stat_of(const struct powercap_fuse *fuse, int node)
{
	const struct powercap_node *n = &fuse->tree->nodes[node];
	return (struct stat){
		.st_ino = (ino_t)node + 1, .st_mode = mode_of(n), .st_nlink = n->kind == NODE_FOLDER ? 2 : 1,
		.st_size = n->kind == NODE_FILE ? FILE_SIZE : n->kind == NODE_LINK ? (off_t)strlen(n->target) : 0,
		.st_uid = getuid(), .st_gid = getgid(),
	};
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct powercap_fuse *fuse = of(request);
	int node = powercap_tree_lookup(fuse->tree, node_of(parent), name, fuse->now(fuse->context));
	if (node < 0) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	struct fuse_entry_param entry = {
		.ino = (fuse_ino_t)node + 1, .attr = stat_of(fuse, node), .attr_timeout = FOR_EVER,
		.entry_timeout = fuse->names_last,
	};
	fuse_reply_entry(request, &entry);
}

static void on_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
	(void)file;
	struct stat attributes = stat_of(of(request), node_of(inode));
	fuse_reply_attr(request, &attributes, FOR_EVER);
}

static void on_readlink(fuse_req_t request, fuse_ino_t inode)
{
	fuse_reply_readlink(request, of(request)->tree->nodes[node_of(inode)].target);
}

/* Adds one name unless there is no room left. */
static bool add_entry(fuse_req_t request, char *buffer, size_t size, size_t *used, const char *name, int node, off_t next)
{
	struct stat attributes = stat_of(of(request), node);
	size_t needed = fuse_add_direntry(request, buffer + *used, size - *used, name, &attributes, next);
	if (needed > size - *used)
		return false;
	*used += needed;
	return true;
}

static void on_readdir(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *file)
{
	(void)file;
	struct powercap_fuse *fuse = of(request);
	int folder = node_of(inode);
	int64_t now = fuse->now(fuse->context);
	char buffer[16384];
	size_t used = 0;
	if (size > sizeof buffer)
		size = sizeof buffer;
	/* Position 1 is ".", 2 is "..", 2 + n the n-th node. */
	if (offset < 1 && !add_entry(request, buffer, size, &used, ".", folder, 1))
		goto reply;
	if (offset < 2 && !add_entry(request, buffer, size, &used, "..", fuse->tree->nodes[folder].parent, 2))
		goto reply;
	for (int n = offset < 2 ? 1 : (int)offset - 1; n < fuse->tree->n_nodes; n++) {
		if (fuse->tree->nodes[n].parent != folder || powercap_tree_gone(fuse->tree, n, now))
			continue;
		if (!add_entry(request, buffer, size, &used, fuse->tree->nodes[n].name, n, n + 2))
			break;
	}
reply:
	fuse_reply_buf(request, buffer, used);
}

static void on_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
	struct powercap_fuse *fuse = of(request);
	if ((file->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(request, EACCES);
		return;
	}
	if (powercap_tree_gone(fuse->tree, node_of(inode), fuse->now(fuse->context))) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	file->direct_io = 1;
	fuse_reply_open(request, file);
}

static void on_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *file)
{
	(void)file;
	struct powercap_fuse *fuse = of(request);
	int node = node_of(inode);
	char *content = fuse->content[node];
	if (offset == 0) {
		int length = powercap_tree_read(fuse->tree, node, fuse->now(fuse->context), content, CONTENT);
		if (length < 0) {
			fuse_reply_err(request, -length);
			return;
		}
	}
	size_t length = strlen(content), from = (size_t)offset < length ? (size_t)offset : length;
	size_t part = length - from < size ? length - from : size;
	fuse_reply_buf(request, content + from, part);
}

static const struct fuse_lowlevel_ops operations = {
	.init = on_init, .lookup = on_lookup, .getattr = on_getattr, .readlink = on_readlink, .readdir = on_readdir,
	.open = on_open, .read = on_read,
};

static void fusermount(const char *path)
{
	extern char **environ;
	char *arguments[] = { "fusermount3", "-u", "-z", "-q", (char *)path, NULL };
	pid_t pid;
	if (posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ) == 0)
		waitpid(pid, NULL, 0);
}

/* Whether something is mounted on `path`, which is absolute. A file system whose server was killed says ENOTCONN. */
static bool occupied(const char *path)
{
	char parent[256];
	struct stat here, above;
	if (stat(path, &here) != 0)
		return errno == ENOTCONN || errno == ECONNABORTED;
	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
	return stat(parent, &above) == 0 && here.st_dev != above.st_dev;
}

static void clean_up_stale(const char *path)
{
	if (!occupied(path))
		return;
	if (umount2(path, MNT_DETACH) != 0)
		fusermount(path);
}

static int make_folder(const char *path, struct error *error)
{
	clean_up_stale(path);
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return error_errno(error, errno, path, "give --directory a folder that can be written",
			   "cannot make the counters' folder");
}

static double names_last(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		if (faults->list[i].what == FAULT_VANISH)
			return 0;
	return FOR_EVER;
}

/* What libfuse has to say goes where everything else goes. */
__attribute__((format(printf, 2, 0))) static void take_message(enum fuse_log_level level, const char *format, va_list arguments)
{
	char line[256];
	vsnprintf(line, sizeof line, format, arguments);
	line[strcspn(line, "\n")] = '\0';
	log_say(level <= FUSE_LOG_WARNING ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s", line);
}

static int mount_session(struct powercap_fuse *fuse, struct error *error)
{
	char *words[] = { "joulerig-twin", "-osubtype=joulerig-twin,fsname=simulated-powercap,default_permissions,nosuid,nodev" };
	struct fuse_args arguments = FUSE_ARGS_INIT(2, words);
	fuse_set_log_func(take_message);
	fuse->session = fuse_session_new(&arguments, &operations, sizeof operations, fuse);
	fuse_opt_free_args(&arguments);
	if (fuse->session == NULL)
		return error_set(error, ERROR_INTERNAL, fuse->path, NULL, "FUSE refuses the session");
	if (fuse_session_mount(fuse->session, fuse->path) != 0)
		return error_set(error, ERROR_UNSUPPORTED, fuse->path,
				 "`modprobe fuse`, see that /dev/fuse may be opened and fusermount3 is installed (apt: fuse3), "
				 "or take `powercap` out of the twin's file",
				 "cannot mount the counters' file system");
	fuse->mounted = true;
	return 0;
}

struct powercap_fuse *powercap_fuse_mount(const struct powercap_tree *tree, const char *path, int64_t (*now)(void *context),
					  void *context, struct error *error)
{
	if (make_folder(path, error) != 0)
		return NULL;
	struct powercap_fuse *fuse = calloc(1, sizeof *fuse);
	if (fuse == NULL) {
		error_errno(error, ENOMEM, path, NULL, "no memory for the counters' file system");
		return NULL;
	}
	fuse->tree = tree;
	fuse->now = now;
	fuse->context = context;
	fuse->names_last = names_last(tree->faults);
	strncpy(fuse->path, path, sizeof fuse->path - 1);
	if (mount_session(fuse, error) != 0) {
		powercap_fuse_unmount(fuse);
		return NULL;
	}
	return fuse;
}

void powercap_fuse_unmount(struct powercap_fuse *fuse)
{
	if (fuse == NULL)
		return;
	if (fuse->mounted)
		fuse_session_unmount(fuse->session);
	if (fuse->session != NULL)
		fuse_session_destroy(fuse->session);
	free(fuse->buffer.mem);
	free(fuse);
}

int powercap_fuse_fd(const struct powercap_fuse *fuse)
{
	return fuse_session_fd(fuse->session);
}

bool powercap_fuse_ready(const struct powercap_fuse *fuse)
{
	return fuse->ready;
}

int powercap_fuse_serve(struct powercap_fuse *fuse, struct error *error)
{
	int got = fuse_session_receive_buf(fuse->session, &fuse->buffer);
	if (got == -EINTR || got == -EAGAIN)
		return 0;
	if (got <= 0 || fuse_session_exited(fuse->session))
		return error_set(error, ERROR_GONE, fuse->path, "start the twin again",
				 "the counters' file system was unmounted");
	fuse_session_process_buf(fuse->session, &fuse->buffer);
	return 0;
}
