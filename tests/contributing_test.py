#!/usr/bin/python3
"""contributing_test.py [FOLDER]: does what CONTRIBUTING.md tells somebody with a new meter to do, in a copy of the tree, and builds and tries it.

A fence of its text that names a path is taken: ```c PATH is a new file, ```diff PATH are lines that go (+) behind the lines that stand there."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(c|diff) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TARGETS = ["drivers_acme_pm1_test", "drivers_registry_test", "joulerig"]
LEAVE = shutil.ignore_patterns(".git", "build", "build-*", "__pycache__")


def steps():
    return FENCE.findall((ROOT / "CONTRIBUTING.md").read_text())


def insert(path, diff):
    """Lines that begin with a blank stand there, one behind the other; those with a + come in where they are."""
    old = [line[1:] for line in diff.splitlines() if line[:1] == " "]
    new = [line[1:] for line in diff.splitlines() if line[:1] in " +"]
    text = path.read_text()
    before = "\n".join(old) + "\n"
    if text.count(before) != 1:
        raise AssertionError(f"{path.name} has these lines {text.count(before)} times:\n{before}")
    path.write_text(text.replace(before, "\n".join(new) + "\n"))


def follow(tree):
    for kind, name, body in steps():
        path = tree / name
        if kind == "diff":
            insert(path, body)
        elif path.exists():
            raise AssertionError(f"{name} is there already")
        else:
            path.write_text(body)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}:\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
    return done.stdout


class WorkedExample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="joulerig-contributing-")
        cls.tree = pathlib.Path(cls.scratch.name) / "tree"
        cls.build = pathlib.Path(cls.scratch.name) / "build"
        shutil.copytree(ROOT, cls.tree, symlinks=True, ignore=LEAVE)
        follow(cls.tree)
        run("cmake", "-S", cls.tree, "-B", cls.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
            "-DCMAKE_C_FLAGS=-O0")
        cls.said = run("cmake", "--build", cls.build, "--target", *TARGETS)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_one_file_and_one_line(self):
        """…in what is built; its test and its rows in the documents beside that."""
        product = [(kind, name, body) for kind, name, body in steps() if name.startswith(("drivers/", "host/")) and not name.endswith(".md")]
        files = [name for kind, name, body in product if kind == "c"]
        lines = [line for kind, name, body in product if kind == "diff" for line in body.splitlines() if line.startswith("+")]
        self.assertEqual((len(files), len(lines)), (1, 1))

    def test_no_warning(self):
        self.assertNotRegex(self.said, r"acme_pm1\S*: (warning|error)")

    def test_its_test(self):
        run(self.build / "tests/drivers_acme_pm1_test")

    def test_the_table_of_drivers(self):
        run(self.build / "tests/drivers_registry_test")
        self.assertRegex(run(self.build / "joulerig", "detect", "--drivers"), r"(?m)^acme_pm1 +untried +serial tcp unix pty +power, voltage, current$")

    def test_a_bench_file(self):
        bench = pathlib.Path(self.scratch.name) / "bench.yaml"
        bench.write_text("joulerig: bench 1\nname: desk\ndevices:\n  wall:\n    driver: acme_pm1\n"
                         "    endpoint: serial:///dev/ttyUSB0?baud=115200\n    measures: wall\n")
        run(self.build / "joulerig", "check", "--bench", bench)


if __name__ == "__main__":
    if len(sys.argv) > 1:  # somebody wants to look at it
        shutil.copytree(ROOT, sys.argv[1], symlinks=True, ignore=LEAVE)
        follow(pathlib.Path(sys.argv[1]))
    else:
        unittest.main(verbosity=2)
