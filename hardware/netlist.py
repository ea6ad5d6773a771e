#!/usr/bin/python3
"""The board's netlist, rig.cir, read as a list of parts: for the bill of materials, the pin-out, and tests/hardware_test.py.

usage: netlist.py bom     prints what bom.csv has to be
       netlist.py pins    prints the first columns of the table of pins in README.md
"""
import csv
import io
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NETLIST = os.path.join(HERE, "rig.cir")
MODELS = os.path.join(HERE, "models.inc")
NETS = {"R": 2, "C": 2, "D": 2, "Q": 3}  # what SPICE elements have; a subcircuit (X) has all but its last word


class Element:
    """One line of the netlist. What follows a colon behind the package is for whoever solders."""

    def __init__(self, line):
        wiring, _, order = line.partition(";")
        words, fields = wiring.split(), [field.strip() for field in order.split("|")]
        self.name = words[0]
        n = len(words) - 2 if self.name[0] == "X" else NETS[self.name[0]]
        self.nets, self.value = words[1 : n + 1], " ".join(words[n + 1 :])
        self.reference = re.match(r"X?([A-Z]+\d+)", self.name).group(1)
        self.maker, self.part, self.package = fields[0], fields[1], fields[2].partition(":")[0]
        self.optional = fields[3:] == ["optional"]


def lines(text):
    """Without comments, `+` lines joined."""
    joined = re.sub(r"\n\+ ?", " ", text).split("\n")
    return [line for line in joined if line and line[0] not in "*."]


def elements(text):
    return [Element(line) for line in lines(text)]


def parts(found):
    """{reference: its elements}, in the order of the netlist."""
    by_reference = {}
    for element in found:
        by_reference.setdefault(element.reference, []).append(element)
    return by_reference


def pins(models):
    """{subcircuit: the names of its pins}, from models.inc."""
    joined = re.sub(r"\n\+ ?", " ", models)
    return {words.split()[0]: words.split()[1:] for words in re.findall(r"^\.subckt (.*)$", joined, re.MULTILINE)}


def value(text):
    """A SPICE number: 4.7k, 100n, 10m."""
    number, suffix = re.fullmatch(r"([-+0-9.e]+?)(|meg|[kmunp])", text).groups()
    return float(number) * {"": 1, "meg": 1e6, "k": 1e3, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12}[suffix]


def bom(found):
    """One row a kind of part: how many, where, what to order."""
    rows = {}
    for reference, units in parts(found).items():
        one = units[0]
        rows.setdefault((one.part, one.maker, one.value, one.package, one.optional), []).append(reference)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["count", "references", "value", "manufacturer", "part", "package", "optional"])
    for (part, maker, what, package, optional), references in rows.items():
        writer.writerow([len(references), " ".join(references), what, maker, part, package, "optional" if optional else ""])
    return out.getvalue()


def pin_table(found, subcircuits):
    """[(the net that bears the firmware's name, GPIO, the Pico's pin or 0)]; gp25 goes to the LED on the module, to no pin."""
    pico = next(element for element in found if element.value == "PICO")
    rows = []
    for number, (pin, net) in enumerate(zip(subcircuits["PICO"], pico.nets), 1):
        if net.startswith("pin_"):
            rows.append((net.upper(), int(pin[2:]), number if number <= 40 else 0))
    return sorted(rows, key=lambda row: row[1])


def main(what):
    found = elements(open(NETLIST, encoding="utf-8").read())
    if what == "bom":
        print(bom(found), end="")
    else:
        for name, gpio, pin in pin_table(found, pins(open(MODELS, encoding="utf-8").read())):
            print(f"| `{name}` | GPIO{gpio} | {pin or 'on the module'} |")


if __name__ == "__main__":
    if sys.argv[1:] not in (["bom"], ["pins"]):
        sys.exit(__doc__)
    main(sys.argv[1])
