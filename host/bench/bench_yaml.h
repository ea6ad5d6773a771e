/*
 * bench_yaml: a bench as the text of a bench file. What bench_config_load reads of that text is the bench again, to the bit.
 */
#ifndef JOULERIG_BENCH_BENCH_YAML_H
#define JOULERIG_BENCH_BENCH_YAML_H

#include "bench.h"
#include "text.h"

/* What a reader must know beside the values: each goes where it belongs as a comment of one line. NULL: nothing to say. */
struct device_comments {
	const char *device, *measures, *ranges, *options, *values;
};

/* The entry of one device, ready to stand below `devices:`. */
void bench_yaml_device(const struct device_config *device, const struct device_comments *comments, struct text *text);

/* The whole file. `comments` has one entry a device, or is NULL. The DUT's line frequency is the first device's. */
void bench_yaml(const struct bench_config *config, const struct device_comments *comments, struct text *text);

#endif
