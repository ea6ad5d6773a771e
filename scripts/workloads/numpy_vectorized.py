"""A chain of NumPy operations on a float64 array: arithmetic and functions, a clip, then normalised to mean 0 and deviation 1.

The paper's lengths are 150 to 275 million. --scale scales the length. The input (8 bytes a number; the chain takes up to
four times that) is made before the measured phase. One Python thread; what NumPy starts by itself is up to it.
"""

import numpy

import phases


def data(length):
    return numpy.arange(length, dtype=numpy.float64) % 1009 / 64


def chain(x):
    y = numpy.sqrt(x * 2.0 + 1.0)
    y = numpy.sin(y) + y * 0.5
    y = numpy.clip(y, 1.5, 2.0)
    return (y - y.mean()) / y.std()


def digest(y):
    """Of sums to 6 digits: the last bits depend on how wide the processor's vectors are."""
    position = numpy.arange(len(y)) % 1013
    return phases.checksum([f"{len(y)} {y.min():.5e} {y.max():.5e} {numpy.dot(numpy.abs(y), position):.5e}".encode()])


def main():
    args = phases.start(__doc__, sequential=True, length=210_000_000)
    x = data(phases.scaled(args.length, args.scale))
    with phases.measured("measured") as phase:
        y = chain(x)
    phases.finish(f"{len(x)} numbers, NumPy {numpy.__version__}, {args.threads} threads", digest(y), phase, (len(x), "number"))


if __name__ == "__main__":
    main()
