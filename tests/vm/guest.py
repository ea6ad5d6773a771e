"""What the suites in a guest share: TAP, kernel modules, emulated hardware, the twin and joulerig.

    #!/usr/bin/python3
    # What this suite shows.
    # vm: memory=1024
    import sys
    sys.path.insert(0, "tests/vm")
    import guest

    def counts_up():
        "the counter counts up"
        ...
        assert after > before, f"{before} then {after}"
        return f"{after - before} uJ"          # figures, shown behind the point

    if __name__ == "__main__":
        sys.exit(guest.points(counts_up, ...))

A suite may take for granted that it is root and alone, that nothing of an earlier suite is running, and that whatever it leaves
running is ended. Modules that an earlier suite has loaded stay. harness.py (twin, plan, joulerig, exported, …) works as on the host.
"""
import contextlib
import glob
import os
import subprocess
import sys
import time
import traceback

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [path for path in (TESTS, os.path.join(TESTS, "system")) if path not in sys.path]

QUICK = os.environ.get("VM_QUICK") == "1"
SEED = int(os.environ.get("VM_SEED", "1"))
SHARED = os.environ.get("VM_TMP", "/mnt")        # on the host, too; slow
BUILD = os.environ.get("JOULERIG_BUILD", "")
ASAN = os.environ.get("JOULERIG_ASAN", "")
CONFIGFS, DEBUGFS = "/sys/kernel/config", "/sys/kernel/debug"


# ---- TAP ----

class Tap:
    """A plan, and its points as they come."""

    def __init__(self, plan):
        self.plan, self.count, self.failed = plan, 0, 0
        print(f"1..{plan}", flush=True)

    def ok(self, good, what, figures=""):
        self.count += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.count} - {what}{f' # {figures}' if figures else ''}", flush=True)
        return good

    def note(self, text):
        print("\n".join(f"# {line}" for line in str(text).splitlines()), flush=True)

    def status(self):
        """For sys.exit."""
        return 1 if self.failed or self.count != self.plan else 0


def points(*functions):
    """Each function is a point: called what its docstring says, not ok when it raises, what it returns are its figures."""
    tap = Tap(len(functions))
    for function in functions:
        try:
            figures = function()
        except Exception:  # pylint: disable=broad-except
            tap.ok(False, function.__doc__)
            tap.note(traceback.format_exc())
        else:
            tap.ok(True, function.__doc__, figures or "")
    return tap.status()


# ---- files and waiting ----

def now():
    """CLOCK_MONOTONIC ns."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def wait_for(condition, what, timeout=20):
    """Calls `condition` until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(0.01)
    return result


def wait_path(pattern, timeout=20):
    """The first path that fits the pattern, once there is one."""
    return wait_for(lambda: (sorted(glob.glob(pattern)) or [None])[0], pattern, timeout)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(str(text))


def run(*command, check=True, **options):
    """Runs a command to its end; its output, both streams, is text."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False, **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stdout}")
    return done


def modprobe(*modules, **parameters):
    """Loads modules; parameters go to the last one, which must not have been there then."""
    for module in modules[:-1]:
        run("modprobe", module)
    if parameters and os.path.exists(f"/sys/module/{modules[-1].replace('-', '_')}"):
        run("modprobe", "-r", modules[-1])
    run("modprobe", modules[-1], *(f"{key}={value}" for key, value in parameters.items()))


# ---- GPIO ----

class Chip:
    """A simulated GPIO chip; `wires`, as in "0:1,2:3", says which inputs follow which outputs (of all simulated chips)."""

    def __init__(self, name="trig", lines=8, wires="", names=None):
        modprobe("gpio-sim")
        self.group, self.label = f"{CONFIGFS}/gpio-sim/{name}", name
        os.makedirs(f"{self.group}/bank0")
        write(f"{self.group}/bank0/num_lines", lines)
        write(f"{self.group}/bank0/label", name)
        for line, line_name in (names or {}).items():
            os.mkdir(f"{self.group}/bank0/line{line}")
            write(f"{self.group}/bank0/line{line}/name", line_name)
        write(f"{self.group}/live", 1)
        self.chip = read(f"{self.group}/bank0/chip_name")
        self.path = f"/dev/{self.chip}"
        self.lines = f"/sys/devices/platform/{read(f'{self.group}/dev_name')}/{self.chip}"
        self.wire(wires)
        wait_path(self.path)

    @staticmethod
    def wire(wires):
        """Joins lines, and cuts all wires that are not named any more."""
        write("/sys/module/gpio_sim/parameters/wires", wires or " ")

    def pull(self, line, level):
        write(f"{self.lines}/sim_gpio{line}/pull", "pull-up" if level else "pull-down")

    def value(self, line):
        return int(read(f"{self.lines}/sim_gpio{line}/value"))

    def record(self):
        """The guest's own record of level changes: a list of (CLOCK_MONOTONIC ns, line, level, "set" or "pull")."""
        rows = [row.split() for row in read(f"{DEBUGFS}/gpio_wires").splitlines()]
        assert ["full"] not in rows, "the record is full"
        return [(int(t), int(line), int(level), how) for t, label, line, level, how in rows if label == self.label]

    @staticmethod
    def clear_record():
        write(f"{DEBUGFS}/gpio_wires", "0")

    def remove(self):
        """Nobody may hold a line any more."""
        write(f"{self.group}/live", 0)
        for line in glob.glob(f"{self.group}/bank0/line*"):
            os.rmdir(line)
        os.rmdir(f"{self.group}/bank0")
        os.rmdir(self.group)


