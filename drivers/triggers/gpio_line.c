#include "triggers/gpio_line.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int refuse(int failure, const struct gpio_chip *chip, const struct gpio_line_info *line, struct error *error)
{
	char on[96];
	snprintf(on, sizeof on, "%s line %u", chip->node, line->offset);
	if (failure == EACCES || failure == EPERM)
		return error_errno(error, failure, on, ACCESS_REMEDY, "cannot use the line");
	if (failure == EBUSY)
		return error_set(error, ERROR_EXISTS, on, "name another line, or end what uses this one (joulerig detect says who)",
				 "the line %s is in use%s%s", line->name, line->consumer[0] ? " by " : "", line->consumer);
	if (failure == ENOTTY || failure == EINVAL)
		return error_errno(error, failure, on, "Linux 5.10 or later is needed, and a line that can do it", "cannot request the line");
	return error_errno(error, failure, on, NULL, "cannot request the line");
}

static int request(const struct gpio_chip *chip, const struct gpio_line_info *line, __u64 flags, struct error *error)
{
	struct gpio_v2_line_request request = {
		.offsets = { line->offset }, .consumer = "joulerig", .config = { .flags = flags }, .num_lines = 1,
		.event_buffer_size = flags & GPIO_V2_LINE_FLAG_INPUT ? GPIO_LINE_EVENTS : 0,
	};
	int fd = open(chip->node, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refuse(errno, chip, line, error);
	int failure = ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request) < 0 ? errno : 0;
	close(fd);
	return failure ? refuse(failure, chip, line, error) : request.fd;
}

int gpio_line_output(const struct gpio_chip *chip, const struct gpio_line_info *line, struct error *error)
{
	return request(chip, line, GPIO_V2_LINE_FLAG_OUTPUT, error);
}

int gpio_line_input(const struct gpio_chip *chip, const struct gpio_line_info *line, struct error *error)
{
	int fd = request(chip, line, GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING, error);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int gpio_line_level(int fd)
{
	struct gpio_v2_line_values values = { .mask = 1 };
	return ioctl(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0 ? -1 : (int)(values.bits & 1);
}
