#include "powercap_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "random.h"

static int add_node(struct powercap_tree *tree, int parent, const char *name)
{
	if (tree->n_nodes == POWERCAP_NODES)
		return 0;
	int index = tree->n_nodes++;
	tree->nodes[index] = (struct powercap_node){ .parent = parent, .kind = NODE_FOLDER, .zone = -1 };
	snprintf(tree->nodes[index].name, sizeof tree->nodes[index].name, "%s", name);
	return index;
}

static void add_file(struct powercap_tree *tree, int folder, int zone, enum powercap_file file, const char *name)
{
	int index = add_node(tree, folder, name);
	tree->nodes[index].kind = NODE_FILE;
	tree->nodes[index].zone = zone;
	tree->nodes[index].file = file;
}

static void add_files(struct powercap_tree *tree, int folder, int zone)
{
	add_file(tree, folder, zone, POWERCAP_NAME, "name");
	add_file(tree, folder, zone, POWERCAP_ENABLED, "enabled");
	add_file(tree, folder, zone, POWERCAP_ENERGY, "energy_uj");
	add_file(tree, folder, zone, POWERCAP_RANGE, "max_energy_range_uj");
}

static void add_path(const struct powercap_tree *tree, int node, char *path, size_t size)
{
	if (node == 0)
		return;
	add_path(tree, tree->nodes[node].parent, path, size);
	size_t length = strlen(path);
	snprintf(path + length, size - length, "%s%s", length ? "/" : "", tree->nodes[node].name);
}

/* The class folder's link to a zone. */
static void add_link(struct powercap_tree *tree, int folder)
{
	char name[sizeof tree->nodes[0].name];
	memcpy(name, tree->nodes[folder].name, sizeof name);
	int index = add_node(tree, 0, name);
	tree->nodes[index].kind = NODE_LINK;
	tree->nodes[index].zone = tree->nodes[folder].zone;
	add_path(tree, folder, tree->nodes[index].target, sizeof tree->nodes[index].target);
}

struct builder {
	struct powercap_tree *tree;
	const struct powercap_config *config;
	struct random random;
	int64_t start;
};

static void init_counter(struct builder *b, struct counter *c, int quantity, double unit)
{
	uint64_t turn = counter_turn(b->config->range, unit);
	int64_t period = (int64_t)llround(b->config->update * 1e9 * (1 + random_between(&b->random, -20e-6, 20e-6)));
	*c = (struct counter){
		.quantity = quantity, .unit = unit, .gain = b->config->gain, .turn = turn,
		.initial = random_u64(&b->random) % turn, .period = period,
		.phase = b->start - period - (int64_t)(random_uniform(&b->random) * (double)period),
		.jitter = (int64_t)llround(b->config->jitter * 1e9), .seed = random_u64(&b->random),
	};
}

/* Returns the zone's folder. */
static int add_zone(struct builder *b, int parent, const char *folder, const char *name, int quantity, double unit)
{
	struct powercap_tree *tree = b->tree;
	if (tree->n_zones == POWERCAP_ZONES)
		return parent;
	int zone = tree->n_zones++;
	struct powercap_zone *z = &tree->zones[zone];
	snprintf(z->name, sizeof z->name, "%s", name);
	snprintf(z->folder, sizeof z->folder, "%s", folder);
	init_counter(b, &z->counter, quantity, unit);
	int node = add_node(tree, parent, folder);
	tree->nodes[node].zone = zone;
	add_files(tree, node, zone);
	add_link(tree, node);
	return node;
}

static void add_subzones(struct builder *b, int parent, const char *prefix, int package)
{
	char folder[64];
	int n = 0;
	if (b->config->core) {
		snprintf(folder, sizeof folder, "%s:%d", prefix, n++);
		add_zone(b, parent, folder, "core", QUANTITY_CORE + 3 * package, b->config->unit);
	}
	if (b->config->dram) {
		snprintf(folder, sizeof folder, "%s:%d", prefix, n++);
		add_zone(b, parent, folder, "dram", QUANTITY_DRAM + 3 * package, b->config->dram_unit);
	}
}

