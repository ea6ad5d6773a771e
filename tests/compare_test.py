"""`joulerig compare` as a user runs it, on rehearsed campaigns: two benches with a meter each, and one meter twice.

    compare_test.py JOULERIG REHEARSAL
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

JOULERIG, REHEARSAL = None, None
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONFIG = os.path.join(ROOT, "tests", "config")


def run(*arguments):
    return subprocess.run([JOULERIG, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


def mean(values):
    return sum(values) / len(values)


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="joulerig-compare-")
        size = ["--workloads", "2", "--points", "2", "--arms", "2", "--repetitions", "3"]
        for name, seed in ("a", "1"), ("again", "1"), ("b", "2"):
            subprocess.run([REHEARSAL, "--seed", seed, "-o", cls.path(name), *size], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def compare(self, *arguments):
        got = run("compare", *arguments)
        self.assertEqual(got.returncode, 0, got.stderr)
        return got.stdout

    def json(self, *arguments):
        return json.loads(self.compare(*arguments, "--format", "json"))

    def test_numbers_are_those_of_export(self):
        told = self.json(self.path("a"), self.path("b"))
        self.assertEqual(len(told["points"]), 4)
        for label, name in ("A", "a"), ("B", "b"):
            results = json.loads(run("export", self.path(name), "--format", "json").stdout)["runs"]
            for point in told["points"]:
                wall = [next(s for s in r["sources"] if s["name"] == "wall") for r in results
                        if (r["workload"], r["point"], r["phase"], r["arm"]) == (point["workload"], point["point"], point["phase"], "gil")]
                side = next(c for c in point["campaigns"] if c["campaign"] == label)
                self.assertEqual(len(wall), 3)
                for quantity in "gross", "net", "caused":
                    expected = mean([w[quantity]["value"] for w in wall])
                    self.assertAlmostEqual(side[f"{quantity}_J"]["value"], expected, delta=1e-9 * abs(expected))

    def test_a_twin_makes_it_a_rehearsal(self):
        self.assertTrue(self.compare(self.path("a"), self.path("b")).startswith("SIMULATED: every energy below comes from a twin; a rehearsal"))
        told = self.json(self.path("a"), self.path("b"))
        self.assertTrue(told["simulated"] and told["rehearsal"])

    def test_one_meter_has_the_smaller_uncertainty(self):
        two, one = self.json(self.path("a"), self.path("b")), self.json(self.path("a"), self.path("again"))
        for of_two, of_one in zip(two["points"], one["points"]):
            of_two, of_one = of_two["campaigns"][1], of_one["campaigns"][1]
            self.assertEqual(of_two["meters_differ"], "another meter")
            self.assertTrue(of_one["one_meter"])
            self.assertLess(of_one["u_ratio_meter"], 0.7 * of_two["u_ratio_meter"])
            self.assertLessEqual(of_one["ratio"]["gross"]["low"], 1)
            self.assertGreaterEqual(of_one["ratio"]["gross"]["high"], 1)
        self.assertIn("both were measured by YOKOGAWA WT310E no. SIM000001", self.compare(self.path("a"), self.path("again")))

    def test_a_pack_says_the_same(self):
        pack = self.path("b.h5")
        self.assertEqual(run("pack", self.path("b"), "-o", pack).returncode, 0)
        self.assertEqual(self.compare(self.path("a"), pack), self.compare(self.path("a"), self.path("b")))

    def test_costs_stand_beside_their_factors_and_nowhere_else(self):
        files = sorted(os.listdir(self.path("a"))), os.stat(os.path.join(self.path("a"), "campaign.h5")).st_mtime_ns
        text = self.compare(self.path("a"), "--factors", os.path.join(CONFIG, "good", "factors-full.yaml"))
        self.assertIn("EUR", text)
        self.assertIn("price: 0.31 EUR/kWh ± 5 %; source: tariff sheet of the municipal works, 2026-01-01", text)
        self.assertNotIn("EUR", self.compare(self.path("a"), self.path("b")))
        self.assertEqual(files, (sorted(os.listdir(self.path("a"))), os.stat(os.path.join(self.path("a"), "campaign.h5")).st_mtime_ns))

    def test_a_factor_without_its_source_is_refused(self):
        got = run("compare", self.path("a"), "--factors", os.path.join(CONFIG, "bad", "factors-source.yaml"))
        self.assertEqual((got.returncode, got.stdout), (3, ""))
        self.assertIn('factors-source.yaml:3:8: price: missing key "source"', got.stderr)

    def test_usage(self):
        a, b = self.path("a"), self.path("b")
        for arguments, said in (((a,), "two to 8 campaigns"), ((a, a), "campaign A once more"), ((a, b, "--arm", "jit"), '"jit"'),
                                ((a, b, "--arm", "C=ft"), "no campaign C"), ((a, b, "--arm", "Z=ft"), "A to H"),
                                ((a, b, "--format", "xml"), "text or json")):
            got = run("compare", *arguments)
            self.assertEqual((got.returncode, got.stdout), (2, ""), arguments)
            self.assertIn(said, got.stderr)
        self.assertEqual(run("compare", a, self.path("nowhere")).returncode, 4)
        self.assertEqual(self.json(a, b, "--arm", "B=ft")["campaigns"][1]["arm"], "ft")


if __name__ == "__main__":
    JOULERIG, REHEARSAL = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
