#!/usr/bin/python3
"""A disk that fills up or fails, at every storage call of a campaign, and of a recovery, in turn.

    injection_test.py              every call, every way to fail; about six minutes
    injection_test.py --quick      a sample of them, drawn from --seed
    injection_test.py --only once:5:17      one: ACTION:ERRNO:CALL[:CRASH], as printed for one that failed

Each injected error must end joulerig with status 5 and one line that names the file, the cause and, for space, the remedy. No
run that had its file may be lost or changed, no unreadable file may have a final name, and with the disk in order again
`run --resume` must complete the schedule, each slot exactly once; or `recover` must recover what the crash had left.
"""
import argparse
import collections
import concurrent.futures
import errno
import os
import random
import re
import shutil
import sys

import faults  # puts tests/system on the path
import kept
from harness import QUIET, folder, joulerig, merged, plan, twin, write

RUNS = 2
TIMEOUT = 60
BENCH = merged(QUIET, {"meter": None, "load": {"source": "script", "steps": [{"at": "0 s", "cores": 1}]}})
PLAN = plan({"sleep": ["sleep", "0.1"]}, repetitions=RUNS, idle="500 ms", guard="50 ms", timeout="10 s",
            settle={"within": "50 W", "during": "20 ms", "at_most": "1 s"}, tail={"within": "50 W", "at_most": "100 ms"})
MODES = [("once", errno.ENOSPC), ("always", errno.ENOSPC), ("short", errno.ENOSPC), ("once", errno.EIO), ("always", errno.EIO)]
# What recovery may find, as the storage call of the first run at which joulerig was killed.
CRASHES = {
    "header": {"match": "000001.journal", "kinds": "w", "at": 1, "action": "torn"},    # a journal without a whole header
    "samples": {"match": "000001.journal", "kinds": "w", "at": 3, "action": "torn"},   # one that was cut short
    "ended": {"match": "000001.h5", "kinds": "r", "at": 1, "action": "before"},        # a whole one, and a run file without its name
    "named": {"match": "000001.journal", "kinds": "u", "at": 1, "action": "before"},   # a whole one, and its run file
}
RECOVERED = {"header": {}, "samples": {1: "interrupted"}, "ended": {1: "ok"}, "named": {1: "ok"}}


class Case:
    """One campaign with one injected error; .wrong collects what is not as it must be."""

    def __init__(self, work, bench, action, number, at, crash=""):
        self.name, self.bench, self.work, self.crash = f"{action}:{number}:{at}{':' * bool(crash)}{crash}", bench, work, crash
        self.plan = os.path.join(work, "plan.yaml")
        self.tree = os.path.join(work, self.name.replace(":", "-"))
        self.out, self.log = os.path.join(self.tree, "out"), self.tree + ".log"
        self.settings = {"kinds": faults.STORING, "action": action, "errno": number, "at": at, "log": self.log}
        self.errno, self.wrong, self.met = number, [], None

    def expect(self, holds, text):
        if not holds:
            self.wrong.append(text)

    def joulerig(self, *arguments, **options):
        """Runs the campaign, or, if it begins with a crash, recovers it."""
        command = ["recover", self.out] if self.crash else ["run", self.plan, "--bench", self.bench, "-o", self.out, *arguments]
        return joulerig(*command, timeout=TIMEOUT, **options)

    def run(self):
        os.mkdir(self.tree)
        if self.crash:
            shutil.copytree(os.path.join(self.work, self.crash, "out"), self.out)
        done = self.joulerig(env=faults.environment(self.tree, **self.settings))
        calls = faults.read_log(self.log)
        self.met = next((call for call in calls if call.number == self.settings["at"] > 0), None)
        if self.met is None:
            self.expect(done.returncode == 0, f"status {done.returncode} without an error: {done.stderr}")
            return self
        self.check_message(done)
        before = self.check_runs(calls)
        self.check_again(before)
        if not self.wrong:
            shutil.rmtree(self.tree)
            os.unlink(self.log)
        return self

    def check_message(self, done):
        lines = [line for line in done.stderr.splitlines() if line.startswith(f"joulerig: {self.out}")]
        self.expect(done.returncode == 5, f"status {done.returncode}, not 5: {done.stderr}")
        self.expect(len(lines) == 1, f"{len(lines)} messages that name a file of the campaign, not one: {done.stderr}")
        message = lines[0] if lines else ""
        self.expect(os.strerror(self.errno) in message, f"the message does not give the cause: {message}")
        self.expect(self.errno != errno.ENOSPC or "free some space" in message, f"the message gives no remedy: {message}")

    def check_runs(self, calls):
        """What had its final name is still there; returns the runs that are complete, by number: (status, sha256 or None)."""
        named = {int(os.path.basename(c.to)[:6]) for c in calls if c.kind == "r" and not c.error and re.search(r"/runs/\d+\.h5$", c.to)}
        good, bad = kept.runs(self.out)
        self.expect(not bad, f"unreadable: {bad}")
        self.expect(named <= set(good), f"lost: {sorted(named - set(good))}")
        self.expect(self.crash or not self.left(".part"), f"left behind: {self.left('.part')}")
        before = {number: (run.status, run.sha256) for number, run in good.items()}
        for number, journal in kept.journals(self.out).items():
            if journal.ended():
                before.setdefault(number, (journal.notes["status"], None))
        return before

    def left(self, *ends):
        return [name for _, _, names in os.walk(self.out) for name in names if name.endswith(ends)]

    def check_again(self, before):
        """With the disk in order."""
        done = self.joulerig("--resume")
        self.expect(done.returncode == 0, f"again: status {done.returncode}: {done.stderr}")
        good, bad = kept.runs(self.out)
        self.expect(not bad, f"unreadable after it ran again: {bad}")
        for number, (status, sha256) in before.items():
            run = good.get(number)
            self.expect(run and run.status == status, f"run {number} was {status} and is now {run.status if run else 'lost'}")
            self.expect(not run or sha256 in (None, run.sha256), f"the file of run {number} has changed")
        if self.crash:
            recovered = {number: run.status for number, run in good.items()}
            self.expect(recovered == RECOVERED[self.crash], f"recovered: {recovered}")
        else:
            self.wrong += kept.schedule_faults(good, RUNS)
        left = self.left(".part", ".journal")
        self.expect(not left, f"left behind after it ran again: {left}")
        self.wrong += kept.verify_faults(self.out)


