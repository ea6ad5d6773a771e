"""The demo's campaign, judged: the twin's truth log against every figure, and the files as other programs see them.

usage: first_light_test.py [--seed N] [--quick]      (--quick: one repetition of the threaded workload in two arms)
Takes about three minutes; must run alone, since the twin's power follows the CPU use of the whole machine.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import harness
from harness import exported, folder, joulerig, source, truth_of, twin

import yaml

PYTHON = "/usr/bin/python3"


def demo_plan(quick, work):
    """The demo's own plan; --quick cuts repetitions, nothing else."""
    path = os.path.join(harness.ROOT, "scripts/campaigns/demo.yaml")
    if not quick:
        return path
    with open(path, encoding="utf-8") as f:
        plan = yaml.safe_load(f)
    plan["repetitions"] = 1
    plan["workloads"].pop("nbody")
    plan["workloads"]["mandelbrot"]["command"][1] = os.path.join(harness.ROOT, "scripts/workloads/mandelbrot.py")
    # safe_load has made booleans of on and off, and numbers of nothing else: both are fine in JSON
    return harness.write(work, "quick.yaml", json.dumps(plan))


def judge_brackets(process, runs):
    """{source: [(|error| / U, error / truth, U / value) of each bracket]}, and what has no number as text."""
    judged, failures = {"wall": [], "rapl": []}, []
    for name, brackets in judged.items():
        for run in runs:
            energy = source(run, name)
            if energy["status"] == "refused":
                failures.append(f"run {run['run']} {run['phase'] or 'whole'}: {name} refused: {energy['reason']}")
                continue
            value, U, true = energy["gross"]["value"], energy["gross"]["U"], truth_of(process, run, name)
            brackets.append((abs(value - true) / U, (value - true) / true, U / value))
            print(f"  run {run['run']:2d} {run['workload']:11s} {run['arm']:10s} {run['phase'] or '(whole)':9s} {name:5s}"
                  f" {value:9.3f} J ± {U:7.3f} J  truth {true:9.3f} J  error {value - true:+8.4f} J = {brackets[-1][0]:5.2f} U"
                  f"  {energy['status']}")
    return judged, failures


def judge_energies(judged):
    """At least 90 % within U, all within 2 U, no bias beyond 0.3 %: (what fails for good, what more brackets could mend)."""
    for_good, for_now = [], []
    for name, brackets in judged.items():
        within, worst = sum(b[0] <= 1 for b in brackets) / len(brackets), max(b[0] for b in brackets)
        bias, median = statistics.mean(b[1] for b in brackets), statistics.median(b[2] for b in brackets)
        print(f"{name}: {len(brackets)} brackets, {within:.1%} within U, worst {worst:.2f} U, bias {bias:+.4%}, median U {median:.3%}")
        if within < 0.9:
            for_now.append(f"{name}: only {within:.1%} within U")
        if worst > 2:
            for_good.append(f"{name}: one is {worst:.2f} U off")
        if abs(bias) > 0.003:
            for_good.append(f"{name}: bias {bias:+.3%}")
    return for_good, for_now


def judge_table(table, export):
    failures = []
    if "SIMULATED" not in table.splitlines()[0]:
        failures.append("the table's heading does not say SIMULATED")
    arms = {"gil", "ft", "ft-gil-on"}
    groups = {g["arm"]: g for g in export["summary"] if g["workload"] == "mandelbrot"}
    if set(groups) != arms or not all(a in table for a in arms):
        failures.append(f"the table has not three arms: {sorted(groups)}")
    times = {arm: [r["bracket"]["duration_s"] for r in export["runs"]
                   if (r["workload"], r["arm"], r["phase"]) == ("mandelbrot", arm, "measured")] for arm in ("gil", "ft")}
    ratio = groups["ft"]["ratio"]
    print(f"ft / gil, mandelbrot, 2 threads: time {ratio['time']['estimate']:.3f}, energy at the wall {ratio['wall']['estimate']:.3f}")
    if not max(times["ft"]) < min(times["gil"]):
        failures.append(f"ft does not beat gil on the threaded workload: {times}")
    return failures


def judge_files(output):
    """The files in h5py, h5dump, silx and pandas; the export against its schema."""
    failures = []
    run_file = os.path.join(output, "runs/000001.h5")
    checks = [[PYTHON, os.path.join(harness.TESTS, "files_test.py"), run_file, output]]
    for name in ("json", "csv"):
        written = os.path.join(output, "export." + name)
        done = joulerig("export", output, "--format", name, "-o", written)
        if done.returncode:
            failures.append(done.stderr)
    checks.append([PYTHON, os.path.join(harness.TESTS, "export_test.py"), os.path.join(output, "export.json"),
                   os.path.join(output, "export.csv")])
    for check in checks:
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        print(done.stdout.strip())
        if done.returncode:
            failures.append(f"{os.path.basename(check[1])}: {done.stdout}{done.stderr}")
    return failures


def campaign(arguments, judged):
    """One campaign on one twin; its brackets are added to `judged`. Failures as text."""
    with open(os.path.join(harness.ROOT, "scripts/demo-twin.yaml"), encoding="utf-8") as f:
        config = yaml.safe_load(f)
    with folder() as work, twin(work, config, arguments.seed) as process:
        output = os.path.join(work, "out")
        began = time.monotonic()
        done = joulerig("run", demo_plan(arguments.quick, work), "--bench", process.bench, "-o", output, timeout=900)
        print(done.stdout, done.stderr, f"campaign: {time.monotonic() - began:.1f} s", sep="")
        failures = [] if done.returncode == 0 else [f"joulerig run: exit status {done.returncode}: {done.stderr}"]
        export = exported(output)
        brackets, refused = judge_brackets(process, export["runs"])
        for name, more in brackets.items():
            judged[name] += more
        return failures + refused + judge_table(done.stdout, export) + judge_files(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2, help="of the meter's planted errors: one draw within its specification")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    judged = {"wall": [], "rapl": []}
    failures = campaign(arguments, judged)
    for_good, for_now = judge_energies(judged)
    if for_now and not failures and not for_good and not arguments.quick:
        # Of 36 brackets with 95 % coverage more than three lie outside in one campaign of ten; twice as many decide.
        print(f"undecided: {'; '.join(for_now)}; a second campaign is added")
        failures = campaign(arguments, judged)
        for_good, for_now = judge_energies(judged)
    failures += for_good + for_now
    for failure in failures:
        print("FAILED:", failure)
    print(f"first light: {len(judged['wall'])} brackets judged, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
