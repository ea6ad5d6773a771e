#!/usr/bin/python3
"""usage: adapt.py SOURCE FOLDER: writes FOLDER/gpio_sim_adapted.c and irq_sim_adapted.c from the kernel's own gpio-sim and irq_sim.

Out of tree, irq_to_desc is not to be had; and lines get wires (wires.h). Each change must fit exactly once, so that another
kernel's source is refused rather than half changed.
"""
import os
import sys

FOLLOW = "wires_follow(chip, {line}, {level}, gpio_sim_pull_by_wire);"
NOTE = "if (!!({level}) != !!test_bit({line}, chip->value_map))\n\t\twires_note(chip->gc.label, {line}, {level}, '{how}');\n\t"

GPIO_SIM = [
    ('#include "gpiolib.h"\n', '#include "gpiolib.h"\n#include "wires.h"\n'),
    # What is pulled, by sysfs or by a wire.
    ("\tmutex_lock(&chip->lock);\n\n\tif (test_bit(FLAG_REQUESTED, &desc->flags) &&\n",
     "\tmutex_lock(&chip->lock);\n\n\t" + NOTE.format(level="value", line="offset", how="p") +
     "if (test_bit(FLAG_REQUESTED, &desc->flags) &&\n"),
    ("static int gpio_sim_get(struct gpio_chip *gc, unsigned int offset)\n{",
     "static int gpio_sim_pull_by_wire(void *chip, unsigned int line, int level)\n{\n"
     "\treturn line < ((struct gpio_sim_chip *)chip)->gc.ngpio ? gpio_sim_apply_pull(chip, line, level) : -EINVAL;\n}\n\n"
     "static int gpio_sim_get(struct gpio_chip *gc, unsigned int offset)\n{"),
    # What is set.
    ("\tmutex_lock(&chip->lock);\n\t__assign_bit(offset, chip->value_map, value);\n\tmutex_unlock(&chip->lock);\n}\n",
     "\tmutex_lock(&chip->lock);\n\t" + NOTE.format(level="value", line="offset", how="s") +
     "__assign_bit(offset, chip->value_map, value);\n\tmutex_unlock(&chip->lock);\n\t" +
     FOLLOW.format(line="offset", level="value") + "\n}\n"),
    ("\tbitmap_replace(chip->value_map, chip->value_map, bits, mask, gc->ngpio);\n\tmutex_unlock(&chip->lock);\n",
     "\tfor_each_set_bit(i, mask, gc->ngpio)\n\t\t" +
     NOTE.format(level="test_bit(i, bits)", line="i", how="s").replace("\n\t", "\n\t\t").rstrip("\t") +
     "\tbitmap_replace(chip->value_map, chip->value_map, bits, mask, gc->ngpio);\n\tmutex_unlock(&chip->lock);\n"
     "\tfor_each_set_bit(i, mask, gc->ngpio)\n\t\t" + FOLLOW.format(line="i", level="test_bit(i, bits)") + "\n"),
    ("static void gpio_sim_set_multiple(struct gpio_chip *gc,\n\t\t\t\t  unsigned long *mask, unsigned long *bits)\n{\n",
     "static void gpio_sim_set_multiple(struct gpio_chip *gc,\n\t\t\t\t  unsigned long *mask, unsigned long *bits)\n{\n\tunsigned int i;\n"),
    ("\t__clear_bit(offset, chip->direction_map);\n\t__assign_bit(offset, chip->value_map, value);\n\tmutex_unlock(&chip->lock);\n",
     "\t__clear_bit(offset, chip->direction_map);\n\t" + NOTE.format(level="value", line="offset", how="s") +
     "__assign_bit(offset, chip->value_map, value);\n\tmutex_unlock(&chip->lock);\n\t" +
     FOLLOW.format(line="offset", level="value") + "\n"),
    # An output that nobody holds any more falls back to its pull.
    ("\tmutex_lock(&chip->lock);\n\t__assign_bit(offset, chip->value_map, !!test_bit(offset, chip->pull_map));\n\tmutex_unlock(&chip->lock);\n",
     "\tbool driven, level;\n\n\tmutex_lock(&chip->lock);\n\tdriven = !test_bit(offset, chip->direction_map);\n"
     "\tlevel = test_bit(offset, chip->pull_map);\n\t" + NOTE.format(level="level", line="offset", how="s") +
     "__assign_bit(offset, chip->value_map, level);\n\tmutex_unlock(&chip->lock);\n\tif (driven)\n\t\t" +
     FOLLOW.format(line="offset", level="level") + "\n"),
    ("static int __init gpio_sim_init(void)\n{\n\tint ret;\n\n",
     "static int __init gpio_sim_init(void)\n{\n\tint ret;\n\n\tret = wires_begin();\n\tif (ret)\n\t\treturn ret;\n\n"),
    ("\tmutex_destroy(&gpio_sim_config_subsys.su_mutex);\n\tplatform_driver_unregister(&gpio_sim_driver);\n}\n",
     "\tmutex_destroy(&gpio_sim_config_subsys.su_mutex);\n\tplatform_driver_unregister(&gpio_sim_driver);\n\twires_end();\n}\n"),
]
IRQ_SIM = [("handle_simple_irq(irq_to_desc(irqnum));", "handle_simple_irq(irq_data_to_desc(irq_get_irq_data(irqnum)));")]


def adapt(source, target, changes):
    with open(source, encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        if text.count(old) != 1:
            sys.exit(f"{source} is not what adapt.py knows: {text.count(old)} times {old!r}")
        text = text.replace(old, new)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)


def main(source, folder):
    adapt(os.path.join(source, "drivers/gpio/gpio-sim.c"), os.path.join(folder, "gpio_sim_adapted.c"), GPIO_SIM)
    adapt(os.path.join(source, "kernel/irq/irq_sim.c"), os.path.join(folder, "irq_sim_adapted.c"), IRQ_SIM)
    with open(os.path.join(source, "drivers/gpio/gpiolib.h"), encoding="utf-8") as file:
        private = file.read()
    with open(os.path.join(folder, "gpiolib.h"), "w", encoding="utf-8") as file:
        file.write(private)


if __name__ == "__main__":
    main(*sys.argv[1:])
