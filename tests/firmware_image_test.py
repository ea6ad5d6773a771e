#!/usr/bin/python3
"""firmware_image_test.py BUILD_DIR: the rig's image as a board meets it: its checksums, its three forms, and the same bytes again from
another folder."""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLASH, VECTORS, VECTORS_BYTES = 0x10000000, 0x100, 192
PICO_SRAM_END = 0x20042000


def crc_msb_first(data):
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            top = crc >> 31 ^ byte >> bit & 1
            crc = (crc << 1 & 0xFFFFFFFF) ^ (0x04C11DB7 if top else 0)
    return crc


class Image(unittest.TestCase):
    folder = None

    def setUp(self):
        self.image = (self.folder / "rig.bin").read_bytes()
        self.words = struct.unpack_from("<48I", self.image, VECTORS)

    def test_the_rom_will_take_boot2(self):
        self.assertEqual(crc_msb_first(b"123456789"), 0x0376E6E7)
        self.assertEqual(struct.unpack_from("<I", self.image, 252)[0], crc_msb_first(self.image[:252]))

    def test_the_vector_table_leads_into_the_image(self):
        stack, reset = self.words[:2]
        self.assertEqual(stack, PICO_SRAM_END)
        self.assertEqual(reset & 1, 1)
        self.assertTrue(FLASH + VECTORS < reset < FLASH + len(self.image))
        handlers = [word for word in self.words[2:] if word and word not in (self.words[7], self.words[8])]
        self.assertTrue(all(word & 1 and 0x20000000 < word < 0x20000000 + len(self.image) for word in handlers))

    def test_the_self_test_finds_its_checksum(self):
        size, check = self.words[7:9]
        self.assertEqual(zlib.crc32(self.image[VECTORS + VECTORS_BYTES:][:size]), check)

    def test_uf2_and_elf_hold_the_same(self):
        uf2 = (self.folder / "rig.uf2").read_bytes()
        content = b"".join(uf2[at + 32:at + 288] for at in range(0, len(uf2), 512))
        self.assertTrue(content[:len(self.image)] == self.image)
        self.assertEqual(len(content) % 4096, 0)
        self.assertTrue(self.image[VECTORS:VECTORS + 4096] in (self.folder / "rig.elf").read_bytes())

    def test_no_path_of_this_machine_is_in_it(self):
        for name in ("rig.bin", "rig.elf"):
            content = (self.folder / name).read_bytes()
            for path in (ROOT, self.folder):
                self.assertFalse(os.fsencode(path) in content, name)

    def test_another_folder_gives_the_same_bytes(self):
        version = next(line.split("VERSION ")[1].split()[0] for line in (ROOT / "CMakeLists.txt").read_text().splitlines()
                       if line.startswith("project("))
        with tempfile.TemporaryDirectory(prefix="joulerig-image-") as scratch:
            source, build = pathlib.Path(scratch, "elsewhere", "firmware"), pathlib.Path(scratch, "b")
            shutil.copytree(ROOT / "firmware", source)
            source.parent.joinpath("schemas").mkdir()
            shutil.copy(ROOT / "schemas" / "rig_wire.h", source.parent / "schemas")
            subprocess.run(["cmake", "-S", source, "-B", build, f"-DCMAKE_TOOLCHAIN_FILE={source}/arm.cmake", f"-DFIRMWARE_VERSION={version}"],
                           check=True, capture_output=True)
            subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
            for name in ("rig.bin", "rig.uf2", "rig.elf"):
                self.assertTrue((build / name).read_bytes() == (self.folder / name).read_bytes(), name)


if __name__ == "__main__":
    Image.folder = pathlib.Path(sys.argv.pop(1)).resolve() / "firmware"
    if not (Image.folder / "rig.bin").exists():
        print(f"no firmware was built in {Image.folder}", file=sys.stderr)
        sys.exit(77)
    unittest.main()
