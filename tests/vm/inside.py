#!/usr/bin/python3
"""In the guest, as root, with the host's files: does what /mnt/job.json says, suite after suite, and tells of it on the second serial port.

    {"environment": {...}, "suites": [{"name": "boot", "command": ["tests/vm/suites/boot"], "timeout": 60}]}

Before and after what a suite prints stands a line of ours: "vm: NAME begins", "vm: NAME ended STATUS SECONDS". The kernel's console
gets the same marks, so that its complaints can be told apart. Between two suites everything that still runs is ended.
"""
import json
import os
import select
import signal
import subprocess
import sys
import time
import tty

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def mark(port, text):
    port.write(f"vm: {text}\n".encode())
    with open("/dev/kmsg", "w", encoding="ascii") as kernel:
        kernel.write(f"<4>vm: {text}\n")


def end_all():
    try:
        os.kill(-1, signal.SIGKILL)  # all but this process and the first
    except ProcessLookupError:
        pass


def forward(port, process, deadline):
    """What a suite prints, until it ends. True when it did so in time."""
    pipe = process.stdout.fileno()
    while time.monotonic() < deadline:
        if select.select([pipe], [], [], 0.2)[0]:
            if not (data := os.read(pipe, 65536)):
                return True
            while data:
                data = data[port.write(data):]
        elif process.poll() is not None:  # only what it left behind holds the pipe
            return True
    return False


def run_suite(port, suite, environment):
    began = time.monotonic()
    mark(port, f"{suite['name']} begins")
    with subprocess.Popen(suite["command"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        in_time = forward(port, process, began + suite["timeout"])
        if not in_time:
            port.write(f"\n# not done after {suite['timeout']} s: ended\n".encode())
            show_processes(port)
        end_all()
        status = process.wait()
    mark(port, f"{suite['name']} ended {'timeout' if not in_time else status} {time.monotonic() - began:.1f}")
    if status or not in_time:
        with open(f"/mnt/{suite['name']}.dmesg", "wb") as file:
            file.write(subprocess.run(["dmesg"], stdout=subprocess.PIPE, check=False).stdout)
    return in_time and status == 0


def show_processes(port):
    """What hangs where, for the one who has to find out."""
    for line in subprocess.run(["/bin/busybox", "ps", "-o", "pid,stat,args"], stdout=subprocess.PIPE, check=False).stdout.splitlines():
        if b"]" not in line[-1:]:
            port.write(b"# " + line + b"\n")


def main():
    with open("/mnt/job.json", encoding="utf-8") as file:
        job = json.load(file)
    environment = {**os.environ, "VM_TMP": "/mnt", "PYTHONDONTWRITEBYTECODE": "1", **job["environment"]}
    with open("/dev/ttyS1", "wb", buffering=0) as port:
        tty.setraw(port.fileno())
        results = [run_suite(port, suite, environment) for suite in job["suites"]]
        mark(port, "all done")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
