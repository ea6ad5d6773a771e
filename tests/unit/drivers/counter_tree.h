/* A tree of energy counters in a temporary directory, written by the test. */
#ifndef JOULERIG_TESTS_DRIVERS_COUNTER_TREE_H
#define JOULERIG_TESTS_DRIVERS_COUNTER_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define TREE_RANGE UINT64_C(262143328850)

struct tree {
	char root[64];
};

static inline void tree_begin(struct tree *tree)
{
	snprintf(tree->root, sizeof tree->root, "/tmp/joulerig-counters-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	assert_int_equal(chmod(tree->root, 0755), 0);
}

static inline void tree_path(const struct tree *tree, const char *zone, const char *file, char path[200])
{
	snprintf(path, 200, "%s/%s%s%s", tree->root, zone, file ? "/" : "", file ? file : "");
}

static inline void tree_folder(const struct tree *tree, const char *name)
{
	char path[200];
	tree_path(tree, name, NULL, path);
	assert_int_equal(mkdir(path, 0755), 0);
}

/* In place, as the kernel's files change: the driver's open descriptor sees it. */
static inline void tree_write(const struct tree *tree, const char *zone, const char *file, const char *text)
{
	char path[200];
	tree_path(tree, zone, file, path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static inline void tree_count(const struct tree *tree, const char *zone, uint64_t count)
{
	char text[32];
	snprintf(text, sizeof text, "%" PRIu64 "\n", count);
	tree_write(tree, zone, "energy_uj", text);
}

static inline void tree_zone(const struct tree *tree, const char *zone, const char *name, uint64_t count)
{
	char text[48];
	tree_folder(tree, zone);
	snprintf(text, sizeof text, "%s\n", name);
	tree_write(tree, zone, "name", text);
	snprintf(text, sizeof text, "%" PRIu64 "\n", TREE_RANGE);
	tree_write(tree, zone, "max_energy_range_uj", text);
	tree_count(tree, zone, count);
}

static inline int tree_remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline void tree_end(struct tree *tree)
{
	assert_int_equal(nftw(tree->root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
