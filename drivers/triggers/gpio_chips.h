/*
 * gpio_chips: which GPIO chips and lines this machine has, and which of them a name means. Looks only: it requests no line.
 *
 * The one part of joulerig that speaks to libgpiod, 1.6 or 2.x. Lines are then used through the kernel itself: gpio_line.h.
 */
#ifndef JOULERIG_DRIVERS_TRIGGERS_GPIO_CHIPS_H
#define JOULERIG_DRIVERS_TRIGGERS_GPIO_CHIPS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "link.h"

struct gpio_chip {
	char node[64];  /* "/dev/gpiochip0" */
	char label[32]; /* what the hardware's driver calls it: stays the same when numbers change; "" when forbidden */
	unsigned lines; /* 0 when forbidden */
	bool forbidden; /* this user may not open it */
	bool simulated; /* gpio-sim or gpio-mockup */
};

struct gpio_line_info {
	unsigned offset;
	char name[32];     /* "" when it has none */
	char consumer[32]; /* who uses it; "" when nobody says so */
	bool used;         /* by somebody: it cannot be requested */
	bool output;
};

/* The chips, by number. Fills at most `max`, returns how many it filled. */
size_t gpio_chips(struct gpio_chip *chips, size_t max);
/* Lines of a chip from `first` on, by offset. Fills at most `max`, returns how many it filled: 0 behind the last, or when the
 * chip cannot be opened. */
size_t gpio_lines(const char *node, unsigned first, struct gpio_line_info *lines, size_t max);

/* The chip that `gpio:///dev/gpiochip0` or `gpio://LABEL` means. ERROR_NOT_FOUND; ERROR_PERMISSION with ACCESS_REMEDY. */
int gpio_chip_find(const struct endpoint *endpoint, struct gpio_chip *chip, struct error *error);
/* The line of that chip that has this name, or (a number) this offset. ERROR_NOT_FOUND. */
int gpio_line_find(const struct gpio_chip *chip, const char *name, struct gpio_line_info *line, struct error *error);

#endif
