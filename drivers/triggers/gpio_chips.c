/*
 * What libgpiod tells of chips and lines. Its two generations differ in every call: each is wrapped below in the same three
 * functions, and CMake says which one is there (GPIOD_GENERATION).
 */
#include "triggers/gpio_chips.h"

#include <dirent.h>
#include <errno.h>
#include <gpiod.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

#define CHIPS_MAX 64

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

#if GPIOD_GENERATION == 1

static void describe_chip(struct gpiod_chip *from, struct gpio_chip *chip)
{
	copy(chip->label, sizeof chip->label, gpiod_chip_label(from));
	chip->lines = gpiod_chip_num_lines(from);
}

static int describe_line(struct gpiod_chip *chip, struct gpio_line_info *line)
{
	struct gpiod_line *from = gpiod_chip_get_line(chip, line->offset);
	if (from == NULL)
		return -1;
	copy(line->name, sizeof line->name, gpiod_line_name(from));
	copy(line->consumer, sizeof line->consumer, gpiod_line_consumer(from));
	line->used = gpiod_line_is_used(from);
	line->output = gpiod_line_direction(from) == GPIOD_LINE_DIRECTION_OUTPUT;
	return 0;
}

#else

static void describe_chip(struct gpiod_chip *from, struct gpio_chip *chip)
{
	struct gpiod_chip_info *info = gpiod_chip_get_info(from);
	if (info == NULL)
		return;
	copy(chip->label, sizeof chip->label, gpiod_chip_info_get_label(info));
	chip->lines = (unsigned)gpiod_chip_info_get_num_lines(info);
	gpiod_chip_info_free(info);
}

static int describe_line(struct gpiod_chip *chip, struct gpio_line_info *line)
{
	struct gpiod_line_info *from = gpiod_chip_get_line_info(chip, line->offset);
	if (from == NULL)
		return -1;
	copy(line->name, sizeof line->name, gpiod_line_info_get_name(from));
	copy(line->consumer, sizeof line->consumer, gpiod_line_info_get_consumer(from));
	line->used = gpiod_line_info_is_used(from);
	line->output = gpiod_line_info_get_direction(from) == GPIOD_LINE_DIRECTION_OUTPUT;
	gpiod_line_info_free(from);
	return 0;
}

#endif

/* ---- chips ---- */

/* A chip that a kernel module pretends: edges on it say nothing about wires. */
static bool is_simulated(const char *node)
{
	char link[128], path[PATH_MAX];
	snprintf(link, sizeof link, "/sys/bus/gpio/devices/%s", strrchr(node, '/') + 1);
	return realpath(link, path) && (strstr(path, "/gpio-sim") || strstr(path, "/gpio-mockup"));
}

/* False when the node is no chip. */
static bool look_at(const char *node, struct gpio_chip *chip)
{
	memset(chip, 0, sizeof *chip);
	copy(chip->node, sizeof chip->node, node);
	struct gpiod_chip *opened = gpiod_chip_open(node);
	if (opened == NULL) {
		chip->forbidden = errno == EACCES || errno == EPERM;
		return chip->forbidden;
	}
	chip->simulated = is_simulated(node);
	describe_chip(opened, chip);
	gpiod_chip_close(opened);
	return true;
}

static int is_chip_name(const struct dirent *entry)
{
	return strncmp(entry->d_name, "gpiochip", 8) == 0;
}

size_t gpio_chips(struct gpio_chip *chips, size_t max)
{
	struct dirent **names;
	char node[sizeof chips->node];
	size_t filled = 0;
	int n = scandir("/dev", &names, is_chip_name, versionsort);
	for (int i = 0; i < n; i++) {
		snprintf(node, sizeof node, "/dev/%.50s", names[i]->d_name);
		if (filled < max && look_at(node, &chips[filled]))
			filled++;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return filled;
}

static int check_chip(const struct gpio_chip *chip, const char *on, struct error *error)
{
	if (chip->forbidden)
		return error_set(error, ERROR_PERMISSION, on, ACCESS_REMEDY, "GPIO chip %s may not be opened by this user", chip->node);
	return 0;
}

/* A chip that may not be opened does not tell its label either. */
static int find_by_label(const char *label, const char *on, struct gpio_chip *chip, struct error *error)
{
	struct gpio_chip chips[CHIPS_MAX];
	size_t n = gpio_chips(chips, CHIPS_MAX), found = 0;
	bool forbidden = false;
	for (size_t i = 0; i < n; i++) {
		forbidden |= chips[i].forbidden;
		if (!chips[i].forbidden && strcmp(chips[i].label, label) == 0) {
			*chip = chips[i];
			found++;
		}
	}
	if (found == 1)
		return 0;
	if (found > 1)
		return error_set(error, ERROR_CONFIG, on, "name its node, such as gpio:///dev/gpiochip0",
				 "%zu GPIO chips have the label %s", found, label);
	if (forbidden)
		return error_set(error, ERROR_PERMISSION, on, ACCESS_REMEDY, "no GPIO chip that this user may open is labelled %s", label);
	return error_set(error, ERROR_NOT_FOUND, on, "joulerig detect lists the chips", "there is no GPIO chip labelled %s", label);
}

int gpio_chip_find(const struct endpoint *endpoint, struct gpio_chip *chip, struct error *error)
{
	if (endpoint->host[0])
		return find_by_label(endpoint->host, endpoint->text, chip, error);
	if (look_at(endpoint->path, chip))
		return check_chip(chip, endpoint->text, error);
	return error_errno(error, errno, endpoint->text, "joulerig detect lists the chips", "cannot open a GPIO chip at %s", endpoint->path);
}

/* ---- lines ---- */

size_t gpio_lines(const char *node, unsigned first, struct gpio_line_info *lines, size_t max)
{
	struct gpiod_chip *chip = gpiod_chip_open(node);
	size_t n = 0;
	if (chip == NULL)
		return 0;
	for (; n < max; n++) {
		lines[n] = (struct gpio_line_info){ .offset = first + (unsigned)n };
		if (describe_line(chip, &lines[n]) < 0)
			break;
	}
	gpiod_chip_close(chip);
	return n;
}

/* A name goes before a number, so that a line may be called "17". */
int gpio_line_find(const struct gpio_chip *chip, const char *name, struct gpio_line_info *line, struct error *error)
{
	long long offset;
	for (unsigned i = 0; i < chip->lines; i++)
		if (gpio_lines(chip->node, i, line, 1) == 1 && strcmp(line->name, name) == 0)
			return 0;
	if (integer_parse(name, &offset) == 0 && offset >= 0 && offset < chip->lines &&
	    gpio_lines(chip->node, (unsigned)offset, line, 1) == 1)
		return 0;
	return error_set(error, ERROR_NOT_FOUND, name, "joulerig detect lists the lines", "%s (%s) has no such line", chip->node,
			 chip->label);
}
