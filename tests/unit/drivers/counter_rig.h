/* A driver that reads a tree of files, on a tree that the test writes and on a clock of its own. */
#ifndef JOULERIG_TESTS_DRIVERS_COUNTER_RIG_H
#define JOULERIG_TESTS_DRIVERS_COUNTER_RIG_H

#include "collect.h"
#include "counter_tree.h"
#include "options.h"

struct rig {
	struct tree tree;
	struct fake_time time;
	struct device_config config;
	struct collect *collect;
	struct error error;
	void *device;
	const struct channel *channels;
	int n_channels;
};

static inline const struct driver *rig_driver(const struct rig *rig)
{
	return driver_find(rig->config.driver);
}

/* An empty tree, which the option `root` names. One rig at a time: it is the same each time. (Inlined, it would be an object whose texts gcc
 * takes to be as long as all of it.) */
static __attribute__((noinline, unused)) struct rig *rig_on_tree(const char *name, const char *driver)
{
	static struct rig rig;
	rig = (struct rig){ .time = FAKE_TIME_INIT, .config = { .latency = NAN, .u_latency = NAN } };
	snprintf(rig.config.name, sizeof rig.config.name, "%s", name);
	snprintf(rig.config.driver, sizeof rig.config.driver, "%s", driver);
	tree_begin(&rig.tree);
	char root[sizeof rig.tree.root];
	memcpy(root, rig.tree.root, sizeof root);
	options_give(&rig.config, "root", root, 0);
	rig.collect = collect_begin(&rig.time.timebase);
	return &rig;
}

static inline void rig_open(struct rig *rig)
{
	rig->device = rig_driver(rig)->open(&rig->config, NULL, &rig->time.timebase, &rig->error);
	if (rig->device == NULL)
		fail_msg("%s: %s", rig->error.on, rig->error.what);
	rig->channels = rig_driver(rig)->channels(rig->device, &rig->n_channels);
}

static inline void rig_start(struct rig *rig)
{
	rig_open(rig);
	assert_int_equal(rig_driver(rig)->start(rig->device, &rig->collect->sink, &rig->error), 0);
}

static inline void rig_step(struct rig *rig)
{
	int64_t next = rig_driver(rig)->step(rig->device, rig->time.now, &rig->collect->sink);
	assert_true(next > rig->time.now);
	rig->time.now = next;
}

static inline void rig_end(struct rig *rig)
{
	if (rig->device) {
		assert_int_equal(rig_driver(rig)->stop(rig->device, &rig->error), 0);
		rig_driver(rig)->close(rig->device);
	}
	rig->device = NULL;
	tree_end(&rig->tree);
}

static inline int rig_index(const struct rig *rig, const char *name)
{
	for (int i = 0; i < rig->n_channels; i++)
		if (strcmp(rig->channels[i].name, name) == 0)
			return i;
	fail_msg("there is no channel %s", name);
	return -1;
}

static inline const struct channel *rig_channel(const struct rig *rig, const char *name)
{
	return &rig->channels[rig_index(rig, name)];
}

#endif
