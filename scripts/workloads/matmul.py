"""Multiplies two matrices of 768 x 768 integers that are lists of lists, each thread a block of rows.

All threads read the same two matrices; each makes rows of its own. --scale scales the number of multiplications: the
matrices are 768 * cbrt(scale) wide and high. They are made before the measured phase.
"""

from concurrent.futures import ThreadPoolExecutor

import phases

SIZE = 768


def matrices(size):
    a = [[(i * 31 + j * 17) % 101 for j in range(size)] for i in range(size)]
    b = [[(i * 13 + j * 29) % 103 for j in range(size)] for i in range(size)]
    return a, b


def multiply(a, b, rows):
    """These rows of a b."""
    inner = range(len(b))
    columns = range(len(b[0]))
    product = []
    for i in rows:
        left = a[i]
        row = []
        for j in columns:
            total = 0
            for k in inner:
                total += left[k] * b[k][j]
            row.append(total)
        product.append(row)
    return product


def main():
    args = phases.start(__doc__)
    size = phases.scaled(SIZE, args.scale, dimensions=3)
    a, b = matrices(size)
    with phases.measured("measured") as phase:
        with ThreadPoolExecutor(args.threads) as pool:
            blocks = list(pool.map(multiply, [a] * args.threads, [b] * args.threads, phases.split(size, args.threads)))
    digest = phases.checksum(repr(row).encode() for block in blocks for row in block)
    phases.finish(f"{size} x {size} integers, {args.threads} threads", digest, phase, (size**3, "multiplication"))


if __name__ == "__main__":
    main()
