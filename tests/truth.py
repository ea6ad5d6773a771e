#!/usr/bin/env python3
"""What energy really flowed on a twin's bench: reads the log that `joulerig-twin --truth FILE` writes.

    truth_energy(path, t0_mono_ns, t1_mono_ns) -> {"wall": J, "package-0": J, ...}

Instants are CLOCK_MONOTONIC ns; they are mapped onto the twin's own clock through the log's sync rows. The format is
described in host/twin/truth.h. On the command line: truth.py FILE [T0 T1] prints JSON.
"""
import array
import bisect
import json
import sys

HEADER = 1024
ENERGY, SYNC, COUNT = 0, 1, 2


def interpolate(xs, ys, x):
    """Linear; beyond the ends along the last two points."""
    if len(xs) == 1:
        return ys[0] + (x - xs[0])
    i = min(max(bisect.bisect_right(xs, x), 1), len(xs) - 1)
    x0, x1, y0, y1 = xs[i - 1], xs[i], ys[i - 1], ys[i]
    # Products of whole nanoseconds and nanojoules stay exact in Python's integers; one division at the end.
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


class Truth:
    """A log, read once; ask it as often as needed."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.header = json.loads(file.read(HEADER))
            raw = file.read()
        if self.header["format"] != "joulerig truth 1":
            raise ValueError(f"{path}: not a truth log of a known format")
        columns = self.header["columns"]
        width = len(columns)
        values = array.array("q")
        values.frombytes(raw[: len(raw) // (8 * width) * (8 * width)])
        if sys.byteorder == "big":
            values.byteswap()
        kind = values[0::width]
        energy = [i for i, k in enumerate(kind) if k == ENERGY]
        sync = [i for i, k in enumerate(kind) if k == SYNC]
        time, first = values[1::width], values[2::width]
        if not energy or not sync:
            raise ValueError(f"{path}: no rows yet")
        self.t = [time[i] for i in energy]
        self.quantities = {}
        for column, name in enumerate(columns[2:], start=2):
            whole = values[column::width]
            self.quantities[name] = [whole[i] for i in energy]
        self.sync_twin = [time[i] for i in sync]
        self.sync_monotonic = [first[i] for i in sync]

        self.counts = {name: [] for name in self.header.get("instruments", [])}  # (twin's ns, values renewed, values asked for)
        names = list(self.counts)
        for i, k in enumerate(kind):
            if k == COUNT:
                number, updates, queries = values[i * width + 2:i * width + 5]
                self.counts[names[number]].append((time[i], updates, queries))

    def twin_time(self, monotonic_ns):
        return interpolate(self.sync_monotonic, self.sync_twin, monotonic_ns)

    def span(self):
        """First and last instant that is covered, CLOCK_MONOTONIC ns; rounding must not lead beyond the ends."""
        first, last = (interpolate(self.sync_twin, self.sync_monotonic, t) for t in (self.t[0], self.t[-1]))
        return int(first) + 10, int(last) - 10

    def energy(self, t0_mono_ns, t1_mono_ns):
        """J of each quantity between two instants."""
        ends = [self.twin_time(t) for t in (t0_mono_ns, t1_mono_ns)]
        for end in ends:
            if not self.t[0] <= end <= self.t[-1]:
                raise ValueError(f"the log does not cover that instant: it is {end / 1e9:.3f} s on the twin's clock, "
                                 f"the log has {self.t[0] / 1e9:.3f} … {self.t[-1] / 1e9:.3f} s")
        return {name: (interpolate(self.t, nj, ends[1]) - interpolate(self.t, nj, ends[0])) * 1e-9
                for name, nj in self.quantities.items()}


def truth_energy(path, t0_mono_ns, t1_mono_ns):
    return Truth(path).energy(t0_mono_ns, t1_mono_ns)


def main(arguments):
    if len(arguments) not in (1, 3):
        print(__doc__, file=sys.stderr)
        return 2
    log = Truth(arguments[0])
    start, end = log.span()
    t0, t1 = (int(a) for a in arguments[1:]) if len(arguments) == 3 else (start, end)
    print(json.dumps({"from": t0, "to": t1, "rows": len(log.t), "joules": log.energy(t0, t1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
