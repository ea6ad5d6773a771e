"""A chain of NumPy operations on arrays that stay in the cache, with and without the widest vectors that the processor has.

--vectors is widest (as NumPy would choose by itself), narrower (without its widest group of features: AVX-512, or AVX2 where
that is the widest; SVE) or baseline (without any that NumPy chooses at run time). NumPy is told so before it is imported
(NPY_DISABLE_CPU_FEATURES), and asked afterwards: the facts say which features were on and which were switched off. Where there
is nothing to switch off, or NumPy did not heed the switch, the run fails and says so. Libraries below NumPy (the C library's
mathematics, BLAS, which is not used here) choose for themselves.

40,000 times, an array of 8192 float64 (64 KiB) goes through the chain; --scale scales how often. One thread. Without
--vectors the environment's VECTORS counts, so that widths can be the arms of a plan.
"""

import json
import os
import re
import subprocess
import sys

import phases

LENGTH = 8192
TIMES = 40_000
WIDTHS = ("widest", "narrower", "baseline")
GROUPS = r"AVX512|X86_V4", r"AVX|FMA|F16C|XOP|X86_V3", r"SVE", r"VXE|VSX|LASX"  # the widest first; of another machine each
FEATURES = """
try:
    from numpy._core import _multiarray_umath as core
except ImportError:
    from numpy.core import _multiarray_umath as core
on = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
"""  # of those that NumPy chooses at run time


def features_of_a_fresh_numpy():
    """Those that are on when nobody interferes."""
    environment = {name: value for name, value in os.environ.items() if name != "NPY_DISABLE_CPU_FEATURES"}
    ask = f"{FEATURES}\nimport json; print(json.dumps(on))"
    done = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        phases.impossible(f"NumPy cannot be imported: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


def to_switch_off(width, available):
    if width == "baseline":
        return available
    if width == "narrower":
        for group in GROUPS:
            found = [name for name in available if re.match(group, name)]
            if found:
                return found
    return []


def features_now():
    names = {}
    exec(FEATURES, names)
    return names["on"]


def switch(width):
    """Switches features off, imports NumPy, and tells which features are on."""
    off = to_switch_off(width, features_of_a_fresh_numpy())
    if width != "widest" and not off:
        phases.impossible(f"NumPy chooses no vectors here that could be switched off for {width}")
    os.environ["NPY_DISABLE_CPU_FEATURES"] = " ".join(off)
    on = features_now()
    phases.fact("vectors", width)
    phases.fact("features_on", " ".join(on)[:120] or "none")
    phases.fact("features_off", " ".join(off)[:120] or "none")
    if set(on) & set(off):
        phases.impossible(f"NumPy did not heed the switch: {' '.join(sorted(set(on) & set(off)))} are on")


def data(numpy):
    return numpy.arange(LENGTH, dtype=numpy.float64) % 1009 / 512 - 1


def chain(numpy, x, y):
    """All stays between -1 and 1."""
    y = numpy.exp(-y * y)
    y = numpy.sqrt(y * 0.75 + 0.25)
    return numpy.minimum(numpy.maximum(y * y * 1.5 - x * 0.125, 0.0), 1.0)


def main():
    args = phases.start(__doc__, sequential=True, vectors=(os.environ.get("VECTORS", WIDTHS[0]), *WIDTHS))
    if args.vectors not in WIDTHS:
        phases.impossible(f"there is no width of vectors {args.vectors}")
    switch(args.vectors)
    import numpy  # only now

    times = phases.scaled(TIMES, args.scale)
    x = data(numpy)
    with phases.measured("measured") as phase:
        y = x
        for _ in range(times):
            y = chain(numpy, x, y)
    # To 6 digits: the last bits depend on how wide the vectors are.
    digest = phases.checksum([f"{times} {y.sum():.5e} {(y * numpy.arange(LENGTH)).sum():.5e}".encode()])
    what = f"{times} times {LENGTH} numbers, {args.vectors}, {args.threads} threads"
    phases.finish(what, digest, phase, (times * LENGTH, "number"))


if __name__ == "__main__":
    main()
