"""What the system tests share: a twin on a temporary bench, plans made on the spot, joulerig run as a user runs it."""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(TESTS)
BUILD = os.environ.get("JOULERIG_BUILD", os.path.join(ROOT, "build-ci"))
JOULERIG = os.path.join(BUILD, "joulerig")
TWIN = os.path.join(BUILD, "joulerig-twin")
SLOWER = 3 if "san" in os.path.basename(BUILD) else 1  # sanitized builds take their time
sys.path.insert(0, TESTS)

# A machine whose load is a script (so that nothing else on this machine moves it) and whose meter is quick.
QUIET = {
    "joulerig": "twin 1",
    "name": "system test",
    "load": {"source": "script", "steps": [{"at": "0 s", "cores": 0}]},
    "machine": {"idle": "12 W", "per_core": "38 W", "platform": "36 W", "fan": {"power": "0 W", "tau": "1 s"}},
    "meter": {"update": "100 ms", "ranges": {"voltage": "300 V", "current": "2 A"}, "latency": "30 ms",
              "latency_uncertainty": "5 ms", "noise": "0.1 W"},
    "powercap": {},
}


def merged(base, change):
    """`base` with `change` laid over it, map by map; None removes."""
    result = dict(base)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


@contextlib.contextmanager
def twin(folder, config, seed=1):
    """Starts a twin in folder/twin; yields an object with .bench (path), .truth (path), .directory and .pid."""
    path = os.path.join(folder, "twin.yaml")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f)  # JSON is YAML
    directory, truth = os.path.join(folder, "twin"), os.path.join(folder, "truth.log")
    process = subprocess.Popen([TWIN, path, "--directory", directory, "--truth", truth, "--seed", str(seed), "--die-with-parent"],
                               stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("ready "), f"the twin did not start: {line!r}"
        process.bench, process.truth, process.directory = line.split(None, 1)[1].strip(), truth, directory
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stdout.close()


def plan(workloads, **changes):
    """A plan of short windows; `workloads` maps a name to a command list or to the whole mapping."""
    result = {
        "joulerig": "plan 1", "title": "system test", "seed": 1, "repetitions": 1, "order": "sequence",
        "arms": {"only": {}},
        "workloads": {n: w if isinstance(w, dict) else {"command": w} for n, w in workloads.items()},
        "idle": "1.2 s", "settle": {"within": "3 W", "during": "500 ms", "at_most": "4 s"}, "guard": "300 ms",
        "tail": {"within": "3 W", "at_most": "2 s"}, "barrier": {"quiet": "1 s"}, "timeout": "30 s",
    }
    return merged(result, changes)


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def joulerig(*arguments, timeout=240, **options):
    """Runs it to its end: a CompletedProcess with text output."""
    return subprocess.run([JOULERIG, *arguments], capture_output=True, text=True, timeout=timeout * SLOWER, check=False, **options)


def exported(directory):
    done = joulerig("export", directory, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# The only words by which a run is refused because values are missing: not what a value was, nor what the meter said of itself.
TOO_LATE = re.compile(r"no valid sample at the (start|stop) edge|[0-9.]+ % of the bracket has no valid samples")
GAP_MISSED = 4  # schemas/layout.md: the device went on, the host was late


def came_late(path):
    """Whether, by a run's own record, the host stepped a device late, and lost values by that and by nothing else."""
    import h5py
    with h5py.File(path) as file:
        reasons = []
        file["entry/instrument"].visititems(lambda name, node: reasons.extend(node[()]) if name.endswith("gaps/reason") else None)
        return json.loads(file["entry/raw_log/notes"][()])["late_steps"] > 0 and set(reasons) == {GAP_MISSED}


def late_runs(directory):
    """{number: reason} of the runs that joulerig gave no energy because this machine was too busy to read the meter in time."""
    return {run["run"]: run["reason"] for run in exported(directory)["runs"]
            if run["status"] == "unmeasured" and TOO_LATE.fullmatch(run["reason"])
            and came_late(os.path.join(directory, "runs", f"{run['run']:06d}.h5"))}


def again_if_busy(record, output, tries=3):
    """What `record`, which records a campaign into `output`, returns. Where nothing is wrong but runs that this machine was too busy
    to measure, this is said and it records again, from what `output` held before. For tests of anything but the measurement."""
    with folder() as before:
        kept = os.path.join(before, "output")
        if os.path.exists(output):
            shutil.copytree(output, kept, symlinks=True)
        for attempt in range(1, tries + 1):
            done = record()
            if done.returncode != 1 or re.search("Sanitizer|runtime error", done.stderr) or attempt == tries:
                return done
            late = late_runs(output)
            if not late or late.keys() != {run["run"] for run in exported(output)["runs"] if run["status"] != "ok"}:
                return done
            print(f"  attempt {attempt} of {tries}: the machine was too busy to measure {late}", flush=True)
            shutil.rmtree(output)
            if os.path.exists(kept):
                shutil.copytree(kept, output, symlinks=True)


def source(run, name):
    return next((s for s in run["sources"] if s["name"] == name), None)


def truth_of(process, run, name):
    """J that really flowed between the run's edges: `name` is wall, or rapl for the counters that add up."""
    from truth import Truth  # tests/truth.py
    deadline = time.monotonic() + 10
    while True:  # the twin's log is flushed each second
        log = Truth(process.truth)
        if log.span()[1] > run["bracket"]["stop_ns"] or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    joules = log.energy(run["bracket"]["start_ns"], run["bracket"]["stop_ns"])
    if name == "rapl":
        return sum(j for zone, j in joules.items() if zone.startswith("package-") or "dram" in zone)
    return joules[name]


def folder():
    return tempfile.TemporaryDirectory(prefix="joulerig-test-")
