#include "cpu_use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

double cpu_use_parse(const char *line, double jiffies_per_second)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	/* Guest time is part of user; stolen time was spent by others. */
	if (sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait, &irq, &softirq) != 7)
		return -1;
	return (double)(user + nice + system + irq + softirq) / jiffies_per_second;
}

static double read_busy(const struct cpu_use *use)
{
	char line[256];
	ssize_t n = pread(use->fd, line, sizeof line - 1, 0);
	if (n <= 0)
		return -1;
	line[n] = '\0';
	return cpu_use_parse(line, (double)sysconf(_SC_CLK_TCK));
}

int cpu_use_open(struct cpu_use *use, struct error *error)
{
	use->fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	if (use->fd < 0)
		return error_errno(error, errno, "/proc/stat", "use `source: script` in the twin's file",
				   "cannot see the CPU use");
	use->busy = read_busy(use);
	if (use->busy < 0) {
		close(use->fd);
		return error_set(error, ERROR_PROTOCOL, "/proc/stat", "use `source: script` in the twin's file",
				 "its first line is not the CPU use");
	}
	return 0;
}

void cpu_use_close(struct cpu_use *use)
{
	close(use->fd);
}

double cpu_use_look(struct cpu_use *use)
{
	double busy = read_busy(use), since = busy - use->busy;
	if (busy < 0 || since < 0) /* iowait and irq may step back by a jiffy */
		return 0;
	use->busy = busy;
	return since;
}

int cpu_use_cores(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}
