"""Replaces each of 55 million strings by a new one, in place: all threads write to ONE shared list.

Each thread has its own range of the list, so that no write is lost, but the list itself is contended for.
--scale scales the number of strings (at scale 1: 4 GB of memory with the GIL, 10 GB without). They are made before
the measured phase.
The counterpart is object_lists_copy, the same work with an output list for each thread.
"""

from concurrent.futures import ThreadPoolExecutor

import phases

STRINGS = 55_000_000
CHUNK = 10_000  # strings that enter the checksum at a time


def strings(count):
    return [f"item-{i}" for i in range(count)]


def replace(items, indices):
    for i in indices:
        items[i] = items[i].upper()


def digest(items):
    return phases.checksum("\n".join([*items[i : i + CHUNK], ""]).encode() for i in range(0, len(items), CHUNK))


def main():
    args = phases.start(__doc__)
    items = strings(phases.scaled(STRINGS, args.scale))
    with phases.measured("measured") as phase:
        with ThreadPoolExecutor(args.threads) as pool:
            list(pool.map(replace, [items] * args.threads, phases.split(len(items), args.threads)))
    phases.finish(f"{len(items)} strings, {args.threads} threads", digest(items), phase, (len(items), "string"))


if __name__ == "__main__":
    main()
