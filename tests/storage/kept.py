"""What a campaign's directory holds, read without joulerig: run files through h5py, journals by hand (schemas/journal.md)."""
import glob
import hashlib
import io
import json
import os
import struct

import h5py

from harness import joulerig

HEADER, RECORDS = 0x48524A0A, 0x52524A0A
BLOCK, NOTE = 1, 6


def table():
    result = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (0x82F63B78 if i & 1 else 0)
        result.append(i)
    return result


CRC_TABLE = table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


class Journal:
    """All of a journal that is good: .header (None when it was cut short), .notes, and by channel number .samples (how many)
    and .lasts (the newest one's time, ns)."""

    def __init__(self, data):
        self.bytes = data
        self.header, self.notes, self.samples, self.lasts = None, {}, {}, {}
        header, length = b"", None
        for magic, payload in self.blocks():
            if magic == HEADER:
                if length is None:
                    length = struct.unpack_from("<IIQ", payload)[2] + 16
                header += payload
            else:
                self.take(payload)
        if length is not None and len(header) >= length:
            self.header = json.loads(header[16:length])

    def blocks(self):
        at = 0
        for number in range(1 << 30):
            head = self.bytes[at:at + 16]
            if len(head) < 16:
                return
            magic, length, sequence, crc = struct.unpack("<IIII", head)
            payload = self.bytes[at + 16:at + 16 + length]
            if magic not in (HEADER, RECORDS) or sequence != number or len(payload) < length or crc32c(head[:12] + payload) != crc:
                return
            yield magic, payload
            at += 16 + length

    def take(self, payload):
        at = 0
        while at < len(payload):
            size, _, kind, channel, _, _, n, t, _ = struct.unpack_from("<IIHHIIIqq", payload, at)
            if kind == BLOCK:
                self.samples[channel] = self.samples.get(channel, 0) + n
                self.lasts[channel] = max(t, self.lasts.get(channel, t))
            elif kind == NOTE:
                self.notes.update(json.loads(payload[at + 40:at + 40 + n]))
            at += 40 + size

    def ended(self):
        return "status" in self.notes


class Run:
    """A run file, every dataset of it read: .header, .notes, .status, .samples (by channel number), .sha256."""

    def __init__(self, data):
        self.sha256, self.samples = hashlib.sha256(data).hexdigest(), {}
        with h5py.File(io.BytesIO(data), "r") as file:
            file.visititems(self.take)
            self.header = json.loads(file["entry/raw_log/header"][()])
            self.notes = json.loads(file["entry/raw_log/notes"][()])
        self.status = self.notes.get("status", "interrupted")

    def take(self, path, item):
        if isinstance(item, h5py.Dataset):
            item[()]
        elif "channel" in item.attrs and path.startswith("entry/instrument/"):
            self.samples[int(item.attrs["channel"])] = len(item["value"])


def runs(directory):
    """{number: Run}, and {path: why} of the run files that cannot be read."""
    good, bad = {}, {}
    for path in sorted(glob.glob(os.path.join(directory, "runs", "*.h5"))):
        try:
            with open(path, "rb") as file:
                good[int(os.path.basename(path)[:6])] = Run(file.read())
        except Exception as why:  # whatever h5py, json or a missing object raises: it is not readable
            bad[path] = repr(why)
    return good, bad


def campaign_fault(directory):
    """Why campaign.h5 cannot be read, or None; one that is not there yet is fine."""
    path = os.path.join(directory, "campaign.h5")
    try:
        if os.path.exists(path):
            with h5py.File(path, "r") as file:
                file.visititems(lambda _, item: item[()] is None if isinstance(item, h5py.Dataset) else None)
    except Exception as why:
        return f"{path}: {why!r}"
    return None


def journals(directory):
    """{number: Journal}"""
    found = {}
    for path in sorted(glob.glob(os.path.join(directory, "runs", "*.journal"))):
        with open(path, "rb") as file:
            found[int(os.path.basename(path)[:6])] = Journal(file.read())
    return found


def verify_faults(*paths):
    """What `joulerig verify` says against them: [text]."""
    done = joulerig("verify", *paths)
    return [f"verify: {done.stderr}{done.stdout}"] if done.returncode else []


def schedule_faults(good, n_slots):
    """What is wrong with the runs of a campaign that claims to be complete: [text]."""
    found, done, attempts = [], {}, {}
    for number, run in sorted(good.items()):
        slot = run.header["slot"]
        if run.header["run"] != number:
            found.append(f"run {number} says that it is run {run.header['run']}")
        attempts.setdefault(slot, []).append(run.header["attempt"])
        if run.status != "interrupted":
            done.setdefault(slot, []).append(number)
    for slot in range(n_slots):
        if len(done.get(slot, [])) != 1:
            found.append(f"slot {slot} is {'doubled' if slot in done else 'missing'}: runs {done.get(slot, [])}")
        if attempts.get(slot, []) != list(range(1, len(attempts.get(slot, [])) + 1)):
            found.append(f"slot {slot} has the attempts {attempts.get(slot)}")
    return found + [f"slot {slot} is not in the plan" for slot in done if slot >= n_slots]
