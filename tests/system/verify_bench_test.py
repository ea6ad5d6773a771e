"""joulerig verify-bench on twins whose true power is known: a reference load, a second meter in series, a certificate, the chart.

usage: verify_bench_test.py [--seed N]
"""
import argparse
import json
import os
import sys

import harness
from harness import again_if_busy, exported, folder, joulerig, merged, plan, twin, write

import yaml

STEADY = merged(harness.QUIET, {"load": {"steps": [{"at": "0 s", "cores": 1}]},
                                "machine": {"thermal": {"tau": "10 ms"}, "fan": {"tau": "10 ms"}}, "powercap": None,
                                "meter": {"errors": {"gain": "0.04 %", "offset": "0.01 %", "nonlinearity": "0 %", "power_factor": "0 %"}}})


def true_power(path):
    """W at the wall: the load is steady, so any stretch of the log tells."""
    from truth import Truth
    log = Truth(path)
    begin, end = log.span()
    begin = end - (end - begin) // 2
    return log.energy(begin, end)["wall"] / (end - begin) * 1e9


def entries(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


class Bench:
    """Two twins under the same steady load, on one bench: the second one's meter in series with the first one's."""

    def __init__(self, work, first, second):
        with open(first.bench, encoding="utf-8") as f:
            bench = yaml.safe_load(f)
        with open(second.bench, encoding="utf-8") as f:
            check = yaml.safe_load(f)["devices"]["wall"]
        bench["devices"]["check"] = dict(check, measures="check")
        self.work, self.runs = work, 0
        self.path = write(work, "two.yaml", bench)
        self.chart = os.path.join(work, "two.checks.jsonl")

    def verify(self, *arguments, status=0):
        self.runs += 1
        done = joulerig("verify-bench", "--bench", self.path, *arguments, "-o", os.path.join(self.work, f"check{self.runs}"))
        print(done.stdout, done.stderr, sep="")
        assert done.returncode == status, (arguments, done.returncode)
        return done.stdout


def check_reference(bench, true):
    out = bench.verify("--reference", f"{true:.4f} W", "--u", "20 mW", "--for", "5 s", "--when", "before", "--campaign", "night-1")
    entry = entries(bench.chart)[-1]
    assert "passed" in out and "SIMULATED" in out and "too few for a verdict" in out
    assert entry["kind"] == "reference" and entry["device"] == "wall" and entry["passed"] and entry["simulated"]
    assert (entry["campaign"], entry["when"]) == ("night-1", "before") and entry["serial"].startswith("SIM")
    assert abs(entry["value_W"] - true) <= entry["U_W"], "the true power is not within U of the mean"
    assert entry["U_W"] < 0.01 * true
    En = (entry["value_W"] - entry["reference_W"]) / (entry["U_W"] ** 2 + entry["reference_U_W"] ** 2) ** 0.5
    assert abs(En - entry["En"]) < 1e-9
    assert len(exported(entry["evidence"])["runs"]) == 1, "the check's own run is not an ordinary campaign"
    bench.verify("--reference", f"{true * 1.02:.4f} W", "--u", "20 mW", "--for", "4 s", status=1)
    assert not entries(bench.chart)[-1]["passed"]


def check_series(bench):
    bench.verify("--against", "check", "--for", "5 s")
    entry = entries(bench.chart)[-1]
    assert entry["kind"] == "series" and entry["against"] == "check" and entry["passed"]
    run = exported(entry["evidence"])["runs"][0]
    sources = {s["name"]: s for s in run["sources"]}
    assert sources["check.power"]["role"] == "check" and not sources["check.power"]["total"]
    assert sources["wall"]["gross"]["value"] == sources["wall.power"]["gross"]["value"], "a check meter was added to the wall"
    shown = joulerig("show", entry["evidence"], "1").stdout
    assert "check.power" in shown


def check_chart(bench):
    """Nights that are alike, then one that is not: made from a true entry, so that nothing else differs."""
    last = next(e for e in entries(bench.chart) if e["kind"] == "series")
    with open(bench.chart, "a", encoding="utf-8") as f:
        for night in range(12):
            off = (3e-5 if night % 2 else -3e-5) * last["reference_W"]
            f.write(json.dumps(dict(last, time_s=last["time_s"] + night + 1, value_W=last["value_W"] + off)) + "\n")
        f.write('{"kind": "series", "time_s": 17')  # a crash in the middle of a line
    listed = joulerig("verify-bench", "--bench", bench.path, "--list")
    print(listed.stdout, listed.stderr)
    assert listed.returncode == 0 and "in control" in listed.stdout and "1 lines are no checks" in listed.stderr
    with open(bench.chart, "a", encoding="utf-8") as f:
        f.write("\n" + json.dumps(dict(last, time_s=last["time_s"] + 20, value_W=last["value_W"] * 1.002)) + "\n")
    listed = joulerig("verify-bench", "--bench", bench.path, "--list")
    assert listed.returncode == 1 and "OUT OF CONTROL: beyond 3 sigma" in listed.stdout, listed


def check_certificate(bench, true):
    campaign = os.path.join(bench.work, "campaign")
    path = write(bench.work, "plan.yaml", plan({"wait": ["sleep", "2"]}))
    done = again_if_busy(lambda: joulerig("run", path, "--bench", bench.path, "-o", campaign), campaign)
    assert done.returncode == 0, done.stderr

    def certificate(points):
        return write(bench.work, "certificate.yaml", {"joulerig": "certificate 1", "number": "A-7", "points": [
            {"power": f"{p} W", "error": f"{e} W", "U": f"{u} W"} for p, e, u in points]})
    good = certificate([(10, 0.01, 0.01), (500, 0.2, 0.1)])
    assert "within" in bench.verify("--certificate", good, "--campaign", campaign)
    # The limit is 0.1 % of the reading and 0.05 % of 600 W.
    assert "NOT within" in bench.verify("--certificate", certificate([(10, 0.9, 0.01), (500, 1.4, 0.1)]), "--campaign", campaign, status=1)
    assert "undecided" in bench.verify("--certificate", certificate([(true * 2, 0.01, 0.01), (500, 0.2, 0.1)]), "--campaign", campaign, status=1)


def check_refusals(bench):
    for arguments, status in ((["--against", "nobody"], 3), (["--against", "wall"], 3), (["--reference", "100"], 2), ([], 2),
                              (["--reference", "100 W"], 2), (["--reference", "100 W", "--u", "1 W", "--when", "after"], 2),
                              (["--certificate", "none.yaml"], 2)):
        bench.verify(*arguments, status=status)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=5)
    seed = parser.parse_args().seed
    with folder() as work:
        os.mkdir(os.path.join(work, "a"))
        os.mkdir(os.path.join(work, "b"))
        with twin(os.path.join(work, "a"), STEADY, seed) as first, twin(os.path.join(work, "b"), STEADY, seed + 1) as second:
            bench = Bench(work, first, second)
            check_refusals(bench)
            check_series(bench)
            true = true_power(first.truth)
            print(f"true power {true:.4f} W")
            check_reference(bench, true)
            check_chart(bench)
            check_certificate(bench, true)
    return 0


if __name__ == "__main__":
    sys.exit(main())
