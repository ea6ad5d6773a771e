"""In the guest of suites/dcmi: measures with the BMC that the host plays, tells it how to be, and says what was seen."""
import glob
import os
import subprocess
import sys
import time

sys.path.insert(0, "tests/vm")
import guest  # noqa: E402
import harness  # noqa: E402
import h5py  # noqa: E402

WORK = "/tmp/dcmi"
NO_DATA = 1  # a flag


def say(text):
    print(f"dcmi: {text}", flush=True)


def be(word):
    say(f"be {word}")
    time.sleep(1)


def run(name, *command, more=()):
    out = f"{WORK}/{name}"
    done = harness.joulerig("run", "-n", "1", "--bench", f"{WORK}/bench.yaml", "-o", out, *more, "--", *command, timeout=150)
    print("\n".join("# " + line for line in (done.stdout + done.stderr).splitlines()), flush=True)
    return done, out


def rows(out):
    with h5py.File(sorted(glob.glob(f"{out}/runs/*.h5"))[-1]) as file:
        device = file["entry/instrument/bmc"]
        power = device["power"]
        gaps = list(power["gaps/reason"][:]) if "gaps/reason" in power else []
        return {key: power[key][:] for key in ("t", "u_t", "flags", "value")}, gaps, int(device.attrs["simulated"])


def told(out):
    values, gaps, simulated = rows(out)
    good = values["value"][values["flags"] == 0]
    apart = [(b - a) / 1e9 for a, b in zip(values["t"], values["t"][1:])]
    say(f"power={good.max() if len(good) and good.max() == good.min() else list(good)}")
    say(f"steady={bool(apart) and 0.9 < min(apart) and max(apart) < 1.6 and max(values['u_t']) < 5e8}")
    say(f"apart={min(apart):.3f} to {max(apart):.3f} s, u_t up to {max(values['u_t']) / 1e6:.1f} ms, {len(gaps)} gaps")
    say(f"simulated={simulated == 1}")


RELAY = """
import os, sys, time
for word in sys.argv[2:]:
    while not os.path.exists(f"{sys.argv[1]}/{word}"):
        time.sleep(0.05)
    print(f"dcmi: be {word}", flush=True)
"""


def during(name, mood, after):
    """A run in the middle of which the BMC is in a mood, and well again: its workload says when, by files, to one that tells the host."""
    folder = f"{WORK}/moods-{name}"
    os.makedirs(folder)
    with subprocess.Popen([sys.executable, "-c", RELAY, folder, mood, after]):
        out = run(name, "/bin/sh", "-c", f"sleep 3; touch {folder}/{mood}; sleep 5; touch {folder}/{after}; sleep 8")[1]
    return rows(out)[:2]


def battery():
    """A machine with a battery, as far as its files go: Debian's kernel has no module that plays one."""
    folder = f"{WORK}/supplies/BAT0"
    os.makedirs(folder)
    guest.write(f"{folder}/type", "Battery\n")
    guest.run("mount", "--bind", f"{WORK}/supplies", "/sys/class/power_supply")
    return folder


def main():
    guest.modprobe("ipmi_si")
    guest.modprobe("ipmi_devintf")
    guest.wait_path("/dev/ipmi0", 60)
    os.makedirs(WORK)
    harness.write(WORK, "bench.yaml", {"joulerig": "bench 1", "devices": {"bmc": {"driver": "dcmi", "measures": "wall", "power_max": "2 kW",
                                                                                "accuracy": {"reading": "3 %", "range": "0 %"}}}})
    told(run("well", "sleep", "4")[1])
    values, _ = during("idle", "idle", "well")
    flagged = values["flags"] & NO_DATA != 0
    say(f"idle={bool(flagged.any() and (values['value'][~flagged] > 0).all() and (values['value'][flagged] != values['value'][flagged]).all())}")
    values, gaps = during("silent", "silent", "well")
    say(f"silent={len(gaps) > 0 and bool((values['value'][-2:] > 0).all())}")
    say(f"gaps={len(gaps)} gaps, reasons {sorted(set(int(g) for g in gaps))}")
    be("real")
    guest.write(f"{battery()}/status", "Discharging\n")
    done = run("refused", "true")[0]
    say(f"battery={'refused' if done.returncode != 0 and 'battery' in done.stderr and '--on-battery' in done.stderr else done.returncode}")
    out = run("anyway", "true", more=["--on-battery"])[1]
    say(f"anyway={'run' if glob.glob(f'{out}/runs/*.h5') else 'nothing'}")
    say("done")


if __name__ == "__main__":
    main()
