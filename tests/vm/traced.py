"""The guest kernel's own record: trace events with CLOCK_MONOTONIC in ns, read in binary, since the text has microseconds only."""
import glob
import os
import re
import struct

import guest

TRACING = "/sys/kernel/tracing"
PADDING, TIME_EXTEND, TIME_STAMP = 29, 30, 31  # of the ring buffer's 5-bit types; below: length in words


class Traced:
    """with Traced("sched/sched_process_exit", ...) as traced: ...; then traced.events(): [(ns, name, pid)]. Dormant events are recorded
    while somebody else enables them."""

    def __init__(self, *events, dormant=()):
        self.names, self.dormant, self.ids = events, dormant, {}

    def __enter__(self):
        if not os.path.exists(f"{TRACING}/trace_clock"):
            guest.run("mount", "-t", "tracefs", "tracefs", TRACING)
        guest.write(f"{TRACING}/tracing_on", 0)
        guest.write(f"{TRACING}/trace", "")
        guest.write(f"{TRACING}/trace_clock", "mono")
        guest.write(f"{TRACING}/buffer_size_kb", 8192)
        for name in (*self.names, *self.dormant):
            self.ids[int(guest.read(f"{TRACING}/events/{name}/id"))] = name
        for name in self.names:
            guest.write(f"{TRACING}/events/{name}/enable", 1)
        guest.write(f"{TRACING}/tracing_on", 1)
        return self

    def __exit__(self, *unused):
        guest.write(f"{TRACING}/tracing_on", 0)
        for name in (*self.names, *self.dormant):
            guest.write(f"{TRACING}/events/{name}/enable", 0)

    def events(self):
        """All that was recorded, oldest first; reading takes it away. Nothing may have been lost."""
        guest.write(f"{TRACING}/tracing_on", 0)
        found = []
        for cpu in glob.glob(f"{TRACING}/per_cpu/cpu*"):
            lost = int(re.search(r"overrun: (\d+)", guest.read(f"{cpu}/stats")).group(1))
            assert lost == 0, f"{lost} events overran the trace"
            pipe = os.open(f"{cpu}/trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK)
            try:
                while (page := read_page(pipe)):
                    found += self.decode(page)
            finally:
                os.close(pipe)
        return sorted(found)

    def decode(self, page):
        """u64 time, u64 size of the data; then events: u32 of type (5 bits) and time since the one before (27 bits), and its data."""
        time, size = struct.unpack_from("<QQ", page)
        at, end = 16, 16 + (size & 0xFFFFF)
        while at < end:
            head, = struct.unpack_from("<I", page, at)
            kind, delta = head & 31, head >> 5
            if kind == PADDING:
                at += 4 + struct.unpack_from("<I", page, at + 4)[0] if delta else end
                continue
            if kind in (TIME_EXTEND, TIME_STAMP):
                long = delta | struct.unpack_from("<I", page, at + 4)[0] << 27
                time = time + long if kind == TIME_EXTEND else long
                at += 8
                continue
            time += delta
            length, data = (4 * kind, at + 4) if kind else (struct.unpack_from("<I", page, at + 4)[0] - 4, at + 8)
            name = self.ids.get(struct.unpack_from("<H", page, data)[0])
            if name:
                yield time, name, struct.unpack_from("<i", page, data + 4)[0]
            at = data + length


def read_page(pipe):
    try:
        return os.read(pipe, 4096)
    except BlockingIOError:
        return b""
