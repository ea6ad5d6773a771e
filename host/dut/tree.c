#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FREEZE_PASSES 64 /* a pass of one process more than the last is still progress, but it has to end */

static bool contains(const struct pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->n; i++)
		if (pids->list[i] == pid)
			return true;
	return false;
}

bool pids_add(struct pids *pids, pid_t pid)
{
	if (contains(pids, pid))
		return false;
	if (pids->n == pids->capacity) {
		size_t capacity = pids->capacity ? 2 * pids->capacity : 64;
		pid_t *list = realloc(pids->list, capacity * sizeof *list);
		if (list == NULL)
			return false;
		pids->list = list;
		pids->capacity = capacity;
	}
	pids->list[pids->n++] = pid;
	return true;
}

void pids_clear(struct pids *pids)
{
	pids->n = 0;
}

void pids_free(struct pids *pids)
{
	free(pids->list);
	*pids = (struct pids){ .list = NULL };
}

/* The state letter of /proc/PID/stat: "PID (name) S …", where the name may contain anything. */
static bool is_living(pid_t pid)
{
	char path[32], line[512];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = read(file, line, sizeof line - 1);
	close(file);
	line[length > 0 ? length : 0] = '\0';
	const char *name_end = strrchr(line, ')');
	return name_end && name_end[1] == ' ' && !strchr("ZXx", name_end[2]);
}

/* Adds the children that one thread has forked: "PID PID …". */
static void add_children(const char *path, struct pids *found)
{
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return;
	int pid;
	while (fscanf(file, "%d", &pid) == 1)
		if (is_living(pid))
			pids_add(found, pid);
	fclose(file);
}

static void add_children_of_threads(pid_t pid, struct pids *found)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *threads = opendir(path);
	if (threads == NULL)
		return;
	for (const struct dirent *thread; (thread = readdir(threads)) != NULL;) {
		if (thread->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", (int)pid, thread->d_name);
		add_children(path, found);
	}
	closedir(threads);
}

void tree_find(struct pids *found)
{
	pids_clear(found);
	add_children_of_threads(getpid(), found);
	for (size_t i = 0; i < found->n; i++)
		add_children_of_threads(found->list[i], found);
}

/* How many were not in `stopped` before. */
static size_t stop_all(const struct pids *found, struct pids *stopped)
{
	size_t fresh = 0;
	for (size_t i = 0; i < found->n; i++)
		if (pids_add(stopped, found->list[i])) {
			kill(found->list[i], SIGSTOP);
			fresh++;
		}
	return fresh;
}

void tree_kill(struct pids *found)
{
	struct pids stopped = { .list = NULL };
	for (int pass = 0; pass < FREEZE_PASSES; pass++) {
		tree_find(found);
		if (stop_all(found, &stopped) == 0)
			break;
	}
	for (size_t i = 0; i < found->n; i++)
		kill(found->list[i], SIGKILL);
	pids_free(&stopped);
}
