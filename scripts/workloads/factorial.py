"""10,001 futures, each one factorial: of 0, 1, 2 and so on to 10,000. Independent work in very unequal pieces.

--scale scales the number of futures; they stay spread over 0 to 10,000, so that the pieces stay as unequal as they are.
Results are kept until the end, as what a caller wants of a future (at scale 1: 70 MB).
"""

import math
from concurrent.futures import ThreadPoolExecutor

import phases

LARGEST = 10_000


def arguments(scale):
    steps = phases.scaled(LARGEST, scale)
    return [LARGEST * i // steps for i in range(steps + 1)]


def as_bytes(number):
    return number.to_bytes(number.bit_length() // 8 + 1, "little")


def main():
    args = phases.start(__doc__)
    numbers = arguments(args.scale)
    with phases.measured("measured") as phase:
        with ThreadPoolExecutor(args.threads) as pool:
            futures = [pool.submit(math.factorial, n) for n in numbers]
            results = [future.result() for future in futures]
    digest = phases.checksum(as_bytes(result) for result in results)
    phases.finish(f"{len(results)} factorials, {args.threads} threads", digest, phase, (len(results), "factorial"))


if __name__ == "__main__":
    main()
