/*
 * RAPL's registers.
 *
 *             unit        package     core        uncore  DRAM    psys
 *   Intel     0x606       0x611       0x639       0x641   0x619   0x64D
 *   AMD 17h+  0xC0010299  0xC001029B  0xC001029A
 *
 *   unit        bits 12:8: ESU; a count is 2^-ESU J
 *   energy      bits 31:0: counts; what stands above is not used, as in Linux
 *
 * The energy unit does not hold for
 *   DRAM of Haswell, Broadwell, Skylake and Ice Lake servers, and Knights Landing and Mill: 15.3 uJ (2^-16 J)
 *   psys of Sapphire and Emerald Rapids: 1 J. Their DRAM is the energy unit's, 61 uJ.
 * AMD's core register is each core's own; it has no DRAM. Atoms of the Silvermont and Airmont kind count in 2^ESU uJ: not known here.
 */
#include "platform/msr_wire.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct model {
	int model;
	bool dram_fixed, psys_joules;
} quirks[] = {
	{ 0x3f, true, false }, { 0x4f, true, false }, { 0x56, true, false }, { 0x55, true, false }, { 0x6a, true, false }, { 0x6c, true, false },
	{ 0x57, true, false }, { 0x85, true, false }, { 0x8f, false, true }, { 0xcf, false, true },
};

static const struct model *quirk_of(const struct msr_cpu *cpu)
{
	for (size_t i = 0; i < sizeof quirks / sizeof *quirks; i++)
		if (cpu->vendor == MSR_INTEL && cpu->family == 6 && quirks[i].model == cpu->model)
			return &quirks[i];
	return NULL;
}

/* What follows "KEY<tab>: " at the beginning of a line. */
static const char *field(const char *lines, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = lines; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, key, length) == 0) {
			const char *colon = line + length + strspn(line + length, "\t ");
			return *colon == ':' ? colon + 1 + strspn(colon + 1, " ") : NULL;
		}
	return NULL;
}

static bool is_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	return text && strncmp(text, word, length) == 0 && (text[length] == '\n' || text[length] == '\0');
}

static int small_number(const char *text)
{
	int value = -1;
	for (; text && *text >= '0' && *text <= '9' && value < 100000; text++)
		value = (value < 0 ? 0 : value) * 10 + (*text - '0');
	return value;
}

static bool counts_in_microjoules(int model)
{
	static const int atoms[] = { 0x37, 0x4a, 0x4c, 0x4d, 0x5a };
	for (size_t i = 0; i < sizeof atoms / sizeof *atoms; i++)
		if (atoms[i] == model)
			return true;
	return false;
}

bool msr_cpu_decode(const char *cpuinfo, struct msr_cpu *cpu)
{
	const char *vendor = field(cpuinfo, "vendor_id");
	cpu->vendor = is_word(vendor, "GenuineIntel") ? MSR_INTEL : is_word(vendor, "AuthenticAMD") ? MSR_AMD : MSR_NOBODY;
	cpu->family = small_number(field(cpuinfo, "cpu family"));
	cpu->model = small_number(field(cpuinfo, "model"));
	if (cpu->vendor == MSR_INTEL)
		return cpu->family == 6 && cpu->model >= 0x2a && !counts_in_microjoules(cpu->model);
	return cpu->vendor == MSR_AMD && cpu->family >= 0x17;
}

uint32_t msr_unit_register(const struct msr_cpu *cpu)
{
	return cpu->vendor == MSR_AMD ? 0xc0010299 : 0x606;
}

uint32_t msr_energy_register(const struct msr_cpu *cpu, enum msr_domain domain)
{
	static const uint32_t intel[MSR_DOMAINS] = { 0x611, 0x639, 0x641, 0x619, 0x64d };
	static const uint32_t amd[MSR_DOMAINS] = { 0xc001029b, 0, 0, 0, 0 };
	return cpu->vendor == MSR_AMD ? amd[domain] : intel[domain];
}

double msr_unit(const struct msr_cpu *cpu, enum msr_domain domain, uint64_t unit_register)
{
	const struct model *quirk = quirk_of(cpu);
	int esu = (int)(unit_register >> 8 & 0x1f);
	if (quirk && quirk->dram_fixed && domain == MSR_DRAM)
		return 0x1p-16;
	if (quirk && quirk->psys_joules && domain == MSR_PSYS)
		return 1;
	return esu > 0 ? ldexp(1, -esu) : 0;
}
