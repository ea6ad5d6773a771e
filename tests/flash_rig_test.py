#!/usr/bin/python3
"""scripts/flash-rig against a folder that stands for a Pico's drive, and against a rig on a pty that goes away into BOOTSEL and comes back."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading
import tty
import unittest
import zlib

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "scripts" / "flash-rig"
PAGE = 0x101FF000


def load():
    loader = importlib.machinery.SourceFileLoader("flash_rig", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("flash_rig", loader))
    loader.exec_module(module)
    return module


flash_rig = load()


def stuffed(body):
    """COBS as the rig's side would make it: for bodies in which every run without a zero is short."""
    return b"".join(bytes([len(run) + 1]) + run for run in body.split(b"\0"))


class FakeRig:
    """Answers HELLO and RESET; after a RESET to the bootloader it calls `left`."""

    def __init__(self, serial, left=lambda: None, refuse=None):
        self.serial, self.left, self.refuse = serial, left, refuse
        self.asked = []
        self.controller, device = os.openpty()
        tty.setraw(device)
        self.path = os.ttyname(device)
        self.device = device
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        pending = b""
        while True:
            try:
                pending += os.read(self.controller, 4096)
            except OSError:
                return
            *frames, pending = pending.split(b"\0")
            for frame in filter(None, frames):
                self.answer(flash_rig.read_frame(frame))

    def answer(self, command):
        kind, tag, payload = command
        self.asked.append((kind, payload))
        reply, sent = b"", kind | 0x40
        if kind == self.refuse:
            reply, sent = struct.pack("<BBHI", kind, 4, 0, 0), 0x7F
        elif kind == 1:
            reply = struct.pack("<I5HHII16s16s", 0x4749524A, 1, 0, 0, 1, 7, 1, 0, 0, b"joulerig rig 1", self.serial).ljust(120, b"\xff")
        body = struct.pack("<BBHI", sent, 0, 9, tag) + reply
        other = body.replace(b"RIG", b"BAD")
        noise = b"\0" + stuffed(other + struct.pack("<I", zlib.crc32(other) ^ 1))  # a frame that is none, before the answer
        os.write(self.controller, noise + b"\0" + stuffed(body + struct.pack("<I", zlib.crc32(body))) + b"\0")
        if kind == 0x0E and kind != self.refuse:
            self.left()