def crash(work, bench, name):
    """A campaign that was killed, to be copied."""
    tree = os.path.join(work, name)
    os.mkdir(tree)
    done = joulerig("run", os.path.join(work, "plan.yaml"), "--bench", bench, "-o", os.path.join(tree, "out"),
                    env=faults.environment(tree, **CRASHES[name]))
    assert done.returncode == -9, (name, done.returncode, done.stderr)


def calls_of(work, bench, crashed=""):
    """The calls that count, undisturbed."""
    case = Case(work, bench, "none", 0, 0, crashed)
    case.run()
    assert not case.wrong, case.wrong
    return [call for call in faults.read_log(case.log) if call.number]


def sample(chance, calls, crashed):
    """One call of each kind on each kind of file, in two ways to fail: alone, and any."""
    kinds = {}
    for call in calls:
        kinds.setdefault((call.kind, re.sub(r"\d+", "N", os.path.basename(call.path))), []).append(call.number)
    return [(*mode, chance.choice(numbers), crashed) for numbers in kinds.values()
            for mode in {("once", errno.EIO), chance.choice(MODES)}]


def choose(arguments, work, bench):
    """The arguments of all cases."""
    if arguments.only:
        action, number, at, crashed = (arguments.only + ":").split(":")[:4]
        return [(action, int(number), int(at), crashed)]
    chance, chosen = random.Random(arguments.seed), []
    for crashed in ("", *CRASHES):
        calls = calls_of(work, bench, crashed)
        # The journal's helper syncs by the clock: a few calls more than were counted may come, and are met if they do.
        every = [(*mode, at, crashed) for at in range(1, len(calls) + 4) for mode in MODES]
        chosen += sample(chance, calls, crashed) if arguments.quick else every
    return chosen


def report(cases):
    injected = [case for case in cases if case.met]
    kinds = collections.Counter((case.met.kind, case.errno) for case in injected)
    names = {"o": "open", "w": "write", "t": "truncate", "s": "sync", "r": "rename", "m": "mkdir"}
    for (kind, number), count in sorted(kinds.items()):
        print(f"  {names[kind]:8} {errno.errorcode[number]:6} {count:4} injected")
    failed = [case for case in cases if case.wrong]
    for case in failed:
        print(f"\nFAILED --only {case.name}, kept in {case.tree}, met: {case.met}")
        print("".join(f"  {text.rstrip()}\n" for text in case.wrong))
    print(f"{len(injected)} storage errors injected, {len(failed)} handled wrongly")
    return 1 if failed or not injected else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="ACTION:ERRNO:CALL[:CRASH]")
    parser.add_argument("--parallel", type=int, default=6)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    temporary = folder()
    work = os.path.realpath(temporary.name)
    write(work, "plan.yaml", PLAN)
    with twin(work, BENCH) as process, concurrent.futures.ThreadPoolExecutor(arguments.parallel) as pool:
        for name in CRASHES:
            crash(work, process.bench, name)
        chosen = choose(arguments, work, process.bench)
        cases = list(pool.map(lambda mode: Case(work, process.bench, *mode).run(), chosen))
    status = report(cases)
    if status:
        temporary._finalizer.detach()  # a failing case is looked at
    return status


if __name__ == "__main__":
    sys.exit(main())
