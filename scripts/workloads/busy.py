"""Keeps the CPU busy with pure Python: 10 million steps of a linear congruential generator. Not in the paper; for tests.

The steps are 64 independent tasks of equal length, handed to the threads in turn.
--scale scales the number of steps: scale 1 takes about a second on one core.
"""

from concurrent.futures import ThreadPoolExecutor

import phases

STEPS = 10_000_000
TASKS = 64


def spin(x, steps):
    for _ in range(steps):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def main():
    args = phases.start(__doc__)
    steps = phases.scaled(STEPS / TASKS, args.scale)
    with phases.measured("measured") as phase:
        with ThreadPoolExecutor(args.threads) as pool:
            results = list(pool.map(spin, range(TASKS), [steps] * TASKS))
    digest = phases.checksum([repr(results).encode()])
    phases.finish(f"{TASKS * steps} steps, {args.threads} threads", digest, phase, (TASKS * steps, "step"))


if __name__ == "__main__":
    main()
