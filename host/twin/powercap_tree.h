/*
 * powercap_tree: what stands below /sys/class/powercap, as data: folders, links, files, and what a read of each gives.
 *
 * As in sysfs the class folder holds links to the zones, and the zones stand inside their parents:
 *   intel-rapl/intel-rapl:0/{name,enabled,energy_uj,max_energy_range_uj}
 *                                                 intel-rapl:0   -> intel-rapl/intel-rapl:0
 *   intel-rapl/intel-rapl:0/intel-rapl:0:0/…      intel-rapl:0:0 -> intel-rapl/intel-rapl:0/intel-rapl:0:0
 */
#ifndef JOULERIG_TWIN_POWERCAP_TREE_H
#define JOULERIG_TWIN_POWERCAP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counter.h"
#include "faults.h"

struct powercap_config {
	bool core, dram, psys, mmio, mirrored; /* zones beside the packages; mirrored: each package shown as two dies */
	double range;            /* J: max_energy_range_uj; small ones are for tests of the turn-over */
	double unit, dram_unit;  /* J of one count */
	double gain;             /* relative error of the counters */
	double update, jitter;   /* s; half-width s */
};

#define POWERCAP_ZONES 16
#define POWERCAP_NODES 192

enum powercap_file { POWERCAP_NAME, POWERCAP_ENABLED, POWERCAP_ENERGY, POWERCAP_RANGE };

struct powercap_zone {
	char name[32];   /* "package-0" */
	char folder[32]; /* "intel-rapl:0" */
	struct counter counter;
};

struct powercap_node {
	int parent; /* index; the root is its own */
	char name[40];
	enum { NODE_FOLDER, NODE_FILE, NODE_LINK } kind;
	int zone; /* index, or -1 */
	enum powercap_file file; /* POWERCAP_ENERGY: what changes with time, in any tree */
	char target[96]; /* of a link */
};

struct powercap_tree {
	const struct model *model;
	const struct faults *faults;
	struct powercap_zone zones[POWERCAP_ZONES];
	int n_zones;
	struct powercap_node nodes[POWERCAP_NODES]; /* the root is the first */
	int n_nodes;
	/* Of another tree: what a read of a file gives, as powercap_tree_read. NULL: powercap's own. */
	int (*content)(const struct powercap_tree *tree, int node, int64_t now, char *text, size_t size);
};

void powercap_tree_init(struct powercap_tree *tree, const struct powercap_config *config, const struct model_config *machine,
			const struct model *model, const struct faults *faults, uint64_t seed, int64_t start);
/* A node's index, or -1. A node of a zone that has vanished at `now` is not found. */
int powercap_tree_lookup(const struct powercap_tree *tree, int parent, const char *name, int64_t now);
bool powercap_tree_gone(const struct powercap_tree *tree, int node, int64_t now);
/* For trees of another make: a folder, or a file of a thing (a zone), below `parent`. The node. */
int powercap_tree_add(struct powercap_tree *tree, int parent, const char *name, int zone);
int powercap_tree_add_file(struct powercap_tree *tree, int folder, int zone, const char *name, bool changes);
/* The text a read gives: its length, or a negative errno. */
int powercap_tree_read(const struct powercap_tree *tree, int node, int64_t now, char *text, size_t size);

#endif
