// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A PMU called `power` as x86's RAPL has, whose counts are known: events energy-pkg (2) and energy-ram (3) on CPU 0.
 *
 *   parameters/package_uw, ram_uw   the domain's power in uW, from the instant of the write on (at most 1 kW)
 *   parameters/turn                 1: the event's count falls by one turn of the 32-bit register (2^50 counts) at the next read, as the TPMI
 *                                   driver's does when the register turns; it stays so much lower
 *   /sys/kernel/debug/vm_perf       the truth: a line for each change, "ns domain units uW", and a line "now" for each domain: at that
 *                                   CLOCK_MONOTONIC instant the domain had given so many units of 2^-14 J since it was loaded
 *
 * A count is the units since the event was opened, times 2^18: in 2^-32 J. Each domain may be opened several times.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#define UW_MAX 1000000000U
#define CHANGES_MAX 4096
#define SHIFT 18
#define TURN (1LL << (32 + SHIFT))

struct domain {
	const char *name;
	u64 t, uj, fj; /* ns; given until then, uJ and fJ beside it, less than 1e9 */
	u32 uw;
	s64 lower;     /* turns that counts are short of */
};

struct change {
	u64 t, units;
	u32 uw;
	u8 domain;
};

static struct domain domains[] = { { .name = "package" }, { .name = "ram" } };
static struct change *changes;
static unsigned int n_changes;
static struct dentry *file;
static DEFINE_RAW_SPINLOCK(lock);

/* With the lock held. */
static void advance(struct domain *domain, u64 now)
{
	u64 s = div64_u64(now - domain->t, NSEC_PER_SEC), ns = now - domain->t - s * NSEC_PER_SEC;

	domain->fj += ns * domain->uw;
	domain->uj += s * domain->uw + div64_u64(domain->fj, 1000000000U);
	domain->fj -= div64_u64(domain->fj, 1000000000U) * 1000000000U;
	domain->t = now;
}

/* 2^-14 J is 61.03515625 uJ. */
static u64 units(const struct domain *domain)
{
	return div64_u64(domain->uj * 256, 15625);
}

static void note(struct domain *domain)
{
	if (n_changes < CHANGES_MAX)
		changes[n_changes++] = (struct change){ domain->t, units(domain), domain->uw, domain - domains };
}

static int power_set(const char *text, const struct kernel_param *param)
{
	struct domain *domain = param->arg;
	unsigned long flags;
	unsigned int uw;
	int status = kstrtouint(text, 10, &uw);

	if (status)
		return status;
	if (uw > UW_MAX)
		return -ERANGE;
	raw_spin_lock_irqsave(&lock, flags);
	if (changes)
		advance(domain, ktime_get_mono_fast_ns());
	domain->uw = uw;
	if (changes)
		note(domain);
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static int power_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%u\n", ((struct domain *)param->arg)->uw);
}

static const struct kernel_param_ops power_ops = { .set = power_set, .get = power_get };
module_param_cb(package_uw, &power_ops, &domains[0], 0644);
module_param_cb(ram_uw, &power_ops, &domains[1], 0644);

static int turn_set(const char *text, const struct kernel_param *param)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++)
		domains[i].lower += TURN;
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static const struct kernel_param_ops turn_ops = { .set = turn_set };
module_param_cb(turn, &turn_ops, NULL, 0200);

/* ---- the PMU ---- */

static s64 count_now(struct domain *domain)
{
	unsigned long flags;
	s64 count;

	raw_spin_lock_irqsave(&lock, flags);
	advance(domain, ktime_get_mono_fast_ns());
	count = (s64)(units(domain) << SHIFT) - domain->lower;
	raw_spin_unlock_irqrestore(&lock, flags);
	return count;
}

static void pmu_read(struct perf_event *event)
{
	s64 now = count_now(&domains[event->hw.config]), before = local64_xchg(&event->hw.prev_count, now);

	local64_add(now - before, &event->count);
}

static int pmu_init(struct perf_event *event)
{
	if (event->attr.type != event->pmu->type)
		return -ENOENT;
	if (event->cpu < 0 || is_sampling_event(event) || event->attr.config < 2 || event->attr.config > 3)
		return -EINVAL;
	event->hw.config = event->attr.config - 2;
	event->cpu = 0;
	return 0;
}