# ---- powercap ----

class Powercap:
    """intel-rapl:0 "package-0" and, in it, "core", with power in W that is set here, and the energy that they really gave."""

    ROOT, PARAMETERS = "/sys/class/powercap", "/sys/module/vm_powercap/parameters"
    ZONES = {"package-0": "intel-rapl:0", "core": "intel-rapl:0:0"}

    def __init__(self, package=20.0, core=10.0, range_uj=None, start_uj=0):
        parameters = {"package_uw": round(package * 1e6), "core_uw": round(core * 1e6), "start_uj": start_uj}
        if range_uj is not None:
            parameters["range_uj"] = range_uj
        modprobe("vm_powercap", **parameters)

    def set(self, package=None, core=None):
        for name, watts in (("package_uw", package), ("core_uw", core)):
            if watts is not None:
                write(f"{self.PARAMETERS}/{name}", round(watts * 1e6))

    def count(self, zone="package-0"):
        """What energy_uj says, uJ."""
        return int(read(f"{self.ROOT}/{self.ZONES[zone]}/energy_uj"))

    def changes(self):
        """{zone: [(ns, uJ given until then, uW from then on)]}, the last one being now."""
        result = {zone: [] for zone in self.ZONES}
        for row in read(f"{DEBUGFS}/vm_powercap").splitlines():
            t, zone, uj, uw = row.split()[:4]
            result[zone].append((int(t), int(uj), int(uw)))
        return result

    def given(self, t, zone="package-0"):
        """uJ that the zone had given at an instant (CLOCK_MONOTONIC ns, past) since it was loaded."""
        changes = self.changes()[zone]
        assert changes[0][0] <= t <= changes[-1][0], f"{t} is not between {changes[0][0]} and {changes[-1][0]}"
        at, uj, uw = [change for change in changes if change[0] <= t][-1]
        return uj + uw * (t - at) * 1e-9

    def energy(self, t0, t1, zone="package-0"):
        """J that really flowed between two instants."""
        return (self.given(t1, zone) - self.given(t0, zone)) * 1e-6


# ---- USB gadgets ----

class Gadget:
    """A USB device that this kernel plays to itself (dummy_hcd). functions: {"acm.GS0": {}, "ffs.tmc": {}}, with attributes to set."""

    def __init__(self, name, functions, vendor=0x1d6b, product=0x0104, strings=None, udc=None, controllers=4):
        modprobe("libcomposite")
        if not os.path.exists("/sys/class/udc/dummy_udc.0"):
            modprobe("dummy_hcd", num=controllers)
        if any(function.startswith("acm.") for function in functions):
            modprobe("cdc_acm")  # there is no udev that would
        self.path = f"{CONFIGFS}/usb_gadget/{name}"
        self.functions = list(functions)
        os.mkdir(self.path)
        write(f"{self.path}/idVendor", f"{vendor:#06x}")
        write(f"{self.path}/idProduct", f"{product:#06x}")
        os.mkdir(f"{self.path}/strings/0x409")
        for key, text in {"manufacturer": "joulerig", "product": name, "serialnumber": "VM0001", **(strings or {})}.items():
            write(f"{self.path}/strings/0x409/{key}", text)
        os.mkdir(f"{self.path}/configs/c.1")
        for function, attributes in functions.items():
            run("modprobe", f"usb_f_{function.split('.')[0].replace('ffs', 'fs')}")
            os.mkdir(f"{self.path}/functions/{function}")
            for key, text in attributes.items():
                write(f"{self.path}/functions/{function}/{key}", text)
            os.symlink(f"{self.path}/functions/{function}", f"{self.path}/configs/c.1/{function}")
        self.udc = udc

    def mount(self, function, where):
        """Of a function ffs.NAME: where its endpoint files are to be. A program writes descriptors there before plug()."""
        os.makedirs(where, exist_ok=True)
        run("mount", "-t", "functionfs", function.split(".", 1)[1], where)

    def plug(self):
        taken = {read(path) for path in glob.glob(f"{CONFIGFS}/usb_gadget/*/UDC")}
        self.udc = self.udc or next(name for name in sorted(os.listdir("/sys/class/udc")) if name not in taken)
        write(f"{self.path}/UDC", self.udc)

    def unplug(self):
        write(f"{self.path}/UDC", "\n")

    def remove(self):
        with contextlib.suppress(OSError):
            self.unplug()
        for function in self.functions:
            os.unlink(f"{self.path}/configs/c.1/{function}")
        os.rmdir(f"{self.path}/configs/c.1")
        for function in self.functions:
            os.rmdir(f"{self.path}/functions/{function}")
        os.rmdir(f"{self.path}/strings/0x409")
        os.rmdir(self.path)


# ---- other users ----

def as_user(*command, uid=12345, gid=12345, groups=(), **options):
    """Runs a command as a plain user."""
    return subprocess.run(command, user=uid, group=gid, extra_groups=list(groups), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          **options)
