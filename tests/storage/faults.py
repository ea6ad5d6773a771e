"""The shim faults.c from Python: what it is told, and what it has written down."""
import os
import re
import sys
from dataclasses import dataclass

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
from harness import BUILD  # noqa: E402

SHIM = os.path.join(BUILD, "tests", "faults.so")
STORING = "owtsrm"  # the kinds of calls that need the disk
LINE = re.compile(rb"(\d+) (\d+) (\w) (\d+) (\d+) (.*?)(?: -> (.*))?\n")


@dataclass
class Call:
    order: int
    number: int  # as counted; 0: it was not
    kind: str
    error: int
    size: int
    path: str
    to: str
    data: bytes = b""

    def __str__(self):
        return f"{self.order} {self.kind} {os.path.basename(self.path)}{' -> ' + os.path.basename(self.to) if self.to else ''}"


def environment(tree, base=None, **settings):
    """`settings` by the names of faults.c in lower case: at=7, action="once", errno=28, log=PATH …"""
    told = {"FAULTS_" + name.upper(): str(value) for name, value in settings.items()}
    assert os.path.exists(SHIM), f"{SHIM} has not been built: without it nothing would fail"  # the loader only warns
    sanitizer = {"ASAN_OPTIONS": "verify_asan_link_order=0"}  # the shim comes before its runtime, and minds nobody
    return {**(os.environ if base is None else base), **sanitizer, "LD_PRELOAD": SHIM, "FAULTS_TREE": os.path.realpath(tree), **told}


def read_log(path, data=False):
    """The calls, in the order in which they began."""
    calls, at = [], 0
    if not os.path.exists(path):
        return calls
    with open(path, "rb") as file:
        text = file.read()
    while match := LINE.match(text, at):
        order, number, kind, error, size, name, to = match.groups()
        call = Call(int(order), int(number), kind.decode(), int(error), int(size), name.decode(), (to or b"").decode())
        at = match.end()
        if data and call.kind == "w":
            call.data = text[at:at + call.size]
            at += call.size
        calls.append(call)
    assert at == len(text), f"{path}: not a log at byte {at}"
    return sorted(calls, key=lambda call: call.order)
