"""A campaign on real time with the trigger rig's actual image under the emulator, over a pty: its output raised by the workload's own
process, wired to its input; its ADC streaming at 50 kS/s. Then what goes wrong, each in a run of its own: the host takes no bytes, the
watchdog ends a firmware that hangs, bytes are garbled both ways.

The wall is the twin's. usage: rig_test.py [--seed N]
"""
import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import time

from harness import BUILD, QUIET, ROOT, exported, folder, joulerig, merged, plan, twin, write

IMAGE = os.environ.get("RIG_IMAGE", os.path.join(BUILD, "firmware", "rig.bin"))
EMULATE = os.path.join(ROOT, "tests", "rig", "emulate")
RATE = int(os.environ.get("RIG_RATE", "50000"))  # samples a second
KEPT = 512 * 138  # sets that the firmware keeps for a host that does not take them
GARBLED, OVERRUN, RESET = 2, 6, 8  # schemas/layout.md
RISE, FALL = 8, 9
HARDWARE = 3

# What a workload does to the rig: it asks the emulator, or writes to the rig's own line, as anybody may.
MISCHIEF = r"""
import os, socket, struct, sys, time, zlib
control, pty = sys.argv[1:3]
def ask(command):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(control)
        s.sendall(command.encode() + b"\n")
        answer = s.makefile().readline()
        assert answer.startswith("ok"), (command, answer)
def say(data):
    fd = os.open(pty, os.O_WRONLY | os.O_NOCTTY)
    os.write(fd, data)
    os.close(fd)
def frame(kind, tag, payload):
    body = struct.pack("<BBHI", kind, 0, 0, tag) + payload
    body += struct.pack("<I", zlib.crc32(body))
    return b"\0" + b"".join(bytes([len(run) + 1]) + run for run in body.split(b"\0")) + b"\0"
time.sleep(1)
for word in sys.argv[3:]:
    if word == "hang":
        say(frame(0x0e, 0x80000002, struct.pack("<II", 0x4749524a, 2)))
    elif word == "noise":
        say(b"\0no frame at all\0" + bytes(range(1, 200)) + b"\0")
    elif word.startswith("wait="):
        time.sleep(float(word[5:]))
    else:
        ask(word)
time.sleep(1.5)
"""


