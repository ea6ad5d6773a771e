"""joulerig ranges: the runs of a campaign under every range of the meter; the range in use must give the campaign's own figures,
and a campaign under the range it advises must come to the U that it promised.

usage: ranges_test.py [--seed N]
"""
import argparse
import os
import re
import sys

import harness
from harness import again_if_busy, exported, folder, joulerig, merged, plan, source, twin, write

CONFIG = merged(harness.QUIET, {"load": {"steps": [{"at": "0 s", "cores": 0.5}]}, "powercap": None,
                                "meter": {"ranges": {"voltage": "600 V", "current": "5 A"}}})
PLAN = plan({"short": ["sleep", "1.3"], "long": ["sleep", "4"]})


def rows_of(text):
    """{(V, A): (filled %, fits, [U %], in use, best)}"""
    rows = {}
    for line in text.splitlines():
        found = re.match(r"\s+([0-9.]+) V\s+([0-9.]+) A\s+([0-9]+) %\s+(yes|no)(.*)", line)
        if found:
            v, a, filled, fits, rest = found.groups()
            rows[float(v), float(a)] = (int(filled), fits == "yes", [float(u) for u in re.findall(r"([0-9.]+) %", rest)],
                                        "in use" in rest, "best" in rest)
    return rows


def campaign(process, work, name):
    output = os.path.join(work, name)
    path = write(work, name + ".yaml", PLAN)
    done = again_if_busy(lambda: joulerig("run", path, "--bench", process.bench, "-o", output), output)
    assert done.returncode == 0, done.stderr + done.stdout
    return output


def measured_U(output):
    return [100 * s["gross"]["U"] / s["gross"]["value"] for s in (source(r, "wall.power") for r in exported(output)["runs"])]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=9)
    seed = parser.parse_args().seed
    with folder() as work:
        with twin(work, CONFIG, seed) as process:
            output = campaign(process, work, "first")
            before = {f: os.path.getmtime(os.path.join(output, f)) for f in os.listdir(output)}
            done = joulerig("ranges", "--bench", process.bench, output)
            print(done.stdout, done.stderr)
            assert done.returncode == 0 and done.stdout.startswith("SIMULATED")
            rows = rows_of(done.stdout)
            in_use = [r for r in rows.values() if r[3]]
            assert len(in_use) == 1 and rows[600, 5] is in_use[0]
            for told, measured in zip(in_use[0][2], measured_U(output)):
                assert abs(told - measured) < 0.006, (told, measured)
            # About 79 W at 230 V draw some 0.36 A, which fills 0.2 A to 180 %; 230 V fill the 300 V range to 77 %.
            assert rows[300, 0.5][4] and not rows[300, 0.2][1] and sum(r[4] for r in rows.values()) == 1
            assert rows[300, 1][1] and rows[300, 0.5][0] < 90 < rows[300, 0.2][0]
            assert "ranges: { voltage: 300 V, current: 0.5 A }" in done.stdout
            smaller, larger = rows[300, 0.5][2], rows[300, 2][2]
            assert all(a < b for a, b in zip(smaller, larger)) and all(a < b for a, b in zip(larger, in_use[0][2]))
            assert before == {f: os.path.getmtime(os.path.join(output, f)) for f in os.listdir(output)}, "something was written"
            missing = joulerig("ranges", "--bench", process.bench, "--device", "nobody", output)
            assert missing.returncode == 3, missing
        with twin(work, merged(CONFIG, {"meter": {"ranges": {"voltage": "300 V", "current": "0.5 A"}}}), seed) as process:
            output = campaign(process, work, "second")
            done = joulerig("ranges", "--bench", process.bench, output)
            print(done.stdout, done.stderr)
            assert "the one in use" in done.stdout
            for promised, measured in zip(smaller, measured_U(output)):
                assert abs(promised - measured) < 0.2 * measured, (promised, measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
