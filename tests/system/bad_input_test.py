"""Bad input: one clear line each, the documented exit status, nothing lost."""
import json
import os
import shutil
import subprocess
import sys
import unittest

import harness
from harness import QUIET, exported, folder, joulerig, merged, plan, twin, write

STEADY = merged(QUIET, {"load": {"source": "script", "steps": [{"at": "0 s", "cores": 1}]}})
BENCH = """joulerig: bench 1
name: nowhere
devices:
  wall:
    driver: yokogawa_wt
    endpoint: ENDPOINT
    measures: wall
    ranges: { voltage: 300 V, current: 2 A }
"""
COUNTERS = """joulerig: bench 1
devices:
  rapl:
    driver: powercap
    options: { root: ROOT }
"""


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = folder()
        self.addCleanup(self.folder.cleanup)
        self.output = os.path.join(self.folder.name, "out")
        self.plan = write(self.folder.name, "plan.yaml", plan({"sleep": ["sleep", "1"]}))

    def fails(self, status, *arguments, lines=1, **options):
        """Runs joulerig; its messages, which must be `lines` lines and name no internals."""
        done = joulerig(*arguments, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        messages = done.stderr.strip().splitlines()
        self.assertEqual(len(messages), lines, done.stderr)
        print(f"  {self._testMethodName}: {status}: {messages[0]}", flush=True)
        return done.stderr

    def bench(self, endpoint):
        return write(self.folder.name, "bench.yaml", BENCH.replace("ENDPOINT", endpoint))


class Plans(Case):
    def test_two_mistakes_in_one_file(self):
        text = read(self.plan)
        broken = text.replace('"repetitions": 1', '"repetition": 1').replace('"idle": "1.2 s"', '"idle": "1.2 V"')
        path = write(self.folder.name, "broken.yaml", broken)
        messages = self.fails(3, "run", path, "--bench", self.bench("unix:///nowhere.sock"), "-o", self.output, lines=3)
        self.assertIn('unknown key "repetition"', messages)
        self.assertIn("repetitions", messages)
        self.assertIn("1.2 V", messages)
        for line in messages.splitlines()[:2]:
            self.assertRegex(line, r"broken\.yaml:\d+:\d+: ")
        self.assertFalse(os.path.exists(self.output))

    def test_mistakes_in_both_files(self):
        path = write(self.folder.name, "broken.yaml", read(self.plan).replace('"seed": 1', '"seed": 1.5'))
        bench = write(self.folder.name, "broken-bench.yaml", BENCH.replace("driver: yokogawa_wt", "driver: yokogawa"))
        messages = self.fails(3, "run", path, "--bench", bench, "-o", self.output, lines=4)
        self.assertIn("broken.yaml:", messages)
        self.assertIn("broken-bench.yaml:", messages)

    def test_a_plan_that_is_not_there(self):
        self.fails(4, "run", "/nowhere/plan.yaml", "--bench", self.bench("unix:///nowhere.sock"), "-o", self.output)

    def test_an_interpreter_that_is_not_there(self):
        arms = {"only": None, "ft": {"python": "3.99t"}}
        path = write(self.folder.name, "plan.yaml", plan({"x": ["{python}", "-c", "pass"]}, arms=arms))
        messages = self.fails(4, "run", path, "--bench", self.bench("unix:///nowhere.sock"), "-o", self.output)
        self.assertIn("get-pythons", messages)


class Devices(Case):
    def test_an_unreachable_unix_endpoint(self):
        messages = self.fails(4, "run", self.plan, "--bench", self.bench("unix:///nowhere.sock"), "-o", self.output)
        self.assertIn("unix:///nowhere.sock", messages)

    def test_an_unreachable_tcp_endpoint(self):
        messages = self.fails(4, "run", self.plan, "--bench", self.bench("tcp://127.0.0.1:9"), "-o", self.output)
        self.assertIn("tcp://127.0.0.1:9", messages)

    def test_a_counter_tree_that_is_not_there(self):
        path = write(self.folder.name, "bench.yaml", COUNTERS.replace("ROOT", "/nowhere"))
        self.fails(4, "run", self.plan, "--bench", path, "-o", self.output)

    def test_a_counter_that_may_not_be_read(self):
        root = os.path.join(self.folder.name, "powercap")
        zone = os.path.join(root, "intel-rapl:0")
        os.makedirs(zone)
        for name, value in (("name", "package-0"), ("energy_uj", "1"), ("max_energy_range_uj", "262143328850")):
            write(zone, name, value + "\n")
        os.chmod(os.path.join(zone, "energy_uj"), 0o400)
        path = write(self.folder.name, "bench.yaml", COUNTERS.replace("ROOT", root))
        os.chmod(self.folder.name, 0o777)

        def become_nobody():
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
        if os.getuid() == 0 and not os.access(harness.JOULERIG, os.X_OK):
            self.skipTest("nobody cannot reach the program")
        copy = shutil.copy(harness.JOULERIG, self.folder.name)  # the build folder may be closed to others
        os.chmod(copy, 0o755)
        environment = dict(os.environ, HOME=self.folder.name, ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run([copy, "run", self.plan, "--bench", path, "-o", self.output], capture_output=True, text=True,
                              check=False, preexec_fn=become_nobody, env=environment, cwd="/", timeout=60)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("sudo ./scripts/install-rules", done.stderr, "the one command that grants it")
        print("  " + done.stderr.strip())

    def test_a_command_without_any_device(self):
        if os.path.exists("/sys/class/powercap/intel-rapl:0"):
            self.skipTest("this machine has counters")
        messages = self.fails(4, "run", "--", "sleep", "1")
        self.assertIn("--bench", messages)
        self.assertIn("scripts/demo", messages)


class Storage(Case):
    def test_an_output_directory_that_exists(self):
        os.mkdir(self.output)
        kept = write(self.output, "precious.txt", "mine")
        with twin(self.folder.name, STEADY) as process:
            self.fails(6, "run", self.plan, "--bench", process.bench, "-o", self.output)
        self.assertEqual(read(kept), "mine")
        self.assertEqual(os.listdir(self.output), ["precious.txt"])

    def test_a_full_disk(self):
        if os.getuid() != 0:
            self.skipTest("mounting a small disk needs root")
        disk = os.path.join(self.folder.name, "disk")
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        path = write(self.folder.name, "plan.yaml", plan({"sleep": ["sleep", "1"]}, repetitions=12))
        output = os.path.join(disk, "out")
        with twin(self.folder.name, STEADY) as process:
            done = joulerig("run", path, "--bench", process.bench, "-o", output)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertRegex(done.stderr.lower(), "no space|full")
        print("  " + done.stderr.strip().splitlines()[0])
        runs = exported(output)["runs"]
        self.assertGreaterEqual(len(runs), 1)
        for run in runs:  # every run that ended before is whole
            self.assertEqual(run["status"], "ok")
            shown = joulerig("show", output, str(run["run"]))
            self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertEqual([n for n in os.listdir(os.path.join(output, "runs")) if n.endswith(".part")], [])

    def test_a_damaged_campaign(self):
        os.mkdir(self.output)
        write(self.output, "campaign.h5", "this is not HDF5")
        self.fails(5, "show", self.output)

    def test_no_campaign_at_all(self):
        self.fails(4, "show", self.output)


class CommandLine(Case):
    def test_usage(self):
        for arguments in (["nonsense"], ["run"], ["run", self.plan], ["run", self.plan, "--bench", "x"], ["export", "x"],
                          ["export", "x", "--format", "xml"], ["show"], ["run", "-n", "0", "--", "true"], ["run", self.plan, "--", "true"]):
            done = joulerig(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(done.stdout, "")
            self.assertTrue(done.stderr.strip())

    def test_help(self):
        for arguments in (["--help"], ["run", "--help"], ["check", "--help"], ["show", "--help"], ["export", "--help"], ["detect", "--help"]):
            done = joulerig(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("usage: joulerig", done.stdout)

    def test_a_bare_command_on_a_bench(self):
        with twin(self.folder.name, STEADY) as process:
            done = joulerig("run", "-n", "1", "--bench", process.bench, "-o", self.output, "--", "sleep", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("SIMULATED", done.stdout)
        self.assertTrue(json.loads(json.dumps(exported(self.output)))["simulated"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
