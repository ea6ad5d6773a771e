#!/usr/bin/python3
"""A power cut at every instant of a campaign: what was finished is on disk, and nothing under a final name is damaged.

The shim logs every storage call of a campaign with its data. From the log, the disk that a power cut between any two calls may
leave is put together: of a file, what was synced is there, of the rest nothing, all, or zeros; of a directory, the names as of
its last sync, or as of the cut; each directory by itself. Every such disk is made, recovered and looked at.

    power_test.py              every disk; about five minutes
    power_test.py --quick      a sample of them, drawn from --seed
"""
import argparse
import concurrent.futures
import hashlib
import itertools
import os
import random
import re
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


def finished(disk):
    """Numbers of the runs whose end was synced: as a journal with its end note, or as a run file."""
    numbers = set()
    for path, directory in disk.directories.items():
        for name, item in directory.names.items():
            if os.path.basename(path) == "runs" and name.endswith(".h5"):
                numbers.add(int(name[:6]))
            elif name.endswith(".journal") and isinstance(item, File) and journal_of(item.synced).ended():
                numbers.add(int(name[:6]))
    return numbers


def journal_of(data, cache={}):
    if data not in cache:
        cache[data] = kept.Journal(data)
    return cache[data]


def disks(tree, calls):
    """[(call number, files, finished runs)]: all that differ."""
    seen, result, disk = set(), [], Disk(tree)
    for call in calls:
        disk.take(call)
        must = finished(disk)
        for n, tail in itertools.product(range(len(disk.directories) + 1), TAILS):
            for current in itertools.combinations(disk.directories, n):
                files = disk.after_cut(current, tail)
                key = (frozenset((p, d and hashlib.sha256(d).digest()) for p, d in files.items()), frozenset(must))
                if key not in seen:
                    seen.add(key)
                    result.append((call.number, files, must))
    return result


def lay_out(directory, files):
    os.mkdir(directory)
    for path, data in sorted(files.items()):
        if data is None:
            os.mkdir(os.path.join(directory, path))
            continue
        with open(os.path.join(directory, path), "wb") as file:
            file.write(data)


def ended(out):
    """The runs that are there in full: by their file, or by a journal that holds the end."""
    good, bad = kept.runs(out)
    journals = {n for n, j in kept.journals(out).items() if j.header and j.ended()}
    return set(good) | journals, bad


def look(work, number, at, files, must):
    """Texts of what is wrong with one disk."""
    directory = os.path.join(work, f"cut-{number}")
    out, wrong = os.path.join(directory, "out"), []
    lay_out(directory, files)
    there, bad = ended(out)
    if bad:
        wrong.append(f"unreadable: {bad}")
    if must - there:
        wrong.append(f"lost: runs {sorted(must - there)}")
    if os.path.exists(os.path.join(out, "facts.json")):
        wrong += recovered(out, must)
    if not wrong:
        shutil.rmtree(directory)
    return [f"after call {at}, {directory}: {text}" for text in wrong]


def recovered(out, must):
    done = joulerig("recover", out)
    if done.returncode not in (0, 1):
        return [f"recover: status {done.returncode}: {done.stderr}"]
    good, bad = kept.runs(out)
    wrong = [f"unreadable after recover: {bad}"] if bad else []
    wrong += [f"run {n} was finished and is {good[n].status if n in good else 'lost'}" for n in must
              if n not in good or good[n].status == "interrupted"]
    verified = joulerig("verify", out)
    return wrong + ([f"verify: {verified.stderr}{verified.stdout}"] if verified.returncode else [])


def record(work):
    """A campaign's calls; the tree they are on."""
    tree, log = os.path.join(work, "tree"), os.path.join(work, "log")
    os.mkdir(tree)
    with twin(work, BENCH) as process:
        path = write(work, "plan.yaml", PLAN)
        done = joulerig("run", path, "--bench", process.bench, "-o", os.path.join(tree, "out"),
                        env=faults.environment(tree, log=log, data="yes"))
    assert done.returncode == 0, done.stderr
    return tree, [call for call in faults.read_log(log, data=True) if not call.error]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    temporary = folder()
    work = os.path.realpath(temporary.name)
    tree, calls = record(work)
    every = disks(tree, calls)
    chosen = random.Random(arguments.seed).sample(every, min(150, len(every))) if arguments.quick else every
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = sum(pool.map(lambda case: look(work, case[0], *case[1]), enumerate(chosen)), [])
    for text in wrong:
        print(text)
    print(f"{len(calls)} storage calls of {RUNS} runs, {len(every)} disks that a power cut may leave, {len(chosen)} looked at, "
          f"{len(wrong)} faults")
    if wrong:
        temporary._finalizer.detach()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
