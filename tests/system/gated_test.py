"""A campaign whose wall energy is that of a Hioki's integrator, started and stopped by the rig's output: both modelled, each behind its
real wire, on real time.

usage: gated_test.py [--seed N]
"""
import argparse
import os

from harness import QUIET, again_if_busy, exported, folder, joulerig, merged, plan, source, truth_of, twin, write

CONFIG = merged(QUIET, {
    "load": {"steps": [{"at": "0 s", "cores": 1}]}, "powercap": None, "bench": {"supply_lag": "8 ms"}, "rig": {"inputs": {"in1": "out1"}},
    "meter": {"model": "PW3336", "update": None, "ranges": {"current": "1 A"}, "start_stop": {"reaction": "1 ms", "uncertainty": "0.5 ms"}},
})
PLAN = plan({"second": ["sleep", "1"], "longer": ["sleep", "2.3"]}, repetitions=2, wall="integrator")


def check_runs(process, output):
    runs = exported(output)["runs"]
    assert [r["status"] for r in runs] == 4 * ["ok"], [(r["status"], r["reason"]) for r in runs]
    held = 0
    for run in runs:
        wall, energy = source(run, "wall"), source(run, "wall.energy")
        truth = truth_of(process, run, "wall")
        off, U = wall["gross"]["value"] - truth, wall["gross"]["U"]
        print(f"  {run['workload']}: {wall['gross']['value']:.2f} J, off by {off:+.2f} J, U {U:.2f} J", flush=True)
        assert wall["gross"]["value"] == energy["gross"]["value"] and run["simulated"]
        assert "no caused energy" in run["reason"] and wall["caused"]["value"] is None
        assert abs(off) <= 2 * U and U < 0.02 * truth, (off, U)
        held += abs(off) <= U
    assert held >= 3, held


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=4)
    seed = parser.parse_args().seed
    with folder() as work, twin(work, CONFIG, seed) as process:
        with open(process.bench, encoding="utf-8") as file:
            bench = file.read()
        assert "driver: hioki_pw333x" in bench and "integrator: gated" in bench and "gate: out2" in bench, bench
        phase = write(work, "phase.yaml", plan({"short": {"command": ["sleep", "1"], "measure": "inner"}}, wall="integrator"))
        refused = joulerig("run", phase, "--bench", process.bench, "-o", os.path.join(work, "phase"))
        assert refused.returncode == 3 and "open for whole runs" in refused.stderr, refused
        output, path = os.path.join(work, "out"), write(work, "plan.yaml", PLAN)
        done = again_if_busy(lambda: joulerig("run", path, "--bench", process.bench, "-o", output), output)
        assert done.returncode == 0, done.stderr + done.stdout
        check_runs(process, output)
        verified = joulerig("verify", output)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        before = exported(output)["runs"]
        again = joulerig("analyse", output)
        assert again.returncode == 0 and exported(output)["runs"] == before, again.stderr
    print("a gated integrator on real time: 4 runs")


if __name__ == "__main__":
    main()
