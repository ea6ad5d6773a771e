"""A short campaign over each network link to the twin's meter: TCP, VXI-11, VXI-11 found by its portmapper, and VXI-11 through
slow answers and a lost connection. Energies within U of the truth log, over each of them.

usage: links_test.py [--seed N]
"""
import argparse
import os
import socket
import sys

from harness import QUIET, exported, folder, joulerig, late_runs, merged, plan, source, truth_of, twin, write

# Constant power: gross is power x time wherever the run happens to lie, and a wrong number cannot hide.
BASE = merged(QUIET, {"load": {"steps": [{"at": "0 s", "cores": 1}]}, "powercap": None})
PLAN = plan({"short": ["sleep", "4"], "long": ["sleep", "7"]})
# Answers that are late in the first run cost a few samples; the connection that is lost in the second costs more than the driver may
# miss, so that the run is refused; the third must be measured again. By how often it was asked for values, 10 times a second: the
# runs follow that however long a busy machine takes to begin.
FAULTY = plan({"late": ["sleep", "8"], "lost": ["sleep", "9"], "after": ["sleep", "4"]})
FAULTS = [{"what": "slow", "after_queries": 60, "for": "200 ms", "by": "150 ms"},
          {"what": "disconnect", "after_queries": 190, "for": "100 ms"}]
WAYS = {
    "tcp": {"meter": {"links": {"tcp": 0, "bench": "tcp"}}},
    "vxi11": {"meter": {"links": {"vxi11": 0, "bench": "vxi11"}}},
    "portmapper": {"meter": {"links": {"vxi11": 0, "bench": "vxi11"}}},
    "faults": {"meter": {"links": {"vxi11": 0, "bench": "vxi11"}}, "faults": FAULTS},
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def bench_of(process, work, portmapper):
    """The twin's own bench file; with the port left to the portmapper where there is one."""
    with open(process.bench, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for i, line in enumerate(lines):
        if portmapper and line.strip().startswith("endpoint:"):
            assert "vxi11://127.0.0.1:" in line, line
            lines[i] = f'    endpoint: "vxi11://127.0.0.1/inst0?portmapper={portmapper}"'
    return write(work, "bench.yaml", "\n".join(lines) + "\n")


def judge(process, run, way):
    """|error| / U and U / J of a run that was measured; None of another one. What was measured is right."""
    energy = source(run, "wall.power")
    if energy["status"] == "refused":
        print(f"  {way:10s} {run['workload']:5s} refused: {energy['reason']}", flush=True)
        return None
    value, U, true = energy["gross"]["value"], energy["gross"]["U"], truth_of(process, run, "wall")
    print(f"  {way:10s} {run['workload']:5s} {value:8.3f} J ± {U:6.3f} J  truth {true:8.3f} J  error {value - true:+7.3f} J"
          f" = {abs(value - true) / U:4.2f} U  {energy['status']} {energy['reason'] or ''}", flush=True)
    assert abs(value - true) <= U, (way, energy)
    assert run["workload"] != "late" or energy["samples"]["missing"] > 0, energy
    return U / value


def campaign(way, config, seed):
    """{workload: U / J, None where it could not be measured}; and what this machine was too busy to measure."""
    portmapper = free_port() if way == "portmapper" else None
    if portmapper:
        config = merged(config, {"meter": {"links": {"portmapper": portmapper}}})
    with folder() as work, twin(work, config, seed) as process:
        output = os.path.join(work, "out")
        done = joulerig("run", write(work, "plan.yaml", FAULTY if way == "faults" else PLAN), "--bench",
                        bench_of(process, work, portmapper), "-o", output)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return {run["workload"]: judge(process, run, way) for run in exported(output)["runs"]}, late_runs(output)


def measured(way, config, seed):
    """A run that this machine was too busy to measure is recorded again, twice; then it is the link."""
    for attempt in range(1, 4):
        relative, late = campaign(way, config, seed)
        if not late:
            break
        print(f"  attempt {attempt} of 3: the machine was too busy to measure {late}", flush=True)
    assert len(relative) == (3 if way == "faults" else 2)
    assert [workload for workload, u in relative.items() if u is None] == (["lost"] if way == "faults" else []), relative
    return relative


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=4)
    seed = parser.parse_args().seed
    print(f"seed {seed}")
    relative = {way: measured(way, merged(BASE, change), seed) for way, change in WAYS.items()}
    # Two round trips in place of one, on loopback: nothing that shows in U.
    for way in ("vxi11", "portmapper"):
        for workload, u in relative[way].items():
            assert u < 1.25 * relative["tcp"][workload], relative
    return 0


if __name__ == "__main__":
    sys.exit(main())
