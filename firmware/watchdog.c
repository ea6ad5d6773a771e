/* SPDX-License-Identifier: Apache-2.0 */
#include "watchdog.h"

#include "isr.h"
#include "lines.h"
#include "rp2040/cortex.h"
#include "rp2040/system.h"
#include "rp2040/timer.h"

#define KEPT UINT32_C(0x4b455054) /* "KEPT" */
#define FLASHED UINT32_C(0x464c5348) /* "FLSH": into the bootloader, whose end is the watchdog's timer */
enum scratch { SCRATCH_MAGIC = 2, SCRATCH_BOOTS };

static struct {
	uint32_t magic, boots, inverse;
} kept __attribute__((section(".kept")));

static void keep(uint32_t boots)
{
	WATCHDOG->scratch[SCRATCH_MAGIC] = KEPT;
	WATCHDOG->scratch[SCRATCH_BOOTS] = boots;
	kept.magic = KEPT;
	kept.boots = boots;
	kept.inverse = ~boots;
}

static enum rig_boot why(void)
{
	uint32_t reason = WATCHDOG->reason, magic = WATCHDOG->scratch[SCRATCH_MAGIC];
	if (magic == FLASHED || (magic == KEPT && reason & WATCHDOG_REASON_FORCE))
		return RIG_BOOT_COMMAND;
	if (magic == KEPT && reason & WATCHDOG_REASON_TIMER)
		return RIG_BOOT_WATCHDOG;
	return VREG_AND_CHIP_RESET->chip_reset & CHIP_RESET_HAD_RUN ? RIG_BOOT_PIN : RIG_BOOT_POWER;
}

enum rig_boot watchdog_boot(uint32_t *boots)
{
	enum rig_boot boot = why();
	*boots = 0;
	if (boot == RIG_BOOT_WATCHDOG || boot == RIG_BOOT_COMMAND)
		*boots = WATCHDOG->scratch[SCRATCH_BOOTS] + 1;
	else if (boot == RIG_BOOT_PIN && kept.magic == KEPT && kept.boots == ~kept.inverse)
		*boots = kept.boots + 1;
	keep(*boots);
	return boot;
}

void watchdog_start(void)
{
	PSM->wdsel = PSM_ALL_BUT_OSCILLATORS;
	WATCHDOG->load = 2 * WATCHDOG_US; /* it counts twice a tick: erratum RP2040-E1 */
	WATCHDOG->ctrl = WATCHDOG_ENABLE | WATCHDOG_PAUSE_DEBUG;
}

void watchdog_feed(void)
{
	WATCHDOG->load = 2 * WATCHDOG_US;
}

/* ---- the end ---- */

#define ROM_MAGIC (*(const volatile uint16_t *)0x10)       /* 'M', 'u' (datasheet 2.8.2) */
#define ROM_FUNCTIONS (*(const volatile uint16_t *)0x14)
#define ROM_LOOKUP (*(const volatile uint16_t *)0x18)

bool bootloader_present(void)
{
	return ROM_MAGIC == ('M' | 'u' << 8);
}

static void bootloader(void)
{
	WATCHDOG->scratch[SCRATCH_MAGIC] = FLASHED;
	typedef void *(*lookup)(const uint16_t *table, uint32_t code);
	typedef void (*reset_to_usb_boot)(uint32_t activity_gpio_mask, uint32_t interfaces_off);
	lookup find = (lookup)(uintptr_t)ROM_LOOKUP;
	reset_to_usb_boot boot = (reset_to_usb_boot)find((const uint16_t *)(uintptr_t)ROM_FUNCTIONS, 'U' | 'B' << 8);
	boot(0, 0);
}

/* As if the main loop stood still. Interrupts go on; the watchdog ends it. */
static _Noreturn void hang(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

_Noreturn void watchdog_reset(enum rig_reset_to to)
{
	if (to == RIG_RESET_HANG)
		hang();
	__asm__ volatile("cpsid i" ::: "memory");
	if (to == RIG_RESET_BOOTLOADER && bootloader_present())
		bootloader();
	PSM->wdsel = PSM_ALL_BUT_OSCILLATORS;
	register_set(&WATCHDOG->ctrl, WATCHDOG_TRIGGER);
	for (;;)
		__asm__ volatile("wfi");
}

/* A fault, or an interrupt that nobody asked for: outputs are low at once, the watchdog does the rest. */
void isr_fault(void)
{
	__asm__ volatile("cpsid i" ::: "memory");
	lines_all_low();
	watchdog_start();
	for (;;)
		__asm__ volatile("wfi");
}
