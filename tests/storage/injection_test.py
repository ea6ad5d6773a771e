#!/usr/bin/python3
"""A disk that fills up or fails, at every storage call of a campaign in turn: a clear error, earlier runs intact, resume works.

    injection_test.py              every call, every way to fail; about five minutes
    injection_test.py --quick      a sample of them, drawn from --seed
    injection_test.py --only once:5:17      one: ACTION:ERRNO:CALL, as printed for one that failed

Each injected error must end joulerig with status 5 and one line that names the file, the cause and, for space, the remedy. No
run that had its file may be lost or changed, no unreadable file may have a final name, and with the disk in order again
`run --resume` must complete the schedule, each slot exactly once.
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


class Case:
    """One campaign with one injected error; .wrong collects what is not as it must be."""

    def __init__(self, work, bench, action, number, at):
        self.name, self.bench = f"{action}:{number}:{at}", bench
        self.plan = os.path.join(work, "plan.yaml")
        self.tree = os.path.join(work, self.name.replace(":", "-"))
        self.out, self.log = os.path.join(self.tree, "out"), self.tree + ".log"
        self.settings = {"kinds": faults.STORING, "action": action, "errno": number, "at": at, "log": self.log}
        self.errno, self.wrong, self.met = number, [], None

    def expect(self, holds, text):
        if not holds:
            self.wrong.append(text)

    def joulerig(self, *arguments, **options):
        return joulerig("run", self.plan, "--bench", self.bench, "-o", self.out, *arguments, timeout=TIMEOUT, **options)

    def run(self):
        os.mkdir(self.tree)
        done = self.joulerig(env=faults.environment(self.tree, **self.settings))
        calls = faults.read_log(self.log)
        self.met = next((call for call in calls if call.number == int(self.settings["at"])), None)
        if self.met is None:
            self.expect(done.returncode == 0, f"status {done.returncode} without an error: {done.stderr}")
            return self
        self.check_message(done)
        before = self.check_runs(calls)
        self.check_resume(before)
        if not self.wrong:
            shutil.rmtree(self.tree)
            os.unlink(self.log)
        return self

    def check_message(self, done):
        lines = [line for line in done.stderr.splitlines() if line.startswith("joulerig: ")]
        self.expect(done.returncode == 5, f"status {done.returncode}, not 5: {done.stderr}")
        self.expect(len(lines) == 1, f"{len(lines)} messages, not one: {done.stderr}")
        message = lines[0] if lines else ""
        self.expect(message.startswith(f"joulerig: {self.out}"), f"the message names no file of the campaign: {message}")
        self.expect(os.strerror(self.errno) in message, f"the message does not give the cause: {message}")
        self.expect(self.errno != errno.ENOSPC or "free some space" in message, f"the message gives no remedy: {message}")

    def check_runs(self, calls):
        """What had its final name is still there; returns the runs that are complete, by number: (status, sha256 or None)."""
        named = {int(os.path.basename(c.to)[:6]) for c in calls if c.kind == "r" and not c.error and re.search(r"/runs/\d+\.h5$", c.to)}
        good, bad = kept.runs(self.out)
        self.expect(not bad, f"unreadable: {bad}")
        self.expect(named <= set(good), f"lost: {sorted(named - set(good))}")
        parts = [name for _, _, names in os.walk(self.out) for name in names if name.endswith(".part")]
        self.expect(not parts, f"left behind: {parts}")
        before = {number: (run.status, run.sha256) for number, run in good.items()}
        for number, journal in kept.journals(self.out).items():
            if journal.header and journal.ended():
                before.setdefault(number, (journal.notes["status"], None))
        return before

    def check_resume(self, before):
        done = self.joulerig("--resume")
        self.expect(done.returncode == 0, f"--resume: status {done.returncode}: {done.stderr}")
        good, bad = kept.runs(self.out)
        self.expect(not bad, f"unreadable after --resume: {bad}")
        for number, (status, sha256) in before.items():
            run = good.get(number)
            self.expect(run and run.status == status, f"run {number} was {status} and is now {run.status if run else 'lost'}")
            self.expect(not run or sha256 in (None, run.sha256), f"the file of run {number} has changed")
        self.wrong += kept.schedule_faults(good, RUNS)
        left = [name for _, _, names in os.walk(self.out) for name in names if name.endswith((".part", ".journal"))]
        self.expect(not left, f"left behind after --resume: {left}")
        self.wrong += kept.verify_faults(self.out)


def count_calls(work, bench):
    case = Case(work, bench, "none", 0, 0)
    case.run()
    assert not case.wrong, case.wrong
    return max(call.number for call in faults.read_log(case.log))


def choose(arguments, calls):
    # The journal's helper syncs by the clock: a few calls more than were counted may come, and are met if they do.
    every = [(action, number, at) for at in range(1, calls + 4) for action, number in MODES]
    if arguments.only:
        action, number, at = arguments.only.split(":")
        return [(action, int(number), int(at))]
    return random.Random(arguments.seed).sample(every, 24) if arguments.quick else every


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
    parser.add_argument("--only", metavar="ACTION:ERRNO:CALL")
    parser.add_argument("--parallel", type=int, default=6)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    temporary = folder()
    work = os.path.realpath(temporary.name)
    write(work, "plan.yaml", PLAN)
    with twin(work, BENCH) as process, concurrent.futures.ThreadPoolExecutor(arguments.parallel) as pool:
        chosen = choose(arguments, count_calls(work, process.bench))
        cases = list(pool.map(lambda mode: Case(work, process.bench, *mode).run(), chosen))
    status = report(cases)
    if status:
        temporary._finalizer.detach()  # a failing case is looked at
    return status


if __name__ == "__main__":
    sys.exit(main())
