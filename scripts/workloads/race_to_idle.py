"""The same work by the same deadline: on how many cores, and how fast a clock, does it cost the least energy?

160 pieces of pure Python, shared out over --threads processes, each alone on a core of its own; what then remains until the
deadline, --deadline in ms, is idle, and measured as well. --clock limits the clock of all cores to that percentage of their
fastest, where the machine lets us (cpufreq, and the permission to write its limits); where it does not, or where the limit
shows no effect or something else slows the clocks far below it, or the deadline is missed, the run fails and says so.
--scale scales the length of the pieces. Without --clock the environment's CLOCK counts, so that clocks can be the arms of a plan.
"""

import os
import time

import clock_limit
import phases

PIECES = 160
STEPS = 100_000
TOLERANCE = 1.1  # a clock seen may be this many times its limit
FAR_BELOW = 0.5  # of the limit; less far, all cores at once may be: the fastest clock is one core's


def spin(x, steps):
    for _ in range(steps):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def cores(folder):
    """The first logical CPU that we may use of each physical core."""
    first = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        try:
            siblings = clock_limit.read(f"{folder}/cpu{cpu}/topology/thread_siblings_list")
        except OSError:
            siblings = str(cpu)
        first.setdefault(siblings, cpu)
    return sorted(first.values())


def clock_of(cpu, folder):
    """kHz, now; 0 where the kernel does not tell."""
    try:
        return int(clock_limit.read(f"{folder}/cpu{cpu}/cpufreq/scaling_cur_freq"))
    except (OSError, ValueError):
        return 0


class Worker:
    """A process on a core of its own, that waits for a go, does its pieces, and answers with its clock and its results."""

    def __init__(self, cpu, pieces, steps, folder):
        waiting, self.go = os.pipe()
        self.answers, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.go)
                os.sched_setaffinity(0, {cpu})
                if os.read(waiting, 1):
                    results = [spin(x, steps) for x in pieces]
                    with open(answer, "w") as stream:
                        print(clock_of(cpu, folder), *results, file=stream)
            finally:
                os._exit(0)
        os.close(waiting)
        os.close(answer)

    def start(self):
        os.write(self.go, b"g")
        os.close(self.go)

    def result(self):
        with open(self.answers) as stream:
            clock, *results = map(int, stream.read().split())
        os.waitpid(self.pid, 0)
        return clock, results


def race(workers, deadline):
    """What the workers answer and when they were done, ns; returns at the deadline."""
    for worker in workers:
        worker.start()
    answers = [worker.result() for worker in workers]
    done = time.monotonic_ns()
    time.sleep(max(0, deadline - done) / 1e9)
    return answers, done


def main():
    args = phases.start(__doc__, clock=int(os.environ.get("CLOCK", 100)), deadline=4000)
    folder = os.environ.get("CLOCK_CPUS", clock_limit.CPUS)
    steps = phases.scaled(STEPS, args.scale)
    mine = cores(folder)
    if args.threads > len(mine):
        phases.impossible(f"{args.threads} cores were asked for, there are {len(mine)}")
    workers = [Worker(cpu, range(i, PIECES, args.threads), steps, folder) for i, cpu in enumerate(mine[: args.threads])]
    try:
        with clock_limit.limited(args.clock, folder, os.environ.get("CLOCK_NOTE", clock_limit.NOTE)) as limit:
            with phases.measured("measured") as phase:
                deadline = time.monotonic_ns() + args.deadline * 1_000_000
                answers, done = race(workers, deadline)
    except clock_limit.Impossible as why:
        phases.impossible(str(why))
    tell(args, phase, answers, done, limit)


def tell(args, phase, answers, done, limit):
    seen = max(clock for clock, _ in answers)
    took = (done - phase.begin) / 1e6
    phases.fact("clock_percent", args.clock)
    phases.fact("clock_limit_khz", limit or "unknown")
    phases.fact("clock_seen_khz", seen or "unknown")
    phases.fact("done_ms", f"{took:.1f}")
    if took > args.deadline:
        phases.impossible(f"the work took {took:.0f} ms, the deadline was {args.deadline} ms")
    if args.clock < 100 and seen > TOLERANCE * limit:
        phases.impossible(f"the clock's limit of {limit} kHz had no effect: {seen} kHz were seen")
    if seen and limit and seen < FAR_BELOW * limit:
        phases.impossible(f"something else slows the clocks far below {limit} kHz: {seen} kHz were seen")
    results = [0] * PIECES
    for i, (_, part) in enumerate(answers):
        results[i :: args.threads] = part
    digest = phases.checksum([repr(results).encode()])
    what = f"{PIECES} pieces in {took:.0f} ms of {args.deadline} ms, {args.threads} threads"
    phases.finish(what, digest, phase, (PIECES, "piece"))


if __name__ == "__main__":
    main()
