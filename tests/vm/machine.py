"""Guests: a kernel of kernel.py in QEMU, emulated in software (never KVM: it hangs on some hosts), with a view of this machine's files.

    with machine.boot(["sh", "-c", "echo hello; sleep 9"]) as guest:
        guest.wait_line("hello", 60)        # what the command prints, or the runner's marks
        guest.kill()                        # as if the plug were pulled

What the command writes comes back through the second serial port; the first one is the kernel's console. A guest that ended well
has written 0 to the debug port, so that QEMU's exit status is 1: a panic, a power-off or a timeout never looks like that.
"""
import json
import os
import queue
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
QEMU = "qemu-system-x86_64"
ENDED_WELL = 1  # 2 * 0 + 1
# What a kernel says when it is not well.
COMPLAINT = re.compile(r"WARNING: |BUG: |BUG at |Oops|general protection fault|Kernel panic|Call Trace|unable to handle|"
                       r"soft lockup|hung_task|blocked for more than|UBSAN|refcount_t|list_(add|del) corruption|page allocation failure")
KERNEL_OPTIONS = ("panic=-1 oops=panic mitigations=off nokaslr tsc=reliable rcupdate.rcu_cpu_stall_suppress=1 nowatchdog "
                  "random.trust_cpu=on console=ttyS0 loglevel=5")


class Guest:
    def __init__(self, process, folder, log):
        self.process, self.folder, self.log = process, folder, log
        self.queue, self.seen, self.began = queue.Queue(), [], time.monotonic()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.queue.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        self.queue.put(None)

    def line(self, deadline):
        """The next line; None at the end, or when `deadline` (CLOCK_MONOTONIC s) has passed."""
        try:
            line = self.queue.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            return None
        if line is None:
            self.queue.put(None)
        else:
            self.seen.append(line)
        return line

    def wait_line(self, text, timeout):
        """Waits for a line that has `text` in it, and returns it; raises when it does not come."""
        deadline = time.monotonic() + timeout
        while (line := self.line(deadline)) is not None:
            if text in line:
                return line
        raise TimeoutError(f"the guest did not say {text!r} within {timeout} s; its last words: {self.seen[-5:]}; {self.console()[-500:]}")

    def wait(self, timeout):
        """QEMU's exit status, once the guest has ended by itself; kills it and raises when it does not."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"the guest had not ended after {timeout} s") from None

    def kill(self):
        """The power goes: what the guest's kernel had not given to its disk is lost."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def console(self):
        """What the kernel has said so far."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read().replace("\r", "")

    def complaints(self):
        return [line for line in self.console().splitlines() if COMPLAINT.search(line)]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.kill()
        self.reader.join()
        self.process.stdout.close()


def paths_to_show(job, kernel):
    """Directories that the guest needs where they are here, even if they lie below /tmp."""
    there = job["environment"]
    paths = (ROOT, there.get("JOULERIG_BUILD"), there.get("JOULERIG_ASAN"), there.get("XDG_CACHE_HOME"), kernel["udev"])
    return [path for path in paths if path and os.path.exists(path)]


def arguments(kernel, folder, show, memory, smp, disks, extra):
    share = os.path.join(folder, "share")
    append = f"{KERNEL_OPTIONS} vm.inside={HERE}/inside.py vm.modules={kernel['modules']} vm.show={','.join(show)}"
    command = [QEMU, "-accel", "tcg" + (",thread=multi" if smp > 1 else ""), "-cpu", "max", "-smp", str(smp), "-m", str(memory), "-nodefaults",
               "-no-user-config", "-display", "none", "-no-reboot", "-kernel", kernel["vmlinux"], "-initrd", kernel["initramfs"], "-append", append,
               "-serial", f"file:{folder}/console", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
               "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
               "-virtfs", f"local,path={share},mount_tag=share,security_model=none"]
    for i, disk in enumerate(disks):
        command += ["-drive", f"if=none,id=disk{i},format=raw,file={disk}", "-device", f"virtio-blk-pci,drive=disk{i}"]
    return command + [word.replace("{tmp}", folder) for word in extra]


def start(job, kernel, folder, memory=512, smp=1, disks=(), extra=()):
    """Boots a guest whose inside.py does `job` (see there); what Guest is made of. `folder` is its own; folder/share is /mnt in there."""
    os.makedirs(os.path.join(folder, "share"), exist_ok=True)
    with open(os.path.join(folder, "share", "job.json"), "w", encoding="utf-8") as file:
        json.dump(job, file)
    command = arguments(kernel, folder, paths_to_show(job, kernel), memory, smp, disks, extra)
    log = os.path.join(folder, "console")
    open(log, "wb").close()
    with open(os.path.join(folder, "qemu"), "ab") as errors:
        errors.write((shlex.join(command) + "\n").encode())
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
    return process, folder, log


def environment():
    """What a suite finds in its environment, in the guest as on the host."""
    names = ("JOULERIG_BUILD", "JOULERIG_ASAN", "VM_SEED", "VM_QUICK", "VM_UDEV")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # where scripts/get-pythons keeps its own
    return {"XDG_CACHE_HOME": cache, **{name: os.environ[name] for name in names if name in os.environ}}


class boot(Guest):
    """For suites on the host (`# vm: host`): a guest that runs one command, given as a list, as root in the tree's folder.

    disk: a file, /dev/vda in the guest. extra: more words for QEMU. share: a folder that is /mnt in the guest and outlives it.
    """

    def __init__(self, command, disk=None, memory=512, smp=1, extra=(), share=None, timeout=600, variables=None):
        self.own = tempfile.mkdtemp(prefix="guest-", dir=os.environ.get("VM_TMP"))
        if share:
            os.symlink(os.path.abspath(share), os.path.join(self.own, "share"))
        with open(os.environ["VM_KERNEL"], encoding="utf-8") as file:
            kernel = json.load(file)
        job = {"environment": {**environment(), **(variables or {})}, "suites": [{"name": "command", "command": command, "timeout": timeout}]}
        super().__init__(*start(job, kernel, self.own, memory, smp, [disk] if disk else [], extra))

    def __exit__(self, *unused):
        super().__exit__(*unused)
        shutil.rmtree(self.own, ignore_errors=True)