@contextlib.contextmanager
def rig(work):
    """The emulator; yields the words that a workload needs to do it mischief."""
    pty, control = os.path.join(work, "rig.pty"), os.path.join(work, "rig.control")
    truth = os.path.join(work, "rig.truth")
    process = subprocess.Popen([EMULATE, IMAGE, "--pty", pty, "--serial", "SIM7", "--wire", "OUT1=IN1:300", "--adc0", "ramp:0.05", "--truth", truth,
                                "--control", control, "--cap", "600"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if process.poll() == 77 or (line == "" and process.wait(20) == 77):
            print(process.stderr.read().strip())
            sys.exit(77)
        assert line.startswith("ready"), (line, process.stderr.read() if process.poll() is not None else "")
        yield pty, control
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        complaints = "".join(line for line in process.stderr if not line.startswith('emulate: {"behind_worst_ms"'))  # its figures
        process.stdout.close()
        process.stderr.close()
    assert complaints == "", f"the emulator complains: {complaints}"
    assert process.returncode == 0, process.returncode


def bench(work, wall, pty):
    with open(wall.bench, encoding="utf-8") as f:
        text = f.read().replace("trigger: software", "trigger: rig")
    return write(work, "bench.yaml", text + f"""
  rig:
    driver: rig
    endpoint: "pty://{pty}"
    serial: SIM7
    measures: none
    options: {{ input: in1, output: out1, adc0: V 0.001, adc_rate: {RATE} }}
""")


def opened(directory, run):
    import h5py
    return h5py.File(os.path.join(directory, "runs", f"{run['run']:06d}.h5"))


def gaps(file, channel):
    """{reason: values} of a channel of the rig."""
    node, found = file[f"entry/instrument/rig/{channel}/gaps"], {}
    for reason, values in zip(node["reason"][()], node["values"][()]):
        found[int(reason)] = found.get(int(reason), 0) + int(values)
    return found


def edges(file):
    node = file["entry/instrument/trigger/edges"]
    return [(int(what), int(t)) for what, t, name in zip(node["what"][()], node["t"][()], node["name"][()]) if name == b"rig.input"]


def holes(file):
    """Between blocks of samples, in sets; and how many sets there are."""
    node = file["entry/instrument/rig/adc0"]
    t, n = node["t"][()], node["n"][()]
    return [round((int(b) - int(a) - int(k) * 10**9 // RATE) * RATE / 10**9) for a, b, k in zip(t, t[1:], n)], int(n.sum())


def true_ticks(path, high):
    """IN1's transitions by the emulator's own log."""
    with open(path, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return [row["ticks"] for row in rows if row["edge"] == "IN1" and row["high"] == high]


def check_line(file):
    """The self-test saw each edge of its output at its input."""
    line = json.loads(file["entry/raw_log/header"][()]).get("line")
    assert line and line["device"] == "rig" and line["source"] == HARDWARE, f"the self-test did not believe the rig's line: {line}"
    print(f"  line: lags {line['start_lag_ns'] / 1e3:.0f} and {line['stop_lag_ns'] / 1e3:.0f} us", flush=True)


def check_clean(file, truth):
    check_line(file)
    assert gaps(file, "adc0") == {} and gaps(file, "level") == {}, (gaps(file, "adc0"), gaps(file, "level"))
    between, sets = holes(file)
    assert set(between) <= {0} and sets > 2 * RATE, (set(between), sets)
    told = edges(file)
    assert [what for what, _ in told] == [RISE, FALL], told
    off = [min(abs(t / 1000 - true) for true in true_ticks(truth, what == RISE)) for what, t in told]
    assert max(off) <= 2, f"stamps are {off} us from the truth"
    print(f"  clean: {sets} sets without a gap; stamps {max(off):.2f} us from the truth at most", flush=True)


def check_stall(file, _):
    between, sets = holes(file)
    lost = gaps(file, "adc0").get(OVERRUN, 0)
    assert lost > RATE // 10 and sum(between) == lost, (lost, sum(between))
    assert gaps(file, "level").get(OVERRUN, 0) > 0, gaps(file, "level")
    print(f"  stall: {lost} sets lost and told, {sets} kept", flush=True)


def check_hang(file, _):
    for channel in ("adc0", "level"):
        assert gaps(file, channel).get(RESET, 0) > 0, (channel, gaps(file, channel))
    t = file["entry/instrument/rig/adc0/t"][()]
    back = [i for i in range(1, len(t)) if t[i] < t[i - 1]]
    assert len(back) == 1 and len(t) - back[0] > 20, back  # its clock began anew, and it goes on
    print("  hang: the watchdog's reset is told on all channels, and sampling goes on after it", flush=True)


def check_noise(file, _):
    told = gaps(file, "level")
    assert told.get(GARBLED, 0) > 0, told
    assert gaps(file, "adc0").get(RESET) is None
    print(f"  noise: {told.get(GARBLED)} frames refused here", flush=True)


CHECKS = {"clean": check_clean, "stall": check_stall, "hang": check_hang, "noise": check_noise, "after": check_clean}


def campaign(work, seed):
    with twin(work, merged(QUIET, {"powercap": None}), seed) as wall, rig(work) as (pty, control):
        asked = joulerig("detect", "--ask", f"pty://{pty}")
        assert "known to rig" in asked.stdout and "SIM7" in asked.stdout, asked.stdout + asked.stderr
        script = write(work, "mischief.py", MISCHIEF)
        bad = ["/usr/bin/python3", script, control, pty]
        path = write(work, "plan.json", plan({
            "clean": ["sleep", "3"], "stall": bad + ["stall on", f"wait={KEPT / RATE + 2:.1f}", "stall off"], "hang": bad + ["hang", "wait=2"],
            "noise": bad + ["noise", "garble in 300", "wait=1"], "after": ["sleep", "3"]}, arms={"only": {}}))
        done = joulerig("run", path, "--bench", bench(work, wall, pty), "--output", os.path.join(work, "campaign"))
        print(done.stderr.strip(), flush=True)
        assert os.path.exists(os.path.join(work, "campaign", "campaign.h5")), done.stdout + done.stderr
        verified = joulerig("verify", os.path.join(work, "campaign"))
        assert re.search(r"\b0 problems", verified.stdout), verified.stdout + verified.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    if not os.path.exists(IMAGE):
        print("no firmware was built here (no arm-none-eabi-gcc)")
        return 77
    with folder() as work:
        began = time.monotonic()
        campaign(work, seed)
        truth = os.path.join(work, "rig.truth")
        directory = os.path.join(work, "campaign")
        runs = {run["workload"]: run for run in exported(directory)["runs"]}
        assert set(runs) == set(CHECKS), set(runs)
        for name, check in CHECKS.items():
            with opened(directory, runs[name]) as file:
                check(file, truth)
        print(f"rig: {len(runs)} runs in {time.monotonic() - began:.0f} s (seed {seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
