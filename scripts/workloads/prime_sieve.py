"""The sieve of Eratosthenes on a list of bool. One thread.

The paper's limits are 16 to 40 million; the list is made inside the measured phase, as there. --scale scales the limit.
At scale 1 the list takes 8 bytes a number (0.3 GB for 40 million).
"""

import phases

CHUNK = 1 << 20  # numbers that enter the checksum at a time


def sieve(limit):
    """limit + 1 bools: whether the index is prime."""
    prime = [True] * (limit + 1)
    prime[: min(2, limit + 1)] = [False] * min(2, limit + 1)
    i = 2
    while i * i <= limit:
        if prime[i]:
            for multiple in range(i * i, limit + 1, i):
                prime[multiple] = False
        i += 1
    return prime


def main():
    args = phases.start(__doc__, sequential=True, limit=28_000_000)
    limit = phases.scaled(args.limit, args.scale)
    with phases.measured("measured") as phase:
        prime = sieve(limit)
    digest = phases.checksum(bytes(prime[i : i + CHUNK]) for i in range(0, len(prime), CHUNK))
    phases.finish(f"{sum(prime)} primes up to {limit}, {args.threads} threads", digest, phase, (limit, "number"))


if __name__ == "__main__":
    main()
