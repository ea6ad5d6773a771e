"""One product of two square float64 matrices, A.dot(B), and its sum: what NumPy's BLAS does with it.

The paper's sizes are 6000 to 15,000. --scale scales the number of multiplications: the matrices are size * cbrt(scale)
wide and high. They are made before the measured phase, of small whole numbers, so that the product is exact and does not
depend on the order of sums. One Python thread; how many BLAS starts is up to it (OPENBLAS_NUM_THREADS and its like).
"""

import numpy

import phases


def matrices(size):
    i, j = numpy.ogrid[0:size, 0:size]
    return ((i * 31 + j * 17) % 101).astype(numpy.float64), ((i * 13 + j * 29) % 103).astype(numpy.float64)


def main():
    args = phases.start(__doc__, sequential=True, size=10_500)
    size = phases.scaled(args.size, args.scale, dimensions=3)
    a, b = matrices(size)
    with phases.measured("measured") as phase:
        product = a.dot(b)
        total = product.sum()
    digest = phases.checksum([f"{size} {int(total)} ".encode(), *(row.tobytes() for row in product)])
    what = f"{size} x {size} numbers, NumPy {numpy.__version__}, {args.threads} threads"
    phases.finish(what, digest, phase, (size**3, "multiplication"))


if __name__ == "__main__":
    main()