static void pmu_start(struct perf_event *event, int flags)
{
	event->hw.state = 0;
	local64_set(&event->hw.prev_count, count_now(&domains[event->hw.config]));
}

static void pmu_stop(struct perf_event *event, int flags)
{
	if (!(event->hw.state & PERF_HES_STOPPED))
		pmu_read(event);
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
}

static int pmu_add(struct perf_event *event, int flags)
{
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	if (flags & PERF_EF_START)
		pmu_start(event, flags);
	return 0;
}

static void pmu_del(struct perf_event *event, int flags)
{
	pmu_stop(event, flags);
}

static ssize_t cpumask_show(struct device *device, struct device_attribute *attribute, char *buffer)
{
	return cpumap_print_to_pagebuf(true, buffer, cpumask_of(0));
}
static DEVICE_ATTR_RO(cpumask);
static struct attribute *mask_attributes[] = { &dev_attr_cpumask.attr, NULL };
static const struct attribute_group mask_group = { .attrs = mask_attributes };

PMU_EVENT_ATTR_STRING(energy-pkg, package_event, "event=0x02");
PMU_EVENT_ATTR_STRING(energy-pkg.unit, package_unit, "Joules");
PMU_EVENT_ATTR_STRING(energy-pkg.scale, package_scale, "2.3283064365386962890625e-10");
PMU_EVENT_ATTR_STRING(energy-ram, ram_event, "event=0x03");
PMU_EVENT_ATTR_STRING(energy-ram.unit, ram_unit, "Joules");
PMU_EVENT_ATTR_STRING(energy-ram.scale, ram_scale, "2.3283064365386962890625e-10");
static struct attribute *event_attributes[] = {
	&package_event.attr.attr, &package_unit.attr.attr, &package_scale.attr.attr,
	&ram_event.attr.attr, &ram_unit.attr.attr, &ram_scale.attr.attr, NULL,
};
static const struct attribute_group events_group = { .name = "events", .attrs = event_attributes };

PMU_FORMAT_ATTR(event, "config:0-7");
static struct attribute *format_attributes[] = { &format_attr_event.attr, NULL };
static const struct attribute_group format_group = { .name = "format", .attrs = format_attributes };
static const struct attribute_group *groups[] = { &mask_group, &format_group, &events_group, NULL };

static struct pmu pmu = {
	.module = THIS_MODULE,
	.attr_groups = groups,
	.task_ctx_nr = perf_invalid_context,
	.event_init = pmu_init,
	.add = pmu_add,
	.del = pmu_del,
	.start = pmu_start,
	.stop = pmu_stop,
	.read = pmu_read,
	.capabilities = PERF_PMU_CAP_NO_EXCLUDE,
};

/* ---- the truth ---- */

static int truth_show(struct seq_file *s, void *unused)
{
	unsigned int n = READ_ONCE(n_changes);

	for (unsigned int i = 0; i < n; i++)
		seq_printf(s, "%llu %s %llu %u\n", changes[i].t, domains[changes[i].domain].name, changes[i].units, changes[i].uw);
	for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++) {
		unsigned long flags;
		u64 t, u;

		raw_spin_lock_irqsave(&lock, flags);
		advance(&domains[i], ktime_get_mono_fast_ns());
		t = domains[i].t;
		u = units(&domains[i]);
		raw_spin_unlock_irqrestore(&lock, flags);
		seq_printf(s, "%llu %s %llu %u now\n", t, domains[i].name, u, domains[i].uw);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(truth);

static int __init vm_perf_init(void)
{
	struct change *room = vzalloc(sizeof(*changes) * CHANGES_MAX);
	int status;

	if (!room)
		return -ENOMEM;
	for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++)
		domains[i].t = ktime_get_mono_fast_ns();
	changes = room;
	for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++)
		note(&domains[i]);
	status = perf_pmu_register(&pmu, "power", -1);
	if (status) {
		vfree(changes);
		return status;
	}
	file = debugfs_create_file("vm_perf", 0400, NULL, NULL, &truth_fops);
	return 0;
}
module_init(vm_perf_init);

static void __exit vm_perf_exit(void)
{
	debugfs_remove(file);
	perf_pmu_unregister(&pmu);
	vfree(changes);
}
module_exit(vm_perf_exit);

MODULE_DESCRIPTION("A PMU of energy whose counts are known");
MODULE_LICENSE("GPL");
