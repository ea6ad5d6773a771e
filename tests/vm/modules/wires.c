// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Wires between the lines of a simulated GPIO chip, and a record of every level that a line was given.
 *
 *   /sys/module/gpio_sim/parameters/wires    "0:1,2:3": what output 0 is set to, input 1 is pulled to; of every chip. May be
 *                                            written at any time: a wire that is not in it any more is cut.
 *   /sys/kernel/debug/gpio_wires             a line for each level, oldest first: CLOCK_MONOTONIC ns, chip's label, line, level,
 *                                            "set" or "pull". The stamp is taken just before the interrupt is raised. Writing to
 *                                            it empties it; it keeps the first 65536, and says "full" after that.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "wires.h"

#define WIRES_MAX 16
#define NOTES_MAX 65536

struct wire {
	unsigned int from, to;
};

struct note {
	u64 t;
	char label[16];
	u16 line;
	u8 level;
	char how;
};

static DEFINE_SPINLOCK(lock);
static struct wire wires[WIRES_MAX];
static int n_wires;
static struct note *notes;
static unsigned int n_notes;
static bool full;
static struct dentry *file;

static int wires_set(const char *text, const struct kernel_param *param)
{
	struct wire parsed[WIRES_MAX];
	unsigned long flags;
	int n = 0, used;

	text = skip_spaces(text);
	while (*text && *text != '\n') {
		if (n == WIRES_MAX || sscanf(text, "%u:%u%n", &parsed[n].from, &parsed[n].to, &used) != 2)
			return -EINVAL;
		n++;
		text += used;
		if (*text == ',')
			text++;
	}
	spin_lock_irqsave(&lock, flags);
	memcpy(wires, parsed, sizeof(parsed[0]) * n);
	n_wires = n;
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static int wires_get(char *buffer, const struct kernel_param *param)
{
	int length = 0;

	for (int i = 0; i < n_wires; i++)
		length += sysfs_emit_at(buffer, length, "%s%u:%u", i ? "," : "", wires[i].from, wires[i].to);
	return length + sysfs_emit_at(buffer, length, "\n");
}

static const struct kernel_param_ops wires_ops = { .set = wires_set, .get = wires_get };
module_param_cb(wires, &wires_ops, NULL, 0644);

void wires_follow(void *chip, unsigned int line, int level, int (*pull)(void *chip, unsigned int line, int level))
{
	struct wire now[WIRES_MAX];
	unsigned long flags;
	int n;

	spin_lock_irqsave(&lock, flags);
	n = n_wires;
	memcpy(now, wires, sizeof(now));
	spin_unlock_irqrestore(&lock, flags);
	for (int i = 0; i < n; i++)
		if (now[i].from == line)
			pull(chip, now[i].to, !!level);
}

void wires_note(const char *label, unsigned int line, int level, char how)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	if (notes && n_notes < NOTES_MAX) {
		struct note *note = &notes[n_notes++];

		strscpy(note->label, label ?: "", sizeof(note->label));
		note->line = line;
		note->level = !!level;
		note->how = how;
		note->t = ktime_get_ns();
	} else {
		full = true;
	}
	spin_unlock_irqrestore(&lock, flags);
}

static int notes_show(struct seq_file *s, void *unused)
{
	unsigned int n = READ_ONCE(n_notes);

	for (unsigned int i = 0; i < n; i++)
		seq_printf(s, "%llu %s %u %u %s\n", notes[i].t, notes[i].label, notes[i].line, notes[i].level,
			   notes[i].how == 's' ? "set" : "pull");
	if (full)
		seq_puts(s, "full\n");
	return 0;
}

static int notes_open(struct inode *inode, struct file *f)
{
	return single_open(f, notes_show, NULL);
}

static ssize_t notes_clear(struct file *f, const char __user *text, size_t n, loff_t *offset)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	n_notes = 0;
	full = false;
	spin_unlock_irqrestore(&lock, flags);
	return n;
}

static const struct file_operations notes_ops = {
	.owner = THIS_MODULE,
	.open = notes_open,
	.read = seq_read,
	.write = notes_clear,
	.llseek = seq_lseek,
	.release = single_release,
};

int wires_begin(void)
{
	notes = vzalloc(sizeof(*notes) * NOTES_MAX);
	if (!notes)
		return -ENOMEM;
	file = debugfs_create_file("gpio_wires", 0600, NULL, NULL, &notes_ops);
	return 0;
}

void wires_end(void)
{
	debugfs_remove(file);
	vfree(notes);
	notes = NULL;
}
