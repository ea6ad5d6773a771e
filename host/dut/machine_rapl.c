/*
 * The energy filter of Intel's processors (PLATYPUS, CVE-2020-8694): it adds noise to RAPL, makes it slower, and shifts its mean.
 *
 *   MSR 0x10A  IA32_ARCH_CAPABILITIES     bit 10: MSR 0xBC is there; bit 11: its bit 0 switches the filter
 *   MSR 0xBC   IA32_MISC_PACKAGE_CTLS     bit 0: the filter is on, as firmware has it for SGX or TDX
 *
 * /dev/cpu/0/msr gives 8 bytes at the register's number, to root and where the module msr is loaded; EIO where there is no such register.
 */
#include "machine_rapl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARCH_CAPABILITIES 0x10a
#define PACKAGE_CONTROLS 0xbc
#define HAS_CONTROLS (UINT64_C(1) << 10 | UINT64_C(1) << 11)
#define FILTERING UINT64_C(1)

enum answer { TOLD, NO_REGISTER, CANNOT };

static enum answer read_register(int fd, off_t number, uint64_t *value)
{
	ssize_t length = pread(fd, value, sizeof *value, number);
	if (length == (ssize_t)sizeof *value)
		return TOLD;
	return length < 0 && errno == EIO ? NO_REGISTER : CANNOT;
}

static const char *filter_of(int fd)
{
	uint64_t capabilities, controls;
	switch (read_register(fd, ARCH_CAPABILITIES, &capabilities)) {
	case NO_REGISTER: return "off";
	case CANNOT: return "unknown";
	default: break;
	}
	if ((capabilities & HAS_CONTROLS) != HAS_CONTROLS)
		return "off";
	if (read_register(fd, PACKAGE_CONTROLS, &controls) != TOLD)
		return "unknown";
	return controls & FILTERING ? "on" : "off";
}

json_t *machine_rapl(const struct facts_root *root, const char *cpuinfo)
{
	char path[512], vendor[64];
	json_t *rapl = json_object();
	if (!facts_field(cpuinfo, "vendor_id", ':', vendor, sizeof vendor) || strcmp(vendor, "GenuineIntel") != 0)
		return rapl;
	snprintf(path, sizeof path, "%s/dev/cpu/0/msr", root->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	facts_add_text(rapl, "filter", fd >= 0 ? filter_of(fd) : "unknown");
	if (fd >= 0)
		close(fd);
	return rapl;
}
