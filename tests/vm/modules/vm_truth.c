// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own record of when programs are entered and when their ends are told, with no more delay than one call:
 *
 *   /sys/kernel/debug/vm_truth    a line "ns pid WHAT" each, CLOCK_MONOTONIC, oldest first. WHAT is exec (the entry into execve), end
 *                                 (SIGCHLD has been sent), call (the entry into clock_gettime). Writing to it empties it; it keeps the
 *                                 first 65536, and says "full" after that
 *   parameters/calls              calls are recorded, too
 *
 * Trace events would tell the same, but take longer until they stamp than what is to be held against them is uncertain.
 */
#include <linux/debugfs.h>
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>

#define NOTES_MAX 65536

enum what { EXEC, END, CALL };

struct note {
	u64 t;
	u32 pid;
	enum what what;
};

static struct note *notes;
static atomic_t n_notes;
static struct dentry *file;

static void notrace put(u64 t, enum what what)
{
	int at = atomic_fetch_inc(&n_notes);

	if (at < NOTES_MAX)
		notes[at] = (struct note){ .t = t, .pid = current->pid, .what = what };
}

static void notrace note_exec(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	put(ktime_get_mono_fast_ns(), EXEC);
}

static void notrace note_call(unsigned long ip, unsigned long parent, struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	put(ktime_get_mono_fast_ns(), CALL);
}

static void note_signal(void *unused, int sig, struct kernel_siginfo *info, struct task_struct *to, int group, int result)
{
	u64 t = ktime_get_mono_fast_ns();

	if (sig == SIGCHLD)
		put(t, END);
}

static struct ftrace_ops on_exec = { .func = note_exec }, on_call = { .func = note_call };
static struct tracepoint *signals;
static bool calls;

static void find_signals(struct tracepoint *tracepoint, void *unused)
{
	if (strcmp(tracepoint->name, "signal_generate") == 0)
		signals = tracepoint;
}

static int calls_set(const char *text, const struct kernel_param *param)
{
	bool before = calls;
	int status = param_set_bool(text, param);

	if (status || calls == before)
		return status;
	return calls ? register_ftrace_function(&on_call) : unregister_ftrace_function(&on_call);
}

static const struct kernel_param_ops calls_ops = { .set = calls_set, .get = param_get_bool };
module_param_cb(calls, &calls_ops, &calls, 0644);

static int truth_show(struct seq_file *s, void *unused)
{
	int n = atomic_read(&n_notes);
	static const char *const names[] = { "exec", "end", "call" };

	for (int i = 0; i < n && i < NOTES_MAX; i++)
		seq_printf(s, "%llu %u %s\n", notes[i].t, notes[i].pid, names[notes[i].what]);
	if (n > NOTES_MAX)
		seq_puts(s, "full\n");
	return 0;
}

static int truth_open(struct inode *inode, struct file *f)
{
	return single_open(f, truth_show, NULL);
}

static ssize_t truth_clear(struct file *f, const char __user *text, size_t n, loff_t *offset)
{
	atomic_set(&n_notes, 0);
	return n;
}

static const struct file_operations truth_ops = {
	.owner = THIS_MODULE,
	.open = truth_open,
	.read = seq_read,
	.write = truth_clear,
	.llseek = seq_lseek,
	.release = single_release,
};

static int filter(struct ftrace_ops *ops, const char *function)
{
	unsigned char name[32];

	strscpy(name, function, sizeof(name));
	return ftrace_set_filter(ops, name, strlen(name), 1);
}

static int __init truth_init(void)
{
	int status;

	notes = vzalloc(sizeof(*notes) * NOTES_MAX);
	if (!notes)
		return -ENOMEM;
	for_each_kernel_tracepoint(find_signals, NULL);
	status = signals ? filter(&on_exec, "__x64_sys_execve") : -ENOENT;
	if (!status)
		status = filter(&on_call, "__x64_sys_clock_gettime");
	if (!status)
		status = register_ftrace_function(&on_exec);
	if (status)
		goto free_notes;
	status = tracepoint_probe_register(signals, note_signal, NULL);
	if (status)
		goto leave_exec;
	file = debugfs_create_file("vm_truth", 0600, NULL, NULL, &truth_ops);
	return 0;

leave_exec:
	unregister_ftrace_function(&on_exec);
free_notes:
	vfree(notes);
	return status;
}

static void __exit truth_exit(void)
{
	debugfs_remove(file);
	tracepoint_probe_unregister(signals, note_signal, NULL);
	tracepoint_synchronize_unregister();
	unregister_ftrace_function(&on_exec);
	if (calls)
		unregister_ftrace_function(&on_call);
	vfree(notes);
}

module_init(truth_init);
module_exit(truth_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("when programs are entered and their ends are told");
