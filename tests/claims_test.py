#!/usr/bin/python3
"""claims_test.py JOULERIG REHEARSAL: `joulerig claims` on campaigns made in simulated time: its exit status for each kind of verdict,
mistakes of a claims file with their lines and columns, JSON against schemas/judged.schema.json and against the export's figures."""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAPER = ROOT / "scripts" / "campaigns" / "unlocking-pythons-cores" / "claims.yaml"
HEAD = "joulerig: claims 1\ntitle: T\nclaims:\n"
JOULERIG, REHEARSAL = sys.argv.pop(1), sys.argv.pop(1)

REPRODUCED = "  good: {says: s, firmness: firm, metric: energy, contrast: {arm: ft, over: gil}, points: [{workload: mandelbrot, at: {threads: 2}}], interval: [0.7, 0.85]}\n"
CONTRADICTED = "  bad: {says: s, firmness: firm, metric: energy, contrast: {arm: ft, over: gil}, points: [{workload: mandelbrot, at: {threads: 2}}], interval: [1, open]}\n"
UNDECIDED = "  open: {says: s, firmness: firm, metric: energy, contrast: {arm: ft, over: gil}, points: [{workload: mandelbrot, at: {threads: 2}}], interval: [%.17g, open]}\n"
UNTESTABLE = "  else: {says: s, firmness: firm, metric: energy, contrast: {arm: ft, over: gil}, points: [{workload: elsewhere}], interval: [1, open]}\n"


def run(*arguments):
    return subprocess.run([JOULERIG, *map(str, arguments)], capture_output=True, text=True, check=False)


