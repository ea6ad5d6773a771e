"""Parses 2 million JSON records, changes each and writes it out as JSON again.

Each thread has its own share of the texts and its own dicts: what it parses into, and a total for each user.
--scale scales the number of records. The texts (0.4 GB at scale 1) are made before the measured phase.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import phases

RECORDS = 2_000_000
USERS = 1000


def text(i):
    return (
        f'{{"id": {i}, "user": "user{i * 7919 % USERS}", "amount": {i % 10007}, "rate": {i % 97 / 8}, '
        f'"tags": ["t{i % 13}", "t{i % 17}"], "place": {{"x": {i % 641}, "y": {i % 643}}}, "open": {"true" if i % 3 else "false"}}}'
    )


def process(texts, indices):
    """The total amount of each user, and the length of all that was written."""
    totals = {}
    written = 0
    for i in indices:
        record = json.loads(texts[i])
        record["amount"] += record["place"]["x"]
        record["done"] = True
        totals[record["user"]] = totals.get(record["user"], 0) + record["amount"]
        written += len(json.dumps(record))
    return totals, written


def digest(results):
    """Sums over threads: the same for any number of them."""
    totals = {}
    for part, _ in results:
        for user, amount in part.items():
            totals[user] = totals.get(user, 0) + amount
    written = sum(length for _, length in results)
    return phases.checksum([repr((sorted(totals.items()), written)).encode()])


def main():
    args = phases.start(__doc__)
    count = phases.scaled(RECORDS, args.scale)
    texts = [text(i) for i in range(count)]
    with phases.measured("measured") as phase:
        with ThreadPoolExecutor(args.threads) as pool:
            results = list(pool.map(process, [texts] * args.threads, phases.split(count, args.threads)))
    phases.finish(f"{count} records, {args.threads} threads", digest(results), phase, (count, "record"))


if __name__ == "__main__":
    main()
