#include "platform/sysfs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

bool sysfs_text(const char *directory, const char *file, char *text, size_t size)
{
	char path[512];
	int printed = snprintf(path, sizeof path, "%s/%s", directory, file);
	if (printed < 0 || (size_t)printed >= sizeof path)
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text[0] != '\0';
}

bool sysfs_integer(const char *directory, const char *file, int64_t *value)
{
	char text[32];
	return sysfs_text(directory, file, text, sizeof text) && sysfs_integer_decode(text, strlen(text), value);
}

bool sysfs_integer_decode(const char *text, size_t length, int64_t *value)
{
	uint64_t sum = 0;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	bool negative = length > 0 && text[0] == '-';
	if (length <= negative || length - negative > 19)
		return false;
	for (size_t i = negative; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(text[i] - '0');
	}
	if (sum > INT64_MAX)
		return false;
	*value = negative ? -(int64_t)sum : (int64_t)sum;
	return true;
}

void sysfs_reopen(int *fd, const char *path)
{
	if (*fd >= 0)
		close(*fd);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
}

bool sysfs_is_real(const char *path)
{
	struct statfs filesystem;
	return statfs(path, &filesystem) == 0 && filesystem.f_type == SYSFS_MAGIC;
}
