"""A campaign that is cut short: what was recorded is kept, what is done is never done again, and what is missing is said."""
import filecmp
import json
import os
import shutil
import subprocess
import sys
import time
import unittest

import h5py
import numpy

import harness
from harness import QUIET, again_if_busy, exported, folder, joulerig, merged, plan, twin, write

STEADY = merged(QUIET, {"load": {"source": "script", "steps": [{"at": "0 s", "cores": 1}]}})
QUICK = {"idle": "700 ms", "guard": "200 ms", "settle": {"within": "3 W", "during": "300 ms", "at_most": "2 s"},
         "tail": {"within": "3 W", "at_most": "1 s"}}


def crc32c(data):
    """Castagnoli, bit by bit: arrays here are short, and this shares nothing with what wrote them."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def flocked(path):
    return subprocess.Popen([sys.executable, "-c", "import fcntl, os, sys, time\nfd = os.open(sys.argv[1], os.O_RDONLY)\n"
                             "fcntl.flock(fd, fcntl.LOCK_EX)\nprint('locked', flush=True)\ntime.sleep(60)", path], stdout=subprocess.PIPE)


class Case(unittest.TestCase):
    """One twin and one finished campaign of two runs for all; tests work on copies."""

    @classmethod
    def setUpClass(cls):
        cls.shared = folder()
        cls.addClassCleanup(cls.shared.cleanup)
        bench = twin(cls.shared.name, STEADY)
        cls.process = bench.__enter__()
        cls.addClassCleanup(bench.__exit__, None, None, None)
        cls.plan = write(cls.shared.name, "plan.yaml", plan({"nap": ["sleep", "1"]}, repetitions=2, **QUICK))
        cls.finished = os.path.join(cls.shared.name, "finished")
        done = cls.record(cls.plan, cls.finished)
        assert done.returncode == 0, done.stderr + done.stdout

    @classmethod
    def arguments(cls, path, output, *more, bench=None):
        return ["run", path, "--bench", bench or cls.process.bench, "-o", output, *more]

    @classmethod
    def record(cls, path, output, *more, bench=None, cwd=None):
        return again_if_busy(lambda: joulerig(*cls.arguments(path, output, *more, bench=bench), timeout=200, cwd=cwd), output)

    def setUp(self):
        self.folder = folder()
        self.addCleanup(self.folder.cleanup)
        self.output = os.path.join(self.folder.name, "out")

    def copied(self):
        shutil.copytree(self.finished, self.output)
        return self.output

    def path(self, *names):
        return os.path.join(self.output, *names)

    def run_to_end(self, path, *more, expect=0, bench=None, cwd=None):
        done = self.record(path, self.output, *more, bench=bench, cwd=cwd)
        self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        self.assertNotIn("Sanitizer", done.stderr)
        return done.stderr

    def kill_when(self, path, happened, *more):
        """SIGKILL as soon as `happened` says so."""
        process = subprocess.Popen([harness.JOULERIG, *self.arguments(path, self.output, *more)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not happened():
            self.assertIsNone(process.poll(), "it ended before it could be killed")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.002)
        process.kill()
        process.communicate()

    def recover(self, expect=0):
        done = joulerig("recover", self.output)
        self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        return done.stdout

    def slots(self):
        """[(slot, attempt, status)] of the runs, in order of their numbers."""
        return [(r["slot"], r["attempt"], r["status"]) for r in exported(self.output)["runs"] if r["phase"] == ""]

    def assert_complete(self, n):
        """Each slot is done by exactly one run; run numbers and attempts are never used twice."""
        runs = self.slots()
        done = [slot for slot, _, status in runs if status != "interrupted"]
        self.assertEqual(sorted(done), list(range(n)))
        self.assertEqual(len({(slot, attempt) for slot, attempt, _ in runs}), len(runs))
        self.assertEqual(sorted(os.listdir(self.path("runs"))), [f"{i + 1:06d}.h5" for i in range(len(runs))])


class Ranges(Case):
    def test_each_run_file_has_the_meters_range(self):
        for name in os.listdir(os.path.join(self.finished, "runs")):
            with h5py.File(os.path.join(self.finished, "runs", name)) as file:
                self.assertEqual(len(file["entry/ranges/t"]), 1, name)


class Analyse(Case):
    def test_bit_for_bit(self):
        self.copied()
        os.unlink(self.path("campaign.h5"))
        done = joulerig("analyse", self.output)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(filecmp.cmp(self.path("campaign.h5"), os.path.join(self.finished, "campaign.h5"), shallow=False))

    def test_the_end_note_ends_in_its_status(self):
        with h5py.File(os.path.join(self.finished, "runs/000001.h5")) as file:  # else a torn note could pass for a whole one
            self.assertEqual(list(json.loads(file["/entry/raw_log/notes"][()]))[-1], "status")

    def test_one_changed_sample_changes_the_numbers(self):
        before = exported(self.copied())["runs"]
        with h5py.File(self.path("runs/000002.h5"), "r+") as file:
            values, times = file["/entry/instrument/wall/power/value"], file["/entry/instrument/wall/power/t"]
            middle = int(numpy.searchsorted(times[:], (before[1]["bracket"]["start_ns"] + before[1]["bracket"]["stop_ns"]) // 2))
            values[middle] += 0.01
            values.attrs.modify("crc32c", numpy.uint32(crc32c(values[:].tobytes())))
        self.assertEqual(joulerig("analyse", self.output).returncode, 0)
        after = exported(self.output)["runs"]
        self.assertEqual(after[0], before[0])
        gross = [next(s for s in runs[1]["sources"] if s["name"] == "wall")["gross"]["value"] for runs in (before, after)]
        self.assertNotEqual(*gross)
        self.assertAlmostEqual(gross[1] - gross[0], 0.01 * 0.1, places=6)  # W for one window of 100 ms

    def test_a_damaged_run_file_is_named_and_the_others_are_analysed(self):
        self.copied()
        with h5py.File(self.path("runs/000001.h5"), "r+") as file:
            file["/entry/instrument/wall/power/value"][3] += 1
        for attempt in ("analyse", "recover"):
            done = joulerig(attempt, self.output)
            self.assertEqual(done.returncode, 5, done.stdout)
            self.assertIn("runs/000001.h5", done.stderr)
            self.assertEqual([r["run"] for r in exported(self.output)["runs"]], [2])
            self.assertIn("missing: the files of these runs are damaged or gone: 1", joulerig("show", self.output).stdout)
        self.assertIn("000001.h5", self.run_to_end(self.plan, "--resume", expect=5))

    def test_a_run_of_another_campaign_is_refused(self):
        self.copied()
        shutil.copy(self.path("runs/000001.h5"), self.path("runs/000003.h5"))
        done = joulerig("analyse", self.output)
        self.assertEqual(done.returncode, 5)
        self.assertIn("this is run 1", done.stderr)

    def test_one_writer_at_a_time(self):
        self.copied()
        with flocked(self.output) as holder:
            holder.stdout.readline()
            for command in (["analyse", self.output], ["recover", self.output],
                            ["run", self.plan, "--bench", self.process.bench, "-o", self.output, "--resume"]):
                done = joulerig(*command)
                self.assertEqual(done.returncode, 6, done.stderr)
                self.assertIn("another joulerig", done.stderr)
            holder.kill()


class Resume(Case):
    def changed_plan(self, **changes):
        return write(self.folder.name, "plan.yaml", plan({"nap": ["sleep", "1"]}, **{"repetitions": 2, **QUICK, **changes}))

    def test_of_a_complete_campaign(self):
        self.copied()
        self.assertIn("all 2 runs are done", self.run_to_end(self.plan, "--resume"))
        self.assertTrue(filecmp.cmp(self.path("campaign.h5"), os.path.join(self.finished, "campaign.h5"), shallow=False))

    def test_is_offered_where_it_is_possible(self):
        self.copied()
        self.assertIn("--resume", self.run_to_end(self.plan, expect=6))
        self.output = self.folder.name  # holds other things
        self.assertNotIn("--resume", self.run_to_end(self.plan, expect=6))
        self.assertIn("no campaign in it", self.run_to_end(self.plan, "--resume", expect=6))

    def test_refuses_another_plan(self):
        self.copied()
        self.assertIn("not the plan", self.run_to_end(self.changed_plan(seed=2), "--resume", expect=3))

    def test_refuses_another_bench(self):
        self.copied()
        with open(self.process.bench, encoding="utf-8") as f:
            bench = write(self.folder.name, "bench.yaml", f.read() + "# moved to the other room\n")
        self.assertIn("not the bench", self.run_to_end(self.plan, "--resume", expect=3, bench=bench))

    def test_is_refused_before_an_instrument_is_touched(self):
        self.copied()
        with open(self.process.bench, encoding="utf-8") as f:
            bench = write(self.folder.name, "bench.yaml", f.read().replace("unix://", "unix:///nobody"))
        self.assertIn("--resume", self.run_to_end(self.plan, expect=6, bench=bench))
        self.output = self.folder.name
        self.run_to_end(self.plan, "--resume", expect=6, bench=bench)

    def fact(self, change):
        """As if something had been another thing when the campaign began; and as if a run were missing."""
        self.copied()
        os.unlink(self.path("runs/000002.h5"))
        os.unlink(self.path("logs/000002.log"))
        with open(self.path("facts.json"), encoding="utf-8") as f:
            facts = json.load(f)
        change(facts)
        write(self.output, "facts.json", facts)

    def test_refuses_another_device(self):
        def change(facts):
            facts["bench"]["devices"][0]["serial"] = "OLD77"
        self.fact(change)
        messages = self.run_to_end(self.plan, "--resume", expect=3)
        self.assertNotIn("kept in", messages)
        self.assertIn("serial was \"OLD77\"", messages)
        self.assertIn("device wall", messages)

    def test_refuses_another_machine(self):
        def change(facts):
            facts["machine"]["hostname"] = "other-host"
        self.fact(change)
        messages = self.run_to_end(self.plan, "--resume", expect=3)
        self.assertIn("machine: hostname was \"other-host\"", messages)
        self.assertEqual(os.listdir(self.path("runs")), ["000001.h5"])

    def test_refuses_another_processor(self):
        def change(facts):
            facts["machine"]["cpu"]["microcode"] = "0xbeef"
        self.fact(change)
        self.assertIn("microcode was \"0xbeef\"", self.run_to_end(self.plan, "--resume", expect=3))

    def test_warns_of_another_version(self):
        """All that is worked out is worked out again, from raw data."""
        def change(facts):
            facts["version"] = "0.0.1-old"
        self.fact(change)
        self.assertIn("0.0.1-old", self.run_to_end(self.plan, "--resume"))
        self.assert_complete(2)

    def test_writes_over_no_log(self):
        self.copied()
        os.unlink(self.path("runs/000002.h5"))
        write(self.output, "logs/000002.log", "what it printed\n")
        self.run_to_end(self.plan, "--resume")
        self.assertEqual(sorted(os.listdir(self.path("runs"))), ["000001.h5", "000003.h5"])
        with open(self.path("logs/000002.log"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "what it printed\n")

    def test_refuses_another_working_directory(self):
        """Where a command that names a file finds another one, or none."""
        self.copied()
        os.unlink(self.path("runs/000002.h5"))
        messages = self.run_to_end(self.plan, "--resume", expect=3, cwd=self.folder.name)
        self.assertIn(os.getcwd(), messages)
        self.assertIn(os.path.realpath(self.folder.name), messages)
        self.assertEqual(os.listdir(self.path("runs")), ["000001.h5"])

    def test_refuses_another_interpreter(self):
        binary = os.path.join(self.folder.name, "python")
        shutil.copy("/usr/bin/python3", binary)
        arms = {"only": {"python": binary, "gil": True}}
        path = write(self.folder.name, "plan.yaml", plan({"nap": ["{python}", "-c", "pass"]}, repetitions=2, arms=arms, **QUICK))
        self.kill_when(path, lambda: os.path.exists(self.path("runs/000001.journal")))
        with open(binary, "ab") as f:
            f.write(b"\0")
        messages = self.run_to_end(path, "--resume", expect=3)
        self.assertIn("interpreter of arm only", messages)
        self.assertIn("sha256", messages)

    def test_takes_up_what_a_crash_before_the_first_run_left(self):
        for names in ([], [""], ["runs/"], ["runs/", "logs/", "plan.yaml"], ["runs/", "logs/", "plan.yaml", "bench.yaml", "facts.json.part"]):
            output = os.path.join(self.folder.name, f"out{len(names)}{len(''.join(names))}")
            for name in names:
                os.makedirs(os.path.join(output, os.path.dirname(name)), exist_ok=True)
                if name and not name.endswith("/"):
                    write(output, name, "half wri")
            if names:
                done = joulerig("recover", output)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("no run had begun", done.stdout)
            self.output = output
            if len(names) in (0, 5):  # one run each: the others would only take time
                self.run_to_end(self.changed_plan(repetitions=1), "--resume")
                self.assert_complete(1)

    def test_of_a_bare_command(self):
        command = ["--", "sleep", "2.5"]  # so that it is killed in time on a busy machine, too
        process = subprocess.Popen([harness.JOULERIG, "run", "--bench", self.process.bench, "-o", self.output, "-n", "1", *command],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not os.path.exists(self.path("runs/000001.journal")):
            time.sleep(0.01)
        process.kill()
        process.communicate()
        again = ["run", "--bench", self.process.bench, "-o", self.output, "--resume", "-n"]
        other = joulerig(*again, "2", *command)
        self.assertEqual(other.returncode, 3, other.stderr)
        done = again_if_busy(lambda: joulerig(*again, "1", *command), self.output)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.slots(), [(0, 1, "interrupted"), (0, 2, "ok")])


class Recover(Case):
    def journal(self, number):
        return self.path("runs", f"{number:06d}.journal")

    def test_killed_again_and_again(self):
        """Before the start of the first run, in the middle of the second, and as soon as a run file is there."""
        path = write(self.folder.name, "plan.yaml", plan({"nap": ["sleep", "1.5"]}, repetitions=3, **QUICK))
        # Its name is there before its header is: killed in between there is no run yet.
        self.kill_when(path, lambda: os.path.exists(self.journal(1)) and os.path.getsize(self.journal(1)) > 0)
        said = self.recover()
        self.assertIn("run 1: interrupted, found after a crash: cut short before its start", said)
        self.assertEqual(self.recover(), "")
        self.assertEqual(self.slots(), [(0, 1, "interrupted")])

        began = {}

        def in_the_middle_of_run_3():
            if os.path.exists(self.journal(3)):
                began.setdefault("at", time.monotonic())
            return began and time.monotonic() > began["at"] + 1.7
        self.kill_when(path, in_the_middle_of_run_3, "--resume")
        said = self.recover()
        self.assertIn("run 3: interrupted, found after a crash: cut short while the workload ran", said)
        self.assertEqual(self.slots(), [(0, 1, "interrupted"), (0, 2, "ok"), (1, 1, "interrupted")])
        with h5py.File(self.path("runs/000003.h5")) as file:
            stamps = file["/entry/instrument/wall/power/t"][:]
            self.assertGreater(stamps[-1] - stamps[0], 0.9e9)  # a sync each second; SIGKILL takes what was not flushed

        self.kill_when(path, lambda: os.path.exists(self.path("runs/000004.h5")), "--resume")
        messages = self.run_to_end(path, "--resume")
        self.assertIn("2 of 3 runs are done", messages)
        self.assert_complete(3)
        self.assertEqual(exported(self.output)["summary"][0]["n"], 3)
        table = joulerig("show", self.output).stdout
        self.assertIn("1 run interrupted: found after a crash: cut short while the workload ran", table)
        live = self.path("campaign.h5")
        kept = shutil.copy(live, self.folder.name)
        self.assertEqual(joulerig("analyse", self.output).returncode, 0)
        self.assertTrue(filecmp.cmp(live, kept, shallow=False))

    def test_a_journal_without_a_header_is_set_aside(self):
        self.copied()
        write(self.output, "runs/000003.journal", "")
        write(self.output, "runs/000004.journal", "\nJRH but no more")
        write(self.output, "runs/000005.h5.part", "half")
        said = self.recover()
        self.assertIn("set aside as 000003.journal.unreadable", said)
        self.assertIn("1 half-written file was removed", said)
        self.assertEqual(sorted(os.listdir(self.path("runs"))),
                         ["000001.h5", "000002.h5", "000003.journal.unreadable", "000004.journal.unreadable"])
        self.assertEqual(self.recover(), "")

    def test_touches_nothing_that_is_no_campaign(self):
        write(self.folder.name, "campaign.h5.part", "somebody's")
        write(self.folder.name, "notes.txt", "somebody's")
        done = joulerig("recover", self.folder.name)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(os.path.exists(os.path.join(self.folder.name, "campaign.h5.part")))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
