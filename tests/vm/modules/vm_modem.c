// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A serial port, /dev/ttyWIRE0, whose modem lines are wired to each other: CTS is RTS, DSR and DCD are DTR. It carries no bytes.
 *
 *   parameters/wired     0: the wires are cut; the inputs stay as they are
 *   parameters/slow_us   what setting a line takes, as behind USB; half of it before the line moves
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/serial.h>
#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>

static bool wired = true;
module_param(wired, bool, 0644);
static uint slow_us;
module_param(slow_us, uint, 0644);

static struct tty_port port;
static struct tty_driver *driver;
static struct platform_device *device;
static DEFINE_SPINLOCK(lock);
static unsigned int outputs, inputs;
static struct async_icount counts;

static void set_lines(unsigned int set, unsigned int clear)
{
	unsigned int now, changed;
	unsigned long flags;

	if (slow_us)
		usleep_range(slow_us / 2, slow_us / 2 + 50);
	spin_lock_irqsave(&lock, flags);
	outputs = (outputs | set) & ~clear;
	now = (outputs & TIOCM_RTS ? TIOCM_CTS : 0) | (outputs & TIOCM_DTR ? TIOCM_DSR | TIOCM_CD : 0);
	changed = wired ? now ^ inputs : 0;
	inputs ^= changed;
	counts.cts += !!(changed & TIOCM_CTS);
	counts.dsr += !!(changed & TIOCM_DSR);
	counts.dcd += !!(changed & TIOCM_CD);
	spin_unlock_irqrestore(&lock, flags);
	if (changed)
		wake_up_interruptible(&port.delta_msr_wait);
	if (slow_us)
		usleep_range(slow_us / 2, slow_us / 2 + 50);
}

static int modem_tiocmget(struct tty_struct *tty)
{
	return READ_ONCE(outputs) | READ_ONCE(inputs);
}

static int modem_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	set_lines(set & (TIOCM_RTS | TIOCM_DTR), clear & (TIOCM_RTS | TIOCM_DTR));
	return 0;
}

static struct async_icount counted(void)
{
	struct async_icount now;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	now = counts;
	spin_unlock_irqrestore(&lock, flags);
	return now;
}

static int modem_get_icount(struct tty_struct *tty, struct serial_icounter_struct *told)
{
	struct async_icount now = counted();

	told->cts = now.cts;
	told->dsr = now.dsr;
	told->dcd = now.dcd;
	return 0;
}

static bool has_changed(struct async_icount *before, unsigned int lines)
{
	struct async_icount now = counted();

	return (lines & TIOCM_CTS && now.cts != before->cts) || (lines & TIOCM_DSR && now.dsr != before->dsr) ||
	       (lines & TIOCM_CD && now.dcd != before->dcd);
}

static int modem_ioctl(struct tty_struct *tty, unsigned int command, unsigned long lines)
{
	struct async_icount before = counted();

	if (command != TIOCMIWAIT)
		return -ENOIOCTLCMD;
	return wait_event_interruptible(port.delta_msr_wait, has_changed(&before, lines));
}

static int modem_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(&port, tty, file);
}

static void modem_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(&port, tty, file);
}

static int modem_write(struct tty_struct *tty, const unsigned char *bytes, int n)
{
	return n;
}

static unsigned int modem_write_room(struct tty_struct *tty)
{
	return 4096;
}

static const struct tty_operations operations = {
	.open = modem_open,
	.close = modem_close,
	.write = modem_write,
	.write_room = modem_write_room,
	.tiocmget = modem_tiocmget,
	.tiocmset = modem_tiocmset,
	.get_icount = modem_get_icount,
	.ioctl = modem_ioctl,
};

static void modem_dtr_rts(struct tty_port *unused, int raise)
{
	set_lines(raise ? TIOCM_RTS | TIOCM_DTR : 0, raise ? 0 : TIOCM_RTS | TIOCM_DTR);
}

static const struct tty_port_operations port_operations = { .dtr_rts = modem_dtr_rts };

static int __init modem_init(void)
{
	struct device *tty;
	int status = -ENOMEM;

	device = platform_device_register_simple("vm_modem", -1, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	driver = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		goto unregister_device;
	driver->driver_name = "vm_modem";
	driver->name = "ttyWIRE";
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_cflag = B9600 | CS8 | CREAD | HUPCL | CLOCAL;
	tty_set_operations(driver, &operations);
	tty_port_init(&port);
	port.ops = &port_operations;
	status = tty_register_driver(driver);
	if (status)
		goto put_driver;
	tty = tty_port_register_device(&port, driver, 0, &device->dev);
	if (!IS_ERR(tty))
		return 0;
	status = PTR_ERR(tty);
	tty_unregister_driver(driver);
put_driver:
	tty_port_destroy(&port);
	tty_driver_kref_put(driver);
unregister_device:
	platform_device_unregister(device);
	return status;
}

static void __exit modem_exit(void)
{
	tty_unregister_device(driver, 0);
	tty_unregister_driver(driver);
	tty_port_destroy(&port);
	tty_driver_kref_put(driver);
	platform_device_unregister(device);
}

module_init(modem_init);
module_exit(modem_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a serial port with wired modem lines");
