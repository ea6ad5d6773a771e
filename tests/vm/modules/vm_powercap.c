// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A real powercap tree whose energy is known: intel-rapl:0 "package-0", and intel-rapl:0:0 "core" inside it.
 *
 *   parameters/package_uw, core_uw   the zone's power in uW, from the instant of the write on (at most 1 kW)
 *   parameters/range_uj              max_energy_range_uj, of both, when the module is loaded
 *   parameters/start_uj              what both counters show then
 *   /sys/kernel/debug/vm_powercap    the truth: a line for each change of a power, "ns zone uJ uW": at that CLOCK_MONOTONIC instant
 *                                    the zone had given that energy since it was loaded, unwrapped, and had that power from then
 *                                    on. Reading it adds a line "now" for each zone.
 *
 * The energy is the integral of the power, exact but for what is less than a microjoule. A counter shows start_uj plus it, modulo
 * max_energy_range_uj + 1.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/powercap.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#define UW_MAX 1000000000U
#define CHANGES_MAX 65536

struct counter {
	struct powercap_zone zone;
	const char *name;
	u64 t;    /* ns, the instant of what follows */
	u64 uj;   /* given until then */
	u64 fj;   /* and this beside it, less than 1e9 */
	u32 uw;   /* since then */
	u64 limit;
};

struct change {
	u64 t, uj;
	u32 uw;
	u8 counter;
};

static struct counter counters[] = { { .name = "package-0" }, { .name = "core" } };
static struct powercap_control_type *control;
static struct dentry *file;
static struct change *changes;
static unsigned int n_changes;
static DEFINE_SPINLOCK(lock);

static ulong range_uj = 262143328850UL;
module_param(range_uj, ulong, 0444);
static ulong start_uj;
module_param(start_uj, ulong, 0444);

/* With the lock held. uW times s are uJ, uW times ns are fJ; neither product overflows below UW_MAX. */
static void advance(struct counter *counter, u64 now)
{
	u64 s = div64_u64(now - counter->t, NSEC_PER_SEC), ns = now - counter->t - s * NSEC_PER_SEC;

	counter->fj += ns * counter->uw;
	counter->uj += s * counter->uw + div64_u64(counter->fj, 1000000000U);
	counter->fj -= div64_u64(counter->fj, 1000000000U) * 1000000000U;
	counter->t = now;
}

static int power_set(const char *text, const struct kernel_param *param)
{
	struct counter *counter = param->arg;
	unsigned long flags;
	unsigned int uw;
	int status = kstrtouint(text, 10, &uw);

	if (status)
		return status;
	if (uw > UW_MAX)
		return -ERANGE;
	spin_lock_irqsave(&lock, flags);
	if (!changes) { /* on the command line, before the module has begun */
		counter->uw = uw;
	} else if (n_changes == CHANGES_MAX) {
		status = -ENOSPC;
	} else {
		advance(counter, ktime_get_ns());
		counter->uw = uw;
		changes[n_changes++] = (struct change){ counter->t, counter->uj, uw, counter - counters };
	}
	spin_unlock_irqrestore(&lock, flags);
	return status;
}

static int power_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%u\n", ((struct counter *)param->arg)->uw);
}

static const struct kernel_param_ops power_ops = { .set = power_set, .get = power_get };
module_param_cb(package_uw, &power_ops, &counters[0], 0644);
module_param_cb(core_uw, &power_ops, &counters[1], 0644);

/* ---- what powercap asks for ---- */

static int get_energy(struct powercap_zone *zone, u64 *uj)
{
	struct counter *counter = container_of(zone, struct counter, zone);
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	advance(counter, ktime_get_ns());
	*uj = start_uj + counter->uj;
	spin_unlock_irqrestore(&lock, flags);
	*uj -= div64_u64(*uj, (u64)range_uj + 1) * ((u64)range_uj + 1);
	return 0;
}

static int get_range(struct powercap_zone *zone, u64 *uj)
{
	*uj = range_uj;
	return 0;
}

static int release(struct powercap_zone *zone)
{
	return 0;
}

static const struct powercap_zone_ops zone_ops = { .get_energy_uj = get_energy, .get_max_energy_range_uj = get_range, .release = release };

static int set_limit(struct powercap_zone *zone, int id, u64 limit)
{
	container_of(zone, struct counter, zone)->limit = limit;
	return 0;
}

static int get_limit(struct powercap_zone *zone, int id, u64 *limit)
{
	*limit = container_of(zone, struct counter, zone)->limit;
	return 0;
}

static int get_window(struct powercap_zone *zone, int id, u64 *us)
{
	*us = 1000000;
	return 0;
}

static int set_window(struct powercap_zone *zone, int id, u64 us)
{
	return -EPERM;
}

static const char *get_name(struct powercap_zone *zone, int id)
{
	return "long_term";
}

static const struct powercap_zone_constraint_ops constraint_ops = {
	.set_power_limit_uw = set_limit,
	.get_power_limit_uw = get_limit,
	.set_time_window_us = set_window,
	.get_time_window_us = get_window,
	.get_name = get_name,
};

/* ---- the truth ---- */

static int truth_show(struct seq_file *s, void *unused)
{
	unsigned int n = READ_ONCE(n_changes);
	unsigned long flags;

	for (unsigned int i = 0; i < n; i++)
		seq_printf(s, "%llu %s %llu %u\n", changes[i].t, counters[changes[i].counter].name, changes[i].uj, changes[i].uw);
	for (unsigned int i = 0; i < ARRAY_SIZE(counters); i++) {
		struct counter now;

		spin_lock_irqsave(&lock, flags);
		advance(&counters[i], ktime_get_ns());
		now.t = counters[i].t;
		now.uj = counters[i].uj;
		now.uw = counters[i].uw;
		spin_unlock_irqrestore(&lock, flags);
		seq_printf(s, "%llu %s %llu %u now\n", now.t, counters[i].name, now.uj, now.uw);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(truth);

static int __init vm_powercap_init(void)
{
	struct powercap_zone *zone;

	control = powercap_register_control_type(NULL, "intel-rapl", NULL);
	if (IS_ERR(control))
		return PTR_ERR(control);
	changes = vzalloc(sizeof(*changes) * CHANGES_MAX);
	if (!changes)
		goto unregister_control;
	for (unsigned int i = 0; i < ARRAY_SIZE(counters); i++) {
		counters[i].t = ktime_get_ns();
		changes[n_changes++] = (struct change){ counters[i].t, 0, counters[i].uw, i };
	}
	zone = powercap_register_zone(&counters[0].zone, control, counters[0].name, NULL, &zone_ops, 1, &constraint_ops);
	if (IS_ERR(zone))
		goto free_changes;
	zone = powercap_register_zone(&counters[1].zone, control, counters[1].name, &counters[0].zone, &zone_ops, 1, &constraint_ops);
	if (IS_ERR(zone))
		goto unregister_package;
	file = debugfs_create_file("vm_powercap", 0400, NULL, NULL, &truth_fops);
	return 0;
unregister_package:
	powercap_unregister_zone(control, &counters[0].zone);
free_changes:
	vfree(changes);
unregister_control:
	powercap_unregister_control_type(control);
	return -ENOMEM;
}
module_init(vm_powercap_init);

static void __exit vm_powercap_exit(void)
{
	debugfs_remove(file);
	powercap_unregister_zone(control, &counters[1].zone);
	powercap_unregister_zone(control, &counters[0].zone);
	powercap_unregister_control_type(control);
	vfree(changes);
}
module_exit(vm_powercap_exit);

MODULE_DESCRIPTION("A powercap tree whose energy is known");
MODULE_LICENSE("GPL");