class FlashRig(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="joulerig-flash-")
        self.addCleanup(self.folder.cleanup)
        root = pathlib.Path(self.folder.name)
        self.drive = root / "drive"
        self.drive.mkdir()
        (self.drive / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n")
        self.content = bytes(i * 7 & 255 for i in range(9000))
        self.image = root / "rig.uf2"
        self.image.write_bytes(flash_rig.make_image.uf2_of({0x10000000: self.content}))

    def run_script(self, *arguments):
        return subprocess.run([SCRIPT, "--image", self.image, "--drive", self.drive, *arguments], capture_output=True, text=True, check=False)

    def written(self, name="rig.uf2"):
        return flash_rig.make_image.uf2_read((self.drive / name).read_bytes())

    def assert_page(self, pages, serial):
        page = pages[PAGE]
        self.assertEqual(struct.unpack_from("<II16s", page), (0x4449524A, 1, serial.encode().ljust(16, b"\0")))
        self.assertEqual(struct.unpack_from("<12i", page, 24), (-2**31,) * 12)
        self.assertEqual(struct.unpack_from("<I", page, 252)[0], zlib.crc32(page[:252]))

    def test_copies_the_image_and_leaves_the_page_alone(self):
        done = self.run_script()
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        pages = self.written()
        self.assertEqual(b"".join(pages.values())[:9000], self.content)
        self.assertLess(max(pages), PAGE)

    def test_writes_the_serial_number_asked_for(self):
        for serial in ("A", "SIM-0123456789AB"):
            self.assertEqual(self.run_script("--serial", serial).returncode, 0)
            self.assert_page(self.written(), serial)

    def test_makes_serial_numbers(self):
        made = set()
        for _ in range(3):
            self.assertEqual(self.run_script("--serial", "new").returncode, 0)
            made.add(self.written()[PAGE][8:24])
        self.assertEqual(len(made), 3)

    def test_refuses_what_is_no_serial_number(self):
        for serial in ("", "SIM-0123456789ABC", "a b", "ü"):
            done = self.run_script("--serial=" + serial)
            self.assertEqual(done.returncode, 1)
            self.assertIn("1 to 16 printable characters", done.stderr)
        self.assertFalse((self.drive / "rig.uf2").exists())

    def test_refuses_a_folder_that_is_no_drive(self):
        (self.drive / "INFO_UF2.TXT").unlink()
        done = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertIn("not the drive of a Pico in BOOTSEL", done.stderr)

    def test_refuses_what_is_no_image(self):
        for content, why in ((b"", "not a whole number of blocks"), (b"x" * 512, "no UF2")):
            self.image.write_bytes(content)
            done = self.run_script()
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
        self.image.write_bytes(flash_rig.make_image.uf2_of({PAGE: b"x"}))
        self.assertIn("reaches into the identity page", self.run_script().stderr)
        self.assertFalse((self.drive / "rig.uf2").exists())

    def flash_running(self, serial, **options):
        """The whole way, of a rig that runs: its drive is there once it has been reset, and it is back once something was copied."""
        state = {"boots": 0}
        rig = FakeRig(serial, lambda: state.__setitem__("boots", state["boots"] + 1), **options)
        self.addCleanup(os.close, rig.device)

        def copied(pieces):
            if PAGE in pieces:
                rig.serial = pieces[PAGE][8:24]
            state["boots"] = 0
        copy = flash_rig.copy

        def copy_and_boot(drive, pieces, name):
            copy(drive, pieces, name)
            copied(pieces)
        replaced = {"ports": lambda: [rig.path] if not state["boots"] else [], "copy": copy_and_boot,
                    "drives": lambda: [str(self.drive)] if state["boots"] else [], "DRIVE_S": 2, "BACK_S": 2}
        before = {name: getattr(flash_rig, name) for name in replaced}
        self.addCleanup(lambda: [setattr(flash_rig, name, value) for name, value in before.items()])
        for name, value in replaced.items():
            setattr(flash_rig, name, value)
        argv, sys.argv = sys.argv, ["flash-rig", "--image", str(self.image)]
        try:
            with contextlib.redirect_stderr(io.StringIO()) as said:
                status = flash_rig.main()
        finally:
            sys.argv = argv
        self.said = said.getvalue()
        return status, rig

    def test_takes_a_running_rig_there_and_back(self):
        status, rig = self.flash_running(b"RIG7")
        self.assertEqual(status, 0)
        self.assertEqual([kind for kind, _ in rig.asked], [1, 0x0E, 1])
        self.assertEqual(rig.asked[1][1], struct.pack("<II", 0x4749524A, 1))
        self.assertNotIn(PAGE, self.written())
        self.assertFalse((self.drive / "serial.uf2").exists())
        self.assertIn("rig RIG7, firmware 0.1.7", self.said)

    def test_gives_a_rig_without_a_serial_number_one(self):
        status, rig = self.flash_running(b"")
        self.assertEqual(status, 0)
        self.assertEqual([kind for kind, _ in rig.asked], [1, 0x0E, 1, 1, 0x0E, 1])
        self.assertEqual(list(self.written("serial.uf2"))[0], PAGE)
        self.assertTrue(rig.serial.startswith(b"RIG"))

    def test_says_so_when_the_rig_refuses(self):
        status, rig = self.flash_running(b"RIG7", refuse=0x0E)
        self.assertEqual(status, 1)
        self.assertIn("refused command 0xe (reason 4)", self.said)
        self.assertFalse((self.drive / "rig.uf2").exists())
        self.assertEqual(len(rig.asked), 2)

    def test_frames_survive_their_way(self):
        for body in (b"", b"\0", b"\0\0", bytes(range(256))[:240], b"\1" * 228, b"\0" + b"x" * 200 + b"\0"):
            frame = flash_rig.frame_of(7, 99, body)
            self.assertEqual((frame[0], frame[-1]), (0, 0))
            self.assertNotIn(0, frame[1:-1])
            self.assertEqual(flash_rig.read_frame(frame[1:-1]), (7, 99, body))
        self.assertIsNone(flash_rig.read_frame(b"\x05abc"))
        self.assertIsNone(flash_rig.read_frame(frame[1:-2]))


if __name__ == "__main__":
    unittest.main()
