/* cpu_use: how long this machine's processors have been busy, all together, from /proc/stat. */
#ifndef JOULERIG_TWIN_CPU_USE_H
#define JOULERIG_TWIN_CPU_USE_H

#include "error.h"

struct cpu_use {
	int fd;
	double busy; /* core-seconds at the last look */
};

int cpu_use_open(struct cpu_use *use, struct error *error);
void cpu_use_close(struct cpu_use *use);
/* Core-seconds since the last look; jiffies that were not yet counted come with the next. */
double cpu_use_look(struct cpu_use *use);
/* The line `cpu  user nice system idle iowait irq softirq …` in jiffies -> core-seconds busy; negative if it is not one. */
double cpu_use_parse(const char *line, double jiffies_per_second);
int cpu_use_cores(void);

#endif
