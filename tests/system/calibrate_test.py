"""A meter's latency is found where it is known: on a twin whose script makes the steps, and on one that follows this machine's
CPU use while joulerig calibrate toggles its cores (only when nothing else keeps them busy).

usage: calibrate_test.py [--seed N]
"""
import argparse
import os
import random
import re
import shutil
import sys
import time

import harness
from harness import exported, folder, joulerig, merged, plan, twin, write

import yaml

METER = {"latency": "85 ms", "errors": {"latency": "2 ms"}}
TRUE_MS = 87
EDGES = 16

# Waits for the script's steps to be over, then tells when they were, by the twin's own log.
TELLER = """
import json, os, sys, time
sys.path.insert(0, {tests!r})
from truth import Truth, interpolate
ats = json.loads({ats!r})
end = max(ats) * 1000000000 + 1001 * 10**9 + 10**9
log = Truth({truth!r})
while log.t[-1] < end:
    time.sleep(0.5)
    log = Truth({truth!r})
fd = int(os.environ["JOULERIG_MARK_FD"])
for i, at in enumerate(ats):
    t = interpolate(log.sync_twin, log.sync_monotonic, 1000 * 10**9 + round(at * 1e9))
    os.write(fd, b"mark %s %d\\n" % (b"idle" if i % 2 else b"busy", round(t)))
"""


def busy_cores(seconds=1.0):
    """How many cores other programs keep busy."""
    def used():
        with open("/proc/stat", encoding="ascii") as f:
            fields = [int(x) for x in f.readline().split()[1:8]]
        return sum(fields) - fields[3] - fields[4]
    before = used()
    time.sleep(seconds)
    return (used() - before) / os.sysconf("SC_CLK_TCK") / seconds


def without_latency(path):
    with open(path, encoding="utf-8") as f:
        return [line for line in f if "latency" not in line]


def spoil_bench(process):
    """The bench file knows nothing of the latency, and has a comment where it is wrong."""
    with open(process.bench, encoding="utf-8") as f:
        text = f.read()
    text = text.replace("latency: 85 ms", "latency: 40 ms   # vendor")
    text = re.sub("    latency_uncertainty.*\n", "", text)
    write(os.path.dirname(process.bench), os.path.basename(process.bench), text)
    return without_latency(process.bench)


def judge(process, done, kept, largest):
    print(done.stdout, done.stderr, sep="")
    assert done.returncode == 0, done.returncode
    assert "SIMULATED" in done.stdout
    found = re.search(r"latency ([0-9.]+) ms ± ([0-9.]+) ms", done.stdout)
    value, U = float(found.group(1)), float(found.group(2))
    print(f"found {value} ms ± {U} ms, true {TRUE_MS} ms: {abs(value - TRUE_MS) / U:.2f} U")
    assert abs(value - TRUE_MS) <= U, "the true latency is not within U"
    assert U <= largest, "U is larger than such a load allows"
    assert without_latency(process.bench) == kept, "calibrate --write changed something else"
    with open(process.bench, encoding="utf-8") as f:
        text = f.read()
    assert f"latency: {value:.1f} ms   # vendor\n" in text
    device = yaml.safe_load(text)["devices"]["wall"]
    assert device["latency"] == f"{value:.1f} ms" and U <= float(device["latency_uncertainty"].split()[0]) < U + 0.2
    assert joulerig("check", "--bench", process.bench).returncode == 0


def check_other_devices(bench, work, output):
    """What was found on the twin is not written into the bench file of a meter elsewhere, or set otherwise."""
    with open(bench, encoding="utf-8") as f:
        config = yaml.safe_load(f)
    for change in ({"endpoint": "tcp://192.0.2.7:5025"}, {"update": "500 ms"}, {"serial": "C2PH12345"}):
        path = write(work, "other.yaml", merged(config, {"devices": {"wall": change}}))
        with open(path, encoding="utf-8") as f:
            before = f.read()
        refused = joulerig("calibrate", "--bench", path, "--from", output, "--write")
        assert refused.returncode == 3 and "simulated" in refused.stderr, (change, refused)
        with open(path, encoding="utf-8") as f:
            assert f.read() == before, "a refused figure was written"


def check_script(seed):
    """Sharp steps at known instants, whatever else this machine does."""
    dice = random.Random(seed)
    ats = [7.0]
    while len(ats) < EDGES:
        ats.append(round(ats[-1] + dice.uniform(1, 2.2), 6))
    steps = [{"at": f"{at:.6f} s", "cores": (i + 1) % 2} for i, at in enumerate(ats)]
    config = merged(harness.QUIET, {"load": {"steps": steps}, "meter": METER, "powercap": None,
                                    "machine": {"fan": {"power": "10 W", "tau": "5 s"}}})
    with folder() as work, twin(work, config, seed) as process:
        kept = spoil_bench(process)
        teller = write(work, "teller.py", TELLER.format(tests=harness.TESTS, ats=str(ats), truth=process.truth))
        output = os.path.join(work, "out")
        done = joulerig("run", write(work, "plan.yaml", plan({"steps": {"command": ["/usr/bin/python3", teller], "timeout": "90 s"}})),
                        "--bench", process.bench, "-o", output)
        assert done.returncode == 0, done.stderr + done.stdout
        original = process.bench + ".original"
        shutil.copy(process.bench, original)
        dry = joulerig("calibrate", "--bench", process.bench, "--from", output)
        with open(process.bench, "rb") as a, open(original, "rb") as b:
            assert a.read() == b.read(), "without --write the file was touched"
        check_other_devices(process.bench, work, output)
        done = joulerig("calibrate", "--bench", process.bench, "--from", output, "--write")
        assert dry.stdout.splitlines()[:5] == done.stdout.splitlines()[:5], "the same run gives the same figure"
        judge(process, done, kept, 22)
        for arguments, status in ((["--device", "nobody"], 3), (["--edges", "7"], 2), (["--from", work], 4)):
            refused = joulerig("calibrate", "--bench", process.bench, *arguments, timeout=20, cwd=work)
            assert refused.returncode == status, refused


def check_own_load(seed):
    """The real thing: joulerig toggles the cores, the twin sees the CPU use (and lags behind it by about 15 ms)."""
    busy = busy_cores()
    if busy > 0.3:
        print(f"other programs keep {busy:.1f} cores busy: joulerig's own pattern was not tried")
        return
    with open(os.path.join(harness.ROOT, "scripts/demo-twin.yaml"), encoding="utf-8") as f:
        config = merged(yaml.safe_load(f), {"meter": METER})
    with folder() as work, twin(work, config, seed) as process:
        kept = spoil_bench(process)
        output = os.path.join(work, "out")
        done = joulerig("calibrate", "--bench", process.bench, "--edges", "12", "--seed", str(seed), "-o", output, "--write")
        judge(process, done, kept, 30)
        assert [r["status"] for r in exported(output)["runs"]] == ["ok"], "the evidence is no ordinary campaign"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=3)
    seed = parser.parse_args().seed
    check_script(seed)
    check_own_load(seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
