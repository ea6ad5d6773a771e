"""The workloads speak the mark protocol, wait at barriers, and compute the same everywhere.

Runs each at a tiny scale under the system's python3 and, where scripts/get-pythons has built them, under all arms; those that
need NumPy where the interpreter can import it. Holds their functions against small references of other making, and the
plans of scripts/campaigns against the paper's table.
"""

import cmath
import glob
import itertools
import math
import os
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("JOULERIG_BUILD", f"{ROOT}/build")
CAMPAIGNS = f"{ROOT}/scripts/campaigns"
SEQUENTIAL = ["bubble_sort", "prime_sieve"]
NUMPY = ["numpy_blas", "numpy_fft", "numpy_vectorized", "vector_width"]  # sequential as well
THREADED = [
    *["busy", "contention", "factorial", "json_parse", "mandelbrot", "matmul", "nbody"],
    *["object_lists", "object_lists_copy", "object_lists_nocopy", "pools"],
]
WORKLOADS = sorted(THREADED + SEQUENTIAL + NUMPY)
WIDTHS = [1, 2, 4, 6, 8, 12]
PAPER = {  # workload: what is swept, over which values
    "numpy_vectorized": ("length", [n * 10**6 for n in (150, 170, 190, 210, 230, 250, 275)]),
    "numpy_blas": ("size", [6000, 7500, 9000, 10500, 12000, 13500, 15000]),
    "numpy_fft": ("length", [n * 10**6 for n in (50, 75, 100, 125, 150, 175, 200)]),
    "mandelbrot": ("size", [500, 1000, 1500, 2000, 2500, 3000, 3500]),
    "bubble_sort": ("length", [5000, 8000, 11000, 14000, 17000, 21000, 25000]),
    "prime_sieve": ("limit", [n * 10**6 for n in (16, 20, 24, 28, 32, 36, 40)]),
    "factorial": ("threads", WIDTHS),
    "matmul": ("threads", WIDTHS),
    "nbody": ("threads", WIDTHS),
    "json_parse": ("threads", WIDTHS),
    "object_lists_nocopy": ("threads", WIDTHS),
    "object_lists_copy": ("threads", WIDTHS),
    "object_lists": ("threads", WIDTHS),
}
SCALE = "0.0005"
GRAMMAR = re.compile(
    r"((begin|end|mark|barrier) [A-Za-z0-9_.-]{1,32} \d+|fact [A-Za-z0-9_.-]{1,32} [ -~]{1,120}|checksum [0-9a-f]{8,64})\n"
)
ORDER = """fact python, fact threads, fact gil_start, barrier measured.before, begin measured, end measured,
           barrier measured.after, fact gil_end, fact work, fact vm_peak_kib, fact vm_hwm_kib, checksum"""
OWN_FACTS = {  # of a workload, somewhere between those
    "pools": ["pool", "processes", "tree_pss_kib", "tree_rss_kib"],
    "race_to_idle": ["clock_percent", "clock_limit_khz", "clock_seen_khz", "done_ms"],
    "vector_width": ["vectors", "features_on", "features_off"],
}
DEADLINE = 20  # seconds
STARTED = """
import sys, pools
kind, workers, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for seed in range(times):
    pool = pools.start(kind, workers)
    pool.run(pools.spin, range(seed, seed + workers))
    print(len(pool.children if kind == "fork" else getattr(pool.executor, "_" + kind)))
    pool.end()
"""
REFUSED = """
import threading
start = threading.Thread.start
def refuse(thread):
    if threading.active_count() > 3:
        raise RuntimeError("no more threads")
    start(thread)
threading.Thread.start = refuse
"""


def arms():
    """{name: (interpreter, environment, GIL expected)} of all that this machine has."""
    found = {"system": ("/usr/bin/python3", {}, "1")}
    printed = subprocess.run([f"{ROOT}/scripts/get-pythons", "--print"], stdout=subprocess.PIPE, text=True).stdout
    paths = dict(line.split(" ", 1) for line in printed.splitlines())
    if paths:
        found["gil"] = (paths["gil"], {}, "1")
        found["ft"] = (paths["ft"], {}, "0")
        found["ft-gil-on"] = (paths["ft"], {"PYTHON_GIL": "1"}, "1")
    return found


def imports_numpy(arm):
    python, extra, _ = arm
    return subprocess.run([python, "-c", "import numpy"], env={**os.environ, **extra}, stderr=subprocess.DEVNULL).returncode == 0


ARMS = arms()
OTHER = "ft" if "ft" in ARMS else "system"
NUMPY_ARMS = [name for name, arm in ARMS.items() if imports_numpy(arm)]


