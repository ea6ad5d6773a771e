"""Bubble sort of integers in descending order, the worst case: every comparison swaps. One thread.

The paper's lengths are 5000 to 25,000. --scale scales the number of comparisons: the list is length * sqrt(scale) long.
It is made before the measured phase.
"""

import phases


def sort(values):
    """In place, ascending; stops after a pass that swaps nothing."""
    for end in range(len(values) - 1, 0, -1):
        swapped = False
        for i in range(end):
            if values[i] > values[i + 1]:
                values[i], values[i + 1] = values[i + 1], values[i]
                swapped = True
        if not swapped:
            return


def main():
    args = phases.start(__doc__, sequential=True, length=14_000)
    length = phases.scaled(args.length, args.scale, dimensions=2)
    values = list(range(length, 0, -1))
    with phases.measured("measured") as phase:
        sort(values)
    digest = phases.checksum([repr(values).encode()])
    phases.finish(f"{length} integers, {args.threads} threads", digest, phase, (length * (length - 1) // 2, "comparison"))


if __name__ == "__main__":
    main()
