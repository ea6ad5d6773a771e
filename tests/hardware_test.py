#!/usr/bin/python3
"""The rig's board, hardware/rig.cir: every part orderable and of the value that is written, the firmware's pins, the isolation, what each part
stands, and the delays of schemas/rig_board.h, by ngspice over the tolerances of hardware/tolerances.csv.

A check takes a board and returns what is wrong with it, so that the same checks can be tried on boards with a planted fault.

usage: hardware_test.py               the board as it is
       hardware_test.py --self-test   plants faults in it and sees each found
       hardware_test.py --figures     prints the delays that were found
"""
import concurrent.futures
import itertools
import csv
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HARDWARE = os.path.join(ROOT, "hardware")
sys.path.insert(0, HARDWARE)
import netlist  # noqa: E402

INPUTS, OUTPUTS, ADCS = (1, 2, 3, 4), (1, 2), (0, 1)
# What an input is driven with: low and high level, and the source's resistance. The lowest of their kind: 3.3 V - 5 %, RS-232's least.
LEVELS = {1: (0, 3.135, 100), 2: (0, 4.75, 100), 3: (0, 24, 100), 4: (-5, 5, 300)}
EDGE, GAP = 1e-6, 4e-6  # when an input rises, and how long it stays
OUT_EDGE, OUT_GAP = 10e-6, 200e-6
LEAST_LED = 1.6e-3  # A: from here on the input's optocoupler is specified
WORKERS = 2


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def table(name):
    with open(os.path.join(HARDWARE, name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


class Board:
    """The files that say what the board is, as they are or with a fault planted in one of them."""

    def __init__(self, edits=()):
        self.files = {}
        for path in ("hardware/rig.cir", "hardware/models.inc", "hardware/bom.csv", "hardware/README.md", "schemas/rig_board.h", "firmware/board.h"):
            self.files[path] = read(path) if os.path.exists(os.path.join(ROOT, path)) else None
        for path, old, new in edits:
            assert old in (self.files[path] or ""), f"{path}: no {old!r} to break"
            self.files[path] = self.files[path].replace(old, new)
        self.elements = netlist.elements(self.files["hardware/rig.cir"])
        self.parts = netlist.parts(self.elements)
        self.subcircuits = netlist.pins(self.files["hardware/models.inc"])

    def pinned(self, element):
        """{pin of a subcircuit's: net}"""
        return dict(zip(self.subcircuits[element.value], element.nets))

    def macro(self, name):
        return int(re.search(rf"^#define {name}\s+(\d+)\b", self.files["schemas/rig_board.h"], re.MULTILINE).group(1))


# ---- paper


def check_bom(board):
    wrong = []
    if netlist.bom(board.elements) != board.files["hardware/bom.csv"]:
        wrong.append("bom.csv is not what `hardware/netlist.py bom` prints")
    names = [element.name for element in board.elements]
    wrong += [f"{name}: twice" for name in sorted(set(names)) if names.count(name) > 1]
    for reference, units in board.parts.items():
        if len({(u.part, u.maker, u.value, u.package) for u in units}) > 1:
            wrong.append(f"{reference}: one part, described in two ways")
        if not all((units[0].maker, units[0].part, units[0].package)):
            wrong.append(f"{reference}: nobody can order that")
    listed = [r for row in csv.DictReader(board.files["hardware/bom.csv"].splitlines()) for r in row["references"].split()]
    wrong += [f"{r}: on the board {r in board.parts}, {listed.count(r)} times in bom.csv" for r in set(listed) | set(board.parts)
              if listed.count(r) != (r in board.parts)]
    return wrong


def ordered_value(part):
    """The value that is coded in a maker's part number, or None."""
    three = lambda digits: int(digits[:-1]) * 10 ** int(digits[-1])  # noqa: E731
    for pattern, decode in (
        (r"RC\d{4}[A-Z]{2}-07(\d+)([RK])(\d*)L", lambda m: float(f"{m[1]}.{m[3] or 0}") * {"R": 1, "K": 1e3}[m[2]]),
        (r"RG2012P-(\d{3})-B-T5", lambda m: three(m[1])),
        (r"MMB02070C(\d{4})FB200", lambda m: three(m[1])),
        (r"WSL2512R(\d{4})FEA", lambda m: int(m[1]) * 1e-4),
        (r"C0805C(\d{3})[JK]5\w+", lambda m: three(m[1]) * 1e-12),
        (r"GRM\w+?E(\d{3})K\w+", lambda m: three(m[1]) * 1e-12),
    ):
        match = re.fullmatch(pattern, part)
        if match:
            return decode(match)
    return None


def check_values(board):
    wrong, ordered = [], {}
    for element in board.elements:
        if element.name[0] in "RC":
            coded = ordered_value(element.part)
            if coded is None or abs(coded / netlist.value(element.value) - 1) > 1e-9:
                wrong.append(f"{element.reference}: {element.value} in the netlist, {coded} ordered ({element.part})")
            continue
        ordered.setdefault(element.value, set()).add(element.part)
        plain = re.sub(r"\W", "", element.part)
        if element.value in ("PICO", "SOCKET20", "TERMINAL2", "TERMINAL3", "JUMPER", "POLYFUSE"):
            continue  # named by what they do
        if not plain.startswith(element.value.replace("_", "")):
            wrong.append(f"{element.reference}: a {element.value} in the netlist, {element.part} ordered")
    return wrong + [f"{model}: ordered as {' and '.join(sorted(p))}" for model, p in ordered.items() if len(p) > 1]


def check_connections(board):
    wrong, ends = [], {}
    for element in board.elements:
        if element.name[0] == "X" and len(element.nets) != len(board.subcircuits[element.value]):
            wrong.append(f"{element.reference}: {len(element.nets)} nets for {len(board.subcircuits[element.value])} pins")
        for net in element.nets:
            ends.setdefault(net, []).append(element.reference)
    alone = {"pin_led": "the LED is on the module", "ina_alert": "not used"}
    for net, references in ends.items():
        if (len(references) == 1) != (net.startswith("nc") or net in alone):
            wrong.append(f"net {net}: {len(references)} end(s), at {', '.join(references)}")
    for element in board.elements:  # each circuit has its own capacitor and both supplies
        supplies = {pin: net for pin, net in board.pinned(element).items() if pin in ("vdd", "vs")} if element.name[0] == "X" else {}
        wrong += [f"{element.reference}: {pin} is at {net}" for pin, net in supplies.items() if net != "v33"]
    supplied = {e.reference for e in board.elements if e.name[0] == "X" and {"vdd", "vs"} & set(board.subcircuits[e.value])}
    bypasses = [e for e in board.elements if e.name[0] == "C" and set(e.nets) == {"v33", "gnd"} and e.value == "100n"]
    if len(bypasses) < len(supplied):
        wrong.append(f"{len(bypasses)} bypass capacitors for {len(supplied)} circuits")
    return wrong


BARRIER = {"ACPL_M21L": ("anode", "cathode"), "CNY17_3": ("anode", "cathode")}  # one side of it; the other pins are the other


def islands(board):
    """Groups of nets that parts join; a terminal or a socket joins nothing, and an optocoupler has two sides."""
    group = {}
    find = lambda net: net if group.setdefault(net, net) == net else find(group[net])  # noqa: E731
    for element in board.elements:
        if element.value.startswith(("TERMINAL", "SOCKET")):
            continue
        one = BARRIER.get(element.value, ())
        for side in (True, False):
            nets = element.nets if element.name[0] != "X" else [n for p, n in board.pinned(element).items() if (p in one) == side]
            for net in nets:
                group[find(net)] = find(nets[0])
    return find


def check_isolation(board):
    find, wrong = islands(board), []
    sides = ["gnd"] + [f"in{n}_{e}" for n in INPUTS for e in "pn"] + [f"out{n}_{e}" for n in OUTPUTS for e in "pn"]
    for one, other in itertools.combinations(sides, 2):
        together = one[:-1] == other[:-1]
        if (find(one) == find(other)) != together:
            wrong.append(f"{one} and {other} are {'not ' if together else ''}joined")
    return wrong


def check_pins(board):
    wired = netlist.pin_table(board.elements, board.subcircuits)
    if board.files["firmware/board.h"] is None:
        return ["firmware/board.h is not there: the board and the firmware cannot be held to each other"]
    defined = {name: int(gpio) for name, gpio in re.findall(r"^#define\s+(PIN_\w+)\s+(\d+)u?\b", board.files["firmware/board.h"], re.MULTILINE)}
    soldered = {name: gpio for name, gpio, _ in wired}
    wrong = [f"{name}: GPIO{soldered.get(name)} on the board, GPIO{defined.get(name)} in firmware/board.h"
             for name in sorted(set(soldered) | set(defined)) if soldered.get(name) != defined.get(name)]
    ina = board.pinned(next(e for e in board.elements if e.value == "INA228"))
    address = re.search(r"^#define\s+RIG_INA228_ADDRESS\s+0x([0-9a-fA-F]+)", board.files["firmware/board.h"], re.MULTILINE)
    if (ina["a1"], ina["a0"]) != ("gnd", "gnd") or not address or int(address.group(1), 16) != 0x40:
        wrong.append("the INA228 answers at 0x40 with A0 and A1 at ground, and only there the firmware asks")
    for name, gpio, pin in wired:
        if f"| `{name}` | GPIO{gpio} | {pin or 'on the module'} |" not in board.files["hardware/README.md"]:
            wrong.append(f"hardware/README.md does not have {name} at GPIO{gpio}, pin {pin}")
    return wrong


def check_readme(board):
    """The figures that README.md repeats are those of rig_board.h."""
    said = []
    for which, unit, per in (("INPUT", "ns", 1), ("OUTPUT", "us", 1000)):
        rise, fall, half = (board.macro(f"RIG_{which}_DELAY_{name}_NS") / per for name in ("RISE", "FALL", "U"))
        said.append(f"| rise {rise:g} {unit}, fall {fall:g} {unit} | ±{half:g} {unit} |")
    rise, fall, half = (board.macro(f"RIG_LOOP_DELAY_{name}_NS") / 1000 for name in ("RISE", "FALL", "U"))
    said.append(f"{rise:g} us on the rise and {fall:g} us on the fall, ±{half:g} us (`RIG_LOOP_*`)")
    return [f"hardware/README.md does not say {text!r}" for text in said if text not in board.files["hardware/README.md"]]


# ---- ngspice


def tolerances():
    return {row["name"]: {k: row[k] for k in ("low", "typical", "high")} for row in table("tolerances.csv")}


SPREAD = tolerances()
MODEL_PARAMETERS = ("opto_tplh", "opto_tphl", "opto_threshold", "opto_dvf", "npn_is", "npn_bf", "ctr_scale", "photo_charge")


def corner(**which):
    """{name: value} with everything typical but `which`."""
    return {name: spread[which.get(name, "typical")] for name, spread in SPREAD.items()}


def corners(*groups):
    """Typical, and all combinations of groups of names that move together; a name after `-` moves against its group."""
    found = [corner()]
    for ends in itertools.product((False, True), repeat=len(groups)):
        which = {}
        for group, high in zip(groups, ends):
            for name in group.split():
                which[name.lstrip("-")] = "high" if high != name.startswith("-") else "low"
        found.append(corner(**which))
    return found


def spice(board, at, bench, control, vectors=()):
    """What `control` prints, as {name: number}. Field sides hang on 1 Mohm; `bench` adds what drives the board."""
    factor = float(at["tolerance"])
    body = "\n".join(f"{e.name} {' '.join(e.nets)} {netlist.value(e.value) * factor:.9g}" if e.name[0] == "R" else
                     f"{e.name} {' '.join(e.nets)} {e.value}" for e in board.elements)
    floating = "\n".join(f"RF{i} {net} 0 1meg" for i, net in enumerate([f"in{n}_n" for n in INPUTS] + [f"out{n}_n" for n in OUTPUTS] + ["dc_p"]))
    deck = "\n".join(["the rig on a bench", board.files["hardware/models.inc"]] + [f".param {n}={at[n]}" for n in MODEL_PARAMETERS] +
                     [f".options temp={at['temp']} tnom=25", body, "VS33 v33 0 3.3", "VS5 vbus 0 5", floating, bench,
                      ".control", f"save {' '.join(vectors)}" if vectors else "", control, "quit", ".endc", ".end", ""])
    return ngspice(deck)


def ngspice(deck):
    try:
        done = subprocess.run(["ngspice", "-n", "-b", "/dev/stdin"], input=deck, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        sys.exit("hardware_test.py: no ngspice here; ./scripts/test installs it, or: apt-get install ngspice")
    return numbers(done.stdout)


def numbers(printed):
    return {name.lower(): float(number) for name, number in re.findall(r"^(\S+)\s+=\s+([-+0-9.e]+)", printed, re.MULTILINE)}


def together(work):
    """What functions without arguments return, two at a time."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda f: f(), work))


def complain(found, name, least, most, what):
    """An empty list if least <= found[name] <= most. A measurement that ngspice could not make is outside of everything."""
    number = found.get(name)
    return [] if number is not None and least <= number <= most else [f"{what}: {number} is not within {least:.4g} to {most:.4g}"]


def check_models(board):
    """The optocouplers in their data sheets' own circuits."""
    models = board.files["hardware/models.inc"]
    coupler = ngspice("\n".join(["CNY17-3 saturated", models, "V1 v 0 5", "R1 v c 1k", "I1 0 a pulse(0 10m 10u 10n 10n 300u 2m)",
                                 "X1 a 0 n1 0 c b CNY17_3", "V2 w 0 5", "I2 0 a2 10m", "X2 a2 0 n2 0 w b2 CNY17_3",
                                 "I3 0 a3 60m", "X3 a3 0 n3 0 w b3 CNY17_3", ".control", "save v(c) i(v2) v(a3)", "tran 50n 600u",
                                 "meas tran c90 when v(c)=4.5 fall=1", "meas tran c10 when v(c)=0.5 fall=1", "meas tran o10 when v(c)=0.5 rise=1",
                                 "meas tran o90 when v(c)=4.5 rise=1", "meas tran sat find v(c) at=300u", "meas tran vf find v(a3) at=1u",
                                 "quit", ".endc", ".end", ""]))
    dc = ngspice("\n".join(["CNY17-3 CTR", models, "V2 w 0 5", "I2 0 a2 10m", "X2 a2 0 n2 0 w b2 CNY17_3", ".control", "op", "print i(v2)",
                            "quit", ".endc", ".end", ""]))
    wrong = complain(dc, "i(v2)", -20e-3, -10e-3, "CNY17-3: current at 10 mA of light")
    wrong += complain(coupler, "vf", 1.0, 1.65, "CNY17-3: VF at 60 mA")
    wrong += complain(coupler, "sat", 0.05, 0.4, "CNY17-3: VCEsat")
    for name, start, published in (("c10", 10e-6, 4.2e-6), ("o90", 310e-6, 23e-6)):
        wrong += complain(coupler, name, start + published * 0.7, start + published * 1.3, f"CNY17-3: {'ton' if start < 1e-4 else 'toff'} at 1 kohm")
    for limit in ("low", "high"):
        t = {n: netlist.value(SPREAD[n][limit]) for n in ("opto_tplh", "opto_tphl")}
        gate = ngspice("\n".join(["ACPL-M21L", models] + [f".param {n}={SPREAD[n][limit]}" for n in t] +
                                 ["V1 v 0 3.3", "I1 0 a pulse(0 1.8m 1u 2n 2n 2u 9u)", "X1 a 0 0 o v ACPL_M21L", ".control", "save v(o)", "tran 2n 5u",
                                  "meas tran r when v(o)=1.65 rise=1", "meas tran f when v(o)=1.65 fall=1", "quit", ".endc", ".end", ""]))
        for name, start, delay in (("r", 1.001e-6, t["opto_tplh"]), ("f", 3.003e-6, t["opto_tphl"])):
            wrong += complain(gate, name, start + delay - 2e-9, start + delay + 40e-9, f"ACPL-M21L: delay, {limit}")
    return wrong


INPUT_CORNERS = ("temp", "opto_tplh opto_tphl", "opto_threshold", "opto_dvf", "npn_is -npn_bf tolerance")


def input_run(board, at):
    bench, control, vectors = [], [], []
    for n, (low, high, ohms) in LEVELS.items():
        bench.append(f"VI{n} s{n} in{n}_n pulse({low} {high} {EDGE - 5e-9} 10n 10n {GAP - 10e-9} 1)\nRI{n} s{n} in{n}_p {ohms}")
        vectors += [f"v(pin_in{n})", f"i(v.xu{n}1.vsense)"]
        control += [f"meas tran r{n} when v(pin_in{n})=1.4 rise=1", f"meas tran f{n} when v(pin_in{n})=1.4 fall=1",
                    f"meas tran led{n} find i(v.xu{n}1.vsense) at={EDGE + GAP / 2}", f"meas tran peak{n} max i(v.xu{n}1.vsense)"]
    return spice(board, at, "\n".join(bench), "\n".join([f"tran 5n {EDGE + 2 * GAP}"] + control), vectors)


def input_runs(board):
    return together([lambda at=at: input_run(board, at) for at in corners(*INPUT_CORNERS)])


def delays(runs, names, edge):
    """From `edge` to what the runs call `names`; a run without one counts as infinitely late."""
    return [run.get(name, float("inf")) - edge for run in runs for name in names]


def check_edges(board, which, found):
    """`found`: {"RISE": delays, "FALL": delays}, against RIG_INPUT_*, RIG_OUTPUT_* or RIG_LOOP_*."""
    half, wrong, needed = board.macro(f"RIG_{which}_DELAY_U_NS") * 1e-9, [], 0
    for edge, seconds in found.items():
        middle = board.macro(f"RIG_{which}_DELAY_{edge}_NS") * 1e-9
        if max(seconds) == float("inf"):
            wrong.append(f"{which} {edge}: an edge does not arrive")
            continue
        most = max(abs(delay - middle) for delay in seconds)
        needed = max(needed, most)
        if most > half:
            found_in = f"{min(seconds) * 1e9:.0f} to {max(seconds) * 1e9:.0f} ns"
            wrong.append(f"{which} {edge}: {found_in} is not within {middle * 1e9:.0f} +- {half * 1e9:.0f} ns")
    if not wrong and needed < half / 1.2:
        wrong.append(f"{which}: +- {half * 1e9:.0f} ns is said where +- {needed * 1e9:.0f} ns would do")
    return wrong


def input_delays(runs):
    return {"RISE": delays(runs, [f"r{n}" for n in INPUTS], EDGE), "FALL": delays(runs, [f"f{n}" for n in INPUTS], EDGE + GAP)}


def check_inputs(board):
    runs = input_runs(board)
    wrong = check_edges(board, "INPUT", input_delays(runs))
    for run in runs:
        for n in INPUTS:
            wrong += complain(run, f"led{n}", LEAST_LED, 6e-3, f"IN{n}: LED current at {LEVELS[n][1]} V")
            wrong += complain(run, f"peak{n}", 0, 20e-3, f"IN{n}: peak LED current at {LEVELS[n][1]} V")
    return wrong


def check_thresholds(board):
    """Off at 1 V and below, on at 3 V and above, at the terminals."""
    bench = "\n".join(f"VI{n} in{n}_p in{n}_n {volts}" for n, volts in ((1, 1.0), (2, 3.0), (3, -15), (4, 0)))
    control = "op\n" + "\n".join(f"print v(pin_in{n})" for n in INPUTS)
    wrong = []
    for run in together([lambda at=at: spice(board, at, bench, control) for at in corners(*INPUT_CORNERS)]):
        for n, on in ((1, False), (2, True), (3, False), (4, False)):
            wrong += complain(run, f"v(pin_in{n})", 2.9 if on else -0.1, 3.4 if on else 0.4, f"pin of an input {'on' if on else 'off'}")
    return wrong


OUTPUT_CORNERS = ("temp", "-ctr_scale pad_ohms", "photo_charge")


def output_run(board, at):
    bench, control, vectors = [], [], []
    for n, pull in zip(OUTPUTS, (SPREAD["pullup"]["low"], SPREAD["pullup"]["high"])):
        bench.append(f"VM{n} m{n} out{n}_n 5\nRM{n} m{n} out{n}_p {pull}\nEL{n} seen{n} 0 out{n}_p out{n}_n 1\n"
                     f"VG{n} g{n} 0 pulse(0 3.3 {OUT_EDGE - 5e-9} 10n 10n {OUT_GAP - 10e-9} 1)\nRG{n} g{n} pin_out{n} {at['pad_ohms']}")
        vectors += [f"v(seen{n})", f"i(v.xu{n + 4}1.vsense)", "v(pin_sense)"]
        for level in ("low", "high"):
            volts = SPREAD["logic"][level]
            control += [f"meas tran r{n}{level} when v(seen{n})={volts} fall=1", f"meas tran f{n}{level} when v(seen{n})={volts} rise=1"]
        control += [f"meas tran closed{n} find v(seen{n}) at={OUT_EDGE + OUT_GAP * 0.9}",
                    f"meas tran led{n} find i(v.xu{n + 4}1.vsense) at={OUT_EDGE + OUT_GAP / 2}",
                    f"meas tran open{n} find v(seen{n}) at={OUT_EDGE + OUT_GAP * 2 - 1e-6}"]
    control.append("meas tran sense when v(pin_sense)=1.4 rise=1")
    return spice(board, at, "\n".join(bench), "\n".join([f"tran 100n {OUT_EDGE + 2 * OUT_GAP}"] + control), vectors)


def output_runs(board):
    return together([lambda at=at: output_run(board, at) for at in corners(*OUTPUT_CORNERS)])


def output_delays(runs):
    names = [f"{n}{level}" for n in OUTPUTS for level in ("low", "high")]
    return {"RISE": delays(runs, ["r" + name for name in names], OUT_EDGE), "FALL": delays(runs, ["f" + name for name in names], OUT_EDGE + OUT_GAP)}


def check_outputs(board):
    runs = output_runs(board)
    wrong = check_edges(board, "OUTPUT", output_delays(runs))
    for run in runs:
        wrong += complain(run, "sense", OUT_EDGE, OUT_EDGE + 500e-9, "the pin that reads OUT1 back")
        for n in OUTPUTS:
            wrong += complain(run, f"closed{n}", 0, 0.8, f"OUT{n} closed")
            wrong += complain(run, f"open{n}", 4.5, 5.1, f"OUT{n} open")
            wrong += complain(run, f"led{n}", 3e-3, 12e-3, f"OUT{n}: LED current")
    return wrong


LOOP_CORNERS = ("temp", "-ctr_scale pad_ohms opto_threshold", "photo_charge", "npn_is -npn_bf tolerance")


def loop_run(board, at):
    """OUT1 wired to IN1 through AUX, as the self-test wants it."""
    bench = "\n".join(["VW1 aux_p in1_p 0", "VW2 in1_n out1_p 0", "VW3 out1_n gnd 0", f"RG g pin_out1 {at['pad_ohms']}",
                       f"VG g 0 pulse(0 3.3 {OUT_EDGE - 5e-9} 10n 10n {OUT_GAP - 10e-9} 1)"])
    control = "\n".join([f"tran 100n {OUT_EDGE + 1.5 * OUT_GAP}", "meas tran r when v(pin_in1)=1.4 rise=1", "meas tran f when v(pin_in1)=1.4 fall=1",
                         f"meas tran led find i(v.xu11.vsense) at={OUT_EDGE + OUT_GAP / 2}"])
    return spice(board, at, bench, control, ["v(pin_in1)", "i(v.xu11.vsense)"])


def loop_runs(board):
    return together([lambda at=at: loop_run(board, at) for at in corners(*LOOP_CORNERS)])


def loop_delays(runs):
    return {"RISE": delays(runs, ["r"], OUT_EDGE), "FALL": delays(runs, ["f"], OUT_EDGE + OUT_GAP)}


def check_loop(board):
    runs = loop_runs(board)
    wrong = check_edges(board, "LOOP", loop_delays(runs))
    for run in runs:
        wrong += complain(run, "led", LEAST_LED, 6e-3, "IN1: LED current through OUT1")
    return wrong


def check_s0(board):
    """An S0 output of class B (IEC 62053-31) on AUX: 0.15 mA leak while open, 800 ohm closed, 1 nF of cable: counted, and nothing else."""
    bench = "\n".join(["VW1 aux_p in1_p 0", "RS in1_n s 800", "SS s gnd k 0 S0", "VK k 0 pulse(0 1 1m 1u 1u 30m 60m)", "IL in1_n gnd 0.15m",
                       "CC in1_n gnd 1n", ".model S0 SW(VT=0.5 RON=1 ROFF=1e9)"])
    control = "\n".join(["tran 20u 40m", "meas tran r when v(pin_in1)=1.4 rise=1", "meas tran f when v(pin_in1)=1.4 fall=1",
                         "meas tran before find v(pin_in1) at=0.9m", "meas tran led find i(v.xu11.vsense) at=20m"])
    wrong = []
    for run in together([lambda at=at: spice(board, at, bench, control, ["v(pin_in1)", "i(v.xu11.vsense)"])
                         for at in corners("temp", "opto_threshold opto_dvf", "npn_is -npn_bf tolerance")]):
        wrong += complain(run, "before", -0.1, 0.4, "S0 open: the pin")
        wrong += complain(run, "led", LEAST_LED, 6e-3, "S0 closed: LED current")
        wrong += complain(run, "r", 1e-3, 1.02e-3, "S0: rise") + complain(run, "f", 31e-3, 31.05e-3, "S0: fall")
    return wrong


def check_bench(board):
    """The deck for people runs and shows what the budget says; it sees the files, so planted faults are not in it."""
    done = subprocess.run(["ngspice", "-n", "-b", "bench.cir"], cwd=HARDWARE, capture_output=True, text=True, timeout=60)
    found, wrong = numbers(done.stdout), []
    for n in INPUTS:
        for edge, start in (("rise", EDGE), ("fall", EDGE + GAP)):
            middle, half = (board.macro(f"RIG_INPUT_DELAY_{name}_NS") * 1e-9 for name in (edge.upper(), "U"))
            wrong += complain(found, f"{edge}{n}", start + middle - half, start + middle + half, f"bench.cir: IN{n}, {edge}")
    return wrong


# ---- what the parts stand


def limits():
    found = {}
    for row in table("ratings.csv"):
        found.setdefault(row["part"], {})[row["quantity"]] = float(row["limit"])
    return found


LIMITS = limits()


def probes(element):
    """[(limit's part, quantity, ngspice expression that must stay below it)]"""
    name, kind = element.name.lower(), element.value
    light, out = f"@d.{name}.dled", f"@q.{name}.q1"
    if name[0] == "r":
        pads = [("PICO", "source", f"abs(@{name}[i])")] * any(net.startswith("pin_") for net in element.nets)
        return [(element.package, "power", f"@{name}[p]")] + pads
    if name[0] == "d":
        return [(kind, "forward", f"@{name}[id]"), (kind, "reverse", f"-@{name}[vd]"), (kind, "power", f"@{name}[p]")]
    if name[0] == "q":
        vce = f"@{name}[vbe]-@{name}[vbc]"
        return [(kind, "collector", f"@{name}[ic]"), (kind, "vce", vce), (kind, "veb", f"-@{name}[vbe]"), (kind, "power", f"@{name}[p]")]
    if kind in BARRIER:
        led = [(kind, "forward", f"{light}[id]"), (kind, "reverse", f"-{light}[vd]")]
        if kind == "ACPL_M21L":
            return led + [(kind, "output", f"abs(@r.{name}.rout[i])")]
        vce = f"{out}[vbe]-{out}[vbc]"
        return led + [(kind, "collector", f"{out}[ic]"), (kind, "vce", vce), (kind, "vec", f"-({vce})"), (kind, "power", f"{out}[p]")]
    if kind == "MCP6002":
        pin = element.nets[0]
        return [(kind, "input", f"@d.{name}.dh[id]+@d.{name}.dl[id]"), (kind, "beyond", f"v({pin})-3.3"), (kind, "beyond", f"-v({pin})")]
    if kind == "PICO":
        return [(kind, "beyond", e) for net in element.nets if net.startswith("pin_") and net != "pin_led" for e in (f"v({net})-3.3", f"-v({net})")]
    return []


# Name: what the terminals of all inputs, all outputs, all ADC inputs and AUX meet, whether outputs are on, whether the dividers' jumpers are closed,
# and whether firmware gone wrong drives the pins of the inputs and the one that reads OUT1 back, all low.
ABUSE = {
    "24 V + 20 % everywhere": (28.8, 25, 28.8, 28.8, False, False, False),
    "24 V + 20 %, outputs on, dividers on": (28.8, 25, 28.8, 28.8, True, True, False),
    "24 V + 20 % the wrong way round": (-28.8, -25, -28.8, None, False, False, False),
    "the wrong way round, outputs on": (-28.8, -25, -28.8, None, True, True, False),
    "RS-232 at its most": (15, 5, 3.3, None, True, False, False),
    "RS-232 at its least": (-15, 0, 0, None, False, False, False),
    "inputs on, their pins driven low": (5, 5, 0, None, True, False, True),
}

def abused(board, volts, expressions):
    """{p0, p1...: what each expression came to}, hot, with the parts that draw most."""
    i, o, a, aux, on, divide, fight = volts
    bench = [f"VI{n} in{n}_p in{n}_n {i}" for n in INPUTS] + [f"VO{n} out{n}_p out{n}_n {o}" for n in OUTPUTS] + [f"VA{n} adc{n}_p 0 {a}" for n in ADCS]
    bench += [f"VG{n} g{n} 0 {3.3 if on else 0}\nRG{n} g{n} pin_out{n} {SPREAD['pad_ohms']['low']}" for n in OUTPUTS]
    bench += [f"VX aux_p 0 {aux}"] * (aux is not None) + [f".param jumper_ohms={0.01 if divide else 1e12}"]
    bench += [f"VF{net} pin_{net} 0 0" for net in ["sense"] + [f"in{n}" for n in INPUTS]] if fight else []
    control = "op\n" + "\n".join(f"let p{i} = {expression}\nprint p{i}" for i, expression in enumerate(expressions))
    hot = corner(temp="high", npn_is="low", npn_bf="high", ctr_scale="high", tolerance="low")
    return spice(board, hot, "\n".join(bench), control)


def check_ratings(board):
    wanted = [(e.reference, *probe) for e in board.elements for probe in probes(e) if probe[1] in LIMITS.get(probe[0], ())]
    expressions, wrong = [expression for *_, expression in wanted], []
    for what, found in zip(ABUSE, together([lambda v=v: abused(board, v, expressions) for v in ABUSE.values()])):
        for i, (reference, part, quantity, _) in enumerate(wanted):
            wrong += complain(found, f"p{i}", -1e9, LIMITS[part][quantity], f"{what}: {reference}, {quantity}")
    return wrong


def check_surge(board):
    """100 V of either sign through 10 ohm for 100 us: suppressors and clamps keep what stands behind them within its limits."""
    wrong = []
    for volts in (100, -100):
        bench = "\n".join(f"VI{n} s{n} in{n}_n pulse(0 {volts} 10u 1u 1u 100u 1)\nRI{n} s{n} in{n}_p 10" for n in INPUTS)
        bench += "".join(f"\nVA{n} t{n} 0 pulse(0 {volts} 10u 1u 1u 100u 1)\nRA{n} t{n} adc{n}_p 10" for n in ADCS)
        control = ["tran 100n 150u"]
        for n in INPUTS:
            control += [f"let vce{n} = v(in{n}_k)-v(in{n}_e)", f"meas tran most{n} max vce{n}", f"let back{n} = v(in{n}_a)-v(in{n}_s)",
                        f"meas tran back{n} max back{n}", f"meas tran led{n} max i(v.xu{n}1.vsense)"]
        for n, unit in zip(ADCS, "ab"):
            control += [f"meas tran high{n} max v(adc{n}_d)", f"meas tran low{n} min v(adc{n}_d)", f"meas tran in{n} max @d.xu71{unit}.dh[id]",
                        f"meas tran out{n} max @d.xu71{unit}.dl[id]"]
        saved = ["all"] + [f"@d.xu71{unit}.d{side}[id]" for unit in "ab" for side in "hl"]
        run = spice(board, corner(), bench, "\n".join(control), saved)
        for n in ADCS:
            wrong += complain(run, f"high{n}", -5, 3.3 + LIMITS["MCP6002"]["beyond"], f"{volts} V: U71, input {n}")
            wrong += complain(run, f"low{n}", -LIMITS["MCP6002"]["beyond"], 5, f"{volts} V: U71, input {n}")
            for way in ("in", "out"):
                wrong += complain(run, f"{way}{n}", -1, LIMITS["MCP6002"]["input"], f"{volts} V: U71, current {way} of input {n}")
        for n in INPUTS:
            wrong += complain(run, f"most{n}", -1, LIMITS["BC846B"]["vce"], f"{volts} V: Q{n}1, vce")
            wrong += complain(run, f"back{n}", -1, LIMITS["BAT46WJ"]["reverse"], f"{volts} V: D{n}2, reverse")
            wrong += complain(run, f"led{n}", -1, 20e-3, f"{volts} V: U{n}1, forward")
    return wrong


# ---- the ADC's front end


def check_adc(board):
    wrong = []
    for divide, ratio in ((False, 1.0), (True, 1 / 3)):
        bench = f"VA0 adc0_p 0 DC 2 AC 1\nVA1 adc1_p 0 DC 1 AC 1\n.param jumper_ohms={0.01 if divide else 1e12}"
        control = ["op", "print v(pin_adc0) v(pin_adc1)", "ac dec 200 10 1meg"]
        for n in ADCS:
            control += [f"let db{n} = vdb(pin_adc{n})-vdb(pin_adc{n})[0]", f"meas ac corner{n} when db{n}=-3 fall=1",
                        f"meas ac far{n} find db{n} at=150k"]
        run = spice(board, corner(), bench, "\n".join(control))
        for n, volts in ((0, 2), (1, 1)):
            wrong += complain(run, f"v(pin_adc{n})", volts * ratio * 0.996, volts * ratio * 1.001, f"ADC{n}: {volts} V, divided {divide}")
            wrong += complain(run, f"corner{n}", 12e3, 18e3, f"ADC{n}: -3 dB, Hz")
            wrong += complain(run, f"far{n}", -60, -18, f"ADC{n}: dB at 150 kHz")
    return wrong


CHECKS = [check_bom, check_values, check_connections, check_isolation, check_pins, check_readme, check_models, check_inputs, check_thresholds,
          check_outputs, check_loop, check_s0, check_bench, check_ratings, check_surge, check_adc]


class Hardware(unittest.TestCase):
    pass


for _check in CHECKS:
    setattr(Hardware, _check.__name__.replace("check", "test"), lambda self, check=_check: self.assertEqual(check(Board()), []))


RIG, MODELS = "hardware/rig.cir", "hardware/models.inc"


def part(name, value, wrong):
    """An edit: the value of this element is another one."""
    line = next(line for line in read(RIG).split("\n") if line.startswith(name + " "))
    return RIG, line, line.replace(f" {value} ;", f" {wrong} ;", 1)


def without(name):
    line = next(line for line in read(RIG).split("\n") if line.startswith(name + " "))
    return RIG, line, "* " + line


# What is planted, by what check it has to be found.
FAULTS = [
    (check_bom, [("hardware/bom.csv", "R91,10m", "R91,100m")]),
    (check_bom, [part("R13", "220", "2.2k")]),
    (check_bom, [(RIG, "\nR12 ", "\nR11 ")]),
    (check_values, [part("R13", "220", "2.2k")]),
    (check_values, [(RIG, "R91 dc_p dc_load 10m", "R91 dc_p dc_load 1m")]),
    (check_values, [(RIG, "BAT46WJ ; Nexperia | BAT46WJ,115", "BAT46WJ ; Nexperia | BAT54,215")]),
    (check_connections, [(RIG, "R14 in1_o", "R14 in1_0")]),
    (check_connections, [(RIG, "XU21 in2_a in2_k gnd in2_o v33", "XU21 in2_a in2_k gnd in2_o vbus")]),
    (check_connections, [without("C31")]),
    (check_isolation, [(RIG, "R13 in1_e in1_n", "R13 in1_e gnd")]),
    (check_isolation, [(RIG, "XJ41 in4_p in4_n", "XJ41 in4_p in3_n"), (RIG, "R43 in4_e in4_n", "R43 in4_e in3_n")]),
    (check_pins, [(RIG, "pin_in1 pin_in2 pin_in3", "pin_in2 pin_in1 pin_in3")]),
    (check_pins, [("firmware/board.h", "#define PIN_OUT2 ", "#define PIN_OUT2 1")]),
    (check_pins, [("hardware/README.md", "| `PIN_ADC1` | GPIO", "| `PIN_ADC1` | GPIO1")]),
    (check_pins, [(RIG, "XU91 gnd gnd ina_alert", "XU91 gnd v33 ina_alert")]),
    (check_readme, [("schemas/rig_board.h", "LOOP_DELAY_RISE_NS 19000", "LOOP_DELAY_RISE_NS 20000")]),
    (check_models, [(MODELS, "TR={1.6u", "TR={16u")]),
    (check_models, [(MODELS, "ctr_scale * 2.45m", "ctr_scale * 1.2m")]),
    (check_models, [(MODELS, "1p * 0.6931", "1p * 0.4")]),
    (check_inputs, [("schemas/rig_board.h", "INPUT_DELAY_U_NS    180", "INPUT_DELAY_U_NS    90")]),
    (check_inputs, [("schemas/rig_board.h", "INPUT_DELAY_U_NS    180", "INPUT_DELAY_U_NS    360")]),
    (check_inputs, [part("R12", "10k", "100k")]),
    (check_inputs, [part("R33", "220", "22")]),
    (check_inputs, [part("R11", "47", "470")]),
    (check_inputs, [part("R44", "330", "330k")]),
    (check_thresholds, [part("R23", "220", "2.2k")]),
    (check_thresholds, [(RIG, "D12 in1_s in1_a BAT46WJ", "R99 in1_s in1_a 1"), (MODELS, "VLED anode a1 {opto_dvf}", "VLED anode a1 -0.9")]),
    (check_outputs, [part("R51", "270", "2.7k")]),
    (check_outputs, [part("R52", "680", "6.8k")]),
    (check_outputs, [part("R53", "220k", "220meg")]),
    (check_outputs, [part("R63", "220k", "22k")]),
    (check_outputs, [part("R54", "1k", "1meg")]),
    (check_loop, [part("R52", "680", "6.8k")]),
    (check_loop, [("schemas/rig_board.h", "LOOP_DELAY_U_NS    18500", "LOOP_DELAY_U_NS    40000")]),
    (check_s0, [part("R13", "220", "2.2k")]),
    (check_s0, [(MODELS, "opto_threshold + 0.2m", "0.1 * opto_threshold + 0.2m")]),
    (check_surge, [without("D71A")]),
    (check_surge, [without("D81B")]),
    (check_bench, [("schemas/rig_board.h", "INPUT_DELAY_RISE_NS 200", "INPUT_DELAY_RISE_NS 900")]),
    (check_ratings, [part("R81", "20k", "2k")]),
    (check_ratings, [(RIG, "D12 in1_s in1_a BAT46WJ", "R99 in1_s in1_a 1")]),
    (check_ratings, [(RIG, "D1 aux_f aux_p", "D1 aux_p aux_f")]),
    (check_ratings, [without("D51")]),
    (check_ratings, [part("R24", "330", "33")]),
    (check_ratings, [part("R54", "1k", "100")]),
    (check_ratings, [part("R61", "270", "27")]),
    (check_ratings, [part("R62", "680", "68")]),
    (check_ratings, [part("R32", "10k", "1k")]),
    (check_surge, [without("XD11")]),
    (check_adc, [part("R71", "20k", "200k")]),
    (check_adc, [part("C73", "47n", "4.7n")]),
    (check_adc, [part("R83", "220", "2.2k")]),
]


def self_test():
    """Each planted fault has to be found by the check it stands with."""
    missed = []
    for check, edits in FAULTS:
        complaints = check(Board(edits))
        what = "; ".join(f"{old.strip()} -> {new.strip()}" for _, old, new in edits)
        print(f"{check.__name__}: {what[:110]}\n    {complaints[0] if complaints else 'NOT FOUND'}")
        missed += [] if complaints else [what]
    print(f"{len(FAULTS) - len(missed)} of {len(FAULTS)} planted faults were found")
    return 1 if missed else 0


def figures():
    for which, found in (("INPUT", input_delays(input_runs(Board()))), ("OUTPUT", output_delays(output_runs(Board()))),
                         ("LOOP", loop_delays(loop_runs(Board())))):
        for edge, seconds in found.items():
            least, most = min(seconds) * 1e9, max(seconds) * 1e9
            print(f"{which} {edge}: {least:.0f} to {most:.0f} ns: {(least + most) / 2:.0f} +- {(most - least) / 2:.0f}")


if __name__ == "__main__":
    if "--figures" in sys.argv:
        figures()
    elif "--self-test" in sys.argv:
        sys.exit(self_test())
    else:
        unittest.main()