def runs_under(name):
    """The arms that can run it."""
    return NUMPY_ARMS if name in NUMPY else ARMS


def threads_of(name, *wanted):
    return wanted if name in THREADED else [1]


def command(name, arm, threads=1, more=()):
    python, extra, _ = ARMS[arm]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JOULERIG_", "PYTHON"))}
    environment.update(extra, PYTHONDONTWRITEBYTECODE="1")
    script = f"{ROOT}/scripts/workloads/{name}.py"
    return [python, script, "--scale", SCALE, "--threads", str(threads), *more], environment


class Marked:
    """A workload that runs with pipes for its marks and for our go."""

    def __init__(self, name, arm="system", threads=1, more=(), extra=()):
        marks, theirs = os.pipe()
        go, ours = os.pipe()
        arguments, environment = command(name, arm, threads, more)
        environment.update(extra, JOULERIG_MARK_FD=str(theirs), JOULERIG_GO_FD=str(go))
        self.process = subprocess.Popen(
            arguments, env=environment, pass_fds=(theirs, go), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        os.close(theirs)
        os.close(go)
        self.marks = open(marks, "rb", buffering=0)  # so that select() knows of every line
        self.go = os.fdopen(ours, "w")

    def until(self, prefix):
        """The lines up to and with the first that begins so."""
        lines = []
        while not lines or not lines[-1].startswith(prefix):
            lines.append(self.marks.readline().decode())
            assert lines[-1], f"the marks ended before {prefix!r}: {lines} {self.process.stderr.read()}"
        return lines

    def answer(self):
        self.go.write("go\n")
        self.go.flush()

    def quiet_for(self, seconds):
        return not select.select([self.marks], [], [], seconds)[0] and self.process.poll() is None

    def finish(self, failing=False):
        """The rest of the marks, and the output; of one that should be failing, what it complains of."""
        self.go.close()
        lines = [line.decode() for line in self.marks.readlines()]
        output, errors = self.process.communicate(timeout=DEADLINE)
        self.marks.close()
        assert (self.process.returncode != 0) == bool(errors) == failing, (self.process.returncode, errors)
        return lines, errors if failing else output


def facts_of(lines):
    return dict(line.strip().split(" ", 2)[1:] for line in lines if line.startswith("fact "))


def why_impossible(name, arm="system", threads=1, more=(), extra=()):
    """The reason that a workload gives for not doing what it was asked to; there is no checksum then."""
    lines, errors = Marked(name, arm, threads, more, extra).finish(failing=True)
    assert not any(line.startswith("checksum") for line in lines), lines
    assert facts_of(lines)["impossible"] in errors, (lines, errors)
    return facts_of(lines)["impossible"]


def run_answering(name, arm, threads, more=(), extra=()):
    """All marks of a run whose barriers are answered at once."""
    run = Marked(name, arm, threads, more, extra)
    lines = run.until("barrier measured.before")
    run.answer()
    lines += run.until("barrier measured.after")
    run.answer()
    rest, output = run.finish()
    return lines + rest, output


class Workloads(unittest.TestCase):
    def check_marks(self, lines, arm, threads, own=()):
        for line in lines:
            self.assertRegex(line, f"^{GRAMMAR.pattern}$")
            self.assertLess(len(line), 512)
        words = [line.split() for line in lines]
        heads = [w[0] if w[0] == "checksum" else f"{w[0]} {w[1]}" for w in words]
        common = [head for head in heads if head.removeprefix("fact ") not in own]
        self.assertEqual(common, [head.strip() for head in ORDER.split(",")])
        self.assertEqual(len(heads), len(common) + len(own))
        times = [int(w[2]) for w in words if w[0] in ("barrier", "begin", "end")]
        self.assertEqual(times, sorted(times))
        facts = facts_of(lines)
        self.assertEqual(facts["gil_start"], ARMS[arm][2])
        self.assertEqual(facts["gil_end"], ARMS[arm][2])
        self.assertEqual(facts["threads"], str(threads))
        self.assertRegex(facts["python"], r"^3\.\d+\.\d+")
        self.assertGreaterEqual(int(facts["vm_peak_kib"]), int(facts["vm_hwm_kib"]))
        self.assertRegex(facts["work"], r"^\d+ [a-z-]+(?<!s)(?<!people)$", "the unit is told in the singular")
        return words[-1][1]

    def test_marks_and_checksums(self):
        """Grammar and order of the marks; one checksum and as much work a workload over threads and interpreters."""
        for name in WORKLOADS:
            checksums, work = {}, set()
            for arm in runs_under(name):
                for threads in threads_of(name, 1, 2):
                    with self.subTest(name, arm=arm, threads=threads):
                        lines, output = run_answering(name, arm, threads)
                        checksums[arm, threads] = self.check_marks(lines, arm, threads, OWN_FACTS.get(name, ()))
                        work.add(facts_of(lines)["work"])
                        self.assertRegex(output, rf"^{name}: .* checksum {checksums[arm, threads][:12]}\n$")
            self.assertEqual(len(set(checksums.values())), 1 if runs_under(name) else 0, f"{name}: {checksums}")
            self.assertEqual(len(work), 1 if runs_under(name) else 0, f"{name}: {work}")

    def test_both_object_lists_are_the_same_work(self):
        results = {run_answering(name, "system", 2)[0][-1] for name in ("object_lists_copy", "object_lists_nocopy")}
        self.assertEqual(len(results), 1)

    def test_standalone(self):
        """Without descriptors: no marks, no waiting, one line of output."""
        for name in WORKLOADS:
            if "system" not in runs_under(name):
                continue
            (threads,) = threads_of(name, 3)
            with self.subTest(name):
                arguments, environment = command(name, "system", threads)
                done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=DEADLINE)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, rf"^{name}: .*{threads} threads, GIL on, \d+\.\d{{3}} s, checksum \w{{12}}\n$")

    def test_stale_descriptor_numbers_are_ignored(self):
        """The numbers may be inherited where the descriptors were not."""
        arguments, environment = command("busy", "system")
        environment.update(JOULERIG_MARK_FD="2", JOULERIG_GO_FD="77")
        with open(os.devnull, "w") as null:
            done = subprocess.run(arguments, env=environment, stdout=subprocess.PIPE, stderr=null, timeout=DEADLINE)
        self.assertEqual(done.returncode, 0)

    def test_barrier_blocks_until_go(self):
        run = Marked("busy")
        run.until("barrier measured.before")
        self.assertTrue(run.quiet_for(0.3), "it went on before it was told to")
        run.go.write("not yet a line")
        run.go.flush()
        self.assertTrue(run.quiet_for(0.2), "it took half a line for a go")
        run.answer()
        run.until("barrier measured.after")
        self.assertTrue(run.quiet_for(0.3), "the second barrier did not hold")
        run.answer()
        self.assertTrue(run.finish()[0][-1].startswith("checksum"))

    def test_work_starts_after_go(self):
        """The begin stamp is that of the work, not of the barrier."""
        run = Marked("busy")
        barrier = int(run.until("barrier measured.before")[-1].split()[2])
        self.assertTrue(run.quiet_for(0.3))
        run.answer()
        begin = int(run.until("begin")[-1].split()[2])
        self.assertGreater(begin - barrier, 290_000_000)
        run.finish()

    def test_end_of_go_goes_on(self):
        run = Marked("busy")
        run.until("barrier measured.before")
        self.assertTrue(run.finish()[0][-1].startswith("checksum"))

    def test_nobody_reads_the_marks(self):
        run = Marked("busy")
        run.until("barrier measured.before")
        run.marks.close()
        run.go.close()
        self.assertEqual(run.process.wait(DEADLINE), 0)
        run.process.communicate()

    def test_bad_arguments(self):
        for bad in ["--scale=0"], ["--scale=nan"], ["--scale=inf"], ["--scale=1x"], ["--threads=0"], ["--threads=1.5"], ["more"]:
            arguments, environment = command("busy", "system")
            done = subprocess.run(arguments + bad, env=environment, capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stdout), (2, ""), bad)

    def test_sequential_ones_take_one_thread(self):
        """Else a run would be kept with a number of threads that it did not have."""
        for name in SEQUENTIAL + (NUMPY if "system" in NUMPY_ARMS else []):
            arguments, environment = command(name, "system", 2)
            done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stdout), (2, ""), name)
            self.assertIn("--threads 1", done.stderr)


