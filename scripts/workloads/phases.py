"""What all workloads share: their arguments, and the marks by which joulerig knows what they are doing.

A workload writes one line a mark to the descriptor that JOULERIG_MARK_FD numbers; without it, it just works:

    begin NAME T_NS       a phase begins; T_NS is time.monotonic_ns()
    end NAME T_NS         it ended
    mark NAME T_NS        a point in time
    barrier NAME T_NS     waits for a line from the descriptor that JOULERIG_GO_FD numbers; its end is a go as well
    fact KEY VALUE        gil_start, gil_end (0 or 1), threads, python, vm_peak_kib, vm_hwm_kib, work; impossible
    checksum HEX          of the result; the same for any number of threads and any interpreter

A workload reads:

    args = phases.start(__doc__)
    ... make the data ...
    with phases.measured("measured") as phase:
        ... work ...
    phases.finish("42 records", phases.checksum(result), phase, (42, "record"))

The last is how much was done, its unit in the singular, so that joules can be told for each.
What cannot be done as asked is not done in another way instead: phases.impossible("why") ends the workload, and the run.
"""

import argparse
import contextlib
import gc
import hashlib
import math
import os
import platform
import re
import stat
import sys
import time
import types


def start(doc, sequential=False, **options):
    """Parses the command line, tells first facts.

    The arguments are --scale, --threads and the given `options`: an integer with its default, or one of a tuple of words.
    A `sequential` workload takes no other number of threads than 1: a fact that is not so would be kept with the run."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=_positive(float), default=1.0, help="how much work; 1 is the paper's size (default)")
    parser.add_argument("--threads", type=_positive(int), default=1, help="threads that share the work (default 1)")
    for name, default in options.items():
        if isinstance(default, tuple):
            parser.add_argument(f"--{name}", choices=default, default=default[0], help=f"default {default[0]}")
        else:
            parser.add_argument(f"--{name}", type=_positive(int), default=default, help=f"default {default}")
    args = parser.parse_args()
    if sequential and args.threads != 1:
        parser.error("this workload is sequential: --threads 1")
    fact("python", platform.python_version())
    fact("threads", args.threads)
    fact("gil_start", gil())
    return args


@contextlib.contextmanager
def measured(name):
    """A phase that is measured like a run of its own: quiet, then the work and nothing but it, then quiet."""
    phase = types.SimpleNamespace()
    gc.collect()
    barrier(f"{name}.before")
    phase.begin = time.monotonic_ns()
    _send(f"begin {name} {phase.begin}")
    yield phase
    phase.end = time.monotonic_ns()
    _send(f"end {name} {phase.end}")
    barrier(f"{name}.after")
    phase.gil = gil()
    phase.status = _process_status()  # now: its memory is the work's, not yet the checksum's


def finish(what, digest, phase, work):
    """Tells last facts and the checksum, and says in one line for people what was done."""
    fact("gil_end", phase.gil)
    fact("work", "%d %s" % work)
    for key, field in ("vm_peak_kib", "VmPeak"), ("vm_hwm_kib", "VmHWM"):
        if field in phase.status:
            fact(key, phase.status[field])
    _send(f"checksum {digest}")
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    seconds = (phase.end - phase.begin) / 1e9
    print(f"{name}: {what}, GIL {'on' if phase.gil else 'off'}, {seconds:.3f} s, checksum {digest[:12]}")


def impossible(why):
    """What was asked for cannot be had here: the run fails, and says why."""
    fact("impossible", re.sub(r"[^ -~]", "?", why)[:120])
    sys.exit(f"{os.path.basename(sys.argv[0])}: not possible here: {why}")


def mark(name):
    _send(f"mark {name} {time.monotonic_ns()}")


def fact(key, value):
    _send(f"fact {key} {value}")


def barrier(name):
    """Waits until joulerig has recorded enough quiet."""
    _send(f"barrier {name} {time.monotonic_ns()}")
    while _go is not None and os.read(_go, 1) not in (b"\n", b""):
        pass


def gil():
    """1 if only one thread runs Python at a time, else 0."""
    return int(getattr(sys, "_is_gil_enabled", lambda: True)())


def checksum(chunks):
    """SHA-256 of an iterable of bytes."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def scaled(size, scale, dimensions=1):
    """`size` at this scale, at least 1; of a square (2 dimensions), whose area is the work, the side."""
    return max(1, round(size * scale ** (1 / dimensions)))


def split(count, parts):
    """range(count) in `parts` contiguous ranges of (nearly) equal length."""
    return [range(count * part // parts, count * (part + 1) // parts) for part in range(parts)]


def _positive(number):
    def parse(text):
        value = number(text)
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not a positive number")
        return value

    return parse


def _descriptor(variable):
    """The pipe or socket numbered in the environment, or None. An inherited number may by now mean another file: leave that alone."""
    try:
        descriptor = int(os.environ[variable])
        mode = os.fstat(descriptor).st_mode
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    return descriptor if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None


def _send(line):
    """Writes in one piece: a line is shorter than what a pipe takes atomically."""
    global _marks
    assert re.fullmatch(r"checksum [0-9a-f]{8,64}|[a-z]+ [A-Za-z0-9_.-]{1,32} [ -~]{1,120}", line), line
    if _marks is not None:
        try:
            os.write(_marks, line.encode() + b"\n")
        except BrokenPipeError:  # nobody listens any more
            _marks = None


def _process_status():
    """VmPeak, VmHWM and other numbers of /proc/self/status."""
    try:
        with open("/proc/self/status") as lines:
            return dict(re.findall(r"^(\w+):\s+(\d+)", lines.read(), re.MULTILINE))
    except OSError:
        return {}


_marks = _descriptor("JOULERIG_MARK_FD")
_go = _descriptor("JOULERIG_GO_FD")