class Claims(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="joulerig-claims-")
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.real, cls.twin = cls.folder / "real", cls.folder / "twin"
        for place, options in ((cls.real, ["--as-if-real"]), (cls.twin, [])):
            subprocess.run([REHEARSAL, "--seed", "11", "-o", place, "--workloads", "2", "--points", "2", "--arms", "2", "--repetitions", "4",
                            *options], check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def hold(self, text, place, *options):
        path = self.folder / "claims.yaml"
        path.write_text(HEAD + text)
        return run("claims", path, place, *options)

    def judged(self, text, place):
        done = self.hold(text, place, "--format", "json")
        judged = json.loads(done.stdout)
        schema = json.loads((ROOT / "schemas" / "judged.schema.json").read_text())
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(judged)]
        self.assertEqual(errors, [])
        return judged

    def test_status_tells_the_verdict_on_real_instruments(self):
        estimate = self.judged(REPRODUCED, self.real)["claims"][0]["quantities"]["gross"]["estimate"]
        undecided = UNDECIDED % estimate
        for text, status in ((REPRODUCED, 0), (REPRODUCED + UNTESTABLE, 0), (REPRODUCED + CONTRADICTED, 10), (CONTRADICTED + undecided, 10),
                             (REPRODUCED + undecided, 11), (UNTESTABLE, 12)):
            done = self.hold(text, self.real)
            self.assertEqual((done.returncode, done.stderr), (status, ""), text)
            self.assertNotIn("rehearsal: would", done.stdout)

    def test_status_of_a_rehearsal_tells_nothing(self):
        for text in (REPRODUCED, CONTRADICTED, UNDECIDED % 0.77, UNTESTABLE):
            for options in ([], ["--format", "json"]):
                done = self.hold(text, self.twin, *options)
                self.assertEqual((done.returncode, done.stderr), (8, ""), text)
                self.assertIn("rehearsal: ", done.stdout)
        self.assertTrue(self.hold(REPRODUCED, self.twin).stdout.startswith("SIMULATED"))

    def test_json_of_either(self):
        every = REPRODUCED + CONTRADICTED + UNDECIDED % 0.77 + UNTESTABLE
        self.assertFalse(self.judged(every, self.real)["simulated"])
        twin = self.judged(every, self.twin)
        self.assertTrue(twin["simulated"])
        self.assertTrue(all(claim["verdict"].startswith("rehearsal: ") for claim in twin["claims"]))

    def test_the_schema_knows_a_rehearsal(self):
        schema = json.loads((ROOT / "schemas" / "judged.schema.json").read_text())
        judged = self.judged(REPRODUCED, self.twin)
        judged["claims"][0]["verdict"] = "reproduced"
        self.assertFalse(jsonschema.Draft202012Validator(schema).is_valid(judged))

    def test_figures_are_those_of_the_export(self):
        export = json.loads(run("export", self.real, "--format", "json").stdout)
        logs = {"ft": [], "gil": []}
        for one in export["runs"]:
            if (one["workload"], one["point"], one["phase"]) == ("mandelbrot", "threads=2", "measured"):
                logs[one["arm"]] += [math.log(s["gross"]["value"]) for s in one["sources"] if s["name"] == "wall"]
        self.assertEqual((len(logs["ft"]), len(logs["gil"])), (4, 4))
        ratio = math.exp(sum(logs["ft"]) / 4 - sum(logs["gil"]) / 4)
        claim = self.judged(REPRODUCED, self.real)["claims"][0]
        self.assertAlmostEqual(claim["quantities"]["gross"]["estimate"], ratio, delta=1e-12)

    def test_mistakes_have_their_line_and_column(self):
        for wrong, at, message in (
                ("metric: enery", "enery", 'metric: "enery" is not one of energy, power'),
                ("arm: jit", "jit", 'arm: the campaign has no arm "jit"'),
                ("over: gil-off", "gil-off", 'over: the campaign has no arm "gil-off"'),
                ("interval: [0.85, 0.7]", "[0.85", "interval: empty: nothing lies between 0.85 and 0.7"),
                ("interval: [-0.7, 0.85]", "-0.7", "interval: -0.7: a ratio is never negative"),
                ("interval: [nan, 0.85]", "nan", 'interval[1]: "nan" is not a number, or open'),
                ("interval: []", "[]}", "interval: 0 items are too few"),
                ("colour: red", "colour", 'unknown key "colour"')):
            key = wrong.split(":")[0]
            before = {"metric": "metric: energy", "arm": "arm: ft", "over": "over: gil", "interval": "interval: [0.7, 0.85]", "colour": "firmness: firm"}[key]
            text = REPRODUCED.replace(before, wrong if key != "colour" else before + ", " + wrong)
            for place in (self.real, self.twin):
                done = self.hold(text, place)
                column = text.index(at) + 1
                self.assertEqual((done.returncode, done.stdout), (3, ""), wrong)
                self.assertIn(f"claims.yaml:4:{column}: {message}", done.stderr)

    def test_the_papers_claims_have_a_verdict_each(self):
        done = run("claims", PAPER, self.real)
        self.assertEqual(done.returncode, 12)  # made with one interpreter, whose GIL is on
        judged = json.loads(run("claims", PAPER, self.real, "--format", "json").stdout)
        self.assertGreaterEqual(len(judged["claims"]), 16)
        for claim in judged["claims"]:
            self.assertEqual(claim["verdict"], "not testable here")
            self.assertTrue(claim["reason"])
            self.assertEqual(claim["firmness"], "provisional" if claim["id"].split(".")[0] in ("C6", "C7", "C8", "D8") else "firm")

    def test_of_a_packed_campaign(self):
        pack = self.folder / "twin.h5"
        self.assertEqual(run("pack", self.twin, "-o", pack).returncode, 0)
        self.assertEqual(self.hold(REPRODUCED, pack, "--format", "json").stdout, self.hold(REPRODUCED, self.twin, "--format", "json").stdout)

    def test_usage(self):
        self.assertEqual(run("claims").returncode, 2)
        self.assertEqual(run("claims", PAPER, self.twin, "--format", "xml").returncode, 2)
        self.assertNotEqual(run("claims", self.folder / "nowhere.yaml", self.twin).returncode, 0)
        self.assertNotEqual(run("claims", PAPER, self.folder / "nowhere").returncode, 0)
        self.assertIn("8  a rehearsal", run("claims", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
