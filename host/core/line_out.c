#include "line_out.h"

#include <errno.h>
#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int set_gpio(int fd, bool high)
{
	struct gpio_v2_line_values values = { .bits = high, .mask = 1 };
	return ioctl(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0 ? errno : 0;
}

static int set_modem(int fd, int bit, bool high)
{
	return ioctl(fd, high ? TIOCMBIS : TIOCMBIC, &bit) < 0 ? errno : 0;
}

/* In one piece: others write to the device, too. */
static int set_frame(int fd, const struct line_frame *frame)
{
	ssize_t written;
	do
		written = write(fd, frame->bytes, frame->size);
	while (written < 0 && errno == EINTR);
	return written < 0 ? errno : written == frame->size ? 0 : EIO;
}

int line_set(const struct line_out *line, bool high)
{
	switch (line->kind) {
	case LINE_GPIO: return set_gpio(line->fd, high);
	case LINE_RTS: return set_modem(line->fd, TIOCM_RTS, high);
	case LINE_DTR: return set_modem(line->fd, TIOCM_DTR, high);
	case LINE_FRAME: return set_frame(line->fd, &line->frames[high]);
	default: return 0;
	}
}
