"""The workloads speak the mark protocol, wait at barriers, and compute the same everywhere.

Runs each at a tiny scale under the system's python3 and, where scripts/get-pythons has built them, under all arms; those that
need NumPy where the interpreter can import it. Holds their functions against small references of other making, and the
plans of scripts/campaigns against the paper's table.
"""

import cmath
import glob
import math

import os
import random
import re
import select
import subprocess
import sys
import unittest

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("JOULERIG_BUILD", f"{ROOT}/build")
CAMPAIGNS = f"{ROOT}/scripts/campaigns"
SEQUENTIAL = ["bubble_sort", "prime_sieve"]
NUMPY = ["numpy_blas", "numpy_fft", "numpy_vectorized"]  # sequential as well
THREADED = [
    *["busy", "factorial", "json_parse", "mandelbrot", "matmul", "nbody"],
    *["object_lists", "object_lists_copy", "object_lists_nocopy"],
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
           barrier measured.after, fact gil_end, fact vm_peak_kib, fact vm_hwm_kib, checksum"""
DEADLINE = 20  # seconds


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
NUMPY_ARMS = [name for name, arm in ARMS.items() if imports_numpy(arm)]


def runs_under(name):
    """The arms that can run it."""
    return NUMPY_ARMS if name in NUMPY else ARMS


def threads_of(name, *wanted):
    return wanted if name in THREADED else [1]


def command(name, arm, threads=1):
    python, extra, _ = ARMS[arm]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JOULERIG_", "PYTHON"))}
    environment.update(extra, PYTHONDONTWRITEBYTECODE="1")
    script = f"{ROOT}/scripts/workloads/{name}.py"
    return [python, script, "--scale", SCALE, "--threads", str(threads)], environment


class Marked:
    """A workload that runs with pipes for its marks and for our go."""

    def __init__(self, name, arm="system", threads=1):
        marks, theirs = os.pipe()
        go, ours = os.pipe()
        arguments, environment = command(name, arm, threads)
        environment.update(JOULERIG_MARK_FD=str(theirs), JOULERIG_GO_FD=str(go))
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

    def finish(self):
        """The rest of the marks."""
        self.go.close()
        lines = [line.decode() for line in self.marks.readlines()]
        output, errors = self.process.communicate(timeout=DEADLINE)
        self.marks.close()
        assert self.process.returncode == 0 and not errors, errors
        return lines, output


def run_answering(name, arm, threads):
    """All marks of a run whose barriers are answered at once."""
    run = Marked(name, arm, threads)
    lines = run.until("barrier measured.before")
    run.answer()
    lines += run.until("barrier measured.after")
    run.answer()
    rest, output = run.finish()
    return lines + rest, output


class Workloads(unittest.TestCase):
    def check_marks(self, lines, arm, threads):
        for line in lines:
            self.assertRegex(line, f"^{GRAMMAR.pattern}$")
            self.assertLess(len(line), 512)
        words = [line.split() for line in lines]
        heads = [w[0] if w[0] == "checksum" else f"{w[0]} {w[1]}" for w in words]
        self.assertEqual(heads, [head.strip() for head in ORDER.split(",")])
        times = [int(w[2]) for w in words if w[0] in ("barrier", "begin", "end")]
        self.assertEqual(times, sorted(times))
        facts = {w[1]: w[2] for w in words if w[0] == "fact"}
        self.assertEqual(facts["gil_start"], ARMS[arm][2])
        self.assertEqual(facts["gil_end"], ARMS[arm][2])
        self.assertEqual(facts["threads"], str(threads))
        self.assertRegex(facts["python"], r"^3\.\d+\.\d+")
        self.assertGreaterEqual(int(facts["vm_peak_kib"]), int(facts["vm_hwm_kib"]))
        return words[-1][1]

    def test_marks_and_checksums(self):
        """Grammar and order of the marks; one checksum a workload over threads and interpreters."""
        for name in WORKLOADS:
            checksums = {}
            for arm in runs_under(name):
                for threads in threads_of(name, 1, 2):
                    with self.subTest(name, arm=arm, threads=threads):
                        lines, output = run_answering(name, arm, threads)
                        checksums[arm, threads] = self.check_marks(lines, arm, threads)
                        self.assertRegex(output, rf"^{name}: .* checksum {checksums[arm, threads][:12]}\n$")
            self.assertEqual(len(set(checksums.values())), 1 if runs_under(name) else 0, f"{name}: {checksums}")

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


def load(*parts):
    with open(os.path.join(CAMPAIGNS, *parts)) as stream:
        return yaml.safe_load(stream)


class Plans(unittest.TestCase):
    FOLDER = "unlocking-pythons-cores"
    TIERS = ["full.yaml", "published.yaml"]

    def test_check_takes_them(self):
        paths = sorted(glob.glob(f"{CAMPAIGNS}/**/*.yaml", recursive=True))
        self.assertGreaterEqual(len(paths), 4)
        for path in paths:
            done = subprocess.run([f"{BUILD}/joulerig", "check", path], capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)
            plan = load(path)
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


if __name__ == "__main__":
    sys.path.insert(0, f"{ROOT}/scripts/workloads")
    print("interpreters:", ", ".join(ARMS), "- with NumPy:", ", ".join(NUMPY_ARMS) or "none", file=sys.stderr)
    unittest.main()
