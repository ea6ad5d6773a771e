"""Threads count 1 million hits on 256 keys, and keep what they have counted in the way that --sharing says:

    one-lock   one table, one lock around each hit
    sharded    16 tables with a lock each; a key has its place in one of them
    local      each thread a table of its own; they are merged at the end
    queue      each hit is put into one bounded queue; one more thread counts

The hits, their keys and the tables that come of it are the same for all of them. --scale scales the
number of hits.
"""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import phases

HITS = 1_000_000
KEYS = 256
SHARDS = 16
WAITING = 1024  # hits in the queue at most


def key_of(hit):
    return (hit * 2_654_435_761 >> 7) % KEYS


def merged(tables):
    total = [0] * KEYS
    for table in tables:
        for key, value in enumerate(table):
            total[key] += value
    return total


def share(work, hits, threads):
    """What each thread's work on its share gives."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, phases.split(hits, threads)))


def one_lock(hits, threads):
    table = [0] * KEYS
    lock = threading.Lock()

    def work(indices):
        for hit in indices:
            key = key_of(hit)
            with lock:
                table[key] += hit

    share(work, hits, threads)
    return table


def sharded(hits, threads):
    tables = [[0] * KEYS for _ in range(SHARDS)]
    locks = [threading.Lock() for _ in range(SHARDS)]

    def work(indices):
        for hit in indices:
            key = key_of(hit)
            shard = key % SHARDS
            with locks[shard]:
                tables[shard][key] += hit

    share(work, hits, threads)
    return merged(tables)


def local(hits, threads):
    def work(indices):
        table = [0] * KEYS
        for hit in indices:
            table[key_of(hit)] += hit
        return table

    return merged(share(work, hits, threads))


def handed_over(hits, threads):
    table = [0] * KEYS
    waiting = queue.Queue(WAITING)

    def work(indices):
        for hit in indices:
            waiting.put((key_of(hit), hit))

    def count():
        while (hit := waiting.get()) is not None:
            table[hit[0]] += hit[1]

    counter = threading.Thread(target=count)
    counter.start()
    share(work, hits, threads)
    waiting.put(None)
    counter.join()
    return table


SHARING = {"one-lock": one_lock, "sharded": sharded, "local": local, "queue": handed_over}


def main():
    args = phases.start(__doc__, sharing=tuple(SHARING))
    hits = phases.scaled(HITS, args.scale)
    with phases.measured("measured") as phase:
        table = SHARING[args.sharing](hits, args.threads)
    digest = phases.checksum([repr(table).encode()])
    phases.finish(f"{hits} hits, {args.sharing}, {args.threads} threads", digest, phase, (hits, "hit"))


if __name__ == "__main__":
    main()
