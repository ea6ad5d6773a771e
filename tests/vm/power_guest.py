"""In the guest of the suite power_off: campaigns on the file system of /dev/vda, one after another, until the power goes.

    power_guest.py format|check|mount recover|resume LAST PLAN [LIE]

It tells, on its standard output, what a user can see: `found RUN SHA256` of each run file that is there when the disk has been
mounted (by then e2fsck or the kernel has replayed its journal), `kept RUN SHA256` of each that is there after a recovery, `done
RUN SHA256` once a run has its file and stands in campaign.h5, and now and then `clock RUN NS`, the CLOCK_MONOTONIC while a run
that began in this guest has a journal. LAST is the number of the campaign after which it stops; LIE, a text in the path of what
joulerig run only believes to have synced. Nothing here calls sync, and nothing unmounts.
"""
import glob
import hashlib
import os
import subprocess
import sys
import tempfile
import time

sys.path[:0] = ["tests/vm", "tests/storage"]
import guest  # noqa: E402
import faults  # noqa: E402
from harness import JOULERIG, QUIET, merged, twin  # noqa: E402

DISK = "/tmp/disk"


def say(text):
    print(f"power: {text}", flush=True)


def name(path):
    """campaign-1/000002"""
    parts = os.path.splitext(path)[0].split("/")
    return f"{parts[-3]}/{parts[-1]}"


def runs(out):
    return sorted(glob.glob(f"{out}/runs/*.h5"))


def say_run(word, path):
    with open(path, "rb") as file:
        say(f"{word} {name(path)} {hashlib.sha256(file.read()).hexdigest()}")


def say_runs(word, then):
    for path in runs(f"{DISK}/campaign-*"):
        say_run(word, path)
    say(then)


def mount(how):
    guest.modprobe("virtio_blk", "ext4")
    guest.wait_path("/dev/vda")
    assert guest.read("/sys/block/vda/queue/write_cache") == "write back", "the kernel would not flush this disk"
    if how == "format":
        guest.run("mkfs.ext4", "-q", "/dev/vda")
    if how == "check":
        checked = guest.run("e2fsck", "-p", "/dev/vda", check=False)
        say(f"e2fsck {checked.returncode}")
        assert checked.returncode in (0, 1), checked.stdout
    os.mkdir(DISK)
    guest.run("mount", "-t", "ext4", "/dev/vda", DISK)


def joulerig(*arguments):
    done = subprocess.run([JOULERIG, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    for line in done.stdout.splitlines() if done.returncode or arguments[0] == "recover" else []:
        print(f"# {line}", flush=True)
    say(f"{arguments[0]} ended {done.returncode}")


def recover(out):
    say("recovering")
    joulerig("recover", out)
    if os.path.exists(f"{out}/facts.json"):
        joulerig("verify", out)
    say_runs("kept", "recovered")


class Watch:
    """What a user sees of the campaign while it runs."""

    def __init__(self, out):
        self.out, self.seen, self.old, self.part, self.clock = out, set(runs(out)), set(self.journals(out)), False, 0
        self.campaign = self.stamp()

    @staticmethod
    def journals(out):
        return glob.glob(f"{out}/runs/*.journal")

    def stamp(self):
        try:
            found = os.stat(f"{self.out}/campaign.h5")
            return found.st_ino, found.st_mtime_ns
        except FileNotFoundError:
            return None

    def look(self):
        self.look_at_parts()
        self.look_at_clock()
        if (now := self.stamp()) != self.campaign:
            self.campaign = now
            for path in sorted(set(runs(self.out)) - self.seen):
                self.seen.add(path)
                say_run("done", path)

    def look_at_parts(self):
        part = bool(glob.glob(f"{self.out}/runs/*.part"))
        if part and not self.part:
            say("storing")
        self.part = part

    def look_at_clock(self):
        if (now := guest.now()) - self.clock > 200_000_000:
            self.clock = now
            for path in set(self.journals(self.out)) - self.old:
                say(f"clock {name(path)} {now}")


def run(out, plan, bench, environment):
    say("running")
    watch = Watch(out)
    with tempfile.TemporaryFile("w+") as output:
        with subprocess.Popen([JOULERIG, "run", plan, "--bench", bench, "-o", out, "--resume"], env=environment, stdout=output,
                              stderr=output, stdin=subprocess.DEVNULL) as process:
            while process.poll() is None:
                watch.look()
                time.sleep(0.01)
        watch.look()
        output.seek(0)
        for line in output.read().splitlines() if process.returncode else []:
            print(f"# {line}", flush=True)
    say(f"run ended {process.returncode}")
    return process.returncode in (0, 1)  # 1: some run could not be measured, on so slow a machine


def main():
    how, first, last, plan, *lie = sys.argv[1:]
    mount(how)
    say_runs("found", "mounted")
    number = max([int(path.rsplit("-", 1)[1]) for path in glob.glob(f"{DISK}/campaign-*")], default=1)
    environment = faults.environment(DISK, kinds="s", match=lie[0], at=1, action="lie") if lie else None
    with twin("/tmp", merged(QUIET, {"powercap": None})) as process:
        while True:
            out = f"{DISK}/campaign-{number}"
            if first == "recover" and os.path.exists(out):
                recover(out)
            if not run(out, plan, process.bench, environment) or number >= int(last):
                return
            number, first = number + 1, "resume"


if __name__ == "__main__":
    main()
