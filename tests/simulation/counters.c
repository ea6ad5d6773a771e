#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_LEAST (1. * NS_PER_US) /* of one counter, with the clock: a register and its text */
#define READ_MOST (4. * NS_PER_US)

struct counters {
	struct timebase timebase; /* first: the driver's clock */
	struct plant *plant;
	const struct powercap_tree *tree;
	struct random random;
	int64_t cost; /* of the next look at the clock */
	struct {
		int node, fd;
		char text[32];
		int length;
	} files[POWERCAP_ZONES];
	int n;
};

/* A register that cannot be read is a file that holds nothing. */
static void refresh(struct counters *counters, int i, int64_t twin)
{
	char text[32];
	int length = powercap_tree_read(counters->tree, counters->files[i].node, twin, text, sizeof text);
	if (length < 0)
		length = 0;
	if (length == counters->files[i].length && memcmp(text, counters->files[i].text, (size_t)length) == 0)
		return;
	ssize_t written = pwrite(counters->files[i].fd, text, (size_t)length, 0);
	(void)written; /* what is not written is noticed: the counter stands still */
	if (length < counters->files[i].length && ftruncate(counters->files[i].fd, length) != 0)
		return;
	memcpy(counters->files[i].text, text, (size_t)length);
	counters->files[i].length = length;
}

static int64_t now(struct timebase *timebase)
{
	struct counters *counters = (struct counters *)timebase;
	struct plant *plant = counters->plant;
	plant_pass(plant, plant->now + counters->cost);
	counters->cost = (int64_t)random_between(&counters->random, READ_LEAST, READ_MOST);
	int64_t twin = plant_bring_up(plant, plant->now + counters->cost / 2);
	for (int i = 0; i < counters->n; i++)
		refresh(counters, i, twin);
	return plant->now;
}

static void wait_until(struct timebase *timebase, int64_t deadline)
{
	struct counters *counters = (struct counters *)timebase;
	counters->plant->timebase.wait_until(&counters->plant->timebase, deadline);
	now(timebase);
}

static struct clock_anchor anchor(struct timebase *timebase)
{
	struct counters *counters = (struct counters *)timebase;
	return timebase_anchor(&counters->plant->timebase);
}

struct timebase *counters_timebase(struct counters *counters)
{
	return &counters->timebase;
}

/* ---- the tree ---- */

static void add_path(const struct powercap_tree *tree, const char *directory, int node, char *path, size_t size)
{
	if (node == 0) {
		snprintf(path, size, "%s", directory);
		return;
	}
	add_path(tree, directory, tree->nodes[node].parent, path, size);
	size_t length = strlen(path);
	snprintf(path + length, size - length, "/%s", tree->nodes[node].name);
}

static int make_file(struct counters *counters, int node, const char *path)
{
	const struct powercap_tree *tree = counters->tree;
	char text[64];
	int length = powercap_tree_read(tree, node, counters->plant->twin.now, text, sizeof text);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	bool whole = length >= 0 && write(fd, text, (size_t)length) == length;
	if (!whole || tree->nodes[node].file != POWERCAP_ENERGY) {
		close(fd);
		return whole ? 0 : -1;
	}
	counters->files[counters->n].node = node;
	counters->files[counters->n].length = length; /* a first text that is longer than the second must be cut */
	counters->files[counters->n++].fd = fd;
	return 0;
}

static int make_node(struct counters *counters, const char *directory, int node, struct error *error)
{
	const struct powercap_tree *tree = counters->tree;
	char path[512];
	add_path(tree, directory, node, path, sizeof path);
	int result = tree->nodes[node].kind == NODE_FOLDER ? mkdir(path, 0755) :
		     tree->nodes[node].kind == NODE_LINK   ? symlink(tree->nodes[node].target, path) :
							     make_file(counters, node, path);
	return result == 0 ? 0 : error_errno(error, errno, path, NULL, "cannot make the counter tree");
}

struct counters *counters_open(struct plant *plant, const struct powercap_tree *tree, uint64_t seed, const char *directory, struct error *error)
{
	struct counters *counters = calloc(1, sizeof *counters);
	if (counters == NULL) {
		error_set(error, ERROR_INTERNAL, "simulation", NULL, "out of memory");
		return NULL;
	}
	counters->timebase = (struct timebase){ .now = now, .wait_until = wait_until, .anchor = anchor };
	counters->plant = plant;
	counters->tree = tree;
	counters->random = random_stream(seed, "counters");
	for (int node = 0; node < tree->n_nodes; node++)
		if (make_node(counters, directory, node, error) != 0) {
			counters_close(counters);
			return NULL;
		}
	return counters;
}

void counters_close(struct counters *counters)
{
	if (counters == NULL)
		return;
	for (int i = 0; i < counters->n; i++)
		close(counters->files[i].fd);
	free(counters);
}
