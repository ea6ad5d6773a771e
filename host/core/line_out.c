#include "line_out.h"

#include <errno.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>

static int set_gpio(int fd, bool high)
{
	struct gpio_v2_line_values values = { .bits = high, .mask = 1 };
	return ioctl(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0 ? errno : 0;
}

static int set_modem(int fd, int bit, bool high)
{
	return ioctl(fd, high ? TIOCMBIS : TIOCMBIC, &bit) < 0 ? errno : 0;
}

int line_set(const struct line_out *line, bool high)
{
	switch (line->kind) {
	case LINE_GPIO: return set_gpio(line->fd, high);
	case LINE_RTS: return set_modem(line->fd, TIOCM_RTS, high);
	case LINE_DTR: return set_modem(line->fd, TIOCM_DTR, high);
	default: return 0;
	}
}
