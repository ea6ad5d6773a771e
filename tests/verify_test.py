"""`joulerig verify` and `joulerig pack` as a user runs them, on the sample campaign of store_samples_test: exit status, one line for
each finding, a summary; what a pack refuses; show and export read a pack as they read the directory.

    verify_test.py JOULERIG SAMPLES_PROGRAM
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py

JOULERIG, SAMPLES = None, None


def joulerig(*arguments):
    return subprocess.run([JOULERIG, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="joulerig-verify-")
        self.addCleanup(self.folder.cleanup)
        self.campaign = os.path.join(self.folder.name, "campaign")
        os.mkdir(self.campaign)
        subprocess.run([SAMPLES, self.campaign], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pack = os.path.join(self.folder.name, "packed.h5")
        os.rename(os.path.join(self.campaign, "packed.h5"), self.pack)

    def path(self, *names):
        return os.path.join(self.campaign, *names)

    def damage(self, path, dataset):
        with h5py.File(path, "r") as file:
            offset = file[dataset].id.get_offset()
        with open(path, "r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 1]))

    def assert_says(self, done, status, *lines):
        self.assertEqual((done.returncode, done.stderr), (status, ""))
        self.assertEqual(len(done.stdout.splitlines()), len(lines), done.stdout)
        for said, line in zip(done.stdout.splitlines(), lines):
            self.assertTrue(said.startswith(line), f"{said!r}: not {line!r}")


class Verify(Case):
    def test_what_is_well(self):
        self.assert_says(joulerig("verify", self.campaign), 0, "8 files, 4 runs: 0 problems, 0 notes")
        self.assert_says(joulerig("verify", self.pack, self.path("campaign.h5"), self.path("runs/000002.h5")), 0,
                         "3 files, 5 runs: 0 problems, 0 notes")

    def test_what_is_damaged(self):
        self.damage(self.path("runs/000003.h5"), "/entry/instrument/wall/power/value")
        finding = self.path("runs/000003.h5") + ": /entry/instrument/wall/power/value: was changed or damaged"
        self.assert_says(joulerig("verify", self.campaign), 5, finding, "8 files, 4 runs: 1 problem, 0 notes")
        self.damage(self.pack, "/runs/000003/instrument/wall/power/value")
        finding = self.pack + ": /runs/000003/instrument/wall/power/value: was changed or damaged"
        self.assert_says(joulerig("verify", self.pack), 5, finding, "1 file, 4 runs: 1 problem, 0 notes")

    def test_what_a_crash_left_is_no_problem(self):
        with open(self.path("runs/000005.journal"), "w", encoding="utf-8"):
            pass
        self.assert_says(joulerig("verify", self.campaign), 0, self.path("runs/000005.journal") + ": note: a run that",
                         "8 files, 4 runs: 0 problems, 1 note")

    def test_usage(self):
        for arguments in ((), ("--wrong",), (self.path("nothing"),)):
            done = joulerig("verify", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("verify", done.stderr)


class Pack(Case):
    def test_the_same_bytes(self):
        again = os.path.join(self.folder.name, "again.h5")
        self.assert_says(joulerig("pack", self.campaign, "-o", again), 0)
        with open(again, "rb") as a, open(self.pack, "rb") as b:
            self.assertEqual(a.read(), b.read())

    def test_show_and_export_read_it(self):
        for command in (["show"], ["show", "2"], ["export", "--format", "json"], ["export", "--format", "csv"]):
            of_directory, of_pack = (joulerig(command[0], place, *command[1:]) for place in (self.campaign, self.pack))
            self.assertEqual(of_pack.returncode, 0, of_pack.stderr)
            self.assertEqual(of_pack.stdout, of_directory.stdout)
            self.assertGreater(len(of_pack.stdout), 500)

    def test_what_is_there_stays(self):
        with open(self.pack, "rb") as file:
            before = file.read()
        done = joulerig("pack", self.campaign, "-o", self.pack)
        self.assertEqual(done.returncode, 6, done.stderr)
        with open(self.pack, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_what_does_not_verify_is_not_packed(self):
        self.damage(self.path("runs/000003.h5"), "/entry/instrument/wall/power/value")
        output = os.path.join(self.folder.name, "new.h5")
        done = joulerig("pack", self.campaign, "-o", output)
        self.assertEqual(done.returncode, 5)
        self.assertIn("000003.h5: /entry/instrument/wall/power/value: was changed", done.stderr)
        self.assertFalse(os.path.exists(output) or os.path.exists(output + ".part"))

    def test_a_run_that_is_only_a_journal_is_not_left_out(self):
        with open(self.path("runs/000005.journal"), "w", encoding="utf-8"):
            pass
        self.refuse(5, "run 5 has a journal", "joulerig recover first", "000005.journal: note: ")
        os.rename(self.path("runs/000005.journal"), self.path("runs/000004.journal"))  # of which there is a file: a crash came before it was removed
        self.assertEqual(joulerig("pack", self.campaign, "-o", os.path.join(self.folder.name, "new.h5")).returncode, 0)

    def test_nobody_writes_meanwhile(self):
        lock = os.open(self.campaign, os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.refuse(6, "another joulerig is writing")
        os.close(lock)

    def refuse(self, status, *messages):
        output = os.path.join(self.folder.name, "new.h5")
        done = joulerig("pack", self.campaign, "-o", output)
        self.assertEqual(done.returncode, status, done.stderr)
        for message in messages:
            self.assertIn(message, done.stderr)
        self.assertFalse(os.path.exists(output))

    def test_a_pack_outlives_its_directory(self):
        shutil.rmtree(self.campaign)
        self.assert_says(joulerig("verify", self.pack), 0, "1 file, 4 runs: 0 problems, 0 notes")

    def test_usage(self):
        for arguments in ((), (self.campaign,), ("-o", "x"), (self.path("nothing"), "-o", "x")):
            self.assertEqual(joulerig("pack", *arguments).returncode, 2, arguments)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    JOULERIG, SAMPLES = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
