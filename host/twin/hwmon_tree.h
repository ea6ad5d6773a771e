/*
 * hwmon_tree: what stands below /sys/class/hwmon of the modelled machine, as data. Written from Linux's documents of hwmon and of its drivers
 * acpi_power_meter and smpro-hwmon.
 *
 *   hwmon0 …/   power_meter: an ACPI meter. power1_average, the mean over the last power1_average_interval ms, is worked out by the firmware
 *               once in that interval, on its own beat. One unlabelled of the wall, or four a socket as on NVIDIA's Grace:
 *                 Module Power Socket N (its share of all DC power), Grace (package and memory), CPU (the cores), SysIO (the package's rest)
 *   hwmonN/     smpro_hwmon, as on an Ampere Altra: power1 CORE VRD, power2 SoC, power3 DIMM VRD1, points that are renewed each 10 ms
 */
#ifndef JOULERIG_TWIN_HWMON_TREE_H
#define JOULERIG_TWIN_HWMON_TREE_H

#include "powercap_tree.h"

struct hwmon_config {
	bool meter, grace, altra;
	char measures[16];  /* of `meter`, when it is alone: as the bench file is to say; "": nothing */
	double interval;    /* s: averaging interval */
	double accuracy;    /* relative: 0.01 is said as "99.0%" */
	double gain;        /* relative error of all of them; NAN: drawn within `accuracy` */
	double step;        /* W: values are whole multiples of it */
	char serial[24];    /* begins with SIM */
};

struct hwmon_gauge {
	const char *label;
	int number;                       /* N of powerN_… */
	int quantity, also, less;         /* of the model; -1: none. quantity + also - less */
	double share, gain;
	int64_t window, period, phase;    /* ns: what a value is the mean of; from one to the next; of their beat */
};

struct hwmon_tree {
	struct powercap_tree files; /* first: zones are gauges */
	const struct hwmon_config *config;
	struct hwmon_gauge gauges[POWERCAP_ZONES];
};

/* `config` outlives it. */
void hwmon_tree_init(struct hwmon_tree *tree, const struct hwmon_config *config, const struct model_config *machine, const struct model *model,
		     const struct faults *faults, uint64_t seed, int64_t start);

#endif
