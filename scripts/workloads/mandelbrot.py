"""The Mandelbrot set in pure Python, at most 50 iterations a point.

The paper's version is sequential (--threads 1, no pool), of sizes 500 to 3500; with more threads the rows are shared out.
--scale scales the number of points: the picture is size * sqrt(scale) points wide and high.
"""

from concurrent.futures import ThreadPoolExecutor

import phases

ITERATIONS = 50


def escape(c):
    """The number of iterations until z -> z² + c leaves the circle of radius 2."""
    z = 0j
    for iteration in range(ITERATIONS):
        if abs(z) > 2.0:
            return iteration
        z = z * z + c
    return ITERATIONS


def row(y, size):
    """One line of the picture, as bytes: the square from -2-1.5i to 1+1.5i."""
    ci = 3.0 * y / size - 1.5
    return bytes([escape(complex(3.0 * x / size - 2.0, ci)) for x in range(size)])


def main():
    args = phases.start(__doc__, size=2000)
    size = phases.scaled(args.size, args.scale, dimensions=2)
    with phases.measured("measured") as phase:
        if args.threads == 1:
            picture = [row(y, size) for y in range(size)]
        else:
            with ThreadPoolExecutor(args.threads) as pool:
                picture = list(pool.map(row, range(size), [size] * size))
    phases.finish(f"{size} x {size} points, {args.threads} threads", phases.checksum(picture), phase, (size * size, "point"))


if __name__ == "__main__":
    main()
