"""Makes a new string of each of 55 million, each thread in a list of its own: a copy of its range of the input.

Nothing that threads share is written to. --scale scales the number of strings (at scale 1: 8 GB of
memory with the GIL, 11 GB without). They are made before the measured phase; copying the ranges is part of it.
The counterpart is object_lists_nocopy, the same work with in-place writes to the shared list.
"""

from concurrent.futures import ThreadPoolExecutor

import phases
from object_lists_nocopy import STRINGS, digest, replace, strings


def copy(items, indices):
    output = items[indices.start : indices.stop]
    replace(output, range(len(output)))
    return output


def main():
    args = phases.start(__doc__)
    items = strings(phases.scaled(STRINGS, args.scale))
    with phases.measured("measured") as phase:
        with ThreadPoolExecutor(args.threads) as pool:
            outputs = list(pool.map(copy, [items] * args.threads, phases.split(len(items), args.threads)))
    result = [item for output in outputs for item in output]
    phases.finish(f"{len(items)} strings, {args.threads} threads", digest(result), phase, (len(items), "string"))


if __name__ == "__main__":
    main()
