/*
 * gpio_line: lines of a GPIO chip as descriptors, through the kernel's line interface (GPIO character device, uAPI v2, Linux 5.10).
 *
 * Not through libgpiod: its generation 1.6, which Debian 12 has, neither hands out the descriptor of an output, so that no other
 * process could set it, nor the sequence numbers of edges, so that lost ones would go unnoticed; and the two generations share no
 * call. The kernel's interface is one for both, three ioctls and a read. What chips and lines there are is libgpiod's to tell
 * (gpio_chips.h).
 */
#ifndef JOULERIG_DRIVERS_TRIGGERS_GPIO_LINE_H
#define JOULERIG_DRIVERS_TRIGGERS_GPIO_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "triggers/gpio_chips.h"

#define GPIO_LINE_EVENTS 1024 /* edges that the kernel keeps until they are read */

/* Takes the line until the descriptor and all its copies are closed. An output begins low (LINE_GPIO of line_out.h); an input
 * reads without blocking as `struct gpio_v2_line_event`, both edges, stamped by CLOCK_MONOTONIC in the interrupt. -1 with the
 * error: ERROR_PERMISSION with ACCESS_REMEDY, ERROR_EXISTS when somebody else has the line. */
int gpio_line_output(const struct gpio_chip *chip, const struct gpio_line_info *line, struct error *error);
int gpio_line_input(const struct gpio_chip *chip, const struct gpio_line_info *line, struct error *error);

/* The level now: 0 or 1; -1 when it cannot be read. */
int gpio_line_level(int fd);

#endif
