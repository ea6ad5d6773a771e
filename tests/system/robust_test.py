"""What goes wrong in a lab: each case gives the right number, or a run that is marked with the reason. Never a wrong number."""
import glob
import os
import subprocess
import sys
import time
import unittest

import harness
from harness import QUIET, again_if_busy, exported, folder, joulerig, late_runs, merged, plan, source, truth_of, twin, write

# Constant power: gross is power x time wherever the run happens to lie, and a wrong number cannot hide.
STEADY = merged(QUIET, {"load": {"source": "script", "steps": [{"at": "0 s", "cores": 1}]}})
PYTHON = "/usr/bin/python3"


def python(code):
    return [PYTHON, "-c", code]


def alive(marker):
    """Processes whose command line holds `marker`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if marker.encode() in f.read().replace(b"\0", b" ") and int(pid) != os.getpid():
                    found.append(pid)
        except OSError:
            pass
    return found


class Case(unittest.TestCase):
    measures = True  # what is tested is what becomes of the measurement

    def setUp(self):
        self.folder = folder()
        self.addCleanup(self.folder.cleanup)
        self.output = os.path.join(self.folder.name, "out")

    def run_plan(self, bench, workloads, expect=None, **changes):
        path = write(self.folder.name, "plan.yaml", plan(workloads, **changes))
        def record():
            return joulerig("run", path, "--bench", bench, "-o", self.output)
        done = record() if self.measures else again_if_busy(record, self.output)
        self.assertNotIn("Sanitizer", done.stderr)
        self.assertNotIn("runtime error", done.stderr)
        self.assert_files_hold()
        if expect is not None:
            self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        return done

    def assert_files_hold(self):
        """Whatever has gone wrong: the run files say it as the layout demands."""
        runs = glob.glob(os.path.join(self.output, "runs", "*.h5"))
        if runs:
            done = joulerig("verify", *runs)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def only_run(self, phase=""):
        runs = [r for r in exported(self.output)["runs"] if r["phase"] == phase]
        self.assertEqual(len(runs), 1)
        return runs[0]

    def say(self, text):
        print(f"  {self._testMethodName}: {text}", flush=True)

    def assert_near_truth(self, process, run, *names):
        for name in names:
            energy = source(run, name)
            self.assertNotEqual(energy["status"], "refused", energy["reason"])
            true = truth_of(process, run, name)
            error = energy["gross"]["value"] - true
            self.say(f"{name} {energy['gross']['value']:.3f} J ± {energy['gross']['U']:.3f} J, truth {true:.3f} J, "
                     f"error {error:+.3f} J, {energy['status']} {energy['reason']}")
            self.assertLessEqual(abs(error), 2 * energy["gross"]["U"])


class Counters(Case):
    def test_a_counter_that_wraps_twice_in_a_run(self):
        # 50 W and more through a register of 200 J: it turns twice in 9 s.
        config = merged(STEADY, {"powercap": {"range": "200 J"}})
        with twin(self.folder.name, config) as process:
            self.run_plan(process.bench, {"sleep": ["sleep", "9"]}, expect=0)
            run = self.only_run()
            self.assertGreaterEqual(source(run, "rapl.package-0")["samples"]["wraps"], 2)
            self.assert_near_truth(process, run, "wall", "rapl")

    def test_duplicates_are_not_counted_twice(self):
        config = merged(STEADY, {"powercap": {"mmio": True, "psys": True, "core": True}})
        with twin(self.folder.name, config) as process:
            self.run_plan(process.bench, {"sleep": ["sleep", "2"]}, expect=0)
            self.assert_near_truth(process, self.only_run(), "rapl")

    def test_mirrored_dies_are_not_counted_twice(self):
        config = merged(STEADY, {"powercap": {"mirrored_die": True}})
        with twin(self.folder.name, config) as process:
            self.run_plan(process.bench, {"sleep": ["sleep", "2"]}, expect=0)
            run = self.only_run()
            self.assert_near_truth(process, run, "rapl")
            self.assertFalse(run["gate_failed"])

    def test_a_zone_that_cannot_be_read_for_a_while(self):
        config = merged(STEADY, {"faults": [{"what": "read_error", "at": "5 s", "for": "1500 ms", "zone": "dram"}]})
        with twin(self.folder.name, config) as process:
            self.run_plan(process.bench, {"sleep": ["sleep", "6"]})
            self.assert_near_truth(process, self.only_run(), "wall", "rapl")


class Meters(Case):
    """The wall meter misbehaves: the wall's energy is refused or enlarged, and the run says why."""

    def wall_after(self, fault, seconds="4"):
        config = merged(STEADY, {"faults": [fault]})
        with twin(self.folder.name, config) as process:
            self.run_plan(process.bench, {"sleep": ["sleep", seconds]})
            run = self.only_run()
            wall = source(run, "wall")
            self.say(f"run {run['status']}, wall {wall['status']}: {wall['reason']}")
            if wall["status"] == "refused":
                self.assertEqual(run["status"], "unmeasured")
                self.assertTrue(run["reason"])
                if fault["what"] != "slow":  # what is late by the meter's fault looks like that
                    self.assertEqual(late_runs(self.output), {}, "a fault of the meter would pass for a busy machine")
            else:
                self.assertEqual(wall["status"], "degraded", "a fault in the middle of the run left no trace")
                self.assertTrue(wall["reason"])
                self.assert_near_truth(process, run, "wall")
            return run, wall

    def test_nan(self):
        _, wall = self.wall_after({"what": "nan", "after_queries": 40, "for": "150 ms"}, "6")
        self.assertGreater(wall["samples"]["invalid"], 0)

    def test_inf(self):
        run, _ = self.wall_after({"what": "inf", "after_queries": 40, "for": "150 ms"}, "6")
        self.assertIn("left the meter's range", run["reason"])

    def test_nan_for_long(self):
        run, _ = self.wall_after({"what": "nan", "after_queries": 40, "for": "2 s"})
        self.assertEqual(run["status"], "unmeasured")

    def test_silence(self):
        run, _ = self.wall_after({"what": "silent", "after_queries": 40, "for": "1500 ms"})
        self.assertEqual(run["status"], "unmeasured")

    def test_a_late_answer(self):
        _, wall = self.wall_after({"what": "slow", "after_queries": 40, "for": "200 ms", "by": "150 ms"}, "8")
        self.assertGreater(wall["samples"]["missing"], 0)

    def test_garbage(self):
        _, wall = self.wall_after({"what": "garbage", "after_queries": 40, "for": "300 ms"}, "6")
        self.assertGreater(wall["samples"]["missing"] + wall["samples"]["invalid"], 0)

    def test_silence_to_the_end(self):
        run, wall = self.wall_after({"what": "silent", "after_queries": 40, "for": "1 h"})
        self.assertEqual((run["status"], wall["status"]), ("unmeasured", "refused"))

    def test_disconnect_and_come_back(self):
        _, wall = self.wall_after({"what": "disconnect", "after_queries": 40, "for": "1 s"}, "6")
        self.assertGreater(wall["samples"]["missing"], 0)

    def test_a_stalled_value(self):
        run, _ = self.wall_after({"what": "stall", "after_queries": 40, "for": "1 h"})
        self.assertEqual(run["status"], "unmeasured")

    def test_another_model(self):
        with twin(self.folder.name, merged(STEADY, {"meter": {"model": "WT5000X"}})) as process:
            done = self.run_plan(process.bench, {"sleep": ["sleep", "1"]}, expect=4)
            self.assertIn("WT5000X", done.stderr)
            self.assertFalse(os.path.exists(os.path.join(self.output, "campaign.h5")))

    def unmeasured_with(self, meter):
        with twin(self.folder.name, merged(STEADY, {"meter": {"ranges": {"voltage": "300 V", "current": "100 mA"}, **meter}})) as process:
            done = self.run_plan(process.bench, {"sleep": ["sleep", "2"]})
            if done.returncode == 4:  # it was as quick as that
                self.assertIn("the current range stays at", done.stderr)
                return done.stderr
            self.assertEqual(done.returncode, 1, done.stderr + done.stdout)
            run = self.only_run()
            self.assertEqual(run["status"], "unmeasured")
            self.say(run["reason"])
            return run["reason"]

    def test_over_range_is_not_a_number(self):
        # 100 mA at 230 V is 23 W: far too small for this machine.
        self.unmeasured_with({"forces_range": False})

    def test_a_range_that_the_meter_leaves_by_itself(self):
        self.assertRegex(self.unmeasured_with({"forces_range": True}), "left its range|the current range stays at")


