"""One job, shared out by --pool over as many workers as --threads says:

    threads     ThreadPoolExecutor: one process, whose workers share what it has
    processes   ProcessPoolExecutor with fresh interpreters ("spawn"): what a worker needs, it makes for itself
    fork        the process makes what is needed and forks; each worker takes its share of the tasks and hands back all its
                results at once. It shares the pages of its parent until either writes to them, a reference count, say

The job is --job:

    table   a table of 1 million rows is made and looked up 6 million times, in 64 tasks. Each worker needs all of it
    short   40,000 tasks of some 10 microseconds each, handed over one by one
    start   64 pools, one after the other: each is started, does as many such tasks as it has workers and is ended

--scale scales the number of rows and look-ups, of tasks, or of pools. Starting the workers, all of them, is part of the measured
phase and so is making the table, once or in each worker; ending them is only where the job is start. Else, when the phase is over
and the workers still live, the memory of all processes is told, with that of the resource tracker which "spawn" starts as well:
tree_pss_kib is what they take together; tree_rss_kib counts what n of them share n times. Without --pool
the environment's POOL counts, so that pools can be the arms of a plan.
"""

import multiprocessing
import os
import pickle
import threading
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import phases
import process_tree

KINDS = ("threads", "processes", "fork")
ROWS = 1_000_000
LOOKUPS_A_ROW = 6
TABLE_TASKS = 64
SHORT_TASKS = 40_000
SHORT_STEPS = 200
POOLS = 64

table = []  # of this process
meeting = []  # of this process: the barrier at which the workers of its pool meet


def make_table(rows):
    table[:] = [(i, f"row-{i}", i * 7919 % 1009) for i in range(rows)]


def prepare(rows, barrier):
    make_table(rows)
    meeting[:] = [barrier]


def meet():
    meeting[0].wait()


def look_up(indices):
    """The sum over rows all over the table."""
    total = 0
    rows = len(table)
    for i in indices:
        key, name, value = table[i * 611_953 % rows]
        total += key % 13 + len(name) * value
    return total


def spin(x):
    for _ in range(SHORT_STEPS):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


class Pool:
    """An executor of the standard library.

    By itself it starts a worker only where none is idle, and of short tasks a few workers do all. So that there are as many as
    were asked for, the first task of each is to meet the others."""

    def __init__(self, kind, workers, rows):
        if kind == "threads":
            barrier = threading.Barrier(workers)
            prepare(rows, barrier)
            self.executor = ThreadPoolExecutor(workers)
        else:
            context = multiprocessing.get_context("spawn")
            barrier = context.Barrier(workers)
            self.executor = ProcessPoolExecutor(workers, mp_context=context, initializer=prepare, initargs=(rows, barrier))
        try:
            self.met = [self.executor.submit(meet) for _ in range(workers)]
        except BaseException:
            barrier.abort()  # else those that were started would wait for ever
            raise

    def run(self, work, tasks):
        futures = [self.executor.submit(work, task) for task in tasks]
        for future in self.met:
            future.result()
        return [future.result() for future in futures]

    def end(self):
        self.executor.shutdown()


class Forks:
    """Processes that are forked for the work and live until the end, or until their parent does."""

    def __init__(self, workers, rows):
        make_table(rows)
        self.workers = workers
        self.children = []
        self.held, self.hold = os.pipe()

    def run(self, work, tasks):
        shares = [tasks[first :: self.workers] for first in range(self.workers)]
        pipes = [self.fork(work, share) for share in shares]
        results = [None] * len(tasks)
        for first, pipe in enumerate(pipes):
            with open(pipe, "rb") as stream:
                results[first :: self.workers] = pickle.load(stream)
        return results

    def fork(self, work, share):
        """The pipe from which a new child's results come."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(self.hold)
                with open(writing, "wb") as stream:
                    pickle.dump([work(task) for task in share], stream)
                os.read(self.held, 1)
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(0)  # no more of what is the parent's
        os.close(writing)
        self.children.append(pid)
        return reading

    def end(self):
        os.close(self.hold)
        os.close(self.held)
        for pid in self.children:
            os.waitpid(pid, 0)


def start(kind, workers, rows=0):
    return Forks(workers, rows) if kind == "fork" else Pool(kind, workers, rows)


def start_and_end(kind, workers, seed):
    pool = start(kind, workers)
    results = pool.run(spin, range(seed, seed + workers))
    pool.end()
    return results[0]  # the same for any number of workers


def run(args, kind):
    """Results, how much work they were, the phase and the memory."""
    workers, scale = args.threads, args.scale
    if args.job == "start":
        count = phases.scaled(POOLS, scale)
        with phases.measured("measured") as phase:
            results = [start_and_end(kind, workers, seed) for seed in range(count)]
        return results, (count, "pool"), phase, {}  # no worker lives whose memory it were
    if args.job == "table":
        rows = phases.scaled(ROWS, scale)
        work = LOOKUPS_A_ROW * rows, "look-up"
        function, tasks = look_up, phases.split(work[0], TABLE_TASKS)
    else:
        rows = 0
        work = phases.scaled(SHORT_TASKS, scale), "task"
        function, tasks = spin, range(work[0])
    with phases.measured("measured") as phase:
        pool = start(kind, workers, rows)
        results = pool.run(function, tasks)
    memory = process_tree.memory()
    pool.end()
    return results, work, phase, memory


def main():
    args = phases.start(__doc__, pool=(os.environ.get("POOL", KINDS[0]), *KINDS), job=("table", "short", "start"))
    if args.pool not in KINDS:
        phases.impossible(f"there is no pool of {args.pool}")
    results, work, phase, memory = run(args, args.pool)
    phases.fact("pool", args.pool)
    for key, value in memory.items():
        phases.fact(key, value)
    digest = phases.checksum([repr(results).encode()])
    phases.finish(f"{work[0]} {work[1]}s by {args.pool}, {args.threads} threads", digest, phase, work)


if __name__ == "__main__":
    main()
