"""`joulerig audit` as a user runs it, on campaigns that report_audit_test leaves: exit status, the two forms, what it refuses.

    audit_test.py JOULERIG CAMPAIGNS_PROGRAM
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

JOULERIG, CAMPAIGNS = None, None
PROFILES = ["green500-l1", "green500-l2", "green500-l3", "spec-like", "mlperf-like"]


def audit(*arguments):
    return subprocess.run([JOULERIG, "audit", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="joulerig-audit-")
        subprocess.run([CAMPAIGNS, cls.folder.name], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def json(self, name, profile):
        return json.loads(audit(self.path(name), "--profile", profile, "--format", "json").stdout)

    def test_zero_is_for_what_meets_every_rule(self):
        for profile in PROFILES:
            got = audit(self.path("good"), "--profile", profile)
            self.assertEqual(got.returncode, 0, got.stdout)
            self.assertIn("This is no statement of compliance", got.stdout)
            self.assertEqual({rule["verdict"] for rule in self.json("good", profile)["rules"]}, {"met"})

    def test_what_does_not_meet_a_rule_has_its_own(self):
        got = audit(self.path("bad"), "--profile", "spec-like")
        self.assertEqual(got.returncode, 7)
        self.assertIn("does not meet: calibrated", got.stdout)
        self.assertEqual(audit(self.path("bad"), "--profile", "green500-l3").returncode, 0)

    def test_a_twin_never_gives_zero(self):
        for profile in PROFILES:
            for form in "text", "json":
                self.assertEqual(audit(self.path("twin"), "--profile", profile, "--format", form).returncode, 8)
            told = self.json("twin", profile)
            self.assertTrue(told["simulated"])
            self.assertFalse(told["all_met"])
            for rule in told["rules"]:
                self.assertEqual(rule["verdict"], "not-met" if rule["asks_for_instrument"] else "met", rule["id"])
        self.assertTrue(audit(self.path("twin"), "--profile", "spec-like").stdout.startswith("SIMULATED"))

    def test_it_refuses(self):
        for arguments in [], [self.path("good")], ["--profile", "spec-like"], [self.path("good"), "--profile", "green500"], [
                self.path("good"), "--profile", "spec-like", "--format", "xml"]:
            got = audit(*arguments)
            self.assertEqual((got.returncode, got.stdout), (2, ""), arguments)
        self.assertNotIn(audit(self.path("nowhere"), "--profile", "spec-like").returncode, (0, 7, 8))


if __name__ == "__main__":
    JOULERIG, CAMPAIGNS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