class Pools(unittest.TestCase):
    """Threads, processes and forks do the same job; where they differ is what is told of them."""

    def test_one_checksum_a_job(self):
        for job in "table", "short", "start":
            seen = {}
            for kind, (arm, threads) in itertools.product(("threads", "processes", "fork"), (("system", 1), (OTHER, 3))):
                lines, _ = run_answering("pools", arm, threads, ["--job", job], {"POOL": kind})
                facts = facts_of(lines)
                self.assertEqual(facts["pool"], kind)
                self.assertRegex(facts["work"], r"^\d+ (look-up|task|pool)$")
                self.assertEqual("processes" in facts, job != "start", "memory is that of workers who live")
                seen[lines[-1], facts["work"]] = kind, arm
            self.assertEqual(len(seen), 1, f"{job}: {seen}")

    def test_all_workers_are_started(self):
        """Although the tasks are so short that the first worker could do them all."""
        for arm, (kind, times) in itertools.product(ARMS, (("threads", 30), ("processes", 1), ("fork", 5))):
            python, extra, _ = ARMS[arm]
            environment = {**os.environ, **extra, "PYTHONDONTWRITEBYTECODE": "1"}
            arguments = [python, "-c", STARTED, kind, "5", str(times)]
            folder = f"{ROOT}/scripts/workloads"
            done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual((done.stdout.split(), done.stderr), (["5"] * times, ""), f"{kind} under {arm}")

    def test_workers_that_cannot_be_started_are_not_waited_for(self):
        python, environment = sys.executable, {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        arguments = [python, "-c", REFUSED + STARTED, "threads", "5", "1"]
        folder = f"{ROOT}/scripts/workloads"
        done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=DEADLINE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no more threads", done.stderr)

    def test_memory_is_that_of_all_processes(self):
        """A table of 20 MB or so: once in one process; in each of four that made their own; shared by four that were forked."""
        sizes = {}
        for kind in "threads", "processes", "fork":
            lines, _ = run_answering("pools", "system", 4, ["--pool", kind, "--scale", "0.1"])
            facts = facts_of(lines)
            sizes[kind] = int(facts["tree_pss_kib"])
            self.assertIn(int(facts["processes"]), {"threads": [1], "processes": [2, 3, 4, 5, 6], "fork": [5]}[kind])
            self.assertGreaterEqual(int(facts["tree_rss_kib"]), sizes[kind])
        self.assertGreater(sizes["processes"], 1.2 * sizes["threads"])

    def test_forks_share_what_they_do_not_touch(self):
        """The sum of resident sizes is then far above what all take together."""
        lines, _ = run_answering("pools", "system", 4, ["--pool", "fork", "--job", "short"])
        facts = facts_of(lines)
        self.assertLess(int(facts["tree_pss_kib"]), 0.7 * int(facts["tree_rss_kib"]))

    def test_a_tree_has_grandchildren(self):
        from process_tree import tree

        with subprocess.Popen(["sh", "-c", "sleep 9 & echo up; wait"], stdout=subprocess.PIPE) as shell:
            shell.stdout.readline()
            found = tree()
            self.assertEqual(len(found), 1 + len(descendants(os.getpid())))
            self.assertEqual((found[0], len(descendants(shell.pid))), (os.getpid(), 1))
            for pid in [*descendants(shell.pid), shell.pid]:
                os.kill(pid, signal.SIGKILL)

    def test_children_end_with_their_parent(self):
        run = Marked("pools", "system", 3, ["--pool", "fork"])
        run.until("barrier measured.before")
        run.answer()
        run.until("barrier measured.after")
        children = descendants(run.process.pid)
        self.assertEqual(len(children), 3)
        run.process.kill()
        run.process.communicate()
        until(lambda: not any(map(alive, children)))
        run.marks.close()
        run.go.close()


class Contention(unittest.TestCase):
    def test_one_checksum_however_it_is_shared(self):
        seen = {}
        for sharing in "one-lock", "sharded", "local", "queue":
            for arm, threads in ("system", 1), (OTHER, 3):
                seen[run_answering("contention", arm, threads, ["--sharing", sharing])[0][-1]] = sharing, arm
        self.assertEqual(len(seen), 1, seen)

    def test_hits(self):
        from contention import KEYS, SHARING, key_of

        table = [sum(hit for hit in range(3000) if key_of(hit) == key) for key in range(KEYS)]
        for name, count in SHARING.items():
            self.assertEqual(count(3000, 3), table, name)
        self.assertGreater(len({key_of(hit) for hit in range(3000)}), KEYS // 2)


class RaceToIdle(unittest.TestCase):
    """On a made-up cpufreq tree: limits are there while it runs, and gone whatever ends it."""

    FASTEST, SLOWEST = 4_000_000, 400_000

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.note = f"{self.folder.name}/note"
        self.extra = {"CLOCK_CPUS": self.folder.name, "CLOCK_NOTE": self.note, "CLOCK": "50"}
        self.more = ["--deadline", "60"]
        for policy in 0, 1:
            self.write(f"cpufreq/policy{policy}/cpuinfo_max_freq", self.FASTEST)
            self.write(f"cpufreq/policy{policy}/cpuinfo_min_freq", self.SLOWEST)
            self.write(f"cpufreq/policy{policy}/scaling_max_freq", self.FASTEST - policy)
        self.see(self.FASTEST // 2)

    def write(self, path, number):
        os.makedirs(os.path.dirname(f"{self.folder.name}/{path}"), exist_ok=True)
        with open(f"{self.folder.name}/{path}", "w") as file:
            file.write(f"{number}\n")

    def see(self, khz):
        for cpu in os.sched_getaffinity(0):
            self.write(f"cpu{cpu}/cpufreq/scaling_cur_freq", khz)

    def limits(self):
        found = []
        for policy in 0, 1:
            with open(f"{self.folder.name}/cpufreq/policy{policy}/scaling_max_freq") as file:
                found.append(int(file.read()))
        return found

    def limited(self):
        return self.limits() == [self.FASTEST // 2] * 2

    def is_as_before(self):
        return self.limits() == [self.FASTEST, self.FASTEST - 1] and not os.path.exists(self.note)

    def begin(self):
        """A run that stands at its first barrier, its clock limited."""
        run = Marked("race_to_idle", "system", 1, self.more, self.extra)
        run.until("barrier measured.before")
        self.assertTrue(self.limited())
        return run

    def abandon(self, run):
        run.process.communicate(timeout=DEADLINE)
        run.marks.close()
        run.go.close()

    def test_phase_lasts_until_the_deadline(self):
        lines, output = run_answering("race_to_idle", "system", 1, self.more, self.extra)
        begin, end = (int(line.split()[2]) for line in lines if line.startswith(("begin", "end")))
        self.assertGreaterEqual(end - begin, 60_000_000)
        facts = facts_of(lines)
        self.assertEqual((facts["clock_percent"], facts["clock_limit_khz"], facts["clock_seen_khz"]), ("50", "2000000", "2000000"))
        self.assertLess(float(facts["done_ms"]), 60)
        self.assertTrue(self.is_as_before())
        self.assertRegex(output, "^race_to_idle: ")

    def test_one_checksum_on_any_cores(self):
        widths = [1, 2] if len(os.sched_getaffinity(0)) > 1 else [1]
        self.extra["CLOCK"] = "100"
        self.see(self.FASTEST)
        runs = [run_answering("race_to_idle", arm, width, ["--deadline", "300"], self.extra) for arm in ARMS for width in widths]
        self.assertEqual(len({lines[-1] for lines, _ in runs}), 1)
        own = OWN_FACTS["race_to_idle"]
        for (lines, _), (arm, width) in zip(runs, itertools.product(ARMS, widths)):
            Workloads().check_marks(lines, arm, width, own)

    def test_limits_go_with_whatever_ends_it(self):
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL:
            with self.subTest(number.name):
                run = self.begin()
                run.process.send_signal(number)
                self.abandon(run)
                until(self.is_as_before)

    def test_limits_go_when_all_of_it_is_ended(self):
        """As joulerig ends a tree: SIGTERM to every process of it."""
        run = self.begin()
        for pid in [run.process.pid, *descendants(run.process.pid)]:
            os.kill(pid, signal.SIGTERM)
        self.abandon(run)
        until(self.is_as_before)

    def test_the_next_one_puts_back_what_killing_left(self):
        run = self.begin()
        for pid in [*descendants(run.process.pid), run.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.abandon(run)
        self.assertTrue(self.limited())
        self.extra["CLOCK"] = "100"
        self.see(self.FASTEST)
        run_answering("race_to_idle", "system", 1, self.more, self.extra)
        self.assertTrue(self.is_as_before())

    def test_what_cannot_be_had_is_said(self):
        cores = len(os.sched_getaffinity(0))
        for extra, threads, more, why in (
            ({"CLOCK_CPUS": "/nonexistent"}, 1, self.more, "the clock cannot be limited: there is no /nonexistent"),
            ({"CLOCK": "5"}, 1, self.more, "less than the slowest clock"),
            ({"CLOCK_NOTE": "/nonexistent/note"}, 1, self.more, "what cannot be noted is not limited"),
            ({}, cores + 1, self.more, f"{cores + 1} cores were asked for"),
            ({}, 1, ["--deadline", "1", "--scale", "0.05"], "the deadline was 1 ms"),
        ):
            with self.subTest(why):
                self.assertIn(why, why_impossible("race_to_idle", "system", threads, more, {**self.extra, **extra}))
                self.assertTrue(self.is_as_before())

    def test_a_limit_without_effect_is_said(self):
        self.see(self.FASTEST)
        self.assertIn("no effect", why_impossible("race_to_idle", "system", 1, self.more, self.extra))

    def test_a_clock_far_below_the_limit_is_said(self):
        for clock, seen in ("50", self.SLOWEST), ("100", self.FASTEST // 2 - 1):
            self.see(seen)
            why = why_impossible("race_to_idle", "system", 1, self.more, {**self.extra, "CLOCK": clock})
            self.assertRegex(why, f"something else slows .*: {seen} kHz were seen")
            self.assertTrue(self.is_as_before())

    def test_a_limit_in_force_is_not_raised(self):
        """A power profile's, say: no arm is then faster than that, whatever it is called."""
        half = self.FASTEST // 2
        self.write("cpufreq/policy1/scaling_max_freq", half)
        for clock, khz in ("100", self.FASTEST), ("75", self.FASTEST * 3 // 4):
            why = why_impossible("race_to_idle", "system", 1, self.more, {**self.extra, "CLOCK": clock})
            self.assertEqual(why, f"policy1 is limited to {half} kHz already, {khz} kHz were asked for")
            self.assertEqual(self.limits(), [self.FASTEST, half])
        self.write("cpufreq/policy1/scaling_max_freq", half - 1)
        run = Marked("race_to_idle", "system", 1, self.more, self.extra)
        run.until("barrier measured.before")
        self.assertEqual(self.limits(), [half, half - 1])
        run.finish()
        self.assertEqual(self.limits(), [self.FASTEST, half - 1])

    def test_refused_or_other_limits(self):
        """Whether the kernel refuses or sets another clock for the second policy: the first one is put back."""
        import clock_limit

        def refuse(path, text):
            if "policy1" in path and text == str(self.FASTEST // 2):
                raise PermissionError(13, "Permission denied", path)
            write(path, text)

        def round_up(path, text):
            write(path, str(self.FASTEST) if text == str(self.FASTEST // 2) else text)

        write = clock_limit.write
        for instead, why in (refuse, "Permission denied"), (round_up, "not the 2000000 kHz"):
            clock_limit.write = instead
            try:
                with self.assertRaisesRegex(clock_limit.Impossible, why):
                    with clock_limit.limited(50, self.folder.name, self.note):
                        self.fail("it took that for a limit")
            finally:
                clock_limit.write = write
            self.assertTrue(self.is_as_before())


class VectorWidth(unittest.TestCase):
    def stub(self, dispatched, on):
        """A NumPy whose features are what they are, whatever it is told."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.makedirs(f"{folder.name}/numpy/core")
        for name in "__init__", "core/__init__":
            open(f"{folder.name}/numpy/{name}.py", "w").close()
        with open(f"{folder.name}/numpy/core/_multiarray_umath.py", "w") as file:
            print(f"__cpu_dispatch__ = {dispatched}\n__cpu_features__ = dict.fromkeys({on}, True)", file=file)
        return {"PYTHONPATH": folder.name}

    def test_a_switch_without_effect_is_said(self):
        deaf = self.stub(["SSE42", "AVX2", "AVX512F"], ["SSE42", "AVX2", "AVX512F"])
        why = why_impossible("vector_width", more=["--vectors", "narrower"], extra=deaf)
        self.assertEqual(why, "NumPy did not heed the switch: AVX512F are on")
        self.assertIn("AVX2 AVX512F SSE42 are on", why_impossible("vector_width", more=["--vectors", "baseline"], extra=deaf))

    def test_nothing_to_switch_off_is_said(self):
        narrow = self.stub(["SSE42", "AVX2"], ["SSE42"])
        self.assertIn("could be switched off", why_impossible("vector_width", more=["--vectors", "narrower"], extra=narrow))
        none = self.stub(["AVX2"], [])
        self.assertIn("could be switched off", why_impossible("vector_width", more=["--vectors", "baseline"], extra=none))

    def test_without_numpy(self):
        for arm in ARMS:
            if arm not in NUMPY_ARMS:
                self.assertIn("NumPy cannot be imported", why_impossible("vector_width", arm))

    def test_which_are_switched_off(self):
        from vector_width import to_switch_off

        x86 = ["SSE42", "AVX", "FMA3", "AVX2", "AVX512F", "AVX512_SKX"]
        self.assertEqual(to_switch_off("widest", x86), [])
        self.assertEqual(to_switch_off("narrower", x86), ["AVX512F", "AVX512_SKX"])
        self.assertEqual(to_switch_off("narrower", x86[:4]), ["AVX", "FMA3", "AVX2"])
        self.assertEqual(to_switch_off("narrower", ["X86_V2", "X86_V3", "X86_V4"]), ["X86_V4"])
        self.assertEqual(to_switch_off("narrower", ["ASIMDHP", "SVE"]), ["SVE"])
        self.assertEqual(to_switch_off("baseline", x86), x86)

    @unittest.skipUnless("system" in NUMPY_ARMS, "/usr/bin/python3 has no NumPy")
    def test_widths(self):
        """The same result at each width that this machine has, and other features."""
        digests, features = set(), []
        for width in "widest", "narrower", "baseline":
            lines, _ = Marked("vector_width", extra={"VECTORS": width}).finish()
            facts = facts_of(lines)
            self.assertEqual(facts["vectors"], width)
            features.append(facts["features_on"])
            digests.add(lines[-1])
        self.assertEqual((len(digests), len(set(features))), (1, 3), features)


class Results(unittest.TestCase):
    """What the workloads compute, against references that share no code with them."""

    def test_prime_sieve(self):
        from prime_sieve import sieve

        for limit in 1, 2, 3, 4, 24, 25, 26, 500:
            slow = [n >= 2 and all(n % d for d in range(2, n)) for n in range(limit + 1)]
            self.assertEqual(sieve(limit), slow, limit)
        self.assertEqual(sum(sieve(1_000_000)), 78498)

    def test_bubble_sort(self):
        from bubble_sort import sort

        shuffled = random.Random(1).choices(range(50), k=200)
        for values in [], [1], [2, 1], list(range(100, 0, -1)), shuffled:
            expected = sorted(values)
            sort(values)
            self.assertEqual(values, expected)

    def test_factorial(self):
        from factorial import arguments, as_bytes

        self.assertEqual(arguments(1), list(range(10_001)))
        self.assertEqual(arguments(0.0002), [0, 5000, 10_000])
        for number in 1, 255, 256, math.prod(range(1, 301)):
            self.assertEqual(int.from_bytes(as_bytes(number), "little"), number)

    def test_matmul(self):
        from matmul import matrices, multiply

        self.assertEqual(multiply([[1, 2], [3, 4]], [[5, 6], [7, 8]], range(2)), [[19, 22], [43, 50]])
        a, b = matrices(9)
        dot = [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]
        self.assertEqual(multiply(a, b, range(4)) + multiply(a, b, range(4, 9)), dot)

    def test_object_lists(self):
        from object_lists import work

        adults = [i for i in range(5000) if i * 7919 % 90 >= 18]
        ages = [i * 7919 % 90 + 1 for i in adults]
        letters = [len(f"person-{i}") for i in adults]
        scores = [(i * 104_729 % 1009 + length) * age for i, length, age in zip(adults, letters, ages)]
        self.assertEqual(work(range(5000)), (len(adults), sum(ages), sum(scores), sum(letters)))

    @unittest.skipUnless("system" in NUMPY_ARMS, "/usr/bin/python3 has no NumPy")
    def test_numpy(self):
        import numpy

        import matmul
        from numpy_blas import matrices
        from numpy_fft import data as fft_data
        from numpy_fft import transform
        from numpy_vectorized import chain, data

        self.assertEqual([part.tolist() for part in matrices(7)], list(matmul.matrices(7)))
        x = fft_data(48)
        self.assertGreater(len(set(x.tolist())), 20)
        slow = [sum(v * cmath.exp(-2j * math.pi * k * n / 48) for n, v in enumerate(x)) for k in range(48)]
        spectrum, total = transform(x)
        numpy.testing.assert_allclose(spectrum, slow, atol=1e-9)
        self.assertAlmostEqual(total, sum(map(abs, slow)), 6)
        y = chain(data(3000))
        self.assertAlmostEqual(math.fsum(y) / 3000, 0, 9)
        self.assertAlmostEqual(math.fsum(v * v for v in y) / 3000, 1, 9)
        roots = [math.sqrt(n % 1009 / 32 + 1) for n in range(3000)]
        clipped = [min(2.0, max(1.5, math.sin(r) + r / 2)) for r in roots]
        self.assertLess({1.5, 2.0}, set(clipped), "not clipped at both ends, or nothing is between them")
        mean = math.fsum(clipped) / 3000
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in clipped) / 3000)
        numpy.testing.assert_allclose(y, [(v - mean) / deviation for v in clipped], atol=1e-9)


def descendants(pid):
    """Its living descendants."""
    found = [pid]
    for each in found:
        for path in glob.glob(f"/proc/{each}/task/*/children"):
            with open(path) as file:
                found.extend(map(int, file.read().split()))
    return found[1:]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition):
    """Waits for it."""
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, "it did not come to pass"
        time.sleep(0.005)


def load(*parts):
    with open(os.path.join(CAMPAIGNS, *parts)) as stream:
        return yaml.safe_load(stream)


class Plans(unittest.TestCase):
    FOLDER = "unlocking-pythons-cores"
    TIERS = ["full.yaml", "published.yaml"]

    def plans(self):
        """{path: plan}: other files may lie beside them."""
        loaded = {path: load(path) for path in sorted(glob.glob(f"{CAMPAIGNS}/**/*.yaml", recursive=True))}
        return {path: plan for path, plan in loaded.items() if plan["joulerig"].startswith("plan ")}

    def test_check_takes_them(self):
        plans = self.plans()
        self.assertGreaterEqual(len(plans), 8)
        for path, plan in plans.items():
            done = subprocess.run([f"{BUILD}/joulerig", "check", path], capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)
            slots = sum(math.prod(map(len, w["sweep"].values())) for w in plan["workloads"].values())
            self.assertIn(f" {slots * len(plan['arms']) * plan['repetitions']} runs:", done.stdout)
            self.assertIn(f"{plan['repetitions']} repetitions find, with 80 % probability, a ratio of 1.0", done.stdout)

    def test_they_have_the_papers_points(self):
        self.assertEqual((len(PAPER), sum(len(values) for _, values in PAPER.values())), (13, 84))
        for tier in self.TIERS:
            workloads = load(self.FOLDER, tier)["workloads"]
            needy = {name for name, w in workloads.items() if w.get("requires") == {"imports": ["numpy"]}}
            self.assertEqual(needy, {name for name in PAPER if name.startswith("numpy_")}, tier)
            swept = {name: [(v, values) for v, values in w["sweep"].items() if v != "scale"] for name, w in workloads.items()}
            self.assertEqual(swept, {name: [variable] for name, variable in PAPER.items()}, tier)
            scales = {scale for w in workloads.values() for scale in w["sweep"]["scale"]}
            self.assertTrue(scales == {1} if "published" in tier else max(scales) < 1, tier)

    def test_arms_and_repetitions(self):
        for path in ["firm.yaml", *self.TIERS]:
            plan = load(self.FOLDER, path)
            self.assertEqual(list(plan["arms"]), ["gil", "ft", "ft-gil-on"])
            self.assertEqual(plan["arms"]["ft-gil-on"]["environment"], {"PYTHON_GIL": "1"})
            self.assertTrue(all(w["checksum"] == "required" and w["measure"] == "measured" for w in plan["workloads"].values()))
        self.assertGreaterEqual(load(self.FOLDER, "firm.yaml")["repetitions"], 5)

    def test_their_commands_work(self):
        """Each, with the last value of its sweep, and next to no work."""
        for path in ["firm.yaml", *self.TIERS]:
            folder = os.path.join(CAMPAIGNS, self.FOLDER)
            for name, workload in load(self.FOLDER, path)["workloads"].items():
                if "system" not in runs_under(name):
                    continue
                values = {variable: values[-1] for variable, values in workload["sweep"].items()}
                values.update(python="/usr/bin/python3", plan=folder, scale="1e-7")
                arguments = [str(word).format(**values) for word in workload["command"]]
                done = subprocess.run(arguments, capture_output=True, text=True, timeout=DEADLINE)
                self.assertEqual((done.returncode, done.stderr), (0, ""), f"{path}: {name}")

    def test_the_others_commands_work(self):
        """Each under each arm of its plan, with the first value of its sweep, a short deadline and next to no work."""
        for path, plan in self.plans().items():
            if self.FOLDER in path:
                continue
            for (name, workload), arm in itertools.product(plan["workloads"].items(), plan["arms"].values()):
                values = {variable: values[0] for variable, values in workload["sweep"].items()}
                values.update(python="/usr/bin/python3", plan=os.path.dirname(path), scale="1e-4", deadline="200")
                arguments = [str(word).format(**values) for word in workload["command"]]
                environment = {**os.environ, **arm.get("environment", {})}
                done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=DEADLINE)
                if "not possible here" not in done.stderr:
                    self.assertEqual((done.returncode, done.stderr), (0, ""), f"{path}: {name}")


if __name__ == "__main__":
    sys.path.insert(0, f"{ROOT}/scripts/workloads")
    print("interpreters:", ", ".join(ARMS), "- with NumPy:", ", ".join(NUMPY_ARMS) or "none", file=sys.stderr)
    unittest.main()
