/* RAPL's registers by processor: the pure part of the msr driver. */
#ifndef JOULERIG_DRIVERS_PLATFORM_MSR_WIRE_H
#define JOULERIG_DRIVERS_PLATFORM_MSR_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum msr_vendor { MSR_NOBODY, MSR_INTEL, MSR_AMD };
struct msr_cpu {
	enum msr_vendor vendor;
	int family, model;
};
/* From /proc/cpuinfo: vendor_id, cpu family, model of the first processor. False: not told, or not one that has RAPL. */
bool msr_cpu_decode(const char *cpuinfo, struct msr_cpu *cpu);

enum msr_domain { MSR_PACKAGE, MSR_CORE, MSR_UNCORE, MSR_DRAM, MSR_PSYS, MSR_DOMAINS };
uint32_t msr_unit_register(const struct msr_cpu *cpu);
uint32_t msr_energy_register(const struct msr_cpu *cpu, enum msr_domain domain); /* 0: it has none */
/* J of one count, by what the unit register says; 0: unknown. */
double msr_unit(const struct msr_cpu *cpu, enum msr_domain domain, uint64_t unit_register);

#endif