class Children(Case):
    measures = False

    def setUp(self):
        super().setUp()
        bench = twin(self.folder.name, STEADY)
        self.process = bench.__enter__()
        self.addCleanup(bench.__exit__, None, None, None)

    def status_of(self, command, expect=1, **workload):
        self.run_plan(self.process.bench, {"child": {"command": command, **workload}}, expect=expect)
        run = self.only_run()
        self.say(f"{run['status']}: {run['reason']}")
        return run

    def test_hangs(self):
        run = self.status_of(python("import signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(3600)  # joulerig-hang"),
                             timeout="2 s")
        self.assertEqual(run["status"], "timeout")
        self.assertEqual(alive("joulerig-hang"), [])

    def test_forks_away_with_setsid(self):
        run = self.status_of(["/bin/sh", "-c", "setsid sleep 3599 & setsid setsid sleep 3598 & sleep 1"], expect=0)
        self.assertEqual(run["status"], "ok")
        self.assertIn("processes outlived it", run["reason"])
        self.assertEqual(alive("sleep 3599") + alive("sleep 3598"), [])
        self.assert_near_truth(self.process, run, "wall", "rapl")

    def test_closes_its_descriptors(self):
        run = self.status_of(python("import os, time\nos.closerange(0, 1024)\ntime.sleep(1.5)"), expect=0)
        self.assertEqual(run["status"], "ok")
        self.assert_near_truth(self.process, run, "wall", "rapl")

    def test_dies_by_signal(self):
        run = self.status_of(["/bin/sh", "-c", "sleep 1; kill -SEGV $$"])
        self.assertEqual((run["status"], run["signal"]), ("signalled", 11))

    def test_fails(self):
        run = self.status_of(["/bin/sh", "-c", "sleep 1; exit 7"])
        self.assertEqual((run["status"], run["exit_code"], run["reason"]), ("failed", 7, "exit status 7"))

    def test_says_why_it_cannot(self):
        run = self.status_of(["/bin/sh", "-c", "echo fact impossible no such clock >&$JOULERIG_MARK_FD; exit 3"])
        self.assertEqual((run["status"], run["reason"]), ("failed", "exit status 3: not possible here: no such clock"))

    def test_never_marks_its_phase(self):
        self.run_plan(self.process.bench, {"child": {"command": ["sleep", "1"], "measure": "measured"}}, expect=1)
        run = self.only_run("measured")
        self.assertEqual(run["status"], "unmeasured")
        self.assertIn("measured", run["reason"])

    def test_floods_the_mark_descriptor(self):
        run = self.status_of(python("import os, time\nfd = int(os.environ['JOULERIG_MARK_FD'])\n"
                                    "for i in range(2000): os.write(fd, b'nonsense ' * 50 + b'\\n')\ntime.sleep(1)"), expect=0)
        self.assertEqual(run["status"], "ok")

    def test_never_stops_writing_marks(self):
        run = self.status_of(["/bin/sh", "-c", "yes >&$JOULERIG_MARK_FD"], timeout="3 s")
        self.assertEqual(run["status"], "timeout")

    def test_waits_for_a_second_go_that_never_comes(self):
        run = self.status_of(python("import os\nm, g = int(os.environ['JOULERIG_MARK_FD']), int(os.environ['JOULERIG_GO_FD'])\n"
                                    "os.write(m, b'barrier one 1\\n')\nos.read(g, 9)\nos.read(g, 9)"), timeout="4 s")
        self.assertEqual(run["status"], "timeout")

    def test_a_checksum_that_differs(self):
        code = "import os, sys, time; os.write(int(os.environ['JOULERIG_MARK_FD']), b'checksum ' + os.environ['SUM'].encode() + b'\\n'); time.sleep(1)"
        arms = {name: {"environment": {"SUM": value}} for name, value in (("a", "aa"), ("b", "aa"), ("c", "bb"))}
        self.run_plan(self.process.bench, {"child": {"command": python(code), "checksum": "required"}}, expect=1,
                      arms={"only": None, **arms})
        statuses = {r["arm"]: r["status"] for r in exported(self.output)["runs"]}
        self.assertEqual(statuses, {"a": "ok", "b": "ok", "c": "mismatch"})

    def test_first_interrupt_keeps_the_run(self):
        path = write(self.folder.name, "plan.yaml", plan({"child": ["sleep", "3597"]}, repetitions=3))
        process = subprocess.Popen([harness.JOULERIG, "run", path, "--bench", self.process.bench, "-o", self.output],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not alive("sleep 3597"):
            time.sleep(0.1)
        time.sleep(2)
        process.send_signal(2)
        _, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, messages)
        self.assertEqual(self.only_run()["status"], "interrupted")
        self.assertEqual(alive("sleep 3597"), [])

    def test_second_interrupt_stops_at_once(self):
        path = write(self.folder.name, "plan.yaml",
                     plan({"child": python("import signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(3596)  # joulerig-stubborn")}))
        process = subprocess.Popen([harness.JOULERIG, "run", path, "--bench", self.process.bench, "-o", self.output],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not alive("joulerig-stubborn"):
            time.sleep(0.1)
        time.sleep(2)
        process.send_signal(2)
        time.sleep(0.5)
        asked = time.monotonic()
        process.send_signal(2)
        _, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, messages)
        self.assertLess(time.monotonic() - asked, 2 * harness.SLOWER)
        self.assertEqual(alive("joulerig-stubborn"), [])


