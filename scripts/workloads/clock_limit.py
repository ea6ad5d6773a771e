"""Limits the CPU's clock for a while: scaling_max_freq of every cpufreq policy, and back to what it was.

    with clock_limit.limited(50, folder) as khz:    # to 50 % of the fastest clock of each policy
        ...

Back on every way out. A keeper, a process of its own that heeds no signal but KILL, waits until this one has gone or is done,
and writes the limits back. Until then what they were stands in a note below /run: should the keeper be killed as well, the next
one who comes puts them back, or this file run as a program.

Impossible is raised where the limit cannot be had as asked: no cpufreq, no permission, a clock below the slowest, a lower limit
that is in force already (100 % is none), a kernel that sets another one. Nothing is limited then.
"""

import contextlib
import glob
import json
import os
import signal
import sys

CPUS = "/sys/devices/system/cpu"
NOTE = "/run/joulerig-clock-limits.json"  # {path: what it was}
UNHEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE)


class Impossible(Exception):
    pass


@contextlib.contextmanager
def limited(percent, folder=CPUS, note=NOTE):
    """Yields the limit in kHz, of all policies the highest. 100 % limits nothing; without cpufreq it yields None."""
    try:
        recover(note)
    except OSError as error:
        raise Impossible(f"limits that {note} tells of cannot be put back: {error.strerror}") from None
    limits = wanted(percent, folder)
    if percent >= 100:
        yield max(limits.values(), default=None)
        return
    if not limits:
        raise Impossible(f"the clock cannot be limited: there is no {folder}/cpufreq/policy*")
    done, pid = keeper(limits, note)
    try:
        for path, khz in limits.items():
            set_limit(path, khz)
        yield max(limits.values())
    finally:
        os.close(done)
        if os.waitpid(pid, 0)[1] != 0:
            raise Impossible(f"the clock's limits could not be put back; they stand in {note}")


def wanted(percent, folder):
    """{path: kHz} for each policy. Needs no permission."""
    limits = {}
    for policy in sorted(glob.glob(f"{folder}/cpufreq/policy*")):
        fastest, slowest = (int(read(f"{policy}/cpuinfo_{which}_freq")) for which in ("max", "min"))
        in_force = int(read(f"{policy}/scaling_max_freq"))
        khz = fastest * percent // 100
        if khz < slowest:
            raise Impossible(f"{percent} % of {fastest} kHz is less than the slowest clock, {slowest} kHz")
        if not near(in_force, khz) and in_force < khz:
            raise Impossible(f"{os.path.basename(policy)} is limited to {in_force} kHz already, {khz} kHz were asked for")
        limits[f"{policy}/scaling_max_freq"] = min(khz, in_force)  # never raised
    return limits


def near(now, khz):
    """The kernel may take the nearest clock that it has; another one would be another experiment."""
    return abs(now - khz) <= khz / 20


def set_limit(path, khz):
    try:
        write(path, str(khz))
        now = int(read(path))
    except OSError as error:
        raise Impossible(f"{path}: {error.strerror}") from None
    if not near(now, khz):
        raise Impossible(f"{path} is {now} kHz, not the {khz} kHz that were asked for")


def keeper(limits, note):
    """Notes what is, and forks the process that will restore it: closing the descriptor tells it to, as our end does."""
    try:
        write_note({path: read(path) for path in limits}, note)
    except OSError as error:
        raise Impossible(f"{error.filename}: {error.strerror}: what cannot be noted is not limited") from None
    waiting, done = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, UNHEEDED)
    pid = os.fork()
    if pid == 0:
        keep(waiting, note)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, UNHEEDED)
    os.close(waiting)
    return done, pid


def keep(waiting, note):
    """Has nothing open but what it needs: a pipe that it held open would never end for its reader."""
    try:
        for number in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                if int(number) not in (2, waiting):
                    os.close(int(number))
        os.read(waiting, 1)
        recover(note)
        os._exit(0)
    finally:
        os._exit(1)


def recover(note=NOTE):
    """Puts back what a keeper could not. True: there was something."""
    try:
        before = json.loads(read(note))
    except FileNotFoundError:
        return False
    for path, value in before.items():
        write(path, value)
    os.unlink(note)
    return True


def write_note(before, note):
    """Whole or not at all."""
    with open(f"{note}.part", "w") as file:
        json.dump(before, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{note}.part", note)


def read(path):
    with open(path) as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit("limits were left behind; they are as before now" if recover() else 0)
