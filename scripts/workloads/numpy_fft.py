"""One fast Fourier transform, numpy.fft.fft, and the sum of the absolute values of what it gives.

The paper's lengths are 50 to 200 million. --scale scales the length, rounded to a multiple of 1000: the time of a
transform follows the prime factors of its length. The input is made before the measured phase. At scale 1 a transform
needs 16 bytes a number, and as much again for its absolute values and the input.
"""

import numpy

import phases

MULTIPLE = 1000


def data(length):
    """Whole numbers from -50 to 50 without a short period."""
    n = numpy.arange(length, dtype=numpy.float64)
    return numpy.floor(n * n * 0.6180339887498949 % 101) - 50


def transform(x):
    spectrum = numpy.fft.fft(x)
    return spectrum, numpy.abs(spectrum).sum()


def main():
    args = phases.start(__doc__, sequential=True, length=125_000_000)
    x = data(MULTIPLE * phases.scaled(args.length / MULTIPLE, args.scale))
    with phases.measured("measured") as phase:
        spectrum, total = transform(x)
    # To 6 digits: the last bits depend on how wide the processor's vectors are.
    digest = phases.checksum([f"{len(x)} {total:.5e} {abs(spectrum[len(x) // 3]):.5e}".encode()])
    phases.finish(f"{len(x)} numbers, NumPy {numpy.__version__}, {args.threads} threads", digest, phase, (len(x), "number"))


if __name__ == "__main__":
    main()
