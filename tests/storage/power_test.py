#!/usr/bin/python3
"""A power cut at every instant of a campaign: what was finished is on disk, and nothing under a final name is damaged.

The shim logs every storage call of a campaign with its data. From the log, the disk that a power cut between any two calls may
leave is put together: of a file, what was synced is there, of the rest nothing, all, or zeros; of a directory, the names as of
its last sync, or as of the cut; each directory by itself. Every such disk is made, recovered and looked at.
"""
import concurrent.futures
import functools
import hashlib
import itertools
import os
import shutil
import sys

import faults
import kept
from harness import folder, joulerig, twin, write
from injection_test import BENCH, PLAN, RUNS

TAILS = ("nothing", "all", "zeros")  # what has become of the bytes that were not synced


class File:
    def __init__(self):
        self.data, self.synced = b"", b""

    def after_cut(self, tail):
        if tail == "all":
            return self.data
        if tail == "nothing":
            return self.synced
        return self.synced + bytes(max(0, len(self.data) - len(self.synced)))


class Directory:
    def __init__(self):
        self.names, self.synced = {}, {}


class Disk:
    """The tree as the calls so far have left it: in the kernel, and surely on disk."""

    def __init__(self, tree):
        self.tree, self.directories = tree, {tree: Directory()}

    def names(self, path):
        return self.directories[os.path.dirname(path)].names

    def take(self, call):
        """Follows one call that succeeded."""
        path, name = call.path, os.path.basename(call.path)
        assert call.kind != "t", f"what a truncated file is after a power cut is not known here: {call}"
        if call.kind == "m":
            self.directories[path] = self.names(path)[name] = Directory()
        elif call.kind == "o":
            if name not in self.names(path):
                self.names(path)[name] = File()
            elif call.size:
                self.names(path)[name].data = b""
        elif call.kind == "w":
            self.names(path)[name].data += call.data
        elif call.kind == "s" and path in self.directories:
            self.directories[path].synced = dict(self.directories[path].names)
        elif call.kind == "s":
            self.names(path)[name].synced = self.names(path)[name].data
        elif call.kind == "r":
            self.names(call.to)[os.path.basename(call.to)] = self.names(path).pop(name)
        elif call.kind == "u":
            del self.names(path)[name]

    def after_cut(self, current, tail):
        """{relative path: bytes, or None for a directory}; `current` are the directories whose names were all written back."""
        found = {}

        def add(directory, path):
            for name, item in (directory.names if path in current else directory.synced).items():
                below = os.path.join(path, name)
                relative = os.path.relpath(below, self.tree)
                if isinstance(item, Directory):
                    found[relative] = None
                    add(item, below)
                else:
                    found[relative] = item.after_cut(tail)
        add(self.directories[self.tree], self.tree)
        return found


@functools.cache
def journal_of(data):
    return kept.Journal(data)


@functools.cache
def run_of(data):
    return kept.Run(data)


def owed(disk, before):
    """What no power cut may take any more: {run: (its status if it had ended, samples)}, by what joulerig had synced. What was
    owed before stays so, whatever becomes of the files."""
    found = dict(before)
    for path, directory in disk.directories.items():
        names = directory.names if os.path.basename(path) == "runs" else {}
        for name, item in sorted(names.items(), reverse=True):  # a journal before its run file, which tells more
            if name.endswith(".journal") and (journal := journal_of(item.synced)).samples:
                found[int(name[:6])] = (journal.notes.get("status"), sum(journal.samples.values()))
            elif name.endswith(".h5"):
                run = run_of(item.data)
                found[int(name[:6])] = (run.status, sum(run.samples.values()))
    return found


def disks(tree, calls):
    """[(call, files, what is owed)]: all that differ."""
    seen, result, disk, debt = set(), [], Disk(tree), {}
    for call in calls:
        disk.take(call)
        debt = owed(disk, debt)
        for n, tail in itertools.product(range(len(disk.directories) + 1), TAILS):
            for current in itertools.combinations(disk.directories, n):
                files = disk.after_cut(current, tail)
                key = (frozenset((p, d and hashlib.sha256(d).digest()) for p, d in files.items()), frozenset(debt.items()))
                if key not in seen:
                    seen.add(key)
                    result.append((call, files, debt))
    return result


def lay_out(directory, files):
    os.mkdir(directory)
    for path, data in sorted(files.items()):
        if data is None:
            os.mkdir(os.path.join(directory, path))
            continue
        with open(os.path.join(directory, path), "wb") as file:
            file.write(data)


def look(work, number, call, files, debt):
    """Texts of what is wrong with one disk."""
    directory = os.path.join(work, f"cut-{number}")
    out = os.path.join(directory, "out")
    lay_out(directory, files)
    wrong = [f"unreadable: {bad}" for bad in kept.runs(out)[1].items()]
    if os.path.exists(os.path.join(out, "facts.json")):
        wrong += recover(out)
    good, bad = kept.runs(out)
    wrong += [f"unreadable after recover: {bad}" for bad in bad.items()]
    for run, (status, samples) in debt.items():
        if run not in good:
            wrong.append(f"run {run} is lost")
        elif status not in (None, good[run].status) or sum(good[run].samples.values()) < samples:
            wrong.append(f"run {run} was {status} with {samples} samples and is {good[run].status} with {good[run].samples}")
    if not wrong:
        shutil.rmtree(directory)
    return [f"after {call}, {directory}: {text}" for text in wrong]


def recover(out):
    done = joulerig("recover", out)
    return [f"recover: status {done.returncode}: {done.stderr}"] if done.returncode else kept.verify_faults(out)


class Recording:
    """Processes on one campaign, one after another, and all their calls."""

    def __init__(self, work, name, bench):
        self.tree, self.log = os.path.join(work, name), os.path.join(work, name + ".log")
        self.plan, self.bench, self.calls = write(work, "plan.yaml", PLAN), bench, []
        os.mkdir(self.tree)

    def run(self, status, *arguments, **settings):
        done = joulerig("run", self.plan, "--bench", self.bench, "-o", os.path.join(self.tree, "out"), *arguments,
                        env=faults.environment(self.tree, log=self.log, data="yes", **settings))
        assert done.returncode == status, done.stderr
        calls = [call for call in faults.read_log(self.log, data=True) if not call.error]
        os.unlink(self.log)
        self.calls += calls
        return calls


def record(work):
    """A campaign that is killed within its first run, then when a run file is to get its name, and then goes on to its end."""
    with twin(work, BENCH) as process:
        whole = Recording(work, "whole", process.bench).run(0)
        samples = [call.number for call in whole if call.kind == "w" and call.path.endswith("000001.journal")][2]
        recording = Recording(work, "killed", process.bench)
        recording.run(-9, action="torn", at=samples)
        recording.run(-9, "--resume", action="before", at=1, match="/runs/000002.h5", kinds="r")
        recording.run(0, "--resume")
        return recording


def main():
    temporary = folder()
    work = os.path.realpath(temporary.name)
    recording = record(work)
    every = disks(recording.tree, recording.calls)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = sum(pool.map(lambda case: look(work, case[0], *case[1]), enumerate(every)), [])
    for text in wrong:
        print(text)
    print(f"{len(recording.calls)} storage calls of {RUNS} slots, killed twice, {len(every)} disks that a power cut may leave, "
          f"{len(wrong)} faults")
    if wrong:
        temporary._finalizer.detach()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