/* A package, or both of the dies that show the same register. */
static void add_package(struct builder *b, int control, int package, int *number)
{
	struct powercap_tree *tree = b->tree;
	int first = tree->n_zones;
	for (int die = 0; die < (b->config->mirrored ? 2 : 1); die++) {
		char folder[32], name[64];
		snprintf(folder, sizeof folder, "intel-rapl:%d", (*number)++);
		snprintf(name, sizeof name, b->config->mirrored ? "package-%d-die-%d" : "package-%d", package, die);
		int node = add_zone(b, control, folder, name, QUANTITY_PACKAGE + 3 * package, b->config->unit);
		if (die == 0)
			add_subzones(b, node, folder, package);
		else
			tree->zones[tree->nodes[node].zone].counter = tree->zones[first].counter;
	}
}

static void add_control(struct builder *b, const struct model_config *machine)
{
	int control = add_node(b->tree, 0, "intel-rapl"), number = 0;
	add_file(b->tree, control, -1, POWERCAP_ENABLED, "enabled");
	for (int package = 0; package < machine->packages; package++)
		add_package(b, control, package, &number);
	if (b->config->psys) {
		char folder[32];
		snprintf(folder, sizeof folder, "intel-rapl:%d", number);
		add_zone(b, control, folder, "psys", QUANTITY_PLATFORM, b->config->unit);
	}
}

/* The same register through memory-mapped I/O. */
static void add_mmio(struct builder *b)
{
	int control = add_node(b->tree, 0, "intel-rapl-mmio");
	add_file(b->tree, control, -1, POWERCAP_ENABLED, "enabled");
	int node = add_zone(b, control, "intel-rapl-mmio:0", "package-0", QUANTITY_PACKAGE, b->config->unit);
	b->tree->zones[b->tree->nodes[node].zone].counter = b->tree->zones[0].counter;
}

void powercap_tree_init(struct powercap_tree *tree, const struct powercap_config *config, const struct model_config *machine,
			const struct model *model, const struct faults *faults, uint64_t seed, int64_t start)
{
	*tree = (struct powercap_tree){ .model = model, .faults = faults };
	struct builder b = { .tree = tree, .config = config, .random = random_stream(seed, "counters"), .start = start };
	add_node(tree, 0, "");
	add_control(&b, machine);
	if (config->mmio)
		add_mmio(&b);
}

int powercap_tree_add(struct powercap_tree *tree, int parent, const char *name, int zone)
{
	int node = add_node(tree, parent, name);
	tree->nodes[node].zone = zone;
	return node;
}

int powercap_tree_add_file(struct powercap_tree *tree, int folder, int zone, const char *name, bool changes)
{
	add_file(tree, folder, zone, changes ? POWERCAP_ENERGY : POWERCAP_NAME, name);
	return tree->n_nodes - 1;
}

bool powercap_tree_gone(const struct powercap_tree *tree, int node, int64_t now)
{
	int zone = tree->nodes[node].zone;
	return zone >= 0 && fault_active(tree->faults, FAULT_VANISH, tree->zones[zone].name, now) != NULL;
}

int powercap_tree_lookup(const struct powercap_tree *tree, int parent, const char *name, int64_t now)
{
	for (int i = 1; i < tree->n_nodes; i++)
		if (tree->nodes[i].parent == parent && strcmp(tree->nodes[i].name, name) == 0)
			return powercap_tree_gone(tree, i, now) ? -1 : i;
	return -1;
}

static int read_energy(const struct powercap_tree *tree, const struct powercap_zone *zone, int64_t now, char *text, size_t size)
{
	if (fault_active(tree->faults, FAULT_READ_ERROR, zone->name, now) != NULL)
		return -EIO;
	return snprintf(text, size, "%" PRIu64 "\n", counter_read(&zone->counter, tree->model, now));
}

int powercap_tree_read(const struct powercap_tree *tree, int node, int64_t now, char *text, size_t size)
{
	const struct powercap_node *n = &tree->nodes[node];
	const struct powercap_zone *zone = n->zone >= 0 ? &tree->zones[n->zone] : NULL;
	if (powercap_tree_gone(tree, node, now))
		return -ENODEV; /* what sysfs says through a descriptor whose device has gone */
	if (tree->content != NULL)
		return tree->content(tree, node, now, text, size);
	switch (n->file) {
	case POWERCAP_NAME: return snprintf(text, size, "%s\n", zone->name);
	case POWERCAP_RANGE: return snprintf(text, size, "%" PRIu64 "\n", counter_range(&zone->counter));
	case POWERCAP_ENERGY: return read_energy(tree, zone, now, text, size);
	default: return snprintf(text, size, "1\n");
	}
}