class Interpreters(Case):
    measures = False

    def free_threaded(self):
        listed = subprocess.run([os.path.join(harness.ROOT, "scripts/get-pythons"), "--print"], capture_output=True, text=True,
                                check=False)
        if listed.returncode:
            self.skipTest("the interpreters are not built")
        return dict(line.split(None, 1) for line in listed.stdout.splitlines())["ft"]

    def test_an_arm_that_claims_another_gil_state(self):
        arms = {"only": None, "ft": {"python": self.free_threaded(), "gil": True}}
        with twin(self.folder.name, STEADY) as process:
            done = self.run_plan(process.bench, {"child": ["{python}", "-c", "pass"]}, expect=3, arms=arms)
            self.assertIn("GIL", done.stderr)
            self.say(done.stderr.strip())

    def test_a_gil_that_comes_back_during_the_run(self):
        # What importing an extension without Py_mod_gil does, as the workload would tell it.
        code = ("import os, sys, time\nfd = int(os.environ['JOULERIG_MARK_FD'])\nos.write(fd, b'fact gil_start %d\\n' % sys._is_gil_enabled())\n"
                "time.sleep(1)\nos.write(fd, b'fact gil_end 1\\n')")
        arms = {"only": None, "ft": {"python": self.free_threaded(), "gil": False}}
        with twin(self.folder.name, STEADY) as process:
            self.run_plan(process.bench, {"child": ["{python}", "-c", code]}, expect=1, arms=arms)
            run = self.only_run()
            self.assertEqual(run["status"], "wrong-gil")
            self.say(run["reason"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
