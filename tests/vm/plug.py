"""A disk that forgets what it was not told to keep: a guest's every write and flush, and from them the disk that a power cut leaves.

QEMU logs what the guest sends to its disk (driver blklogwrites; the format is dm-log-writes': a sector that describes a request,
then its data). A disk with a volatile cache surely has what it held at the last flush that it has answered; of each sector written
since then, it has any of the contents sent to it or none of them. Its sectors have 4096 bytes: ext4 does not survive a torn
superblock, of which this makes one sector.
"""
import json
import os
import struct

UNIT, SECTOR = 512, 4096  # B, of the log and of the disk
MAGIC = 0x6A736677736872
FLUSH, FUA = 1, 2


class Write:
    def __init__(self, end, at, data, flags):
        self.end, self.at, self.data, self.flags = end, at, data, flags  # end: the log's length, B, once this was in it; at: B

    def sectors(self):
        assert self.at % SECTOR == len(self.data) % SECTOR == 0, f"half a sector: {self.at} {len(self.data)}"
        return range(0, len(self.data), SECTOR)


def arguments(disk, log):
    """Words for QEMU: a virtio disk, /dev/vda, whose traffic is logged. Its file is written, too, but nobody needs it afterwards."""
    forgetful = {"no-flush": True}  # the host stays up
    node = {"node-name": "plug", "driver": "blklogwrites", "file": {"driver": "file", "filename": disk, "cache": forgetful},
            "log": {"driver": "file", "filename": log, "cache": forgetful}}
    device = f"virtio-blk-pci,drive=plug,write-zeroes=off,discard=off,logical_block_size={SECTOR},physical_block_size={SECTOR}"
    return ["-blockdev", json.dumps(node), "-device", device]


def read_log(path):
    """All requests in it, as they were completed. The last ones may have holes between them: QEMU was killed while it wrote, so the
    guest had no answer yet."""
    with open(path, "rb") as file:
        log = file.read()
    if not log:
        return []
    magic, version, _, size = struct.unpack_from("<QQQI", log)
    assert (magic, version, size) == (MAGIC, 1, UNIT), f"{path}: not a log of writes: {magic:#x} {version} {size}"
    found, at = [], UNIT
    while at + UNIT <= len(log):
        unit, n, flags, length = struct.unpack_from("<QQQQ", log, at)
        assert not flags & ~(FLUSH | FUA) and n <= len(log), f"{path}: no request at byte {at}: {n} {flags} {length}"
        end = at + (1 + n) * UNIT
        if (n or flags) and end <= len(log):
            found.append(Write(end, unit * UNIT, log[at + UNIT:end], flags))
        at = end
    return found


def after_cut(image, writes, keep):
    """Lets the disk `image` (a bytearray) have what a cut after these leaves. keep() says of one unflushed sector after another
    whether it survives. Returns {"torn": writes that lost something, "sectors": all that were lost}."""
    flushed = max((i + 1 for i, write in enumerate(writes) if write.flags & FLUSH), default=0)
    torn = lost = 0
    for i, write in enumerate(writes):
        gone = [at for at in write.sectors() if i >= flushed and not write.flags & FUA and not keep()]
        torn, lost = torn + bool(gone), lost + len(gone)
        for at in set(write.sectors()).difference(gone):
            image[write.at + at:write.at + at + SECTOR] = write.data[at:at + SECTOR]
    return {"torn": torn, "sectors": lost}


def save(image, path):
    """Zeros become a hole."""
    with open(path + ".new", "wb") as file:
        for at in range(0, len(image), 1 << 16):
            if (piece := image[at:at + (1 << 16)]).count(0) < len(piece):
                file.seek(at)
                file.write(piece)
        file.truncate(len(image))
    os.replace(path + ".new", path)
